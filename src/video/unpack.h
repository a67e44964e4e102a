/* Archives of photos taken apart in this process, which is a child of the sandbox or has none: see video/album.h. The
 * only user of libarchive. */
#ifndef HR_VIDEO_UNPACK_H
#define HR_VIDEO_UNPACK_H

#include "video/album.h"

/* What an archive has given so far, and what it may. */
struct hr_album_limit {
    size_t entries;
    uint64_t bytes, most_bytes;
};
/* `archive_bytes`: its size, or HR_STREAM_SIZE_UNKNOWN. */
void hr_album_limit_init(struct hr_album_limit *limit, uint64_t archive_bytes);
/* One more; LIMIT: one too many. */
enum hr_status hr_album_limit_entry(struct hr_album_limit *limit, struct hr_error *error) HR_MUST_USE;
enum hr_status hr_album_limit_bytes(struct hr_album_limit *limit, uint64_t bytes, struct hr_error *error) HR_MUST_USE;

/* No control characters. */
void hr_album_clean_name(char *name);

struct hr_unpack; /* opaque */

/* While files can still be opened: names in UTF-8 need the C library's table of letters. */
void hr_unpack_load(void);
/* As the functions of video/album.h that have these names. */
enum hr_status hr_unpack_open(struct hr_unpack **out, struct hr_stream *stream, struct hr_error *error) HR_MUST_USE;
enum hr_status hr_unpack_next(struct hr_unpack *unpack, struct hr_album_entry *out, struct hr_error *error) HR_MUST_USE;
void hr_unpack_close(struct hr_unpack *unpack);

#endif
