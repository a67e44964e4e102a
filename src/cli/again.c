#include "cli/again.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/array.h"
#include "classroom/again.h"
#include "cli/class.h"
#include "records/classes.h"

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

static enum hr_status one(struct hr_cli *cli, struct hr_engine *engine, struct hr_database *database,
                          const char *class_id, const struct lesson *lesson, size_t *changed, struct hr_error *error)
{
    size_t count = 0;
    enum hr_status status = hr_cli_publish_class(cli, engine, lesson->has_guests ? NULL : class_id,
                                                 lesson->has_guests ? NULL : lesson->day, error);
    if (status != HR_OK)
        return status;
    struct hr_snapshot *snapshot = hr_engine_hold(engine);
    status = hr_lesson_decide_again(database, lesson->key, snapshot, &engine->known, &count, error);
    hr_snapshot_release(snapshot);
    *changed += count;
    return status;
}

enum hr_status hr_cli_decide_again(struct hr_cli *cli, struct hr_engine *engine, struct hr_database *database,
                                   const char *class_id, int64_t lesson, size_t *changed, struct hr_error *error)
{
    struct lessons lessons = {.only = lesson};
    enum hr_status status = hr_database_each_lesson(database, class_id, take_lesson, &lessons, error);
    for (size_t i = 0; status == HR_OK && i < lessons.count; i++)
        status = one(cli, engine, database, class_id, &lessons.items[i], changed, error);
    hr_engine_drop(engine); /* it borrows the texts of this lesson's day */
    free(lessons.items);
    return status;
}
