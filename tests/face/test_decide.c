/* One decision per track: bands and their reasons, nobody twice at one time, the class's own rule. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "face/decide.h"
#include "fake_models.h"
#include "random.h"

/* Students stand on axes of their own, in the order of adding, so that a track's likeness with each can be chosen. */
enum { STUDENTS_MAX = 24, TRACKS_MAX = 6 };

struct scene {
    struct hr_gallery *gallery;
    size_t students;
    float vectors[TRACKS_MAX][FAKE_SIZE];
    struct hr_track tracks[TRACKS_MAX];
    const struct hr_track *each[TRACKS_MAX];
    struct hr_decision decisions[TRACKS_MAX];
    size_t count;
    struct hr_decide_options options;
};

static void open_scene(struct scene *scene)
{
    struct hr_error error;
    struct hr_vector_layout layout = fake_layout(false);
    *scene = (struct scene){.options = {.false_present = 0.001, .frames = 10}};
    assert_int_equal(hr_gallery_new(&scene->gallery, &layout, &error), HR_OK);
}

/* With two photos: one would ask for stronger evidence. */
static void add_student(struct scene *scene, const char *id)
{
    struct hr_error error;
    float vector[FAKE_SIZE] = {0};
    vector[scene->students++] = 1;
    for (int i = 0; i < 2; i++)
        assert_int_equal(fake_add(scene->gallery, id, "best-1", vector, &error), HR_OK);
}

/* `first`, `second`: likeness with students 0 and 1. */
static struct hr_track *add_track(struct scene *scene, int64_t first_s, int64_t last_s, float first, float second)
{
    struct hr_track *track = &scene->tracks[scene->count];
    float *vector = scene->vectors[scene->count];
    vector[0] = first;
    vector[1] = second;
    *track = (struct hr_track){.first_us = first_s * 1000000,
                               .last_us = last_s * 1000000,
                               .sightings = 3,
                               .views = 2,
                               .face_px = 80,
                               .best_sharpness = 100,
                               .best_frontal = 1,
                               .vector = vector};
    scene->each[scene->count++] = track;
    return track;
}

static void decide(struct scene *scene)
{
    struct hr_error error;
    assert_int_equal(hr_gallery_close(scene->gallery, &error), HR_OK);
    assert_int_equal(
        hr_decide_each(scene->each, scene->count, scene->gallery, &scene->options, scene->decisions, &error), HR_OK);
}

static const char *given(const struct scene *scene, size_t track)
{
    size_t student = scene->decisions[track].student;
    return student == SIZE_MAX ? "unknown" : hr_gallery_student(scene->gallery, student).id;
}

static void assert_decision(const struct scene *scene, size_t track, const char *who, enum hr_band band,
                            enum hr_decision_reason reason)
{
    assert_string_equal(given(scene, track), who);
    assert_string_equal(hr_band_name(scene->decisions[track].band), hr_band_name(band));
    assert_string_equal(hr_decision_reason_name(scene->decisions[track].reason), hr_decision_reason_name(reason));
}

static void alike_enough_and_clearly_so_is_certain(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann");
    add_student(&scene, "bob");
    add_track(&scene, 0, 5, 0.6f, 0.1f);
    decide(&scene);
    assert_decision(&scene, 0, "ann", HR_BAND_CERTAIN, HR_DECISION_ACCEPTED);
    assert_true(fabsf(scene.decisions[0].choice.similarity - 0.6f) < 1e-6f);
    assert_true(fabs(scene.decisions[0].margin - 0.5) < 1e-6);
    assert_true(scene.decisions[0].stranger_chance < 1e-6);
    hr_gallery_free(scene.gallery);
}

/* One student, no rival: what is asked for is what one stranger in 1000, or 10, has with one of ten students (a class
 * is counted as ten at least): 3.719 and 2.326 standard deviations. */
static void the_bands_begin_where_they_are_said_to(void **state)
{
    (void)state;
    const struct {
        float likeness;
        enum hr_band band;
        enum hr_decision_reason reason;
    } cases[] = {{0.2326f - 0.0005f, HR_BAND_UNKNOWN, HR_DECISION_UNLIKE},
                 {0.2326f + 0.0005f, HR_BAND_REVIEW, HR_DECISION_WEAK},
                 {0.3719f - 0.0005f, HR_BAND_REVIEW, HR_DECISION_WEAK},
                 {0.3719f + 0.0005f, HR_BAND_CERTAIN, HR_DECISION_ACCEPTED}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct scene scene;
        open_scene(&scene);
        add_student(&scene, "ann");
        add_track(&scene, 0, 5, cases[i].likeness, 0);
        decide(&scene);
        assert_decision(&scene, 0, cases[i].band == HR_BAND_UNKNOWN ? "unknown" : "ann", cases[i].band,
                        cases[i].reason);
        assert_true(isinf(scene.decisions[0].margin));
        hr_gallery_free(scene.gallery);
    }
}

