#include "cli/settings.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "cli/environment.h"
#include "cli/suggest.h"
#include "workload/cost.h"
#include "workload/plan.h"

#define AT(member) offsetof(struct hr_settings, member)
#define ON(command) (UINT64_C(1) << HR_COMMAND_##command)
/* Commands that videos come to by events. */
#define SERVING (ON(LAMBDA) | ON(WORKER))
#define SEEING (ON(RECOGNIZE) | ON(WATCH) | SERVING)
/* What is said of a lesson's recordings is said as of videos. */
#define SAMPLING (SEEING | ON(LESSON) | ON(ESTIMATE) | ON(SERVE))

const struct hr_option hr_option_table[] = {
    {"db", 0, HR_OPTION_TEXT, AT(class.database), "FILE", NULL, 0, 0, NULL, "HOMEROOM_DB", HR_OPTION_OF_ALL,
     "the student database, a file or s3://BUCKET/KEY (default: homeroom/homeroom.db in the user's "
     "data folder)"},
    {"key-file", 0, HR_OPTION_TEXT, AT(class.key_file), "FILE", NULL, 0, 0, NULL, "HOMEROOM_KEY_FILE", HR_OPTION_OF_ALL,
     "the key of a sealed database; the variable HOMEROOM_KEY may hold it instead ('homeroom help keys')"},
    {"keyring", 0, HR_OPTION_TEXT, AT(class.ring), "FILE", NULL, 0, 0, NULL, "HOMEROOM_KEYRING", HR_OPTION_OF_ALL,
     "the students' keys of a sealed database, a file or s3://BUCKET/KEY as the database is (default: its name with "
     ".keys behind it)"},
    {"kms-key", 0, HR_OPTION_TEXT, AT(class.kms_key), "ID", NULL, 0, 0, NULL, "HOMEROOM_KMS_KEY", HR_OPTION_OF_ALL,
     "key of Amazon's key service (id, ARN or alias/NAME) to wrap the key of a database that is sealed now; to open it "
     "the service is asked by itself"},
    {"models", 0, HR_OPTION_TEXT, AT(class.models), "DIR", NULL, 0, 0, NULL, "HOMEROOM_MODELS", HR_OPTION_OF_ALL,
     "folder with the compiled models (default: share/homeroom/models beside the program)"},
    {"threads", 0, HR_OPTION_INTEGER, AT(recognition.threads), "N", NULL, 0, HR_LIMIT_THREADS, "0", "HOMEROOM_THREADS",
     HR_OPTION_OF_ALL, "threads in all; 0: one per processor"},
    {"json", 0, HR_OPTION_FLAG, AT(terminal.json), NULL, NULL, 0, 0, NULL, NULL, HR_OPTION_OF_ALL,
     "messages as one JSON object per line on standard error; enroll, students, evaluate, "
     "workload, doctor and "
     "models answer in the same way on standard output"},
    {"quiet", 'q', HR_OPTION_FLAG, AT(terminal.quiet), NULL, NULL, 0, 0, NULL, NULL, HR_OPTION_OF_ALL,
     "only warnings and errors"},
    {"verbose", 'v', HR_OPTION_FLAG, AT(terminal.verbose), NULL, NULL, 0, 0, NULL, NULL, HR_OPTION_OF_ALL,
     "more messages, for finding a fault; they may name students"},
    {"help", 'h', HR_OPTION_FLAG, AT(terminal.help), NULL, NULL, 0, 0, NULL, NULL, HR_OPTION_OF_ALL,
     "help for the command"},
    {"version", 'V', HR_OPTION_FLAG, AT(terminal.version), NULL, NULL, 0, 0, NULL, NULL, HR_OPTION_OF_ALL,
     "show the version and end"},
    {"insecure", 0, HR_OPTION_FLAG, AT(network.insecure), NULL, NULL, 0, 0, NULL, "HOMEROOM_INSECURE", HR_OPTION_OF_ALL,
     "speak nats:// and http:// with other machines, too: records, videos and passwords can then be read on the way; "
     "without it only with this one"},
    {"out", 'o', HR_OPTION_TEXT, AT(recognition.out), "DIR", NULL, 0, 0, ".", "HOMEROOM_OUT",
     ON(RECOGNIZE) | ON(DOCTOR) | SERVING | ON(RECORD),
     "folder, or s3://BUCKET/PREFIX, for the reports; - for standard output (not lambda, worker)"},
    {"fps", 0, HR_OPTION_NUMBER, AT(recognition.fps), "N", NULL, 0.01, HR_LIMIT_SAMPLE_FPS, "2", "HOMEROOM_FPS",
     SAMPLING, "frames looked at per second of video"},
    {"whole-frames", 0, HR_OPTION_FLAG, AT(recognition.whole_frames), NULL, NULL, 0, 0, NULL, "HOMEROOM_WHOLE_FRAMES",
     SAMPLING,
     "look for faces in all of each frame; without it, between one frame in five seconds, only where something has "
     "changed"},
    {"format", 'f', HR_OPTION_CHOICE, AT(recognition.format), "KIND", "csv|json", 0, 0, "csv", NULL, SEEING,
     "kind of report; json has everything, unknown people included"},
    {"columns", 'c', HR_OPTION_TEXT, AT(recognition.columns), "LIST", NULL, 0, 0, NULL, NULL, SEEING,
     "columns of the CSV: id, name, major, year, first_seen, last_seen, sightings, similarity, "
     "margin, tracks, band, reason, stranger_chance, video; "
     "\"all\"; \"+id,band\" adds to the default name,major,year"},
    {"false-present", 0, HR_OPTION_NUMBER, AT(recognition.false_present), "P", NULL, 1e-9, 0.5, "0.001",
     "HOMEROOM_FALSE_PRESENT", SAMPLING | ON(EVALUATE) | ON(DOCTOR),
     "how likely a stranger may be taken for somebody of the class: a name is certain when a stranger "
     "would look so much like one of its students no more often"},
    {"include", 0, HR_OPTION_CHOICE, AT(recognition.include), "BAND", "certain|review", 0, 0, NULL, "HOMEROOM_INCLUDE",
     SEEING,
     "who gets a row: certain, or those in review as well, which a person should look at (default: "
     "certain; review when every face was imported from an older system)"},
    {"took", 0, HR_OPTION_FLAG, AT(recognition.took), NULL, NULL, 0, 0, NULL, NULL, ON(RECOGNIZE),
     "the JSON says what looking at the video took, and is another one each time for that"},
    {"force", 0, HR_OPTION_FLAG, AT(recognize.force), NULL, NULL, 0, 0, NULL, NULL, ON(RECOGNIZE),
     "write over a file that is there and is not a report"},
    {"keep", 0, HR_OPTION_FLAG, AT(recognition.keep), NULL, NULL, 0, 0, NULL, NULL, ON(RECOGNIZE) | ON(WATCH),
     "keep what was seen (who, when, where in the picture, why; no pictures, no vectors) in the database, too: "
     "'homeroom export --what observations' writes it out"},
    {"jobs", 'j', HR_OPTION_INTEGER, AT(recognition.jobs), "N", NULL, 0, HR_LIMIT_THREADS, "0", NULL, ON(RECOGNIZE),
     "videos worked on at a time; 0: as many as there are threads"},
    {"timeout", 0, HR_OPTION_NUMBER, AT(recognition.timeout_s), "S", NULL, 0, 86400, "0", NULL, SAMPLING | ON(WORKLOAD),
     "give a video up after so many seconds; 0: never, for workload: after 900"},
    {"students", 0, HR_OPTION_TEXT, AT(class.students), "TABLE", NULL, 0, 0, NULL, "HOMEROOM_STUDENTS",
     SEEING | ON(IMPORT),
     "where the students' records are: dynamodb:NAME, a table whose key is 'id', or 'name' (then "
     "joined by the name in the database); default: the database"},
    {"students-cache", 0, HR_OPTION_NUMBER, AT(class.students_cache_s), "S", NULL, 0, 86400, "0",
     "HOMEROOM_STUDENTS_CACHE", SEEING,
     "seconds for which a record of --students may be used again; 0: a change is seen by the next "
     "video"},
    {"create-table", 0, HR_OPTION_FLAG, AT(import.create_table), NULL, NULL, 0, 0, NULL, NULL, ON(IMPORT),
     "make the table of --students when it is not there"},
    {"once", 0, HR_OPTION_FLAG, AT(recognition.once), NULL, NULL, 0, 0, NULL, NULL, ON(WATCH) | ON(WORKER),
     "end when every video that is complete has its report (watch), or when no message waits "
     "(worker)"},
    {"interval", 0, HR_OPTION_NUMBER, AT(watch.interval_s), "S", NULL, 0.05, 3600, "2", NULL, ON(WATCH),
     "seconds between looks at the folder; a file that changed since the last look is still being "
     "copied"},
    {"video", 0, HR_OPTION_TEXT, AT(enroll.video), "FILE", NULL, 0, 0, NULL, NULL, ON(ENROLL),
     "enrol from a video of the one student instead of photos"},
    {"accept-lookalike", 0, HR_OPTION_FLAG, AT(enroll.accept_lookalike), NULL, NULL, 0, 0, NULL, NULL,
     ON(ENROLL) | ON(IMPORT), "enrol although the face looks like another student (twins)"},
    {"create", 0, HR_OPTION_FLAG, AT(enroll.create), NULL, NULL, 0, 0, NULL, NULL, ON(ENROLL),
     "make a student of whoever is in no table, with the name of the folder or file as id"},
    {"map", 0, HR_OPTION_TEXT, AT(import.map), "LIST", NULL, 0, 0, NULL, NULL, ON(IMPORT),
     "which column of a table of students is what, where its name does not say so: "
     "\"id=Student Nr,first_name=Given,last_name=Family\"; also name, major, year"},
    {"namesakes", 0, HR_OPTION_CHOICE, AT(import.namesakes), "WAY", "refuse|skip", 0, 0, "refuse", NULL, ON(IMPORT),
     "what to do with vectors of a name that several students have: refuse the file, or leave such vectors out"},
    {"what", 0, HR_OPTION_CHOICE, AT(export.what), "KIND", "students|json|observations|student|audit", 0, 0, "students",
     NULL, ON(EXPORT),
     "students: the table as CSV, ready for import; json: students and where their faces came "
     "from; observations: what --keep has kept, as JSON; student: everything that is held of one, as JSON; "
     "audit: who did what to whose data, as JSON"},
    {"student", 0, HR_OPTION_TEXT, AT(export.student), "ID", NULL, 0, 0, NULL, NULL, ON(EXPORT),
     "whose data --what student writes; a name will do when it is one student's alone"},
    {"queue-url", 0, HR_OPTION_TEXT, AT(function.queue_url), "URL", NULL, 0, 0, NULL, "HOMEROOM_QUEUE_URL", ON(LAMBDA),
     "queue to which a video is sent that cannot be finished in time, to go on later; without it "
     "the event fails and goes on when it is tried again"},
    {"reserve", 0, HR_OPTION_NUMBER, AT(function.reserve_s), "S", NULL, 0, 600, "10", "HOMEROOM_RESERVE", ON(LAMBDA),
     "seconds kept from the time limit for suspending a video"},
    {"refresh", 0, HR_OPTION_NUMBER, AT(function.refresh_s), "S", NULL, 0, 86400, "60", "HOMEROOM_REFRESH", SERVING,
     "seconds between looks at a database in a bucket: who was enrolled or forgotten meanwhile is "
     "so from then on"},
    {"part-min-mb", 0, HR_OPTION_INTEGER, AT(function.part_min_mb), "N", NULL, 0, 1000000, "4", "HOMEROOM_PART_MIN_MB",
     ON(LAMBDA), "a video of fewer MiB is never looked for among those that were suspended"},
    {"stream", 0, HR_OPTION_TEXT, AT(worker.stream), "NAME", NULL, 0, 0, "VIDEOS", "HOMEROOM_NATS_STREAM", ON(WORKER),
     "JetStream stream with the events of videos; one in the address outranks it"},
    {"subject", 0, HR_OPTION_TEXT, AT(worker.subject), "SUBJECT", NULL, 0, 0, "s3.created", "HOMEROOM_NATS_SUBJECT",
     ON(WORKER), "subject under which they are sent"},
    {"consumer", 0, HR_OPTION_TEXT, AT(worker.consumer), "NAME", NULL, 0, 0, "homeroom", "HOMEROOM_NATS_CONSUMER",
     ON(WORKER), "durable consumer that the workers share; made when it is not there"},
    {"create-stream", 0, HR_OPTION_FLAG, AT(worker.create_stream), NULL, NULL, 0, 0, NULL, NULL, ON(WORKER),
     "make the stream when it is not there: a work queue on disk"},
    {"ack-wait", 0, HR_OPTION_NUMBER, AT(worker.ack_wait_s), "S", NULL, 0.1, 3600, "30", "HOMEROOM_ACK_WAIT",
     ON(WORKER),
     "seconds after which a video whose worker has died goes to another; for a consumer that is "
     "made now"},
    {"max-deliver", 0, HR_OPTION_INTEGER, AT(worker.deliveries_max), "N", NULL, 1, 1000, "8", "HOMEROOM_MAX_DELIVER",
     ON(WORKER), "tries of a message before it is put aside; 8 take about half an hour"},
    {"grace", 0, HR_OPTION_NUMBER, AT(worker.grace_s), "S", NULL, 0, 86400, "25", "HOMEROOM_GRACE", ON(WORKER),
     "seconds that the video in hand may still take when the worker is asked to end; then it goes "
     "back to the queue"},
    {"nats-user", 0, HR_OPTION_TEXT, AT(worker.nats_user), "NAME", NULL, 0, 0, NULL, "HOMEROOM_NATS_USER", ON(WORKER),
     "user at the NATS server"},
    {"nats-password", 0, HR_OPTION_TEXT, AT(worker.nats_password), "TEXT", NULL, 0, 0, NULL, "HOMEROOM_NATS_PASSWORD",
     ON(WORKER), "and the password; better in the variable, as others can see command lines"},
    {"nats-token", 0, HR_OPTION_TEXT, AT(worker.nats_token), "TEXT", NULL, 0, 0, NULL, "HOMEROOM_NATS_TOKEN",
     ON(WORKER), "token instead of user and password; likewise"},
    {"nats-creds", 0, HR_OPTION_TEXT, AT(worker.nats_credentials), "FILE", NULL, 0, 0, NULL, "HOMEROOM_NATS_CREDS",
     ON(WORKER), "credentials file as nsc writes it"},
    {"nats-ca", 0, HR_OPTION_TEXT, AT(worker.nats_ca), "FILE", NULL, 0, 0, NULL, "HOMEROOM_NATS_CA", ON(WORKER),
     "certificates to trust with tls://, instead of the system's"},
    {"videos", 0, HR_OPTION_TEXT, AT(workload.videos), "DIR", NULL, 0, 0, NULL, NULL, ON(WORKLOAD),
     "folder with the clips to upload, *.mp4"},
    {"mapping", 0, HR_OPTION_TEXT, AT(workload.mapping), "FILE", NULL, 0, 0, NULL, NULL, ON(WORKLOAD),
     "what the report of each video must say: a line 'name.mp4:major,year' each"},
    {"count", 0, HR_OPTION_INTEGER, AT(workload.count), "N", NULL, 1, HR_WORKLOAD_VIDEOS_MAX, "100", NULL, ON(WORKLOAD),
     "videos to upload"},
    {"input", 0, HR_OPTION_TEXT, AT(recognition.input), "PLACE", NULL, 0, 0, NULL, "HOMEROOM_INPUT",
     ON(WORKLOAD) | SERVING,
     "where to upload: s3://BUCKET or s3://BUCKET/PREFIX, or a folder; for lambda and worker: "
     "where the "
     "videos "
     "come from, so that reports are never written there"},
    {"output", 0, HR_OPTION_TEXT, AT(workload.output), "PLACE", NULL, 0, 0, NULL, NULL, ON(WORKLOAD),
     "where the reports are awaited, likewise"},
    {"rate", 0, HR_OPTION_NUMBER, AT(workload.rate_per_s), "N", NULL, 0, 10000, "0", NULL, ON(WORKLOAD),
     "uploads begun per second; 0: all at once"},
    {"uploads", 0, HR_OPTION_INTEGER, AT(workload.uploads), "N", NULL, 1, HR_LIMIT_THREADS, "16", NULL, ON(WORKLOAD),
     "uploads at a time"},
    {"poll", 0, HR_OPTION_NUMBER, AT(workload.poll_s), "S", NULL, 0.01, 3600, "0.5", NULL, ON(WORKLOAD),
     "seconds between looks at the output"},
    {"clear", 0, HR_OPTION_FLAG, AT(workload.clear), NULL, NULL, 0, 0, NULL, NULL, ON(WORKLOAD),
     "remove what earlier runs left in input and output, files called test_N.*, before starting"},
    {"durations", 0, HR_OPTION_TEXT, AT(workload.durations), "FILE", NULL, 0, 0, NULL, NULL, ON(WORKLOAD),
     "the function's log, or a pipe that gives it: its REPORT lines say what is billed; without it the "
     "cost is not known"},
    {"memory-mb", 0, HR_OPTION_INTEGER, AT(workload.memory_mb), "N", NULL, 0, 10240, "0", NULL,
     ON(WORKLOAD) | ON(ESTIMATE), "the function's memory; 0: as the REPORT lines have it, else 1769"},
    {"price-gb-s", 0, HR_OPTION_NUMBER, AT(workload.price_gb_s), "USD", NULL, 0, 1, HR_PRICE_GB_S, NULL,
     ON(WORKLOAD) | ON(ESTIMATE), "price of a GB-second (x86-64 in us-east-1, " HR_PRICE_DATE ")"},
    {"price-calls", 0, HR_OPTION_NUMBER, AT(workload.price_million_calls), "USD", NULL, 0, 1000, HR_PRICE_MILLION_CALLS,
     NULL, ON(WORKLOAD) | ON(ESTIMATE), "price of a million calls of the function (" HR_PRICE_DATE ")"},
    {"yes", 'y', HR_OPTION_FLAG, AT(people.yes), NULL, NULL, 0, 0, NULL, NULL,
     ON(FORGET) | ON(MERGE) | ON(CONSENT) | ON(KEYS) | ON(RESTORE) | ON(CLASS) | ON(LESSON), "do not ask"},
    {"new-key-file", 0, HR_OPTION_TEXT, AT(keys.new_key_file), "FILE", NULL, 0, 0, NULL, NULL, ON(KEYS),
     "the key from now on, for 'keys renew'; --key-file is the one so far"},
    {"kept", 0, HR_OPTION_TEXT, AT(people.kept), "VIDEO", NULL, 0, 0, NULL, NULL, ON(FORGET),
     "instead of a student: everything that --keep has kept of videos of that name"},
    {"photo", 0, HR_OPTION_TEXT, AT(people.photo), "NAME", NULL, 0, 0, NULL, NULL, ON(FORGET),
     "only what one photo or video gave, by the name that 'homeroom students ID' shows; the student "
     "stays"},
    {"dry-run", 0, HR_OPTION_FLAG, AT(purge.dry_run), NULL, NULL, 0, 0, NULL, NULL, ON(PURGE),
     "only say what would go"},
    {"name", 0, HR_OPTION_TEXT, AT(people.name), "NAME", NULL, 0, 0, NULL, NULL, ON(RENAME), "the new name"},
    {"title", 0, HR_OPTION_TEXT, AT(lessons.title), "TEXT", NULL, 0, 0, NULL, NULL, ON(CLASS) | ON(LESSON),
     "what the class, or the lesson, is called"},
    {"zone", 0, HR_OPTION_TEXT, AT(lessons.zone), "ZONE", NULL, 0, 0, NULL, "HOMEROOM_ZONE",
     ON(CLASS) | ON(IMPORT) | ON(RECORD), "time zone of a class, like Europe/Berlin (new ones: UTC)"},
    {"late", 0, HR_OPTION_INTEGER, AT(lessons.late_min), "MIN", NULL, -1, 720, "-1", NULL, ON(CLASS),
     "minutes after the beginning from which somebody is late; -1: as it is (new ones: 5)"},
    {"early", 0, HR_OPTION_INTEGER, AT(lessons.early_min), "MIN", NULL, -1, 720, "-1", NULL, ON(CLASS),
     "minutes before the end up to which somebody has left early; -1: as it is (new ones: 5)"},
    {"from", 0, HR_OPTION_TEXT, AT(lessons.from), "DAY", NULL, 0, 0, NULL, NULL, ON(CLASS) | ON(LESSON),
     "first day in the class, or of a calendar (default: today)"},
    {"until", 0, HR_OPTION_TEXT, AT(lessons.until), "DAY", NULL, 0, 0, NULL, NULL, ON(CLASS) | ON(LESSON),
     "last day in the class (default: today)"},
    {"not-any-more", 0, HR_OPTION_FLAG, AT(lessons.not_any_more), NULL, NULL, 0, 0, NULL, NULL, ON(CLASS),
     "'class meets' and 'class off' take it back"},
    {"start", 0, HR_OPTION_TEXT, AT(lessons.start), "TIME", NULL, 0, 0, NULL, NULL, ON(LESSON),
     "when the first picture was taken, 08:02:30 or 2026-11-27T08:02:30 in the class's time zone; further videos are "
     "parts that follow one another (default: as the files' names say)"},
    {"camera", 0, HR_OPTION_TEXT, AT(lessons.camera), "NAME", NULL, 0, 0, NULL, NULL, ON(LESSON),
     "which camera it was, where there are several"},
    {"lesson", 0, HR_OPTION_TEXT, AT(lessons.lesson), "LESSON", NULL, 0, 0, NULL, NULL, ON(ESTIMATE),
     "the recordings of a lesson, or videos that will be; kept, to be held against what they take"},
    {"guests", 0, HR_OPTION_FLAG, AT(lessons.guests), NULL, NULL, 0, 0, NULL, NULL, ON(LESSON),
     "recognise students of other classes, too"},
    {"note", 0, HR_OPTION_TEXT, AT(lessons.note), "TEXT", NULL, 0, 0, NULL, NULL, ON(LESSON), "why it is marked so"},
    {"csv", 0, HR_OPTION_FLAG, AT(lessons.csv), NULL, NULL, 0, 0, NULL, NULL, ON(ATTENDANCE),
     "the roll as CSV instead of a table for people (a class's table is CSV anyway)"},
    {"as", 0, HR_OPTION_CHOICE, AT(lessons.as), "FORM", "csv|moodle|canvas|svg", 0, 0, NULL, NULL, ON(ATTENDANCE),
     "moodle: what its attendance module imports into a session; canvas: a column of scores for its gradebook (of a "
     "CLASS); svg: a picture of a CLASS's lessons"},
    {"undo", 0, HR_OPTION_FLAG, AT(people.undo), NULL, NULL, 0, 0, NULL, NULL, ON(MERGE), "take the last merge back"},
    {"class", 0, HR_OPTION_TEXT, AT(record.class_id), "ID", NULL, 0, 0, NULL, NULL, ON(RECORD),
     "record the lessons of its timetable, each from a minute before to a minute behind"},
    {"now", 0, HR_OPTION_FLAG, AT(record.now), NULL, NULL, 0, 0, NULL, NULL, ON(RECORD),
     "record at once, whatever the timetable says"},
    {"part", 0, HR_OPTION_INTEGER, AT(record.part_min), "MIN", NULL, 1, 240, "5", NULL, ON(RECORD),
     "a new file after so many minutes"},
    {"seconds", 0, HR_OPTION_NUMBER, AT(record.seconds), "S", NULL, 0, 604800, "0", NULL, ON(RECORD),
     "end after so long; 0: when it is stopped"},
    {"listen", 0, HR_OPTION_TEXT, AT(serve.listen), "ADDRESS:PORT", NULL, 0, 0, "127.0.0.1:8080", "HOMEROOM_LISTEN",
     ON(SERVE), "where the page is; port 0: any that is free"},
    {"certificate", 0, HR_OPTION_TEXT, AT(serve.certificate), "FILE", NULL, 0, 0, NULL, NULL, ON(SERVE),
     "chain of certificates (PEM) for TLS; without one, only this machine is listened to"},
    {"private-key", 0, HR_OPTION_TEXT, AT(serve.private_key), "FILE", NULL, 0, 0, NULL, NULL, ON(SERVE),
     "the certificate's key (PEM)"},
    {"spool", 0, HR_OPTION_TEXT, AT(serve.videos), "DIR", NULL, 0, 0, NULL, NULL, ON(SERVE),
     "folder for videos that are on their way, its owner's alone (default: 'videos' beside the database)"},
    {"strangers", 0, HR_OPTION_TEXT, AT(evaluate.strangers), "DIR", NULL, 0, 0, NULL, NULL, ON(EVALUATE),
     "folder with pictures of people who are never enrolled, one each"},
    {"gallery", 0, HR_OPTION_TEXT, AT(evaluate.galleries), "LIST", NULL, 0, 0, "0", NULL, ON(EVALUATE),
     "students in a gallery, several numbers with commas between them; 0: everybody"},
    {"photos", 0, HR_OPTION_TEXT, AT(evaluate.photo_counts), "LIST", NULL, 0, 0, "3", NULL, ON(EVALUATE),
     "photos enrolled of each, likewise"},
    {"singles", 0, HR_OPTION_FLAG, AT(evaluate.singles), NULL, NULL, 0, 0, NULL, NULL, ON(EVALUATE),
     "each picture in DIR is somebody else: those that are not drawn are strangers"},
    {"draws", 0, HR_OPTION_INTEGER, AT(evaluate.draws), "N", NULL, 1, 10000, "10", NULL, ON(EVALUATE),
     "galleries drawn for each size and number of photos"},
    {"seed", 0, HR_OPTION_INTEGER, AT(evaluate.seed), "N", NULL, 0, 1000000000, "1", NULL, ON(EVALUATE),
     "the same number draws the same galleries"},
    {"svg", 0, HR_OPTION_TEXT, AT(evaluate.svg), "FILE", NULL, 0, 0, NULL, NULL, ON(EVALUATE),
     "write the curve of found and strangers over --false-present, for the first gallery"},
};
const size_t hr_option_count = sizeof hr_option_table / sizeof hr_option_table[0];

