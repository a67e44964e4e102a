#include "records/accounts.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "records/audit.h"
#include "records/sql.h"

#define HOUR_US (INT64_C(3600) * 1000000)
#define IDLE_US (12 * HOUR_US)
#define LONGEST_US (7 * 24 * HOUR_US)
/* That it is used is written so often, not with each request. */
#define SEEN_STEP_US (HOUR_US / 12)
#define DOING "asking for accounts"

static const char *const role_names[HR_ROLE_COUNT] = {"teacher", "administrator"};

const char *hr_role_name(enum hr_role role)
{
    return role_names[role];
}

bool hr_role_parse(const char *word, enum hr_role *out)
{
    for (int i = 0; i < HR_ROLE_COUNT; i++)
        if (strcmp(word, role_names[i]) == 0) {
            *out = (enum hr_role)i;
            return true;
        }
    return false;
}

/* --- names and passwords --- */

static enum hr_status check_name(const char *name, struct hr_error *error)
{
    size_t length = strlen(name);
    bool plain = length > 0 && length <= HR_ACCOUNT_NAME_BYTES && name[0] != ' ' && name[length - 1] != ' ';
    for (size_t i = 0; plain && i < length; i++)
        plain = (unsigned char)name[i] >= ' ' && name[i] != 0x7f;
    if (plain && hr_view_is_utf8(hr_view_text(name)))
        return HR_OK;
    return hr_error_named(error, HR_ERR_ARGUMENT, "account_name", NULL, "an account's name has 1 to %d bytes of text",
                          HR_ACCOUNT_NAME_BYTES);
}

static enum hr_status hash_password(const char *password, char out[crypto_pwhash_STRBYTES], struct hr_error *error)
{
    size_t length = strlen(password);
    if (length < HR_PASSWORD_BYTES_MIN || length > HR_PASSWORD_BYTES_MAX)
        return hr_error_named(error, HR_ERR_ARGUMENT, "password_length", NULL,
                              "a password has %d to %d bytes: a sentence is a good one", HR_PASSWORD_BYTES_MIN,
                              HR_PASSWORD_BYTES_MAX);
    if (sodium_init() < 0 || crypto_pwhash_str(out, password, length, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                               crypto_pwhash_MEMLIMIT_INTERACTIVE) != 0)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory to keep a password");
    return HR_OK;
}

static enum hr_status take_account(sqlite3_stmt *statement, struct hr_account *out, struct hr_error *error)
{
    *out = (struct hr_account){.key = sqlite3_column_int64(statement, 0)};
    snprintf(out->name, sizeof out->name, "%s", hr_sql_text(statement, 1));
    if (!hr_role_parse(hr_sql_text(statement, 2), &out->role))
        return hr_error_set(error, HR_ERR_DATABASE, "an account has a role that is none");
    return HR_OK;
}

enum hr_status hr_account_find(struct hr_database *database, const char *name, struct hr_account *out,
                               struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_ACCOUNT_FIND, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, name);
    status = hr_sql_step(database, statement, DOING, error);
    if (status == HR_OK) {
        status = take_account(statement, out, error);
        out->made_us = sqlite3_column_int64(statement, 3);
    }
    hr_sql_end(statement);
    return status == HR_END
               ? hr_error_named(error, HR_ERR_NOT_FOUND, "no_account", NULL, "there is no account of that name")
               : status;
}

/* A name that is not there costs the same look at a password. */
static enum hr_status stored_password(struct hr_database *database, const char *name, char out[crypto_pwhash_STRBYTES],
                                      struct hr_account *account, struct hr_error *error)
{
    static const char nobodys[] =
        "$argon2id$v=19$m=65536,t=2,p=1$MDEyMzQ1Njc4OWFiY2RlZg$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
    sqlite3_stmt *statement;
    memset(out, 0, crypto_pwhash_STRBYTES);
    snprintf(out, crypto_pwhash_STRBYTES, "%s", nobodys);
    enum hr_status status = hr_sql_start(database, HR_SQL_ACCOUNT_FIND, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, name);
    status = hr_sql_step(database, statement, DOING, error);
    if (status == HR_OK) {
        status = take_account(statement, account, error);
        snprintf(out, crypto_pwhash_STRBYTES, "%s", hr_sql_text(statement, 4));
    }
    hr_sql_end(statement);
    return status == HR_END ? HR_OK : status;
}

