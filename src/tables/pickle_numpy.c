/* What numpy arrays are made of in a pickle. A "function" is a constant, and calling it is one of
 * the small conversions here. */
#include "base/limits.h"
#include "tables/pickle_machine.h"

static const struct {
    const char *module;
    const char *name;
    enum hr_pickle_global global;
} known_globals[] = {
    {"numpy.core.multiarray", "_reconstruct", HR_GLOBAL_RECONSTRUCT},
    {"numpy._core.multiarray", "_reconstruct", HR_GLOBAL_RECONSTRUCT}, /* numpy 2 */
    {"numpy.core.numeric", "_frombuffer", HR_GLOBAL_FROMBUFFER},       /* protocol 5 */
    {"numpy._core.numeric", "_frombuffer", HR_GLOBAL_FROMBUFFER},
    {"numpy", "ndarray", HR_GLOBAL_NDARRAY},
    {"numpy", "dtype", HR_GLOBAL_DTYPE},
    {"_codecs", "encode", HR_GLOBAL_ENCODE}, /* bytes in protocols 0 to 2 */
    {"builtins", "bytes", HR_GLOBAL_BYTES},  /* empty bytes there */
    {"__builtin__", "bytes", HR_GLOBAL_BYTES},
    {"builtins", "bytearray", HR_GLOBAL_BYTEARRAY},
    {"__builtin__", "bytearray", HR_GLOBAL_BYTEARRAY},
    {"collections", "defaultdict", HR_GLOBAL_DICT}, /* {name: [vectors]} is often built in one */
    {"collections", "OrderedDict", HR_GLOBAL_DICT},
    {"builtins", "list", HR_GLOBAL_FACTORY},
    {"__builtin__", "list", HR_GLOBAL_FACTORY},
};

/* What of a foreign name may stand in a message: printable ASCII, at most 64 bytes. */
static const char *shown(struct hr_view name, char out[65])
{
    size_t size = name.size < 64 ? name.size : 64;
    for (size_t i = 0; i < size; i++)
        out[i] = name.data[i] >= 0x20 && name.data[i] < 0x7f ? (char)name.data[i] : '?';
    out[size] = '\0';
    return out;
}

enum hr_status hr_pickle_find_global(struct hr_pickle *pickle, struct hr_view module, struct hr_view name,
                                     struct hr_pickle_value **out)
{
    char module_shown[65], name_shown[65];
    for (size_t i = 0; i < sizeof known_globals / sizeof *known_globals; i++) {
        if (!hr_view_equal(module, hr_view_text(known_globals[i].module)) ||
            !hr_view_equal(name, hr_view_text(known_globals[i].name)))
            continue;
        enum hr_status status;
        *out = hr_pickle_new(pickle, HR_PICKLE_GLOBAL, &status);
        if (*out != NULL)
            (*out)->global = known_globals[i].global;
        return status;
    }
    return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED,
                          "the global '%s.%s' is refused: lists of numpy arrays do not need it, "
                          "and nothing was executed",
                          shown(module, module_shown), shown(name, name_shown));
}

static bool is_tuple(const struct hr_pickle_value *value, size_t at_least)
{
    return value->type == HR_PICKLE_TUPLE && value->count >= at_least;
}

static bool is_global(const struct hr_pickle_value *value, enum hr_pickle_global global)
{
    return value->type == HR_PICKLE_GLOBAL && value->global == global;
}

/* Texts of Python 2 are bytes. */
static bool has_text(const struct hr_pickle_value *value, const char *text)
{
    return (value->type == HR_PICKLE_TEXT || value->type == HR_PICKLE_BYTES) &&
           hr_view_equal(value->text, hr_view_text(text));
}

/* --- bytes --- */

/* The byte of a Latin-1 character in UTF-8 at the front of *text, which is taken off; -1: another
 * character. */
