#include "jobs/class_place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aws/s3.h"
#include "roster/cached.h"

#define DYNAMODB_PREFIX "dynamodb:"
/* Amazon's rule for the name of a table. */
enum { TABLE_NAME_MIN = 3, TABLE_NAME_MAX = 255 };

static bool is_remote(const struct hr_class_place *place)
{
    return hr_anywhere_is_remote(place->database);
}

/* The folder of the default database may not be there yet. */
static enum hr_status make_parents(const char *path, struct hr_error *error)
{
    char folder[4096];
    snprintf(folder, sizeof folder, "%s", path);
    for (char *at = strchr(folder + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
        *at = '\0';
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return hr_error_set_errno(error, errno, "making the folder '%s'", folder);
        *at = '/';
    }
    return HR_OK;
}

/* ---- in S3 ---- */

static enum hr_status find_object(struct hr_class_place *place, const char *url, char bucket[HR_S3_BUCKET_SIZE],
                                  struct hr_s3_object *object, struct hr_aws **aws, struct hr_error *error)
{
    *object = (struct hr_s3_object){.bucket = bucket};
    enum hr_status status = hr_s3_url_parse(url, bucket, &object->key, error);
    if (status == HR_OK && object->key[0] == '\0')
        status = hr_error_set(error, HR_ERR_ARGUMENT, "'%s' names a bucket, not an object", url);
    return status == HR_OK ? place->anywhere.aws(place->anywhere.context, aws, error) : status;
}

/* Adds the object to `out` and notes its ETag in `version`. HR_END, nothing added, when it is `known_etag` still
 * (NULL: any). */
static enum hr_status fetch(struct hr_class_place *place, const char *url, const char *known_etag, char version[128],
                            struct hr_buffer *out, struct hr_error *error)
{
    char bucket[HR_S3_BUCKET_SIZE];
    struct hr_s3_object object;
    struct hr_aws *aws = NULL;
    struct hr_s3_info info = {0};
    enum hr_status status = find_object(place, url, bucket, &object, &aws, error);
    if (status == HR_OK)
        status = hr_s3_get(aws, &object, known_etag, place->patience, out, &info, error);
    if (status == HR_OK)
        snprintf(version, sizeof place->version, "%s", info.etag);
    return status;
}

static enum hr_status upload(struct hr_class_place *place, const char *url, const char *type, char version[128],
                             struct hr_view bytes, struct hr_error *error)
{
    char bucket[HR_S3_BUCKET_SIZE];
    struct hr_s3_info info = {0};
    struct hr_aws *aws = NULL;
    struct hr_stream stream = {0};
    struct hr_s3_put put = {.content_type = type, .deadline = place->patience};
    enum hr_status status = find_object(place, url, bucket, &put.object, &aws, error);
    if (status == HR_OK)
        status = hr_stream_open_memory(&stream, bytes, error);
    if (status != HR_OK)
        return status;
    if (version[0] != '\0')
        put.if_match = version;
    else
        put.if_absent = true;
    status = hr_s3_put_stream(aws, &put, &stream, &info, error);
    hr_stream_close(&stream);
    if (status == HR_ERR_CONFLICT || (status == HR_ERR_NOT_FOUND && put.if_match != NULL))
        return hr_error_set(error, HR_ERR_CONFLICT,
                            "'%s' was changed by somebody else meanwhile: nothing was written, run "
                            "this again",
                            url);
    if (status == HR_OK)
        snprintf(version, sizeof place->version, "%s", info.etag);
    return status;
}

static const struct hr_stop *stop_of(const struct hr_class_place *place)
{
    return place->patience != NULL ? place->patience->stop : NULL;
}

static enum hr_status open_remote(struct hr_class_place *place, enum hr_database_mode mode, const char *known_etag,
                                  struct hr_database **out, struct hr_error *error)
{
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, HR_DATABASE_MEMORY_BYTES_MAX);
    enum hr_status status = fetch(place, place->database, known_etag, place->version, &bytes, error);
    if (status == HR_ERR_NOT_FOUND && mode == HR_DATABASE_CREATE) {
        place->version[0] = '\0';
        status = HR_OK;
    }
    if (status == HR_OK)
        status = hr_database_open_memory(out, hr_buffer_view(&bytes), place->database, mode, error);
    hr_buffer_clear(&bytes);
    return status;
}

/* ---- keys ---- */

static enum hr_status ring_name(const struct hr_class_place *place, char *out, size_t size, struct hr_error *error)
{
    int length =
        place->ring != NULL ? snprintf(out, size, "%s", place->ring) : snprintf(out, size, "%s.keys", place->database);
    if (length < 0 || (size_t)length >= size)
        return hr_error_set(error, HR_ERR_ARGUMENT, "the name of the database is too long");
    if (hr_anywhere_is_remote(out) != is_remote(place))
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "the database '%s' and its keys '%s' must both be files, or both be in S3", place->database,
                            out);
    return HR_OK;
}

