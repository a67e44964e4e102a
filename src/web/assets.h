/* The page's files, as the build has put them into the program: compressed by gzip, each with a tag of its bytes.
 * Inside this room only. */
#ifndef HR_WEB_ASSETS_H
#define HR_WEB_ASSETS_H

#include <stddef.h>
#include <stdint.h>

struct hr_asset {
    const char *path; /* "/app.js"; "/" is the page itself */
    const char *type;
    const char *tag; /* with its quotes */
    const uint8_t *bytes;
    size_t size;
};
extern const struct hr_asset hr_assets[];
extern const size_t hr_asset_count;

#endif
