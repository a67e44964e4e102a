#include "cli/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/secret.h"

static const char *const secret_names[] = {"HOMEROOM_KEY",
                                           "AWS_SECRET_ACCESS_KEY",
                                           "AWS_SESSION_TOKEN",
                                           "AWS_CONTAINER_AUTHORIZATION_TOKEN",
                                           "HOMEROOM_NATS_PASSWORD",
                                           "HOMEROOM_NATS_TOKEN",
                                           "http_proxy",
                                           "https_proxy",
                                           "HTTPS_PROXY"};

/* The value in "NAME=value"; NULL: no secret. */
static char *secret_value(char *entry)
{
    for (size_t i = 0; i < sizeof secret_names / sizeof *secret_names; i++) {
        size_t length = strlen(secret_names[i]);
        if (strncmp(entry, secret_names[i], length) == 0 && entry[length] == '=')
            return entry + length + 1;
    }
    return NULL;
}

/* The entry goes on as a copy of itself, for as long as the program runs: whoever asks for the variable finds it. */
enum hr_status hr_environment_hide(struct hr_error *error)
{
    for (char **entry = environ; entry != NULL && *entry != NULL; entry++) {
        char *value = secret_value(*entry);
        if (value == NULL || value[0] == '\0')
            continue;
        size_t size = strlen(*entry) + 1;
        char *copy = hr_secret_alloc(size);
        if (copy == NULL)
            return hr_error_set(error, HR_ERR_MEMORY, "no memory for the environment's secrets");
        memcpy(copy, *entry, size);
        explicit_bzero(value, strlen(value));
        *entry = copy;
    }
    return HR_OK;
}

const char *hr_environment(const char *name)
{
    return getenv(name);
}

const char *hr_environment_key(void)
{
    const char *key = getenv("HOMEROOM_KEY");
    return key != NULL && key[0] != '\0' ? key : NULL;
}

bool hr_environment_core_dumps(void)
{
    const char *value = getenv("HOMEROOM_CORE_DUMPS");
    return value != NULL && strcmp(value, "1") == 0;
}

enum hr_status hr_environment_database(char *out, size_t size, struct hr_error *error)
{
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");
    int length;
    if (data != NULL && data[0] == '/')
        length = snprintf(out, size, "%s/homeroom/homeroom.db", data);
    else if (home != NULL && home[0] == '/')
        length = snprintf(out, size, "%s/.local/share/homeroom/homeroom.db", home);
    else
        return hr_error_set(error, HR_ERR_ARGUMENT, "no home folder is known: say --db FILE");
    if (length < 0 || (size_t)length >= size)
        return hr_error_set(error, HR_ERR_ARGUMENT, "the home folder's name is too long: say --db FILE");
    return HR_OK;
}

enum hr_status hr_environment_models(char *out, size_t size, struct hr_error *error)
{
    char program[4096];
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return hr_error_set(error, HR_ERR_NOT_FOUND, "the program cannot find itself in /proc: say --models DIR");
    program[length] = '\0';
    char *slash = strrchr(program, '/');
    if (slash != NULL)
        *slash = '\0';
    if (snprintf(out, size, "%s/../share/homeroom/models", program) >= (int)size)
        return hr_error_set(error, HR_ERR_ARGUMENT, "the program's path is too long: say --models DIR");
    return HR_OK;
}
