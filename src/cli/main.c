/* homeroom, the program: one table of commands. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "classroom/names.h"
#include "cli/cli.h"
#include "cli/environment.h"
#include "cli/memory.h"
#include "cli/sandbox.h"

const struct hr_command hr_command_table[] = {
    {HR_COMMAND_RECOGNIZE, "recognize", "VIDEO...", "recognise the students in videos; one report each",
     "Each VIDEO (a still image is a video of one frame) gives one report, named after it, in the "
     "folder --out: "
     "a CSV with a header and a row for each enrolled student who was seen for certain; --include "
     "review adds those whom a person should look at, and the column band says which is which. A "
     "video that cannot be read is "
     "reported and the others are done; the exit status is that of the first failure.\n\n"
     "With '--out -' the reports go to standard output one after the other; as CSV those of "
     "several videos are one table with the column video.\n\n"
     "VIDEO, --out and --db may be s3://BUCKET/KEY: a video is read in parts as they are needed "
     "and "
     "never stored, however large it is. Keys, region and endpoint come from the variables and "
     "files "
     "that the AWS programs use. With --students the records come from a DynamoDB table: one "
     "request "
     "for each hundred students of a video, at its end.",
     1, SIZE_MAX, hr_cmd_recognize, true},
    {HR_COMMAND_WATCH, "watch", "IN OUT", "report on every video that arrives in a folder",
     "Looks at the folder IN again and again, leaves files alone that are still being copied, and "
     "writes the "
     "report of each complete video into OUT: lesson.mp4 gives lesson.mp4.csv. May be stopped and "
     "started at any time: no video is lost or done twice. The report is the proof that a video is "
     "done: remove it, or change the video, to have it made again. A video that cannot be read, or during "
     "which the program was ended twice (killed, for want of memory), "
     "leaves NAME.error.json in OUT and is tried again when it changes.\n\n"
     "A file counts as a video by its ending: " HR_FILM_ENDINGS ", and for photos " HR_PHOTO_ENDINGS
     ". Hidden files and unfinished "
     "downloads are left alone. A file is complete when it did not change for --interval "
     "seconds.\n\n"
     "IN and OUT may be s3://BUCKET/PREFIX: what lies directly under the prefix is looked at. A "
     "report "
     "in S3 carries as metadata (homeroom-source) which video it was made from, and only that proves it "
     "done; "
     "objects are told apart by their ETag. The database of --db s3://... is read again when it "
     "has "
     "changed.\n\n"
     "SIGINT, SIGTERM and a terminal that closes end it within the current video, with exit status 0. When IN is gone, "
     "or the database or the models cannot be used, it ends with the status of that failure.",
     2, 2, hr_cmd_watch, true},
    {HR_COMMAND_IMPORT, "import", "students|encoding FILE | oneroster FOLDER|FILE.zip",
     "read a student table, a school's roster, or vectors of an older system",
     "'import students FILE' reads a JSON array or a CSV with a header (id, name, major, year and "
     "any further "
     "columns, in any order; what Moodle, Canvas and OneRoster call them, and the English, German and "
     "French names of such columns, are known, and --map says the others; first and last name are joined). "
     "Where no column is known to be the id and one may be it, the file is refused; --map id=name takes the "
     "names for ids. A row that cannot be read is said, and shows in the exit status (1). Rows of a gradebook "
     "or of OneRoster that are not about a student are left out and said, and so are marks. "
     "Who is in the database from an earlier table and not in this one is counted (and named with --verbose), and "
     "kept.\n\n"
     "'import oneroster FOLDER' reads what a school's system exports as OneRoster 1.1 or 1.2, as a zip or unpacked: "
     "users.csv, and where they are there roles.csv, classes.csv and enrollments.csv. A student's id is the sourcedId, "
     "a class is "
     "called by its classCode where that is a word, else by its sourcedId; --zone is the time zone of the classes. Of "
     "addresses, numbers and parents nothing is kept.\n\n"
     "'import encoding FILE' reads the pickle in which systems built on Python's face_recognition keep "
     "names and vectors, in each of the usual shapes: lists 'name' and 'encoding', or 'names' and "
     "'encodings', a dict of names, arrays. Nothing in it is executed. Import the students first: vectors are "
     "joined to them "
     "by name, or else by id; where several students have the name, nothing is imported, or such vectors are left "
     "out and said (--namesakes skip, exit status 1). "
     "A vector that looks like another student's is left out and said (exit status 1). Such "
     "vectors tell people apart less well than photos do.\n\n"
     "'import students FILE --students dynamodb:TABLE' loads a DynamoDB table instead of the "
     "database: "
     "what differs is written, 25 students at a time, and a student's item is replaced as a whole; "
     "running it again is safe. --create-table makes the table when it is not there, with the key "
     "'id' and paid per request. FILE may be s3://BUCKET/KEY, and so may --db: the database is "
     "then "
     "read, changed and written back whole, unless somebody else has changed it meanwhile.",
     2, 2, hr_cmd_import, true},
    {HR_COMMAND_ENROLL, "enroll", "ID PHOTO... | DIR | ID --video FILE", "add students' faces to the database",
     "Photos may be JPEG, PNG, WebP, HEIC, AVIF, JPEG 2000, GIF, BMP or TIFF, of up to 67 million "
     "pixels (8192 x 8192). DIR holds one folder per student, named by the "
     "student's id or name (in any case, with blanks or underscores), or files named so; other files "
     "are left out. All photos of a call are looked at before any is kept, and their order does not "
     "matter. Each gets a verdict: enrolled, duplicate, no_face, several_faces, too_small, blurred, "
     "disagrees (with the student's other photos), looks_like (another student), damaged, unreadable, "
     "no_consent ('homeroom consent') or unknown_student. A photo with one clearly largest face among bystanders is "
     "taken; so is a "
     "face of 24 to 48 pixels when the student has nothing better, which then asks for stronger "
     "evidence. A photo that was enrolled before and that two new ones agree against is removed, and "
     "that is said. Running it again is safe.\n\n"
     "Who is in no table of students is refused, with the ids and names that are near; --create makes "
     "a student of him. An ID given on the command line is taken as it is as long as no table was "
     "imported. The exit status is 1 when a photo was refused.",
     1, SIZE_MAX, hr_cmd_enroll, true},
    {HR_COMMAND_STUDENTS, "students", "[ID]", "list the students, or the photos behind one",
     "A table sorted by id: id, name, major, year, the number of views enrolled, and the models "
     "whose vectors there are: who has only those of an older model is told apart less well. With "
     "an ID (or a name) the photos and videos that he was enrolled from: verdict, quality, width of "
     "the face, views, date, models.",
     0, 1, hr_cmd_students, false},
    {HR_COMMAND_EXPORT, "export", "", "write the student table to standard output",
     "'export --what students' writes a CSV that 'import students' reads back. 'export --what "
     "json' "
     "writes the students with the origin and date of each face; vectors are not written. 'export --what "
     "observations' writes what 'recognize --keep' and 'watch --keep' have kept of videos, as JSON.\n\n"
     "'export --what student --student ID' writes everything that the database holds of one student as one JSON "
     "object: "
     "the record, consent, each face with its vector (six digits), model, date and file, what was kept of videos, the "
     "audit log's entries; nobody else's id stands in it. 'export --what audit' writes the audit log: when, which user "
     "of the system, what, and the number (key) of the student, which 'export --what student' shows; no names. "
     "Noted are imports, enrolment, consent, renaming, merging, forgetting, purging, exports, and for each report of "
     "'recognize' and 'watch' how many students it names, where the database is a file that may be written. Of a "
     "student who is forgotten stays that one was.",
     0, 0, hr_cmd_export, false},
    {HR_COMMAND_FORGET, "forget", "[ID]", "delete a student and every trace in the database",
     "Removes the record and all face vectors, clears the freed pages, and verifies that nothing "
     "is left in the "
     "database file. With --photo only what one photo or video gave is removed, in the same way. "
     "ID may be a name, but not with --yes. Asks first on a terminal; elsewhere --yes is needed. "
     "Reports already written and backups "
     "are not touched; what was kept of videos (--keep) stays as tracks of nobody. --kept VIDEO removes that. The exit "
     "status is 1 when the question was answered with no.",
     0, 1, hr_cmd_forget, false},
    {HR_COMMAND_RENAME, "rename", "ID [NEW_ID]", "give a student another id or name",
     "The faces stay. An id that another student has is refused: 'homeroom merge' joins two "
     "students.",
     1, 2, hr_cmd_rename, false},
    {HR_COMMAND_MERGE, "merge", "ID OTHER | --undo", "make one student of two",
     "OTHER is the same person as ID: his faces become ID's, columns that are empty are filled from "
     "his record, and the record of OTHER is removed. Asks first on a terminal; elsewhere --yes is "
     "needed. 'merge --undo' makes two of them again, with what was each one's, as long as the database is not sealed: "
     "there the other one's keys are gone.",
     0, 2, hr_cmd_merge, false},
    {HR_COMMAND_SPLIT, "split", "ID OTHER PHOTO...", "give photos of one student to another",
     "The faces that came from these photos of ID, named as 'export --what student' lists their origin, are OTHER's "
     "from "
     "now on, who is added when he is not there. 'merge' is the way back.",
     3, SIZE_MAX, hr_cmd_split, false},
    {HR_COMMAND_CONSENT, "consent", "[ID] [yes|no]", "record who agrees to be recognised, or show it",
     "'consent ID no' takes the student out of everything that recognises: all face vectors are deleted as 'forget' "
     "does it, photos and vectors of his are refused from then on, no report names him, and what was kept of videos "
     "(--keep) stays as tracks of nobody. He stays on the roll, in the table of students. Asks first on a "
     "terminal; elsewhere --yes is needed. 'consent ID yes' lets him be enrolled again.\n\n"
     "Enrolling a student whom nobody has asked records his agreement with that day's date. Without yes or no: what "
     "was said and when, of one student or of all. Reports already written and backups are not touched; a video that "
     "is being worked on is finished with the class as it was.",
     0, 2, hr_cmd_consent, false},
    {HR_COMMAND_KEYS, "keys", "[new FILE|seal|renew|unseal|prune]", "seal the database, and keep its keys apart",
     "In a sealed database names, further columns, face vectors and where they came from lie under keys, two for each "
     "student (XChaCha20-Poly1305). The students' keys are in a file of their own beside it (--keyring), which one key "
     "opens: from --key-file FILE, from the variable HOMEROOM_KEY, or one that Amazon's key service has wrapped "
     "(--kms-key). Without it the database can't be read, nor a copy of it; and of a student who is forgotten, or "
     "whose photos are, the keys are destroyed, so that no older copy of the database says anything of him, either. "
     "So keep the file of keys out of the backups of the database: a copy of its own, of which only the newest is "
     "kept, and never the same place for the key. In the clear stay ids, dates, the hashes of photos, and what --keep "
     "has kept.\n\n"
     "'keys new FILE' makes a key. 'keys seal' seals a database; one that is made with a key given is sealed from the "
     "start. 'keys renew' gives every student new keys and destroys the old ones, with --new-key-file also another key "
     "for the file of keys (with --kms-key, a new one of the service). 'keys unseal' undoes it. 'keys prune' removes "
     "from a database that was brought back from a copy what no key opens: whoever was forgotten since. Without a "
     "word: how things stand.",
     0, 2, hr_cmd_keys, false},
    {HR_COMMAND_BACKUP, "backup", "FILE", "copy the database while others go on using it",
     "A copy as the database is at one moment, in a new file that only its owner may read; it takes no name that is "
     "there. Of a sealed database it is sealed, needs no key, and the students' keys are not in it: whoever is "
     "forgotten "
     "later is forgotten in it as well. Keep the newest file of keys apart from it.",
     1, 1, hr_cmd_backup, false},
    {HR_COMMAND_RESTORE, "restore", "FILE", "put the database back as it was in a copy",
     "Everything that is in the database is replaced, in one go: other programs see what was before or what is then. "
     "The "
     "copy is looked at first, and must be sealed with the same keys, or neither may be sealed. Of a database that is "
     "not sealed, whoever was forgotten since is back. Asks first on a terminal; elsewhere --yes is needed.",
     1, 1, hr_cmd_restore, false},
    {HR_COMMAND_CLASS, "class", "[ID | new|enrol|leave|meets|off|keep|remove ID ...]",
     "classes: who is in which, and when it meets",
     "'class new 8b --title \"Physics\" --zone Europe/Berlin' makes a class, or changes it. 'class enrol 8b 44 \"Joe "
     "Biden\" --from 2026-09-01' puts students into it ('all': everybody in the database), 'class leave' ends that "
     "with a "
     "last day (--until). 'class meets 8b mon 08:00-08:45' is its timetable, 'class off 8b 2026-12-24' a day without; "
     "--not-any-more takes either back. Without a word: all classes; with one, who is in it.\n\n"
     "'class keep 8b 14' keeps, for 14 days, a face vector and a small picture of everybody whom the class's next "
     "recordings show, enrolled or not: for 'seen', for 'show', and so that a correction is known in earlier lessons "
     "as well. Off at first; 'class keep 8b 0' removes what there is. Read docs/privacy.md before.\n\n"
     "Whoever does not agree to be recognised, or has no photo, may be in a class like everybody: he is on the roll "
     "and "
     "marked by hand. Asks before it removes a class; elsewhere than on a terminal --yes is needed.",
     0, SIZE_MAX, hr_cmd_class, false},
    {HR_COMMAND_LESSON, "lesson", "[CLASS | new|import|add|again|mark|unmark|finish|reopen|remove ...]",
     "lessons: recordings, marks by hand, finishing",
     "'lesson new CLASS DAY [TIMES]', 'lesson add LESSON|CLASS VIDEO...', 'lesson mark LESSON STUDENT STATUS', 'lesson "
     "unmark LESSON STUDENT', 'lesson finish|reopen|remove LESSON'; without a word all lessons, or those of a CLASS. "
     "LESSON is a number, or CLASS/DAY (8b/2026-11-27), with /08:00 where there are several. 'lesson new 8b 2026-11-27 "
     "08:00-08:45' makes one by hand, without times those of the timetable. 'lesson import 8b FILE.ics' makes those of "
     "a "
     "calendar (iCalendar), from today on for a year unless --from and --until say otherwise; again it changes what "
     "has "
     "changed.\n\n"
     "'lesson add' looks for the class's students, and for nobody else unless --guests says so, in recordings, and "
     "keeps "
     "what was seen: who, when, where in the picture, and why; pictures and vectors only where 'class keep' says so. "
     "When a recording began is what "
     "--start says, or else the date and time in its name, or what the file itself says; with a CLASS in place of the "
     "LESSON the timetable says "
     "which "
     "lesson it is. Several parts and several cameras (--camera) are one lesson. The same video given again replaces "
     "what was seen in it.\n\n"
     "'lesson again' decides who was seen anew, by the class as it is now, without the videos, where the class keeps "
     "vectors ('class keep'): when somebody was enrolled since.\n\n"
     "'lesson mark' says present, late, left_early, absent or excused by hand, which outranks what was seen and stands "
     "beside "
     "it; 'unmark' takes the last one back. 'lesson finish' freezes the roll; 'reopen' is possible, and noted in the "
     "audit log.",
     0, SIZE_MAX, hr_cmd_lesson, true},
    {HR_COMMAND_ATTENDANCE, "attendance", "LESSON|CLASS", "who was there, who came late, who left, who is missing",
     "The roll of a lesson: for every student of the class on that day the status, when he was first and last seen by "
     "the "
     "clock, and why. present, late, left_early: seen for certain, by the class's grace. absent: not seen, and all of "
     "the "
     "lesson was filmed (but for less than a minute in all). review: somebody may be him, look at it. not_filmed: not "
     "seen, "
     "and not "
     "all was filmed; the gaps are said. unmarked: cannot be recognised, and nobody marked him. not_enrolled: seen, "
     "and not in the class on that day. excused: by hand alone.\n\n"
     "Of a CLASS: a table of its students and lessons as CSV, with the share of lessons that each was in, of those "
     "that "
     "say whether he was.\n\n"
     "--as moodle gives idnumber and status (P, L, E, A), which Moodle's attendance module takes for a session; nobody "
     "in doubt is in it, and a message says how many. --as canvas gives a column of scores for each lesson, 1, 0 or "
     "EX, "
     "as Canvas's gradebook imports it: it makes assignments of one point. --as svg is a picture. --json has "
     "everything.",
     1, 1, hr_cmd_attendance, false},
    {HR_COMMAND_SEEN, "seen", "LESSON|CLASS", "every face of a lesson, and the unknown people of a class",
     "Of a LESSON: each track, which is one face while in sight: its number, when, who it is taken for and how certain "
     "that is. Of a CLASS: its unknown people. One of them is called u17 when 17 is his first track; his tracks are "
     "put together within a recording, and over cameras and lessons where the class keeps vectors ('class keep').",
     1, 1, hr_cmd_seen, false},
    {HR_COMMAND_CORRECT, "correct",
     "TRACK|PERSON is|not STUDENT | TRACK|PERSON nobody|forget | undo [NUMBER] | list [LESSON|CLASS]",
     "say who a face is, or is not, and take it back",
     "'correct 17 is 44' says that track 17 is student 44, 'correct 17 not 44' that it is not, and 'correct 17 nobody' "
     "that it is nobody who counts, a picture on the wall for one. With u17 in place of 17 it is said of every track "
     "of "
     "that unknown person ('seen'). The roll follows at once; what was seen stays as it is, and a correction beside "
     "it, "
     "with who said it and when. 'correct undo' takes the last one back, or the one of that number; 'correct list' "
     "shows them. A finished lesson is reopened first. 'correct u17 forget' removes the vectors and pictures that the "
     "class keeps of that person.\n\n"
     "Where the class keeps vectors, 'correct u17 is 44' also enrols the student from the best of that person's tracks "
     "(which takes his consent as given, as 'enroll' does), and after every correction the class's lessons that are "
     "not finished are decided again, without their videos. A student who was twice said not to be somebody is from "
     "then on certain only by what is more alike than that.",
     1, 3, hr_cmd_correct, false},
    {HR_COMMAND_SHOW, "show", "LESSON [FILE.html]",
     "a lesson as one page: the roll, when each was in sight, the pictures",
     "Writes a page of HTML that needs nothing else, no script, no server and no network, and prints well: the roll; a "
     "bar for each student that says when he was in sight; the pictures that the class keeps ('class keep'); who is to "
     "be looked at, with the command that says who it is; the unknown people. To FILE.html, which only its owner may "
     "read, or to standard output.",
     1, 2, hr_cmd_show, false},
    {HR_COMMAND_ESTIMATE, "estimate", "[VIDEO...]",
     "how long a video will take, with how much memory, and its price on Lambda",
     "Looks at each video for four seconds, as 'recognize' would, and says what all of it will take: minutes here with "
     "--threads, minutes of one processor, memory with that of the process that decodes, and what AWS Lambda would "
     "bill "
     "for (--memory-mb, --price-gb-s), where a function is taken to have one processor as fast as this one's for "
     "1769 MB. A video that ends before was looked at to its end. More people than in its first seconds take "
     "longer.\n\n"
     "With --lesson it is about what is to be, or was, added to that lesson: the videos given, else all recordings "
     "that "
     "the "
     "lesson has, which must still be where they were. What was estimated stays with the lesson, and 'attendance "
     "LESSON "
     "--json' says it beside what each recording took: 'work', with wall_s, processor_s and memory_mb.",
     0, SIZE_MAX, hr_cmd_estimate, true},
    {HR_COMMAND_RECORD, "record", "URL", "record a camera by a class's timetable",
     "Takes the pictures of a camera (rtsps://, rtsp://, https://, http://, srt://, udp://, or /dev/video0 of this "
     "machine) as they come, without "
     "sound, "
     "into the folder --out, in parts of --part minutes: 8b_2026-11-27_08-00-05.mp4, which 'lesson add 8b' puts into "
     "its "
     "lesson; the file says by itself, too, when it began. With --class by the class's timetable, without, or with "
     "--now, at once.\n\n"
     "A part is written in pieces of a second, under a hidden name until it is complete: what there is when the "
     "program "
     "is killed or the disk is full plays, and gets its name when 'record' is started again. A camera that gives no "
     "picture for 8 seconds is called again until it is back; that there is none is said, and is a gap in the roll, "
     "not filmed. SIGINT and SIGTERM end the part and the program. With --out s3://BUCKET/PREFIX a part is sent when "
     "it "
     "is complete, and lies in the folder 'unsent' beside the user's database until then: what cannot be sent is tried "
     "again, by the next 'record' with this --out at the latest. Cameras that are not encrypted are refused but on "
     "this machine, unless --insecure says that nobody else can listen. A camera of this machine gives JPEG pictures, "
     "five a second, and needs FFmpeg's libavdevice.",
     1, 1, hr_cmd_record, false},
    {HR_COMMAND_SERVE, "serve", "", "the page: classes, lessons, people in a browser",
     "Serves the teacher's page and its API at --listen. At the first start it prints an address by which the first "
     "account, an administrator's, is made; further ones are made on the page. Videos that are sent to it wait in the "
     "folder --spool and are looked at one after the other, then removed; what is there of one when the program is "
     "ended goes on at the next start. Without --certificate only this machine is listened to: let a proxy that "
     "encrypts (nginx, Caddy) stand before it, or allow it with --insecure. The API is described at "
     "/api/v1/openapi.json; a program signs in with a token of POST /api/v1/tokens. SIGINT and SIGTERM end it.",
     0, 0, hr_cmd_serve, true},
    {HR_COMMAND_KEEPING, "keeping", "[KIND] [DAYS|forever]", "show how long data is kept, or set it",
     "KIND is faces (face vectors, from the day on which they were enrolled), observations (what --keep has kept of "
     "videos) or audit (the audit log's entries). Everything is kept for ever until a time is set. A face that is "
     "older "
     "than its time recognises nobody from that moment on; it is removed by 'homeroom purge', and by 'watch' and "
     "'worker' at their start and every hour where the database is a file. A photo that was enrolled anew counts from "
     "then. Without DAYS: the times, and how much is too old by now. Students have no time: 'homeroom forget'.",
     0, 2, hr_cmd_keeping, false},
    {HR_COMMAND_PURGE, "purge", "", "delete what has been kept for too long",
     "Deletes what is older than 'homeroom keeping' says, overwrites what they have left in the file, and says "
     "how much of each kind went; killed at any moment, all of it is gone or nothing. With --dry-run it only says what "
     "would "
     "go. For a timer: where no program runs that does it by itself, and for a database in a bucket. Reports already "
     "written and backups are not touched.",
     0, 0, hr_cmd_purge, false},
    {HR_COMMAND_EVALUATE, "evaluate", "[DIR]", "measure how far names can be trusted",
     "DIR holds a folder with pictures for each person; pictures that lie beside the folders, and those "
     "in a folder 'strangers', are of strangers, one each. Galleries are drawn from the people, "
     "enrolled with --photos of their pictures and looked for in the others; whoever is not drawn is "
     "a stranger. The answer is how many pictures of the enrolled are found, how many are given "
     "another student's name, and how many strangers are named, in the bands certain and review, "
     "with intervals of 95 % confidence. Nothing is kept, and the same --seed gives the same "
     "answer.\n\n"
     "Without DIR the class in the database is measured against --strangers: how many of these people, "
     "whom nobody enrolled, would be named.",
     0, 1, hr_cmd_evaluate, true},
    {HR_COMMAND_LAMBDA, "lambda", "", "be an AWS Lambda function",
     "Started by AWS Lambda or its emulator, from the image that scripts/image makes. Takes the "
     "events of an S3 bucket, directly or through SQS, SNS or EventBridge, and writes the report "
     "of "
     "each new video to --out (HOMEROOM_OUT, s3://BUCKET/PREFIX): lesson.csv for lesson.mp4, "
     "lesson.mov.csv for lesson.mov. A video that cannot be read leaves lesson.error.json. The "
     "same "
     "event again, or two at a time, do the work once: the report says in its metadata what it was "
     "made from. What may pass by itself is answered as a failure, so that the event comes again; "
     "of "
     "a queue's messages only those that failed come again.\n\n"
     "A video that cannot be finished in time is suspended and goes on with the next event: see "
     "--queue-url and --reserve. What is kept of it until then lies under .homeroom/ in the output, "
     "by a name that says nothing: face vectors, and of each face in sight a grey thumbnail of 12 by "
     "12 cells. It is deleted when the report is written.\n\n"
     "Messages are JSON lines with request id, key, stages and milliseconds, and metrics as "
     "CloudWatch reads them; no student is named. AWS_LAMBDA_LOG_LEVEL chooses the level.",
     0, 0, hr_cmd_lambda, true},
    {HR_COMMAND_WORKER, "worker", "nats://HOST:PORT[/STREAM]", "take videos from a NATS JetStream queue",
     "Does with the messages of a NATS JetStream stream what 'homeroom lambda' does with Amazon's "
     "events: the report of each new video goes to --out (s3://BUCKET/PREFIX), once, however often "
     "events tell of it. The messages are bucket notifications as MinIO publishes them. Any number "
     "of workers share the stream through one consumer; each has one video in hand.\n\n"
     "A message is acknowledged after the report was written. While a video is worked on the server "
     "is told so; when a worker dies, another gets the video after --ack-wait seconds. What may pass "
     "by itself is tried again after 5 seconds, then 20, and so on up to every 10 minutes, "
     "--max-deliver times in all. What then still fails, what is not a notification, and what has ended "
     "its workers twice as often is put aside: published as homeroom.dead, in the stream "
     "HOMEROOM_DEAD, with the reason in its headers, for 30 days.\n\n"
     "Several servers of a cluster are named with commas between them; tls:// encrypts. A password or "
     "token belongs into a variable, see the options. SIGINT, SIGTERM and a terminal that closes end it "
     "behind the video in hand, with exit status 0; what then takes longer than --grace goes back at once and "
     "another worker begins it anew. A second signal ends it on the spot.",
     1, 1, hr_cmd_worker, true},
    {HR_COMMAND_WORKLOAD, "workload", "", "upload many videos, await and check each report, and measure",
     "Needs --videos, --mapping, --input and --output. Uploads --count videos called test_0.mp4, "
     "test_1.mp4 ... into the input, waits for the report of each in the output (test_0.csv, or "
     "test_0.mp4.csv as 'watch' names it; or test_0.error.json) and checks it: the header "
     "name,major,year and exactly one row, with the major and year that the mapping file wants. "
     "Whatever makes the reports is measured: a Lambda function, workers, 'homeroom watch'.\n\n"
     "Which clip is uploaded as test_I.mp4: the clip of that very name; else the clips of which "
     "the "
     "mapping says the same as of test_I.mp4, in turn (there is no test_3.mp4 in the course's "
     "folder: "
     "test_3.mp4 is the clip test_2.mp4 because the mapping wants the same of both, and test_9.mp4 "
     "is "
     "test_0.mp4); else, when the mapping knows none of the clips by name, all clips in turn. A "
     "name that the mapping does not know takes the clips in turn, and its report must be what the "
     "mapping says of the clip's own name. In turn: I modulo their number, in the order of their "
     "names, numbers in them compared as numbers.\n\n"
     "The latency of a video is from the end of its upload to the appearance of its CSV: by the "
     "server's clock (the difference of the times that the store gave the two objects) where that "
     "has "
     "fractions of a second, as MinIO's and a folder's have, else by own observation, which is too "
     "long by up to --poll seconds; Amazon's S3 gives whole seconds. The answer says which, and "
     "--json has both. The "
     "cost is that of Lambda alone: billed time times memory, and calls, as the log that --durations "
     "names has them. It is read when the reports are in; Lambda's own gets there some seconds later, "
     "so that the last calls may be missing.\n\n"
     "Nothing is removed unless --clear is given; an output that has such reports already is "
     "refused "
     "without it. SIGINT ends it with what is known so far. The exit status is 0 when every report "
     "was right and 1 when not.",
     0, 0, hr_cmd_workload, false},
    {HR_COMMAND_DOCTOR, "doctor", "", "check models, database, codecs and processor, and say what to do",
     "One line per check: ok, hint, warn or FAIL, and what to do about it. A hint is about what is open: data without "
     "a "
     "time after which it goes, core files, swap. With --out (HOMEROOM_OUT) it also says who may look into that "
     "folder. "
     "The exit status is 1 when something fails.",
     0, 0, hr_cmd_doctor, true},
    {HR_COMMAND_MODELS, "models", "", "show the model cards: name, licence, source",
     "What each compiled model file says of itself, after its checksum was verified.", 0, 0, hr_cmd_models, false},
    {HR_COMMAND_HELP, "help", "[COMMAND]", "help for homeroom or for a command",
     "'help man', 'help bash' and 'help zsh' write the manual page and the shell completions, all "
     "made from the same tables.",
     0, 1, hr_cmd_help, false},
    {HR_COMMAND_VERSION, "version", "", "show the version",
     "The version of homeroom and of the libraries that read videos and photos.", 0, 0, hr_cmd_version, false},
};
const size_t hr_command_count = sizeof hr_command_table / sizeof hr_command_table[0];

int hr_cli_fail(const struct hr_cli *cli, const struct hr_error *error)
{
    const struct hr_log_field code[] = {{"code", hr_status_name(error->code), 0}, {0}};
    hr_log_write(&cli->log, HR_LOG_ERROR, cli->log.json ? code : NULL, "%s", error->text);
    return hr_status_info(error->code)->exit_status;
}

static void find_class(struct hr_cli *cli)
{
    cli->class = (struct hr_class_place){
        .anywhere = hr_cli_cloud_anywhere(&cli->cloud),
        .database = cli->database_path,
        .students = cli->settings.class.students,
        .students_cache_ms = (int64_t)(cli->settings.class.students_cache_s * 1000),
        .key = {.file = cli->settings.class.key_file, .text = hr_environment_key(), .kms = cli->settings.class.kms_key},
        .ring = cli->settings.class.ring,
        .model_dir = cli->model_dir,
        .sandbox = cli->sandbox,
        .patience = &cli->patience};
}

static enum hr_status find_files(struct hr_cli *cli, struct hr_error *error)
{
    enum hr_status status = HR_OK;
    if (cli->settings.class.database != NULL)
        snprintf(cli->database_path, sizeof cli->database_path, "%s", cli->settings.class.database);
    else
        status = hr_environment_database(cli->database_path, sizeof cli->database_path, error);
    if (status != HR_OK)
        return status;
    if (cli->settings.class.models != NULL)
        snprintf(cli->model_dir, sizeof cli->model_dir, "%s", cli->settings.class.models);
    else
        status = hr_environment_models(cli->model_dir, sizeof cli->model_dir, error);
    find_class(cli);
    return status;
}

static const struct hr_command *find_command(const char *name)
{
    for (size_t i = 0; i < hr_command_count; i++)
        if (strcmp(hr_command_table[i].name, name) == 0)
            return &hr_command_table[i];
    return NULL;
}

static enum hr_status check_words(const struct hr_command *command, size_t count, struct hr_error *error)
{
    if (count >= command->words_min && count <= command->words_max)
        return HR_OK;
    return hr_error_set(error, HR_ERR_ARGUMENT, "usage: homeroom %s%s%s; see 'homeroom help %s'", command->name,
                        command->usage[0] != '\0' ? " " : "", command->usage, command->name);
}

static int run(struct hr_cli *cli, int argc, char **argv, const char **words)
{
    struct hr_error error = {0};
    struct hr_arguments arguments = {.words = words};
    enum hr_status status = hr_settings_parse(&cli->settings, argc, argv, &arguments, &error);
    cli->log.json = cli->settings.terminal.json;
    cli->log.level = cli->settings.terminal.quiet     ? HR_LOG_WARNING
                     : cli->settings.terminal.verbose ? HR_LOG_DEBUG
                                                      : HR_LOG_INFO;
    if (status != HR_OK)
        return hr_cli_fail(cli, &error);
    cli->cloud.insecure = cli->settings.network.insecure;
    cli->words = arguments.words;
    cli->word_count = arguments.word_count;
    if (cli->settings.terminal.version && !cli->settings.terminal.help)
        return hr_cmd_version(cli);
    if (arguments.command == NULL) {
        if (cli->settings.terminal.help)
            return hr_cmd_help(cli);
        hr_error_set(&error, HR_ERR_ARGUMENT, "say what to do: 'homeroom help' lists the commands");
        return hr_cli_fail(cli, &error);
    }
    const struct hr_command *command = find_command(arguments.command);
    if (command == NULL)
        return hr_cli_no_command(cli, arguments.command);
    if (cli->settings.terminal.help) {
        cli->words = &command->name;
        cli->word_count = 1;
        return hr_cmd_help(cli);
    }
    status = hr_settings_check(argc, argv, command->id, command->name, &error);
    if (status == HR_OK)
        status = check_words(command, cli->word_count, &error);
    if (status == HR_OK && command->decodes)
        status = hr_cli_start_sandbox(cli, &error);
    hr_cli_limit_memory();
    /* Help works for an account without a home, too. */
    if (status == HR_OK && command->run != hr_cmd_help && command->run != hr_cmd_version)
        status = find_files(cli, &error);
    if (status != HR_OK)
        return hr_cli_fail(cli, &error);
    hr_cli_catch_signals();
    return command->run(cli);
}

