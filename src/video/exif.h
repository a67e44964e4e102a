/* How a photo lies: the Orientation tag of EXIF 2.3 in JPEG (APP1), PNG (eXIf) and WebP (EXIF). */
#ifndef HR_VIDEO_EXIF_H
#define HR_VIDEO_EXIF_H

#include "base/view.h"
#include "video/orient.h"
#include "video/sniff.h"

/* Upright when the photo doesn't say, or says it wrongly. Never reads outside `photo`. */
enum hr_orientation hr_exif_orientation(enum hr_still kind, struct hr_view photo);

#endif
