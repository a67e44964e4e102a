/* An archive of photos, or of tables, zip or tar, taken apart entry by entry; in a child of the sandbox where there is
 * one.
 *
 * Whatever an archive says, an entry is a regular file within it, of at most HR_LIMIT_ALBUM_PHOTO_BYTES, that begins
 * like a picture, or, where tables are wanted, whose name ends in .csv: anything else is told and left out. Entries
 * that are links or archives are not followed. */
#ifndef HR_VIDEO_ALBUM_H
#define HR_VIDEO_ALBUM_H

#include "base/stream.h"
#include "video/video.h"

enum hr_album_verdict {
    HR_ALBUM_PICTURE,
    HR_ALBUM_TABLE, /* only where they are wanted */
    HR_ALBUM_NO_PICTURE,
    HR_ALBUM_NESTED,  /* an archive in the archive */
    HR_ALBUM_LINK,    /* symbolic or hard */
    HR_ALBUM_SPECIAL, /* a device, a pipe */
    HR_ALBUM_OUTSIDE, /* an absolute path, "..", or a name too long for a path */
    HR_ALBUM_LARGE,
    HR_ALBUM_ENCRYPTED,
    HR_ALBUM_DAMAGED,
    HR_ALBUM_VERDICT_COUNT
};
const char *hr_album_verdict_name(enum hr_album_verdict verdict); /* "picture", "no_picture", ... */
const char *hr_album_verdict_text(enum hr_album_verdict verdict); /* for people */

enum { HR_ALBUM_NAME_SIZE = 1024 };

struct hr_album_entry {
    const char *name; /* UTF-8; its path in the archive */
    enum hr_album_verdict verdict;
    struct hr_view bytes; /* of a picture or a table; else empty */
};

struct hr_album; /* opaque */

/* `stream` is borrowed, and so are the options (may be NULL). Errors: FORMAT (no archive that is known), LIMIT, what
 * the stream and the sandbox fail with. */
enum hr_status hr_album_open(struct hr_album **out, struct hr_stream *stream, const struct hr_photo_options *options,
                             struct hr_error *error) HR_MUST_USE;
void hr_album_close(struct hr_album *album);
/* HR_END behind the last. What *out shows is good until the next call. Folders, and what macOS adds, are left out
 * without a word. Errors as above; LIMIT: more entries (HR_LIMIT_ALBUM_ENTRIES), more bytes (HR_LIMIT_ALBUM_BYTES), or
 * more for each byte of the archive (HR_LIMIT_ALBUM_RATIO) than photos have. */
enum hr_status hr_album_next(struct hr_album *album, struct hr_album_entry *out, struct hr_error *error) HR_MUST_USE;

#endif
