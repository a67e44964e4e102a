/* homeroom seen LESSON|CLASS */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/plural.h"
#include "classroom/lesson_words.h"
#include "classroom/standing.h"
#include "classroom/unknown.h"
#include "classroom/zone.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "homeroom.h"
#include "records/views.h"

struct showing {
    struct hr_cli *cli;
    struct hr_database *database;
    struct hr_standing *standing;
    struct hr_unknown_people unknown;
    char zone[256];
    const struct hr_recording_record *recording; /* in hand */
    const struct hr_standing_track *track;       /* likewise */
    bool has_picture;
    int64_t *pictures; /* owned: tracks of the recording in hand that have one, in their order */
    size_t picture_count, picture_capacity;
};

/* --- the tracks of a lesson --- */

static enum hr_status take_picture(void *context, const struct hr_view_record *view, const char *models,
                                   struct hr_error *error)
{
    struct showing *showing = context;
    (void)models;
    if (view->picture.size == 0)
        return HR_OK;
    int64_t *pictures =
        hr_array_room(showing->pictures, showing->picture_count, &showing->picture_capacity, sizeof *pictures);
    if (pictures == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a list of tracks");
    showing->pictures = pictures;
    showing->pictures[showing->picture_count++] = view->track;
    return HR_OK;
}

static int by_key(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

static void answer_json(const struct showing *showing, const char *from, const char *to,
                        const struct hr_unknown_person *person)
{
    const struct hr_track_record *record = &showing->track->record;
    struct hr_json *object = hr_json_object_new(), *candidates = hr_json_array_new();
    char unknown[32];
    snprintf(unknown, sizeof unknown, "u%lld", person != NULL ? (long long)person->key : 0);
    for (size_t i = 0; i < record->candidate_count; i++)
        hr_json_append(candidates, hr_json_text_new(record->candidates[i].student_id));
    hr_json_set(object, "track", hr_json_integer_new(record->key));
    hr_json_set(object, "video", hr_json_any_text_new(showing->recording->video));
    hr_json_set(object, "camera", hr_json_any_text_new(showing->recording->camera));
    hr_json_set(object, "from", hr_json_text_new(from));
    hr_json_set(object, "to", hr_json_text_new(to));
    hr_json_set(object, "student", hr_json_text_new(record->student_id));
    hr_json_set(object, "band", hr_json_text_new(record->band));
    hr_json_set(object, "reason", hr_json_text_new(record->reason));
    hr_json_set(object, "similarity", hr_json_real_new(record->similarity));
    hr_json_set(object, "by_hand", hr_json_boolean_new(showing->track->by_hand));
    hr_json_set(object, "person", hr_json_text_new(person != NULL ? unknown : NULL));
    hr_json_set(object, "face_px", hr_json_real_new(record->face_px));
    hr_json_set(object, "picture", hr_json_boolean_new(showing->has_picture));
    hr_json_set(object, "candidates", candidates);
    hr_answer_json(showing->cli->out, object);
}

static void answer_line(const struct showing *showing, const char *from, const char *to,
                        const struct hr_unknown_person *person)
{
    const struct hr_track_record *record = &showing->track->record;
    FILE *out = showing->cli->out;
    fprintf(out, "%lld  %s-%s  ", (long long)record->key, from, to);
    if (showing->recording->camera[0] != '\0') {
        hr_answer_text(out, showing->recording->camera);
        fputs("  ", out);
    }
    if (record->student_id != NULL) {
        fputs(strcmp(record->band, hr_band_name(HR_BAND_REVIEW)) == 0 ? "perhaps " : "", out);
        hr_answer_text(out, record->student_id);
    } else if (showing->track->is_nobody) {
        fputs("nobody", out);
    } else if (person != NULL) {
        fprintf(out, "u%lld", (long long)person->key);
    } else {
        fputs("too small to tell", out);
    }
    if (showing->track->by_hand)
        fputs(", by hand", out);
    else if (isfinite(record->similarity))
        fprintf(out, ", %s (%s), alike %.2f", record->band, record->reason, record->similarity);
    fputs(showing->has_picture ? ", picture kept\n" : "\n", out);
}

static enum hr_status answer_track(void *context, const struct hr_standing_track *track, struct hr_error *error)
{
    struct showing *showing = context;
    char from[HR_ZONE_CLOCK_SIZE], to[HR_ZONE_CLOCK_SIZE];
    showing->track = track;
    (void)error;
    showing->has_picture =
        showing->picture_count > 0 &&
        bsearch(&track->record.key, showing->pictures, showing->picture_count, sizeof(int64_t), by_key) != NULL;
    hr_zone_from_utc(showing->zone, showing->recording->start_us + track->record.first_us, NULL, from);
    hr_zone_from_utc(showing->zone, showing->recording->start_us + track->record.last_us, NULL, to);
    const struct hr_unknown_person *person = hr_unknown_people_of(&showing->unknown, track->record.key);
    if (showing->cli->settings.terminal.json)
        answer_json(showing, from, to, person);
    else
        answer_line(showing, from, to, person);
    return HR_OK;
}

static enum hr_status answer_recording(void *context, const struct hr_recording_record *recording,
                                       struct hr_error *error)
{
    struct showing *showing = context;
    showing->recording = recording;
    showing->picture_count = 0;
    enum hr_status status =
        hr_database_each_view(showing->database, recording->observation, take_picture, showing, error);
    if (status != HR_OK)
        return status;
    return hr_standing_each_track(showing->standing, showing->database, recording->observation, answer_track, showing,
                                  error);
}

/* --- the unknown people of a class --- */

static void answer_person(const struct showing *showing, const struct hr_unknown_person *person)
{
    char first_day[HR_ZONE_DAY_SIZE], first[HR_ZONE_CLOCK_SIZE], last_day[HR_ZONE_DAY_SIZE], last[HR_ZONE_CLOCK_SIZE];
    FILE *out = showing->cli->out;
    hr_zone_from_utc(showing->zone, person->first_us, first_day, first);
    hr_zone_from_utc(showing->zone, person->last_us, last_day, last);
    if (showing->cli->settings.terminal.json) {
        struct hr_json *object = hr_json_object_new(), *tracks = hr_json_array_new();
        char text[64];
        for (size_t i = 0; i < person->track_count; i++)
            hr_json_append(tracks, hr_json_integer_new(person->tracks[i]));
        snprintf(text, sizeof text, "u%lld", (long long)person->key);
        hr_json_set(object, "person", hr_json_text_new(text));
        hr_json_set(object, "lessons", hr_json_integer_new((int64_t)person->lesson_count));
        snprintf(text, sizeof text, "%s %s", first_day, first);
        hr_json_set(object, "first", hr_json_text_new(text));
        snprintf(text, sizeof text, "%s %s", last_day, last);
        hr_json_set(object, "last", hr_json_text_new(text));
        hr_json_set(object, "sightings", hr_json_integer_new((int64_t)person->sightings));
        hr_json_set(object, "best", hr_json_integer_new(person->best));
        hr_json_set(object, "tracks", tracks);
        hr_answer_json(out, object);
        return;
    }
    fprintf(out, "u%lld  %zu lesson%s, %zu track%s, first %s %s, last %s %s, best seen in track %lld\n",
            (long long)person->key, person->lesson_count, hr_plural(person->lesson_count), person->track_count,
            hr_plural(person->track_count), first_day, first, last_day, last, (long long)person->best);
}

static enum hr_status show_class(struct showing *showing, const char *class_id, struct hr_error *error)
{
    enum hr_status status = hr_class_zone(showing->database, class_id, showing->zone, error);
    for (size_t i = 0; status == HR_OK && i < showing->unknown.count; i++)
        answer_person(showing, &showing->unknown.items[i]);
    return status;
}

/* What is kept can be compared where the models are here. */
static enum hr_status find_unknown(struct showing *showing, const char *class_id, struct hr_error *error)
{
    struct hr_engine *engine = NULL;
    const struct hr_vector_layout *known = hr_cli_known_models(showing->cli, &engine);
    enum hr_status status = hr_unknown_people_find(&showing->unknown, showing->database, class_id, 0, known, error);
    hr_engine_close(engine);
    return status;
}

int hr_cmd_seen(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct showing showing = {.cli = cli};
    struct hr_lesson_found lesson = {0};
    const char *word = cli->words[0];
    bool is_lesson = hr_lesson_is_word(word);
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_READ, &showing.database, &error);
    if (status == HR_OK && is_lesson)
        status = hr_lesson_find(showing.database, word, &lesson, &error);
    if (status == HR_OK)
        status = find_unknown(&showing, is_lesson ? lesson.class_id : word, &error);
    if (status == HR_OK && is_lesson) {
        snprintf(showing.zone, sizeof showing.zone, "%s", lesson.zone);
        status = hr_standing_load(&showing.standing, showing.database, lesson.class_id, &error);
        if (status == HR_OK)
            status = hr_database_each_recording(showing.database, lesson.key, answer_recording, &showing, &error);
    } else if (status == HR_OK) {
        status = show_class(&showing, word, &error);
    }
    free(showing.pictures);
    hr_standing_free(showing.standing);
    hr_unknown_people_clear(&showing.unknown);
    hr_database_close(showing.database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
