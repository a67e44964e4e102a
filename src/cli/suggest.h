/* "did you mean": the known word that a mistyped one is nearest to. */
#ifndef HR_CLI_SUGGEST_H
#define HR_CLI_SUGGEST_H

#include <stddef.h>

/* For the middle of a message: "did you mean 'recognize'? ", or "" when none of the words is near.
 * `prefix` ("--") stands before the word in the text. */
struct hr_suggestion {
    char text[96];
};
/* `word_at` gives the known words by number, `count` of them. `length` of the mistyped one are looked at. */
struct hr_suggestion hr_suggest(const char *word, size_t length, const char *prefix,
                                const char *(*word_at)(size_t index), size_t count);

#endif
