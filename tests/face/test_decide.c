/* One decision per track: threshold, margin, nobody twice at one time. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "face/decide.h"
#include "random.h"

/* Students stand on axes of their own, so that distances can be chosen one by one. */
enum { STUDENTS_MAX = 6, TRACKS_MAX = 6 };

struct scene {
    struct hr_gallery *gallery;
    struct hr_track tracks[TRACKS_MAX];
    const struct hr_track *each[TRACKS_MAX];
    struct hr_decision decisions[TRACKS_MAX];
    size_t count;
};

static void add_student(struct scene *scene, const char *id, int axis, float place)
{
    struct hr_error error;
    float vector[HR_EMBEDDING_SIZE] = {0};
    vector[axis] = place;
    assert_int_equal(hr_gallery_add(scene->gallery, id, "m", vector, &error), HR_OK);
}

static void open_scene(struct scene *scene)
{
    struct hr_error error;
    *scene = (struct scene){0};
    assert_int_equal(hr_gallery_new(&scene->gallery, "m", &error), HR_OK);
}

/* On axis 0: students' places are numbers, and so is the track's. */
static void add_track(struct scene *scene, int64_t first_s, int64_t last_s, float place)
{
    struct hr_track *track = &scene->tracks[scene->count];
    *track = (struct hr_track){
        .first_us = first_s * 1000000, .last_us = last_s * 1000000, .sightings = 3, .views = 2};
    track->embedding[0] = place;
    scene->each[scene->count++] = track;
}

static void decide(struct scene *scene)
{
    struct hr_error error;
    struct hr_decide_options options = {.distance_max = 0.6f, .margin_min = 0.04f};
    assert_int_equal(hr_decide_each(scene->each, scene->count, scene->gallery, &options,
                                    scene->decisions, &error),
                     HR_OK);
}

static const char *given(const struct scene *scene, size_t track)
{
    size_t student = scene->decisions[track].student;
    return student == SIZE_MAX ? "unknown" : hr_gallery_student(scene->gallery, student);
}

static void near_enough_and_clearly_nearest_is_accepted(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann", 0, 0.0f);
    add_student(&scene, "bob", 0, 1.0f);
    add_track(&scene, 0, 5, 0.3f);
    decide(&scene);
    assert_string_equal(given(&scene, 0), "ann");
    assert_int_equal(scene.decisions[0].reason, HR_DECISION_ACCEPTED);
    assert_true(fabsf(scene.decisions[0].distance - 0.3f) < 1e-5f);
    assert_true(fabsf(scene.decisions[0].margin - 0.4f) < 1e-5f);
    hr_gallery_free(scene.gallery);
}

static void the_threshold_holds_at_below_and_above(void **state)
{
    (void)state;
    const float places[] = {0.599f, 0.6f, 0.601f};
    const char *expected[] = {"ann", "ann", "unknown"};
    for (int i = 0; i < 3; i++) {
        struct scene scene;
        open_scene(&scene);
        add_student(&scene, "ann", 0, 0.0f);
        add_track(&scene, 0, 5, places[i]);
        decide(&scene);
        assert_string_equal(given(&scene, 0), expected[i]);
        if (i == 2)
            assert_int_equal(scene.decisions[0].reason, HR_DECISION_TOO_FAR);
        else
            assert_true(isinf(scene.decisions[0].margin));
        hr_gallery_free(scene.gallery);
    }
}

static void too_near_to_two_students_is_ambiguous(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann", 0, 0.0f);
    add_student(&scene, "bea", 0, 0.62f);
    add_track(&scene, 0, 5, 0.3f);  /* margin 0.02 */
    add_track(&scene, 7, 8, 0.28f); /* margin 0.06 */
    decide(&scene);
    assert_string_equal(given(&scene, 0), "unknown");
    assert_int_equal(scene.decisions[0].reason, HR_DECISION_AMBIGUOUS);
    assert_string_equal(given(&scene, 1), "ann");
    hr_gallery_free(scene.gallery);
}

static void several_vectors_of_one_student_are_no_rivals(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann", 0, 0.0f);
    add_student(&scene, "ann", 0, 0.61f);
    add_track(&scene, 0, 5, 0.3f);
    decide(&scene);
    assert_string_equal(given(&scene, 0), "ann");
    hr_gallery_free(scene.gallery);
}

static void nobody_enrolled_and_nothing_seen_have_their_reasons(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_track(&scene, 0, 5, 0.3f);
    decide(&scene);
    assert_int_equal(scene.decisions[0].reason, HR_DECISION_NO_GALLERY);
    add_student(&scene, "ann", 0, 0.0f);
    scene.tracks[0].views = 0;
    decide(&scene);
    assert_int_equal(scene.decisions[0].reason, HR_DECISION_TOO_SMALL);
    assert_string_equal(given(&scene, 0), "unknown");
    hr_gallery_free(scene.gallery);
}

