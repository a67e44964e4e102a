/* The machine: its values, its stack, and the walk over the instructions. */
#include "tables/pickle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "tables/pickle_machine.h"

#define BLOCK_VALUES 256

struct hr_pickle_block {
    struct hr_pickle_block *next;
    size_t count;
    struct hr_pickle_value values[BLOCK_VALUES];
};

enum hr_status hr_pickle_fail(struct hr_pickle *pickle, enum hr_status code, const char *format, ...)
{
    char text[HR_ERROR_TEXT_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return hr_error_set(pickle->error, code, "byte %zu: %s", pickle->instruction, text);
}

static enum hr_status out_of_memory(struct hr_pickle *pickle)
{
    return hr_pickle_fail(pickle, HR_ERR_MEMORY, "no memory for the pickle");
}

/* --- values --- */

struct hr_pickle_value *hr_pickle_new(struct hr_pickle *pickle, enum hr_pickle_type type, enum hr_status *status)
{
    if (pickle->value_count == HR_PICKLE_VALUES_MAX) {
        *status = hr_pickle_fail(pickle, HR_ERR_LIMIT, "more than %zu values", HR_PICKLE_VALUES_MAX);
        return NULL;
    }
    struct hr_pickle_block *block = pickle->blocks;
    if (block == NULL || block->count == BLOCK_VALUES) {
        block = calloc(1, sizeof *block);
        if (block == NULL) {
            *status = out_of_memory(pickle);
            return NULL;
        }
        block->next = pickle->blocks;
        pickle->blocks = block;
    }
    pickle->value_count++;
    struct hr_pickle_value *value = &block->values[block->count++];
    value->type = type;
    *status = HR_OK;
    return value;
}

enum hr_status hr_pickle_own(struct hr_pickle *pickle, struct hr_pickle_value *value, size_t size, uint8_t **bytes)
{
    /* One text in the memo may be converted again and again: the sum is what is bounded. */
    if (size > HR_LIMIT_IMPORT_BYTES - pickle->made_bytes)
        return hr_pickle_fail(pickle, HR_ERR_LIMIT, "it unfolds to more than %llu bytes",
                              (unsigned long long)HR_LIMIT_IMPORT_BYTES);
    value->owned = malloc(size + 1);
    if (value->owned == NULL)
        return out_of_memory(pickle);
    pickle->made_bytes += size;
    value->text = hr_view_of(value->owned, size);
    *bytes = value->owned;
    return HR_OK;
}

/* Room for one pointer more than `used`, doubling. */
static bool grow(struct hr_pickle_value ***items, size_t *capacity, size_t need)
{
    if (need <= *capacity)
        return true;
    size_t wanted = *capacity < 8 ? 8 : *capacity, size;
    while (wanted < need)
        wanted *= 2; /* need is below 2^32: no overflow */
    if (!hr_size_multiply(wanted, sizeof **items, &size))
        return false;
    struct hr_pickle_value **grown = realloc(*items, size);
    if (grown == NULL)
        return false;
    *items = grown;
    *capacity = wanted;
    return true;
}

enum hr_status hr_pickle_add_items(struct hr_pickle *pickle, struct hr_pickle_value *to,
                                   struct hr_pickle_value *const *items, size_t count)
{
    if (count == 0)
        return HR_OK;
    if (!grow(&to->items, &to->capacity, to->count + count))
        return out_of_memory(pickle);
    memcpy(to->items + to->count, items, count * sizeof *items);
    to->count += count;
    return HR_OK;
}

/* --- the stack --- */

enum hr_status hr_pickle_push(struct hr_pickle *pickle, struct hr_pickle_value *value)
{
    if (pickle->depth == HR_PICKLE_STACK_MAX)
        return hr_pickle_fail(pickle, HR_ERR_LIMIT, "more than %zu values on the stack", HR_PICKLE_STACK_MAX);
    if (!grow(&pickle->stack, &pickle->stack_capacity, pickle->depth + 1))
        return out_of_memory(pickle);
    pickle->stack[pickle->depth++] = value;
    return HR_OK;
}

enum hr_status hr_pickle_top(struct hr_pickle *pickle, struct hr_pickle_value **out)
{
    if (pickle->depth == 0 || pickle->stack[pickle->depth - 1] == NULL)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "it takes a value that is not there");
    *out = pickle->stack[pickle->depth - 1];
    return HR_OK;
}

enum hr_status hr_pickle_pop(struct hr_pickle *pickle, struct hr_pickle_value **out)
{
    enum hr_status status = hr_pickle_top(pickle, out);
    if (status == HR_OK)
        pickle->depth--;
    return status;
}

enum hr_status hr_pickle_pop_mark(struct hr_pickle *pickle, struct hr_pickle_value ***items, size_t *count)
{
    size_t at = pickle->depth;
    while (at > 0 && pickle->stack[at - 1] != NULL)
        at--;
    if (at == 0)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "it goes back to a mark that is not there");
    *items = pickle->stack + at;
    *count = pickle->depth - at;
    pickle->depth = at - 1;
    return HR_OK;
}

