/* The student database and what is made of it, wherever --db says that it is: a file here, or an
 * object in S3, which is read into memory and written back whole, unless somebody else has changed it
 * meanwhile. */
#ifndef HR_CLI_DATABASE_H
#define HR_CLI_DATABASE_H

#include "cli/cli.h"
#include "roster/dynamodb.h"

/* The database alone. CREATE also makes the folder of a file. Errors say what to do about it. */
enum hr_status hr_cli_open_database(struct hr_cli *cli, enum hr_database_mode mode,
                                    struct hr_database **out, struct hr_error *error) HR_MUST_USE;

/* Every change of a database goes to where it came from; nothing to do for a file. CONFLICT when
 * the object was changed since it was opened: nothing is written then. */
enum hr_status hr_cli_save_database(struct hr_cli *cli, struct hr_database *database,
                                    struct hr_error *error) HR_MUST_USE;

/* The engine on the settings' database, models and, with HR_DATABASE_READ, --students. */
enum hr_status hr_cli_open_engine(struct hr_cli *cli, enum hr_database_mode mode,
                                  struct hr_engine **out, struct hr_error *error) HR_MUST_USE;
/* The same, in place of *engine (may be NULL), which is closed when this fails; unless it is known
 * to be up to date, because the object is the same still. */
enum hr_status hr_cli_refresh_engine(struct hr_cli *cli, struct hr_engine **engine,
                                     struct hr_error *error) HR_MUST_USE;

/* What --students names. ARGUMENT when it is no table. */
enum hr_status hr_cli_students_table(struct hr_cli *cli, struct hr_dynamodb_table *out,
                                     struct hr_error *error) HR_MUST_USE;

/* Logs what a user must know of the gallery before names come out of it: nobody is in it, everybody was imported, its
 * students look much alike, vectors that cannot be used. Names nobody. */
void hr_cli_tell_gallery(const struct hr_cli *cli, const struct hr_engine *engine);

#endif
