/* One template per student, of the best model that he has; exact search. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "fake_models.h"
#include "random.h"
#include "support/smaps.h"

static void random_vector(uint64_t *seed, float *vector, size_t size)
{
    for (size_t k = 0; k < size; k++)
        vector[k] = (random_unit(seed) - 0.5f) * 0.4f;
}

static struct hr_gallery *open_gallery(bool both)
{
    struct hr_gallery *gallery = NULL;
    struct hr_error error;
    struct hr_vector_layout layout = fake_layout(both);
    assert_int_equal(hr_gallery_new(&gallery, &layout, &error), HR_OK);
    return gallery;
}

static void add(struct hr_gallery *gallery, const char *id, const char *model, const float *vector)
{
    struct hr_error error;
    assert_int_equal(fake_add(gallery, id, model, vector, &error), HR_OK);
}

static void close_gallery(struct hr_gallery *gallery)
{
    struct hr_error error;
    assert_int_equal(hr_gallery_close(gallery, &error), HR_OK);
}

static void an_empty_gallery_knows_nobody(void **state)
{
    (void)state;
    struct hr_gallery *gallery = open_gallery(true);
    close_gallery(gallery);
    float probe[FAKE_SIZE] = {0};
    struct hr_match matches[2];
    hr_gallery_search(gallery, probe, matches, 2);
    assert_true(matches[0].student == SIZE_MAX && matches[1].student == SIZE_MAX);
    assert_true(isinf(matches[0].score));
    assert_int_equal(hr_gallery_students(gallery), 0);
    assert_int_equal(hr_gallery_layout(gallery)->count, 0);
    assert_int_equal(hr_gallery_find(gallery, "ann"), SIZE_MAX);
    hr_gallery_free(gallery);
}

/* However often it grew. */
static void its_vectors_are_in_no_core_file_and_no_fork(void **state)
{
    (void)state;
    size_t before_kib = secret_kib();
    struct hr_gallery *gallery = open_gallery(true);
    for (int i = 0; i < 1000; i++) {
        float vector[FAKE_SIZE] = {[0] = 1, [1] = (float)i};
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        add(gallery, id, i % 2 ? "best-1" : "lesser-1", vector);
    }
    close_gallery(gallery);
    for (size_t i = 0; i < 1000; i += 333)
        assert_secret(hr_gallery_student(gallery, i).template);
    /* The templates, and the codes that are searched first: a quarter of them. */
    size_t numbers = (size_t)500 * (FAKE_SIZE + FAKE_LESSER_SIZE);
    assert_true((secret_kib() - before_kib) * 1024 >= numbers * (sizeof(float) + 1));
    hr_gallery_free(gallery);
    assert_int_equal(secret_kib(), before_kib);
}

/* The mean of the vectors, each made length 1, made length 1 again; in double. */
static void plain_template(float (*vectors)[FAKE_SIZE], const size_t *owners, size_t count, size_t student, double *out)
{
    double sum[FAKE_SIZE] = {0}, length = 0;
    for (size_t i = 0; i < count; i++) {
        double own = 0;
        if (owners[i] != student)
            continue;
        for (size_t k = 0; k < FAKE_SIZE; k++)
            own += (double)vectors[i][k] * (double)vectors[i][k];
        for (size_t k = 0; k < FAKE_SIZE; k++)
            sum[k] += (double)vectors[i][k] / sqrt(own);
    }
    for (size_t k = 0; k < FAKE_SIZE; k++)
        length += sum[k] * sum[k];
    for (size_t k = 0; k < FAKE_SIZE; k++)
        out[k] = sum[k] / sqrt(length);
}

