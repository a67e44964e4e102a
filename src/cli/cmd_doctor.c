/* homeroom doctor: what is there, what is missing, what is open, what to do. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/plural.h"
#include "classroom/closeness.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/environment.h"
#include "records/keeping.h"
#include "records/vault.h"
#include "video/video.h"

/* A hint is about what is open: nothing is wrong, and somebody may want it otherwise. */
enum finding { FINDING_OK, FINDING_HINT, FINDING_WARN, FINDING_FAIL };

struct doctor {
    struct hr_cli *cli;
    bool failed;
};

/* `advice` may be NULL. */
HR_PRINTF(5, 6)
static void report(struct doctor *doctor, enum finding finding, const char *what, const char *advice,
                   const char *format, ...)
{
    static const char *const names[] = {"ok", "hint", "warn", "FAIL"};
    char text[HR_ERROR_TEXT_MAX + 256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    doctor->failed |= finding == FINDING_FAIL;
    FILE *out = doctor->cli->out;
    if (doctor->cli->settings.terminal.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "check", hr_json_text_new(what));
        hr_json_set(object, "finding", hr_json_text_new(names[finding]));
        hr_json_set(object, "text", hr_json_any_text_new(text));
        hr_json_set(object, "advice", hr_json_text_new(advice));
        hr_answer_json(out, object);
        return;
    }
    fprintf(out, "%-4s  %-9s  ", names[finding], what);
    hr_answer_text(out, text);
    fputc('\n', out);
    if (advice != NULL) {
        fputs("                 -> ", out);
        hr_answer_text(out, advice);
        fputc('\n', out);
    }
}

/* --- models --- */

static void report_model(struct doctor *doctor, const struct hr_network *network, const char *use)
{
    const struct hr_model_card *card = hr_network_card(network);
    report(doctor, FINDING_OK, "model", NULL, "%s: %s, %s, %.1f MB, checksum right%s", card->id, card->name,
           card->licence, (double)card->file_bytes / 1e6, use);
}

/* Leaves the layout of the embedders that are there; empty when they cannot be used. */
static void check_models(struct doctor *doctor, struct hr_models *models, struct hr_vector_layout *layout)
{
    struct hr_error error;
    const struct hr_network *networks[HR_VECTOR_PARTS_MAX];
    *layout = (struct hr_vector_layout){0};
    enum hr_status status = hr_models_open(models, doctor->cli->model_dir, &error);
    if (status == HR_OK)
        status = hr_models_layout(models, layout, &error);
    if (status == HR_OK)
        status = hr_models_need(models, layout, networks, &error);
    if (status != HR_OK) {
        *layout = (struct hr_vector_layout){0};
        report(doctor, FINDING_FAIL, "model", "run scripts/setup, install homeroom again, or say --models DIR", "%s",
               error.text);
        return;
    }
    report_model(doctor, models->detector, "");
    for (size_t i = 0; i < layout->count; i++)
        report_model(doctor, networks[i], i == 0 ? ": tells faces apart" : ": for faces that were enrolled with it");
    if (layout->parts[0].model->rank < HR_MODEL_BEST_RANK)
        report(doctor, FINDING_WARN, "model",
               "get the better model (CONTRIBUTING.md, 'Models'), run scripts/setup again, and "
               "offer the photos again",
               "%s is in use, and a better one is missing: names are less sure, for many people by far",
               layout->parts[0].model_id);
}

/* --- database --- */

/* Vectors of models that are not here, and students whom only a lesser model knows. */
struct enrolled {
    const struct hr_vector_layout *layout;
    size_t foreign;
    size_t outdated;
    char last[HR_LIMIT_STUDENT_ID_BYTES + 1];
    bool last_has_best;
};

static void end_student(struct enrolled *enrolled)
{
    enrolled->outdated += enrolled->last[0] != '\0' && !enrolled->last_has_best;
}

static enum hr_status count_model(void *context, const char *student_id, const char *model_id, size_t count,
                                  struct hr_error *error)
{
    struct enrolled *enrolled = context;
    (void)error;
    const struct hr_vector_part *part = hr_vector_part_of(enrolled->layout, model_id);
    if (part == NULL)
        enrolled->foreign += count;
    if (strcmp(enrolled->last, student_id) != 0) {
        end_student(enrolled);
        snprintf(enrolled->last, sizeof enrolled->last, "%s", student_id);
        enrolled->last_has_best = false;
    }
    enrolled->last_has_best |= part == &enrolled->layout->parts[0];
    return HR_OK;
}

