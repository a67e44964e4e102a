<?php
// Gives a file to the importer of Moodle's attendance module (mod_attendance), as its page does, and prints as JSON
// what it made of it: `saved`, what it would write for each student; `problems`, what it says of rows that it refuses.
//
//     php moodle.php MOODLE FILE IDNUMBER...
//
// MOODLE is Moodle's source (tried with 4.1) with the module in mod/attendance, the IDNUMBERs those of the course's
// students. The reader of CSV and the importer are Moodle's own; what they ask of the rest of it is answered here: the
// students, the status set that a new activity has, a session, a folder.

namespace core\progress {
    class none {
        public function __call($name, $arguments) {
        }
    }
}

namespace {
    define('MOODLE_INTERNAL', true);
    define('MEMORY_EXTRA', 0);
    error_reporting(E_ALL & ~E_DEPRECATED);
    [, $moodle, $file] = $argv;
    $CFG = (object) ['libdir' => "$moodle/lib", 'tempdir' => sys_get_temp_dir() . '/moodle-' . getmypid()];
    $USER = (object) ['id' => 2];

    function make_temp_directory($path) {
        global $CFG;
        $folder = "$CFG->tempdir/$path";
        if (!is_dir($folder)) {
            mkdir($folder, 0700, true);
        }
        return $folder;
    }
    function get_string($name, $component = '', $about = null) {
        return "$name " . json_encode($about);
    }
    function fix_utf8($text) {
        return $text;
    }
    function raise_memory_limit($limit) {
    }
    function attendance_session_get_highest_status($activity, $session, $time) {
        throw new LogicException('a time where a status was to be');
    }
    class mod_attendance_notifyqueue {
        public static $problems = [];
        public static function notify_problem($text) {
            self::$problems[] = $text;
        }
        public static function notify_success($text) {
        }
    }
    class activity {
        public $pageparams, $saved = [];
        private $users = [];
        public function __construct(array $idnumbers) {
            $this->pageparams = (object) ['grouptype' => 0, 'sessionid' => 1];
            foreach ($idnumbers as $index => $idnumber) {
                $this->users[$index + 10] = (object) ['id' => $index + 10, 'idnumber' => $idnumber];
            }
        }
        public function get_users($group, $page) {
            return $this->users;
        }
        public function get_statuses() {
            $made = [];
            foreach (['P', 'A', 'L', 'E'] as $index => $acronym) {
                $made[] = (object) ['id' => $index + 1, 'acronym' => $acronym];
            }
            return $made;
        }
        public function get_session_info($id) {
            return (object) ['id' => $id];
        }
        public function save_log($log) {
            foreach ($log as $row) {
                if (isset($row->statusid)) {
                    $this->saved[$this->users[$row->studentid]->idnumber] = 'PALE'[$row->statusid - 1];
                }
            }
        }
    }

    require_once("$moodle/lib/classes/text.php");
    require_once("$moodle/mod/attendance/classes/import/marksessions.php");
    $activity = new activity(array_slice($argv, 3));
    $text = file_get_contents($file);
    $first = new mod_attendance\import\marksessions($text, $activity, 'UTF-8', 'comma');
    $headers = $first->list_found_headers();
    // What a teacher chooses in the form: by the headers' names.
    $mapping = (object) ['userfrom' => array_search('idnumber', $headers, true), 'userto' => 'idnumber', 'scantime' => -1,
                         'status' => array_search('status', $headers, true)];
    $importer = new mod_attendance\import\marksessions(null, $activity, null, null, $first->get_importid(), $mapping);
    $importer->import();
    exec('rm -rf ' . escapeshellarg($CFG->tempdir));
    echo json_encode(['error' => $importer->get_error(), 'saved' => (object) $activity->saved,
                      'problems' => mod_attendance_notifyqueue::$problems]), "\n";
}
