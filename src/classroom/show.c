#include "classroom/show.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/base64.h"
#include "base/plural.h"
#include "classroom/standing.h"
#include "classroom/unknown.h"
#include "homeroom.h"
#include "records/views.h"
#include "report/markup.h"

static const char style[] =
    "body{font:14px/1.4 sans-serif;margin:2em auto;max-width:70em;padding:0 1em;color:#222;background:#fff}"
    "h1{font-size:1.5em;margin:0}h2{font-size:1.15em;margin:1.6em 0 .4em}p{margin:.3em 0}"
    "table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.3em .6em;border-bottom:1px solid #ddd;"
    "vertical-align:middle}th{font-size:.85em;color:#555}"
    ".s{white-space:nowrap;font-weight:bold}.present{color:#176b2c}.late,.left_early{color:#8a5a00}.absent{color:#"
    "a31515}"
    ".review,.unmarked,.not_filmed{color:#5a3d99}.excused,.not_enrolled{color:#555}"
    ".n{color:#555;font-size:.9em}img{width:60px;height:75px;object-fit:cover;object-position:left;border-radius:3px}"
    "img{display:block}figure{display:inline-block;margin:0 1em 1em 0;vertical-align:top;min-width:11em}"
    "figure img{width:auto;height:150px;max-width:100%}"
    "figcaption{font-size:.85em}svg{display:block}code{font-size:.95em;background:#f2f2f2;padding:0 .2em}"
    "@media print{body{margin:0;max-width:none;font-size:11px}h2{page-break-after:avoid}"
    "tr,figure{page-break-inside:avoid}}";

enum { BAR_WIDTH = 320, BAR_HEIGHT = 14 };

/* A track of the lesson. Texts are owned. */
struct shown {
    int64_t track, start_us, end_us; /* wall clock */
    char *student_id;                /* NULL: of nobody */
    char *candidates;                /* ids, with commas between them; "" */
    bool certain, review, by_hand;
    double face_px, similarity;
    char *picture; /* in base64; NULL: none */
};

struct page {
    struct hr_database *database;
    const struct hr_show_options *options;
    struct hr_roll roll;
    struct hr_standing *standing;
    struct hr_unknown_people unknown;
    struct shown *items; /* owned; in the order of the recordings */
    size_t count, capacity;
    size_t first;               /* of the recording in hand */
    struct hr_roll_gap *filmed; /* owned: when each recording ran */
    size_t filmed_count, filmed_capacity;
    int64_t recording_us, sample_us; /* of the recording in hand: when it began, the time between two looks */
    struct hr_buffer *out;
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for a page");
}

/* --- gathering --- */

static char *join_candidates(const struct hr_track_record *record)
{
    struct hr_buffer text;
    hr_buffer_init(&text, 4096);
    for (size_t i = 0; i < record->candidate_count; i++)
        hr_buffer_append_format(&text, "%s%s", i > 0 ? ", " : "", record->candidates[i].student_id);
    char *copy = text.failed ? NULL : strdup(hr_buffer_text(&text));
    hr_buffer_clear(&text);
    return copy;
}

static enum hr_status take_track(void *context, const struct hr_standing_track *track, struct hr_error *error)
{
    struct page *page = context;
    const struct hr_track_record *record = &track->record;
    struct shown *items = hr_array_room(page->items, page->count, &page->capacity, sizeof *items);
    if (items == NULL)
        return no_memory(error);
    page->items = items;
    struct shown *item = &page->items[page->count++];
    *item = (struct shown){.track = record->key,
                           .start_us = page->recording_us + record->first_us,
                           .end_us = page->recording_us + record->last_us + page->sample_us,
                           .certain = strcmp(record->band, hr_band_name(HR_BAND_CERTAIN)) == 0,
                           .review = strcmp(record->band, hr_band_name(HR_BAND_REVIEW)) == 0,
                           .by_hand = track->by_hand,
                           .face_px = record->face_px,
                           .similarity = record->similarity};
    item->candidates = join_candidates(record);
    if (record->student_id != NULL)
        item->student_id = strdup(record->student_id);
    bool good = item->candidates != NULL && (record->student_id == NULL || item->student_id != NULL);
    return good ? HR_OK : no_memory(error);
}

static enum hr_status take_view(void *context, const struct hr_view_record *view, const char *models,
                                struct hr_error *error)
{
    struct page *page = context;
    (void)models;
    for (size_t i = page->first; i < page->count && view->picture.size > 0; i++) {
        if (page->items[i].track != view->track)
            continue;
        struct hr_buffer text;
        hr_buffer_init(&text, (size_t)1 << 20);
        hr_base64_append(&text, view->picture);
        page->items[i].picture = text.failed ? NULL : strdup(hr_buffer_text(&text));
        hr_buffer_clear(&text);
        return page->items[i].picture != NULL ? HR_OK : no_memory(error);
    }
    return HR_OK;
}

