"""The console blocks of docs/proofs.md, typed as they stand, and its table of errors.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/proofs_doc_test.py
"""

import os
import re
import shutil
import sys
import tempfile

from tutorial_test import REPOSITORY, Shell, commands_of, matches
from venue import PROGRAM


def read(path):
    with open(os.path.join(REPOSITORY, path), encoding="utf-8") as file:
        return file.read()


def check_errors(text):
    said = re.findall(r"^\| (\d+) \| `(\w+)` \| \S", text, re.MULTILINE)
    known = re.findall(r"^    (\w+) = (\d+),", read("src/proof/proof_error.h"), re.MULTILINE)
    assert said == [(number, name) for name, number in known], set(said) ^ {(number, name) for name, number in known}


def type_all(text):
    commands = commands_of(text)
    assert len(commands) > 15, "docs/proofs.md has lost its example"
    folder = tempfile.mkdtemp(prefix="dcx-proofs-")
    shell = None
    try:
        os.makedirs(os.path.join(folder, "build/release"))
        os.symlink(os.path.abspath(PROGRAM), os.path.join(folder, "build/release/dcx"))
        shell = Shell(folder)
        for command, expected in commands:
            # The blank line between two blocks is none of the output.
            expected = [line for line in expected if line]
            lines = [line for line in shell.run(command, expected) if line]
            same = len(lines) == len(expected) and all(map(matches, expected, lines))
            if not same:
                sys.exit("$ {}\nprinted:\n{}\ndocs/proofs.md says:\n{}".format(command, "\n".join(lines), "\n".join(expected)))
    finally:
        if shell:
            shell.type("kill $(jobs -p) 2>/dev/null; wait")
            shell.close()
        shutil.rmtree(folder, ignore_errors=True)
    return len(commands)


def main():
    text = read("docs/proofs.md")
    check_errors(text)
    print(f"docs/proofs.md: {type_all(text)} commands, ok")


if __name__ == "__main__":
    main()
