/* homeroom keys [new FILE|seal|renew|unseal|prune] */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/plural.h"
#include "cli/answer.h"
#include "cli/class.h"
#include "cli/person.h"
#include "records/vault.h"

/* --- new FILE --- */

static enum hr_status write_key(const char *path, const char *text, struct hr_error *error)
{
    size_t size = strlen(text);
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, S_IRUSR | S_IWUSR);
    if (file < 0)
        return errno == EEXIST ? hr_error_set(error, HR_ERR_CONFLICT, "'%s' is there already, and stays as it is", path)
                               : hr_error_set_errno(error, errno, "writing '%s'", path);
    bool good = write(file, text, size) == (ssize_t)size && write(file, "\n", 1) == 1 && fsync(file) == 0;
    int problem = errno;
    if (close(file) != 0 || !good) {
        (void)unlink(path);
        return hr_error_set_errno(error, problem, "writing '%s'", path);
    }
    return HR_OK;
}

static enum hr_status make_key(struct hr_cli *cli, struct hr_error *error)
{
    char text[HR_MASTER_KEY_TEXT_SIZE];
    if (cli->word_count != 2)
        return hr_error_set(error, HR_ERR_ARGUMENT, "usage: homeroom keys new FILE");
    enum hr_status status = hr_master_key_new_text(text, error);
    if (status == HR_OK)
        status = write_key(cli->words[1], text, error);
    explicit_bzero(text, sizeof text);
    if (status == HR_OK) {
        hr_answer_text(cli->out, cli->words[1]);
        fputs(": a new key. Keep a copy where neither the database nor its backups are: without it nothing that is "
              "sealed with it can be read again, by anybody\n",
              cli->out);
    }
    return status;
}

/* --- changes of the whole database --- */

static enum hr_status seal(struct hr_cli *cli, struct hr_error *error)
{
    struct hr_database *database = NULL;
    struct hr_vault *vault = NULL;
    enum hr_status status =
        hr_cli_explain(cli, hr_class_open_as_it_is(&cli->class, HR_DATABASE_WRITE, &database, error), error);
    if (status == HR_OK && hr_database_is_sealed(database))
        status = hr_error_set(error, HR_ERR_CONFLICT, "'%s' is sealed already", cli->database_path);
    if (status == HR_OK)
        status = hr_class_new_vault(&cli->class, &vault, error);
    if (status == HR_OK)
        status = hr_database_seal(database, vault, error);
    if (status == HR_OK)
        status = hr_class_save_database(&cli->class, database, error);
    if (status == HR_OK) {
        hr_answer_text(cli->out, cli->database_path);
        fputs(": sealed; its keys are in ", cli->out);
        hr_answer_text(cli->out, hr_vault_name(hr_database_vault(database)));
        fputs("\ncopies of the database from before are not sealed: delete them\n", cli->out);
    }
    hr_database_close(database);
    return status;
}

static enum hr_status agree(const struct hr_cli *cli, const char *question, bool *agreed, struct hr_error *error)
{
    *agreed = cli->settings.people.yes;
    return *agreed ? HR_OK : hr_cli_ask(question, agreed, error);
}

static enum hr_status unseal(struct hr_cli *cli, struct hr_database *database, bool *agreed, struct hr_error *error)
{
    enum hr_status status =
        agree(cli, "Write everything into the database in the clear, and destroy the keys?", agreed, error);
    if (status != HR_OK || !*agreed)
        return status;
    status = hr_database_unseal(database, error);
    if (status == HR_OK)
        status = hr_class_save_database(&cli->class, database, error);
    if (status == HR_OK && hr_anywhere_is_remote(cli->database_path))
        status = hr_class_remove_ring(&cli->class, error);
    if (status == HR_OK)
        fputs("not sealed any more: whoever has the file can read it\n", cli->out);
    return status;
}

/* The key from now on: NULL for the one there is. */
static enum hr_status renew(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    struct hr_class_key key = {0};
    const struct hr_key_source source = {.file = cli->settings.keys.new_key_file, .kms = cli->settings.class.kms_key};
    bool other = hr_key_source_is_given(&source);
    enum hr_status status = HR_OK;
    if (other)
        status = hr_class_key_new(&key, &source, &cli->class.anywhere, &cli->patience, error);
    if (status == HR_OK)
        status = hr_database_renew_keys(database, other ? &key.master : NULL, error);
    if (status == HR_OK)
        status = hr_class_save_database(&cli->class, database, error);
    if (status == HR_OK)
        fprintf(cli->out,
                "everybody has new keys%s, the old ones are destroyed; older copies of the database can't be "
                "read any more\n",
                other ? " under the new key" : "");
    hr_class_key_clear(&key);
    return status;
}

