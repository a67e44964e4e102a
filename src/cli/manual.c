/* The manual page in mdoc(7). Text comes from the tables; what is only for the manual stands here. */
#include "cli/manual.h"

#include <ctype.h>
#include <string.h>

#include "cli/cli.h"

static const char manual_date[] = "November 24, 2026";

/* --- text --- */

static void write_word(FILE *out, const char *word, size_t length, bool at_line_start)
{
    if (at_line_start && (word[0] == '.' || word[0] == '\''))
        fputs("\\&", out);
    for (size_t i = 0; i < length; i++) {
        if (word[i] == '\\')
            fputs("\\e", out);
        else
            fputc(word[i], out);
    }
}

static bool ends_sentence(const char *word, size_t length)
{
    return length > 1 && strchr(".!?", word[length - 1]) != NULL;
}

/* Lines of at most 78 places, a new one for each sentence as mdoc wants it; "\n\n" is a paragraph. */
static void write_text(FILE *out, const char *text)
{
    enum { LINE_MAX_PLACES = 78 };
    size_t at = 0;
    while (*text != '\0') {
        size_t length = strcspn(text, " \n");
        if (length > 0) {
            if (at > 0 && at + 1 + length > LINE_MAX_PLACES) {
                fputc('\n', out);
                at = 0;
            }
            if (at > 0)
                fputc(' ', out);
            write_word(out, text, length, at == 0);
            at += length + (at > 0);
        }
        bool paragraph = strncmp(text + length, "\n\n", 2) == 0;
        if ((ends_sentence(text, length) || paragraph) && at > 0) {
            fputc('\n', out);
            at = 0;
        }
        if (paragraph)
            fputs(".Pp\n", out);
        text += length + (paragraph ? 2 : text[length] != '\0');
    }
    if (at > 0)
        fputc('\n', out);
}

/* --- sections --- */

static void write_head(FILE *out)
{
    fputs(".\\\" Made by 'homeroom help man' from the program's tables; not to be edited here.\n", out);
    fprintf(out, ".Dd %s\n.Dt HOMEROOM 1\n.Os\n", manual_date);
    fputs(".Sh NAME\n.Nm homeroom\n.Nd recognise the enrolled students in classroom videos\n"
          ".Sh SYNOPSIS\n.Nm\n.Op Ar option ...\n.Ar command\n.Op Ar word ...\n"
          ".Sh DESCRIPTION\n.Nm\n",
          out);
    write_text(out, "watches a video file, finds and follows the faces in it, compares them with those of "
                    "the enrolled students, and writes the records of the students who were seen as CSV "
                    "or JSON. It speaks to the network only where it is told to: for places in S3, tables in "
                    "DynamoDB and queues. Everything else happens on this machine, and nothing is sent "
                    "anywhere.\n\n"
                    "A face that is not near enough to any student, or about as near to two of them, is "
                    "unknown. Nobody in a video is a result, not an error.");
}

static void write_commands(FILE *out)
{
    fputs(".Sh COMMANDS\n.Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < hr_command_count; i++) {
        const struct hr_command *command = &hr_command_table[i];
        fprintf(out, ".It Ic %s", command->name);
        if (command->usage[0] != '\0')
            fprintf(out, " Ar \"%s\"", command->usage);
        fputc('\n', out);
        char summary[256];
        snprintf(summary, sizeof summary, "%s.", command->summary);
        summary[0] = (char)toupper((unsigned char)summary[0]);
        write_text(out, summary);
        if (command->text[0] != '\0') {
            fputs(".Pp\n", out);
            write_text(out, command->text);
        }
    }
    fputs(".El\n", out);
}

static void write_takers(FILE *out, const struct hr_option *option)
{
    char takers[1024] = "Taken by ";
    size_t length = strlen(takers);
    const char *before = "";
    for (size_t i = 0; i < hr_command_count; i++)
        if ((option->commands >> hr_command_table[i].id & 1u) != 0 && length < sizeof takers) {
            length +=
                (size_t)snprintf(takers + length, sizeof takers - length, "%s%s", before, hr_command_table[i].name);
            before = " and ";
        }
    if (length < sizeof takers - 1)
        takers[length++] = '.';
    write_text(out, takers);
}

