/* Student tables as JSON and CSV: what is read, what is a problem of one row, what of the file. */
#include <unistd.h>

#include "base/limits.h"
#include "records/support.h"
#include "roster/student.h"
#include "tables/csv.h"
#include "tables/import.h"

struct outcome {
    struct hr_student *students;
    size_t count;
    struct hr_import_problems problems;
};

static struct outcome read_bytes(struct hr_view bytes)
{
    struct outcome outcome = {0};
    assert_ok(hr_import_students(bytes, NULL, &outcome.students, &outcome.count, &outcome.problems, &test_error));
    return outcome;
}

static struct outcome read_text(const char *text)
{
    return read_bytes(hr_view_text(text));
}

static void clear(struct outcome *outcome)
{
    hr_students_free(outcome->students, outcome->count);
    hr_import_problems_clear(&outcome->problems);
}

/* The students as one line: "id|name|major|year|key=value;..." with a blank between two. */
static void check(const char *text, const char *expected, size_t problems)
{
    struct outcome outcome = read_text(text);
    struct hr_buffer line;
    hr_buffer_init(&line, 1 << 20);
    for (size_t i = 0; i < outcome.count; i++) {
        const struct hr_student *student = &outcome.students[i];
        hr_buffer_append_format(&line, "%s%s|%s|%s|%s|", i > 0 ? " " : "", student->id, student->name, student->major,
                                student->year);
        for (size_t k = 0; k < student->extra_count; k++)
            hr_buffer_append_format(&line, "%s=%s;", student->extra[k].key, student->extra[k].value);
    }
    assert_string_equal(hr_buffer_text(&line), expected);
    assert_int_equal(outcome.problems.count, problems);
    hr_buffer_clear(&line);
    clear(&outcome);
}

/* One problem, in that line, with that in its text. */
static void check_problem(const char *text, size_t good, size_t line, const char *part)
{
    struct outcome outcome = read_text(text);
    assert_int_equal(outcome.count, good);
    assert_int_equal(outcome.problems.count, 1);
    assert_int_equal(outcome.problems.items[0].line, line);
    if (strstr(outcome.problems.items[0].text, part) == NULL)
        fail_msg("'%s' does not hold '%s'", outcome.problems.items[0].text, part);
    clear(&outcome);
}

static void refuse(struct hr_view bytes, enum hr_status status, const char *part)
{
    struct outcome outcome = {0};
    assert_fails(hr_import_students(bytes, NULL, &outcome.students, &outcome.count, &outcome.problems, &test_error),
                 status, part);
    assert_null(outcome.students);
    assert_int_equal(outcome.count, 0);
    clear(&outcome);
}

/* --- CSV --- */

static void csv_with_a_header_in_any_order(void **state)
{
    (void)state;
    check("id,name,major,year\n1,ada,math,senior\n2,bob,art,junior\n", "1|ada|math|senior| 2|bob|art|junior|", 0);
    check("year,Major, NAME ,room,I D\nsenior,math,ada,12,1\n", "1|ada|math|senior|room=12;", 0);
    check("name\nada\nbob", "ada|ada||| bob|bob|||", 0);
    check("id\n7\n", "7||||", 0);
    check("id,name\n,ada\n", "ada|ada|||", 0); /* without id: the name */
}

static void csv_of_every_kind_of_machine(void **state)
{
    (void)state;
    check("\xef\xbb\xbfid,name\r\n1,ada\r\n", "1|ada|||", 0);
    check("id;name;note\r\n1;ada;a, b\r\n", "1|ada|||note=a, b;", 0);
    check("id\tname\n1\tada lovelace\n", "1|ada lovelace|||", 0);
    check("id,name\r1,ada\r", "1|ada|||", 0);
    check("\n\nid,name\n\n1,ada\n\n\n", "1|ada|||", 0);
    check("id,name,,\n1,ada,,\n,,,\n2,bob,,\n", "1|ada||| 2|bob|||", 0); /* a spreadsheet's rest */
    check("\"id\",\"a;b;c;d\",name\n1,x,ada\n", "1|ada|||a;b;c;d=x;", 0);
}

static void csv_quotes(void **state)
{
    (void)state;
    check("id,name\n1,\"Lovelace, Ada\"\n", "1|Lovelace, Ada|||", 0);
    check("id,name\n1,\"Ada \"\"Countess\"\"\"\n", "1|Ada \"Countess\"|||", 0);
    check("id,note\n1,\"two\r\nlines\"\n2,x\n", "1||||note=two\r\nlines; 2||||note=x;", 0);
    check("id,name\n 1 , ada \n", "1|ada|||", 0);
    check("id,name\n1, \" ada \" \n", "1| ada |||", 0); /* blanks in quotes are meant */
    check("id,name\n1,5\"\n", "1|5\"|||", 0);
    check("id,name\n1,\"\"\n", "1||||", 0);
    check("id,name\n007,ada\n", "007|ada|||", 0);
}

