#include "workload/clips.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "workload/plan.h"

enum hr_status hr_workload_read(const struct hr_store *store, const char *name, struct hr_buffer *out,
                                struct hr_error *error)
{
    enum { PIECE_BYTES = 65536 };
    uint8_t *piece = malloc(PIECE_BYTES);
    struct hr_stream stream = {0};
    enum hr_status status = piece != NULL ? store->open(store->context, name, &stream, NULL, error)
                                          : hr_error_set(error, HR_ERR_MEMORY, "no memory to read '%s'", name);
    while (status == HR_OK) {
        size_t got = 0;
        status = stream.read(stream.context, piece, PIECE_BYTES, &got, error);
        if (status == HR_OK) {
            hr_buffer_append(out, hr_view_of(piece, got));
            status = hr_buffer_check(out, error);
        }
    }
    hr_stream_close(&stream);
    free(piece);
    return status == HR_END ? HR_OK : status;
}

static bool is_clip(const char *name)
{
    size_t length = strlen(name);
    return length > 4 && strcasecmp(name + length - 4, ".mp4") == 0;
}

static int by_name(const void *a, const void *b)
{
    return hr_workload_name_order(*(char *const *)a, *(char *const *)b);
}

/* Takes the names of clips out of the items. */
static enum hr_status take_names(struct hr_clips *clips, struct hr_store_item *items, size_t count,
                                 struct hr_error *error)
{
    clips->names = calloc(count + 1, sizeof *clips->names);
    clips->bytes = calloc(count + 1, sizeof *clips->bytes);
    if (clips->names == NULL || clips->bytes == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu clips", count);
    for (size_t i = 0; i < count; i++)
        if (is_clip(items[i].name)) {
            clips->names[clips->count++] = items[i].name;
            items[i].name = NULL; /* now the clip's */
        }
    if (clips->count == 0)
        return hr_error_set(error, HR_ERR_NOT_FOUND, "there is no clip (*.mp4) in the folder");
    qsort(clips->names, clips->count, sizeof *clips->names, by_name);
    return HR_OK;
}

enum hr_status hr_clips_read(struct hr_clips *out, const struct hr_store *folder, struct hr_error *error)
{
    *out = (struct hr_clips){0};
    struct hr_store_item *items = NULL;
    size_t count = 0, left = HR_CLIPS_BYTES_MAX;
    enum hr_status status = folder->list(folder->context, &items, &count, error);
    if (status == HR_OK)
        status = take_names(out, items, count, error);
    for (size_t i = 0; status == HR_OK && i < out->count; i++) {
        hr_buffer_init(&out->bytes[i], left);
        status = hr_workload_read(folder, out->names[i], &out->bytes[i], error);
        if (status != HR_OK)
            status = hr_error_prefix(error, "reading the clip '%s'", out->names[i]);
        left -= out->bytes[i].size;
    }
    hr_store_items_free(items, count);
    if (status != HR_OK)
        hr_clips_clear(out);
    return status;
}

void hr_clips_clear(struct hr_clips *clips)
{
    for (size_t i = 0; clips->names != NULL && i < clips->count; i++) {
        free(clips->names[i]);
        if (clips->bytes != NULL)
            hr_buffer_clear(&clips->bytes[i]);
    }
    free(clips->names);
    free(clips->bytes);
    *clips = (struct hr_clips){0};
}