static enum hr_status prune(struct hr_cli *cli, struct hr_database *database, bool *agreed, struct hr_error *error)
{
    struct hr_unreadable gone;
    enum hr_status status = hr_database_unreadable(database, &gone, error);
    if (status == HR_OK && gone.students + gone.faces > 0)
        status = agree(cli, "Remove what no key opens?", agreed, error);
    if (status != HR_OK || !*agreed)
        return status;
    status = hr_database_prune(database, &gone, error);
    if (status == HR_OK)
        status = hr_class_save_database(&cli->class, database, error);
    if (status == HR_OK)
        fprintf(cli->out, "removed: %zu student%s and %zu face vector%s that no key opens\n", gone.students,
                hr_plural(gone.students), gone.faces, hr_plural(gone.faces));
    return status;
}

/* --- how things stand --- */

static enum hr_status tell_of_vault(struct hr_cli *cli, struct hr_database *database, struct hr_error *error)
{
    struct hr_unreadable gone;
    enum hr_status status = hr_database_unreadable(database, &gone, error);
    if (status != HR_OK)
        return status;
    hr_answer_text(cli->out, cli->database_path);
    fputs(": sealed; its keys are in ", cli->out);
    hr_answer_text(cli->out, hr_vault_name(hr_database_vault(database)));
    fputc('\n', cli->out);
    if (gone.students + gone.faces > 0)
        fprintf(cli->out,
                "%zu student%s and %zu face vector%s of a copy that was brought back have no key any more: they were "
                "forgotten since ('homeroom keys prune')\n",
                gone.students, hr_plural(gone.students), gone.faces, hr_plural(gone.faces));
    return HR_OK;
}

static enum hr_status show(struct hr_cli *cli, struct hr_error *error)
{
    struct hr_database *database = NULL;
    enum hr_status status =
        hr_cli_explain(cli, hr_class_open_as_it_is(&cli->class, HR_DATABASE_READ, &database, error), error);
    bool sealed = status == HR_OK && hr_database_is_sealed(database);
    hr_database_close(database);
    if (status != HR_OK)
        return status;
    if (!sealed) {
        hr_answer_text(cli->out, cli->database_path);
        fputs(": not sealed ('homeroom keys seal')\n", cli->out);
        return HR_OK;
    }
    database = NULL;
    status = hr_cli_open_database(cli, HR_DATABASE_READ, &database, error);
    if (status == HR_OK)
        status = tell_of_vault(cli, database, error);
    hr_database_close(database);
    return status;
}

static enum hr_status change(struct hr_cli *cli, const char *word, bool *agreed, struct hr_error *error)
{
    struct hr_database *database = NULL;
    enum hr_status status = hr_cli_open_database(cli, HR_DATABASE_WRITE, &database, error);
    if (status == HR_OK && !hr_database_is_sealed(database))
        status = hr_error_set(error, HR_ERR_CONFLICT, "'%s' is not sealed", cli->database_path);
    else if (status == HR_OK && strcmp(word, "renew") == 0)
        status = renew(cli, database, error);
    else if (status == HR_OK && strcmp(word, "unseal") == 0)
        status = unseal(cli, database, agreed, error);
    else if (status == HR_OK)
        status = prune(cli, database, agreed, error);
    hr_database_close(database);
    return status;
}

int hr_cmd_keys(struct hr_cli *cli)
{
    struct hr_error error = {0};
    bool agreed = true;
    enum hr_status status;
    const char *word = cli->word_count > 0 ? cli->words[0] : "";
    bool changes = strcmp(word, "renew") == 0 || strcmp(word, "unseal") == 0 || strcmp(word, "prune") == 0;
    if (strcmp(word, "new") == 0)
        status = make_key(cli, &error);
    else if (cli->word_count > 1)
        status = hr_error_set(&error, HR_ERR_ARGUMENT, "'keys %s' takes no further word", word);
    else if (cli->word_count == 0)
        status = show(cli, &error);
    else if (strcmp(word, "seal") == 0)
        status = seal(cli, &error);
    else if (changes)
        status = change(cli, word, &agreed, &error);
    else
        status = hr_error_set(&error, HR_ERR_ARGUMENT, "keys takes new, seal, renew, unseal or prune, not '%s'", word);
    if (status != HR_OK)
        return hr_cli_fail(cli, &error);
    if (!agreed)
        fputs("nothing was changed\n", cli->out);
    return agreed ? 0 : HR_EXIT_NO;
}
