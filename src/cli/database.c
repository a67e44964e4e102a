#include "cli/database.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "aws/s3.h"
#include "base/plural.h"
#include "roster/cached.h"

#define DYNAMODB_PREFIX "dynamodb:"
/* Amazon's rule for the name of a table. */
enum { TABLE_NAME_MIN = 3, TABLE_NAME_MAX = 255 };

static bool is_remote(const struct hr_cli *cli)
{
    return hr_anywhere_is_remote(cli->database_path);
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

static enum hr_status explain(const struct hr_cli *cli, enum hr_status status,
                              struct hr_error *error)
{
    if (status == HR_ERR_NOT_FOUND)
        return hr_error_set(
            error, HR_ERR_NOT_FOUND,
            "there is no database '%s': make it with 'homeroom import students FILE' and "
            "'homeroom enroll', or say --db FILE",
            cli->database_path);
    return status;
}

/* ---- in S3 ---- */

static enum hr_status find_object(struct hr_cli *cli, char bucket[HR_S3_BUCKET_SIZE],
                                  struct hr_s3_object *object, struct hr_aws **aws,
                                  struct hr_error *error)
{
    *object = (struct hr_s3_object){.bucket = bucket};
    enum hr_status status = hr_s3_url_parse(cli->database_path, bucket, &object->key, error);
    if (status == HR_OK && object->key[0] == '\0')
        status = hr_error_set(error, HR_ERR_ARGUMENT, "--db '%s' names a bucket, not an object",
                              cli->database_path);
    return status == HR_OK ? hr_cli_cloud_aws(&cli->cloud, aws, error) : status;
}

/* Adds the object to `out` and notes its ETag. HR_END, nothing added, when it is `known_etag` still
 * (NULL: any). */
static enum hr_status fetch(struct hr_cli *cli, const char *known_etag, struct hr_buffer *out,
                            struct hr_error *error)
{
    char bucket[HR_S3_BUCKET_SIZE];
    struct hr_s3_object object;
    struct hr_aws *aws = NULL;
    struct hr_s3_info info = {0};
    enum hr_status status = find_object(cli, bucket, &object, &aws, error);
    if (status == HR_OK)
        status = hr_s3_get(aws, &object, known_etag, &cli->patience, out, &info, error);
    if (status == HR_OK)
        snprintf(cli->database_etag, sizeof cli->database_etag, "%s", info.etag);
    return status;
}

static enum hr_status open_remote(struct hr_cli *cli, enum hr_database_mode mode,
                                  const char *known_etag, struct hr_database **out,
                                  struct hr_error *error)
{
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, HR_DATABASE_MEMORY_BYTES_MAX);
    enum hr_status status = fetch(cli, known_etag, &bytes, error);
    if (status == HR_ERR_NOT_FOUND && mode == HR_DATABASE_CREATE) {
        cli->database_etag[0] = '\0';
        status = HR_OK;
    }
    if (status == HR_OK)
        status = hr_database_open_memory(out, hr_buffer_view(&bytes), cli->database_path, mode,
                                         error);
    hr_buffer_clear(&bytes);
    return status;
}

static enum hr_status upload(struct hr_cli *cli, struct hr_view bytes, struct hr_error *error)
{
    char bucket[HR_S3_BUCKET_SIZE];
    struct hr_s3_info info = {0};
    struct hr_aws *aws = NULL;
    struct hr_stream stream = {0};
    struct hr_s3_put put = {.content_type = "application/vnd.sqlite3", .deadline = &cli->patience};
    enum hr_status status = find_object(cli, bucket, &put.object, &aws, error);
    if (status == HR_OK)
        status = hr_stream_open_memory(&stream, bytes, error);
    if (status != HR_OK)
        return status;
    if (cli->database_etag[0] != '\0')
        put.if_match = cli->database_etag;
    else
        put.if_absent = true;
    status = hr_s3_put_stream(aws, &put, &stream, &info, error);
    hr_stream_close(&stream);
    if (status == HR_ERR_CONFLICT || (status == HR_ERR_NOT_FOUND && put.if_match != NULL))
        return hr_error_set(error, HR_ERR_CONFLICT,
                            "'%s' was changed by somebody else meanwhile: nothing was written, run "
                            "this again",
                            cli->database_path);
    if (status == HR_OK)
        snprintf(cli->database_etag, sizeof cli->database_etag, "%s", info.etag);
    return status;
}

enum hr_status hr_cli_save_database(struct hr_cli *cli, struct hr_database *database,
                                    struct hr_error *error)
{
    if (!is_remote(cli))
        return HR_OK;
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, HR_DATABASE_MEMORY_BYTES_MAX);
    enum hr_status status = hr_database_bytes(database, &bytes, error);
    if (status == HR_OK)
        status = upload(cli, hr_buffer_view(&bytes), error);
    hr_buffer_clear(&bytes);
    return status;
}

/* ---- wherever ---- */

enum hr_status hr_cli_open_database(struct hr_cli *cli, enum hr_database_mode mode,
                                    struct hr_database **out, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    *out = NULL;
    if (is_remote(cli))
        return explain(cli, open_remote(cli, mode, NULL, out, error), error);
    if (mode == HR_DATABASE_CREATE)
        status = make_parents(cli->database_path, error);
    if (status == HR_OK)
        status = hr_database_open(out, cli->database_path, mode, error);
    return explain(cli, status, error);
}

