/* What is taken for a video or a photo by its name, wherever files arrive by themselves. */
#ifndef HR_CLASSROOM_NAMES_H
#define HR_CLASSROOM_NAMES_H

#include <stdbool.h>

/* Whether a file in a folder of photos is one, by the suffix in any case. */
bool hr_is_photo_name(const char *name);
/* Of another file: why it is not taken when it is a picture, for people; NULL for what is none. Static. */
const char *hr_photo_name_refused(const char *name);

/* By the suffix, in any case; hidden files and the "._" ones of macOS are none. */
bool hr_is_video_name(const char *name);

/* The suffixes, for people: ".mp4 .m4v ...". Static. */
const char *hr_video_suffixes(void);

#endif
