// A number of exchanges, one after the other: one-by-one close|echo|datagram ADDRESS PORT COUNT
//
// For counting what each costs the server, not for speed. Every reply is compared; the first wrong one ends it.
#include "load.h"

static int exchange(char mode, const struct sockaddr_in *server) {
  int descriptor = socket(AF_INET, (mode == 'd' ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0), good = 0;
  char reply[64] = {0};
  static const char request[16] = "a short request";
  struct timeval patience = {.tv_sec = 10};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  if (connect(descriptor, (const struct sockaddr *)server, sizeof *server) == 0) {
    if (mode == 'c') {
      ssize_t size = recv(descriptor, reply, sizeof reply, MSG_WAITALL);
      good = size == 7 && memcmp(reply, "served\n", 7) == 0;
    } else {
      good = send(descriptor, request, sizeof request, MSG_NOSIGNAL) == sizeof request &&
             recv(descriptor, reply, sizeof request, MSG_WAITALL) == sizeof request &&
             memcmp(reply, request, sizeof request) == 0;
    }
  }
  close(descriptor);
  return good;
}

int main(int count, char **arguments) {
  if (count != 5) return 64;
  struct sockaddr_in server = place(arguments[2], arguments[3]);
  for (int i = atoi(arguments[4]); i > 0; i--) {
    if (!exchange(arguments[1][0], &server)) fail("one-by-one: a wrong reply");
  }
  return 0;
}
