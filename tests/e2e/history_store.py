"""The history store of a test's venue from outside: its configuration, the program that compares all of its rows with those
made anew from the journal (tests/history), and what the venue says of it."""

import os
import re
import subprocess
import sys

from venue import PROGRAM, wait_until

COMPARE = os.environ.get("DCX_HISTORY_COMPARE", "build/dev/tests/history/dcx_history_compare")
NOTHING_THERE = 3


class Different(AssertionError):
    pass


class HistoryStore:
    """`url` empty: SQLite's default, a file in the venue's folder."""

    def __init__(self, kind, url=""):
        if not os.access(COMPARE, os.X_OK):
            sys.exit(f"{COMPARE} is not there: ./test builds it, DCX_HISTORY_COMPARE names it")
        self.kind, self.url = kind, url
        self.archive = ""  # the folder that the venue packs its segments into
        self.last_text = ""

    def config(self):
        return f'[history]\nstore = "{self.kind}"\nurl = "{self.url}"\n'

    def place(self, venue):
        if self.url or self.kind != "sqlite":
            return self.url
        return os.path.join(venue.data, "history.sqlite")

    def compare(self, venue, at_least=0, url=None):
        """All rows are those of the journal up to the store's cursor, or Different is raised; the number of that command,
        0 when nothing was stored yet."""
        command = [COMPARE, "--journal", venue.journal, "--store", self.kind, "--url", url or self.place(venue),
                   "--at-least", str(at_least)]
        if self.archive:
            command += ["--archive", self.archive]
        done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
        self.last_text = done.stdout + done.stderr
        if done.returncode == NOTHING_THERE and not at_least:
            return 0
        if done.returncode != 0:
            raise Different(f"{' '.join(command)}: exit code {done.returncode}\n{self.last_text}")
        return int(re.search(r"as of command (\d+)", done.stdout)[1])


def history_command(venue, what, *arguments):
    return [PROGRAM, "history", what, "--config", venue.config, "--data", venue.data, *arguments]


def catch_up(venue, limit=300):
    done = subprocess.run(history_command(venue, "catch-up"), capture_output=True, text=True, timeout=limit, check=False)
    assert done.returncode == 0, f"catch-up: {done.returncode}\n{done.stdout}{done.stderr}"


def metric(venue, name):
    for line in venue.admin("/metrics")[1].splitlines():
        if line.startswith(name + " "):
            return float(line.split()[1])
    raise AssertionError(f"no metric {name}")


def metrics(venue):
    """All of them at one moment; those with labels by their whole name."""
    return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1])
            for line in venue.admin("/metrics")[1].splitlines() if line and not line.startswith("#")}


def wait_until_stored(venue, limit=120):
    """All that is durable now is stored; what comes meanwhile need not be."""
    durable = metric(venue, "dcx_history_sequence") + metric(venue, "dcx_history_lag_commands")
    wait_until(lambda: metric(venue, "dcx_history_sequence") >= durable, limit, f"the history of command {durable:.0f}")
    return int(durable)
