/* homeroom lambda: the AWS Lambda function. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "aws/lambda.h"
#include "base/json.h"
#include "cli/environment.h"
#include "cli/function_log.h"
#include "cli/function_options.h"

/* Memory for which Lambda gives one processor, in MB, and the most processors there are.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
enum { MB_PER_PROCESSOR = 1769, PROCESSORS_MAX = 6 };

struct lambda {
    struct hr_cli *cli;
    struct hr_function *function;
    const char *function_name;
};

/* --- one event --- */

struct invocation {
    struct lambda *lambda;
    const struct hr_lambda_invocation *of;
    struct hr_events events;
    struct hr_function_metrics metrics;
    struct hr_error first_error; /* code HR_OK: none */
};

/* Every object is tried, whatever became of the one before it. */
static void handle_object(struct invocation *invocation, const struct hr_event_object *object)
{
    struct lambda *lambda = invocation->lambda;
    struct hr_event_message *message = &invocation->events.messages[object->message];
    struct hr_function_outcome outcome = {0};
    struct hr_error error = {0};
    int64_t start_us = hr_clock_now_us();
    enum hr_status status = hr_function_handle(lambda->function, object, &invocation->of->deadline, &outcome, &error);
    if (status != HR_OK) {
        message->status = status;
        if (invocation->first_error.code == HR_OK)
            invocation->first_error = error;
    }
    struct hr_function_event event = {.request_id = invocation->of->request_id,
                                      .object = object,
                                      .outcome = &outcome,
                                      .total_us = hr_clock_now_us() - start_us,
                                      .error = status != HR_OK ? &error : NULL};
    hr_function_log(lambda->cli, &event);
    hr_function_metrics_add(&invocation->metrics, &event);
}

/* {"batchItemFailures": [{"itemIdentifier": ...}]}: these messages come again, the others do not.
 */
static enum hr_status answer_queue(const struct hr_events *events, struct hr_buffer *answer, struct hr_error *error)
{
    struct hr_json *object = hr_json_object_new(), *failures = hr_json_array_new();
    bool good = object != NULL && failures != NULL;
    for (size_t i = 0; good && i < events->message_count; i++) {
        if (events->messages[i].status == HR_OK)
            continue;
        struct hr_json *failure = hr_json_object_new();
        good = hr_json_set(failure, "itemIdentifier", hr_json_text_new(events->messages[i].id));
        good = hr_json_append(failures, failure) && good;
    }
    good = hr_json_set(object, "batchItemFailures", failures) && good;
    enum hr_status status = good ? hr_json_write(object, false, answer, error)
                                 : hr_error_set(error, HR_ERR_MEMORY, "no memory for an answer");
    hr_json_free(object);
    return status;
}

/* Messages that are no notifications come again, too, until the queue puts them aside as dead. */
static void log_bad_messages(const struct invocation *invocation)
{
    for (size_t i = 0; i < invocation->events.message_count; i++) {
        const struct hr_event_message *message = &invocation->events.messages[i];
        if (message->reason[0] == '\0')
            continue;
        const struct hr_log_field fields[] = {{"request_id", invocation->of->request_id, 0},
                                              {"message_id", message->id, 0},
                                              {"code", hr_status_name(message->status), 0},
                                              {"reason", message->reason, 0},
                                              {0}};
        hr_log_write(&invocation->lambda->cli->log, HR_LOG_ERROR, fields, "a message cannot be understood");
    }
}

static enum hr_status handle(void *context, const struct hr_lambda_invocation *of, struct hr_buffer *answer,
                             struct hr_error *error)
{
    struct lambda *lambda = context;
    struct invocation invocation = {.lambda = lambda, .of = of};
    hr_aws_set_trace(hr_function_aws(lambda->function), of->trace_id[0] != '\0' ? of->trace_id : NULL);
    enum hr_status status = hr_events_parse(&invocation.events, of->event, error);
    if (status != HR_OK)
        return status;
    log_bad_messages(&invocation);
    for (size_t i = 0; i < invocation.events.object_count; i++)
        handle_object(&invocation, &invocation.events.objects[i]);
    if (invocation.events.object_count > 0)
        hr_function_metrics_write(lambda->cli, &invocation.metrics, lambda->function_name);
    if (invocation.events.from_queue) {
        status = answer_queue(&invocation.events, answer, error);
    } else if (invocation.first_error.code != HR_OK) {
        *error = invocation.first_error;
        status = error->code;
    } else {
        hr_buffer_append_format(answer, "{\"objects\":%zu}", invocation.events.object_count);
    }
    hr_events_clear(&invocation.events);
    return status;
}