static int take_latin1(struct hr_view *text)
{
    uint8_t lead = text->data[0];
    size_t size = lead < 0x80 ? 1 : 2;
    if (size > text->size || (size == 2 && (lead & 0xFE) != 0xC2) || (size == 2 && (text->data[1] & 0xC0) != 0x80))
        return -1;
    int byte = size == 1 ? lead : (lead & 0x03) << 6 | (text->data[1] & 0x3F);
    *text = hr_view_of(text->data + size, text->size - size);
    return byte;
}

/* _codecs.encode(text, 'latin1') */
static enum hr_status encode(struct hr_pickle *pickle, const struct hr_pickle_value *arguments,
                             struct hr_pickle_value *out)
{
    bool known = is_tuple(arguments, 2) && arguments->items[0]->type == HR_PICKLE_TEXT &&
                 (has_text(arguments->items[1], "latin1") || has_text(arguments->items[1], "latin-1"));
    if (!known)
        return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED, "bytes in an unknown code");
    struct hr_view text = arguments->items[0]->text;
    uint8_t *bytes;
    enum hr_status status = hr_pickle_own(pickle, out, text.size, &bytes);
    if (status != HR_OK)
        return status;
    size_t size = 0;
    while (text.size > 0) {
        int byte = take_latin1(&text);
        if (byte < 0)
            return hr_pickle_fail(pickle, HR_ERR_FORMAT, "bytes with a character above 255");
        bytes[size++] = (uint8_t)byte;
    }
    out->text.size = size;
    return HR_OK;
}

/* bytes(), bytearray(), bytearray(bytes) */
static enum hr_status make_bytes(struct hr_pickle *pickle, const struct hr_pickle_value *arguments,
                                 struct hr_pickle_value *out)
{
    if (arguments->count == 0)
        return HR_OK;
    if (arguments->count != 1 || arguments->items[0]->type != HR_PICKLE_BYTES)
        return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED, "bytes made of something else");
    out->text = arguments->items[0]->text; /* lives as long as the pickle */
    return HR_OK;
}

/* --- arrays --- */

/* Texts of so many letters: 'U12'. 0: it is something else. */
static int64_t text_letters(const struct hr_pickle_value *name)
{
    int64_t letters = 0;
    struct hr_view text = name->text;
    bool marked = text.size > 0 && (text.data[0] == '<' || text.data[0] == '>');
    size_t at = marked ? 1 : 0;
    if ((name->type != HR_PICKLE_TEXT && name->type != HR_PICKLE_BYTES) || text.size - at < 2 || text.size - at > 6 ||
        text.data[at] != 'U')
        return 0;
    for (at++; at < text.size; at++) {
        if (text.data[at] < '0' || text.data[at] > '9')
            return 0;
        letters = 10 * letters + (text.data[at] - '0');
    }
    return letters;
}

/* numpy.dtype('f8', False, True): the order of the bytes may stand in front, or come by BUILD. */
static enum hr_status make_dtype(struct hr_pickle *pickle, const struct hr_pickle_value *arguments,
                                 struct hr_pickle_value *out)
{
    static const struct {
        const char *name;
        int size;
        bool big_endian;
    } kinds[] = {{"f8", 8, false},  {"f4", 4, false}, {"<f8", 8, false},
                 {"<f4", 4, false}, {">f8", 8, true}, {">f4", 4, true}};
    char name[65];
    if (!is_tuple(arguments, 1))
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "a numpy type without a name");
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (has_text(arguments->items[0], kinds[i].name)) {
            out->letter = 'f';
            out->integer = kinds[i].size;
            out->big_endian = kinds[i].big_endian;
            return HR_OK;
        }
    }
    struct hr_view text = arguments->items[0]->text; /* empty when it is no text */
    int64_t letters = text_letters(arguments->items[0]);
    if (letters > 0) {
        out->letter = 'U';
        out->integer = 4 * letters;
        out->big_endian = text.data[0] == '>';
        return HR_OK;
    }
    return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED, "numpy arrays of '%s': only float32, float64 and texts are read",
                          shown(text, name));
}

