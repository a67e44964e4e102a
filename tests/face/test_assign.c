/* The assignment problem against trying everything. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <cmocka.h>

#include "face/assign.h"
#include "random.h"

enum { SIDE_MAX = 6 };

static double best_of_all(struct hr_assign_size size, const float *cost, float alone, size_t row, unsigned taken)
{
    if (row == size.rows)
        return 0;
    double best = (double)alone + best_of_all(size, cost, alone, row + 1, taken);
    for (size_t column = 0; column < size.columns; column++) {
        float here = cost[row * size.columns + column];
        if (taken & 1u << column || !isfinite(here))
            continue;
        double sum = (double)here + best_of_all(size, cost, alone, row + 1, taken | 1u << column);
        best = sum < best ? sum : best;
    }
    return best;
}

static double cost_of_choice(struct hr_assign_size size, const float *cost, float alone, const size_t *chosen)
{
    unsigned taken = 0;
    double sum = 0;
    for (size_t row = 0; row < size.rows; row++) {
        if (chosen[row] == SIZE_MAX) {
            sum += (double)alone;
            continue;
        }
        assert_true(chosen[row] < size.columns);
        assert_false(taken & 1u << chosen[row]);
        taken |= 1u << chosen[row];
        assert_true(isfinite(cost[row * size.columns + chosen[row]]));
        sum += (double)cost[row * size.columns + chosen[row]];
    }
    return sum;
}

static void is_as_cheap_as_trying_everything(void **state)
{
    (void)state;
    uint64_t seed = 20;
    for (int round = 0; round < 3000; round++) {
        struct hr_assign_size size = {.rows = random_next(&seed) % SIDE_MAX, .columns = random_next(&seed) % SIDE_MAX};
        float cost[SIDE_MAX * SIDE_MAX];
        for (size_t i = 0; i < size.rows * size.columns; i++)
            cost[i] = random_next(&seed) % 4 == 0 ? INFINITY : random_unit(&seed);
        float alone = random_unit(&seed) * 1.2f;
        size_t chosen[SIDE_MAX];
        struct hr_error error;
        assert_int_equal(hr_assign(size, cost, alone, chosen, &error), HR_OK);
        double best = best_of_all(size, cost, alone, 0, 0);
        assert_true(fabs(cost_of_choice(size, cost, alone, chosen) - best) < 1e-5);
    }
}

static void nobody_to_assign_is_no_error(void **state)
{
    (void)state;
    struct hr_error error;
    assert_int_equal(hr_assign((struct hr_assign_size){0, 0}, NULL, 1, NULL, &error), HR_OK);
    size_t chosen[2] = {7, 7};
    assert_int_equal(hr_assign((struct hr_assign_size){2, 0}, NULL, 1, chosen, &error), HR_OK);
    assert_true(chosen[0] == SIZE_MAX && chosen[1] == SIZE_MAX);
}

static void a_full_lecture_hall_is_assigned(void **state)
{
    (void)state;
    enum { MANY = 400 };
    uint64_t seed = 4;
    float *cost = malloc(sizeof(float) * MANY * MANY);
    size_t *chosen = malloc(sizeof(size_t) * MANY);
    /* Everybody's own place is cheapest by far. */
    for (size_t i = 0; i < MANY * MANY; i++)
        cost[i] = 1 + random_unit(&seed);
    for (size_t i = 0; i < MANY; i++)
        cost[i * MANY + (i * 7 + 3) % MANY] = 0.1f;
    struct hr_error error;
    assert_int_equal(hr_assign((struct hr_assign_size){MANY, MANY}, cost, 5, chosen, &error), HR_OK);
    for (size_t i = 0; i < MANY; i++)
        assert_int_equal(chosen[i], (i * 7 + 3) % MANY);
    free(cost);
    free(chosen);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_as_cheap_as_trying_everything),
        cmocka_unit_test(nobody_to_assign_is_no_error),
        cmocka_unit_test(a_full_lecture_hall_is_assigned),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
