/* Memory that held what nobody is to find there later. What lives long: base/secret.h. */
#ifndef HR_BASE_WIPE_H
#define HR_BASE_WIPE_H

#include <stdlib.h>
#include <string.h>

/* As free, NULL included, with nothing left of the block's first `size_bytes`. */
static inline void hr_wipe_free(void *block, size_t size_bytes)
{
    if (block != NULL)
        explicit_bzero(block, size_bytes);
    free(block);
}

#endif
