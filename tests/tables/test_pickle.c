/* The pickle reader, on bytes made by hand: what it reads, and everything that it must not do. */
#include "base/limits.h"
#include "records/support.h"
#include "tables/import.h"
#include "tables/pickle.h"

/* A literal as a view, zero bytes inside and all. */
#define BYTES(literal) hr_view_of(literal, sizeof(literal) - 1)

/* --- writing pickles --- */

static void put(struct hr_buffer *out, struct hr_view bytes)
{
    hr_buffer_append(out, bytes);
}

static void put_byte(struct hr_buffer *out, unsigned byte)
{
    uint8_t value = (uint8_t)byte;
    hr_buffer_append(out, hr_view_of(&value, 1));
}

static void put_u32(struct hr_buffer *out, uint32_t number)
{
    for (int i = 0; i < 4; i++)
        put_byte(out, number >> (8 * i) & 0xff);
}

/* BINUNICODE */
static void put_text(struct hr_buffer *out, const char *text)
{
    put_byte(out, 'X');
    put_u32(out, (uint32_t)strlen(text));
    hr_buffer_append_text(out, text);
}

enum order { LITTLE, BIG };

/* BINBYTES of `count` numbers 0.5, 1.5, 2.5 ... as float64 or float32 */
static void put_numbers(struct hr_buffer *out, size_t count, size_t size, enum order order)
{
    put_byte(out, 'B');
    put_u32(out, (uint32_t)(count * size));
    for (size_t i = 0; i < count; i++) {
        double number = (double)i + 0.5;
        float single = (float)number;
        uint8_t bytes[8];
        memcpy(bytes, size == 8 ? (const void *)&number : (const void *)&single, size);
        for (size_t k = 0; k < size; k++)
            put_byte(out, bytes[order == LITTLE ? k : size - 1 - k]);
    }
}

/* An array as numpy writes it in protocols 2 and 3. */
struct array {
    const char *type;  /* "f8" */
    const char *order; /* "<" */
    size_t count;
    size_t size;
    bool fortran;
};

static void put_array(struct hr_buffer *out, struct array array)
{
    put(out, BYTES("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85"
                   "C\1b\x87R(K\1J"));
    put_u32(out, (uint32_t)array.count);
    put(out, BYTES("\x85"
                   "cnumpy\ndtype\n"));
    put_text(out, array.type);
    put(out, BYTES("\x89\x88\x87R(K\3"));
    put_text(out, array.order);
    put(out, BYTES("NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\0tb"));
    put_byte(out, array.fortran ? 0x88 : 0x89);
    put_numbers(out, array.count, array.size, array.order[0] == '>' ? BIG : LITTLE);
    put(out, BYTES("tb"));
}

static const struct array plain = {"f8", "<", 4, 8, false};

static void begin(struct hr_buffer *out)
{
    hr_buffer_init(out, (size_t)256 << 20);
    put(out, BYTES("\x80\3}("));
    put_text(out, "name");
    put(out, BYTES("]"));
    put_text(out, "ada");
    put(out, BYTES("a"));
    put_text(out, "encoding");
    put(out, BYTES("]"));
}

static void end(struct hr_buffer *out)
{
    put(out, BYTES("au."));
    assert_false(out->failed);
}

/* {'name': ['ada'], 'encoding': [<what these bytes make>]} */
static void around(struct hr_buffer *out, struct hr_view vector)
{
    begin(out);
    put(out, vector);
    end(out);
}

/* --- reading them --- */

static void check(struct hr_view bytes, size_t count)
{
    struct hr_encoding *encodings;
    size_t entries;
    assert_ok(hr_import_encoding(bytes, &encodings, &entries, &test_error));
    assert_int_equal(entries, 1);
    assert_string_equal(encodings[0].name, "ada");
    assert_int_equal(encodings[0].size, count);
    for (size_t i = 0; i < count; i++)
        assert_true(encodings[0].vector[i] == (float)i + 0.5f);
    hr_encodings_free(encodings, entries);
}

static void refuse(struct hr_view bytes, enum hr_status status, const char *part)
{
    struct hr_encoding *encodings;
    size_t count;
    assert_fails(hr_import_encoding(bytes, &encodings, &count, &test_error), status, part);
    assert_null(encodings);
    assert_int_equal(count, 0);
}

