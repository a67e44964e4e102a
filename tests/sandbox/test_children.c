/* Children come and go as they are wanted, and none outlives whoever wanted it. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "sandbox/sandbox.h"
#include "support/check.h"

enum { SHARED_BYTES = 1 << 20 };

/* What the test tells the child to be. */
enum role { ECHO = 1, ENDLESS, CRASH, ABORT, WRITE, LEAVE };

static void serve(int socket, int memory)
{
    enum role role = 0;
    pid_t self = getpid();
    if (send(socket, &self, sizeof self, 0) != sizeof self || recv(socket, &role, sizeof role, 0) != sizeof role)
        return;
    switch (role) {
    case ENDLESS:
        for (volatile unsigned i = 0;; i++)
            continue;
    case CRASH:
        __builtin_trap();
    case ABORT:
        abort();
    case WRITE: {
        char *shared = mmap(NULL, SHARED_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
        if (shared != MAP_FAILED)
            snprintf(shared + SHARED_BYTES - 16, 16, "seen");
        (void)!send(socket, &role, sizeof role, 0);
        break;
    }
    case ECHO:
        while (recv(socket, &role, sizeof role, 0) == sizeof role && send(socket, &role, sizeof role, 0) > 0)
            continue;
        break;
    default:
        break;
    }
}

static const struct hr_sandbox_work work = {.serve = serve};
static const struct hr_sandbox_limits limits = {.cpu_s = 60, .shared_bytes = SHARED_BYTES};
static struct hr_sandbox *sandbox;

static int set_up(void **state)
{
    (void)state;
    struct hr_error error;
    return hr_sandbox_fork(&sandbox, &work, 0, &error);
}

static int tear_down(void **state)
{
    (void)state;
    hr_sandbox_stop(sandbox);
    return 0;
}

/* A child in its role; its process. */
static pid_t start(const struct hr_sandbox *of, enum role role, struct hr_sandbox_child *child)
{
    struct hr_error error;
    struct hr_sandbox_greeting greeting;
    pid_t pid;
    assert_ok(hr_sandbox_child_start(of, &limits, child, &error), &error);
    assert_int_equal(recv(child->socket, &greeting, sizeof greeting, 0), sizeof greeting);
    assert_true((greeting.layers & HR_CONFINE_LIMITS) != 0);
    assert_int_equal(recv(child->socket, &pid, sizeof pid, 0), sizeof pid);
    assert_int_equal(send(child->socket, &role, sizeof role, 0), sizeof role);
    return pid;
}

static bool is_gone(pid_t pid)
{
    return kill(pid, 0) != 0 && errno == ESRCH;
}

/* Two seconds are promised. */
static bool goes_in_time(pid_t pid)
{
    for (int i = 0; i < 200; i++) {
        if (is_gone(pid))
            return true;
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
    }
    return false;
}

static void the_memory_is_shared_and_sealed(void **state)
{
    (void)state;
    struct hr_sandbox_child child;
    enum role role;
    start(sandbox, WRITE, &child);
    assert_int_equal(recv(child.socket, &role, sizeof role, 0), sizeof role);
    char *shared = mmap(NULL, SHARED_BYTES, PROT_READ, MAP_SHARED, child.memory, 0);
    assert_true(shared != MAP_FAILED);
    assert_string_equal(shared + SHARED_BYTES - 16, "seen");
    assert_int_equal(ftruncate(child.memory, 1), -1);
    assert_int_equal(errno, EPERM);
    munmap(shared, SHARED_BYTES);
    hr_sandbox_child_stop(&child);
}

static void whoever_is_not_wanted_is_killed(void **state)
{
    (void)state;
    static const enum role roles[] = {ENDLESS, ECHO};
    for (size_t i = 0; i < sizeof roles / sizeof *roles; i++) {
        struct hr_sandbox_child child;
        pid_t pid = start(sandbox, roles[i], &child);
        assert_false(is_gone(pid));
        hr_sandbox_child_stop(&child);
        assert_true(goes_in_time(pid));
        hr_sandbox_child_stop(&child); /* once more */
    }
}

static int ending_of(enum role role)
{
    struct hr_sandbox_child child;
    char byte;
    start(sandbox, role, &child);
    assert_int_equal(recv(child.socket, &byte, 1, 0), 0);
    int ending = hr_sandbox_child_ending(&child);
    hr_sandbox_child_stop(&child);
    return ending;
}

static void it_is_known_how_a_child_ended(void **state)
{
    (void)state;
    assert_true(WIFSIGNALED(ending_of(CRASH)));
    int ending = ending_of(ABORT);
    assert_true(WIFSIGNALED(ending) || (WIFEXITED(ending) && WEXITSTATUS(ending) != 0));
    ending = ending_of(LEAVE);
    assert_true(WIFEXITED(ending) && WEXITSTATUS(ending) == 0);
}

static void *one_of_many(void *argument)
{
    (void)argument;
    for (enum role i = 1; i <= 20; i++) {
        struct hr_sandbox_child child;
        enum role echo = 0;
        start(sandbox, ECHO, &child);
        assert_int_equal(send(child.socket, &i, sizeof i, 0), sizeof i);
        assert_int_equal(recv(child.socket, &echo, sizeof echo, 0), sizeof echo);
        assert_int_equal(echo, i);
        hr_sandbox_child_stop(&child);
    }
    return NULL;
}

static void threads_may_start_children(void **state)
{
    (void)state;
    pthread_t threads[4];
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, one_of_many, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
}

/* More at a time than it has places: those beyond are told so, and the others go on. */
static void too_many_are_refused(void **state)
{
    (void)state;
    enum { MANY = 260 };
    static struct hr_sandbox_child children[MANY];
    struct hr_error error;
    int refused = 0;
    for (int i = 0; i < MANY; i++) {
        struct hr_sandbox_greeting greeting;
        assert_ok(hr_sandbox_child_start(sandbox, &limits, &children[i], &error), &error);
        refused += recv(children[i].socket, &greeting, sizeof greeting, 0) <= 0;
    }
    for (int i = 0; i < MANY; i++)
        hr_sandbox_child_stop(&children[i]);
    assert_int_equal(refused, MANY - 256);
    for (int i = 0; i < 100; i++) { /* as soon as the others are gone there is room again */
        struct hr_sandbox_child child;
        struct hr_sandbox_greeting greeting;
        assert_ok(hr_sandbox_child_start(sandbox, &limits, &child, &error), &error);
        bool good = recv(child.socket, &greeting, sizeof greeting, 0) > 0;
        hr_sandbox_child_stop(&child);
        if (good)
            return;
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
    }
    fail_msg("no room for a child, although all are gone");
}

/* Whoever has the sandbox is killed: its child, in an endless loop, goes as well. */
static void nobody_outlives_the_program(void **state)
{
    (void)state;
    int pipe_ends[2];
    pid_t child_pid = 0;
    assert_int_equal(pipe(pipe_ends), 0);
    pid_t program = fork();
    if (program == 0) {
        struct hr_error error;
        struct hr_sandbox *own;
        struct hr_sandbox_child child;
        if (hr_sandbox_fork(&own, &work, 0, &error) != HR_OK)
            _exit(1);
        pid_t pid = start(own, ENDLESS, &child);
        (void)!write(pipe_ends[1], &pid, sizeof pid);
        for (;;)
            pause();
    }
    close(pipe_ends[1]);
    assert_int_equal(read(pipe_ends[0], &child_pid, sizeof child_pid), sizeof child_pid);
    close(pipe_ends[0]);
    assert_false(is_gone(child_pid));
    kill(program, SIGKILL);
    waitpid(program, NULL, 0);
    assert_true(goes_in_time(child_pid));
}

/* Ctrl-C reaches the whole group: it is the program that decides. */
static void the_terminals_signals_are_left_to_the_program(void **state)
{
    (void)state;
    struct hr_sandbox_child child;
    enum role echo = 0, said = LEAVE;
    pid_t pid = start(sandbox, ECHO, &child);
    assert_int_equal(kill(pid, SIGINT), 0);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(send(child.socket, &said, sizeof said, 0), sizeof said);
    assert_int_equal(recv(child.socket, &echo, sizeof echo, 0), sizeof echo);
    hr_sandbox_child_stop(&child);
}

static void a_sandbox_that_is_gone_is_an_error(void **state)
{
    (void)state;
    struct hr_error error;
    struct hr_sandbox *own;
    struct hr_sandbox_child child;
    assert_ok(hr_sandbox_fork(&own, &work, 0, &error), &error);
    pid_t pid = start(own, LEAVE, &child), zygote = 0;
    hr_sandbox_child_stop(&child);
    (void)pid;
    /* The only child of this process that is left besides the group's own. */
    char line[256] = "";
    snprintf(line, sizeof line, "/proc/self/task/%d/children", (int)getpid());
    FILE *file = fopen(line, "r");
    assert_non_null(file);
    for (int number; fscanf(file, "%d", &number) == 1;)
        zygote = number;
    fclose(file);
    kill(zygote, SIGKILL);
    for (int i = 0; i < 200; i++) {
        enum hr_status status = hr_sandbox_child_start(own, &limits, &child, &error);
        hr_sandbox_child_stop(&child);
        if (status == HR_ERR_INTERNAL)
            break;
        nanosleep(&(struct timespec){.tv_nsec = 10 * 1000000}, NULL);
    }
    assert_error(hr_sandbox_child_start(own, &limits, &child, &error), HR_ERR_INTERNAL, &error, "start homeroom again");
    hr_sandbox_child_stop(&child);
    hr_sandbox_stop(own);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_memory_is_shared_and_sealed),
        cmocka_unit_test(whoever_is_not_wanted_is_killed),
        cmocka_unit_test(it_is_known_how_a_child_ended),
        cmocka_unit_test(threads_may_start_children),
        cmocka_unit_test(too_many_are_refused),
        cmocka_unit_test(nobody_outlives_the_program),
        cmocka_unit_test(the_terminals_signals_are_left_to_the_program),
        cmocka_unit_test(a_sandbox_that_is_gone_is_an_error),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
