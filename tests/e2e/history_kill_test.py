"""kill -9 of whoever writes the history, in a loop at random moments while orders flow: history_kill_test.py --store sqlite|
postgresql --kills N --seed S. Killed are the venue itself (under load, while it starts, while it stops) and `dcx history
catch-up` and `rebuild` beside the journal it has left. After every kill all rows of the store equal, row for row, those
which the naive history (tests/history) makes of the journal up to the store's cursor; and at the end of each folder those of the
whole journal."""

import argparse
import collections
import os
import random
import shutil
import subprocess
import sys
import time

from crowd import Crowd, SmallVenue
from history_store import HistoryStore, catch_up, history_command
from servers import NotInstalled, PrivatePostgres

KILLS_PER_FOLDER = 40  # each comparison replays the whole journal


class Loop:
    def __init__(self, seed, kind, postgres):
        self.random = random.Random(seed)
        self.kind, self.postgres = kind, postgres
        self.counts = collections.Counter()
        self.cursors = set()

    def run(self, kills):
        """One folder's life."""
        end = self.counts["kills"] + kills
        self.store = HistoryStore(self.kind, self.postgres.fresh_database() if self.postgres else "")
        with SmallVenue(f'layout = "{("split", "single")[self.counts["folders"] % 2]}"\n{self.store.config()}') as venue:
            try:
                venue.start()
                crowd = Crowd(venue, self.random)
                while self.counts["kills"] < end:
                    self.load_and_kill(venue, crowd)
                    if self.random.random() < 0.6:
                        self.kill_commands(venue)
                    self.kill_start(venue)
                    crowd.start_and_check()
                crowd.leave()
                assert venue.stop() == 0, venue.log_text()
                catch_up(venue)
                self.compare(venue, at_least=venue.replay()["sequence"])
            except BaseException:
                kept = f"/tmp/dcx-history-kill-{os.getpid()}"
                shutil.copytree(venue.folder, kept, dirs_exist_ok=True)
                print(f"kept: {kept}\n{venue.log_text()}", file=sys.stderr)
                raise
        self.counts["folders"] += 1
        self.counts["commands"] += crowd.sent()

    def compare(self, venue, at_least=0):
        begun = time.monotonic()
        cursor = self.store.compare(venue, at_least)
        self.counts["comparisons"] += 1
        self.counts["seconds of comparisons"] += time.monotonic() - begun
        self.cursors.add(cursor)
        return cursor

    def killed(self, venue, what):
        self.counts["kills"] += 1
        self.counts[what] += 1
        return self.compare(venue)

    def load_and_kill(self, venue, crowd):
        crowd.begin_load()
        crowd.wait_until_sent(self.random.randint(0, 1500))
        # Also when it is far behind, in the middle of a batch, and when it has caught up.
        time.sleep(self.random.choice((0.02, 0.3, 1.5)) * self.random.random())
        stopping = self.random.random() < 0.15
        if stopping:
            venue.process.terminate()
            time.sleep(self.random.uniform(0, 0.06))
        venue.kill()
        crowd.join()
        durable = venue.replay()["sequence"]
        cursor = self.killed(venue, "while it stopped" if stopping else "under load")
        assert cursor <= durable
        self.counts["commands left to be stored"] += durable - cursor

    def kill_start(self, venue):
        if self.random.random() < 0.5:
            return
        venue.begin()
        time.sleep(self.random.uniform(0, 0.15))
        venue.kill()
        self.killed(venue, "while it started")

    def kill_commands(self, venue):
        """Some kills of a catch-up or a rebuild, and sometimes one that comes to its end."""
        what = "rebuild" if self.random.random() < 0.3 else "catch-up"
        for _ in range(self.random.randint(1, 3)):
            process = subprocess.Popen(history_command(venue, what), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            try:
                output, _ = process.communicate(timeout=self.random.uniform(0, 0.4))
                assert process.returncode == 0, output.decode(errors="replace")
                self.counts[f"{what} came to its end"] += 1
                # Of what a killed venue has left the last batch is not known to be durable.
                self.compare(venue)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
                self.killed(venue, f"in the middle of {what}")


def main():
    parser = argparse.ArgumentParser(description="Kills whoever writes the history and compares all rows.")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("DCX_SEED", "1")))
    options = parser.parse_args()
    if os.environ.get("DCX_SOAK") == "1":
        options.kills = max(options.kills, 200)
    if options.store == "sqlite":
        run(options, None)
        return
    try:
        with PrivatePostgres() as postgres:
            run(options, postgres)
    except NotInstalled as reason:
        print(f"SKIPPED: {reason}")


def run(options, postgres):
    loop, begun = Loop(options.seed, options.store, postgres), time.monotonic()
    while loop.counts["kills"] < options.kills:
        loop.run(min(KILLS_PER_FOLDER, options.kills - loop.counts["kills"]))
    counts = loop.counts
    kinds = ", ".join(f"{count:.0f} {name}" for name, count in sorted(counts.items()) if name != "kills")
    print(f"{options.store}: {counts['kills']} kills, {time.monotonic() - begun:.0f} s, seed {options.seed}: {kinds}; "
          f"{len(loop.cursors)} different cursors")
    assert counts["commands"] > 30 * counts["kills"], "too little load to mean anything"
    assert len(loop.cursors) > 3, "the store hardly moved"


if __name__ == "__main__":
    main()
