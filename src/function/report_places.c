#include "function/report_places.h"

#include <stdio.h>
#include <string.h>

#include "store/s3.h"

/* The metadata that says from what a report was made: x-amz-meta-homeroom-source. */
#define SOURCE_TAG "homeroom-source"

static struct hr_s3_object object_of(const struct hr_report_places *places, enum hr_once_kind kind)
{
    return (struct hr_s3_object){.bucket = places->bucket, .key = places->keys[kind]};
}

static enum hr_status look(void *context, enum hr_once_kind kind, struct hr_once_seen *out, struct hr_error *error)
{
    const struct hr_report_places *places = context;
    struct hr_s3_object object = object_of(places, kind);
    struct hr_s3_info info = {0};
    *out = (struct hr_once_seen){0};
    enum hr_status status = hr_s3_head_metadata(places->aws, &object, SOURCE_TAG, places->deadline, out->source,
                                                sizeof out->source, &info, error);
    if (status == HR_ERR_NOT_FOUND)
        return HR_OK;
    out->there = status == HR_OK;
    snprintf(out->version, sizeof out->version, "%s", info.etag);
    return status;
}

static enum hr_status put(void *context, enum hr_once_kind kind, struct hr_once_seen *seen, const char *source,
                          struct hr_view bytes, struct hr_error *error)
{
    const struct hr_report_places *places = context;
    const struct hr_pair metadata[] = {{SOURCE_TAG, source}};
    struct hr_s3_info info = {0};
    struct hr_s3_put put = {.object = object_of(places, kind),
                            .content_type = hr_store_content_type(places->keys[kind]),
                            .metadata = metadata,
                            .metadata_count = 1,
                            .if_absent = !seen->there,
                            .if_match = seen->there ? seen->version : NULL,
                            .deadline = places->deadline};
    enum hr_status status = hr_s3_put(places->aws, &put, bytes, &info, error);
    if (status == HR_ERR_NOT_FOUND && seen->there) /* what was to be written over is gone */
        status = hr_error_set(error, HR_ERR_CONFLICT, "the report was removed meanwhile");
    if (status != HR_OK)
        return status;
    seen->there = true;
    snprintf(seen->version, sizeof seen->version, "%s", info.etag);
    snprintf(seen->source, sizeof seen->source, "%s", source);
    return HR_OK;
}

/* The source is compared, too: two versions of a video may have the same report, and then the same ETag. */
static enum hr_status remove_seen(void *context, enum hr_once_kind kind, const struct hr_once_seen *seen,
                                  struct hr_error *error)
{
    const struct hr_report_places *places = context;
    struct hr_s3_object object = object_of(places, kind);
    struct hr_once_seen now;
    enum hr_status status = look(context, kind, &now, error);
    if (status != HR_OK || !now.there)
        return status;
    if (strcmp(now.version, seen->version) != 0 || strcmp(now.source, seen->source) != 0)
        return hr_error_set(error, HR_ERR_CONFLICT, "somebody else wrote it");
    return hr_s3_delete(places->aws, &object, places->deadline, error);
}

static enum hr_status is_current(void *context, bool *current, struct hr_error *error)
{
    const struct hr_report_places *places = context;
    struct hr_s3_info info;
    enum hr_status status = hr_s3_head(places->aws, &places->video, places->deadline, &info, error);
    *current = status == HR_OK && strcmp(info.etag, places->etag) == 0;
    return status == HR_ERR_NOT_FOUND ? HR_OK : status;
}

struct hr_once_places hr_report_places_once(struct hr_report_places *places)
{
    return (struct hr_once_places){
        .look = look, .put = put, .remove = remove_seen, .is_current = is_current, .context = places};
}
