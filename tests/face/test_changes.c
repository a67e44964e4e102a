#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "face/changes.h"
#include "face/random.h"

enum { WIDTH = 640, HEIGHT = 384, AREA = WIDTH * HEIGHT };

static float picture[3 * AREA];

static int set_up(void **state)
{
    struct hr_error error;
    struct hr_changes *changes;
    for (int i = 0; i < 3 * AREA; i++)
        picture[i] = (float)(40 + i % 97);
    assert_int_equal(hr_changes_new(&changes, (struct hr_size){WIDTH, HEIGHT}, &error), HR_OK);
    *state = changes;
    return 0;
}

static int tear_down(void **state)
{
    hr_changes_free(*state);
    return 0;
}

static void paint(int left, int top, int width, int height, float more)
{
    for (int y = top; y < top + height; y++)
        for (int x = left; x < left + width; x++)
            picture[AREA + y * WIDTH + x] += more;
}

static void look_at_all(struct hr_changes *changes)
{
    hr_changes_compare(changes, picture);
    hr_changes_seen(changes, NULL);
}

static void the_first_picture_is_new(void **state)
{
    assert_false(hr_changes_compare(*state, picture));
    hr_changes_seen(*state, NULL);
    assert_true(hr_changes_compare(*state, picture));
    hr_changes_forget(*state);
    assert_false(hr_changes_compare(*state, picture));
}

static void noise_is_no_change(void **state)
{
    struct hr_region regions[HR_REGIONS_MAX];
    uint64_t random = 7;
    bool whole;
    look_at_all(*state);
    for (int i = 0; i < 3 * AREA; i++) { /* a deviation of 5 */
        random_next(&random);
        picture[i] += (float)(random % 17) - 8;
    }
    assert_true(hr_changes_compare(*state, picture));
    assert_int_equal(hr_changes_regions(*state, regions, &whole), 0);
    assert_false(whole);
}

static void two_places_are_two_regions(void **state)
{
    struct hr_region regions[HR_REGIONS_MAX];
    bool whole;
    look_at_all(*state);
    paint(16, 16, 16, 32, 30);
    paint(608, 352, 16, 16, -30);
    assert_true(hr_changes_compare(*state, picture));
    assert_true(hr_changes_touch(*state, 10, 10, 20, 20));
    assert_false(hr_changes_touch(*state, 100, 100, 200, 120));
    assert_int_equal(hr_changes_regions(*state, regions, &whole), 2);
    assert_int_equal(regions[0].first_column, 1);
    assert_int_equal(regions[0].end_column, 2);
    assert_int_equal(regions[0].first_row, 1);
    assert_int_equal(regions[0].end_row, 3);
    assert_int_equal(regions[1].first_column, 38);
    assert_int_equal(regions[1].first_row, 22);
    /* One was looked at: the other stays changed. */
    hr_changes_seen(*state, &regions[0]);
    assert_true(hr_changes_compare(*state, picture));
    assert_int_equal(hr_changes_regions(*state, regions, &whole), 1);
    assert_int_equal(regions[0].first_column, 38);
}

static void near_places_are_one_region(void **state)
{
    struct hr_region regions[HR_REGIONS_MAX];
    bool whole;
    look_at_all(*state);
    paint(32, 32, 16, 16, 30);
    paint(64, 48, 16, 16, 30);
    assert_true(hr_changes_compare(*state, picture));
    assert_int_equal(hr_changes_regions(*state, regions, &whole), 1);
    assert_int_equal(regions[0].first_column, 2);
    assert_int_equal(regions[0].end_column, 5);
}

static void what_creeps_is_seen_in_the_end(void **state)
{
    struct hr_region regions[HR_REGIONS_MAX];
    bool whole;
    int changed = 0;
    look_at_all(*state);
    for (int i = 0; i < 10; i++) {
        paint(160, 80, 16, 16, 1);
        assert_true(hr_changes_compare(*state, picture));
        changed += hr_changes_regions(*state, regions, &whole);
    }
    assert_true(changed > 0);
}

static void a_cut_or_another_exposure_is_a_whole_picture(void **state)
{
    look_at_all(*state);
    paint(0, 0, WIDTH, HEIGHT, 12);
    assert_false(hr_changes_compare(*state, picture));
}

static void many_places_are_few_regions(void **state)
{
    struct hr_region regions[HR_REGIONS_MAX];
    bool whole;
    look_at_all(*state);
    for (int y = 0; y < HEIGHT / 16; y += 3)
        for (int x = 0; x < WIDTH / 16; x += 3)
            paint(16 * x, 16 * y, 16, 16, 40);
    assert_true(hr_changes_compare(*state, picture));
    int count = hr_changes_regions(*state, regions, &whole);
    assert_true(whole ? count == 0 : count <= HR_REGIONS_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_first_picture_is_new, set_up, tear_down),
        cmocka_unit_test_setup_teardown(noise_is_no_change, set_up, tear_down),
        cmocka_unit_test_setup_teardown(two_places_are_two_regions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(near_places_are_one_region, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_creeps_is_seen_in_the_end, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_cut_or_another_exposure_is_a_whole_picture, set_up, tear_down),
        cmocka_unit_test_setup_teardown(many_places_are_few_regions, set_up, tear_down),
    };
    return cmocka_run_group_tests_name("changes", tests, NULL, NULL);
}
