#include "classroom/names.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

static const char video_suffixes[] = ".mp4 .m4v .mov .mkv .webm .avi .mpg .mpeg .ts .mts .m2ts .3gp .wmv "
                                     ".flv .ogv .mxf .jpg .jpeg .png .webp .heic .heif";
static const char photo_suffixes[] = ".jpg .jpeg .jpe .jfif .png .webp .heic .heif .avif .bmp .tif .tiff "
                                     ".gif .jp2 .j2k";
static const char raw_suffixes[] = ".dng .cr2 .cr3 .nef .arw .raf .orf .rw2";

const char *hr_video_suffixes(void)
{
    return video_suffixes;
}

static bool ends_with_one_of(const char *name, const char *suffixes)
{
    const char *slash = strrchr(name, '/');
    const char *dot = strrchr(slash != NULL ? slash + 1 : name, '.');
    size_t length = dot != NULL ? strlen(dot) : 0;
    for (const char *at = suffixes; dot != NULL && at != NULL; at = strchr(at, ' ')) {
        at += *at == ' ';
        if (strncasecmp(at, dot, length) == 0 && (at[length] == ' ' || at[length] == '\0'))
            return true;
    }
    return false;
}

bool hr_is_video_name(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *base = slash != NULL ? slash + 1 : name;
    return base[0] != '.' && ends_with_one_of(base, video_suffixes);
}

bool hr_is_photo_name(const char *name)
{
    return ends_with_one_of(name, photo_suffixes);
}

const char *hr_photo_name_refused(const char *name)
{
    if (ends_with_one_of(name, ".jxl"))
        return "JPEG XL is not read: save it as JPEG or PNG";
    if (ends_with_one_of(name, raw_suffixes))
        return "a camera's raw picture is not read: save it as JPEG or PNG";
    return NULL;
}
