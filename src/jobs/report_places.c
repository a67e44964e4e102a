#include "jobs/report_places.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "report/report.h"

enum hr_status hr_report_name(char *out, size_t size, const char *video, bool keep_suffix, const char *suffix,
                              struct hr_error *error)
{
    const char *slash = strrchr(video, '/');
    const char *name = slash != NULL ? slash + 1 : video;
    const char *dot = keep_suffix ? NULL : strrchr(name, '.');
    size_t length = dot != NULL && dot != name ? (size_t)(dot - name) : strlen(name);
    if (length == 0 || snprintf(out, size, "%.*s%s", (int)length, name, suffix) >= (int)size)
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' gives no usable report name", video);
    return HR_OK;
}

/* --- what is in the way --- */

static enum hr_status read_head(const struct hr_store *store, const char *name, uint8_t head[HR_REPORT_HEAD_BYTES],
                                size_t *size, struct hr_error *error)
{
    struct hr_stream stream = {0};
    *size = 0;
    enum hr_status status = store->open(store->context, name, &stream, NULL, error);
    while (status == HR_OK && *size < HR_REPORT_HEAD_BYTES) {
        size_t got = 0;
        status = stream.read(stream.context, head + *size, HR_REPORT_HEAD_BYTES - *size, &got, error);
        *size += got;
    }
    hr_stream_close(&stream);
    return status == HR_END ? HR_OK : status;
}

/* A table of students and a report can look alike: then only the tag tells. */
enum hr_status hr_report_target_check(const struct hr_store *store, const char *name, struct hr_error *error)
{
    uint8_t head[HR_REPORT_HEAD_BYTES];
    char tag[HR_STORE_TAG_BYTES + 1];
    size_t size = 0;
    enum hr_status status = read_head(store, name, head, &size, error);
    if (status == HR_OK && !hr_report_is_one(hr_view_of(head, size))) {
        status = store->get_tag(store->context, name, HR_REPORT_SOURCE_TAG, tag, NULL, error);
        if (status == HR_OK && tag[0] == '\0')
            status = hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is there, and is not a report", name);
    }
    return status == HR_ERR_NOT_FOUND ? HR_OK : status;
}

/* --- the places --- */

static bool is_newer(const struct hr_store_item *report, const struct hr_store_item *video)
{
    return report->modified_us >= video->modified_us || video->modified_us > hr_clock_wall_now_us();
}

/* Of a report without a tag. */
static bool is_of_this_video(const struct hr_report_places *places, const char *name)
{
    struct hr_store_item report = {0}, video = {0};
    struct hr_error ignored;
    bool newer = places->out->stat(places->out->context, name, &report, &ignored) == HR_OK &&
                 places->in->stat(places->in->context, places->video, &video, &ignored) == HR_OK &&
                 is_newer(&report, &video) && hr_report_target_check(places->out, name, &ignored) == HR_OK;
    hr_store_item_clear(&report);
    hr_store_item_clear(&video);
    return newer;
}

static enum hr_status look(void *context, enum hr_once_kind kind, struct hr_once_seen *out, struct hr_error *error)
{
    const struct hr_report_places *places = context;
    char tag[HR_STORE_TAG_BYTES + 1];
    *out = (struct hr_once_seen){0};
    enum hr_status status =
        places->out->get_tag(places->out->context, places->names[kind], HR_REPORT_SOURCE_TAG, tag, out->version, error);
    if (status == HR_ERR_NOT_FOUND)
        return HR_OK;
    if (status != HR_OK)
        return status;
    out->there = true;
    bool asks_times = tag[0] == '\0' && kind == HR_ONCE_REPORT && places->trusts_times;
    if (asks_times && is_of_this_video(places, places->names[kind]))
        snprintf(out->source, sizeof out->source, "%s", places->source);
    else
        snprintf(out->source, sizeof out->source, "%.*s", (int)sizeof out->source - 1, tag);
    return HR_OK;
}

static enum hr_status put(void *context, enum hr_once_kind kind, struct hr_once_seen *seen, const char *source,
                          struct hr_view bytes, struct hr_error *error)
{
    const struct hr_report_places *places = context;
    const struct hr_store *out = places->out;
    const char *name = places->names[kind];
    const struct hr_store_tag tag = {HR_REPORT_SOURCE_TAG, source};
    enum hr_status status = HR_OK;
    if (seen->there && seen->source[0] == '\0' && kind == HR_ONCE_REPORT) {
        status = hr_report_target_check(out, name, error);
        if (status == HR_ERR_ARGUMENT)
            return hr_error_from(error, HR_ORIGIN_OURS);
    }
    if (!seen->there)
        seen->version[0] = '\0';
    if (status == HR_OK)
        status = out->put_if(out->context, name, bytes, (struct hr_store_tags){&tag, 1}, seen->version, error);
    if (status != HR_OK)
        return status;
    seen->there = true;
    snprintf(seen->source, sizeof seen->source, "%s", source);
    return HR_OK;
}

/* The source is compared, too: in S3 two versions of a video may have the same report, and then the same ETag. */
static enum hr_status remove_seen(void *context, enum hr_once_kind kind, const struct hr_once_seen *seen,
                                  struct hr_error *error)
{
    const struct hr_report_places *places = context;
    struct hr_once_seen now;
    enum hr_status status = look(context, kind, &now, error);
    if (status != HR_OK || !now.there)
        return status;
    if (strcmp(now.version, seen->version) != 0 || strcmp(now.source, seen->source) != 0)
        return hr_error_set(error, HR_ERR_CONFLICT, "somebody else wrote it");
    if (kind == HR_ONCE_REPORT && now.source[0] == '\0')
        status = hr_report_target_check(places->out, places->names[kind], error);
    if (status != HR_OK)
        return status;
    return places->out->remove_if(places->out->context, places->names[kind], seen->version, error);
}

static enum hr_status is_current(void *context, bool *current, struct hr_error *error)
{
    const struct hr_report_places *places = context;
    struct hr_store_item video = {0};
    enum hr_status status = places->in->stat(places->in->context, places->video, &video, error);
    *current = status == HR_OK && strcmp(video.version, places->version) == 0;
    hr_store_item_clear(&video);
    return status == HR_ERR_NOT_FOUND ? HR_OK : status;
}

struct hr_once_places hr_report_places_once(struct hr_report_places *places)
{
    return (struct hr_once_places){
        .look = look, .put = put, .remove = remove_seen, .is_current = is_current, .context = places};
}
