/* "1 frame", "2 frames": what ends a counted word in a message. */
#ifndef HR_BASE_PLURAL_H
#define HR_BASE_PLURAL_H

#include <stddef.h>

static inline const char *hr_plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* "1 vector is", "2 vectors are". */
static inline const char *hr_plural_are(size_t count)
{
    return count == 1 ? " is" : "s are";
}

#endif
