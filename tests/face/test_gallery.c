/* Exact search over several vectors per student. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "face/gallery.h"
#include "random.h"

static void random_vector(uint64_t *seed, float *vector)
{
    for (size_t k = 0; k < HR_EMBEDDING_SIZE; k++)
        vector[k] = (random_unit(seed) - 0.5f) * 0.4f;
}

static double distance_in_double(const float *a, const float *b)
{
    double sum = 0;
    for (size_t k = 0; k < HR_EMBEDDING_SIZE; k++)
        sum += ((double)a[k] - (double)b[k]) * ((double)a[k] - (double)b[k]);
    return sqrt(sum);
}

static void an_empty_gallery_knows_nobody(void **state)
{
    (void)state;
    struct hr_gallery *gallery;
    struct hr_error error;
    assert_int_equal(hr_gallery_new(&gallery, "m", &error), HR_OK);
    float probe[HR_EMBEDDING_SIZE] = {0};
    struct hr_match_pair pair = hr_gallery_nearest(gallery, probe);
    assert_true(pair.best.student == SIZE_MAX && pair.runner_up.student == SIZE_MAX);
    assert_true(isinf(pair.best.distance) && isinf(pair.runner_up.distance));
    assert_int_equal(hr_gallery_students(gallery), 0);
    assert_string_equal(hr_gallery_model(gallery), "m");
    hr_gallery_free(gallery);
}

static void finds_what_a_plain_search_finds(void **state)
{
    (void)state;
    enum { VECTORS = 3000, STUDENTS = 700 };
    struct hr_gallery *gallery;
    struct hr_error error;
    uint64_t seed = 9;
    float(*vectors)[HR_EMBEDDING_SIZE] = malloc(sizeof(float[VECTORS][HR_EMBEDDING_SIZE]));
    size_t *owners = malloc(VECTORS * sizeof *owners);
    assert_int_equal(hr_gallery_new(&gallery, "m", &error), HR_OK);
    for (size_t i = 0; i < VECTORS; i++) {
        char id[32];
        owners[i] = i < STUDENTS ? i : random_next(&seed) % STUDENTS;
        snprintf(id, sizeof id, "student %zu", owners[i]);
        random_vector(&seed, vectors[i]);
        assert_int_equal(hr_gallery_add(gallery, id, "m", vectors[i], &error), HR_OK);
    }
    assert_int_equal(hr_gallery_students(gallery), STUDENTS);
    assert_int_equal(hr_gallery_vectors(gallery), VECTORS);

    struct hr_match *all = malloc((STUDENTS + 3) * sizeof *all);
    for (int round = 0; round < 30; round++) {
        float probe[HR_EMBEDDING_SIZE];
        random_vector(&seed, probe);
        double nearest[STUDENTS];
        for (size_t s = 0; s < STUDENTS; s++)
            nearest[s] = INFINITY;
        for (size_t i = 0; i < VECTORS; i++)
            nearest[owners[i]] = fmin(nearest[owners[i]], distance_in_double(probe, vectors[i]));
        size_t best = 0, second = SIZE_MAX;
        for (size_t s = 1; s < STUDENTS; s++)
            if (nearest[s] < nearest[best])
                best = s;
        for (size_t s = 0; s < STUDENTS; s++)
            if (s != best && (second == SIZE_MAX || nearest[s] < nearest[second]))
                second = s;
        struct hr_match_pair pair = hr_gallery_nearest(gallery, probe);
        assert_int_equal(pair.best.student, best);
        assert_int_equal(pair.runner_up.student, second);
        assert_true(fabs((double)pair.best.distance - nearest[best]) < 1e-5);
        assert_true(fabs((double)pair.runner_up.distance - nearest[second]) < 1e-5);
        /* The same with the whole list, and with three places too many. */
        hr_gallery_search(gallery, probe, all, STUDENTS + 3);
        for (size_t s = 0; s < STUDENTS; s++) {
            assert_true(fabs((double)all[s].distance - nearest[all[s].student]) < 1e-5);
            assert_true(s == 0 || all[s - 1].distance <= all[s].distance);
            nearest[all[s].student] = NAN; /* nobody twice */
        }
        for (size_t s = STUDENTS; s < STUDENTS + 3; s++)
            assert_int_equal(all[s].student, SIZE_MAX);
    }
    free(all);
    free(vectors);
    free(owners);
    hr_gallery_free(gallery);
}

