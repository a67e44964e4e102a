/* How many faces are found in one frame: a photo's face, laid out like tiles. */
#include "golden/photos.h"

enum { COLUMNS = 32, TILE_PX = 48 };

struct tile {
    struct hr_image photo;
    struct hr_box box; /* of the face, with its surroundings */
};

static size_t faces_in(const struct hr_image *image, struct hr_box *first)
{
    struct hr_network *network = network_open("centerface.hrm");
    struct hr_detector_options options = hr_detector_options_default();
    struct hr_detector *detector = NULL;
    struct hr_faces faces = {0};
    struct hr_error error;
    struct hr_frame frame = hr_image_frame(image);
    options.long_side_px = COLUMNS * TILE_PX;
    assert_int_equal(hr_detector_new(&detector, network, &options, &error), HR_OK);
    assert_int_equal(hr_faces_find(detector, &frame, &faces, &error), HR_OK);
    size_t count = faces.count;
    if (count > 0)
        *first = faces.items[0].box;
    hr_faces_clear(&faces);
    hr_detector_free(detector);
    hr_network_close(network);
    return count;
}

static int set_up(void **state)
{
    static struct tile tile;
    photo_read("obama.jpg", &tile.photo);
    assert_true(faces_in(&tile.photo, &tile.box) > 0);
    *state = &tile;
    return 0;
}

static int tear_down(void **state)
{
    struct tile *tile = *state;
    hr_image_clear(&tile->photo);
    return 0;
}

/* The face in each of COLUMNS x rows places. */
static size_t faces_in_rows(const struct tile *tile, int rows)
{
    struct hr_image image = {0};
    struct hr_error error;
    struct hr_box found;
    float side = (tile->box.bottom_px - tile->box.top_px) * 1.4f;
    float left = (tile->box.left_px + tile->box.right_px - side) / 2;
    float top = (tile->box.top_px + tile->box.bottom_px - side) / 2;
    assert_int_equal(hr_image_init(&image, (struct hr_size){COLUMNS * TILE_PX, rows * TILE_PX}, &error), HR_OK);
    for (int y = 0; y < image.size.height_px; y++)
        for (int x = 0; x < image.size.width_px; x++) {
            int from_x = (int)(left + (float)(x % TILE_PX) * side / TILE_PX);
            int from_y = (int)(top + (float)(y % TILE_PX) * side / TILE_PX);
            assert_in_range(from_x, 0, tile->photo.size.width_px - 1);
            assert_in_range(from_y, 0, tile->photo.size.height_px - 1);
            memcpy(image.rgb + y * image.stride_bytes + 3 * x,
                   tile->photo.rgb + from_y * tile->photo.stride_bytes + 3 * from_x, 3);
        }
    size_t count = faces_in(&image, &found);
    hr_image_clear(&image);
    return count;
}

static void faces_of_a_frame_are_limited(void **state)
{
    const int at_limit = HR_LIMIT_FACES_PER_FRAME / COLUMNS;
    assert_int_equal(faces_in_rows(*state, at_limit - 1), HR_LIMIT_FACES_PER_FRAME - COLUMNS);
    assert_int_equal(faces_in_rows(*state, at_limit), HR_LIMIT_FACES_PER_FRAME);
    assert_int_equal(faces_in_rows(*state, at_limit + 1), HR_LIMIT_FACES_PER_FRAME);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(faces_of_a_frame_are_limited, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
