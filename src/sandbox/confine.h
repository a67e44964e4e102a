/* What a process gives up before it looks at bytes from strangers: from then on it computes with the memory that it may
 * have, speaks over the sockets that are open, and ends.
 *
 * Four layers, so that one that the kernel or a container refuses leaves the others: setrlimit(2); no new privileges,
 * prctl(2); Landlock without a single rule, landlock(7): no file; a short list of system calls, seccomp(2). */
#ifndef HR_SANDBOX_CONFINE_H
#define HR_SANDBOX_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/status.h"

enum hr_confine_layer {
    HR_CONFINE_LIMITS = 1,
    HR_CONFINE_NO_NEW_PRIVILEGES = 2,
    HR_CONFINE_LANDLOCK = 4,
    HR_CONFINE_SYSTEM_CALLS = 8,
    HR_CONFINE_ALL = 15
};

struct hr_confine_limits {
    uint64_t memory_bytes; /* written memory that is its own; 0: what it has anyway */
    uint64_t cpu_s;        /* 0: no limit */
};

/* The list of system calls, ready for the kernel. Made once, as making it takes longer than using it. */
struct hr_confine_filter {
    void *instructions; /* owned; NULL: this system has no such filters */
    uint16_t count;
};
void hr_confine_filter_make(struct hr_confine_filter *filter);

/* What may be given up long before: no new privileges, and files. The flags of the layers that held. */
unsigned hr_confine_early(void);
/* The rest. Of the calling thread, which is the only one. */
unsigned hr_confine_now(const struct hr_confine_limits *limits, const struct hr_confine_filter *filter);

/* "limits, no new privileges, Landlock, system calls". */
void hr_confine_describe(unsigned layers, char *out, uint64_t size);

#endif