static enum hr_status take_recording(void *context, const struct hr_recording_record *recording, struct hr_error *error)
{
    struct page *page = context;
    page->first = page->count;
    page->recording_us = recording->start_us;
    page->sample_us = recording->samples_per_s > 0 ? llround(1e6 / recording->samples_per_s) : 1000000;
    struct hr_roll_gap *filmed =
        hr_array_room(page->filmed, page->filmed_count, &page->filmed_capacity, sizeof *filmed);
    if (filmed == NULL)
        return no_memory(error);
    page->filmed = filmed;
    page->filmed[page->filmed_count++] =
        (struct hr_roll_gap){recording->start_us, recording->start_us + recording->duration_us};
    enum hr_status status =
        hr_standing_each_track(page->standing, page->database, recording->observation, take_track, page, error);
    return status == HR_OK ? hr_database_each_view(page->database, recording->observation, take_view, page, error)
                           : status;
}

static int by_face(const void *a, const void *b)
{
    const struct shown *left = *(struct shown *const *)a, *right = *(struct shown *const *)b;
    return (left->face_px < right->face_px) - (left->face_px > right->face_px);
}

/* The smallest faces go when there are more pictures than the page may have. */
static enum hr_status limit_pictures(struct page *page, struct hr_error *error)
{
    size_t count = 0;
    struct shown **with = malloc((page->count + 1) * sizeof *with);
    if (with == NULL)
        return no_memory(error);
    for (size_t i = 0; i < page->count; i++)
        if (page->items[i].picture != NULL)
            with[count++] = &page->items[i];
    if (count > 0)
        qsort(with, count, sizeof *with, by_face);
    for (size_t i = page->options->pictures_max; i < count; i++) {
        free(with[i]->picture);
        with[i]->picture = NULL;
    }
    free(with);
    return HR_OK;
}

static enum hr_status gather(struct page *page, int64_t lesson, struct hr_error *error)
{
    enum hr_status status = hr_roll_make(&page->roll, page->database, lesson, error);
    if (status == HR_OK)
        status = hr_standing_load(&page->standing, page->database, page->roll.class_id, error);
    if (status == HR_OK)
        status = hr_database_each_recording(page->database, lesson, take_recording, page, error);
    if (status == HR_OK)
        status = hr_unknown_people_find(&page->unknown, page->database, page->roll.class_id, lesson,
                                        page->options->known, error);
    return status == HR_OK ? limit_pictures(page, error) : status;
}

/* --- writing --- */

/* "not filmed", and not as a program has it. */
static void append_presence(struct page *page, enum hr_presence presence)
{
    char text[32];
    snprintf(text, sizeof text, "%s", hr_presence_name(presence));
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '_' ? ' ' : *c;
    hr_buffer_append_text(page->out, text);
}

static void append_clock(struct page *page, int64_t wall_us)
{
    char clock[9] = "";
    if (wall_us != 0)
        page->options->clock(page->roll.zone, wall_us, clock);
    hr_markup_append_text(page->out, clock);
}

static void append_picture(struct page *page, const struct shown *item, const char *alternative)
{
    if (item == NULL || item->picture == NULL)
        return;
    hr_buffer_append_text(page->out, "<img alt=\"");
    hr_markup_append_text(page->out, alternative);
    hr_buffer_append_format(page->out, "\" src=\"data:image/jpeg;base64,%s\">", item->picture);
}

/* Where a moment of the lesson lies on its bar, 0 to BAR_WIDTH. */
static double place_of(const struct page *page, int64_t wall_us)
{
    double share = (double)(wall_us - page->roll.start_us) / (double)(page->roll.end_us - page->roll.start_us);
    return BAR_WIDTH * fmin(1, fmax(0, share));
}

static void append_span(struct page *page, int64_t from_us, int64_t to_us, const char *colour, const char *what)
{
    double from = place_of(page, from_us), to = place_of(page, to_us);
    char first[9] = "", last[9] = "";
    page->options->clock(page->roll.zone, from_us, first);
    page->options->clock(page->roll.zone, to_us, last);
    hr_buffer_append_text(page->out, "<rect y=\"0\" x=\"");
    hr_markup_append_number(page->out, from);
    hr_buffer_append_text(page->out, "\" width=\"");
    hr_markup_append_number(page->out, fmax(1, to - from));
    hr_buffer_append_format(page->out, "\" height=\"%d\" fill=\"%s\"><title>%s %s-%s</title></rect>", BAR_HEIGHT,
                            colour, what, first, last);
}