static enum hr_status set_number(struct hr_settings *settings, const struct hr_option *option, const char *value,
                                 struct hr_error *error)
{
    char *end;
    errno = 0;
    double number = strtod(value, &end);
    bool whole = option->kind != HR_OPTION_INTEGER || number == floor(number);
    if (end == value || *end != '\0' || errno != 0 || !isfinite(number) || !whole || number < option->minimum ||
        number > option->maximum)
        return hr_error_set(error, HR_ERR_ARGUMENT, "--%s takes a%s number from %g to %g, not '%s'", option->name,
                            option->kind == HR_OPTION_INTEGER ? " whole" : "", option->minimum, option->maximum, value);
    char *member = (char *)settings + option->offset;
    if (option->kind == HR_OPTION_INTEGER)
        *(int *)(void *)member = (int)number;
    else
        *(double *)(void *)member = number;
    return HR_OK;
}

static bool is_choice(const char *choices, const char *value)
{
    size_t length = strcspn(value, "|");
    if (length == 0 || value[length] != '\0')
        return false;
    for (const char *at = choices; at != NULL; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strncmp(at, value, length) == 0 && (at[length] == '|' || at[length] == '\0'))
            return true;
    return false;
}

static enum hr_status set_option(struct hr_settings *settings, const struct hr_option *option, const char *value,
                                 struct hr_error *error)
{
    char *member = (char *)settings + option->offset;
    switch (option->kind) {
    case HR_OPTION_FLAG:
        *(bool *)(void *)member = true;
        return HR_OK;
    case HR_OPTION_CHOICE:
        if (!is_choice(option->choices, value))
            return hr_error_set(error, HR_ERR_ARGUMENT, "--%s takes one of %s, not '%s'", option->name, option->choices,
                                value);
        /* fall through */
    case HR_OPTION_TEXT:
        if (value[0] == '\0')
            return hr_error_set(error, HR_ERR_ARGUMENT, "--%s needs a %s, not nothing", option->name, option->argument);
        *(const char **)(void *)member = value;
        return HR_OK;
    default:
        return set_number(settings, option, value, error);
    }
}

