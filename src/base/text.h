/* Text as people write it: UTF-8, its letters and its Unicode forms. The only user of utf8proc. */
#ifndef HR_BASE_TEXT_H
#define HR_BASE_TEXT_H

#include "base/buffer.h"
#include "base/status.h"
#include "base/view.h"

/* A copy of the bytes with a zero behind them; the caller's (free). NULL: no memory. */
char *hr_text_copy(struct hr_view text);
void hr_texts_free(char **texts, size_t count);

/* Without the blanks and line ends around it. */
struct hr_view hr_view_trimmed(struct hr_view text);

/* The letter (code point) that the text begins with, and how many bytes it takes; 0 at the end. A byte that is not
 * UTF-8 is a letter of its own, below zero. */
size_t hr_text_letter(struct hr_view text, int32_t *letter);
bool hr_letter_is_alphanumeric(int32_t letter);
/* Of Unicode's separators, the keyboard's space among them. */
bool hr_letter_is_space(int32_t letter);

/* What steers whatever shows a text, and is no part of what people read: C0 and C1 controls and DEL, Unicode's marks,
 * embeddings, overrides and isolates of direction (by which "nohJ" looks like "John"), its separators of lines and
 * paragraphs. */
bool hr_letter_is_control(int32_t letter);
/* The one way of text from outside to a terminal or a log: each control as '?', what is not UTF-8 as U+FFFD. */
void hr_text_show(struct hr_buffer *out, const char *text);
/* The same for lines of text: line ends and tabs stay. */
void hr_text_show_lines(struct hr_buffer *out, const char *text);

/* In Unicode's form NFC, in place: what looks the same is the same (a letter with its accent, or the accent behind it,
 * as a Mac's file names have it). What is not UTF-8 stays. False: no memory. */
bool hr_text_normalise(char **text) HR_MUST_USE;
/* A copy in that form; NULL: no memory. */
char *hr_text_normal_copy(const char *text);

/* As people compare names (Unicode's toNFKC_Casefold, which also drops what cannot be seen); what is not UTF-8 stays as
 * it is. The caller's (free); NULL: no memory. */
char *hr_text_fold(const char *text);
/* The same without accents. NULL: no memory, or not UTF-8. */
char *hr_text_fold_bare(struct hr_view text);

#endif