static void the_users_own_chance_is_kept(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    scene.options.false_present = 1e-5;
    add_student(&scene, "ann");
    add_track(&scene, 0, 5, 0.45f, 0);
    add_track(&scene, 6, 7, 0.50f, 0); /* 4.753 deviations are asked for */
    decide(&scene);
    assert_decision(&scene, 0, "ann", HR_BAND_REVIEW, HR_DECISION_WEAK);
    assert_decision(&scene, 1, "ann", HR_BAND_CERTAIN, HR_DECISION_ACCEPTED);
    assert_true(scene.decisions[0].stranger_chance > 1e-5);
    assert_true(scene.decisions[1].stranger_chance < 1e-5);
    hr_gallery_free(scene.gallery);
}

static void a_rival_nearly_as_alike_makes_it_ambiguous(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann");
    add_student(&scene, "bea");
    add_track(&scene, 0, 5, 0.60f, 0.45f); /* two students only: 0.2 is asked for */
    add_track(&scene, 7, 8, 0.60f, 0.35f);
    add_track(&scene, 9, 10, 0.30f, 0.28f);  /* weak as well */
    add_track(&scene, 11, 12, 0.30f, 0.20f); /* weak and clear enough to be looked at */
    decide(&scene);
    assert_decision(&scene, 0, "ann", HR_BAND_REVIEW, HR_DECISION_AMBIGUOUS);
    assert_decision(&scene, 1, "ann", HR_BAND_CERTAIN, HR_DECISION_ACCEPTED);
    assert_decision(&scene, 2, "unknown", HR_BAND_UNKNOWN, HR_DECISION_AMBIGUOUS);
    assert_decision(&scene, 3, "ann", HR_BAND_REVIEW, HR_DECISION_WEAK);
    hr_gallery_free(scene.gallery);
}

static void one_photo_or_a_poor_view_ask_for_more(void **state)
{
    (void)state;
    struct scene scene;
    struct hr_error error;
    open_scene(&scene);
    float vector[FAKE_SIZE] = {1};
    assert_int_equal(fake_add(scene.gallery, "ann", "best-1", vector, &error), HR_OK);
    add_track(&scene, 0, 1, 0.375f, 0); /* enough for a student of two photos */
    add_track(&scene, 2, 3, 0.385f, 0);
    add_track(&scene, 4, 5, 0.385f, 0)->face_px = 30;
    add_track(&scene, 6, 7, 0.385f, 0)->best_frontal = 0.3f;
    add_track(&scene, 8, 9, 0.385f, 0)->best_sharpness = 10;
    add_track(&scene, 10, 11, 0.41f, 0)->best_sharpness = 10;
    decide(&scene);
    assert_decision(&scene, 0, "ann", HR_BAND_REVIEW, HR_DECISION_WEAK);
    assert_decision(&scene, 1, "ann", HR_BAND_CERTAIN, HR_DECISION_ACCEPTED);
    for (size_t i = 2; i < 5; i++)
        assert_decision(&scene, i, "ann", HR_BAND_REVIEW, HR_DECISION_WEAK);
    assert_decision(&scene, 5, "ann", HR_BAND_CERTAIN, HR_DECISION_ACCEPTED);
    hr_gallery_free(scene.gallery);
}

static void small_photos_ask_for_more(void **state)
{
    (void)state;
    struct scene scene;
    struct hr_error error;
    open_scene(&scene);
    float vector[FAKE_SIZE] = {1};
    struct hr_gallery_vector photo = {
        .student_id = "ann", .model_id = "best-1", .numbers = vector, .size = FAKE_SIZE, .face_px = 40};
    for (int i = 0; i < 2; i++)
        assert_int_equal(hr_gallery_add(scene.gallery, &photo, &error), HR_OK);
    add_track(&scene, 0, 1, 0.38f, 0);
    add_track(&scene, 2, 3, 0.40f, 0);
    decide(&scene);
    assert_decision(&scene, 0, "ann", HR_BAND_REVIEW, HR_DECISION_WEAK);
    assert_decision(&scene, 1, "ann", HR_BAND_CERTAIN, HR_DECISION_ACCEPTED);
    hr_gallery_free(scene.gallery);
}