static void one_bad_row_of_a_csv_does_not_cost_the_others(void **state)
{
    (void)state;
    check_problem("id,name\n1,ada\n2\n3,eve\n", 2, 3, "1 cell where the header has 2");
    check_problem("id,name\n1,ada\n2,bob,x\n", 1, 3, "3 cells where the header has 2");
    check_problem("id,name,note\n,,x\n1,ada,\n", 1, 2, "neither an id nor a name");
    check_problem("id,name\n1,\xff\n2,b\xC3\xB6\x62\n", 1, 2, "not UTF-8");
    check_problem("id,name\n1,ada,,x\n2,bob\n", 1, 2, "4 cells where the header has 2");
    check_problem("id,name\n1,\"ada\"x\n2,bob\n", 1, 2, "behind a closing quote");
    check_problem("id,note\n1,\"a\nb\"\n\n1,c\n", 1, 5, "the same id as in line 2");
    check_problem("id,name\n\"a\nb\",ada\n2,bob\n", 1, 2, "control character");
}

static void the_first_of_equal_ids_stays(void **state)
{
    (void)state;
    check("id,name\n1,first\n2,b\n1,second\n1,third\n", "1|first||| 2|b|||", 2);
    check("id,name\nada,x\n,ada\n", "ada|x|||", 1); /* a name that became an id */
}

static void csv_that_cannot_be_read_as_a_whole(void **state)
{
    (void)state;
    refuse(hr_view_text(""), HR_ERR_FORMAT, "nothing in it");
    refuse(hr_view_of(NULL, 0), HR_ERR_FORMAT, "nothing in it");
    refuse(hr_view_text("\xef\xbb\xbf\r\n"), HR_ERR_FORMAT, "nothing in it");
    refuse(hr_view_text("a,b\n1,2\n"), HR_ERR_FORMAT, "no column 'id'");
    refuse(hr_view_text("id,name,ID\n1,2,3\n"), HR_ERR_FORMAT, "two columns are called 'ID'");
    refuse(hr_view_text("id,room,R oom\n"), HR_ERR_FORMAT, "line 1: two columns");
    refuse(hr_view_text("id,\xff,\xC3\xB6\n"), HR_ERR_FORMAT, "column 2 is not UTF-8");
    refuse(hr_view_text("id,name\n1,ada\n2,\"bob\n3,eve\n"), HR_ERR_FORMAT,
           "line 3: a quote is opened and never closed");
    refuse(hr_view_of("\xff\xfei\0d\0n", 7), HR_ERR_FORMAT, "UTF-16");
    refuse(hr_view_of("\xff\xfe\0\xd8i\0", 6), HR_ERR_FORMAT, "half a character");
    refuse(hr_view_of("PK\x03\x04xlsx", 8), HR_ERR_FORMAT, "save the table as CSV");
}

/* --- what programs make of tables --- */

static void what_is_empty_at_the_end_is_nothing_wrong(void **state)
{
    (void)state;
    check("id,name,major,year\n17,Ann,Art,2,\n18,Bob,Bio,1,,,\n", "17|Ann|Art|2| 18|Bob|Bio|1|", 0);
    check("id,name,major,year\n17,Ann,Art\n18,Bob\n19,Cy,Bio,1\n", "17|Ann|Art|| 18|Bob||| 19|Cy|Bio|1|", 0);
    check_problem("id,name,major\nremarks\n1,ada\n", 1, 2, "1 cell where the header has 3");
}

static void every_code_is_read(void **state)
{
    (void)state;
    check("id;name\r\n17;Jos\xE9 M\xFCller\r\n18;\x80 \x93\r\n",
          "17|Jos\xC3\xA9 M\xC3\xBCller||| 18|\xE2\x82\xAC \xE2\x80\x9C|||", 0);
    static const char little[] = "\xFF\xFEi\0d\0,\0n\0a\0m\0e\0\n\0"
                                 "1\0,\0\x3D\xD8\x00\xDE\n\0";
    struct outcome outcome = read_bytes(hr_view_of(little, sizeof little - 1));
    assert_int_equal(outcome.count, 1);
    assert_string_equal(outcome.students[0].name, "\xF0\x9F\x98\x80");
    assert_string_equal(outcome.problems.note, "read as UTF-16");
    clear(&outcome);
    static const char big[] = "\xFE\xFF\0i\0d\0\n\0"
                              "7\0\n";
    outcome = read_bytes(hr_view_of(big, sizeof big - 1));
    assert_int_equal(outcome.count, 1);
    assert_string_equal(outcome.students[0].id, "7");
    clear(&outcome);
    outcome = read_text("id,name\n1,M\xFCller\n");
    assert_non_null(strstr(outcome.problems.note, "Windows-1252"));
    clear(&outcome);
    outcome = read_text("id,name\n1,M\xC3\xBCller\n");
    assert_null(outcome.problems.note);
    clear(&outcome);
}

