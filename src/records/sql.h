/* Inside the room only: the open database and the one way in which its statements are run.
 *
 * Every statement is named here once and kept prepared; hr_sql_start gives it reset and without
 * bound values, hr_sql_end must follow before the transaction ends. */
#ifndef HR_RECORDS_SQL_H
#define HR_RECORDS_SQL_H

#include <sqlite3.h>

#include "records/database.h"

enum hr_sql {
    HR_SQL_BEGIN,
    HR_SQL_COMMIT,
    HR_SQL_ROLLBACK,
    HR_SQL_STUDENT_INSERT,
    HR_SQL_STUDENT_UPDATE,
    HR_SQL_STUDENT_ID,
    HR_SQL_STUDENT_NAME,
    HR_SQL_STUDENT_FILL,
    HR_SQL_STUDENT_DELETE,
    HR_SQL_STUDENT_BYTES,
    HR_SQL_STUDENTS_BY_IDS,
    HR_SQL_STUDENTS_ALL,
    HR_SQL_STUDENTS_NAMES,
    HR_SQL_STUDENTS_IDS,
    HR_SQL_STUDENTS_LISTED,
    HR_SQL_FACE_INSERT,
    HR_SQL_FACE_EXISTS,
    HR_SQL_FACES_MOVE,
    HR_SQL_FACES_DELETE_ORIGIN,
    HR_SQL_FACES_MODELS,
    HR_SQL_FACES_ALL,
    HR_SQL_FACES_OF_MODEL,
    HR_SQL_FACES_OF_STUDENT,
    HR_SQL_BYTES_IN_USE,
    HR_SQL_COUNTS,
    HR_SQL_OBSERVATION_INSERT,
    HR_SQL_TRACK_INSERT,
    HR_SQL_CANDIDATE_INSERT,
    HR_SQL_OBSERVATIONS,
    HR_SQL_OBSERVATIONS_OF,
    HR_SQL_TRACKS_OF,
    HR_SQL_TRACKS_NOW,
    HR_SQL_CANDIDATES,
    HR_SQL_CANDIDATES_NOW,
    HR_SQL_TRACKS_MOVE,
    HR_SQL_CANDIDATES_JOIN,
    HR_SQL_CANDIDATES_MOVE,
    HR_SQL_OBSERVATIONS_DELETE,
    HR_SQL_REMOVAL_NOTE,
    HR_SQL_REMOVALS_DONE,
    HR_SQL_ROOTS,
    HR_SQL_WORK,
    HR_SQL_WORK_ESTIMATED,
    HR_SQL_WORK_TOOK,
    HR_SQL_WORK_FORGET,
    HR_SQL_WORK_PURGE,
    HR_SQL_CONSENT,
    HR_SQL_CONSENT_SET,
    HR_SQL_CONSENT_ALL,
    HR_SQL_CONSENT_REFUSED,
    HR_SQL_FACES_DELETE_STUDENT,
    HR_SQL_TRACKS_UNNAME,
    HR_SQL_CANDIDATES_UNNAME,
    HR_SQL_DECISIONS_UNNAME,
    HR_SQL_CHOICES_UNNAME,
    HR_SQL_CHANGES_UNNAME,
    HR_SQL_STUDENT_STANDING,
    HR_SQL_AUDIT_INSERT,
    HR_SQL_AUDIT_FORGET,
    HR_SQL_AUDIT_MOVE,
    HR_SQL_AUDIT_ALL,
    HR_SQL_AUDIT_OF,
    HR_SQL_SEALED,
    HR_SQL_SEALED_INSERT,
    HR_SQL_DESTROYED,
    HR_SQL_DESTROYED_INSERT,
    HR_SQL_FACES_RESEAL,
    HR_SQL_FACES_AS_STORED,
    HR_SQL_GENERATIONS,
    HR_SQL_CLASS_INSERT,
    HR_SQL_CLASS_UPDATE,
    HR_SQL_CLASS,
    HR_SQL_CLASSES,
    HR_SQL_CLASS_OBSERVATIONS_DELETE,
    HR_SQL_CLASS_DELETE,
    HR_SQL_MEMBER_NOW,
    HR_SQL_MEMBER_INSERT,
    HR_SQL_MEMBER_LEAVE,
    HR_SQL_MEMBERS,
    HR_SQL_SLOT_PUT,
    HR_SQL_SLOT_DELETE,
    HR_SQL_SLOTS,
    HR_SQL_DAY_OFF_PUT,
    HR_SQL_DAY_OFF_DELETE,
    HR_SQL_LESSON_PUT,
    HR_SQL_LESSON_AT,
    HR_SQL_LESSON,
    HR_SQL_LESSONS,
    HR_SQL_LESSON_STATE,
    HR_SQL_LESSON_SET_STATE,
    HR_SQL_LESSON_OBSERVATIONS_DELETE,
    HR_SQL_LESSON_DELETE,
    HR_SQL_RECORDING_REPLACED,
    HR_SQL_RECORDING_INSERT,
    HR_SQL_RECORDING_LESSON,
    HR_SQL_RECORDING_MOVE,
    HR_SQL_RECORDINGS,
    HR_SQL_MARK_INSERT,
    HR_SQL_MARK_DELETE_LAST,
    HR_SQL_MARKS,
    HR_SQL_FINAL_INSERT,
    HR_SQL_FINALS_DELETE,
    HR_SQL_FINALS,
    HR_SQL_MEMBERS_MOVE,
    HR_SQL_MARKS_MOVE,
    HR_SQL_FINALS_MOVE,
    HR_SQL_LESSONS_OF_STUDENT,
    HR_SQL_CHANGE_INSERT,
    HR_SQL_CHANGE_LAST,
    HR_SQL_CHANGE_UNDO,
    HR_SQL_CHANGE,
    HR_SQL_CHANGES,
    HR_SQL_CHANGES_OF_STUDENT,
    HR_SQL_CORRECTION_INSERT,
    HR_SQL_CORRECTIONS_OF_CLASS,
    HR_SQL_CORRECTION_FINISHED,
    HR_SQL_TRACK_LESSON,
    HR_SQL_CLASS_KEEP,
    HR_SQL_CLASSES_KEEPING,
    HR_SQL_VIEW_INSERT,
    HR_SQL_VIEWS_OF,
    HR_SQL_VIEW_HAS_PICTURE,
    HR_SQL_VIEWS_OF_STUDENT,
    HR_SQL_VIEW_DELETE,
    HR_SQL_VIEWS_DELETE_CLASS,
    HR_SQL_VIEWS_DELETE_STUDENT,
    HR_SQL_VIEWS_PURGE,
    HR_SQL_DECISION_DELETE,
    HR_SQL_DECISION_INSERT,
    HR_SQL_CHOICE_INSERT,
    HR_SQL_ENROLLED_INSERT,
    HR_SQL_ENROLLED_DELETE,
    HR_SQL_CHANGES_MOVE,
    HR_SQL_MERGE_INSERT,
    HR_SQL_JOINED_INSERT,
    HR_SQL_MOVES_INSERT,
    HR_SQL_MERGE_LAST,
    HR_SQL_MERGE,
    HR_SQL_MERGES_DELETE,
    HR_SQL_MERGES_FORGET,
    HR_SQL_UNMERGE_STUDENT,
    HR_SQL_UNMERGE_FILL,
    HR_SQL_UNMERGE_FACES,
    HR_SQL_UNMERGE_COPIES,
    HR_SQL_UNMERGE_TRACKS,
    HR_SQL_UNMERGE_CANDIDATES,
    HR_SQL_UNMERGE_DECISIONS,
    HR_SQL_UNMERGE_CHOICES,
    HR_SQL_UNMERGE_CHANGES,
    HR_SQL_UNMERGE_LEAVE,
    HR_SQL_UNMERGE_MEMBERS,
    HR_SQL_UNMERGE_MARKS,
    HR_SQL_UNMERGE_FINALS,
    HR_SQL_UNMERGE_AUDIT,
    HR_SQL_FACES_SPLIT,
    HR_SQL_DECISIONS_MOVE,
    HR_SQL_CHOICES_JOIN,
    HR_SQL_CHOICES_MOVE,
    HR_SQL_ACCOUNTS,
    HR_SQL_ACCOUNT_INSERT,
    HR_SQL_ACCOUNT_FIND,
    HR_SQL_ACCOUNT_SET_PASSWORD,
    HR_SQL_ACCOUNT_SET_ROLE,
    HR_SQL_ACCOUNT_DELETE,
    HR_SQL_STUDENT_CLASSES,
    HR_SQL_ACCOUNT_CLASSES,
    HR_SQL_ACCOUNT_CLASSES_DELETE,
    HR_SQL_ACCOUNT_CLASS_INSERT,
    HR_SQL_ACCOUNT_MAY,
    HR_SQL_ACCOUNT_MAY_STUDENT,
    HR_SQL_ACCOUNT_MAY_ALL,
    HR_SQL_ADMINISTRATORS,
    HR_SQL_LOGIN_INSERT,
    HR_SQL_LOGIN_FIND,
    HR_SQL_LOGIN_SEEN,
    HR_SQL_LOGIN_DELETE,
    HR_SQL_LOGINS_DELETE,
    HR_SQL_LOGINS_PURGE,
    HR_SQL_UPLOAD_INSERT,
    HR_SQL_UPLOAD_FIND,
    HR_SQL_UPLOADS,
    HR_SQL_UPLOAD_DELETE,
    HR_SQL_TASK_INSERT,
    HR_SQL_TASK_NEXT,
    HR_SQL_TASK_BEGIN,
    HR_SQL_TASK_LESSON,
    HR_SQL_TASK_END,
    HR_SQL_TASKS,
    HR_SQL_TASKS_OPEN,
    HR_SQL_TASK_DELETE,
    HR_SQL_TASK_BROKEN_OFF,
    HR_SQL_TASK_GIVE_UP,
    HR_SQL_TASK_LEAVE,
    HR_SQL_KEEPING,
    HR_SQL_KEEPING_SET,
    HR_SQL_KEEPING_FOREVER,
    HR_SQL_OVERDUE,
    HR_SQL_STUDENTS_OVERDUE,
    HR_SQL_FACES_PURGE,
    HR_SQL_OBSERVATIONS_PURGE,
    HR_SQL_AUDIT_PURGE,
    HR_SQL_COUNT
};

