#include "video/unpack.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buffer.h"
#include "base/limits.h"
#include "video/reason.h"
#include "video/sniff.h"

enum { BLOCK_BYTES = 64 * 1024, HEAD_BYTES = 4096 };
/* --- the archive's bytes --- */

struct hr_unpack {
    struct archive *archive;
    struct hr_stream *stream; /* borrowed */
    int64_t position;
    struct hr_error failure; /* of the stream */
    struct hr_album_limit limit;
    struct hr_buffer bytes; /* of the entry */
    char name[HR_ALBUM_NAME_SIZE];
    uint8_t block[BLOCK_BYTES];
};

static la_ssize_t read_block(struct archive *archive, void *context, const void **out)
{
    struct hr_unpack *unpack = context;
    size_t got = 0;
    enum hr_status status =
        unpack->stream->read(unpack->stream->context, unpack->block, sizeof unpack->block, &got, &unpack->failure);
    *out = unpack->block;
    if (status != HR_OK && status != HR_END) {
        archive_set_error(archive, EIO, "reading failed");
        return ARCHIVE_FATAL;
    }
    unpack->position += (int64_t)got;
    return (la_ssize_t)got;
}

static la_int64_t seek_to(struct archive *archive, void *context, la_int64_t offset, int whence)
{
    struct hr_unpack *unpack = context;
    int64_t size = (int64_t)unpack->stream->size_bytes, from = whence == SEEK_CUR ? unpack->position : 0, at;
    if (whence == SEEK_END)
        from = size;
    if (__builtin_add_overflow(from, offset, &at) || at < 0 || at > size ||
        unpack->stream->seek(unpack->stream->context, (uint64_t)at, &unpack->failure) != HR_OK) {
        archive_set_error(archive, EIO, "it points out of itself");
        return ARCHIVE_FATAL;
    }
    unpack->position = at;
    return at;
}

static enum hr_status explain(const struct hr_unpack *unpack, struct hr_error *error)
{
    char said[HR_REASON_TEXT_MAX];
    const char *text = archive_error_string(unpack->archive);
    if (unpack->failure.code != HR_OK) {
        *error = unpack->failure;
        return error->code;
    }
    if (archive_errno(unpack->archive) == ENOMEM)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to take an archive apart");
    snprintf(said, sizeof said, "%s", text != NULL ? text : "it makes no sense");
    hr_reason_make_printable(said);
    return unpack->limit.entries == 0
               ? hr_error_set(error, HR_ERR_FORMAT, "no zip or tar of photos that can be read (%s)", said)
               : hr_error_set(error, HR_ERR_FORMAT, "the archive is damaged behind file %zu (%s)",
                              unpack->limit.entries, said);
}

void hr_unpack_load(void)
{
    (void)setlocale(LC_CTYPE, "C.UTF-8"); /* without it letters beyond ASCII become question marks */
}

/* Of what libarchive reads only what people send: each further format is one more parser. */
enum hr_status hr_unpack_open(struct hr_unpack **out, struct hr_stream *stream, struct hr_error *error)
{
    struct hr_unpack *unpack = calloc(1, sizeof *unpack);
    *out = NULL;
    if (unpack == NULL || (unpack->archive = archive_read_new()) == NULL) {
        free(unpack);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to take an archive apart");
    }
    struct archive *archive = unpack->archive;
    bool seeks = stream->seek != NULL && stream->size_bytes <= INT64_MAX;
    unpack->stream = stream;
    hr_buffer_init(&unpack->bytes, HR_LIMIT_ALBUM_PHOTO_BYTES);
    hr_album_limit_init(&unpack->limit, stream->size_bytes);
    bool good = archive_read_support_format_zip(archive) == ARCHIVE_OK &&
                archive_read_support_format_tar(archive) == ARCHIVE_OK &&
                archive_read_support_filter_gzip(archive) == ARCHIVE_OK &&
                archive_read_set_read_callback(archive, read_block) == ARCHIVE_OK &&
                archive_read_set_callback_data(archive, unpack) == ARCHIVE_OK &&
                (!seeks || archive_read_set_seek_callback(archive, seek_to) == ARCHIVE_OK) &&
                archive_read_open1(archive) == ARCHIVE_OK;
    enum hr_status status = good ? HR_OK : explain(unpack, error);
    if (status == HR_OK)
        *out = unpack;
    else
        hr_unpack_close(unpack);
    return status;
}

