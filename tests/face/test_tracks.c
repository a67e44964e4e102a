/* Following faces: synthetic frames made of the sample photos. */
#include "golden/photos.h"

#include <unistd.h>

#include "face/tracks.h"

enum { WIDTH = 1280, HEIGHT = 720 };

struct stage {
    struct networks networks;
    struct hr_tracks *tracks;
    struct hr_faces faces;
    struct hr_image frame;
    int64_t now_us;
};

/* Every test runs with every embedder that is there: they follow as well with one as with the other. */
static const char *const embedders[] = {"dlib-resnet.hrm", "face-reidentification-retail-0095.hrm"};
static size_t embedder;

static bool embedder_is_there(void)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv("HOMEROOM_MODELS"), embedders[embedder]);
    return access(path, R_OK) == 0;
}

static int set_up(void **state)
{
    struct stage *stage = calloc(1, sizeof *stage);
    struct hr_tracks_options options = hr_tracks_options_default();
    struct hr_error error;
    networks_open_with(&stage->networks, embedders[embedder]);
    assert_int_equal(hr_tracks_new(&stage->tracks, stage->networks.embedders, &options, &error), HR_OK);
    assert_int_equal(hr_image_init(&stage->frame, (struct hr_size){WIDTH, HEIGHT}, &error), HR_OK);
    *state = stage;
    return 0;
}

static int tear_down(void **state)
{
    struct stage *stage = *state;
    hr_tracks_free(stage->tracks);
    hr_faces_clear(&stage->faces);
    hr_image_clear(&stage->frame);
    networks_close(&stage->networks);
    free(stage);
    return 0;
}

static void clear_frame(struct stage *stage)
{
    memset(stage->frame.rgb, 90, (size_t)WIDTH * HEIGHT * 3);
}

/* The photo, shrunk by whole numbers, with its top left corner at (left, top). */
static void paste(struct stage *stage, const char *photo, int shrink, int left, int top)
{
    struct hr_image image = {0};
    photo_read(photo, &image);
    for (int y = 0; y < image.size.height_px / shrink; y++)
        for (int x = 0; x < image.size.width_px / shrink; x++) {
            if (left + x < 0 || left + x >= WIDTH || top + y < 0 || top + y >= HEIGHT)
                continue;
            for (int c = 0; c < 3; c++) {
                int sum = 0;
                for (int j = 0; j < shrink; j++)
                    for (int i = 0; i < shrink; i++)
                        sum += image.rgb[(y * shrink + j) * image.stride_bytes + 3 * (x * shrink + i) + c];
                stage->frame.rgb[(top + y) * stage->frame.stride_bytes + 3 * (left + x) + c] =
                    (uint8_t)(sum / (shrink * shrink));
            }
        }
    hr_image_clear(&image);
}

static void show(struct stage *stage, int64_t step_us)
{
    struct hr_error error;
    stage->now_us += step_us;
    struct hr_frame frame = hr_image_frame(&stage->frame);
    frame.pts_us = stage->now_us;
    assert_int_equal(hr_faces_find(stage->networks.detector, &frame, &stage->faces, &error), HR_OK);
    assert_int_equal(hr_tracks_add(stage->tracks, &frame, &stage->faces, &error), HR_OK);
}

static void finish(struct stage *stage)
{
    struct hr_error error;
    assert_int_equal(hr_tracks_finish(stage->tracks, &error), HR_OK);
}

static void one_person_who_moves_is_one_track(void **state)
{
    struct stage *stage = *state;
    for (int i = 0; i < 6; i++) {
        clear_frame(stage);
        paste(stage, "biden.jpg", 2, 20 + 60 * i, 30 + 10 * i);
        show(stage, 500000);
    }
    finish(stage);
    assert_int_equal(hr_tracks_count(stage->tracks), 1);
    const struct hr_track *track = hr_tracks_get(stage->tracks, 0);
    assert_int_equal(track->sightings, 6);
    assert_int_equal(track->views, 4);
    assert_int_equal(track->first_us, 500000);
    assert_int_equal(track->last_us, 3000000);
}

/* However long a track gets, its places are few and evenly spread, from the first one on. */
static void places_are_thinned_out(void **state)
{
    struct stage *stage = *state;
    enum { LOOKS = 3 * HR_TRACK_PLACES_MAX };
    for (int i = 0; i < LOOKS; i++) {
        clear_frame(stage);
        paste(stage, "biden.jpg", 3, 20 + 5 * i, 100);
        show(stage, 500000);
    }
    finish(stage);
    const struct hr_track *track = hr_tracks_get(stage->tracks, 0);
    assert_int_equal(hr_tracks_count(stage->tracks), 1);
    assert_int_equal(track->sightings, LOOKS);
    assert_int_equal(track->place_count, HR_TRACK_PLACES_MAX * 3 / 4);
    for (size_t i = 0; i < track->place_count; i++)
        assert_int_equal(track->places[i].at_us, 500000 + (int64_t)i * 4 * 500000);
    assert_true(track->places[1].box.left_px > track->places[0].box.left_px + 10);
}

