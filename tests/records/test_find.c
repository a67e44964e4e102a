/* Which student a word means: what counts before what, who is near, and words of any length. (test_people.c has the
 * plain cases.) */
#include "records/find.h"
#include "records/support.h"

struct found {
    struct test_folder *folder;
    struct hr_database *database;
    struct hr_student_finder *finder; /* made by the first look */
};

static int make(void **state)
{
    struct found *found = calloc(1, sizeof *found);
    if (found == NULL)
        return -1;
    void *folder = NULL;
    if (test_folder_make(&folder) != 0)
        return -1;
    found->folder = folder;
    *state = found;
    return hr_database_open(&found->database, found->folder->database, HR_DATABASE_CREATE, &test_error) == HR_OK ? 0
                                                                                                                 : -1;
}

static int unmake(void **state)
{
    struct found *found = *state;
    void *folder = found->folder;
    hr_student_finder_free(found->finder);
    hr_database_close(found->database);
    free(found);
    return test_folder_remove(&folder);
}

static void put(struct found *found, const char *id, const char *name)
{
    struct hr_student student = test_student(id, name, "", "");
    assert_ok(hr_database_put_student(found->database, &student, NULL, &test_error));
}

static const struct hr_student_finder *finder_of(struct found *found)
{
    if (found->finder == NULL)
        assert_ok(hr_student_finder_new(&found->finder, found->database, &test_error));
    return found->finder;
}

static void is(struct found *found, const char *word, const char *id)
{
    const char *got = NULL;
    bool exact = strcmp(word, id) != 0; /* the opposite of what must come */
    assert_ok(hr_student_find(finder_of(found), word, &got, &exact, &test_error));
    assert_string_equal(got, id);
    assert_int_equal(exact, strcmp(word, id) == 0);
}

static void is_not(struct found *found, const char *word, enum hr_status status, const char *part)
{
    const char *got = NULL;
    assert_fails(hr_student_find(finder_of(found), word, &got, NULL, &test_error), status, part);
}

/* The error of the latest is_not ends so. */
static void assert_ends(const char *end)
{
    size_t size = strlen(test_error.text), wanted = strlen(end);
    if (size < wanted || strcmp(test_error.text + size - wanted, end) != 0)
        fail_msg("'%s' does not end in '%s'", test_error.text, end);
}

/* --- what counts before what --- */

static void an_id_in_another_form_counts_before_a_name_to_the_letter(void **state)
{
    put(*state, "ANNA", "Berta");
    put(*state, "2", "anna");
    is(*state, "anna", "ANNA");
    is(*state, "ANNA", "ANNA");
}

static void an_id_is_found_in_any_form(void **state)
{
    put(*state,
        "Rene\xCC\x81"
        "e 7",
        "somebody"); /* NFD */
    is(*state,
       "Ren\xC3\xA9"
       "e 7",
       "Rene\xCC\x81"
       "e 7"); /* NFC */
    is(*state,
       "REN\xC3\x89"
       "E__7",
       "Rene\xCC\x81"
       "e 7");
    is(*state,
       "Rene\xCC\x81"
       "e 7",
       "Rene\xCC\x81"
       "e 7");
}

static void words_may_be_parted_by_any_blank(void **state)
{
    static const char *const words[] = {
        "Anna\tLee",           "Anna\r\nLee\n", "Anna _ _ Lee", "_Anna_Lee_", "Anna\xC2\xA0Lee", /* no-break space */
        "Anna\xE3\x80\x80Lee",                                                                   /* wide space */
        "An\xC2\xADna Lee", /* soft hyphen: cannot be seen */
    };
    put(*state, "1", "Anna Lee");
    put(*state, "2", "AnnaLee");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        is(*state, words[i], "1");
    is(*state, "annalee", "2");
}

static void one_student_is_no_conflict_with_himself(void **state)
{
    put(*state, "Carl", "Carl");
    put(*state, "dora", "DORA");
    is(*state, "Carl", "Carl");
    is(*state, "CARL", "Carl");
    is(*state, "DORA", "dora");
}

static void several_of_one_name_are_told_by_their_ids(void **state)
{
    put(*state, "17", "Anna Lee");
    put(*state, "18", "Anna Lee");
    put(*state, "19", "ANNA LEE");
    is_not(*state, "Anna Lee", HR_ERR_CONFLICT, "'Anna Lee' may be several students");
    is_not(*state, "Anna Lee", HR_ERR_CONFLICT, "17");
    is_not(*state, "Anna Lee", HR_ERR_CONFLICT, "18");
    assert_null(strstr(test_error.text, "19")); /* it is not so to the letter */
    is(*state, "ANNA LEE", "19");
    for (int id = 17; id <= 19; id++) { /* in whichever order */
        char text[8];
        snprintf(text, sizeof text, "%d", id);
        is_not(*state, "anna lee", HR_ERR_CONFLICT, text);
    }
}

static void ids_that_differ_in_case_alone_are_told_apart(void **state)
{
    put(*state, "ab", "One");
    put(*state, "AB", "Two");
    is(*state, "ab", "ab");
    is(*state, "AB", "AB");
    is_not(*state, "Ab", HR_ERR_CONFLICT, "AB");
    is_not(*state, "Ab", HR_ERR_CONFLICT, "ab");
}