enum hr_status hr_account_check(struct hr_database *database, const char *name, const char *password,
                                struct hr_account *out, struct hr_error *error)
{
    char stored[crypto_pwhash_STRBYTES];
    size_t length = strlen(password);
    *out = (struct hr_account){0};
    if (sodium_init() < 0)
        return hr_error_set(error, HR_ERR_INTERNAL, "libsodium cannot be used here");
    enum hr_status status = stored_password(database, name, stored, out, error);
    if (status != HR_OK)
        return status;
    bool same = length <= HR_PASSWORD_BYTES_MAX && crypto_pwhash_str_verify(stored, password, length) == 0;
    sodium_memzero(stored, sizeof stored);
    return same && out->key != 0 ? HR_OK
                                 : hr_error_named(error, HR_ERR_PERMISSION, "wrong_password", NULL,
                                                  "the name or the password is not right");
}

/* --- changes --- */

static enum hr_status insert(struct hr_database *database, const char *name, enum hr_role role, const char *hash,
                             int64_t *key, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_ACCOUNT_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_text(statement, 1, name);
    hr_sql_bind_text(statement, 2, hr_role_name(role));
    hr_sql_bind_text(statement, 3, hash);
    sqlite3_bind_int64(statement, 4, hr_clock_wall_now_us());
    status = hr_sql_step(database, statement, "adding an account", error);
    *key = status == HR_OK ? sqlite3_column_int64(statement, 0) : 0;
    hr_sql_end(statement);
    return status == HR_END
               ? hr_error_named(error, HR_ERR_CONFLICT, "account_taken", name, "there is an account '%s'", name)
               : status;
}

enum hr_status hr_account_add(struct hr_database *database, const char *name, enum hr_role role, const char *password,
                              int64_t *key, struct hr_error *error)
{
    char hash[crypto_pwhash_STRBYTES];
    bool own;
    enum hr_status status = check_name(name, error);
    if (status == HR_OK)
        status = hash_password(password, hash, error);
    if (status == HR_OK)
        status = hr_sql_begin_own(database, &own, error);
    if (status != HR_OK)
        return status;
    status = insert(database, name, role, hash, key, error);
    if (status == HR_OK)
        status = hr_database_note(database, "account", NULL, 1, error);
    return hr_sql_end_own(database, own, status, error);
}

enum hr_status hr_account_each(struct hr_database *database, hr_account_fn *each, void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_ACCOUNTS, &statement, error);
    if (status != HR_OK)
        return status;
    while (hr_sql_next(database, statement, DOING, &status, error)) {
        struct hr_account account;
        status = take_account(statement, &account, error);
        account.made_us = sqlite3_column_int64(statement, 3);
        if (status == HR_OK)
            status = each(context, &account, error);
    }
    return status;
}

static enum hr_status count_one(void *context, const struct hr_account *account, struct hr_error *error)
{
    (void)account;
    (void)error;
    ++*(size_t *)context;
    return HR_OK;
}

enum hr_status hr_account_count(struct hr_database *database, size_t *count, struct hr_error *error)
{
    *count = 0;
    return hr_account_each(database, count_one, count, error);
}

/* Of a statement of the account's key and perhaps a text. */
static enum hr_status change(struct hr_database *database, enum hr_sql which, int64_t key, const char *text,
                             size_t *changed, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, key);
    if (text != NULL)
        hr_sql_bind_text(statement, 2, text);
    return hr_sql_finish(database, statement, "changing an account", changed, error);
}

enum hr_status hr_account_set_password(struct hr_database *database, int64_t key, const char *password,
                                       struct hr_error *error)
{
    char hash[crypto_pwhash_STRBYTES];
    size_t changed = 0;
    bool own;
    enum hr_status status = hash_password(password, hash, error);
    if (status == HR_OK)
        status = hr_sql_begin_own(database, &own, error);
    if (status != HR_OK)
        return status;
    status = change(database, HR_SQL_ACCOUNT_SET_PASSWORD, key, hash, &changed, error);
    if (status == HR_OK && changed == 0)
        status = hr_error_named(error, HR_ERR_NOT_FOUND, "no_account", NULL, "there is no such account");
    if (status == HR_OK)
        status = change(database, HR_SQL_LOGINS_DELETE, key, NULL, NULL, error);
    if (status == HR_OK)
        status = hr_database_note(database, "password", NULL, 1, error);
    return hr_sql_end_own(database, own, status, error);
}

/* Others than this one. */
static enum hr_status need_administrator(struct hr_database *database, int64_t key, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_ADMINISTRATORS, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, key);
    status = hr_sql_step(database, statement, DOING, error);
    bool found = status == HR_OK && sqlite3_column_int64(statement, 0) > 0;
    hr_sql_end(statement);
    if (status == HR_OK && !found)
        return hr_error_named(error, HR_ERR_CONFLICT, "last_administrator", NULL,
                              "there would be no administrator left");
    return status;
}

