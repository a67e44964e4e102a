#include "classroom/names.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char raw_endings[] = "dng, cr2, cr3, nef, arw, raf, orf, rw2";

/* `endings`: "mp4, m4v". */
static bool ends_with_one_of(const char *name, const char *endings)
{
    const char *slash = strrchr(name, '/');
    const char *dot = strrchr(slash != NULL ? slash + 1 : name, '.');
    size_t length = dot != NULL ? strcspn(dot + 1, ", ") : 0;
    if (length > 0 && dot[1 + length] != '\0')
        return false; /* the list's own comma */
    for (const char *at = endings; length > 0 && at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncasecmp(at, dot + 1, length) == 0 && (at[length] == ',' || at[length] == '\0'))
            return true;
    }
    return false;
}

bool hr_is_video_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash != NULL ? slash + 1 : name;
    return base[0] != '.' && (ends_with_one_of(base, HR_FILM_ENDINGS) || ends_with_one_of(base, HR_PHOTO_ENDINGS));
}

bool hr_is_photo_name(const char *name)
{
    return ends_with_one_of(name, HR_PHOTO_ENDINGS);
}

const char *hr_photo_name_refused(const char *name)
{
    if (ends_with_one_of(name, "jxl"))
        return "JPEG XL is not read: save it as JPEG or PNG";
    if (ends_with_one_of(name, raw_endings))
        return "a camera's raw picture is not read: save it as JPEG or PNG";
    return NULL;
}