static void finds_what_a_plain_search_finds(void **state)
{
    (void)state;
    enum { VECTORS = 3000, STUDENTS = 700 };
    struct hr_gallery *gallery = open_gallery(false);
    uint64_t seed = 9;
    float(*vectors)[FAKE_SIZE] = malloc(sizeof(float[VECTORS][FAKE_SIZE]));
    size_t *owners = malloc(VECTORS * sizeof *owners);
    double(*templates)[FAKE_SIZE] = malloc(sizeof(double[STUDENTS][FAKE_SIZE]));
    for (size_t i = 0; i < VECTORS; i++) {
        char id[32];
        owners[i] = i < STUDENTS ? i : random_next(&seed) % STUDENTS;
        snprintf(id, sizeof id, "student %zu", owners[i]);
        random_vector(&seed, vectors[i], FAKE_SIZE);
        add(gallery, id, "best-1", vectors[i]);
    }
    close_gallery(gallery);
    assert_int_equal(hr_gallery_students(gallery), STUDENTS);
    assert_int_equal(hr_gallery_vectors(gallery), VECTORS);
    for (size_t s = 0; s < STUDENTS; s++)
        plain_template(vectors, owners, VECTORS, s, templates[s]);

    struct hr_match *all = malloc((STUDENTS + 3) * sizeof *all), few[4];
    for (int round = 0; round < 30; round++) {
        float probe[FAKE_SIZE];
        random_vector(&seed, probe, FAKE_SIZE);
        if (round % 2 == 0) /* a mean of views is shorter */
            hr_vector_normalise(probe, FAKE_SIZE);
        double likeness[STUDENTS];
        for (size_t s = 0; s < STUDENTS; s++) {
            likeness[s] = 0;
            for (size_t k = 0; k < FAKE_SIZE; k++)
                likeness[s] += (double)probe[k] * templates[s][k];
        }
        hr_gallery_search(gallery, probe, few, 4);
        hr_gallery_search(gallery, probe, all, STUDENTS + 3);
        for (size_t s = 0; s < STUDENTS; s++) {
            assert_true(fabs((double)all[s].similarity - likeness[all[s].student]) < 1e-5);
            assert_true(fabsf(all[s].score - 10 * all[s].similarity) < 1e-4f);
            assert_true(s == 0 || all[s - 1].score >= all[s].score);
            if (s < 4)
                assert_int_equal(few[s].student, all[s].student);
            likeness[all[s].student] = NAN; /* nobody twice */
        }
        for (size_t s = STUDENTS; s < STUDENTS + 3; s++)
            assert_int_equal(all[s].student, SIZE_MAX);
    }
    free(all);
    free(vectors);
    free(owners);
    free(templates);
    hr_gallery_free(gallery);
}

static void a_template_is_the_mean_of_directions(void **state)
{
    (void)state;
    struct hr_gallery *gallery = open_gallery(false);
    const float along[FAKE_SIZE] = {[2] = 5}, across[FAKE_SIZE] = {[7] = 0.01f};
    add(gallery, "ann", "best-1", along);
    add(gallery, "ann", "best-1", across); /* its length counts for nothing */
    close_gallery(gallery);
    struct hr_gallery_student ann = hr_gallery_student(gallery, 0);
    assert_string_equal(ann.id, "ann");
    assert_int_equal(ann.vectors, 2);
    assert_true(fabsf(ann.template[2] - sqrtf(0.5f)) < 1e-6f);
    assert_true(fabsf(ann.template[7] - sqrtf(0.5f)) < 1e-6f);
    assert_true(fabsf(ann.cohesion - sqrtf(0.5f)) < 1e-6f);
    assert_int_equal(hr_gallery_find(gallery, "ann"), 0);
    hr_gallery_free(gallery);
}

static void the_better_model_is_compared(void **state)
{
    (void)state;
    const float best[FAKE_SIZE] = {1}, lesser[FAKE_LESSER_SIZE] = {[1] = 1};
    /* Whichever comes first. */
    for (int order = 0; order < 2; order++) {
        struct hr_gallery *gallery = open_gallery(true);
        add(gallery, "ann", order ? "lesser-1" : "best-1", order ? lesser : best);
        add(gallery, "ann", order ? "best-1" : "lesser-1", order ? best : lesser);
        add(gallery, "bob", "lesser-1", lesser);
        close_gallery(gallery);
        assert_int_equal(hr_gallery_layout(gallery)->count, 2);
        assert_string_equal(hr_gallery_student(gallery, 0).part->model_id, "best-1");
        assert_int_equal(hr_gallery_student(gallery, 0).vectors, 1);
        assert_string_equal(hr_gallery_student(gallery, 1).part->model_id, "lesser-1");

        /* By scores: 0.5 of the better model (5) is more than 0.95 of the other (3). */
        float probe[FAKE_SIZE + FAKE_LESSER_SIZE] = {[0] = 0.5f, [FAKE_SIZE + 1] = 0.95f};
        struct hr_match matches[2];
        hr_gallery_search(gallery, probe, matches, 2);
        assert_int_equal(matches[0].student, 0);
        assert_int_equal(matches[1].student, 1);
        assert_true(fabsf(matches[1].score - 3) < 1e-4f);
        hr_gallery_free(gallery);
    }
}

static void models_that_nobody_needs_are_not_asked_for(void **state)
{
    (void)state;
    struct hr_gallery *gallery = open_gallery(true);
    const float lesser[FAKE_LESSER_SIZE] = {[1] = 1};
    add(gallery, "bob", "lesser-1", lesser);
    close_gallery(gallery);
    assert_int_equal(hr_gallery_layout(gallery)->count, 1);
    assert_int_equal(hr_gallery_layout(gallery)->size, FAKE_LESSER_SIZE);
    assert_int_equal(hr_gallery_layout(gallery)->parts[0].first, 0);
    struct hr_match match;
    hr_gallery_search(gallery, lesser, &match, 1);
    assert_true(fabsf(match.similarity - 1) < 1e-6f);
    hr_gallery_free(gallery);
}

