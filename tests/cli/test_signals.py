"""What would end another program in the middle of its work: limits, readers that go away, terminals that close."""

import re
import resource
import signal
import sqlite3

from harness import *

SIGNALS = {name: getattr(signal, "SIG" + name) for name in ("PIPE", "XFSZ", "TTOU", "HUP", "XCPU", "INT", "TERM")}


def files_of(count):
    """For a child: no file may have more bytes."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (count, count))


class Limits(Case):
    def class_without_a_log(self):
        """To read a database with a write-ahead log SQLite makes a file of 32 KiB beside it: more than these limits."""
        self.enrolled()
        database = sqlite3.connect(self.db)
        self.assertEqual(database.execute("PRAGMA journal_mode=DELETE").fetchone()[0], "delete")
        database.close()

    def test_a_report_that_is_too_large_is_an_error_and_leaves_nothing(self):
        self.class_without_a_log()
        (self.dir / "out").mkdir()
        video = self.videos() / "obama.mp4"
        result = self.run_it("recognize", "-o", "out", "-f", "json", video, preexec_fn=files_of(100), status=IO)
        self.assertRegex(result.err, r"error: .*obama.json': File too large\n\Z")
        self.assertEqual(list((self.dir / "out").iterdir()), [], "half a report")
        self.run_it("recognize", "-o", "out", "-f", "json", video)
        before = (self.dir / "out" / "obama.json").read_bytes()
        self.run_it("recognize", "-o", "out", "-f", "json", video, preexec_fn=files_of(100), status=IO)
        self.assertEqual((self.dir / "out" / "obama.json").read_bytes(), before, "the report that was there is not")
        self.assertEqual(len(list((self.dir / "out").iterdir())), 1)

    def test_an_answer_that_is_too_large(self):
        self.class_without_a_log()
        with open(self.dir / "answer", "wb") as answer:
            result = self.run_it("students", stdout=answer, preexec_fn=files_of(20), status=IO)
        self.assertRegex(result.err, r"\Aerror: standard output does not take the answer \(.*the size of files.*\)\n\Z")


class Database(Case):
    needs_models = False

    def test_a_class_can_be_read_under_the_limit(self):
        """Its lock file would be too large: it is read without one, as on a full disk."""
        table = self.dir / "table.csv"
        table.write_text("id,name\n1,Ann\n")
        self.run_it("import", "students", table)
        result = self.run_it("students", preexec_fn=files_of(100))
        self.assertIn("Ann", result.out)

    def test_a_class_that_is_too_large_is_not_half_there(self):
        table = self.dir / "table.csv"
        table.write_text("id,name\n1,Ann\n")
        self.run_it("import", "students", table)
        table.write_text("id,name\n" + "".join(f"{number},Student {number}\n" for number in range(20000)))
        size = self.db.stat().st_size
        result = self.run_it("import", "students", table, preexec_fn=files_of(size + 4096), status=None)
        self.assertGreater(result.status, 0, f"a death: {result}")
        self.assertIn("error: ", result.err)
        self.assertEqual(self.run_it("export").out, "id,name,major,year\r\n1,Ann,,\r\n")


class Reader(Case):
    needs_models = False

    def test_a_reader_that_goes_away(self):
        table = self.dir / "table.csv"
        table.write_text("id,name\n" + "".join(f"{number},Student {number}\n" for number in range(20000)))
        self.run_it("import", "students", table)
        for words in (("students",), ("export",), ("students", "--json")):
            process = self.start(*words)
            process.stdout.readline()
            process.stdout.close()
            error = process.stderr.read().decode("utf-8")
            self.assertEqual(process.wait(240), IO, error)
            self.assertIn("standard output does not take the answer (whoever read it has gone)", error)
            self.assertEqual(error.count("\n"), 1)


class Terminal(Case):
    def disposition(self, process):
        """{name of a signal: "caught", "ignored", "default"} once the program is at work."""
        def masks():
            status = Path(f"/proc/{process.pid}/status").read_text()
            return [int(re.search(rf"(?m)^{kind}:\s*([0-9a-f]+)", status)[1], 16) for kind in ("SigCgt", "SigIgn")]

        self.wait_for(lambda: masks()[0] >> SIGNALS["TERM"] - 1 & 1, process)
        caught, ignored = masks()
        return {name: "caught" if caught >> number - 1 & 1 else "ignored" if ignored >> number - 1 & 1 else "default"
                for name, number in SIGNALS.items()}

    def test_a_terminal_that_closes_ends_it_in_order(self):
        self.enrolled()
        (self.dir / "out").mkdir()
        for number in (signal.SIGHUP, signal.SIGXCPU):
            process = self.start("recognize", "-o", "out", self.long_video())
            self.assertEqual(self.disposition(process), {"PIPE": "ignored", "XFSZ": "ignored", "TTOU": "ignored",
                                                         "HUP": "caught", "XCPU": "caught", "INT": "caught", "TERM": "caught"})
            for _ in range(3):  # the kernel, the shell; each second
                process.send_signal(number)
            result = self.finish(process, DEADLINE)
            self.assertIn("long.mp4", result.err)
            self.assertEqual(list((self.dir / "out").iterdir()), [], "half a report")

    def test_nohup_is_heeded(self):
        self.enrolled()
        process = self.start("recognize", "-o", "out", self.long_video(),
                             preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        self.assertEqual(self.disposition(process)["HUP"], "ignored")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        self.finish(process, DEADLINE)


if __name__ == "__main__":
    main()