/* White is what was not filmed, grey what was; the dark is him, the pale perhaps him. */
static void append_bar(struct page *page, const char *student_id, const struct hr_unknown_person *person)
{
    hr_buffer_append_format(page->out,
                            "<svg width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\" role=\"img\" "
                            "aria-label=\"when in sight\"><rect width=\"%d\" height=\"%d\" fill=\"#fff\" "
                            "stroke=\"#bbb\"/>",
                            BAR_WIDTH, BAR_HEIGHT, BAR_WIDTH, BAR_HEIGHT, BAR_WIDTH, BAR_HEIGHT);
    for (size_t i = 0; i < page->filmed_count; i++)
        append_span(page, page->filmed[i].start_us, page->filmed[i].end_us, "#e4e4e4", "filmed");
    for (size_t i = 0; i < page->count; i++) {
        const struct shown *item = &page->items[i];
        bool his = student_id != NULL && item->student_id != NULL && strcmp(item->student_id, student_id) == 0;
        for (size_t k = 0; person != NULL && k < person->track_count && !his; k++)
            his = person->tracks[k] == item->track;
        if (his)
            append_span(page, item->start_us, item->end_us, item->review ? "#b9a6dd" : "#2b6cb0",
                        item->review ? "perhaps" : "seen");
    }
    hr_buffer_append_text(page->out, "</svg>");
}

static const struct shown *best_of(const struct page *page, const char *student_id)
{
    const struct shown *best = NULL;
    for (size_t i = 0; i < page->count; i++) {
        const struct shown *item = &page->items[i];
        if (item->picture == NULL || !item->certain || item->student_id == NULL ||
            strcmp(item->student_id, student_id) != 0)
            continue;
        if (best == NULL || item->face_px > best->face_px)
            best = item;
    }
    return best;
}

static const struct shown *item_of(const struct page *page, int64_t track)
{
    for (size_t i = 0; i < page->count; i++)
        if (page->items[i].track == track)
            return &page->items[i];
    return NULL;
}

static void append_head(struct page *page)
{
    const struct hr_roll *roll = &page->roll;
    hr_buffer_append_text(page->out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                                     "img-src data:; style-src 'unsafe-inline'\">"
                                     "<meta name=\"viewport\" content=\"width=device-width\"><meta name=\"referrer\" "
                                     "content=\"no-referrer\"><title>");
    hr_markup_append_text(page->out, roll->class_id);
    hr_buffer_append_format(page->out, " %s</title><style>%s</style></head>\n<body>\n<h1>", roll->day, style);
    hr_markup_append_text(page->out, roll->class_id);
    hr_buffer_append_format(page->out, ", %s, ", roll->day);
    append_clock(page, roll->start_us);
    hr_buffer_append_text(page->out, " to ");
    append_clock(page, roll->end_us);
    hr_buffer_append_text(page->out, "</h1>\n<p>");
    hr_markup_append_text(page->out, roll->title);
    hr_buffer_append_format(page->out, "%s%zu recording%s, %s</p>\n", roll->title[0] != '\0' ? ". " : "",
                            roll->recording_count, hr_plural(roll->recording_count),
                            roll->finished_us != 0 ? "finished" : "not finished yet");
}

static void append_summary(struct page *page)
{
    const struct hr_roll *roll = &page->roll;
    size_t counts[HR_PRESENCE_COUNT] = {0};
    const char *before = "<p>";
    for (size_t i = 0; i < roll->count; i++)
        counts[roll->entries[i].presence]++;
    for (int i = 0; i < HR_PRESENCE_COUNT; i++) {
        if (counts[i] == 0)
            continue;
        hr_buffer_append_format(page->out, "%s<span class=\"s %s\">%zu ", before, hr_presence_name((enum hr_presence)i),
                                counts[i]);
        append_presence(page, (enum hr_presence)i);
        hr_buffer_append_text(page->out, "</span>");
        before = ", ";
    }
    hr_buffer_append_text(page->out, before[0] == ',' ? "</p>\n" : "<p>Nobody is in the class on that day.</p>\n");
    for (size_t i = 0; i < roll->gap_count; i++) {
        hr_buffer_append_text(page->out, i == 0 ? "<p>Not filmed: " : ", ");
        append_clock(page, roll->gaps[i].start_us);
        hr_buffer_append_text(page->out, " to ");
        append_clock(page, roll->gaps[i].end_us);
    }
    hr_buffer_append_text(page->out, roll->gap_count > 0 ? "</p>\n" : "");
}