static void refuse_vector(struct hr_view vector, enum hr_status status, const char *part)
{
    struct hr_buffer bytes;
    around(&bytes, vector);
    refuse(hr_buffer_view(&bytes), status, part);
    hr_buffer_clear(&bytes);
}

static void arrays_of_either_size_and_order(void **state)
{
    (void)state;
    static const struct array arrays[] = {
        plain,
        {"f8", ">", 4, 8, false},
        {"f4", "<", 4, 4, false},
        {"f4", ">", 4, 4, false},
        {"f8", "<", 4, 8, true}, /* FORTRAN order is the same in one dimension */
        {"f8", "<", 1, 8, false},
        {"<f8", "<", 4, 8, false},
        {">f4", ">", 4, 4, false},
        {"f4", "<", 4096, 4, false},
    };
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        struct hr_buffer bytes;
        begin(&bytes);
        put_array(&bytes, arrays[i]);
        end(&bytes);
        check(hr_buffer_view(&bytes), arrays[i].count);
        hr_buffer_clear(&bytes);
    }
}

static void lists_of_python_numbers(void **state)
{
    (void)state;
    static const struct hr_view vectors[] = {
        {(const uint8_t *)"(F0.5\nF1.5\nF25e-1\nl", 19},
        {(const uint8_t *)"](G\x3f\xe0\0\0\0\0\0\0G\x3f\xf8\0\0\0\0\0\0e", 21},
        {(const uint8_t *)"G\x3f\xe0\0\0\0\0\0\0\x85", 10},
    };
    static const size_t counts[] = {3, 2, 1};
    for (size_t i = 0; i < 3; i++) {
        struct hr_buffer bytes;
        around(&bytes, vectors[i]);
        check(hr_buffer_view(&bytes), counts[i]);
        hr_buffer_clear(&bytes);
    }
}

static void integers_of_every_kind(void **state)
{
    (void)state;
    static const char pickle[] = "\x80\2(K\1M\2\1J\xfe\xff\xff\xff"
                                 "I-5\nI00\nI01\nL7L\nL-8L\n\x8a\0\x8a\1\xff\x8a\2\xff\0"
                                 "\x8b\x08\0\0\0\xff\xff\xff\xff\xff\xff\xff\x7f\x88\x89t.";
    static const int64_t expected[] = {1, 258, -2, -5, 0, 1, 7, -8, 0, -1, 255, INT64_MAX, 1, 0};
    struct hr_pickle *read;
    const struct hr_pickle_value *root;
    assert_ok(hr_pickle_read(&read, BYTES(pickle), &root, &test_error));
    assert_int_equal(root->type, HR_PICKLE_TUPLE);
    assert_int_equal(root->count, sizeof expected / sizeof *expected);
    for (size_t i = 0; i < root->count; i++)
        assert_int_equal(root->items[i]->integer, expected[i]);
    hr_pickle_free(read);
}

static void check_text(struct hr_view pickle, struct hr_view expected)
{
    struct hr_pickle *read;
    const struct hr_pickle_value *root;
    assert_ok(hr_pickle_read(&read, pickle, &root, &test_error));
    assert_int_equal(root->text.size, expected.size);
    assert_memory_equal(root->text.data, expected.data, expected.size);
    hr_pickle_free(read);
}

static void texts_and_bytes_of_every_kind(void **state)
{
    (void)state;
    check_text(BYTES("X\3\0\0\0a\0b."), BYTES("a\0b"));
    check_text(BYTES("\x8c\2hi."), BYTES("hi"));
    check_text(BYTES("\x8d\2\0\0\0\0\0\0\0hi."), BYTES("hi"));
    check_text(BYTES("B\1\0\0\0x."), BYTES("x"));
    check_text(BYTES("C\1x."), BYTES("x"));
    check_text(BYTES("\x8e\1\0\0\0\0\0\0\0x."), BYTES("x"));
    check_text(BYTES("\x96\1\0\0\0\0\0\0\0x."), BYTES("x"));
    check_text(BYTES("T\1\0\0\0x."), BYTES("x"));
    check_text(BYTES("U\1x."), BYTES("x"));
    check_text(BYTES("S'a\\x00\\n\\'\\\\\"'\n."), BYTES("a\0\n'\\\""));
    check_text(BYTES("S\"\"\n."), BYTES(""));
    check_text(BYTES("Va\\u00e9\xe9\\U0001F600\\\\u0041\n."), BYTES("a\xc3\xa9\xc3\xa9\xf0\x9f\x98\x80\\A"));
    check_text(BYTES("c_codecs\nencode\n(V\\u0000\xff\x80z\nVlatin1\ntR."), BYTES("\0\xff\x80z"));
    check_text(BYTES("c__builtin__\nbytes\n)R."), BYTES(""));
    check_text(BYTES("cbuiltins\nbytearray\nC\2hi\x85R."), BYTES("hi"));
}

