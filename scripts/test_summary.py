#!/usr/bin/env python3
"""Reads ctest's JUnit report; prints what was skipped and why, what failed, and as the last line the three counts.

Exit code 0 when something passed and nothing failed. A test counts as skipped only when it said so itself (its output
has a line "SKIPPED: reason"); a test that ctest could not run, or that skipped after a failed check, has failed.
"""
import re
import sys
import xml.etree.ElementTree as ElementTree


def outcome(case):
    """('passed' | 'failed' | 'skipped', reason) of one <testcase>."""
    output = case.findtext("system-out") or ""
    status = case.get("status")
    if status == "run":
        return "passed", ""
    if status == "notrun":
        reason = re.search(r"^SKIPPED: (.*)$", output, re.MULTILINE)
        if reason and "Status: FAILURE!" not in output:
            return "skipped", reason.group(1).strip()
        skipped = case.find("skipped")
        return "failed", skipped.get("message", "") if skipped is not None else "not run"
    if status == "disabled":
        return "failed", "disabled in CMake: a test is never switched off silently"
    failure = case.find("failure")
    return "failed", failure.get("message", "") if failure is not None else status


def main():
    if len(sys.argv) != 2:
        print("usage: test_summary.py REPORT.xml", file=sys.stderr)
        return 2
    try:
        cases = ElementTree.parse(sys.argv[1]).getroot().iter("testcase")
        results = [(case.get("name"), *outcome(case)) for case in cases]
    except (OSError, ElementTree.ParseError) as error:
        print(f"no test report: {error}")
        results = []
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for name, result, reason in results:
        counts[result] += 1
        if result != "passed":
            print(f"{result}: {name}" + (f" ({reason})" if reason else ""))
    if not results:
        print("no test ran")
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**counts))
    return 0 if counts["passed"] > 0 and counts["failed"] == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
