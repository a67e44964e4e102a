/* homeroom correct TRACK|PERSON is|not STUDENT, TRACK|PERSON nobody|forget, undo [NUMBER], list [LESSON|CLASS] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/plural.h"
#include "classroom/again.h"
#include "cli/again.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/lesson_words.h"
#include "cli/person.h"
#include "records/corrections.h"
#include "records/views.h"

struct correcting {
    struct hr_cli *cli;
    struct hr_database *database;
    struct hr_engine *engine; /* with the models; NULL: there are none, or they are not needed */
    struct hr_lesson_found lesson;
    int64_t *tracks; /* owned */
    size_t count;
    size_t finished; /* tracks of finished lessons, which are left out */
    int64_t change;
    size_t enrolled, changed;
};

/* --- which tracks --- */

static enum hr_status lesson_of(struct correcting *correcting, int64_t track, struct hr_error *error)
{
    char word[32];
    int64_t lesson, observation;
    enum hr_status status = hr_database_track_lesson(correcting->database, track, &lesson, &observation, error);
    snprintf(word, sizeof word, "%lld", (long long)lesson);
    return status == HR_OK ? hr_cli_find_lesson(correcting->database, word, &correcting->lesson, error) : status;
}

/* Those of lessons that are not finished; when all are, it is for the correction to say so. */
static enum hr_status leave_out_finished(struct correcting *correcting, struct hr_error *error)
{
    size_t kept = 0;
    enum hr_status status = HR_OK;
    struct hr_lesson_found first = correcting->lesson;
    for (size_t i = 0; status == HR_OK && i < correcting->count; i++) {
        status = lesson_of(correcting, correcting->tracks[i], error);
        if (status == HR_OK && correcting->lesson.finished_us == 0)
            correcting->tracks[kept++] = correcting->tracks[i];
    }
    correcting->lesson = first;
    if (kept > 0) {
        correcting->finished = correcting->count - kept;
        correcting->count = kept;
    }
    return status;
}

