/* homeroom enroll ID PHOTO..., enroll DIR, enroll ID --video FILE */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "classroom/enroll.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/photos.h"
#include "records/find.h"
#include "roster/student.h"
#include "store/anywhere.h"

struct enrolment {
    struct hr_cli *cli;
    struct hr_engine *engine;
    struct hr_snapshot *snapshot; /* held */
    struct hr_session *session;
    struct hr_enrolment *plan;
    struct hr_student_finder *finder;
    bool has_table; /* of students: then nobody is made without --create */
    bool from_folder;
    struct hr_photos photos;
    size_t *in_plan; /* of each photo: place in the plan; SIZE_MAX: not in it */
    char **why;      /* owned, of those that are in no table: the reason */
    size_t verdicts[HR_ENROLL_VERDICT_COUNT];
    size_t left_out, unknown_students;
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* --- who is meant --- */

/* The id of the student whom a photo is for; HR_END when he is in no table and may not be made, with the reason. */
static enum hr_status find_student(const struct enrolment *job, const struct hr_offered_photo *photo, const char **id,
                                   struct hr_error *error)
{
    enum hr_status status = hr_student_find(job->finder, photo->student, id, NULL, error);
    /* An id that is typed where there is no table at all cannot be a slip in one. */
    bool may_be_made = job->cli->settings.enroll.create || (!job->from_folder && !job->has_table);
    if (status == HR_ERR_NOT_FOUND && may_be_made) {
        *id = photo->student;
        return hr_student_id_check(hr_view_text(photo->student), error);
    }
    if (status == HR_ERR_NOT_FOUND || status == HR_ERR_CONFLICT)
        return HR_END;
    return status;
}

/* --- looking at the files --- */

/* A picture or video that cannot be opened is an outcome like a damaged one: the others go on. */
static bool cannot_be_read(enum hr_status status)
{
    return status == HR_ERR_NOT_FOUND || status == HR_ERR_PERMISSION || status == HR_ERR_IO || status == HR_ERR_LIMIT ||
           status == HR_ERR_ARGUMENT /* a folder */;
}

static enum hr_status look_at_photo(struct enrolment *job, const char *id, const char *path, struct hr_error *error)
{
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, HR_LIMIT_PHOTO_BYTES);
    struct hr_anywhere anywhere = hr_cli_cloud_anywhere(&job->cli->cloud);
    enum hr_status status = hr_anywhere_read(&anywhere, path, &job->cli->patience, &bytes, error);
    if (status == HR_OK)
        status = hr_enrolment_photo(job->plan, id, hr_buffer_view(&bytes), base_name(path), error);
    else if (cannot_be_read(status))
        status = hr_enrolment_unreadable(job->plan, id, base_name(path), error->text, error);
    hr_buffer_clear(&bytes);
    return status;
}

static enum hr_status look_at_video(struct enrolment *job, const char *id, const char *path, struct hr_error *error)
{
    char sha256[HR_SHA256_HEX_SIZE];
    struct hr_stream stream = {0};
    struct hr_anywhere anywhere = hr_cli_cloud_anywhere(&job->cli->cloud);
    enum hr_status status = hr_anywhere_open_stream(&anywhere, path, &job->cli->patience, &stream, error);
    if (status == HR_OK && stream.seek == NULL)
        status = hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is not a file that can be read twice", path);
    if (status == HR_OK)
        status = hr_sha256_stream_hex(&stream, sha256, error);
    if (status == HR_OK)
        status = stream.seek(stream.context, 0, error);
    if (status == HR_OK)
        status = hr_enrolment_video(job->plan, id, &stream, base_name(path), sha256, error);
    else if (cannot_be_read(status))
        status = hr_enrolment_unreadable(job->plan, id, base_name(path), error->text, error);
    hr_stream_close(&stream);
    return status;
}

/* One after the other; a bad one does not stop the rest, a database that fails does. */
static enum hr_status look_at_all(struct enrolment *job, struct hr_error *error)
{
    for (size_t i = 0; i < job->photos.count; i++) {
        const struct hr_offered_photo *photo = &job->photos.items[i];
        const char *id = NULL;
        job->in_plan[i] = SIZE_MAX;
        if (hr_cli_interrupted())
            return hr_error_set(error, HR_ERR_DEADLINE, "stopped: %zu of %zu files were looked at, nothing was changed",
                                i, job->photos.count);
        if (photo->left_out != NULL)
            continue;
        enum hr_status status = find_student(job, photo, &id, error);
        if (status == HR_END) {
            job->why[i] = strdup(error->text);
            if (job->why[i] == NULL)
                return hr_error_set(error, HR_ERR_MEMORY, "no memory for an answer");
            continue;
        }
        job->in_plan[i] = hr_enrolment_count(job->plan);
        if (status == HR_OK)
            status = job->cli->settings.enroll.video != NULL ? look_at_video(job, id, photo->path, error)
                                                             : look_at_photo(job, id, photo->path, error);
        if (status != HR_OK)
            return hr_error_prefix(error, "enrolling '%s'", photo->path);
    }
    return HR_OK;
}

