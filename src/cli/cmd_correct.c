/* homeroom correct TRACK|PERSON is|not STUDENT, TRACK|PERSON nobody|forget, undo [NUMBER], list [LESSON|CLASS] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/plural.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/person.h"
#include "jobs/correcting.h"
#include "records/views.h"

struct correcting {
    struct hr_cli *cli;
    struct hr_engine *engine; /* owned; with the models; NULL: they are not needed */
    struct hr_correcting work;
};

/* Where the class keeps vectors they are compared: then the models must be here. */
static enum hr_status open_models(struct correcting *correcting, struct hr_error *error)
{
    if (correcting->work.lesson.keep_days == 0)
        return HR_OK;
    enum hr_status status = hr_cli_open_models(correcting->cli, &correcting->engine, error);
    correcting->work.engine = correcting->engine;
    return status;
}

static enum hr_status find_tracks(struct correcting *correcting, struct hr_error *error)
{
    const char *word = correcting->cli->words[0], *digits = word[0] == 'u' ? word + 1 : word;
    char *end;
    int64_t track = strtoll(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end != '\0')
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "'%s' is no track and no unknown person: 17, or u17, as 'homeroom seen' lists them", word);
    correcting->work.is_person = word[0] == 'u';
    enum hr_status status = hr_correcting_lesson(&correcting->work, track, error);
    if (status == HR_OK)
        status = open_models(correcting, error);
    return status == HR_OK ? hr_correcting_tracks(&correcting->work, track, error) : status;
}

static void tell_changed(const struct correcting *correcting)
{
    FILE *out = correcting->cli->out;
    if (correcting->work.finished > 0)
        fprintf(out, "left out: %zu track%s of finished lessons\n", correcting->work.finished,
                hr_plural(correcting->work.finished));
    if (correcting->work.changed > 0)
        fprintf(out, "%zu track%s of the class's lessons %s now taken for somebody else\n", correcting->work.changed,
                hr_plural(correcting->work.changed), correcting->work.changed == 1 ? "is" : "are");
}

/* --- saying --- */

static void tell_said(const struct correcting *correcting, enum hr_correction_kind kind,
                      const struct hr_student *student)
{
    FILE *out = correcting->cli->out;
    fprintf(out, "correction %lld: %zu track%s %s ", (long long)correcting->work.change, correcting->work.count,
            hr_plural(correcting->work.count), correcting->work.count == 1 ? "is" : "are");
    if (kind == HR_CORRECTION_NOBODY) {
        fputs("nobody's\n", out);
        return;
    }
    fputs(kind == HR_CORRECTION_NOT ? "not of " : "of ", out);
    hr_answer_text(out, student->id);
    fputs(" (", out);
    hr_answer_text(out, student->name);
    fputs(")\n", out);
    if (correcting->work.enrolled > 0)
        fprintf(out, "enrolled from %zu of them\n", correcting->work.enrolled);
}

/* Of somebody who does not want to be kept: what was seen stays, without a face. */
static enum hr_status forget(struct correcting *correcting, struct hr_error *error)
{
    size_t removed = 0;
    enum hr_status status = find_tracks(correcting, error);
    if (status == HR_OK)
        status = hr_database_forget_views(correcting->work.database, correcting->work.tracks, correcting->work.count,
                                          &removed, error);
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
        status = hr_cli_find_person(correcting->work.database, cli->words[2], &student, NULL, error);
    if (status == HR_OK)
        status = hr_correcting_say(&correcting->work, kind, kind != HR_CORRECTION_NOBODY ? student.id : NULL, error);
    if (status == HR_OK)
        tell_said(correcting, kind, &student);
    hr_student_clear(&student);
    if (status == HR_OK)
        status = hr_correcting_follow(&correcting->work, error);
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
    if (word != NULL && hr_lesson_is_word(word))
        status = hr_lesson_find(correcting->work.database, word, &correcting->work.lesson, error);
    else if (word != NULL)
        status = hr_class_zone(correcting->work.database, word, zone, error);
    bool is_class = word != NULL && correcting->work.lesson.key == 0;
    return status == HR_OK ? hr_database_each_change(correcting->work.database, correcting->work.lesson.key,
                                                     is_class ? word : NULL, answer_change, cli, error)
                           : status;
}

/* A track that the correction was of: its class is decided again. */
static enum hr_status undo(struct correcting *correcting, struct hr_error *error)
{
    struct hr_cli *cli = correcting->cli;
    char *end = NULL;
    int64_t change = cli->word_count > 1 ? strtoll(cli->words[1], &end, 10) : 0;
    if (end != NULL && (*end != '\0' || change <= 0))
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is no correction: 'homeroom correct list' has their numbers",
                            cli->words[1]);
    enum hr_status status = hr_correcting_undo(&correcting->work, change, answer_change, cli, error);
    if (status == HR_OK)
        status = open_models(correcting, error);
    if (status == HR_OK)
        status = hr_correcting_follow(&correcting->work, error);
    if (status == HR_OK) {
        fputs("is taken back\n", cli->settings.terminal.json ? stderr : cli->out);
        tell_changed(correcting);
    }
    return status;
}

int hr_cmd_correct(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct correcting correcting = {.cli = cli, .work = {.place = &cli->class}};
    bool lists = strcmp(cli->words[0], "list") == 0, undoes = strcmp(cli->words[0], "undo") == 0;
    bool forgets = cli->word_count == 2 && strcmp(cli->words[1], "forget") == 0;
    enum hr_status status = HR_OK;
    if (hr_anywhere_is_remote(cli->database_path))
        status = hr_error_set(&error, HR_ERR_ARGUMENT, "lessons are kept in a database that is a file, not in '%s'",
                              cli->database_path);
    if (status == HR_OK && (lists || undoes) && cli->word_count > 2)
        status = hr_error_set(&error, HR_ERR_ARGUMENT, "usage: homeroom correct undo [NUMBER], or list [LESSON|CLASS]");
    if (status == HR_OK)
        status =
            hr_cli_open_database(cli, lists ? HR_DATABASE_READ : HR_DATABASE_WRITE, &correcting.work.database, &error);
    if (status == HR_OK)
        status = lists     ? list(&correcting, &error)
                 : undoes  ? undo(&correcting, &error)
                 : forgets ? forget(&correcting, &error)
                           : say(&correcting, &error);
    hr_correcting_clear(&correcting.work);
    hr_engine_close(correcting.engine);
    hr_database_close(correcting.work.database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