/* The numbers of an array of that shape; `rows` 0: it has one dimension. */
static enum hr_status read_shape(struct hr_pickle *pickle, const struct hr_pickle_value *shape, size_t *rows,
                                 size_t *numbers)
{
    bool known = is_tuple(shape, 1) && shape->count <= 2;
    for (size_t i = 0; known && i < shape->count; i++)
        known = shape->items[i]->type == HR_PICKLE_INTEGER;
    if (!known)
        return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED,
                              "a numpy array of %zu dimensions: a face's vector has one, several have two",
                              shape->count);
    int64_t first = shape->items[0]->integer, last = shape->items[shape->count - 1]->integer;
    *rows = shape->count == 2 && first > 0 ? (size_t)first : 0;
    if (shape->count == 1 && first < 0)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "a numpy array of %lld numbers", (long long)first);
    if (shape->count == 2 && (first <= 0 || last <= 0))
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "a numpy array of %lld by %lld numbers", (long long)first,
                              (long long)last);
    if (!hr_size_multiply(*rows > 0 ? *rows : 1, (size_t)last, numbers))
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "a numpy array of too many numbers");
    return HR_OK;
}

static uint32_t letter_at(const uint8_t *bytes, bool big_endian)
{
    uint32_t letter = 0;
    for (int i = 0; i < 4; i++)
        letter = letter << 8 | bytes[big_endian ? i : 3 - i];
    return letter;
}

/* The letters of one item as UTF-8; zeros fill it up. */
static enum hr_status read_letters(struct hr_pickle *pickle, struct hr_view item, bool big_endian,
                                   struct hr_pickle_value *out)
{
    uint8_t *bytes;
    size_t size = 0, letters = item.size / 4;
    while (letters > 0 && letter_at(item.data + 4 * (letters - 1), big_endian) == 0)
        letters--;
    enum hr_status status = hr_pickle_own(pickle, out, 4 * letters, &bytes);
    for (size_t i = 0; status == HR_OK && i < letters; i++) {
        uint32_t letter = letter_at(item.data + 4 * i, big_endian);
        if (letter > 0x10FFFF)
            return hr_pickle_fail(pickle, HR_ERR_FORMAT, "an array of texts with an impossible letter");
        size += hr_pickle_write_utf8(letter, bytes + size);
    }
    out->text.size = status == HR_OK ? size : 0;
    return status;
}

/* An array of texts is as good as a list of them. */
static enum hr_status fill_texts(struct hr_pickle *pickle, struct hr_pickle_value *array,
                                 const struct hr_pickle_value *dtype, struct hr_view bytes, size_t count)
{
    size_t size = (size_t)dtype->integer;
    enum hr_status status = HR_OK;
    if (array->rows > 0)
        return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED, "an array of texts in two dimensions");
    array->type = HR_PICKLE_LIST;
    for (size_t i = 0; status == HR_OK && i < count; i++) {
        struct hr_pickle_value *text = hr_pickle_new(pickle, HR_PICKLE_TEXT, &status);
        if (text != NULL)
            status = read_letters(pickle, hr_view_of(bytes.data + i * size, size), dtype->big_endian, text);
        if (status == HR_OK)
            status = hr_pickle_add_items(pickle, array, &text, 1);
    }
    return status;
}

/* Gives an array its dimensions, type and bytes. */
static enum hr_status fill_array(struct hr_pickle *pickle, struct hr_pickle_value *array,
                                 const struct hr_pickle_value *shape, struct hr_pickle_value *dtype,
                                 const struct hr_pickle_value *bytes, bool by_columns)
{
    size_t size = 0, numbers = 0;
    if (array->filled)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "an array that is filled twice");
    enum hr_status status = read_shape(pickle, shape, &array->rows, &numbers);
    if (status != HR_OK)
        return status;
    if (dtype->type != HR_PICKLE_DTYPE || bytes->type != HR_PICKLE_BYTES)
        return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED, "a numpy array that is not of numbers");
    if (!hr_size_multiply(numbers, (size_t)dtype->integer, &size) || size != bytes->text.size)
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "a numpy array of %zu numbers with %zu bytes", numbers,
                              bytes->text.size);
    if (dtype->letter == 'U')
        return fill_texts(pickle, array, dtype, bytes->text, numbers);
    array->by_columns = by_columns;
    array->text = bytes->text;
    array->filled = true;
    return hr_pickle_add_items(pickle, array, &dtype, 1);
}