static void stack_and_memo(void **state)
{
    (void)state;
    check_text(BYTES("U\1xU\1y0."), BYTES("x"));
    check_text(BYTES("U\1x(U\1yU\1z1."), BYTES("x"));
    check_text(BYTES("U\1x(0."), BYTES("x")); /* POP takes a mark as well */
    check_text(BYTES("U\1x20."), BYTES("x"));
    check_text(BYTES("U\1xp0\n0U\1yq\1"
                     "0U\1zr\2\0\0\0"
                     "0g1\n."),
               BYTES("y"));
    check_text(BYTES("U\1x\x94"
                     "0U\1y\x94"
                     "0h\0."),
               BYTES("x"));
    check_text(BYTES("U\1xp3\n0j\3\0\0\0."), BYTES("x"));
    check_text(BYTES("U\1x.trailing bytes are Python's to ignore"), BYTES("x"));
}

/* --- what is refused, by name --- */

static void functions_are_refused_by_name(void **state)
{
    (void)state;
    refuse(BYTES("cos\nsystem\n(S'touch /tmp/pwned'\ntR."), HR_ERR_UNSUPPORTED,
           "byte 0: the global 'os.system' is refused");
    refuse(BYTES("\x80\4\x8c\5posix\x8c\6system\x93\x8c\2id\x85R."), HR_ERR_UNSUPPORTED,
           "the global 'posix.system' is refused");
    refuse(BYTES("cbuiltins\neval\n."), HR_ERR_UNSUPPORTED, "'builtins.eval'");
    refuse(BYTES("c__builtin__\ngetattr\n."), HR_ERR_UNSUPPORTED, "'__builtin__.getattr'");
    refuse(BYTES("cnumpy\nload\n."), HR_ERR_UNSUPPORTED, "'numpy.load'");
    refuse(BYTES("cnumpy.core.multiarray\nscalar\n."), HR_ERR_UNSUPPORTED, "'numpy.core.multiarray.scalar'");
    refuse(BYTES("cnumpy\nndarray.__class__\n."), HR_ERR_UNSUPPORTED, "'numpy.ndarray.__class__'");
    refuse(BYTES("c\n\n."), HR_ERR_UNSUPPORTED, "the global '.'");
    refuse(BYTES("cos\x1b[31m\nsys\xfftem\n."), HR_ERR_UNSUPPORTED, "'os?[31m.sys?tem'");
}

static void instructions_are_refused_by_name(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        const char *name;
    } refused[] = {
        {"(ios\nsystem\n.", "INST"}, {"(cnumpy\nndarray\no.", "OBJ"},
        {"\x81.", "NEWOBJ is"},      {"\x92.", "NEWOBJ_EX"},
        {"Pid\n.", "PERSID"},        {"Q.", "BINPERSID"},
        {"\x82\1.", "EXT1"},         {"\x83\1\1.", "EXT2"},
        {"\x84\1\1\1\1.", "EXT4"},   {"\x8f.", "EMPTY_SET"},
        {"\x90.", "ADDITEMS"},       {"\x91.", "FROZENSET"},
        {"\x97.", "NEXT_BUFFER"},    {"\x98.", "READONLY_BUFFER"},
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        refuse(hr_view_text(refused[i].bytes), HR_ERR_UNSUPPORTED, refused[i].name);
    refuse(BYTES("\x80\6."), HR_ERR_UNSUPPORTED, "protocol 6");
}

