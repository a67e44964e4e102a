/* A growing byte buffer with a hard cap that is set when it is made: no input can make it grow past
 * that. */
#ifndef HR_BASE_BUFFER_H
#define HR_BASE_BUFFER_H

#include "base/status.h"
#include "base/view.h"

struct hr_buffer {
    uint8_t *data; /* owned; always followed by a zero byte once anything was added */
    size_t size;
    size_t capacity;
    size_t max_size;
    bool failed;    /* an append did not fit or memory ran out; sticky, so that writers may check once
                    at the end */
    bool no_memory; /* it failed because memory ran out */
};

/* Allocates nothing. */
void hr_buffer_init(struct hr_buffer *buffer, size_t max_size);
void hr_buffer_clear(struct hr_buffer *buffer); /* frees; the buffer may be used again */

/* After a failure each append does nothing; hr_buffer_check gives the reason: LIMIT or MEMORY. */
void hr_buffer_append(struct hr_buffer *buffer, struct hr_view bytes);
void hr_buffer_append_text(struct hr_buffer *buffer, const char *text);
void hr_buffer_append_format(struct hr_buffer *buffer, const char *format, ...) HR_PRINTF(2, 3);
/* The text as well-formed UTF-8: a byte that is not part of a character becomes U+FFFD. */
void hr_buffer_append_utf8(struct hr_buffer *buffer, const char *text);
enum hr_status hr_buffer_check(const struct hr_buffer *buffer, struct hr_error *error) HR_MUST_USE;

struct hr_view hr_buffer_view(const struct hr_buffer *buffer);
/* The bytes as a C string; "" when empty. Borrowed. */
const char *hr_buffer_text(const struct hr_buffer *buffer);

#endif