static void report_enrolled(struct doctor *doctor, struct hr_database *database, const struct hr_vector_layout *layout)
{
    struct hr_error error;
    struct enrolled enrolled = {.layout = layout};
    if (layout->count == 0)
        return; /* the models failed their own check */
    if (hr_database_each_model(database, count_model, &enrolled, &error) != HR_OK) {
        report(doctor, FINDING_FAIL, "faces", "restore a backup", "%s", error.text);
        return;
    }
    end_student(&enrolled);
    if (enrolled.foreign > 0)
        report(doctor, FINDING_WARN, "faces", "enrol these students again from their photos",
               "%zu face vector%s of a model that is not here, and not used", enrolled.foreign,
               hr_plural_are(enrolled.foreign));
    if (enrolled.outdated > 0)
        report(doctor, FINDING_WARN, "faces",
               "'homeroom enroll' with photos of them; 'homeroom students' shows the models of each",
               "%zu student%s only vectors that %s did not make: they are told apart less well", enrolled.outdated,
               enrolled.outdated == 1 ? " has" : "s have", layout->parts[0].model_id);
}

/* Whether the class's own students are so alike that a stricter rule holds. */
static void report_class(struct doctor *doctor, const struct hr_vector_layout *layout)
{
    struct hr_error error;
    struct hr_engine *engine = NULL;
    if (layout->count == 0 || hr_cli_open_engine(doctor->cli, HR_DATABASE_READ, &engine, &error) != HR_OK)
        return; /* said elsewhere */
    struct hr_decide_options options = {.false_present = doctor->cli->settings.recognition.false_present > 0
                                                             ? doctor->cli->settings.recognition.false_present
                                                             : hr_decide_options_default().false_present};
    struct hr_snapshot *snapshot = hr_engine_hold(engine);
    struct hr_closeness closeness;
    hr_closeness_of(snapshot->gallery, &options, &closeness);
    size_t students = closeness.students;
    if (students > 1)
        report(doctor, closeness.crowding > 0.5 && students >= 5 ? FINDING_WARN : FINDING_OK, "class",
               closeness.crowding > 0.5 && students >= 5
                   ? "more photos of each student, and a look at what is in review"
                   : NULL,
               closeness.crowding > 0.5 && students >= 5
                   ? "%zu students who look much alike to the network: a certain name needs a "
                     "similarity of %.2f and a lead of %.2f"
                   : "%zu students with a face: a certain name needs a similarity of %.2f and a lead "
                     "of %.2f",
               students, closeness.similarity_certain, closeness.margin_certain);
    hr_snapshot_release(snapshot);
    hr_engine_close(engine);
}

static void report_counts(struct doctor *doctor, const struct hr_database_counts *counts)
{
    if (counts->students == 0)
        report(doctor, FINDING_WARN, "students", "'homeroom import students FILE' or 'homeroom enroll'",
               "the database is empty");
    else if (counts->students_without_face > 0)
        report(doctor, FINDING_WARN, "students",
               "'homeroom students' shows them; see 'homeroom "
               "help enroll'",
               "%zu student%s, %zu without a face: nobody is recognised without one", counts->students,
               hr_plural(counts->students), counts->students_without_face);
    else
        report(doctor, FINDING_OK, "students", NULL, "%zu student%s, each with a face", counts->students,
               hr_plural(counts->students));
}

/* Faces are nobody else's business; a group that was let in on purpose is. */
static void check_readers(struct doctor *doctor, const char *path)
{
    struct stat about;
    if (hr_anywhere_is_remote(path) || stat(path, &about) != 0 || (about.st_mode & S_IRWXO) == 0)
        return;
    report(doctor, FINDING_WARN, "database", "chmod 600 that file, as it was when homeroom made it",
           "%s: everybody on this machine may %s it (its mode is %04o)", path,
           (about.st_mode & S_IWOTH) != 0 ? "change" : "read", (unsigned)about.st_mode & 07777);
}

/* Whether a copy of the file says anything, and what a copy that was brought back has of the forgotten. */
static void report_keys(struct doctor *doctor, struct hr_database *database)
{
    struct hr_error error;
    struct hr_unreadable gone;
    if (!hr_database_is_sealed(database))
        return;
    if (hr_database_unreadable(database, &gone, &error) != HR_OK)
        report(doctor, FINDING_FAIL, "keys", "restore a backup of the database", "%s", error.text);
    else if (gone.students + gone.faces > 0)
        report(
            doctor, FINDING_WARN, "keys", "'homeroom keys prune' removes them",
            "%zu student%s and %zu face vector%s have no key any more: forgotten since this copy of the database was "
            "made",
            gone.students, hr_plural(gone.students), gone.faces, hr_plural(gone.faces));
    else
        report(doctor, FINDING_OK, "keys", NULL, "the database is sealed; its keys are in %s",
               hr_vault_name(hr_database_vault(database)));
}

