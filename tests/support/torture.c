#include "support/torture.h"

#include "support/check.h"

#include <dirent.h>
#include <errno.h>
#include <jansson.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void __real_free(void *block);
DIR *__real_fdopendir(int fd);

void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
void __wrap_free(void *block);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t most);
DIR *__wrap_fdopendir(int fd);

static struct {
    size_t requests;
    size_t fail_at; /* this request fails; 0: none */
    bool and_all_behind;
    size_t failed;
    long live; /* blocks */
} state;

static bool may_allocate(void)
{
    state.requests++;
    bool fails = state.fail_at != 0 &&
                 (state.and_all_behind ? state.requests >= state.fail_at : state.requests == state.fail_at);
    if (!fails)
        return true;
    state.failed++;
    errno = ENOMEM;
    return false;
}

static void *counted(void *block)
{
    state.live += block != NULL;
    return block;
}

void *__wrap_malloc(size_t size)
{
    return may_allocate() ? counted(__real_malloc(size)) : NULL;
}

void *__wrap_calloc(size_t count, size_t size)
{
    return may_allocate() ? counted(__real_calloc(count, size)) : NULL;
}

void *__wrap_realloc(void *old, size_t size)
{
    if (!may_allocate())
        return NULL;
    return old != NULL ? __real_realloc(old, size) : counted(__real_realloc(NULL, size));
}

void __wrap_free(void *block)
{
    state.live -= block != NULL;
    __real_free(block);
}

char *__wrap_strndup(const char *text, size_t most)
{
    size_t length = strnlen(text, most);
    char *copy = __wrap_malloc(length + 1);
    if (copy != NULL) {
        memcpy(copy, text, length);
        copy[length] = '\0';
    }
    return copy;
}

char *__wrap_strdup(const char *text)
{
    return __wrap_strndup(text, SIZE_MAX);
}

/* Allocates inside the C library, which is not wrapped. */
DIR *__wrap_fdopendir(int fd)
{
    return may_allocate() ? __real_fdopendir(fd) : NULL;
}

/* False: the job got by without the n-th allocation, so that it was the last run. */
static bool run(torture_job *job, void *context, size_t fail_at, bool and_all_behind)
{
    long live_before = state.live;
    state.requests = 0;
    state.failed = 0;
    state.fail_at = fail_at;
    state.and_all_behind = and_all_behind;
    struct hr_error error = {.text = "(no text)"};
    enum hr_status status = job(context, &error);
    state.fail_at = 0;
    if (state.live != live_before)
        fail_msg("allocation %zu failed: %ld blocks leak", fail_at, state.live - live_before);
    if (state.failed == 0) {
        assert_ok(status, &error);
        return false;
    }
    /* What can do without the memory may say HR_OK. */
    if (status != HR_OK && status != HR_ERR_MEMORY)
        fail_msg("allocation %zu failed: %s: %s", fail_at, hr_status_name(status), error.text);
    return true;
}

void torture(torture_job *job, void *context)
{
    json_set_alloc_funcs(__wrap_malloc, __wrap_free);
    for (int and_all_behind = 0; and_all_behind <= 1; and_all_behind++) {
        size_t fail_at = 1;
        while (run(job, context, fail_at, and_all_behind))
            fail_at++;
        if (fail_at == 1)
            fail_msg("the job allocates nothing");
    }
}