void hr_unpack_close(struct hr_unpack *unpack)
{
    if (unpack == NULL)
        return;
    archive_read_free(unpack->archive);
    hr_buffer_clear(&unpack->bytes);
    free(unpack);
}

/* --- an entry --- */

static bool is_separator(char sign)
{
    return sign == '/' || sign == '\\';
}

/* A path within the archive, as any system reads it. */
static bool is_inside(const char *name)
{
    if (name[0] == '\0' || is_separator(name[0]) || (name[1] == ':' && is_separator(name[2])))
        return false;
    for (const char *part = name; *part != '\0';) {
        size_t length = 0;
        while (part[length] != '\0' && !is_separator(part[length]))
            length++;
        if (length == 2 && part[0] == '.' && part[1] == '.')
            return false;
        part += length;
        part += is_separator(*part);
    }
    return true;
}

/* What macOS and file managers put beside photos: hidden files, and a folder of its own. */
static bool is_noise(const char *name)
{
    const char *last = name;
    for (const char *at = name; *at != '\0'; at++)
        if (is_separator(*at) && at[1] != '\0')
            last = at + 1;
    return strncmp(name, "__MACOSX/", 9) == 0 || (last[0] == '.' && last[1] != '.');
}

/* False: it is too long, or no text. */
static bool take_name(struct hr_unpack *unpack, struct archive_entry *entry)
{
    const char *text = archive_entry_pathname_utf8(entry);
    if (text == NULL)
        text = archive_entry_pathname(entry);
    bool good = text != NULL && text[0] != '\0';
    int length = snprintf(unpack->name, sizeof unpack->name, "%s", good ? text : "?");
    good = good && length < (int)sizeof unpack->name;
    if (!hr_view_is_utf8(hr_view_text(unpack->name))) /* of an old program, or cut */
        for (char *at = unpack->name; *at != '\0'; at++)
            *at = (unsigned char)*at < 0x80 ? *at : '?';
    hr_album_clean_name(unpack->name);
    return good;
}

/* All that is there of the entry, up to `most` more bytes of it. */
static enum hr_status read_bytes(struct hr_unpack *unpack, size_t most, bool *ended, bool *damaged,
                                 struct hr_error *error)
{
    uint8_t chunk[HEAD_BYTES * 4];
    while (most > 0) {
        la_ssize_t got = archive_read_data(unpack->archive, chunk, most < sizeof chunk ? most : sizeof chunk);
        if (got == ARCHIVE_RETRY)
            continue;
        if (got < 0) {
            *damaged = true;
            return got == ARCHIVE_FATAL ? explain(unpack, error) : HR_OK;
        }
        if (got == 0) {
            *ended = true;
            return HR_OK;
        }
        hr_buffer_append(&unpack->bytes, hr_view_of(chunk, (size_t)got));
        enum hr_status status = hr_album_limit_bytes(&unpack->limit, (uint64_t)got, error);
        if (status == HR_OK)
            status = hr_buffer_check(&unpack->bytes, error);
        if (status != HR_OK)
            return status;
        most -= (size_t)got;
    }
    return HR_OK;
}

