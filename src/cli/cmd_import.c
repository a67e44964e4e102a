/* homeroom import students FILE, import oneroster FOLDER|FILE.zip, import encoding FILE */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/plural.h"
#include "classroom/enroll.h"
#include "classroom/lesson_words.h"
#include "classroom/zone.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "records/audit.h"
#include "records/classes.h"
#include "store/anywhere.h"
#include "tables/oneroster.h"
#include "video/album.h"

/* A table of students, and what became of it. */
struct table {
    struct hr_student *students; /* owned */
    size_t count;
    size_t counts[3]; /* by enum hr_upsert */
    char **missing;   /* owned: ids of the database's table that are not in this one */
    size_t missing_count;
};

static enum hr_status put_students(struct hr_database *database, struct table *table, struct hr_error *error)
{
    enum hr_status status = hr_database_begin(database, error);
    if (status != HR_OK)
        return status;
    status = hr_database_compare_table(database, table->students, table->count, &table->missing, &table->missing_count,
                                       error);
    for (size_t i = 0; status == HR_OK && i < table->count; i++) {
        enum hr_upsert what = HR_UPSERT_SAME;
        status = hr_database_put_student(database, &table->students[i], &what, error);
        if (status == HR_OK)
            table->counts[what]++;
    }
    if (status == HR_OK)
        status = hr_database_note(database, "import", NULL,
                                  table->counts[HR_UPSERT_ADDED] + table->counts[HR_UPSERT_CHANGED], error);
    if (status == HR_OK)
        status = hr_database_commit(database, error);
    if (status != HR_OK)
        hr_database_rollback(database);
    return status;
}

static enum hr_status put_into_database(struct hr_cli *cli, struct table *table, struct hr_error *error)
{
    struct hr_database *database = NULL;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_CREATE, &database, error);
    if (status == HR_OK)
        status = put_students(database, table, error);
    if (status == HR_OK)
        status = hr_class_save_database(&cli->class, database, error);
    hr_database_close(database);
    return status;
}

