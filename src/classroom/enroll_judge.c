/* Judging: what the views of one call say about each other and about what is enrolled.
 *
 * Two views agree when they are more alike than all but one pair of strangers in a hundred. Views that hang together
 * by agreement are one person; of several such groups the largest is the student, and what was enrolled before decides
 * between equals. A new student then must not look like another one. */
#include "classroom/enroll_plan.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

/* In standard deviations of strangers, see hr_vector_score. One pair of strangers in 100 agrees; of two photos of one
 * person, 1 in 30 to 1 in 300 pairs does not. */
static const float agree_score = 2.33f;
/* Two students are looked at as one person from here on (one pair of strangers in 10,000), unless their own photos
 * are more alike by `gap`, or the class's students are so alike anyway: mean and three deviations. */
static const double lookalike_score = 3.72, lookalike_gap = 1.0, lookalike_crowd = 3.0;
enum { CROWD_PAIRS_MIN = 10 };
/* The same picture saved twice: so much of what two photos of one person differ by. */
static const float same_picture_share = 0.03f;

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory to judge an enrolment");
}

/* --- who is offered something --- */

static size_t student_of(const struct hr_enrolment *plan, const char *id)
{
    for (size_t i = 0; i < plan->student_count; i++)
        if (strcmp(plan->students[i].id, id) == 0)
            return i;
    return SIZE_MAX;
}

static enum hr_status gather_students(struct hr_enrolment *plan, struct hr_error *error)
{
    plan->students = calloc(plan->count + 1, sizeof *plan->students);
    if (plan->students == NULL)
        return no_memory(error);
    for (size_t i = 0; i < plan->count; i++) {
        const char *id = plan->items[i].student_id;
        if (plan->items[i].pending && student_of(plan, id) == SIZE_MAX)
            plan->students[plan->student_count++] =
                (struct hr_enroll_student){.id = id, .gallery = hr_gallery_find(plan->snapshot->gallery, id)};
    }
    return HR_OK;
}

struct gathering {
    struct hr_enrolment *plan;
    size_t student;
    int64_t from_us; /* records from before that are kept no longer */
};

static enum hr_status keep_record(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    struct gathering *gathering = context;
    struct hr_enrolment *plan = gathering->plan;
    const struct hr_vector_part *part = hr_vector_part_of(plan->layout, record->model_id);
    if (part == NULL || record->vector.size != part->model->vector_size * sizeof(float))
        return HR_OK; /* nothing here can be compared with it */
    if (record->created_us < gathering->from_us)
        return HR_OK; /* too old to be compared with */
    if (plan->record_count == plan->record_capacity) {
        size_t capacity = plan->record_capacity > 0 ? 2 * plan->record_capacity : 16;
        struct hr_enroll_record *records = reallocarray(plan->records, capacity, sizeof *records);
        if (records == NULL)
            return no_memory(error);
        plan->records = records;
        plan->record_capacity = capacity;
    }
    struct hr_enroll_record *kept = &plan->records[plan->record_count];
    *kept = (struct hr_enroll_record){.student = gathering->student,
                                      .part = (size_t)(part - plan->layout->parts),
                                      .origin = strdup(record->origin),
                                      .numbers = malloc(record->vector.size)};
    if (kept->origin == NULL || kept->numbers == NULL) {
        free(kept->origin);
        free(kept->numbers);
        return no_memory(error);
    }
    memcpy(kept->numbers, record->vector.data, record->vector.size);
    hr_vector_normalise(kept->numbers, part->model->vector_size);
    snprintf(kept->sha256, sizeof kept->sha256, "%s", record->origin_sha256);
    /* Not known, as of an imported vector: large enough. */
    double px = record->face_px > 0 ? record->face_px : HR_ENROLL_FACE_GOOD_PX;
    struct hr_enroll_student *student = &plan->students[gathering->student];
    student->best_px = fmax(student->best_px, px);
    plan->record_count++;
    return HR_OK;
}

