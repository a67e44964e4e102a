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

/* --- following a video --- */

enum { FILM_WIDTH = 960, FILM_HEIGHT = 544, FACE_PX = 200 };

/* The face, FACE_PX high, with its left upper corner there. */
static void put_face(const struct tile *tile, struct hr_image *film, int left, int top)
{
    float side = (tile->box.bottom_px - tile->box.top_px) * 1.4f;
    float from_left = (tile->box.left_px + tile->box.right_px - side) / 2;
    float from_top = (tile->box.top_px + tile->box.bottom_px - side) / 2;
    for (int y = 0; y < FACE_PX; y++)
        for (int x = 0; x < FACE_PX; x++)
            memcpy(film->rgb + (top + y) * film->stride_bytes + 3 * (left + x),
                   tile->photo.rgb + (int)(from_top + (float)y * side / FACE_PX) * tile->photo.stride_bytes +
                       3 * (int)(from_left + (float)x * side / FACE_PX),
                   3);
}

static void clear_place(struct hr_image *film, int left, int top)
{
    for (int y = top; y < top + FACE_PX; y++)
        memset(film->rgb + y * film->stride_bytes + 3 * left, 90, 3 * FACE_PX);
}

struct film {
    struct hr_network *network;
    struct hr_detector *detector;
    struct hr_image picture;
    struct hr_faces faces, all;
    int64_t pts_us;
};

static void next(struct film *film)
{
    struct hr_error error;
    struct hr_frame frame = hr_image_frame(&film->picture);
    frame.pts_us = film->pts_us += 500000;
    assert_int_equal(hr_faces_follow(film->detector, &frame, false, &film->faces, &error), HR_OK);
}

static bool has_face(const struct hr_faces *faces, int left, int top)
{
    for (size_t i = 0; i < faces->count; i++) {
        const struct hr_box *box = &faces->items[i].box;
        float x = (box->left_px + box->right_px) / 2, y = (box->top_px + box->bottom_px) / 2;
        if (x > (float)left && x < (float)(left + FACE_PX) && y > (float)top && y < (float)(top + FACE_PX))
            return true;
    }
    return false;
}

/* Who comes, moves and goes is seen at once; who stays is where he was, to the bit. */
static void a_video_is_followed(void **state)
{
    struct film film = {.network = network_open("centerface.hrm")};
    struct hr_error error;
    struct hr_detector_options options = hr_detector_options_default();
    assert_int_equal(hr_detector_new(&film.detector, film.network, &options, &error), HR_OK);
    assert_int_equal(hr_image_init(&film.picture, (struct hr_size){FILM_WIDTH, FILM_HEIGHT}, &error), HR_OK);
    for (int y = 0; y < FILM_HEIGHT; y++)
        memset(film.picture.rgb + y * film.picture.stride_bytes, 90, 3 * FILM_WIDTH);

    put_face(*state, &film.picture, 40, 40);
    next(&film);
    assert_int_equal(film.faces.count, 1);
    struct hr_face first = film.faces.items[0];

    put_face(*state, &film.picture, 640, 300); /* somebody comes */
    next(&film);
    assert_int_equal(film.faces.count, 2);
    assert_true(has_face(&film.faces, 40, 40) && has_face(&film.faces, 640, 300));
    bool same = false;
    for (size_t i = 0; i < 2; i++)
        same = same || memcmp(&film.faces.items[i], &first, sizeof first) == 0;
    assert_true(same);

    clear_place(&film.picture, 640, 300); /* moves */
    put_face(*state, &film.picture, 520, 280);
    next(&film);
    assert_int_equal(film.faces.count, 2);
    assert_true(has_face(&film.faces, 40, 40) && has_face(&film.faces, 520, 280));
    struct hr_frame frame = hr_image_frame(&film.picture);
    assert_int_equal(hr_faces_find(film.detector, &frame, &film.all, &error), HR_OK);
    assert_int_equal(film.all.count, 2);
    for (size_t i = 0; i < 2; i++)
        assert_true(hr_box_overlap(&film.all.items[i].box, &film.faces.items[0].box) > 0.9f ||
                    hr_box_overlap(&film.all.items[i].box, &film.faces.items[1].box) > 0.9f);

    clear_place(&film.picture, 40, 40); /* goes */
    next(&film);
    assert_int_equal(film.faces.count, 1);
    assert_true(has_face(&film.faces, 520, 280));

    hr_faces_forget(film.detector); /* another video */
    clear_place(&film.picture, 520, 280);
    next(&film);
    assert_int_equal(film.faces.count, 0);

    hr_faces_clear(&film.faces);
    hr_faces_clear(&film.all);
    hr_image_clear(&film.picture);
    hr_detector_free(film.detector);
    hr_network_close(film.network);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(faces_of_a_frame_are_limited, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_video_is_followed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