/* In a variable a flag has a word: whoever writes 0 means no. */
static enum hr_status set_flag(struct hr_settings *settings, const struct hr_option *option, const char *value,
                               struct hr_error *error)
{
    bool yes = strcmp(value, "1") == 0 || strcmp(value, "true") == 0;
    if (!yes && strcmp(value, "0") != 0 && strcmp(value, "false") != 0)
        return hr_error_set(error, HR_ERR_ARGUMENT, "it takes 1 or 0, as --%s or nothing, not '%s'", option->name,
                            value);
    *(bool *)(void *)((char *)settings + option->offset) = yes;
    return HR_OK;
}

static enum hr_status set_standards(struct hr_settings *settings, struct hr_error *error)
{
    *settings = (struct hr_settings){0};
    for (size_t i = 0; i < hr_option_count; i++) {
        const struct hr_option *option = &hr_option_table[i];
        const char *value = option->environment != NULL ? hr_environment(option->environment) : NULL;
        bool from_environment = value != NULL && value[0] != '\0';
        if (!from_environment)
            value = option->standard;
        if (value == NULL)
            continue;
        enum hr_status status = option->kind == HR_OPTION_FLAG ? set_flag(settings, option, value, error)
                                                               : set_option(settings, option, value, error);
        if (status != HR_OK)
            return from_environment ? hr_error_prefix(error, "environment variable %s", option->environment) : status;
    }
    return HR_OK;
}

