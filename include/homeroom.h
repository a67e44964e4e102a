/* homeroom: recognise the enrolled students in a classroom video.
 *
 * The one public header of libhomeroom. Three lifetimes:
 *
 *   engine   models, gallery and student table; shared by all threads
 *   session  decoder, scratch memory and tracks of one video at a time; one per worker thread
 *   result   what was seen in one video; needs neither of them
 *
 *     struct hr_engine_options where = {.size = sizeof where, .database_path = "homeroom.db", .model_dir = dir};
 *     struct hr_recognize_options how = hr_recognize_options_default();
 *     if (hr_engine_open(&engine, &where, &error) == HR_OK && hr_session_new(&session, engine, 0, &error) == HR_OK &&
 *         hr_recognize_file(engine, session, "lesson.mp4", &how, &result, &error) == HR_OK)
 *         for (size_t i = 0; i < hr_result_student_count(result); i++)
 *             puts(hr_result_student(result, i)->name);
 *     else
 *         fprintf(stderr, "%s\n", error.text);
 *     hr_result_free(result);
 *     hr_session_free(session);
 *     hr_engine_close(engine);
 *
 * Structs of options begin with their own size, by which the library knows what the program was built with: they can
 * grow. What the library hands out by pointer can grow, too.
 *
 * Every function that can fail returns `enum hr_status` and fills the caller's `struct hr_error`.
 * All text is UTF-8. All sizes are in pixels and all times in microseconds of presentation time
 * unless a name says otherwise. Nothing here writes to the terminal.
 */
#ifndef HOMEROOM_H
#define HOMEROOM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define HR_MUST_USE __attribute__((warn_unused_result))
#define HR_PRINTF(format_index, first_argument) __attribute__((format(printf, format_index, first_argument)))
#define HR_API __attribute__((visibility("default")))
#else
#define HR_MUST_USE
#define HR_PRINTF(format_index, first_argument)
#define HR_API
#endif

/* What can happen. base/status.c has the one table that gives each code its name, its exit status,
 * its HTTP status and whether trying again can help. */
enum hr_status {
    HR_OK = 0,
    HR_END,             /* no more frames, rows, items: a result, not an error */
    HR_ERR_ARGUMENT,    /* the caller's or user's argument makes no sense */
    HR_ERR_NOT_FOUND,   /* the file, student or table is not there */
    HR_ERR_PERMISSION,  /* it is there but may not be read or written */
    HR_ERR_IO,          /* reading or writing failed half way */
    HR_ERR_FORMAT,      /* the bytes are not what they should be: not a video, a damaged model, bad CSV
                    */
    HR_ERR_UNSUPPORTED, /* well formed, but of a kind that homeroom does not handle */
    HR_ERR_LIMIT,       /* a named limit of base/limits.h was passed */
    HR_ERR_MEMORY,      /* out of memory */
    HR_ERR_DEADLINE,    /* the deadline passed or the caller asked to stop */
    HR_ERR_MODEL,       /* a model is missing, damaged or not the one the gallery was made with */
    HR_ERR_DATABASE,    /* the student database refused */
    HR_ERR_CONFLICT,    /* somebody else changed it, or it is there already */
    HR_ERR_THROTTLED,   /* a service asked us to slow down */
    HR_ERR_UNAVAILABLE, /* a service cannot be reached */
    HR_ERR_INTERNAL,    /* a mistake of ours */
    HR_STATUS_COUNT
};

#define HR_ERROR_TEXT_MAX 512

/* Whose fault an error is, where that is known: it decides what to do about it. */
enum hr_origin {
    HR_ORIGIN_UNKNOWN,
    HR_ORIGIN_INPUT,   /* what was given: a video, a photo, a table */
    HR_ORIGIN_RECORDS, /* where the students' records are: a database, a table in the cloud */
    HR_ORIGIN_SERVICE, /* what others run: a store, a queue */
    HR_ORIGIN_OURS     /* this program and its settings */
};

/* Filled by the function that failed; the leaf writes the foreign reason, callers put context in
 * front. */
struct hr_error {
    enum hr_status code;
    enum hr_origin origin;
    char text[HR_ERROR_TEXT_MAX];
    const char *reason; /* static: a word that says more than the code and stays the same, for programs; NULL: none */
    char value[64];     /* what it is about, a name or a number, as far as it fits; "" */
};

HR_API const char *hr_status_name(enum hr_status status);
HR_API const char *hr_version(void);

/* ---- stopping ---- */

struct hr_stop; /* opaque; may be given to several calls, and outlives them */

HR_API struct hr_stop *hr_stop_new(void); /* NULL: no memory */
HR_API void hr_stop_free(struct hr_stop *stop);
/* The calls that have it end soon with HR_ERR_DEADLINE, and later ones at once. From any thread, and from a signal
 * handler. It can't be taken back. */
