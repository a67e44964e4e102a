#include "records/find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "records/sql.h"
#include "roster/student.h"

struct key {
    char *text; /* owned: folded */
    size_t student;
    bool is_name; /* else the id */
};

struct known_student {
    char *id, *name; /* owned */
};

struct hr_student_finder {
    struct known_student *students;
    size_t count, capacity;
    struct key *keys; /* sorted by text; two for each student */
    size_t key_count;
};

static enum hr_status no_memory(struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_MEMORY, "no memory to look for students");
}

/* Blanks and underscores become single blanks, none at the ends; in place. */
static void collapse(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        bool gap = *from == ' ' || *from == '_' || *from == '\t' || *from == '\n' || *from == '\r';
        if (!gap)
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    }
    if (to > text && to[-1] == ' ')
        to--;
    *to = '\0';
}

/* As people compare names. The caller's (free); NULL: no memory. */
static char *fold(const char *text)
{
    char *folded = hr_text_fold(text);
    if (folded != NULL)
        collapse(folded);
    return folded;
}

void hr_student_finder_free(struct hr_student_finder *finder)
{
    if (finder == NULL)
        return;
    for (size_t i = 0; i < finder->count; i++) {
        free(finder->students[i].id);
        free(finder->students[i].name);
    }
    for (size_t i = 0; i < finder->key_count; i++)
        free(finder->keys[i].text);
    free(finder->students);
    free(finder->keys);
    free(finder);
}

static enum hr_status add_student(struct hr_student_finder *finder, const char *id, const char *name,
                                  struct hr_error *error)
{
    if (finder->count == finder->capacity) {
        size_t capacity = finder->capacity > 0 ? 2 * finder->capacity : 64;
        struct known_student *students = reallocarray(finder->students, capacity, sizeof *students);
        if (students == NULL)
            return no_memory(error);
        finder->students = students;
        finder->capacity = capacity;
    }
    struct known_student *student = &finder->students[finder->count];
    *student = (struct known_student){.id = strdup(id), .name = strdup(name)};
    if (student->id == NULL || student->name == NULL) {
        free(student->id);
        free(student->name);
        return no_memory(error);
    }
    finder->count++;
    return HR_OK;
}

static enum hr_status read_students(struct hr_student_finder *finder, struct hr_database *database,
                                    struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_STUDENTS_NAMES, &statement, error);
    if (status != HR_OK)
        return status;
    while (hr_sql_next(database, statement, "reading the students", &status, error)) {
        status = add_student(finder, hr_sql_text(statement, 0), hr_sql_text(statement, 1), error);
    }
    return status;
}

static int by_text(const void *a, const void *b)
{
    const struct key *left = a, *right = b;
    int order = strcmp(left->text, right->text);
    if (order != 0)
        return order;
    return left->is_name != right->is_name ? left->is_name - right->is_name
                                           : (left->student > right->student) - (left->student < right->student);
}

static enum hr_status make_keys(struct hr_student_finder *finder, struct hr_error *error)
{
    finder->keys = calloc(2 * finder->count + 1, sizeof *finder->keys);
    if (finder->keys == NULL)
        return no_memory(error);
    for (size_t i = 0; i < finder->count; i++) {
        const char *const texts[] = {finder->students[i].id, finder->students[i].name};
        for (size_t k = 0; k < 2; k++) {
            struct key key = {.text = fold(texts[k]), .student = i, .is_name = k == 1};
            if (key.text == NULL)
                return no_memory(error);
            finder->keys[finder->key_count++] = key;
        }
    }
    qsort(finder->keys, finder->key_count, sizeof *finder->keys, by_text);
    return HR_OK;
}

enum hr_status hr_student_finder_new(struct hr_student_finder **out, struct hr_database *database,
                                     struct hr_error *error)
{
    *out = NULL;
    struct hr_student_finder *finder = calloc(1, sizeof *finder);
    if (finder == NULL)
        return no_memory(error);
    enum hr_status status = read_students(finder, database, error);
    if (status == HR_OK)
        status = make_keys(finder, error);
    if (status == HR_OK)
        *out = finder;
    else
        hr_student_finder_free(finder);
    return status;
}

/* --- what is near --- */

enum { NEAR_SHOWN = 3, LETTERS_MAX = 128 };

