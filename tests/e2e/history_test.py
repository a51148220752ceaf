"""The history of a venue as its operator sees it, with the default store: it is there without being asked for and equal to the
journal while the venue trades, after kill -9 and after a stop; a store that is lost, another venue's, ahead of the journal or of a
newer program is told with what to do, and trading goes on; dcx history check, rebuild, catch-up, status and prune.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/history_test.py
"""

import datetime
import json
import os
import re
import shutil
import sqlite3
import subprocess

from upgrade_test import fixed_ports, take_over
from venue import PROGRAM, Venue, ask, wait_until

LOAD = "sim = true\n[sim]\norders_per_second = 300\ntraders = 3\n"


class Trading(Venue):
    """A venue with simulated traders, and what is asked of its history."""

    def __init__(self, extra=""):
        super().__init__(LOAD + extra)
        self.told = 0  # bytes of the log

    @property
    def store(self):
        return os.path.join(self.data, "history.sqlite")

    def history(self, what, *arguments, code=0):
        done = subprocess.run([PROGRAM, "history", what, "--config", self.config, "--data", self.data, "--json", *arguments],
                              capture_output=True, text=True, timeout=180, check=False)
        assert done.returncode == code, f"{what}: {done}"
        return [json.loads(line) for line in done.stdout.splitlines()] if code == 0 else done

    def number(self, name):
        for line in self.admin("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def trade_on(self, commands=200):
        wanted = self.number("dcx_engine_durable_sequence") + commands
        wait_until(lambda: self.number("dcx_engine_durable_sequence") >= wanted, 60, "commands")

    def wait_until_stored(self):
        durable = self.number("dcx_engine_durable_sequence")
        wait_until(lambda: self.number("dcx_history_sequence") >= durable, 60, f"the history of {durable}")

    def check(self):
        """All rows equal those that the journal makes; as of which command."""
        last = self.history("check")[-1]
        assert last["equal"] is True and last["differences"] == 0 and last["rows"] > 0, last
        return last["sequence"]

    def log_since_start(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()[self.told:]

    def start(self, limit=60):
        path = os.path.join(self.folder, "log")
        self.told = os.path.getsize(path) if os.path.exists(path) else 0
        return super().start(limit)

    def refused(self, word, *what):
        """The history stands still, is told with the word and what to do, and trading goes on."""
        wait_until(lambda: re.search(rf" error history .*{word}", self.log_since_start()), 60, f"a line about {word}")
        line = next(line for line in self.log_since_start().splitlines() if re.search(rf" error history .*{word}", line))
        assert all(text in line for text in what), (line, what)
        assert self.number("dcx_history_up") == 0
        self.trade_on()
        assert self.number("dcx_history_lag_commands") > 0 and self.number("dcx_history_errors_total") > 0
        health = json.loads(self.admin("/health")[1])
        assert word in health["history"]["reason"], health
        assert self.admin("/ready")[0] == 200
        assert len(re.findall(rf" error history .*{word}", self.log_since_start())) == 1, "a flood"


def copy_store(source, target):
    for name in os.listdir(os.path.dirname(source)):
        if name.startswith("history.sqlite"):
            shutil.copy2(os.path.join(os.path.dirname(source), name), os.path.join(target, name))


def remove_store(venue):
    for name in os.listdir(venue.data):
        if name.startswith("history.sqlite"):
            os.remove(os.path.join(venue.data, name))


def check_life(venue):
    """While it runs, after kill -9, and after a stop nothing is missing."""
    venue.start()
    venue.trade_on()
    venue.check()
    venue.wait_until_stored()
    assert venue.number("dcx_history_up") == 1 and venue.number("dcx_history_rows_total") > 100
    assert venue.number("dcx_history_commits_total") > 0 and venue.number("dcx_history_errors_total") == 0
    assert "history" in json.loads(venue.admin("/health")[1])
    venue.kill()
    assert venue.check() <= venue.replay()["sequence"]
    venue.start()
    venue.trade_on()
    assert venue.check() > 0
    assert venue.stop() == 0
    assert venue.check() == venue.replay()["sequence"], "a stop stores what is durable"
    status = venue.history("status")[0]
    assert status["lag_commands"] == 0 and status["sequence"] == venue.replay()["sequence"], status
    assert status["rows"]["orders"] > 0 and status["rows"]["trades"] > 0 and status["bytes"] > 10_000, status


def check_remade(venue):
    """A store that was deleted while the venue was stopped; one that the venue holds; one that the commands make."""
    remove_store(venue)
    assert "not_there" in venue.history("check", code=1).stderr
    venue.start()
    venue.trade_on(50)
    venue.wait_until_stored()
    assert venue.check() > 0
    refused = venue.history("rebuild", code=1).stderr
    assert "locked" in refused and "the venue runs" in refused, refused
    assert venue.stop() == 0
    sequence = venue.replay()["sequence"]
    remove_store(venue)
    made = venue.history("catch-up")[0]
    assert made["sequence"] == made["commands"] == sequence, made
    assert venue.check() == sequence
    assert venue.history("catch-up")[0]["commands"] == 0
    again = venue.history("rebuild")[0]
    # A row that changes is written once a batch: how often depends on where batches end.
    assert again["sequence"] == sequence and again["rows"] > 0, (made, again)
    assert venue.check() == sequence


def check_finds_differences(venue):
    """What somebody changes in the store is found and named; a rebuild mends it."""
    with sqlite3.connect(venue.store) as database:
        day, sequence, index = database.execute("SELECT day, sequence, event_index FROM trades ORDER BY sequence LIMIT 1").fetchone()
        database.execute("UPDATE trades SET quantity = quantity + 1 WHERE sequence = ? AND event_index = ?", (sequence, index))
        database.execute("DELETE FROM balances WHERE account_id = 2 AND asset_id = 1")
    done = venue.history("check", code=1)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert lines[-1]["equal"] is False and lines[-1]["differences"] == 2, lines
    told = {line["table"]: line["difference"] for line in lines[:-1]}
    assert told["trades"].startswith(f"day={day} sequence={sequence} event_index={index}: quantity is "), told
    assert told["balances"] == "account_id=2 asset_id=1: is missing", told
    venue.history("rebuild")
    venue.check()


def check_newer_schema(venue):
    """The store of a newer program is left as it is; trading goes on; what was mended while it runs is taken again."""
    with sqlite3.connect(venue.store) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(schema_migrations)")]
        database.execute(f"INSERT INTO schema_migrations SELECT 999, {', '.join(columns[1:])} FROM schema_migrations LIMIT 1")
    venue.start()
    venue.refused("newer_schema")
    assert "newer_schema" in venue.history("check", code=1).stderr + venue.history("rebuild", code=1).stderr
    with sqlite3.connect(venue.store) as database:
        database.execute("DELETE FROM schema_migrations WHERE version = 999")
    wait_until(lambda: venue.number("dcx_history_up") == 1, 60, "the mended store")
    venue.trade_on(50)
    venue.check()
    assert venue.stop() == 0


def check_other_journals(venue):
    """A store that is ahead of the journal (which was restored from an older backup), and another venue's."""
    backup = os.path.join(venue.folder, "older")
    shutil.copytree(venue.data, backup, ignore=shutil.ignore_patterns("history.sqlite*", "*.sock"))
    venue.start()
    venue.trade_on(300)
    # A stop gives up what does not come on for two seconds.
    venue.wait_until_stored()
    assert venue.stop() == 0
    copy_store(venue.store, backup)
    ahead, venue.data = venue.data, backup
    done = venue.history("check", code=1)
    assert "ahead" in done.stderr, done
    venue.start()
    # Soon the journal has as many commands as the store, but others: then it would be `diverged`.
    wait_until(lambda: re.search(r" error history .*\((ahead|diverged)\)", venue.log_since_start()), 60, "a line about it")
    assert "dcx history rebuild" in venue.log_since_start()
    assert venue.number("dcx_history_up") == 0
    venue.trade_on()
    # The venue has let go of it: it is made again beside the running venue, which then goes on with it.
    rebuilt = venue.history("rebuild")[0]
    assert rebuilt["rows"] > 0
    wait_until(lambda: venue.number("dcx_history_up") == 1, 120, "the rebuilt store")
    venue.trade_on(50)
    venue.check()
    assert venue.stop() == 0
    venue.data = ahead
    with Trading() as other:
        other.start()
        other.trade_on(50)
        other.wait_until_stored()
        assert other.stop() == 0
        remove_store(venue)
        copy_store(other.store, venue.data)
    venue.start()
    venue.refused("other_venue", "dcx history rebuild")
    assert venue.stop() == 0
    assert "other_venue" in venue.history("catch-up", code=1).stderr
    venue.history("rebuild")
    venue.check()


def check_prune(venue):
    for day, why in (("2199-01-01", "lies behind"), ("yesterday", "is no day"), ("2026-02-30", "is no day")):
        refused = venue.history("prune", "--before", day, code=1)
        assert why in refused.stderr, refused
    # Of a quarter of an hour ago: trades that can still be taken back are never pruned.
    stored = datetime.datetime.fromisoformat(venue.history("status")[0]["time"][:19])
    today = (stored - datetime.timedelta(minutes=16)).date().isoformat()
    before = venue.history("status")[0]["rows"]
    assert venue.history("prune", "--before", today)[0]["pruned_before"] == today
    status = venue.history("status")[0]
    assert status["pruned_before"] == today and status["rows"]["accounts"] == before["accounts"], status
    venue.check()
    venue.start()
    token = open(os.path.join(venue.data, "admin.token"), encoding="ascii").read().strip()
    bearer = {"Authorization": "Bearer " + token}
    url = venue.ready["admin"] + "/actions/prune-history"
    assert ask(url + "?before=someday", "POST", bearer)[0] == 409
    assert ask(url + "?before=2199-01-01", "POST", bearer)[0] == 409
    done = subprocess.run([PROGRAM, "admin", "call", "prune-history?before=" + today, "--data", venue.data],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done
    wait_until(lambda: " history pruned " in venue.log_since_start(), 30, "the line about it")
    venue.check()
    assert venue.stop() == 0


def check_handover(venue):
    """A shadow takes the venue over, and the history store with it."""
    venue.start()
    config = fixed_ports(venue)
    venue.trade_on(50)
    venue.wait_until_stored()
    take_over(venue, config)
    venue.trade_on(50)
    venue.wait_until_stored()
    assert venue.number("dcx_history_up") == 1
    venue.check()
    assert venue.stop() == 0
    assert venue.check() == venue.replay()["sequence"]


def check_none():
    """Switched off, there is no store; without a journal it is told that there is none."""
    with Trading('[history]\nstore = "none"\n') as venue:
        venue.start()
        venue.trade_on(50)
        assert "dcx_history_up" not in venue.admin("/metrics")[1] and not os.path.exists(venue.store)
        assert venue.stop() == 0
        assert "history.store" in venue.history("check", code=1).stderr
    with Trading() as venue:
        with open(venue.config, encoding="utf-8") as file:
            text = file.read()
        with open(venue.config, "w", encoding="utf-8") as file:
            file.write(text.replace("sim = true", 'sim = true\ndurability = "memory"'))
        venue.start()
        assert re.search(r"warning history is not kept .*there is no journal", venue.log_text()), venue.log_text()
        assert not os.path.exists(venue.store)
        assert venue.stop() == 0


def main():
    with Trading() as venue:
        check_life(venue)
        check_handover(venue)
        check_remade(venue)
        check_finds_differences(venue)
        check_newer_schema(venue)
        check_prune(venue)
        venue.history("rebuild")
        check_other_journals(venue)
    check_none()
    print("history: equal to the journal in every state of a venue, faults told, trading untouched")


if __name__ == "__main__":
    main()
