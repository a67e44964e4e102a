/* Words of the command line that are small languages: which column is what, which columns a report has, a place of
 * NATS, an address of a service. */
#include "fuzz/target.h"

#include "aws/uri.h"
#include "nats/place.h"
#include "report/report.h"
#include "tables/import.h"

static void read_map(const char *text)
{
    static const char table[] = "Nr,Name,Major\n1,Ada,Maths\n";
    struct hr_student *students = NULL;
    struct hr_import_problems problems = {0};
    struct hr_error error = {0};
    size_t count = 0;
    enum hr_status status = hr_import_students(hr_view_text(table), text, &students, &count, &problems, &error);
    if (status != HR_OK)
        fuzz_check_refusal(status, &error);
    hr_students_free(students, count);
    hr_import_problems_clear(&problems);
}

static void read_columns(const char *text)
{
    struct hr_report_columns columns;
    struct hr_error error = {0};
    if (hr_report_columns_parse(&columns, text, &error) == HR_OK)
        FUZZ_CHECK(columns.count > 0 && columns.count <= HR_COLUMN_COUNT);
    else
        FUZZ_CHECK(error.text[0] != '\0');
}

static void read_places(const char *text)
{
    struct hr_nats_place place;
    struct hr_endpoint endpoint;
    struct hr_error error = {0};
    if (hr_nats_place_parse(&place, text, &error) == HR_OK) {
        FUZZ_CHECK(place.server_count > 0 && place.server_count <= HR_NATS_SERVERS_MAX);
        for (size_t i = 0; i < place.server_count; i++)
            FUZZ_CHECK(memchr(place.servers[i], '\0', sizeof place.servers[i]) != NULL);
        FUZZ_CHECK(place.stream[0] == '\0' || hr_nats_name_check("stream", place.stream, NULL) == HR_OK);
    } else {
        FUZZ_CHECK(error.text[0] != '\0');
    }
    if (hr_endpoint_parse(&endpoint, text, NULL) == HR_OK)
        FUZZ_CHECK(strpbrk(endpoint.host, "@/?# \r\n") == NULL && endpoint.host[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    read_map(text);
    read_columns(text);
    read_places(text);
    free(text);
    return 0;
}
