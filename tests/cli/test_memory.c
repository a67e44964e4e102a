/* How much memory the program may have, from made-up machines. */
#include "support/check.h"

#include <sys/stat.h>

#include "cli/memory.h"
#include "support/temporary.h"

static void put(const struct temporary *root, const char *name, const char *text)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", root->path, name);
    for (char *at = strchr(path + strlen(root->path) + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        (void)mkdir(path, 0700);
        *at = '/';
    }
    temporary_write(path, text, strlen(text));
}

static void the_least_of_machine_and_groups_counts(void **state)
{
    (void)state;
    struct temporary root;
    temporary_make(&root);
    assert_true(hr_cli_memory_bytes(root.path) == 0);
    put(&root, "proc/meminfo", "MemTotal:        2048 kB\nMemFree: 1 kB\n");
    assert_true(hr_cli_memory_bytes(root.path) == 2048 * 1024);
    put(&root, "proc/self/cgroup", "0::/school/watch.service\n");
    assert_true(hr_cli_memory_bytes(root.path) == 2048 * 1024);
    put(&root, "sys/fs/cgroup/school/watch.service/memory.max", "max\n");
    put(&root, "sys/fs/cgroup/school/memory.max", "1000000\n");
    assert_true(hr_cli_memory_bytes(root.path) == 1000000);
    put(&root, "sys/fs/cgroup/school/watch.service/memory.max", "500000\n");
    assert_true(hr_cli_memory_bytes(root.path) == 500000);
    /* Version 1, whose "no limit" is a number beyond every machine; in a container the mount's root is the group. */
    put(&root, "proc/self/cgroup", "5:cpu:/\n4:memory:/docker/abc\n");
    put(&root, "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9223372036854771712\n");
    assert_true(hr_cli_memory_bytes(root.path) == 2048 * 1024);
    put(&root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "300000\n");
    assert_true(hr_cli_memory_bytes(root.path) == 300000);
    temporary_remove(&root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_of_machine_and_groups_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
