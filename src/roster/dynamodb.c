/* The table as a roster. */
#include <stdlib.h>

#include "roster/dynamodb_table.h"

struct dynamodb {
    struct hr_dynamodb_table table;
    char *name;             /* owned; table.name */
    struct hr_roster local; /* `get` NULL: there is none */
    struct hr_dynamodb_schema schema;
};

/* One lookup of many students. */
struct lookup {
    const char *const *ids; /* as asked */
    const char **keys;      /* for each id; NULL: no item can have it */
    size_t count;
    struct hr_student *out;
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory to look up students");
}

/* Of several students with one key (they share a name) each gets the item. */
static enum hr_status take_item(void *context, const char *key, struct hr_student *student, struct hr_error *error)
{
    struct lookup *lookup = context;
    for (size_t i = 0; i < lookup->count; i++) {
        struct hr_student *out = &lookup->out[i];
        if (lookup->keys[i] == NULL || strcmp(lookup->keys[i], key) != 0 || out->found)
            continue;
        /* The id stays the one that was asked for, whatever a table of names says. */
        if (!hr_student_copy(student, out) || !hr_student_set(out, HR_STUDENT_COLUMN_ID, hr_view_text(lookup->ids[i])))
            return no_memory(error);
    }
    return HR_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The keys that can be asked for, each once: the service refuses a repetition. */
static size_t distinct_keys(const struct lookup *lookup, const char **keys)
{
    size_t count = 0, kept = 0;
    for (size_t i = 0; i < lookup->count; i++)
        if (lookup->keys[i] != NULL)
            keys[count++] = lookup->keys[i];
    qsort(keys, count, sizeof *keys, by_text);
    for (size_t i = 0; i < count; i++)
        if (kept == 0 || strcmp(keys[kept - 1], keys[i]) != 0)
            keys[kept++] = keys[i];
    return kept;
}

/* The key of each id: itself, or in a table of names the name that the local database knows. */
static void choose_keys(const struct dynamodb *dynamodb, const struct lookup *lookup, const struct hr_student *local)
{
    bool by_name = dynamodb->schema.column == HR_STUDENT_COLUMN_NAME;
    for (size_t i = 0; i < lookup->count; i++) {
        const char *key = lookup->ids[i];
        if (by_name && local[i].found && local[i].name[0] != '\0')
            key = local[i].name;
        lookup->keys[i] = hr_dynamodb_key_possible(&dynamodb->schema, key) ? key : NULL;
    }
}

/* Whoever has no item, or an item without a name, keeps the name of the local database. */
static enum hr_status complete(const struct lookup *lookup, const struct hr_student *local, struct hr_error *error)
{
    for (size_t i = 0; i < lookup->count; i++) {
        struct hr_student *out = &lookup->out[i];
        if (!out->found && !hr_student_set(out, HR_STUDENT_COLUMN_ID, hr_view_text(lookup->ids[i])))
            return no_memory(error);
        if ((out->name == NULL || out->name[0] == '\0') && local[i].found &&
            !hr_student_set(out, HR_STUDENT_COLUMN_NAME, hr_view_text(local[i].name)))
            return no_memory(error);
        if (!hr_student_complete(out))
            return no_memory(error);
    }
    return HR_OK;
}

static enum hr_status ask_local(const struct dynamodb *dynamodb, const char *const *ids, size_t count,
                                struct hr_student *out, struct hr_error *error)
{
    return dynamodb->local.get != NULL ? hr_roster_get(&dynamodb->local, ids, count, out, error) : HR_OK;
}

static enum hr_status look_up(struct dynamodb *dynamodb, struct lookup *lookup, const struct hr_student *local,
                              struct hr_error *error)
{
    struct hr_deadline deadline = hr_dynamodb_deadline(&dynamodb->table);
    enum hr_status status = HR_OK;
    if (dynamodb->schema.key == NULL)
        status = hr_dynamodb_describe(&dynamodb->table, &deadline, &dynamodb->schema, error);
    if (status != HR_OK)
        return status;
    const char **distinct = calloc(lookup->count + 1, sizeof *distinct);
    if (distinct == NULL)
        return no_memory(error);
    choose_keys(dynamodb, lookup, local);
    size_t count = distinct_keys(lookup, distinct);
    status =
        hr_dynamodb_read(&dynamodb->table, &dynamodb->schema, distinct, count, &deadline, take_item, lookup, error);
    free(distinct);
    return status == HR_OK ? complete(lookup, local, error) : status;
}

static enum hr_status get(void *context, const char *const *ids, size_t count, struct hr_student *out,
                          struct hr_error *error)
{
    struct dynamodb *dynamodb = context;
    struct lookup lookup = {.ids = ids, .count = count, .out = out};
    if (count == 0)
        return HR_OK;
    memset(out, 0, count * sizeof *out);
    lookup.keys = calloc(count, sizeof *lookup.keys);
    struct hr_student *local = calloc(count, sizeof *local);
    enum hr_status status = HR_OK;
    if (lookup.keys == NULL || local == NULL)
        status = no_memory(error);
    if (status == HR_OK)
        status = ask_local(dynamodb, ids, count, local, error);
    if (status == HR_OK)
        status = look_up(dynamodb, &lookup, local, error);
    if (status != HR_OK)
        for (size_t i = 0; i < count; i++)
            hr_student_clear(&out[i]);
    hr_students_free(local, local != NULL ? count : 0);
    free(lookup.keys);
    return status;
}

static void close_dynamodb(void *context)
{
    struct dynamodb *dynamodb = context;
    hr_dynamodb_schema_clear(&dynamodb->schema);
    free(dynamodb->name);
    free(dynamodb);
}

enum hr_status hr_dynamodb_roster_open(struct hr_roster *out, const struct hr_dynamodb_table *table,
                                       const struct hr_roster *local, struct hr_error *error)
{
    *out = (struct hr_roster){0};
    struct dynamodb *dynamodb = calloc(1, sizeof *dynamodb);
    char *name = hr_text_copy(hr_view_text(table->name));
    if (dynamodb == NULL || name == NULL) {
        free(dynamodb);
        free(name);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for the table '%s'", table->name);
    }
    *dynamodb = (struct dynamodb){.table = *table, .name = name};
    dynamodb->table.name = name;
    if (local != NULL)
        dynamodb->local = *local;
    *out = (struct hr_roster){.get = get, .close = close_dynamodb, .context = dynamodb};
    return HR_OK;
}
