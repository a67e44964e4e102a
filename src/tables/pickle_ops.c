/* The instructions, one table: each by its byte with its name in pickletools.py, so that what is
 * refused is refused by name. */
#include <errno.h>
#include <stdlib.h>

#include "base/json.h"
#include "tables/pickle_machine.h"

/* --- values --- */

static enum hr_status push_new(struct hr_pickle *pickle, enum hr_pickle_type type, struct hr_pickle_value **out)
{
    enum hr_status status;
    *out = hr_pickle_new(pickle, type, &status);
    return *out != NULL ? hr_pickle_push(pickle, *out) : status;
}

static enum hr_status push_integer(struct hr_pickle *pickle, enum hr_pickle_type type, int64_t integer)
{
    struct hr_pickle_value *value;
    enum hr_status status = push_new(pickle, type, &value);
    if (status == HR_OK)
        value->integer = integer;
    return status;
}

static enum hr_status push_real(struct hr_pickle *pickle, double real)
{
    struct hr_pickle_value *value;
    enum hr_status status = push_new(pickle, HR_PICKLE_REAL, &value);
    if (status == HR_OK)
        value->real = real;
    return status;
}

static enum hr_status op_empty(struct hr_pickle *pickle, unsigned type)
{
    struct hr_pickle_value *value;
    return push_new(pickle, (enum hr_pickle_type)type, &value);
}

static enum hr_status op_boolean(struct hr_pickle *pickle, unsigned truth)
{
    return push_integer(pickle, HR_PICKLE_BOOLEAN, truth);
}

static enum hr_status op_unsigned(struct hr_pickle *pickle, unsigned width)
{
    uint64_t number = 0;
    enum hr_status status = hr_pickle_take_unsigned(pickle, width, &number);
    return status == HR_OK ? push_integer(pickle, HR_PICKLE_INTEGER, (int64_t)number) : status;
}

static enum hr_status op_int32(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    uint64_t number = 0;
    enum hr_status status = hr_pickle_take_unsigned(pickle, 4, &number);
    return status == HR_OK ? push_integer(pickle, HR_PICKLE_INTEGER, (int32_t)(uint32_t)number) : status;
}

/* LONG1, LONG4: two's complement of any size, of which we need 64 bits. */
static enum hr_status op_long(struct hr_pickle *pickle, unsigned width)
{
    struct hr_view bytes = {0}; /* the compiler cannot see that take fills it */
    enum hr_status status = hr_pickle_take_counted(pickle, width, &bytes);
    if (status != HR_OK)
        return status;
    if (bytes.size > sizeof(int64_t))
        return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED, "an integer of %zu bytes", bytes.size);
    uint64_t number = bytes.size > 0 && bytes.data[bytes.size - 1] >= 0x80 ? UINT64_MAX : 0;
    for (size_t i = bytes.size; i > 0; i--)
        number = number << 8 | bytes.data[i - 1];
    return push_integer(pickle, HR_PICKLE_INTEGER, (int64_t)number);
}

/* INT and LONG as text; INT writes booleans as 00 and 01. */
static enum hr_status op_number_text(struct hr_pickle *pickle, unsigned is_long)
{
    char text[32], *end = NULL;
    enum hr_status status = hr_pickle_take_number_text(pickle, text, sizeof text);
    if (status != HR_OK)
        return status;
    if (!is_long && (strcmp(text, "00") == 0 || strcmp(text, "01") == 0))
        return push_integer(pickle, HR_PICKLE_BOOLEAN, text[1] == '1');
    errno = 0;
    long long number = strtoll(text, &end, 10);
    if (is_long && *end == 'L')
        end++;
    if (end == text || *end != '\0' || errno != 0)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "an integer that cannot be read");
    return push_integer(pickle, HR_PICKLE_INTEGER, number);
}

/* FLOAT: repr() of a number is a JSON number, and that reader heeds no locale. */
static enum hr_status op_real_text(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    struct hr_view line;
    struct hr_json *json = NULL;
    enum hr_status status = hr_pickle_take_line(pickle, &line);
    if (status != HR_OK)
        return status;
    bool number = hr_json_parse(&json, line, NULL) == HR_OK &&
                  (hr_json_type(json) == HR_JSON_REAL || hr_json_type(json) == HR_JSON_INTEGER);
    double real = number ? hr_json_number(json) : 0;
    hr_json_free(json);
    return number ? push_real(pickle, real) : hr_pickle_fail(pickle, HR_ERR_FORMAT, "a number that cannot be read");
}

