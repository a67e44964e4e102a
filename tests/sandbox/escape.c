/* From inside a child of the sandbox: files, the network, programs, other processes. Prints what happened to each try, and
 * ends with 1 when one of them succeeded. By itself, so that it runs in the image as well, where there is no cmocka. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "sandbox/sandbox.h"

enum { TRIES_MAX = 48 };

struct tries {
    size_t count;
    struct {
        char what[48];
        int failed_with; /* errno; 0: it succeeded */
    } each[TRIES_MAX];
};

static char *secret; /* in the environment, before there was a sandbox */

static void note(struct tries *tries, const char *what, bool succeeded)
{
    int failed_with = succeeded ? 0 : errno;
    snprintf(tries->each[tries->count].what, sizeof tries->each[0].what, "%s", what);
    tries->each[tries->count++].failed_with = failed_with;
    errno = 0;
}

static void try_files(struct tries *tries)
{
    char path[64];
    note(tries, "open a file to read", open("/etc/passwd", O_RDONLY) >= 0);
    note(tries, "open what homeroom was started from", open("/proc/self/exe", O_RDONLY) >= 0);
    note(tries, "open the parent's memory",
         (snprintf(path, sizeof path, "/proc/%d/mem", (int)getppid()), open(path, O_RDONLY) >= 0));
    note(tries, "make a file", open("/tmp/homeroom-escape", O_WRONLY | O_CREAT, 0600) >= 0);
    note(tries, "list a folder", open("/", O_RDONLY | O_DIRECTORY) >= 0);
    note(tries, "remove a file", unlink("/tmp/homeroom-escape") == 0);
    note(tries, "rename a file", rename("/tmp/homeroom-escape", "/tmp/homeroom-escaped") == 0);
    note(tries, "make a folder", mkdir("/tmp/homeroom-escape", 0700) == 0);
    note(tries, "make memory that is a file", memfd_create("escape", 0) >= 0);
    note(tries, "lengthen the shared memory", ftruncate(4, INT64_C(1) << 40) == 0);
    note(tries, "shorten the shared memory", ftruncate(4, 0) == 0);
    note(tries, "change rights of a file", chmod("/tmp/homeroom-escaped", 0777) == 0);
}

static void try_network(struct tries *tries)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = {htonl(INADDR_LOOPBACK)}};
    note(tries, "a socket", socket(AF_INET, SOCK_STREAM, 0) >= 0);
    note(tries, "a local socket", socket(AF_UNIX, SOCK_STREAM, 0) >= 0);
    note(tries, "connect", connect(3, (struct sockaddr *)&address, sizeof address) == 0);
    note(tries, "bind", bind(3, (struct sockaddr *)&address, sizeof address) == 0);
    note(tries, "listen", listen(3, 1) == 0);
    struct msghdr message = {0};
    note(tries, "hand on a descriptor", sendmsg(3, &message, 0) >= 0);
}

static void try_programs(struct tries *tries)
{
    char program[] = "/bin/true";
    char *words[] = {program, NULL};
    note(tries, "exec", execv(words[0], words) == 0);
    note(tries, "execveat", syscall(SYS_execveat, 4, "", words, NULL, 0x1000 /* AT_EMPTY_PATH */) == 0);
    long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
    if (pid == 0)
        _exit(0);
    note(tries, "fork", pid > 0);
    note(tries, "memory that can be run",
         mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED);
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    note(tries, "make memory run", mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0);
}

/* Signal 0 only asks whether one may: a sandbox that fails must not take the machine along. */
static void try_processes(struct tries *tries)
{
    char byte;
    struct iovec here = {&byte, 1}, there = {secret, 1};
    note(tries, "ptrace the parent", ptrace(PTRACE_ATTACH, getppid(), NULL, NULL) == 0);
    note(tries, "be traced", ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
    note(tries, "read the parent's memory", syscall(SYS_process_vm_readv, getppid(), &here, 1, &there, 1, 0) > 0);
    note(tries, "kill the parent", kill(getppid(), 0) == 0);
    note(tries, "kill everybody", kill(-1, 0) == 0);
    note(tries, "be another user", setresuid(65533, 65533, 65533) == 0);
    note(tries, "be in other namespaces", unshare(CLONE_NEWUSER) == 0);
    note(tries, "raise a limit", setrlimit(RLIMIT_NOFILE, &(struct rlimit){64, 64}) == 0);
    note(tries, "leave core files", prctl(PR_SET_DUMPABLE, 1) == 0);
    note(tries, "be another program to the system", syscall(SYS_personality, 0) == 0);
    note(tries, "load into the kernel", syscall(SYS_bpf, 0, NULL, 0) >= 0);
    note(tries, "keys of the kernel", syscall(SYS_keyctl, 0, 0, 0, 0, 0) >= 0);
    note(tries, "a queue that outlives it", syscall(SYS_io_uring_setup, 1, NULL) >= 0);
}

/* What is no system call: what it was born with. */
static void look_around(struct tries *tries)
{
    struct stat state;
    errno = ENOENT;
    note(tries, "the environment's secrets", memchr(secret, 's', 6) != NULL);
    errno = EBADF;
    bool open_ones = false;
    for (int i = 5; i < 1024; i++)
        open_ones = open_ones || fstat(i, &state) == 0;
    errno = EBADF;
    note(tries, "files that the parent has open", open_ones);
}

static void serve(int socket, int memory)
{
    (void)memory;
    struct tries tries = {0};
    look_around(&tries);
    try_files(&tries);
    try_network(&tries);
    try_programs(&tries);
    try_processes(&tries);
    (void)!send(socket, &tries, sizeof tries, 0);
}

static const struct hr_sandbox_work work = {.serve = serve};

static bool hear(const struct hr_sandbox *sandbox, struct hr_sandbox_greeting *greeting, struct tries *tries)
{
    struct hr_error error;
    struct hr_sandbox_child child;
    const struct hr_sandbox_limits limits = {.cpu_s = 10, .shared_bytes = 4096};
    bool good = hr_sandbox_child_start(sandbox, &limits, &child, &error) == HR_OK &&
                recv(child.socket, greeting, sizeof *greeting, 0) == (ssize_t)sizeof *greeting &&
                recv(child.socket, tries, sizeof *tries, 0) == (ssize_t)sizeof *tries;
    if (!good)
        fprintf(stderr, "the child ended with %d\n", hr_sandbox_child_ending(&child));
    hr_sandbox_child_stop(&child);
    return good;
}

int main(void)
{
    struct hr_error error;
    struct hr_sandbox *sandbox = NULL;
    struct hr_sandbox_greeting greeting;
    struct tries tries;
    char held[128];
    int succeeded = 0;
    setenv("HOMEROOM_TEST_SECRET", "secret", 1);
    secret = getenv("HOMEROOM_TEST_SECRET");
    if (hr_sandbox_fork(&sandbox, &work, 0, &error) != HR_OK || !hear(sandbox, &greeting, &tries)) {
        fprintf(stderr, "no sandbox\n");
        return 1;
    }
    hr_confine_describe(greeting.layers, held, sizeof held);
    printf("user %d: %s\n", (int)getuid(), held);
    for (size_t i = 0; i < tries.count; i++) {
        printf("%-36s %s\n", tries.each[i].what,
               tries.each[i].failed_with == 0 ? "SUCCEEDED" : strerror(tries.each[i].failed_with));
        succeeded += tries.each[i].failed_with == 0;
    }
    hr_sandbox_stop(sandbox);
    return succeeded > 0 || greeting.layers != HR_CONFINE_ALL;
}
