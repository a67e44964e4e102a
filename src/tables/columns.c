#include "tables/columns.h"

#include <stdio.h>

#include "tables/decode.h"

/* The column that is called so; SIZE_MAX: none. */
static size_t find(const struct hr_columns *columns, struct hr_view name)
{
    for (size_t i = 0; i < columns->count; i++)
        if (hr_heading_same(columns->names[i], name))
            return i;
    return SIZE_MAX;
}

static bool is_called(const struct hr_columns *columns, enum hr_heading heading, const char *name)
{
    size_t place = columns->places[heading];
    return place != SIZE_MAX && hr_heading_same(columns->names[place], hr_view_text(name));
}

static void find_known(struct hr_columns *columns)
{
    size_t best[HR_HEADING_COUNT];
    for (int k = 0; k < HR_HEADING_COUNT; k++)
        best[k] = columns->places[k] = SIZE_MAX;
    for (size_t i = 0; i < columns->count; i++) {
        size_t rank;
        enum hr_heading heading = hr_heading_of(columns->names[i], &rank);
        if (heading == HR_HEADING_COUNT || rank >= best[heading])
            continue;
        best[heading] = rank;
        columns->places[heading] = i;
    }
}

/* What the user has said of columns outranks what they are called. A column may be the id and the name. */
static void apply_map(struct hr_columns *columns, const struct hr_heading_map *map)
{
    columns->unmapped = HR_HEADING_COUNT;
    for (int k = 0; map != NULL && k < HR_HEADING_COUNT; k++) {
        if (map->names[k].size == 0)
            continue;
        size_t at = find(columns, map->names[k]);
        if (at == SIZE_MAX && k == HR_HEADING_ID && hr_heading_same(map->names[k], hr_view_text("name")))
            columns->names_are_ids = true;
        else if (at == SIZE_MAX)
            columns->unmapped = (enum hr_heading)k;
        for (int other = 0; at != SIZE_MAX && other < HR_HEADING_COUNT; other++)
            if (columns->places[other] == at && !(k <= HR_HEADING_NAME && other <= HR_HEADING_NAME))
                columns->places[other] = SIZE_MAX;
        columns->places[k] = at;
    }
}

/* "Name" beside "Vorname", "Nom" beside "Prenom": the family's. */
static void settle_names(struct hr_columns *columns, const struct hr_heading_map *map)
{
    size_t *places = columns->places;
    bool said = map != NULL && map->names[HR_HEADING_NAME].size > 0;
    bool family =
        (is_called(columns, HR_HEADING_FIRST_NAME, "vorname") && is_called(columns, HR_HEADING_NAME, "name")) ||
        (is_called(columns, HR_HEADING_FIRST_NAME, "prenom") && is_called(columns, HR_HEADING_NAME, "nom"));
    if (!said && family && places[HR_HEADING_LAST_NAME] == SIZE_MAX) {
        places[HR_HEADING_LAST_NAME] = places[HR_HEADING_NAME];
        places[HR_HEADING_NAME] = SIZE_MAX;
    }
}

/* Which program's table it is, where that says more than the names of the columns. */
static void find_program(struct hr_columns *columns)
{
    bool has_sis = find(columns, hr_view_text("SIS User ID")) != SIZE_MAX ||
                   find(columns, hr_view_text("SIS Login ID")) != SIZE_MAX;
    columns->is_gradebook = has_sis && is_called(columns, HR_HEADING_NAME, "Student");
    columns->id_else = columns->is_gradebook ? find(columns, hr_view_text("ID")) : SIZE_MAX;
    columns->role = is_called(columns, HR_HEADING_ID, "sourcedId") ? find(columns, hr_view_text("role")) : SIZE_MAX;
}

static bool is_placed(const struct hr_columns *columns, size_t index)
{
    bool whole = columns->places[HR_HEADING_NAME] != SIZE_MAX;
    for (int k = 0; k < HR_HEADING_COUNT; k++)
        if (columns->places[k] == index && !(whole && (k == HR_HEADING_FIRST_NAME || k == HR_HEADING_LAST_NAME)))
            return true;
    return false;
}

/* The others are kept under their names, but for those without one, of our own export's kind, or called as a column of
 * ours that another one is already. A password is nobody's business, nor are marks, of which a gradebook has
 * hundreds. */
static void find_further(struct hr_columns *columns)
{
    size_t section = columns->is_gradebook ? find(columns, hr_view_text("Section")) : SIZE_MAX;
    for (size_t i = 0; i < columns->count; i++) {
        struct hr_view name = columns->names[i];
        columns->further[i] = false;
        if (name.size == 0 || is_placed(columns, i) || hr_student_column_same(name, hr_view_text(HR_FACES_KEY)) ||
            hr_student_column_of(name) != HR_STUDENT_COLUMN_COUNT || hr_heading_same(name, hr_view_text("password")))
            continue;
        columns->further[i] = section == SIZE_MAX || i <= section;
        columns->further_count += columns->further[i];
        columns->marks += !columns->further[i];
    }
}

void hr_columns_find(struct hr_columns *columns, const struct hr_heading_map *map)
{
    columns->further_count = columns->marks = 0;
    columns->names_are_ids = false;
    find_known(columns);
    apply_map(columns, map);
    settle_names(columns, map);
    find_program(columns);
    find_further(columns);
}

