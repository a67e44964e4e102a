/* Inside the pickle reader only: the machine that its three parts share. */
#ifndef HR_TABLES_PICKLE_MACHINE_H
#define HR_TABLES_PICKLE_MACHINE_H

#include "tables/pickle.h"

struct hr_pickle_block; /* of values; they never move */

struct hr_pickle {
    struct hr_view bytes; /* borrowed */
    size_t at;            /* of the next byte */
    size_t instruction;   /* where the one in work begins: for errors */

    struct hr_pickle_value **stack; /* a NULL in it is a mark */
    size_t depth;
    size_t stack_capacity;

    struct hr_pickle_value **memo; /* NULL: nothing was put there */
    size_t memo_count;             /* one more than the largest place used */
    size_t memo_capacity;

    struct hr_pickle_block *blocks; /* owned, newest first */
    size_t value_count;
    size_t made_bytes; /* sum of all `owned` */

    struct hr_error *error; /* the caller's; may be NULL */
};

/* Set the error "byte N: ..." and return its code. */
enum hr_status hr_pickle_fail(struct hr_pickle *pickle, enum hr_status code, const char *format, ...) HR_PRINTF(3, 4);

/* A new value, owned by the pickle; NULL with the error set. */
struct hr_pickle_value *hr_pickle_new(struct hr_pickle *pickle, enum hr_pickle_type type, enum hr_status *status);
/* `size` bytes that `value` owns and `value->text` shows. */
enum hr_status hr_pickle_own(struct hr_pickle *pickle, struct hr_pickle_value *value, size_t size,
                             uint8_t **bytes) HR_MUST_USE;
enum hr_status hr_pickle_add_items(struct hr_pickle *pickle, struct hr_pickle_value *to,
                                   struct hr_pickle_value *const *items, size_t count) HR_MUST_USE;

enum hr_status hr_pickle_push(struct hr_pickle *pickle, struct hr_pickle_value *value) HR_MUST_USE;
/* The topmost value, which stays. FORMAT when there is none above the topmost mark. */
enum hr_status hr_pickle_top(struct hr_pickle *pickle, struct hr_pickle_value **out) HR_MUST_USE;
enum hr_status hr_pickle_pop(struct hr_pickle *pickle, struct hr_pickle_value **out) HR_MUST_USE;
/* The values above the topmost mark, which goes with them: borrowed until the next push. */
enum hr_status hr_pickle_pop_mark(struct hr_pickle *pickle, struct hr_pickle_value ***items, size_t *count) HR_MUST_USE;

/* Makes the memo reach as far as `place`; what was not there is NULL. */
enum hr_status hr_pickle_reach(struct hr_pickle *pickle, size_t place) HR_MUST_USE;

/* What follows an instruction (pickle_input.c). Each is FORMAT when the input ends before. */
enum hr_status hr_pickle_take(struct hr_pickle *pickle, size_t size, struct hr_view *out) HR_MUST_USE;
/* A line without its end. */
enum hr_status hr_pickle_take_line(struct hr_pickle *pickle, struct hr_view *out) HR_MUST_USE;
/* An unsigned integer of 1 to 8 bytes, the lowest first. */
enum hr_status hr_pickle_take_unsigned(struct hr_pickle *pickle, size_t width, uint64_t *out) HR_MUST_USE;
/* Bytes behind their length, which has `width` bytes. */
enum hr_status hr_pickle_take_counted(struct hr_pickle *pickle, size_t width, struct hr_view *out) HR_MUST_USE;
/* A line as a C string for strtoll. */
enum hr_status hr_pickle_take_number_text(struct hr_pickle *pickle, char *text, size_t room) HR_MUST_USE;
/* Python's raw-unicode-escape as UTF-8: `out` has room for twice the line (a byte of Latin-1
 * becomes two, an escape never more than it has). False when an escape is damaged. */
bool hr_pickle_unescape_unicode(struct hr_view line, uint8_t *out, size_t *size) HR_MUST_USE;
/* One letter as up to 4 bytes; returns how many. */
size_t hr_pickle_write_utf8(uint32_t code, uint8_t *out);
/* A Python 2 str as repr() writes it, without its quotes: `out` has room for its size. */
bool hr_pickle_unescape_repr(struct hr_view text, uint8_t *out, size_t *size) HR_MUST_USE;

/* The instruction whose byte was read (pickle_ops.c). HR_END: it was the last one, STOP. */
enum hr_status hr_pickle_execute(struct hr_pickle *pickle, uint8_t code) HR_MUST_USE;

/* The three things that make objects (pickle_numpy.c): find a function by name, "call" it, and give
 * an object its state. */
enum hr_status hr_pickle_find_global(struct hr_pickle *pickle, struct hr_view module, struct hr_view name,
                                     struct hr_pickle_value **out) HR_MUST_USE;
enum hr_status hr_pickle_reduce(struct hr_pickle *pickle, const struct hr_pickle_value *function,
                                const struct hr_pickle_value *arguments, struct hr_pickle_value **out) HR_MUST_USE;
enum hr_status hr_pickle_build(struct hr_pickle *pickle, struct hr_pickle_value *object,
                               struct hr_pickle_value *state) HR_MUST_USE;

#endif
