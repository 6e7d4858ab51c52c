// A server in three shapes, linked without a library to wait for.
//
//   server greet          nowait: one line with its pid, then the end of the connection
//   server hold           nowait: one line with its pid, then echoes lines until the peer closes
//   server accept COUNT   wait: greets COUNT connections, then leaves the socket to inetd again
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static void greet(int descriptor) {
  char line[32];
  int length = snprintf(line, sizeof line, "%d\n", (int)getpid());
  if (write(descriptor, line, (size_t)length) != length) exit(74);
}

int main(int count, char **words) {
  if (count < 2) return 64;
  if (!strcmp(words[1], "accept")) {
    for (int left = count > 2 ? atoi(words[2]) : 1; left > 0; --left) {
      int connection = accept4(0, NULL, NULL, SOCK_CLOEXEC);
      if (connection < 0) return 71;
      greet(connection);
      close(connection);
    }
    return 0;
  }
  greet(1);
  if (strcmp(words[1], "hold")) return 0;
  char buffer[256];
  ssize_t got;
  while ((got = read(0, buffer, sizeof buffer)) > 0)
    if (write(1, buffer, (size_t)got) != got) return 74;
  return 0;
}
