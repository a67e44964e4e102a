/* Completions for bash and zsh, made from the tables of commands and options. */
#include <string.h>

#include "cli/cli.h"
#include "cli/manual.h"

/* What an option's value or a command's word is completed with. */
enum kind { KIND_NOTHING, KIND_FILE, KIND_FOLDER, KIND_CHOICE };

static enum kind kind_of(const struct hr_option *option)
{
    if (option->choices != NULL)
        return KIND_CHOICE;
    if (option->argument == NULL)
        return KIND_NOTHING;
    return strcmp(option->argument, "FILE") == 0  ? KIND_FILE
           : strcmp(option->argument, "DIR") == 0 ? KIND_FOLDER
                                                  : KIND_NOTHING;
}

/* Whether an option belongs to the command alone (shared with few others); NULL: to every command. */
static bool belongs(const struct hr_option *option, const struct hr_command *command)
{
    bool common = option->commands == HR_OPTION_OF_ALL;
    return command == NULL ? common : !common && (option->commands >> command->id & 1u) != 0;
}

static bool has_own_options(const struct hr_command *command)
{
    for (size_t i = 0; i < hr_option_count; i++)
        if (belongs(&hr_option_table[i], command))
            return true;
    return false;
}

/* "csv|json" as "csv json". */
static void write_choices(FILE *out, const char *choices, size_t length)
{
    for (size_t i = 0; i < length; i++)
        fputc(choices[i] == '|' ? ' ' : choices[i], out);
}

/* Length of "students|encoding" at the start of a usage, 0 when its first word is no choice. */
static size_t word_choices(const struct hr_command *command)
{
    size_t length = strcspn(command->usage, " ");
    return memchr(command->usage, '|', length) != NULL ? length : 0;
}

static void write_command_names(FILE *out, char between)
{
    for (size_t i = 0; i < hr_command_count; i++) {
        if (i > 0)
            fputc(between, out);
        fputs(hr_command_table[i].name, out);
    }
}

/* Whether words of a command are files; the others (ids) cannot be known. */
static bool words_are_files(const struct hr_command *command)
{
    static const char *const marks[] = {"VIDEO", "FILE", "PHOTO", "IN OUT"};
    for (size_t i = 0; i < sizeof marks / sizeof marks[0]; i++)
        if (strstr(command->usage, marks[i]) != NULL)
            return true;
    return false;
}

/* --- bash --- */

static void write_bash_values(FILE *out)
{
    for (size_t i = 0; i < hr_option_count; i++) {
        const struct hr_option *option = &hr_option_table[i];
        if (option->argument == NULL)
            continue;
        fprintf(out, "    --%s", option->name);
        if (option->letter != 0)
            fprintf(out, " | -%c", option->letter);
        fputs(") ", out);
        switch (kind_of(option)) {
        case KIND_CHOICE:
            fputs("words='", out);
            write_choices(out, option->choices, strlen(option->choices));
            fputs("' ;;\n", out);
            break;
        case KIND_FILE:
            fputs("files=-f ;;\n", out);
            break;
        case KIND_FOLDER:
            fputs("files=-d ;;\n", out);
            break;
        default:
            fputs("return ;;\n", out);
        }
    }
}

static void write_bash_options(FILE *out, const struct hr_command *command)
{
    for (size_t i = 0; i < hr_option_count; i++)
        if (belongs(&hr_option_table[i], command))
            fprintf(out, " --%s", hr_option_table[i].name);
}

static void write_bash_words(FILE *out, const struct hr_command *command)
{
    size_t choices = word_choices(command);
    if (command->id == HR_COMMAND_HELP) {
        fprintf(out, "        %s) words='", command->name);
        write_command_names(out, ' ');
        fputs("' ;;\n", out);
    } else if (choices > 0) {
        fprintf(out, "        %s)\n            if [[ $previous == %s ]]; then words='", command->name, command->name);
        write_choices(out, command->usage, choices);
        fputs("'; else files=-f; fi\n            ;;\n", out);
    } else if (words_are_files(command)) {
        fprintf(out, "        %s) files=-f ;;\n", command->name);
    }
}

