// The floor for starting servers: accept4, vfork, execve, nothing else. spawn-floor PORT PROGRAM
#include "floor.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

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
  int listener = serve(arguments[1], SOCK_STREAM);
  fcntl(listener, F_SETFL, 0);  // it waits in accept4
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
