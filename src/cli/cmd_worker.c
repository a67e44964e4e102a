/* homeroom worker: takes events of videos from a queue, where people run this on their own
 * machines instead of Amazon's. */
#include <stdio.h>
#include <string.h>

#include "cli/function_log.h"
#include "cli/function_options.h"
#include "cli/upkeep.h"
#include "nats/consumer.h"
#include "nats/loop.h"

/* A server that is away for longer may have moved: whoever started the worker starts another. */
#define AWAY_MAX_MS INT64_C(300000)

struct worker {
    struct hr_cli *cli;
    struct hr_function *function;
    const char *stream;
    struct hr_upkeep upkeep;
    /* What ends the work on a video: not a signal by itself, but interrupt(). */
    struct hr_stop interrupted;
    struct hr_deadline patience;
};

/* --- one message --- */

/* The message's name in the log: "VIDEOS-17". */
struct message_name {
    char text[HR_NATS_NAME_SIZE + 32];
};

static struct message_name name_of(const struct worker *worker, const struct hr_nats_message *message)
{
    struct message_name name;
    snprintf(name.text, sizeof name.text, "%s-%llu", worker->stream, (unsigned long long)message->sequence);
    return name;
}

/* From the loop's other thread, while a message is handled. */
static void interrupt(void *context)
{
    struct worker *worker = context;
    hr_stop_request(&worker->interrupted);
}

/* Reading the gallery anew does end with the signal. */
static bool was_interrupted(const struct worker *worker, enum hr_status status)
{
    return hr_stop_requested(&worker->interrupted) || (status == HR_ERR_DEADLINE && hr_cli_interrupted());
}

static enum hr_status handle_object(struct worker *worker, const struct hr_event_object *object,
                                    const char *message_name, struct hr_error *error)
{
    struct hr_cli *cli = worker->cli;
    struct hr_function_outcome outcome = {0};
    int64_t start_us = hr_clock_now_us();
    enum hr_status status = hr_function_handle(worker->function, object, &worker->patience, &outcome, error);
    /* Who was interrupted has not failed: the loop says where the message went. */
    if (status != HR_OK && was_interrupted(worker, status))
        return status;
    struct hr_function_event event = {.request_id = message_name,
                                      .object = object,
                                      .outcome = &outcome,
                                      .total_us = hr_clock_now_us() - start_us,
                                      .error = status != HR_OK ? error : NULL};
    hr_function_log(cli, &event);
    return status;
}

/* Every object is tried, whatever became of the one before it; the first error is the message's. */
static enum hr_status handle_objects(struct worker *worker, const struct hr_events *events, const char *message_name,
                                     struct hr_error *error)
{
    enum hr_status first = HR_OK;
    size_t handled = 0;
    while (handled < events->object_count && !hr_stop_requested(&worker->interrupted)) {
        struct hr_error own = {0};
        const struct hr_event_object *object = &events->objects[handled++];
        enum hr_status status = handle_object(worker, object, message_name, &own);
        if (status != HR_OK && first == HR_OK) {
            first = status;
            *error = own;
        }
    }
    if (first == HR_OK && handled < events->object_count)
        return hr_error_set(error, HR_ERR_DEADLINE, "the worker was asked to stop");
    return first;
}

/* A notification travels bare here, or in the envelopes of others' queues: then each inner message
 * must be one. */
static enum hr_status parse(const struct hr_nats_message *message, struct hr_events *events, struct hr_error *error)
{
    enum hr_status status = hr_events_parse(events, message->body, error);
    for (size_t i = 0; status == HR_OK && i < events->message_count; i++)
        if (events->messages[i].status != HR_OK)
            status = hr_error_set(error, events->messages[i].status, "%s", events->messages[i].reason);
    return status;
}

static enum hr_nats_result handle(void *context, const struct hr_nats_message *message, struct hr_error *error)
{
    struct worker *worker = context;
    struct hr_events events = {0};
    struct message_name name = name_of(worker, message);
    enum hr_nats_result result = HR_NATS_HANDLED;
    enum hr_status status = parse(message, &events, error);
    if (status == HR_OK) {
        status = handle_objects(worker, &events, name.text, error);
        if (status != HR_OK)
            result = was_interrupted(worker, status) ? HR_NATS_INTERRUPTED : HR_NATS_FAILED;
    } else {
        result = status == HR_ERR_MEMORY ? HR_NATS_FAILED : HR_NATS_HOPELESS;
    }
    hr_events_clear(&events);
    return result;
}

/* --- what the loop has to tell --- */

static const struct {
    enum hr_log_level level;
    const char *text;
} event_lines[] = {[HR_NATS_EVENT_REPEATED] = {HR_LOG_INFO, "the message comes again"},
                   [HR_NATS_EVENT_AGAIN] = {HR_LOG_WARNING, "the message goes back to the queue"},
                   [HR_NATS_EVENT_DEAD] = {HR_LOG_ERROR, "the message is put aside"},
                   [HR_NATS_EVENT_UNANSWERED] = {HR_LOG_WARNING, "the queue was not told: the message "
                                                                 "comes again"},
                   [HR_NATS_EVENT_AWAY] = {HR_LOG_WARNING, "the queue is away"},
                   [HR_NATS_EVENT_BACK] = {HR_LOG_INFO, "the queue is back"}};