/* The option that a word names, its length without "=value" being `length`; NULL: none. */
static const struct hr_option *find_option(const char *name, size_t length)
{
    for (size_t i = 0; i < hr_option_count; i++)
        if (strlen(hr_option_table[i].name) == length && strncmp(hr_option_table[i].name, name, length) == 0)
            return &hr_option_table[i];
    return NULL;
}

static const struct hr_option *find_letter(char letter)
{
    for (size_t i = 0; i < hr_option_count; i++)
        if (hr_option_table[i].letter == letter && letter != 0)
            return &hr_option_table[i];
    return NULL;
}

static const char *option_name(size_t index)
{
    return hr_option_table[index].name;
}

static enum hr_status no_option(const char *word, struct hr_error *error)
{
    struct hr_suggestion near = {0};
    if (word[1] == '-')
        near = hr_suggest(word + 2, strcspn(word + 2, "="), "--", option_name, hr_option_count);
    return hr_error_set(error, HR_ERR_ARGUMENT, "there is no option '%s'; %ssee 'homeroom help'", word, near.text);
}

/* One step over argv: an option with its value, or a word. */
struct step {
    const struct hr_option *option; /* NULL: a word */
    const char *value;              /* of the option, or the word */
};

static enum hr_status next_step(int argc, char **argv, int *index, bool *options_ended, struct step *step,
                                struct hr_error *error)
{
    const char *word = argv[(*index)++];
    *step = (struct step){.value = word};
    if (*options_ended || word[0] != '-' || word[1] == '\0')
        return HR_OK;
    if (strcmp(word, "--") == 0) {
        *options_ended = true;
        step->value = NULL;
        return HR_OK;
    }
    const char *value = NULL;
    if (word[1] == '-') {
        const char *equals = strchr(word, '=');
        size_t length = equals != NULL ? (size_t)(equals - word) - 2 : strlen(word) - 2;
        step->option = find_option(word + 2, length);
        value = equals != NULL ? equals + 1 : NULL;
    } else {
        step->option = find_letter(word[1]);
        value = word[2] != '\0' ? word + 2 : NULL;
    }
    if (step->option == NULL)
        return no_option(word, error);
    if (step->option->kind == HR_OPTION_FLAG) {
        if (value != NULL)
            return hr_error_set(error, HR_ERR_ARGUMENT, "--%s takes no value", step->option->name);
    } else if (value == NULL) {
        if (*index >= argc)
            return hr_error_set(error, HR_ERR_ARGUMENT, "--%s needs a %s behind it", step->option->name,
                                step->option->argument);
        value = argv[(*index)++];
    }
    step->value = value;
    return HR_OK;
}

