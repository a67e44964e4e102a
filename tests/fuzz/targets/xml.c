/* Answers of S3 and STS. */
#include "fuzz/target.h"

#include "aws/xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hr_view bytes = hr_view_of(data, size);
    struct hr_error error = {0};
    struct hr_buffer text;
    struct hr_xml xml;
    enum hr_xml_kind kind = HR_XML_START;
    enum hr_status status = HR_OK;
    char found[32];
    size_t steps = 0;
    hr_xml_init(&xml, bytes);
    while (kind != HR_XML_DONE && (status = hr_xml_next(&xml, &kind, &error)) == HR_OK) {
        FUZZ_CHECK(xml.at <= size && xml.depth <= HR_XML_DEPTH_MAX);
        FUZZ_CHECK(steps++ <= 2 * size + 2); /* it comes to an end */
    }
    if (status != HR_OK)
        fuzz_check_refusal(status, &error);
    /* And by the two ways in which it is used: texts of simple elements, and what is passed over. */
    for (int skip = 0; skip <= 1; skip++) {
        hr_xml_init(&xml, bytes);
        hr_buffer_init(&text, 1 << 16);
        kind = HR_XML_START;
        while (kind != HR_XML_DONE && hr_xml_next(&xml, &kind, NULL) == HR_OK)
            if (kind == HR_XML_START && xml.depth > 1 &&
                (skip == 1 ? hr_xml_skip(&xml, NULL) : hr_xml_text(&xml, &text, NULL)) != HR_OK)
                break;
        hr_buffer_clear(&text);
    }
    if (hr_xml_find(bytes, "Code", found, sizeof found))
        FUZZ_CHECK(memchr(found, '\0', sizeof found) != NULL);
    return 0;
}
