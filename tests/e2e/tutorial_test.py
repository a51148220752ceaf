"""The console blocks of README.md, typed into a shell as they stand: each command must print what stands below it, where
an ellipsis stands for anything. They run in an empty folder that has only the program."""

import os
import re
import selectors
import shutil
import subprocess
import sys
import tempfile
import time

from venue import PROGRAM

REPOSITORY = os.environ.get("DCX_REPOSITORY") or os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def commands_of(text):
    """[(command, [expected lines])] of all ```console blocks."""
    result = []
    for block in re.findall(r"^```console\n(.*?)^```$", text, re.MULTILINE | re.DOTALL):
        for line in block.splitlines():
            if line.startswith("$ "):
                result.append((line[2:], []))
            else:
                result[-1][1].append(line)
    return result


def matches(expected, line):
    return re.fullmatch(".*".join(re.escape(part) for part in expected.split("…")), line) is not None


class Shell:
    def __init__(self, folder):
        # Output and errors in one stream, as a terminal shows them.
        self.process = subprocess.Popen(["bash", "--noprofile", "--norc"], cwd=folder, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        env={k: v for k, v in os.environ.items() if not k.startswith("DCX_")})
        self.buffer = b""
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def type(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        self.process.stdin.flush()

    def line(self, limit=30):
        end = time.monotonic() + limit
        while b"\n" not in self.buffer:
            assert self.selector.select(max(0, end - time.monotonic())), f"no more output than {self.buffer!r}"
            data = os.read(self.process.stdout.fileno(), 65536)
            assert data, f"the shell ended; its last words: {self.buffer!r}"
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()

    def run(self, command, expected):
        """The lines that the command prints. One in the background is waited for by what it is expected to print."""
        self.type(command)
        if command.endswith("&"):
            return [self.line() for _ in expected]
        self.type("echo '--done--'")
        lines = []
        while not lines or lines[-1] != "--done--":
            lines.append(self.line())
        return lines[:-1]

    def close(self):
        self.process.stdin.close()
        self.process.wait(60)


def check_extraction():
    text = "x\n```console\n$ a\nb\n\n$ c &\n```\ny\n```\n$ no\n```\n```console\n$ d\n```\n"
    assert commands_of(text) == [("a", ["b", ""]), ("c &", []), ("d", [])], commands_of(text)
    assert matches("port …, done", "port 7, done") and not matches("port …", "part 7") and not matches("a.c", "abc")


def main():
    check_extraction()
    with open(os.path.join(REPOSITORY, "README.md"), encoding="utf-8") as file:
        commands = commands_of(file.read())
    assert len(commands) > 10, "README.md has lost its tutorial"
    assert os.access(PROGRAM, os.X_OK), f"{PROGRAM} is not there: ./test builds it"
    folder = tempfile.mkdtemp(prefix="dcx-tutorial-")
    shell = None
    try:
        os.makedirs(os.path.join(folder, "build/release"))
        os.symlink(os.path.abspath(PROGRAM), os.path.join(folder, "build/release/dcx"))
        shell = Shell(folder)
        for command, expected in commands:
            lines = shell.run(command, expected)
            same = len(lines) == len(expected) and all(map(matches, expected, lines))
            if not same:
                sys.exit("$ {}\nprinted:\n{}\nREADME.md says:\n{}".format(command, "\n".join(lines), "\n".join(expected)))
    finally:
        if shell:
            # What a tutorial that broke off has left running.
            shell.type("kill $(jobs -p) 2>/dev/null; wait")
            shell.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(f"tutorial: {len(commands)} commands, ok")


if __name__ == "__main__":
    main()
