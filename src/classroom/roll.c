#include "classroom/roll.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "classroom/standing.h"
#include "homeroom.h"
#include "records/consent.h"

/* A pause between two parts of a recording, or a camera that is started after the bell, is shorter; nobody's whole
 * lesson is. */
#define GAP_US (INT64_C(60) * 1000000)
/* Shorter ones are between two parts, and are not told. */
#define GAP_TOLD_US (INT64_C(10) * 1000000)
#define MINUTE_US (INT64_C(60) * 1000000)

static const char *const names[HR_PRESENCE_COUNT] = {
    [HR_PRESENCE_PRESENT] = "present",          [HR_PRESENCE_LATE] = "late",
    [HR_PRESENCE_LEFT_EARLY] = "left_early",    [HR_PRESENCE_ABSENT] = "absent",
    [HR_PRESENCE_EXCUSED] = "excused",          [HR_PRESENCE_REVIEW] = "review",
    [HR_PRESENCE_NOT_FILMED] = "not_filmed",    [HR_PRESENCE_UNMARKED] = "unmarked",
    [HR_PRESENCE_NOT_ENROLLED] = "not_enrolled"};

const char *hr_presence_name(enum hr_presence presence)
{
    return names[presence];
}

static enum hr_presence presence_of(const char *word)
{
    for (int i = 0; i < HR_PRESENCE_COUNT; i++)
        if (strcmp(word, names[i]) == 0)
            return (enum hr_presence)i;
    return HR_PRESENCE_COUNT;
}

enum hr_status hr_presence_parse(const char *word, enum hr_presence *out, struct hr_error *error)
{
    *out = presence_of(word);
    if (*out <= HR_PRESENCE_EXCUSED)
        return HR_OK;
    return hr_error_set(error, HR_ERR_ARGUMENT,
                        "a mark is 'present', 'late', 'left_early', 'absent' or 'excused', not '%s'", word);
}

/* Finished rolls are kept with the text: one that was here once stays known. */
static const struct {
    const char *name, *text;
} reasons[HR_ROLL_REASON_COUNT] = {
    [HR_ROLL_REASON_NONE] = {"", ""},
    [HR_ROLL_REASON_SEEN] = {"seen", "seen"},
    [HR_ROLL_REASON_SEEN_BEGIN_NOT_FILMED] = {"seen_begin_not_filmed", "seen; the beginning was not filmed"},
    [HR_ROLL_REASON_LATE] = {"first_seen_late", "first seen late"},
    [HR_ROLL_REASON_EARLY] = {"last_seen_early", "last seen early"},
    [HR_ROLL_REASON_LATE_AND_EARLY] = {"late_and_early", "first seen late, last seen early"},
    [HR_ROLL_REASON_NOT_IN_CLASS] = {"not_in_class", "seen, and not in the class on that day"},
    [HR_ROLL_REASON_MAYBE] = {"maybe", "somebody may be him"},
    [HR_ROLL_REASON_MAYBE_BEFORE] = {"maybe_before", "seen, and somebody may be him before that"},
    [HR_ROLL_REASON_MAYBE_AFTER] = {"maybe_after", "seen, and somebody may be him after that"},
    [HR_ROLL_REASON_REFUSES] = {"refuses", "does not agree to be recognised: marked by hand"},
    [HR_ROLL_REASON_NO_FACE] = {"no_face", "nobody knows his face: marked by hand, or enrolled with a photo"},
    [HR_ROLL_REASON_NO_RECORDING] = {"no_recording", "no recording"},
    [HR_ROLL_REASON_NOT_ALL_FILMED] = {"not_all_filmed", "not seen, and not all of the lesson was filmed"},
    [HR_ROLL_REASON_NOT_SEEN] = {"not_seen", "not seen in the whole lesson"},
    [HR_ROLL_REASON_CONSENT_TAKEN_BACK] = {"consent_taken_back",
                                           "seen then; what was seen was deleted when consent was taken back"},
    [HR_ROLL_REASON_DELETED] = {"deleted", "seen then; what was seen has been deleted since"},
};
static const char corrected_text[] = ", as it was corrected";

const char *hr_roll_reason_name(enum hr_roll_reason reason)
{
    return reasons[reason].name;
}

const char *hr_roll_reason_text(enum hr_roll_reason reason)
{
    return reasons[reason].text;
}

