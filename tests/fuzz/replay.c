/* Runs a fuzz target on kept files and on changed copies of them, which are the same in every run: what every test run
 * does, with any compiler.
 *
 *   replay [--changes N] FILE|FOLDER...
 *
 * Each input lies in memory of exactly its size, so that the sanitizer sees a read past its end. */
#include <dirent.h>
#include <sys/stat.h>

#include "fuzz/target.h"

enum { INPUT_BYTES_MAX = 8 << 20, CHANGES_MAX = 4, GROWTH_MAX = 64 };

struct run {
    unsigned changes;
    uint64_t random; /* xorshift; never 0 */
    size_t files;
    size_t inputs;
};

static size_t below(struct run *run, size_t bound)
{
    run->random ^= run->random >> 12;
    run->random ^= run->random << 25;
    run->random ^= run->random >> 27;
    return bound == 0 ? 0 : (size_t)((run->random * UINT64_C(0x2545F4914F6CDD1D) >> 32) % bound);
}

static void try_bytes(struct run *run, const uint8_t *data, size_t size)
{
    uint8_t *exact = malloc(size > 0 ? size : 1);
    FUZZ_CHECK(exact != NULL);
    if (size > 0)
        memcpy(exact, data, size);
    (void)LLVMFuzzerTestOneInput(exact, size);
    free(exact);
    run->inputs++;
}

/* A bit, a byte, a number that tells, a run taken out or said twice, the end cut off. `bytes` has room for one run
 * more. */
static size_t change(struct run *run, uint8_t *bytes, size_t size)
{
    static const uint32_t numbers[] = {0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff, 0xfffffffe};
    if (size == 0)
        return 0;
    size_t at = below(run, below(run, 2) == 0 && size > 256 ? 256 : size), length = 1 + below(run, GROWTH_MAX - 1);
    uint32_t number = numbers[below(run, sizeof numbers / sizeof *numbers)];
    if (length > size - at)
        length = size - at;
    switch (below(run, 7)) {
    case 0:
        bytes[at] ^= (uint8_t)(1u << below(run, 8));
        return size;
    case 1:
        bytes[at] = (uint8_t)below(run, 256);
        return size;
    case 2:
        for (size_t i = 0; i < 4 && at + i < size; i++)
            bytes[at + i] = (uint8_t)(number >> 8 * i);
        return size;
    case 3:
        memmove(bytes + at, bytes + at + length, size - at - length);
        return size - length;
    case 4:
        memmove(bytes + at + length, bytes + at, size - at);
        return size + length;
    case 5:
        memmove(bytes + at, bytes + below(run, size - length + 1), length);
        return size;
    default:
        return below(run, 8) == 0 ? at : size;
    }
}

static void try_file(struct run *run, const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *bytes = malloc(INPUT_BYTES_MAX), *changed = malloc(INPUT_BYTES_MAX + CHANGES_MAX * GROWTH_MAX);
    FUZZ_CHECK(file != NULL && bytes != NULL && changed != NULL);
    size_t size = fread(bytes, 1, INPUT_BYTES_MAX, file);
    fclose(file);
    try_bytes(run, bytes, size);
    for (unsigned i = 0; i < run->changes; i++) {
        memcpy(changed, bytes, size);
        size_t now = size;
        for (size_t left = 1 + below(run, CHANGES_MAX); left > 0; left--)
            now = change(run, changed, now);
        try_bytes(run, changed, now);
    }
    run->files++;
    free(bytes);
    free(changed);
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static void try_path(struct run *run, const char *path)
{
    struct stat what;
    FUZZ_CHECK(stat(path, &what) == 0);
    if (!S_ISDIR(what.st_mode)) {
        try_file(run, path);
        return;
    }
    struct dirent **entries;
    int count = scandir(path, &entries, NULL, by_name);
    FUZZ_CHECK(count >= 0);
    for (int i = 0; i < count; i++) {
        char below_it[4096];
        snprintf(below_it, sizeof below_it, "%s/%s", path, entries[i]->d_name);
        if (entries[i]->d_name[0] != '.')
            try_file(run, below_it);
        free(entries[i]);
    }
    free(entries);
}

int main(int argc, char **argv)
{
    struct run run = {.random = UINT64_C(0x68726675)};
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--changes") == 0 && i + 1 < argc)
            run.changes = (unsigned)strtoul(argv[++i], NULL, 10);
        else
            try_path(&run, argv[i]);
    }
    printf("%zu files, %zu inputs\n", run.files, run.inputs);
    return run.files > 0 ? 0 : 1;
}