enum hr_status hr_pickle_reach(struct hr_pickle *pickle, size_t place)
{
    if (!grow(&pickle->memo, &pickle->memo_capacity, place + 1))
        return out_of_memory(pickle);
    while (pickle->memo_count <= place)
        pickle->memo[pickle->memo_count++] = NULL;
    return HR_OK;
}

/* --- the whole --- */

static enum hr_status run(struct hr_pickle *pickle)
{
    for (;;) {
        pickle->instruction = pickle->at;
        if (pickle->at == pickle->bytes.size)
            return hr_pickle_fail(pickle, HR_ERR_FORMAT, "it ends too early");
        enum hr_status status = hr_pickle_execute(pickle, pickle->bytes.data[pickle->at++]);
        if (status != HR_OK)
            return status == HR_END ? HR_OK : status;
    }
}

enum hr_status hr_pickle_read(struct hr_pickle **out, struct hr_view bytes, const struct hr_pickle_value **root,
                              struct hr_error *error)
{
    *out = NULL;
    if (bytes.size > HR_LIMIT_IMPORT_BYTES)
        return hr_error_set(error, HR_ERR_LIMIT, "%zu bytes, the limit is %llu", bytes.size,
                            (unsigned long long)HR_LIMIT_IMPORT_BYTES);
    struct hr_pickle *pickle = calloc(1, sizeof *pickle);
    if (pickle == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a pickle");
    pickle->bytes = bytes;
    pickle->error = error;
    struct hr_pickle_value *top = NULL;
    enum hr_status status = run(pickle);
    if (status == HR_OK)
        status = hr_pickle_pop(pickle, &top);
    pickle->error = NULL;
    if (status != HR_OK) {
        hr_pickle_free(pickle);
        return status;
    }
    *root = top;
    *out = pickle;
    return HR_OK;
}

void hr_pickle_free(struct hr_pickle *pickle)
{
    if (pickle == NULL)
        return;
    while (pickle->blocks != NULL) {
        struct hr_pickle_block *block = pickle->blocks;
        pickle->blocks = block->next;
        for (size_t i = 0; i < block->count; i++) {
            free(block->values[i].items);
            free(block->values[i].owned);
        }
        free(block);
    }
    free(pickle->stack);
    free(pickle->memo);
    free(pickle);
}

/* --- looking into what was read --- */

static bool is_text(const struct hr_pickle_value *value, const char *text)
{
    return (value->type == HR_PICKLE_TEXT || value->type == HR_PICKLE_BYTES) &&
           hr_view_equal(value->text, hr_view_text(text));
}

const struct hr_pickle_value *hr_pickle_get(const struct hr_pickle_value *dict, const char *key)
{
    if (dict->type != HR_PICKLE_DICT)
        return NULL;
    for (size_t i = dict->count; i >= 2; i -= 2)
        if (is_text(dict->items[i - 2], key))
            return dict->items[i - 1];
    return NULL;
}

size_t hr_pickle_numbers(const struct hr_pickle_value *value)
{
    if (value->type == HR_PICKLE_ARRAY && value->filled && value->rows == 0)
        return value->text.size / (size_t)value->items[0]->integer;
    if (value->type != HR_PICKLE_LIST && value->type != HR_PICKLE_TUPLE)
        return SIZE_MAX;
    for (size_t i = 0; i < value->count; i++)
        if (value->items[i]->type != HR_PICKLE_REAL && value->items[i]->type != HR_PICKLE_INTEGER)
            return SIZE_MAX;
    return value->count;
}

/* Of an array of any dimensions, in the order in which its bytes lie. */
static double stored_number(const struct hr_pickle_value *value, size_t index)
{
    const struct hr_pickle_value *dtype = value->items[0];
    size_t size = (size_t)dtype->integer;
    const uint8_t *bytes = value->text.data + index * size;
    uint64_t bits = 0;
    for (size_t i = 0; i < size; i++)
        bits = bits << 8 | bytes[dtype->big_endian ? i : size - 1 - i];
    if (size == sizeof(double)) {
        double number;
        memcpy(&number, &bits, sizeof number);
        return number;
    }
    float number;
    uint32_t half = (uint32_t)bits;
    memcpy(&number, &half, sizeof number);
    return (double)number;
}

double hr_pickle_number(const struct hr_pickle_value *value, size_t index)
{
    if (value->type == HR_PICKLE_ARRAY)
        return stored_number(value, index);
    const struct hr_pickle_value *item = value->items[index];
    return item->type == HR_PICKLE_REAL ? item->real : (double)item->integer;
}

size_t hr_pickle_row_numbers(const struct hr_pickle_value *value)
{
    return value->text.size / (size_t)value->items[0]->integer / value->rows;
}

double hr_pickle_row_number(const struct hr_pickle_value *value, size_t row, size_t index)
{
    return stored_number(value,
                         value->by_columns ? index * value->rows + row : row * hr_pickle_row_numbers(value) + index);
}
