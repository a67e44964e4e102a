/* The server: listening, and what all requests share. */
#include "web/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "web/events.h"
#include "web/exchange.h"
#include "web/uploads.h"
#include "web/worker.h"

/* Threads that answer; connections in all, and of one address, which may be a proxy's; memory of one, which bounds its
 * headers. */
enum { THREADS = 4, CONNECTIONS_MAX = 800, CONNECTIONS_PER_ADDRESS_MAX = 700 };
enum { CONNECTION_BYTES = 48 << 10 };

const struct hr_web_options *hr_web_options_of(const struct hr_web *web)
{
    return web->options;
}

struct hr_events *hr_web_events(struct hr_web *web)
{
    return web->events;
}

struct hr_worker *hr_web_worker(struct hr_web *web)
{
    return web->worker;
}

enum hr_status hr_web_take_engine(struct hr_web *web, struct hr_engine **out, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    pthread_mutex_lock(&web->engine_lock);
    if (web->engine == NULL)
        status = hr_engine_new(&web->engine, web->options->class->model_dir, web->options->class->sandbox, error);
    *out = web->engine;
    if (status != HR_OK)
        pthread_mutex_unlock(&web->engine_lock);
    return status;
}

const struct hr_vector_layout *hr_web_known(struct hr_web *web)
{
    struct hr_engine *engine;
    struct hr_error error;
    const struct hr_vector_layout *known = atomic_load(&web->known);
    if (known == NULL && hr_web_take_engine(web, &engine, &error) == HR_OK) {
        known = &engine->known;
        atomic_store(&web->known, known);
        hr_web_return_engine(web);
    }
    return known;
}

void hr_web_return_engine(struct hr_web *web)
{
    hr_engine_drop(web->engine);
    pthread_mutex_unlock(&web->engine_lock);
}

/* --- listening --- */

static enum hr_status find_address(const struct hr_web_options *options, struct sockaddr_storage *out,
                                   struct hr_error *error)
{
    char host[256] = "", port[8] = "";
    const char *text = options->listen, *colon = strrchr(text, ':');
    const struct addrinfo wanted = {
        .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    bool bracketed = text[0] == '[';
    if (colon == NULL || colon == text || (size_t)(colon - text) >= sizeof host || strlen(colon) > sizeof port ||
        (bracketed && colon[-1] != ']'))
        return hr_error_set(error, HR_ERR_ARGUMENT, "--listen takes 127.0.0.1:8080 or [::1]:8080, not '%s'", text);
    snprintf(host, sizeof host, "%.*s", (int)(colon - text) - (bracketed ? 2 : 0), text + bracketed);
    snprintf(port, sizeof port, "%s", colon + 1);
    if (getaddrinfo(strcmp(host, "localhost") == 0 ? "127.0.0.1" : host, port, &wanted, &found) != 0)
        return hr_error_set(error, HR_ERR_ARGUMENT,
                            "--listen takes an address of this machine and a port, 127.0.0.1:8080, not '%s'", text);
    memcpy(out, found->ai_addr, found->ai_addrlen);
    freeaddrinfo(found);
    if (options->certificate != NULL || options->insecure || hr_host_is_loopback(hr_view_text(host)))
        return HR_OK;
    return hr_error_set(error, HR_ERR_PERMISSION,
                        "without encryption whoever is on the network can read names and passwords: give "
                        "--certificate and --private-key, listen on 127.0.0.1 behind a proxy that encrypts, or "
                        "allow it with --insecure");
}

static enum hr_status read_pem(const char *path, struct hr_buffer *out, struct hr_error *error)
{
    hr_buffer_init(out, 1 << 20);
    enum hr_status status = path != NULL ? hr_file_read(out, path, NULL, error) : HR_OK;
    if (status == HR_OK)
        hr_buffer_append_text(out, "");
    return status;
}

static enum hr_status listen_on(struct hr_web *web, struct hr_error *error)
{
    const struct hr_web_options *options = web->options;
    struct sockaddr_storage address = {0};
    struct hr_buffer certificate, key;
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    enum hr_status status = find_address(options, &address, error);
    if (status != HR_OK)
        return status;
    status = read_pem(options->certificate, &certificate, error);
    enum hr_status other = read_pem(options->private_key, &key, error);
    if (status == HR_OK)
        status = other;
    const struct MHD_OptionItem tls[] = {
        {MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)(uintptr_t)hr_buffer_text(&certificate)},
        {MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)(uintptr_t)hr_buffer_text(&key)},
        {MHD_OPTION_END, 0, NULL}};
    const struct MHD_OptionItem plain[] = {{MHD_OPTION_END, 0, NULL}};
    flags |= options->certificate != NULL ? MHD_USE_TLS : 0U;
    flags |= address.ss_family == AF_INET6 ? MHD_USE_IPv6 : 0U;
    if (status == HR_OK)
        web->daemon = MHD_start_daemon(
            flags, 0, NULL, NULL, hr_exchange_go_on, web, MHD_OPTION_ARRAY, options->certificate != NULL ? tls : plain,
            MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)THREADS,
            MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
            (unsigned)CONNECTIONS_PER_ADDRESS_MAX, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)HR_SILENCE_S,
            MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_BYTES, MHD_OPTION_STRICT_FOR_CLIENT, 1,
            MHD_OPTION_URI_LOG_CALLBACK, hr_exchange_begin, web, MHD_OPTION_NOTIFY_COMPLETED, hr_exchange_end, web,
            MHD_OPTION_END);
    if (status == HR_OK && web->daemon == NULL)
        status = hr_error_set_errno(error, errno, "listening on '%s'", options->listen);
    hr_buffer_clear(&certificate);
    hr_buffer_clear(&key);
    return status;
}