static enum hr_status gather_records(struct hr_enrolment *plan, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    int64_t from_us = hr_keeping_from_us(&plan->snapshot->keeping, HR_KEPT_FACES);
    for (size_t i = 0; status == HR_OK && i < plan->student_count; i++) {
        struct gathering gathering = {.plan = plan, .student = i, .from_us = from_us};
        status =
            hr_database_each_face_of(plan->snapshot->database, plan->students[i].id, keep_record, &gathering, error);
    }
    return status;
}

/* --- views of one student --- */

/* A view to compare: an item that is pending, or a record. */
struct view {
    struct hr_enroll_item *item;
    struct hr_enroll_record *record;
    size_t group;
};

/* The score of two views in the best model that both have; NAN when there is none. */
static float score_of(const struct hr_enrolment *plan, const struct view *a, const struct view *b)
{
    for (size_t i = 0; i < plan->layout->count; i++) {
        const struct hr_vector_part *part = &plan->layout->parts[i];
        if ((a->record != NULL && a->record->part != i) || (b->record != NULL && b->record->part != i))
            continue;
        const float *x = a->record != NULL ? a->record->numbers : a->item->mean + part->first;
        const float *y = b->record != NULL ? b->record->numbers : b->item->mean + part->first;
        return hr_vector_score(part->model, hr_vector_cosine(x, y, part->model->vector_size));
    }
    return NAN;
}

static size_t views_of(struct hr_enrolment *plan, size_t student, struct view *views)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->record_count; i++)
        if (plan->records[i].student == student)
            views[count] = (struct view){.record = &plan->records[i], .group = count}, count++;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->items[i].pending && strcmp(plan->items[i].student_id, plan->students[student].id) == 0)
            views[count] = (struct view){.item = &plan->items[i], .group = count}, count++;
    return count;
}

/* A group has the number of its first view. */
static void join(struct view *views, size_t count, size_t a, size_t b)
{
    size_t x = views[a].group, y = views[b].group;
    size_t from = x > y ? x : y, to = x > y ? y : x;
    for (size_t i = 0; i < count; i++)
        if (views[i].group == from)
            views[i].group = to;
}

/* The same picture in other bytes: the one that was there first stays, of new ones the first. */
static void find_duplicates(const struct hr_enrolment *plan, struct view *views, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < i && views[i].item != NULL && views[i].item->pending; j++) {
            /* Enrolled when only a lesser model was here: the better vector is still wanted. */
            if ((views[j].item != NULL && !views[j].item->pending) ||
                (views[j].record != NULL && views[j].record->part != 0))
                continue;
            size_t part = views[j].record != NULL ? views[j].record->part : 0;
            const struct hr_model_face *model = plan->layout->parts[part].model;
            float cosine = score_of(plan, &views[i], &views[j]) * model->stranger_deviation + model->stranger_mean;
            if (!(1 - cosine < same_picture_share * (1 - model->same_mean)))
                continue;
            const char *origin = views[j].record != NULL ? views[j].record->origin : views[j].item->origin;
            views[i].item->pending = false;
            hr_enroll_say(&views[i].item->outcome, HR_ENROLL_DUPLICATE, "the same picture as '%s'", origin);
        }
    }
}

struct group {
    size_t views;  /* distinct photos, not records: one photo may have vectors of several models */
    bool enrolled; /* one of them was there before */
};

static bool same_origin(const struct view *a, const struct view *b)
{
    return a->record != NULL && b->record != NULL && a->record->sha256[0] != '\0' &&
           strcmp(a->record->sha256, b->record->sha256) == 0;
}

static struct group weigh(const struct view *views, size_t count, size_t group)
{
    struct group weighed = {0};
    for (size_t i = 0; i < count; i++) {
        if (views[i].group != group || (views[i].item != NULL && !views[i].item->pending))
            continue;
        bool counted = false;
        for (size_t j = 0; j < i; j++)
            counted |= views[j].group == group && same_origin(&views[i], &views[j]);
        weighed.views += !counted;
        weighed.enrolled |= views[i].record != NULL;
    }
    return weighed;
}

