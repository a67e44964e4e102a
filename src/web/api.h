/* The handlers of the API, by what they are of. Inside this room only. */
#ifndef HR_WEB_API_H
#define HR_WEB_API_H

#include "web/request.h"

/* api_accounts.c */
hr_handler hr_api_me, hr_api_own_password, hr_api_setup, hr_api_sign_in, hr_api_sign_out, hr_api_new_token;
hr_handler hr_api_accounts, hr_api_new_account, hr_api_change_account, hr_api_remove_account;
/* api_settings.c */
hr_handler hr_api_keeping, hr_api_set_keeping, hr_api_audit, hr_api_backup;
/* api_classes.c */
hr_handler hr_api_classes, hr_api_new_class, hr_api_class, hr_api_change_class, hr_api_remove_class;
hr_handler hr_api_import_students, hr_api_leave_class, hr_api_slots, hr_api_new_lesson, hr_api_unknown, hr_api_term,
    hr_api_closeness;
/* api_students.c */
hr_handler hr_api_student, hr_api_consent, hr_api_enrol, hr_api_forget_photo, hr_api_held, hr_api_forget;
/* api_lessons.c */
hr_handler hr_api_lesson, hr_api_remove_lesson, hr_api_mark, hr_api_unmark, hr_api_correct, hr_api_undo;
hr_handler hr_api_finish, hr_api_reopen, hr_api_attendance, hr_api_picture, hr_api_move_recording;
/* uploads.c */
hr_handler hr_api_new_upload, hr_api_upload_offset, hr_api_upload_part, hr_api_remove_upload, hr_api_upload_options;
/* albums.c */
hr_handler hr_api_new_album;
/* api_tasks.c */
hr_handler hr_api_tasks, hr_api_remove_task, hr_api_events;

/* Unknown people as the page shows them; the array is the caller's. */
enum hr_status hr_unknown_json(struct hr_request *request, const char *class_id, int64_t lesson, const char *zone,
                               struct hr_json **out, struct hr_error *error) HR_MUST_USE;

#endif
