#include "store/anywhere.h"

#include <stdio.h>
#include <stdlib.h>

#include "store/s3.h"

bool hr_anywhere_is_remote(const char *place)
{
    return hr_s3_url_is(place);
}

static enum hr_status client(const struct hr_anywhere *anywhere, const char *place, struct hr_aws **out,
                             struct hr_error *error)
{
    if (anywhere == NULL || anywhere->aws == NULL)
        return hr_error_set(error, HR_ERR_UNSUPPORTED, "'%s': only files can be used here", place);
    enum hr_status status = anywhere->aws(anywhere->context, out, error);
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "'%s'", place);
}

static enum hr_status open_object(const struct hr_anywhere *anywhere, const char *place,
                                  const struct hr_deadline *deadline, struct hr_stream *out, struct hr_error *error)
{
    char bucket[HR_S3_BUCKET_SIZE];
    struct hr_s3_object object = {.bucket = bucket};
    struct hr_aws *aws = NULL;
    enum hr_status status = hr_s3_url_parse(place, bucket, &object.key, error);
    if (status == HR_OK && object.key[0] == '\0')
        status = hr_error_set(error, HR_ERR_ARGUMENT, "'%s' names a bucket, not an object", place);
    if (status == HR_OK)
        status = client(anywhere, place, &aws, error);
    if (status == HR_OK)
        status = hr_s3_stream_open(out, aws, &object, deadline, error);
    return status;
}

enum hr_status hr_anywhere_open_stream(const struct hr_anywhere *anywhere, const char *place,
                                       const struct hr_deadline *deadline, struct hr_stream *out,
                                       struct hr_error *error)
{
    *out = (struct hr_stream){0};
    return hr_anywhere_is_remote(place) ? open_object(anywhere, place, deadline, out, error)
                                        : hr_file_open_stream(out, place, deadline, error);
}

static enum hr_status read_object(const struct hr_anywhere *anywhere, const char *place,
                                  const struct hr_deadline *deadline, struct hr_buffer *out, struct hr_error *error)
{
    struct hr_stream stream;
    uint8_t block[16384];
    enum hr_status status = open_object(anywhere, place, deadline, &stream, error);
    if (status != HR_OK)
        return status;
    if (stream.size_bytes > out->max_size - out->size)
        status = hr_error_set(error, HR_ERR_LIMIT, "'%s' is larger than the limit of %zu bytes", place, out->max_size);
    while (status == HR_OK) {
        size_t got = 0;
        status = stream.read(stream.context, block, sizeof block, &got, error);
        if (status == HR_OK) {
            hr_buffer_append(out, hr_view_of(block, got));
            status = hr_buffer_check(out, error);
        }
    }
    hr_stream_close(&stream);
    return status == HR_END ? HR_OK : status;
}

enum hr_status hr_anywhere_read(const struct hr_anywhere *anywhere, const char *place,
                                const struct hr_deadline *deadline, struct hr_buffer *out, struct hr_error *error)
{
    return hr_anywhere_is_remote(place) ? read_object(anywhere, place, deadline, out, error)
                                        : hr_file_read(out, place, deadline, error);
}

static enum hr_status open_prefix(const struct hr_anywhere *anywhere, const char *place,
                                  const struct hr_deadline *deadline, struct hr_store *out, struct hr_error *error)
{
    char bucket[HR_S3_BUCKET_SIZE];
    const char *key = NULL;
    struct hr_aws *aws = NULL;
    char *prefix = NULL;
    enum hr_status status = hr_s3_url_parse(place, bucket, &key, error);
    if (status == HR_OK)
        status = client(anywhere, place, &aws, error);
    if (status != HR_OK)
        return status;
    size_t length = strlen(key);
    bool closed = length == 0 || key[length - 1] == '/';
    if (asprintf(&prefix, "%s%s", key, closed ? "" : "/") < 0)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to open '%s'", place);
    status = hr_store_open_s3(out, aws, bucket, prefix, deadline, error);
    free(prefix);
    return status;
}

enum hr_status hr_anywhere_open_store(const struct hr_anywhere *anywhere, const char *place, bool create,
                                      const struct hr_deadline *deadline, struct hr_store *out, struct hr_error *error)
{
    *out = (struct hr_store){0};
    return hr_anywhere_is_remote(place) ? open_prefix(anywhere, place, deadline, out, error)
                                        : hr_store_open_folder(out, place, create, error);
}

char *hr_anywhere_join(const char *folder, const char *name)
{
    char *place = NULL;
    size_t length = strlen(folder);
    bool closed = length > 0 && folder[length - 1] == '/';
    return asprintf(&place, "%s%s%s", folder, closed ? "" : "/", name) < 0 ? NULL : place;
}
