/* The `encoding` file of the replaced system: names and vectors, side by side. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/limits.h"
#include "roster/database.h"
#include "roster/import.h"
#include "roster/pickle.h"
#include "roster/student.h"

#define VECTOR_NUMBERS_MAX (HR_FACE_VECTOR_BYTES_MAX / sizeof(float))

void hr_encodings_free(struct hr_encoding *encodings, size_t count)
{
    for (size_t i = 0; encodings != NULL && i < count; i++) {
        free(encodings[i].name);
        free(encodings[i].vector);
    }
    free(encodings);
}

static enum hr_status read_name(const struct hr_pickle_value *value, struct hr_encoding *out,
                                struct hr_error *error)
{
    if (value->type != HR_PICKLE_TEXT && value->type != HR_PICKLE_BYTES)
        return hr_error_set(error, HR_ERR_FORMAT, "its name is no text");
    if (value->text.size == 0)
        return hr_error_set(error, HR_ERR_FORMAT, "its name is empty");
    enum hr_status status = hr_cell_check(value->text, "name", error);
    if (status != HR_OK)
        return status;
    out->name = hr_text_copy(value->text);
    return out->name != NULL ? HR_OK : hr_error_set(error, HR_ERR_MEMORY, "no memory for a name");
}

static enum hr_status read_vector(const struct hr_pickle_value *value, struct hr_encoding *out,
                                  struct hr_error *error)
{
    if (value->count > VECTOR_NUMBERS_MAX || value->text.size > VECTOR_NUMBERS_MAX * sizeof(double))
        return hr_error_set(error, HR_ERR_LIMIT, "its vector is longer than %zu numbers",
                            VECTOR_NUMBERS_MAX);
    size_t size = hr_pickle_numbers(value);
    if (size == SIZE_MAX || size == 0)
        return hr_error_set(error, HR_ERR_FORMAT, "its vector is no array of numbers");
    if (size > VECTOR_NUMBERS_MAX)
        return hr_error_set(error, HR_ERR_LIMIT, "its vector has %zu numbers, %zu are possible",
                            size, VECTOR_NUMBERS_MAX);
    out->vector = malloc(size * sizeof *out->vector);
    if (out->vector == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a vector");
    out->size = size;
    for (size_t i = 0; i < size; i++) {
        double number = hr_pickle_number(value, i);
        if (!(fabs(number) <= (double)FLT_MAX))
            return hr_error_set(error, HR_ERR_FORMAT,
                                "its number %zu is infinite, or not a number at all", i + 1);
        out->vector[i] = (float)number;
    }
    return HR_OK;
}

/* Fills encodings[0..count). What is filled so far can be freed whatever happens. */
static enum hr_status read_entries(const struct hr_pickle_value *names,
                                   const struct hr_pickle_value *vectors,
                                   struct hr_encoding *encodings, struct hr_error *error)
{
    /* The same array may stand in the list a million times: the sum is what is bounded. */
    size_t left = HR_LIMIT_IMPORT_BYTES;
    for (size_t i = 0; i < names->count; i++) {
        enum hr_status status = read_name(names->items[i], &encodings[i], error);
        if (status == HR_OK)
            status = read_vector(vectors->items[i], &encodings[i], error);
        if (status != HR_OK)
            return hr_error_prefix(error, "entry %zu", i + 1);
        size_t size = names->items[i]->text.size + encodings[i].size * sizeof(float);
        if (size > left)
            return hr_error_set(error, HR_ERR_LIMIT, "it unfolds to more than %llu bytes",
                                (unsigned long long)HR_LIMIT_IMPORT_BYTES);
        left -= size;
    }
    return HR_OK;
}

static bool is_list(const struct hr_pickle_value *value)
{
    return value != NULL && (value->type == HR_PICKLE_LIST || value->type == HR_PICKLE_TUPLE);
}

/* The two lists, equally long. */
static enum hr_status find_lists(const struct hr_pickle_value *root,
                                 const struct hr_pickle_value **names,
                                 const struct hr_pickle_value **vectors, struct hr_error *error)
{
    *names = hr_pickle_get(root, "name");
    *vectors = hr_pickle_get(root, "encoding");
    if (!is_list(*names) || !is_list(*vectors))
        return hr_error_set(error, HR_ERR_FORMAT,
                            "a pickle, but not a dict with the lists 'name' and 'encoding'");
    if ((*names)->count != (*vectors)->count)
        return hr_error_set(error, HR_ERR_FORMAT, "%zu names but %zu encodings", (*names)->count,
                            (*vectors)->count);
    if ((*names)->count > HR_LIMIT_GALLERY_VECTORS)
        return hr_error_set(error, HR_ERR_LIMIT, "%zu encodings, %d are possible", (*names)->count,
                            HR_LIMIT_GALLERY_VECTORS);
    return HR_OK;
}

enum hr_status hr_import_encoding(struct hr_view bytes, struct hr_encoding **out, size_t *count,
                                  struct hr_error *error)
{
    struct hr_pickle *pickle = NULL;
    const struct hr_pickle_value *root = NULL, *names, *vectors;
    struct hr_encoding *encodings = NULL;
    *out = NULL;
    *count = 0;
    enum hr_status status = hr_pickle_read(&pickle, bytes, &root, error);
    if (status != HR_OK)
        return status;
    status = find_lists(root, &names, &vectors, error);
    if (status != HR_OK)
        goto out;
    encodings = calloc(names->count + 1, sizeof *encodings);
    if (encodings == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu encodings", names->count);
        goto out;
    }
    status = read_entries(names, vectors, encodings, error);
    if (status != HR_OK)
        goto out;
    *out = encodings;
    *count = names->count;
    encodings = NULL;
out:
    hr_encodings_free(encodings, encodings != NULL ? names->count : 0);
    hr_pickle_free(pickle);
    return status;
}
