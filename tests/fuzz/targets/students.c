/* A table of students, CSV or JSON, by itself and with a map of its columns. What can be read can be kept. */
#include "fuzz/target.h"

#include "roster/student.h"
#include "tables/import.h"

static void read_with(struct hr_view bytes, const char *map)
{
    struct hr_student *students = NULL;
    struct hr_import_problems problems = {0};
    struct hr_error error = {0};
    size_t count = 0;
    enum hr_status status = hr_import_students(bytes, map, &students, &count, &problems, &error);
    if (status != HR_OK)
        fuzz_check_refusal(status, &error);
    for (size_t i = 0; i < count; i++)
        FUZZ_CHECK(hr_student_check(&students[i], NULL) == HR_OK && students[i].found);
    FUZZ_CHECK(problems.count <= HR_IMPORT_PROBLEMS_MAX + 1);
    for (size_t i = 0; i < problems.count; i++)
        FUZZ_CHECK(problems.items[i].text[0] != '\0' && hr_view_is_utf8(hr_view_text(problems.items[i].text)));
    hr_students_free(students, count);
    hr_import_problems_clear(&problems);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_with(hr_view_of(data, size), NULL);
    read_with(hr_view_of(data, size), "id=name");
    return 0;
}
