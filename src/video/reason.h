/* FFmpeg's own words on what went wrong, kept for the error text instead of printed.
 *
 * FFmpeg has one log callback for the whole process. Ours never prints. It keeps the first message
 * of the thread that speaks (what follows are mostly consequences), while that thread listens; what
 * the decoder's own threads say is dropped (their error codes still come back to the caller). So no
 * pointer can dangle and no lock is needed. */
#ifndef HR_VIDEO_REASON_H
#define HR_VIDEO_REASON_H

#include <stddef.h>

enum { HR_REASON_TEXT_MAX = 160 };

struct hr_reason {
    char first[HR_REASON_TEXT_MAX]; /* one line; "" while nothing was said, and to hear anew */
};

/* From now on, what FFmpeg says on this thread is kept in `reason`, until hr_reason_listen(NULL).
 * Listen around calls to FFmpeg only, and stop before returning to the caller. */
void hr_reason_listen(struct hr_reason *reason);

/* "Invalid data found when processing input: moov atom not found". `code` is FFmpeg's error code.
 * `reason` may be NULL. */
void hr_reason_text(const struct hr_reason *reason, int code, char *out, size_t size);

/* What files make a decoder say, for a terminal: whatever is no letter, digit or sign of ASCII becomes '?'. */
void hr_reason_make_printable(char *text);

#endif