static void two_at_one_time_cannot_be_one_student(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann", 0, 0.0f);
    add_track(&scene, 0, 10, 0.40f);
    add_track(&scene, 3, 5, 0.20f);
    decide(&scene);
    assert_string_equal(given(&scene, 0), "unknown");
    assert_int_equal(scene.decisions[0].reason, HR_DECISION_TAKEN);
    assert_string_equal(given(&scene, 1), "ann");
    hr_gallery_free(scene.gallery);
}

static void one_after_the_other_can_be(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann", 0, 0.0f);
    add_track(&scene, 0, 3, 0.40f);
    add_track(&scene, 4, 9, 0.20f);
    add_track(&scene, 10, 12, 0.30f);
    decide(&scene);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(given(&scene, i), "ann");
    hr_gallery_free(scene.gallery);
}

/* Twins in one row: the nearer pairing as a whole wins, and the twin who is known to be the other
 * face is no rival. */
static void look_alikes_side_by_side_are_told_apart(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann", 0, 0.0f);
    add_student(&scene, "bea", 0, 0.30f);
    add_track(&scene, 0, 5, 0.02f); /* ann by far */
    add_track(&scene, 1, 5, 0.12f); /* nearer to ann, who is taken */
    decide(&scene);
    assert_string_equal(given(&scene, 0), "ann");
    assert_string_equal(given(&scene, 1), "bea");
    hr_gallery_free(scene.gallery);
}

static void a_long_stay_is_kept_against_short_visits_elsewhere(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann", 0, 0.0f);
    /* Not all at one time: the middle one overlaps both others, which do not overlap. */
    add_track(&scene, 0, 10, 0.10f);
    add_track(&scene, 5, 20, 0.45f);
    add_track(&scene, 15, 30, 0.10f);
    decide(&scene);
    assert_string_equal(given(&scene, 0), "ann");
    assert_string_equal(given(&scene, 1), "unknown");
    assert_int_equal(scene.decisions[1].reason, HR_DECISION_TAKEN);
    assert_string_equal(given(&scene, 2), "ann");
    hr_gallery_free(scene.gallery);
}

/* In whatever scene: nobody is in two places, nobody is accepted beyond the threshold. */
static void random_scenes_keep_the_rules(void **state)
{
    (void)state;
    uint64_t seed = 77;
    for (int round = 0; round < 2000; round++) {
        struct scene scene;
        open_scene(&scene);
        size_t students = 1 + random_next(&seed) % STUDENTS_MAX;
        for (size_t i = 0; i < students; i++) {
            char id[16];
            snprintf(id, sizeof id, "s%zu", i);
            add_student(&scene, id, 0, random_unit(&seed) * 2);
        }
        size_t tracks = 1 + random_next(&seed) % TRACKS_MAX;
        int64_t begin = 0;
        for (size_t i = 0; i < tracks; i++) {
            begin += (int64_t)(random_next(&seed) % 4);
            add_track(&scene, begin, begin + (int64_t)(random_next(&seed) % 8),
                      random_unit(&seed) * 2);
        }
        decide(&scene);
        for (size_t i = 0; i < scene.count; i++) {
            const struct hr_decision *a = &scene.decisions[i];
            assert_true(a->student == SIZE_MAX || a->reason == HR_DECISION_ACCEPTED);
            if (a->student == SIZE_MAX)
                continue;
            assert_true(a->distance <= 0.6f && a->margin >= 0.04f);
            for (size_t j = i + 1; j < scene.count; j++)
                if (scene.decisions[j].student == a->student)
                    assert_true(scene.tracks[j].first_us > scene.tracks[i].last_us ||
                                scene.tracks[i].first_us > scene.tracks[j].last_us);
        }
        hr_gallery_free(scene.gallery);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_enough_and_clearly_nearest_is_accepted),
        cmocka_unit_test(the_threshold_holds_at_below_and_above),
        cmocka_unit_test(too_near_to_two_students_is_ambiguous),
        cmocka_unit_test(several_vectors_of_one_student_are_no_rivals),
        cmocka_unit_test(nobody_enrolled_and_nothing_seen_have_their_reasons),
        cmocka_unit_test(two_at_one_time_cannot_be_one_student),
        cmocka_unit_test(one_after_the_other_can_be),
        cmocka_unit_test(look_alikes_side_by_side_are_told_apart),
        cmocka_unit_test(a_long_stay_is_kept_against_short_visits_elsewhere),
        cmocka_unit_test(random_scenes_keep_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