HR_API void hr_stop_request(struct hr_stop *stop);
HR_API bool hr_stop_requested(const struct hr_stop *stop); /* false for NULL */

/* ---- sandbox: a process apart in which videos and photos are decoded ---- */

struct hr_sandbox; /* opaque */

struct hr_sandbox_options {
    size_t size;           /* sizeof(struct hr_sandbox_options) */
    uint64_t memory_bytes; /* that decoding one video or photo may take; 0: 2 GiB */
};
/* A video is a program for a large interpreter, and who sends one may mean harm. With a sandbox each is decoded in a
 * process that can open no file, connect to nobody and start nothing, and that is killed when its time is over. Start
 * it first in main: before other threads, files with secrets and the database, as it begins as a copy of the program
 * (it wipes its copy of the environment). `options` may be NULL. Stop it after the engines that were given it.
 * Errors: IO, MEMORY. */
HR_API enum hr_status hr_sandbox_start(struct hr_sandbox **out, const struct hr_sandbox_options *options,
                                       struct hr_error *error) HR_MUST_USE;
HR_API void hr_sandbox_stop(struct hr_sandbox *sandbox);

/* ---- engine: models, gallery and student table ---- */

struct hr_engine; /* opaque */

struct hr_engine_options {
    size_t size;                      /* sizeof(struct hr_engine_options) */
    const char *database_path;        /* homeroom.db, must exist; required */
    const char *model_dir;            /* folder with centerface.hrm and at least one embedding model; required */
    const struct hr_sandbox *sandbox; /* borrowed; NULL: decode in this process */
    const char *key_file;             /* of a sealed database, whose keys lie beside it; NULL: it is not sealed */
};

/* Opens everything a session needs. Errors: MODEL, NOT_FOUND, DATABASE, MEMORY. Safe to share
 * between threads once open; close it after the last session. Not for a process that is forked from this one: the
 * gallery reads as zeros there, and nobody would be recognised. */
HR_API enum hr_status hr_engine_open(struct hr_engine **out, const struct hr_engine_options *options,
                                     struct hr_error *error) HR_MUST_USE;
/* Reads students and faces anew. Calls that are running go on with what was there when they began; after a failure,
 * later ones do, too. Any thread. */
HR_API enum hr_status hr_engine_refresh(struct hr_engine *engine, struct hr_error *error) HR_MUST_USE;
HR_API void hr_engine_close(struct hr_engine *engine); /* NULL is allowed, as for all _close and _free */

/* Students with a face that can be recognised. */
HR_API size_t hr_engine_student_count(struct hr_engine *engine);

/* ---- the class: who is in it; running engines see a change when they are refreshed ---- */

struct hr_student_record {
    size_t size; /* sizeof(struct hr_student_record) */
    const char *id;
    const char *name; /* NULL: the id */
    const char *major;
    const char *year;
};
/* Adds a student or changes the record; faces stay. The database is made when it does not exist, and sealed from the
 * start with a key (`key_file`: see hr_engine_options). */
HR_API enum hr_status hr_class_put_student(const char *database_path, const char *key_file,
                                           const struct hr_student_record *record, struct hr_error *error) HR_MUST_USE;
/* Removes a student and every trace, and looks at the file's bytes whether it is true. NOT_FOUND. */
HR_API enum hr_status hr_class_forget_student(const char *database_path, const char *key_file, const char *id,
                                              struct hr_error *error) HR_MUST_USE;

struct hr_photo {
    const char *student_id;
    const char *path; /* JPEG, PNG, WebP, HEIC ... */
};
struct hr_enrolled_photo {
    struct hr_photo photo;
    bool is_enrolled;    /* now, or before */
    const char *verdict; /* "enrolled", "duplicate", "no_face", "several_faces", "too_small", "looks_like" ... */
    const char *text;    /* for people */
};
struct hr_enroll_photos_options {
    size_t size;                /* sizeof(struct hr_enroll_photos_options) */
    int threads;                /* 0: one per processor */
    bool accept_lookalike;      /* enrol although another student looks the same (twins) */
    const struct hr_stop *stop; /* borrowed; may be NULL */
    void (*each)(void *context,
                 const struct hr_enrolled_photo *photo); /* may be NULL; in the order given, at the end */
    void *context;
};
/* All photos are looked at before any is kept: a wrong one is found whatever its place. A photo that can't be used is
 * an outcome and no error. Students who are not there are added. */
HR_API enum hr_status hr_enroll_photos(const struct hr_engine_options *where,
                                       const struct hr_enroll_photos_options *options, const struct hr_photo *photos,
                                       size_t count, struct hr_error *error) HR_MUST_USE;

