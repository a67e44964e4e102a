"""The source checks must catch what they are for: each test breaks one rule in a small tree of its own.

    test_checks.py SOURCE_ROOT
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(sys.argv[1]) / "tools"))

import c_source  # noqa: E402
import check_format  # noqa: E402
import check_globals  # noqa: E402
import check_layers  # noqa: E402
import check_source  # noqa: E402

README = """# Rooms

| room | what it does | third-party header that only it includes |
|---|---|---|
| `store/` | files | |
| `video/` | frames | libav\\*, libheif |
| `roster/` | records | sqlite3 |
| `classroom/` | the story | |
| `cli/` | commands | |
| `aws/` | clouds | |
| `base/` | the ground | jansson, libcrypto |

Arrows point one way: cli -> classroom -> store, video, roster -> aws -> base.
"""
HEADER = """/* What it is for. */
#ifndef HR_{0}_H
#define HR_{0}_H

int hr_thing(void);

#endif
"""
GOOD = {
    "include/homeroom.h": "/* Public. */\n#ifndef HOMEROOM_H\n#define HOMEROOM_H\n\n#include <stdint.h>\n\n#endif\n",
    "src/README.md": README,
    "src/base/CMakeLists.txt": "hr_room(base SOURCES thing.c)\n",
    "src/base/thing.h": HEADER.format("BASE_THING"),
    "src/base/thing.c": '#include "base/thing.h"\n\n#include <jansson.h>\n#include <openssl/evp.h>\n#include <sys/stat.h>\n',
    "src/store/CMakeLists.txt": "hr_room(store SOURCES store.c)\n",
    "src/store/store.h": HEADER.format("STORE_STORE"),
    "src/store/store.c": '#include "store/store.h"\n\n#include "base/thing.h"\n#include "homeroom.h"\n',
    "src/video/CMakeLists.txt": "foreach(kind one two)\n  list(APPEND SOURCES read_${kind}.c)\nendforeach()\n",
    "src/video/read_one.c": "#include <libavformat/avformat.h>\n#include <libheif/heif.h>\n",
    "src/cli/CMakeLists.txt": "add_executable(homeroom environment.c)\n",
    "src/cli/environment.c": '#include <stdlib.h>\n\nconst char *home = NULL;\nvoid f(void)\n{\n    home = getenv("HOME");\n}\n',
}


class Tree(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.root = pathlib.Path(self.folder.name)
        for name, text in GOOD.items():
            self.write(name, text)

    def tearDown(self):
        self.folder.cleanup()

    def write(self, name, text):
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def problems(self):
        raise NotImplementedError

    def assert_one_problem(self, *parts):
        problems = self.problems()
        self.assertEqual(len(problems), 1, problems)
        for part in parts:
            self.assertIn(part, problems[0])

    def assert_fine(self):
        self.assertEqual(self.problems(), [])


class Layers(Tree):
    def problems(self):
        return check_layers.check(self.root)

    def test_good_tree(self):
        self.assert_fine()

    def test_upward(self):
        self.write("src/base/up.c", '\n#include "store/store.h"\n')
        self.assert_one_problem("src/base/up.c:2:", "base may not know store")

    def test_sideways(self):
        self.write("src/video/side.c", '#include "store/store.h"\n')
        self.assert_one_problem("video may not know store")

    def test_header_upward(self):
        self.write("src/store/up.h", '#include "classroom/story.h"\n')
        self.assert_one_problem("store may not know classroom")

    def test_public_header_includes_no_room(self):
        self.write("include/homeroom.h", '#include "base/thing.h"\n')
        self.assert_one_problem("include/homeroom.h:1:", "no room")

    def test_library_of_another_room(self):
        for header, owner in (("libavutil/frame.h", "video"), ("sqlite3.h", "roster"), ("jansson.h", "base"),
                              ("openssl/sha.h", "base"), ("libheif/heif.h", "video"), ("immintrin.h", "infer")):
            self.write("src/store/foreign.c", f"#include <{header}>\n")
            self.assert_one_problem(f"<{header}>", f"{owner} only")

    def test_library_nobody_knows(self):
        self.write("src/store/foreign.c", "#  include   <curl/curl.h>\n")
        self.assert_one_problem("<curl/curl.h>", "neither of the system nor in the table")

    def test_room_nobody_knows(self):
        self.write("src/attic/thing.c", "int x;\n")
        self.assert_one_problem("does not know the room 'attic'")

    def test_included_room_nobody_knows(self):
        self.write("src/store/foreign.c", '#include "attic/thing.h"\n')
        self.assert_one_problem("there is no room 'attic'")

    def test_path_without_a_room(self):
        self.write("src/store/near.c", '#include "store.h"\n')
        self.assert_one_problem('"store.h"', "name the room")

    def test_path_that_climbs(self):
        self.write("src/base/climb.c", '#include "base/../store/store.h"\n')
        self.assert_one_problem("name the room")

    def test_header_that_is_not_there(self):
        self.write("src/store/lost.c", '#include "base/lost.h"\n')
        self.assert_one_problem("no such file")

    def test_computed_include(self):
        self.write("src/store/computed.c", "#include HEADER\n")
        self.assert_one_problem("computed")

    def test_comment_is_no_include(self):
        self.write("src/base/comment.c", '/*\n#include "store/store.h"\n*/\n// #include <curl.h>\n')
        self.assert_fine()

    def test_readme_without_the_arrows(self):
        self.write("src/README.md", README.replace("Arrows", "Lines"))
        with self.assertRaisesRegex(ValueError, "Arrows"):
            self.problems()

    def test_readme_with_a_room_that_no_arrow_names(self):
        self.write("src/README.md", README.replace("| `base/`", "| `attic/` | dust | |\n| `base/`"))
        with self.assertRaisesRegex(ValueError, "attic"):
            self.problems()


class Source(Tree):
    def problems(self):
        return check_source.check(self.root)

    def body(self, *lines):
        self.write("src/store/store.c", "void f(void)\n{\n" + "".join(f"    {line}\n" for line in lines) + "}\n")

    def test_good_tree(self):
        self.assert_fine()

    def test_every_banned_call(self):
        for name in check_source.BANNED:
            self.body(f"x = {name} (y);")
            self.assert_one_problem("src/store/store.c:3:", f"{name}() is banned")

    def test_the_usual_suspects_are_banned(self):
        for name in ("gets strcpy strcat sprintf vsprintf strtok atoi system popen alloca rand tmpnam mktemp".split()):
            self.assertIn(name, check_source.BANNED)

    def test_calls_of_one_file_or_room(self):
        for name in check_source.ONLY_IN:
            self.body(f"{name}(y);")
            self.assert_one_problem(f"{name}() may stand in")

    def test_getenv_in_another_file_of_the_command_line(self):
        self.write("src/cli/environment.c", "")
        self.write("src/cli/environment.c", "int x;\n")
        self.write("src/cli/CMakeLists.txt", "environment.c main.c\n")
        self.write("src/cli/main.c", 'int main(void)\n{\n    return getenv("X") != 0;\n}\n')
        self.assert_one_problem("src/cli/main.c:3:", "getenv() may stand in src/cli/environment.c only")

    def test_names_that_only_look_like_it(self):
        self.body("my_strcpy(y);", "snprintf(b, 1, x);", "store->system(y);", "store.rand(y);", "/* strcpy(y) */",
                  'x = "system(y)";', "fprintf(s, x);", "strcpyx = 1;", "gmtime_r(a, b);")
        self.assert_fine()

    def test_notes_to_self(self):
        for note in ("// TODO: later", "/* FIXME */", "/* XXX */"):
            self.body(note)
            self.assert_one_problem("store.c:3:", "note to self")

    def test_line_length_at_and_above_the_limit(self):
        fits = "/* " + "x" * (check_source.LINE_MAX - 4 - 6) + " */"
        self.body(fits)
        self.assert_fine()
        self.body(fits.replace("x", "xx", 1))
        self.assert_one_problem("121 columns")

    def test_line_length_counts_characters(self):
        self.body("/* " + "é" * (check_source.LINE_MAX - 4 - 6) + " */")
        self.assert_fine()

    def test_tabs_and_spaces_at_the_end(self):
        self.body("x = 1; ")
        self.assert_one_problem("spaces at the end")
        self.body("\tx = 1;")
        self.assert_one_problem("a tab")

    def test_end_of_file(self):
        for text in ("int x;", "int x;\n\n"):
            self.write("src/store/store.c", text)
            self.assert_one_problem("one line end")

    def test_header_without_a_comment(self):
        self.write("src/store/store.h", HEADER.format("STORE_STORE").partition("\n")[2])
        self.assert_one_problem("begin with a comment")

    def test_header_with_a_wrong_guard(self):
        for guard in ("STORE_H", "BASE_STORE"):
            self.write("src/store/store.h", HEADER.format(guard))
            self.assert_one_problem("HR_STORE_STORE_H")

    def test_header_without_a_guard(self):
        self.write("src/store/store.h", "/* What it is for. */\nint hr_thing(void);\n")
        self.assert_one_problem("HR_STORE_STORE_H")

    def test_public_header_has_a_guard_of_its_own(self):
        self.write("include/homeroom.h", HEADER.format("HOMEROOM"))
        self.assert_one_problem("must be HOMEROOM_H")

    def test_file_that_nobody_builds(self):
        self.write("src/store/lost.c", "int x;\n")
        self.assert_one_problem("src/store/lost.c", "is not in src/store/CMakeLists.txt")

    def test_file_whose_name_is_only_part_of_one_that_is_built(self):
        self.write("src/store/tore.c", "int x;\n")
        self.assert_one_problem("tore.c")

    def test_file_that_only_a_comment_lists(self):
        self.write("src/store/CMakeLists.txt", "hr_room(store SOURCES other.c) # store.c\n")
        self.assert_one_problem("store.c")

    def test_file_that_a_loop_does_not_name(self):
        self.write("src/video/read_three.c", "int x;\n")
        self.assert_one_problem("read_three.c")

    def test_limit_that_no_test_tries(self):
        self.write("src/base/limits.h", HEADER.format("BASE_LIMITS").replace("int hr_thing(void);",
                                                                             "#define HR_LIMIT_ONE 1\n#define HR_LIMIT_TWO 2"))
        self.write("tests/base/test_limits.c", "int at = HR_LIMIT_ONE; /* HR_LIMIT_TWO */\nvoid f(void) { hr_buffer_init(&b, HR_LIMIT_TWO); }\n")
        self.assert_one_problem("no test", "HR_LIMIT_TWO")
        self.write("tests/base/test_other.c", "int beyond = HR_LIMIT_TWO + 1;\n")
        self.assert_fine()


class Format(unittest.TestCase):
    def test_other_layout_is_found(self):
        program = check_format.clang_format()
        if program is None:
            self.skipTest("there is no clang-format 14 here")
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            shutil.copy(pathlib.Path(sys.argv[1]) / ".clang-format", root)
            (root / "src").mkdir()
            (root / "src/a.c").write_text("int f(void)\n{\n    return 1; /*   as it   was written */\n}\n")
            self.assertEqual(check_format.check(root, program), ([], 0))
            (root / "src/a.c").write_text("int f(void) {\n  return 1;\n}\n")
            problems, status = check_format.check(root, program)
            self.assertNotEqual((problems, status), ([], 0))


class Globals(unittest.TestCase):
    def problems(self, code, name="thing.c", *options):
        with tempfile.TemporaryDirectory() as folder:
            source = pathlib.Path(folder) / name
            source.write_text(code, encoding="utf-8")
            compiled = f"{source}.o"
            subprocess.run([shutil.which("cc"), "-c", "-fPIC", "-O1", *options, "-o", compiled, source], check=True)
            return check_globals.check(check_globals.symbols([compiled]))

    def assert_found(self, code, name, *options):
        problems = self.problems(code, "thing.c", *options)
        self.assertEqual(len(problems), 1, problems)
        self.assertIn(f"thing.c: '{name}'", problems[0])

    def test_everything_that_can_change_is_found(self):
        self.assert_found("int counter;", "counter")
        self.assert_found("int counter = 3;", "counter")
        self.assert_found("int counter;", "counter", "-fcommon")
        self.assert_found("static int counter;\nint f(void)\n{\n    return counter++;\n}", "counter")
        self.assert_found("int f(void)\n{\n    static int inside = 7;\n    return inside++;\n}", "inside")
        self.assert_found("_Thread_local int of_a_thread;", "of_a_thread")
        self.assert_found("const char *names[] = {\"a\"};", "names")
        self.assert_found("int counter __attribute__((visibility(\"hidden\")));", "counter")
        self.assert_found("int counter;", "counter", "-fsanitize=address", "-g")
        self.assert_found("int counter;", "counter", "-fsanitize=thread", "-g")

    def test_constants_are_fine(self):
        code = "static const char *const names[] = {\"a\"};\nconst int x = 3;\nconst char *f(int i)\n{\n    return names[i];\n}"
        for options in ((), ("-fsanitize=address", "-g"), ("--coverage",), ("-fsanitize=undefined",)):
            self.assertEqual(self.problems(code, "thing.c", *options), [])

    def test_what_is_allowed_is_allowed_in_its_file_only(self):
        self.assertEqual(self.problems("int interrupted;", "interrupt.c"), [])
        self.assertEqual(len(self.problems("int interrupted;", "other.c")), 1)
        self.assertEqual(len(self.problems("int others;", "interrupt.c")), 1)


class Stripping(unittest.TestCase):
    def test_lines_stay(self):
        text = 'a /* 1\n2 */ "x//y" \'"\' // c\nb "/* no */"\n'
        self.assertEqual(c_source.without_comments(text), 'a     \n     "x//y" \'"\'     \nb "/* no */"\n')
        stripped = c_source.without_comments(text, texts_too=True)
        self.assertEqual(stripped.split(), ["a", "b"])
        self.assertEqual(stripped.count("\n"), text.count("\n"))


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
