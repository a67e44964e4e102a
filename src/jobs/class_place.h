/* Where a class is kept, and what is opened there: its database (a file here, or an object in S3, which is read into
 * memory and written back whole, unless somebody else has changed it meanwhile), its students' records when they are
 * in a table of DynamoDB, the models. */
#ifndef HR_JOBS_CLASS_PLACE_H
#define HR_JOBS_CLASS_PLACE_H

#include "classroom/engine.h"
#include "jobs/class_keys.h"
#include "roster/dynamodb.h"
#include "store/anywhere.h"

struct hr_class_place {
    struct hr_anywhere anywhere;
    const char *database;      /* a path, or "s3://bucket/key" */
    const char *students;      /* "dynamodb:TABLE"; NULL: the database has the records */
    int64_t students_cache_ms; /* how long an answer of that table is good for; 0: not kept */
    struct hr_key_source key;  /* of a sealed database */
    const char *ring;          /* their keys, a path or "s3://bucket/key" as the database; NULL: beside it */
    const char *model_dir;
    const struct hr_sandbox *sandbox;   /* of the engines that are opened; NULL: none */
    const struct hr_deadline *patience; /* of every wait; outlives all that is opened */
    /* Kept by the functions here: ETags of the database and of its ring in S3 as they were read last; "": none. */
    char version[128];
    char ring_version[128];
};

/* The database alone, opened with its keys. CREATE also makes the folders of a file. PERMISSION: it is sealed, and no
 * key is given, or another one. CONFLICT: a key is given, and it is not sealed. */
enum hr_status hr_class_open_database(struct hr_class_place *place, enum hr_database_mode mode,
                                      struct hr_database **out, struct hr_error *error) HR_MUST_USE;

/* The same without keys, whether it is sealed or not: for who seals it. */
enum hr_status hr_class_open_as_it_is(struct hr_class_place *place, enum hr_database_mode mode,
                                      struct hr_database **out, struct hr_error *error) HR_MUST_USE;
/* A new ring for it, of the key that is given. CONFLICT: there is one. */
enum hr_status hr_class_new_vault(struct hr_class_place *place, struct hr_vault **out,
                                  struct hr_error *error) HR_MUST_USE;
/* After a database in S3 was unsealed and saved; nothing to do for files. */
enum hr_status hr_class_remove_ring(struct hr_class_place *place, struct hr_error *error) HR_MUST_USE;
/* Every change of a database, and of its ring, goes to where it came from; nothing to do for a file. CONFLICT when the
 * object was changed since it was opened: nothing is written then. */
enum hr_status hr_class_save_database(struct hr_class_place *place, struct hr_database *database,
                                      struct hr_error *error) HR_MUST_USE;

/* An engine with a first snapshot of the class; with HR_DATABASE_READ the records are those of `students`. */
enum hr_status hr_class_open_engine(struct hr_class_place *place, enum hr_database_mode mode, struct hr_engine **out,
                                    struct hr_error *error) HR_MUST_USE;
/* A newer snapshot for an engine that was opened so, unless its own is known to be the newest: the object is the same
 * still, and no face in it has become too old. After a failure it keeps the one that it has. */
enum hr_status hr_class_refresh(struct hr_class_place *place, struct hr_engine *engine,
                                struct hr_error *error) HR_MUST_USE;

/* What `students` names. ARGUMENT when it is not a table. */
enum hr_status hr_class_students_table(struct hr_class_place *place, struct hr_dynamodb_table *out,
                                       struct hr_error *error) HR_MUST_USE;

#endif