/* ---- students ---- */

static bool table_name_is_good(const char *name)
{
    static const char letters[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";
    size_t length = strlen(name);
    return length >= TABLE_NAME_MIN && length <= TABLE_NAME_MAX &&
           name[strspn(name, letters)] == '\0';
}

enum hr_status hr_cli_students_table(struct hr_cli *cli, struct hr_dynamodb_table *out,
                                     struct hr_error *error)
{
    const char *place = cli->settings.students;
    size_t prefix = strlen(DYNAMODB_PREFIX);
    if (strncmp(place, DYNAMODB_PREFIX, prefix) != 0 || !table_name_is_good(place + prefix))
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "--students takes dynamodb:TABLE with a table's name of 3 to 255 "
                            "letters, digits, '_', '.' and '-', not '%s'",
                            place);
    *out = (struct hr_dynamodb_table){.name = place + prefix, .deadline = &cli->patience};
    return hr_cli_cloud_aws(&cli->cloud, &out->aws, error);
}

/* The roster that --students asks for; `get` NULL when it does not. */
static enum hr_status open_students(struct hr_cli *cli, struct hr_database *database,
                                    struct hr_roster *out, struct hr_error *error)
{
    struct hr_dynamodb_table table;
    *out = (struct hr_roster){0};
    if (cli->settings.students == NULL)
        return HR_OK;
    struct hr_roster local = hr_database_roster(database);
    enum hr_status status = hr_cli_students_table(cli, &table, error);
    if (status == HR_OK)
        status = hr_dynamodb_roster_open(out, &table, &local, error);
    if (status == HR_OK && cli->settings.students_cache_s > 0) {
        struct hr_roster inner = *out;
        status = hr_roster_open_cached(out, inner,
                                       (int64_t)(cli->settings.students_cache_s * 1000),
                                       hr_clock_system(), error);
    }
    return status;
}

/* ---- the engine ---- */

/* Takes over `database`. */
static enum hr_status engine_on(struct hr_cli *cli, struct hr_database *database,
                                struct hr_engine **out, struct hr_error *error)
{
    struct hr_engine_parts parts = {.model_dir = cli->model_dir, .database = database};
    enum hr_status status = open_students(cli, database, &parts.roster, error);
    if (status != HR_OK) {
        hr_database_close(database);
        return status;
    }
    return hr_engine_open_parts(out, &parts, error);
}

enum hr_status hr_cli_open_engine(struct hr_cli *cli, enum hr_database_mode mode,
                                  struct hr_engine **out, struct hr_error *error)
{
    struct hr_engine_options options = {.database_path = cli->database_path,
                                        .model_dir = cli->model_dir};
    struct hr_database *database = NULL;
    enum hr_status status = HR_OK;
    *out = NULL;
    if (is_remote(cli) || (cli->settings.students != NULL && mode == HR_DATABASE_READ)) {
        status = hr_cli_open_database(cli, mode, &database, error);
        return status == HR_OK ? engine_on(cli, database, out, error) : status;
    }
    if (mode == HR_DATABASE_CREATE)
        status = make_parents(cli->database_path, error);
    if (status == HR_OK)
        status = hr_engine_open_mode(out, &options, mode, error);
    return explain(cli, status, error);
}

enum hr_status hr_cli_refresh_engine(struct hr_cli *cli, struct hr_engine **engine,
                                     struct hr_error *error)
{
    struct hr_database *database = NULL;
    if (!is_remote(cli) || *engine == NULL) {
        hr_engine_close(*engine);
        return hr_cli_open_engine(cli, HR_DATABASE_READ, engine, error);
    }
    enum hr_status status =
        open_remote(cli, HR_DATABASE_READ, cli->database_etag, &database, error);
    if (status == HR_END)
        return HR_OK;
    hr_engine_close(*engine);
    *engine = NULL;
    return status == HR_OK ? engine_on(cli, database, engine, error)
                           : explain(cli, status, error);
}

void hr_cli_tell_gallery(const struct hr_cli *cli, const struct hr_engine *engine)
{
    const struct hr_log *log = &cli->log;
    size_t students = hr_gallery_students(engine->gallery);
    struct hr_decide_options options = {.false_present = cli->settings.false_present};
    struct hr_class_rule rule = hr_class_rule(engine->gallery, &options);
    if (students == 0)
        hr_log_write(
            log, HR_LOG_WARNING, NULL,
            "nobody is enrolled in '%s': everybody will be unknown; see 'homeroom help enroll'",
            cli->database_path);
    if (engine->foreign_vectors > 0)
        hr_log_write(log, HR_LOG_WARNING, NULL,
                     "%zu face vector%s of a model that is not here, and not used: enrol whose "
                     "they are again from photos",
                     engine->foreign_vectors, hr_plural_are(engine->foreign_vectors));
    if (hr_engine_is_imported(engine) && cli->settings.include == NULL)
        hr_log_write(log, HR_LOG_INFO, NULL,
                     "all faces were imported from an older system: names in doubt have rows, too "
                     "(--include certain leaves them out); photos tell people apart better");
    /* Of four students nothing can be told. */
    if (rule.crowding > 0.5 && students >= 5)
        hr_log_write(log, HR_LOG_INFO, NULL,
                     "the students of this class look much alike to the network: fewer names are "
                     "certain, and more are in review");
}
