#include "cli/memory.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { PATH_SIZE = 4096 };

/* The number in a file; 0: there is none ("max"), or no such file. */
static uint64_t number_in(const char *root, const char *path)
{
    char name[PATH_SIZE], text[64] = "";
    if (snprintf(name, sizeof name, "%s%s", root, path) >= (int)sizeof name)
        return 0;
    FILE *file = fopen(name, "r");
    if (file == NULL)
        return 0;
    bool read = fgets(text, sizeof text, file) != NULL;
    fclose(file);
    return read ? strtoull(text, NULL, 10) : 0;
}

static uint64_t less(uint64_t known, uint64_t more)
{
    return more != 0 && (known == 0 || more < known) ? more : known;
}

static uint64_t of_machine(const char *root)
{
    char name[PATH_SIZE], line[256];
    unsigned long long kib = 0;
    snprintf(name, sizeof name, "%s/proc/meminfo", root);
    FILE *file = fopen(name, "r");
    while (file != NULL && kib == 0 && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "MemTotal: %llu kB", &kib) != 1)
            kib = 0;
    if (file != NULL)
        fclose(file);
    return (uint64_t)kib * 1024;
}

/* Of the group and of all that it lies in. `path` is shortened. */
static uint64_t of_group(const char *root, const char *mount, char *path, const char *file)
{
    uint64_t least = 0;
    for (char *end = path + strlen(path);; end = strrchr(path, '/')) {
        char name[PATH_SIZE];
        if (end == NULL)
            return least;
        *end = '\0';
        if (snprintf(name, sizeof name, "%s%s/%s", mount, path, file) < (int)sizeof name)
            least = less(least, number_in(root, name));
    }
}

/* proc(5): "0::/path" is version 2, "4:cpu,memory:/path" version 1. In a container the path may be one that only the
 * host has: then the root of the mount is its own group. */
static uint64_t of_groups(const char *root)
{
    char name[PATH_SIZE], line[PATH_SIZE];
    uint64_t least = 0;
    snprintf(name, sizeof name, "%s/proc/self/cgroup", root);
    FILE *file = fopen(name, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *controllers = strchr(line, ':');
        char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (path == NULL)
            continue;
        *path++ = '\0';
        if (controllers[1] == '\0')
            least = less(least, of_group(root, "/sys/fs/cgroup", path, "memory.max"));
        else if (strstr(controllers, "memory") != NULL)
            least = less(least, of_group(root, "/sys/fs/cgroup/memory", path, "memory.limit_in_bytes"));
    }
    if (file != NULL)
        fclose(file);
    return least;
}

uint64_t hr_cli_memory_bytes(const char *root)
{
    return less(of_machine(root), of_groups(root));
}

void hr_cli_limit_memory(void)
{
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) /* they take terabytes of addresses */
    struct rlimit limit;
    rlim_t most = hr_cli_memory_bytes("") / 5 * 4;
    /* Of data: what is written. The models are mapped files, and count for nobody. */
    if (most == 0 || getrlimit(RLIMIT_DATA, &limit) != 0 || (limit.rlim_cur != RLIM_INFINITY && limit.rlim_cur < most))
        return;
    limit.rlim_cur = most;
    (void)setrlimit(RLIMIT_DATA, &limit);
#endif
}