/* The gallery is taken anew, in case it was a shorter time that was set. */
static void idle(void *context)
{
    struct worker *worker = context;
    struct hr_error error;
    if (!hr_cli_keep_times(worker->cli, &worker->upkeep))
        return;
    if (hr_class_refresh(&worker->cli->class, hr_function_engine(worker->function), &error) != HR_OK)
        hr_log_write(&worker->cli->log, HR_LOG_WARNING, NULL, "the gallery could not be read again: %s", error.text);
}

static void on_event(void *context, const struct hr_nats_event *event)
{
    const struct worker *worker = context;
    /* Nothing is wrong with what goes back because the worker ends. */
    bool orderly = event->kind == HR_NATS_EVENT_AGAIN && event->delay_ms == 0;
    enum hr_log_level level = orderly ? HR_LOG_INFO : event_lines[event->kind].level;
    struct message_name name = {{0}};
    struct hr_log_field fields[8] = {{0}};
    size_t count = 0;
    if (event->message != NULL) {
        name = name_of(worker, event->message);
        fields[count++] = (struct hr_log_field){"request_id", name.text, 0};
        fields[count++] = (struct hr_log_field){"deliveries", NULL, (double)event->message->deliveries};
    }
    if (event->reason != NULL && event->reason->text[0] != '\0') {
        fields[count++] = (struct hr_log_field){"code", hr_status_name(event->reason->code), 0};
        fields[count++] = (struct hr_log_field){"reason", event->reason->text, 0};
    }
    if (event->kind == HR_NATS_EVENT_AGAIN)
        fields[count++] = (struct hr_log_field){"delay_ms", NULL, (double)event->delay_ms};
    hr_log_write(&worker->cli->log, level, fields, "%s", event_lines[event->kind].text);
}

/* --- the process --- */

static enum hr_status open_consumer(struct worker *worker, const struct hr_nats_place *place,
                                    struct hr_nats_consumer **out, struct hr_error *error)
{
    const struct hr_settings *settings = &worker->cli->settings;
    if (place->stream[0] != '\0')
        worker->stream = place->stream;
    struct hr_nats_consumer_options options = {.place = place,
                                               .stream = worker->stream,
                                               .subject = settings->worker.subject,
                                               .consumer = settings->worker.consumer,
                                               .user = settings->worker.nats_user,
                                               .password = settings->worker.nats_password,
                                               .token = settings->worker.nats_token,
                                               .credentials_file = settings->worker.nats_credentials,
                                               .ca_file = settings->worker.nats_ca,
                                               .ack_wait_ms = (int64_t)(settings->worker.ack_wait_s * 1000),
                                               .create_stream = settings->worker.create_stream,
                                               .insecure = settings->network.insecure};
    return hr_nats_consumer_open(out, &options, error);
}

static enum hr_status serve(struct worker *worker, struct hr_nats_consumer *consumer, struct hr_error *error)
{
    const struct hr_cli *cli = worker->cli;
    struct hr_nats_queue queue = hr_nats_consumer_queue(consumer);
    struct hr_nats_loop_options options = {.queue = &queue,
                                           .handler = handle,
                                           .context = worker,
                                           .on_event = on_event,
                                           .idle = idle,
                                           .stop = hr_cli_stop(),
                                           .grace_ms = (int64_t)(cli->settings.worker.grace_s * 1000),
                                           .interrupt = interrupt,
                                           .once = cli->settings.recognition.once,
                                           .deliveries_max = (unsigned)cli->settings.worker.deliveries_max,
                                           .ack_wait_ms = hr_nats_consumer_ack_wait_ms(consumer),
                                           .away_max_ms = AWAY_MAX_MS};
    const struct hr_log_field fields[] = {{"stream", worker->stream, 0},
                                          {"consumer", cli->settings.worker.consumer, 0},
                                          {"ack_wait_ms", NULL, (double)options.ack_wait_ms},
                                          {0}};
    hr_log_write(&cli->log, HR_LOG_INFO, fields, "waiting for videos");
    return hr_nats_run(&options, error);
}

int hr_cmd_worker(struct hr_cli *cli)
{
    struct hr_error error = {0};
    struct worker worker = {
        .cli = cli,
        .stream = cli->settings.worker.stream,
        .upkeep = hr_upkeep_begin(&cli->class, hr_clock_system()),
        .patience = {.clock = hr_clock_system(), .at_monotonic_us = INT64_MAX, .stop = &worker.interrupted}};
    struct hr_function_options how = hr_cli_function_options(cli);
    struct hr_nats_place place;
    struct hr_nats_consumer *consumer = NULL;
    enum hr_status status = hr_nats_place_parse(&place, cli->words[0], &error);
    if (status == HR_OK && !cli->settings.network.insecure) /* before the class is read */
        status = hr_nats_place_check_clear(&place, &error);
    if (status == HR_OK)
        status = hr_cli_open_function(cli, &how, &worker.function, &error);
    if (status == HR_OK)
        status = open_consumer(&worker, &place, &consumer, &error);
    if (status == HR_OK)
        status = serve(&worker, consumer, &error);
    hr_nats_consumer_close(consumer);
    hr_function_close(worker.function);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
