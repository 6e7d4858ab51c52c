// A patient client of an echo service: paced-load ADDRESS PORT RATE SECONDS
//
// RATE times a second, one connection: connect, send 64 bytes, read them back, close. Latency counts from the moment
// at which the request was due. Prints one JSON object like load.
#include "load.h"

enum { PAYLOAD = 64 };
static const char payload[PAYLOAD] = "a question that wants its answer";

static int ask(const struct sockaddr_in *server) {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct timeval patience = {.tv_sec = 5};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  char bytes[PAYLOAD];
  int good = connect(descriptor, (const struct sockaddr *)server, sizeof *server) == 0 &&
             send(descriptor, payload, PAYLOAD, MSG_NOSIGNAL) == PAYLOAD &&
             recv(descriptor, bytes, PAYLOAD, MSG_WAITALL) == PAYLOAD && memcmp(bytes, payload, PAYLOAD) == 0;
  close(descriptor);
  return good;
}

int main(int count, char **arguments) {
  if (count != 5) return 64;
  struct sockaddr_in server = place(arguments[1], arguments[2]);
  double rate = atof(arguments[3]), seconds = atof(arguments[4]);
  size_t number = (size_t)(rate * seconds), good = 0, failures = 0;
  uint32_t *latencies = calloc(number, sizeof *latencies);
  uint64_t began = now(), step = (uint64_t)(1e9 / rate);
  for (size_t i = 0; i < number; i++) {
    uint64_t due = began + i * step;
    struct timespec moment = {.tv_sec = (time_t)(due / second), .tv_nsec = (long)(due % second)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &moment, NULL);
    if (ask(&server)) {
      latencies[good++] = (uint32_t)((now() - due) / 1000);
    } else {
      failures++;
    }
  }
  qsort(latencies, good, sizeof *latencies, compareLatencies);
  printf("{\"exchanges\": %zu, \"failures\": %zu, \"seconds\": %.6f, \"p50\": %u, \"p99\": %u}\n", good, failures,
         (double)(now() - began) / 1e9, good ? latencies[good / 2] : 0, good ? latencies[(good - 1) * 99 / 100] : 0);
  return 0;
}
