#include "cli/class.h"

#include "base/plural.h"
#include "records/vault.h"

enum hr_status hr_cli_explain(const struct hr_cli *cli, enum hr_status status, struct hr_error *error)
{
    if (status == HR_ERR_NOT_FOUND)
        return hr_error_set(error, HR_ERR_NOT_FOUND,
                            "there is no database '%s': make it with 'homeroom import students FILE' and "
                            "'homeroom enroll', or say --db FILE",
                            cli->database_path);
    return status;
}

enum hr_status hr_cli_open_database(struct hr_cli *cli, enum hr_database_mode mode, struct hr_database **out,
                                    struct hr_error *error)
{
    return hr_cli_explain(cli, hr_class_open_database(&cli->class, mode, out, error), error);
}

enum hr_status hr_cli_open_engine(struct hr_cli *cli, enum hr_database_mode mode, struct hr_engine **out,
                                  struct hr_error *error)
{
    return hr_cli_explain(cli, hr_class_open_engine(&cli->class, mode, out, error), error);
}

enum hr_status hr_cli_open_models(struct hr_cli *cli, struct hr_engine **out, struct hr_error *error)
{
    return hr_engine_new(out, cli->model_dir, cli->sandbox, error);
}

const struct hr_vector_layout *hr_cli_known_models(struct hr_cli *cli, struct hr_engine **engine)
{
    struct hr_error reason = {0};
    if (hr_cli_open_models(cli, engine, &reason) == HR_OK)
        return &(*engine)->known;
    hr_log_write(&cli->log, HR_LOG_WARNING, NULL, "unknown people are not compared over lessons: %s", reason.text);
    return NULL;
}

static void tell(const struct hr_cli *cli, const struct hr_snapshot *snapshot)
{
    const struct hr_log *log = &cli->log;
    size_t students = hr_gallery_students(snapshot->gallery);
    struct hr_decide_options options = {.false_present = cli->settings.recognition.false_present};
    struct hr_class_rule rule = hr_class_rule(snapshot->gallery, &options);
    if (students == 0)
        hr_log_write(log, HR_LOG_WARNING, NULL,
                     "nobody is enrolled in '%s': everybody will be unknown; see 'homeroom help enroll'",
                     cli->database_path);
    if (snapshot->foreign_vectors > 0)
        hr_log_write(log, HR_LOG_WARNING, NULL,
                     "%zu face vector%s of a model that is not here, and not used: enrol whose "
                     "they are again from photos",
                     snapshot->foreign_vectors, hr_plural_are(snapshot->foreign_vectors));
    struct hr_unreadable gone;
    if (hr_database_unreadable(snapshot->database, &gone, NULL) == HR_OK && gone.students + gone.faces > 0)
        hr_log_write(log, HR_LOG_WARNING, NULL,
                     "%zu student%s and %zu face vector%s have no key any more, and are left out: they were forgotten "
                     "since this copy of the database was made ('homeroom keys prune')",
                     gone.students, hr_plural(gone.students), gone.faces, hr_plural(gone.faces));
    if (hr_snapshot_is_imported(snapshot) && cli->settings.recognition.include == NULL)
        hr_log_write(log, HR_LOG_INFO, NULL,
                     "all faces were imported from an older system: names in doubt have rows, too "
                     "(--include certain leaves them out); photos tell people apart better");
    /* Of four students nothing can be told. */
    if (rule.crowding > 0.5 && students >= 5)
        hr_log_write(log, HR_LOG_INFO, NULL,
                     "the students of this class look much alike to the network: fewer names are "
                     "certain, and more are in review");
}

void hr_cli_tell_gallery(const struct hr_cli *cli, struct hr_engine *engine)
{
    struct hr_snapshot *snapshot = hr_engine_hold(engine);
    tell(cli, snapshot);
    hr_snapshot_release(snapshot);
}
