/* The XML reader: what S3 and STS send, and what nobody should. */
#include "support/check.h"

#include <stdio.h>

#include "aws/xml.h"

static void assert_found(const char *text, const char *name, const char *value)
{
    char out[64];
    assert_true(hr_xml_find(hr_view_text(text), name, out, sizeof out));
    assert_string_equal(out, value);
}

static void finds_elements(void **state)
{
    (void)state;
    assert_found("\xEF\xBB\xBF<?xml version='1.0'?>\n<!-- a > b --><E a='x>y' b=\"'\"><A/>"
                 "<n:Code >No\nSuch</n:Code></E>\n",
                 "Code", "No\nSuch");
    assert_found("<a><b>&lt;&amp;&gt;&quot;&apos;&#65;&#x20AC;&#x1F600;</b></a>", "b",
                 "<&>\"'A\xE2\x82\xAC\xF0\x9F\x98\x80");
    assert_found("<a><b></b><c/></a>", "b", "");
    assert_found("<a><b></b><c/></a>", "c", "");
    char out[4];
    assert_false(hr_xml_find(hr_view_text("<a><b>1</b></a>"), "c", out, sizeof out));
    assert_true(hr_xml_find(hr_view_text("<a>12345</a>"), "a", out, sizeof out));
    assert_string_equal(out, "123");
}

static enum hr_status read_all(const char *text)
{
    struct hr_xml xml;
    struct hr_error error;
    enum hr_xml_kind kind = HR_XML_START;
    enum hr_status status = HR_OK;
    /* Bytes of exactly that size, so that the sanitizer sees a step too far. */
    size_t size = strlen(text);
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    memcpy(bytes, text, size);
    hr_xml_init(&xml, hr_view_of(bytes, size));
    while (status == HR_OK && kind != HR_XML_DONE)
        status = hr_xml_next(&xml, &kind, &error);
    free(bytes);
    return status;
}

static void refuses_what_is_damaged(void **state)
{
    (void)state;
    static const char *const damaged[] = {"<",
                                          "<a",
                                          "<a>",
                                          "<a/",
                                          "<a b='",
                                          "<a></b>",
                                          "</a>",
                                          "<a></a",
                                          "<a></a></a>",
                                          "text",
                                          "<a/>text",
                                          "<!DOCTYPE a [<!ENTITY x 'y'>]><a>&x;</a>",
                                          "<a><![CDATA[x]]></a>",
                                          "<!-- a",
                                          "<?xml",
                                          "< a/>",
                                          "<a><b></a></b>",
                                          "<a b=<c/>"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++)
        if (read_all(damaged[i]) != HR_ERR_FORMAT)
            fail_msg("'%s' is taken", damaged[i]);
    assert_int_equal(read_all(""), HR_OK);
    assert_int_equal(read_all("<a b='1'/>"), HR_OK);
}

static void refuses_entities_that_are_none(void **state)
{
    (void)state;
    static const char *const damaged[] = {"&",        "&;",         "&x;",         "&#;",    "&#x;", "&#0;",
                                          "&#xD800;", "&#x110000;", "&#99999999;", "&#12a;", "&amp", "&#-1;"};
    for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
        char text[64], out[64];
        snprintf(text, sizeof text, "<a>%s</a>", damaged[i]);
        if (hr_xml_find(hr_view_text(text), "a", out, sizeof out))
            fail_msg("'%s' is taken", text);
    }
}

static void depth_is_bounded(void **state)
{
    (void)state;
    char text[HR_XML_DEPTH_MAX * 8 + 16] = "";
    for (int extra = 0; extra <= 1; extra++) {
        size_t used = 0;
        for (int i = 0; i < HR_XML_DEPTH_MAX + extra; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "<a>");
        for (int i = 0; i < HR_XML_DEPTH_MAX + extra; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "</a>");
        assert_int_equal(read_all(text), extra == 0 ? HR_OK : HR_ERR_FORMAT);
    }
}

static void skips_and_reads(void **state)
{
    (void)state;
    struct hr_xml xml;
    struct hr_error error;
    struct hr_buffer out;
    enum hr_xml_kind kind;
    hr_buffer_init(&out, 3);
    hr_xml_init(&xml, hr_view_text("<a><skip><x>1</x><y/></skip><skip/><b>abcd</b></a>"));
    assert_ok(hr_xml_next(&xml, &kind, &error), &error);
    for (int i = 0; i < 2; i++) {
        assert_ok(hr_xml_next(&xml, &kind, &error), &error);
        assert_ok(hr_xml_skip(&xml, &error), &error);
    }
    assert_ok(hr_xml_next(&xml, &kind, &error), &error);
    assert_true(hr_view_equal(xml.piece, hr_view_text("b")));
    assert_int_equal(hr_xml_text(&xml, &out, &error), HR_ERR_LIMIT);
    hr_buffer_clear(&out);
    hr_xml_init(&xml, hr_view_text("<a>x<b/></a>"));
    assert_ok(hr_xml_next(&xml, &kind, &error), &error);
    assert_error(hr_xml_text(&xml, &out, &error), HR_ERR_FORMAT, &error, "where text should be");
    hr_buffer_clear(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(finds_elements),
        cmocka_unit_test(refuses_what_is_damaged),
        cmocka_unit_test(refuses_entities_that_are_none),
        cmocka_unit_test(depth_is_bounded),
        cmocka_unit_test(skips_and_reads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