static void what_spreadsheets_add_is_taken_off(void **state)
{
    (void)state;
    check("sep=;\r\nid;name\r\n1;a,b\r\n", "1|a,b|||", 0);
    check("SEP=|\nid|name\n1|a;b\n", "1|a;b|||", 0);
    check("id,name\n=\"007\",ada\n", "007|ada|||", 0);
    check("id,name\n17\xC2\xA0,Ann\xC2\xA0 Lee\n\xE2\x80\x8B"
          "18,\"\xEF\xBB\xBF"
          "Bob\xE2\x80\xAF\"\n",
          "17|Ann\xC2\xA0 Lee||| 18|Bob|||", 0);
    static const char zero[] = "id,name\n1,a\0b\n2,c\n";
    struct outcome outcome = read_bytes(hr_view_of(zero, sizeof zero - 1));
    assert_int_equal(outcome.count, 1);
    assert_non_null(strstr(outcome.problems.items[0].text, "zero byte"));
    clear(&outcome);
}

static void columns_are_known_by_many_names(void **state)
{
    (void)state;
    check("Student ID,Name,Major,Year\n17,Ann,Art,2\n18,Ann,Bio,1\n", "17|Ann|Art|2| 18|Ann|Bio|1|", 0);
    check("First name,Last name,ID number,Email\nAnn,Lee,17,a@b\n", "17|Ann Lee|||Email=a@b;", 0);
    check("sourcedId,givenName,familyName,grades\n17,Ann,Lee,9\n", "17|Ann Lee||9|", 0);
    check("Matrikelnummer;Name;Vorname;Studiengang;Jahrgang\n17;M\xC3\xBCller;Jos\xC3\xA9;Kunst;2\n",
          "17|Jos\xC3\xA9 M\xC3\xBCller|Kunst|2|", 0);
    check("Num\xC3\xA9ro \xC3\xA9tudiant;Nom;Pr\xC3\xA9nom;Fili\xC3\xA8re;Ann\xC3\xA9"
          "e\n17;Lee;Ann;Arts;2\n",
          "17|Ann Lee|Arts|2|", 0);
    check("N\xC2\xB0 \xC3\xA9tudiant;Nom\n17;Lee\n", "17|Lee|||", 0);
    /* The better name is it, and the other one is kept. */
    check("id,name,student,year,grade\n1,ada,x,2,9\n", "1|ada||2|student=x;grade=9;", 0);
    check("name,Vorname\nLee,Ann\n", "Ann Lee|Ann Lee|||", 0);
}

static void a_gradebook_has_rows_that_are_no_students(void **state)
{
    (void)state;
    struct outcome outcome = read_text("Student,ID,SIS User ID,Section,Essay (12)\n    Points Possible,,,,10\n"
                                       "\"Lee, Ann\",4711,007,S1,9\n\"Student, Test\",,,S1,\n");
    assert_int_equal(outcome.count, 1);
    assert_string_equal(outcome.students[0].id, "007");
    assert_string_equal(outcome.students[0].name, "Lee, Ann");
    assert_int_equal(outcome.problems.count, 0);
    assert_int_equal(outcome.problems.left_out, 2);
    clear(&outcome);
    /* Elsewhere somebody may be called so. */
    check("id,name\n1,Points Possible\n", "1|Points Possible|||", 0);
}

static void columns_can_be_mapped(void **state)
{
    (void)state;
    struct outcome outcome = {0};
    static const char table[] = "Nr,Who,id\n17,Ann,x\n";
    assert_ok(hr_import_students(hr_view_text(table), "id=nr,name=WHO", &outcome.students, &outcome.count,
                                 &outcome.problems, &test_error));
    assert_string_equal(outcome.students[0].id, "17");
    assert_string_equal(outcome.students[0].name, "Ann");
    assert_int_equal(outcome.students[0].extra_count, 0); /* 'id' is a name of ours, and taken */
    clear(&outcome);
    static const char *const bad[][2] = {
        {"id=Number", "no column 'Number', as --map says; there are 'Nr', 'Who', 'id'"},
        {"id", "--map takes"},
        {"id=", "--map takes"},
        {"shoe=Nr", "--map takes"},
        {"id=Nr,id=Who", "--map takes"}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct outcome refused = {0};
        assert_fails(hr_import_students(hr_view_text(table), bad[i][0], &refused.students, &refused.count,
                                        &refused.problems, &test_error),
                     HR_ERR_ARGUMENT, bad[i][1]);
        clear(&refused);
    }
    refuse(hr_view_text("Nr,Who\n17,Ann\n"), HR_ERR_FORMAT, "but 'Nr', 'Who'");
}

/* Refused unless the map says what is what. */
static void check_mapped(const char *table, const char *map, const char *id, const char *name)
{
    struct outcome outcome = {0};
    assert_ok(hr_import_students(hr_view_text(table), map, &outcome.students, &outcome.count, &outcome.problems,
                                 &test_error));
    assert_int_equal(outcome.count, 1);
    assert_string_equal(outcome.students[0].id, id);
    assert_string_equal(outcome.students[0].name, name);
    clear(&outcome);
}