/* Every byte as the one instruction, alone and with something on the stack. */
static void every_byte_gets_an_answer(void **state)
{
    (void)state;
    for (unsigned code = 0; code < 256; code++) {
        for (int filled = 0; filled < 2; filled++) {
            struct hr_encoding *encodings;
            size_t count;
            struct hr_buffer bytes;
            hr_buffer_init(&bytes, 64);
            put(&bytes, filled ? BYTES("]](K\1K\1") : BYTES(""));
            put_byte(&bytes, code);
            memset(&test_error, 0, sizeof test_error);
            enum hr_status status = hr_import_encoding(hr_buffer_view(&bytes), &encodings, &count, &test_error);
            assert_true(status == HR_ERR_FORMAT || status == HR_ERR_UNSUPPORTED);
            assert_int_not_equal(test_error.text[0], '\0');
            hr_buffer_clear(&bytes);
        }
    }
}

static void what_is_called_must_be_as_numpy_calls_it(void **state)
{
    (void)state;
    refuse(BYTES("K\1)R."), HR_ERR_FORMAT, "calls what is not a function");
    refuse(BYTES("cnumpy\ndtype\nK\1R."), HR_ERR_FORMAT, "calls what is not a function");
    refuse(BYTES("cnumpy\ndtype\n)R."), HR_ERR_FORMAT, "without a name");
    refuse(BYTES("cnumpy\ndtype\nU\1O\x85R."), HR_ERR_UNSUPPORTED, "numpy arrays of 'O'");
    refuse(BYTES("cnumpy\ndtype\nU\2i8\x85R."), HR_ERR_UNSUPPORTED, "numpy arrays of 'i8'");
    refuse(BYTES("cnumpy\ndtype\nK\1\x85R."), HR_ERR_UNSUPPORTED, "numpy arrays of ''");
    refuse(BYTES("cnumpy\nndarray\n)R."), HR_ERR_UNSUPPORTED, "an unknown way");
    refuse(BYTES("cnumpy.core.multiarray\n_reconstruct\n(cnumpy\ndtype\nNNtR."), HR_ERR_UNSUPPORTED,
           "class of its own");
    refuse(BYTES("cnumpy.core.multiarray\n_reconstruct\n)R."), HR_ERR_UNSUPPORTED, "class of its own");
    refuse(BYTES("cnumpy.core.numeric\n_frombuffer\n)R."), HR_ERR_FORMAT, "without its parts");
    refuse(BYTES("c_codecs\nencode\n(Vx\nVrot13\ntR."), HR_ERR_UNSUPPORTED, "unknown code");
    refuse(BYTES("c_codecs\nencode\n(V\\u0100\nVlatin1\ntR."), HR_ERR_FORMAT, "above 255");
    refuse(BYTES("cbuiltins\nbytes\nK\5\x85R."), HR_ERR_UNSUPPORTED, "made of something else");
    refuse(BYTES("]Nb."), HR_ERR_UNSUPPORTED, "a state for");
    refuse(BYTES("cnumpy\ndtype\nU\2f8\x85R(K\3U\1|tb."), HR_ERR_UNSUPPORTED, "unknown order");
}

/* An array whose state is `tail` behind (1, */
static void refuse_array(struct hr_view tail, enum hr_status status, const char *part)
{
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, 4096);
    put(&bytes, BYTES("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85"
                      "C\1b\x87R(K\1"));
    put(&bytes, tail);
    put(&bytes, BYTES("tb"));
    refuse_vector(hr_buffer_view(&bytes), status, part);
    hr_buffer_clear(&bytes);
}

#define F8 "cnumpy\ndtype\nU\2f8\x85R"