enum hr_roll_reason hr_roll_reason_of_text(const char *text, bool *corrected)
{
    size_t length = strlen(text), behind = sizeof corrected_text - 1;
    *corrected = length > behind && strcmp(text + length - behind, corrected_text) == 0;
    length -= *corrected ? behind : 0;
    for (int i = 1; i < HR_ROLL_REASON_COUNT; i++)
        if (strlen(reasons[i].text) == length && memcmp(reasons[i].text, text, length) == 0)
            return (enum hr_roll_reason)i;
    return HR_ROLL_REASON_NONE;
}

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a roll");
}

/* --- what is collected --- */

/* A time in which somebody was in sight, or a camera ran; [start, end). */
struct span {
    int64_t start_us, end_us;
};

struct spans {
    struct span *items; /* owned */
    size_t count, capacity;
};

struct person {
    struct hr_roll_entry entry;
    bool is_member, may_be_seen; /* in review */
    bool is_corrected;           /* somebody has said that a track is his */
    bool is_shown;               /* a track that is left is his, or may be */
    size_t faces;
    struct spans certain, possible;
    int64_t sample_us; /* the longest time between two looks in the recordings that he is in */
};

/* People are numbered from 1 on in a recording; whoever is one no longer, or is one since somebody said so, counts
 * otherwise than when it was looked at. */
struct unknown_count {
    size_t most;    /* the highest number */
    size_t unnamed; /* tracks that are unknown since */
    bool *still;    /* owned: of each number, whether a track is unknown still */
    size_t capacity;
};

struct making {
    struct hr_roll *roll;
    struct hr_database *database;
    struct person *people; /* owned; by id while it is made */
    size_t count, capacity;
    struct spans filmed;
    struct recording {
        int64_t observation, start_us, sample_us;
        size_t unknown_people; /* as they were counted */
    } * recordings;            /* owned */
    size_t recording_capacity;
    size_t current;
    struct unknown_count unknown; /* of the recording in hand */
    int64_t unfilmed_us;          /* of the lesson, all together */
};

static bool add_span(struct spans *spans, int64_t start_us, int64_t end_us)
{
    struct span *items = hr_array_room(spans->items, spans->count, &spans->capacity, sizeof *items);
    if (items == NULL)
        return false;
    spans->items = items;
    spans->items[spans->count++] = (struct span){start_us, end_us};
    return true;
}

static int by_start(const void *a, const void *b)
{
    const struct span *left = a, *right = b;
    return (left->start_us > right->start_us) - (left->start_us < right->start_us);
}

/* In order, and none overlaps or touches the next. */
static void join_spans(struct spans *spans)
{
    size_t kept = 0;
    if (spans->count > 0)
        qsort(spans->items, spans->count, sizeof *spans->items, by_start);
    for (size_t i = 0; i < spans->count; i++) {
        struct span *last = kept > 0 ? &spans->items[kept - 1] : NULL;
        if (last == NULL || spans->items[i].start_us > last->end_us)
            spans->items[kept++] = spans->items[i];
        else if (spans->items[i].end_us > last->end_us)
            last->end_us = spans->items[i].end_us;
    }
    spans->count = kept;
}

/* How much of [from, to) they cover. */
static int64_t covered_us(const struct spans *spans, int64_t from_us, int64_t to_us)
{
    int64_t sum_us = 0;
    for (size_t i = 0; i < spans->count; i++) {
        int64_t start_us = spans->items[i].start_us > from_us ? spans->items[i].start_us : from_us;
        int64_t end_us = spans->items[i].end_us < to_us ? spans->items[i].end_us : to_us;
        if (end_us > start_us)
            sum_us += end_us - start_us;
    }
    return sum_us;
}

/* --- reading --- */

static bool copy(char **out, const char *text)
{
    free(*out);
    *out = strdup(text);
    return *out != NULL;
}

static struct person *find_person(struct making *making, const char *id)
{
    for (size_t i = 0; i < making->count; i++)
        if (strcmp(making->people[i].entry.student_id, id) == 0)
            return &making->people[i];
    return NULL;
}

