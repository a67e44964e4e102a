/* homeroom doctor: what is there, what is missing, what to do. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "cli/answer.h"
#include "cli/database.h"
#include "video/video.h"

enum finding { FINDING_OK, FINDING_WARN, FINDING_FAIL };

struct doctor {
    struct hr_cli *cli;
    bool failed;
};

/* `advice` may be NULL. */
HR_PRINTF(5, 6)
static void report(struct doctor *doctor, enum finding finding, const char *what,
                   const char *advice, const char *format, ...)
{
    static const char *const names[] = {"ok", "warn", "FAIL"};
    char text[HR_ERROR_TEXT_MAX + 256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    doctor->failed |= finding == FINDING_FAIL;
    FILE *out = doctor->cli->out;
    if (doctor->cli->settings.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "check", hr_json_text_new(what));
        hr_json_set(object, "finding", hr_json_text_new(names[finding]));
        hr_json_set(object, "text", hr_answer_json_text(text));
        hr_json_set(object, "advice", hr_json_text_new(advice));
        hr_answer_json(out, object);
        return;
    }
    fprintf(out, "%-4s  %-9s  ", names[finding], what);
    hr_answer_text(out, text);
    fputc('\n', out);
    if (advice != NULL)
        fprintf(out, "                 -> %s\n", advice);
}

/* --- models --- */

static void check_model(struct doctor *doctor, const char *file, char *id, size_t id_size)
{
    char path[sizeof doctor->cli->model_dir + 64];
    struct hr_error error;
    struct hr_network *network = NULL;
    snprintf(path, sizeof path, "%s/%s", doctor->cli->model_dir, file);
    if (hr_network_open(&network, path, &error) != HR_OK) {
        report(doctor, FINDING_FAIL, "model",
               "run scripts/setup, install homeroom again, or say --models DIR", "%s", error.text);
        return;
    }
    const struct hr_model_card *card = hr_network_card(network);
    snprintf(id, id_size, "%s", card->id);
    report(doctor, FINDING_OK, "model", NULL, "%s: %s, %s, %.1f MB, checksum right", card->id,
           card->name, card->licence, (double)card->file_bytes / 1e6);
    hr_network_close(network);
}

/* --- database --- */

struct foreign {
    const char *model_id;
    size_t count;
};

static enum hr_status count_foreign(void *context, const struct hr_face_record *record,
                                    struct hr_error *error)
{
    struct foreign *foreign = context;
    (void)error;
    foreign->count += strcmp(record->model_id, foreign->model_id) != 0;
    return HR_OK;
}

static void report_counts(struct doctor *doctor, const struct hr_database_counts *counts)
{
    if (counts->students == 0)
        report(doctor, FINDING_WARN, "students",
               "'homeroom import students FILE' or 'homeroom enroll'", "the database is empty");
    else if (counts->students_without_face > 0)
        report(doctor, FINDING_WARN, "students", "'homeroom students' shows them; see 'homeroom "
               "help enroll'", "%zu students, %zu of them without a face: they cannot be recognised",
               counts->students, counts->students_without_face);
    else
        report(doctor, FINDING_OK, "students", NULL, "%zu students, each with a face",
               counts->students);
}

static void report_foreign(struct doctor *doctor, struct hr_database *database,
                           const char *embedder_id)
{
    struct hr_error error;
    struct foreign foreign = {.model_id = embedder_id};
    if (embedder_id[0] == '\0')
        return; /* the model failed its own check */
    if (hr_database_each_face(database, NULL, count_foreign, &foreign, &error) != HR_OK)
        report(doctor, FINDING_FAIL, "faces", "restore a backup", "%s", error.text);
    else if (foreign.count > 0)
        report(doctor, FINDING_WARN, "faces", "enrol these students again from their photos",
               "%zu faces were made by another model than %s and are not used", foreign.count,
               embedder_id);
}

static void check_database(struct doctor *doctor, const char *embedder_id)
{
    const char *path = doctor->cli->database_path;
    struct hr_error error;
    struct hr_database *database = NULL;
    struct hr_database_counts counts;
    if (!hr_anywhere_is_remote(path) && access(path, F_OK) != 0) {
        report(doctor, FINDING_WARN, "database",
               "'homeroom import students FILE' or 'homeroom enroll' makes it",
               "there is none yet: %s", path);
        return;
    }
    enum hr_status status =
        hr_cli_open_database(doctor->cli, HR_DATABASE_READ, &database, &error);
    if (status == HR_OK)
        status = hr_database_check(database, &counts, &error);
    if (status != HR_OK) {
        report(doctor, FINDING_FAIL, "database", "restore a backup, or say --db FILE", "%s",
               error.text);
    } else {
        report(doctor, FINDING_OK, "database", NULL, "%s: schema %d, whole, %zu faces", path,
               hr_database_schema_version(database), counts.faces);
        report_counts(doctor, &counts);
        report_foreign(doctor, database, embedder_id);
    }
    hr_database_close(database);
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
            report(doctor, codecs[i].when_missing, "codecs",
                   "install an FFmpeg (for heic: a libheif) that has it", "%s cannot be read",
                   codecs[i].name);
}

static void check_processor(struct doctor *doctor)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    enum hr_isa best = hr_isa_best();
    bool slow = best == HR_ISA_BASELINE;
    report(doctor, slow ? FINDING_WARN : FINDING_OK, "processor",
           slow ? "a processor with AVX2 or NEON is many times faster" : NULL,
           "%ld processor%s, networks run with %s", processors, processors == 1 ? "" : "s",
           hr_isa_name(best));
    if (doctor->cli->settings.threads > processors)
        report(doctor, FINDING_WARN, "threads", "lower --threads, or leave it out",
               "%d threads are wanted, more than there are processors",
               doctor->cli->settings.threads);
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
    report(doctor, low ? FINDING_WARN : FINDING_OK, "memory",
           low ? "end other programs, or say --jobs 1" : NULL, "%" PRIu64 " MB available",
           available_kb / 1024);
}

int hr_cmd_doctor(struct hr_cli *cli)
{
    struct doctor doctor = {.cli = cli};
    char detector_id[64] = "", embedder_id[64] = "";
    check_model(&doctor, HR_MODEL_DETECTOR_FILE, detector_id, sizeof detector_id);
    check_model(&doctor, HR_MODEL_EMBEDDER_FILE, embedder_id, sizeof embedder_id);
    check_database(&doctor, embedder_id);
    check_codecs(&doctor);
    check_processor(&doctor);
    check_memory(&doctor);
    return doctor.failed ? HR_EXIT_NO : 0;
}
