/* homeroom students, homeroom students ID */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/person.h"

enum { COLUMNS = 6, NUMBER_SIZE = 24 };

/* --- everybody --- */

struct list {
    struct hr_student *students;
    size_t *faces;
    struct hr_buffer *models; /* of each: the ids, comma-separated */
    size_t count;
    size_t last; /* where the latest model went */
};

/* Both come by id, but not in one order: the next one is looked for from where the latest was found. */
static enum hr_status add_model(void *context, const char *student_id, const char *model_id, size_t count,
                                struct hr_error *error)
{
    struct list *list = context;
    (void)count;
    for (size_t i = 0; i < list->count; i++) {
        size_t at = (list->last + i) % list->count;
        if (strcmp(list->students[at].id, student_id) != 0)
            continue;
        list->last = at;
        hr_buffer_append_format(&list->models[at], "%s%s", list->models[at].size > 0 ? "," : "", model_id);
        return hr_buffer_check(&list->models[at], error);
    }
    return HR_OK; /* enrolled since the list was read */
}

static struct hr_json *models_of(const char *text)
{
    struct hr_json *models = hr_json_array_new();
    while (*text != '\0') {
        size_t length = strcspn(text, ",");
        char id[128];
        snprintf(id, sizeof id, "%.*s", (int)length, text);
        hr_json_append(models, hr_json_text_new(id));
        text += length + (text[length] == ',');
    }
    return models;
}

static bool answer_objects(FILE *out, const struct list *list)
{
    bool made = true;
    for (size_t i = 0; made && i < list->count; i++) {
        const struct hr_student *student = &list->students[i];
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "id", hr_json_text_new(student->id));
        hr_json_set(object, "name", hr_json_text_new(student->name));
        hr_json_set(object, "major", hr_json_text_new(student->major));
        hr_json_set(object, "year", hr_json_text_new(student->year));
        hr_json_set(object, "faces", hr_json_integer_new((int64_t)list->faces[i]));
        hr_json_set(object, "models", models_of(hr_buffer_text(&list->models[i])));
        made = hr_answer_json(out, object);
    }
    return made;
}

static bool answer_table(FILE *out, const struct list *list)
{
    const char **cells = calloc((list->count + 1) * COLUMNS, sizeof *cells);
    char(*numbers)[NUMBER_SIZE] = calloc(list->count + 1, sizeof *numbers);
    bool made = cells != NULL && numbers != NULL;
    if (made) {
        static const char *const header[COLUMNS] = {"id", "name", "major", "year", "faces", "models"};
        for (size_t i = 0; i < COLUMNS; i++)
            cells[i] = header[i];
        for (size_t i = 0; i < list->count; i++) {
            const char **row = cells + (i + 1) * COLUMNS;
            snprintf(numbers[i], NUMBER_SIZE, "%zu", list->faces[i]);
            row[0] = list->students[i].id;
            row[1] = list->students[i].name;
            row[2] = list->students[i].major;
            row[3] = list->students[i].year;
            row[4] = numbers[i];
            row[5] = hr_buffer_text(&list->models[i]);
        }
        hr_answer_table(out, cells, COLUMNS, list->count + 1, 1u << 4);
    }
    free(cells);
    free(numbers);
    return made;
}

