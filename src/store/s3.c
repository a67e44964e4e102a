/* The store that is a prefix in a bucket. */
#include "store/s3.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "base/limits.h"
#include "store/place.h"

/* Above this a body goes in parts. */
#define ONE_PUT_BYTES_MAX ((size_t)16 << 20)
/* Tags that one file may have; S3 takes 2 KB of them. */
enum { TAGS_MAX = 8 };

struct s3_store {
    struct hr_aws *aws;
    char *bucket; /* owned, as prefix */
    char *prefix;
    const struct hr_deadline *deadline;
};

const char *hr_store_content_type(const char *name)
{
    static const struct {
        const char *suffix;
        const char *type;
    } types[] = {{".csv", "text/csv; charset=utf-8"},
                 {".json", "application/json"},
                 {".db", "application/vnd.sqlite3"},
                 {".mp4", "video/mp4"}};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof types / sizeof *types; i++)
        if (strcasecmp(dot, types[i].suffix) == 0)
            return types[i].type;
    return "application/octet-stream";
}

/* The object of a name; its key is the caller's (free). */
static enum hr_status find_object(const struct s3_store *store, const char *name, char **key, struct hr_s3_object *out,
                                  struct hr_error *error)
{
    *key = NULL;
    enum hr_status status = hr_store_name_check_length(name, HR_LIMIT_S3_KEY_BYTES, error);
    if (status != HR_OK)
        return status;
    if (asprintf(key, "%s%s", store->prefix, name) < 0) {
        *key = NULL;
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for the key of '%s'", name);
    }
    *out = (struct hr_s3_object){.bucket = store->bucket, .key = *key};
    return HR_OK;
}

static enum hr_status s3_open(void *context, const char *name, struct hr_stream *out,
                              char version[HR_STORE_VERSION_SIZE], struct hr_error *error)
{
    struct s3_store *store = context;
    struct hr_s3_object object;
    char *key;
    *out = (struct hr_stream){0};
    enum hr_status status = find_object(store, name, &key, &object, error);
    if (status == HR_OK)
        status = hr_s3_stream_open(out, store->aws, &object, store->deadline, error);
    if (status == HR_OK && version != NULL)
        snprintf(version, HR_STORE_VERSION_SIZE, "%s", hr_s3_stream_etag(out));
    free(key);
    return status;
}

static enum hr_status send(struct s3_store *store, const struct hr_s3_put *put, struct hr_view bytes,
                           struct hr_s3_info *info, struct hr_error *error)
{
    if (bytes.size <= ONE_PUT_BYTES_MAX)
        return hr_s3_put(store->aws, put, bytes, info, error);
    struct hr_stream stream;
    enum hr_status status = hr_stream_open_memory(&stream, bytes, error);
    if (status != HR_OK)
        return status;
    status = hr_s3_put_stream(store->aws, put, &stream, info, error);
    hr_stream_close(&stream);
    return status;
}

static enum hr_status put(struct s3_store *store, const char *name, struct hr_view bytes, struct hr_store_tags tags,
                          char *version, struct hr_error *error)
{
    struct hr_s3_info info = {0};
    struct hr_pair metadata[TAGS_MAX];
    struct hr_s3_put put = {.content_type = hr_store_content_type(name),
                            .if_absent = version != NULL && version[0] == '\0',
                            .if_match = version != NULL && version[0] != '\0' ? version : NULL,
                            .metadata = metadata,
                            .metadata_count = tags.count,
                            .deadline = store->deadline};
    char *key = NULL;
    enum hr_status status = hr_store_tags_check(tags, error);
    if (status == HR_OK && tags.count > TAGS_MAX)
        status = hr_error_set(error, HR_ERR_LIMIT, "%zu tags of a file, the limit is %d", tags.count, TAGS_MAX);
    if (status != HR_OK)
        return status;
    for (size_t i = 0; i < tags.count; i++)
        metadata[i] = (struct hr_pair){tags.items[i].name, tags.items[i].value};
    status = find_object(store, name, &key, &put.object, error);
    if (status == HR_OK)
        status = send(store, &put, bytes, &info, error);
    /* What was to be written over is gone: that is a change, too. */
    bool changed = status == HR_ERR_CONFLICT || (status == HR_ERR_NOT_FOUND && put.if_match != NULL);
    if (changed)
        status = hr_error_set(error, HR_ERR_CONFLICT, "'s3://%s/%s' %s", store->bucket, key,
                              put.if_absent ? "is there already" : "was changed or removed meanwhile");
    if (status == HR_OK && version != NULL)
        snprintf(version, HR_STORE_VERSION_SIZE, "%s", info.etag);
    free(key);
    return status;
}

