#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "nats/client.h"

/* Two of the largest messages. */
#define PENDING_BYTES ((int)(2 * HR_LIMIT_NATS_PAYLOAD_BYTES))

struct hr_nats_consumer {
    natsConnection *connection;
    jsCtx *js;
    natsSubscription *subscription;
    natsMsg *in_hand; /* NULL: none */
    uint64_t sequence;
    char stream[HR_NATS_NAME_SIZE];
    int64_t ack_wait_ms;
};

static void drop(struct hr_nats_consumer *consumer)
{
    natsMsg_Destroy(consumer->in_hand);
    consumer->in_hand = NULL;
}

/* --- a message comes --- */

static enum hr_status describe(struct hr_nats_consumer *consumer, struct hr_nats_message *out, struct hr_error *error)
{
    jsMsgMetaData *about = NULL;
    natsStatus status = natsMsg_GetMetaData(&about, consumer->in_hand);
    if (status != NATS_OK)
        return hr_nats_failed(error, status, 0, "reading a message's numbers");
    consumer->sequence = about->Sequence.Stream;
    *out = (struct hr_nats_message){
        .body = hr_view_of(natsMsg_GetData(consumer->in_hand), (size_t)natsMsg_GetDataLength(consumer->in_hand)),
        .sequence = consumer->sequence,
        .deliveries = about->NumDelivered < UINT32_MAX ? (unsigned)about->NumDelivered : UINT32_MAX};
    jsMsgMetaData_Destroy(about);
    return HR_OK;
}

static enum hr_status next(void *context, int64_t patience_ms, struct hr_nats_message *out, struct hr_error *error)
{
    struct hr_nats_consumer *consumer = context;
    natsMsgList list = {0};
    jsErrCode code = 0;
    drop(consumer);
    natsStatus status = natsSubscription_Fetch(&list, consumer->subscription, 1, patience_ms, &code);
    if (status == NATS_OK && list.Count > 0) {
        consumer->in_hand = list.Msgs[0];
        list.Msgs[0] = NULL;
    }
    natsMsgList_Destroy(&list);
    if (consumer->in_hand != NULL)
        return describe(consumer, out, error);
    if (natsConnection_Status(consumer->connection) != NATS_CONN_STATUS_CONNECTED)
        return hr_error_set(error, HR_ERR_UNAVAILABLE, "the connection to NATS is lost");
    if (status == NATS_TIMEOUT || status == NATS_OK)
        return HR_END;
    return hr_nats_failed(error, status, code, "asking NATS for a message");
}

/* --- and is answered --- */

static enum hr_status working(void *context, struct hr_error *error)
{
    struct hr_nats_consumer *consumer = context;
    natsStatus status = natsMsg_InProgress(consumer->in_hand, NULL);
    return status == NATS_OK ? HR_OK : hr_nats_failed(error, status, 0, "telling NATS of progress");
}

static enum hr_status done(void *context, struct hr_error *error)
{
    struct hr_nats_consumer *consumer = context;
    jsErrCode code = 0;
    jsOptions options;
    jsOptions_Init(&options);
    options.Wait = HR_NATS_ANSWER_MS;
    natsStatus status = natsMsg_AckSync(consumer->in_hand, &options, &code);
    drop(consumer);
    return status == NATS_OK ? HR_OK : hr_nats_failed(error, status, code, "acknowledging a message");
}

/* What was sent may still lie in the client's buffer when the process ends. */
static natsStatus flush(const struct hr_nats_consumer *consumer)
{
    return natsConnection_FlushTimeout(consumer->connection, HR_NATS_ANSWER_MS);
}

static enum hr_status again(void *context, int64_t delay_ms, struct hr_error *error)
{
    struct hr_nats_consumer *consumer = context;
    natsStatus status =
        delay_ms > 0 ? natsMsg_NakWithDelay(consumer->in_hand, delay_ms, NULL) : natsMsg_Nak(consumer->in_hand, NULL);
    if (status == NATS_OK)
        status = flush(consumer);
    drop(consumer);
    return status == NATS_OK ? HR_OK : hr_nats_failed(error, status, 0, "giving a message back");
}

/* A header is one line. */
static void one_line(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < ' ')
            *text = ' ';
}

static natsStatus write_obituary(const struct hr_nats_consumer *consumer, const struct hr_error *reason, natsMsg **out)
{
    char text[HR_ERROR_TEXT_MAX], sequence[32];
    snprintf(text, sizeof text, "%s", reason->text);
    one_line(text);
    snprintf(sequence, sizeof sequence, "%llu", (unsigned long long)consumer->sequence);
    natsStatus status = natsMsg_Create(out, HR_NATS_DEAD_SUBJECT, NULL, natsMsg_GetData(consumer->in_hand),
                                       natsMsg_GetDataLength(consumer->in_hand));
    if (status == NATS_OK)
        status = natsMsgHeader_Set(*out, "Homeroom-Reason", text);
    if (status == NATS_OK)
        status = natsMsgHeader_Set(*out, "Homeroom-Code", hr_status_name(reason->code));
    if (status == NATS_OK)
        status = natsMsgHeader_Set(*out, "Homeroom-Stream", consumer->stream);
    if (status == NATS_OK)
        status = natsMsgHeader_Set(*out, "Homeroom-Sequence", sequence);
    return status;
}