static enum hr_status put_into_cloud(struct hr_cli *cli, struct table *table, struct hr_error *error)
{
    struct hr_dynamodb_table cloud;
    struct hr_dynamodb_counts done = {0};
    enum hr_status status = hr_class_students_table(&cli->class, &cloud, error);
    if (status == HR_OK)
        status =
            hr_dynamodb_import(&cloud, cli->settings.import.create_table, table->students, table->count, &done, error);
    if (done.created)
        hr_log_write(&cli->log, HR_LOG_INFO, NULL, "made the DynamoDB table '%s'", cloud.name);
    table->counts[HR_UPSERT_ADDED] = done.added;
    table->counts[HR_UPSERT_CHANGED] = done.changed;
    table->counts[HR_UPSERT_SAME] = done.same;
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

/* Whoever has left is in no new table; nor is whoever was only overlooked in it. */
static void tell_missing(const struct hr_cli *cli, const struct table *table)
{
    if (table->missing_count == 0)
        return;
    hr_log_write(&cli->log, HR_LOG_INFO, NULL,
                 "%zu student%s in the database and not in this table: kept ('homeroom forget' removes one; --verbose "
                 "names them)",
                 table->missing_count, hr_plural_are(table->missing_count));
    for (size_t i = 0; i < table->missing_count; i++)
        hr_log_write(&cli->log, HR_LOG_DEBUG, NULL, "not in this table: student '%s'", table->missing[i]);
}

static void tell_done(const struct hr_cli *cli, const struct table *table, const struct hr_import_problems *problems)
{
    for (size_t i = 0; i < problems->count; i++)
        hr_log_write(&cli->log, HR_LOG_WARNING, NULL, "%s:%zu: %s", cli->words[1], problems->items[i].line,
                     problems->items[i].text);
    tell_notes(cli, problems);
    tell_missing(cli, table);
    hr_log_write(&cli->log, HR_LOG_INFO, NULL, "%zu student%s: %zu new, %zu changed, %zu as before; %zu problem%s",
                 table->count, hr_plural(table->count), table->counts[HR_UPSERT_ADDED],
                 table->counts[HR_UPSERT_CHANGED], table->counts[HR_UPSERT_SAME], problems->count,
                 hr_plural(problems->count));
}

static int import_students(struct hr_cli *cli, struct hr_view bytes)
{
    struct hr_error error = {0};
    struct hr_import_problems problems = {0};
    struct table table = {0};
    enum hr_status status =
        hr_import_students(bytes, cli->settings.import.map, &table.students, &table.count, &problems, &error);
    if (status != HR_OK)
        hr_error_prefix(&error, "reading '%s'", cli->words[1]);
    else
        status = cli->settings.class.students != NULL ? put_into_cloud(cli, &table, &error)
                                                      : put_into_database(cli, &table, &error);
    if (status == HR_OK)
        tell_done(cli, &table, &problems);
    int exit_status = problems.count > 0; /* as enroll: some were left out */
    hr_students_free(table.students, table.count);
    hr_texts_free(table.missing, table.missing_count);
    hr_import_problems_clear(&problems);
    return status == HR_OK ? exit_status : hr_cli_fail(cli, &error);
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

/* Whose name it is stands in no log but a verbose one. */
static void tell_namesakes(const struct hr_cli *cli, const struct hr_encoding_summary *summary)
{
    for (size_t i = 0; i < summary->namesakes_count; i++)
        hr_log_write(&cli->log, HR_LOG_DEBUG, NULL, "the name '%s' is that of the students %s",
                     summary->namesakes[i].name, summary->namesakes[i].ids);
}

static void answer_namesakes(const struct hr_cli *cli, const struct hr_encoding_summary *summary)
{
    for (size_t i = 0; i < summary->namesakes_count; i++) {
        const struct hr_encoding_namesakes *left = &summary->namesakes[i];
        fprintf(cli->out, "left out: %zu vector%s of a name that several students have: ", left->vectors,
                hr_plural(left->vectors));
        hr_answer_text(cli->out, left->ids);
        fputs("; enrol them from photos\n", cli->out);
    }
}

static int import_encoding(struct hr_cli *cli, struct hr_view bytes)
{
    struct hr_error error = {0};
    struct hr_engine *engine = NULL;
    struct hr_encoding *encodings = NULL;
    struct hr_encoding_summary summary = {0};
    struct hr_enroll_options options = {.accept_lookalike = cli->settings.enroll.accept_lookalike,
                                        .skip_namesakes = strcmp(cli->settings.import.namesakes, "skip") == 0};
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
    tell_namesakes(cli, &summary);
    if (status == HR_OK) {
        struct hr_snapshot *snapshot = hr_engine_hold(engine);
        status = hr_class_save_database(&cli->class, snapshot->database, &error);
        hr_snapshot_release(snapshot);
    }
    if (status != HR_OK)
        goto out;
    if (hr_vector_part_of(&engine->known, HR_ENCODING_MODEL_ID) == NULL)
        hr_log_write(&cli->log, HR_LOG_WARNING, NULL,
                     "the model '%s', whose vectors these are, is not in '%s': they are kept, and "
                     "cannot be used here",
                     HR_ENCODING_MODEL_ID, cli->model_dir);
    answer_lookalikes(cli, &summary);
    answer_namesakes(cli, &summary);
    if (summary.without_consent > 0)
        fprintf(cli->out, "left out: %zu vector%s of students who do not agree to be recognised\n",
                summary.without_consent, hr_plural(summary.without_consent));
    size_t left_out = count - summary.added - summary.duplicates;
    hr_log_write(&cli->log, HR_LOG_INFO, NULL,
                 "%zu encoding%s: %zu enrolled, %zu already there, %zu left out; %zu without a record", count,
                 hr_plural(count), summary.added, summary.duplicates, left_out, summary.without_record);
    exit_status = left_out > 0 ? HR_EXIT_NO : 0;
out:
    hr_encodings_free(encodings, count);
    hr_encoding_summary_clear(&summary);
    hr_engine_close(engine);
    return status == HR_OK ? exit_status : hr_cli_fail(cli, &error);
}

/* --- OneRoster --- */

static enum hr_status read_one(struct hr_cli *cli, const char *name, bool wanted, struct hr_buffer *out,
                               struct hr_error *error)
{
    char path[4096];
    struct hr_anywhere anywhere = hr_cli_cloud_anywhere(&cli->cloud);
    size_t length = strlen(cli->words[1]);
    const char *slash = length > 0 && cli->words[1][length - 1] == '/' ? "" : "/";
    if ((size_t)snprintf(path, sizeof path, "%s%s%s", cli->words[1], slash, name) >= sizeof path)
        return hr_error_set(error, HR_ERR_ARGUMENT, "the name of the folder is too long");
    enum hr_status status = hr_anywhere_read(&anywhere, path, &cli->patience, out, error);
    return status == HR_ERR_NOT_FOUND && !wanted ? HR_OK : status;
}

/* Within one transaction: whoever is in a class from a day that is not said is in it from today on. */
static enum hr_status put_classes(struct hr_cli *cli, struct hr_database *database, const struct hr_oneroster *roster,
                                  size_t *entered, struct hr_error *error)
{
    const char *zone = cli->settings.lessons.zone;
    char today[HR_DAY_SIZE], of_class[256];
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < roster->class_count; i++) {
        struct hr_class_record class = {.id = roster->classes[i].id,
                                        .title = roster->classes[i].title,
                                        .zone = zone,
                                        .late_min = -1,
                                        .early_min = -1};
        status = hr_database_put_class(database, &class, NULL, error);
    }
    for (size_t i = 0; status == HR_OK && i < roster->enrolment_count; i++) {
        const struct hr_oneroster_enrolment *enrolment = &roster->enrolments[i];
        const char *class_id = roster->classes[enrolment->of_class].id;
        const char *student_id = roster->students[enrolment->student].id;
        bool changed = false;
        status = hr_class_zone(database, class_id, of_class, error);
        if (status != HR_OK)
            break;
        hr_zone_today(of_class, today);
        status = hr_database_enrol(database, class_id, student_id,
                                   enrolment->from_day[0] != '\0' ? enrolment->from_day : today, &changed, error);
        if (status == HR_OK && changed && enrolment->to_day[0] != '\0')
            status = hr_database_leave(database, class_id, student_id, enrolment->to_day, error);
        *entered += changed;
    }
    return status;
}

static enum hr_status put_roster(struct hr_cli *cli, const struct hr_oneroster *roster, struct table *table,
                                 size_t *entered, struct hr_error *error)
{
    struct hr_database *database = NULL;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_CREATE, &database, error);
    if (status == HR_OK)
        status = put_students(database, table, error);
    if (status == HR_OK)
        status = hr_database_begin(database, error);
    if (status == HR_OK)
        status = hr_database_end(database, put_classes(cli, database, roster, entered, error), error);
    if (status == HR_OK)
        status = hr_class_save_database(&cli->class, database, error);
    hr_database_close(database);
    return status;
}

