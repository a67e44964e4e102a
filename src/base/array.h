/* A list that grows. */
#ifndef HR_BASE_ARRAY_H
#define HR_BASE_ARRAY_H

#include <stddef.h>
#include <stdlib.h>

/* The items, moved where they had to be, with room for one more behind the first `count`; NULL without memory: then
 * they are where they were. */
static inline void *hr_array_room(void *items, size_t count, size_t *capacity, size_t item_bytes)
{
    if (count < *capacity)
        return items;
    size_t more = 2 * *capacity + 16;
    void *moved = reallocarray(items, more, item_bytes);
    if (moved != NULL)
        *capacity = more;
    return moved;
}

#endif
