#include "sandbox/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox/zygote.h"

struct hr_sandbox {
    int control;
    pid_t zygote;
    uint64_t memory_bytes; /* of each child */
};

enum { ENDING_WAIT_MS = 1000 };

static void close_one(int *descriptor)
{
    if (*descriptor >= 0)
        close(*descriptor);
    *descriptor = -1;
}

enum hr_status hr_sandbox_fork(struct hr_sandbox **out, const struct hr_sandbox_work *work, uint64_t memory_bytes,
                               struct hr_error *error)
{
    int pair[2];
    *out = NULL;
    struct hr_sandbox *sandbox = calloc(1, sizeof *sandbox);
    if (sandbox == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a process of its own to decode in");
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        free(sandbox);
        return hr_error_set_errno(error, errno, "no socket to a process that decodes");
    }
    sandbox->zygote = fork();
    if (sandbox->zygote == 0)
        hr_zygote_run(pair[1], work, memory_bytes);
    int saved_errno = errno;
    close(pair[1]);
    sandbox->control = pair[0];
    sandbox->memory_bytes = memory_bytes;
    if (sandbox->zygote < 0) {
        close(pair[0]);
        free(sandbox);
        return hr_error_set_errno(error, saved_errno, "no process of its own to decode in");
    }
    *out = sandbox;
    return HR_OK;
}

uint64_t hr_sandbox_memory_bytes(const struct hr_sandbox *sandbox)
{
    return sandbox->memory_bytes;
}

void hr_sandbox_stop(struct hr_sandbox *sandbox)
{
    if (sandbox == NULL)
        return;
    close(sandbox->control);
    while (waitpid(sandbox->zygote, NULL, 0) < 0 && errno == EINTR)
        continue;
    free(sandbox);
}

/* Memory in the form of a file. Sealed, so that the other side can't shorten it under a reader's feet. */
static int make_memory(uint64_t bytes, bool *too_large)
{
    struct rlimit files;
    *too_large = getrlimit(RLIMIT_FSIZE, &files) == 0 && files.rlim_cur != RLIM_INFINITY && files.rlim_cur < bytes;
    if (*too_large)
        return -1;
    int memory = memfd_create("homeroom", MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (memory < 0)
        return -1;
    if (ftruncate(memory, (off_t)bytes) == 0 &&
        fcntl(memory, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0)
        return memory;
    int saved_errno = errno;
    close(memory);
    errno = saved_errno;
    return -1;
}

static bool send_request(int control, const struct hr_zygote_request *request,
                         const int descriptors[HR_ZYGOTE_DESCRIPTORS])
{
    union {
        struct cmsghdr header;
        char room[CMSG_SPACE(HR_ZYGOTE_DESCRIPTORS * sizeof(int))];
    } control_data = {0};
    struct iovec part = {(void *)request, sizeof *request};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control_data, .msg_controllen = sizeof control_data};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(HR_ZYGOTE_DESCRIPTORS * sizeof(int));
    memcpy(CMSG_DATA(header), descriptors, HR_ZYGOTE_DESCRIPTORS * sizeof(int));
    ssize_t sent;
    do
        sent = sendmsg(control, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    return sent == (ssize_t)sizeof *request;
}

enum hr_status hr_sandbox_child_start(const struct hr_sandbox *sandbox, const struct hr_sandbox_limits *limits,
                                      struct hr_sandbox_child *child, struct hr_error *error)
{
    int talk[2], life[2] = {-1, -1};
    bool too_large = false;
    *child = (struct hr_sandbox_child){-1, -1, -1};
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, talk) != 0)
        return hr_error_set_errno(error, errno, "no socket to a process that decodes");
    child->socket = talk[0];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, life) == 0) {
        child->life = life[0];
        child->memory = make_memory(limits->shared_bytes, &too_large);
    }
    enum hr_status status = HR_OK;
    if (child->memory < 0 && !too_large)
        status = hr_error_set_errno(error, errno, "no shared memory for a process that decodes");
    struct hr_zygote_request request = {.cpu_s = limits->cpu_s};
    if (status == HR_OK &&
        !send_request(sandbox->control, &request, (int[]){talk[1], too_large ? talk[1] : child->memory, life[1]}))
        status = hr_error_set(error, HR_ERR_INTERNAL,
                              "the process that decodes is gone (errno %d): start homeroom again", errno);
    close_one(&talk[1]);
    close_one(&life[1]);
    return status;
}

void hr_sandbox_child_stop(struct hr_sandbox_child *child)
{
    close_one(&child->life);
    close_one(&child->socket);
    close_one(&child->memory);
}

int hr_sandbox_child_ending(const struct hr_sandbox_child *child)
{
    struct pollfd polled = {.fd = child->life, .events = POLLIN};
    int status = -1, ready;
    do
        ready = poll(&polled, 1, ENDING_WAIT_MS);
    while (ready < 0 && errno == EINTR);
    if (ready <= 0 || recv(child->life, &status, sizeof status, MSG_DONTWAIT) != (ssize_t)sizeof status)
        return -1;
    return status;
}