/* The group that is the student; SIZE_MAX when nobody can know. */
static size_t main_group(const struct view *views, size_t count)
{
    size_t best = SIZE_MAX;
    struct group best_weight = {0};
    bool tie = false;
    for (size_t i = 0; i < count; i++) {
        if (views[i].group != i)
            continue;
        struct group weight = weigh(views, count, i);
        bool equal = weight.views == best_weight.views && weight.enrolled == best_weight.enrolled;
        if (weight.views > best_weight.views ||
            (weight.views == best_weight.views && weight.enrolled && !best_weight.enrolled)) {
            best = i;
            best_weight = weight;
            tie = false;
        } else if (equal && weight.views > 0) {
            tie = true;
        }
    }
    return tie ? SIZE_MAX : best;
}

static const char *origin_of(const struct view *view)
{
    return view->record != NULL ? view->record->origin : view->item->origin;
}

/* A few of the group's origins, for a text. */
static void list_origins(const struct view *views, size_t count, size_t group, char *out, size_t size)
{
    enum { SHOWN = 3 };
    size_t shown = 0, length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < count && length < size; i++) {
        bool again = false;
        for (size_t j = 0; j < i; j++)
            again |= views[j].group == group && strcmp(origin_of(&views[i]), origin_of(&views[j])) == 0;
        if (views[i].group != group || again || (views[i].item != NULL && !views[i].item->pending))
            continue;
        if (shown == SHOWN) {
            snprintf(out + length, size - length, " and others");
            return;
        }
        length +=
            (size_t)snprintf(out + length, size - length, "%s'%.80s'", shown > 0 ? ", " : "", origin_of(&views[i]));
        shown++;
    }
}

/* Whether the view looks like somebody else who is enrolled, or offered in this call. */
static const char *somebody_else(const struct hr_enrolment *plan, const struct hr_enroll_item *item)
{
    const struct hr_gallery *gallery = plan->snapshot->gallery;
    for (size_t i = 0; i < hr_gallery_students(gallery); i++) {
        struct hr_gallery_student student = hr_gallery_student(gallery, i);
        const struct hr_vector_part *part = hr_vector_part_of(plan->layout, student.part->model_id);
        float cosine = hr_vector_cosine(item->mean + part->first, student.template, part->model->vector_size);
        if (strcmp(student.id, item->student_id) != 0 &&
            (double)hr_vector_score(part->model, cosine) >= lookalike_score)
            return student.id;
    }
    for (size_t i = 0; i < plan->count; i++) {
        const struct hr_enroll_item *other = &plan->items[i];
        const struct hr_vector_part *part = &plan->layout->parts[0];
        if (other->pending && strcmp(other->student_id, item->student_id) != 0 &&
            (double)hr_vector_score(part->model, hr_vector_cosine(item->mean, other->mean, part->model->vector_size)) >=
                lookalike_score)
            return other->student_id;
    }
    return NULL;
}

static void refuse_odd_one(const struct hr_enrolment *plan, struct hr_enroll_item *item, const char *others,
                           const struct group *winner)
{
    const char *somebody = somebody_else(plan, item);
    item->pending = false;
    if (somebody == NULL) {
        const char *hint = winner->views == 1 && winner->enrolled
                               ? "; if that one is wrong, 'homeroom forget ID --photo NAME' removes it"
                               : "";
        hr_enroll_say(&item->outcome, HR_ENROLL_DISAGREES, "does not show the same person as %s%s", others, hint);
        return;
    }
    snprintf(item->outcome.lookalike_id, sizeof item->outcome.lookalike_id, "%s", somebody);
    hr_enroll_say(&item->outcome, HR_ENROLL_LOOKS_LIKE, "looks like student %s, and not like %s of student %s",
                  somebody, others, item->student_id);
}