/* The ring's bytes; none when it is not there. */
static enum hr_status read_ring(struct hr_class_place *place, const char *name, struct hr_buffer *out,
                                struct hr_error *error)
{
    enum hr_status status = HR_OK;
    if (!is_remote(place)) {
        status = access(name, F_OK) == 0 ? hr_file_read(out, name, place->patience, error) : HR_ERR_NOT_FOUND;
    } else {
        status = fetch(place, name, NULL, place->ring_version, out, error);
    }
    if (status == HR_ERR_NOT_FOUND) {
        place->ring_version[0] = '\0';
        status = HR_OK;
    }
    return status;
}

/* Of the ring that is there, or a new one. *out is NULL when no key is given and the ring does not say where it is. */
static enum hr_status open_vault(struct hr_class_place *place, struct hr_vault **out, bool *is_new,
                                 struct hr_error *error)
{
    char name[4200];
    struct hr_buffer bytes;
    struct hr_class_key key = {0};
    *out = NULL;
    hr_buffer_init(&bytes, HR_LIMIT_KEYRING_BYTES);
    enum hr_status status = ring_name(place, name, sizeof name, error);
    if (status == HR_OK)
        status = read_ring(place, name, &bytes, error);
    *is_new = bytes.size == 0;
    if (status == HR_OK)
        status =
            hr_class_key_for(&key, &place->key, hr_buffer_view(&bytes), name, &place->anywhere, place->patience, error);
    if (status == HR_OK)
        status = is_remote(place) ? hr_vault_open_memory(out, hr_buffer_view(&bytes), name, &key.master, error)
                                  : hr_vault_open_file(out, name, &key.master, error);
    hr_class_key_clear(&key);
    hr_buffer_clear(&bytes);
    return status == HR_ERR_NOT_FOUND ? HR_OK : status;
}

/* Nobody looks for keys where none are needed. */
static enum hr_status unlock(struct hr_class_place *place, struct hr_database *database, struct hr_error *error)
{
    struct hr_vault *vault = NULL;
    bool is_new = false;
    enum hr_status status = HR_OK;
    if (hr_database_is_sealed(database) || hr_key_source_is_given(&place->key))
        status = open_vault(place, &vault, &is_new, error);
    return status == HR_OK ? hr_database_unlock(database, vault, error) : status;
}

enum hr_status hr_class_new_vault(struct hr_class_place *place, struct hr_vault **out, struct hr_error *error)
{
    bool is_new = false;
    if (!hr_key_source_is_given(&place->key)) {
        struct hr_class_key none;
        *out = NULL;
        return hr_class_key_new(&none, &place->key, &place->anywhere, place->patience, error);
    }
    enum hr_status status = open_vault(place, out, &is_new, error);
    if (status == HR_OK && !is_new) {
        hr_vault_free(*out);
        *out = NULL;
        status = hr_error_set(error, HR_ERR_CONFLICT, "there are keys beside '%s' already", place->database);
    }
    return status;
}

/* ---- writing back ---- */

static enum hr_status save_ring(struct hr_class_place *place, const struct hr_vault *vault, bool with_destroyed,
                                struct hr_error *error)
{
    char name[4200];
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, HR_LIMIT_KEYRING_BYTES);
    enum hr_status status = ring_name(place, name, sizeof name, error);
    if (status == HR_OK)
        status = hr_vault_bytes(vault, with_destroyed, &bytes, error);
    if (status == HR_OK)
        status = upload(place, name, "application/octet-stream", place->ring_version, hr_buffer_view(&bytes), error);
    hr_buffer_clear(&bytes);
    return status;
}

/* Keys are there before what needs them, and go behind what no longer does: whoever is killed in between leaves a key
 * too many, which the next one to write destroys. */
enum hr_status hr_class_save_database(struct hr_class_place *place, struct hr_database *database,
                                      struct hr_error *error)
{
    if (!is_remote(place))
        return HR_OK;
    struct hr_buffer bytes;
    const struct hr_vault *vault = hr_database_vault(database);
    hr_buffer_init(&bytes, HR_DATABASE_MEMORY_BYTES_MAX);
    enum hr_status status = hr_database_bytes(database, &bytes, error);
    if (status == HR_OK && vault != NULL && hr_vault_has_added(vault))
        status = save_ring(place, vault, true, error);
    if (status == HR_OK)
        status =
            upload(place, place->database, "application/vnd.sqlite3", place->version, hr_buffer_view(&bytes), error);
    if (status == HR_OK && vault != NULL && hr_vault_has_destroyed(vault))
        status = save_ring(place, vault, false, error);
    hr_buffer_clear(&bytes);
    return status;
}

enum hr_status hr_class_remove_ring(struct hr_class_place *place, struct hr_error *error)
{
    char name[4200], bucket[HR_S3_BUCKET_SIZE];
    struct hr_s3_object object;
    struct hr_aws *aws = NULL;
    enum hr_status status = ring_name(place, name, sizeof name, error);
    if (status != HR_OK || !is_remote(place))
        return status;
    status = find_object(place, name, bucket, &object, &aws, error);
    return status == HR_OK ? hr_s3_delete(aws, &object, place->patience, error) : status;
}

/* ---- wherever ---- */

