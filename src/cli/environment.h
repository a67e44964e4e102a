/* The only place that reads the environment, and what follows from it: where files are looked for
 * by default. */
#ifndef HR_CLI_ENVIRONMENT_H
#define HR_CLI_ENVIRONMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Moves the values of variables that are keys, passwords or tokens (and of proxies, whose addresses may have one) to
 * memory of our own (base/secret.h), and wipes them where the system put them: /proc/PID/environ does not show them any
 * more, and no process that is forked later has them. Once, before anything is forked and any thread runs. MEMORY. */
enum hr_status hr_environment_hide(struct hr_error *error) HR_MUST_USE;

/* NULL when not set. */
const char *hr_environment(const char *name);

/* The key of a sealed database (HOMEROOM_KEY); NULL when not set. */
const char *hr_environment_key(void);

/* Whether the variable asks for a core file after a crash (HOMEROOM_CORE_DUMPS=1). */
bool hr_environment_core_dumps(void);

/* $XDG_DATA_HOME/homeroom/homeroom.db, else ~/.local/share/homeroom/homeroom.db. */
enum hr_status hr_environment_database(char *out, size_t size, struct hr_error *error) HR_MUST_USE;

/* share/homeroom/models beside the folder that the running program lies in (so that an installed
 * tree may be moved), else the folder given at build time. */
enum hr_status hr_environment_models(char *out, size_t size, struct hr_error *error) HR_MUST_USE;

#endif