static void on_error(void *context, const char *request_id, const struct hr_error *error)
{
    const struct lambda *lambda = context;
    const struct hr_log_field fields[] = {{"request_id", request_id, 0}, {"code", hr_status_name(error->code), 0}, {0}};
    hr_log_write(&lambda->cli->log, HR_LOG_ERROR, fields, "%s", error->text);
}

/* --- the process --- */

/* Lambda's names for levels; "" or another word leaves what is set. */
static void set_log(struct hr_cli *cli)
{
    static const struct {
        const char *name;
        enum hr_log_level level;
    } levels[] = {{"TRACE", HR_LOG_DEBUG},  {"DEBUG", HR_LOG_DEBUG}, {"INFO", HR_LOG_INFO},
                  {"WARN", HR_LOG_WARNING}, {"ERROR", HR_LOG_ERROR}, {"FATAL", HR_LOG_ERROR}};
    const char *wanted = hr_environment("AWS_LAMBDA_LOG_LEVEL");
    const char *format = hr_environment("AWS_LAMBDA_LOG_FORMAT");
    for (size_t i = 0; wanted != NULL && i < sizeof levels / sizeof levels[0]; i++)
        if (strcasecmp(wanted, levels[i].name) == 0)
            cli->log.level = levels[i].level;
    cli->log.json = format == NULL || strcasecmp(format, "text") != 0;
}

static int threads_of_memory(void)
{
    const char *memory = hr_environment("AWS_LAMBDA_FUNCTION_MEMORY_SIZE");
    long mb = memory != NULL ? strtol(memory, NULL, 10) : 0;
    if (mb <= 0)
        return 0;
    long processors = (mb + MB_PER_PROCESSOR - 1) / MB_PER_PROCESSOR;
    return processors > PROCESSORS_MAX ? PROCESSORS_MAX : (int)processors;
}

int hr_cmd_lambda(struct hr_cli *cli)
{
    struct hr_error error = {0}, ignored;
    struct lambda lambda = {.cli = cli};
    struct hr_lambda_options options = {.runtime_api = hr_environment("AWS_LAMBDA_RUNTIME_API"),
                                        .stop = hr_cli_stop(),
                                        .handler = handle,
                                        .context = &lambda,
                                        .on_error = on_error};
    struct hr_http_options client = {.user_agent = "homeroom/" HR_VERSION};
    struct hr_http *http = NULL;
    set_log(cli);
    lambda.function_name = hr_environment("AWS_LAMBDA_FUNCTION_NAME");
    if (lambda.function_name == NULL)
        lambda.function_name = "homeroom";
    enum hr_status status = HR_OK;
    if (options.runtime_api == NULL)
        status = hr_error_set(&error, HR_ERR_ARGUMENT,
                              "AWS_LAMBDA_RUNTIME_API is not set: this command is started by AWS "
                              "Lambda or by its emulator");
    if (status == HR_OK)
        status = hr_http_open(&http, &client, &error);
    if (status != HR_OK)
        goto out;
    options.http = http;
    struct hr_function_options how = hr_cli_function_options(cli);
    if (how.threads == 0)
        how.threads = threads_of_memory();
    status = hr_cli_open_function(cli, &how, &lambda.function, &error);
    if (status == HR_OK)
        status = hr_lambda_run(&options, &error);
    else
        (void)!hr_lambda_init_failed(&options, &error, &ignored);
out:
    hr_function_close(lambda.function);
    hr_http_close(http);
    return status == HR_OK ? 0 : hr_cli_fail(cli, &error);
}
