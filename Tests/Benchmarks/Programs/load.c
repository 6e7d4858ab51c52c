// Connections for one server: load MODE ADDRESS PORT CLIENTS SECONDS
//
//   close   connect, read to end of file, the reply is "served\n"
//   echo    connect, send 64 bytes, read them back, close
//   ping    CLIENTS connections are opened and stay open, then 64 bytes go forth and back on each
//
// CLIENTS connections at once, one thread, epoll; a client that is done starts again. Every reply is compared byte for
// byte. Prints one JSON object: exchanges, failures, seconds, latency quantiles in microseconds.
#include "load.h"

enum mode { CLOSE, ECHO, PING };
enum { PAYLOAD = 64, GIVE_UP = 10, OPENING = 256 };

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
// Only for ping: connections that have had their first exchange; until all have, nothing is counted.
static int opened, wanted, nextClient;
static struct client *clients;

static void start(struct client *client) {
  client->sent = 0;
  client->received = 0;
  client->began = now();
  client->descriptor = connectTo(&server);
  watch(loop, EPOLL_CTL_ADD, client->descriptor, mode == CLOSE ? EPOLLIN : EPOLLOUT, client);
}

static int ping(struct client *client) {
  client->received = 0;
  client->began = now();
  return write(client->descriptor, payload, PAYLOAD) == PAYLOAD;
}

static void finish(struct client *client, int good) {
  int counts = mode != PING || opened == wanted;
  if (!good) {
    failures++;
  } else if (counts) {
    exchanges++;
    if (latencyCount < latencyLimit) latencies[latencyCount++] = (uint32_t)((now() - client->began) / 1000);
  }
  if (mode == PING && good) {
    if (counts) {
      if (ping(client)) return;
      failures++;
    } else {
      opened++;
      if (nextClient < wanted) start(&clients[nextClient++]);
      return;
    }
  }
  close(client->descriptor);
  start(client);
}

static void handle(struct client *client) {
  char bytes[4096];
  if (mode != CLOSE && !client->sent) {
    if (write(client->descriptor, payload, PAYLOAD) != PAYLOAD) return finish(client, 0);
    client->sent = 1;
    watch(loop, EPOLL_CTL_MOD, client->descriptor, EPOLLIN, client);
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

// Handles events until `end`, or until `enough` says so. A server that has stopped answering is a failure, not a long
// wait.
static uint64_t work(uint64_t end, int (*enough)(void)) {
  struct epoll_event ready[256];
  uint64_t moment = now(), lastGood = moment, before = exchanges + (uint64_t)opened;
  while (moment < end && !(enough && enough())) {
    int found = epoll_wait(loop, ready, 256, 100);
    for (int i = 0; i < found; i++) handle(ready[i].data.ptr);
    moment = now();
    if (exchanges + (uint64_t)opened != before) {
      before = exchanges + (uint64_t)opened;
      lastGood = moment;
    }
    if (moment - lastGood > GIVE_UP * second) break;
  }
  return moment;
}

static int allOpen(void) { return opened == wanted; }

int main(int count, char **arguments) {
  if (count != 6) return 64;
  mode = !strcmp(arguments[1], "close") ? CLOSE : !strcmp(arguments[1], "echo") ? ECHO : PING;
  server = place(arguments[2], arguments[3]);
  wanted = atoi(arguments[4]);
  uint64_t duration = (uint64_t)(atof(arguments[5]) * 1e9);
  allowManyDescriptors();
  memset(payload, 'x', PAYLOAD);
  expected = mode == CLOSE ? "served\n" : payload;
  expectedSize = mode == CLOSE ? strlen(expected) : PAYLOAD;
  latencyLimit = 4000000;
  latencies = malloc(latencyLimit * sizeof *latencies);
  loop = epoll_create1(EPOLL_CLOEXEC);
  clients = calloc((size_t)wanted, sizeof *clients);
  int first = mode == PING && wanted > OPENING ? OPENING : wanted;
  for (nextClient = 0; nextClient < first;) start(&clients[nextClient++]);
  if (mode == PING) {
    work(now() + 30 * second, allOpen);
    failures += (uint64_t)(wanted - opened);
    for (int i = 0; i < wanted && opened == wanted; i++) failures += !ping(&clients[i]);
  }
  uint64_t began = now(), moment = work(began + duration, NULL);
  qsort(latencies, latencyCount, sizeof *latencies, compareLatencies);
#define QUANTILE(part) (latencyCount ? latencies[(size_t)((double)(latencyCount - 1) * (part))] : 0)
  printf("{\"exchanges\": %llu, \"failures\": %llu, \"seconds\": %.6f, \"p50\": %u, \"p99\": %u}\n",
         (unsigned long long)exchanges, (unsigned long long)failures, (double)(moment - began) / 1e9, QUANTILE(0.5),
         QUANTILE(0.99));
  return 0;
}
