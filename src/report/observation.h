/* What was observed in one video: the one struct that reports are views of. Whoever makes it owns what it borrows
 * (classroom/result.h); it never changes afterwards. */
#ifndef HR_REPORT_OBSERVATION_H
#define HR_REPORT_OBSERVATION_H

#include "homeroom.h"

/* A student; strings borrowed, NULL is taken as "". */
struct hr_observed_student {
    struct hr_seen_student seen;
    const char *const *extra; /* key, value, key, value, ... */
    size_t extra_count;       /* pairs */
    bool left_out;            /* in review, which was not asked for: not counted as seen, no row in the CSV */
};

/* A box in a frame, pixels. */
struct hr_observed_place {
    int64_t at_us;
    float left_px, top_px, width_px, height_px;
};

struct hr_observed_candidate {
    const char *student_id;
    double similarity; /* in the model that this student is compared in */
};
enum { HR_OBSERVED_CANDIDATES_MAX = 3 };

/* One face while in sight, known or not. */
struct hr_observed_track {
    const char *student_id; /* NULL: unknown */
    size_t person; /* of unknown tracks: which of the unknown people it is, from 1 on; 0: known, or too small to
                               tell */
    enum hr_band band;
    const char *reason; /* hr_decision_reason_name */
    int camera;         /* from 0 on */
    int64_t first_us;
    int64_t last_us;
    size_t sightings;
    size_t views;
    double face_px;
    struct hr_observed_place best;          /* its best view */
    const struct hr_observed_place *places; /* over time, thinned out; the first is where it appeared */
    size_t place_count;
    struct hr_observed_candidate candidates[HR_OBSERVED_CANDIDATES_MAX]; /* most alike first */
    size_t candidate_count;
    const char *model_id; /* that the choice was compared in; NULL: nobody was compared */
    double similarity;    /* to the student given, else to the one most alike; NAN: nobody was compared */
    double margin;
    double stranger_chance;
};

/* What looking at the video took. */
struct hr_observed_work {
    int64_t wall_us, processor_us;
    uint64_t memory_bytes;
};

struct hr_observation {
    const char *video;   /* name as given */
    int64_t duration_us; /* 0: not known */
    int width_px;
    int height_px;
    const char *codec;
    size_t frames;
    size_t faces;
    double samples_per_s;
    const char *const *model_ids; /* of the vectors that were compared */
    size_t model_count;
    double false_present;
    bool includes_review;
    /* What the class asked of a name, and which state of it was asked. */
    uint64_t class_generation;
    size_t class_students;
    double class_crowding; /* 0..1 */
    double class_margin;   /* in the best model's similarity */
    double class_similarity;
    const struct hr_observed_student *students; /* in order of first sight */
    size_t student_count;
    size_t unknown_people; /* that the unknown tracks are, as far as one can tell */
    const struct hr_observed_track *tracks;
    size_t track_count;
    const char *const *warnings;
    size_t warning_count;
    const struct hr_observed_work *took; /* NULL: the report does not say it */
};

#endif