/* ---- session: one video at a time, one thread at a time ---- */

struct hr_session; /* opaque */

/* `threads`: of the decoder and of the networks; 0: one per processor. The engine must outlive the
 * session. */
HR_API enum hr_status hr_session_new(struct hr_session **out, struct hr_engine *engine, int threads,
                                     struct hr_error *error) HR_MUST_USE;
HR_API void hr_session_free(struct hr_session *session);

struct hr_progress {
    int64_t position_us; /* presentation time reached */
    int64_t duration_us; /* of the video as its container says; 0: not known */
    size_t frames;       /* sampled so far */
    size_t faces;        /* found so far, over all frames */
};

/* How much a name can be trusted. Whoever is `certain` is mistaken for a stranger as rarely as
 * hr_recognize_options.false_present says; in `review` a person should look. */
enum hr_band { HR_BAND_UNKNOWN, HR_BAND_REVIEW, HR_BAND_CERTAIN, HR_BAND_COUNT };
HR_API const char *hr_band_name(enum hr_band band); /* "unknown", "review", "certain" */

/* Which students are counted as seen. */
enum hr_include {
    HR_INCLUDE_DEFAULT, /* the certain ones; those in review, too, when everybody's vectors were
                           imported from an older system, which names people as readily */
    HR_INCLUDE_CERTAIN,
    HR_INCLUDE_REVIEW /* the certain ones and those in review */
};

struct hr_recognize_options {
    size_t size;          /* sizeof(struct hr_recognize_options) */
    double samples_per_s; /* frames looked at per second of video; default 2 */
    double false_present; /* how likely a stranger may be taken for somebody of the class in a
                             certain name; above 0, below 1; default 0.001 */
    enum hr_include include;
    int64_t timeout_ms;                                                  /* of the whole call; 0: none */
    void (*progress)(void *context, const struct hr_progress *progress); /* may be NULL; after each frame */
    void *progress_context;
    const struct hr_stop *stop; /* borrowed; may be NULL */
    bool whole_frames;          /* look for faces in all of each frame, also where nothing has changed */
};
static inline struct hr_recognize_options hr_recognize_options_default(void)
{
    struct hr_recognize_options options = {
        sizeof(struct hr_recognize_options), 2.0, 0.001, HR_INCLUDE_DEFAULT, 0, NULL, NULL, NULL, false};
    return options;
}

struct hr_result; /* opaque; what was seen in one video */

/* Recognise the enrolled students in a video (or still image) file. Nobody in it is a result, not
 * an error. `session` was made by the same engine. */
HR_API enum hr_status hr_recognize_file(struct hr_engine *engine, struct hr_session *session, const char *path,
                                        const struct hr_recognize_options *options, struct hr_result **out,
                                        struct hr_error *error) HR_MUST_USE;
HR_API void hr_result_free(struct hr_result *result);

/* One recognised student; strings belong to the result and are never NULL. */
struct hr_seen_student {
    const char *id;
    const char *name;
    const char *major;
    const char *year;
    bool has_record;  /* false: the table holds nothing but the id */
    int64_t first_us; /* presentation time of the first and last sight */
    int64_t last_us;
    size_t sightings;       /* sampled frames in which the student was seen */
    size_t tracks;          /* unbroken appearances */
    enum hr_band band;      /* review or certain, by the best track */
    const char *reason;     /* for the band: "accepted", "weak", "ambiguous", "one_sight" */
    double similarity;      /* cosine of the best track with the student's template, -1..1 */
    double margin;          /* by which the next student was less alike; INFINITY when nobody else is
                               enrolled */
    double stranger_chance; /* how likely a stranger looks as much like somebody of the class */
};

/* The students that are counted as seen (hr_recognize_options.include), in the order of first sight. */
HR_API size_t hr_result_student_count(const struct hr_result *result);
HR_API const struct hr_seen_student *hr_result_student(const struct hr_result *result, size_t index);
HR_API size_t hr_result_unknown_count(const struct hr_result *result); /* people who look like nobody enrolled */
/* What went not quite right: a damaged part of the file, a student without a record. NULL past the
 * last. */
HR_API const char *hr_result_warning(const struct hr_result *result, size_t index);

enum hr_format { HR_FORMAT_CSV, HR_FORMAT_JSON };

/* The report as text. `columns`: NULL for name,major,year; else as `homeroom recognize --columns`
 * takes it (JSON has everything anyway). *text is the caller's (free). */
HR_API enum hr_status hr_result_write(const struct hr_result *result, enum hr_format format, const char *columns,
                                      char **text, struct hr_error *error) HR_MUST_USE;

#ifdef __cplusplus
}
#endif
#endif
