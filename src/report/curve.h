/* A curve of a measurement as a picture: how many are found and how many strangers are named, over the chance that the
 * user accepts. */
#ifndef HR_REPORT_CURVE_H
#define HR_REPORT_CURVE_H

#include "base/buffer.h"
#include "base/status.h"

struct hr_curve_point {
    double accepted; /* above 0: on a logarithmic axis */
    double found;    /* 0..1 */
    double strangers;
};

struct hr_curve {
    const char *title;
    const struct hr_curve_point *points; /* by falling or rising `accepted` */
    size_t count;
    double chosen; /* the chance in use: marked */
};

/* SVG 1.1 that needs nothing else and prints in black and white. LIMIT when it does not fit into the buffer. */
enum hr_status hr_report_write_curve(const struct hr_curve *curve, struct hr_buffer *out,
                                     struct hr_error *error) HR_MUST_USE;

#endif
