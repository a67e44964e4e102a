/* The `encoding` file of the replaced system: names and vectors, side by side. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/plural.h"
#include "base/wipe.h"
#include "roster/student.h"
#include "tables/import.h"
#include "tables/pickle.h"

#define VECTOR_NUMBERS_MAX (HR_LIMIT_FACE_VECTOR_BYTES / sizeof(float))

void hr_encodings_free(struct hr_encoding *encodings, size_t count)
{
    for (size_t i = 0; encodings != NULL && i < count; i++) {
        free(encodings[i].name);
        hr_wipe_free(encodings[i].vector, encodings[i].size * sizeof *encodings[i].vector);
    }
    free(encodings);
}

static enum hr_status read_name(const struct hr_pickle_value *value, struct hr_encoding *out, struct hr_error *error)
{
    if (value->type != HR_PICKLE_TEXT && value->type != HR_PICKLE_BYTES)
        return hr_error_set(error, HR_ERR_FORMAT, "its name is not text");
    if (value->text.size == 0)
        return hr_error_set(error, HR_ERR_FORMAT, "its name is empty");
    enum hr_status status = hr_cell_check(value->text, "name", error);
    if (status != HR_OK)
        return status;
    out->name = hr_text_copy(value->text);
    return out->name != NULL ? HR_OK : hr_error_set(error, HR_ERR_MEMORY, "no memory for a name");
}

/* A name and a vector that belong together, wherever they stand in the pickle. */
struct entry {
    const struct hr_pickle_value *name;
    const struct hr_pickle_value *vector;
    size_t row; /* of a vector that is a row of an array of two dimensions */
};

struct entries {
    struct entry *items; /* owned */
    size_t count, capacity;
};

static size_t vector_size(const struct entry *entry)
{
    return entry->vector->rows > 0 ? hr_pickle_row_numbers(entry->vector) : hr_pickle_numbers(entry->vector);
}

static double vector_number(const struct entry *entry, size_t index)
{
    return entry->vector->rows > 0 ? hr_pickle_row_number(entry->vector, entry->row, index)
                                   : hr_pickle_number(entry->vector, index);
}

static enum hr_status read_vector(const struct entry *entry, struct hr_encoding *out, struct hr_error *error)
{
    size_t size = vector_size(entry);
    if (size == SIZE_MAX || size == 0)
        return hr_error_set(error, HR_ERR_FORMAT, "its vector is not an array of numbers");
    if (size > VECTOR_NUMBERS_MAX)
        return hr_error_set(error, HR_ERR_LIMIT, "its vector has %zu numbers, more than the limit of %zu", size,
                            VECTOR_NUMBERS_MAX);
    out->vector = malloc(size * sizeof *out->vector);
    if (out->vector == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a vector");
    out->size = size;
    for (size_t i = 0; i < size; i++) {
        double number = vector_number(entry, i);
        if (!(fabs(number) <= (double)FLT_MAX))
            return hr_error_set(error, HR_ERR_FORMAT, "its number %zu is infinite, or not a number at all", i + 1);
        out->vector[i] = (float)number;
    }
    return HR_OK;
}

/* Fills encodings[0..count). What is filled so far can be freed whatever happens. */
static enum hr_status read_entries(const struct entries *entries, struct hr_encoding *encodings, struct hr_error *error)
{
    /* The same array may stand in the list a million times: the sum is what is bounded. */
    size_t left = HR_LIMIT_IMPORT_BYTES;
    for (size_t i = 0; i < entries->count; i++) {
        const struct entry *entry = &entries->items[i];
        enum hr_status status = read_name(entry->name, &encodings[i], error);
        if (status == HR_OK)
            status = read_vector(entry, &encodings[i], error);
        if (status != HR_OK)
            return hr_error_prefix(error, "entry %zu", i + 1);
        size_t size = entry->name->text.size + encodings[i].size * sizeof(float);
        if (size > left)
            return hr_error_set(error, HR_ERR_LIMIT, "it unfolds to more than %llu bytes",
                                (unsigned long long)HR_LIMIT_IMPORT_BYTES);
        left -= size;
    }
    return HR_OK;
}

/* --- the shapes in which people keep them --- */

static bool is_list(const struct hr_pickle_value *value)
{
    return value != NULL && (value->type == HR_PICKLE_LIST || value->type == HR_PICKLE_TUPLE);
}

static bool is_text(const struct hr_pickle_value *value)
{
    return value->type == HR_PICKLE_TEXT || value->type == HR_PICKLE_BYTES;
}

static bool is_matrix(const struct hr_pickle_value *value)
{
    return value->type == HR_PICKLE_ARRAY && value->filled && value->rows > 0;
}

static enum hr_status add(struct entries *entries, const struct hr_pickle_value *name,
                          const struct hr_pickle_value *vector, size_t row, struct hr_error *error)
{
    if (entries->count == HR_LIMIT_GALLERY_VECTORS)
        return hr_error_set(error, HR_ERR_LIMIT, "more encodings than the limit of %d", HR_LIMIT_GALLERY_VECTORS);
    if (entries->count == entries->capacity) {
        size_t capacity = entries->capacity > 0 ? 2 * entries->capacity : 64;
        struct entry *items = reallocarray(entries->items, capacity, sizeof *items);
        if (items == NULL)
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu encodings", capacity);
        entries->items = items;
        entries->capacity = capacity;
    }
    entries->items[entries->count++] = (struct entry){name, vector, row};
    return HR_OK;
}

/* One vector, or the rows of an array. */
static enum hr_status add_rows(struct entries *entries, const struct hr_pickle_value *name,
                               const struct hr_pickle_value *value, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    if (!is_matrix(value))
        return add(entries, name, value, 0, error);
    for (size_t row = 0; status == HR_OK && row < value->rows; row++)
        status = add(entries, name, value, row, error);
    return status;
}

/* All vectors of one person: one, or several in an array or a list. */
static enum hr_status add_all(struct entries *entries, const struct hr_pickle_value *name,
                              const struct hr_pickle_value *value, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    if (!is_list(value) || hr_pickle_numbers(value) != SIZE_MAX)
        return add_rows(entries, name, value, error);
    for (size_t i = 0; status == HR_OK && i < value->count; i++)
        status = add_rows(entries, name, value->items[i], error);
    return status;
}

/* A list of names and as many vectors, in a list or as the rows of an array. */
static enum hr_status add_pairs(struct entries *entries, const struct hr_pickle_value *names,
                                const struct hr_pickle_value *vectors, struct hr_error *error)
{
    bool matrix = is_matrix(vectors);
    size_t count = matrix ? vectors->rows : vectors->count;
    enum hr_status status = HR_OK;
    if (names->count != count)
        return hr_error_set(error, HR_ERR_FORMAT, "%zu name%s but %zu encoding%s", names->count,
                            hr_plural(names->count), count, hr_plural(count));
    for (size_t i = 0; status == HR_OK && i < count; i++)
        status = matrix ? add(entries, names->items[i], vectors, i, error)
                        : add_all(entries, names->items[i], vectors->items[i], error);
    return status;
}

/* What the list of names, and that of vectors, is called in programs that people copy from each other. */
static const char *const name_keys[] = {"name", "names", "known_face_names", "known_names", "labels", NULL};
static const char *const vector_keys[] = {"encoding",        "encodings",  "known_face_encodings",
                                          "known_encodings", "embeddings", NULL};

static const struct hr_pickle_value *find(const struct hr_pickle_value *dict, const char *const *keys)
{
    const struct hr_pickle_value *value = NULL;
    for (; value == NULL && *keys != NULL; keys++)
        value = hr_pickle_get(dict, *keys);
    return value;
}

/* Texts alone. */
static bool is_of_texts(const struct hr_pickle_value *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (!is_text(list->items[i]))
            return false;
    return list->count > 0;
}

/* {name: vector}, {name: [vector, ...]} */
static enum hr_status add_people(struct entries *entries, const struct hr_pickle_value *dict, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i + 1 < dict->count; i += 2)
        status = add_all(entries, dict->items[i], dict->items[i + 1], error);
    return status;
}

