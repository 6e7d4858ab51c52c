// The floor for starting servers: accept4, vfork, execve, nothing else. spawn-floor PORT PROGRAM
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static void reap(int signal) {
  (void)signal;
  int saved = errno;
  while (waitpid(-1, NULL, WNOHANG) > 0) {}
  errno = saved;
}

int main(int count, char **arguments) {
  if (count != 3) return 64;
  struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART};
  sigaction(SIGCHLD, &action, NULL);
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in name = {
      .sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (struct sockaddr *)&name, sizeof name) || listen(listener, SOMAXCONN)) {
    perror("spawn-floor");
    return 71;
  }
  char *words[] = {arguments[2], NULL};
  for (;;) {
    int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    if (connection < 0) continue;
    if (vfork() == 0) {
      dup2(connection, 0);
      dup2(connection, 1);
      dup2(connection, 2);
      execve(words[0], words, environ);
      _exit(127);
    }
    close(connection);
  }
}
