// Clients at a steady rate: clients MODE ADDRESS PORT RATE
//
//   greeting   connect, read until the server closes; anything read is service
//   echo       connect, send 16 bytes, read them back, close
//
// Starts RATE connections a second, one thread, epoll, until SIGTERM; then lets those under way finish and prints one
// line: how many were started, served, refused (ECONNREFUSED), reset before service (closed or reset before the first byte), cut
// off in the middle, or not served within 10 seconds.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

enum { PAYLOAD = 16, SLOTS = 4096, PATIENCE = 10 };

struct client {
  int descriptor;
  int sent;
  size_t received;
  time_t began;
};

static struct client clients[SLOTS];
static struct sockaddr_in server;
static int loop, active, echoes;
static long started, served, refused, reset, cut, late;

static time_t now(void) {
  struct timespec moment;
  clock_gettime(CLOCK_MONOTONIC, &moment);
  return moment.tv_sec;
}

static void end(struct client *client, long *outcome) {
  ++*outcome;
  close(client->descriptor);
  client->descriptor = -1;
  --active;
}

static void failed(struct client *client, int error) {
  if (error == ECONNREFUSED) return end(client, &refused);
  end(client, client->received == 0 ? &reset : &cut);
}

static void start(void) {
  ++started;
  for (int slot = 0; slot < SLOTS; ++slot) {
    struct client *client = &clients[slot];
    if (client->descriptor >= 0) continue;
    client->descriptor = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (client->descriptor < 0) exit(71);
    client->sent = 0;
    client->received = 0;
    client->began = now();
    ++active;
    if (connect(client->descriptor, (struct sockaddr *)&server, sizeof server) < 0 && errno != EINPROGRESS)
      return failed(client, errno);
    struct epoll_event event = {.events = EPOLLIN | (echoes ? EPOLLOUT : 0), .data.u32 = (uint32_t)slot};
    if (epoll_ctl(loop, EPOLL_CTL_ADD, client->descriptor, &event) < 0) exit(71);
    return;
  }
  ++late;
}

static void proceed(struct client *client, uint32_t slot) {
  char buffer[4096];
  if (client->descriptor < 0) return;
  if (echoes && !client->sent) {
    if (send(client->descriptor, "0123456789abcdef", PAYLOAD, MSG_NOSIGNAL) < 0) {
      if (errno == EAGAIN) return;
      return failed(client, errno);
    }
    client->sent = 1;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = slot};
    epoll_ctl(loop, EPOLL_CTL_MOD, client->descriptor, &event);
    return;
  }
  ssize_t count = recv(client->descriptor, buffer, sizeof buffer, 0);
  if (count < 0) {
    if (errno == EAGAIN) return;
    return failed(client, errno);
  }
  client->received += (size_t)count;
  if (echoes ? client->received >= PAYLOAD : count == 0 && client->received > 0) return end(client, &served);
  if (count == 0) failed(client, 0);
}

static void expire(void) {
  for (int slot = 0; slot < SLOTS; ++slot)
    if (clients[slot].descriptor >= 0 && now() - clients[slot].began > PATIENCE) end(&clients[slot], &late);
}

int main(int count, char **words) {
  if (count != 5) return 64;
  echoes = !strcmp(words[1], "echo");
  server.sin_family = AF_INET;
  inet_pton(AF_INET, words[2], &server.sin_addr);
  server.sin_port = htons((uint16_t)atoi(words[3]));
  for (int slot = 0; slot < SLOTS; ++slot) clients[slot].descriptor = -1;

  sigset_t stops;
  sigemptyset(&stops);
  sigaddset(&stops, SIGTERM);
  sigprocmask(SIG_BLOCK, &stops, NULL);
  int signals = signalfd(-1, &stops, SFD_CLOEXEC);
  int ticks = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
  long interval = 1000000000 / atoi(words[4]);
  struct itimerspec rate = {{0, interval}, {0, interval}};
  timerfd_settime(ticks, 0, &rate, NULL);
  loop = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.u32 = SLOTS};
  epoll_ctl(loop, EPOLL_CTL_ADD, ticks, &event);
  event.data.u32 = SLOTS + 1;
  epoll_ctl(loop, EPOLL_CTL_ADD, signals, &event);

  int stopping = 0;
  while (!stopping || active > 0) {
    struct epoll_event events[64];
    int ready = epoll_wait(loop, events, 64, 1000);
    for (int index = 0; index < ready; ++index) {
      uint32_t slot = events[index].data.u32;
      if (slot == SLOTS) {
        uint64_t due = 0;
        if (read(ticks, &due, sizeof due) < 0) continue;
        while (due-- > 0 && !stopping) start();
      } else if (slot == SLOTS + 1) {
        stopping = 1;
        epoll_ctl(loop, EPOLL_CTL_DEL, signals, NULL);
      } else {
        proceed(&clients[slot], slot);
      }
    }
    expire();
  }
  printf("started=%ld served=%ld refused=%ld reset=%ld cut=%ld late=%ld\n", started, served, refused, reset, cut, late);
  return refused + reset + cut + late > 0;
}