static void settle_groups(const struct hr_enrolment *plan, struct view *views, size_t count)
{
    size_t winner = main_group(views, count);
    struct group weight = {0};
    char others[320];
    if (winner != SIZE_MAX) {
        weight = weigh(views, count, winner);
        list_origins(views, count, winner, others, sizeof others);
    }
    for (size_t i = 0; i < count; i++) {
        struct view *view = &views[i];
        if (view->group == winner)
            continue;
        /* What disagreed before is left alone, and so is what only a lesser model can compare. */
        if (view->record != NULL && winner != SIZE_MAX && !weight.enrolled && view->record->part == 0)
            view->record->outvoted = true;
        if (view->item == NULL || !view->item->pending)
            continue;
        if (winner != SIZE_MAX)
            refuse_odd_one(plan, view->item, others, &weight);
    }
    if (winner != SIZE_MAX)
        return;
    /* Nobody can know which of them is the student: what is new stays out. */
    for (size_t i = 0; i < count; i++) {
        if (views[i].item == NULL || !views[i].item->pending)
            continue;
        size_t other = 0;
        while (views[other].group == views[i].group)
            other++;
        hr_enroll_say(&views[i].item->outcome, HR_ENROLL_DISAGREES,
                      "does not show the same person as '%s', and which of them student %s is cannot "
                      "be told: offer one more photo",
                      origin_of(&views[other]), views[i].item->student_id);
    }
    for (size_t i = 0; i < count; i++)
        if (views[i].item != NULL && views[i].item->outcome.verdict == HR_ENROLL_DISAGREES)
            views[i].item->pending = false;
}

static enum hr_status judge_student(struct hr_enrolment *plan, size_t student, struct hr_error *error)
{
    struct view *views = calloc(plan->record_count + plan->count + 1, sizeof *views);
    if (views == NULL)
        return no_memory(error);
    size_t count = views_of(plan, student, views);
    find_duplicates(plan, views, count);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < i; j++)
            if (same_origin(&views[i], &views[j]) || score_of(plan, &views[i], &views[j]) >= agree_score)
                join(views, count, i, j);
    settle_groups(plan, views, count);
    free(views);
    return HR_OK;
}

/* A small face is taken when there is nothing better: a face that is good, and twice as wide. */
static void judge_sizes(struct hr_enrolment *plan)
{
    for (size_t i = 0; i < plan->count; i++) {
        const struct hr_enroll_item *item = &plan->items[i];
        struct hr_enroll_student *student = item->pending ? &plan->students[student_of(plan, item->student_id)] : NULL;
        if (student != NULL)
            student->best_px = fmax(student->best_px, item->face_px);
    }
    for (size_t i = 0; i < plan->count; i++) {
        struct hr_enroll_item *item = &plan->items[i];
        if (!item->pending || item->face_px >= HR_ENROLL_FACE_GOOD_PX)
            continue;
        double best_px = plan->students[student_of(plan, item->student_id)].best_px;
        if (best_px >= HR_ENROLL_FACE_GOOD_PX && best_px >= 2 * item->face_px) {
            item->pending = false;
            hr_enroll_say(&item->outcome, HR_ENROLL_TOO_SMALL,
                          "the face is %.0f px wide, %d needed: student %s has better photos", item->face_px,
                          HR_ENROLL_FACE_GOOD_PX, item->student_id);
        } else {
            snprintf(item->word, sizeof item->word, "small");
            snprintf(item->outcome.text, sizeof item->outcome.text,
                     "the face is only %.0f px wide: a larger one would be better", item->face_px);
        }
    }
}

/* --- between students --- */

/* What one student looks like in one model: the sum of his views. */
struct person {
    const char *id;
    size_t views;
    bool there; /* enrolled before: he stays */
    float *sum; /* owned by the list: [layout] */
    bool has[HR_VECTOR_PARTS_MAX];
    size_t count[HR_VECTOR_PARTS_MAX];
};

static void add_view(const struct hr_vector_part *part, size_t index, struct person *person, const float *numbers)
{
    for (size_t k = 0; k < part->model->vector_size; k++)
        person->sum[part->first + k] += numbers[k];
    person->has[index] = true;
    person->count[index]++;
}

