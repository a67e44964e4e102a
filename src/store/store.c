#include "store/place.h"

#include <limits.h>
#include <stdlib.h>

void hr_store_item_clear(struct hr_store_item *item)
{
    free(item->name);
    *item = (struct hr_store_item){0};
}

void hr_store_items_free(struct hr_store_item *items, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(items[i].name);
    free(items);
}

void hr_store_close(struct hr_store *store)
{
    if (store->close != NULL)
        store->close(store->context);
    *store = (struct hr_store){0};
}

enum hr_status hr_store_name_check(const char *name, struct hr_error *error)
{
    return hr_store_name_check_length(name, NAME_MAX, error);
}

enum hr_status hr_store_name_check_length(const char *name, size_t most, struct hr_error *error)
{
    size_t length = strlen(name);
    if (length == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "an empty name is not a file's name");
    if (length > most)
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%.40s...' is longer than the %zu bytes of a file's name", name,
                            most);
    if (strchr(name, '/') != NULL || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' leads out of the folder: give a file's name without '/'",
                            name);
    return HR_OK;
}

static bool tag_name_is_good(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    return name[0] != '\0' && name[strspn(name, letters)] == '\0';
}

static bool tag_value_is_good(const char *value)
{
    if (strlen(value) > HR_STORE_TAG_BYTES)
        return false;
    for (const char *c = value; *c != '\0'; c++)
        if (*c < 0x20 || *c > 0x7e)
            return false;
    return true;
}

enum hr_status hr_store_tags_check(struct hr_store_tags tags, struct hr_error *error)
{
    for (size_t i = 0; i < tags.count; i++)
        if (!tag_name_is_good(tags.items[i].name) || !tag_value_is_good(tags.items[i].value))
            return hr_error_set(error, HR_ERR_ARGUMENT, "tag %zu of a file is not a short line of plain letters",
                                i + 1);
    return HR_OK;
}

bool hr_store_name_is_hidden(const char *name)
{
    return name[0] == '.';
}

static int by_name(const void *a, const void *b)
{
    const struct hr_store_item *left = a, *right = b;
    return strcmp(left->name, right->name);
}

void hr_store_items_sort(struct hr_store_item *items, size_t count)
{
    if (count > 1)
        qsort(items, count, sizeof *items, by_name);
}