/* NULL: no memory. */
static struct person *add_person(struct making *making, const char *id, const char *name)
{
    struct person *people = hr_array_room(making->people, making->count, &making->capacity, sizeof *people);
    if (people == NULL)
        return NULL;
    making->people = people;
    struct person *person = &making->people[making->count++];
    *person = (struct person){.entry = {.similarity = (double)NAN, .presence = HR_PRESENCE_COUNT}};
    bool good = copy(&person->entry.student_id, id) && copy(&person->entry.name, name) &&
                copy(&person->entry.why, "") && copy(&person->entry.note, "");
    return good ? person : NULL;
}

static enum hr_status take_lesson(void *context, const struct hr_lesson_record *lesson, struct hr_error *error)
{
    struct hr_roll *roll = context;
    roll->lesson = lesson->key;
    roll->start_us = lesson->start_us;
    roll->end_us = lesson->end_us;
    roll->finished_us = lesson->finished_us;
    return copy(&roll->class_id, lesson->class_id) && copy(&roll->title, lesson->title) && copy(&roll->day, lesson->day)
               ? HR_OK
               : no_memory(error);
}

static enum hr_status take_class(void *context, const struct hr_class_record *class, struct hr_error *error)
{
    struct hr_roll *roll = context;
    roll->late_min = class->late_min;
    roll->early_min = class->early_min;
    return copy(&roll->zone, class->zone) ? HR_OK : no_memory(error);
}

static enum hr_status take_member(void *context, const struct hr_member_record *member, struct hr_error *error)
{
    struct making *making = context;
    if (find_person(making, member->student_id) != NULL)
        return HR_OK;
    struct person *person = add_person(making, member->student_id, member->name);
    if (person == NULL)
        return no_memory(error);
    person->is_member = true;
    person->entry.refuses = member->refuses;
    person->faces = member->faces;
    return HR_OK;
}

static enum hr_status take_recording(void *context, const struct hr_recording_record *record, struct hr_error *error)
{
    struct making *making = context;
    struct hr_roll *roll = making->roll;
    struct recording *recordings =
        hr_array_room(making->recordings, roll->recording_count, &making->recording_capacity, sizeof *recordings);
    if (recordings == NULL)
        return no_memory(error);
    making->recordings = recordings;
    int64_t sample_us = record->samples_per_s > 0 ? llround(1e6 / record->samples_per_s) : 1000000;
    making->recordings[roll->recording_count++] =
        (struct recording){record->observation, record->start_us, sample_us, record->unknown_people};
    return add_span(&making->filmed, record->start_us, record->start_us + record->duration_us) ? HR_OK
                                                                                               : no_memory(error);
}

static enum hr_status name_of(struct making *making, const char *id, struct hr_student *out, struct hr_error *error)
{
    struct hr_roster roster = hr_database_roster(making->database);
    return roster.get(roster.context, &id, 1, out, error);
}

/* Somebody who is seen for certain, or may be, and is not in the class. */
static enum hr_status add_guest(struct making *making, const char *id, struct person **out, struct hr_error *error)
{
    struct hr_student student = {0};
    enum hr_status status = name_of(making, id, &student, error);
    if (status == HR_OK) {
        *out = add_person(making, id, student.name);
        status = *out != NULL ? HR_OK : no_memory(error);
    }
    hr_student_clear(&student);
    return status;
}

static enum hr_status note_certain(struct making *making, const struct hr_standing_track *standing,
                                   struct hr_error *error)
{
    const struct hr_track_record *track = &standing->record;
    const struct recording *recording = &making->recordings[making->current];
    struct person *person = find_person(making, track->student_id);
    enum hr_status status = person != NULL ? HR_OK : add_guest(making, track->student_id, &person, error);
    if (status != HR_OK)
        return status;
    person->entry.sightings += track->sightings;
    person->is_corrected = person->is_corrected || standing->by_hand;
    if (!standing->by_hand && isfinite(track->similarity) && !(track->similarity <= person->entry.similarity))
        person->entry.similarity = track->similarity;
    if (recording->sample_us > person->sample_us)
        person->sample_us = recording->sample_us;
    return add_span(&person->certain, recording->start_us + track->first_us,
                    recording->start_us + track->last_us + recording->sample_us)
               ? HR_OK
               : no_memory(error);
}

