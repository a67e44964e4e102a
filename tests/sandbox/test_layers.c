/* Each layer by itself: what it refuses where the others are missing. In processes of their own, as nothing of it can be
 * taken back. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/confine.h"
#include "support/check.h"

/* The exit status of `inside` in a child. */
static int status_of(int (*inside)(void))
{
    pid_t pid = fork();
    if (pid == 0)
        _exit(inside());
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static int open_with_landlock(void)
{
    if ((hr_confine_early() & HR_CONFINE_LANDLOCK) == 0)
        return 77;
    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EACCES)
        return 1;
    if (open("/tmp/homeroom-layers", O_WRONLY | O_CREAT, 0600) >= 0 || errno != EACCES)
        return 2;
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 0 : 3; /* that is not its business */
}

static void landlock_refuses_files(void **state)
{
    (void)state;
    int status = status_of(open_with_landlock);
    if (status == 77) {
        print_message("SKIPPED: this kernel has no Landlock\n");
        skip();
    }
    assert_int_equal(status, 0);
}

static int everything_with_the_filter(void)
{
    struct hr_confine_filter filter;
    hr_confine_filter_make(&filter);
    if (filter.instructions == NULL || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return 1;
    if ((hr_confine_now(&(struct hr_confine_limits){0}, &filter) & HR_CONFINE_SYSTEM_CALLS) == 0)
        return 2;
    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EPERM)
        return 3;
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || errno != EPERM)
        return 4;
    if (fork() >= 0 || errno != EPERM)
        return 5;
    return getpid() > 0 && malloc(1 << 20) != NULL ? 0 : 6; /* and it can go on */
}

static void the_filter_refuses_what_is_not_listed(void **state)
{
    (void)state;
    assert_int_equal(status_of(everything_with_the_filter), 0);
}

static int write_with_limits(void)
{
    const struct hr_confine_filter none = {0};
    signal(SIGXFSZ, SIG_IGN);
    int file = open("/tmp", O_TMPFILE | O_RDWR, 0600);
    if (file < 0)
        file = memfd_create("limits", 0);
    if (hr_confine_now(&(struct hr_confine_limits){.cpu_s = 1}, &none) != HR_CONFINE_LIMITS)
        return 1;
    if (write(file, "x", 1) >= 0 || errno != EFBIG)
        return 2;
    if (open("/etc/passwd", O_RDONLY) >= 0 || errno != EMFILE)
        return 3;
    struct rlimit core;
    return getrlimit(RLIMIT_CORE, &core) == 0 && core.rlim_max == 0 ? 0 : 4;
}

static void limits_hold_alone(void **state)
{
    (void)state;
    assert_int_equal(status_of(write_with_limits), 0);
}

static int spin(void)
{
    const struct hr_confine_filter none = {0};
    if (hr_confine_now(&(struct hr_confine_limits){.cpu_s = 1}, &none) != HR_CONFINE_LIMITS)
        return 1;
    for (volatile unsigned i = 0;; i++)
        continue;
}

static void processor_time_comes_to_an_end(void **state)
{
    (void)state;
    int status = status_of(spin);
    assert_true(status == -SIGXCPU || status == -SIGKILL);
}

static int take_memory(void)
{
    const struct hr_confine_filter none = {0};
    const struct hr_confine_limits limits = {.memory_bytes = UINT64_C(64) << 20};
    if (hr_confine_now(&limits, &none) != HR_CONFINE_LIMITS)
        return 1;
    for (int i = 0; i < 64; i++) {
        volatile char *some = malloc(4 << 20);
        if (some == NULL)
            return i > 4 ? 0 : 2;
        for (size_t at = 0; at < 4 << 20; at += 4096)
            some[at] = 1;
    }
    return 3;
}

static void memory_comes_to_an_end(void **state)
{
    (void)state;
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    print_message("SKIPPED: the sanitizers' own memory does not fit into a limit; the release build runs this\n");
    (void)take_memory;
    skip();
#else
    assert_int_equal(status_of(take_memory), 0);
#endif
}

static void layers_have_names(void **state)
{
    (void)state;
    char held[128];
    hr_confine_describe(HR_CONFINE_ALL, held, sizeof held);
    assert_string_equal(held, "limits, no new privileges, Landlock, system calls");
    hr_confine_describe(HR_CONFINE_LIMITS, held, sizeof held);
    assert_string_equal(held, "limits");
    hr_confine_describe(0, held, sizeof held);
    assert_string_equal(held, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(landlock_refuses_files), cmocka_unit_test(the_filter_refuses_what_is_not_listed),
        cmocka_unit_test(limits_hold_alone),      cmocka_unit_test(processor_time_comes_to_an_end),
        cmocka_unit_test(memory_comes_to_an_end), cmocka_unit_test(layers_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