static void a_single_sight_is_no_proof_where_there_were_more_frames(void **state)
{
    (void)state;
    for (size_t frames = 1; frames <= 2; frames++) {
        struct scene scene;
        open_scene(&scene);
        scene.options.frames = frames;
        add_student(&scene, "ann");
        add_track(&scene, 0, 0, 0.7f, 0)->sightings = 1;
        decide(&scene);
        if (frames == 1)
            assert_decision(&scene, 0, "ann", HR_BAND_CERTAIN, HR_DECISION_ACCEPTED);
        else
            assert_decision(&scene, 0, "ann", HR_BAND_REVIEW, HR_DECISION_ONE_SIGHT);
        hr_gallery_free(scene.gallery);
    }
}

static void nobody_enrolled_and_nothing_seen_have_their_reasons(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_track(&scene, 0, 5, 0.6f, 0);
    decide(&scene);
    assert_decision(&scene, 0, "unknown", HR_BAND_UNKNOWN, HR_DECISION_NO_GALLERY);
    hr_gallery_free(scene.gallery);
    open_scene(&scene);
    add_student(&scene, "ann");
    add_track(&scene, 0, 5, 0.6f, 0)->vector = NULL;
    decide(&scene);
    assert_decision(&scene, 0, "unknown", HR_BAND_UNKNOWN, HR_DECISION_TOO_SMALL);
    hr_gallery_free(scene.gallery);
}

static void two_at_one_time_cannot_be_one_student(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann");
    add_track(&scene, 0, 10, 0.50f, 0);
    add_track(&scene, 3, 5, 0.70f, 0);
    decide(&scene);
    assert_decision(&scene, 0, "unknown", HR_BAND_UNKNOWN, HR_DECISION_TAKEN);
    assert_string_equal(given(&scene, 1), "ann");
    hr_gallery_free(scene.gallery);
}

static void one_after_the_other_can_be(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann");
    add_track(&scene, 0, 3, 0.50f, 0);
    add_track(&scene, 4, 9, 0.70f, 0);
    add_track(&scene, 10, 12, 0.60f, 0);
    decide(&scene);
    for (size_t i = 0; i < 3; i++)
        assert_string_equal(given(&scene, i), "ann");
    hr_gallery_free(scene.gallery);
}

/* Twins in one row: the likelier pairing as a whole wins, and the twin who is known to be the other
 * face is no rival. */
static void look_alikes_side_by_side_are_told_apart(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann");
    add_student(&scene, "bea");
    add_track(&scene, 0, 5, 0.72f, 0.50f); /* ann by far */
    add_track(&scene, 1, 5, 0.60f, 0.58f); /* more like ann, who is taken */
    decide(&scene);
    assert_decision(&scene, 0, "ann", HR_BAND_CERTAIN, HR_DECISION_ACCEPTED);
    assert_decision(&scene, 1, "bea", HR_BAND_CERTAIN, HR_DECISION_ACCEPTED);
    hr_gallery_free(scene.gallery);
}

static void a_long_stay_is_kept_against_short_visits_elsewhere(void **state)
{
    (void)state;
    struct scene scene;
    open_scene(&scene);
    add_student(&scene, "ann");
    /* Not all at one time: the middle one overlaps both others, which do not overlap. */
    add_track(&scene, 0, 10, 0.70f, 0);
    add_track(&scene, 5, 20, 0.45f, 0);
    add_track(&scene, 15, 30, 0.70f, 0);
    decide(&scene);
    assert_string_equal(given(&scene, 0), "ann");
    assert_decision(&scene, 1, "unknown", HR_BAND_UNKNOWN, HR_DECISION_TAKEN);
    assert_string_equal(given(&scene, 2), "ann");
    hr_gallery_free(scene.gallery);
}

/* Students on axes of their own, all with a share of one common axis: pairs are alike by the square of it. */
static struct hr_class_rule rule_of_class(size_t students, float common)
{
    struct scene scene;
    struct hr_error error;
    open_scene(&scene);
    for (size_t i = 0; i < students; i++) {
        char id[16];
        float vector[FAKE_SIZE] = {0};
        snprintf(id, sizeof id, "s%zu", i);
        vector[i] = sqrtf(1 - common * common);
        vector[FAKE_SIZE - 1] = common;
        assert_int_equal(fake_add(scene.gallery, id, "best-1", vector, &error), HR_OK);
    }
    assert_int_equal(hr_gallery_close(scene.gallery, &error), HR_OK);
    struct hr_class_rule rule = hr_class_rule(scene.gallery, &scene.options);
    hr_gallery_free(scene.gallery);
    return rule;
}

