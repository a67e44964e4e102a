#include "sandbox/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* --- system calls --- */

/* For memory, threads, time, and the sockets that are open. What is not here fails with EPERM. */
static const int allowed[] = {
    SCMP_SYS(brk),         SCMP_SYS(clock_getres),   SCMP_SYS(clock_gettime),   SCMP_SYS(clock_nanosleep),
    SCMP_SYS(close),       SCMP_SYS(exit),           SCMP_SYS(exit_group),      SCMP_SYS(fstat),
    SCMP_SYS(futex),       SCMP_SYS(getpid),         SCMP_SYS(getrandom),       SCMP_SYS(getrusage),
    SCMP_SYS(gettid),      SCMP_SYS(gettimeofday),   SCMP_SYS(lseek),           SCMP_SYS(madvise),
    SCMP_SYS(membarrier),  SCMP_SYS(mremap),         SCMP_SYS(munmap),          SCMP_SYS(nanosleep),
    SCMP_SYS(newfstatat), /* with an empty path it is glibc's fstat; paths are Landlock's */
    SCMP_SYS(read),        SCMP_SYS(readv),          SCMP_SYS(recvfrom),        SCMP_SYS(restart_syscall),
    SCMP_SYS(rseq),        SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn),    SCMP_SYS(sched_getaffinity),
    SCMP_SYS(sched_yield), SCMP_SYS(sendto),         SCMP_SYS(set_robust_list), SCMP_SYS(sigaltstack),
    SCMP_SYS(sysinfo),     SCMP_SYS(write),
};

static bool add_rules(scmp_filter_ctx filter)
{
    bool good = true;
    for (size_t i = 0; i < sizeof allowed / sizeof *allowed; i++)
        good = good && seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0) == 0;
    /* Memory, but none that can be run. */
    const struct scmp_arg_cmp not_executable = SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0);
    good = good && seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, &not_executable) == 0;
    good = good && seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, &not_executable) == 0;
    /* Threads, but no processes. The flags of clone3 lie in memory, where a filter can't look: without it the C
     * library takes clone. */
    const struct scmp_arg_cmp thread = SCMP_A0(SCMP_CMP_MASKED_EQ, CLONE_THREAD, CLONE_THREAD);
    good = good && seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, &thread) == 0;
    good = good && seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0) == 0;
    const struct scmp_arg_cmp name = SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME);
    good = good && seccomp_rule_add_array(filter, SCMP_ACT_ALLOW, SCMP_SYS(prctl), 1, &name) == 0;
    return good;
}

static bool export(scmp_filter_ctx context, struct hr_confine_filter *filter)
{
    struct stat state;
    int file = memfd_create("filter", MFD_CLOEXEC);
    bool good = file >= 0 && seccomp_export_bpf(context, file) == 0 && fstat(file, &state) == 0 && state.st_size > 0 &&
                state.st_size / (off_t)sizeof(struct sock_filter) <= UINT16_MAX;
    if (good) {
        filter->instructions = malloc((size_t)state.st_size);
        good = filter->instructions != NULL &&
               pread(file, filter->instructions, (size_t)state.st_size, 0) == (ssize_t)state.st_size;
        filter->count = (uint16_t)(state.st_size / (off_t)sizeof(struct sock_filter));
    }
    if (file >= 0)
        close(file);
    return good;
}

void hr_confine_filter_make(struct hr_confine_filter *filter)
{
    *filter = (struct hr_confine_filter){0};
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (context == NULL)
        return;
    if (!add_rules(context) || !export(context, filter)) {
        free(filter->instructions);
        filter->instructions = NULL;
    }
    seccomp_release(context);
}

static bool forbid_system_calls(const struct hr_confine_filter *filter)
{
    struct sock_fprog program = {.len = filter->count, .filter = filter->instructions};
    return filter->instructions != NULL && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) == 0;
}

/* --- files --- */

/* Every right that this kernel knows, and no rule that gives one. */
static bool forbid_files(void)
{
#ifdef SYS_landlock_create_ruleset
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    if (version < 1)
        return false;
    struct landlock_ruleset_attr rights = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    if (version >= 2)
        rights.handled_access_fs |= LANDLOCK_ACCESS_FS_MAKE_SYM << 1; /* refer */
    if (version >= 3)
        rights.handled_access_fs |= LANDLOCK_ACCESS_FS_MAKE_SYM << 2; /* truncate */
    int rules = (int)syscall(SYS_landlock_create_ruleset, &rights, sizeof rights, 0);
    if (rules < 0)
        return false;
    bool good = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return good;
#else
    return false;
#endif
}

/* --- limits --- */

static bool limit(int resource, rlim_t most)
{
    struct rlimit now;
    if (getrlimit(resource, &now) != 0)
        return false;
    if (now.rlim_max == RLIM_INFINITY || now.rlim_max > most)
        now.rlim_max = most;
    now.rlim_cur = now.rlim_max;
    return setrlimit(resource, &now) == 0;
}

static bool set_limits(const struct hr_confine_limits *limits)
{
    bool good = limit(RLIMIT_CORE, 0) && limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_NOFILE, 0) &&
                limit(RLIMIT_MSGQUEUE, 0) && limit(RLIMIT_MEMLOCK, 0);
    if (limits->cpu_s > 0)
        good = limit(RLIMIT_CPU, (rlim_t)limits->cpu_s) && good;
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they take terabytes of addresses */
    if (limits->memory_bytes > 0)
        good = limit(RLIMIT_DATA, (rlim_t)limits->memory_bytes) && good;
#endif
    return good;
}

/* --- all together --- */

unsigned hr_confine_early(void)
{
    unsigned held = 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)
        held |= HR_CONFINE_NO_NEW_PRIVILEGES;
    if (forbid_files())
        held |= HR_CONFINE_LANDLOCK;
    return held;
}

unsigned hr_confine_now(const struct hr_confine_limits *limits, const struct hr_confine_filter *filter)
{
    unsigned held = 0;
    if (set_limits(limits))
        held |= HR_CONFINE_LIMITS;
    if (forbid_system_calls(filter))
        held |= HR_CONFINE_SYSTEM_CALLS;
    return held;
}

void hr_confine_describe(unsigned layers, char *out, uint64_t size)
{
    static const struct {
        unsigned layer;
        const char *name;
    } names[] = {{HR_CONFINE_LIMITS, "limits"},
                 {HR_CONFINE_NO_NEW_PRIVILEGES, "no new privileges"},
                 {HR_CONFINE_LANDLOCK, "Landlock"},
                 {HR_CONFINE_SYSTEM_CALLS, "system calls"}};
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if ((layers & names[i].layer) != 0 && length < size)
            length += (size_t)snprintf(out + length, size - length, "%s%s", length > 0 ? ", " : "", names[i].name);
}
