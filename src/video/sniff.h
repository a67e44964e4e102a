/* What some bytes are, told from how they begin: which still image format, or in a person's words
 * what an unreadable "video" really is. */
#ifndef HR_VIDEO_SNIFF_H
#define HR_VIDEO_SNIFF_H

#include <stdbool.h>
#include <stdint.h>

#include "base/view.h"

enum hr_still {
    HR_STILL_NONE, /* not a still image that we know */
    HR_STILL_JPEG,
    HR_STILL_PNG,
    HR_STILL_WEBP,
    HR_STILL_BMP,
    HR_STILL_GIF,
    HR_STILL_TIFF,
    HR_STILL_JPEG2000,
    HR_STILL_HEIF /* HEIC, HEIF, AVIF */
};

enum hr_still hr_sniff_still(struct hr_view head);

/* "a text file", "a PDF document", ...; NULL when the bytes say nothing. `whole`: the view is all
 * there is. */
const char *hr_sniff_foreign(struct hr_view head, bool whole);

/* Whether the bytes begin like MP4 or MOV (a 'ftyp', 'moov', 'mdat', ... box). */
bool hr_sniff_is_mp4(struct hr_view head);

#endif
