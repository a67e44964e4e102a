/* homeroom enroll ID PHOTO..., enroll DIR, enroll ID --video FILE */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "classroom/enroll.h"
#include "cli/answer.h"
#include "cli/database.h"
#include "cli/photos.h"
#include "store/anywhere.h"

struct enrolment {
    struct hr_cli *cli;
    struct hr_engine *engine;
    struct hr_session *session;
    struct hr_enroll_options options;
    size_t verdicts[HR_ENROLL_VERDICT_COUNT];
    size_t left_out;
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* A picture or video that cannot be opened gets a verdict like a damaged one: the others go on. */
static bool cannot_be_read(enum hr_status status)
{
    return status == HR_ERR_NOT_FOUND || status == HR_ERR_PERMISSION || status == HR_ERR_IO ||
           status == HR_ERR_LIMIT || status == HR_ERR_ARGUMENT /* a folder */;
}

static enum hr_status unreadable(struct hr_enroll_outcome *out, const struct hr_error *error)
{
    *out = (struct hr_enroll_outcome){.verdict = HR_ENROLL_UNREADABLE};
    snprintf(out->text, sizeof out->text, "%.*s", (int)sizeof out->text - 1, error->text);
    return HR_OK;
}

static enum hr_status enroll_photo(struct enrolment *job, const struct hr_photo *photo,
                                   struct hr_enroll_outcome *out, struct hr_error *error)
{
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, HR_LIMIT_PHOTO_BYTES);
    struct hr_anywhere anywhere = hr_cli_cloud_anywhere(&job->cli->cloud);
    enum hr_status status =
        hr_anywhere_read(&anywhere, photo->path, &job->cli->patience, &bytes, error);
    if (status == HR_OK)
        status = hr_enroll_photo(job->session, photo->student_id, hr_buffer_view(&bytes),
                                 base_name(photo->path), &job->options, out, error);
    else if (cannot_be_read(status))
        status = unreadable(out, error);
    hr_buffer_clear(&bytes);
    return status;
}

static enum hr_status enroll_video(struct enrolment *job, const struct hr_photo *video,
                                   struct hr_enroll_outcome *out, struct hr_error *error)
{
    char sha256[HR_SHA256_HEX_SIZE];
    struct hr_stream stream = {0};
    struct hr_anywhere anywhere = hr_cli_cloud_anywhere(&job->cli->cloud);
    enum hr_status status = hr_anywhere_open_stream(&anywhere, video->path, &job->cli->patience,
                                                    &stream, error);
    if (status == HR_OK && stream.seek == NULL)
        status = hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is not a file that can be read twice",
                              video->path);
    if (status == HR_OK)
        status = hr_sha256_stream_hex(&stream, sha256, error);
    if (status == HR_OK)
        status = stream.seek(stream.context, 0, error);
    if (status == HR_OK)
        status = hr_enroll_video(job->session, video->student_id, &stream, base_name(video->path),
                                 sha256, &job->options, out, error);
    else if (cannot_be_read(status))
        status = unreadable(out, error);
    hr_stream_close(&stream);
    return status;
}

/* On standard output, because names of files and folders tell the student's id. */
static void answer_verdict(const struct hr_cli *cli, const struct hr_photo *photo,
                           const char *verdict, const struct hr_enroll_outcome *outcome)
{
    if (cli->settings.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "file", hr_answer_json_text(photo->path));
        hr_json_set(object, "student", hr_json_text_new(photo->student_id));
        hr_json_set(object, "verdict", hr_json_text_new(verdict));
        hr_json_set(object, "text", hr_answer_json_text(outcome->text));
        hr_json_set(object, "vectors", hr_json_integer_new((int64_t)outcome->vectors));
        if (outcome->lookalike_id[0] != '\0')
            hr_json_set(object, "lookalike", hr_json_text_new(outcome->lookalike_id));
        hr_answer_json(cli->out, object);
    } else {
        hr_answer_text(cli->out, photo->path);
        fprintf(cli->out, ": %s", verdict);
        if (strcmp(verdict, outcome->text) != 0) {
            fputs(": ", cli->out);
            hr_answer_text(cli->out, outcome->text);
        }
        fputc('\n', cli->out);
    }
    fflush(cli->out);
}

