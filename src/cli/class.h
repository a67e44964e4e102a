/* The class that the settings name, with words on what to do when it cannot be opened. */
#ifndef HR_CLI_CLASS_H
#define HR_CLI_CLASS_H

#include "cli/cli.h"

/* As hr_class_open_database and hr_class_open_engine of cli->class. */
enum hr_status hr_cli_open_database(struct hr_cli *cli, enum hr_database_mode mode, struct hr_database **out,
                                    struct hr_error *error) HR_MUST_USE;
enum hr_status hr_cli_open_engine(struct hr_cli *cli, enum hr_database_mode mode, struct hr_engine **out,
                                  struct hr_error *error) HR_MUST_USE;

/* Says what to do about a database that is not there; gives the status back. */
enum hr_status hr_cli_explain(const struct hr_cli *cli, enum hr_status status, struct hr_error *error);

/* An engine with the models and without a class: what kept vectors are compared with. */
enum hr_status hr_cli_open_models(struct hr_cli *cli, struct hr_engine **out, struct hr_error *error) HR_MUST_USE;
/* The same, for what can be done without: the models that are here, borrowed from *engine, which the caller closes;
 * NULL where there are none, which is said. */
const struct hr_vector_layout *hr_cli_known_models(struct hr_cli *cli, struct hr_engine **engine);
/* Logs what a user must know of the gallery before names come out of it: nobody is in it, everybody was imported, its
 * students look much alike, vectors that cannot be used. Names nobody. */
void hr_cli_tell_gallery(const struct hr_cli *cli, struct hr_engine *engine);

#endif