void hr_completion_write_bash(FILE *out)
{
    fputs("# shellcheck shell=bash\n"
          "# bash completion for homeroom, made by 'homeroom help bash'; not to be edited here.\n\n"
          "_homeroom()\n{\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}\n"
          "    local command='' words='' files='' i\n"
          "    for ((i = 1; i < COMP_CWORD; i++)); do\n"
          "        case ${COMP_WORDS[i]} in\n        ",
          out);
    write_command_names(out, '|');
    fputs(") command=${COMP_WORDS[i]}; break ;;\n        esac\n    done\n"
          "    COMPREPLY=()\n    case $previous in\n",
          out);
    write_bash_values(out);
    fputs("    esac\n"
          "    if [[ -n $words$files ]]; then\n        :\n"
          "    elif [[ $current == -* ]]; then\n        words='",
          out);
    write_bash_options(out, NULL);
    fputs("'\n        case $command in\n", out);
    for (size_t i = 0; i < hr_command_count; i++) {
        if (!has_own_options(&hr_command_table[i]))
            continue;
        fprintf(out, "        %s) words+='", hr_command_table[i].name);
        write_bash_options(out, &hr_command_table[i]);
        fputs("' ;;\n", out);
    }
    fputs("        esac\n    elif [[ -z $command ]]; then\n        words='", out);
    write_command_names(out, ' ');
    fputs("'\n    else\n        case $command in\n", out);
    for (size_t i = 0; i < hr_command_count; i++)
        write_bash_words(out, &hr_command_table[i]);
    fputs("        esac\n    fi\n"
          "    if [[ -n $files ]]; then\n"
          "        compopt -o filenames 2>/dev/null\n"
          "        mapfile -t COMPREPLY < <(compgen \"$files\" -- \"$current\")\n"
          "    elif [[ -n $words ]]; then\n"
          "        mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$current\")\n"
          "    fi\n}\ncomplete -F _homeroom homeroom\n",
          out);
}

/* --- zsh --- */

/* Text inside a single-quoted _arguments specification. */
static void write_zsh_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            fputs("'\\''", out);
        else if (strchr("[]:", *text) != NULL)
            fprintf(out, "\\%c", *text);
        else
            fputc(*text, out);
    }
}

static void write_zsh_option(FILE *out, const struct hr_option *option)
{
    fputs("            ", out);
    bool value = option->argument != NULL;
    if (option->letter != 0)
        fprintf(out, "'(-%c --%s)'{-%c%s,--%s%s}", option->letter, option->name, option->letter, value ? "+" : "",
                option->name, value ? "=" : "");
    else
        fprintf(out, "--%s%s", option->name, value ? "=" : "");
    fputs("'[", out);
    write_zsh_text(out, option->help);
    fputc(']', out);
    if (value)
        fprintf(out, ":%s:", option->argument);
    switch (kind_of(option)) {
    case KIND_CHOICE:
        fputc('(', out);
        write_choices(out, option->choices, strlen(option->choices));
        fputc(')', out);
        break;
    case KIND_FILE:
        fputs("_files", out);
        break;
    case KIND_FOLDER:
        fputs("_files -/", out);
        break;
    default:
        break;
    }
    fputs("'\n", out);
}

static void write_zsh_options(FILE *out, const struct hr_command *command)
{
    for (size_t i = 0; i < hr_option_count; i++)
        if (belongs(&hr_option_table[i], command))
            write_zsh_option(out, &hr_option_table[i]);
}

static void write_zsh_words(FILE *out, const struct hr_command *command)
{
    size_t choices = word_choices(command);
    if (command->id == HR_COMMAND_HELP) {
        fprintf(out, "        %s) _describe -t commands 'homeroom command' commands ;;\n", command->name);
    } else if (choices > 0) {
        fprintf(out, "        %s)\n            if [[ ${words[CURRENT-1]} == %s ]]; then\n", command->name,
                command->name);
        fputs("                compadd -- ", out);
        write_choices(out, command->usage, choices);
        fputs("\n            else\n                _files\n            fi\n            ;;\n", out);
    } else if (words_are_files(command)) {
        fprintf(out, "        %s) _files ;;\n", command->name);
    }
}

void hr_completion_write_zsh(FILE *out)
{
    fputs("#compdef homeroom\n"
          "# zsh completion for homeroom, made by 'homeroom help zsh'; not to be edited here.\n\n"
          "_homeroom() {\n"
          "    local curcontext=$curcontext state line command\n"
          "    local -a commands options\n"
          "    commands=(\n",
          out);
    for (size_t i = 0; i < hr_command_count; i++) {
        fprintf(out, "        '%s:", hr_command_table[i].name);
        write_zsh_text(out, hr_command_table[i].summary);
        fputs("'\n", out);
    }
    fputs("    )\n    options=(\n", out);
    write_zsh_options(out, NULL);
    fputs("    )\n    command=${words[(r)(", out);
    write_command_names(out, '|');
    fputs(")]}\n    case $command in\n", out);
    for (size_t i = 0; i < hr_command_count; i++) {
        if (!has_own_options(&hr_command_table[i]))
            continue;
        fprintf(out, "    %s)\n        options+=(\n", hr_command_table[i].name);
        write_zsh_options(out, &hr_command_table[i]);
        fputs("        )\n        ;;\n", out);
    }
    fputs("    esac\n"
          "    _arguments -C -s -S $options '1: :->command' '*: :->word' && return\n"
          "    case $state in\n"
          "    command) _describe -t commands 'homeroom command' commands ;;\n"
          "    word)\n        case $command in\n",
          out);
    for (size_t i = 0; i < hr_command_count; i++)
        write_zsh_words(out, &hr_command_table[i]);
    fputs("        esac\n        ;;\n    esac\n}\n\n_homeroom \"$@\"\n", out);
}
