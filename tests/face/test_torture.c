/* Gallery, assignment and decision when memory runs out. */
#include "support/check.h"

#include <stdio.h>

#include "face/assign.h"
#include "face/decide.h"
#include "fake_models.h"
#include "support/torture.h"

static enum hr_status fill_gallery(struct hr_gallery **out, struct hr_error *error)
{
    struct hr_vector_layout layout = fake_layout(true);
    enum hr_status status = hr_gallery_new(out, &layout, error);
    for (int i = 0; status == HR_OK && i < 70; i++) { /* past the first size of every table */
        float vector[FAKE_SIZE] = {[0] = 1, [1] = (float)i / 20};
        char id[16];
        snprintf(id, sizeof id, "%d", i);
        status = fake_add(*out, id, i % 2 ? "best-1" : "lesser-1", vector, error);
        if (status == HR_OK && i % 7 == 0) /* from the lesser model to the better one */
            status = fake_add(*out, id, "best-1", vector, error);
    }
    return status == HR_OK ? hr_gallery_close(*out, error) : status;
}

static enum hr_status make_gallery(void *context, struct hr_error *error)
{
    (void)context;
    struct hr_gallery *gallery = NULL;
    enum hr_status status = fill_gallery(&gallery, error);
    hr_gallery_free(gallery);
    return status;
}

static enum hr_status assign(void *context, struct hr_error *error)
{
    (void)context;
    const float cost[] = {1, 2, 3, 1, 5, 2};
    size_t chosen[2];
    return hr_assign((struct hr_assign_size){2, 3}, cost, 4, chosen, error);
}

/* Two groups: one where all overlap, one where tracks come and go. */
static enum hr_status decide(void *context, struct hr_error *error)
{
    (void)context;
    struct hr_gallery *gallery = NULL;
    enum hr_status status = fill_gallery(&gallery, error);
    static const struct {
        int64_t first_us, last_us;
        float place;
    } seen[] = {{0, 9, 1.1f}, {1, 5, 1.2f}, {20, 30, 7.1f}, {25, 40, 7.2f}, {35, 50, 7.3f}};
    enum { TRACKS = sizeof seen / sizeof seen[0] };
    struct hr_track tracks[TRACKS];
    const struct hr_track *each[TRACKS];
    struct hr_decision out[TRACKS];
    float vectors[TRACKS][FAKE_SIZE + FAKE_LESSER_SIZE] = {{0}};
    for (int i = 0; i < TRACKS; i++) {
        tracks[i] =
            (struct hr_track){.first_us = seen[i].first_us, .last_us = seen[i].last_us, .sightings = 1, .views = 1};
        vectors[i][0] = 0.7f;
        vectors[i][1] = 0.7f * seen[i].place / 7;
        tracks[i].vector = vectors[i];
        each[i] = &tracks[i];
    }
    struct hr_decide_options options = hr_decide_options_default();
    if (status == HR_OK)
        status = hr_decide_each(each, TRACKS, gallery, &options, out, error);
    hr_gallery_free(gallery);
    return status;
}

static void a_gallery_without_memory(void **state)
{
    (void)state;
    torture(make_gallery, NULL);
}

static void an_assignment_without_memory(void **state)
{
    (void)state;
    torture(assign, NULL);
}

static void a_decision_without_memory(void **state)
{
    (void)state;
    torture(decide, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gallery_without_memory),
        cmocka_unit_test(an_assignment_without_memory),
        cmocka_unit_test(a_decision_without_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