static enum hr_status answer_everybody(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    struct list list = {0};
    enum hr_status status = hr_database_students(database, &list.students, &list.faces, &list.count, error);
    if (status != HR_OK)
        return status;
    list.models = calloc(list.count + 1, sizeof *list.models);
    if (list.models == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu students", list.count);
    for (size_t i = 0; status == HR_OK && i < list.count; i++)
        hr_buffer_init(&list.models[i], 4096);
    if (status == HR_OK)
        status = hr_database_each_model(database, add_model, &list, error);
    if (status == HR_OK &&
        !(cli->settings.terminal.json ? answer_objects(cli->out, &list) : answer_table(cli->out, &list)))
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu students", list.count);
    for (size_t i = 0; list.models != NULL && i < list.count; i++)
        hr_buffer_clear(&list.models[i]);
    free(list.models);
    hr_students_free(list.students, list.count);
    free(list.faces);
    return status;
}

/* --- one student's photos --- */

enum { PHOTO_COLUMNS = 7 };

/* A photo, or one view of a video: its vectors of all models. */
struct photo {
    char *origin; /* owned */
    char sha256[65];
    char verdict[64];
    char quality[16], width[16], views[NUMBER_SIZE];
    char created[HR_CLOCK_ISO8601_SIZE];
    char models[512];
    char last_model[64];
    size_t count; /* vectors of its latest model */
    double quality_number, face_px;
};

struct photos {
    struct photo *items;
    size_t count, capacity;
};

static struct photo *photo_of(struct photos *photos, const struct hr_face_record *record)
{
    for (size_t i = 0; i < photos->count; i++) {
        struct photo *photo = &photos->items[i];
        if (strcmp(photo->origin, record->origin) == 0 && strcmp(photo->sha256, record->origin_sha256) == 0)
            return photo;
    }
    if (photos->count == photos->capacity) {
        size_t capacity = photos->capacity > 0 ? 2 * photos->capacity : 16;
        struct photo *items = reallocarray(photos->items, capacity, sizeof *items);
        if (items == NULL)
            return NULL;
        photos->items = items;
        photos->capacity = capacity;
    }
    struct photo *photo = &photos->items[photos->count];
    *photo =
        (struct photo){.origin = strdup(record->origin), .quality_number = record->quality, .face_px = record->face_px};
    if (photo->origin == NULL)
        return NULL;
    snprintf(photo->sha256, sizeof photo->sha256, "%s", record->origin_sha256);
    snprintf(photo->verdict, sizeof photo->verdict, "%s", record->verdict[0] != '\0' ? record->verdict : "enrolled");
    hr_clock_iso8601(record->created_us, photo->created);
    photos->count++;
    return photo;
}

static enum hr_status add_photo(void *context, const struct hr_face_record *record, struct hr_error *error)
{
    struct photo *photo = photo_of(context, record);
    if (photo == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a student's photos");
    if (strcmp(photo->last_model, record->model_id) != 0) {
        size_t length = strlen(photo->models);
        if (strstr(photo->models, record->model_id) == NULL)
            snprintf(photo->models + length, sizeof photo->models - length, "%s%s", length > 0 ? "," : "",
                     record->model_id);
        snprintf(photo->last_model, sizeof photo->last_model, "%s", record->model_id);
        photo->count = 0;
    }
    photo->count++;
    return HR_OK;
}

static void answer_photo_objects(FILE *out, const struct photos *photos)
{
    for (size_t i = 0; i < photos->count; i++) {
        const struct photo *photo = &photos->items[i];
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "photo", hr_json_any_text_new(photo->origin));
        hr_json_set(object, "verdict", hr_json_text_new(photo->verdict));
        hr_json_set(object, "quality", hr_json_real_new(photo->quality_number));
        hr_json_set(object, "face_px", photo->face_px > 0 ? hr_json_real_new(photo->face_px) : hr_json_text_new(NULL));
        hr_json_set(object, "views", hr_json_integer_new((int64_t)photo->count));
        hr_json_set(object, "created", hr_json_text_new(photo->created));
        hr_json_set(object, "models", models_of(photo->models));
        hr_answer_json(out, object);
    }
}

static bool answer_photo_table(FILE *out, struct photos *photos)
{
    static const char *const header[PHOTO_COLUMNS] = {"photo", "verdict", "quality", "face_px",
                                                      "views", "created", "models"};
    const char **cells = calloc((photos->count + 1) * PHOTO_COLUMNS, sizeof *cells);
    if (cells == NULL)
        return false;
    memcpy(cells, header, sizeof header);
    for (size_t i = 0; i < photos->count; i++) {
        struct photo *photo = &photos->items[i];
        const char **row = cells + (i + 1) * PHOTO_COLUMNS;
        snprintf(photo->quality, sizeof photo->quality, "%.2f", photo->quality_number);
        if (photo->face_px > 0)
            snprintf(photo->width, sizeof photo->width, "%.0f", photo->face_px);
        snprintf(photo->views, sizeof photo->views, "%zu", photo->count);
        row[0] = photo->origin;
        row[1] = photo->verdict;
        row[2] = photo->quality;
        row[3] = photo->width;
        row[4] = photo->views;
        row[5] = photo->created;
        row[6] = photo->models;
    }
    hr_answer_table(out, cells, PHOTO_COLUMNS, photos->count + 1, 1u << 2 | 1u << 3 | 1u << 4);
    free(cells);
    return true;
}

static enum hr_status answer_photos(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    struct hr_student student = {0};
    struct photos photos = {0};
    enum hr_status status = hr_cli_find_person(database, cli->words[0], &student, NULL, error);
    if (status == HR_OK)
        status = hr_database_each_face_of(database, student.id, add_photo, &photos, error);
    if (status == HR_OK && cli->settings.terminal.json)
        answer_photo_objects(cli->out, &photos);
    else if (status == HR_OK && !answer_photo_table(cli->out, &photos))
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a student's photos");
    for (size_t i = 0; i < photos.count; i++)
        free(photos.items[i].origin);
    free(photos.items);
    hr_student_clear(&student);
    return status;
}

int hr_cmd_students(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_READ, &database, &error);
    if (status == HR_OK)
        status = cli->word_count > 0 ? answer_photos(cli, database, &error) : answer_everybody(cli, database, &error);
    hr_database_close(database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
