/* The student table as text, for people and for other systems. Neither holds a face's vector. */
#ifndef HR_CLASSROOM_EXPORT_H
#define HR_CLASSROOM_EXPORT_H

#include "base/buffer.h"
#include "records/database.h"

/* CSV (RFC 4180): id, name, major, year and every further column that any student has, a row for
 * each student by id. hr_import_students gives the same students back. `out` is the caller's,
 * initialised with the limit it wants. LIMIT when the table passes that, or has more further
 * columns together than an import takes. */
enum hr_status hr_export_students_csv(struct hr_database *database, struct hr_buffer *out,
                                      struct hr_error *error) HR_MUST_USE;

/* JSON: {"students": [...]}, a line for each student by id: the columns, and under "face_records"
 * for each face where it comes from (origin), when it was made (created), by which model, and its
 * quality. hr_import_students reads it too, without the face records. */
enum hr_status hr_export_students_json(struct hr_database *database, struct hr_buffer *out,
                                       struct hr_error *error) HR_MUST_USE;

#endif
