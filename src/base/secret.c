#include "base/secret.h"

#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* 0: more than there can be. */
static size_t whole_pages(size_t size_bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (size_bytes > SIZE_MAX - page)
        return 0;
    return size_bytes == 0 ? page : (size_bytes + page - 1) / page * page;
}

void *hr_secret_alloc(size_t size_bytes)
{
    size_t size = whole_pages(size_bytes);
    if (size == 0)
        return NULL;
    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return NULL;
    (void)madvise(block, size, MADV_DONTDUMP);
    (void)madvise(block, size, MADV_WIPEONFORK);
    return block;
}

void *hr_secret_grow(void *block, size_t size_bytes, size_t new_size_bytes)
{
    size_t size = whole_pages(size_bytes), new_size = whole_pages(new_size_bytes);
    if (block == NULL)
        return hr_secret_alloc(new_size_bytes);
    if (new_size == 0)
        return NULL;
    if (new_size <= size)
        return block;
    void *moved = mremap(block, size, new_size, MREMAP_MAYMOVE); /* pages, with what was advised of them */
    return moved == MAP_FAILED ? NULL : moved;
}

void hr_secret_free(void *block, size_t size_bytes)
{
    if (block == NULL)
        return;
    explicit_bzero(block, size_bytes);
    (void)munmap(block, whole_pages(size_bytes));
}