/* --- what is missing --- */

static void list_names(const struct hr_columns *columns, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < columns->count && length < size; i++) {
        struct hr_view name = columns->names[i];
        length += (size_t)snprintf(out + length, size - length, "%s'%.*s'", i > 0 ? ", " : "",
                                   (int)(name.size < 40 ? name.size : 40), (const char *)name.data);
    }
}

/* A column that is none of the known ones: where there is no id, it may be that. */
static bool has_unknown(const struct hr_columns *columns)
{
    size_t rank;
    for (size_t i = 0; i < columns->count; i++)
        if (columns->further[i] && hr_heading_of(columns->names[i], &rank) == HR_HEADING_COUNT)
            return true;
    return false;
}

enum hr_status hr_columns_check(const struct hr_columns *columns, const struct hr_heading_map *map,
                                struct hr_error *error)
{
    const size_t *places = columns->places;
    bool has_name = places[HR_HEADING_NAME] != SIZE_MAX || places[HR_HEADING_LAST_NAME] != SIZE_MAX;
    bool is_clear =
        places[HR_HEADING_ID] != SIZE_MAX || (has_name && (columns->names_are_ids || !has_unknown(columns)));
    bool is_mapped = map == NULL || columns->unmapped == HR_HEADING_COUNT;
    char there[300];
    if (is_clear && is_mapped)
        return HR_OK;
    list_names(columns, there, sizeof there);
    if (!is_mapped) {
        struct hr_view name = map->names[columns->unmapped];
        return hr_error_set(error, HR_ERR_ARGUMENT, "there is no column '%.*s', as --map says; there are %s",
                            (int)name.size, (const char *)name.data, there);
    }
    if (!has_name)
        return hr_error_named(error, HR_ERR_FORMAT, "no_columns", NULL,
                              "no column 'id' or the like and none 'name', but %s: is it a table of students with a "
                              "header? --map id=COLUMN,name=COLUMN says which they are",
                              there);
    return hr_error_named(error, HR_ERR_FORMAT, "no_columns", NULL,
                          "no column is known to be the id; there are %s. --map id=COLUMN says which it is, "
                          "--map id=name takes the names",
                          there);
}

/* --- rows --- */

static struct hr_view cell_at(const struct hr_view *cells, size_t count, size_t index)
{
    return index < count ? hr_view_without_marks(cells[index]) : hr_view_of("", 0);
}

bool hr_columns_no_student(const struct hr_columns *columns, const struct hr_view *cells, size_t count)
{
    struct hr_view role = hr_view_bare(cell_at(cells, count, columns->role));
    if (role.size > 0 && !hr_heading_same(role, hr_view_text("student")))
        return true;
    if (!columns->is_gradebook)
        return false;
    struct hr_view name = hr_view_bare(cell_at(cells, count, columns->places[HR_HEADING_NAME]));
    bool has_id = cell_at(cells, count, columns->places[HR_HEADING_ID]).size > 0;
    return hr_view_equal(name, hr_view_text("Points Possible")) || hr_view_equal(name, hr_view_text("Student, Test")) ||
           (name.size == 0 && !has_id);
}

/* "Ann Lee" of two columns; one of them may be empty. */
static bool join_names(struct hr_student *student, struct hr_view first, struct hr_view last)
{
    struct hr_buffer name;
    hr_buffer_init(&name, first.size + last.size + 2);
    hr_buffer_append(&name, first);
    if (first.size > 0 && last.size > 0)
        hr_buffer_append_text(&name, " ");
    hr_buffer_append(&name, last);
    bool good = !name.failed && hr_student_set(student, HR_STUDENT_COLUMN_NAME, hr_buffer_view(&name));
    hr_buffer_clear(&name);
    return good;
}

bool hr_columns_fill(const struct hr_columns *columns, const struct hr_view *cells, size_t count,
                     struct hr_student *student)
{
    const size_t *places = columns->places;
    struct hr_view id = hr_view_bare(cell_at(cells, count, places[HR_HEADING_ID]));
    if (id.size == 0)
        id = hr_view_bare(cell_at(cells, count, columns->id_else));
    bool good = hr_student_set(student, HR_STUDENT_COLUMN_ID, id) &&
                hr_student_set(student, HR_STUDENT_COLUMN_MAJOR, cell_at(cells, count, places[HR_HEADING_MAJOR])) &&
                hr_student_set(student, HR_STUDENT_COLUMN_YEAR, cell_at(cells, count, places[HR_HEADING_YEAR]));
    if (good && places[HR_HEADING_NAME] != SIZE_MAX)
        good = hr_student_set(student, HR_STUDENT_COLUMN_NAME, cell_at(cells, count, places[HR_HEADING_NAME]));
    else if (good && places[HR_HEADING_LAST_NAME] != SIZE_MAX)
        good = join_names(student, cell_at(cells, count, places[HR_HEADING_FIRST_NAME]),
                          cell_at(cells, count, places[HR_HEADING_LAST_NAME]));
    for (size_t i = 0; good && i < columns->count; i++)
        if (columns->further[i] && cell_at(cells, count, i).size > 0)
            good = hr_student_add_extra(student, columns->names[i], cell_at(cells, count, i));
    return good;
}
