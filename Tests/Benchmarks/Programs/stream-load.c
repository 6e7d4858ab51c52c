// Bytes for one server, or through it: stream-load MODE ADDRESS PORT CONNECTIONS SECONDS [SINK-PORT]
//
//   send      writes as much as goes (for discard)
//   receive   reads as much as comes, which must be chargen's text (RFC 864)
//   take      reads as much as comes, whatever it is
//   relay     writes to ADDRESS PORT, which must pass all on to 127.0.0.1 SINK-PORT, where it is read and compared
//
// One thread, so that the server has a processor of its own. Prints one JSON object: bytes (read, or written with
// send), failures, seconds.
#include "load.h"

enum { CHUNK = 262144, LINE = 74, LINES = 95, CYCLE = LINE * LINES, LIMIT = 256 };
struct end {
  int descriptor, reads;
  size_t offset;
  int begun;
};

static char text[CYCLE + CHUNK], bytes[CHUNK];
static struct end ends[2 * LIMIT];
static int loop, listener = -1, endCount, checks;
static uint64_t transferred, failures;

static void fill(void) {
  for (size_t i = 0; i < sizeof text; i++) {
    size_t line = i / LINE, position = i % LINE;
    text[i] = position == 72 ? '\r' : position == 73 ? '\n' : (char)(' ' + (line + position) % LINES);
  }
}

static void add(int descriptor, int reads) {
  struct end *end = &ends[endCount++];
  *end = (struct end){.descriptor = descriptor, .reads = reads};
  watch(loop, EPOLL_CTL_ADD, descriptor, reads ? EPOLLIN : EPOLLOUT, end);
}

static void take(struct end *end) {
  ssize_t size = read(end->descriptor, bytes, CHUNK);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) {
    failures++;
    epoll_ctl(loop, EPOLL_CTL_DEL, end->descriptor, NULL);
    return;
  }
  // Everybody may begin chargen's ring where he likes, but must go on from there.
  if (!end->begun) end->offset = (size_t)(bytes[0] - ' ') * LINE % CYCLE;
  end->begun = 1;
  if (checks && memcmp(bytes, text + end->offset, (size_t)size)) failures++;
  end->offset = (end->offset + (size_t)size) % CYCLE;
  transferred += (uint64_t)size;
}

static void give(struct end *end, int counts) {
  ssize_t size = send(end->descriptor, text + end->offset, CHUNK, MSG_NOSIGNAL);
  if (size < 0 && errno == EAGAIN) return;
  if (size <= 0) {
    failures++;
    epoll_ctl(loop, EPOLL_CTL_DEL, end->descriptor, NULL);
    return;
  }
  end->offset = (end->offset + (size_t)size) % CYCLE;
  if (counts) transferred += (uint64_t)size;
}

int main(int count, char **arguments) {
  if (count < 6) return 64;
  int takes = !strcmp(arguments[1], "take"), receives = takes || !strcmp(arguments[1], "receive");
  int relays = !strcmp(arguments[1], "relay");
  struct sockaddr_in server = place(arguments[2], arguments[3]);
  int connections = atoi(arguments[4]);
  if (connections > LIMIT || (relays && count != 7)) return 64;
  fill();
  checks = (receives && !takes) || relays;
  loop = epoll_create1(EPOLL_CLOEXEC);
  if (relays) {
    struct sockaddr_in sink = place("127.0.0.1", arguments[6]);
    int on = 1;
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (bind(listener, (struct sockaddr *)&sink, sizeof sink) || listen(listener, LIMIT)) fail("stream-load: bind");
    watch(loop, EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
  }
  for (int i = 0; i < connections; i++) add(connectTo(&server), receives);
  uint64_t began = now(), end = began + (uint64_t)(atof(arguments[5]) * 1e9), moment = began;
  struct epoll_event ready[64];
  while (moment < end) {
    int found = epoll_wait(loop, ready, 64, 100);
    for (int i = 0; i < found; i++) {
      struct end *one = ready[i].data.ptr;
      if (one == NULL) {
        int connection = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (connection >= 0) add(connection, 1);
      } else if (one->reads) {
        take(one);
      } else {
        give(one, !relays);
      }
    }
    moment = now();
  }
  if (transferred == 0) failures++;
  printf("{\"bytes\": %llu, \"failures\": %llu, \"seconds\": %.6f}\n", (unsigned long long)transferred,
         (unsigned long long)failures, (double)(moment - began) / 1e9);
  return 0;
}