static void arrays_must_be_whole(void **state)
{
    (void)state;
    refuse_array(BYTES("K\2\x85" F8 "\x89"
                       "C\x08"
                       "12345678"),
                 HR_ERR_FORMAT, "array of 2 numbers with 8 bytes");
    refuse_array(BYTES("J\xff\xff\xff\xff\x85" F8 "\x89"
                       "C\x08"
                       "12345678"),
                 HR_ERR_FORMAT, "array of -1 numbers");
    refuse_array(BYTES("\x8a\x08\1\0\0\0\0\0\0\x20\x85" F8 "\x89"
                       "C\x08"
                       "12345678"),
                 HR_ERR_FORMAT, "with 8 bytes"); /* times 8 it is 8, but for an overflow */
    refuse_array(BYTES("K\1K\1K\1\x87" F8 "\x89"
                       "C\x08"
                       "12345678"),
                 HR_ERR_UNSUPPORTED, "array of 3 dimensions");
    refuse_array(BYTES("K\1J\xff\xff\xff\xff\x86" F8 "\x89"
                       "C\x08"
                       "12345678"),
                 HR_ERR_FORMAT, "array of 1 by -1 numbers");
    refuse_array(BYTES("K\0K\1\x86" F8 "\x89"
                       "C\x08"
                       "12345678"),
                 HR_ERR_FORMAT, "array of 0 by 1 numbers");
    refuse_array(BYTES("K\2K\1\x86" F8 "\x89"
                       "C\x08"
                       "12345678"),
                 HR_ERR_FORMAT, "array of 2 numbers with 8 bytes");
    refuse_array(BYTES(")" F8 "\x89"
                       "C\x08"
                       "12345678"),
                 HR_ERR_UNSUPPORTED, "array of 0 dimensions");
    refuse_array(BYTES("K\1\x85" F8 "\x89]"), HR_ERR_UNSUPPORTED, "not of numbers");
    refuse_array(BYTES("K\1\x85N\x89"
                       "C\x08"
                       "12345678"),
                 HR_ERR_UNSUPPORTED, "not of numbers");
    refuse_array(BYTES("K\0\x85" F8 "\x89"
                       "C\0"),
                 HR_ERR_FORMAT, "not an array of numbers");
    refuse_array(BYTES("K\1\x85" F8 "\x89"
                       "C\x08"
                       "12345678tb(K\1K\1\x85" F8 "\x89"
                       "C\x08"
                       "12345678"),
                 HR_ERR_FORMAT, "filled twice");
    refuse_array(BYTES("K\1\x85" F8 "\x89"
                       "C\x08\0\0\0\0\0\0\xf8\x7f"),
                 HR_ERR_FORMAT, "infinite, or not a number");
    refuse_array(BYTES("K\1\x85" F8 "\x89"
                       "C\x08\0\0\0\0\0\0\xf0\x7f"),
                 HR_ERR_FORMAT, "infinite, or not a number");
    refuse_array(BYTES("K\1\x85" F8 "\x89"
                       "C\x08\0\0\0\0\0\0\xe0\x7f"),
                 HR_ERR_FORMAT, "infinite, or not a number"); /* a float64 that no float32 holds */
    /* one that BUILD never filled */
    refuse_vector(BYTES("cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\0\x85"
                        "C\1b\x87R"),
                  HR_ERR_FORMAT, "entry 1: its vector is not an array of numbers");
}

/* _frombuffer(bytes, dtype, shape, order) */
#define TEXTS(bytes, type, shape)                                                                                      \
    "cnumpy.core.numeric\n_frombuffer\n(" bytes "cnumpy\ndtype\n" type "\x85R" shape "U\1CtR"

static void arrays_of_texts_are_lists_of_them(void **state)
{
    (void)state;
    struct hr_encoding *encodings;
    size_t count;
    static const char pickle[] =
        "}(U\5names" TEXTS("C\x10Z\0\0\0\xEB\0\0\0\0\xF6\1\0\0\0\0\0", "U\2U4", "K\1\x85") "U\tencodings](](K\1K\2eeu.";
    assert_ok(hr_import_encoding(hr_view_of(pickle, sizeof pickle - 1), &encodings, &count, &test_error));
    assert_int_equal(count, 1);
    assert_string_equal(encodings[0].name, "Z\xC3\xAB\xF0\x9F\x98\x80");
    hr_encodings_free(encodings, count);
    refuse(BYTES(TEXTS("C\4\xFF\xFF\xFF\xFF", "U\2U1", "K\1\x85") "."), HR_ERR_FORMAT, "impossible letter");
    refuse(BYTES(TEXTS("C\4abcd", "U\2U2", "K\1\x85") "."), HR_ERR_FORMAT, "1 numbers with 4 bytes");
    refuse(BYTES(TEXTS("C\4a\0\0\0", "U\2U1", "K\1K\1\x86") "."), HR_ERR_UNSUPPORTED, "in two dimensions");
    refuse(BYTES(TEXTS("C\0", "U\2U0", "K\1\x85") "."), HR_ERR_UNSUPPORTED, "numpy arrays of 'U0'");
    refuse(BYTES(TEXTS("C\0", "U\1U", "K\1\x85") "."), HR_ERR_UNSUPPORTED, "numpy arrays of 'U'");
    refuse(BYTES(TEXTS("C\0", "U\x09U99999999", "K\1\x85") "."), HR_ERR_UNSUPPORTED, "numpy arrays of 'U9");
    /* a surrogate is no letter */
    refuse(BYTES("(" TEXTS("C\4\0\xD8\0\0", "U\2U1", "K\1\x85") "](](K\1K\2eet."), HR_ERR_FORMAT, "not UTF-8");
}

