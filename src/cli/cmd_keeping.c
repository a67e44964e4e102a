/* homeroom keeping [KIND] [DAYS|forever] */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/plural.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "records/keeping.h"

/* What the words say. */
struct wish {
    bool all; /* kinds are shown; else `kind` alone */
    enum hr_kept kind;
    int days; /* to be set; 0: for ever; -1: nothing */
};

static enum hr_status parse_days(const char *word, int *days, struct hr_error *error)
{
    char *end;
    if (strcmp(word, "forever") == 0) {
        *days = 0;
        return HR_OK;
    }
    errno = 0;
    long number = strtol(word, &end, 10);
    if (end == word || *end != '\0' || errno != 0 || number < 1 || number > HR_KEEPING_DAYS_MAX)
        return hr_error_set(error, HR_ERR_ARGUMENT, "data is kept from 1 to %d days, or 'forever', not '%s'",
                            HR_KEEPING_DAYS_MAX, word);
    *days = (int)number;
    return HR_OK;
}

static enum hr_status parse(const struct hr_cli *cli, struct wish *wish, struct hr_error *error)
{
    *wish = (struct wish){.all = cli->word_count == 0, .days = -1};
    if (wish->all)
        return HR_OK;
    if (!hr_kept_parse(&wish->kind, cli->words[0]))
        return hr_error_set(error, HR_ERR_ARGUMENT, "what is kept is 'faces', 'observations' or 'audit', not '%s'",
                            cli->words[0]);
    return cli->word_count > 1 ? parse_days(cli->words[1], &wish->days, error) : HR_OK;
}

static void answer_one(const struct hr_cli *cli, enum hr_kept kind, int days, size_t overdue)
{
    if (cli->settings.terminal.json) {
        struct hr_json *object = hr_json_object_new();
        hr_json_set(object, "kind", hr_json_text_new(hr_kept_name(kind)));
        hr_json_set(object, "days", days > 0 ? hr_json_integer_new(days) : hr_json_text_new(NULL));
        hr_json_set(object, "too_old", hr_json_integer_new((int64_t)overdue));
        hr_answer_json(cli->out, object);
        return;
    }
    if (days == 0)
        fprintf(cli->out, "%s: for ever\n", hr_kept_name(kind));
    else if (overdue == 0)
        fprintf(cli->out, "%s: %d day%s\n", hr_kept_name(kind), days, hr_plural((size_t)days));
    else
        fprintf(cli->out, "%s: %d day%s; %zu %s older ('homeroom purge')\n", hr_kept_name(kind), days,
                hr_plural((size_t)days), overdue, overdue == 1 ? "is" : "are");
}

static enum hr_status answer(const struct hr_cli *cli, const struct wish *wish, struct hr_database *database,
                             struct hr_error *error)
{
    struct hr_keeping keeping;
    struct hr_overdue overdue;
    enum hr_status status = hr_database_keeping(database, &keeping, error);
    if (status == HR_OK)
        status = hr_database_overdue(database, &overdue, error);
    for (int i = 0; status == HR_OK && i < HR_KEPT_COUNT; i++)
        if (wish->all || i == (int)wish->kind)
            answer_one(cli, (enum hr_kept)i, keeping.days[i], overdue.rows[i]);
    return status;
}

int hr_cmd_keeping(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct hr_database *database = NULL;
    struct wish wish;
    enum hr_status status = parse(cli, &wish, &error);
    bool sets = status == HR_OK && wish.days >= 0;
    if (status == HR_OK)
        status = hr_cli_open_database(cli, sets ? HR_DATABASE_WRITE : HR_DATABASE_READ, &database, &error);
    if (status == HR_OK && sets)
        status = hr_database_set_keeping(database, wish.kind, wish.days, &error);
    if (status == HR_OK && sets)
        status = hr_class_save_database(&cli->class, database, &error);
    if (status == HR_OK)
        status = answer(cli, &wish, database, &error);
    hr_database_close(database);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
