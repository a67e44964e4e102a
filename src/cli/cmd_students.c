/* homeroom students */
#include <stdlib.h>

#include "cli/answer.h"
#include "cli/database.h"

enum { COLUMNS = 5, NUMBER_SIZE = 24 };

static bool answer_objects(FILE *out, const struct hr_student *students, const size_t *faces,
                           size_t count)
{
    bool made = true;
    for (size_t i = 0; made && i < count; i++) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "id", hr_json_text_new(students[i].id));
        hr_json_set(object, "name", hr_json_text_new(students[i].name));
        hr_json_set(object, "major", hr_json_text_new(students[i].major));
        hr_json_set(object, "year", hr_json_text_new(students[i].year));
        hr_json_set(object, "faces", hr_json_integer_new((int64_t)faces[i]));
        made = hr_answer_json(out, object);
    }
    return made;
}

static bool answer_table(FILE *out, const struct hr_student *students, const size_t *faces,
                         size_t count)
{
    const char **cells = calloc((count + 1) * COLUMNS, sizeof *cells);
    char(*numbers)[NUMBER_SIZE] = calloc(count + 1, sizeof *numbers);
    bool made = cells != NULL && numbers != NULL;
    if (made) {
        static const char *const header[COLUMNS] = {"id", "name", "major", "year", "faces"};
        for (size_t i = 0; i < COLUMNS; i++)
            cells[i] = header[i];
        for (size_t i = 0; i < count; i++) {
            const char **row = cells + (i + 1) * COLUMNS;
            snprintf(numbers[i], NUMBER_SIZE, "%zu", faces[i]);
            row[0] = students[i].id;
            row[1] = students[i].name;
            row[2] = students[i].major;
            row[3] = students[i].year;
            row[4] = numbers[i];
        }
        hr_answer_table(out, cells, COLUMNS, count + 1, 1u << 4);
    }
    free(cells);
    free(numbers);
    return made;
}

int hr_cmd_students(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_student *students = NULL;
    size_t *faces = NULL, count = 0;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_READ, &database, &error);
    if (status == HR_OK)
        status = hr_database_students(database, &students, &faces, &count, &error);
    if (status != HR_OK)
        goto out;
    bool made = cli->settings.json ? answer_objects(cli->out, students, faces, count)
                                   : answer_table(cli->out, students, faces, count);
    if (!made)
        status = hr_error_set(&error, HR_ERR_MEMORY, "no memory for %zu students", count);
out:
    hr_students_free(students, count);
    free(faces);
    hr_database_close(database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