/* BINFLOAT: eight bytes, the highest first. */
static enum hr_status op_real(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    struct hr_view bytes = {0}; /* the compiler cannot see that take fills it */
    enum hr_status status = hr_pickle_take(pickle, 8, &bytes);
    if (status != HR_OK)
        return status;
    uint64_t bits = 0;
    for (size_t i = 0; i < bytes.size; i++)
        bits = bits << 8 | bytes.data[i];
    double number;
    memcpy(&number, &bits, sizeof number);
    return push_real(pickle, number);
}

static enum hr_status push_view(struct hr_pickle *pickle, enum hr_pickle_type type, size_t width)
{
    struct hr_view bytes = {0}; /* the compiler cannot see that take fills it */
    struct hr_pickle_value *value;
    enum hr_status status = hr_pickle_take_counted(pickle, width, &bytes);
    if (status == HR_OK)
        status = push_new(pickle, type, &value);
    if (status == HR_OK)
        value->text = bytes;
    return status;
}

static enum hr_status op_text(struct hr_pickle *pickle, unsigned width)
{
    return push_view(pickle, HR_PICKLE_TEXT, width);
}

static enum hr_status op_bytes(struct hr_pickle *pickle, unsigned width)
{
    return push_view(pickle, HR_PICKLE_BYTES, width);
}

/* UNICODE: a line of raw-unicode-escape. */
static enum hr_status op_unicode_line(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    struct hr_view line;
    struct hr_pickle_value *value;
    uint8_t *out = NULL;
    enum hr_status status = hr_pickle_take_line(pickle, &line);
    if (status == HR_OK)
        status = push_new(pickle, HR_PICKLE_TEXT, &value);
    if (status == HR_OK)
        status = hr_pickle_own(pickle, value, line.size * 2, &out);
    if (status != HR_OK)
        return status;
    if (!hr_pickle_unescape_unicode(line, out, &value->text.size))
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "an escape that cannot be read");
    return HR_OK;
}

/* STRING: a line with a quoted Python 2 str. */
static enum hr_status op_string_line(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    struct hr_view line;
    struct hr_pickle_value *value;
    uint8_t *out = NULL;
    enum hr_status status = hr_pickle_take_line(pickle, &line);
    if (status != HR_OK)
        return status;
    bool quoted =
        line.size >= 2 && (line.data[0] == '\'' || line.data[0] == '"') && line.data[line.size - 1] == line.data[0];
    if (!quoted)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "a text without its quotes");
    line = hr_view_of(line.data + 1, line.size - 2);
    status = push_new(pickle, HR_PICKLE_BYTES, &value);
    if (status == HR_OK)
        status = hr_pickle_own(pickle, value, line.size, &out);
    if (status != HR_OK)
        return status;
    if (!hr_pickle_unescape_repr(line, out, &value->text.size))
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "an escape that cannot be read");
    return HR_OK;
}

/* --- containers --- */

static enum hr_status op_mark(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    return hr_pickle_push(pickle, NULL);
}

static enum hr_status op_pop(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    if (pickle->depth == 0)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "it takes a value that is not there");
    pickle->depth--; /* a mark as well */
    return HR_OK;
}

static enum hr_status op_pop_mark(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    struct hr_pickle_value **items;
    size_t count;
    return hr_pickle_pop_mark(pickle, &items, &count);
}

static enum hr_status op_dup(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    struct hr_pickle_value *top;
    enum hr_status status = hr_pickle_top(pickle, &top);
    return status == HR_OK ? hr_pickle_push(pickle, top) : status;
}

/* A container made of all values above the mark. */
static enum hr_status op_from_mark(struct hr_pickle *pickle, unsigned type)
{
    struct hr_pickle_value **items, *value;
    size_t count;
    enum hr_status status = hr_pickle_pop_mark(pickle, &items, &count);
    if (status != HR_OK)
        return status;
    if (type == HR_PICKLE_DICT && count % 2 != 0)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "a key without a value");
    value = hr_pickle_new(pickle, (enum hr_pickle_type)type, &status);
    if (status == HR_OK)
        status = hr_pickle_add_items(pickle, value, items, count);
    return status == HR_OK ? hr_pickle_push(pickle, value) : status;
}