static void a_jump_across_the_picture_is_found_again_by_looks(void **state)
{
    struct stage *stage = *state;
    for (int i = 0; i < 4; i++) {
        clear_frame(stage);
        paste(stage, "obama.jpg", 3, i % 2 == 0 ? 10 : 900, 200);
        show(stage, 500000);
    }
    finish(stage);
    assert_int_equal(hr_tracks_count(stage->tracks), 1);
    assert_int_equal(hr_tracks_get(stage->tracks, 0)->sightings, 4);
}

/* A hard cut: another face where the first one was. Never one track. */
static void a_cut_to_another_person_in_the_same_place_is_two_tracks(void **state)
{
    struct stage *stage = *state;
    const char *photos[] = {"obama.jpg", "obama.jpg", "biden.jpg", "biden.jpg"};
    for (int i = 0; i < 4; i++) {
        clear_frame(stage);
        paste(stage, photos[i], 2, i < 2 ? 150 : 110, 100);
        show(stage, 500000);
    }
    finish(stage);
    assert_int_equal(hr_tracks_count(stage->tracks), 2);
    assert_int_equal(hr_tracks_get(stage->tracks, 0)->sightings, 2);
    assert_int_equal(hr_tracks_get(stage->tracks, 0)->last_us, 1000000);
    assert_int_equal(hr_tracks_get(stage->tracks, 1)->first_us, 1500000);
}

static void two_people_who_change_places_keep_their_tracks(void **state)
{
    struct stage *stage = *state;
    for (int i = 0; i < 4; i++) {
        clear_frame(stage);
        paste(stage, "obama.jpg", 3, i < 2 ? 20 : 700, 100);
        paste(stage, "biden.jpg", 3, i < 2 ? 700 : 20, 100);
        show(stage, 500000);
    }
    finish(stage);
    assert_int_equal(hr_tracks_count(stage->tracks), 2);
    for (size_t i = 0; i < 2; i++)
        assert_int_equal(hr_tracks_get(stage->tracks, i)->sightings, 4);
}

static void who_leaves_for_long_comes_back_as_another_track(void **state)
{
    struct stage *stage = *state;
    clear_frame(stage);
    paste(stage, "biden.jpg", 2, 100, 50);
    show(stage, 0);
    show(stage, 500000);
    clear_frame(stage);
    for (int i = 0; i < 8; i++)
        show(stage, 500000);
    paste(stage, "biden.jpg", 2, 100, 50);
    show(stage, 500000);
    finish(stage);
    assert_int_equal(hr_tracks_count(stage->tracks), 2);
    assert_int_equal(hr_tracks_get(stage->tracks, 0)->sightings, 2);
    assert_int_equal(hr_tracks_get(stage->tracks, 1)->sightings, 1);
}

static void a_short_look_away_is_no_end(void **state)
{
    struct stage *stage = *state;
    for (int i = 0; i < 5; i++) {
        clear_frame(stage);
        if (i != 2)
            paste(stage, "biden.jpg", 2, 100, 50);
        show(stage, 500000);
    }
    finish(stage);
    assert_int_equal(hr_tracks_count(stage->tracks), 1);
    assert_int_equal(hr_tracks_get(stage->tracks, 0)->sightings, 4);
}

static void tiny_faces_are_followed_but_not_embedded(void **state)
{
    struct stage *stage = *state;
    struct hr_error error;
    struct hr_face face = {.box = {100, 100, 112, 115},
                           .landmarks = {{103, 105}, {108, 105}, {106, 108}, {104, 111}, {108, 111}},
                           .score = 0.6f};
    struct hr_faces faces = {.items = &face, .count = 1, .capacity = 1};
    clear_frame(stage);
    for (int i = 0; i < 3; i++) {
        struct hr_frame frame = hr_image_frame(&stage->frame);
        frame.pts_us = i * 500000;
        face.box.left_px += 1;
        face.box.right_px += 1;
        assert_int_equal(hr_tracks_add(stage->tracks, &frame, &faces, &error), HR_OK);
    }
    finish(stage);
    assert_int_equal(hr_tracks_count(stage->tracks), 1);
    assert_int_equal(hr_tracks_get(stage->tracks, 0)->views, 0);
    assert_int_equal(hr_tracks_get(stage->tracks, 0)->sightings, 3);
}