static void the_two_lists_must_fit_together(void **state)
{
    (void)state;
    refuse(BYTES("N."), HR_ERR_FORMAT, "not a dict with the lists");
    refuse(BYTES("}."), HR_ERR_FORMAT, "not a dict with the lists");
    refuse(BYTES("}U\4nameNs."), HR_ERR_FORMAT, "not a dict with the lists");
    refuse(BYTES("}(U\4name]U\1aaU\x08"
                 "encoding]u."),
           HR_ERR_FORMAT, "1 name but 0 encodings");
    refuse(BYTES("}(U\4name]NaU\x08"
                 "encoding](K\1lau."),
           HR_ERR_FORMAT, "entry 1: its name is not text");
    refuse(BYTES("}(U\4name]U\0aU\x08"
                 "encoding](K\1lau."),
           HR_ERR_FORMAT, "entry 1: its name is empty");
    refuse(BYTES("}(U\4name]U\1\xff"
                 "aU\x08"
                 "encoding](K\1lau."),
           HR_ERR_FORMAT, "not UTF-8");
    refuse(BYTES("}(U\4name]U\1aaU\x08"
                 "encoding](NlaU\1xNu."),
           HR_ERR_FORMAT, "not an array of numbers");
    refuse(BYTES("}(U\4name]U\1a."), HR_ERR_FORMAT, "not a dict");
    /* of equal keys the last counts, as in Python; tuples are as good as lists */
    check(BYTES("}(U\4nameNU\4nameU\3ada\x85U\x08"
                "encodingF0.5\n\x85\x85u."),
          1);
}

static void broken_stacks_are_told(void **state)
{
    (void)state;
    static const char *const broken[] = {
        ".",       "0",     "2.",      "a.",         "]a.",         "t.",    "K\1K\1t.", "(.",  "]K\1s.", "(K\1a.",
        "](K\1s.", "u.",    "}(K\1u.", "](K\1K\1u.", "(K\1d.",      "\x85.", "K\1\x86.", "R.",  "b.",     "p0\n.",
        "(p0\n.",  "g0\n.", "h\1.",    "\x93.",      "K\1K\1\x93.", "l.",    "e.",       "(e.",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        refuse(hr_view_text(broken[i]), HR_ERR_FORMAT, "byte ");
}

static void broken_texts_are_told(void **state)
{
    (void)state;
    static const char *const broken[] = {
        "I\n.",
        "Ix\n.",
        "I1L\n.",
        "I99999999999999999999\n.",
        "L\n.",
        "F\n.",
        "F0x1p3\n.",
        "Fnan\n.",
        "F1,5\n.",
        "S\n.",
        "Sx\n.",
        "S'\n.",
        "S'x\"\n.",
        "S'\\q'\n.",
        "S'\\x4'\n.",
        "V\\u12\n.",
        "V\\uzzzz\n.",
        "V\\U00110000\n.",
        "p-1\n.",
        "K\1px\n.",
        "K\1p 1\n.",
        "K\1p99999999999999999999\n.",
        "I11111111111111111111111111111111111111111111\n.",
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++)
        refuse(hr_view_text(broken[i]), HR_ERR_FORMAT, "byte ");
}

/* --- bounds --- */

static void announced_lengths_are_not_believed(void **state)
{
    (void)state;
    refuse(BYTES("X\xff\xff\xff\xffx."), HR_ERR_FORMAT, "4294967295 bytes are announced, 2 are");
    refuse(BYTES("\x8e\xff\xff\xff\xff\xff\xff\xff\xffx."), HR_ERR_FORMAT, "bytes are announced");
    refuse(BYTES("\x96\xff\xff\xff\xff\xff\xff\xff\x7fx."), HR_ERR_FORMAT, "bytes are announced");
    refuse(BYTES("\x95\xff\xff\xff\xff\xff\xff\xff\x7f."), HR_ERR_FORMAT, "bytes are announced");
    refuse(BYTES("\x8b\xff\xff\xff\xff."), HR_ERR_FORMAT, "bytes are announced");
    refuse(BYTES("\x8a\x09"
                 "123456789."),
           HR_ERR_UNSUPPORTED, "an integer of 9 bytes");
}

static void the_memo_is_bounded(void **state)
{
    (void)state;
    refuse(BYTES("Nr\xff\xff\xff\xff."), HR_ERR_LIMIT, "place 4294967295 of the memo");
    refuse(BYTES("Np4194304\n."), HR_ERR_LIMIT, "place 4194304 of the memo");
    refuse(BYTES("Np4194303\n."), HR_ERR_FORMAT, "not a dict");
}

static void repeat(struct hr_buffer *out, struct hr_view what, size_t times)
{
    for (size_t i = 0; i < times; i++)
        put(out, what);
}

/* `times` of `what`, and STOP. */
static void refuse_many(struct hr_view what, size_t times, enum hr_status status, const char *part)
{
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, (size_t)256 << 20);
    repeat(&bytes, what, times);
    put(&bytes, BYTES("."));
    refuse(hr_buffer_view(&bytes), status, part);
    hr_buffer_clear(&bytes);
}

