/* What a key service has opened is kept for its time, and for the very bytes that were asked for. */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "jobs/key_cache.h"
#include "support/check.h"

static int64_t now_us = 1;

static int64_t tell(void *context)
{
    (void)context;
    return now_us;
}

static void it_is_kept_for_its_time_and_its_bytes(void **state)
{
    struct hr_clock clock = *hr_clock_system();
    struct hr_key_cache *cache = NULL;
    struct hr_error error = {0};
    struct hr_master_key key = {.bytes = {1, 2, 3}}, found = {0};
    struct hr_view wrapped = hr_view_text("wrapped once");
    (void)state;
    clock.monotonic_us = tell;
    assert_int_equal(hr_key_cache_new(&cache, &clock, &error), HR_OK);
    hr_key_cache_lock(cache);
    assert_false(hr_key_cache_find(cache, wrapped, &found));
    hr_key_cache_keep(cache, wrapped, &key);
    assert_true(hr_key_cache_find(cache, wrapped, &found));
    assert_memory_equal(found.bytes, key.bytes, sizeof key.bytes);
    now_us += HR_KEY_CACHE_S * INT64_C(1000000) - 1;
    assert_true(hr_key_cache_find(cache, wrapped, &found));
    now_us += 1;
    assert_false(hr_key_cache_find(cache, wrapped, &found));
    now_us -= 1; /* it is gone, and not only old */
    assert_false(hr_key_cache_find(cache, wrapped, &found));
    hr_key_cache_keep(cache, wrapped, &key);
    assert_false(hr_key_cache_find(cache, hr_view_text("wrapped anew"), &found));
    assert_false(hr_key_cache_find(cache, wrapped, &found));
    hr_key_cache_keep(cache, (struct hr_view){0}, &key);
    assert_false(hr_key_cache_find(cache, (struct hr_view){0}, &found));
    hr_key_cache_unlock(cache);
    hr_key_cache_free(cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(it_is_kept_for_its_time_and_its_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
