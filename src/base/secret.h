/* Memory for what must not leave this process by accident: face vectors, keys. It stands in no core file and in no
 * process that is forked from this one (there it reads as zeros), and is wiped when it is given back. Where the kernel
 * refuses one of these the memory is there all the same. Whole pages: for large blocks, or the few that live long.
 * Not for what a forked process is to read. madvise(2): MADV_DONTDUMP, MADV_WIPEONFORK. */
#ifndef HR_BASE_SECRET_H
#define HR_BASE_SECRET_H

#include <stddef.h>

/* All zeros. NULL: no memory; 0 bytes are one. */
void *hr_secret_alloc(size_t size_bytes);
/* The block with its first bytes as they were and zeros behind them; `block` NULL, of 0 bytes: a new one. It may move,
 * and leaves no copy behind. NULL: no memory, and the block is as it was. */
void *hr_secret_grow(void *block, size_t size_bytes, size_t new_size_bytes);
void hr_secret_free(void *block, size_t size_bytes); /* NULL is allowed; the size that it was asked for with */

#endif
