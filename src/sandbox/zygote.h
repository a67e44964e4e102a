/* The process that the children come from; see sandbox/sandbox.h. */
#ifndef HR_SANDBOX_ZYGOTE_H
#define HR_SANDBOX_ZYGOTE_H

#include "sandbox/sandbox.h"

/* What it is asked over `control` (SOCK_SEQPACKET): a child, and behind the request three descriptors: its socket, its
 * memory and the end of its life. The life socket gets the child's status as an int, and is closed. */
struct hr_zygote_request {
    uint64_t cpu_s; /* as in hr_sandbox_limits */
};
enum { HR_ZYGOTE_DESCRIPTORS = 3 };

/* `memory_bytes`: what each child may take, as in hr_sandbox_fork. Never returns: the zygote ends with whoever holds
 * the other end of `control`. */
_Noreturn void hr_zygote_run(int control, const struct hr_sandbox_work *work, uint64_t memory_bytes);

#endif