/* --- the answer --- */

/* On standard output, because names of files and folders tell the student's id. */
static void answer_line(const struct hr_cli *cli, const struct hr_offered_photo *photo, const char *student,
                        const char *verdict, const char *text, const struct hr_enroll_outcome *outcome)
{
    if (cli->settings.terminal.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "file", hr_json_any_text_new(photo->path));
        hr_json_set(object, "student", hr_json_any_text_new(student));
        hr_json_set(object, "verdict", hr_json_text_new(verdict));
        hr_json_set(object, "text", hr_json_any_text_new(text));
        hr_json_set(object, "vectors", hr_json_integer_new(outcome != NULL ? (int64_t)outcome->views : 0));
        if (outcome != NULL && outcome->lookalike_id[0] != '\0')
            hr_json_set(object, "lookalike", hr_json_text_new(outcome->lookalike_id));
        hr_answer_json(cli->out, object);
        return;
    }
    hr_answer_text(cli->out, photo->path);
    fprintf(cli->out, ": %s", verdict);
    if (text[0] != '\0') {
        fputs(": ", cli->out);
        hr_answer_text(cli->out, text);
    }
    fputc('\n', cli->out);
}

static void answer_all(struct enrolment *job)
{
    for (size_t i = 0; i < job->photos.count; i++) {
        const struct hr_offered_photo *photo = &job->photos.items[i];
        if (photo->left_out != NULL) {
            answer_line(job->cli, photo, photo->student, "left_out", photo->left_out, NULL);
            job->left_out++;
        } else if (job->why[i] != NULL) {
            answer_line(job->cli, photo, photo->student, "unknown_student", job->why[i], NULL);
            job->unknown_students++;
        } else {
            const struct hr_enroll_outcome *outcome = hr_enrolment_outcome(job->plan, job->in_plan[i]);
            answer_line(job->cli, photo, outcome->student_id, hr_enroll_verdict_name(outcome->verdict), outcome->text,
                        outcome);
            job->verdicts[outcome->verdict]++;
        }
    }
    for (size_t i = 0; i < hr_enrolment_outvoted_count(job->plan); i++) {
        struct hr_enroll_outvoted outvoted = hr_enrolment_outvoted(job->plan, i);
        struct hr_offered_photo photo = {.path = (char *)outvoted.origin};
        char text[512];
        snprintf(text, sizeof text, "was enrolled for student %.255s and does not show the person of the new photos",
                 outvoted.student_id);
        answer_line(job->cli, &photo, outvoted.student_id, "removed", text, NULL);
    }
    if (job->unknown_students > 0 && !job->cli->settings.terminal.json)
        fputs("\nwho is in no table is made a student with --create only\n", job->cli->out);
}

/* A table with a row for each verdict that was given. */
static void answer_summary(const struct enrolment *job)
{
    enum { NUMBER_SIZE = 24, EXTRA = 2, ROWS_MAX = HR_ENROLL_VERDICT_COUNT + EXTRA + 1 };
    char numbers[ROWS_MAX][NUMBER_SIZE];
    const char *cells[2 * ROWS_MAX] = {"verdict", "files"};
    const char *const extra_names[EXTRA] = {"unknown_student", "left_out"};
    const size_t extra[EXTRA] = {job->unknown_students, job->left_out};
    size_t rows = 1;
    if (job->cli->settings.terminal.json)
        return; /* whoever reads the lines can count them */
    for (int i = 0; i < HR_ENROLL_VERDICT_COUNT + EXTRA; i++) {
        bool verdict = i < HR_ENROLL_VERDICT_COUNT;
        size_t count = verdict ? job->verdicts[i] : extra[i - HR_ENROLL_VERDICT_COUNT];
        if (count == 0)
            continue;
        snprintf(numbers[rows], NUMBER_SIZE, "%zu", count);
        cells[2 * rows] =
            verdict ? hr_enroll_verdict_name((enum hr_enroll_verdict)i) : extra_names[i - HR_ENROLL_VERDICT_COUNT];
        cells[2 * rows + 1] = numbers[rows];
        rows++;
    }
    if (rows == 1)
        return; /* not a single file was looked at; an error says why */
    fputc('\n', job->cli->out);
    hr_answer_table(job->cli->out, cells, 2, rows, 1u << 1);
}

