/* homeroom.db: one SQLite file with the students and their face records, which a user can back up.
 * The only user of sqlite3. Face records are opaque here: bytes stamped with the id of the model
 * that made them.
 *
 * Schema versioned with PRAGMA user_version and migrated on opening; WAL; foreign keys on. A
 * database handle is used by one thread at a time. */
#ifndef HR_RECORDS_DATABASE_H
#define HR_RECORDS_DATABASE_H

#include "base/buffer.h"
#include "base/text.h"
#include "roster/roster.h"

struct hr_database; /* opaque */

enum hr_database_mode {
    HR_DATABASE_READ,   /* must exist */
    HR_DATABASE_WRITE,  /* must exist */
    HR_DATABASE_CREATE, /* made when it does not exist */
};

enum hr_status hr_database_open(struct hr_database **out, const char *path, enum hr_database_mode mode,
                                struct hr_error *error) HR_MUST_USE;

/* A database whose file is not on this machine: opened on a copy of its bytes. With HR_DATABASE_READ
 * nothing can be changed; else changes are made in memory, and hr_database_bytes gives the new file.
 * No bytes: an empty database (not with READ). `name` stands in errors. */
#define HR_DATABASE_MEMORY_BYTES_MAX ((size_t)1 << 30)
enum hr_status hr_database_open_memory(struct hr_database **out, struct hr_view bytes, const char *name,
                                       enum hr_database_mode mode, struct hr_error *error) HR_MUST_USE;
/* Adds the database as a file's bytes to an initialised buffer. Not within a transaction. */
enum hr_status hr_database_bytes(struct hr_database *database, struct hr_buffer *out,
                                 struct hr_error *error) HR_MUST_USE;

void hr_database_close(struct hr_database *database);
int hr_database_schema_version(const struct hr_database *database);
const char *hr_database_name(const struct hr_database *database); /* its path; borrowed */

/* The database as a roster; the roster borrows the database. */
struct hr_roster hr_database_roster(struct hr_database *database);

/* --- transactions: everything between begin and commit happens or nothing does --- */
enum hr_status hr_database_begin(struct hr_database *database, struct hr_error *error) HR_MUST_USE;
enum hr_status hr_database_commit(struct hr_database *database, struct hr_error *error) HR_MUST_USE;
void hr_database_rollback(struct hr_database *database);
/* The end of a transaction: committed when `status` is HR_OK, else taken back. Gives the status, or why it was not
 * committed. */
enum hr_status hr_database_end(struct hr_database *database, enum hr_status status, struct hr_error *error) HR_MUST_USE;

/* --- students --- */
enum hr_upsert { HR_UPSERT_ADDED, HR_UPSERT_CHANGED, HR_UPSERT_SAME };
/* Insert or replace the record of student->id (face records stay). */
enum hr_status hr_database_put_student(struct hr_database *database, const struct hr_student *student,
                                       enum hr_upsert *what, struct hr_error *error) HR_MUST_USE;
/* Add a student with id as name unless there is one. *added may be NULL. */
enum hr_status hr_database_ensure_student(struct hr_database *database, const char *id, bool *added,
                                          struct hr_error *error) HR_MUST_USE;
/* What the database knows of a student beside the record. NOT_FOUND. */
struct hr_student_standing {
    int64_t key; /* never used again, whatever becomes of the id: by it the audit log names a student */
    bool listed; /* came from a table, and not only by enrolling */
};
enum hr_status hr_database_standing(struct hr_database *database, const char *id, struct hr_student_standing *out,
                                    struct hr_error *error) HR_MUST_USE;
/* Whether any student came from a table (hr_database_put_student), and not only by enrolling. */
enum hr_status hr_database_has_table(struct hr_database *database, bool *out, struct hr_error *error) HR_MUST_USE;

/* Holds a new table against the one that is there. A student of `students` who is there with the id in another Unicode
 * form takes that id. *missing: the ids of those who came from a table and are not in this one, in their order; the
 * caller's (hr_texts_free). Nobody is removed. */
enum hr_status hr_database_compare_table(struct hr_database *database, struct hr_student *students, size_t count,
                                         char ***missing, size_t *missing_count, struct hr_error *error) HR_MUST_USE;

/* Change the id, or the name (NULL: leave it). NOT_FOUND; CONFLICT when new_id is taken. Faces stay. */
enum hr_status hr_database_rename(struct hr_database *database, const char *id, const char *new_id,
                                  const char *new_name, struct hr_error *error) HR_MUST_USE;
/* `other` is the same person as `id`: the faces become id's (a photo that both have stays once), columns that are
 * empty are filled, and other is removed. *moved: face records that changed hands. NOT_FOUND. */
enum hr_status hr_database_merge(struct hr_database *database, const char *id, const char *other, size_t *moved,
                                 struct hr_error *error) HR_MUST_USE;

/* Takes the last merge back that was not: the other one is there again as he was, and what was his and still is there
 * is his again. What both had in one place (a place among a track's candidates, a row of a finished roll) stays with
 * the one. NOT_FOUND, in a sealed database always; CONFLICT: his id was given to somebody else since. */
struct hr_parted {
    char id[256], other[256];
};
enum hr_status hr_database_unmerge(struct hr_database *database, struct hr_parted *out,
                                   struct hr_error *error) HR_MUST_USE;
