// Load that no well-meaning client makes, for the tests of what the daemon survives. Bounded by its counts, and meant
// for loopback or a network namespace of its own.
//
//   flood reset PORT COUNT            connects and resets at once
//   flood exchange PORT COUNT         connects, sends a line, reads it back, closes; one connection after the other
//   flood hold PORT COUNT             opens COUNT connections that send nothing and read nothing, until standard input ends
//   flood stuff PORT COUNT            the same, and each sends as much as is taken without ever reading
//   flood syn PORT COUNT              half-open connections from invented addresses (raw sockets)
//   flood udp PORT COUNT              datagrams from invented addresses and ports (raw sockets)
//   flood reflect PORT FROM SPORT N   one datagram of N bytes as if from FROM:SPORT; prints what was answered to whom
//
// All write `key=value` lines and end with status 0 unless they could not do their work.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/if_ether.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <netpacket/packet.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static int fail(const char *what) {
  fprintf(stderr, "flood: %s: %s\n", what, strerror(errno));
  return 1;
}

static struct sockaddr_in target(int port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int connectTo(int port) {
  struct sockaddr_in name = target(port);
  int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (client < 0) return -1;
  // Enough for a busy machine, and no test that hangs.
  struct timeval limit = {.tv_sec = 20};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (!connect(client, (struct sockaddr *)&name, sizeof name)) return client;
  close(client);
  return -1;
}

// Closing with a reset leaves no TIME_WAIT behind, of which there are only so many.
static void reset(int client) {
  struct linger now = {.l_onoff = 1, .l_linger = 0};
  setsockopt(client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  close(client);
}

static int resets(int port, int count) {
  int failed = 0;
  for (int i = 0; i < count; i++) {
    int client = connectTo(port);
    if (client < 0) failed++; else reset(client);
  }
  printf("done=%d\nfailed=%d\n", count, failed);
  return 0;
}

static int exchanges(int port, int count) {
  int failed = 0;
  for (int i = 0; i < count; i++) {
    char line[32], back[32];
    int length = snprintf(line, sizeof line, "%d\n", i), got = 0;
    int client = connectTo(port);
    if (client >= 0 && send(client, line, (size_t)length, MSG_NOSIGNAL) == length) {
      ssize_t part;
      while (got < length && (part = recv(client, back + got, (size_t)(length - got), 0)) > 0) got += (int)part;
    }
    if (got != length || memcmp(line, back, (size_t)length)) failed++;
    if (client >= 0) reset(client);
  }
  printf("done=%d\nfailed=%d\n", count, failed);
  return 0;
}

static int hold(int port, int count, int stuffs) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  static char bytes[4096];
  memset(bytes, 'x', sizeof bytes);
  int open = 0;
  long sent = 0;
  for (int i = 0; i < count; i++) {
    int client = connectTo(port);
    if (client < 0) continue;
    open++;
    int small = 2048;
    setsockopt(client, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    // Stuffs until nothing is taken for a moment, at most a megabyte.
    for (long own = 0; stuffs && own < 1 << 20;) {
      struct pollfd ready = {.fd = client, .events = POLLOUT};
      if (poll(&ready, 1, 20) != 1) break;
      ssize_t taken = send(client, bytes, sizeof bytes, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (taken <= 0) break;
      own += taken;
      sent += taken;
    }
  }
  printf("open=%d\nsent=%ld\n", open, sent);
  fflush(stdout);
  while (read(0, bytes, sizeof bytes) > 0) {}
  return 0;
}

static uint16_t checksum(const void *data, size_t length, uint32_t sum) {
  const uint8_t *byte = data;
  for (; length > 1; length -= 2, byte += 2) sum += (uint32_t)byte[0] << 8 | byte[1];
  if (length) sum += (uint32_t)byte[0] << 8;
  while (sum >> 16) sum = (sum & 0xffff) + (sum >> 16);
  return (uint16_t)~sum;
}

// One packet to loopback as if from elsewhere: the loopback device asks no route whether the source can be true.
static ssize_t sendPacket(int raw, int protocol, uint32_t from, void *body, size_t length) {
  struct { struct iphdr head; uint8_t body[2048]; } packet = {
      .head = {.version = 4, .ihl = 5, .ttl = 64, .protocol = (uint8_t)protocol, .saddr = from,
               .daddr = htonl(INADDR_LOOPBACK), .tot_len = htons((uint16_t)(sizeof packet.head + length))}};
  memcpy(packet.body, body, length);
  struct sockaddr_in name = target(0);
  return sendto(raw, &packet, sizeof packet.head + length, 0, (struct sockaddr *)&name, sizeof name);
}

static uint32_t pseudoSum(uint32_t from, int protocol, size_t length) {
  uint32_t source = ntohl(from), destination = INADDR_LOOPBACK;
  return (source >> 16) + (source & 0xffff) + (destination >> 16) + (destination & 0xffff) + (uint32_t)protocol +
         (uint32_t)length;
}

static int openRaw(void) { return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW); }

static uint32_t invented(int i) { return htonl(0x0a000000u + 0x10001u * (uint32_t)(i % 251 + 1) + (uint32_t)i % 65000u); }

static int synFlood(int port, int count) {
  int raw = openRaw(), sent = 0;
  if (raw < 0) return fail("raw socket");
  for (int i = 0; i < count; i++) {
    uint32_t from = invented(i);
    struct tcphdr head = {.source = htons((uint16_t)(1024 + i % 60000)), .dest = htons((uint16_t)port),
                          .seq = htonl((uint32_t)i * 7919u), .doff = 5, .syn = 1, .window = htons(65535)};
    head.check = htons(checksum(&head, sizeof head, pseudoSum(from, IPPROTO_TCP, sizeof head)));
    if (sendPacket(raw, IPPROTO_TCP, from, &head, sizeof head) > 0) sent++;
  }
  printf("sent=%d\n", sent);
  return 0;
}

static ssize_t sendDatagram(int raw, uint32_t from, int sourcePort, int port, const char *bytes, size_t length) {
  struct { struct udphdr head; char bytes[1500]; } datagram = {
      .head = {.source = htons((uint16_t)sourcePort), .dest = htons((uint16_t)port),
               .len = htons((uint16_t)(sizeof datagram.head + length))}};
  memcpy(datagram.bytes, bytes, length);
  size_t all = sizeof datagram.head + length;
  datagram.head.check = htons(checksum(&datagram, all, pseudoSum(from, IPPROTO_UDP, all)));
  return sendPacket(raw, IPPROTO_UDP, from, &datagram, all);
}

static int udpFlood(int port, int count) {
  int raw = openRaw(), sent = 0;
  if (raw < 0) return fail("raw socket");
  // Every kind of source port: ordinary, well-known, the service's own.
  for (int i = 0; i < count; i++) {
    int sourcePort = i % 3 == 0 ? 1024 + i % 60000 : i % 3 == 1 ? 1 + i % 1023 : port;
    if (sendDatagram(raw, invented(i), sourcePort, port, "flood", 5) > 0) sent++;
  }
  printf("sent=%d\n", sent);
  return 0;
}

static int reflect(int port, const char *fromText, int sourcePort, int length) {
  uint32_t from = inet_addr(fromText), proof = inet_addr("10.99.99.99");
  int raw = openRaw(), wire = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, htons(0x0800));
  if (raw < 0 || wire < 0) return fail("raw socket");
  char bytes[1400];
  memset(bytes, 'r', sizeof bytes);
  if (sendDatagram(raw, from, sourcePort, port, bytes, (size_t)length) < 0) return fail("send");
  // The answer to an ordinary source proves that what came before has been looked at.
  if (sendDatagram(raw, proof, 40000, port, bytes, (size_t)length) < 0) return fail("send");
  long answered = 0, packets = 0;
  struct timespec begun, now;
  clock_gettime(CLOCK_MONOTONIC, &begun);
  for (;;) {
    struct { struct iphdr ip; struct udphdr udp; char rest[65536]; } packet;
    struct pollfd ready = {.fd = wire, .events = POLLIN};
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (now.tv_sec - begun.tv_sec > 10 || poll(&ready, 1, 10000) != 1) {
      printf("proof=0\nanswered=%ld\npackets=%ld\n", answered, packets);
      return 0;
    }
    struct sockaddr_ll origin;
    socklen_t originLength = sizeof origin;
    ssize_t size = recvfrom(wire, &packet, sizeof packet, 0, (struct sockaddr *)&origin, &originLength);
    // On loopback each packet is seen going out and coming in.
    if (origin.sll_pkttype == PACKET_OUTGOING) continue;
    if (size < (ssize_t)(sizeof packet.ip + sizeof packet.udp) || packet.ip.protocol != IPPROTO_UDP) continue;
    if (ntohs(packet.udp.source) != port) continue;
    if (packet.ip.daddr == proof) {
      printf("proof=%d\nanswered=%ld\npackets=%ld\n", ntohs(packet.udp.len) - 8, answered, packets);
      return 0;
    }
    if (packet.ip.daddr != from || ntohs(packet.udp.dest) != sourcePort) continue;
    answered += ntohs(packet.udp.len) - 8;
    packets++;
  }
}

int main(int count, char **arguments) {
  if (count < 4) return fail("see the first lines of its source");
  const char *verb = arguments[1];
  int port = atoi(arguments[2]), number = atoi(arguments[3]);
  if (!strcmp(verb, "reset")) return resets(port, number);
  if (!strcmp(verb, "exchange")) return exchanges(port, number);
  if (!strcmp(verb, "hold")) return hold(port, number, 0);
  if (!strcmp(verb, "stuff")) return hold(port, number, 1);
  if (!strcmp(verb, "syn")) return synFlood(port, number);
  if (!strcmp(verb, "udp")) return udpFlood(port, number);
  if (!strcmp(verb, "reflect") && count > 5) return reflect(port, arguments[3], atoi(arguments[4]), atoi(arguments[5]));
  errno = EINVAL;
  return fail(verb);
}