static size_t letters_of(const char *text, int32_t letters[LETTERS_MAX])
{
    size_t count = 0, size;
    struct hr_view rest = hr_view_text(text);
    while (count < LETTERS_MAX && (size = hr_text_letter(rest, &letters[count])) > 0) {
        count++;
        rest = hr_view_of(rest.data + size, rest.size - size);
    }
    return count;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to insert, remove, change or swap with their neighbour (Damerau 1964, each place changed once); `limit` + 1
 * for more than `limit`. */
static size_t edits(const int32_t *a, size_t a_count, const int32_t *b, size_t b_count, size_t limit)
{
    size_t longer = a_count > b_count ? a_count - b_count : b_count - a_count;
    if (longer > limit)
        return limit + 1;
    size_t rows[3][LETTERS_MAX + 1];
    for (size_t j = 0; j <= b_count; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_count; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        size_t best = row[0] = i;
        for (size_t j = 1; j <= b_count; j++) {
            size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(change, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
            best = least(best, row[j]);
        }
        if (best > limit)
            return limit + 1;
    }
    return rows[a_count % 3][b_count];
}

struct near {
    size_t student;
    size_t edits;
};

static void note_near(struct near near[NEAR_SHOWN], size_t student, size_t edits)
{
    for (size_t i = 0; i < NEAR_SHOWN; i++) {
        if (near[i].student == student && near[i].edits <= edits)
            return;
        if (edits >= near[i].edits)
            continue;
        size_t last = NEAR_SHOWN - 1;
        for (size_t j = i; j < NEAR_SHOWN; j++)
            if (near[j].student == student)
                last = j;
        memmove(&near[i + 1], &near[i], (last - i) * sizeof *near);
        near[i] = (struct near){student, edits};
        return;
    }
}

static enum hr_status not_found(const struct hr_student_finder *finder, const char *word, const char *folded,
                                struct hr_error *error)
{
    int32_t wanted[LETTERS_MAX], letters[LETTERS_MAX];
    size_t wanted_count = letters_of(folded, wanted);
    size_t limit = least(3, 1 + wanted_count / 6);
    struct near near[NEAR_SHOWN];
    for (size_t i = 0; i < NEAR_SHOWN; i++)
        near[i] = (struct near){SIZE_MAX, limit + 1};
    for (size_t i = 0; i < finder->key_count; i++) {
        size_t count = letters_of(finder->keys[i].text, letters);
        note_near(near, finder->keys[i].student, edits(wanted, wanted_count, letters, count, limit));
    }
    char text[400] = "";
    for (size_t i = 0, length = 0; i < NEAR_SHOWN && near[i].student != SIZE_MAX; i++) {
        const struct known_student *student = &finder->students[near[i].student];
        length += (size_t)snprintf(text + length, sizeof text - length, "%s%.60s (%.60s)",
                                   i > 0 ? ", " : "; near: ", student->id, student->name);
        if (length >= sizeof text)
            break;
    }
    return hr_error_set(error, HR_ERR_NOT_FOUND, "no student has the id or name '%.100s'%s", word, text);
}

/* --- finding --- */

static size_t first_key(const struct hr_student_finder *finder, const char *folded)
{
    size_t low = 0, high = finder->key_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(finder->keys[middle].text, folded) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Of the keys from `first` on that equal the word: ids before names, and of those what is equal to the letter, or would
 * be in one Unicode form. */
static enum hr_status choose(const struct hr_student_finder *finder, size_t first, const char *word, const char *normal,
                             const char *folded, size_t *out, struct hr_error *error)
{
    for (int rank = 0; rank < 4; rank++) {
        bool names = rank >= 2, to_the_letter = rank % 2 == 0;
        size_t found = SIZE_MAX, count = 0;
        char ids[300] = "";
        for (size_t i = first; i < finder->key_count && strcmp(finder->keys[i].text, folded) == 0; i++) {
            const struct known_student *student = &finder->students[finder->keys[i].student];
            const char *text = names ? student->name : student->id;
            if (finder->keys[i].is_name != names ||
                (to_the_letter && strcmp(text, word) != 0 && strcmp(text, normal) != 0))
                continue;
            size_t length = strlen(ids);
            snprintf(ids + length, sizeof ids - length, "%s%.60s", count > 0 ? ", " : "", student->id);
            found = finder->keys[i].student;
            count++;
        }
        if (count > 1)
            return hr_error_set(error, HR_ERR_CONFLICT, "'%.100s' may be several students: say which by the id: %s",
                                word, ids);
        if (count == 1) {
            *out = found;
            return HR_OK;
        }
    }
    return not_found(finder, word, folded, error);
}

enum hr_status hr_student_find(const struct hr_student_finder *finder, const char *word, const char **id, bool *exact,
                               struct hr_error *error)
{
    char *folded = fold(word), *normal = hr_text_normal_copy(word);
    size_t student = 0;
    *id = NULL;
    enum hr_status status = folded != NULL && normal != NULL
                                ? choose(finder, first_key(finder, folded), word, normal, folded, &student, error)
                                : no_memory(error);
    free(folded);
    free(normal);
    if (status != HR_OK)
        return status;
    *id = finder->students[student].id;
    if (exact != NULL)
        *exact = strcmp(*id, word) == 0;
    return HR_OK;
}

enum hr_status hr_student_find_same(const struct hr_student_finder *finder, const char *text, bool is_name,
                                    const char **ids, size_t room, size_t *count, struct hr_error *error)
{
    char *folded = fold(text), *normal = hr_text_normal_copy(text);
    enum hr_status status = folded != NULL && normal != NULL ? HR_OK : no_memory(error);
    *count = 0;
    for (size_t i = status == HR_OK ? first_key(finder, folded) : SIZE_MAX;
         i < finder->key_count && strcmp(finder->keys[i].text, folded) == 0; i++) {
        const struct known_student *student = &finder->students[finder->keys[i].student];
        if (finder->keys[i].is_name != is_name)
            continue;
        char *other = hr_text_normal_copy(is_name ? student->name : student->id);
        if (other == NULL) {
            status = no_memory(error);
            break;
        }
        if (strcmp(other, normal) == 0 && (*count)++ < room)
            ids[*count - 1] = student->id;
        free(other);
    }
    free(folded);
    free(normal);
    return status;
}