static enum hr_status s3_put(void *context, const char *name, struct hr_view bytes, struct hr_error *error)
{
    return put(context, name, bytes, (struct hr_store_tags){0}, NULL, error);
}

static enum hr_status s3_put_tagged(void *context, const char *name, struct hr_view bytes, struct hr_store_tags tags,
                                    struct hr_error *error)
{
    return put(context, name, bytes, tags, NULL, error);
}

static enum hr_status s3_put_if(void *context, const char *name, struct hr_view bytes, struct hr_store_tags tags,
                                char version[HR_STORE_VERSION_SIZE], struct hr_error *error)
{
    return put(context, name, bytes, tags, version, error);
}

static enum hr_status s3_get_tag(void *context, const char *name, const char *tag, char out[HR_STORE_TAG_BYTES + 1],
                                 char version[HR_STORE_VERSION_SIZE], struct hr_error *error)
{
    struct s3_store *store = context;
    struct hr_s3_object object;
    struct hr_s3_info info = {0};
    char *key;
    out[0] = '\0';
    enum hr_status status = find_object(store, name, &key, &object, error);
    if (status == HR_OK)
        status =
            hr_s3_head_metadata(store->aws, &object, tag, store->deadline, out, HR_STORE_TAG_BYTES + 1, &info, error);
    if (status == HR_OK && version != NULL)
        snprintf(version, HR_STORE_VERSION_SIZE, "%s", info.etag);
    free(key);
    return status;
}

/* A listing tells fractions of a second, an answer does not: both are cut, so that they agree. */
static int64_t whole_seconds(int64_t wall_us)
{
    return wall_us - wall_us % 1000000;
}

