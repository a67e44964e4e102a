/* What a command is, and what it is given. One cmd_*.c per command, one table of them in main.c. */
#ifndef HR_CLI_CLI_H
#define HR_CLI_CLI_H

#include <stdio.h>

#include "base/log.h"
#include "classroom/classroom.h"
#include "cli/cloud.h"
#include "cli/settings.h"
#include "jobs/class_place.h"

struct hr_cli {
    struct hr_settings settings;
    const char *const *words; /* after the command */
    size_t word_count;
    struct hr_log log; /* to standard error */
    FILE *out;         /* standard output */
    bool terminal;     /* standard error is a terminal: progress may be shown */
    char database_path[4096];
    char model_dir[4096];
    struct hr_cli_cloud cloud;
    struct hr_class_place class;
    struct hr_sandbox *sandbox;  /* where videos and photos are decoded; owned by main */
    struct hr_deadline patience; /* of all work: until a signal comes */
};

/* A command returns the program's exit status: one of base/status.c's table, or 1 when it did its
 * work and the answer is no. */
enum { HR_EXIT_NO = 1 };
typedef int hr_command_fn(struct hr_cli *cli);

struct hr_command {
    enum hr_command_id id;
    const char *name;
    const char *usage;   /* words after the name: "VIDEO..." */
    const char *summary; /* one line */
    const char *text;    /* paragraphs for --help and the manual */
    size_t words_min, words_max;
    hr_command_fn *run;
    bool decodes; /* videos or photos */
};

extern const struct hr_command hr_command_table[];
extern const size_t hr_command_count;

hr_command_fn hr_cmd_recognize, hr_cmd_watch, hr_cmd_import, hr_cmd_enroll, hr_cmd_students, hr_cmd_export,
    hr_cmd_forget, hr_cmd_rename, hr_cmd_merge, hr_cmd_split, hr_cmd_consent, hr_cmd_keys, hr_cmd_backup,
    hr_cmd_restore, hr_cmd_keeping, hr_cmd_purge, hr_cmd_class, hr_cmd_lesson, hr_cmd_attendance, hr_cmd_seen,
    hr_cmd_correct, hr_cmd_show, hr_cmd_estimate, hr_cmd_record, hr_cmd_serve, hr_cmd_evaluate, hr_cmd_workload,
    hr_cmd_lambda, hr_cmd_worker, hr_cmd_doctor, hr_cmd_models, hr_cmd_help, hr_cmd_version;

/* Log an error once and give its exit status. */
int hr_cli_fail(const struct hr_cli *cli, const struct hr_error *error);
/* The same, for a word that is no command: it says which one may be meant. */
int hr_cli_no_command(struct hr_cli *cli, const char *word);

/* What would end or hold the program in the middle of a write is an error of that write: a reader that went away
 * (SIGPIPE), a limit on the size of files (SIGXFSZ); and to a terminal whose foreground is another's it may write
 * (SIGTTOU). */
void hr_cli_ignore_signals(void);
/* Ctrl-C and SIGTERM: what runs is asked to stop, so that nothing is left half done; a second signal ends the program
 * at once. A terminal that closes (SIGHUP) and a limit on processor time (SIGXCPU) ask likewise, as often as they like.
 * hr_cli_interrupted says whether one came. */
void hr_cli_catch_signals(void);
bool hr_cli_interrupted(void);
/* The same for calls and loops that take a stop. Static. */
const struct hr_stop *hr_cli_stop(void);

#endif
