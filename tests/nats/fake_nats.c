#include "fake_nats.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/check.h"

struct talk {
    struct fake_nats *fake;
    int socket;
    char text[65536]; /* what came and was not looked at */
    size_t size;
    bool over;
    int asked;         /* for messages, in all */
    char inboxes[512]; /* " SUBJECT SID" of each subscription */
};

static void say(struct talk *talk, const void *bytes, size_t size)
{
    for (const char *at = bytes; size > 0 && !talk->over;) {
        ssize_t sent = send(talk->socket, at, size, MSG_NOSIGNAL);
        talk->over = sent <= 0;
        at += sent > 0 ? sent : 0;
        size -= sent > 0 ? (size_t)sent : 0;
    }
}

static void say_text(struct talk *talk, const char *text)
{
    say(talk, text, strlen(text));
}

/* Inboxes of requests are subscribed to with a star at the end. */
static int sid_of(const struct talk *talk, const char *subject)
{
    char pattern[128];
    int sid = 0, used = 0;
    for (const char *at = talk->inboxes; sscanf(at, " %127s %d%n", pattern, &sid, &used) == 2; at += used) {
        size_t length = strcspn(pattern, "*");
        if (strncmp(pattern, subject, length) == 0 && (pattern[length] == '*' || subject[length] == '\0'))
            return sid;
    }
    return 0;
}

static void answer(struct talk *talk, const char *to, const char *json)
{
    char line[256];
    snprintf(line, sizeof line, "MSG %s %d %zu\r\n", to, sid_of(talk, to), strlen(json));
    say_text(talk, line);
    say_text(talk, json);
    say_text(talk, "\r\n");
}

static void send_messages(struct talk *talk, const char *inbox)
{
    const struct fake_nats *fake = talk->fake;
    char line[256];
    if (talk->asked++ > 0)
        return;
    if (fake->raw != NULL) {
        snprintf(line, sizeof line, "%s %s %d %s\r\n", fake->raw, inbox, sid_of(talk, inbox), fake->raw_end);
        say_text(talk, line);
    }
    char *body = calloc(1, fake->flood_bytes + 2);
    assert_non_null(body);
    memset(body, 'x', fake->flood_bytes);
    memcpy(body + fake->flood_bytes, "\r\n", 2);
    for (int i = 1; i <= fake->flood; i++) {
        snprintf(line, sizeof line, "MSG %s %d $JS.ACK.VIDEOS.homeroom.1.%d.%d.1700000000000000000.0 %zu\r\n", inbox,
                 sid_of(talk, inbox), i, i, fake->flood_bytes);
        say_text(talk, line);
        say(talk, body, fake->flood_bytes + 2);
    }
    free(body);
    talk->over |= fake->hang_up_after_first;
}

static void take_request(struct talk *talk, const char *subject, const char *reply)
{
    if (strstr(subject, "CONSUMER.MSG.NEXT") != NULL)
        send_messages(talk, reply);
    else if (strstr(subject, "CONSUMER.INFO") != NULL)
        answer(
            talk, reply,
            "{\"type\":\"io.nats.jetstream.api.v1.consumer_info_response\",\"stream_name\":\"VIDEOS\",\"name\":"
            "\"homeroom\",\"config\":{\"durable_name\":\"homeroom\",\"deliver_policy\":\"all\",\"ack_policy\":"
            "\"explicit\",\"ack_wait\":30000000000,\"filter_subject\":\"s3.created\",\"replay_policy\":\"instant\"}}");
    else if (strstr(subject, "STREAM") != NULL)
        answer(
            talk, reply,
            "{\"type\":\"io.nats.jetstream.api.v1.stream_info_response\",\"config\":{\"name\":\"VIDEOS\",\"subjects\":"
            "[\"s3.created\"],\"retention\":\"workqueue\",\"storage\":\"file\"},\"state\":{}}");
    else if (reply[0] != '\0')
        answer(talk, reply, "{}");
}

