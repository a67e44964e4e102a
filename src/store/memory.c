/* The store that is memory: the folder's twin for tests. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "store/place.h"

struct memory_tag {
    char *name; /* both owned */
    char *value;
};

struct memory_file {
    struct hr_store_item item;
    uint8_t *bytes;          /* owned; NULL when empty */
    struct memory_tag *tags; /* owned */
    size_t tag_count;
};

struct memory_store {
    pthread_mutex_t lock;
    struct memory_file *files; /* in the order in which they were first put */
    size_t count;
    size_t capacity;
    uint64_t puts; /* so far: the versions */
};

static void memory_file_clear(struct memory_file *file)
{
    hr_store_item_clear(&file->item);
    for (size_t i = 0; i < file->tag_count; i++) {
        free(file->tags[i].name);
        free(file->tags[i].value);
    }
    free(file->tags);
    free(file->bytes);
    *file = (struct memory_file){0};
}

/* NULL: not there. */
static struct memory_file *find(const struct memory_store *store, const char *name)
{
    for (size_t i = 0; i < store->count; i++)
        if (strcmp(store->files[i].item.name, name) == 0)
            return &store->files[i];
    return NULL;
}

static enum hr_status not_found(const char *name, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_NOT_FOUND, "'%s' is not in the store", name);
}

static enum hr_status no_memory(const char *name, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory for '%s'", name);
}

static bool copy_bytes(struct hr_view bytes, uint8_t **out)
{
    *out = NULL;
    if (bytes.size == 0)
        return true;
    *out = malloc(bytes.size);
    if (*out != NULL)
        memcpy(*out, bytes.data, bytes.size);
    return *out != NULL;
}

/* A stream over a copy, so that it goes on when the file is put again. */
struct copy_stream {
    struct hr_stream inner;
    uint8_t *bytes; /* owned */
};

static enum hr_status copy_read(void *context, void *into, size_t size, size_t *got, struct hr_error *error)
{
    struct copy_stream *copy = context;
    return copy->inner.read(copy->inner.context, into, size, got, error);
}

static enum hr_status copy_seek(void *context, uint64_t offset_bytes, struct hr_error *error)
{
    struct copy_stream *copy = context;
    return copy->inner.seek(copy->inner.context, offset_bytes, error);
}

static void copy_close(void *context)
{
    struct copy_stream *copy = context;
    hr_stream_close(&copy->inner);
    free(copy->bytes);
    free(copy);
}

static enum hr_status open_copy(const struct memory_file *file, struct hr_stream *out, struct hr_error *error)
{
    struct hr_view bytes = hr_view_of(file->bytes, (size_t)file->item.size_bytes);
    struct copy_stream *copy = calloc(1, sizeof *copy);
    if (copy == NULL)
        return no_memory(file->item.name, error);
    enum hr_status status = copy_bytes(bytes, &copy->bytes) ? HR_OK : no_memory(file->item.name, error);
    if (status == HR_OK)
        status = hr_stream_open_memory(&copy->inner, hr_view_of(copy->bytes, bytes.size), error);
    if (status != HR_OK) {
        copy_close(copy);
        return status;
    }
    *out = (struct hr_stream){copy_read, copy_seek, copy_close, bytes.size, copy};
    return HR_OK;
}

static enum hr_status memory_open(void *context, const char *name, struct hr_stream *out,
                                  char version[HR_STORE_VERSION_SIZE], struct hr_error *error)
{
    struct memory_store *store = context;
    *out = (struct hr_stream){0};
    enum hr_status status = hr_store_name_check(name, error);
    if (status != HR_OK)
        return status;
    pthread_mutex_lock(&store->lock);
    const struct memory_file *file = find(store, name);
    status = file != NULL ? open_copy(file, out, error) : not_found(name, error);
    if (status == HR_OK && version != NULL)
        memcpy(version, file->item.version, sizeof file->item.version);
    pthread_mutex_unlock(&store->lock);
    return status;
}

