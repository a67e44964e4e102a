#include "nats/loop.h"

#include "nats/pulse.h"

/* A signal is heeded within this time, also when there is nothing to do. */
#define PATIENCE_MS INT64_C(1000)
#define AWAY_PAUSE_US INT64_C(1000000)
/* So many beats may be late or lost before the queue thinks that nobody works on the message. */
#define BEATS_PER_ACK_WAIT 3

struct loop {
    const struct hr_nats_loop_options *options;
    const struct hr_clock *clock;
    bool away;
    int64_t away_since_us;
};

static bool stopped(const struct loop *loop)
{
    return hr_stop_requested(loop->options->stop);
}

static void tell(const struct loop *loop, const struct hr_nats_event *event)
{
    if (loop->options->on_event != NULL)
        loop->options->on_event(loop->options->context, event);
}

static enum hr_nats_result try_message(const struct loop *loop, const struct hr_nats_message *message,
                                       const struct hr_nats_try *tried, struct hr_error *reason)
{
    const struct hr_nats_loop_options *options = loop->options;
    const struct hr_nats_pulse_options beside = {.queue = options->queue,
                                                 .period_ms = options->ack_wait_ms / BEATS_PER_ACK_WAIT,
                                                 .stop = options->stop,
                                                 .grace_ms = options->grace_ms,
                                                 .interrupt = options->interrupt,
                                                 .context = options->context};
    struct hr_nats_pulse pulse;
    if (hr_nats_is_deadly(tried)) {
        hr_error_set(reason, HR_ERR_INTERNAL,
                     "it was handed out %u times and nobody lived to answer: does it end its "
                     "workers? It was not tried again",
                     message->deliveries - 1);
        return HR_NATS_HOPELESS;
    }
    if (stopped(loop)) { /* since it was asked for */
        hr_error_set(reason, HR_ERR_DEADLINE, "the worker was asked to stop");
        return HR_NATS_INTERRUPTED;
    }
    if (hr_nats_pulse_start(&pulse, &beside, reason) != HR_OK)
        return HR_NATS_FAILED;
    enum hr_nats_result result = options->handler(options->context, message, reason);
    hr_nats_pulse_end(&pulse);
    return result;
}

/* What can't be put aside is not given up: it comes again, and again to be put aside. */
static enum hr_status bury(const struct loop *loop, const struct hr_nats_message *message,
                           const struct hr_error *reason, struct hr_error *error)
{
    const struct hr_nats_queue *queue = loop->options->queue;
    struct hr_error ignored;
    enum hr_status status = queue->dead(queue->context, reason, error);
    if (status != HR_OK)
        (void)!queue->again(queue->context, HR_NATS_DELAY_MAX_MS, &ignored);
    else
        tell(loop, &(struct hr_nats_event){.kind = HR_NATS_EVENT_DEAD, .message = message, .reason = reason});
    return status;
}

static void answer(const struct loop *loop, const struct hr_nats_message *message, struct hr_nats_answer given,
                   const struct hr_error *reason)
{
    const struct hr_nats_queue *queue = loop->options->queue;
    struct hr_error error = {0};
    enum hr_status status = HR_OK;
    switch (given.verdict) {
    case HR_NATS_DONE:
        status = queue->done(queue->context, &error);
        break;
    case HR_NATS_AGAIN:
        tell(loop, &(struct hr_nats_event){
                       .kind = HR_NATS_EVENT_AGAIN, .message = message, .reason = reason, .delay_ms = given.delay_ms});
        status = queue->again(queue->context, given.delay_ms, &error);
        break;
    case HR_NATS_DEAD:
        status = bury(loop, message, reason, &error);
        break;
    }
    if (status != HR_OK)
        tell(loop, &(struct hr_nats_event){.kind = HR_NATS_EVENT_UNANSWERED, .message = message, .reason = &error});
}

static void handle(const struct loop *loop, const struct hr_nats_message *message)
{
    struct hr_nats_try tried = {.sequence = message->sequence,
                                .deliveries = message->deliveries,
                                .deliveries_max = loop->options->deliveries_max};
    struct hr_error reason = {0};
    if (message->deliveries > 1)
        tell(loop, &(struct hr_nats_event){.kind = HR_NATS_EVENT_REPEATED, .message = message});
    enum hr_nats_result result = try_message(loop, message, &tried, &reason);
    answer(loop, message, hr_nats_decide(result, &tried), &reason);
}

static int64_t now_us(const struct loop *loop)
{
    return loop->clock->monotonic_us(loop->clock->context);
}

/* HR_OK: try again. */
static enum hr_status be_patient(struct loop *loop, const struct hr_error *error)
{
    if (!loop->away) {
        loop->away = true;
        loop->away_since_us = now_us(loop);
        tell(loop, &(struct hr_nats_event){.kind = HR_NATS_EVENT_AWAY, .reason = error});
    } else if (now_us(loop) - loop->away_since_us > loop->options->away_max_ms * 1000) {
        return error->code;
    }
    loop->clock->sleep_us(loop->clock->context, AWAY_PAUSE_US);
    return HR_OK;
}

static void note_presence(struct loop *loop)
{
    if (loop->away)
        tell(loop, &(struct hr_nats_event){.kind = HR_NATS_EVENT_BACK});
    loop->away = false;
}

enum hr_status hr_nats_run(const struct hr_nats_loop_options *options, struct hr_error *error)
{
    const struct hr_nats_queue *queue = options->queue;
    struct loop loop = {.options = options, .clock = options->clock != NULL ? options->clock : hr_clock_system()};
    enum hr_status status = HR_OK;
    while (status == HR_OK && !stopped(&loop)) {
        struct hr_nats_message message = {0};
        if (options->idle != NULL)
            options->idle(options->context);
        enum hr_status came = queue->next(queue->context, PATIENCE_MS, &message, error);
        if (came != HR_OK && came != HR_END) {
            status = be_patient(&loop, error);
            continue;
        }
        note_presence(&loop);
        if (came == HR_OK)
            handle(&loop, &message);
        else if (options->once)
            break;
    }
    return status;
}
