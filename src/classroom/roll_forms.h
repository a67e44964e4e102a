/* The roll of a lesson, and of all lessons of a class, in the forms that other programs take. */
#ifndef HR_CLASSROOM_ROLL_FORMS_H
#define HR_CLASSROOM_ROLL_FORMS_H

#include "classroom/term.h"
#include "classroom/zone.h"

/* "08:05:30" in the class's time zone; "" for no time. */
void hr_roll_clock(const struct hr_roll *roll, int64_t wall_us, char out[HR_ZONE_CLOCK_SIZE]);

/* Each adds to an initialised buffer; whoever called checks it. */

/* Every column. */
void hr_roll_write_csv(const struct hr_roll *roll, struct hr_buffer *out);
enum hr_status hr_roll_write_json(const struct hr_roll *roll, struct hr_buffer *out,
                                  struct hr_error *error) HR_MUST_USE;
/* What Moodle's attendance module imports into one session (mod_attendance, "Upload attendance by CSV"): idnumber and
 * the acronym of a status, P, L, E or A; who left early was there. Whoever is in doubt has no row. Gives the number of
 * those who have none. */
size_t hr_roll_write_moodle(const struct hr_roll *roll, struct hr_buffer *out);

void hr_term_write_csv(const struct hr_term *term, struct hr_buffer *out);
enum hr_status hr_term_write_json(const struct hr_term *term, const char *class_id, struct hr_buffer *out,
                                  struct hr_error *error) HR_MUST_USE;
/* The same rows as of one lesson, with the day and the start of the session before them. */
size_t hr_term_write_moodle(const struct hr_term *term, struct hr_buffer *out);
/* What Canvas's gradebook imports: a score of one point for each lesson, 1 for who was there, 0 for who was absent, EX
 * for excused; nothing where it is in doubt. Gives the number of cells with nothing. */
size_t hr_term_write_canvas(const struct hr_term *term, const char *class_id, struct hr_buffer *out);
/* A picture. */
enum hr_status hr_term_write_svg(const struct hr_term *term, const char *title, struct hr_buffer *out,
                                 struct hr_error *error) HR_MUST_USE;

#endif