/* TUPLE1, TUPLE2, TUPLE3 */
static enum hr_status op_small_tuple(struct hr_pickle *pickle, unsigned count)
{
    struct hr_pickle_value *items[3], *tuple;
    enum hr_status status = HR_OK;
    for (unsigned i = count; status == HR_OK && i > 0; i--)
        status = hr_pickle_pop(pickle, &items[i - 1]);
    if (status == HR_OK)
        status = push_new(pickle, HR_PICKLE_TUPLE, &tuple);
    return status == HR_OK ? hr_pickle_add_items(pickle, tuple, items, count) : status;
}

/* Adds to the container on top of the stack, which must be of that type. */
static enum hr_status add_to_top(struct hr_pickle *pickle, enum hr_pickle_type type,
                                 struct hr_pickle_value *const *items, size_t count)
{
    struct hr_pickle_value *top;
    enum hr_status status = hr_pickle_top(pickle, &top);
    if (status != HR_OK)
        return status;
    if (top->type != type)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "it adds to what is not a %s",
                              type == HR_PICKLE_LIST ? "list" : "dict");
    if (type == HR_PICKLE_DICT && count % 2 != 0)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "a key without a value");
    return hr_pickle_add_items(pickle, top, items, count);
}

/* APPENDS, SETITEMS: everything above the mark. */
static enum hr_status op_add_marked(struct hr_pickle *pickle, unsigned type)
{
    struct hr_pickle_value **items;
    size_t count;
    enum hr_status status = hr_pickle_pop_mark(pickle, &items, &count);
    return status == HR_OK ? add_to_top(pickle, (enum hr_pickle_type)type, items, count) : status;
}

static enum hr_status op_append(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    struct hr_pickle_value *item;
    enum hr_status status = hr_pickle_pop(pickle, &item);
    return status == HR_OK ? add_to_top(pickle, HR_PICKLE_LIST, &item, 1) : status;
}

static enum hr_status op_setitem(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    struct hr_pickle_value *pair[2];
    enum hr_status status = hr_pickle_pop(pickle, &pair[1]);
    if (status == HR_OK)
        status = hr_pickle_pop(pickle, &pair[0]);
    return status == HR_OK ? add_to_top(pickle, HR_PICKLE_DICT, pair, 2) : status;
}

/* --- memo --- */

static enum hr_status remember(struct hr_pickle *pickle, uint64_t place)
{
    struct hr_pickle_value *top;
    enum hr_status status = hr_pickle_top(pickle, &top);
    if (status != HR_OK)
        return status;
    if (place >= HR_PICKLE_MEMO_MAX)
        return hr_pickle_fail(pickle, HR_ERR_LIMIT, "place %llu of the memo, the limit is %zu",
                              (unsigned long long)place, HR_PICKLE_MEMO_MAX);
    status = hr_pickle_reach(pickle, (size_t)place);
    if (status == HR_OK)
        pickle->memo[place] = top;
    return status;
}

static enum hr_status recall(struct hr_pickle *pickle, uint64_t place)
{
    if (place >= pickle->memo_count || pickle->memo[place] == NULL)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "nothing stands at place %llu of the memo",
                              (unsigned long long)place);
    return hr_pickle_push(pickle, pickle->memo[place]);
}

/* PUT and GET with the place as text */
static enum hr_status take_place_text(struct hr_pickle *pickle, uint64_t *out)
{
    char text[32], *end = NULL;
    enum hr_status status = hr_pickle_take_number_text(pickle, text, sizeof text);
    if (status != HR_OK)
        return status;
    errno = 0;
    *out = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "a place of the memo that cannot be read");
    return HR_OK;
}

static enum hr_status op_put(struct hr_pickle *pickle, unsigned width)
{
    uint64_t place = 0;
    enum hr_status status =
        width > 0 ? hr_pickle_take_unsigned(pickle, width, &place) : take_place_text(pickle, &place);
    return status == HR_OK ? remember(pickle, place) : status;
}

