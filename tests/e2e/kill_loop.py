"""kill -9 in a loop under load: kill_loop.py --kills N --seed S. Clients place, cancel, trade, transfer, pend, post and void
without waiting; the program is killed at random moments, also while it starts, right after it is ready, while it stops, and
twice in a row. What a kill leaves is whole as far as the kernel took it; so after some of them the batch that nobody was told
of is torn as a loss of power would, any of its sectors missing. After every start:

- every session's numbers are those of the commands and reports that the venue must have, at least all acknowledged ones;
- balances, open orders and pendings are exactly those of the commands that are there, wholly or not at all;
- what is sent again has one outcome: lost commands are taken now, others are refused as known;
- money is conserved, counted from outside and by the venue's own audit;
- `dcx replay` of the folder comes to the same sequence as the start, and compares the live engine's hash of all events up
  to the last checkpoint, of which there is one in each hundred commands."""

import argparse
import collections
import os
import random
import shutil
import signal
import sys
import time

from crowd import Crowd, SmallVenue
from journal_bytes import batches_of, read, without_sectors

KILLS_PER_FOLDER = 100  # so that a start takes a fraction of a second


class Loop:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.counts = collections.Counter()
        self.slowest_start = 0.0

    def run(self, kills):
        """One folder's life."""
        end = self.counts["kills"] + kills
        with SmallVenue(f'layout = "{("split", "single")[self.counts["folders"] % 2]}"\n') as venue:
            try:
                venue.start()
                crowd = Crowd(venue, self.random)
                while self.counts["kills"] < end:
                    self.load_and_kill(venue, crowd)
                    if self.random.random() < 0.5:
                        self.tear(venue, crowd)
                    self.kill_starts(venue)
                    crowd.start_and_check()
                crowd.leave()
                assert venue.stop() == 0, venue.log_text()
                venue.replay()
            except BaseException:
                kept = f"/tmp/dcx-kill-loop-{os.getpid()}"
                shutil.copytree(venue.folder, kept, dirs_exist_ok=True)
                print(f"kept: {kept}\n{venue.log_text()}", file=sys.stderr)
                raise
        self.counts += crowd.counts
        self.counts["folders"] += 1
        self.counts["commands"] += crowd.sent()
        self.counts["trades told"] += sum(c.trades for c in crowd.crossers)
        self.slowest_start = max(self.slowest_start, crowd.slowest_start)

    def load_and_kill(self, venue, crowd):
        crowd.begin_load()
        crowd.wait_until_sent(self.random.randint(0, 1500))
        time.sleep(self.random.uniform(0, 0.003))
        if self.random.random() < 0.1:
            # While it drains.
            venue.process.send_signal(signal.SIGTERM)
            time.sleep(self.random.uniform(0, 0.03))
            self.counts["while stopping"] += venue.process.poll() is None
        venue.kill()
        self.counts["kills"] += 1
        crowd.join()

    def tear(self, venue, crowd):
        name = max(n for n in os.listdir(venue.journal) if n.endswith(".journal"))
        path = os.path.join(venue.journal, name)
        bytes_ = read(path)
        batches = list(batches_of(name, bytes_))
        # Somebody was told of its first command, at least: it was synced.
        if not batches or batches[-1].first <= max(c.session.last_event for c in crowd.clients):
            return
        last = batches[-1]
        with open(path, "r+b") as file:
            file.write(without_sectors(bytes_, last.offset, last.end, self.random.getrandbits(20)))
        self.counts["tails torn by hand"] += 1

    def kill_starts(self, venue):
        """None, one or two more kills before the start that counts."""
        for _ in range(self.random.choice((0, 0, 0, 1, 1, 2))):
            if self.random.random() < 0.3:
                venue.start()
                self.counts["when just ready"] += 1
            else:
                venue.begin()
                time.sleep(self.random.uniform(0, 0.09))
                self.counts["while starting"] += 1
            venue.kill()
            self.counts["kills"] += 1


def main():
    parser = argparse.ArgumentParser(description="Kills the venue under load and checks what is left.")
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=int(os.environ.get("DCX_SEED", "1")))
    options = parser.parse_args()
    loop, begun = Loop(options.seed), time.monotonic()
    while loop.counts["kills"] < options.kills:
        loop.run(min(KILLS_PER_FOLDER, options.kills - loop.counts["kills"]))
    counts = loop.counts
    kinds = ", ".join(f"{counts[name]} {name}" for name in (
        "while starting", "when just ready", "while stopping", "starts checked", "commands", "in flight", "lost unacknowledged",
        "trades told", "tails torn by hand",
        "ambiguous tails", "audits by the tool"))
    print(f"{counts['kills']} kills in {counts['folders']} folders, {time.monotonic() - begun:.0f} s, seed {options.seed}: "
          f"{kinds}; slowest start {loop.slowest_start * 1000:.0f} ms")
    assert counts["in flight"] > 0 and counts["commands"] > 30 * counts["kills"], "too little load to mean anything"


if __name__ == "__main__":
    main()
