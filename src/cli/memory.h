/* How much memory the program takes. */
#ifndef HR_CLI_MEMORY_H
#define HR_CLI_MEMORY_H

#include <stdint.h>

/* What this process may have before the kernel ends it: the least of the machine's memory and its control groups'
 * limits (version 2, and 1). `root`: where /proc and /sys lie; "" but for tests. 0: not known. */
uint64_t hr_cli_memory_bytes(const char *root);

/* A program that takes four fifths of that gets no more: an allocation fails, and the video that wanted it has an error
 * report, where the kernel would have ended all of them. A lower limit that is set already stays. */
void hr_cli_limit_memory(void);

#endif