static void describe_times(const struct hr_keeping *keeping, char *out, size_t size)
{
    size_t length = 0;
    for (int i = 0; i < HR_KEPT_COUNT; i++) {
        int days = keeping->days[i];
        const char *comma = i > 0 ? ", " : "", *name = hr_kept_name((enum hr_kept)i);
        int written = days > 0 ? snprintf(out + length, size - length, "%s%s %d day%s", comma, name, days,
                                          hr_plural((size_t)days))
                               : snprintf(out + length, size - length, "%s%s for ever", comma, name);
        length += (size_t)written;
    }
}

static void report_keeping(struct doctor *doctor, struct hr_database *database)
{
    struct hr_error error;
    struct hr_keeping keeping;
    struct hr_overdue overdue;
    char times[256];
    enum hr_status status = hr_database_keeping(database, &keeping, &error);
    if (status == HR_OK)
        status = hr_database_overdue(database, &overdue, &error);
    if (status != HR_OK) {
        report(doctor, FINDING_FAIL, "keeping", "restore a backup", "%s", error.text);
        return;
    }
    describe_times(&keeping, times, sizeof times);
    bool faces_for_ever = keeping.days[HR_KEPT_FACES] == 0;
    report(doctor, faces_for_ever ? FINDING_HINT : FINDING_OK, "keeping",
           faces_for_ever ? "'homeroom keeping faces DAYS' has vectors end with the term" : NULL, "%s", times);
    size_t rows =
        overdue.rows[HR_KEPT_FACES] + overdue.rows[HR_KEPT_OBSERVATIONS] + overdue.rows[HR_KEPT_AUDIT] + overdue.views;
    if (rows > 0)
        report(doctor, FINDING_HINT, "keeping", "'homeroom purge' removes it, 'watch' and 'worker' do by themselves",
               "%zu face vector%s, %zu video%s and %zu note%s too old", overdue.rows[HR_KEPT_FACES],
               hr_plural(overdue.rows[HR_KEPT_FACES]), overdue.rows[HR_KEPT_OBSERVATIONS],
               hr_plural(overdue.rows[HR_KEPT_OBSERVATIONS]), overdue.rows[HR_KEPT_AUDIT],
               hr_plural_are(overdue.rows[HR_KEPT_AUDIT]));
}

static void check_database(struct doctor *doctor, const struct hr_vector_layout *layout)
{
    const char *path = doctor->cli->database_path;
    struct hr_error error;
    struct hr_database *database = NULL;
    struct hr_database_counts counts;
    if (!hr_anywhere_is_remote(path) && access(path, F_OK) != 0) {
        report(doctor, FINDING_WARN, "database", "'homeroom import students FILE' or 'homeroom enroll' makes it",
               "there is none yet: %s", path);
        return;
    }
    enum hr_status status = hr_cli_open_database(doctor->cli, HR_DATABASE_READ, &database, &error);
    if (status == HR_OK)
        status = hr_database_check(database, &counts, &error);
    if (status != HR_OK) {
        report(doctor, FINDING_FAIL, "database", "restore a backup, or say --db FILE", "%s", error.text);
    } else {
        report(doctor, FINDING_OK, "database", NULL, "%s: schema %d, whole, %zu face%s", path,
               hr_database_schema_version(database), counts.faces, hr_plural(counts.faces));
        check_readers(doctor, path);
        report_keys(doctor, database);
        report_counts(doctor, &counts);
        report_enrolled(doctor, database, layout);
        report_keeping(doctor, database);
    }
    hr_database_close(database);
    if (status == HR_OK)
        report_class(doctor, layout);
}

/* --- what is open --- */

/* Reports have names in clear. A folder that is not there yet is made for its owner alone. */
static void check_reports(struct doctor *doctor)
{
    const char *folder = doctor->cli->settings.recognition.out;
    struct stat about;
    if (strcmp(folder, ".") == 0 || strcmp(folder, "-") == 0 || hr_anywhere_is_remote(folder))
        return; /* nobody has said where */
    if (stat(folder, &about) != 0 || !S_ISDIR(about.st_mode))
        report(doctor, FINDING_OK, "reports", NULL, "%s: is made for its owner alone", folder);
    else if ((about.st_mode & S_IRWXO) != 0)
        report(doctor, FINDING_WARN, "reports", "chmod 700 that folder, as homeroom makes one",
               "%s: everybody on this machine may %s (its mode is %04o)", folder,
               (about.st_mode & S_IWOTH) != 0 ? "change what is in it" : "look into it",
               (unsigned)about.st_mode & 07777);
    else
        report(doctor, FINDING_OK, "reports", NULL, "%s: closed to others", folder);
}