/* The steps of a schema: step i leads from version i to version i + 1, each in one transaction. */
struct hr_schema {
    const char *const *steps;
    int version; /* number of steps */
};
extern const struct hr_schema hr_schema_current;

struct hr_database {
    sqlite3 *handle;
    char *path; /* owned; as sqlite was given it */
    sqlite3_stmt *statements[HR_SQL_COUNT];
    int schema_version;
    const struct hr_stop *stop; /* borrowed; NULL: nobody asks */
    int64_t steps;              /* of the statement in hand, as far as they are counted */
    int64_t steps_max;
    const char *only_class, *only_day; /* borrowed; NULL: faces of everybody */
    bool may_write;
    bool is_sealed;
    struct hr_vault *vault;      /* owned; NULL: not sealed, or not opened with its keys yet */
    struct hr_error vault_error; /* of a commit that the keys held back */
    bool finished_removal;       /* one that an earlier program had begun */
    char user[96];               /* for the audit log; "": not looked for yet */
};

/* Of a new connection: what it may take, what it obeys, and what a file can't make it do. */
enum hr_status hr_sql_protect(struct hr_database *database, struct hr_error *error) HR_MUST_USE;

/* hr_database_open with another schema than the program's: how the tests migrate. */
enum hr_status hr_database_open_schema(struct hr_database **out, const char *path, enum hr_database_mode mode,
                                       const struct hr_schema *schema, struct hr_error *error) HR_MUST_USE;