/* _reconstruct(ndarray, (0,), b'b'): an array that BUILD will fill */
static enum hr_status reconstruct(struct hr_pickle *pickle, const struct hr_pickle_value *arguments)
{
    if (!is_tuple(arguments, 3) || !is_global(arguments->items[0], HR_GLOBAL_NDARRAY))
        return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED, "a numpy array of a class of its own");
    return HR_OK;
}

/* _frombuffer(bytes, dtype, shape, order) */
static enum hr_status from_buffer(struct hr_pickle *pickle, const struct hr_pickle_value *arguments,
                                  struct hr_pickle_value *out)
{
    if (!is_tuple(arguments, 3))
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "a numpy array without its parts");
    return fill_array(pickle, out, arguments->items[2], arguments->items[1], arguments->items[0],
                      arguments->count > 3 && has_text(arguments->items[3], "F"));
}

enum hr_status hr_pickle_reduce(struct hr_pickle *pickle, const struct hr_pickle_value *function,
                                const struct hr_pickle_value *arguments, struct hr_pickle_value **out)
{
    enum hr_status status;
    if (function->type != HR_PICKLE_GLOBAL || !is_tuple(arguments, 0))
        return hr_pickle_fail(pickle, HR_ERR_FORMAT, "it calls what is not a function");
    struct hr_pickle_value *value = hr_pickle_new(pickle, HR_PICKLE_BYTES, &status);
    if (value == NULL)
        return status;
    *out = value;
    switch (function->global) {
    case HR_GLOBAL_ENCODE:
        return encode(pickle, arguments, value);
    case HR_GLOBAL_BYTES:
    case HR_GLOBAL_BYTEARRAY:
        return make_bytes(pickle, arguments, value);
    case HR_GLOBAL_DTYPE:
        value->type = HR_PICKLE_DTYPE;
        return make_dtype(pickle, arguments, value);
    case HR_GLOBAL_RECONSTRUCT:
        value->type = HR_PICKLE_ARRAY;
        return reconstruct(pickle, arguments);
    case HR_GLOBAL_FROMBUFFER:
        value->type = HR_PICKLE_ARRAY;
        return from_buffer(pickle, arguments, value);
    case HR_GLOBAL_DICT: /* its arguments make nothing: what is in it comes one by one */
        value->type = HR_PICKLE_DICT;
        return HR_OK;
    case HR_GLOBAL_FACTORY:
    case HR_GLOBAL_NDARRAY:
        break;
    }
    return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED, "a numpy array made in an unknown way");
}

/* dtype: (3, '<', None, None, None, -1, -1, 0). array: (1, shape, dtype, is_fortran, bytes). */
enum hr_status hr_pickle_build(struct hr_pickle *pickle, struct hr_pickle_value *object, struct hr_pickle_value *state)
{
    if (object->type == HR_PICKLE_DTYPE && is_tuple(state, 2)) {
        bool big = has_text(state->items[1], ">");
        if (!big && !has_text(state->items[1], "<"))
            return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED, "a numpy type whose bytes are in an unknown order");
        object->big_endian = big;
        return HR_OK;
    }
    if (object->type == HR_PICKLE_ARRAY && is_tuple(state, 5))
        return fill_array(pickle, object, state->items[1], state->items[2], state->items[4],
                          state->items[3]->type == HR_PICKLE_BOOLEAN && state->items[3]->integer != 0);
    return hr_pickle_fail(pickle, HR_ERR_UNSUPPORTED, "a state for what is neither a numpy array nor its type");
}
