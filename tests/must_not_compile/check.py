#!/usr/bin/env python3
"""One forbidden program: it compiles as it stands and must not with -DMUST_NOT_COMPILE.

usage: check.py FILE COMPILER [FLAG...]

The line that must fail stands alone between #ifdef MUST_NOT_COMPILE and #endif. A program that fails elsewhere, or for
an unknown name or a syntax error, has not shown what it is for, and the check fails.
"""
import re
import subprocess
import sys

WRONG_REASON = re.compile(r"not declared|undeclared|does not name a type|unknown type|[Ee]xpected |has no member|No such file")


def guarded_lines(path):
    lines = open(path, encoding="utf-8").read().splitlines()
    first = lines.index("#ifdef MUST_NOT_COMPILE") + 2
    last = lines.index("#endif")
    return range(first, last + 1)


def compile_errors(command):
    """(exit code, [(file, line, message)], whole text)"""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    found = re.findall(r"^(.+?):(\d+):\d+: (?:fatal )?error: (.*)$", done.stderr, re.MULTILINE)
    return done.returncode, [(file, int(line), message) for file, line, message in found], done.stderr


def problem(path, command):
    """Why the check fails, or None."""
    code, _, text = compile_errors(command)
    if code != 0:
        return "the permitted part does not compile:\n" + text
    code, errors, text = compile_errors(command + ["-DMUST_NOT_COMPILE"])
    if code == 0:
        return "the forbidden line compiles"
    if not errors or any(file != path or line not in guarded_lines(path) for file, line, _ in errors):
        return "it fails, but not at the forbidden line:\n" + text
    if any(WRONG_REASON.search(message) for _, _, message in errors):
        return "it fails for a wrong reason:\n" + text
    print("rightly refused:", errors[0][2])
    return None


def main():
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    path, compiler = sys.argv[1], sys.argv[2:]
    reason = problem(path, compiler + ["-fsyntax-only", "-fdiagnostics-color=never", path])
    if reason:
        print(reason)
    return 1 if reason else 0


if __name__ == "__main__":
    sys.exit(main())