static enum hr_status note_possible(struct making *making, const char *id, const struct hr_track_record *track,
                                    struct hr_error *error)
{
    const struct recording *recording = &making->recordings[making->current];
    struct person *person = find_person(making, id);
    if (person == NULL)
        return HR_OK;
    person->may_be_seen = true;
    return add_span(&person->possible, recording->start_us + track->first_us,
                    recording->start_us + track->last_us + recording->sample_us)
               ? HR_OK
               : no_memory(error);
}

static bool count_unknown(struct unknown_count *count, const struct hr_standing_track *standing)
{
    const struct hr_track_record *track = &standing->record;
    bool unknown = track->student_id == NULL && !standing->is_nobody;
    if (track->person == 0) {
        count->unnamed += unknown && standing->is_corrected;
        return true;
    }
    if (track->person >= count->capacity) {
        size_t capacity = 2 * track->person + 16;
        bool *still = reallocarray(count->still, capacity, sizeof *still);
        if (still == NULL)
            return false;
        memset(still + count->capacity, 0, (capacity - count->capacity) * sizeof *still);
        count->still = still;
        count->capacity = capacity;
    }
    count->most = track->person > count->most ? track->person : count->most;
    count->still[track->person] = count->still[track->person] || unknown;
    return true;
}

/* Those of the recording that has most. */
static void add_unknown(struct making *making, const struct recording *recording)
{
    struct unknown_count *count = &making->unknown;
    size_t small = recording->unknown_people > count->most ? recording->unknown_people - count->most : 0;
    size_t people = count->unnamed + small;
    for (size_t i = 1; i <= count->most; i++)
        people += count->still[i];
    if (people > making->roll->unknown_people)
        making->roll->unknown_people = people;
    free(count->still);
    *count = (struct unknown_count){0};
}

static enum hr_status take_track(void *context, const struct hr_standing_track *standing, struct hr_error *error)
{
    struct making *making = context;
    const struct hr_track_record *track = &standing->record;
    if (!count_unknown(&making->unknown, standing))
        return no_memory(error);
    if (strcmp(track->band, hr_band_name(HR_BAND_CERTAIN)) == 0 && track->student_id != NULL)
        return note_certain(making, standing, error);
    if (strcmp(track->band, hr_band_name(HR_BAND_REVIEW)) != 0)
        return HR_OK;
    enum hr_status status = HR_OK;
    if (track->student_id != NULL)
        status = note_possible(making, track->student_id, track, error);
    for (size_t i = 0; status == HR_OK && i < track->candidate_count; i++)
        status = note_possible(making, track->candidates[i].student_id, track, error);
    return status;
}

/* --- what follows --- */

static enum hr_status give_reason(struct person *person, enum hr_roll_reason reason, struct hr_error *error)
{
    char why[160];
    snprintf(why, sizeof why, "%s%s", hr_roll_reason_text(reason), person->entry.corrected ? corrected_text : "");
    person->entry.reason = reason;
    return copy(&person->entry.why, why) ? HR_OK : no_memory(error);
}

static enum hr_status say(struct person *person, enum hr_presence presence, enum hr_roll_reason reason,
                          struct hr_error *error)
{
    person->entry.seen = person->entry.presence = presence;
    return give_reason(person, reason, error);
}

static enum hr_status judge_seen(const struct making *making, struct person *person, struct hr_error *error)
{
    const struct hr_roll *roll = making->roll;
    struct hr_roll_entry *entry = &person->entry;
    const struct spans *seen = &person->certain;
    entry->arrived_us = seen->items[0].start_us;
    entry->left_us = seen->items[seen->count - 1].end_us - person->sample_us;
    entry->seen_us = covered_us(seen, INT64_MIN, INT64_MAX);
    if (!person->is_member)
        return say(person, HR_PRESENCE_NOT_ENROLLED, HR_ROLL_REASON_NOT_IN_CLASS, error);
    /* Of what was not filmed nothing follows. */
    bool late = entry->arrived_us > roll->start_us + roll->late_min * MINUTE_US &&
                covered_us(&making->filmed, roll->start_us, entry->arrived_us) > person->sample_us;
    bool early = entry->left_us + person->sample_us < roll->end_us - roll->early_min * MINUTE_US &&
                 covered_us(&making->filmed, entry->left_us + person->sample_us, roll->end_us) > GAP_US;
    if (late && covered_us(&person->possible, roll->start_us, entry->arrived_us) > 0)
        return say(person, HR_PRESENCE_REVIEW, HR_ROLL_REASON_MAYBE_BEFORE, error);
    if (early && covered_us(&person->possible, entry->left_us + person->sample_us, roll->end_us) > 0)
        return say(person, HR_PRESENCE_REVIEW, HR_ROLL_REASON_MAYBE_AFTER, error);
    bool begin_filmed = covered_us(&making->filmed, roll->start_us, roll->start_us + GAP_US) > 0;
    enum hr_roll_reason reason = late && early   ? HR_ROLL_REASON_LATE_AND_EARLY
                                 : late          ? HR_ROLL_REASON_LATE
                                 : early         ? HR_ROLL_REASON_EARLY
                                 : !begin_filmed ? HR_ROLL_REASON_SEEN_BEGIN_NOT_FILMED
                                                 : HR_ROLL_REASON_SEEN;
    entry->corrected = person->is_corrected;
    return say(person, late ? HR_PRESENCE_LATE : early ? HR_PRESENCE_LEFT_EARLY : HR_PRESENCE_PRESENT, reason, error);
}

