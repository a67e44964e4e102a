#include "fault_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct worker {
    struct fault_server *server;
    int socket;
};

static bool read_some(int socket, struct hr_buffer *out)
{
    char block[16384];
    ssize_t got = recv(socket, block, sizeof block, 0);
    if (got <= 0)
        return false;
    hr_buffer_append(out, hr_view_of(block, (size_t)got));
    return true;
}

/* One whole request; false when the client has gone away. */
static bool read_request(int socket, struct fault_request *request)
{
    struct hr_buffer bytes;
    hr_buffer_init(&bytes, (size_t)64 << 20);
    const char *end = NULL;
    while ((end = strstr(hr_buffer_text(&bytes), "\r\n\r\n")) == NULL)
        if (!read_some(socket, &bytes)) {
            hr_buffer_clear(&bytes);
            return false;
        }
    size_t head_size = (size_t)(end - hr_buffer_text(&bytes)) + 4;
    request->head = strndup(hr_buffer_text(&bytes), head_size);
    const char *length = strcasestr(request->head, "\r\ncontent-length:");
    size_t body_size = length != NULL ? strtoul(length + 17, NULL, 10) : 0;
    while (bytes.size < head_size + body_size && read_some(socket, &bytes))
        continue;
    hr_buffer_init(&request->body, (size_t)64 << 20);
    hr_buffer_append(&request->body, hr_view_of(bytes.data + head_size, bytes.size - head_size));
    hr_buffer_clear(&bytes);
    return true;
}

/* `reply`: room for what is made up. */
static struct fault_step next_step(struct fault_server *server, struct fault_request *request, char *reply, size_t size)
{
    struct fault_step step = {.fault = FAULT_NONE, .reply = "HTTP/1.1 599 Script\r\nContent-Length: 0\r\n\r\n"};
    pthread_mutex_lock(&server->lock);
    size_t index = server->served++;
    bool kept = index < FAULT_REQUESTS_MAX;
    if (kept)
        server->requests[server->request_count++] = *request;
    pthread_mutex_unlock(&server->lock);
    if (!kept) {
        free(request->head);
        hr_buffer_clear(&request->body);
    }
    if (index < server->step_count)
        return server->steps[index];
    if (server->endless == NULL)
        return step;
    server->endless(index, reply, size);
    return (struct fault_step){.fault = FAULT_KEEP, .reply = reply};
}

/* Until as many requests are in as the test wants to have in flight together. */
static void wait_for_others(struct fault_server *server)
{
    for (bool waits = true; waits;) {
        pthread_mutex_lock(&server->lock);
        waits = server->request_count < server->hold_until;
        pthread_mutex_unlock(&server->lock);
        if (waits)
            usleep(1000);
    }
}

/* False when the client has gone away. */
static bool send_all(int socket, const char *bytes)
{
    size_t left = strlen(bytes);
    while (left > 0) {
        ssize_t sent = send(socket, bytes, left, MSG_NOSIGNAL);
        if (sent <= 0)
            return false;
        bytes += sent;
        left -= (size_t)sent;
    }
    return true;
}

static void *serve(void *context)
{
    struct worker worker = *(struct worker *)context;
    free(context);
    struct fault_request request;
    char reply[1024];
    while (read_request(worker.socket, &request)) {
        struct fault_step step = next_step(worker.server, &request, reply, sizeof reply);
        wait_for_others(worker.server);
        send_all(worker.socket, step.reply);
        if (step.fault == FAULT_KEEP)
            continue;
        while (step.fault == FAULT_FLOOD && send_all(worker.socket, worker.server->again))
            continue;
        if (step.fault == FAULT_STALL) {
            char byte;
            while (recv(worker.socket, &byte, 1, 0) > 0)
                continue;
        }
        if (step.fault == FAULT_RESET) {
            const struct linger at_once = {.l_onoff = 1, .l_linger = 0};
            setsockopt(worker.socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
            pthread_mutex_lock(&worker.server->lock);
            for (size_t i = 0; i < worker.server->connection_count; i++)
                if (worker.server->sockets[i] == worker.socket)
                    worker.server->sockets[i] = -1;
            pthread_mutex_unlock(&worker.server->lock);
            close(worker.socket);
            return NULL;
        }
        break;
    }
    shutdown(worker.socket, SHUT_RDWR);
    return NULL;
}

static void *accept_all(void *context)
{
    struct fault_server *server = context;
    int socket;
    while ((socket = accept(server->socket, NULL, NULL)) >= 0) {
        struct worker *worker = malloc(sizeof *worker);
        *worker = (struct worker){server, socket};
        pthread_mutex_lock(&server->lock);
        size_t index = server->connection_count++;
        server->sockets[index] = socket;
        pthread_mutex_unlock(&server->lock);
        pthread_create(&server->workers[index], NULL, serve, worker);
    }
    return NULL;
}

void fault_server_start(struct fault_server *server, const struct fault_step *steps, size_t step_count)
{
    *server = (struct fault_server){.steps = steps, .step_count = step_count};
    pthread_mutex_init(&server->lock, NULL);
    server->socket = socket(AF_INET, SOCK_STREAM, 0);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    if (bind(server->socket, (struct sockaddr *)&address, size) != 0 || listen(server->socket, 16) != 0 ||
        getsockname(server->socket, (struct sockaddr *)&address, &size) != 0)
        abort();
    server->port = ntohs(address.sin_port);
    snprintf(server->url, sizeof server->url, "http://127.0.0.1:%d", server->port);
    pthread_create(&server->thread, NULL, accept_all, server);
}

void fault_server_stop(struct fault_server *server)
{
    shutdown(server->socket, SHUT_RDWR);
    pthread_join(server->thread, NULL);
    close(server->socket);
    for (size_t i = 0; i < server->connection_count; i++) {
        pthread_mutex_lock(&server->lock);
        if (server->sockets[i] >= 0)
            shutdown(server->sockets[i], SHUT_RDWR);
        pthread_mutex_unlock(&server->lock);
        pthread_join(server->workers[i], NULL);
        if (server->sockets[i] >= 0)
            close(server->sockets[i]);
    }
    for (size_t i = 0; i < server->request_count; i++) {
        free(server->requests[i].head);
        hr_buffer_clear(&server->requests[i].body);
    }
    pthread_mutex_destroy(&server->lock);
}

size_t fault_server_request_count(struct fault_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->request_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

size_t fault_server_connection_count(struct fault_server *server)
{
    pthread_mutex_lock(&server->lock);
    size_t count = server->connection_count;
    pthread_mutex_unlock(&server->lock);
    return count;
}

/* Nothing is changed in a request once it is counted. */
const struct fault_request *fault_server_request(struct fault_server *server, size_t index)
{
    if (index >= fault_server_request_count(server))
        abort();
    return &server->requests[index];
}

const char *fault_server_header(struct fault_server *server, size_t index, const char *name, char *out, size_t size)
{
    char line[128];
    if (index >= fault_server_request_count(server))
        return NULL;
    snprintf(line, sizeof line, "\r\n%s: ", name);
    const char *found = strcasestr(server->requests[index].head, line);
    if (found == NULL)
        return NULL;
    found += strlen(line);
    snprintf(out, size, "%.*s", (int)strcspn(found, "\r\n"), found);
    return out;
}
