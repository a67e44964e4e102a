/* homeroom import students FILE, homeroom import encoding FILE */
#include <stdlib.h>
#include <string.h>

#include "base/plural.h"
#include "classroom/enroll.h"
#include "cli/answer.h"
#include "cli/database.h"
#include "store/anywhere.h"

static enum hr_status put_students(struct hr_database *database, const struct hr_student *students,
                                   size_t count, size_t counts[3], struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        enum hr_upsert what = HR_UPSERT_SAME;
        status = hr_database_put_student(database, &students[i], &what, error);
        if (status == HR_OK)
            counts[what]++;
    }
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status != HR_OK)
        hr_database_rollback(database);
    return status;
}

static enum hr_status put_into_database(struct hr_cli *cli, const struct hr_student *students,
                                        size_t count, size_t counts[3], struct hr_error *error)
{
    struct hr_database *database = NULL;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_CREATE, &database, error);
    if (status == HR_OK)
        status = put_students(database, students, count, counts, error);
    if (status == HR_OK)
        status = hr_cli_save_database(cli, database, error);
    hr_database_close(database);
    return status;
}

static enum hr_status put_into_table(struct hr_cli *cli, const struct hr_student *students,
                                     size_t count, size_t counts[3], struct hr_error *error)
{
    struct hr_dynamodb_table table;
    struct hr_dynamodb_counts done = {0};
    enum hr_status status = hr_cli_students_table(cli, &table, error);
    if (status == HR_OK)
        status = hr_dynamodb_import(&table, cli->settings.create_table, students, count, &done,
                                    error);
    if (done.created)
        hr_log_write(&cli->log, HR_LOG_INFO, NULL, "made the DynamoDB table '%s'", table.name);
    counts[HR_UPSERT_ADDED] = done.added;
    counts[HR_UPSERT_CHANGED] = done.changed;
    counts[HR_UPSERT_SAME] = done.same;
    return status;
}

static void tell_notes(const struct hr_cli *cli, const struct hr_import_problems *problems)
{
    if (problems->note != NULL)
        hr_log_write(&cli->log, HR_LOG_INFO, NULL, "%s: %s", cli->words[1], problems->note);
    if (problems->left_out > 0)
        hr_log_write(&cli->log, HR_LOG_INFO, NULL,
                     "%s: %zu row%s left out, not of a student: a gradebook's points or test student, or another role",
                     cli->words[1], problems->left_out, hr_plural(problems->left_out));
    if (problems->marks_left_out > 0)
        hr_log_write(&cli->log, HR_LOG_INFO, NULL, "%s: %zu column%s of the gradebook left out: marks are not kept",
                     cli->words[1], problems->marks_left_out, hr_plural(problems->marks_left_out));
}

static int import_students(struct hr_cli *cli, struct hr_view bytes)
{
    int exit_status = 0;
    struct hr_error error = {0};
    struct hr_student *students = NULL;
    struct hr_import_problems problems = {0};
    size_t count = 0, counts[3] = {0};
    enum hr_status status = hr_import_students(bytes, cli->settings.map, &students, &count, &problems, &error);
    if (status != HR_OK) {
        hr_error_prefix(&error, "reading '%s'", cli->words[1]);
        goto out;
    }
    status = cli->settings.students != NULL
                 ? put_into_table(cli, students, count, counts, &error)
                 : put_into_database(cli, students, count, counts, &error);
    if (status != HR_OK)
        goto out;
    for (size_t i = 0; i < problems.count; i++)
        hr_log_write(&cli->log, HR_LOG_WARNING, NULL, "%s:%zu: %s", cli->words[1],
                     problems.items[i].line, problems.items[i].text);
    tell_notes(cli, &problems);
    hr_log_write(&cli->log, HR_LOG_INFO, NULL,
                 "%zu student%s: %zu new, %zu changed, %zu as before; %zu problem%s", count,
                 count == 1 ? "" : "s", counts[HR_UPSERT_ADDED], counts[HR_UPSERT_CHANGED],
                 counts[HR_UPSERT_SAME], problems.count, problems.count == 1 ? "" : "s");
    exit_status = problems.count > 0; /* as enroll: some were left out */
out:
    hr_students_free(students, count);
    hr_import_problems_clear(&problems);
    return status != HR_OK ? hr_cli_fail(cli, &error) : exit_status;
}