static enum hr_status judge(const struct making *making, struct person *person, struct hr_error *error)
{
    if (person->certain.count > 0)
        return judge_seen(making, person, error);
    if (person->entry.refuses)
        return say(person, HR_PRESENCE_UNMARKED, HR_ROLL_REASON_REFUSES, error);
    if (person->faces == 0)
        return say(person, HR_PRESENCE_UNMARKED, HR_ROLL_REASON_NO_FACE, error);
    if (person->may_be_seen)
        return say(person, HR_PRESENCE_REVIEW, HR_ROLL_REASON_MAYBE, error);
    if (making->roll->recording_count == 0)
        return say(person, HR_PRESENCE_NOT_FILMED, HR_ROLL_REASON_NO_RECORDING, error);
    if (making->unfilmed_us >= GAP_US)
        return say(person, HR_PRESENCE_NOT_FILMED, HR_ROLL_REASON_NOT_ALL_FILMED, error);
    return say(person, HR_PRESENCE_ABSENT, HR_ROLL_REASON_NOT_SEEN, error);
}

static enum hr_status find_gaps(struct making *making, struct hr_error *error)
{
    struct hr_roll *roll = making->roll;
    int64_t at_us = roll->start_us;
    roll->gaps = calloc(making->filmed.count + 1, sizeof *roll->gaps);
    if (roll->gaps == NULL)
        return no_memory(error);
    for (size_t i = 0; i <= making->filmed.count; i++) {
        bool last = i == making->filmed.count;
        int64_t next_us = last ? roll->end_us : making->filmed.items[i].start_us;
        if (next_us > roll->end_us)
            next_us = roll->end_us;
        making->unfilmed_us += next_us > at_us ? next_us - at_us : 0;
        if (next_us - at_us >= GAP_TOLD_US)
            roll->gaps[roll->gap_count++] = (struct hr_roll_gap){at_us, next_us};
        if (!last && making->filmed.items[i].end_us > at_us)
            at_us = making->filmed.items[i].end_us;
    }
    return HR_OK;
}

static enum hr_status take_mark(void *context, const struct hr_mark_record *mark, struct hr_error *error)
{
    struct making *making = context;
    struct person *person = find_person(making, mark->student_id);
    if (person == NULL) /* has left the class since */
        return HR_OK;
    enum hr_presence presence = presence_of(mark->status);
    if (presence == HR_PRESENCE_COUNT)
        return hr_error_set(error, HR_ERR_DATABASE, "a mark of '%s': no status of this program's", mark->status);
    person->entry.presence = presence;
    person->entry.by_hand = true;
    return copy(&person->entry.note, mark->note) ? HR_OK : no_memory(error);
}

static int by_name(const void *a, const void *b)
{
    const struct hr_roll_entry *left = &((const struct person *)a)->entry, *right = &((const struct person *)b)->entry;
    int order = strcmp(left->name, right->name);
    return order != 0 ? order : strcmp(left->student_id, right->student_id);
}