/* A core file would hold vectors and records. The limit alone does not keep one from a program that the
 * system hands it to. */
static void forbid_core_dumps(void)
{
    const struct rlimit none = {0, 0};
    if (hr_environment_core_dumps())
        return;
    (void)setrlimit(RLIMIT_CORE, &none);
    (void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Which write it was that failed, and why, the stream does not keep: but a pipe tells whether it has a reader. */
static const char *reason_of_output(void)
{
    struct pollfd output = {.fd = STDOUT_FILENO};
    bool gone = poll(&output, 1, 0) == 1 && (output.revents & (POLLERR | POLLHUP)) != 0;
    return gone ? "whoever read it has gone" : "is a disk full, or a limit on the size of files reached?";
}

int main(int argc, char **argv)
{
    hr_cli_ignore_signals();
    forbid_core_dumps();
    struct hr_cli cli = {.log = {.stream = stderr, .level = HR_LOG_INFO},
                         .out = stdout,
                         .terminal = isatty(STDERR_FILENO),
                         .patience = {.clock = hr_clock_system(), .at_monotonic_us = INT64_MAX, .stop = hr_cli_stop()}};
    const char **words = calloc((size_t)argc + 1, sizeof *words);
    if (words == NULL)
        return hr_status_info(HR_ERR_MEMORY)->exit_status;
    struct hr_error hidden = {0};
    if (hr_environment_hide(&hidden) != HR_OK) {
        free(words);
        return hr_cli_fail(&cli, &hidden);
    }
    hr_cli_cloud_init(&cli.cloud);
    int exit_status = run(&cli, argc - 1, argv + 1, words);
    hr_cli_cloud_close(&cli.cloud);
    hr_sandbox_stop(cli.sandbox);
    if ((fflush(stdout) != 0 || ferror(stdout)) && exit_status == 0) {
        struct hr_error error;
        hr_error_set(&error, HR_ERR_IO, "standard output does not take the answer (%s)", reason_of_output());
        exit_status = hr_cli_fail(&cli, &error);
    }
    free(words);
    return exit_status;
}
