// Datagrams for one server: datagram-load echo|discard ADDRESS PORT SECONDS
//
//   echo      128 datagrams of 64 bytes are under way at any time; every reply is compared byte for byte with the
//             request of its number. What does not come back within 100 ms is lost, and sent anew.
//   discard   as many as go; counted is what the kernel did not drop before the server took it.
//
// Prints one JSON object: exchanges, failures, lost, seconds.
#include "load.h"

enum { SIZE = 64, WINDOW = 128, BATCH = 64 };
struct datagram {
  uint64_t number;
  char rest[SIZE - 8];
};

static int client;
static struct datagram outgoing[WINDOW];
static uint64_t nextNumber = 1, exchanges, failures, lost;

static void post(const struct datagram *list, int count) {
  struct iovec pieces[BATCH];
  struct mmsghdr messages[BATCH];
  memset(messages, 0, sizeof messages);
  for (int i = 0; i < count; i++) {
    pieces[i] = (struct iovec){(void *)&list[i], SIZE};
    messages[i].msg_hdr.msg_iov = &pieces[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  for (int done = 0; done < count;) {
    int sent = sendmmsg(client, messages + done, (unsigned)(count - done), 0);
    // A refusal from before is reported once; the next attempt goes through.
    if (sent < 0 && errno != ECONNREFUSED) fail("datagram-load: sendmmsg");
    if (sent > 0) done += sent;
  }
}

static void renew(struct datagram *datagram) {
  memset(datagram->rest, 'a' + (char)(nextNumber % 26), sizeof datagram->rest);
  // The place in the window is the number's rest, so that a reply finds its request.
  datagram->number = nextNumber++ * WINDOW + (uint64_t)(datagram - outgoing);
}

static void echo(uint64_t end) {
  struct datagram incoming[BATCH], fresh[BATCH];
  struct iovec pieces[BATCH];
  struct mmsghdr messages[BATCH];
  for (int i = 0; i < WINDOW; i++) renew(&outgoing[i]);
  for (int i = 0; i < WINDOW; i += BATCH) post(outgoing + i, BATCH);
  while (now() < end) {
    memset(messages, 0, sizeof messages);
    for (int i = 0; i < BATCH; i++) {
      pieces[i] = (struct iovec){&incoming[i], SIZE};
      messages[i].msg_hdr.msg_iov = &pieces[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    int received = recvmmsg(client, messages, BATCH, MSG_WAITFORONE, NULL), count = 0;
    if (received < 0) {
      if (errno != EAGAIN) continue;
      lost += WINDOW;
      for (int i = 0; i < WINDOW; i++) renew(&outgoing[i]);
      for (int i = 0; i < WINDOW; i += BATCH) post(outgoing + i, BATCH);
      continue;
    }
    for (int i = 0; i < received; i++) {
      struct datagram *request = &outgoing[incoming[i].number % WINDOW];
      if (incoming[i].number < request->number) continue;  // the late reply to one that was given up
      if (messages[i].msg_len != SIZE || memcmp(request, &incoming[i], SIZE)) {
        failures++;
        continue;
      }
      exchanges++;
      renew(request);
      fresh[count++] = *request;
    }
    post(fresh, count);
  }
}

// Datagrams that the kernel dropped at the sockets bound to a port: the last column of /proc/net/udp.
static uint64_t drops(int port) {
  FILE *table = fopen("/proc/net/udp", "r");
  char line[512];
  uint64_t sum = 0;
  while (table && fgets(line, sizeof line, table)) {
    unsigned address, local;
    char *last = strrchr(line, ' ');
    if (sscanf(line, " %*d: %x:%x", &address, &local) != 2 || (int)local != port) continue;
    while (last > line && last[1] <= ' ') *last = 0, last = strrchr(line, ' ');
    sum += strtoull(last + 1, NULL, 10);
  }
  if (table) fclose(table);
  return sum;
}

static void flood(uint64_t end, int port) {
  uint64_t before = drops(port), sent = 0;
  for (int i = 0; i < WINDOW; i++) renew(&outgoing[i]);
  for (; now() < end; sent += BATCH) post(outgoing, BATCH);
  usleep(50000);
  exchanges = sent - (drops(port) - before);
  lost = sent - exchanges;
}

int main(int count, char **arguments) {
  if (count != 5) return 64;
  struct sockaddr_in server = place(arguments[2], arguments[3]);
  client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (connect(client, (struct sockaddr *)&server, sizeof server)) fail("datagram-load: connect");
  struct timeval patience = {.tv_usec = 100000};
  setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  uint64_t began = now(), end = began + (uint64_t)(atof(arguments[4]) * 1e9);
  if (arguments[1][0] == 'e') {
    echo(end);
  } else {
    flood(end, atoi(arguments[3]));
  }
  printf("{\"exchanges\": %llu, \"failures\": %llu, \"lost\": %llu, \"seconds\": %.6f}\n", (unsigned long long)exchanges,
         (unsigned long long)failures, (unsigned long long)lost, (double)(now() - began) / 1e9);
  return 0;
}
