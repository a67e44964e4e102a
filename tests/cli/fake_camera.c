/* A camera of this machine for tests (LD_PRELOAD): /dev/video0 is there and gives the picture in the file
 * FAKE_CAMERA_PICTURE five times a second, FAKE_CAMERA_COUNT times; then somebody pulls its plug. Only what FFmpeg's reader
 * of Video4Linux asks for is answered. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/videodev2.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

enum { BUFFERS = 4, ROOM = 1 << 20, PICTURES_PER_S = 5 };

static int camera = -1;
static void *buffers[BUFFERS];
static unsigned given, next_buffer;
static int64_t start_us;

int open(const char *path, int flags, ...);
int open64(const char *path, int flags, ...);
int ioctl(int fd, unsigned long request, ...);
void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset);
void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset);

static int64_t now_us(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int open(const char *path, int flags, ...)
{
    va_list words;
    va_start(words, flags);
    int mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(words, int) : 0;
    va_end(words);
    if (strcmp(path, "/dev/video0") != 0)
        return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    camera = (int)syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
    given = next_buffer = 0;
    start_us = now_us();
    return camera;
}

int open64(const char *path, int flags, ...)
{
    va_list words;
    va_start(words, flags);
    int mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(words, int) : 0;
    va_end(words);
    return open(path, flags, mode);
}

static int take(struct v4l2_buffer *buffer)
{
    const char *count = getenv("FAKE_CAMERA_COUNT");
    if (count != NULL && given >= (unsigned)atoi(count)) {
        errno = ENODEV;
        return -1;
    }
    if (now_us() < start_us + (int64_t)given * 1000000 / PICTURES_PER_S) {
        errno = EAGAIN;
        return -1;
    }
    FILE *file = fopen(getenv("FAKE_CAMERA_PICTURE"), "rb");
    if (file == NULL)
        return -1;
    buffer->index = next_buffer;
    buffer->bytesused = (uint32_t)fread(buffers[next_buffer], 1, ROOM, file);
    fclose(file);
    int64_t at_us = now_us();
    buffer->timestamp.tv_sec = at_us / 1000000;
    buffer->timestamp.tv_usec = at_us % 1000000;
    buffer->flags = V4L2_BUF_FLAG_TIMESTAMP_MONOTONIC;
    next_buffer = (next_buffer + 1) % BUFFERS;
    given++;
    return 0;
}

static int answer(unsigned long request, void *about)
{
    struct v4l2_capability *can = about;
    struct v4l2_buffer *buffer = about;
    struct v4l2_format *format = about;
    switch (request) {
    case VIDIOC_QUERYCAP:
        *can = (struct v4l2_capability){.capabilities = V4L2_CAP_VIDEO_CAPTURE | V4L2_CAP_STREAMING};
        return 0;
    case VIDIOC_S_FMT: /* it has its own size, whatever is asked for */
        format->fmt.pix.width = 640;
        format->fmt.pix.height = 360;
        format->fmt.pix.sizeimage = ROOM;
        return 0;
    case VIDIOC_G_INPUT:
        *(int *)about = 0;
        return 0;
    case VIDIOC_ENUMINPUT:
    case VIDIOC_STREAMON:
    case VIDIOC_STREAMOFF:
    case VIDIOC_QBUF:
        return 0;
    case VIDIOC_G_PARM:
        memset(about, 0, sizeof(struct v4l2_streamparm));
        return 0;
    case VIDIOC_S_PARM:
        return 0;
    case VIDIOC_REQBUFS:
        ((struct v4l2_requestbuffers *)about)->count = BUFFERS;
        return 0;
    case VIDIOC_QUERYBUF:
        buffer->length = ROOM;
        buffer->m.offset = buffer->index * ROOM;
        return 0;
    case VIDIOC_DQBUF:
        return take(buffer);
    default:
        errno = EINVAL;
        return -1;
    }
}

int ioctl(int fd, unsigned long request, ...)
{
    va_list words;
    va_start(words, request);
    void *about = va_arg(words, void *);
    va_end(words);
    return fd >= 0 && fd == camera ? answer((uint32_t)request, about) : (int)syscall(SYS_ioctl, fd, request, about);
}

void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset)
{
    if (fd < 0 || fd != camera)
        return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
    void *buffer = (void *)syscall(SYS_mmap, NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    buffers[offset / ROOM % BUFFERS] = buffer;
    return buffer;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    return mmap64(at, size, protection, flags, fd, offset);
}