static void a_column_that_may_be_the_id_is_not_passed_over(void **state)
{
    (void)state;
    static const char csv[] = "Kennung,Name,Major\n17,Ann,Art\n";
    static const char json[] = "[{\"Kennung\": 17, \"Name\": \"Ann\"}, {\"name\": \"Bob\"}]";
    refuse(hr_view_text(csv), HR_ERR_FORMAT, "'Kennung', 'Name', 'Major'. --map id=COLUMN");
    refuse(hr_view_text(json), HR_ERR_FORMAT, "'Kennung', 'Name'. --map id=COLUMN");
    refuse(hr_view_text("[{\"colour\": \"red\"}]"), HR_ERR_FORMAT, "no column 'id'");
    check_mapped(csv, "id=Kennung", "17", "Ann");
    check_mapped(csv, "id=name", "Ann", "Ann");
    check_mapped("Vorname,Nachname,Raum\nAnn,Lee,1\n", "id=name", "Ann Lee", "Ann Lee");
    check_mapped("[{\"Kennung\": 17, \"Name\": \"Ann\"}]", "id=kennung", "17", "Ann");
    /* Nothing there that could be it. */
    check("name,major,year\nada,math,2\n", "ada|ada|math|2|", 0);
}

static void names_of_columns_in_a_map_may_have_commas_and_signs(void **state)
{
    (void)state;
    check_mapped("#,\"Last, first\"\n17,\"Lee, Ann\"\n", "id=#, name=Last, first", "17", "Lee, Ann");
    check_mapped("a=b,Who\n17,Ann\n", "id=a=b,name=Who", "17", "Ann");
}

static void json_members_are_known_as_columns_are(void **state)
{
    (void)state;
    check("[{\"student_id\": 17, \"First name\": \"Ann\", \"surname\": \"Lee\", \"grade\": 9}]", "17|Ann Lee||9|", 0);
    check("[{\"Matrikelnummer\": \"\xC2\xA0"
          "17 \xE2\x80\x8B\", \"name\": \"Ann\\u00a0\"}]",
          "17|Ann|||", 0);
    /* Each as its members are. */
    check("[{\"id\": 1, \"name\": \"ada\"}, {\"name\": \"bob\", \"id\": 2}, {\"student_id\": 3}]",
          "1|ada||| 2|bob||| 3||||", 0);
    struct outcome outcome = {0};
    assert_fails(hr_import_students(hr_view_text("[{\"id\": 1}]"), "name=Who", &outcome.students, &outcome.count,
                                    &outcome.problems, &test_error),
                 HR_ERR_ARGUMENT, "no student has a member 'Who'");
    clear(&outcome);
}

static void check_left_out(const char *text, size_t left_out, const char *expected)
{
    struct outcome outcome = read_text(text);
    assert_int_equal(outcome.problems.left_out, left_out);
    clear(&outcome);
    check(text, expected, 0);
}

static void who_has_another_role_is_not_a_student(void **state)
{
    (void)state;
    check_left_out("sourcedId,status,role,givenName,familyName,grades,password\n"
                   "1,,student,Ann,Lee,09,x\n2,,teacher,Bob,Ray,,x\n3,,Student,Cy,Orr,10,x\n4,,guardian,Di,Lee,,x\n",
                   2, "1|Ann Lee||09|role=student; 3|Cy Orr||10|role=Student;");
    check_left_out("[{\"sourcedId\": \"1\", \"role\": \"teacher\"}, {\"sourcedId\": \"2\", \"role\": \"student\"}]", 1,
                   "2||||role=student;");
    /* In other tables a role may be anything. */
    check_left_out("id,name,role\n1,Ann,speaker\n", 0, "1|Ann|||role=speaker;");
}

static void a_gradebook_may_be_without_the_numbers_of_the_school(void **state)
{
    (void)state;
    struct hr_buffer table;
    check_left_out("Student,ID,SIS Login ID,Section\n,,,\nPoints Possible,,,\n\"Lee, Ann\",4711,alee,S1\n", 1,
                   "4711|Lee, Ann|||SIS Login ID=alee;Section=S1;");
    check_left_out("Student,ID,SIS User ID,Section,Essay\n,,,,Manual Posting\n\"Lee, Ann\",4711,,S1,9\n", 1,
                   "4711|Lee, Ann|||Section=S1;");
    /* Nor is every table with sections a gradebook. */
    check_left_out("Student,ID,Section,Email\nAnn,1,S1,a@b\n", 0, "1|Ann|||Section=S1;Email=a@b;");
    /* Marks are not kept, and however many there are, the table is read. */
    hr_buffer_init(&table, 1 << 20);
    hr_buffer_append_text(&table, "Student,ID,SIS User ID,Section");
    for (size_t i = 0; i < 2 * HR_LIMIT_EXTRA_COLUMNS; i++)
        hr_buffer_append_format(&table, ",Task %zu", i);
    hr_buffer_append_text(&table, "\n\"Lee, Ann\",4711,007,S1,9\n");
    struct outcome outcome = read_bytes(hr_buffer_view(&table));
    assert_string_equal(outcome.students[0].id, "007");
    assert_int_equal(outcome.students[0].extra_count, 1);
    assert_int_equal(outcome.problems.marks_left_out, 2 * HR_LIMIT_EXTRA_COLUMNS);
    clear(&outcome);
    hr_buffer_clear(&table);
}

