/* Reading what other systems keep: student tables as JSON or CSV, and the `encoding` pickle of the
 * Python system that homeroom replaces. Pure functions of bytes; nothing is executed. */
#ifndef HR_TABLES_IMPORT_H
#define HR_TABLES_IMPORT_H

#include "roster/roster.h"

/* What was wrong with single rows; the good rows are read all the same. */
struct hr_import_problem {
    size_t line; /* 1-based; for JSON the element's number */
    char text[160];
    const char *reason; /* static: a word that stays the same, for programs; NULL: none */
    char value[32];     /* what it is about; "" */
};

/* More are summed up in one last entry: a wrong file is as well understood from a thousand. */
#define HR_IMPORT_PROBLEMS_MAX 1000

struct hr_import_problems {
    struct hr_import_problem *items; /* owned */
    size_t count;
    size_t capacity;
    /* No problems, but to be said. */
    const char *note;      /* static: how the bytes were read, where that had to be guessed; else NULL */
    size_t left_out;       /* rows that are not students: a gradebook's points and test student, teachers */
    size_t marks_left_out; /* columns of a gradebook that are about tasks */
};
void hr_import_problems_clear(struct hr_import_problems *problems);

/* JSON: an array of objects with id (string or integer), name, major, year and further members,
 * kept as extra; or an object with that array as "students". Members are known as columns are.
 *
 * CSV (RFC 4180): a header with id and/or name, columns in any order, case and spaces ignored, BOM
 * and CRLF accepted; comma, semicolon or tab found from the header, or from a line "sep=;" before it.
 * The columns are known by many names (roster/headings.c); `map` (may be NULL) says which is what,
 * "id=Student Nr,name=Full Name". UTF-8, UTF-16 with a mark, or Windows-1252. Empty cells behind the
 * last column, and last cells that are left out, are nothing wrong.
 *
 * Which of both is seen from the bytes. A row without id takes its name as id; where no column is the
 * id and one is unknown, which may be it, the file is refused unless the map has "id=name". Ids and
 * names are in Unicode's form NFC. Of several rows with one id the first counts and the others are
 * problems; further columns that are empty are left out. `problems` (may be NULL) is the caller's:
 * zeroed before, cleared after. FORMAT when the file as a whole cannot be read, ARGUMENT when the map
 * does not fit. */
enum hr_status hr_import_students(struct hr_view bytes, const char *map, struct hr_student **out, size_t *count,
                                  struct hr_import_problems *problems, struct hr_error *error) HR_MUST_USE;

/* Whose vectors they are: dlib's face ResNet made them, as Python's face_recognition calls it, and nothing else can be
 * compared with them. */
#define HR_ENCODING_MODEL_ID "dlib-resnet-1"
enum { HR_ENCODING_SIZE = 128 };
/* What stands in a face record for where such a vector came from. */
#define HR_ENCODING_ORIGIN "import encoding"

struct hr_encoding {
    char *name;    /* owned */
    float *vector; /* owned */
    size_t size;
};
void hr_encodings_free(struct hr_encoding *encodings, size_t count);

/* The pickle of {'name': [str...], 'encoding': [numpy float arrays...]}, or of one of the other shapes in which
 * programs on face_recognition keep the same: {'names', 'encodings'} and other names of the two lists, the vectors as
 * an array of two dimensions, {name: vector}, {name: [vectors]}, a pair of the lists, a list of pairs or dicts.
 * Protocols 0 to 5, only the opcodes and globals that numpy arrays need; any other is refused by name. Never executes
 * anything. */
enum hr_status hr_import_encoding(struct hr_view bytes, struct hr_encoding **out, size_t *count,
                                  struct hr_error *error) HR_MUST_USE;

#endif