static enum hr_status tracks_of_person(struct correcting *correcting, int64_t track, struct hr_error *error)
{
    struct hr_unknown_people people;
    const struct hr_vector_layout *known = correcting->engine != NULL ? &correcting->engine->known : NULL;
    enum hr_status status =
        hr_unknown_people_find(&people, correcting->database, correcting->lesson.class_id, 0, known, error);
    if (status != HR_OK)
        return status;
    const struct hr_unknown_person *person = hr_unknown_people_of(&people, track);
    if (person == NULL) {
        status =
            hr_error_set(error, HR_ERR_NOT_FOUND, "track %lld is of no unknown person ('homeroom seen %s' lists them)",
                         (long long)track, correcting->lesson.class_id);
    } else {
        correcting->tracks = calloc(person->track_count, sizeof *correcting->tracks);
        correcting->count = person->track_count;
        if (correcting->tracks != NULL)
            memcpy(correcting->tracks, person->tracks, person->track_count * sizeof *correcting->tracks);
    }
    hr_unknown_people_clear(&people);
    if (status == HR_OK && correcting->tracks == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a person's tracks");
    return status == HR_OK ? leave_out_finished(correcting, error) : status;
}

/* Where the class keeps vectors they are compared: then the models must be here. */
static enum hr_status open_models(struct correcting *correcting, struct hr_error *error)
{
    return correcting->lesson.keep_days > 0 ? hr_cli_open_models(correcting->cli, &correcting->engine, error) : HR_OK;
}

static enum hr_status find_tracks(struct correcting *correcting, struct hr_error *error)
{
    const char *word = correcting->cli->words[0], *digits = word[0] == 'u' ? word + 1 : word;
    char *end;
    int64_t track = strtoll(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end != '\0')
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "'%s' is no track and no unknown person: 17, or u17, as 'homeroom seen' lists them", word);
    enum hr_status status = lesson_of(correcting, track, error);
    if (status == HR_OK)
        status = open_models(correcting, error);
    if (status == HR_OK && word[0] == 'u')
        return tracks_of_person(correcting, track, error);
    if (status != HR_OK)
        return status;
    correcting->tracks = malloc(sizeof *correcting->tracks);
    if (correcting->tracks == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a track");
    correcting->tracks[0] = track;
    correcting->count = 1;
    return HR_OK;
}

/* --- earlier and later lessons --- */

static enum hr_status decide_again(struct correcting *correcting, struct hr_error *error)
{
    if (correcting->engine == NULL)
        return HR_OK;
    return hr_cli_decide_again(correcting->cli, correcting->engine, correcting->database, correcting->lesson.class_id,
                               0, &correcting->changed, error);
}

static void tell_changed(const struct correcting *correcting)
{
    FILE *out = correcting->cli->out;
    if (correcting->finished > 0)
        fprintf(out, "left out: %zu track%s of finished lessons\n", correcting->finished,
                hr_plural(correcting->finished));
    if (correcting->changed > 0)
        fprintf(out, "%zu track%s of the class's lessons %s now taken for somebody else\n", correcting->changed,
                hr_plural(correcting->changed), correcting->changed == 1 ? "is" : "are");
}

/* --- saying --- */

/* All of it or nothing: the correction, and what the student is enrolled from. */
static enum hr_status write(struct correcting *correcting, enum hr_correction_kind kind, const char *student_id,
                            struct hr_error *error)
{
    bool enrols = kind == HR_CORRECTION_IS && correcting->cli->words[0][0] == 'u' && correcting->engine != NULL;
    enum hr_status status = hr_database_begin(correcting->database, error);
    if (status != HR_OK)
        return status;
    status = hr_database_correct(correcting->database, kind, student_id, correcting->tracks, correcting->count,
                                 &correcting->change, error);
    if (status == HR_OK && enrols)
        status = hr_enrol_from_tracks(correcting->database, student_id, correcting->change, correcting->tracks,
                                      correcting->count, &correcting->engine->known, &correcting->enrolled, error);
    return hr_database_end(correcting->database, status, error);
}

static void tell_said(const struct correcting *correcting, enum hr_correction_kind kind,
                      const struct hr_student *student)
{
    FILE *out = correcting->cli->out;
    fprintf(out, "correction %lld: %zu track%s %s ", (long long)correcting->change, correcting->count,
            hr_plural(correcting->count), correcting->count == 1 ? "is" : "are");
    if (kind == HR_CORRECTION_NOBODY) {
        fputs("nobody's\n", out);
        return;
    }
    fputs(kind == HR_CORRECTION_NOT ? "not of " : "of ", out);
    hr_answer_text(out, student->id);
    fputs(" (", out);
    hr_answer_text(out, student->name);
    fputs(")\n", out);
    if (correcting->enrolled > 0)
        fprintf(out, "enrolled from %zu of them\n", correcting->enrolled);
}

/* Of somebody who does not want to be kept: what was seen stays, without a face. */
static enum hr_status forget(struct correcting *correcting, struct hr_error *error)
{
    size_t removed = 0;
    enum hr_status status = find_tracks(correcting, error);
    if (status == HR_OK)
        status = hr_database_forget_views(correcting->database, correcting->tracks, correcting->count, &removed, error);
    if (status == HR_OK)
        fprintf(correcting->cli->out, "%zu vector%s and picture%s removed\n", removed, hr_plural(removed),
                hr_plural(removed));
    return status;
}

static enum hr_status say(struct correcting *correcting, struct hr_error *error)
{
    struct hr_cli *cli = correcting->cli;
    struct hr_student student = {0};
    enum hr_correction_kind kind = HR_CORRECTION_NOBODY;
    if (cli->word_count < 2 || !hr_correction_parse(cli->words[1], &kind) ||
        cli->word_count != (kind == HR_CORRECTION_NOBODY ? 2u : 3u))
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "usage: homeroom correct TRACK is|not STUDENT, or TRACK nobody|forget, undo, or list");
    enum hr_status status = find_tracks(correcting, error);
    if (status == HR_OK && kind != HR_CORRECTION_NOBODY)
        status = hr_cli_find_person(correcting->database, cli->words[2], &student, NULL, error);
    if (status == HR_OK)
        status = write(correcting, kind, kind != HR_CORRECTION_NOBODY ? student.id : NULL, error);
    if (status == HR_OK)
        tell_said(correcting, kind, &student);
    hr_student_clear(&student);
    if (status == HR_OK)
        status = decide_again(correcting, error);
    if (status == HR_OK)
        tell_changed(correcting);
    return status;
}

/* --- listing and taking back --- */

