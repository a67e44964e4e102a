#include "workload/mapping.h"

#include <stdlib.h>
#include <string.h>

#include "base/limits.h"

/* Ends `text` before its trailing blanks and gives it without the leading ones. */
static char *trim(char *text)
{
    static const char blanks[] = " \t\r";
    text += strspn(text, blanks);
    size_t length = strlen(text);
    while (length > 0 && strchr(blanks, text[length - 1]) != NULL)
        text[--length] = '\0';
    return text;
}

/* A name may have a colon in it, a major and a year may not: the last one divides. */
static enum hr_status parse_line(struct hr_mapping_entry *entry, char *line, size_t number, struct hr_error *error)
{
    char *colon = strrchr(line, ':');
    char *comma = colon != NULL ? strchr(colon, ',') : NULL;
    if (comma == NULL || strchr(comma + 1, ',') != NULL)
        return hr_error_set(error, HR_ERR_FORMAT, "line %zu is not of the form name.mp4:major,year", number);
    *colon = '\0';
    *comma = '\0';
    *entry = (struct hr_mapping_entry){.name = trim(line), .major = trim(colon + 1), .year = trim(comma + 1)};
    if (entry->name[0] == '\0')
        return hr_error_set(error, HR_ERR_FORMAT, "line %zu names no video", number);
    return HR_OK;
}

static enum hr_status parse_lines(struct hr_mapping *mapping, struct hr_error *error)
{
    char *rest = mapping->text;
    for (size_t number = 1; rest != NULL; number++) {
        char *line = strsep(&rest, "\n");
        if (line[strspn(line, " \t\r")] == '\0')
            continue;
        enum hr_status status = parse_line(&mapping->entries[mapping->count], line, number, error);
        if (status != HR_OK)
            return status;
        mapping->count++;
    }
    return HR_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct hr_mapping_entry *)a)->name, ((const struct hr_mapping_entry *)b)->name);
}

/* A line that is there twice is one; two that contradict each other are a mistake. */
static enum hr_status merge_doubles(struct hr_mapping *mapping, struct hr_error *error)
{
    size_t kept = 0;
    qsort(mapping->entries, mapping->count, sizeof *mapping->entries, by_name);
    for (size_t i = 0; i < mapping->count; i++) {
        const struct hr_mapping_entry *entry = &mapping->entries[i];
        const struct hr_mapping_entry *before = kept > 0 ? &mapping->entries[kept - 1] : NULL;
        if (before == NULL || strcmp(before->name, entry->name) != 0)
            mapping->entries[kept++] = *entry;
        else if (!hr_mapping_same(before, entry))
            return hr_error_set(error, HR_ERR_FORMAT, "it says two different things of '%s'", entry->name);
    }
    mapping->count = kept;
    return HR_OK;
}

static size_t count_lines(struct hr_view text)
{
    size_t lines = 1;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    return lines;
}

enum hr_status hr_mapping_parse(struct hr_mapping *out, struct hr_view text, struct hr_error *error)
{
    *out = (struct hr_mapping){0};
    if (text.size > HR_MAPPING_BYTES_MAX)
        return hr_error_set(error, HR_ERR_LIMIT, "a mapping file has at most %zu bytes", HR_MAPPING_BYTES_MAX);
    static const char mark[] = "\xef\xbb\xbf"; /* some editors' byte order mark */
    if (text.size >= 3 && memcmp(text.data, mark, 3) == 0)
        text = hr_view_of(text.data + 3, text.size - 3);
    if (!hr_view_is_utf8(text))
        return hr_error_set(error, HR_ERR_FORMAT, "it is not text in UTF-8");
    out->text = malloc(text.size + 1);
    out->entries = calloc(count_lines(text), sizeof *out->entries);
    enum hr_status status = HR_OK;
    if (out->text == NULL || out->entries == NULL) {
        status = hr_error_set(error, HR_ERR_MEMORY, "no memory for the mapping");
    } else {
        if (text.size > 0)
            memcpy(out->text, text.data, text.size);
        out->text[text.size] = '\0';
        status = parse_lines(out, error);
    }
    if (status == HR_OK)
        status = merge_doubles(out, error);
    if (status != HR_OK)
        hr_mapping_clear(out);
    return status;
}

void hr_mapping_clear(struct hr_mapping *mapping)
{
    free(mapping->entries);
    free(mapping->text);
    *mapping = (struct hr_mapping){0};
}

const struct hr_mapping_entry *hr_mapping_find(const struct hr_mapping *mapping, const char *name)
{
    const struct hr_mapping_entry wanted = {.name = name};
    if (mapping->count == 0)
        return NULL;
    return bsearch(&wanted, mapping->entries, mapping->count, sizeof wanted, by_name);
}

bool hr_mapping_same(const struct hr_mapping_entry *a, const struct hr_mapping_entry *b)
{
    return strcmp(a->major, b->major) == 0 && strcmp(a->year, b->year) == 0;
}
