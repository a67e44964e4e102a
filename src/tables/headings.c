#include "tables/headings.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* The best first. Of Moodle, Canvas, OneRoster, and of tables in English, German and French; without case, blanks,
 * signs and accents. */
static const char *const known[HR_HEADING_COUNT][32] = {
    [HR_HEADING_ID] = {"sisuserid",
                       "id",
                       "studentid",
                       "studentnumber",
                       "studentno",
                       "studentnr",
                       "pupilid",
                       "idnumber",
                       "sourcedid",
                       "matrikelnummer",
                       "matrikelnr",
                       "matrnr",
                       "studierendennummer",
                       "schulernummer",
                       "schulernr",
                       "schuelernummer",
                       "schuelernr",
                       "idnummer",
                       "numeroetudiant",
                       "numetudiant",
                       "noetudiant",
                       "netudiant",
                       "numerodidentification",
                       "identifiant",
                       "sisloginid"},
    [HR_HEADING_NAME] = {"name", "student", "studentname", "fullname", "displayname", "vollstandigername",
                         "vollstaendigername", "nomcomplet", "nom"},
    [HR_HEADING_FIRST_NAME] = {"firstname", "givenname", "forename", "vorname", "prenom"},
    [HR_HEADING_LAST_NAME] = {"lastname", "surname", "familyname", "nachname", "familienname", "nomdefamille"},
    [HR_HEADING_MAJOR] = {"major", "programme", "program", "studiengang", "studienfach", "fach", "filiere"},
    [HR_HEADING_YEAR] = {"year", "yearofstudy", "grade", "grades", "jahrgang", "jahrgangsstufe", "annee", "niveau"}};

static const char *const words[HR_HEADING_COUNT] = {"id", "name", "first_name", "last_name", "major", "year"};

enum { KEY_SIZE = 128 };

/* Letters and digits alone, folded, without accents; "" when it is not text. Longer names are cut. */
static void key_of(struct hr_view name, char out[KEY_SIZE])
{
    char *folded = hr_text_fold_bare(name);
    size_t length = 0, bytes;
    int32_t letter;
    struct hr_view rest = folded != NULL ? hr_view_text(folded) : hr_view_of(NULL, 0);
    while ((bytes = hr_text_letter(rest, &letter)) > 0 && letter >= 0 && length + bytes < KEY_SIZE) {
        if (hr_letter_is_alphanumeric(letter)) {
            memcpy(out + length, rest.data, bytes);
            length += bytes;
        }
        rest = hr_view_of(rest.data + bytes, rest.size - bytes);
    }
    out[length] = '\0';
    free(folded);
}

enum hr_heading hr_heading_of(struct hr_view name, size_t *rank)
{
    char key[KEY_SIZE];
    key_of(name, key);
    for (int heading = 0; heading < HR_HEADING_COUNT; heading++)
        for (size_t i = 0; i < sizeof known[0] / sizeof *known[0] && known[heading][i] != NULL; i++)
            if (strcmp(key, known[heading][i]) == 0) {
                *rank = i;
                return (enum hr_heading)heading;
            }
    *rank = SIZE_MAX;
    return HR_HEADING_COUNT;
}

bool hr_heading_same(struct hr_view a, struct hr_view b)
{
    char left[KEY_SIZE], right[KEY_SIZE];
    key_of(a, left);
    key_of(b, right);
    return (left[0] != '\0' && strcmp(left, right) == 0) || hr_view_equal(a, b);
}

static enum hr_status bad_map(const char *text, struct hr_error *error)
{
    return hr_error_set(error, HR_ERR_ARGUMENT,
                        "--map takes id=COLUMN,name=COLUMN and the like (id, name, first_name, last_name, major, "
                        "year), not '%.200s'",
                        text);
}

/* The heading whose word stands in front of the equals sign at `at`, and where the sign is; HR_HEADING_COUNT: none. */
static enum hr_heading word_at(const char *at, const char **equals)
{
    *equals = strchr(at, '=');
    if (*equals == NULL)
        return HR_HEADING_COUNT;
    struct hr_view word = hr_view_trimmed(hr_view_of(at, (size_t)(*equals - at)));
    int heading = 0;
    while (heading < HR_HEADING_COUNT && !hr_view_equal(word, hr_view_text(words[heading])))
        heading++;
    return (enum hr_heading)heading;
}

/* The comma behind which the next word stands, or the end: columns may have commas in their names. */
static const char *end_of_column(const char *at)
{
    const char *equals;
    at += strcspn(at, ",");
    while (*at != '\0' && at[1] != '\0' && word_at(at + 1, &equals) == HR_HEADING_COUNT)
        at += 1 + strcspn(at + 1, ",");
    return at;
}

enum hr_status hr_heading_map_parse(struct hr_heading_map *out, const char *text, struct hr_error *error)
{
    *out = (struct hr_heading_map){0};
    for (const char *at = text; *at != '\0';) {
        const char *equals;
        enum hr_heading heading = word_at(at, &equals);
        if (heading == HR_HEADING_COUNT || out->names[heading].size > 0)
            return bad_map(text, error);
        const char *end = end_of_column(equals + 1);
        out->names[heading] = hr_view_trimmed(hr_view_of(equals + 1, (size_t)(end - equals - 1)));
        if (out->names[heading].size == 0)
            return bad_map(text, error);
        at = end + (*end == ',');
    }
    return HR_OK;
}