static enum hr_status give_entries(struct making *making, struct hr_error *error)
{
    struct hr_roll *roll = making->roll;
    if (making->count > 0)
        qsort(making->people, making->count, sizeof *making->people, by_name);
    roll->entries = calloc(making->count + 1, sizeof *roll->entries);
    if (roll->entries == NULL)
        return no_memory(error);
    for (size_t i = 0; i < making->count; i++) {
        roll->entries[roll->count++] = making->people[i].entry;
        making->people[i].entry = (struct hr_roll_entry){0};
    }
    return HR_OK;
}

static void clear_entry(struct hr_roll_entry *entry)
{
    free(entry->student_id);
    free(entry->name);
    free(entry->why);
    free(entry->note);
}

static void clear_making(struct making *making)
{
    for (size_t i = 0; i < making->count; i++) {
        clear_entry(&making->people[i].entry);
        free(making->people[i].certain.items);
        free(making->people[i].possible.items);
    }
    free(making->people);
    free(making->filmed.items);
    free(making->recordings);
}

static enum hr_status make_anew(struct making *making, struct hr_error *error)
{
    struct hr_roll *roll = making->roll;
    struct hr_database *database = making->database;
    struct hr_standing *standing = NULL;
    enum hr_status status = hr_standing_load(&standing, database, roll->class_id, error);
    if (status == HR_OK)
        status = hr_database_each_member(database, roll->class_id, roll->day, take_member, making, error);
    if (status == HR_OK)
        status = hr_database_each_recording(database, roll->lesson, take_recording, making, error);
    for (; status == HR_OK && making->current < roll->recording_count; making->current++) {
        status = hr_standing_each_track(standing, database, making->recordings[making->current].observation, take_track,
                                        making, error);
        add_unknown(making, &making->recordings[making->current]);
    }
    hr_standing_free(standing);
    join_spans(&making->filmed);
    if (status == HR_OK)
        status = find_gaps(making, error);
    for (size_t i = 0; status == HR_OK && i < making->count; i++) {
        join_spans(&making->people[i].certain);
        join_spans(&making->people[i].possible);
        status = judge(making, &making->people[i], error);
    }
    if (status == HR_OK)
        status = hr_database_each_mark(database, roll->lesson, take_mark, making, error);
    return status;
}

/* --- a finished one --- */

static enum hr_status take_final(void *context, const struct hr_final_record *row, struct hr_error *error)
{
    struct making *making = context;
    struct person *person = add_person(making, row->student_id, row->name);
    if (person == NULL || !copy(row->by_hand ? &person->entry.note : &person->entry.why, row->why))
        return no_memory(error);
    person->entry.presence = person->entry.seen = presence_of(row->status);
    person->entry.by_hand = row->by_hand;
    if (!row->by_hand)
        person->entry.reason = hr_roll_reason_of_text(row->why, &person->entry.corrected);
    person->entry.arrived_us = row->arrived_us;
    person->entry.left_us = row->left_us;
    person->entry.seen_us = row->seen_us;
    person->entry.sightings = row->sightings;
    person->entry.similarity = row->similarity;
    return person->entry.presence < HR_PRESENCE_COUNT
               ? HR_OK
               : hr_error_set(error, HR_ERR_DATABASE, "a roll with '%s': no status of this program's", row->status);
}

/* Whether anything is left that shows him: it may have been deleted since. */
struct look {
    const char *student_id;
    bool found;
};

static void look_at(struct look *look, const char *student_id)
{
    look->found = look->found || (student_id != NULL && strcmp(student_id, look->student_id) == 0);
}

static enum hr_status mark_shown(void *context, const struct hr_standing_track *standing, struct hr_error *error)
{
    struct making *making = context;
    (void)error;
    for (size_t i = 0; i < making->count; i++) {
        struct look look = {making->people[i].entry.student_id, making->people[i].is_shown};
        look_at(&look, standing->record.student_id);
        for (size_t k = 0; k < standing->record.candidate_count; k++)
            look_at(&look, standing->record.candidates[k].student_id);
        making->people[i].is_shown = look.found;
    }
    return HR_OK;
}

static enum hr_status find_shown(struct making *making, struct hr_error *error)
{
    struct hr_standing *standing = NULL;
    enum hr_status status = hr_standing_load(&standing, making->database, making->roll->class_id, error);
    for (size_t i = 0; status == HR_OK && i < making->roll->recording_count; i++)
        status = hr_standing_each_track(standing, making->database, making->recordings[i].observation, mark_shown,
                                        making, error);
    hr_standing_free(standing);
    return status;
}