enum hr_status hr_settings_parse(struct hr_settings *settings, int argc, char **argv, struct hr_arguments *arguments,
                                 struct hr_error *error)
{
    arguments->command = NULL;
    arguments->word_count = 0;
    enum hr_status status = set_standards(settings, error);
    bool options_ended = false;
    for (int i = 0; status == HR_OK && i < argc;) {
        struct step step;
        status = next_step(argc, argv, &i, &options_ended, &step, error);
        if (status != HR_OK)
            break;
        if (step.option != NULL)
            status = set_option(settings, step.option, step.value, error);
        else if (step.value != NULL && arguments->command == NULL)
            arguments->command = step.value;
        else if (step.value != NULL)
            arguments->words[arguments->word_count++] = step.value;
    }
    return status;
}

enum hr_status hr_settings_check(int argc, char **argv, enum hr_command_id command, const char *command_name,
                                 struct hr_error *error)
{
    bool options_ended = false;
    for (int i = 0; i < argc;) {
        struct step step;
        enum hr_status status = next_step(argc, argv, &i, &options_ended, &step, error);
        if (status != HR_OK)
            return status;
        if (step.option != NULL && (step.option->commands >> command & 1u) == 0)
            return hr_error_set(error, HR_ERR_ARGUMENT, "'homeroom %s' does not take --%s; see 'homeroom help %s'",
                                command_name, step.option->name, command_name);
    }
    return HR_OK;
}
