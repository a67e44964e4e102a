#include "aws/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum hr_status hr_aws_file_read(struct hr_buffer *out, const char *path, struct hr_error *error)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return hr_error_set_errno(error, errno, "opening '%s'", path);
    enum hr_status status = HR_OK;
    uint8_t block[4096];
    for (;;) {
        ssize_t got = read(fd, block, sizeof block);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            status = hr_error_set_errno(error, errno, "reading '%s'", path);
        if (got <= 0)
            break;
        hr_buffer_append(out, hr_view_of(block, (size_t)got));
        status = hr_buffer_check(out, error);
        if (status != HR_OK)
            break;
    }
    explicit_bzero(block, sizeof block);
    close(fd);
    return status;
}

void hr_aws_file_wipe(struct hr_buffer *buffer)
{
    if (buffer->data != NULL)
        explicit_bzero(buffer->data, buffer->size);
    hr_buffer_clear(buffer);
}