static void append_entry(struct page *page, const struct hr_roll_entry *entry)
{
    hr_buffer_append_text(page->out, "<tr><td>");
    append_picture(page, best_of(page, entry->student_id), entry->name);
    hr_buffer_append_text(page->out, "</td><td>");
    hr_markup_append_text(page->out, entry->name);
    hr_buffer_append_text(page->out, " <span class=\"n\">");
    hr_markup_append_text(page->out, entry->student_id);
    hr_buffer_append_format(page->out, "</span></td><td class=\"s %s\">", hr_presence_name(entry->presence));
    append_presence(page, entry->presence);
    hr_buffer_append_text(page->out, entry->by_hand ? " (by hand)</td><td>" : "</td><td>");
    append_clock(page, entry->arrived_us);
    hr_buffer_append_text(page->out, "</td><td>");
    append_clock(page, entry->left_us);
    hr_buffer_append_text(page->out, "</td><td>");
    append_bar(page, entry->student_id, NULL);
    hr_buffer_append_text(page->out, "</td><td class=\"n\">");
    hr_markup_append_text(page->out, entry->by_hand && entry->note[0] != '\0' ? entry->note : entry->why);
    hr_buffer_append_text(page->out, "</td></tr>\n");
}

static void append_roll(struct page *page)
{
    hr_buffer_append_text(page->out, "<h2>The roll</h2>\n<table><thead><tr><th></th><th>student</th><th>status</th>"
                                     "<th>first seen</th><th>last seen</th><th>in sight</th><th>why</th></tr></thead>"
                                     "<tbody>\n");
    for (size_t i = 0; i < page->roll.count; i++)
        append_entry(page, &page->roll.entries[i]);
    hr_buffer_append_text(page->out, "</tbody></table>\n");
}

static void append_caption(struct page *page, const struct shown *item)
{
    hr_buffer_append_text(page->out, "<br>");
    append_clock(page, item->start_us);
    hr_buffer_append_text(page->out, " to ");
    append_clock(page, item->end_us);
}

/* What a teacher looks at: who may be somebody. */
static void append_review(struct page *page)
{
    bool any = false;
    for (size_t i = 0; i < page->count; i++) {
        const struct shown *item = &page->items[i];
        if (!item->review || item->student_id == NULL)
            continue;
        hr_buffer_append_text(page->out, any ? "" : "<h2>To be looked at</h2>\n");
        any = true;
        hr_buffer_append_text(page->out, "<figure>");
        append_picture(page, item, item->student_id);
        hr_buffer_append_format(page->out, "<figcaption>track %lld: perhaps <b>", (long long)item->track);
        hr_markup_append_text(page->out, item->student_id);
        hr_buffer_append_text(page->out, "</b>");
        append_caption(page, item);
        hr_buffer_append_text(page->out, item->candidates[0] != '\0' ? "<br>most alike: " : "");
        hr_markup_append_text(page->out, item->candidates);
        hr_buffer_append_format(page->out, "<br><code>homeroom correct %lld is ", (long long)item->track);
        hr_markup_append_text(page->out, item->student_id);
        hr_buffer_append_text(page->out, "</code></figcaption></figure>\n");
    }
}

static void append_unknown(struct page *page)
{
    for (size_t i = 0; i < page->unknown.count; i++) {
        const struct hr_unknown_person *person = &page->unknown.items[i];
        const struct shown *best = item_of(page, person->best);
        hr_buffer_append_text(page->out, i == 0 ? "<h2>Unknown people</h2>\n" : "");
        hr_buffer_append_text(page->out, "<figure>");
        append_picture(page, best, "unknown");
        hr_buffer_append_format(page->out, "<figcaption><b>u%lld</b>, seen in %zu look%s", (long long)person->key,
                                person->sightings, hr_plural(person->sightings));
        hr_buffer_append_text(page->out, "<br>");
        append_clock(page, person->first_us);
        hr_buffer_append_text(page->out, " to ");
        append_clock(page, person->last_us);
        hr_buffer_append_text(page->out, "</figcaption></figure>\n");
    }
}

static void append_foot(struct page *page)
{
    hr_buffer_append_text(page->out,
                          "<p class=\"n\">Bars: white was not filmed, grey was filmed, dark is when somebody was seen, "
                          "pale when perhaps. This page holds personal data of everybody in it: keep it where the roll "
                          "is kept, and delete it with it.</p>\n</body></html>\n");
}

static void clear_page(struct page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        free(page->items[i].student_id);
        free(page->items[i].candidates);
        free(page->items[i].picture);
    }
    free(page->items);
    free(page->filmed);
    hr_unknown_people_clear(&page->unknown);
    hr_standing_free(page->standing);
    hr_roll_clear(&page->roll);
}

enum hr_status hr_lesson_show(struct hr_database *database, int64_t lesson, const struct hr_show_options *options,
                              struct hr_buffer *out, struct hr_error *error)
{
    struct page page = {.database = database, .options = options, .out = out};
    enum hr_status status = gather(&page, lesson, error);
    if (status == HR_OK) {
        append_head(&page);
        append_summary(&page);
        append_roll(&page);
        append_review(&page);
        append_unknown(&page);
        append_foot(&page);
        status = hr_buffer_check(out, error);
    }
    clear_page(&page);
    return status;
}
