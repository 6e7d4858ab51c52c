// What all load programs share: the clock, the server's name, nonblocking connections.
#pragma once
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const uint64_t second = 1000000000;

static inline uint64_t now(void) {
  struct timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  return (uint64_t)moment.tv_sec * second + (uint64_t)moment.tv_nsec;
}

static inline void fail(const char *what) {
  perror(what);
  exit(71);
}

static inline struct sockaddr_in place(const char *address, const char *port) {
  struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons(atoi(port))};
  if (inet_pton(AF_INET, address, &name.sin_addr) != 1) exit(64);
  return name;
}

static inline int connectTo(const struct sockaddr_in *server) {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) fail("load: socket");
  if (connect(descriptor, (const struct sockaddr *)server, sizeof *server) && errno != EINPROGRESS)
    fail("load: connect");
  return descriptor;
}

static inline void watch(int loop, int operation, int descriptor, unsigned events, void *owner) {
  struct epoll_event event = {.events = events, .data.ptr = owner};
  if (epoll_ctl(loop, operation, descriptor, &event)) fail("load: epoll_ctl");
}

static inline void allowManyDescriptors(void) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static inline int compareLatencies(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return a < b ? -1 : a > b;
}