/* First it is safe in the other stream, then it is taken out of this one. */
static enum hr_status dead(void *context, const struct hr_error *reason, struct hr_error *error)
{
    struct hr_nats_consumer *consumer = context;
    natsMsg *obituary = NULL;
    jsErrCode code = 0;
    char id[HR_NATS_NAME_SIZE + 32];
    jsPubOptions options;
    jsPubOptions_Init(&options);
    options.MaxWait = HR_NATS_ANSWER_MS;
    /* The server drops a second one within its window, should this end half way. */
    snprintf(id, sizeof id, "%s-%llu", consumer->stream, (unsigned long long)consumer->sequence);
    options.MsgId = id;
    natsStatus status = write_obituary(consumer, reason, &obituary);
    if (status == NATS_OK)
        status = js_PublishMsg(NULL, consumer->js, obituary, &options, &code);
    natsMsg_Destroy(obituary);
    if (status != NATS_OK)
        return hr_nats_failed(error, status, code, "putting a message aside as " HR_NATS_DEAD_SUBJECT);
    status = natsMsg_Term(consumer->in_hand, NULL);
    if (status == NATS_OK)
        status = flush(consumer);
    if (status != NATS_OK)
        return hr_nats_failed(error, status, 0, "ending a message");
    drop(consumer);
    return HR_OK;
}

/* --- opening and closing --- */

static enum hr_status subscribe(struct hr_nats_consumer *consumer, const struct hr_nats_consumer_options *options,
                                struct hr_error *error)
{
    jsErrCode code = 0;
    jsSubOptions binding;
    jsSubOptions_Init(&binding);
    binding.Stream = options->stream;
    binding.Consumer = options->consumer;
    natsStatus status = js_PullSubscribe(&consumer->subscription, consumer->js, options->subject, options->consumer,
                                         NULL, &binding, &code);
    if (status == NATS_OK)
        status =
            natsSubscription_SetPendingLimits(consumer->subscription, HR_LIMIT_NATS_PENDING_MESSAGES, PENDING_BYTES);
    return status == NATS_OK ? HR_OK : hr_nats_failed(error, status, code, "joining the consumer");
}

enum hr_status hr_nats_consumer_open(struct hr_nats_consumer **out, const struct hr_nats_consumer_options *options,
                                     struct hr_error *error)
{
    *out = NULL;
    enum hr_status status = hr_nats_name_check("the stream", options->stream, error);
    if (status == HR_OK)
        status = hr_nats_name_check("the consumer", options->consumer, error);
    if (status == HR_OK && !options->insecure)
        status = hr_nats_place_check_clear(options->place, error);
    if (status != HR_OK)
        return status;
    struct hr_nats_consumer *consumer = calloc(1, sizeof *consumer);
    if (consumer == NULL)
        return hr_error_set(error, HR_ERR_MEMORY, "no memory for a consumer");
    snprintf(consumer->stream, sizeof consumer->stream, "%s", options->stream);
    status = hr_nats_connect(&consumer->connection, options, error);
    if (status == HR_OK) {
        natsStatus made = natsConnection_JetStream(&consumer->js, consumer->connection, NULL);
        if (made != NATS_OK)
            status = hr_nats_failed(error, made, 0, "using JetStream");
    }
    if (status == HR_OK)
        status = hr_nats_prepare(consumer->js, options, &consumer->ack_wait_ms, error);
    if (status == HR_OK)
        status = subscribe(consumer, options, error);
    if (status == HR_OK)
        *out = consumer;
    else
        hr_nats_consumer_close(consumer);
    return status;
}

void hr_nats_consumer_close(struct hr_nats_consumer *consumer)
{
    if (consumer == NULL)
        return;
    drop(consumer);
    natsSubscription_Destroy(consumer->subscription);
    jsCtx_Destroy(consumer->js);
    natsConnection_Destroy(consumer->connection);
    free(consumer);
}

struct hr_nats_queue hr_nats_consumer_queue(struct hr_nats_consumer *consumer)
{
    return (struct hr_nats_queue){
        .next = next, .working = working, .done = done, .again = again, .dead = dead, .context = consumer};
}

int64_t hr_nats_consumer_ack_wait_ms(const struct hr_nats_consumer *consumer)
{
    return consumer->ack_wait_ms;
}