/* Refuses another program's database, a newer homeroom's, and one whose tables are not ours; takes the steps that
 * are missing when `may_write`, else refuses an older one as well. */
enum hr_status hr_schema_prepare(struct hr_database *database, const struct hr_schema *schema, bool may_write,
                                 struct hr_error *error) HR_MUST_USE;

/* The error of the last call on the handle: sqlite's code becomes ours and its text the reason. */
enum hr_status hr_sql_fail(const struct hr_database *database, int code, const char *doing, struct hr_error *error);

/* Run a text of statements that give no rows we want. */
enum hr_status hr_sql_run(struct hr_database *database, const char *sql, const char *doing,
                          struct hr_error *error) HR_MUST_USE;
/* A pragma that answers with one integer. */
enum hr_status hr_sql_integer(struct hr_database *database, const char *sql, const char *doing, int64_t *out,
                              struct hr_error *error) HR_MUST_USE;

/* *out is borrowed; NULL on failure. */
enum hr_status hr_sql_start(struct hr_database *database, enum hr_sql which, sqlite3_stmt **out,
                            struct hr_error *error) HR_MUST_USE;
void hr_sql_end(sqlite3_stmt *statement); /* NULL is allowed */

/* Bind from 1 on; the bytes must live until hr_sql_end. The result is sqlite's. */
int hr_sql_bind_text(sqlite3_stmt *statement, int index, const char *text);
int hr_sql_bind_bytes(sqlite3_stmt *statement, int index, struct hr_view bytes);
/* NULL for what is not finite. */
int hr_sql_bind_real(sqlite3_stmt *statement, int index, double number);

