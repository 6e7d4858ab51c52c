// What all floors begin with: a socket of their own at a port of 127.0.0.1.
#pragma once
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

static inline int serve(const char *port, int type) {
  int server = socket(AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), on = 1;
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct sockaddr_in name = {
      .sin_family = AF_INET, .sin_port = htons(atoi(port)), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(server, (struct sockaddr *)&name, sizeof name) || (type == SOCK_STREAM && listen(server, SOMAXCONN))) {
    perror("floor");
    exit(71);
  }
  return server;
}

static inline void watch(int loop, int operation, int descriptor, unsigned events, void *owner) {
  struct epoll_event event = {.events = events, .data.ptr = owner};
  epoll_ctl(loop, operation, descriptor, &event);
}