/* --- the command --- */

/* What the words of the command line mean. */
static enum hr_status gather(const struct hr_cli *cli, struct enrolment *job, struct hr_error *error)
{
    const char *first = cli->words[0];
    struct hr_photos *photos = &job->photos;
    if (cli->word_count > 1 && cli->settings.enroll.video != NULL)
        return hr_error_set(error, HR_ERR_ARGUMENT, "with --video only the student's ID is given, no photos");
    enum hr_status status = HR_OK;
    if (cli->word_count == 1 && cli->settings.enroll.video == NULL && hr_anywhere_is_remote(first))
        return hr_error_set(error, HR_ERR_UNSUPPORTED,
                            "'%s': a folder of photos must be on this machine; single photos may be "
                            "in S3: homeroom enroll ID s3://BUCKET/KEY",
                            first);
    if (cli->word_count == 1 && cli->settings.enroll.video == NULL) {
        job->from_folder = true;
        status = hr_photos_from_folder(photos, first, error);
        if (status == HR_ERR_NOT_FOUND && photos->count == 0 && strchr(first, '/') == NULL)
            hr_error_prefix(error, "'homeroom enroll %s' without photos means a folder", first);
        return status;
    }
    if (cli->settings.enroll.video != NULL)
        status = hr_photos_add(photos, first, cli->settings.enroll.video, error);
    for (size_t i = 1; status == HR_OK && i < cli->word_count; i++)
        status = hr_photos_add(photos, first, cli->words[i], error);
    return status;
}

static enum hr_status prepare(struct enrolment *job, struct hr_error *error)
{
    struct hr_cli *cli = job->cli;
    struct hr_enroll_options options = {.accept_lookalike = cli->settings.enroll.accept_lookalike,
                                        .stop = hr_cli_stop()};
    enum hr_status status = gather(cli, job, error);
    job->in_plan = calloc(job->photos.count + 1, sizeof *job->in_plan);
    job->why = calloc(job->photos.count + 1, sizeof *job->why);
    if (status == HR_OK && (job->in_plan == NULL || job->why == NULL))
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu photos", job->photos.count);
    if (status == HR_OK)
        status = hr_cli_open_engine(cli, HR_DATABASE_CREATE, &job->engine, error);
    if (status == HR_OK) {
        job->snapshot = hr_engine_hold(job->engine);
        status = hr_database_has_table(job->snapshot->database, &job->has_table, error);
    }
    if (status == HR_OK)
        status = hr_student_finder_new(&job->finder, job->snapshot->database, error);
    if (status == HR_OK)
        status = hr_session_new_enrolling(&job->session, job->engine, cli->settings.recognition.threads, error);
    return status == HR_OK ? hr_enrolment_new(&job->plan, job->engine, job->session, &options, error) : status;
}

static enum hr_status enroll(struct enrolment *job, struct hr_error *error)
{
    enum hr_status status = look_at_all(job, error);
    if (status == HR_OK)
        status = hr_enrolment_judge(job->plan, error);
    if (status == HR_OK)
        status = hr_enrolment_commit(job->plan, error);
    if (status == HR_OK)
        status = hr_class_save_database(&job->cli->class, job->snapshot->database, error);
    else if (hr_anywhere_is_remote(job->cli->database_path))
        hr_error_prefix(error, "nothing was written to '%s'", job->cli->database_path);
    return status;
}

static bool all_good(const struct enrolment *job)
{
    for (int i = 0; i < HR_ENROLL_VERDICT_COUNT; i++)
        if (i != HR_ENROLL_ENROLLED && i != HR_ENROLL_DUPLICATE && job->verdicts[i] > 0)
            return false;
    return job->unknown_students == 0 && hr_enrolment_outvoted_count(job->plan) == 0;
}

int hr_cmd_enroll(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct enrolment job = {.cli = cli};
    int exit_status = 0;
    enum hr_status status = prepare(&job, &error);
    if (status == HR_OK)
        status = enroll(&job, &error);
    if (status == HR_OK) {
        answer_all(&job);
        answer_summary(&job);
        exit_status = all_good(&job) ? 0 : HR_EXIT_NO;
    } else {
        exit_status = hr_cli_fail(cli, &error);
    }
    hr_enrolment_free(job.plan);
    hr_session_free(job.session);
    hr_student_finder_free(job.finder);
    hr_snapshot_release(job.snapshot);
    hr_engine_close(job.engine);
    for (size_t i = 0; job.why != NULL && i < job.photos.count; i++)
        free(job.why[i]);
    free(job.why);
    free(job.in_plan);
    hr_photos_clear(&job.photos);
    return exit_status;
}
