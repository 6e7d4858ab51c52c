// The one function of libm that the Embedded build uses: Swift's hash tables round their capacity with it. Having it here
// saves the installed daemon a library, 75 KB (Pss). Elsewhere the Swift library brings libm along anyway.
#if defined(INETD_EMBEDDED) && defined(__x86_64__)

double ceil(double number);

__attribute__((no_builtin)) double ceil(double number) {
    // Beyond 2^52 every number is whole; NaN compares false.
    if (!(number > -0x1p52 && number < 0x1p52)) return number;
    double whole = (double)(long long)number;
    return whole < number ? whole + 1 : whole;
}

#endif
