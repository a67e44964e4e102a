/* Text and numbers in HTML and SVG. */
#ifndef HR_REPORT_MARKUP_H
#define HR_REPORT_MARKUP_H

#include "base/buffer.h"

/* As hr_text_show has it, as text or as the value of an attribute: nothing in it is markup. */
void hr_markup_append_text(struct hr_buffer *out, const char *text);
/* One decimal behind a point, whatever the locale. */
void hr_markup_append_number(struct hr_buffer *out, double number);

#endif
