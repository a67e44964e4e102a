/* homeroom evaluate DIR, homeroom evaluate --strangers DIR */
#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/plural.h"
#include "classroom/evaluate.h"
#include "classroom/names.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "report/curve.h"
#include "store/store.h"

enum { LIST_MAX = 16 };

struct numbers {
    size_t items[LIST_MAX];
    size_t count;
};

/* "30,60". */
static enum hr_status parse_numbers(const char *text, const char *option, struct numbers *out, struct hr_error *error)
{
    out->count = 0;
    for (const char *at = text;; at++) {
        char *end;
        errno = 0;
        unsigned long long number = strtoull(at, &end, 10);
        if (end == at || *at == '-' || *at == '+' || errno != 0 || number > HR_LIMIT_STUDENTS ||
            (*end != ',' && *end != '\0') || out->count == LIST_MAX)
            return hr_error_set(error, HR_ERR_ARGUMENT,
                                "--%s takes up to %d numbers with commas between them, not '%s'", option, LIST_MAX,
                                text);
        out->items[out->count++] = (size_t)number;
        at = end;
        if (*end == '\0')
            return HR_OK;
    }
}

/* --- reading pictures --- */

struct reading {
    struct hr_cli *cli;
    struct hr_evaluation *evaluation;
    size_t pictures, unreadable;
};

static enum hr_status read_picture(struct reading *reading, const char *path, const char *person,
                                   struct hr_error *error)
{
    struct hr_buffer bytes;
    size_t faces = 0;
    if (hr_cli_interrupted())
        return hr_error_set(error, HR_ERR_DEADLINE, "stopped");
    hr_buffer_init(&bytes, HR_LIMIT_PHOTO_BYTES);
    enum hr_status status = hr_file_read(&bytes, path, &reading->cli->patience, error);
    if (status == HR_OK)
        status = hr_evaluation_add(reading->evaluation, person, hr_buffer_view(&bytes), path, &faces, error);
    hr_buffer_clear(&bytes);
    reading->pictures++;
    if (status == HR_OK || status == HR_ERR_MEMORY)
        return status;
    reading->unreadable++;
    hr_log_write(&reading->cli->log, HR_LOG_WARNING, NULL, "left out: %s", error->text);
    return HR_OK;
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

enum who { WHO_PERSON, WHO_STRANGERS, WHO_SINGLES };

static enum hr_status read_folder(struct reading *reading, const char *dir, enum who who, bool is_root,
                                  struct hr_error *error);

static bool has_folders(const char *dir, struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat about;
        if (snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name) < (int)sizeof path &&
            stat(path, &about) == 0 && S_ISDIR(about.st_mode))
            return true;
    }
    return false;
}

static enum hr_status read_entry(struct reading *reading, const char *dir, const char *name, enum who who,
                                 struct hr_error *error)
{
    char path[4096];
    struct stat about;
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return hr_error_set(error, HR_ERR_ARGUMENT, "a name in '%s' is too long", dir);
    if (stat(path, &about) != 0)
        return HR_OK; /* gone */
    if (S_ISDIR(about.st_mode)) {
        bool strangers = who == WHO_STRANGERS || strcmp(name, "strangers") == 0;
        return read_folder(reading, path, strangers ? WHO_STRANGERS : who, false, error);
    }
    const char *refused = hr_photo_name_refused(name);
    if (S_ISREG(about.st_mode) && refused != NULL)
        hr_log_write(&reading->cli->log, HR_LOG_WARNING, NULL, "left out: '%s': %s", path, refused);
    if (!S_ISREG(about.st_mode) || !hr_is_photo_name(name))
        return HR_OK;
    const char *person = who == WHO_PERSON ? dir : who == WHO_SINGLES ? path : NULL;
    return read_picture(reading, path, person, error);
}

