/* Every option of the program in one table: the parser, --help, the manual page, the shell
 * completions and a test are made from it. A value on the command line outranks the environment,
 * which outranks the default. */
#ifndef HR_CLI_SETTINGS_H
#define HR_CLI_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

enum hr_command_id {
    HR_COMMAND_RECOGNIZE,
    HR_COMMAND_WATCH,
    HR_COMMAND_IMPORT,
    HR_COMMAND_ENROLL,
    HR_COMMAND_STUDENTS,
    HR_COMMAND_EXPORT,
    HR_COMMAND_FORGET,
    HR_COMMAND_RENAME,
    HR_COMMAND_MERGE,
    HR_COMMAND_SPLIT,
    HR_COMMAND_CONSENT,
    HR_COMMAND_KEYS,
    HR_COMMAND_BACKUP,
    HR_COMMAND_RESTORE,
    HR_COMMAND_CLASS,
    HR_COMMAND_LESSON,
    HR_COMMAND_ATTENDANCE,
    HR_COMMAND_SEEN,
    HR_COMMAND_CORRECT,
    HR_COMMAND_SHOW,
    HR_COMMAND_ESTIMATE,
    HR_COMMAND_RECORD,
    HR_COMMAND_SERVE,
    HR_COMMAND_KEEPING,
    HR_COMMAND_PURGE,
    HR_COMMAND_EVALUATE,
    HR_COMMAND_LAMBDA,
    HR_COMMAND_WORKER,
    HR_COMMAND_WORKLOAD,
    HR_COMMAND_DOCTOR,
    HR_COMMAND_MODELS,
    HR_COMMAND_HELP,
    HR_COMMAND_VERSION,
    HR_COMMAND_COUNT
};

/* What the options say: each command takes its own part. Text is borrowed from argv, the environment or static
 * memory. */

/* How the program speaks. */
struct hr_terminal_settings {
    bool json;
    bool quiet;
    bool verbose;
    bool help;
    bool version;
};

/* Whom it speaks to, and how. */
struct hr_network_settings {
    bool insecure; /* nats:// and http:// to other machines */
};

/* Where the class is kept. */
struct hr_class_settings {
    const char *database;
    const char *models;
    const char *students;
    double students_cache_s;
    const char *key_file;
    const char *ring;
    const char *kms_key;
};

/* How videos are looked at, and what becomes of it: recognize, watch, lambda, worker; the chance of a stranger also
 * for evaluate and doctor, the time limit also for workload. */
struct hr_recognition_settings {
    int threads;
    int jobs;
    double fps;
    double false_present;
    const char *include; /* NULL: as the gallery is */
    bool took;
    double timeout_s;
    const char *out;
    const char *input;
    const char *format;
    const char *columns;
    bool once;
    bool keep;
    bool whole_frames;
};

struct hr_recognize_settings {
    bool force;
};

struct hr_watch_settings {
    double interval_s;
};

/* accept_lookalike also for import. */
struct hr_enroll_settings {
    const char *video;
    bool accept_lookalike;
    bool create;
};

struct hr_import_settings {
    bool create_table;
    const char *map;
    const char *namesakes; /* "refuse" or "skip" */
};

/* forget, merge, rename, consent. */
struct hr_people_settings {
    bool yes;
    const char *photo;
    const char *kept;
    const char *name;
    bool undo;
};

struct hr_serve_settings {
    const char *listen;
    const char *certificate, *private_key; /* files */
    const char *videos;                    /* a folder */
};

struct hr_record_settings {
    const char *class_id;
    int part_min;
    double seconds; /* 0: until it is stopped */
    bool now;
};

/* class, lesson, attendance. */
struct hr_lessons_settings {
    const char *title;
    const char *zone;
    int late_min, early_min; /* -1: leave it */
    const char *from, *until;
    bool not_any_more;
    const char *start;
    const char *lesson;
    const char *camera;
    bool guests;
    const char *note;
    bool csv;
    const char *as;
};

struct hr_keys_settings {
    const char *new_key_file;
};

struct hr_purge_settings {
    bool dry_run;
};

struct hr_export_settings {
    const char *what;
    const char *student;
};

struct hr_evaluate_settings {
    const char *strangers;
    const char *galleries;
    const char *photo_counts;
    bool singles;
    int draws;
    int seed;
    const char *svg;
};

/* lambda, worker. */
struct hr_function_settings {
    const char *queue_url;
    double reserve_s;
    double refresh_s;
    int part_min_mb;
};

struct hr_worker_settings {
    const char *stream;
    const char *subject;
    const char *consumer;
    bool create_stream;
    double ack_wait_s;
    int deliveries_max;
    double grace_s;
    const char *nats_user;
    const char *nats_password;
    const char *nats_token;
    const char *nats_credentials;
    const char *nats_ca;
};

struct hr_workload_settings {
    const char *videos;
    const char *mapping;
    int count;
    const char *output;
    double rate_per_s;
    int uploads;
    double poll_s;
    bool clear;
    const char *durations;
    int memory_mb;
    double price_gb_s;
    double price_million_calls;
};

struct hr_settings {
    struct hr_terminal_settings terminal;
    struct hr_network_settings network;
    struct hr_class_settings class;
    struct hr_recognition_settings recognition;
    struct hr_recognize_settings recognize;
    struct hr_watch_settings watch;
    struct hr_enroll_settings enroll;
    struct hr_import_settings import;
    struct hr_people_settings people;
    struct hr_keys_settings keys;
    struct hr_lessons_settings lessons;
    struct hr_serve_settings serve;
    struct hr_record_settings record;
    struct hr_purge_settings purge;
    struct hr_export_settings export;
    struct hr_evaluate_settings evaluate;
    struct hr_function_settings function;
    struct hr_worker_settings worker;
    struct hr_workload_settings workload;
};

enum hr_option_kind { HR_OPTION_FLAG, HR_OPTION_TEXT, HR_OPTION_INTEGER, HR_OPTION_NUMBER, HR_OPTION_CHOICE };

#define HR_OPTION_OF_ALL UINT64_MAX

struct hr_option {
    const char *name; /* without the dashes */
    char letter;      /* of the short form, or 0 */
    enum hr_option_kind kind;
    size_t offset;           /* in struct hr_settings */
    const char *argument;    /* its name in the help: "DIR"; NULL for a flag */
    const char *choices;     /* CHOICE: "csv|json" */
    double minimum, maximum; /* INTEGER, NUMBER */
    const char *standard;    /* the default as text, for the help and for the parser; NULL: none */
    const char *environment; /* variable that sets it, or NULL */
    uint64_t commands;       /* bit set of 1 << enum hr_command_id */
    const char *help;
};

extern const struct hr_option hr_option_table[];
extern const size_t hr_option_count;

/* Parses argv (without the program's name). The first word that is no option is the command;
 * options stand before or after it; "--" ends them. Words that are left are stored in `words` (argc
 * entries at least). ARGUMENT says which option is wrong and what would be right. */
struct hr_arguments {
    const char *command; /* NULL: none given */
    const char **words;  /* after the command */
    size_t word_count;
};
enum hr_status hr_settings_parse(struct hr_settings *settings, int argc, char **argv, struct hr_arguments *arguments,
                                 struct hr_error *error) HR_MUST_USE;
/* After the command is known: refuses options that it does not take. */
enum hr_status hr_settings_check(int argc, char **argv, enum hr_command_id command, const char *command_name,
                                 struct hr_error *error) HR_MUST_USE;

#endif