static enum hr_status op_get(struct hr_pickle *pickle, unsigned width)
{
    uint64_t place = 0;
    enum hr_status status =
        width > 0 ? hr_pickle_take_unsigned(pickle, width, &place) : take_place_text(pickle, &place);
    return status == HR_OK ? recall(pickle, place) : status;
}

static enum hr_status op_memoize(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    return remember(pickle, pickle->memo_count);
}

/* --- objects --- */

static enum hr_status push_global(struct hr_pickle *pickle, struct hr_view module, struct hr_view name)
{
    struct hr_pickle_value *value;
    enum hr_status status = hr_pickle_find_global(pickle, module, name, &value);
    return status == HR_OK ? hr_pickle_push(pickle, value) : status;
}

static enum hr_status op_global(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    struct hr_view module, name;
    enum hr_status status = hr_pickle_take_line(pickle, &module);
    if (status == HR_OK)
        status = hr_pickle_take_line(pickle, &name);
    return status == HR_OK ? push_global(pickle, module, name) : status;
}

static enum hr_status op_stack_global(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    struct hr_pickle_value *module, *name;
    enum hr_status status = hr_pickle_pop(pickle, &name);
    if (status == HR_OK)
        status = hr_pickle_pop(pickle, &module);
    if (status != HR_OK)
        return status;
    if (module->type != HR_PICKLE_TEXT || name->type != HR_PICKLE_TEXT)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "a function whose name is not text");
    return push_global(pickle, module->text, name->text);
}

static enum hr_status op_reduce(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    struct hr_pickle_value *function, *arguments, *result;
    enum hr_status status = hr_pickle_pop(pickle, &arguments);
    if (status == HR_OK)
        status = hr_pickle_pop(pickle, &function);
    if (status == HR_OK)
        status = hr_pickle_reduce(pickle, function, arguments, &result);
    return status == HR_OK ? hr_pickle_push(pickle, result) : status;
}

static enum hr_status op_build(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    struct hr_pickle_value *object, *state;
    enum hr_status status = hr_pickle_pop(pickle, &state);
    if (status == HR_OK)
        status = hr_pickle_top(pickle, &object);
    return status == HR_OK ? hr_pickle_build(pickle, object, state) : status;
}

/* --- the frame around all of it --- */

static enum hr_status op_proto(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    uint64_t version = 0;
    enum hr_status status = hr_pickle_take_unsigned(pickle, 1, &version);
    if (status == HR_OK && version > 5)
        status = hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED, "protocol %llu of pickle, 5 is the last one known",
                                (unsigned long long)version);
    return status;
}

/* FRAME announces how many bytes belong together: a help for readers from a pipe. */
static enum hr_status op_frame(struct hr_pickle *pickle, unsigned unused)
{
    (void)unused;
    uint64_t size = 0;
    enum hr_status status = hr_pickle_take_unsigned(pickle, 8, &size);
    if (status == HR_OK && size > pickle->bytes.size - pickle->at)
        status = hr_pickle_fail(pickle, HR_ERR_FORMAT, "%llu bytes are announced, %zu are left: damaged or cut short",
                                (unsigned long long)size, pickle->bytes.size - pickle->at);
    return status;
}

static enum hr_status op_stop(struct hr_pickle *pickle, unsigned unused)
{
    (void)pickle;
    (void)unused;
    return HR_END;
}

