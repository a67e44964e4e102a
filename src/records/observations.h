/* What was seen in videos, kept when somebody asks for it: who, when and where in the picture, and why; no pictures and
 * no vectors. What is kept is never edited. A student who is forgotten is gone from it: the tracks stay, of nobody. */
#ifndef HR_RECORDS_OBSERVATIONS_H
#define HR_RECORDS_OBSERVATIONS_H

#include "records/database.h"

/* Strings are borrowed, as everywhere here; during a call of `each` they are the database's. */
struct hr_observation_record {
    int64_t key;         /* given by the database; set when it is read */
    const char *video;   /* its name as given */
    const char *version; /* which bytes of it; "" when not known */
    int64_t made_us;     /* wall clock */
    int64_t duration_us; /* 0: not known */
    int width_px, height_px;
    const char *codec;
    size_t frames, faces;
    double samples_per_s, false_present;
    bool includes_review;
    uint64_t class_generation;
    const char *models; /* ids, parted by blanks, best first */
    size_t unknown_people;
};

struct hr_candidate_record {
    const char *student_id;
    double similarity;
};
enum { HR_CANDIDATE_RECORDS_MAX = 3 };

struct hr_track_record {
    int64_t key;            /* given by the database; set when it is read */
    const char *student_id; /* NULL: unknown, or forgotten since */
    size_t person;          /* of the unknown people; 0: none of them */
    const char *band;
    const char *reason;
    const char *model_id; /* "": compared with nobody */
    int camera;
    int64_t first_us, last_us;
    size_t sightings, views;
    double face_px;
    double similarity, margin; /* not finite: there is none */
    double stranger_chance;
    const char *best;   /* JSON: [ms, left, top, width, height] */
    const char *places; /* JSON: a list of such */
    struct hr_candidate_record candidates[HR_CANDIDATE_RECORDS_MAX];
    size_t candidate_count;
};

/* All of it or nothing. Students whom the database does not have are none. Each track's key is set. */
enum hr_status hr_database_keep(struct hr_database *database, const struct hr_observation_record *observation,
                                struct hr_track_record *tracks, size_t count, struct hr_error *error) HR_MUST_USE;

/* The same within a transaction of the caller's; *key is the observation's. */
enum hr_status hr_database_keep_within(struct hr_database *database, const struct hr_observation_record *observation,
                                       struct hr_track_record *tracks, size_t count, int64_t *key,
                                       struct hr_error *error) HR_MUST_USE;

/* In the order of their making; a status other than HR_OK stops the walk and is returned. */
typedef enum hr_status hr_observation_record_fn(void *context, const struct hr_observation_record *observation,
                                                struct hr_error *error);
enum hr_status hr_database_each_observation(struct hr_database *database, hr_observation_record_fn *each, void *context,
                                            struct hr_error *error) HR_MUST_USE;
/* Those in which a track was taken for the student, or he was a candidate for one. */
enum hr_status hr_database_each_observation_of(struct hr_database *database, const char *student_id,
                                               hr_observation_record_fn *each, void *context,
                                               struct hr_error *error) HR_MUST_USE;
typedef enum hr_status hr_track_record_fn(void *context, const struct hr_track_record *track, struct hr_error *error);
enum hr_status hr_database_each_track(struct hr_database *database, int64_t observation, hr_track_record_fn *each,
                                      void *context, struct hr_error *error) HR_MUST_USE;

/* The same with what each track is taken for now: what was decided when its vector was compared again
 * (records/views.h). What people said of it is not in it: classroom/standing.h. */
enum hr_status hr_database_each_track_now(struct hr_database *database, int64_t observation, hr_track_record_fn *each,
                                          void *context, struct hr_error *error) HR_MUST_USE;

/* Removes everything that is kept of videos of that name, and every trace of it. NOT_FOUND when there is nothing. */
enum hr_status hr_database_forget_video(struct hr_database *database, const char *video, size_t *removed,
                                        struct hr_error *error) HR_MUST_USE;

#endif
