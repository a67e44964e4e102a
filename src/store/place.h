/* A file inside an open folder: what the folder store and the functions on paths share. */
#ifndef HR_STORE_PLACE_H
#define HR_STORE_PLACE_H

#include <stdbool.h>

#include "store/store.h"

/* Where a file is: `name` inside the folder open as `folder_fd`; `shown` is what a person knows it
 * by, for error texts. All borrowed. */
struct hr_place {
    int folder_fd;
    const char *name;
    const char *shown;
};

/* As hr_file_open_stream and hr_file_write. */
enum hr_status hr_place_open_stream(const struct hr_place *place, const struct hr_deadline *deadline,
                                    struct hr_stream *out, struct hr_error *error) HR_MUST_USE;
enum hr_status hr_place_write(const struct hr_place *place, struct hr_view bytes, struct hr_error *error) HR_MUST_USE;
/* The same; CONFLICT when there is something of that name. */
enum hr_status hr_place_write_new(const struct hr_place *place, struct hr_view bytes,
                                  struct hr_error *error) HR_MUST_USE;

/* Refuses what struct hr_store_tag does not allow. */
enum hr_status hr_store_tags_check(struct hr_store_tags tags, struct hr_error *error) HR_MUST_USE;

/* HR_OK when `name` is the name of one file, as the top of store.h says. */
enum hr_status hr_store_name_check(const char *name, struct hr_error *error) HR_MUST_USE;
/* The same, with another most than a file system's 255 bytes. */
enum hr_status hr_store_name_check_length(const char *name, size_t most, struct hr_error *error) HR_MUST_USE;
bool hr_store_name_is_hidden(const char *name);
/* Whether hr_place_write gives such names to what is still being written. */
bool hr_store_name_is_part(const char *name);
/* Sorts by the bytes of the names. */
void hr_store_items_sort(struct hr_store_item *items, size_t count);

#endif
