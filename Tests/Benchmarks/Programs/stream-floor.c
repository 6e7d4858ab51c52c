// The floor for answering in the loop: one thread, epoll, no bookkeeping beyond the descriptor.
// stream-floor echo|discard|chargen PORT
#include "floor.h"
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

enum { LINE = 74, LINES = 95, CYCLE = LINE * LINES, CYCLES = 9 };
static char bytes[65536], text[CYCLE * (CYCLES + 1)];
static uint16_t offsets[65536];  // where each connection's chargen text goes on

static void fill(void) {
  for (int line = 0; line < LINES * (CYCLES + 1); line++) {
    char *start = text + line * LINE;
    for (int position = 0; position < 72; position++) start[position] = (char)(' ' + (line + position) % LINES);
    start[72] = '\r';
    start[73] = '\n';
  }
}

// 0 when the conversation is over.
static int serveOnce(char mode, int descriptor) {
  if (mode == 'c') {
    ssize_t size = send(descriptor, text + offsets[descriptor], CYCLE * CYCLES, MSG_NOSIGNAL);
    if (size > 0) offsets[descriptor] = (uint16_t)((offsets[descriptor] + size) % CYCLE);
    return size >= 0;
  }
  // MSG_TRUNC: the kernel throws the bytes away instead of copying them (tcp(7)).
  if (mode == 'd') return recv(descriptor, bytes, 1 << 20, MSG_TRUNC) > 0;
  ssize_t size = read(descriptor, bytes, sizeof bytes);
  return size > 0 && write(descriptor, bytes, (size_t)size) == size;
}

int main(int count, char **arguments) {
  if (count != 3) return 64;
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  char mode = arguments[1][0];
  if (mode == 'c') fill();
  signal(SIGPIPE, SIG_IGN);  // who is gone is no reason to go
  int listener = serve(arguments[2], SOCK_STREAM), loop = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event ready[256];
  watch(loop, EPOLL_CTL_ADD, listener, EPOLLIN, (void *)(intptr_t)listener);
  for (;;) {
    int found = epoll_wait(loop, ready, 256, -1);
    for (int i = 0; i < found; i++) {
      int descriptor = (int)(intptr_t)ready[i].data.ptr;
      if (descriptor != listener) {
        if (!serveOnce(mode, descriptor)) close(descriptor);
        continue;
      }
      for (int batch = 0; batch < 64; batch++) {
        int connection = accept4(listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (connection < 0) break;
        offsets[connection] = 0;
        watch(loop, EPOLL_CTL_ADD, connection, mode == 'c' ? EPOLLOUT : EPOLLIN, (void *)(intptr_t)connection);
      }
    }
  }
}