static void invisible_marks_are_trimmed_wherever_they_mix_with_blanks(void **state)
{
    (void)state;
    check("id,name\n \xC2\xA0 17\xC2\xA0 \xE2\x80\x8B,\xE2\x80\x8F Ann \xE2\x80\xAC\n", "17|Ann|||", 0);
    check("id,name\n17,\xC2\xA0\"Lee, Ann\"\xC2\xA0\n", "17|Lee, Ann|||", 0);
    check("\xE2\x80\x8Bid,\xC2\xA0name \n\"17 \xC2\xA0\",Ann\n", "17|Ann|||", 0);
    check("id,name\n17,\xC2\xA0\n", "17||||", 0);
    check("id,name\n17,\xF0\x9F\x98\x80\xE3\x80\x80\n", "17|\xF0\x9F\x98\x80|||", 0);
}

/* Two letters of Windows-1252 may look like one of UTF-8 ("\xDF\x96"). */
static void the_code_is_what_most_of_the_file_is_in(void **state)
{
    (void)state;
    check("id,name\n1,Jos\xE9\n2,Gau\xDF\x96M\xFCller\n3,Zo\xEB\n",
          "1|Jos\xC3\xA9||| 2|Gau\xC3\x9F\xE2\x80\x93M\xC3\xBCller||| 3|Zo\xC3\xAB|||", 0);
    check("id,name\n1,Jos\xC3\xA9\n2,\xFC\n3,Zo\xC3\xAB\n", "1|Jos\xC3\xA9||| 3|Zo\xC3\xAB|||", 1);
}

static void a_zero_byte_in_the_header_is_called_so(void **state)
{
    (void)state;
    refuse(hr_view_of("i\0d\0,\0n\0\n\0", 10), HR_ERR_FORMAT, "zero byte in the name of column 1");
}

static void ids_and_names_are_in_one_form(void **state)
{
    (void)state;
    check("id,name\nJose\xCC\x81,Ame\xCC\x81lie\nJos\xC3\xA9,again\n", "Jos\xC3\xA9|Am\xC3\xA9lie|||", 1);
    check("[{\"name\": \"Jose\\u0301\"}, {\"name\": \"Jos\\u00e9\"}]", "Jos\xC3\xA9|Jos\xC3\xA9|||", 1);
}

/* Small files of the kinds that are seen in schools. */
static void the_case_tables_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *file;
        size_t students, problems, left_out;
        const char *id, *name, *major, *year; /* of the first */
    } cases[] = {
        {"trail_rows.csv", 2, 0, 0, "17", "Ann", "Art", "2"},
        {"short.csv", 3, 0, 0, "17", "Ann", "Art", ""},
        {"student_id.csv", 2, 0, 0, "17", "Ann", "Art", "2"},
        {"canvas.csv", 1, 0, 2, "007", "Lee, Ann", "", ""},
        {"nbsp.csv", 2, 0, 0, "17", "Ann\xC2\xA0Lee", "Art", "2"},
        {"sep.csv", 1, 0, 0, "17", "Ann", "Art", "2"},
        {"cp1252.csv", 2, 0, 0, "17", "Jos\xC3\xA9 M\xC3\xBCller", "Kunst", "2"},
        {"nul.csv", 1, 1, 0, "18", "Bob", "Bio", "1"},
    };
    const char *shared = test_shared_folder();
    if (shared == NULL)
        skip();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[4096];
        struct hr_buffer bytes;
        snprintf(path, sizeof path, "%s/cases/table/%s", shared, cases[i].file);
        if (access(path, R_OK) != 0) {
            printf("SKIPPED: there is no %s\n", path);
            skip();
        }
        test_read_file(path, &bytes);
        struct outcome outcome = read_bytes(hr_buffer_view(&bytes));
        assert_int_equal(outcome.count, cases[i].students);
        assert_int_equal(outcome.problems.count, cases[i].problems);
        assert_int_equal(outcome.problems.left_out, cases[i].left_out);
        assert_string_equal(outcome.students[0].id, cases[i].id);
        assert_string_equal(outcome.students[0].name, cases[i].name);
        assert_string_equal(outcome.students[0].major, cases[i].major);
        assert_string_equal(outcome.students[0].year, cases[i].year);
        clear(&outcome);
        hr_buffer_clear(&bytes);
    }
}

