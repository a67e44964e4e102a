#include "cli/suggest.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { LETTERS_MAX = 40 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Letters to insert, remove, change or swap with their neighbour (Damerau 1964, each place changed once). */
static size_t edits(const char *a, size_t a_count, const char *b, size_t b_count)
{
    size_t rows[3][LETTERS_MAX + 1];
    for (size_t j = 0; j <= b_count; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_count; i++) {
        size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_count; j++) {
            size_t change = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(change, least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
    }
    return rows[a_count % 3][b_count];
}

struct hr_suggestion hr_suggest(const char *word, size_t length, const char *prefix,
                                const char *(*word_at)(size_t index), size_t count)
{
    struct hr_suggestion suggestion = {0};
    const char *nearest = NULL;
    /* One slip in a short word, two in a longer one. */
    size_t fewest = length >= 6 ? 3 : 2;
    if (length < 2 || length > LETTERS_MAX)
        return suggestion;
    for (size_t i = 0; i < count; i++) {
        const char *known = word_at(i);
        size_t known_length = strlen(known);
        if (known_length > LETTERS_MAX)
            continue;
        /* The beginning of a word is as good as one slip ("doc"). */
        size_t slips = length >= 3 && strncmp(known, word, length) == 0 ? 1 : edits(word, length, known, known_length);
        if (slips < fewest) {
            fewest = slips;
            nearest = known;
        }
    }
    if (nearest != NULL)
        snprintf(suggestion.text, sizeof suggestion.text, "did you mean '%s%s'? ", prefix, nearest);
    return suggestion;
}
