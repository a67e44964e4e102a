/* Where the page is left out, as in the function: nobody sends archives, and rosters come unpacked. */
#include "video/unpack.h"

void hr_unpack_load(void)
{
}

enum hr_status hr_unpack_open(struct hr_unpack **out, struct hr_stream *stream, struct hr_error *error)
{
    (void)stream;
    *out = NULL;
    return hr_error_set(error, HR_ERR_UNSUPPORTED, "this homeroom is built without libarchive");
}

enum hr_status hr_unpack_next(struct hr_unpack *unpack, struct hr_album_entry *out, struct hr_error *error)
{
    (void)unpack;
    (void)out;
    (void)error;
    return HR_END;
}

void hr_unpack_close(struct hr_unpack *unpack)
{
    (void)unpack;
}
