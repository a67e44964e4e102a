/* JSON values: a thin border around jansson, so that its header stays in one room.
 *
 * A value made by hr_json_*_new or hr_json_parse belongs to the caller until it is handed to
 * hr_json_set/hr_json_append (which take it, also on failure) or freed by hr_json_free. Values
 * found by hr_json_get/hr_json_at are borrowed. Object keys keep the order in which they were set.
 */
#ifndef HR_BASE_JSON_H
#define HR_BASE_JSON_H

#include "base/buffer.h"
#include "base/status.h"
#include "base/view.h"

struct hr_json; /* opaque */

enum hr_json_type {
    HR_JSON_NULL,
    HR_JSON_BOOLEAN,
    HR_JSON_INTEGER,
    HR_JSON_REAL,
    HR_JSON_STRING,
    HR_JSON_ARRAY,
    HR_JSON_OBJECT
};

/* Duplicate keys are refused; depth is bounded by jansson (2048). Error text gives line and column.
 */
enum hr_status hr_json_parse(struct hr_json **out, struct hr_view text, struct hr_error *error) HR_MUST_USE;
void hr_json_free(struct hr_json *value);

/* The same value once more, for another container: neither is changed from then on. */
struct hr_json *hr_json_share(const struct hr_json *value);

/* NULL when out of memory (setters accept that and mark their container failed through their
 * result). */
struct hr_json *hr_json_object_new(void);
struct hr_json *hr_json_array_new(void);
struct hr_json *hr_json_text_new(const char *utf8); /* NULL gives the JSON null */
/* The same of at most 64 KiB that may not be UTF-8: what is not becomes U+FFFD. */
struct hr_json *hr_json_any_text_new(const char *text);
struct hr_json *hr_json_integer_new(int64_t number);
struct hr_json *hr_json_real_new(double number); /* not finite: null */
struct hr_json *hr_json_boolean_new(bool value);

/* Return false when anything was NULL, out of memory or not UTF-8. */
bool hr_json_set(struct hr_json *object, const char *key, struct hr_json *value);
bool hr_json_append(struct hr_json *array, struct hr_json *value);

enum hr_json_type hr_json_type(const struct hr_json *value); /* NULL gives HR_JSON_NULL */
const struct hr_json *hr_json_get(const struct hr_json *object, const char *key);
size_t hr_json_size(const struct hr_json *array_or_object);
const struct hr_json *hr_json_at(const struct hr_json *array, size_t index);
/* The index-th member of an object in order; *key is borrowed. O(index). NULL past the end. */
const struct hr_json *hr_json_member(const struct hr_json *object, size_t index, const char **key);
const char *hr_json_text(const struct hr_json *value); /* NULL when not a string */
double hr_json_number(const struct hr_json *value);    /* 0 when not a number */
int64_t hr_json_integer(const struct hr_json *value);  /* 0 when not an integer */
bool hr_json_boolean(const struct hr_json *value);

/* `pretty`: two spaces of indentation; else one line. Reals carry at most 6 significant digits.
 * LIMIT when the buffer's cap is passed, MEMORY when memory is out or `value` is NULL. */
enum hr_status hr_json_write(const struct hr_json *value, bool pretty, struct hr_buffer *out,
                             struct hr_error *error) HR_MUST_USE;
/* The same for what leaves the program (answers, logs, reports): what could steer a terminal (hr_letter_is_control) is
 * written as \\uXXXX, which means the same. */
enum hr_status hr_json_print(const struct hr_json *value, bool pretty, struct hr_buffer *out,
                             struct hr_error *error) HR_MUST_USE;
#endif
