/* What is taken for a video by its name, wherever files arrive by themselves. */
#ifndef HR_CLASSROOM_NAMES_H
#define HR_CLASSROOM_NAMES_H

#include <stdbool.h>

/* By the suffix, in any case; hidden files and the "._" ones of macOS are none. */
bool hr_is_video_name(const char *name);

/* The suffixes, for people: ".mp4 .m4v ...". Static. */
const char *hr_video_suffixes(void);

#endif