static void check_core_dumps(struct doctor *doctor)
{
    if (hr_environment_core_dumps())
        report(doctor, FINDING_HINT, "cores", "leave the variable out where there are real students",
               "a crash may leave a file with what was in memory, vectors among it (HOMEROOM_CORE_DUMPS=1)");
}

/* proc(5): a line of headings, then one for each file or partition. Compressed memory (zram) is no disk. */
static void check_swap(struct doctor *doctor)
{
    char line[4096], name[256];
    FILE *file = fopen("/proc/swaps", "re");
    bool on_disk = file != NULL && fgets(line, sizeof line, file) != NULL;
    bool found = false;
    while (on_disk && !found && fgets(line, sizeof line, file) != NULL)
        found = sscanf(line, "%255s", name) == 1 && strncmp(name, "/dev/zram", 9) != 0;
    if (file != NULL)
        fclose(file);
    if (found)
        report(doctor, FINDING_HINT, "swap", "encrypt it, or switch it off",
               "memory, vectors among it, may be written to %s", name);
}

/* --- the machine --- */

static void check_codecs(struct doctor *doctor)
{
    static const struct {
        const char *name;
        enum finding when_missing;
    } codecs[] = {{"h264", FINDING_FAIL}, {"hevc", FINDING_WARN},  {"av1", FINDING_WARN},
                  {"vp9", FINDING_WARN},  {"mpeg4", FINDING_WARN}, {"mjpeg", FINDING_FAIL},
                  {"png", FINDING_FAIL},  {"webp", FINDING_WARN},  {"heic", FINDING_WARN}};
    char text[1024];
    hr_video_describe(text, sizeof text);
    text[strcspn(text, "\n")] = '\0';
    report(doctor, FINDING_OK, "codecs", NULL, "%s", text);
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++)
        if (!hr_video_can_decode(codecs[i].name))
            report(doctor, codecs[i].when_missing, "codecs", "install an FFmpeg (for heic: a libheif) that has it",
                   "%s cannot be read", codecs[i].name);
}

static void check_sandbox(struct doctor *doctor)
{
    char held[128];
    bool whole;
    struct hr_error error;
    if (hr_video_try_sandbox(doctor->cli->sandbox, held, sizeof held, &whole, &error) != HR_OK)
        report(doctor, FINDING_FAIL, "sandbox", "no video can be read without it", "%s", error.text);
    else
        report(doctor, whole ? FINDING_OK : FINDING_WARN, "sandbox",
               whole ? NULL : "a newer kernel, or a container that does not refuse the others, makes it whole",
               "videos are decoded in a process apart: %s", held);
}

static void check_processor(struct doctor *doctor)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    enum hr_isa best = hr_isa_best();
    bool slow = best == HR_ISA_BASELINE;
    report(doctor, slow ? FINDING_WARN : FINDING_OK, "processor",
           slow ? "a processor with AVX2 or NEON is many times faster" : NULL, "%ld processor%s, networks run with %s",
           processors, hr_plural((size_t)processors), hr_isa_name(best));
    if (doctor->cli->settings.recognition.threads > processors)
        report(doctor, FINDING_WARN, "threads", "lower --threads, or leave it out",
               "%d threads are wanted, more than there are processors", doctor->cli->settings.recognition.threads);
}

/* MemAvailable: what can be had without swapping, in kB. */
static void check_memory(struct doctor *doctor)
{
    const uint64_t enough_kb = 512 * 1024;
    uint64_t available_kb = 0;
    char line[128];
    FILE *file = fopen("/proc/meminfo", "re");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (sscanf(line, "MemAvailable: %" SCNu64, &available_kb) == 1)
            break;
    if (file != NULL)
        fclose(file);
    if (available_kb == 0)
        return; /* not told: nothing to say */
    bool low = available_kb < enough_kb;
    report(doctor, low ? FINDING_WARN : FINDING_OK, "memory", low ? "end other programs, or say --jobs 1" : NULL,
           "%" PRIu64 " MB available", available_kb / 1024);
}

int hr_cmd_doctor(struct hr_cli *cli)
{
    struct doctor doctor = {.cli = cli};
    struct hr_models models = {0};
    struct hr_vector_layout layout;
    check_models(&doctor, &models, &layout);
    check_database(&doctor, &layout);
    check_codecs(&doctor);
    check_sandbox(&doctor);
    check_processor(&doctor);
    check_memory(&doctor);
    check_reports(&doctor);
    check_core_dumps(&doctor);
    check_swap(&doctor);
    hr_models_close(&models);
    return doctor.failed ? HR_EXIT_NO : 0;
}
