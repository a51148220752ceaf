"""The counts that ./test ends with: nothing that failed or could not run may be counted as skipped or passed."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

SUMMARY = Path(__file__).resolve().parents[2] / "scripts" / "test_summary.py"


def case(name, status, inner=""):
    return f'<testcase name="{name}" status="{status}">{inner}</testcase>'


class TestSummary(unittest.TestCase):
    def summary(self, *cases):
        """(exit code, output lines) for a report of these cases."""
        with tempfile.NamedTemporaryFile("w", suffix=".xml") as report:
            report.write("<testsuite>" + "".join(cases) + "</testsuite>")
            report.flush()
            done = subprocess.run([sys.executable, SUMMARY, report.name], capture_output=True, text=True, check=False)
            return done.returncode, done.stdout.splitlines()

    def test_all_passed(self):
        self.assertEqual(self.summary(case("a", "run"), case("b", "run")), (0, ["2 passed, 0 failed, 0 skipped"]))

    def test_a_failure_is_named_and_fails_the_whole(self):
        code, lines = self.summary(case("a", "run"), case("b", "fail", '<failure message="Timeout"/>'))
        self.assertEqual((code, lines), (1, ["failed: b (Timeout)", "1 passed, 1 failed, 0 skipped"]))

    def test_a_skip_is_named_with_its_reason(self):
        skipped = "<skipped message='SKIP'/><system-out>x\nSKIPPED: no server\n</system-out>"
        code, lines = self.summary(case("a", "run"), case("b", "notrun", skipped))
        self.assertEqual((code, lines), (0, ["skipped: b (no server)", "1 passed, 0 failed, 1 skipped"]))

    def test_a_skip_after_a_failed_check_is_a_failure(self):
        skipped = "<system-out>SKIPPED: later\n[doctest] Status: FAILURE!\n</system-out>"
        self.assertEqual(self.summary(case("a", "run"), case("b", "notrun", skipped))[0], 1)

    def test_what_could_not_run_or_was_switched_off_is_a_failure(self):
        self.assertEqual(self.summary(case("a", "run"), case("b", "notrun", '<skipped message="no program"/>'))[0], 1)
        self.assertEqual(self.summary(case("a", "run"), case("b", "disabled"))[0], 1)

    def test_nothing_ran(self):
        self.assertEqual(self.summary(), (1, ["no test ran", "0 passed, 0 failed, 0 skipped"]))
        skipped = "<system-out>SKIPPED: all of it\n</system-out>"
        self.assertEqual(self.summary(case("a", "notrun", skipped))[0], 1)

    def test_a_report_that_is_missing_or_broken(self):
        done = subprocess.run([sys.executable, SUMMARY, "/nowhere.xml"], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout.splitlines()[-1]), (1, "0 passed, 0 failed, 0 skipped"))


if __name__ == "__main__":
    unittest.main()
