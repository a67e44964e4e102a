#include "sandbox/zygote.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    CHILDREN_MAX = 256,
    /* Where a child has its descriptors. */
    SOCKET_AT = 3,
    MEMORY_AT = 4,
    /* Theirs while they are moved there. */
    ASIDE = 16
};

struct child {
    pid_t pid; /* 0: free */
    int life;
    bool killed;
};

struct zygote {
    int control;
    const struct hr_sandbox_work *work;
    uint64_t memory_bytes; /* of each child */
    struct hr_confine_filter filter;
    unsigned held; /* layers that hold for the zygote, too */
    struct child children[CHILDREN_MAX];
};

/* --- a child --- */

/* Reports of the sanitizers go to standard error; nothing else of ours does. */
static bool keeps_standard_error(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return true;
#else
    return false;
#endif
}

/* When memory runs out, it is a child of this process that goes. The file is root's while nobody may look into the
 * process, which is so from here on. */
static void volunteer(void)
{
    prctl(PR_SET_DUMPABLE, 1);
    int file = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (file >= 0) {
        (void)!write(file, "1000", 4);
        close(file);
    }
    prctl(PR_SET_DUMPABLE, 0);
}

static _Noreturn void be_child(const struct zygote *zygote, const struct hr_zygote_request *request,
                               const int descriptors[HR_ZYGOTE_DESCRIPTORS], pid_t parent, const sigset_t *mask)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    sigprocmask(SIG_SETMASK, mask, NULL);
    int socket = fcntl(descriptors[0], F_DUPFD, ASIDE), memory = fcntl(descriptors[1], F_DUPFD, ASIDE);
    if (socket < 0 || memory < 0 || dup2(socket, SOCKET_AT) < 0 || dup2(memory, MEMORY_AT) < 0)
        _exit(1);
    closefrom(MEMORY_AT + 1);
    struct hr_sandbox_greeting greeting = {.layers = zygote->held};
    const struct hr_confine_limits limits = {.memory_bytes = zygote->memory_bytes, .cpu_s = request->cpu_s};
    greeting.layers |= hr_confine_now(&limits, &zygote->filter);
    if (send(SOCKET_AT, &greeting, sizeof greeting, MSG_NOSIGNAL) == sizeof greeting)
        zygote->work->serve(SOCKET_AT, MEMORY_AT);
    _exit(0);
}

/* --- the zygote --- */

static void say_ending(int life, int status)
{
    (void)!send(life, &status, sizeof status, MSG_NOSIGNAL | MSG_DONTWAIT);
    close(life);
}

static void reap(struct zygote *zygote)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (size_t i = 0; i < CHILDREN_MAX; i++)
            if (zygote->children[i].pid == pid) {
                say_ending(zygote->children[i].life, status);
                zygote->children[i] = (struct child){0};
            }
}

static struct child *free_place(struct zygote *zygote)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (zygote->children[i].pid == 0)
            return &zygote->children[i];
    return NULL;
}

/* A request with its descriptors, which are the caller's. False: whoever asks is gone. */
static bool receive(int control, struct hr_zygote_request *request, int descriptors[HR_ZYGOTE_DESCRIPTORS])
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(HR_ZYGOTE_DESCRIPTORS * sizeof(int))];
    } control_data;
    struct iovec part = {request, sizeof *request};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control_data, .msg_controllen = sizeof control_data};
    ssize_t got;
    do
        got = recvmsg(control, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    const struct cmsghdr *header = got == (ssize_t)sizeof *request ? CMSG_FIRSTHDR(&message) : NULL;
    if (header == NULL || header->cmsg_type != SCM_RIGHTS ||
        header->cmsg_len != CMSG_LEN(HR_ZYGOTE_DESCRIPTORS * sizeof(int)))
        return false;
    memcpy(descriptors, CMSG_DATA(header), HR_ZYGOTE_DESCRIPTORS * sizeof(int));
    return true;
}