/* A line, and behind that of PUB its payload; false: not all of it is there. */
static bool take_one(struct talk *talk)
{
    char *end = memmem(talk->text, talk->size, "\r\n", 2);
    char subject[128] = "", reply[128] = "";
    size_t used, payload = 0;
    int sid;
    if (end == NULL)
        return false;
    *end = '\0';
    used = (size_t)(end - talk->text) + 2;
    if (sscanf(talk->text, "PUB %127s %127s %zu", subject, reply, &payload) != 3) {
        reply[0] = '\0';
        if (sscanf(talk->text, "PUB %127s %zu", subject, &payload) != 2)
            subject[0] = '\0';
    }
    if (subject[0] != '\0') {
        used += payload + 2;
        if (talk->size < used) {
            *end = '\r';
            return false;
        }
        take_request(talk, subject, reply);
    } else if (strncmp(talk->text, "PING", 4) == 0) {
        say_text(talk, "PONG\r\n");
    } else if (sscanf(talk->text, "SUB %127s %d", subject, &sid) == 2) {
        size_t length = strlen(talk->inboxes);
        snprintf(talk->inboxes + length, sizeof talk->inboxes - length, " %s %d", subject, sid);
    }
    memmove(talk->text, talk->text + used, talk->size - used);
    talk->size -= used;
    return true;
}

static void serve(struct fake_nats *fake, int socket)
{
    struct talk *talk = calloc(1, sizeof *talk);
    char info[512], company[64] = "";
    assert_non_null(talk);
    talk->fake = fake;
    talk->socket = socket;
    if (fake->told_of_port != 0)
        snprintf(company, sizeof company, ",\"connect_urls\":[\"127.0.0.1:%d\"]", fake->told_of_port);
    snprintf(info, sizeof info,
             "INFO {\"server_id\":\"FAKE\",\"version\":\"2.9.10\",\"proto\":1,\"headers\":true,\"jetstream\":true,"
             "\"max_payload\":%lld%s}\r\n",
             fake->max_payload, company);
    say_text(talk, info);
    while (!talk->over) {
        struct pollfd waits[] = {{.fd = socket, .events = POLLIN}, {.fd = fake->wake[0], .events = POLLIN}};
        if (poll(waits, 2, -1) < 0 || waits[1].revents != 0)
            break;
        ssize_t came = recv(socket, talk->text + talk->size, sizeof talk->text - talk->size, 0);
        if (came <= 0)
            break;
        talk->size += (size_t)came;
        while (!talk->over && take_one(talk))
            continue;
    }
    close(socket);
    free(talk);
}

static void *run(void *context)
{
    struct fake_nats *fake = context;
    for (;;) {
        struct pollfd waits[] = {{.fd = fake->socket, .events = POLLIN},
                                 {.fd = fake->other_socket, .events = POLLIN},
                                 {.fd = fake->wake[0], .events = POLLIN}};
        if (poll(waits, 3, -1) < 0 || waits[2].revents != 0)
            return NULL;
        if (waits[1].revents != 0) {
            int socket = accept(fake->other_socket, NULL, NULL);
            atomic_fetch_add(&fake->other_connections, 1);
            close(socket);
        }
        if (waits[0].revents != 0) {
            int socket = accept(fake->socket, NULL, NULL);
            atomic_fetch_add(&fake->connections, 1);
            serve(fake, socket);
        }
    }
}

static int listen_somewhere(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int made = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(made >= 0);
    assert_int_equal(bind(made, (struct sockaddr *)&address, size), 0);
    assert_int_equal(listen(made, 8), 0);
    assert_int_equal(getsockname(made, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return made;
}

void fake_nats_start(struct fake_nats *fake)
{
    int other_port;
    fake->socket = listen_somewhere(&fake->port);
    fake->other_socket = listen_somewhere(&other_port);
    if (fake->told_of_port != 0)
        fake->told_of_port = other_port;
    if (fake->max_payload == 0)
        fake->max_payload = 1 << 20;
    snprintf(fake->url, sizeof fake->url, "nats://127.0.0.1:%d/VIDEOS", fake->port);
    assert_int_equal(pipe(fake->wake), 0);
    assert_int_equal(pthread_create(&fake->thread, NULL, run, fake), 0);
}

void fake_nats_stop(struct fake_nats *fake)
{
    assert_int_equal(write(fake->wake[1], "x", 1), 1);
    pthread_join(fake->thread, NULL);
    close(fake->wake[0]);
    close(fake->wake[1]);
    close(fake->socket);
    close(fake->other_socket);
}