static void the_runner_up_is_another_student(void **state)
{
    (void)state;
    struct hr_gallery *gallery;
    struct hr_error error;
    float at[HR_EMBEDDING_SIZE] = {0};
    assert_int_equal(hr_gallery_new(&gallery, "m", &error), HR_OK);
    const float places[] = {0.1f, 0.2f, 0.3f, 0.15f};
    const char *ids[] = {"a", "a", "b", "a"};
    for (int i = 0; i < 4; i++) {
        at[5] = places[i];
        assert_int_equal(hr_gallery_add(gallery, ids[i], "m", at, &error), HR_OK);
    }
    at[5] = 0;
    struct hr_match_pair pair = hr_gallery_nearest(gallery, at);
    assert_string_equal(hr_gallery_student(gallery, pair.best.student), "a");
    assert_string_equal(hr_gallery_student(gallery, pair.runner_up.student), "b");
    assert_true(fabsf(pair.best.distance - 0.1f) < 1e-6f);
    assert_true(fabsf(pair.runner_up.distance - 0.3f) < 1e-6f);
    hr_gallery_free(gallery);
}

/* Coarse codes follow the largest number so far: whatever the order of adding, nothing is lost. */
static void vectors_of_all_sizes_are_found(void **state)
{
    (void)state;
    struct hr_gallery *gallery;
    struct hr_error error;
    uint64_t seed = 31;
    enum { VECTORS = 200 };
    float vectors[VECTORS][HR_EMBEDDING_SIZE];
    assert_int_equal(hr_gallery_new(&gallery, "m", &error), HR_OK);
    for (int i = 0; i < VECTORS; i++) {
        char id[16];
        float scale = powf(10, (float)(i % 7) - 3);
        random_vector(&seed, vectors[i]);
        for (size_t k = 0; k < HR_EMBEDDING_SIZE; k++)
            vectors[i][k] *= scale;
        snprintf(id, sizeof id, "%d", i);
        assert_int_equal(hr_gallery_add(gallery, id, "m", vectors[i], &error), HR_OK);
    }
    for (int i = 0; i < VECTORS; i++) {
        struct hr_match_pair pair = hr_gallery_nearest(gallery, vectors[i]);
        assert_int_equal(pair.best.student, i);
        assert_true(pair.best.distance == 0);
        double second = INFINITY;
        for (int j = 0; j < VECTORS; j++)
            if (j != i)
                second = fmin(second, distance_in_double(vectors[i], vectors[j]));
        assert_true(fabs((double)pair.runner_up.distance - second) < 1e-5 * (1 + second));
    }
    hr_gallery_free(gallery);
}

static void zeros_are_vectors_too(void **state)
{
    (void)state;
    struct hr_gallery *gallery;
    struct hr_error error;
    float zeros[HR_EMBEDDING_SIZE] = {0}, probe[HR_EMBEDDING_SIZE] = {[3] = 0.25f};
    assert_int_equal(hr_gallery_new(&gallery, "m", &error), HR_OK);
    assert_int_equal(hr_gallery_add(gallery, "a", "m", zeros, &error), HR_OK);
    assert_true(fabsf(hr_gallery_nearest(gallery, probe).best.distance - 0.25f) < 1e-6f);
    hr_gallery_free(gallery);
}

static void foreign_and_broken_vectors_are_refused(void **state)
{
    (void)state;
    struct hr_gallery *gallery;
    struct hr_error error;
    float vector[HR_EMBEDDING_SIZE] = {0};
    assert_int_equal(hr_gallery_new(&gallery, "dlib-resnet-1", &error), HR_OK);
    assert_int_equal(hr_gallery_add(gallery, "a", "sface-1", vector, &error), HR_ERR_MODEL);
    assert_non_null(strstr(error.text, "sface-1"));
    vector[127] = NAN;
    assert_int_equal(hr_gallery_add(gallery, "a", "dlib-resnet-1", vector, &error), HR_ERR_FORMAT);
    vector[127] = INFINITY;
    assert_int_equal(hr_gallery_add(gallery, "a", "dlib-resnet-1", vector, &error), HR_ERR_FORMAT);
    assert_int_equal(hr_gallery_vectors(gallery), 0);
    hr_gallery_free(gallery);
}

static void near_vectors_keep_their_precision(void **state)
{
    (void)state;
    uint64_t seed = 3;
    float a[HR_EMBEDDING_SIZE], b[HR_EMBEDDING_SIZE];
    random_vector(&seed, a);
    memcpy(b, a, sizeof a);
    b[17] += 1e-4f;
    double exact = fabs((double)b[17] - (double)a[17]);
    assert_true(fabs((double)hr_distance(a, b) - exact) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_empty_gallery_knows_nobody),
        cmocka_unit_test(finds_what_a_plain_search_finds),
        cmocka_unit_test(the_runner_up_is_another_student),
        cmocka_unit_test(vectors_of_all_sizes_are_found),
        cmocka_unit_test(zeros_are_vectors_too),
        cmocka_unit_test(foreign_and_broken_vectors_are_refused),
        cmocka_unit_test(near_vectors_keep_their_precision),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