/* Everybody in the plan, as they will be. */
static void sum_up_student(const struct hr_enrolment *plan, size_t index, struct person *person)
{
    const struct hr_vector_layout *layout = plan->layout;
    person->id = plan->students[index].id;
    for (size_t i = 0; i < plan->record_count; i++) {
        const struct hr_enroll_record *record = &plan->records[i];
        if (record->student == index && !record->outvoted) {
            add_view(&layout->parts[record->part], record->part, person, record->numbers);
            person->there = true;
        }
    }
    for (size_t i = 0; i < plan->count; i++) {
        const struct hr_enroll_item *item = &plan->items[i];
        if (!item->pending || strcmp(item->student_id, person->id) != 0)
            continue;
        for (size_t k = 0; k < layout->count; k++)
            add_view(&layout->parts[k], k, person, item->mean + layout->parts[k].first);
        person->views++;
    }
}

/* Those of the gallery who are offered nothing. */
static void sum_up_enrolled(const struct hr_enrolment *plan, size_t index, struct person *person)
{
    struct hr_gallery_student student = hr_gallery_student(plan->snapshot->gallery, index);
    const struct hr_vector_part *part = hr_vector_part_of(plan->layout, student.part->model_id);
    size_t k = (size_t)(part - plan->layout->parts);
    person->id = student.id;
    person->there = true;
    person->has[k] = true;
    person->count[k] = student.vectors;
    for (size_t i = 0; i < part->model->vector_size; i++)
        person->sum[part->first + i] = student.template[i] * student.cohesion * (float)student.vectors;
}

/* The mean score of one's views among themselves; of two photos of anybody when he has only one. */
static double score_within(const struct hr_vector_part *part, const float *sum, size_t count)
{
    double squares = (double)hr_vector_cosine(sum, sum, part->model->vector_size);
    double n = (double)count;
    double cosine = count > 1 ? (squares - n) / (n * (n - 1)) : (double)part->model->same_mean;
    return (double)hr_vector_score(part->model, (float)cosine);
}

/* Whether two students look like one person, and how alike they are. */
static bool look_alike(const struct hr_enrolment *plan, const struct person *a, const struct person *b,
                       double *similarity)
{
    size_t k = 0;
    while (k < plan->layout->count && !(a->has[k] && b->has[k]))
        k++;
    if (k == plan->layout->count)
        return false; /* no model in common */
    const struct hr_vector_part *part = &plan->layout->parts[k];
    const float *x = a->sum + part->first, *y = b->sum + part->first;
    *similarity = (double)hr_vector_cosine(x, y, part->model->vector_size) / (double)(a->count[k] * b->count[k]);
    double score = (double)hr_vector_score(part->model, (float)*similarity);
    double within = fmin(score_within(part, x, a->count[k]), score_within(part, y, b->count[k]));
    struct hr_gallery_likeness crowd = hr_gallery_likeness(plan->snapshot->gallery);
    double limit = fmax(lookalike_score, within - lookalike_gap);
    if (crowd.pairs >= CROWD_PAIRS_MIN)
        limit = fmax(limit, crowd.mean + lookalike_crowd * crowd.deviation);
    return score >= limit;
}

static void refuse_student(struct hr_enrolment *plan, const struct person *loser, const struct person *other, bool both,
                           double similarity)
{
    for (size_t i = 0; i < plan->count; i++) {
        struct hr_enroll_item *item = &plan->items[i];
        if (strcmp(item->student_id, loser->id) != 0 ||
            (!item->pending && item->outcome.verdict != HR_ENROLL_LOOKS_LIKE))
            continue;
        item->pending = false;
        snprintf(item->outcome.lookalike_id, sizeof item->outcome.lookalike_id, "%s", other->id);
        if (both)
            hr_enroll_say(&item->outcome, HR_ENROLL_LOOKS_LIKE,
                          "students %s and %s look like one person (similarity %.2f): both are left "
                          "without a face; offer each only his own photos, or say --accept-lookalike "
                          "if they are two people",
                          loser->id, other->id, similarity);
        else
            hr_enroll_say(&item->outcome, HR_ENROLL_LOOKS_LIKE,
                          "student %s looks like student %s (similarity %.2f): %s is left without a "
                          "face; 'homeroom merge' joins them if they are one person, "
                          "--accept-lookalike enrols both if they are two",
                          loser->id, other->id, similarity, loser->id);
    }
    plan->students[student_of(plan, loser->id)].refused = true;
}

