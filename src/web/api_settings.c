/* How long data is kept, who did what, a copy of it all. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "classroom/about.h"
#include "records/audit.h"
#include "records/backup.h"
#include "records/keeping.h"
#include "store/store.h"
#include "web/api.h"
#include "web/uploads.h"

enum hr_status hr_api_keeping(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *all = hr_json_object_new();
    struct hr_keeping keeping;
    enum hr_status status = hr_database_keeping(request->database, &keeping, error);
    for (int kind = 0; status == HR_OK && kind < HR_KEPT_COUNT; kind++)
        hr_json_set(all, hr_kept_name((enum hr_kept)kind),
                    keeping.days[kind] > 0 ? hr_json_integer_new(keeping.days[kind]) : hr_json_text_new(NULL));
    if (status == HR_OK)
        return hr_answer_with(answer, all, error);
    hr_json_free(all);
    return status;
}

static enum hr_status check_kept(const struct hr_json *asked, struct hr_error *error)
{
    for (int kind = 0; kind < HR_KEPT_COUNT; kind++) {
        const char *name = hr_kept_name((enum hr_kept)kind);
        const struct hr_json *days = hr_json_get(asked, name);
        int64_t number = hr_json_integer(days);
        if (hr_json_type(days) != HR_JSON_NULL && (number < 1 || number > HR_KEEPING_DAYS_MAX))
            return hr_error_named(error, HR_ERR_ARGUMENT, "days", NULL,
                                  "\"%s\" is a number of days from 1 to %d, or null", name, HR_KEEPING_DAYS_MAX);
    }
    return HR_OK;
}

static enum hr_status set_kept(struct hr_request *request, const struct hr_json *asked, struct hr_error *error)
{
    enum hr_status status = check_kept(asked, error);
    for (int kind = 0; status == HR_OK && kind < HR_KEPT_COUNT; kind++) {
        const struct hr_json *days = hr_json_get(asked, hr_kept_name((enum hr_kept)kind));
        if (days != NULL)
            status = hr_database_set_keeping(request->database, (enum hr_kept)kind, (int)hr_json_integer(days), error);
    }
    return status;
}

enum hr_status hr_api_set_keeping(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    struct hr_json *asked = NULL;
    enum hr_status status = hr_request_json(request, &asked, error);
    if (status == HR_OK)
        status = set_kept(request, asked, error);
    hr_json_free(asked);
    return status == HR_OK ? hr_api_keeping(request, answer, error) : status;
}

enum hr_status hr_api_audit(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    return hr_export_audit_json(request->database, &answer->body, error);
}

/* A copy beside the videos, for a moment: nobody else may look into that folder. */
enum hr_status hr_api_backup(struct hr_request *request, struct hr_answer *answer, struct hr_error *error)
{
    char path[4096], name[64];
    snprintf(name, sizeof name, ".backup-%p", (void *)request);
    hr_upload_path(request->web, name, path);
    enum hr_status status = hr_database_note(request->database, "backup", NULL, 1, error);
    if (status == HR_OK)
        status = hr_database_backup(request->database, path, error);
    if (status == HR_OK)
        status = hr_file_read(&answer->body, path, NULL, error);
    if (unlink(path) != 0 && errno != ENOENT && status == HR_OK)
        status = hr_error_set_errno(error, errno, "removing '%s'", path);
    answer->type = "application/vnd.sqlite3";
    snprintf(answer->file_name, sizeof answer->file_name, "homeroom-backup.db");
    return status;
}
