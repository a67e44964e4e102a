/* The plan of an enrolment, between looking (enroll.c) and judging (enroll_judge.c). Inside this room only. */
#ifndef HR_CLASSROOM_ENROLL_PLAN_H
#define HR_CLASSROOM_ENROLL_PLAN_H

#include "classroom/enroll.h"

/* One photo or video. */
struct hr_enroll_item {
    struct hr_enroll_outcome outcome;
    char *student_id; /* owned */
    char *origin;     /* owned */
    char sha256[65];
    bool pending;   /* good by itself */
    float *vectors; /* owned: [count][layout], whole vectors */
    size_t count;
    float *mean; /* owned: the mean of them, by which it is compared */
    double quality;
    double face_px;
    char word[32]; /* what is kept with an enrolled photo: "", "small", "bystanders" */
};

/* A face record that was there before, of a student who is offered something. */
struct hr_enroll_record {
    size_t student; /* of the plan */
    char *origin;   /* owned */
    char sha256[65];
    size_t part;    /* of the layout: its model */
    float *numbers; /* owned; length 1 */
    bool outvoted;
};

/* A student who is offered something. */
struct hr_enroll_student {
    const char *id; /* borrowed from an item */
    size_t gallery; /* index in the gallery, or SIZE_MAX */
    double best_px; /* width of the largest face, enrolled or offered */
    bool refused;   /* looks like somebody else */
};

struct hr_enrolment {
    struct hr_session *session;   /* borrowed */
    struct hr_snapshot *snapshot; /* held: what is enrolled already, and where it is written to */
    struct hr_enroll_options options;
    const struct hr_vector_layout *layout;
    struct hr_enroll_item *items;
    size_t count, capacity;
    struct hr_enroll_student *students;
    size_t student_count;
    struct hr_enroll_record *records;
    size_t record_count, record_capacity;
};

HR_PRINTF(3, 4)
void hr_enroll_say(struct hr_enroll_outcome *out, enum hr_enroll_verdict what, const char *format, ...);

#endif