static void a_whole_school_of_one_name_is_a_conflict_too(void **state)
{
    char id[80];
    assert_ok(hr_database_begin(((struct found *)*state)->database, &test_error));
    for (int i = 0; i < 300; i++) {
        snprintf(id, sizeof id, "a-long-id-of-which-few-have-room-in-one-line-of-text-%04d", i);
        put(*state, id, "Anna Lee");
    }
    assert_ok(hr_database_commit(((struct found *)*state)->database, &test_error));
    is_not(*state, "Anna Lee", HR_ERR_CONFLICT, "of-text-0000, a-long-id");
}

static void everybody_is_as_when_the_finder_was_made(void **state)
{
    struct found *found = *state;
    put(found, "1", "Anna");
    is(found, "Anna", "1");
    put(found, "2", "Berta");
    assert_ok(hr_database_rename(found->database, "1", "3", "Carla", &test_error));
    is(found, "Anna", "1");
    is_not(found, "Berta", HR_ERR_NOT_FOUND, "'Berta'");
    hr_student_finder_free(found->finder);
    found->finder = NULL;
    is(found, "Berta", "2");
    is(found, "Carla", "3");
}

/* --- nobody, and who is near --- */

static void nobody_at_all_is_near_nobody(void **state)
{
    is_not(*state, "Anna", HR_ERR_NOT_FOUND, "no student has the id or name 'Anna'");
    assert_ends("'Anna'");
    is_not(*state, "", HR_ERR_NOT_FOUND, "''");
    is_not(*state, " _ ", HR_ERR_NOT_FOUND, "' _ '");
}

static void three_are_named_and_the_nearest_first(void **state)
{
    put(*state, "id-00001", "Aanna Leee"); /* two letters too many */
    put(*state, "id-00002", "Ana Lee");
    put(*state, "id-00003", "Annna Lee");
    put(*state, "id-00004", "Hanna Leee");
    put(*state, "id-00005", "Anna Leisner");
    is_not(*state, "Anna Lee", HR_ERR_NOT_FOUND, "'Anna Lee'");
    assert_ends("; near: id-00002 (Ana Lee), id-00003 (Annna Lee), id-00001 (Aanna Leee)");
}

static void a_student_is_named_once_and_by_what_is_nearest(void **state)
{
    put(*state, "id-00001", "Aaanna Lee");
    put(*state, "aanna leee", "Anna Leex"); /* his id is two letters away, his name one */
    is_not(*state, "Anna Lee", HR_ERR_NOT_FOUND, "'Anna Lee'");
    assert_ends("; near: aanna leee (Anna Leex), id-00001 (Aaanna Lee)");
}

static void letters_that_changed_places_are_one_mistake(void **state)
{
    put(*state, "12345", "Joe");
    is_not(*state, "Jeo", HR_ERR_NOT_FOUND, "near: 12345 (Joe)");
    is_not(*state, "12354", HR_ERR_NOT_FOUND, "near: 12345 (Joe)");
    is_not(*state, "oJx", HR_ERR_NOT_FOUND, "'oJx'");
    assert_ends("'oJx'"); /* two mistakes in so short a word are another word */
}

static void letters_are_counted_and_not_bytes(void **state)
{
    put(*state, "id-00001",
        "\xC3\x9Cnal \xC3\x96k\xC3\xA7"
        "e");
    is_not(*state, "Unal \xC3\x96kce", HR_ERR_NOT_FOUND, "near: id-00001"); /* two letters, three bytes */
    is_not(*state, "Unal Okce", HR_ERR_NOT_FOUND, "'Unal Okce'");
    assert_ends("'Unal Okce'");
}

/* --- long ones --- */

static void long_names_are_told_apart_to_their_end(void **state)
{
    static char names[2][4000], word[20000];
    memset(names, 'x', sizeof names);
    names[0][sizeof names[0] - 1] = names[1][sizeof names[1] - 1] = '\0';
    names[1][sizeof names[1] - 2] = 'y';
    put(*state, "1", names[0]);
    put(*state, "2", names[1]);
    is(*state, names[0], "1");
    is(*state, names[1], "2");
    memset(word, 'a', sizeof word - 1);
    is_not(*state, word, HR_ERR_NOT_FOUND, "'aaaa");
    assert_null(strstr(test_error.text, "near"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, unmake)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_id_in_another_form_counts_before_a_name_to_the_letter),
        TEST(an_id_is_found_in_any_form),
        TEST(words_may_be_parted_by_any_blank),
        TEST(one_student_is_no_conflict_with_himself),
        TEST(several_of_one_name_are_told_by_their_ids),
        TEST(ids_that_differ_in_case_alone_are_told_apart),
        TEST(a_whole_school_of_one_name_is_a_conflict_too),
        TEST(everybody_is_as_when_the_finder_was_made),
        TEST(nobody_at_all_is_near_nobody),
        TEST(three_are_named_and_the_nearest_first),
        TEST(a_student_is_named_once_and_by_what_is_nearest),
        TEST(letters_that_changed_places_are_one_mistake),
        TEST(letters_are_counted_and_not_bytes),
        TEST(long_names_are_told_apart_to_their_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
