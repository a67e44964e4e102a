/* The files of OneRoster: users, roles, classes and enrollments, with a byte 0x1d between them. What is read holds
 * together. */
#include "fuzz/target.h"

#include <string.h>

#include "roster/student.h"
#include "tables/oneroster.h"

static struct hr_view next_file(struct hr_view *rest)
{
    const uint8_t *end = rest->size > 0 ? memchr(rest->data, 0x1d, rest->size) : NULL;
    struct hr_view file = hr_view_of(rest->data, end != NULL ? (size_t)(end - rest->data) : rest->size);
    size_t used = file.size + (end != NULL);
    *rest = hr_view_of(rest->data + used, rest->size - used);
    return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_view rest = hr_view_of(data, size);
    struct hr_oneroster_files files = {0};
    struct hr_oneroster roster;
    struct hr_error error = {0};
    files.users = next_file(&rest);
    files.roles = next_file(&rest);
    files.classes = next_file(&rest);
    files.enrollments = next_file(&rest);
    enum hr_status status = hr_oneroster_read(&files, &roster, &error);
    if (status != HR_OK)
        fuzz_check_refusal(status, &error);
    for (size_t i = 0; status == HR_OK && i < roster.student_count; i++)
        FUZZ_CHECK(hr_student_id_check(hr_view_text(roster.students[i].id), NULL) == HR_OK);
    for (size_t i = 0; status == HR_OK && i < roster.enrolment_count; i++)
        FUZZ_CHECK(roster.enrolments[i].student < roster.student_count &&
                   roster.enrolments[i].of_class < roster.class_count);
    for (size_t i = 0; status == HR_OK && i < roster.class_count; i++)
        FUZZ_CHECK(roster.classes[i].id[0] != '\0' && roster.classes[i].title != NULL);
    hr_oneroster_clear(&roster);
    return 0;
}
