// The floor for datagrams: a batch in, a batch out. datagram-floor echo|discard PORT
#include "floor.h"
#include <string.h>

enum { BATCH = 64, SIZE = 65536 };
static char payloads[BATCH][SIZE];
static struct sockaddr_in names[BATCH];
static struct iovec pieces[BATCH];
static struct mmsghdr messages[BATCH];

int main(int count, char **arguments) {
  if (count != 3) return 64;
  int echoes = arguments[1][0] == 'e', server = serve(arguments[2], SOCK_DGRAM), loop = epoll_create1(EPOLL_CLOEXEC);
  watch(loop, EPOLL_CTL_ADD, server, EPOLLIN, NULL);
  struct epoll_event event;
  for (;;) {
    epoll_wait(loop, &event, 1, -1);
    for (int i = 0; i < BATCH; i++) {
      // A datagram that is thrown away needs no room.
      pieces[i] = (struct iovec){payloads[i], echoes ? SIZE : 0};
      messages[i].msg_hdr = (struct msghdr){
          .msg_name = &names[i], .msg_namelen = sizeof names[i], .msg_iov = &pieces[i], .msg_iovlen = 1};
    }
    int received = recvmmsg(server, messages, BATCH, MSG_DONTWAIT, NULL);
    if (received <= 0 || !echoes) continue;
    for (int i = 0; i < received; i++) pieces[i].iov_len = messages[i].msg_len;
    sendmmsg(server, messages, (unsigned)received, MSG_DONTWAIT);
  }
}
