#include "base/json.h"

#include <jansson.h>
#include <math.h>

#include "base/text.h"

/* struct hr_json is never defined: a pointer to it is a json_t pointer. */
static json_t *inside(const struct hr_json *value)
{
    return (json_t *)value;
}

static struct hr_json *outside(json_t *value)
{
    return (struct hr_json *)value;
}

enum hr_status hr_json_parse(struct hr_json **out, struct hr_view text, struct hr_error *error)
{
    json_error_t reason;
    json_t *value = json_loadb((const char *)text.data, text.size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &reason);
    /* jansson says nothing where memory was out. */
    if (value == NULL && reason.text[0] == '\0')
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for JSON");
    if (value == NULL)
        return hr_error_set(error, HR_ERR_FORMAT, "JSON, line %d, column %d: %s", reason.line, reason.column,
                            reason.text);
    *out = outside(value);
    return HR_OK;
}

void hr_json_free(struct hr_json *value)
{
    json_decref(inside(value));
}

struct hr_json *hr_json_share(const struct hr_json *value)
{
    return outside(json_incref((json_t *)(uintptr_t)value));
}

struct hr_json *hr_json_object_new(void)
{
    return outside(json_object());
}

struct hr_json *hr_json_array_new(void)
{
    return outside(json_array());
}

struct hr_json *hr_json_text_new(const char *utf8)
{
    return outside(utf8 != NULL ? json_string(utf8) : json_null());
}

struct hr_json *hr_json_any_text_new(const char *text)
{
    struct hr_buffer clean;
    if (text == NULL)
        return hr_json_text_new(NULL);
    hr_buffer_init(&clean, 1u << 16);
    hr_buffer_append_utf8(&clean, text);
    struct hr_json *json = clean.failed ? NULL : hr_json_text_new(hr_buffer_text(&clean));
    hr_buffer_clear(&clean);
    return json;
}

struct hr_json *hr_json_integer_new(int64_t number)
{
    return outside(json_integer(number));
}

struct hr_json *hr_json_real_new(double number)
{
    return outside(isfinite(number) ? json_real(number) : json_null());
}

struct hr_json *hr_json_boolean_new(bool value)
{
    return outside(json_boolean(value));
}

bool hr_json_set(struct hr_json *object, const char *key, struct hr_json *value)
{
    /* json_object_set_new refuses NULL and frees `value` when it fails. */
    return json_object_set_new(inside(object), key, inside(value)) == 0;
}

bool hr_json_append(struct hr_json *array, struct hr_json *value)
{
    return json_array_append_new(inside(array), inside(value)) == 0;
}

enum hr_json_type hr_json_type(const struct hr_json *value)
{
    if (value == NULL)
        return HR_JSON_NULL;
    switch (json_typeof(inside(value))) {
    case JSON_OBJECT:
        return HR_JSON_OBJECT;
    case JSON_ARRAY:
        return HR_JSON_ARRAY;
    case JSON_STRING:
        return HR_JSON_STRING;
    case JSON_INTEGER:
        return HR_JSON_INTEGER;
    case JSON_REAL:
        return HR_JSON_REAL;
    case JSON_TRUE:
    case JSON_FALSE:
        return HR_JSON_BOOLEAN;
    default:
        return HR_JSON_NULL;
    }
}

const struct hr_json *hr_json_get(const struct hr_json *object, const char *key)
{
    return outside(json_object_get(inside(object), key));
}

size_t hr_json_size(const struct hr_json *array_or_object)
{
    json_t *value = inside(array_or_object);
    return json_is_object(value) ? json_object_size(value) : json_array_size(value);
}

const struct hr_json *hr_json_at(const struct hr_json *array, size_t index)
{
    return outside(json_array_get(inside(array), index));
}

const struct hr_json *hr_json_member(const struct hr_json *object, size_t index, const char **key)
{
    json_t *inner = inside(object);
    for (void *step = json_object_iter(inner); step != NULL; step = json_object_iter_next(inner, step)) {
        if (index-- == 0) {
            *key = json_object_iter_key(step);
            return outside(json_object_iter_value(step));
        }
    }
    return NULL;
}

const char *hr_json_text(const struct hr_json *value)
{
    return json_string_value(inside(value));
}

double hr_json_number(const struct hr_json *value)
{
    return json_number_value(inside(value));
}

int64_t hr_json_integer(const struct hr_json *value)
{
    return json_integer_value(inside(value));
}

bool hr_json_boolean(const struct hr_json *value)
{
    return json_is_true(inside(value));
}

static int append_to_buffer(const char *bytes, size_t size, void *context)
{
    struct hr_buffer *buffer = context;
    hr_buffer_append(buffer, hr_view_of(bytes, size));
    return buffer->failed ? -1 : 0;
}

/* jansson cuts no character in two; outside of texts there is none to escape. */
static int print_to_buffer(const char *bytes, size_t size, void *context)
{
    struct hr_buffer *buffer = context;
    struct hr_view left = hr_view_of(bytes, size);
    int32_t letter;
    for (size_t step; (step = hr_text_letter(left, &letter)) > 0;) {
        if (hr_letter_is_control(letter) && letter != '\n')
            hr_buffer_append_format(buffer, "\\u%04x", (unsigned)letter);
        else
            hr_buffer_append(buffer, hr_view_of(left.data, step));
        left = hr_view_of(left.data + step, left.size - step);
    }
    return buffer->failed ? -1 : 0;
}

static enum hr_status dump(const struct hr_json *value, bool pretty, json_dump_callback_t append, struct hr_buffer *out,
                           struct hr_error *error)
{
    size_t flags = JSON_ENCODE_ANY | JSON_REAL_PRECISION(6) | (pretty ? JSON_INDENT(2) : JSON_COMPACT);
    if (value != NULL && json_dump_callback(inside(value), append, out, flags) == 0)
        return HR_OK;
    /* Where the buffer is not the reason, memory was out: when the value was made, or for jansson's
     * own notes while it walks the value. */
    enum hr_status status = hr_buffer_check(out, error);
    return status != HR_OK ? status : hr_error_set(error, HR_ERR_MEMORY, "no memory for JSON");
}

enum hr_status hr_json_write(const struct hr_json *value, bool pretty, struct hr_buffer *out, struct hr_error *error)
{
    return dump(value, pretty, append_to_buffer, out, error);
}

enum hr_status hr_json_print(const struct hr_json *value, bool pretty, struct hr_buffer *out, struct hr_error *error)
{
    return dump(value, pretty, print_to_buffer, out, error);
}