static void a_class_whose_students_are_alike_gets_a_stricter_rule(void **state)
{
    (void)state;
    struct hr_class_rule ordinary = rule_of_class(24, 0.2f), crowded = rule_of_class(24, 0.8f);
    assert_true(ordinary.crowding < 0.1);
    assert_true(crowded.crowding == 1);
    assert_true(crowded.margin_certain > ordinary.margin_certain + 1);
    assert_true(crowded.score_certain > ordinary.score_certain);
    assert_true(crowded.score_review == ordinary.score_review);
}

/* Of three students nobody can tell how alike the next stranger will be. */
static void a_small_class_is_given_no_benefit_of_the_doubt(void **state)
{
    (void)state;
    double crowding[] = {rule_of_class(2, 0.3f).crowding, rule_of_class(4, 0.3f).crowding,
                         rule_of_class(6, 0.3f).crowding, rule_of_class(24, 0.3f).crowding};
    assert_true(crowding[0] == 1 && crowding[1] < 1 && crowding[1] > crowding[2]);
    assert_true(crowding[2] > crowding[3]);
}

static void a_large_class_asks_for_more(void **state)
{
    (void)state;
    double ten = rule_of_class(10, 0).score_review, more = rule_of_class(20, 0).score_review;
    assert_true(fabs(ten - hr_score_of_rarity(2)) < 1e-6);
    assert_true(fabs(more - hr_score_of_rarity(log10(200))) < 1e-6);
    assert_true(rule_of_class(2, 0).score_review == ten); /* counted as ten */
}

/* In whatever scene: nobody is in two places, nobody is certain beyond the rule. */
static void random_scenes_keep_the_rules(void **state)
{
    (void)state;
    uint64_t seed = 77;
    for (int round = 0; round < 2000; round++) {
        struct scene scene;
        open_scene(&scene);
        size_t students = 1 + random_next(&seed) % 6;
        for (size_t i = 0; i < students; i++) {
            char id[16];
            snprintf(id, sizeof id, "s%zu", i);
            add_student(&scene, id);
        }
        size_t tracks = 1 + random_next(&seed) % TRACKS_MAX;
        int64_t begin = 0;
        for (size_t i = 0; i < tracks; i++) {
            begin += (int64_t)(random_next(&seed) % 4);
            add_track(&scene, begin, begin + (int64_t)(random_next(&seed) % 8), random_unit(&seed), random_unit(&seed));
            for (size_t k = 2; k < students; k++)
                scene.vectors[i][k] = random_unit(&seed) * 0.7f;
        }
        decide(&scene);
        struct hr_class_rule rule = hr_class_rule(scene.gallery, &scene.options);
        for (size_t i = 0; i < scene.count; i++) {
            const struct hr_decision *a = &scene.decisions[i];
            assert_true((a->student == SIZE_MAX) == (a->band == HR_BAND_UNKNOWN));
            assert_true((a->band == HR_BAND_CERTAIN) == (a->reason == HR_DECISION_ACCEPTED));
            if (a->student == SIZE_MAX)
                continue;
            assert_true((double)a->choice.score >= rule.score_review);
            if (a->band == HR_BAND_CERTAIN)
                assert_true((double)a->choice.score >= rule.score_certain &&
                            a->margin >= rule.margin_certain * 0.1 - 1e-6);
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
        cmocka_unit_test(alike_enough_and_clearly_so_is_certain),
        cmocka_unit_test(the_bands_begin_where_they_are_said_to),
        cmocka_unit_test(the_users_own_chance_is_kept),
        cmocka_unit_test(a_rival_nearly_as_alike_makes_it_ambiguous),
        cmocka_unit_test(one_photo_or_a_poor_view_ask_for_more),
        cmocka_unit_test(small_photos_ask_for_more),
        cmocka_unit_test(a_single_sight_is_no_proof_where_there_were_more_frames),
        cmocka_unit_test(nobody_enrolled_and_nothing_seen_have_their_reasons),
        cmocka_unit_test(two_at_one_time_cannot_be_one_student),
        cmocka_unit_test(one_after_the_other_can_be),
        cmocka_unit_test(look_alikes_side_by_side_are_told_apart),
        cmocka_unit_test(a_long_stay_is_kept_against_short_visits_elsewhere),
        cmocka_unit_test(a_class_whose_students_are_alike_gets_a_stricter_rule),
        cmocka_unit_test(a_small_class_is_given_no_benefit_of_the_doubt),
        cmocka_unit_test(a_large_class_asks_for_more),
        cmocka_unit_test(random_scenes_keep_the_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