/* Who was there stays; of two new ones the one with more views; of equals neither. */
static void settle_pair(struct hr_enrolment *plan, struct person *a, struct person *b)
{
    double similarity = 0;
    bool a_new = !a->there && a->views > 0, b_new = !b->there && b->views > 0;
    if ((!a_new && !b_new) || !look_alike(plan, a, b, &similarity))
        return;
    bool equal = a_new && b_new && a->views == b->views;
    if (a_new && (!b_new || a->views <= b->views))
        refuse_student(plan, a, b, equal, similarity);
    if (b_new && (!a_new || b->views <= a->views))
        refuse_student(plan, b, a, equal, similarity);
}

static enum hr_status judge_lookalikes(struct hr_enrolment *plan, struct hr_error *error)
{
    const struct hr_gallery *gallery = plan->snapshot->gallery;
    size_t enrolled = hr_gallery_students(gallery), size = plan->layout->size;
    size_t rows = plan->student_count + 1, floats;
    if (!hr_size_multiply(rows, size, &floats))
        return no_memory(error);
    float *sums = calloc(floats, sizeof *sums); /* the last row for one of the gallery at a time */
    struct person *people = calloc(rows, sizeof *people);
    enum hr_status status = sums != NULL && people != NULL ? HR_OK : no_memory(error);
    if (status != HR_OK)
        goto out;
    for (size_t i = 0; i < plan->student_count; i++) {
        people[i].sum = sums + i * size;
        sum_up_student(plan, i, &people[i]);
    }
    for (size_t i = 0; i < plan->student_count; i++)
        for (size_t j = 0; j < i; j++)
            settle_pair(plan, &people[i], &people[j]);
    for (size_t i = 0; i < enrolled; i++) {
        if (student_of(plan, hr_gallery_student(gallery, i).id) != SIZE_MAX)
            continue;
        struct person *other = &people[rows - 1];
        *other = (struct person){.sum = sums + (rows - 1) * size};
        memset(other->sum, 0, size * sizeof *other->sum);
        sum_up_enrolled(plan, i, other);
        for (size_t j = 0; j < plan->student_count; j++)
            settle_pair(plan, &people[j], other);
    }
out:
    hr_wipe_free(sums, floats * sizeof *sums);
    free(people);
    return status;
}

/* --- the whole --- */

enum hr_status hr_enrolment_judge(struct hr_enrolment *plan, struct hr_error *error)
{
    enum hr_status status = gather_students(plan, error);
    if (status == HR_OK)
        status = gather_records(plan, error);
    for (size_t i = 0; status == HR_OK && i < plan->student_count; i++)
        status = judge_student(plan, i, error);
    if (status != HR_OK)
        return status;
    judge_sizes(plan);
    return plan->options.accept_lookalike ? HR_OK : judge_lookalikes(plan, error);
}

size_t hr_enrolment_outvoted_count(const struct hr_enrolment *plan)
{
    size_t count = 0;
    for (size_t i = 0; i < plan->record_count; i++)
        count += plan->records[i].outvoted;
    return count;
}

struct hr_enroll_outvoted hr_enrolment_outvoted(const struct hr_enrolment *plan, size_t index)
{
    for (size_t i = 0; i < plan->record_count; i++)
        if (plan->records[i].outvoted && index-- == 0)
            return (struct hr_enroll_outvoted){.student_id = plan->students[plan->records[i].student].id,
                                               .origin = plan->records[i].origin};
    return (struct hr_enroll_outvoted){0};
}