static bool make_room(struct memory_store *store)
{
    if (store->count < store->capacity)
        return true;
    size_t capacity = store->capacity == 0 ? 8 : store->capacity * 2;
    size_t size_bytes;
    struct memory_file *files = NULL;
    if (hr_size_multiply(capacity, sizeof *files, &size_bytes))
        files = realloc(store->files, size_bytes);
    if (files == NULL)
        return false;
    store->files = files;
    store->capacity = capacity;
    return true;
}

static bool copy_tags(struct hr_store_tags tags, struct memory_file *file)
{
    file->tags = calloc(tags.count + 1, sizeof *file->tags);
    if (file->tags == NULL)
        return false;
    for (size_t i = 0; i < tags.count; i++) {
        struct memory_tag *tag = &file->tags[file->tag_count++];
        tag->name = strdup(tags.items[i].name);
        tag->value = strdup(tags.items[i].value);
        if (tag->name == NULL || tag->value == NULL)
            return false;
    }
    return true;
}

/* Whether what is there is `version`; NULL: whatever it is. */
static enum hr_status check_version(const struct memory_file *there, const char *name, const char *version,
                                    struct hr_error *error)
{
    const char *now = there != NULL ? there->item.version : "";
    if (version == NULL || strcmp(now, version) == 0)
        return HR_OK;
    return version[0] == '\0' ? hr_error_set(error, HR_ERR_CONFLICT, "'%s' is there already", name)
                              : hr_error_set(error, HR_ERR_CONFLICT, "'%s' was changed or removed meanwhile", name);
}

/* Takes over *fresh, which is whole. `version`: see put_if; NULL: whatever is there. */
static enum hr_status add(struct memory_store *store, struct memory_file *fresh, char *version, struct hr_error *error)
{
    const char *name = fresh->item.name;
    pthread_mutex_lock(&store->lock);
    struct memory_file *there = find(store, name);
    enum hr_status status = check_version(there, name, version, error);
    if (status == HR_OK && there == NULL && !make_room(store))
        status = no_memory(name, error);
    if (status == HR_OK) {
        snprintf(fresh->item.version, sizeof fresh->item.version, "%llu", (unsigned long long)++store->puts);
        if (version != NULL)
            memcpy(version, fresh->item.version, sizeof fresh->item.version);
        if (there != NULL)
            memory_file_clear(there);
        else
            there = &store->files[store->count++];
        *there = *fresh;
        *fresh = (struct memory_file){0};
    }
    pthread_mutex_unlock(&store->lock);
    memory_file_clear(fresh);
    return status;
}

static enum hr_status put(struct memory_store *store, const char *name, struct hr_view bytes, struct hr_store_tags tags,
                          char *version, struct hr_error *error)
{
    enum hr_status status = hr_store_tags_check(tags, error);
    if (status == HR_OK)
        status = hr_store_name_check(name, error);
    if (status != HR_OK)
        return status;
    const struct hr_clock *clock = hr_clock_system();
    struct memory_file fresh = {
        .item = {.name = strdup(name), .size_bytes = bytes.size, .modified_us = clock->wall_us(clock->context)}};
    bool copied = copy_bytes(bytes, &fresh.bytes) && copy_tags(tags, &fresh);
    if (fresh.item.name != NULL && copied)
        return add(store, &fresh, version, error);
    memory_file_clear(&fresh);
    return no_memory(name, error);
}

static enum hr_status memory_put(void *context, const char *name, struct hr_view bytes, struct hr_error *error)
{
    return put(context, name, bytes, (struct hr_store_tags){0}, NULL, error);
}

static enum hr_status memory_put_tagged(void *context, const char *name, struct hr_view bytes,
                                        struct hr_store_tags tags, struct hr_error *error)
{
    return put(context, name, bytes, tags, NULL, error);
}

static enum hr_status memory_put_if(void *context, const char *name, struct hr_view bytes, struct hr_store_tags tags,
                                    char version[HR_STORE_VERSION_SIZE], struct hr_error *error)
{
    return put(context, name, bytes, tags, version, error);
}

static void find_tag(const struct memory_file *file, const char *tag, char out[HR_STORE_TAG_BYTES + 1])
{
    for (size_t i = 0; i < file->tag_count; i++)
        if (strcmp(file->tags[i].name, tag) == 0)
            snprintf(out, HR_STORE_TAG_BYTES + 1, "%s", file->tags[i].value);
}

