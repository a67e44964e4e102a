#include "aws/ini.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"

/* Settings in one file: hundreds of profiles are many. */
#define ENTRIES_MAX 10000
#define NAME_MAX_BYTES 256

/* Where the reader is. */
struct reader {
    struct hr_ini *out;
    char section[NAME_MAX_BYTES];
    char outer[NAME_MAX_BYTES]; /* the setting that nested ones belong to; "" */
    size_t line;
    struct hr_error *error;
};

static void wipe_free(char *text)
{
    if (text != NULL)
        explicit_bzero(text, strlen(text));
    free(text);
}

void hr_ini_clear(struct hr_ini *ini)
{
    for (size_t i = 0; i < ini->count; i++) {
        free(ini->entries[i].section);
        free(ini->entries[i].name);
        wipe_free(ini->entries[i].value);
    }
    free(ini->entries);
    *ini = (struct hr_ini){0};
}

static bool is_blank(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

static struct hr_view trim(struct hr_view text)
{
    while (text.size > 0 && is_blank(text.data[0]))
        text = hr_view_of(text.data + 1, text.size - 1);
    while (text.size > 0 && is_blank(text.data[text.size - 1]))
        text.size--;
    return text;
}

static enum hr_status reserve(struct reader *reader)
{
    struct hr_ini *ini = reader->out;
    if (ini->count < ini->capacity)
        return HR_OK;
    if (ini->count >= ENTRIES_MAX)
        return hr_error_set(reader->error, HR_ERR_LIMIT, "line %zu: more than %d settings", reader->line, ENTRIES_MAX);
    size_t capacity = ini->capacity > 0 ? 2 * ini->capacity : 16;
    struct hr_ini_entry *entries = realloc(ini->entries, capacity * sizeof *entries);
    if (entries == NULL)
        return hr_error_set(reader->error, HR_ERR_MEMORY, "no memory for %zu settings", capacity);
    ini->entries = entries;
    ini->capacity = capacity;
    return HR_OK;
}

/* "outer.name" in lower case, or NULL without memory. */
static char *joined_name(const char *outer, struct hr_view name)
{
    size_t before = strlen(outer);
    char *text = malloc(before + 1 + name.size + 1);
    if (text == NULL)
        return NULL;
    char *at = text;
    if (before > 0) {
        memcpy(at, outer, before);
        at[before] = '.';
        at += before + 1;
    }
    for (size_t i = 0; i < name.size; i++)
        at[i] = (char)tolower(name.data[i]);
    at[name.size] = '\0';
    return text;
}

static enum hr_status add(struct reader *reader, const char *outer, struct hr_view name, struct hr_view value)
{
    enum hr_status status = reserve(reader);
    if (status != HR_OK)
        return status;
    struct hr_ini_entry entry = {
        .section = strdup(reader->section),
        .name = joined_name(outer, name),
        .value = strndup(value.size > 0 ? (const char *)value.data : "", value.size),
    };
    reader->out->entries[reader->out->count++] = entry;
    if (entry.section == NULL || entry.name == NULL || entry.value == NULL)
        return hr_error_set(reader->error, HR_ERR_MEMORY, "no memory for a setting");
    return HR_OK;
}

static enum hr_status refuse(const struct reader *reader, const char *what)
{
    return hr_error_set(reader->error, HR_ERR_FORMAT, "line %zu: %s", reader->line, what);
}

static enum hr_status read_section(struct reader *reader, struct hr_view line)
{
    const uint8_t *end = memchr(line.data, ']', line.size);
    if (end == NULL)
        return refuse(reader, "'[' without ']'");
    struct hr_view name = trim(hr_view_of(line.data + 1, (size_t)(end - line.data) - 1));
    if (name.size >= sizeof reader->section || memchr(name.data, '\0', name.size) != NULL)
        return refuse(reader, "the section's name is too long");
    memcpy(reader->section, name.data, name.size);
    reader->section[name.size] = '\0';
    reader->outer[0] = '\0';
    /* An empty section exists, too. */
    return add(reader, "", hr_view_text(""), hr_view_text(""));
}

/* " #" and " ;" begin a comment behind a value, a '#' inside of it does not. */
static struct hr_view without_comment(struct hr_view value)
{
    for (size_t i = 1; i < value.size; i++)
        if ((value.data[i] == '#' || value.data[i] == ';') && is_blank(value.data[i - 1]))
            return trim(hr_view_of(value.data, i));
    return value;
}

static enum hr_status read_setting(struct reader *reader, struct hr_view line, bool indented)
{
    const uint8_t *equal = memchr(line.data, '=', line.size);
    if (equal == NULL)
        return refuse(reader, "neither [SECTION] nor NAME = VALUE");
    struct hr_view name = trim(hr_view_of(line.data, (size_t)(equal - line.data)));
    struct hr_view value = without_comment(trim(hr_view_of(equal + 1, line.size - (size_t)(equal - line.data) - 1)));
    if (name.size == 0 || name.size >= sizeof reader->outer)
        return refuse(reader, "a setting without name, or with one that is too long");
    if (reader->section[0] == '\0')
        return refuse(reader, "a setting before the first [SECTION]");
    if (!indented) {
        bool opens = value.size == 0;
        for (size_t i = 0; i < name.size && opens; i++)
            reader->outer[i] = (char)tolower(name.data[i]);
        reader->outer[opens ? name.size : 0] = '\0';
        return add(reader, "", name, value);
    }
    return add(reader, reader->outer, name, value);
}

static enum hr_status read_line(struct reader *reader, struct hr_view raw)
{
    struct hr_view line = trim(raw);
    if (line.size == 0 || line.data[0] == '#' || line.data[0] == ';')
        return HR_OK;
    if (memchr(line.data, '\0', line.size) != NULL)
        return refuse(reader, "a zero byte");
    if (line.data[0] == '[')
        return read_section(reader, line);
    return read_setting(reader, line, is_blank(raw.data[0]));
}

enum hr_status hr_ini_parse(struct hr_ini *out, struct hr_view text, struct hr_error *error)
{
    struct reader reader = {.out = out, .error = error};
    enum hr_status status = HR_OK;
    if (text.size >= 3 && memcmp(text.data, "\xEF\xBB\xBF", 3) == 0)
        text = hr_view_of(text.data + 3, text.size - 3);
    while (text.size > 0 && status == HR_OK) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        size_t size = end != NULL ? (size_t)(end - text.data) : text.size;
        reader.line++;
        status = read_line(&reader, hr_view_of(text.data, size));
        size_t step = end != NULL ? size + 1 : size;
        text = hr_view_of(text.data + step, text.size - step);
    }
    if (status != HR_OK)
        hr_ini_clear(out);
    return status;
}

const char *hr_ini_get(const struct hr_ini *ini, const char *section, const char *name)
{
    for (size_t i = ini->count; i-- > 0;) {
        const struct hr_ini_entry *entry = &ini->entries[i];
        if (strcmp(entry->section, section) == 0 && strcmp(entry->name, name) == 0)
            return entry->value;
    }
    return NULL;
}

bool hr_ini_has_section(const struct hr_ini *ini, const char *section)
{
    return hr_ini_get(ini, section, "") != NULL;
}
