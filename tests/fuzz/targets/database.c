/* homeroom.db as somebody else may have left it: opened to be read and to be written, everything in it looked at. */
#include "fuzz/target.h"

#include <math.h>

#include "records/find.h"
#include "records/observations.h"

struct walk {
    struct hr_database *database;
    size_t seen;
};

static enum hr_status see_face(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    struct walk *walk = context;
    (void)error;
    volatile uint8_t sum = 0;
    for (size_t i = 0; i < record->vector.size; i++)
        sum = (uint8_t)(sum + record->vector.data[i]);
    FUZZ_CHECK(record->student_id != NULL && record->model_id != NULL && record->origin != NULL);
    FUZZ_CHECK(strlen(record->student_id) + strlen(record->model_id) + strlen(record->origin) < SIZE_MAX);
    return ++walk->seen > 1000 ? HR_END : HR_OK;
}

static enum hr_status see_model(void *context, const char *student_id, const char *model_id, size_t count,
                                struct hr_error *error)
{
    (void)context;
    (void)error;
    FUZZ_CHECK(student_id != NULL && model_id != NULL && count > 0);
    return HR_OK;
}

static enum hr_status see_track(void *context, const struct hr_track_record *track, struct hr_error *error)
{
    struct walk *walk = context;
    (void)error;
    FUZZ_CHECK(track->candidate_count <= HR_CANDIDATE_RECORDS_MAX && track->best != NULL && track->places != NULL);
    return ++walk->seen > 1000 ? HR_END : HR_OK;
}

static enum hr_status see_observation(void *context, const struct hr_observation_record *observation,
                                      struct hr_error *error)
{
    struct walk *walk = context;
    FUZZ_CHECK(observation->video != NULL && observation->codec != NULL && observation->models != NULL);
    return hr_database_each_track(walk->database, observation->key, see_track, walk, error);
}

static void look_around(struct hr_database *database)
{
    struct walk walk = {.database = database};
    struct hr_student *students = NULL;
    size_t *faces = NULL, count = 0;
    struct hr_database_counts counts;
    struct hr_student_finder *finder = NULL;
    struct hr_error error = {0};
    if (hr_database_students(database, &students, &faces, &count, &error) == HR_OK)
        for (size_t i = 0; i < count && i < 100; i++)
            FUZZ_CHECK(students[i].id != NULL && students[i].name != NULL && students[i].found);
    hr_students_free(students, count);
    free(faces);
    (void)!hr_database_each_face(database, NULL, see_face, &walk, &error);
    (void)!hr_database_each_model(database, see_model, &walk, &error);
    (void)!hr_database_each_observation(database, see_observation, &walk, &error);
    (void)!hr_database_check(database, &counts, &error);
    if (hr_student_finder_new(&finder, database, &error) == HR_OK) {
        const char *id;
        (void)!hr_student_find(finder, "ada", &id, NULL, &error);
    }
    hr_student_finder_free(finder);
    struct hr_roster roster = hr_database_roster(database);
    static const char *const ids[] = {"44", "46", ""};
    struct hr_student found[3] = {0};
    (void)!hr_roster_get(&roster, ids, 3, found, &error);
    for (size_t i = 0; i < 3; i++)
        hr_student_clear(&found[i]);
}

static void change(struct hr_database *database)
{
    struct hr_error error = {0};
    struct hr_buffer bytes;
    size_t removed;
    bool added;
    (void)!hr_database_ensure_student(database, "99", &added, &error);
    (void)!hr_database_rename(database, "44", "45", NULL, &error);
    (void)!hr_database_merge(database, "45", "46", &removed, &error);
    (void)!hr_database_forget(database, "45", NULL, &error);
    hr_buffer_init(&bytes, 1 << 24);
    (void)!hr_database_bytes(database, &bytes, &error);
    hr_buffer_clear(&bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (int write = 0; write <= 1; write++) {
        struct hr_database *database = NULL;
        struct hr_error error = {0};
        enum hr_status status = hr_database_open_memory(&database, hr_view_of(data, size), "the database",
                                                        write ? HR_DATABASE_WRITE : HR_DATABASE_READ, &error);
        if (status == HR_OK) {
            look_around(database);
            if (write)
                change(database);
        } else {
            fuzz_check_refusal(status, &error);
        }
        hr_database_close(database);
    }
    return 0;
}
