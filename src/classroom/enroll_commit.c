/* Committing: what was judged good goes into the database, all of it or nothing. */
#include "classroom/enroll_plan.h"
#include "records/audit.h"
#include "records/consent.h"

static enum hr_status add_vectors(const struct hr_enrolment *plan, const struct hr_enroll_item *item,
                                  const struct hr_vector_part *part, struct hr_error *error)
{
    struct hr_database *database = plan->snapshot->database;
    bool there = false;
    enum hr_status status =
        hr_database_has_face(database, item->student_id, part->model_id, item->sha256, &there, error);
    for (size_t i = 0; status == HR_OK && !there && i < item->count; i++) {
        const float *numbers = item->vectors + i * plan->layout->size + part->first;
        struct hr_face_record record = {.student_id = item->student_id,
                                        .model_id = part->model_id,
                                        .vector = hr_view_of(numbers, part->model->vector_size * sizeof *numbers),
                                        .origin = item->origin,
                                        .origin_sha256 = item->sha256,
                                        .created_us = hr_clock_wall_now_us(),
                                        .quality = item->quality,
                                        .face_px = item->face_px,
                                        .verdict = item->word};
        status = hr_database_add_face(database, &record, error);
    }
    return status;
}

static enum hr_status write_plan(struct hr_enrolment *plan, struct hr_error *error)
{
    struct hr_database *database = plan->snapshot->database;
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < plan->count; i++) {
        const struct hr_enroll_item *item = &plan->items[i];
        if (!item->pending)
            continue;
        status = hr_database_ensure_student(database, item->student_id, NULL, error);
        if (status == HR_OK)
            status = hr_database_take_consent(database, item->student_id, error);
        for (size_t k = 0; status == HR_OK && k < plan->layout->count; k++)
            status = add_vectors(plan, item, &plan->layout->parts[k], error);
        if (status == HR_OK)
            status = hr_database_note(database, "enrol", item->student_id, item->count, error);
    }
    return status;
}

static bool anything_to_write(const struct hr_enrolment *plan)
{
    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i].pending)
            return true;
    return false;
}

enum hr_status hr_enrolment_commit(struct hr_enrolment *plan, struct hr_error *error)
{
    struct hr_database *database = plan->snapshot->database;
    if (!anything_to_write(plan))
        return HR_OK;
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = write_plan(plan, error);
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status != HR_OK) {
        hr_database_rollback(database);
        return status;
    }
    for (size_t i = 0; i < plan->count; i++) {
        struct hr_enroll_item *item = &plan->items[i];
        if (item->pending)
            item->outcome.views = item->count;
    }
    /* What was outvoted goes last: it is the one step that cannot be taken back. */
    for (size_t i = 0; status == HR_OK && i < hr_enrolment_outvoted_count(plan); i++) {
        struct hr_enroll_outvoted outvoted = hr_enrolment_outvoted(plan, i);
        status = hr_database_forget_photo(database, outvoted.student_id, outvoted.origin, NULL, error);
        if (status == HR_ERR_NOT_FOUND) /* several vectors of one photo: the first took all */
            status = HR_OK;
    }
    return status;
}
