/* Memory for vectors and keys: what the kernel says of it, and what a forked process finds in it. */
#include "support/check.h"

#include <sys/wait.h>
#include <unistd.h>

#include "base/secret.h"
#include "support/smaps.h"

static void it_is_in_no_core_file_and_no_fork(void **state)
{
    (void)state;
    char *block = hr_secret_alloc(10000);
    assert_non_null(block);
    for (size_t i = 0; i < 10000; i++)
        assert_int_equal(block[i], 0);
    memset(block, 'x', 10000);
    assert_secret(block);
    assert_secret(block + 9999);
    pid_t child = fork();
    if (child == 0)
        _exit(memchr(block, 'x', 10000) == NULL ? 0 : 1);
    int status = -1;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(block[9999], 'x');
    hr_secret_free(block, 10000);
}

static void it_grows_with_what_is_in_it(void **state)
{
    (void)state;
    size_t size = 100;
    char *block = hr_secret_grow(NULL, 0, size);
    assert_non_null(block);
    for (size_t i = 0; i < size; i++)
        block[i] = (char)i;
    for (size_t wanted = 200; wanted < (size_t)8 << 20; wanted *= 3) {
        block = hr_secret_grow(block, size, wanted);
        assert_non_null(block);
        for (size_t i = 0; i < 100; i++)
            assert_int_equal(block[i], (char)i);
        for (size_t i = 100; i < wanted; i++)
            assert_int_equal(block[i], 0);
        size = wanted;
        assert_secret(block);
        assert_secret(block + size - 1);
    }
    hr_secret_free(block, size);
}

static void too_much_is_no_memory(void **state)
{
    (void)state;
    assert_null(hr_secret_alloc(SIZE_MAX));
    assert_null(hr_secret_alloc(SIZE_MAX / 2));
    char *block = hr_secret_alloc(0);
    assert_non_null(block);
    block[0] = 'x';
    assert_null(hr_secret_grow(block, 0, SIZE_MAX));
    assert_null(hr_secret_grow(block, 0, SIZE_MAX / 2));
    assert_int_equal(block[0], 'x');
    hr_secret_free(block, 0);
    hr_secret_free(NULL, 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_in_no_core_file_and_no_fork),
        cmocka_unit_test(it_grows_with_what_is_in_it),
        cmocka_unit_test(too_much_is_no_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