/* A table with a row for each verdict that was given. */
static void answer_summary(const struct enrolment *job)
{
    enum { NUMBER_SIZE = 24, ROWS_MAX = HR_ENROLL_VERDICT_COUNT + 2 };
    char numbers[ROWS_MAX][NUMBER_SIZE];
    const char *cells[2 * ROWS_MAX] = {"verdict", "files"};
    size_t rows = 1;
    if (job->cli->settings.json)
        return; /* whoever reads the lines can count them */
    for (int i = 0; i <= HR_ENROLL_VERDICT_COUNT; i++) {
        bool last = i == HR_ENROLL_VERDICT_COUNT;
        size_t count = last ? job->left_out : job->verdicts[i];
        if (count == 0)
            continue;
        snprintf(numbers[rows], NUMBER_SIZE, "%zu", count);
        cells[2 * rows] = last ? "left_out" : hr_enroll_verdict_name((enum hr_enroll_verdict)i);
        cells[2 * rows + 1] = numbers[rows];
        rows++;
    }
    if (rows == 1)
        return; /* not a single file was looked at; an error says why */
    fputc('\n', job->cli->out);
    hr_answer_table(job->cli->out, cells, 2, rows, 1u << 1);
}

/* One after the other; a refused one does not stop the rest, a database that fails does. */
static enum hr_status enroll_all(struct enrolment *job, const struct hr_photos *photos,
                                 struct hr_error *error)
{
    bool video = job->cli->settings.video != NULL;
    for (size_t i = 0; i < photos->count; i++) {
        const struct hr_photo *photo = &photos->items[i];
        struct hr_enroll_outcome outcome = {0};
        if (hr_cli_interrupted())
            return hr_error_set(error, HR_ERR_DEADLINE, "stopped: %zu of %zu files were done", i,
                                photos->count);
        if (photo->left_out != NULL) {
            snprintf(outcome.text, sizeof outcome.text, "%s", photo->left_out);
            answer_verdict(job->cli, photo, "left_out", &outcome);
            job->left_out++;
            continue;
        }
        enum hr_status status = video ? enroll_video(job, photo, &outcome, error)
                                      : enroll_photo(job, photo, &outcome, error);
        if (status != HR_OK)
            return hr_error_prefix(error, "enrolling '%s'", photo->path);
        job->verdicts[outcome.verdict]++;
        answer_verdict(job->cli, photo, hr_enroll_verdict_name(outcome.verdict), &outcome);
    }
    return HR_OK;
}

/* What the words of the command line mean. */
static enum hr_status gather(const struct hr_cli *cli, struct hr_photos *photos,
                             struct hr_error *error)
{
    const char *first = cli->words[0];
    if (cli->word_count > 1 && cli->settings.video != NULL)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "with --video only the student's ID is given, no photos");
    enum hr_status status = HR_OK;
    if (cli->word_count == 1 && cli->settings.video == NULL && hr_anywhere_is_remote(first))
        return hr_error_set(error, HR_ERR_UNSUPPORTED,
                            "'%s': a folder of photos must be on this machine; single photos may be "
                            "in S3: homeroom enroll ID s3://BUCKET/KEY",
                            first);
    if (cli->word_count == 1 && cli->settings.video == NULL) {
        status = hr_photos_from_folder(photos, first, error);
        if (status == HR_ERR_NOT_FOUND && photos->count == 0 && strchr(first, '/') == NULL)
            hr_error_prefix(error, "'homeroom enroll %s' without photos means a folder", first);
        return status;
    }
    if (cli->settings.video != NULL)
        status = hr_photos_add(photos, first, cli->settings.video, error);
    for (size_t i = 1; status == HR_OK && i < cli->word_count; i++)
        status = hr_photos_add(photos, first, cli->words[i], error);
    return status;
}

static bool all_good(const struct enrolment *job)
{
    for (int i = 0; i < HR_ENROLL_VERDICT_COUNT; i++)
        if (i != HR_ENROLL_ENROLLED && i != HR_ENROLL_DUPLICATE && job->verdicts[i] > 0)
            return false;
    return true;
}

int hr_cmd_enroll(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_photos photos = {0};
    struct enrolment job = {.cli = cli,
                            .options = {.accept_lookalike = cli->settings.accept_lookalike}};
    enum hr_status status = gather(cli, &photos, &error);
    if (status == HR_OK)
        status = hr_cli_open_engine(cli, HR_DATABASE_CREATE, &job.engine, &error);
    if (status == HR_OK)
        status = hr_session_new(&job.session, job.engine, cli->settings.threads, &error);
    if (status != HR_OK)
        goto out;
    hr_cli_guard_session(job.session);
    status = enroll_all(&job, &photos, &error);
    if (status == HR_OK)
        status = hr_cli_save_database(cli, job.engine->database, &error);
    else if (hr_anywhere_is_remote(cli->database_path))
        hr_error_prefix(&error, "nothing was written to '%s'", cli->database_path);
    hr_cli_release_session(job.session);
    answer_summary(&job);
out:
    hr_session_free(job.session);
    hr_engine_close(job.engine);
    hr_photos_clear(&photos);
    if (status != HR_OK)
        return hr_cli_fail(cli, &error);
    return all_good(&job) ? 0 : HR_EXIT_NO;
}