/* Two people in one record: the faces of these photos go to `other`, who is added when he is not there. All or nothing;
 * merging is the way back. NOT_FOUND: no such photo; PERMISSION: the other does not agree to be recognised. */
enum hr_status hr_database_split(struct hr_database *database, const char *id, const char *other,
                                 const char *const *origins, size_t count, size_t *moved,
                                 struct hr_error *error) HR_MUST_USE;

/* All students by id; *out is the caller's (hr_students_free). face_counts (may be NULL): the views that
 * each has, malloc'ed too. */
enum hr_status hr_database_students(struct hr_database *database, struct hr_student **out, size_t **face_counts,
                                    size_t *count, struct hr_error *error) HR_MUST_USE;

/* Whoever asks to stop ends a statement that takes long, with DEADLINE. `stop` is borrowed, outlives the database,
 * and may be NULL. */
void hr_database_obey(struct hr_database *database, const struct hr_stop *stop);
/* Whether opening it to write found that somebody's removal had been broken off, and ended it: the file
 * has no bytes but those of what is in it. */
bool hr_database_finished_removal(const struct hr_database *database);

struct hr_removal {
    size_t faces; /* vectors that went */
    /* The bytes of the file and its log were searched for what the records were made of. Not where there was nothing to
     * know them by: text of a few letters stands in any file by chance. */
    bool searched;
};
/* Remove a student and every trace: record, face records, free pages and write-ahead log; then searches the file's
 * bytes for the id's face records and fails with INTERNAL if any is left. When it is interrupted, the next one to
 * open the database to write goes on with it. `removal` may be NULL. NOT_FOUND if there is none. */
enum hr_status hr_database_forget(struct hr_database *database, const char *id, struct hr_removal *removal,
                                  struct hr_error *error) HR_MUST_USE;

/* The same for what one photo or video gave: the face records of that origin. The student stays. NOT_FOUND says which
 * origins there are. */
enum hr_status hr_database_forget_photo(struct hr_database *database, const char *id, const char *origin,
                                        struct hr_removal *removal, struct hr_error *error) HR_MUST_USE;

/* The same for all face records of a student, who stays. One who has none is no error. */
enum hr_status hr_database_forget_faces(struct hr_database *database, const char *id, size_t *faces_removed,
                                        struct hr_error *error) HR_MUST_USE;

/* --- face records --- */
struct hr_face_record {
    const char *student_id;
    const char *model_id;
    struct hr_view vector;     /* float32 little-endian, as the model gave them */
    const char *origin;        /* "photo obama.jpg", "video a.mp4 at 2.4 s", "import encoding": for people */
    const char *origin_sha256; /* of the photo or video, hex; "" when not known: finds duplicates */
    int64_t created_us;        /* wall clock */
    double quality;            /* 0..1 */
    double face_px;            /* width of the face in its picture; 0: not known */
    const char *verdict;       /* a word on a photo that was taken all the same: "small"; NULL is "" */
};

/* NOT_FOUND when there is no such student; PERMISSION when he has not agreed (records/consent.h). */
enum hr_status hr_database_add_face(struct hr_database *database, const struct hr_face_record *record,
                                    struct hr_error *error) HR_MUST_USE;
/* Whether this student has a record of that origin (hash) and model already, and it is not too old
 * (records/keeping.h). */
enum hr_status hr_database_has_face(struct hr_database *database, const char *student_id, const char *model_id,
                                    const char *origin_sha256, bool *out, struct hr_error *error) HR_MUST_USE;
/* Calls `each` for every face record, but for those of students who have refused and those that are too old by now
 * (records/keeping.h), in the order of their making; strings and bytes are borrowed during the call; a status other
 * than HR_OK stops the walk and is returned. `model_id` NULL: of every model. */
typedef enum hr_status hr_face_record_fn(void *context, const struct hr_face_record *record, struct hr_error *error);
enum hr_status hr_database_each_face(struct hr_database *database, const char *model_id, hr_face_record_fn *each,
                                     void *context, struct hr_error *error) HR_MUST_USE;

/* From now on hr_database_each_face gives the faces of those alone who are in a class on a day ("2026-11-27"). Texts
 * are borrowed until the database is closed; NULL: of everybody. */
void hr_database_only_class(struct hr_database *database, const char *class_id, const char *day);

/* The same for the records of one student, of every model, and of whatever age. */
enum hr_status hr_database_each_face_of(struct hr_database *database, const char *student_id, hr_face_record_fn *each,
                                        void *context, struct hr_error *error) HR_MUST_USE;

/* For every student and model, how many vectors there are. Strings are borrowed during the call. */
typedef enum hr_status hr_face_model_fn(void *context, const char *student_id, const char *model_id, size_t count,
                                        struct hr_error *error);
enum hr_status hr_database_each_model(struct hr_database *database, hr_face_model_fn *each, void *context,
                                      struct hr_error *error) HR_MUST_USE;

/* PRAGMA quick_check, and counts (`out` NULL: none are wanted). */
struct hr_database_counts {
    size_t students;
    size_t faces;
    size_t students_without_face;
};
enum hr_status hr_database_check(struct hr_database *database, struct hr_database_counts *out,
                                 struct hr_error *error) HR_MUST_USE;

#endif
