/* homeroom help [COMMAND] */
#include <string.h>

#include "cli/answer.h"
#include "cli/manual.h"
#include "cli/suggest.h"

enum { TEXT_INDENT = 6, SUMMARY_INDENT = 13 };

static bool takes(const struct hr_option *option, enum hr_command_id id)
{
    return (option->commands >> id & 1u) != 0;
}

static bool is_common(const struct hr_option *option)
{
    return option->commands == HR_OPTION_OF_ALL;
}

static void write_option(FILE *out, const struct hr_option *option)
{
    char text[512];
    fputs("  ", out);
    if (option->letter != 0)
        fprintf(out, "-%c, ", option->letter);
    fprintf(out, "--%s", option->name);
    if (option->argument != NULL)
        fprintf(out, " %s", option->choices != NULL ? option->choices : option->argument);
    fputc('\n', out);
    int used = snprintf(text, sizeof text, "%s", option->help);
    if (option->standard != NULL && used > 0 && used < (int)sizeof text)
        used += snprintf(text + used, sizeof text - (size_t)used, " (default %s)", option->standard);
    if (option->environment != NULL && used > 0 && used < (int)sizeof text)
        snprintf(text + used, sizeof text - (size_t)used, " [environment: %s]", option->environment);
    hr_answer_paragraph(out, text, TEXT_INDENT, 0);
}

static void write_common_options(FILE *out)
{
    fputs("\nOptions of every command, before or after it:\n", out);
    for (size_t i = 0; i < hr_option_count; i++)
        if (is_common(&hr_option_table[i]))
            write_option(out, &hr_option_table[i]);
}

static void write_exit_status(FILE *out, int exit_status, const char *meaning)
{
    fprintf(out, "  %2d  ", exit_status);
    hr_answer_paragraph(out, meaning, TEXT_INDENT, TEXT_INDENT);
}

static void write_exit_statuses(FILE *out)
{
    fputs("\nExit status (of several failures, the first one's):\n", out);
    for (int i = 0; i < HR_STATUS_COUNT; i++) {
        const struct hr_status_info *info = hr_status_info((enum hr_status)i);
        if (i != HR_END)
            write_exit_status(out, info->exit_status, info->meaning);
        if (i == HR_OK)
            write_exit_status(out, HR_EXIT_NO, HR_EXIT_NO_MEANING);
    }
}

static void write_overview(FILE *out)
{
    fputs("homeroom recognises the enrolled students in classroom videos and writes their "
          "records.\n\n"
          "usage: homeroom [OPTION...] COMMAND [WORD...]\n\n"
          "Commands ('homeroom help COMMAND' says more):\n",
          out);
    for (size_t i = 0; i < hr_command_count; i++) {
        fprintf(out, "  %-9s  ", hr_command_table[i].name);
        hr_answer_paragraph(out, hr_command_table[i].summary, SUMMARY_INDENT, SUMMARY_INDENT);
    }
    write_common_options(out);
    write_exit_statuses(out);
}

static void write_command(FILE *out, const struct hr_command *command)
{
    fprintf(out, "usage: homeroom %s%s%s\n\n", command->name, command->usage[0] != '\0' ? " " : "", command->usage);
    hr_answer_paragraph(out, command->summary, 0, 0);
    if (command->text[0] != '\0') {
        fputc('\n', out);
        hr_answer_paragraph(out, command->text, 0, 0);
    }
    bool any = false;
    for (size_t i = 0; i < hr_option_count; i++) {
        const struct hr_option *option = &hr_option_table[i];
        if (is_common(option) || !takes(option, command->id))
            continue;
        fputs(any ? "" : "\nOptions:\n", out);
        any = true;
        write_option(out, option);
    }
    write_common_options(out);
    fputs("\n'homeroom help' lists the exit statuses.\n", out);
}

int hr_cmd_help(struct hr_cli *cli)
{
    const char *word = cli->word_count > 0 ? cli->words[0] : NULL;
    if (word == NULL) {
        write_overview(cli->out);
        return 0;
    }
    for (size_t i = 0; i < hr_command_count; i++)
        if (strcmp(hr_command_table[i].name, word) == 0) {
            write_command(cli->out, &hr_command_table[i]);
            return 0;
        }
    static const struct {
        const char *name;
        void (*write)(FILE *out);
    } texts[] = {{"man", hr_manual_write}, {"bash", hr_completion_write_bash}, {"zsh", hr_completion_write_zsh}};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(texts[i].name, word) == 0) {
            texts[i].write(cli->out);
            return 0;
        }
    return hr_cli_no_command(cli, word);
}

static const char *command_name(size_t index)
{
    return hr_command_table[index].name;
}

int hr_cli_no_command(struct hr_cli *cli, const char *word)
{
    struct hr_error error;
    struct hr_suggestion near = hr_suggest(word, strlen(word), "", command_name, hr_command_count);
    (void)!hr_error_set(&error, HR_ERR_ARGUMENT, "there is no command '%s'; %s'homeroom help' lists them", word,
                        near.text);
    return hr_cli_fail(cli, &error);
}