static void tell_roster(const struct hr_cli *cli, const struct hr_oneroster *roster, const struct table *table,
                        size_t entered)
{
    const struct hr_import_problems none = {0};
    if (roster->left_out > 0)
        hr_log_write(&cli->log, HR_LOG_INFO, NULL, "%zu row%s left out: of others than students, or no longer active",
                     roster->left_out, hr_plural(roster->left_out));
    if (roster->dangling > 0)
        hr_log_write(&cli->log, HR_LOG_WARNING, NULL,
                     "%zu enrolment%s of a student or class that is not in these files: left out", roster->dangling,
                     hr_plural(roster->dangling));
    tell_done(cli, table, &none);
    hr_log_write(&cli->log, HR_LOG_INFO, NULL, "%zu class%s, %zu enrolment%s new", roster->class_count,
                 roster->class_count == 1 ? "" : "es", entered, hr_plural(entered));
}

/* The files of an export; `users` alone has to be there. */
enum { USERS, ROLES, CLASSES, ENROLLMENTS, FILE_COUNT };
static const char *const file_names[FILE_COUNT] = {"users.csv", "roles.csv", "classes.csv", "enrollments.csv"};

static enum hr_status read_folder(struct hr_cli *cli, struct hr_buffer files[FILE_COUNT], struct hr_error *error)
{
    enum hr_status status = read_one(cli, file_names[USERS], true, &files[USERS], error);
    for (int i = ROLES; status == HR_OK && i < FILE_COUNT; i++) {
        status = read_one(cli, file_names[i], false, &files[i], NULL);
        if (status != HR_OK)
            hr_error_set(error, status, "a file beside '%s/users.csv' cannot be read", cli->words[1]);
    }
    return status;
}

/* FILE_COUNT: none of them. They may lie in a folder. */
static int file_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    int which = 0;
    while (which < FILE_COUNT && strcasecmp(slash != NULL ? slash + 1 : name, file_names[which]) != 0)
        which++;
    return which;
}

static enum hr_status take_entry(const struct hr_album_entry *entry, struct hr_buffer files[FILE_COUNT],
                                 struct hr_error *error)
{
    int which = file_of(entry->name);
    if (which == FILE_COUNT)
        return HR_OK;
    if (entry->verdict == HR_ALBUM_NO_PICTURE) /* it is empty */
        return HR_OK;
    if (entry->verdict != HR_ALBUM_TABLE)
        return hr_error_set(error, HR_ERR_FORMAT, "'%s' in it is not read: %s", entry->name,
                            hr_album_verdict_text(entry->verdict));
    if (files[which].size > 0)
        return hr_error_set(error, HR_ERR_FORMAT, "it has several files %s", file_names[which]);
    hr_buffer_append(&files[which], entry->bytes);
    return hr_buffer_check(&files[which], error);
}

