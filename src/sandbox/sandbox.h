/* A process apart for work on bytes that nobody vouches for. It knows nothing of what the work is.
 *
 * hr_sandbox_fork makes a small process that waits, the zygote, before there are threads, keys or a database to
 * inherit. Each piece of work gets a child of it, which gives up nearly every right (sandbox/confine.h) before it is
 * handed the first byte. When the child is no longer wanted, or whoever wanted it is gone, the zygote kills it. */
#ifndef HR_SANDBOX_SANDBOX_H
#define HR_SANDBOX_SANDBOX_H

#include "base/status.h"
#include "sandbox/confine.h"

/* What the children do. Constant; the functions are in the program already when it forks. */
struct hr_sandbox_work {
    /* In the zygote, once, while files can still be opened: libraries that load their parts. Each child may take
     * `memory_bytes` (0: what it has anyway), what is taken here included. May be NULL. */
    void (*prepare)(uint64_t memory_bytes);
    /* In a child: serve whoever is at the other end of `socket` (SOCK_SEQPACKET), and return when it is gone. `memory`
     * is shared with it, of hr_sandbox_limits.shared_bytes, and can't change its size. */
    void (*serve)(int socket, int memory);
};

/* Before anything else that the program does: its environment and whatever it read are in the zygote as well, except
 * that the zygote wipes its copy of the environment. Each child may take `memory_bytes` of its own (0: what it has
 * anyway). *out is the caller's (hr_sandbox_stop). Any number of threads may start children later. Errors: IO (with the
 * system's reason), MEMORY. */
enum hr_status hr_sandbox_fork(struct hr_sandbox **out, const struct hr_sandbox_work *work, uint64_t memory_bytes,
                               struct hr_error *error) HR_MUST_USE;
/* What each child may take, as it was said to hr_sandbox_fork. */
uint64_t hr_sandbox_memory_bytes(const struct hr_sandbox *sandbox);

struct hr_sandbox_limits {
    uint64_t cpu_s;        /* 0: no limit */
    uint64_t shared_bytes; /* of the memory that both sides see */
};

struct hr_sandbox_child {
    int socket; /* to it; -1: there is none */
    /* A file of limits.shared_bytes that is memory only: map what is needed. -1: files may not be so large here
     * (RLIMIT_FSIZE); the child has none then, either. */
    int memory;
    int life; /* while it is open the child may live; in the end it says how it ended */
};

/* Returns before the child is there; it says so first, with the layers that held (hr_sandbox_greeting). Stop it also
 * after an error. Errors: IO, MEMORY; INTERNAL: the zygote is gone. */
enum hr_status hr_sandbox_child_start(const struct hr_sandbox *sandbox, const struct hr_sandbox_limits *limits,
                                      struct hr_sandbox_child *child, struct hr_error *error) HR_MUST_USE;
/* It is killed if it still lives. Safe on a stopped one. */
void hr_sandbox_child_stop(struct hr_sandbox_child *child);

/* The first message on the child's socket. */
struct hr_sandbox_greeting {
    uint32_t layers; /* enum hr_confine_layer */
};

/* How a child ended whose socket is closed: a status of waitpid(2); -1 when that can't be known. Waits a second at
 * most. */
int hr_sandbox_child_ending(const struct hr_sandbox_child *child);

#endif
