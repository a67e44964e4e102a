/* A folder of its own for a test, and what tests do in it. Include <cmocka.h> first. */
#ifndef HR_TESTS_SUPPORT_TEMPORARY_H
#define HR_TESTS_SUPPORT_TEMPORARY_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct temporary {
    char path[PATH_MAX / 2];
};

static inline void temporary_make(struct temporary *folder)
{
    const char *parent = getenv("TMPDIR");
    snprintf(folder->path, sizeof folder->path, "%s/homeroom-test-XXXXXX", parent != NULL ? parent : "/tmp");
    if (mkdtemp(folder->path) == NULL)
        fail_msg("no folder '%s'", folder->path);
}

static inline int temporary_remove_one(const char *path, const struct stat *info, int kind, struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void temporary_remove(struct temporary *folder)
{
    nftw(folder->path, temporary_remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

struct temporary_path {
    char text[PATH_MAX];
};

static inline struct temporary_path temporary_path(const struct temporary *folder, const char *name)
{
    struct temporary_path path;
    snprintf(path.text, sizeof path.text, "%s/%s", folder->path, name);
    return path;
}

static inline void temporary_write(const char *path, const void *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
}

/* How many files are in the folder, hidden ones included. */
static inline size_t temporary_count(const char *path)
{
    size_t count = 0;
    DIR *entries = opendir(path);
    assert_non_null(entries);
    const struct dirent *entry;
    while ((entry = readdir(entries)) != NULL)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            count++;
    closedir(entries);
    return count;
}

#endif