/* A table with `extra` further columns, and one row. */
static void wide_table(struct hr_buffer *out, size_t extra)
{
    hr_buffer_init(out, 1 << 20);
    hr_buffer_append_text(out, "id");
    for (size_t i = 0; i < extra; i++)
        hr_buffer_append_format(out, ",column%zu", i);
    hr_buffer_append_text(out, "\n1");
    for (size_t i = 0; i < extra; i++)
        hr_buffer_append_text(out, ",x");
}

static void csv_columns_are_held_to_their_limit(void **state)
{
    (void)state;
    struct hr_buffer table;
    for (size_t extra = HR_LIMIT_EXTRA_COLUMNS - 1; extra <= HR_LIMIT_EXTRA_COLUMNS; extra++) {
        wide_table(&table, extra);
        struct outcome outcome = read_bytes(hr_buffer_view(&table));
        assert_int_equal(outcome.count, 1);
        assert_int_equal(outcome.students[0].extra_count, extra);
        clear(&outcome);
        hr_buffer_clear(&table);
    }
    wide_table(&table, HR_LIMIT_EXTRA_COLUMNS + 1);
    refuse(hr_buffer_view(&table), HR_ERR_LIMIT, "65 further columns");
    hr_buffer_clear(&table);
    wide_table(&table, HR_CSV_CELLS_MAX); /* with the id one more than are kept */
    refuse(hr_buffer_view(&table), HR_ERR_LIMIT, "257 columns");
    hr_buffer_clear(&table);
}

static void cell_of(struct hr_buffer *out, const char *before, size_t size, const char *after)
{
    hr_buffer_init(out, 1 << 20);
    hr_buffer_append_text(out, before);
    for (size_t i = 0; i < size; i++)
        hr_buffer_append_text(out, "x");
    hr_buffer_append_text(out, after);
}

/* below, at and above: the last makes a problem of its row */
static void check_cell(const char *before, const char *after, size_t limit)
{
    for (size_t size = limit - 1; size <= limit + 1; size++) {
        struct hr_buffer text;
        cell_of(&text, before, size, after);
        struct outcome outcome = read_bytes(hr_buffer_view(&text));
        assert_int_equal(outcome.count, size <= limit ? 2 : 1);
        assert_int_equal(outcome.problems.count, size <= limit ? 0 : 1);
        clear(&outcome);
        hr_buffer_clear(&text);
    }
}

static void cells_are_held_to_their_limits(void **state)
{
    (void)state;
    check_cell("id,name\n", ",ada\n2,bob\n", HR_LIMIT_STUDENT_ID_BYTES);
    check_cell("id,name\n1,", "\n2,bob\n", HR_LIMIT_CELL_BYTES);
    check_cell("id,note\n1,", "\n2,bob\n", HR_LIMIT_CELL_BYTES);
    check_cell("[{\"id\":\"", "\"},{\"id\":2}]", HR_LIMIT_STUDENT_ID_BYTES);
    check_cell("[{\"id\":1,\"major\":\"", "\"},{\"id\":2}]", HR_LIMIT_CELL_BYTES);
    check_cell("[{\"id\":1,\"note\":\"", "\"},{\"id\":2}]", HR_LIMIT_CELL_BYTES);
}

static void a_file_is_held_to_its_limit(void **state)
{
    (void)state;
    /* Only its size is looked at: the bytes are never touched. */
    static const char text[] = "id\n1\n";
    refuse(hr_view_of(text, HR_LIMIT_IMPORT_BYTES + 1), HR_ERR_LIMIT, "limit of 134217728");
}

static void students_are_held_to_their_limit(void **state)
{
    (void)state;
    struct hr_buffer table;
    hr_buffer_init(&table, 16 << 20);
    hr_buffer_append_text(&table, "id");
    for (size_t i = 0; i < HR_LIMIT_STUDENTS; i++)
        hr_buffer_append_format(&table, "\n%zx", i);
    struct outcome outcome = read_bytes(hr_buffer_view(&table));
    assert_int_equal(outcome.count, HR_LIMIT_STUDENTS);
    clear(&outcome);
    hr_buffer_append_text(&table, "\none-more");
    refuse(hr_buffer_view(&table), HR_ERR_LIMIT, "more than 1000000 students");
    hr_buffer_clear(&table);
}

static void problems_are_summed_up(void **state)
{
    (void)state;
    struct hr_buffer table;
    hr_buffer_init(&table, 1 << 20);
    hr_buffer_append_text(&table, "id,name\n");
    for (size_t i = 0; i < HR_IMPORT_PROBLEMS_MAX + 5; i++)
        hr_buffer_append_text(&table, "x\n");
    struct outcome outcome = read_bytes(hr_buffer_view(&table));
    assert_int_equal(outcome.problems.count, HR_IMPORT_PROBLEMS_MAX + 1);
    assert_int_equal(outcome.problems.items[0].line, 2);
    assert_string_equal(outcome.problems.items[HR_IMPORT_PROBLEMS_MAX].text, "and 5 further problems");
    clear(&outcome);
    hr_buffer_clear(&table);
}

