// Children do without libc: its start asks the processor for its features (cpuid), which in a virtual machine costs more
// than everything that is measured here.
#pragma once

#if defined(__x86_64__)
enum { WRITE = 1, NANOSLEEP = 35, EXIT_GROUP = 231 };
static inline long systemCall(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}
#elif defined(__aarch64__)
enum { WRITE = 64, NANOSLEEP = 101, EXIT_GROUP = 94 };
static inline long systemCall(long number, long a, long b, long c) {
  register long x8 __asm__("x8") = number;
  register long x0 __asm__("x0") = a;
  register long x1 __asm__("x1") = b;
  register long x2 __asm__("x2") = c;
  __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
  return x0;
}
#endif

static inline void serveAndEnd(void) {
  static const char reply[] = "served\n";
  long written = systemCall(WRITE, 1, (long)reply, sizeof reply - 1);
  for (;;) systemCall(EXIT_GROUP, written == sizeof reply - 1 ? 0 : 1, 0, 0);
}
