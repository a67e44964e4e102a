"""Reads reports as others would, with Python's csv and json modules, and holds docs/report-format.md
against them.

    test_formats.py PRINT_REPORT REPORT_FORMAT_MD
"""

import csv
import io
import json
import re
import subprocess
import sys
import unittest

PROGRAM, DOCUMENT = sys.argv[1:3]


def report(which, form):
    run = subprocess.run([PROGRAM, which, form], stdout=subprocess.PIPE, check=True)
    return run.stdout.decode("utf-8")  # strict: what is not UTF-8 fails


def rows(which):
    return list(csv.reader(io.StringIO(report(which, "csv"), newline=""), strict=True))


def neutralised(text):
    return re.sub(r"\A(?=[=+\-@\t\r])|(?<=[;\t\r\n])(?=[=+\-@])", "'", text)


def document():
    with open(DOCUMENT, encoding="utf-8") as file:
        return file.read()


def example(language):
    blocks = re.findall(rf"^```{language}\n(.*?)^```$", document(), re.M | re.S)
    assert len(blocks) == 1, f"one example in {language} is expected"
    return blocks[0]


def keys_of(value):
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            if key != "extra":  # the columns of whoever imports
                yield from keys_of(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys_of(inner)


class ReadBack(unittest.TestCase):
    def test_csv_gives_the_cells_that_json_gives(self):
        header, *lines = rows("nasty")
        students = json.loads(report("nasty", "json"))["students"]
        self.assertEqual(len(lines), len(students))
        for line, student in zip(lines, students):
            cells = dict(zip(header, line, strict=True))
            for column in ("id", "name", "major", "year"):
                self.assertEqual(cells[column], neutralised(student[column]))
            for column in ("first_seen", "last_seen"):
                self.assertEqual(cells[column], student[column])
            for column in ("sightings", "tracks"):
                self.assertEqual(int(cells[column]), student[column])
            margin = None if cells["margin"] == "" else float(cells["margin"])
            self.assertEqual(margin, student["margin"])

    def test_no_cell_is_a_formula(self):
        for line in rows("nasty"):
            for cell in line:
                self.assertNotRegex(cell, r"\A[=+\-@\t\r]")

    def test_nothing_hides_behind_other_separators(self):
        for separator in ";\t":
            text = io.StringIO(report("nasty", "csv"), newline="")
            for line in csv.reader(text, delimiter=separator):
                for cell in line:
                    self.assertNotRegex(cell, r"\A[=+\-@]")

    def test_every_line_ends_in_crlf(self):
        self.assertTrue(report("nasty", "csv").endswith("\r\n"))
        self.assertTrue(report("sample", "csv").count("\r\n") == report("sample", "csv").count("\n"))


class Documented(unittest.TestCase):
    def test_csv_example_is_what_is_written(self):
        self.assertEqual(example("csv"), report("sample", "csv").replace("\r\n", "\n"))

    def test_json_example_is_what_is_written(self):
        version = r'"homeroom": "[^"]*"'
        self.assertEqual(
            re.sub(version, "", example("json")), re.sub(version, "", report("sample", "json"))
        )

    def test_every_column_is_described(self):
        for column in rows("sample")[0]:
            self.assertIn(f"| `{column}` |", document())

    def test_every_member_is_described(self):
        for key in keys_of(json.loads(report("sample", "json"))):
            self.assertIn(f"`{key}`", document())

    def test_schema_is_named(self):
        self.assertIn(f"`{json.loads(report('sample', 'json'))['schema']}`", document())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