static void stack_and_values_are_bounded(void **state)
{
    (void)state;
    refuse_many(BYTES("N"), HR_PICKLE_STACK_MAX - 1, HR_ERR_FORMAT, "not a dict");
    refuse_many(BYTES("N"), HR_PICKLE_STACK_MAX, HR_ERR_FORMAT, "not a dict");
    refuse_many(BYTES("N"), HR_PICKLE_STACK_MAX + 1, HR_ERR_LIMIT, "on the stack");
    refuse_many(BYTES("("), HR_PICKLE_STACK_MAX + 1, HR_ERR_LIMIT, "on the stack");
    refuse_many(BYTES("N0"), HR_PICKLE_VALUES_MAX + 1, HR_ERR_LIMIT, "more than 2097152 values");
}

/* Nested as deep as a file of this size can be: no recursion, so no limit of its own. */
static void depth_costs_nothing(void **state)
{
    (void)state;
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, 16 << 20);
    put(&bytes, BYTES("N"));
    repeat(&bytes, BYTES("\x85"), 500000);
    put(&bytes, BYTES("."));
    refuse(hr_buffer_view(&bytes), HR_ERR_FORMAT, "entry 1 is not a name");
    hr_buffer_clear(&bytes);
    refuse(BYTES("]q\0h\0ah\0a."), HR_ERR_FORMAT, "entry 1"); /* a list within itself */
    refuse_vector(BYTES("]q\0h\0a"), HR_ERR_FORMAT, "not an array of numbers");
}

/* A few bytes that stand for many: one text converted, or one array named, again and again. */
static void what_unfolds_is_bounded(void **state)
{
    (void)state;
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, (size_t)32 << 20);
    put_byte(&bytes, 'X');
    put_u32(&bytes, 4 << 20);
    repeat(&bytes, BYTES("0123456789abcdef"), (4 << 20) / 16);
    put(&bytes, BYTES("q\0c_codecs\nencode\nq\1Vlatin1\nq\2"));
    repeat(&bytes, BYTES("0h\1h\0h\2\x86R"), 33);
    put(&bytes, BYTES("."));
    refuse(hr_buffer_view(&bytes), HR_ERR_LIMIT, "unfolds to more than 134217728 bytes");
    hr_buffer_clear(&bytes);

    hr_buffer_init(&bytes, (size_t)32 << 20);
    put(&bytes, BYTES("}(U\4name]"));
    repeat(&bytes, BYTES("U\1xa"), 9000);
    put(&bytes, BYTES("U\x08"
                      "encoding]"));
    struct array large = {"f4", "<", 4096, 4, false};
    put_array(&bytes, large);
    put(&bytes, BYTES("q\0a"));
    repeat(&bytes, BYTES("h\0a"), 8999);
    put(&bytes, BYTES("u."));
    refuse(hr_buffer_view(&bytes), HR_ERR_LIMIT, "unfolds to more than 134217728 bytes");
    hr_buffer_clear(&bytes);
}

