#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

void hr_buffer_init(struct hr_buffer *buffer, size_t max_size)
{
    *buffer = (struct hr_buffer){.max_size = max_size};
}

void hr_buffer_clear(struct hr_buffer *buffer)
{
    free(buffer->data);
    hr_buffer_init(buffer, buffer->max_size);
}

/* Room for `more` bytes and the zero behind them. */
static bool reserve(struct hr_buffer *buffer, size_t more)
{
    size_t need;
    if (buffer->failed || more > buffer->max_size - buffer->size || !hr_size_add(buffer->size + more, 1, &need)) {
        buffer->failed = true;
        return false;
    }
    if (need <= buffer->capacity)
        return true;
    size_t capacity = buffer->capacity < 256 ? 256 : buffer->capacity;
    while (capacity < need)
        capacity = capacity > SIZE_MAX / 2 ? need : capacity * 2;
    uint8_t *data = realloc(buffer->data, capacity);
    if (data == NULL) {
        buffer->failed = true;
        buffer->no_memory = true;
        return false;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

void hr_buffer_append(struct hr_buffer *buffer, struct hr_view bytes)
{
    if (!reserve(buffer, bytes.size))
        return;
    if (bytes.size > 0)
        memcpy(buffer->data + buffer->size, bytes.data, bytes.size);
    buffer->size += bytes.size;
    buffer->data[buffer->size] = 0;
}

void hr_buffer_append_text(struct hr_buffer *buffer, const char *text)
{
    hr_buffer_append(buffer, hr_view_text(text));
}

/* Bytes of the UTF-8 character at the start of `left`, which is not empty; 0: not a character. */
static size_t character_size(struct hr_view left)
{
    uint8_t lead = left.data[0];
    size_t size = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return size <= left.size && hr_view_is_utf8(hr_view_of(left.data, size)) ? size : 0;
}

void hr_buffer_append_utf8(struct hr_buffer *buffer, const char *text)
{
    struct hr_view left = hr_view_text(text);
    if (hr_view_is_utf8(left)) {
        hr_buffer_append(buffer, left);
        return;
    }
    while (left.size > 0) {
        size_t size = character_size(left);
        if (size > 0)
            hr_buffer_append(buffer, hr_view_of(left.data, size));
        else
            hr_buffer_append_text(buffer, "\xEF\xBF\xBD");
        size_t step = size > 0 ? size : 1;
        left = hr_view_of(left.data + step, left.size - step);
    }
}

void hr_buffer_append_format(struct hr_buffer *buffer, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int size = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    if (size < 0)
        buffer->failed = true;
    else if (reserve(buffer, (size_t)size)) {
        vsnprintf((char *)buffer->data + buffer->size, (size_t)size + 1, format, again);
        buffer->size += (size_t)size;
    }
    va_end(again);
}

enum hr_status hr_buffer_check(const struct hr_buffer *buffer, struct hr_error *error)
{
    if (!buffer->failed)
        return HR_OK;
    if (buffer->no_memory)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu bytes and more", buffer->size);
    return hr_error_set(error, HR_ERR_LIMIT, "more than the limit of %zu bytes", buffer->max_size);
}

struct hr_view hr_buffer_view(const struct hr_buffer *buffer)
{
    return hr_view_of(buffer->data, buffer->size);
}

const char *hr_buffer_text(const struct hr_buffer *buffer)
{
    return buffer->data != NULL ? (const char *)buffer->data : "";
}