/* HR_END: an object that is `known_etag` still (NULL: any). */
static enum hr_status open_place(struct hr_class_place *place, enum hr_database_mode mode, const char *known_etag,
                                 struct hr_database **out, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    *out = NULL;
    if (is_remote(place))
        status = open_remote(place, mode, known_etag, out, error);
    else if (mode == HR_DATABASE_CREATE)
        status = make_parents(place->database, error);
    if (status == HR_OK && !is_remote(place))
        status = hr_database_open(out, place->database, mode, error);
    if (status == HR_OK)
        hr_database_obey(*out, stop_of(place));
    return status;
}

static enum hr_status open_unlocked(struct hr_class_place *place, enum hr_database_mode mode, const char *known_etag,
                                    struct hr_database **out, struct hr_error *error)
{
    enum hr_status status = open_place(place, mode, known_etag, out, error);
    if (status == HR_OK)
        status = unlock(place, *out, error);
    if (status != HR_OK) {
        hr_database_close(*out);
        *out = NULL;
    }
    return status;
}

enum hr_status hr_class_open_as_it_is(struct hr_class_place *place, enum hr_database_mode mode,
                                      struct hr_database **out, struct hr_error *error)
{
    return open_place(place, mode, NULL, out, error);
}

enum hr_status hr_class_open_database(struct hr_class_place *place, enum hr_database_mode mode,
                                      struct hr_database **out, struct hr_error *error)
{
    return open_unlocked(place, mode, NULL, out, error);
}

/* ---- students ---- */

static bool table_name_is_good(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t length = strlen(name);
    return length >= TABLE_NAME_MIN && length <= TABLE_NAME_MAX && name[strspn(name, letters)] == '\0';
}

enum hr_status hr_class_students_table(struct hr_class_place *place, struct hr_dynamodb_table *out,
                                       struct hr_error *error)
{
    size_t prefix = strlen(DYNAMODB_PREFIX);
    if (strncmp(place->students, DYNAMODB_PREFIX, prefix) != 0 || !table_name_is_good(place->students + prefix))
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "--students takes dynamodb:TABLE with a table's name of 3 to 255 "
                            "letters, digits, '_', '.' and '-', not '%s'",
                            place->students);
    *out = (struct hr_dynamodb_table){.name = place->students + prefix, .deadline = place->patience};
    return place->anywhere.aws(place->anywhere.context, &out->aws, error);
}

/* The roster of `students`; `get` NULL when there is none. */
static enum hr_status open_students(struct hr_class_place *place, struct hr_database *database, struct hr_roster *out,
                                    struct hr_error *error)
{
    struct hr_dynamodb_table table;
    *out = (struct hr_roster){0};
    if (place->students == NULL)
        return HR_OK;
    struct hr_roster local = hr_database_roster(database);
    enum hr_status status = hr_class_students_table(place, &table, error);
    if (status == HR_OK)
        status = hr_dynamodb_roster_open(out, &table, &local, error);
    if (status == HR_OK && place->students_cache_ms > 0) {
        struct hr_roster inner = *out;
        status = hr_roster_open_cached(out, inner, place->students_cache_ms, hr_clock_system(), error);
    }
    return status;
}

/* ---- the engine ---- */

/* Takes over `database`. */
static enum hr_status publish(struct hr_class_place *place, struct hr_engine *engine, struct hr_database *database,
                              enum hr_database_mode mode, struct hr_error *error)
{
    struct hr_snapshot_parts parts = {.database = database};
    enum hr_status status = mode == HR_DATABASE_READ ? open_students(place, database, &parts.roster, error) : HR_OK;
    if (status == HR_OK)
        return hr_engine_publish(engine, &parts, error);
    hr_database_close(database);
    return status;
}

enum hr_status hr_class_open_engine(struct hr_class_place *place, enum hr_database_mode mode, struct hr_engine **out,
                                    struct hr_error *error)
{
    struct hr_engine *engine = NULL;
    struct hr_database *database = NULL;
    *out = NULL;
    enum hr_status status = hr_engine_new(&engine, place->model_dir, place->sandbox, error);
    if (status == HR_OK)
        status = hr_class_open_database(place, mode, &database, error);
    if (status == HR_OK)
        status = publish(place, engine, database, mode, error);
    if (status == HR_OK)
        *out = engine;
    else
        hr_engine_close(engine);
    return status;
}

enum hr_status hr_class_refresh(struct hr_class_place *place, struct hr_engine *engine, struct hr_error *error)
{
    struct hr_database *database = NULL;
    char version[sizeof place->version];
    snprintf(version, sizeof version, "%s", place->version);
    const char *known = hr_engine_is_over(engine) ? NULL : version;
    enum hr_status status = open_unlocked(place, HR_DATABASE_READ, known, &database, error);
    if (status == HR_END)
        return HR_OK;
    if (status == HR_OK)
        status = publish(place, engine, database, HR_DATABASE_READ, error);
    if (status != HR_OK) /* what is there was not taken: ask for it again */
        snprintf(place->version, sizeof place->version, "%s", version);
    return status;
}
