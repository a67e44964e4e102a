/* What an archive of photos may give: at, below and above each limit. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "support/check.h"
#include "video/unpack.h"

static void the_number_of_files(void **state)
{
    struct hr_album_limit limit;
    struct hr_error error = {0};
    (void)state;
    hr_album_limit_init(&limit, 1000);
    for (int i = 0; i < HR_LIMIT_ALBUM_ENTRIES; i++)
        assert_int_equal(hr_album_limit_entry(&limit, &error), HR_OK);
    assert_int_equal(hr_album_limit_entry(&limit, &error), HR_ERR_LIMIT);
}

static void the_bytes_of_all(void **state)
{
    struct hr_album_limit limit;
    struct hr_error error = {0};
    (void)state;
    static const uint64_t sizes[] = {HR_STREAM_SIZE_UNKNOWN, HR_LIMIT_ALBUM_ARCHIVE_BYTES, HR_LIMIT_ALBUM_BYTES};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        hr_album_limit_init(&limit, sizes[i]);
        assert_int_equal(hr_album_limit_bytes(&limit, HR_LIMIT_ALBUM_BYTES - 1, &error), HR_OK);
        assert_int_equal(hr_album_limit_bytes(&limit, 1, &error), HR_OK);
        assert_int_equal(hr_album_limit_bytes(&limit, 1, &error), HR_ERR_LIMIT);
        assert_non_null(strstr(error.text, "MB"));
    }
}

static void the_bytes_of_a_small_one(void **state)
{
    enum { ARCHIVE_BYTES = 10000 };
    struct hr_album_limit limit;
    struct hr_error error = {0};
    (void)state;
    hr_album_limit_init(&limit, ARCHIVE_BYTES);
    uint64_t most = (uint64_t)ARCHIVE_BYTES * HR_LIMIT_ALBUM_RATIO + (1 << 20);
    assert_int_equal(hr_album_limit_bytes(&limit, most, &error), HR_OK);
    assert_int_equal(hr_album_limit_bytes(&limit, 1, &error), HR_ERR_LIMIT);
    assert_non_null(strstr(error.text, "times its size"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_number_of_files),
        cmocka_unit_test(the_bytes_of_all),
        cmocka_unit_test(the_bytes_of_a_small_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