static enum hr_album_verdict verdict_of_head(struct hr_view head)
{
    static const char archives[][7] = {"PK\3\4",
                                       "PK\5\6",
                                       "\x1F\x8B",
                                       "7z\xBC\xAF\x27\x1C",
                                       "Rar!",
                                       "BZh",
                                       "\xFD"
                                       "7zXZ"};
    for (size_t i = 0; i < sizeof archives / sizeof *archives; i++)
        if (head.size >= strlen(archives[i]) && memcmp(head.data, archives[i], strlen(archives[i])) == 0)
            return HR_ALBUM_NESTED;
    if (head.size > 262 && memcmp(head.data + 257, "ustar", 5) == 0)
        return HR_ALBUM_NESTED;
    return hr_sniff_still(head) != HR_STILL_NONE ? HR_ALBUM_PICTURE : HR_ALBUM_NO_PICTURE;
}

static bool is_table(const char *name)
{
    size_t length = strlen(name);
    return length >= 4 && strcasecmp(name + length - 4, ".csv") == 0;
}

static bool is_wanted(enum hr_album_verdict verdict)
{
    return verdict == HR_ALBUM_PICTURE || verdict == HR_ALBUM_TABLE;
}

/* Its beginning says whether the rest is read at all. */
static enum hr_status read_entry(struct hr_unpack *unpack, enum hr_album_verdict *verdict, struct hr_error *error)
{
    bool ended = false, damaged = false;
    enum hr_status status = read_bytes(unpack, HEAD_BYTES, &ended, &damaged, error);
    if (status != HR_OK)
        return status;
    *verdict = verdict_of_head(hr_buffer_view(&unpack->bytes));
    if (*verdict == HR_ALBUM_NO_PICTURE && is_table(unpack->name) && unpack->bytes.size > 0)
        *verdict = HR_ALBUM_TABLE;
    if (is_wanted(*verdict) && !ended && !damaged)
        status = read_bytes(unpack, HR_LIMIT_ALBUM_PHOTO_BYTES - HEAD_BYTES, &ended, &damaged, error);
    if (is_wanted(*verdict) && !ended)
        *verdict = HR_ALBUM_LARGE;
    if (damaged)
        *verdict = HR_ALBUM_DAMAGED;
    return status;
}

static enum hr_status judge(struct hr_unpack *unpack, struct archive_entry *entry, bool named,
                            enum hr_album_verdict *verdict, struct hr_error *error)
{
    *verdict = HR_ALBUM_OUTSIDE;
    if (!named || !is_inside(unpack->name))
        return HR_OK;
    *verdict = HR_ALBUM_LINK;
    if (archive_entry_filetype(entry) == AE_IFLNK || archive_entry_hardlink(entry) != NULL ||
        archive_entry_symlink(entry) != NULL)
        return HR_OK;
    *verdict = HR_ALBUM_SPECIAL;
    if (archive_entry_filetype(entry) != AE_IFREG)
        return HR_OK;
    *verdict = HR_ALBUM_ENCRYPTED;
    if (archive_entry_is_encrypted(entry))
        return HR_OK;
    *verdict = HR_ALBUM_LARGE;
    if (archive_entry_size_is_set(entry) && archive_entry_size(entry) > (la_int64_t)HR_LIMIT_ALBUM_PHOTO_BYTES)
        return HR_OK;
    return read_entry(unpack, verdict, error);
}

enum hr_status hr_unpack_next(struct hr_unpack *unpack, struct hr_album_entry *out, struct hr_error *error)
{
    for (;;) {
        struct archive_entry *entry = NULL;
        int code = archive_read_next_header(unpack->archive, &entry);
        if (code == ARCHIVE_EOF)
            return HR_END;
        if (code != ARCHIVE_OK && code != ARCHIVE_WARN)
            return explain(unpack, error);
        enum hr_status status = hr_album_limit_entry(&unpack->limit, error);
        if (status != HR_OK)
            return status;
        bool named = take_name(unpack, entry);
        if (archive_entry_filetype(entry) == AE_IFDIR || is_noise(unpack->name))
            continue;
        hr_buffer_clear(&unpack->bytes);
        *out = (struct hr_album_entry){.name = unpack->name};
        status = judge(unpack, entry, named, &out->verdict, error);
        if (status == HR_OK && is_wanted(out->verdict))
            out->bytes = hr_buffer_view(&unpack->bytes);
        return status;
    }
}