static enum hr_status answer_change(void *context, const struct hr_change_record *change, struct hr_error *error)
{
    struct hr_cli *cli = context;
    char at[HR_CLOCK_ISO8601_SIZE], undone[HR_CLOCK_ISO8601_SIZE] = "";
    (void)error;
    hr_clock_iso8601(change->at_us, at);
    if (change->undone_us != 0)
        hr_clock_iso8601(change->undone_us, undone);
    if (cli->settings.terminal.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "correction", hr_json_integer_new(change->key));
        hr_json_set(object, "kind", hr_json_text_new(hr_correction_name(change->kind)));
        hr_json_set(object, "student", hr_json_text_new(change->student_id));
        hr_json_set(object, "tracks", hr_json_integer_new((int64_t)change->track_count));
        hr_json_set(object, "who", hr_json_any_text_new(change->who));
        hr_json_set(object, "at", hr_json_text_new(at));
        hr_json_set(object, "undone_by", hr_json_text_new(undone[0] != '\0' ? change->undone_by : NULL));
        hr_json_set(object, "undone", hr_json_text_new(undone[0] != '\0' ? undone : NULL));
        hr_answer_json(cli->out, object);
        return HR_OK;
    }
    fprintf(cli->out, "%lld  %s  ", (long long)change->key, at);
    hr_answer_text(cli->out, change->who);
    fprintf(cli->out, ": %zu track%s, %s ", change->track_count, hr_plural(change->track_count),
            hr_correction_name(change->kind));
    hr_answer_text(cli->out, change->student_id != NULL ? change->student_id : "");
    if (undone[0] != '\0') {
        fprintf(cli->out, ", taken back %s by ", undone);
        hr_answer_text(cli->out, change->undone_by);
    }
    fputc('\n', cli->out);
    return HR_OK;
}

static enum hr_status list(struct correcting *correcting, struct hr_error *error)
{
    struct hr_cli *cli = correcting->cli;
    const char *word = cli->word_count > 1 ? cli->words[1] : NULL;
    enum hr_status status = HR_OK;
    char zone[256];
    if (word != NULL && hr_cli_is_lesson(word))
        status = hr_cli_find_lesson(correcting->database, word, &correcting->lesson, error);
    else if (word != NULL)
        status = hr_cli_zone_of_class(correcting->database, word, zone, error);
    bool is_class = word != NULL && correcting->lesson.key == 0;
    return status == HR_OK ? hr_database_each_change(correcting->database, correcting->lesson.key,
                                                     is_class ? word : NULL, answer_change, cli, error)
                           : status;
}

/* A track that the correction was of: its class is decided again. */
static enum hr_status undo(struct correcting *correcting, struct hr_error *error)
{
    struct hr_cli *cli = correcting->cli;
    char *end = NULL;
    int64_t change = cli->word_count > 1 ? strtoll(cli->words[1], &end, 10) : 0, track = 0;
    if (end != NULL && (*end != '\0' || change <= 0))
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is no correction: 'homeroom correct list' has their numbers",
                            cli->words[1]);
    enum hr_status status = hr_database_undo(correcting->database, change, answer_change, cli, &track, error);
    if (status == HR_OK && track != 0)
        status = lesson_of(correcting, track, error);
    if (status == HR_OK)
        status = open_models(correcting, error);
    if (status == HR_OK)
        status = decide_again(correcting, error);
    if (status == HR_OK) {
        fputs("is taken back\n", cli->settings.terminal.json ? stderr : cli->out);
        tell_changed(correcting);
    }
    return status;
}

int hr_cmd_correct(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct correcting correcting = {.cli = cli};
    bool lists = strcmp(cli->words[0], "list") == 0, undoes = strcmp(cli->words[0], "undo") == 0;
    bool forgets = cli->word_count == 2 && strcmp(cli->words[1], "forget") == 0;
    enum hr_status status = HR_OK;
    if (hr_anywhere_is_remote(cli->database_path))
        status = hr_error_set(&error, HR_ERR_ARGUMENT, "lessons are kept in a database that is a file, not in '%s'",
                              cli->database_path);
    if (status == HR_OK && (lists || undoes) && cli->word_count > 2)
        status = hr_error_set(&error, HR_ERR_ARGUMENT, "usage: homeroom correct undo [NUMBER], or list [LESSON|CLASS]");
    if (status == HR_OK)
        status = hr_cli_open_database(cli, lists ? HR_DATABASE_READ : HR_DATABASE_WRITE, &correcting.database, &error);
    if (status == HR_OK)
        status = lists     ? list(&correcting, &error)
                 : undoes  ? undo(&correcting, &error)
                 : forgets ? forget(&correcting, &error)
                           : say(&correcting, &error);
    free(correcting.tracks);
    hr_engine_close(correcting.engine);
    hr_database_close(correcting.database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