/* While there is no account, whoever has read the terminal may make the first. */
static enum hr_status make_setup_token(struct hr_web *web, struct hr_error *error)
{
    struct hr_database *database = NULL;
    uint8_t bytes[16];
    size_t count = 0;
    enum hr_status status = hr_class_open_database(web->options->class, HR_DATABASE_CREATE, &database, error);
    if (status == HR_OK)
        status = hr_account_count(database, &count, error);
    hr_database_close(database);
    if (status != HR_OK || count > 0)
        return status;
    if (getrandom(bytes, sizeof bytes, 0) != (ssize_t)sizeof bytes)
        return hr_error_set_errno(error, errno, "making a token");
    for (size_t i = 0; i < sizeof bytes; i++)
        snprintf(web->setup_token + 2 * i, 3, "%02x", bytes[i]);
    return HR_OK;
}

static void tell_ready(struct hr_web *web)
{
    const union MHD_DaemonInfo *info = MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_BIND_PORT);
    char url[512], setup[128] = "";
    const char *colon = strrchr(web->options->listen, ':');
    snprintf(url, sizeof url, "%s://%.*s:%u", web->options->certificate != NULL ? "https" : "http",
             (int)(colon - web->options->listen), web->options->listen, info != NULL ? info->port : 0U);
    if (web->setup_token[0] != '\0')
        snprintf(setup, sizeof setup, "/#/setup?token=%s", web->setup_token);
    if (web->options->ready != NULL)
        web->options->ready(web->options->context, url, setup[0] != '\0' ? setup : NULL);
}

static void stay(const struct hr_web *web)
{
    const struct hr_clock *clock = hr_clock_system();
    while (!hr_stop_requested(web->options->stop))
        clock->sleep_us(clock->context, 100000);
}

static enum hr_status make_folder(const struct hr_web_options *options, struct hr_error *error)
{
    struct stat about;
    if (mkdir(options->videos, S_IRWXU) != 0 && errno != EEXIST)
        return hr_error_set_errno(error, errno, "making '%s'", options->videos);
    if (stat(options->videos, &about) != 0 || !S_ISDIR(about.st_mode))
        return hr_error_set(error, HR_ERR_ARGUMENT, "'%s' is no folder", options->videos);
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return hr_error_set(error, HR_ERR_PERMISSION, "'%s' is open to others: chmod 700 '%s'", options->videos,
                            options->videos);
    return HR_OK;
}

/* Two servers would take each other's videos for what a kill has left. */
static enum hr_status lock_folder(struct hr_web *web, struct hr_error *error)
{
    char path[4096];
    hr_upload_path(web, ".lock", path);
    web->lock_file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR);
    if (web->lock_file < 0)
        return hr_error_set_errno(error, errno, "making '%s'", path);
    if (flock(web->lock_file, LOCK_EX | LOCK_NB) != 0)
        return hr_error_set(error, HR_ERR_CONFLICT, "another homeroom serves with the folder '%s'",
                            web->options->videos);
    return HR_OK;
}

enum hr_status hr_web_run(const struct hr_web_options *options, struct hr_error *error)
{
    struct hr_web *web = calloc(1, sizeof *web);
    if (web == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a server");
    web->options = options;
    pthread_mutex_init(&web->engine_lock, NULL);
    pthread_mutex_init(&web->change_lock, NULL);
    hr_throttle_init(&web->throttle);
    web->lock_file = -1;
    enum hr_status status = make_folder(options, error);
    if (status == HR_OK)
        status = lock_folder(web, error);
    if (status == HR_OK)
        status = make_setup_token(web, error);
    if (status == HR_OK)
        status = hr_events_new(&web->events, error);
    if (status == HR_OK)
        status = hr_worker_new(&web->worker, web, error);
    if (status == HR_OK)
        status = listen_on(web, error);
    if (status == HR_OK)
        status = hr_worker_start(web->worker, error);
    if (status == HR_OK) {
        tell_ready(web);
        stay(web);
    }
    hr_events_end(web->events);
    if (web->daemon != NULL)
        MHD_stop_daemon(web->daemon);
    hr_worker_free(web->worker);
    hr_events_free(web->events);
    hr_engine_close(web->engine);
    pthread_mutex_destroy(&web->engine_lock);
    pthread_mutex_destroy(&web->change_lock);
    if (web->lock_file >= 0)
        close(web->lock_file);
    free(web);
    return status;
}