static enum hr_status memory_get_tag(void *context, const char *name, const char *tag, char out[HR_STORE_TAG_BYTES + 1],
                                     char version[HR_STORE_VERSION_SIZE], struct hr_error *error)
{
    struct memory_store *store = context;
    out[0] = '\0';
    enum hr_status status = hr_store_name_check(name, error);
    if (status != HR_OK)
        return status;
    pthread_mutex_lock(&store->lock);
    const struct memory_file *file = find(store, name);
    if (file != NULL)
        find_tag(file, tag, out);
    else
        status = not_found(name, error);
    if (file != NULL && version != NULL)
        memcpy(version, file->item.version, sizeof file->item.version);
    pthread_mutex_unlock(&store->lock);
    return status;
}

static enum hr_status copy_item(const struct hr_store_item *item, struct hr_store_item *out, struct hr_error *error)
{
    *out = *item;
    out->name = strdup(item->name);
    return out->name != NULL ? HR_OK : no_memory(item->name, error);
}

static enum hr_status memory_list(void *context, struct hr_store_item **out, size_t *count, struct hr_error *error)
{
    struct memory_store *store = context;
    enum hr_status status = HR_OK;
    size_t found = 0;
    *out = NULL;
    *count = 0;
    pthread_mutex_lock(&store->lock);
    struct hr_store_item *items = calloc(store->count + 1, sizeof *items);
    if (items == NULL)
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for a list of files");
    for (size_t i = 0; status == HR_OK && i < store->count; i++) {
        if (hr_store_name_is_hidden(store->files[i].item.name))
            continue;
        status = copy_item(&store->files[i].item, &items[found], error);
        if (status == HR_OK)
            found++;
    }
    pthread_mutex_unlock(&store->lock);
    if (status != HR_OK || found == 0) {
        hr_store_items_free(items, found);
        return status;
    }
    hr_store_items_sort(items, found);
    *out = items;
    *count = found;
    return HR_OK;
}

static enum hr_status memory_stat(void *context, const char *name, struct hr_store_item *out, struct hr_error *error)
{
    struct memory_store *store = context;
    *out = (struct hr_store_item){0};
    enum hr_status status = hr_store_name_check(name, error);
    if (status != HR_OK)
        return status;
    pthread_mutex_lock(&store->lock);
    const struct memory_file *file = find(store, name);
    status = file != NULL ? copy_item(&file->item, out, error) : not_found(name, error);
    pthread_mutex_unlock(&store->lock);
    return status;
}

static enum hr_status memory_remove_if(void *context, const char *name, const char *version, struct hr_error *error)
{
    struct memory_store *store = context;
    enum hr_status status = hr_store_name_check(name, error);
    if (status != HR_OK)
        return status;
    pthread_mutex_lock(&store->lock);
    struct memory_file *file = find(store, name);
    status = check_version(file, name, version, error);
    if (status == HR_OK && file == NULL)
        status = not_found(name, error);
    if (status == HR_OK) {
        memory_file_clear(file);
        *file = store->files[--store->count];
    }
    pthread_mutex_unlock(&store->lock);
    return status;
}

static enum hr_status memory_remove(void *context, const char *name, struct hr_error *error)
{
    return memory_remove_if(context, name, NULL, error);
}

static void memory_close(void *context)
{
    struct memory_store *store = context;
    for (size_t i = 0; i < store->count; i++)
        memory_file_clear(&store->files[i]);
    free(store->files);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

enum hr_status hr_store_open_memory(struct hr_store *out, struct hr_error *error)
{
    *out = (struct hr_store){0};
    struct memory_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a store");
    if (pthread_mutex_init(&store->lock, NULL) != 0) {
        free(store);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a store's lock");
    }
    *out = (struct hr_store){.open = memory_open,
                             .put = memory_put,
                             .put_tagged = memory_put_tagged,
                             .put_if = memory_put_if,
                             .get_tag = memory_get_tag,
                             .list = memory_list,
                             .stat = memory_stat,
                             .remove = memory_remove,
                             .remove_if = memory_remove_if,
                             .close = memory_close,
                             .context = store,
                             .is_whole = true};
    return HR_OK;
}
