#include "fuzz/fuzz_table.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_BYTES_MAX ((size_t)1 << 16)

uint32_t fuzz_next(struct fuzz_random *random)
{
    random->state ^= random->state >> 12;
    random->state ^= random->state << 25;
    random->state ^= random->state >> 27;
    return (uint32_t)(random->state * UINT64_C(0x2545F4914F6CDD1D) >> 32);
}

size_t fuzz_below(struct fuzz_random *random, size_t bound)
{
    return bound == 0 ? 0 : fuzz_next(random) % bound;
}

static int by_name(const void *a, const void *b)
{
    const struct fuzz_seed *left = a, *right = b;
    return strcmp(left->name, right->name);
}

static void read_seed(struct fuzz_seed *seed, const char *folder, const char *name)
{
    char path[4096];
    uint8_t chunk[4096];
    size_t got;
    snprintf(seed->name, sizeof seed->name, "%s", name);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    hr_buffer_init(&seed->bytes, INPUT_BYTES_MAX);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    while ((got = fread(chunk, 1, sizeof chunk, file)) > 0)
        hr_buffer_append(&seed->bytes, hr_view_of(chunk, got));
    fclose(file);
    assert_false(seed->bytes.failed);
}

void fuzz_seeds_read(struct fuzz_seeds *seeds, const char *folder, const char *ending)
{
    const char *source = getenv("HOMEROOM_SOURCE");
    char path[2048];
    struct dirent *entry;
    seeds->count = 0;
    if (source == NULL)
        fail_msg("HOMEROOM_SOURCE is not set: run the tests by ctest");
    snprintf(path, sizeof path, "%s/tests/fuzz/corpus/%s", source, folder);
    DIR *directory = opendir(path);
    if (directory == NULL)
        fail_msg("there is no folder %s", path);
    while ((entry = readdir(directory)) != NULL) {
        size_t length = strlen(entry->d_name), tail = strlen(ending);
        if (entry->d_name[0] == '.' || length < tail || strcmp(entry->d_name + length - tail, ending) != 0)
            continue;
        assert_true(seeds->count < sizeof seeds->items / sizeof *seeds->items);
        read_seed(&seeds->items[seeds->count++], path, entry->d_name);
    }
    closedir(directory);
    assert_true(seeds->count > 0);
    qsort(seeds->items, seeds->count, sizeof *seeds->items, by_name);
}

void fuzz_seeds_clear(struct fuzz_seeds *seeds)
{
    for (size_t i = 0; i < seeds->count; i++)
        hr_buffer_clear(&seeds->items[i].bytes);
    seeds->count = 0;
}

/* Replaces `cut` bytes at `at` by others. */
static void replace(struct hr_buffer *bytes, size_t at, size_t cut, struct hr_view by)
{
    struct hr_buffer changed;
    hr_buffer_init(&changed, INPUT_BYTES_MAX);
    hr_buffer_append(&changed, hr_view_of(bytes->data, at));
    hr_buffer_append(&changed, by);
    hr_buffer_append(&changed, hr_view_of(bytes->data + at + cut, bytes->size - at - cut));
    if (changed.failed) { /* too large: the change is left out */
        hr_buffer_clear(&changed);
        return;
    }
    hr_buffer_clear(bytes);
    *bytes = changed;
}

static void set_number(struct hr_buffer *bytes, size_t at, struct fuzz_random *random)
{
    static const uint32_t numbers[] = {0,          1,          0x7f,       0x80,    0xff,       0xffff,
                                       0x7fffffff, 0x80000000, 0xffffffff, 0x10000, 0x00400000, 0xfffffffe};
    uint32_t number = numbers[fuzz_below(random, sizeof numbers / sizeof *numbers)];
    size_t width = (size_t)1 << fuzz_below(random, 3);
    for (size_t i = 0; i < width && at + i < bytes->size; i++)
        bytes->data[at + i] = (uint8_t)(number >> (8 * i));
}

static void change_once(const struct fuzz_seeds *seeds, const char *const *words, size_t word_count,
                        struct fuzz_random *random, struct hr_buffer *bytes)
{
    const struct hr_buffer *other = &seeds->items[fuzz_below(random, seeds->count)].bytes;
    size_t at = fuzz_below(random, bytes->size);
    size_t run = fuzz_below(random, bytes->size - at) % 64;
    size_t from = fuzz_below(random, other->size);
    size_t length = fuzz_below(random, other->size - from) % 64;
    uint8_t byte = (uint8_t)fuzz_next(random);
    switch (fuzz_below(random, 9)) {
    case 0:
        if (bytes->size > 0)
            bytes->data[at] ^= (uint8_t)(1u << (byte & 7));
        break;
    case 1:
        if (bytes->size > 0)
            bytes->data[at] = byte;
        break;
    case 2:
        set_number(bytes, at, random);
        break;
    case 3:
        replace(bytes, at, run, hr_view_of(NULL, 0));
        break;
    case 4:
        replace(bytes, at, 0, hr_view_of(&byte, 1));
        break;
    case 5: /* the run stands there twice, from a copy: replace() frees what it reads */
    {
        uint8_t copy[64];
        if (run > 0)
            memcpy(copy, bytes->data + at, run);
        replace(bytes, at, 0, hr_view_of(copy, run));
        break;
    }
    case 6:
        replace(bytes, at, run, hr_view_of(other->data + from, length));
        break;
    case 7:
        replace(bytes, at, 0, hr_view_text(words[fuzz_below(random, word_count)]));
        break;
    default:
        replace(bytes, at, bytes->size - at, hr_view_of(NULL, 0));
        break;
    }
}

/* Mostly one that is read as it is: few changes to the others lead anywhere new. */
static const struct hr_buffer *choose(const struct fuzz_seeds *seeds, struct fuzz_random *random)
{
    size_t chosen = fuzz_below(random, seeds->count);
    for (size_t tries = 0; tries < 4; tries++) {
        if (strncmp(seeds->items[chosen].name, "valid-", 6) == 0)
            break;
        chosen = fuzz_below(random, seeds->count);
    }
    return &seeds->items[chosen].bytes;
}

void fuzz_mutate(const struct fuzz_seeds *seeds, const char *const *words, size_t word_count,
                 struct fuzz_random *random, struct hr_buffer *out)
{
    const struct hr_buffer *seed = choose(seeds, random);
    hr_buffer_init(out, INPUT_BYTES_MAX);
    hr_buffer_append(out, hr_view_of(seed->data, seed->size));
    size_t changes = 1 + fuzz_below(random, 3);
    for (size_t i = 0; i < changes; i++)
        change_once(seeds, words, word_count, random, out);
}

void fuzz_run(struct hr_view bytes, void (*run)(struct hr_view bytes))
{
    uint8_t *copy = malloc(bytes.size > 0 ? bytes.size : 1);
    assert_non_null(copy);
    if (bytes.size > 0)
        memcpy(copy, bytes.data, bytes.size);
    run(hr_view_of(copy, bytes.size));
    free(copy);
}