/* A folder of pictures is a person; pictures beside folders are of strangers. */
static enum hr_status read_folder(struct reading *reading, const char *dir, enum who who, bool is_root,
                                  struct hr_error *error)
{
    struct dirent **entries = NULL;
    int count = scandir(dir, &entries, not_hidden, by_name);
    if (count < 0)
        return hr_error_set_errno(error, errno, "looking into the folder '%s'", dir);
    enum who loose = who;
    if (who == WHO_PERSON && (is_root || has_folders(dir, entries, count)))
        loose = WHO_STRANGERS;
    enum hr_status status = HR_OK;
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat about;
        bool folder = snprintf(path, sizeof path, "%s/%s", dir, entries[i]->d_name) < (int)sizeof path &&
                      stat(path, &about) == 0 && S_ISDIR(about.st_mode);
        if (status == HR_OK)
            status = read_entry(reading, dir, entries[i]->d_name, folder ? who : loose, error);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* --- answering --- */

enum { COLUMNS = 8, CELL_SIZE = 48 };

static void share_text(char out[CELL_SIZE], size_t count, size_t of)
{
    struct hr_interval interval = hr_share_interval(count, of);
    if (of == 0)
        snprintf(out, CELL_SIZE, "-");
    else
        snprintf(out, CELL_SIZE, "%.1f [%.1f, %.1f]", 100.0 * (double)count / (double)of, 100 * interval.low,
                 100 * interval.high);
}

struct row {
    size_t photos;
    struct hr_evaluate_counts counts;
};

static void answer_table(FILE *out, const struct row *rows, size_t count)
{
    static const char *const header[COLUMNS] = {"students",
                                                "photos",
                                                "found certain %",
                                                "found or review %",
                                                "misnamed certain / review",
                                                "probes",
                                                "strangers certain %",
                                                "in review %"};
    char(*cells)[COLUMNS][CELL_SIZE] = calloc(count, sizeof *cells);
    const char **table = calloc((count + 1) * COLUMNS, sizeof *table);
    if (cells == NULL || table == NULL)
        goto out;
    memcpy(table, header, sizeof header);
    for (size_t i = 0; i < count; i++) {
        const struct hr_evaluate_counts *c = &rows[i].counts;
        snprintf(cells[i][0], CELL_SIZE, "%zu", c->students);
        snprintf(cells[i][1], CELL_SIZE, "%zu", rows[i].photos);
        share_text(cells[i][2], c->found_certain, c->probes);
        share_text(cells[i][3], c->found_certain + c->found_review, c->probes);
        snprintf(cells[i][4], CELL_SIZE, "%zu / %zu", c->misnamed_certain, c->misnamed_review);
        snprintf(cells[i][5], CELL_SIZE, "%zu", c->probes);
        share_text(cells[i][6], c->strangers_certain, c->strangers);
        share_text(cells[i][7], c->strangers_review, c->strangers);
        for (size_t k = 0; k < COLUMNS; k++)
            table[(i + 1) * COLUMNS + k] = cells[i][k];
    }
    hr_answer_table(out, table, COLUMNS, count + 1, 1u << 0 | 1u << 1 | 1u << 5);
out:
    free(cells);
    free(table);
}

static void set_share(struct hr_json *object, const char *key, size_t count, size_t of)
{
    struct hr_json *share = hr_json_object_new();
    struct hr_interval interval = hr_share_interval(count, of);
    hr_json_set(share, "count", hr_json_integer_new((int64_t)count));
    hr_json_set(share, "of", hr_json_integer_new((int64_t)of));
    hr_json_set(share, "share", hr_json_real_new(of > 0 ? (double)count / (double)of : (double)NAN));
    hr_json_set(share, "low", hr_json_real_new(interval.low));
    hr_json_set(share, "high", hr_json_real_new(interval.high));
    hr_json_set(object, key, share);
}

static struct hr_json *json_of(const struct row *row, double false_present)
{
    const struct hr_evaluate_counts *c = &row->counts;
    struct hr_json *object = hr_json_object_new();
    hr_json_set(object, "students", hr_json_integer_new((int64_t)c->students));
    hr_json_set(object, "photos", hr_json_integer_new((int64_t)row->photos));
    hr_json_set(object, "false_present", hr_json_real_new(false_present));
    set_share(object, "found_certain", c->found_certain, c->probes);
    set_share(object, "found_review", c->found_review, c->probes);
    set_share(object, "misnamed_certain", c->misnamed_certain, c->probes);
    set_share(object, "misnamed_review", c->misnamed_review, c->probes);
    set_share(object, "strangers_certain", c->strangers_certain, c->strangers);
    set_share(object, "strangers_review", c->strangers_review, c->strangers);
    hr_json_set(object, "without_face", hr_json_integer_new((int64_t)c->without_face));
    return object;
}

/* --- the curve --- */

static const double curve_chances[] = {0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 3e-4, 1e-4, 3e-5, 1e-5, 1e-6, 1e-7};
enum { CURVE_POINTS = sizeof curve_chances / sizeof curve_chances[0] };

static enum hr_status run(const struct hr_evaluation *evaluation, const struct hr_snapshot *class,
                          const struct hr_evaluate_options *options, struct row *row, struct hr_error *error)
{
    row->photos = options->photos;
    if (class != NULL)
        return hr_evaluation_run_class(evaluation, class->gallery, options->false_present, &row->counts, error);
    return hr_evaluation_run(evaluation, options, &row->counts, error);
}

static enum hr_status answer_curve(struct hr_cli *cli, const struct hr_evaluation *evaluation,
                                   const struct hr_snapshot *class, struct hr_evaluate_options options,
                                   struct hr_error *error)
{
    struct hr_curve_point points[CURVE_POINTS];
    double chosen = options.false_present;
    for (size_t i = 0; i < CURVE_POINTS; i++) {
        struct row row;
        options.false_present = curve_chances[i];
        enum hr_status status = run(evaluation, class, &options, &row, error);
        if (status != HR_OK)
            return status;
        const struct hr_evaluate_counts *c = &row.counts;
        points[i] = (struct hr_curve_point){
            .accepted = curve_chances[i],
            .found = c->probes > 0 ? (double)c->found_certain / (double)c->probes : 0,
            .strangers = c->strangers > 0 ? (double)c->strangers_certain / (double)c->strangers : 0};
        if (cli->settings.terminal.json) {
            struct hr_json *object = json_of(&row, curve_chances[i]);
            hr_json_set(object, "curve", hr_json_boolean_new(true));
            hr_answer_json(cli->out, object);
        }
    }
    if (cli->settings.evaluate.svg == NULL)
        return HR_OK;
    struct hr_buffer svg;
    hr_buffer_init(&svg, 1u << 20);
    struct hr_curve curve = {
        .title = "homeroom evaluate: certain names", .points = points, .count = CURVE_POINTS, .chosen = chosen};
    enum hr_status status = hr_report_write_curve(&curve, &svg, error);
    if (status == HR_OK)
        status = hr_file_write(cli->settings.evaluate.svg, hr_buffer_view(&svg), error);
    hr_buffer_clear(&svg);
    return status;
}

/* --- the command --- */

struct job {
    struct hr_engine *engine;
    struct hr_snapshot *snapshot; /* held */
    struct hr_session *session;
    struct hr_evaluation *evaluation;
    struct numbers galleries, photos;
    bool own_class;
};

static void tell_what_was_read(const struct reading *reading)
{
    size_t strangers = hr_evaluation_strangers(reading->evaluation);
    size_t people = hr_evaluation_people(reading->evaluation);
    size_t pictures = reading->pictures - reading->unreadable - strangers;
    hr_log_write(&reading->cli->log, HR_LOG_INFO, NULL, "%zu picture%s of %zu %s, %zu of strangers", pictures,
                 hr_plural(pictures), people, people == 1 ? "person" : "people", strangers);
}

static enum hr_status read_all(struct hr_cli *cli, struct job *job, struct hr_error *error)
{
    struct reading reading = {.cli = cli, .evaluation = job->evaluation};
    enum hr_status status = HR_OK;
    if (!job->own_class)
        status = read_folder(&reading, cli->words[0], cli->settings.evaluate.singles ? WHO_SINGLES : WHO_PERSON, true,
                             error);
    if (status == HR_OK && cli->settings.evaluate.strangers != NULL)
        status = read_folder(&reading, cli->settings.evaluate.strangers, WHO_STRANGERS, true, error);
    if (status == HR_OK && reading.pictures == reading.unreadable)
        status = hr_error_set(error, HR_ERR_NOT_FOUND, "there is not a single picture to look at");
    if (status == HR_OK)
        tell_what_was_read(&reading);
    return status;
}

static enum hr_status measure(struct hr_cli *cli, struct job *job, struct hr_error *error)
{
    struct row rows[LIST_MAX * LIST_MAX];
    size_t count = 0;
    const struct hr_snapshot *class = job->own_class ? job->snapshot : NULL;
    struct hr_evaluate_options options = {.draws = (size_t)cli->settings.evaluate.draws,
                                          .seed = (uint64_t)cli->settings.evaluate.seed,
                                          .false_present = cli->settings.recognition.false_present};
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < job->galleries.count; i++)
        for (size_t k = 0; status == HR_OK && k < job->photos.count; k++) {
            options.gallery = job->galleries.items[i];
            options.photos = job->photos.items[k];
            status = run(job->evaluation, class, &options, &rows[count++], error);
        }
    if (status != HR_OK)
        return status;
    if (cli->settings.terminal.json)
        for (size_t i = 0; i < count; i++)
            hr_answer_json(cli->out, json_of(&rows[i], options.false_present));
    else
        answer_table(cli->out, rows, count);
    if (cli->settings.evaluate.svg == NULL && !cli->settings.terminal.json)
        return HR_OK;
    options.gallery = job->galleries.items[0];
    options.photos = job->photos.items[0];
    return answer_curve(cli, job->evaluation, class, options, error);
}

