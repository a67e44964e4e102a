/* What was seen in one video, while it is put together. Owns everything that its observation borrows. */
#ifndef HR_CLASSROOM_RESULT_H
#define HR_CLASSROOM_RESULT_H

#include "classroom/classroom.h"

enum { HR_RESULT_WARNING_MAX = 16 };

struct hr_result {
    struct hr_observation observation; /* points at the below */
    char *video;
    char *codec;
    char *model_ids[HR_VECTOR_PARTS_MAX];
    struct hr_student *records;           /* one per seen student, from the roster */
    struct hr_observed_student *students; /* strings borrowed from records or static */
    const char **extra;                   /* key, value pairs of all students, one after the other */
    struct hr_observed_track *tracks;     /* ids borrowed from `ids` */
    struct hr_observed_place *places;     /* of all tracks, one after the other */
    char **ids;                           /* of everybody enrolled who is named; NULL for the others */
    size_t id_count;
    char *warnings[HR_RESULT_WARNING_MAX];
    bool warning_names[HR_RESULT_WARNING_MAX]; /* it names a student */
    struct hr_stage_times times;
    struct hr_observed_work took; /* of hr_result_say_took */
    struct hr_result_view *views; /* owned; one for each track; NULL: they are not kept */
};

/* What a class may keep of a track's face. */
struct hr_result_view {
    float *vector; /* owned; of the result's models; NULL: none */
    size_t size;
    float sharpness, frontal;
    uint8_t *portraits[HR_TRACK_PORTRAITS_MAX]; /* owned; face/portrait.h; the best one first */
    size_t portrait_count;
};
/* A copy of what the tracks have of the faces. The tracks of the result are filled in. */
enum hr_status hr_result_take_views(struct hr_result *result, const struct hr_tracks *tracks,
                                    struct hr_error *error) HR_MUST_USE;

/* NULL: no memory. */
struct hr_result *hr_result_new(const char *video, const struct hr_vector_layout *layout);
/* A warning beyond HR_RESULT_WARNING_MAX, or without memory for it, is dropped. */
void hr_result_warn(struct hr_result *result, const char *format, ...) HR_PRINTF(2, 3);

/* Fill in students and tracks from the decisions (one per track); asks the roster once. The observation's
 * includes_review was set. */
enum hr_status hr_result_fill(struct hr_result *result, const struct hr_tracks *tracks, struct hr_snapshot *snapshot,
                              const struct hr_decision *decisions, struct hr_error *error) HR_MUST_USE;

#endif