static void how_alike_students_are_is_measured(void **state)
{
    (void)state;
    struct hr_gallery *gallery = open_gallery(false);
    const float a[FAKE_SIZE] = {1}, b[FAKE_SIZE] = {[0] = 0.6f, [1] = 0.8f}, c[FAKE_SIZE] = {[2] = 1};
    add(gallery, "a", "best-1", a);
    add(gallery, "b", "best-1", b);
    add(gallery, "c", "best-1", c);
    close_gallery(gallery);
    struct hr_gallery_likeness likeness = hr_gallery_likeness(gallery); /* scores 6, 0, 0 */
    assert_int_equal(likeness.students, 3);
    assert_int_equal(likeness.pairs, 3);
    assert_true(fabs(likeness.mean - 2) < 1e-5);
    assert_true(fabs(likeness.deviation - sqrt(8)) < 1e-5);
    hr_gallery_free(gallery);
}

static void zeros_are_vectors_too(void **state)
{
    (void)state;
    struct hr_gallery *gallery = open_gallery(false);
    float zeros[FAKE_SIZE] = {0}, probe[FAKE_SIZE] = {[3] = 1};
    struct hr_match match;
    add(gallery, "a", "best-1", zeros);
    close_gallery(gallery);
    hr_gallery_search(gallery, probe, &match, 1);
    assert_int_equal(match.student, 0);
    assert_true(match.similarity == 0);
    hr_gallery_free(gallery);
}

static void foreign_and_broken_vectors_are_refused(void **state)
{
    (void)state;
    struct hr_gallery *gallery = open_gallery(false);
    struct hr_error error;
    float vector[FAKE_SIZE] = {1};
    assert_int_equal(fake_add(gallery, "a", "lesser-1", vector, &error), HR_ERR_MODEL);
    assert_non_null(strstr(error.text, "lesser-1"));
    struct hr_gallery_vector wrong = {
        .student_id = "a", .model_id = "best-1", .numbers = vector, .size = FAKE_SIZE - 1};
    assert_int_equal(hr_gallery_add(gallery, &wrong, &error), HR_ERR_FORMAT);
    assert_non_null(strstr(error.text, "31 numbers"));
    vector[31] = NAN;
    assert_int_equal(fake_add(gallery, "a", "best-1", vector, &error), HR_ERR_FORMAT);
    vector[31] = INFINITY;
    assert_int_equal(fake_add(gallery, "a", "best-1", vector, &error), HR_ERR_FORMAT);
    assert_int_equal(hr_gallery_vectors(gallery), 0);
    assert_int_equal(hr_gallery_students(gallery), 0);
    hr_gallery_free(gallery);
}

static void rarity_is_the_tail_of_the_normal_distribution(void **state)
{
    (void)state;
    assert_true(fabs(hr_rarity(0) - log10(2)) < 1e-12);
    assert_true(fabs(hr_rarity(3.090232) - 3) < 1e-5);
    assert_true(fabs(hr_rarity(4.264891) - 5) < 1e-5);
    for (double rarity = 0.5; rarity < 20; rarity += 0.7)
        assert_true(fabs(hr_rarity(hr_score_of_rarity(rarity)) - rarity) < 1e-6);
}

static void holds_no_more_than_its_limits(void **state)
{
    (void)state;
    struct hr_gallery *gallery = open_gallery(true);
    struct hr_error error;
    const float vector[FAKE_SIZE] = {1};
    char id[16];
    for (int i = 0; i < HR_LIMIT_STUDENTS; i++) {
        snprintf(id, sizeof id, "%d", i);
        if (fake_add(gallery, id, "lesser-1", vector, &error) != HR_OK)
            fail_msg("student %d: %s", i, error.text);
    }
    assert_int_equal(hr_gallery_students(gallery), HR_LIMIT_STUDENTS);
    assert_int_equal(hr_gallery_vectors(gallery), HR_LIMIT_GALLERY_VECTORS);
    assert_int_equal(fake_add(gallery, "one more", "lesser-1", vector, &error), HR_ERR_LIMIT);
    assert_non_null(strstr(error.text, "at most 1000000 students"));
    assert_int_equal(fake_add(gallery, "7", "lesser-1", vector, &error), HR_ERR_LIMIT);
    assert_non_null(strstr(error.text, "at most 1000000 face vectors"));
    hr_gallery_free(gallery);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_gallery_knows_nobody),
        cmocka_unit_test(its_vectors_are_in_no_core_file_and_no_fork),
        cmocka_unit_test(finds_what_a_plain_search_finds),
        cmocka_unit_test(a_template_is_the_mean_of_directions),
        cmocka_unit_test(the_better_model_is_compared),
        cmocka_unit_test(models_that_nobody_needs_are_not_asked_for),
        cmocka_unit_test(how_alike_students_are_is_measured),
        cmocka_unit_test(zeros_are_vectors_too),
        cmocka_unit_test(foreign_and_broken_vectors_are_refused),
        cmocka_unit_test(rarity_is_the_tail_of_the_normal_distribution),
        cmocka_unit_test(holds_no_more_than_its_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