static enum hr_status open_engine(struct hr_cli *cli, struct job *job, struct hr_error *error)
{
    if (job->own_class)
        return hr_cli_open_engine(cli, HR_DATABASE_READ, &job->engine, error);
    struct hr_database *database = NULL; /* nothing is kept: it lives in memory */
    enum hr_status status =
        hr_database_open_memory(&database, (struct hr_view){0}, "evaluation", HR_DATABASE_CREATE, error);
    struct hr_snapshot_parts parts = {.database = database};
    if (status == HR_OK)
        status = hr_engine_new(&job->engine, cli->model_dir, cli->sandbox, error);
    if (status == HR_OK)
        return hr_engine_publish(job->engine, &parts, error);
    hr_database_close(database);
    return status;
}

int hr_cmd_evaluate(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct job job = {.own_class = cli->word_count == 0};
    enum hr_status status = parse_numbers(cli->settings.evaluate.galleries, "gallery", &job.galleries, &error);
    if (status == HR_OK)
        status = parse_numbers(cli->settings.evaluate.photo_counts, "photos", &job.photos, &error);
    if (status == HR_OK && job.own_class && cli->settings.evaluate.strangers == NULL)
        status = hr_error_set(&error, HR_ERR_ARGUMENT,
                              "say a folder of people, or --strangers DIR to measure the class in the "
                              "database");
    if (status == HR_OK && job.own_class) /* there is one gallery, as it is enrolled */
        job.galleries.count = job.photos.count = 1;
    if (status == HR_OK)
        status = open_engine(cli, &job, &error);
    if (status == HR_OK)
        job.snapshot = hr_engine_hold(job.engine);
    if (status == HR_OK)
        status = hr_session_new(&job.session, job.engine, cli->settings.recognition.threads, &error);
    if (status == HR_OK)
        status = hr_evaluation_new(&job.evaluation, job.session, &error);
    if (status == HR_OK)
        status = read_all(cli, &job, &error);
    if (status == HR_OK)
        status = measure(cli, &job, &error);
    hr_evaluation_free(job.evaluation);
    hr_session_free(job.session);
    hr_snapshot_release(job.snapshot);
    hr_engine_close(job.engine);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
