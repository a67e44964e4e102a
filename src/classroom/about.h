/* What is held about one student, and who did what: for the student who asks, and for whoever must show it. */
#ifndef HR_CLASSROOM_ABOUT_H
#define HR_CLASSROOM_ABOUT_H

#include "base/buffer.h"
#include "records/database.h"

/* JSON, everything that the database has of the student: the record, what was said of consent, each face with its
 * vector, what was kept of videos, and the audit log's entries. Of others nothing: of a track that was taken for
 * somebody else stays that this student was looked at, too. NOT_FOUND. */
enum hr_status hr_export_student_json(struct hr_database *database, const char *id, struct hr_buffer *out,
                                      struct hr_error *error) HR_MUST_USE;

/* JSON: {"audit": [...]}, a line for each entry, oldest first. */
enum hr_status hr_export_audit_json(struct hr_database *database, struct hr_buffer *out,
                                    struct hr_error *error) HR_MUST_USE;

#endif