static enum hr_status fill_item(struct hr_store_item *out, const char *name, uint64_t size_bytes, int64_t modified_us,
                                const char *etag, struct hr_error *error)
{
    *out = (struct hr_store_item){
        .name = strdup(name), .size_bytes = size_bytes, .modified_us = whole_seconds(modified_us)};
    snprintf(out->version, sizeof out->version, "%s", etag);
    if (out->name == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a file's name");
    return HR_OK;
}

static enum hr_status s3_stat(void *context, const char *name, struct hr_store_item *out, struct hr_error *error)
{
    struct s3_store *store = context;
    struct hr_s3_object object;
    struct hr_s3_info info = {0};
    char *key;
    *out = (struct hr_store_item){0};
    enum hr_status status = find_object(store, name, &key, &object, error);
    if (status == HR_OK)
        status = hr_s3_head(store->aws, &object, store->deadline, &info, error);
    if (status == HR_OK)
        status = fill_item(out, name, info.size_bytes, info.modified_us, info.etag, error);
    free(key);
    return status;
}

/* S3 itself says of a missing object that it is gone; a store promises to tell. `version`: NULL for any. */
static enum hr_status remove_object(struct s3_store *store, const char *name, const char *version,
                                    struct hr_error *error)
{
    struct hr_s3_object object;
    struct hr_s3_info info = {0};
    char *key;
    enum hr_status status = find_object(store, name, &key, &object, error);
    if (status == HR_OK)
        status = hr_s3_head(store->aws, &object, store->deadline, &info, error);
    bool other = status == HR_OK && version != NULL && strcmp(info.etag, version) != 0;
    if (other || (status == HR_ERR_NOT_FOUND && version != NULL))
        status =
            hr_error_set(error, HR_ERR_CONFLICT, "'s3://%s/%s' was changed or removed meanwhile", store->bucket, key);
    if (status == HR_OK)
        status = hr_s3_delete(store->aws, &object, store->deadline, error);
    free(key);
    return status;
}

static enum hr_status s3_remove(void *context, const char *name, struct hr_error *error)
{
    return remove_object(context, name, NULL, error);
}

static enum hr_status s3_remove_if(void *context, const char *name, const char *version, struct hr_error *error)
{
    return remove_object(context, name, version, error);
}

/* ---- listing ---- */

struct listing {
    size_t prefix_length;
    struct hr_store_item *items;
    size_t count;
    size_t capacity;
};

static enum hr_status make_room(struct listing *listing, struct hr_error *error)
{
    if (listing->count < listing->capacity)
        return HR_OK;
    size_t capacity = listing->capacity == 0 ? 64 : listing->capacity * 2;
    size_t size_bytes;
    struct hr_store_item *items = NULL;
    if (hr_size_multiply(capacity, sizeof *items, &size_bytes))
        items = realloc(listing->items, size_bytes);
    if (items == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a list of objects");
    listing->items = items;
    listing->capacity = capacity;
    return HR_OK;
}

/* The placeholder of the "folder" itself, and keys that are no names, are left out. */
static enum hr_status list_object(void *context, const struct hr_s3_item *item, struct hr_error *error)
{
    struct listing *listing = context;
    if (item->is_prefix || strlen(item->key) <= listing->prefix_length)
        return HR_OK;
    const char *name = item->key + listing->prefix_length;
    if (hr_store_name_is_hidden(name) || hr_store_name_check_length(name, HR_LIMIT_S3_KEY_BYTES, NULL) != HR_OK)
        return HR_OK;
    enum hr_status status = make_room(listing, error);
    if (status == HR_OK)
        status =
            fill_item(&listing->items[listing->count], name, item->size_bytes, item->modified_us, item->etag, error);
    if (status == HR_OK)
        listing->items[listing->count++].modified_fine_us = item->modified_us;
    return status;
}

static enum hr_status s3_list(void *context, struct hr_store_item **out, size_t *count, struct hr_error *error)
{
    struct s3_store *store = context;
    struct listing listing = {.prefix_length = strlen(store->prefix)};
    struct hr_s3_list list = {.bucket = store->bucket,
                              .prefix = store->prefix,
                              .delimiter = "/",
                              .deadline = store->deadline,
                              .each = list_object,
                              .context = &listing};
    *out = NULL;
    *count = 0;
    enum hr_status status = hr_s3_list(store->aws, &list, error);
    if (status != HR_OK) {
        hr_store_items_free(listing.items, listing.count);
        return hr_error_prefix(error, "listing 's3://%s/%s'", store->bucket, store->prefix);
    }
    hr_store_items_sort(listing.items, listing.count);
    *out = listing.items;
    *count = listing.count;
    return HR_OK;
}

/* ---- opening and closing ---- */

static void s3_close(void *context)
{
    struct s3_store *store = context;
    free(store->bucket);
    free(store->prefix);
    free(store);
}

enum hr_status hr_store_open_s3(struct hr_store *out, struct hr_aws *aws, const char *bucket, const char *prefix,
                                const struct hr_deadline *deadline, struct hr_error *error)
{
    *out = (struct hr_store){0};
    struct s3_store *store = calloc(1, sizeof *store);
    if (store == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a store");
    *store = (struct s3_store){.aws = aws, .bucket = strdup(bucket), .prefix = strdup(prefix), .deadline = deadline};
    if (store->bucket == NULL || store->prefix == NULL) {
        s3_close(store);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a store");
    }
    *out = (struct hr_store){.open = s3_open,
                             .put = s3_put,
                             .put_tagged = s3_put_tagged,
                             .put_if = s3_put_if,
                             .get_tag = s3_get_tag,
                             .list = s3_list,
                             .stat = s3_stat,
                             .remove = s3_remove,
                             .remove_if = s3_remove_if,
                             .close = s3_close,
                             .context = store,
                             .is_whole = true};
    return HR_OK;
}
