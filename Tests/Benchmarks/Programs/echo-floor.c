// The floor for answering in the loop: one thread, epoll, no bookkeeping beyond the descriptor. echo-floor PORT
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

int main(int count, char **arguments) {
  if (count != 2) return 64;
  int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
  setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in name = {
      .sin_family = AF_INET, .sin_port = htons(atoi(arguments[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(listener, (struct sockaddr *)&name, sizeof name) || listen(listener, SOMAXCONN)) {
    perror("echo-floor");
    return 71;
  }
  int loop = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener}, ready[256];
  epoll_ctl(loop, EPOLL_CTL_ADD, listener, &event);
  static char bytes[65536];
  for (;;) {
    int found = epoll_wait(loop, ready, 256, -1);
    for (int i = 0; i < found; i++) {
      int descriptor = ready[i].data.fd;
      if (descriptor == listener) {
        for (int batch = 0; batch < 64; batch++) {
          int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
          if (connection < 0) break;
          event.data.fd = connection;
          epoll_ctl(loop, EPOLL_CTL_ADD, connection, &event);
        }
        continue;
      }
      ssize_t size = read(descriptor, bytes, sizeof bytes);
      if (size <= 0 || write(descriptor, bytes, (size_t)size) != size) close(descriptor);
    }
  }
}