/* "Present" beside nothing that shows it needs a word. */
static enum hr_status tell_deleted(struct making *making, struct person *person, struct hr_error *error)
{
    struct hr_consent_record consent;
    enum hr_status status = hr_database_consent(making->database, person->entry.student_id, &consent, error);
    if (status != HR_OK)
        return status;
    person->entry.refuses = consent.consent == HR_CONSENT_REFUSED;
    if (person->entry.seen_us == 0 || person->is_shown)
        return HR_OK;
    person->entry.corrected = false;
    return give_reason(person, person->entry.refuses ? HR_ROLL_REASON_CONSENT_TAKEN_BACK : HR_ROLL_REASON_DELETED,
                       error);
}

static enum hr_status read_finished(struct making *making, struct hr_error *error)
{
    enum hr_status status =
        hr_database_each_recording(making->database, making->roll->lesson, take_recording, making, error);
    for (size_t i = 0; status == HR_OK && i < making->roll->recording_count; i++)
        add_unknown(making, &making->recordings[i]);
    join_spans(&making->filmed);
    if (status == HR_OK)
        status = find_gaps(making, error);
    if (status == HR_OK)
        status = hr_database_each_final(making->database, making->roll->lesson, take_final, making, error);
    if (status == HR_OK)
        status = find_shown(making, error);
    for (size_t i = 0; status == HR_OK && i < making->count; i++)
        status = tell_deleted(making, &making->people[i], error);
    return status;
}

static enum hr_status take_work(void *context, const struct hr_work_record *record, struct hr_error *error)
{
    struct hr_roll *roll = context;
    struct hr_roll_work *work = hr_array_room(roll->work, roll->work_count, &roll->work_capacity, sizeof *work);
    if (work == NULL)
        return no_memory(error);
    roll->work = work;
    char *video = strdup(record->video);
    if (video == NULL)
        return no_memory(error);
    roll->work[roll->work_count++] = (struct hr_roll_work){video, record->estimated, record->took};
    return HR_OK;
}

enum hr_status hr_roll_make(struct hr_roll *out, struct hr_database *database, int64_t lesson, struct hr_error *error)
{
    struct making making = {.roll = out, .database = database};
    *out = (struct hr_roll){0};
    enum hr_status status = hr_database_lesson(database, lesson, take_lesson, out, error);
    if (status == HR_OK)
        status = hr_database_class(database, out->class_id, take_class, out, error);
    if (status == HR_OK)
        status = out->finished_us != 0 ? read_finished(&making, error) : make_anew(&making, error);
    if (status == HR_OK)
        status = give_entries(&making, error);
    if (status == HR_OK)
        status = hr_database_each_work(database, lesson, take_work, out, error);
    clear_making(&making);
    if (status != HR_OK)
        hr_roll_clear(out);
    return status;
}

void hr_roll_clear(struct hr_roll *roll)
{
    for (size_t i = 0; i < roll->count; i++)
        clear_entry(&roll->entries[i]);
    free(roll->entries);
    for (size_t i = 0; i < roll->work_count; i++)
        free(roll->work[i].video);
    free(roll->work);
    free(roll->gaps);
    free(roll->class_id);
    free(roll->title);
    free(roll->zone);
    free(roll->day);
    *roll = (struct hr_roll){0};
}

enum hr_status hr_roll_finish(const struct hr_roll *roll, struct hr_database *database, struct hr_error *error)
{
    struct hr_final_record *rows = calloc(roll->count + 1, sizeof *rows);
    if (rows == NULL)
        return no_memory(error);
    for (size_t i = 0; i < roll->count; i++) {
        const struct hr_roll_entry *entry = &roll->entries[i];
        rows[i] = (struct hr_final_record){.student_id = entry->student_id,
                                           .status = names[entry->presence],
                                           .why = entry->by_hand ? entry->note : entry->why,
                                           .by_hand = entry->by_hand,
                                           .arrived_us = entry->arrived_us,
                                           .left_us = entry->left_us,
                                           .seen_us = entry->seen_us,
                                           .sightings = entry->sightings,
                                           .similarity = entry->similarity};
    }
    enum hr_status status = hr_database_finish_lesson(database, roll->lesson, rows, roll->count, error);
    free(rows);
    return status;
}
