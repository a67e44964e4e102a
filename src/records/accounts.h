/* Who may use the page: accounts with a password, which classes they may see, and what is signed in. Passwords are kept
 * as argon2id hashes (libsodium's crypto_pwhash_str), secrets of browsers and programs as SHA-256 of 32 random bytes.
 * Times are wall clock. */
#ifndef HR_RECORDS_ACCOUNTS_H
#define HR_RECORDS_ACCOUNTS_H

#include "records/database.h"

enum hr_role {
    HR_ROLE_TEACHER,       /* the classes that were given to him */
    HR_ROLE_ADMINISTRATOR, /* all classes, accounts, settings */
    HR_ROLE_COUNT
};
const char *hr_role_name(enum hr_role role); /* "teacher", "administrator" */
bool hr_role_parse(const char *word, enum hr_role *out);

enum { HR_ACCOUNT_NAME_BYTES = 64, HR_PASSWORD_BYTES_MIN = 10, HR_PASSWORD_BYTES_MAX = 512, HR_SECRET_SIZE = 65 };

struct hr_account {
    int64_t key; /* never used again */
    char name[HR_ACCOUNT_NAME_BYTES + 1];
    enum hr_role role;
    int64_t made_us;
};

/* Changes are noted in the audit log. All in a transaction of their own unless one is open. */

/* ARGUMENT says what is wrong with the name or password; CONFLICT: the name is taken. */
enum hr_status hr_account_add(struct hr_database *database, const char *name, enum hr_role role, const char *password,
                              int64_t *key, struct hr_error *error) HR_MUST_USE;
/* NOT_FOUND. */
enum hr_status hr_account_find(struct hr_database *database, const char *name, struct hr_account *out,
                               struct hr_error *error) HR_MUST_USE;
/* PERMISSION: no such name, or another password; both take as long (a tenth of a second, and 64 MiB of memory). */
enum hr_status hr_account_check(struct hr_database *database, const char *name, const char *password,
                                struct hr_account *out, struct hr_error *error) HR_MUST_USE;
/* By name. */
typedef enum hr_status hr_account_fn(void *context, const struct hr_account *account, struct hr_error *error);
enum hr_status hr_account_each(struct hr_database *database, hr_account_fn *each, void *context,
                               struct hr_error *error) HR_MUST_USE;
enum hr_status hr_account_count(struct hr_database *database, size_t *count, struct hr_error *error) HR_MUST_USE;
/* Ends all that is signed in with it. */
enum hr_status hr_account_set_password(struct hr_database *database, int64_t key, const char *password,
                                       struct hr_error *error) HR_MUST_USE;
/* Both: CONFLICT when there would be no administrator left. */
enum hr_status hr_account_set_role(struct hr_database *database, int64_t key, enum hr_role role,
                                   struct hr_error *error) HR_MUST_USE;
enum hr_status hr_account_remove(struct hr_database *database, int64_t key, struct hr_error *error) HR_MUST_USE;

/* The classes of a teacher. NOT_FOUND: there is no such class. */
enum hr_status hr_account_set_classes(struct hr_database *database, int64_t key, const char *const *class_ids,
                                      size_t count, struct hr_error *error) HR_MUST_USE;
enum hr_status hr_account_give_class(struct hr_database *database, int64_t key, const char *class_id,
                                     struct hr_error *error) HR_MUST_USE;
typedef enum hr_status hr_account_class_fn(void *context, const char *class_id, struct hr_error *error);
enum hr_status hr_account_each_class(struct hr_database *database, int64_t key, hr_account_class_fn *each,
                                     void *context, struct hr_error *error) HR_MUST_USE;
/* An administrator may see every class. */
enum hr_status hr_account_may_see(struct hr_database *database, const struct hr_account *account, const char *class_id,
                                  bool *out, struct hr_error *error) HR_MUST_USE;
/* A student who is, or was, in one of them. */
enum hr_status hr_account_may_see_student(struct hr_database *database, const struct hr_account *account,
                                          const char *student_id, bool *out, struct hr_error *error) HR_MUST_USE;

/* The same, and he is, or was, in no class that the account may not see. */
enum hr_status hr_account_sees_all_of(struct hr_database *database, const struct hr_account *account,
                                      const char *student_id, bool *out, struct hr_error *error) HR_MUST_USE;

/* --- signed in --- */

/* A browser's ends when nobody has used it for twelve hours, and after seven days; a program's, which has a label, when
 * it is taken away. *secret is the caller's alone, 64 hexadecimal digits. */
enum hr_status hr_login_begin(struct hr_database *database, int64_t account, const char *label,
                              char secret[HR_SECRET_SIZE], struct hr_error *error) HR_MUST_USE;
/* PERMISSION: there is none of this secret, or it is over. *label: of a program; "" of a browser. */
enum hr_status hr_login_find(struct hr_database *database, const char *secret, struct hr_account *out,
                             char label[HR_ACCOUNT_NAME_BYTES + 1], struct hr_error *error) HR_MUST_USE;
enum hr_status hr_login_end(struct hr_database *database, const char *secret, struct hr_error *error) HR_MUST_USE;
/* What a page of that login sends with every change, 32 hexadecimal digits: made of the secret, and not the other way
 * round. */
void hr_login_csrf(const char *secret, char out[33]);

#endif
