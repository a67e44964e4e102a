#include "video/album.h"

#include <stdlib.h>

#include "base/limits.h"
#include "video/remote.h"
#include "video/unpack.h"

/* Beside what the ratio allows: small archives have small pictures of one colour. */
#define SPARE_BYTES (UINT64_C(1) << 20)

void hr_album_limit_init(struct hr_album_limit *limit, uint64_t archive_bytes)
{
    *limit = (struct hr_album_limit){.most_bytes = HR_LIMIT_ALBUM_BYTES};
    if (archive_bytes < HR_LIMIT_ALBUM_BYTES / HR_LIMIT_ALBUM_RATIO &&
        archive_bytes * HR_LIMIT_ALBUM_RATIO + SPARE_BYTES < HR_LIMIT_ALBUM_BYTES)
        limit->most_bytes = archive_bytes * HR_LIMIT_ALBUM_RATIO + SPARE_BYTES;
}

enum hr_status hr_album_limit_entry(struct hr_album_limit *limit, struct hr_error *error)
{
    if (++limit->entries > HR_LIMIT_ALBUM_ENTRIES)
        return hr_error_set(error, HR_ERR_LIMIT, "there are more than %d files in the archive", HR_LIMIT_ALBUM_ENTRIES);
    return HR_OK;
}

enum hr_status hr_album_limit_bytes(struct hr_album_limit *limit, uint64_t bytes, struct hr_error *error)
{
    limit->bytes += bytes;
    if (limit->bytes > HR_LIMIT_ALBUM_BYTES)
        return hr_error_set(error, HR_ERR_LIMIT, "the archive unpacks to more than %llu MB",
                            (unsigned long long)(HR_LIMIT_ALBUM_BYTES >> 20));
    if (limit->bytes > limit->most_bytes)
        return hr_error_set(error, HR_ERR_LIMIT, "the archive unpacks to more than %d times its size, as no photos do",
                            HR_LIMIT_ALBUM_RATIO);
    return HR_OK;
}

void hr_album_clean_name(char *name)
{
    for (char *at = name; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
}

/* --- an archive --- */

/* One of the two. */
struct hr_album {
    struct hr_remote *remote;
    struct hr_unpack *unpack;
    struct hr_album_limit limit;
    bool tables;
};

static const struct {
    const char *name, *text;
} verdicts[HR_ALBUM_VERDICT_COUNT] = {
    [HR_ALBUM_PICTURE] = {"picture", ""},
    [HR_ALBUM_TABLE] = {"table", ""},
    [HR_ALBUM_NO_PICTURE] = {"no_picture", "no picture of a kind that is known"},
    [HR_ALBUM_NESTED] = {"nested", "an archive in the archive is not opened"},
    [HR_ALBUM_LINK] = {"link", "a link is not followed"},
    [HR_ALBUM_SPECIAL] = {"special", "no ordinary file"},
    [HR_ALBUM_OUTSIDE] = {"outside", "its name leads out of the archive, or is no name"},
    [HR_ALBUM_LARGE] = {"large", "larger than a photo"},
    [HR_ALBUM_ENCRYPTED] = {"encrypted", "it is encrypted"},
    [HR_ALBUM_DAMAGED] = {"damaged", "it is damaged"},
};

const char *hr_album_verdict_name(enum hr_album_verdict verdict)
{
    return verdicts[verdict].name;
}

const char *hr_album_verdict_text(enum hr_album_verdict verdict)
{
    return verdicts[verdict].text;
}

enum hr_status hr_album_open(struct hr_album **out, struct hr_stream *stream, const struct hr_photo_options *options,
                             struct hr_error *error)
{
    struct hr_album *album = calloc(1, sizeof *album);
    *out = NULL;
    if (album == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for an archive");
    hr_album_limit_init(&album->limit, stream->size_bytes);
    album->tables = options != NULL && options->tables;
    enum hr_status status = options != NULL && options->sandbox != NULL
                                ? hr_remote_album_open(&album->remote, stream, options, error)
                                : hr_unpack_open(&album->unpack, stream, error);
    if (status == HR_OK)
        *out = album;
    else
        hr_album_close(album);
    return status;
}

void hr_album_close(struct hr_album *album)
{
    if (album == NULL)
        return;
    hr_remote_close(album->remote);
    hr_unpack_close(album->unpack);
    free(album);
}

/* A child that is in somebody's hands counts as he likes: it is counted here, too. */
enum hr_status hr_album_next(struct hr_album *album, struct hr_album_entry *out, struct hr_error *error)
{
    enum hr_status status = album->remote != NULL ? hr_remote_album_next(album->remote, out, error)
                                                  : hr_unpack_next(album->unpack, out, error);
    if (status == HR_OK)
        status = hr_album_limit_entry(&album->limit, error);
    if (status == HR_OK)
        status = hr_album_limit_bytes(&album->limit, out->bytes.size, error);
    if (status == HR_OK && out->verdict == HR_ALBUM_TABLE && !album->tables) {
        out->verdict = HR_ALBUM_NO_PICTURE;
        out->bytes = (struct hr_view){0};
    }
    return status;
}