static void problems_stand_in_the_order_of_lines(void **state)
{
    (void)state;
    struct outcome outcome = read_text("id,name\n1,a\n1,b\nx\n1,c\ny\n");
    static const size_t lines[] = {3, 4, 5, 6};
    assert_int_equal(outcome.problems.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(outcome.problems.items[i].line, lines[i]);
    clear(&outcome);
}

/* --- JSON --- */

static void json_as_a_list_or_in_an_object(void **state)
{
    (void)state;
    check("[{\"id\": 1, \"name\": \"ada\", \"major\": \"math\", \"year\": \"senior\"}]", "1|ada|math|senior|", 0);
    check("\xef\xbb\xbf \r\n{\"students\": [{\"id\": \"x\"}], \"more\": 1}", "x||||", 0);
    check("[]", "", 0);
    check("[{\"ID\": 1, \"Na me\": \"ada\"}]", "1|ada|||", 0);
    check("[{\"name\": \"ada\"}, {\"id\": null, \"name\": \"bob\"}]", "ada|ada||| bob|bob|||", 0);
}

static void json_values_become_text(void **state)
{
    (void)state;
    check("[{\"id\": -5, \"year\": 2026, \"major\": null}]", "-5|||2026|", 0);
    check("[{\"id\": 1, \"b\": true, \"a\": 0.1, \"c\": null, \"d\": \"\", \"e\": 1e300}]",
          "1||||b=true;a=0.1;e=1e+300;", 0);
    check("[{\"id\": 1, \"tags\": [\"x\", 2], \"o\": {\"k\": null}}]", "1||||tags=[\"x\",2];o={\"k\":null};", 0);
    check("[{\"id\": 9223372036854775807, \"name\": \"\\u00e9\\ud83d\\ude00\"}]",
          "9223372036854775807|\xc3\xa9\xf0\x9f\x98\x80|||", 0);
    check("[{\"id\": \" 1 \", \"face_records\": [{\"origin\": \"photo\"}]}]", "1||||", 0);
}

static void one_bad_element_does_not_cost_the_others(void **state)
{
    (void)state;
    check_problem("[{\"id\": 1}, 7, {\"id\": 2}]", 2, 2, "not an object");
    check_problem("[{\"id\": 1.5}, {\"id\": 2}]", 1, 1, "neither a text nor a whole number");
    check_problem("[{\"id\": true}, {\"id\": 2}]", 1, 1, "neither a text nor a whole number");
    check_problem("[{\"id\": 1, \"name\": [\"a\"]}]", 0, 1, "neither a text nor a number");
    check_problem("[{\"major\": \"math\"}, {\"id\": 2}]", 1, 1, "neither an id nor a name");
    check_problem("[{\"id\": 1, \"Id\": 2}]", 0, 1, "the same column");
    check_problem("[{\"id\": 1, \"room\": 2, \"Room\": 3}]", 0, 1, "same name");
    check_problem("[{\"id\": 1, \" \": 2}]", 0, 1, "has no name");
    check_problem("[{\"id\": 1}, {\"id\": 2}, {\"id\": \"1\"}]", 2, 3, "the same id as in line 1");
}

static void json_members_are_held_to_their_limit(void **state)
{
    (void)state;
    for (size_t extra = HR_LIMIT_EXTRA_COLUMNS - 1; extra <= HR_LIMIT_EXTRA_COLUMNS + 2; extra++) {
        struct hr_buffer text;
        hr_buffer_init(&text, 1 << 20);
        hr_buffer_append_text(&text, "[{\"id\": 1");
        for (size_t i = 0; i < extra; i++)
            hr_buffer_append_format(&text, ", \"k%zu\": %zu", i, i);
        hr_buffer_append_text(&text, "}, {\"id\": 2}]");
        struct outcome outcome = read_bytes(hr_buffer_view(&text));
        assert_int_equal(outcome.count, extra <= HR_LIMIT_EXTRA_COLUMNS ? 2 : 1);
        clear(&outcome);
        hr_buffer_clear(&text);
    }
}

static void json_that_cannot_be_read_as_a_whole(void **state)
{
    (void)state;
    refuse(hr_view_text("[{\"id\": 1},\n{\"id\": 2"), HR_ERR_FORMAT, "line 2");
    refuse(hr_view_text("{\"pupils\": []}"), HR_ERR_FORMAT, "neither a list of students");
    refuse(hr_view_text("{\"students\": {}}"), HR_ERR_FORMAT, "neither a list of students");
    refuse(hr_view_text("[{\"id\": 1, \"id\": 2}]"), HR_ERR_FORMAT, "duplicate");
    refuse(hr_view_text("[{\"id\": \"\xff\"}]"), HR_ERR_FORMAT, "decode byte 0xff");
    refuse(hr_view_text("[1] [2]"), HR_ERR_FORMAT, "end of file");
    struct hr_buffer deep;
    hr_buffer_init(&deep, 1 << 20);
    for (size_t i = 0; i < 100000; i++)
        hr_buffer_append_text(&deep, "[");
    refuse(hr_buffer_view(&deep), HR_ERR_FORMAT, "depth");
    hr_buffer_clear(&deep);
}

/* The text of a problem ends in a log: whom it is about does not. */
static void problems_name_no_student(void **state)
{
    (void)state;
    struct outcome outcome = read_text("id,name,room\nsecret,Secret,1\nsecret,Secret,2\nSecret\n"
                                       "secret,\"Secret\"x,1\n");
    assert_int_equal(outcome.problems.count, 3);
    for (size_t i = 0; i < outcome.problems.count; i++) {
        assert_null(strstr(outcome.problems.items[i].text, "secret"));
        assert_null(strstr(outcome.problems.items[i].text, "Secret"));
    }
    clear(&outcome);
}

static void problems_may_be_left_out(void **state)
{
    (void)state;
    struct hr_student *students;
    size_t count;
    assert_ok(hr_import_students(hr_view_text("id,name\n1\n2,b\n"), NULL, &students, &count, NULL, &test_error));
    assert_int_equal(count, 1);
    hr_students_free(students, count);
}

static void the_course_table_is_read(void **state)
{
    (void)state;
    const char *shared = test_shared_folder();
    if (shared == NULL)
        skip();
    char path[4096];
    struct hr_buffer bytes;
    snprintf(path, sizeof path, "%s/classroom/student_data.json", shared);
    test_read_file(path, &bytes);
    struct outcome outcome = read_bytes(hr_buffer_view(&bytes));
    assert_int_equal(outcome.count, 8);
    assert_int_equal(outcome.problems.count, 0);
    for (size_t i = 0; i < outcome.count; i++) {
        char id[24];
        snprintf(id, sizeof id, "%zu", i + 1);
        assert_string_equal(outcome.students[i].id, id);
        assert_string_not_equal(outcome.students[i].name, "");
        assert_string_not_equal(outcome.students[i].major, "");
        assert_string_not_equal(outcome.students[i].year, "");
        assert_int_equal(outcome.students[i].extra_count, 0);
    }
    clear(&outcome);
    hr_buffer_clear(&bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csv_with_a_header_in_any_order),
        cmocka_unit_test(csv_of_every_kind_of_machine),
        cmocka_unit_test(csv_quotes),
        cmocka_unit_test(one_bad_row_of_a_csv_does_not_cost_the_others),
        cmocka_unit_test(the_first_of_equal_ids_stays),
        cmocka_unit_test(csv_that_cannot_be_read_as_a_whole),
        cmocka_unit_test(what_is_empty_at_the_end_is_nothing_wrong),
        cmocka_unit_test(every_code_is_read),
        cmocka_unit_test(what_spreadsheets_add_is_taken_off),
        cmocka_unit_test(columns_are_known_by_many_names),
        cmocka_unit_test(a_gradebook_has_rows_that_are_no_students),
        cmocka_unit_test(columns_can_be_mapped),
        cmocka_unit_test(a_column_that_may_be_the_id_is_not_passed_over),
        cmocka_unit_test(names_of_columns_in_a_map_may_have_commas_and_signs),
        cmocka_unit_test(json_members_are_known_as_columns_are),
        cmocka_unit_test(who_has_another_role_is_not_a_student),
        cmocka_unit_test(a_gradebook_may_be_without_the_numbers_of_the_school),
        cmocka_unit_test(invisible_marks_are_trimmed_wherever_they_mix_with_blanks),
        cmocka_unit_test(the_code_is_what_most_of_the_file_is_in),
        cmocka_unit_test(a_zero_byte_in_the_header_is_called_so),
        cmocka_unit_test(ids_and_names_are_in_one_form),
        cmocka_unit_test(the_case_tables_are_read),
        cmocka_unit_test(csv_columns_are_held_to_their_limit),
        cmocka_unit_test(cells_are_held_to_their_limits),
        cmocka_unit_test(a_file_is_held_to_its_limit),
        cmocka_unit_test(students_are_held_to_their_limit),
        cmocka_unit_test(problems_are_summed_up),
        cmocka_unit_test(problems_stand_in_the_order_of_lines),
        cmocka_unit_test(json_as_a_list_or_in_an_object),
        cmocka_unit_test(json_values_become_text),
        cmocka_unit_test(one_bad_element_does_not_cost_the_others),
        cmocka_unit_test(json_members_are_held_to_their_limit),
        cmocka_unit_test(json_that_cannot_be_read_as_a_whole),
        cmocka_unit_test(problems_name_no_student),
        cmocka_unit_test(problems_may_be_left_out),
        cmocka_unit_test(the_course_table_is_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