static const struct instruction {
    const char *name;                                                       /* NULL: no such instruction */
    enum hr_status (*execute)(struct hr_pickle *pickle, unsigned argument); /* NULL: refused */
    unsigned argument;
} instructions[256] = {
    ['('] = {"MARK", op_mark, 0},
    ['.'] = {"STOP", op_stop, 0},
    ['0'] = {"POP", op_pop, 0},
    ['1'] = {"POP_MARK", op_pop_mark, 0},
    ['2'] = {"DUP", op_dup, 0},
    ['F'] = {"FLOAT", op_real_text, 0},
    ['G'] = {"BINFLOAT", op_real, 0},
    ['I'] = {"INT", op_number_text, false},
    ['L'] = {"LONG", op_number_text, true},
    ['J'] = {"BININT", op_int32, 0},
    ['K'] = {"BININT1", op_unsigned, 1},
    ['M'] = {"BININT2", op_unsigned, 2},
    [0x8a] = {"LONG1", op_long, 1},
    [0x8b] = {"LONG4", op_long, 4},
    ['N'] = {"NONE", op_empty, HR_PICKLE_NONE},
    [0x88] = {"NEWTRUE", op_boolean, true},
    [0x89] = {"NEWFALSE", op_boolean, false},
    ['S'] = {"STRING", op_string_line, 0},
    ['T'] = {"BINSTRING", op_bytes, 4},
    ['U'] = {"SHORT_BINSTRING", op_bytes, 1},
    ['B'] = {"BINBYTES", op_bytes, 4},
    ['C'] = {"SHORT_BINBYTES", op_bytes, 1},
    [0x8e] = {"BINBYTES8", op_bytes, 8},
    [0x96] = {"BYTEARRAY8", op_bytes, 8},
    ['V'] = {"UNICODE", op_unicode_line, 0},
    ['X'] = {"BINUNICODE", op_text, 4},
    [0x8c] = {"SHORT_BINUNICODE", op_text, 1},
    [0x8d] = {"BINUNICODE8", op_text, 8},
    [']'] = {"EMPTY_LIST", op_empty, HR_PICKLE_LIST},
    [')'] = {"EMPTY_TUPLE", op_empty, HR_PICKLE_TUPLE},
    ['}'] = {"EMPTY_DICT", op_empty, HR_PICKLE_DICT},
    ['l'] = {"LIST", op_from_mark, HR_PICKLE_LIST},
    ['t'] = {"TUPLE", op_from_mark, HR_PICKLE_TUPLE},
    ['d'] = {"DICT", op_from_mark, HR_PICKLE_DICT},
    [0x85] = {"TUPLE1", op_small_tuple, 1},
    [0x86] = {"TUPLE2", op_small_tuple, 2},
    [0x87] = {"TUPLE3", op_small_tuple, 3},
    ['a'] = {"APPEND", op_append, 0},
    ['e'] = {"APPENDS", op_add_marked, HR_PICKLE_LIST},
    ['s'] = {"SETITEM", op_setitem, 0},
    ['u'] = {"SETITEMS", op_add_marked, HR_PICKLE_DICT},
    ['p'] = {"PUT", op_put, 0},
    ['q'] = {"BINPUT", op_put, 1},
    ['r'] = {"LONG_BINPUT", op_put, 4},
    [0x94] = {"MEMOIZE", op_memoize, 0},
    ['g'] = {"GET", op_get, 0},
    ['h'] = {"BINGET", op_get, 1},
    ['j'] = {"LONG_BINGET", op_get, 4},
    ['c'] = {"GLOBAL", op_global, 0},
    [0x93] = {"STACK_GLOBAL", op_stack_global, 0},
    ['R'] = {"REDUCE", op_reduce, 0},
    ['b'] = {"BUILD", op_build, 0},
    [0x80] = {"PROTO", op_proto, 0},
    [0x95] = {"FRAME", op_frame, 0},
    /* Never needed for lists of arrays: objects of any class, other people's registries, sets,
     * buffers outside the file. */
    ['i'] = {"INST", NULL, 0},
    ['o'] = {"OBJ", NULL, 0},
    [0x81] = {"NEWOBJ", NULL, 0},
    [0x92] = {"NEWOBJ_EX", NULL, 0},
    ['P'] = {"PERSID", NULL, 0},
    ['Q'] = {"BINPERSID", NULL, 0},
    [0x82] = {"EXT1", NULL, 0},
    [0x83] = {"EXT2", NULL, 0},
    [0x84] = {"EXT4", NULL, 0},
    [0x8f] = {"EMPTY_SET", NULL, 0},
    [0x90] = {"ADDITEMS", NULL, 0},
    [0x91] = {"FROZENSET", NULL, 0},
    [0x97] = {"NEXT_BUFFER", NULL, 0},
    [0x98] = {"READONLY_BUFFER", NULL, 0},
};

enum hr_status hr_pickle_execute(struct hr_pickle *pickle, uint8_t code)
{
    const struct instruction *instruction = &instructions[code];
    if (instruction->name == NULL)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "0x%02x is not an instruction: is it a pickle?", code);
    if (instruction->execute == NULL)
        return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED,
                              "the instruction %s is refused: lists of numpy arrays do not need "
                              "it, and nothing was executed",
                              instruction->name);
    return instruction->execute(pickle, instruction->argument);
}
