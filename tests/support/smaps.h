/* What the kernel says of a piece of memory. Include <cmocka.h> first. */
#ifndef HR_TESTS_SUPPORT_SMAPS_H
#define HR_TESTS_SUPPORT_SMAPS_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* The line VmFlags of the mapping that an address lies in (proc(5), smaps). */
static inline void smaps_flags_of(const void *address, char *out, size_t size)
{
    char line[512];
    bool inside = false;
    FILE *file = fopen("/proc/self/smaps", "re");
    assert_non_null(file);
    out[0] = '\0';
    while (out[0] == '\0' && fgets(line, sizeof line, file) != NULL) {
        unsigned long begin, end;
        if (sscanf(line, "%lx-%lx ", &begin, &end) == 2)
            inside = (unsigned long)(uintptr_t)address >= begin && (unsigned long)(uintptr_t)address < end;
        else if (inside && strncmp(line, "VmFlags:", 8) == 0)
            snprintf(out, size, "%s", line + 8);
    }
    fclose(file);
}

/* Of this process, in mappings that have both of assert_secret's marks. */
static inline size_t secret_kib(void)
{
    char line[512];
    size_t sum = 0, size = 0;
    FILE *file = fopen("/proc/self/smaps", "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        (void)sscanf(line, "Size: %zu kB", &size);
        if (strncmp(line, "VmFlags:", 8) == 0 && strstr(line, " dd") != NULL && strstr(line, " wf") != NULL)
            sum += size;
    }
    fclose(file);
    return sum;
}

static inline void assert_secret(const void *address)
{
    char flags[512];
    smaps_flags_of(address, flags, sizeof flags);
    if (strstr(flags, " dd") == NULL) /* not in a core file */
        fail_msg("VmFlags:%s", flags);
    if (strstr(flags, " wf") == NULL) /* not in a process that is forked */
        fail_msg("VmFlags:%s", flags);
}

#endif
