/* HEIC, HEIF and AVIF pictures by libheif. */
#ifndef HR_VIDEO_HEIF_H
#define HR_VIDEO_HEIF_H

#include "base/image.h"
#include "base/view.h"

/* The primary picture. The container's own rotation and mirroring are applied (they are what counts
 * in HEIF; an EXIF tag beside them only repeats them). *out is the caller's. Errors: FORMAT,
 * UNSUPPORTED, LIMIT, MEMORY. */
enum hr_status hr_heif_read(struct hr_image *out, struct hr_view bytes, struct hr_error *error) HR_MUST_USE;

/* Loads the decoders that libheif has as files of their own, once, while files can still be opened. */
void hr_heif_load(void);

bool hr_heif_can_decode_heic(void);
bool hr_heif_can_decode_avif(void);
const char *hr_heif_version(void);

#endif
