#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "infer/format.h"

/* The whole of it, or an error that says that the file ends too early. */
static enum hr_status read_at(int file, void *out, size_t size, uint64_t offset, struct hr_error *error)
{
    for (size_t done = 0; done < size;) {
        ssize_t count = pread(file, (char *)out + done, size - done, (off_t)(offset + done));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return hr_error_set_errno(error, errno, "reading it");
        if (count == 0)
            return hr_error_set(error, HR_ERR_MODEL, "it is truncated");
        done += (size_t)count;
    }
    return HR_OK;
}

static enum hr_status peek(int file, struct hr_model_peek *out, struct hr_error *error)
{
    struct hr_model_header header;
    enum hr_status status = read_at(file, &header, sizeof header, 0, error);
    if (status != HR_OK)
        return status;
    if (memcmp(header.magic, HR_MODEL_MAGIC, sizeof header.magic) != 0)
        return hr_error_set(error, HR_ERR_MODEL, "not a homeroom model: it begins with other bytes");
    if (header.version != HR_MODEL_VERSION)
        return hr_model_wrong_version(header.version, error);
    if (header.card_size < sizeof out->id)
        status = read_at(file, out->id, header.card_size, header.card_offset, error);
    else
        status = read_at(file, out->id, sizeof out->id, header.card_offset, error);
    if (status == HR_OK && memchr(out->id, '\0', sizeof out->id) == NULL)
        status = hr_error_set(error, HR_ERR_MODEL, "its id is too long");
    out->makes_vectors = header.face_offset != 0;
    if (status == HR_OK && out->makes_vectors)
        status = read_at(file, &out->face, sizeof out->face, header.face_offset, error);
    return status;
}

enum hr_status hr_model_peek(struct hr_model_peek *out, const char *path, struct hr_error *error)
{
    *out = (struct hr_model_peek){0};
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return hr_error_set_errno(error, errno, "opening the model '%s'", path);
    enum hr_status status = peek(file, out, error);
    close(file);
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "model '%s'", path);
}