/* [{'name': ..., 'encoding': ...}, ...], [(name, vector), ...] */
static enum hr_status add_records(struct entries *entries, const struct hr_pickle_value *list, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    for (size_t i = 0; status == HR_OK && i < list->count; i++) {
        const struct hr_pickle_value *record = list->items[i];
        const struct hr_pickle_value *name = find(record, name_keys), *vector = find(record, vector_keys);
        if (is_list(record) && record->count == 2) {
            size_t at = is_text(record->items[0]) ? 0 : 1;
            name = record->items[at];
            vector = record->items[1 - at];
        }
        if (name == NULL || vector == NULL)
            return hr_error_set(error, HR_ERR_FORMAT, "its entry %zu is not a name with its vectors", i + 1);
        status = add_all(entries, name, vector, error);
    }
    return status;
}

static enum hr_status add_root(struct entries *entries, const struct hr_pickle_value *root, struct hr_error *error)
{
    const struct hr_pickle_value *names = find(root, name_keys), *vectors = find(root, vector_keys);
    if (is_list(root) && root->count == 2 && is_list(root->items[0]) && is_of_texts(root->items[0])) {
        names = root->items[0];
        vectors = root->items[1];
    } else if (is_list(root) && root->count == 2 && is_list(root->items[1]) && is_of_texts(root->items[1])) {
        names = root->items[1];
        vectors = root->items[0];
    }
    if (is_list(names) && vectors != NULL && (is_list(vectors) || is_matrix(vectors)))
        return add_pairs(entries, names, vectors, error);
    if (root->type == HR_PICKLE_DICT && root->count > 0 && names == NULL && vectors == NULL)
        return add_people(entries, root, error);
    if (is_list(root))
        return add_records(entries, root, error);
    return hr_error_set(error, HR_ERR_FORMAT,
                        "a pickle, but not a dict with the lists 'name' and 'encoding', nor another of the "
                        "known shapes: {'names': [...], 'encodings': [...]}, {name: vector or vectors}, a list "
                        "of names and one of vectors");
}

enum hr_status hr_import_encoding(struct hr_view bytes, struct hr_encoding **out, size_t *count, struct hr_error *error)
{
    struct hr_pickle *pickle = NULL;
    const struct hr_pickle_value *root = NULL;
    struct entries entries = {0};
    struct hr_encoding *encodings = NULL;
    *out = NULL;
    *count = 0;
    enum hr_status status = hr_pickle_read(&pickle, bytes, &root, error);
    if (status != HR_OK)
        return status;
    status = add_root(&entries, root, error);
    if (status != HR_OK)
        goto out;
    encodings = calloc(entries.count + 1, sizeof *encodings);
    if (encodings == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu encodings", entries.count);
        goto out;
    }
    status = read_entries(&entries, encodings, error);
    if (status != HR_OK)
        goto out;
    *out = encodings;
    *count = entries.count;
    encodings = NULL;
out:
    hr_encodings_free(encodings, encodings != NULL ? entries.count : 0);
    free(entries.items);
    hr_pickle_free(pickle);
    return status;
}