static void vectors_and_names_are_bounded(void **state)
{
    (void)state;
    for (size_t count = 4095; count <= 4097; count++) {
        for (int kind = 0; kind < 3; kind++) {
            struct hr_buffer bytes;
            struct array array = {kind == 0 ? "f8" : "f4", "<", count, kind == 0 ? 8 : 4, false};
            begin(&bytes);
            if (kind < 2)
                put_array(&bytes, array);
            put(&bytes, kind < 2 ? BYTES("") : BYTES("("));
            for (size_t i = 0; kind == 2 && i < count; i++)
                hr_buffer_append_format(&bytes, "F%zu.5\n", i);
            put(&bytes, kind < 2 ? BYTES("") : BYTES("l"));
            end(&bytes);
            if (count <= 4096)
                check(hr_buffer_view(&bytes), count);
            else
                refuse(hr_buffer_view(&bytes), HR_ERR_LIMIT, "entry 1: its vector");
            hr_buffer_clear(&bytes);
        }
    }
    for (size_t size = HR_LIMIT_CELL_BYTES - 1; size <= HR_LIMIT_CELL_BYTES + 1; size++) {
        struct hr_buffer bytes;
        hr_buffer_init(&bytes, 1 << 20);
        put(&bytes, BYTES("}(U\4name]X"));
        put_u32(&bytes, (uint32_t)size);
        repeat(&bytes, BYTES("n"), size);
        put(&bytes, BYTES("aU\x08"
                          "encoding](K\1lau."));
        struct hr_encoding *encodings = NULL;
        size_t count = 0;
        enum hr_status status = hr_import_encoding(hr_buffer_view(&bytes), &encodings, &count, &test_error);
        assert_int_equal(status, size <= HR_LIMIT_CELL_BYTES ? HR_OK : HR_ERR_LIMIT);
        hr_encodings_free(encodings, count);
        hr_buffer_clear(&bytes);
    }
}

static void a_file_is_held_to_its_limit(void **state)
{
    (void)state;
    /* Only its size is looked at: the bytes are never touched. */
    refuse(hr_view_of("N.", HR_LIMIT_IMPORT_BYTES + 1), HR_ERR_LIMIT, "the limit is 134217728");
    refuse(hr_view_of(NULL, 0), HR_ERR_FORMAT, "byte 0: it ends too early");
}

static void cut_short_anywhere_it_is_told(void **state)
{
    (void)state;
    struct hr_buffer bytes;
    begin(&bytes);
    put_array(&bytes, plain);
    end(&bytes);
    for (size_t size = 0; size < bytes.size; size++) {
        /* A copy of exactly that size: reading behind it is seen by the sanitizer. */
        uint8_t *copy = malloc(size + (size == 0));
        memcpy(copy, bytes.data, size);
        refuse(hr_view_of(copy, size), HR_ERR_FORMAT, "byte ");
        free(copy);
    }
    hr_buffer_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_of_either_size_and_order),
        cmocka_unit_test(lists_of_python_numbers),
        cmocka_unit_test(integers_of_every_kind),
        cmocka_unit_test(texts_and_bytes_of_every_kind),
        cmocka_unit_test(stack_and_memo),
        cmocka_unit_test(functions_are_refused_by_name),
        cmocka_unit_test(instructions_are_refused_by_name),
        cmocka_unit_test(every_byte_gets_an_answer),
        cmocka_unit_test(what_is_called_must_be_as_numpy_calls_it),
        cmocka_unit_test(arrays_must_be_whole),
        cmocka_unit_test(arrays_of_texts_are_lists_of_them),
        cmocka_unit_test(the_two_lists_must_fit_together),
        cmocka_unit_test(broken_stacks_are_told),
        cmocka_unit_test(broken_texts_are_told),
        cmocka_unit_test(announced_lengths_are_not_believed),
        cmocka_unit_test(the_memo_is_bounded),
        cmocka_unit_test(stack_and_values_are_bounded),
        cmocka_unit_test(depth_costs_nothing),
        cmocka_unit_test(what_unfolds_is_bounded),
        cmocka_unit_test(vectors_and_names_are_bounded),
        cmocka_unit_test(a_file_is_held_to_its_limit),
        cmocka_unit_test(cut_short_anywhere_it_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