/* On standard output, because it names students. */
static void answer_lookalikes(const struct hr_cli *cli, const struct hr_encoding_summary *summary)
{
    for (size_t i = 0; i < summary->lookalike_count; i++) {
        const struct hr_encoding_lookalike *left = &summary->lookalikes[i];
        fputs("left out: a vector of student ", cli->out);
        hr_answer_text(cli->out, left->id);
        fputs(" looks like student ", cli->out);
        hr_answer_text(cli->out, left->other);
        fprintf(cli->out,
                " (similarity %.2f): 'homeroom merge' joins them if they are one person, "
                "--accept-lookalike takes it if they are two\n",
                (double)left->similarity);
    }
}

static int import_encoding(struct hr_cli *cli, struct hr_view bytes)
{
    struct hr_error error = {0};
    struct hr_engine *engine = NULL;
    struct hr_encoding *encodings = NULL;
    struct hr_encoding_summary summary = {0};
    struct hr_enroll_options options = {.accept_lookalike = cli->settings.accept_lookalike};
    size_t count = 0;
    int exit_status = 0;
    enum hr_status status = hr_import_encoding(bytes, &encodings, &count, &error);
    if (status != HR_OK) {
        hr_error_prefix(&error, "reading '%s'", cli->words[1]);
        goto out;
    }
    status = hr_cli_open_engine(cli, HR_DATABASE_CREATE, &engine, &error);
    if (status == HR_OK)
        status = hr_enroll_encodings(engine, encodings, count, &options, &summary, &error);
    if (status == HR_OK)
        status = hr_cli_save_database(cli, engine->database, &error);
    if (status != HR_OK)
        goto out;
    if (hr_vector_part_of(&engine->known, HR_ENCODING_MODEL_ID) == NULL)
        hr_log_write(&cli->log, HR_LOG_WARNING, NULL,
                     "the model '%s', whose vectors these are, is not in '%s': they are kept, and "
                     "cannot be used here",
                     HR_ENCODING_MODEL_ID, cli->model_dir);
    answer_lookalikes(cli, &summary);
    hr_log_write(&cli->log, HR_LOG_INFO, NULL,
                 "%zu encoding%s: %zu enrolled, %zu already there, %zu left out; %zu without a record",
                 count, hr_plural(count), summary.added, summary.duplicates, summary.lookalike_count,
                 summary.without_record);
    exit_status = summary.lookalike_count > 0 ? HR_EXIT_NO : 0;
out:
    hr_encodings_free(encodings, count);
    free(summary.lookalikes);
    hr_engine_close(engine);
    return status == HR_OK ? exit_status : hr_cli_fail(cli, &error);
}

int hr_cmd_import(struct hr_cli *cli)
{
    struct hr_error error = {0};
    bool students = strcmp(cli->words[0], "students") == 0;
    if (!students && strcmp(cli->words[0], "encoding") != 0) {
        hr_error_set(&error, HR_ERR_ARGUMENT,
                     "'%s' cannot be imported: say 'students' or 'encoding'", cli->words[0]);
        return hr_cli_fail(cli, &error);
    }
    if (cli->settings.create_table && cli->settings.students == NULL) {
        hr_error_set(&error, HR_ERR_ARGUMENT, "--create-table needs --students dynamodb:TABLE");
        return hr_cli_fail(cli, &error);
    }
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, HR_LIMIT_IMPORT_BYTES);
    int exit_status;
    struct hr_anywhere anywhere = hr_cli_cloud_anywhere(&cli->cloud);
    if (hr_anywhere_read(&anywhere, cli->words[1], &cli->patience, &bytes, &error) != HR_OK)
        exit_status = hr_cli_fail(cli, &error);
    else
        exit_status = students ? import_students(cli, hr_buffer_view(&bytes))
                               : import_encoding(cli, hr_buffer_view(&bytes));
    hr_buffer_clear(&bytes);
    return exit_status;
}