static enum hr_status change_or_remove(struct hr_database *database, int64_t key, enum hr_sql which, const char *role,
                                       struct hr_error *error)
{
    size_t changed = 0;
    bool own;
    enum hr_status status = hr_sql_begin_own(database, &own, error);
    if (status != HR_OK)
        return status;
    if (role == NULL || strcmp(role, hr_role_name(HR_ROLE_ADMINISTRATOR)) != 0)
        status = need_administrator(database, key, error);
    if (status == HR_OK)
        status = change(database, which, key, role, &changed, error);
    if (status == HR_OK && changed == 0)
        status = hr_error_named(error, HR_ERR_NOT_FOUND, "no_account", NULL, "there is no such account");
    if (status == HR_OK)
        status = hr_database_note(database, role != NULL ? "account" : "account_removed", NULL, 1, error);
    return hr_sql_end_own(database, own, status, error);
}

enum hr_status hr_account_set_role(struct hr_database *database, int64_t key, enum hr_role role, struct hr_error *error)
{
    return change_or_remove(database, key, HR_SQL_ACCOUNT_SET_ROLE, hr_role_name(role), error);
}

enum hr_status hr_account_remove(struct hr_database *database, int64_t key, struct hr_error *error)
{
    return change_or_remove(database, key, HR_SQL_ACCOUNT_DELETE, NULL, error);
}

/* --- classes --- */

enum hr_status hr_account_give_class(struct hr_database *database, int64_t key, const char *class_id,
                                     struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_ACCOUNT_CLASS_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, key);
    hr_sql_bind_text(statement, 2, class_id);
    status = hr_sql_step(database, statement, "giving a class to a teacher", error);
    hr_sql_end(statement);
    return status == HR_END
               ? hr_error_named(error, HR_ERR_NOT_FOUND, "no_class", NULL, "there is no class '%s'", class_id)
               : status;
}

enum hr_status hr_account_set_classes(struct hr_database *database, int64_t key, const char *const *class_ids,
                                      size_t count, struct hr_error *error)
{
    bool own;
    enum hr_status status = hr_sql_begin_own(database, &own, error);
    if (status != HR_OK)
        return status;
    status = change(database, HR_SQL_ACCOUNT_CLASSES_DELETE, key, NULL, NULL, error);
    for (size_t i = 0; status == HR_OK && i < count; i++)
        status = hr_account_give_class(database, key, class_ids[i], error);
    return hr_sql_end_own(database, own, status, error);
}

enum hr_status hr_account_each_class(struct hr_database *database, int64_t key, hr_account_class_fn *each,
                                     void *context, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_ACCOUNT_CLASSES, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, key);
    while (hr_sql_next(database, statement, DOING, &status, error))
        status = each(context, hr_sql_text(statement, 0), error);
    return status;
}

static enum hr_status may(struct hr_database *database, const struct hr_account *account, enum hr_sql which,
                          const char *id, bool *out, struct hr_error *error)
{
    sqlite3_stmt *statement;
    *out = account->role == HR_ROLE_ADMINISTRATOR;
    if (*out)
        return HR_OK;
    enum hr_status status = hr_sql_start(database, which, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, account->key);
    hr_sql_bind_text(statement, 2, id);
    status = hr_sql_step(database, statement, DOING, error);
    *out = status == HR_OK && sqlite3_column_int64(statement, 0) != 0;
    hr_sql_end(statement);
    return status;
}

enum hr_status hr_account_may_see(struct hr_database *database, const struct hr_account *account, const char *class_id,
                                  bool *out, struct hr_error *error)
{
    return may(database, account, HR_SQL_ACCOUNT_MAY, class_id, out, error);
}

enum hr_status hr_account_may_see_student(struct hr_database *database, const struct hr_account *account,
                                          const char *student_id, bool *out, struct hr_error *error)
{
    return may(database, account, HR_SQL_ACCOUNT_MAY_STUDENT, student_id, out, error);
}

enum hr_status hr_account_sees_all_of(struct hr_database *database, const struct hr_account *account,
                                      const char *student_id, bool *out, struct hr_error *error)
{
    return may(database, account, HR_SQL_ACCOUNT_MAY_ALL, student_id, out, error);
}

/* --- signed in --- */

static enum hr_status digest(const char *secret, uint8_t out[HR_SHA256_SIZE], struct hr_error *error)
{
    return hr_sha256(hr_view_text(secret), out, error);
}

