/* homeroom purge [--dry-run] */
#include "base/plural.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "records/keeping.h"

static void answer_one(const struct hr_cli *cli, enum hr_kept kind, int days, size_t rows)
{
    static const char *const units[HR_KEPT_COUNT] = {"vector", "video", "note"};
    bool dry = cli->settings.purge.dry_run;
    if (cli->settings.terminal.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "kind", hr_json_text_new(hr_kept_name(kind)));
        hr_json_set(object, "days", days > 0 ? hr_json_integer_new(days) : hr_json_text_new(NULL));
        hr_json_set(object, dry ? "too_old" : "removed", hr_json_integer_new((int64_t)rows));
        hr_answer_json(cli->out, object);
        return;
    }
    if (days == 0)
        fprintf(cli->out, "%s: kept for ever\n", hr_kept_name(kind));
    else
        fprintf(cli->out, "%s: %zu %s%s older than %d day%s %s\n", hr_kept_name(kind), rows, units[kind],
                hr_plural(rows), days, hr_plural((size_t)days), dry ? "would be removed" : "removed");
}

static void answer_views(const struct hr_cli *cli, size_t rows)
{
    bool dry = cli->settings.purge.dry_run;
    if (cli->settings.terminal.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "kind", hr_json_text_new("pictures"));
        hr_json_set(object, dry ? "too_old" : "removed", hr_json_integer_new((int64_t)rows));
        hr_answer_json(cli->out, object);
    } else if (rows > 0) {
        fprintf(cli->out, "pictures: %zu older than their class keeps them %s\n", rows,
                dry ? "would be removed" : "removed");
    }
}

static void answer(const struct hr_cli *cli, const struct hr_keeping *keeping, const struct hr_overdue *overdue)
{
    for (int i = 0; i < HR_KEPT_COUNT; i++)
        answer_one(cli, (enum hr_kept)i, keeping->days[i], overdue->rows[i]);
    answer_views(cli, overdue->views);
    if (cli->settings.terminal.json || cli->settings.purge.dry_run || !hr_overdue_any(overdue))
        return;
    fputs("the database file has no bytes but those of what is in it\n", cli->out);
    if (hr_anywhere_is_remote(cli->database_path))
        fputs("if the bucket keeps older versions of the database, they still hold it: remove them there\n", cli->out);
}

int hr_cmd_purge(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct hr_keeping keeping;
    struct hr_overdue overdue = {0};
    bool dry = cli->settings.purge.dry_run;
    enum hr_status status = hr_cli_open_database(cli, dry ? HR_DATABASE_READ : HR_DATABASE_WRITE, &database, &error);
    if (status == HR_OK)
        status = hr_database_keeping(database, &keeping, &error);
    if (status == HR_OK)
        status = dry ? hr_database_overdue(database, &overdue, &error) : hr_database_purge(database, &overdue, &error);
    if (status == HR_OK && hr_overdue_any(&overdue) && !dry)
        status = hr_class_save_database(&cli->class, database, &error);
    if (status == HR_OK)
        answer(cli, &keeping, &overdue);
    hr_database_close(database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
