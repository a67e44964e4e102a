#include "cli/photos.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "classroom/names.h"
#include "roster/student.h"

void hr_photos_clear(struct hr_photos *photos)
{
    for (size_t i = 0; i < photos->count; i++) {
        free(photos->items[i].student);
        free(photos->items[i].path);
    }
    free(photos->items);
    *photos = (struct hr_photos){0};
}

static enum hr_status make_room(struct hr_photos *photos, struct hr_error *error)
{
    if (photos->count < photos->capacity)
        return HR_OK;
    if (photos->count >= HR_LIMIT_GALLERY_VECTORS)
        return hr_error_set(error, HR_ERR_LIMIT, "more than %d photos at once", HR_LIMIT_GALLERY_VECTORS);
    size_t capacity = photos->capacity > 0 ? 2 * photos->capacity : 64;
    struct hr_offered_photo *items = reallocarray(photos->items, capacity, sizeof *items);
    if (items == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for %zu photos", capacity);
    photos->items = items;
    photos->capacity = capacity;
    return HR_OK;
}

/* Either a student's id or a reason to leave it out is given. */
static enum hr_status add(struct hr_photos *photos, const char *student_id, const char *left_out, const char *path,
                          struct hr_error *error)
{
    enum hr_status status = make_room(photos, error);
    if (status != HR_OK)
        return status;
    struct hr_offered_photo photo = {
        .student = student_id != NULL ? strdup(student_id) : NULL, .path = strdup(path), .left_out = left_out};
    if ((student_id != NULL && (photo.student == NULL || !hr_text_normalise(&photo.student))) || photo.path == NULL) {
        free(photo.student);
        free(photo.path);
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a photo's name");
    }
    photos->items[photos->count++] = photo;
    return HR_OK;
}

enum hr_status hr_photos_add(struct hr_photos *photos, const char *student_id, const char *path, struct hr_error *error)
{
    enum hr_status status = hr_student_id_check(hr_view_text(student_id), error);
    return status == HR_OK ? add(photos, student_id, NULL, path, error) : status;
}

/* By bytes, so that the order is the same everywhere. */
static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_hidden(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* What one name in a folder is about. `student_id` NULL: of the folder of all students. */
static enum hr_status take_entry(struct hr_photos *photos, const char *dir, const char *name, const char *student_id,
                                 struct hr_error *error);

static enum hr_status walk(struct hr_photos *photos, const char *dir, const char *student_id, struct hr_error *error)
{
    struct dirent **entries = NULL;
    int count = scandir(dir, &entries, not_hidden, by_name);
    if (count < 0)
        return hr_error_set_errno(error, errno, "looking into the folder '%s'", dir);
    enum hr_status status = HR_OK;
    for (int i = 0; i < count; i++) {
        if (status == HR_OK)
            status = take_entry(photos, dir, entries[i]->d_name, student_id, error);
        free(entries[i]);
    }
    free(entries);
    return status;
}

/* Whether a name of the folder can be a student's id; if not, that is no reason to end. */
static bool is_id(const char *name)
{
    struct hr_error ignored;
    return hr_student_id_check(hr_view_text(name), &ignored) == HR_OK;
}

static enum hr_status add_photo(struct hr_photos *photos, const char *student_id, const char *path,
                                struct hr_error *error)
{
    if (is_id(student_id))
        return add(photos, student_id, NULL, path, error);
    return add(photos, NULL, "its name cannot be a student's id", path, error);
}

static enum hr_status add_named_photo(struct hr_photos *photos, const char *path, const char *name,
                                      struct hr_error *error)
{
    char student_id[NAME_MAX + 1];
    snprintf(student_id, sizeof student_id, "%.*s", (int)(strrchr(name, '.') - name), name);
    return add_photo(photos, student_id, path, error);
}

static enum hr_status take_entry(struct hr_photos *photos, const char *dir, const char *name, const char *student_id,
                                 struct hr_error *error)
{
    char path[4096];
    struct stat about;
    if (snprintf(path, sizeof path, "%s/%s", dir, name) >= (int)sizeof path)
        return hr_error_set(error, HR_ERR_ARGUMENT, "a name in '%s' is too long", dir);
    bool there = stat(path, &about) == 0;
    if (there && S_ISDIR(about.st_mode) && student_id == NULL)
        return walk(photos, path, name, error);
    if (there && S_ISREG(about.st_mode) && hr_is_photo_name(name))
        return student_id != NULL ? add_photo(photos, student_id, path, error)
                                  : add_named_photo(photos, path, name, error);
    const char *reason = there && S_ISREG(about.st_mode) ? hr_photo_name_refused(name) : NULL;
    return add(photos, NULL, reason != NULL ? reason : "not a photo", path, error);
}

static bool any_photo(const struct hr_photos *photos)
{
    for (size_t i = 0; i < photos->count; i++)
        if (photos->items[i].student != NULL)
            return true;
    return false;
}

enum hr_status hr_photos_from_folder(struct hr_photos *photos, const char *dir, struct hr_error *error)
{
    enum hr_status status = walk(photos, dir, NULL, error);
    if (status == HR_OK && !any_photo(photos))
        status = hr_error_set(error, HR_ERR_NOT_FOUND,
                              "no photos in '%s': it should hold a folder per student, named by the "
                              "id or name, or files ID.jpg",
                              dir);
    return status;
}
