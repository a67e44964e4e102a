#include "classroom/names.h"

#include <string.h>
#include <strings.h>

static const char suffixes[] = ".mp4 .m4v .mov .mkv .webm .avi .mpg .mpeg .ts .mts .m2ts .3gp .wmv "
                               ".flv .ogv .mxf .jpg .jpeg .png .webp .heic .heif";

const char *hr_video_suffixes(void)
{
    return suffixes;
}

bool hr_is_video_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash != NULL ? slash + 1 : name;
    const char *dot = strrchr(base, '.');
    if (base[0] == '.' || dot == NULL)
        return false;
    size_t length = strlen(dot);
    for (const char *at = suffixes; at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncasecmp(at, dot, length) == 0 && (at[length] == ' ' || at[length] == '\0'))
            return true;
    }
    return false;
}