/* Times begin anew, and nobody is followed from one camera into the other. */
static void another_camera_has_tracks_of_its_own(void **state)
{
    struct stage *stage = *state;
    for (int camera = 0; camera < 2; camera++) {
        for (int i = 0; i < 3; i++) {
            clear_frame(stage);
            paste(stage, "biden.jpg", 2, 20, 30);
            show(stage, 500000);
        }
        if (camera == 0)
            hr_tracks_next_camera(stage->tracks);
        stage->now_us = 0;
    }
    finish(stage);
    assert_int_equal(hr_tracks_count(stage->tracks), 2);
    for (size_t i = 0; i < 2; i++) {
        const struct hr_track *track = hr_tracks_get(stage->tracks, i);
        assert_int_equal(track->camera, i);
        assert_int_equal(track->first_us, 500000);
        assert_int_equal(track->last_us, 1500000);
        assert_int_equal(track->sightings, 3);
    }
}

static void reset_forgets_everything(void **state)
{
    struct stage *stage = *state;
    clear_frame(stage);
    paste(stage, "biden.jpg", 2, 100, 50);
    show(stage, 500000);
    hr_tracks_reset(stage->tracks);
    assert_int_equal(hr_tracks_count(stage->tracks), 0);
    stage->now_us = 0;
    show(stage, 0);
    finish(stage);
    assert_int_equal(hr_tracks_count(stage->tracks), 1);
    assert_int_equal(hr_tracks_get(stage->tracks, 0)->sightings, 1);
}

/* Faces at the frame's border and beyond it must not read outside the picture. */
static void faces_beyond_the_border_are_met(void **state)
{
    struct stage *stage = *state;
    struct hr_error error;
    clear_frame(stage);
    for (int i = 0; i < 4; i++) {
        float x = i % 2 == 0 ? -60.0f : WIDTH - 40.0f, y = i < 2 ? -50.0f : HEIGHT - 50.0f;
        struct hr_face face = {
            .box = {x, y, x + 100, y + 100},
            .landmarks = {{x + 30, y + 40}, {x + 70, y + 42}, {x + 50, y + 60}, {x + 35, y + 80}, {x + 65, y + 80}},
            .score = 0.9f};
        struct hr_faces faces = {.items = &face, .count = 1, .capacity = 1};
        struct hr_frame frame = hr_image_frame(&stage->frame);
        frame.pts_us = i * 10000000;
        assert_int_equal(hr_tracks_add(stage->tracks, &frame, &faces, &error), HR_OK);
    }
    finish(stage);
    size_t sightings = 0;
    for (size_t i = 0; i < hr_tracks_count(stage->tracks); i++)
        sightings += hr_tracks_get(stage->tracks, i)->sightings;
    assert_int_equal(sightings, 4);
}

/* Faces that come and go, too small to be looked at closely: each is a track. */
static void tracks_are_limited(void **state)
{
    struct stage *stage = *state;
    struct hr_error error;
    struct hr_face face = {.box = {100, 100, 112, 115},
                           .landmarks = {{103, 105}, {108, 105}, {106, 108}, {104, 111}, {108, 111}},
                           .score = 0.6f};
    const struct hr_faces one = {.items = &face, .count = 1, .capacity = 1}, none = {0};
    struct hr_frame frame = hr_image_frame(&stage->frame);
    clear_frame(stage);
    for (int i = 0; i < HR_LIMIT_TRACKS_PER_VIDEO; i++) {
        assert_int_equal(hr_tracks_add(stage->tracks, &frame, &one, &error), HR_OK);
        frame.pts_us += 5000000;
        assert_int_equal(hr_tracks_add(stage->tracks, &frame, &none, &error), HR_OK);
        frame.pts_us += 5000000;
    }
    assert_int_equal(hr_tracks_count(stage->tracks), HR_LIMIT_TRACKS_PER_VIDEO);
    assert_int_equal(hr_tracks_add(stage->tracks, &frame, &one, &error), HR_ERR_LIMIT);
    assert_non_null(strstr(error.text, "more than 20000 faces"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(one_person_who_moves_is_one_track),
        TEST(places_are_thinned_out),
        TEST(a_jump_across_the_picture_is_found_again_by_looks),
        TEST(a_cut_to_another_person_in_the_same_place_is_two_tracks),
        TEST(two_people_who_change_places_keep_their_tracks),
        TEST(who_leaves_for_long_comes_back_as_another_track),
        TEST(a_short_look_away_is_no_end),
        TEST(tiny_faces_are_followed_but_not_embedded),
        TEST(another_camera_has_tracks_of_its_own),
        TEST(reset_forgets_everything),
        TEST(faces_beyond_the_border_are_met),
        TEST(tracks_are_limited),
    };
    int failed = 0;
    for (embedder = 0; embedder < sizeof embedders / sizeof embedders[0]; embedder++) {
        if (embedder_is_there())
            failed += cmocka_run_group_tests_name(embedders[embedder], tests, NULL, NULL);
        else
            printf("SKIPPED: %s is not there\n", embedders[embedder]);
    }
    return failed;
}