static void write_option(FILE *out, const struct hr_option *option)
{
    const char *argument = option->choices != NULL ? option->choices : option->argument;
    fputs(".It ", out);
    if (option->letter != 0)
        fprintf(out, "Fl %c , ", option->letter);
    fprintf(out, "Fl -%s", option->name);
    if (argument != NULL)
        fprintf(out, " Ar \"%s\"", argument);
    char text[512];
    snprintf(text, sizeof text, "%s.", option->help);
    text[0] = (char)toupper((unsigned char)text[0]);
    fputc('\n', out);
    write_text(out, text);
    if (option->standard != NULL)
        fprintf(out, "The default is \"%s\".\n", option->standard);
    if (option->environment != NULL)
        fprintf(out, "The environment variable\n.Ev %s\nsets it too.\n", option->environment);
    if (option->commands != HR_OPTION_OF_ALL)
        write_takers(out, option);
}

static void write_options(FILE *out)
{
    fputs(".Sh OPTIONS\n", out);
    write_text(out, "Options stand before or after the command; a word of two dashes ends them. A value on the command "
                    "line outranks the environment, which outranks the default. A value that makes "
                    "no sense stops the start.\n\n"
                    "Every command takes:");
    fputs(".Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < hr_option_count; i++)
        if (hr_option_table[i].commands == HR_OPTION_OF_ALL)
            write_option(out, &hr_option_table[i]);
    fputs(".El\n.Pp\nSingle commands take:\n.Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < hr_option_count; i++)
        if (hr_option_table[i].commands != HR_OPTION_OF_ALL)
            write_option(out, &hr_option_table[i]);
    fputs(".El\n", out);
}

static void write_environment(FILE *out)
{
    fputs(".Sh ENVIRONMENT\n.Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < hr_option_count; i++)
        if (hr_option_table[i].environment != NULL)
            fprintf(out, ".It Ev %s\nAs\n.Fl -%s .\n", hr_option_table[i].environment, hr_option_table[i].name);
    fputs(".It Ev XDG_DATA_HOME , Ev HOME\nThe user's data folder, in which the database lies by "
          "default.\n",
          out);
    fputs(".It Ev HOMEROOM_KEY\n", out);
    write_text(out, "The key of a sealed database, 64 hexadecimal digits, in place of a key file.");
    fputs(".It Ev HOMEROOM_CORE_DUMPS\n", out);
    write_text(out, "With the value 1 a crash may leave a core file, and a debugger may be attached. Without "
                    "it neither can be: memory holds vectors and records.");
    fputs(".It Ev AWS_ACCESS_KEY_ID , Ev AWS_SECRET_ACCESS_KEY , Ev AWS_REGION , Ev AWS_ENDPOINT_URL\n", out);
    write_text(out, "And the other variables of Amazon's programs (AWS_PROFILE, AWS_CA_BUNDLE and so on), with "
                    "the files that they name: where S3, tables and queues are, and with which keys.");
    fputs(".It Ev HTTPS_PROXY , Ev NO_PROXY\nThe proxy, and what is reached without it.\n.El\n", out);
}

static void write_files(FILE *out)
{
    fputs(".Sh FILES\n.Bl -tag -width Ds\n"
          ".It Pa ~/.local/share/homeroom/homeroom.db\n",
          out);
    write_text(out, "The student database unless --db says otherwise: one SQLite file with students "
                    "and face vectors. To back it up, copy it while no homeroom runs.");
    fputs(".It Pa reports\n", out);
    write_text(out, "A folder for reports that is not there is made for its owner alone (0700), and a new report "
                    "in such a folder can be read by its owner alone (0600). In a folder that others may "
                    "enter the umask decides, and a report that is replaced hands on its permissions.");
    fputs(".It Pa ../share/homeroom/models\n", out);
    write_text(out, "The compiled models, seen from the folder of the program: an installed tree may "
                    "be moved as a whole.");
    fputs(".El\n", out);
}

static void write_exit_status(FILE *out, int exit_status, const char *meaning)
{
    char text[256];
    snprintf(text, sizeof text, "%s.", meaning);
    text[0] = (char)toupper((unsigned char)text[0]);
    fprintf(out, ".It %d\n", exit_status);
    write_text(out, text);
}

static void write_exit_statuses(FILE *out)
{
    fputs(".Sh EXIT STATUS\n", out);
    write_text(out, "When several videos fail, the status is that of the first failure; the others are "
                    "done all the same.");
    fputs(".Bl -tag -width Ds\n", out);
    for (int i = 0; i < HR_STATUS_COUNT; i++) {
        const struct hr_status_info *info = hr_status_info((enum hr_status)i);
        if (i != HR_END)
            write_exit_status(out, info->exit_status, info->meaning);
        if (i == HR_OK)
            write_exit_status(out, HR_EXIT_NO, HR_EXIT_NO_MEANING);
    }
    write_exit_status(out, 130, "a second SIGINT ended the program at once");
    write_exit_status(out, 143, "the same for SIGTERM");
    fputs(".El\n", out);
}

/* The tests run these. */
static const struct {
    const char *text;
    const char *command;
} examples[] = {
    {"Read the student table, then enrol a student from two photos:", "homeroom import students students.csv"},
    {NULL, "homeroom enroll 44 obama.jpg obama2.jpg"},
    {"Who is enrolled, and with how many faces:", "homeroom students"},
    {"Recognise the students in two videos; writes reports/monday.csv and reports/tuesday.csv:",
     "homeroom recognize --out reports monday.mp4 tuesday.mp4"},
    {"The report of one video on the terminal, with times and distances:",
     "homeroom recognize --out - --columns +id,first_seen,last_seen,band monday.mp4"},
    {"Everything, unknown people included, for a program to read:",
     "homeroom recognize --out - --format json monday.mp4"},
    {"Report on what lies in a folder and end; without --once it goes on watching:",
     "homeroom watch --once incoming reports"},
    {"Find out what is missing on this machine:", "homeroom doctor"},
    {"Delete a student with every trace in the database:", "homeroom forget 44 --yes"},
};

static void write_examples(FILE *out)
{
    fputs(".Sh EXAMPLES\n", out);
    for (size_t i = 0; i < sizeof examples / sizeof examples[0]; i++) {
        if (examples[i].text != NULL) {
            fputs(i > 0 ? ".Pp\n" : "", out);
            write_text(out, examples[i].text);
        }
        fprintf(out, ".Dl $ %s\n", examples[i].command);
    }
}

static void write_privacy(FILE *out)
{
    fputs(".Sh PRIVACY\n", out);
    write_text(out, "Faces are personal data. The database keeps 128 numbers per enrolled face, never a picture; "
                    "photos and videos are read and left where they are, and no frame of a video is kept. Faces "
                    "of people who are not enrolled are forgotten at the end of the video. With --keep the database "
                    "keeps who was seen when and where in the picture, of unknown people, too, without a vector. "
                    "Messages name "
                    "students only with --verbose. 'homeroom forget' removes every trace of a student from the "
                    "database and verifies it; reports already written, items of a DynamoDB table and backups are "
                    "yours to delete. Enrol only people who agreed to it.");
    fputs(".Pp\n", out);
    write_text(out, "What lies in buckets, tables and queues is with whoever runs them. A video that 'homeroom "
                    "lambda' could not finish in time leaves the vectors of all who were in it, and a grey "
                    "thumbnail of 12 by 12 cells of those still in sight, in the output until its report is "
                    "written. Names of videos stand in messages and queues: put no people's names into them.");
}

void hr_manual_write(FILE *out)
{
    write_head(out);
    write_commands(out);
    write_options(out);
    write_environment(out);
    write_files(out);
    write_exit_statuses(out);
    write_examples(out);
    write_privacy(out);
}