static bool take_request(struct zygote *zygote, const sigset_t *mask)
{
    struct hr_zygote_request request;
    int descriptors[HR_ZYGOTE_DESCRIPTORS];
    if (!receive(zygote->control, &request, descriptors))
        return false;
    struct child *child = free_place(zygote);
    pid_t self = getpid();
    pid_t pid = child != NULL ? fork() : -1;
    if (pid == 0)
        be_child(zygote, &request, descriptors, self, mask);
    close(descriptors[0]);
    close(descriptors[1]);
    if (pid > 0)
        *child = (struct child){.pid = pid, .life = descriptors[2]};
    else
        say_ending(descriptors[2], -1);
    return true;
}

static void on_child(int number)
{
    (void)number; /* only to wake ppoll */
}

/* Who is no longer wanted is killed. */
static void watch(struct zygote *zygote, const sigset_t *mask)
{
    struct pollfd polled[CHILDREN_MAX + 1];
    struct child *of[CHILDREN_MAX + 1];
    for (;;) {
        nfds_t count = 1;
        polled[0] = (struct pollfd){.fd = zygote->control, .events = POLLIN};
        for (size_t i = 0; i < CHILDREN_MAX; i++)
            if (zygote->children[i].pid != 0 && !zygote->children[i].killed) {
                of[count] = &zygote->children[i];
                polled[count++] = (struct pollfd){.fd = zygote->children[i].life, .events = POLLIN};
            }
        int ready = ppoll(polled, count, NULL, mask);
        for (nfds_t i = 1; ready > 0 && i < count; i++)
            if (polled[i].revents != 0) {
                kill(of[i]->pid, SIGKILL);
                of[i]->killed = true;
            }
        reap(zygote);
        if (ready > 0 && polled[0].revents != 0 && !take_request(zygote, mask))
            return;
    }
}

static void end_children(struct zygote *zygote)
{
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (zygote->children[i].pid != 0)
            kill(zygote->children[i].pid, SIGKILL);
    for (size_t i = 0; i < CHILDREN_MAX; i++)
        if (zygote->children[i].pid != 0)
            (void)waitpid(zygote->children[i].pid, NULL, 0);
}

/* Keys and passwords may be in it. */
static void wipe_environment(void)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++)
        explicit_bzero(*entry, strlen(*entry));
    environ = NULL;
}

/* What the terminal tells the program, the program tells its children; and a child that crashes ends, whatever the
 * program does in that case. */
static void set_signals(sigset_t *mask)
{
    static const int others[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE, SIGTSTP, SIGUSR1, SIGUSR2, SIGXFSZ};
    static const int deadly[] = {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGXCPU, SIGTRAP};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        signal(others[i], SIG_IGN);
    for (size_t i = 0; i < sizeof deadly / sizeof *deadly; i++)
        signal(deadly[i], SIG_DFL);
    struct sigaction action = {.sa_handler = on_child};
    sigemptyset(&action.sa_mask);
    sigaction(SIGCHLD, &action, NULL);
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, mask);
    sigdelset(mask, SIGCHLD);
}

_Noreturn void hr_zygote_run(int control, const struct hr_sandbox_work *work, uint64_t memory_bytes)
{
    struct zygote *zygote = calloc(1, sizeof *zygote);
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    if (nowhere < 0) /* a box may be without devices */
        nowhere = memfd_create("nowhere", MFD_CLOEXEC);
    if (zygote == NULL || nowhere < 0)
        _exit(1);
    zygote->control = fcntl(control, F_DUPFD_CLOEXEC, ASIDE);
    zygote->work = work;
    zygote->memory_bytes = memory_bytes;
    for (int i = 0; i < (keeps_standard_error() ? 2 : 3); i++)
        dup2(nowhere, i);
    dup2(zygote->control, SOCKET_AT);
    closefrom(SOCKET_AT + 1);
    zygote->control = SOCKET_AT;
    prctl(PR_SET_NAME, "homeroom-decode");
    sigset_t mask;
    set_signals(&mask);
    if (work->prepare != NULL)
        work->prepare(memory_bytes);
    wipe_environment();
    volunteer();
    hr_confine_filter_make(&zygote->filter);
    zygote->held = hr_confine_early();
    watch(zygote, &mask);
    end_children(zygote);
    _exit(0);
}
