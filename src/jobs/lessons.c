#include "jobs/lessons.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "classroom/again.h"
#include "classroom/keep.h"
#include "records/classes.h"

enum hr_status hr_class_publish(struct hr_class_place *place, struct hr_engine *engine, const char *class_id,
                                const char *day, struct hr_error *error)
{
    struct hr_snapshot_parts parts = {0};
    enum hr_status status = hr_class_open_database(place, HR_DATABASE_READ, &parts.database, error);
    if (status != HR_OK)
        return status;
    hr_database_only_class(parts.database, class_id, day);
    return hr_engine_publish(engine, &parts, error);
}

/* --- a recording --- */

static enum hr_status look(struct hr_engine *engine, const struct hr_lesson_recording *recording,
                           struct hr_stream *stream, struct hr_result **result, struct hr_error *error)
{
    struct hr_session *session = NULL;
    enum hr_status status = hr_session_new(&session, engine, recording->threads, error);
    if (status != HR_OK)
        return status;
    if (recording->lesson->keep_days > 0)
        hr_session_keep_views(session);
    struct hr_snapshot *snapshot = hr_engine_hold(engine);
    status = hr_classroom_recognize(session, snapshot, stream, recording->video, &recording->options, result, error);
    hr_snapshot_release(snapshot);
    hr_session_free(session);
    return status;
}

static enum hr_status keep(struct hr_class_place *place, const struct hr_lesson_recording *recording,
                           const struct hr_result *result, struct hr_error *error)
{
    struct hr_recording_place where = {recording->lesson->key, recording->start_us, recording->camera,
                                       recording->guests};
    struct hr_database *database = NULL;
    enum hr_status status = hr_class_open_database(place, HR_DATABASE_WRITE, &database, error);
    if (status == HR_OK)
        status = hr_result_keep_for_lesson(result, "", &where, database, error);
    hr_database_close(database);
    return status;
}

enum hr_status hr_lesson_take(struct hr_class_place *place, struct hr_engine *engine,
                              const struct hr_lesson_recording *recording, struct hr_stream *stream,
                              struct hr_result **result, struct hr_error *error)
{
    bool all = recording->guests;
    *result = NULL;
    enum hr_status status = hr_class_publish(place, engine, all ? NULL : recording->lesson->class_id,
                                             all ? NULL : recording->lesson->day, error);
    if (status == HR_OK)
        status = look(engine, recording, stream, result, error);
    hr_engine_drop(engine); /* it borrows the lesson's texts */
    return status == HR_OK ? keep(place, recording, *result, error) : status;
}

/* --- decided again --- */

struct lessons {
    struct lesson {
        int64_t key;
        char day[HR_DAY_SIZE];
        bool has_guests;
    } * items; /* owned */
    size_t count, capacity;
    int64_t only; /* 0: all */
};

static enum hr_status take_lesson(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct lessons *lessons = context;
    if (lesson->finished_us != 0 || lesson->recording_count == 0 ||
        (lessons->only != 0 && lesson->key != lessons->only))
        return HR_OK;
    struct lesson *items = hr_array_room(lessons->items, lessons->count, &lessons->capacity, sizeof *items);
    if (items == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a class's lessons");
    lessons->items = items;
    struct lesson *item = &lessons->items[lessons->count++];
    *item = (struct lesson){.key = lesson->key, .has_guests = lesson->has_guests};
    snprintf(item->day, sizeof item->day, "%s", lesson->day);
    return HR_OK;
}

static enum hr_status decide_one(struct hr_class_place *place, struct hr_engine *engine, struct hr_database *database,
                                 const char *class_id, const struct lesson *lesson, size_t *changed,
                                 struct hr_error *error)
{
    size_t count = 0;
    enum hr_status status = hr_class_publish(place, engine, lesson->has_guests ? NULL : class_id,
                                             lesson->has_guests ? NULL : lesson->day, error);
    if (status != HR_OK)
        return status;
    struct hr_snapshot *snapshot = hr_engine_hold(engine);
    status = hr_lesson_decide_again(database, lesson->key, snapshot, &engine->known, &count, error);
    hr_snapshot_release(snapshot);
    *changed += count;
    return status;
}

enum hr_status hr_lessons_decide_again(struct hr_class_place *place, struct hr_engine *engine,
                                       struct hr_database *database, const char *class_id, int64_t lesson,
                                       size_t *changed, struct hr_error *error)
{
    struct lessons lessons = {.only = lesson};
    enum hr_status status = hr_database_each_lesson(database, class_id, take_lesson, &lessons, error);
    for (size_t i = 0; status == HR_OK && i < lessons.count; i++)
        status = decide_one(place, engine, database, class_id, &lessons.items[i], changed, error);
    hr_engine_drop(engine); /* it borrows the texts of this lesson's day */
    free(lessons.items);
    return status;
}
