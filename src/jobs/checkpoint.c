#include "jobs/checkpoint.h"

#include <stdio.h>

static enum hr_status read_all(const struct hr_store *store, const char *name, struct hr_buffer *out,
                               struct hr_error *error)
{
    struct hr_stream stream = {0};
    uint8_t bytes[65536];
    enum hr_status status = store->open(store->context, name, &stream, NULL, error);
    while (status == HR_OK) {
        size_t got = 0;
        status = stream.read(stream.context, bytes, sizeof bytes, &got, error);
        if (status == HR_OK)
            hr_buffer_append(out, hr_view_of(bytes, got));
    }
    hr_stream_close(&stream);
    return status == HR_END ? hr_buffer_check(out, error) : status;
}

enum hr_status hr_checkpoint_open(struct hr_checkpoint *checkpoint, const struct hr_store *store, const char *source,
                                  bool look, struct hr_error *error)
{
    *checkpoint = (struct hr_checkpoint){.store = store};
    hr_buffer_init(&checkpoint->state, HR_PART_STATE_BYTES_MAX);
    hr_buffer_init(&checkpoint->part.checkpoint, HR_PART_STATE_BYTES_MAX);
    snprintf(checkpoint->name, sizeof checkpoint->name, "%s.part", source);
    if (store == NULL || !look)
        return HR_OK;
    enum hr_status status = read_all(store, checkpoint->name, &checkpoint->state, error);
    checkpoint->part.state = hr_buffer_view(&checkpoint->state);
    return status == HR_ERR_NOT_FOUND ? HR_OK : status;
}

void hr_checkpoint_close(struct hr_checkpoint *checkpoint)
{
    hr_buffer_clear(&checkpoint->state);
    hr_buffer_clear(&checkpoint->part.checkpoint);
}

bool hr_checkpoint_is_unusable(const struct hr_checkpoint *checkpoint, enum hr_status status)
{
    return checkpoint->part.state.size > 0 && checkpoint->part.position_us == 0 &&
           (status == HR_ERR_FORMAT || status == HR_ERR_CONFLICT);
}

void hr_checkpoint_forget(struct hr_checkpoint *checkpoint)
{
    checkpoint->part.state = hr_view_of(NULL, 0);
    hr_buffer_clear(&checkpoint->part.checkpoint);
}

enum hr_status hr_checkpoint_save(struct hr_checkpoint *checkpoint, struct hr_error *error)
{
    const struct hr_store *store = checkpoint->store;
    enum hr_status status =
        store->put(store->context, checkpoint->name, hr_buffer_view(&checkpoint->part.checkpoint), error);
    return status == HR_OK ? HR_OK : hr_error_prefix(error, "keeping what was seen so far");
}

void hr_checkpoint_remove(struct hr_checkpoint *checkpoint)
{
    struct hr_error ignored; /* it expires by itself */
    if (checkpoint->store != NULL && checkpoint->state.size > 0)
        (void)!checkpoint->store->remove(checkpoint->store->context, checkpoint->name, &ignored);
}
