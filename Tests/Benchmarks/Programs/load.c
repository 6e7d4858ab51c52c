// Load for one server: load MODE ADDRESS PORT CLIENTS SECONDS
//
//   close   connect, read to end of file, the reply is "served\n"
//   echo    connect, send 64 bytes, read them back, close
//   ping    CLIENTS connections stay open, 64 bytes go forth and back on each
//
// CLIENTS connections at once, one thread, epoll; a client that is done starts again. Every reply is compared byte for
// byte. Prints one JSON object: exchanges, failures, seconds, latency quantiles in microseconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum mode { CLOSE, ECHO, PING };
enum { PAYLOAD = 64, GIVE_UP = 10 };

struct client {
  int descriptor;
  int sent;
  size_t received;
  uint64_t began;
};

static enum mode mode;
static struct sockaddr_in server;
static int loop;
static char payload[PAYLOAD];
static const char *expected;
static size_t expectedSize;
static uint64_t exchanges, failures;
static uint32_t *latencies;
static size_t latencyCount, latencyLimit;

static uint64_t now(void) {
  struct timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  return (uint64_t)moment.tv_sec * 1000000000u + (uint64_t)moment.tv_nsec;
}

static void start(struct client *client) {
  client->sent = 0;
  client->received = 0;
  client->began = now();
  client->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (client->descriptor < 0) {
    perror("load: socket");
    exit(71);
  }
  if (connect(client->descriptor, (struct sockaddr *)&server, sizeof server) && errno != EINPROGRESS) {
    perror("load: connect");
    exit(71);
  }
  struct epoll_event event = {.events = mode == CLOSE ? EPOLLIN : EPOLLOUT, .data.ptr = client};
  epoll_ctl(loop, EPOLL_CTL_ADD, client->descriptor, &event);
}

static void finish(struct client *client, int good) {
  if (good) {
    exchanges++;
    if (latencyCount < latencyLimit) latencies[latencyCount++] = (uint32_t)((now() - client->began) / 1000);
  } else {
    failures++;
  }
  if (mode == PING && good) {
    client->sent = 0;
    client->received = 0;
    client->began = now();
    if (write(client->descriptor, payload, PAYLOAD) == PAYLOAD) {
      client->sent = 1;
      return;
    }
    failures++;
  }
  close(client->descriptor);
  start(client);
}

static void handle(struct client *client) {
  char bytes[4096];
  if (mode != CLOSE && !client->sent) {
    if (write(client->descriptor, payload, PAYLOAD) != PAYLOAD) return finish(client, 0);
    client->sent = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    epoll_ctl(loop, EPOLL_CTL_MOD, client->descriptor, &event);
    return;
  }
  ssize_t size = read(client->descriptor, bytes, sizeof bytes);
  if (size < 0) {
    if (errno == EAGAIN) return;
    return finish(client, 0);
  }
  if (size == 0) return finish(client, mode == CLOSE && client->received == expectedSize);
  if (client->received + (size_t)size > expectedSize || memcmp(bytes, expected + client->received, (size_t)size)) {
    return finish(client, 0);
  }
  client->received += (size_t)size;
  if (mode != CLOSE && client->received == expectedSize) finish(client, 1);
}

static int compare(const void *left, const void *right) {
  uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;
  return a < b ? -1 : a > b;
}

int main(int count, char **arguments) {
  if (count != 6) return 64;
  mode = !strcmp(arguments[1], "close") ? CLOSE : !strcmp(arguments[1], "echo") ? ECHO : PING;
  server = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(atoi(arguments[3]))};
  if (inet_pton(AF_INET, arguments[2], &server.sin_addr) != 1) return 64;
  int clientCount = atoi(arguments[4]);
  uint64_t duration = (uint64_t)(atof(arguments[5]) * 1e9);
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);

  memset(payload, 'x', PAYLOAD);
  expected = mode == CLOSE ? "served\n" : payload;
  expectedSize = mode == CLOSE ? strlen(expected) : PAYLOAD;
  latencyLimit = 4000000;
  latencies = malloc(latencyLimit * sizeof *latencies);
  loop = epoll_create1(EPOLL_CLOEXEC);
  struct client *clients = calloc((size_t)clientCount, sizeof *clients);
  uint64_t began = now(), end = began + duration, lastGood = began, before = 0;
  for (int i = 0; i < clientCount; i++) start(&clients[i]);
  struct epoll_event ready[256];
  uint64_t moment = began;
  while (moment < end) {
    int found = epoll_wait(loop, ready, 256, 100);
    for (int i = 0; i < found; i++) handle(ready[i].data.ptr);
    moment = now();
    if (exchanges != before) {
      before = exchanges;
      lastGood = moment;
    }
    // A server that has stopped answering is a failure, not a long wait.
    if (moment - lastGood > (uint64_t)GIVE_UP * 1000000000u) break;
  }
  qsort(latencies, latencyCount, sizeof *latencies, compare);
#define QUANTILE(part) (latencyCount ? latencies[(size_t)((double)(latencyCount - 1) * (part))] : 0)
  printf("{\"exchanges\": %llu, \"failures\": %llu, \"seconds\": %.6f, \"p50\": %u, \"p99\": %u}\n",
         (unsigned long long)exchanges, (unsigned long long)failures, (double)(moment - began) / 1e9, QUANTILE(0.5),
         QUANTILE(0.99));
  return 0;
}
