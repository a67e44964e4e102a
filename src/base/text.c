#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

char *hr_text_copy(struct hr_view text)
{
    char *copy = malloc(text.size + 1);
    if (copy == NULL)
        return NULL;
    if (text.size > 0)
        memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return copy;
}

void hr_texts_free(char **texts, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(texts[i]);
    free(texts);
}

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct hr_view hr_view_trimmed(struct hr_view text)
{
    while (text.size > 0 && is_blank(text.data[0]))
        text = hr_view_of(text.data + 1, text.size - 1);
    while (text.size > 0 && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

/* --- letters --- */

size_t hr_text_letter(struct hr_view text, int32_t *letter)
{
    if (text.size == 0)
        return 0;
    utf8proc_ssize_t size = utf8proc_iterate(text.data, (utf8proc_ssize_t)text.size, letter);
    if (size > 0)
        return (size_t)size;
    *letter = -(int32_t)text.data[0];
    return 1;
}

bool hr_letter_is_alphanumeric(int32_t letter)
{
    utf8proc_category_t category = utf8proc_category(letter);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

bool hr_letter_is_space(int32_t letter)
{
    utf8proc_category_t category = utf8proc_category(letter);
    return category >= UTF8PROC_CATEGORY_ZS && category <= UTF8PROC_CATEGORY_ZP;
}

bool hr_letter_is_control(int32_t letter)
{
    return (letter >= 0 && letter < 0x20) || (letter >= 0x7F && letter < 0xA0) || letter == 0x061C ||
           letter == 0x200E || letter == 0x200F || (letter >= 0x2028 && letter <= 0x202E) ||
           (letter >= 0x2066 && letter <= 0x2069);
}

static void show(struct hr_buffer *out, const char *text, const char *kept)
{
    struct hr_view left = hr_view_text(text);
    int32_t letter;
    for (size_t size; (size = hr_text_letter(left, &letter)) > 0;) {
        bool keeps = letter > 0 && letter < 0x80 && strchr(kept, letter) != NULL;
        if (letter < 0)
            hr_buffer_append_text(out, "\xEF\xBF\xBD");
        else if (hr_letter_is_control(letter) && !keeps)
            hr_buffer_append_text(out, "?");
        else
            hr_buffer_append(out, hr_view_of(left.data, size));
        left = hr_view_of(left.data + size, left.size - size);
    }
}

void hr_text_show(struct hr_buffer *out, const char *text)
{
    show(out, text, "");
}

void hr_text_show_lines(struct hr_buffer *out, const char *text)
{
    show(out, text, "\r\n\t");
}

/* --- forms --- */

bool hr_text_normalise(char **text)
{
    utf8proc_uint8_t *normal = NULL;
    struct hr_view view = hr_view_text(*text);
    size_t ascii = 0;
    while (ascii < view.size && view.data[ascii] < 0x80)
        ascii++;
    if (ascii == view.size)
        return true;
    utf8proc_ssize_t size =
        utf8proc_map(view.data, (utf8proc_ssize_t)view.size, &normal, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    if (size < 0)
        return size != UTF8PROC_ERROR_NOMEM;
    free(*text);
    *text = (char *)normal;
    return true;
}

char *hr_text_normal_copy(const char *text)
{
    char *copy = hr_text_copy(hr_view_text(text));
    if (copy != NULL && !hr_text_normalise(&copy)) {
        free(copy);
        return NULL;
    }
    return copy;
}

char *hr_text_fold(const char *text)
{
    utf8proc_uint8_t *folded = utf8proc_NFKC_Casefold((const utf8proc_uint8_t *)text);
    return folded != NULL ? (char *)folded : strdup(text);
}

char *hr_text_fold_bare(struct hr_view text)
{
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t size =
        utf8proc_map(text.data, (utf8proc_ssize_t)text.size, &folded,
                     UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE | UTF8PROC_STRIPMARK);
    return size >= 0 ? (char *)folded : NULL;
}