/* In a transaction of its own, or as a part of the one that is open: what *own says goes to the end. After a failed
 * beginning there is no end. */
enum hr_status hr_sql_begin_own(struct hr_database *database, bool *own, struct hr_error *error) HR_MUST_USE;
enum hr_status hr_sql_end_own(struct hr_database *database, bool own, enum hr_status status,
                              struct hr_error *error) HR_MUST_USE;

/* HR_OK with a row, HR_END without, else the failure. */
enum hr_status hr_sql_step(struct hr_database *database, sqlite3_stmt *statement, const char *doing,
                           struct hr_error *error) HR_MUST_USE;
/* For a walk over its rows: true with the next one as long as *status is HR_OK. Otherwise the statement has ended, and
 * *status is HR_OK behind the last row, or what failed, here or in the walk. */
bool hr_sql_next(struct hr_database *database, sqlite3_stmt *statement, const char *doing, enum hr_status *status,
                 struct hr_error *error) HR_MUST_USE;
/* A statement without rows, to its end; *changed (may be NULL): the number of rows it changed. */
enum hr_status hr_sql_finish(struct hr_database *database, sqlite3_stmt *statement, const char *doing, size_t *changed,
                             struct hr_error *error) HR_MUST_USE;

/* The same, of a statement that takes no values. */
enum hr_status hr_sql_do(struct hr_database *database, enum hr_sql which, const char *doing,
                         struct hr_error *error) HR_MUST_USE;

/* The row of the student ?1: HR_OK, and *out stands on it until hr_sql_end. NOT_FOUND (hr_sql_no_student), or what
 * failed: then *out is NULL. */
enum hr_status hr_sql_student_row(struct hr_database *database, enum hr_sql which, const char *id, const char *doing,
                                  sqlite3_stmt **out, struct hr_error *error) HR_MUST_USE;
/* NOT_FOUND: "there is no student '17'". */
enum hr_status hr_sql_no_student(const char *id, struct hr_error *error);

/* Within the transaction that removes something: from now on until hr_sql_tidy has done its work the file says that
 * there are traces to be cleaned away, not whose. Whoever opens it next to write does that first. */
enum hr_status hr_sql_note_removal(struct hr_database *database, struct hr_error *error) HR_MUST_USE;
/* Cleans up behind a removal that a program began and did not end. */
enum hr_status hr_sql_finish_removal(struct hr_database *database, struct hr_error *error) HR_MUST_USE;
/* Who is at work, as the audit log has it. */
const char *hr_audit_user(struct hr_database *database);
/* Gives a finished file its name, if nobody has it: 0, or an errno, EEXIST among them. */
int hr_sql_name_file(const char *made, const char *path);
/* What the audit log says of a student's removal (`whole`), before it; or of that of some of his faces. */
enum hr_status hr_audit_removal(struct hr_database *database, const char *student_id, bool whole, size_t faces,
                                struct hr_error *error) HR_MUST_USE;

/* After something was removed: whatever in the file belongs to no record becomes zeros (records/scrub.h), and the log
 * is emptied. Where much of the file is free, or it can't be cleaned in place, it is written anew without gaps. Not
 * within a transaction. */
enum hr_status hr_sql_tidy(struct hr_database *database, struct hr_error *error) HR_MUST_USE;
/* Moves the log into the file and empties it. Fails while another program reads an older state. */
enum hr_status hr_sql_empty_log(struct hr_database *database, struct hr_error *error) HR_MUST_USE;

/* The time by which it is known what has been kept for too long: bound where a statement says LAST_DAY. */
void hr_sql_bind_now(sqlite3_stmt *statement, int index);

/* The candidates of a track, by a statement that takes its key, the rank, the similarity and the student's id. */
struct hr_track_record;
enum hr_status hr_sql_add_candidates(struct hr_database *database, enum hr_sql insert,
                                     const struct hr_track_record *track, struct hr_error *error) HR_MUST_USE;

/* Never NULL; borrowed until the next step. */
const char *hr_sql_text(sqlite3_stmt *statement, int column);

/* Fills *out from columns first..first+4: id, name, major, year, extra. */
enum hr_status hr_sql_student(sqlite3_stmt *statement, int first, struct hr_student *out,
                              struct hr_error *error) HR_MUST_USE;

#endif