static enum hr_status purge(struct hr_database *database, int64_t now, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_LOGINS_PURGE, &statement, error);
    if (status != HR_OK)
        return status;
    sqlite3_bind_int64(statement, 1, now - LONGEST_US);
    sqlite3_bind_int64(statement, 2, now - IDLE_US);
    return hr_sql_finish(database, statement, "signing in", NULL, error);
}

enum hr_status hr_login_begin(struct hr_database *database, int64_t account, const char *label,
                              char secret[HR_SECRET_SIZE], struct hr_error *error)
{
    uint8_t bytes[32], hash[HR_SHA256_SIZE];
    sqlite3_stmt *statement;
    int64_t now = hr_clock_wall_now_us();
    if (sodium_init() < 0)
        return hr_error_set(error, HR_ERR_INTERNAL, "libsodium cannot be used here");
    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2hex(secret, HR_SECRET_SIZE, bytes, sizeof bytes);
    sodium_memzero(bytes, sizeof bytes);
    enum hr_status status = digest(secret, hash, error);
    if (status == HR_OK)
        status = purge(database, now, error);
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_LOGIN_INSERT, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_bytes(statement, 1, hr_view_of(hash, sizeof hash));
    sqlite3_bind_int64(statement, 2, account);
    hr_sql_bind_text(statement, 3, label);
    sqlite3_bind_int64(statement, 4, now);
    return hr_sql_finish(database, statement, "signing in", NULL, error);
}

static enum hr_status note_seen(struct hr_database *database, struct hr_view hash, int64_t now, struct hr_error *error)
{
    sqlite3_stmt *statement;
    enum hr_status status = hr_sql_start(database, HR_SQL_LOGIN_SEEN, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_bytes(statement, 1, hash);
    sqlite3_bind_int64(statement, 2, now);
    return hr_sql_finish(database, statement, "signing in", NULL, error);
}

enum hr_status hr_login_find(struct hr_database *database, const char *secret, struct hr_account *out,
                             char label[HR_ACCOUNT_NAME_BYTES + 1], struct hr_error *error)
{
    uint8_t hash[HR_SHA256_SIZE];
    sqlite3_stmt *statement;
    int64_t now = hr_clock_wall_now_us(), made = 0, seen = 0;
    enum hr_status status = digest(secret, hash, error);
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_LOGIN_FIND, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_bytes(statement, 1, hr_view_of(hash, sizeof hash));
    status = hr_sql_step(database, statement, "asking who is signed in", error);
    if (status == HR_OK) {
        status = take_account(statement, out, error);
        snprintf(label, HR_ACCOUNT_NAME_BYTES + 1, "%s", hr_sql_text(statement, 3));
        made = sqlite3_column_int64(statement, 4);
        seen = sqlite3_column_int64(statement, 5);
    }
    hr_sql_end(statement);
    if (status == HR_END || (status == HR_OK && label[0] == '\0' && (now - seen > IDLE_US || now - made > LONGEST_US)))
        return hr_error_named(error, HR_ERR_PERMISSION, "sign_in", NULL, "sign in again");
    if (status == HR_OK && database->may_write && now - seen > SEEN_STEP_US)
        (void)note_seen(database, hr_view_of(hash, sizeof hash), now,
                        &(struct hr_error){0}); /* the next one notes it */
    return status;
}

enum hr_status hr_login_end(struct hr_database *database, const char *secret, struct hr_error *error)
{
    uint8_t hash[HR_SHA256_SIZE];
    sqlite3_stmt *statement;
    enum hr_status status = digest(secret, hash, error);
    if (status == HR_OK)
        status = hr_sql_start(database, HR_SQL_LOGIN_DELETE, &statement, error);
    if (status != HR_OK)
        return status;
    hr_sql_bind_bytes(statement, 1, hr_view_of(hash, sizeof hash));
    return hr_sql_finish(database, statement, "signing out", NULL, error);
}

void hr_login_csrf(const char *secret, char out[33])
{
    uint8_t mac[HR_SHA256_SIZE];
    char hex[HR_SHA256_HEX_SIZE];
    struct hr_error error;
    memset(mac, 0, sizeof mac);
    if (hr_hmac_sha256(hr_view_text(secret), hr_view_text("csrf"), mac, &error) != HR_OK)
        randombytes_buf(mac, sizeof mac); /* fits nothing */
    hr_sha256_to_hex(mac, hex);
    memcpy(out, hex, 32);
    out[32] = '\0';
}