static enum hr_status read_entries(struct hr_cli *cli, struct hr_stream *stream, const struct hr_deadline *deadline,
                                   struct hr_buffer files[FILE_COUNT], struct hr_error *error)
{
    const struct hr_photo_options options = {.sandbox = cli->sandbox, .deadline = deadline, .tables = true};
    struct hr_album *album = NULL;
    struct hr_album_entry entry;
    enum hr_status status = hr_album_open(&album, stream, &options, error);
    while (status == HR_OK && (status = hr_album_next(album, &entry, error)) == HR_OK)
        status = take_entry(&entry, files, error);
    hr_album_close(album);
    if (status == HR_END)
        status = files[USERS].size > 0 ? HR_OK
                                       : hr_error_set(error, HR_ERR_FORMAT, "there is no %s in it", file_names[USERS]);
    return status;
}

/* As a school's system gives it: taken apart by a child of the sandbox, before the database is opened. */
static enum hr_status read_archive(struct hr_cli *cli, struct hr_buffer files[FILE_COUNT], struct hr_error *error)
{
    enum { UNPACK_MS = 60000 };
    struct hr_anywhere anywhere = hr_cli_cloud_anywhere(&cli->cloud);
    struct hr_stream stream = {0};
    struct hr_deadline deadline = hr_deadline_after(hr_clock_system(), UNPACK_MS, hr_cli_stop());
    enum hr_status status = hr_anywhere_open_stream(&anywhere, cli->words[1], &deadline, &stream, error);
    if (status != HR_OK)
        return status;
    status = read_entries(cli, &stream, &deadline, files, error);
    hr_stream_close(&stream);
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "reading '%s'", cli->words[1]);
}

static bool is_archive(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcasecmp(path + length - 4, ".zip") == 0;
}

static int import_oneroster(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_buffer files[FILE_COUNT];
    struct hr_oneroster roster = {0};
    struct table table = {0};
    size_t entered = 0;
    for (int i = 0; i < FILE_COUNT; i++)
        hr_buffer_init(&files[i], HR_LIMIT_IMPORT_BYTES);
    enum hr_status status =
        cli->settings.lessons.zone != NULL ? hr_zone_check(cli->settings.lessons.zone, &error) : HR_OK;
    if (status == HR_OK)
        status = is_archive(cli->words[1]) ? read_archive(cli, files, &error) : read_folder(cli, files, &error);
    struct hr_oneroster_files views = {hr_buffer_view(&files[USERS]), hr_buffer_view(&files[ROLES]),
                                       hr_buffer_view(&files[CLASSES]), hr_buffer_view(&files[ENROLLMENTS])};
    if (status == HR_OK)
        status = hr_oneroster_read(&views, &roster, &error);
    table.students = roster.students;
    table.count = roster.student_count;
    if (status == HR_OK)
        status = put_roster(cli, &roster, &table, &entered, &error);
    if (status == HR_OK)
        tell_roster(cli, &roster, &table, entered);
    int exit_status = roster.dangling > 0 ? HR_EXIT_NO : 0;
    hr_texts_free(table.missing, table.missing_count);
    hr_oneroster_clear(&roster);
    for (int i = 0; i < FILE_COUNT; i++)
        hr_buffer_clear(&files[i]);
    return status == HR_OK ? exit_status : hr_cli_fail(cli, &error);
}

int hr_cmd_import(struct hr_cli *cli)
{
    struct hr_error error = {0};
    bool students = strcmp(cli->words[0], "students") == 0;
    if (strcmp(cli->words[0], "oneroster") == 0)
        return import_oneroster(cli);
    if (!students && strcmp(cli->words[0], "encoding") != 0) {
        hr_error_set(&error, HR_ERR_ARGUMENT, "'%s' cannot be imported: say 'students', 'oneroster' or 'encoding'",
                     cli->words[0]);
        return hr_cli_fail(cli, &error);
    }
    if (cli->settings.import.create_table && cli->settings.class.students == NULL) {
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
        exit_status =
            students ? import_students(cli, hr_buffer_view(&bytes)) : import_encoding(cli, hr_buffer_view(&bytes));
    hr_buffer_clear(&bytes);
    return exit_status;
}
