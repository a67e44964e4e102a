/* Reading the few XML answers of S3 and STS: a pull parser over borrowed bytes. Elements and text;
 * attributes, comments and processing instructions are skipped. A document type is refused: there
 * are no entities but the five of XML and numbers, so nothing can grow. */
#ifndef HR_AWS_XML_H
#define HR_AWS_XML_H

#include "base/buffer.h"
#include "base/status.h"
#include "base/view.h"

enum hr_xml_kind { HR_XML_START, HR_XML_END_TAG, HR_XML_TEXT, HR_XML_DONE };
#define HR_XML_DEPTH_MAX 16

struct hr_xml {
    struct hr_view text; /* borrowed */
    size_t at;
    size_t depth;
    struct hr_view open[HR_XML_DEPTH_MAX]; /* names of the elements around, without prefix */
    struct hr_view piece;                  /* name of the element or the raw text; borrowed */
    bool empty_tag;                        /* "<a/>": its end comes next */
};

void hr_xml_init(struct hr_xml *xml, struct hr_view text);
/* FORMAT for what is not well-formed. */
enum hr_status hr_xml_next(struct hr_xml *xml, enum hr_xml_kind *kind, struct hr_error *error) HR_MUST_USE;

/* After HR_XML_START of a simple element: its text, decoded and added to `out`, and its end. */
enum hr_status hr_xml_text(struct hr_xml *xml, struct hr_buffer *out, struct hr_error *error) HR_MUST_USE;
/* After HR_XML_START: everything up to and including its end. */
enum hr_status hr_xml_skip(struct hr_xml *xml, struct hr_error *error) HR_MUST_USE;

/* The first element of that name, at whatever depth, as text cut at `size`; false when there is
 * none or the document is damaged. For error answers. */
bool hr_xml_find(struct hr_view text, const char *name, char *out, size_t size);

#endif
