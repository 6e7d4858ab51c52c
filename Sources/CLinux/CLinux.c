#include "CLinux.h"

static int argument_count;
static char **arguments;

__attribute__((constructor)) static void keep_arguments(int count, char **vector) {
    argument_count = count;
    arguments = vector;
}

int clinux_argument_count(void) { return argument_count; }
char **clinux_arguments(void) { return arguments; }
