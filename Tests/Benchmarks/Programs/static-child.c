// The smallest server: static, one write, gone. What is measured is who started it.
#include <unistd.h>

int main(void) {
  static const char reply[] = "served\n";
  return write(1, reply, sizeof reply - 1) == sizeof reply - 1 ? 0 : 1;
}
