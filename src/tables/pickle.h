/* A reader of Python's pickle format (protocols 0 to 5, pickletools.py) for data alone.
 *
 * A pickle is a program for a small stack machine, and two of its instructions call any Python
 * function by name. This machine knows the instructions that build numbers, texts, bytes, tuples,
 * lists, dicts and numpy arrays; a function is one of a short list and is a constant of ours, never
 * looked up anywhere. Everything else is refused by its name before anything happens.
 *
 * Bounds: an instruction makes one value, or those of an array of texts; values, stack, memo and bytes that are made
 * (not merely pointed at) have limits. Nothing here recurses, so depth costs nothing. */
#ifndef HR_TABLES_PICKLE_H
#define HR_TABLES_PICKLE_H

#include "base/status.h"
#include "base/view.h"

#define HR_PICKLE_VALUES_MAX ((size_t)1 << 21)
#define HR_PICKLE_STACK_MAX ((size_t)1 << 16)
#define HR_PICKLE_MEMO_MAX ((size_t)1 << 22)

/* The functions and classes that numpy arrays, and bytes in old protocols, are made with. */
enum hr_pickle_global {
    HR_GLOBAL_RECONSTRUCT, /* numpy.core.multiarray._reconstruct */
    HR_GLOBAL_FROMBUFFER,  /* numpy.core.numeric._frombuffer */
    HR_GLOBAL_NDARRAY,     /* numpy.ndarray */
    HR_GLOBAL_DTYPE,       /* numpy.dtype */
    HR_GLOBAL_ENCODE,      /* _codecs.encode */
    HR_GLOBAL_BYTES,       /* builtins.bytes */
    HR_GLOBAL_BYTEARRAY,   /* builtins.bytearray */
    HR_GLOBAL_DICT,        /* collections.defaultdict, OrderedDict: a dict */
    HR_GLOBAL_FACTORY,     /* what a defaultdict would make: stands there and is never called */
};

enum hr_pickle_type {
    HR_PICKLE_NONE,
    HR_PICKLE_BOOLEAN,
    HR_PICKLE_INTEGER,
    HR_PICKLE_REAL,
    HR_PICKLE_TEXT,  /* UTF-8 as it stood there: not checked, may hold zero bytes */
    HR_PICKLE_BYTES, /* also a Python 2 str */
    HR_PICKLE_TUPLE,
    HR_PICKLE_LIST,
    HR_PICKLE_DICT, /* items: key, value, key, value; the last of equal keys counts */
    HR_PICKLE_GLOBAL,
    HR_PICKLE_DTYPE,
    HR_PICKLE_ARRAY, /* of numbers: one or two dimensions; its bytes are there in full. One of texts is a LIST */
};

struct hr_pickle_value {
    enum hr_pickle_type type;
    int64_t integer;     /* INTEGER, BOOLEAN; of a DTYPE its item size in bytes */
    char letter;         /* DTYPE: 'f' numbers of 4 or 8 bytes; 'U' texts of 4 bytes a letter */
    double real;         /* REAL */
    bool big_endian;     /* DTYPE */
    bool filled;         /* ARRAY: its bytes have come */
    bool by_columns;     /* ARRAY of two dimensions: Fortran's order */
    size_t rows;         /* ARRAY; 0: it has one dimension */
    struct hr_view text; /* TEXT, BYTES; of an ARRAY its items one after the other */
    enum hr_pickle_global global;
    struct hr_pickle_value **items; /* TUPLE, LIST, DICT; of an ARRAY items[0] is its DTYPE */
    size_t count;                   /* of items */
    size_t capacity;
    void *owned; /* what `text` points at, unless it is the input */
};

struct hr_pickle; /* opaque; owns all values */

/* `bytes` must outlive the pickle. *root is borrowed from it. Errors: FORMAT (damaged, cut short),
 * UNSUPPORTED (an instruction or function that is refused; the text says which and where), LIMIT,
 * MEMORY. */
enum hr_status hr_pickle_read(struct hr_pickle **out, struct hr_view bytes, const struct hr_pickle_value **root,
                              struct hr_error *error) HR_MUST_USE;
void hr_pickle_free(struct hr_pickle *pickle);

/* The value of a dict's key; NULL when it is not there or the value is no dict. */
const struct hr_pickle_value *hr_pickle_get(const struct hr_pickle_value *dict, const char *key);

/* How many numbers an array of one dimension, or a list or tuple of numbers, has; SIZE_MAX: it is neither. */
size_t hr_pickle_numbers(const struct hr_pickle_value *value);
/* The number at `index` of such a value. */
double hr_pickle_number(const struct hr_pickle_value *value, size_t index);

/* The same for an array of two dimensions, whose rows are value->rows > 0. */
size_t hr_pickle_row_numbers(const struct hr_pickle_value *value);
double hr_pickle_row_number(const struct hr_pickle_value *value, size_t row, size_t index);

#endif
