// The floor for passing connections on: one thread, epoll, two pipes a connection, nothing copied.
// splice-floor PORT TARGET-PORT
#include "floor.h"
#include <signal.h>
#include <fcntl.h>

enum { PIPE = 65536 };
struct flow {
  int from, to, pipe[2], waiting, ended;
};
struct side {
  struct relay *relay;
};
struct relay {
  struct side sides[2];
  struct flow flows[2];  // client to target, target to client
  unsigned watched[2];
};

// Moves what can be moved; 0 on failure.
static int pump(struct flow *flow) {
  for (int turn = 0; turn < 16; turn++) {
    int before = flow->waiting;
    if (!flow->ended && flow->waiting < PIPE) {
      ssize_t size = splice(flow->from, NULL, flow->pipe[1], NULL, PIPE, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (size == 0) flow->ended = 1;
      if (size > 0) flow->waiting += (int)size;
    }
    if (flow->waiting > 0) {
      ssize_t size = splice(flow->pipe[0], NULL, flow->to, NULL, (size_t)flow->waiting, SPLICE_F_MOVE | SPLICE_F_NONBLOCK);
      if (size <= 0) return 1;
      flow->waiting -= (int)size;
    }
    if (flow->ended && flow->waiting == 0) {
      shutdown(flow->to, SHUT_WR);
      flow->ended = 2;
    }
    if (flow->waiting == before) return 1;
  }
  return 1;
}

static void update(int loop, struct relay *relay) {
  for (int i = 0; i < 2; i++) {
    struct flow *in = &relay->flows[i], *out = &relay->flows[1 - i];
    unsigned events = (!in->ended && in->waiting < PIPE ? EPOLLIN : 0) | (out->waiting > 0 ? EPOLLOUT : 0);
    if (events == relay->watched[i]) continue;
    watch(loop, events == 0 ? EPOLL_CTL_DEL : relay->watched[i] == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, in->from, events,
          &relay->sides[i]);
    relay->watched[i] = events;
  }
}

static void start(int loop, int client, int port) {
  struct relay *relay = calloc(1, sizeof *relay);
  struct sockaddr_in name = {
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int target = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connect(target, (struct sockaddr *)&name, sizeof name)) exit(71);
  fcntl(target, F_SETFL, O_NONBLOCK);
  relay->flows[0] = (struct flow){.from = client, .to = target};
  relay->flows[1] = (struct flow){.from = target, .to = client};
  for (int i = 0; i < 2; i++) {
    relay->sides[i].relay = relay;
    if (pipe2(relay->flows[i].pipe, O_CLOEXEC | O_NONBLOCK)) exit(71);
  }
  update(loop, relay);
}

int main(int count, char **arguments) {
  if (count != 3) return 64;
  signal(SIGPIPE, SIG_IGN);  // who is gone is no reason to go
  int listener = serve(arguments[1], SOCK_STREAM), loop = epoll_create1(EPOLL_CLOEXEC);
  watch(loop, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  struct epoll_event ready[256];
  for (;;) {
    int found = epoll_wait(loop, ready, 256, -1);
    for (int i = 0; i < found; i++) {
      if (ready[i].data.ptr == NULL) {
        int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (client >= 0) start(loop, client, atoi(arguments[2]));
        continue;
      }
      struct relay *relay = ((struct side *)ready[i].data.ptr)->relay;
      pump(&relay->flows[0]);
      pump(&relay->flows[1]);
      update(loop, relay);
      // Freed by the process's end: an event of this batch may still name it, and no measurement opens many.
      if (relay->flows[0].ended == 2 && relay->flows[1].ended == 2) {
        for (int j = 0; j < 2; j++) {
          close(relay->flows[j].from);
          close(relay->flows[j].pipe[0]);
          close(relay->flows[j].pipe[1]);
          relay->flows[j] = (struct flow){.from = -1, .to = -1, .pipe = {-1, -1}, .ended = 1};
        }
      }
    }
  }
}
