"""What the history store costs those who trade, and how far it is behind: `dcx load` at a steady rate against a venue whose
PostgreSQL runs, is stopped, is paused (SIGSTOP) or has a full disk, in turn with one that has no history at all, many
turns in one run; p50 and p99 of the answers, and their ratios to those without, as a table for docs/benchmarks.md. Then the lag
at half of the rate that the store sustains. Run by hand on a quiet machine:

    python3 bench/history_live.py [--program build/release/dcx] [--turns 5] [--seconds 5] [--rate 2000]

It starts private servers (tests/e2e/servers.py) and needs root for the full disk; without it that row is left out."""

import argparse
import contextlib
import json
import os
import random
import statistics
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))

STATES = {
    "none": "No history",
    "running": "PostgreSQL that runs",
    "stopped": "PostgreSQL stopped",
    "paused": "PostgreSQL paused by SIGSTOP",
    "full": "PostgreSQL without room on its disk",
    "sqlite": "SQLite",
}


class Servers:
    """PostgreSQL with room, and one on a disk of its own."""

    def __init__(self, stack):
        from servers import PrivatePostgres  # pylint: disable=import-outside-toplevel
        self.roomy = stack.enter_context(PrivatePostgres())
        self.small = stack.enter_context(PrivatePostgres(disk_mib=200)) if os.geteuid() == 0 else None

    def config(self, state):
        if state in ("none", "sqlite"):
            return f'[history]\nstore = "{state}"\n'
        server = self.small if state == "full" else self.roomy
        return f'[history]\nstore = "postgresql"\nurl = "{server.fresh_database()}"\n'

    @contextlib.contextmanager
    def broken(self, state):
        begin = {"stopped": self.roomy.stop, "paused": self.roomy.pause}
        end = {"stopped": self.roomy.start, "paused": self.roomy.resume}
        if state == "full":
            begin["full"], end["full"] = self.small.fill_disk, self.small.free_disk
        begin.get(state, lambda: None)()
        try:
            yield
        finally:
            end.get(state, lambda: None)()


def load(program, venue, rate, seconds, clients=2):
    done = subprocess.run([program, "load", "--data", venue.data, "--clients", str(clients), "--rate", str(rate), "--seconds",
                           str(seconds), "--yes", "--json"], capture_output=True, text=True, timeout=seconds + 120, check=False)
    if done.returncode != 0:
        sys.exit(f"dcx load failed: {done.stderr}{done.stdout}")
    return json.loads(done.stdout)["points"][0]


def venue_with(history):
    from venue import Venue  # pylint: disable=import-outside-toplevel
    return Venue(history)


def latencies(state, servers, options):
    """(p50, p99) in microseconds of answers while the store is as the state says."""
    with venue_with(servers.config(state)) as venue:
        venue.start()
        load(options.program, venue, options.rate, 1)
        with servers.broken(state):
            time.sleep(0.5)
            point = load(options.program, venue, options.rate, options.seconds)
        venue.stop(60)
    if point["unsent"]:
        print(f"  {state}: {point['unsent']} requests were not sent in time", file=sys.stderr)
    return point["latency_ns"]["p50"] / 1000, point["latency_ns"]["p99"] / 1000


def compare_states(servers, options):
    states = [s for s in STATES if (s != "full" or servers.small) and (s == "none" or not options.only or s in options.only)]
    measured = {state: [] for state in states}
    order = random.Random(1)
    for turn in range(options.turns):
        print(f"turn {turn + 1} of {options.turns}", file=sys.stderr, flush=True)
        for state in order.sample(states, len(states)):
            measured[state].append(latencies(state, servers, options))
    print(f"{options.rate} requests/s of two clients for {options.seconds} s, every command on disk; medians of "
          f"{options.turns} turns in µs, ratios to the turn's own run without history: median (least to most)\n")
    print("| store | p50 | p99 | p50, ratio | p99, ratio |\n|---|---|---|---|---|")
    for state in states:
        cells = [f"{statistics.median(v[i] for v in measured[state]):.0f}" for i in (0, 1)]
        for i in (0, 1):
            ratios = [mine[i] / none[i] for mine, none in zip(measured[state], measured["none"])]
            cells.append(f"{statistics.median(ratios):.2f} ({min(ratios):.2f} – {max(ratios):.2f})")
        print(f"| {STATES[state]} | {' | '.join(cells)} |")


def sustained(venue, options):
    """Commands a second of a rebuild of this venue's journal, as its own command says, wall clock around it."""
    from history_store import history_command  # pylint: disable=import-outside-toplevel
    begun = time.monotonic()
    done = subprocess.run(history_command(venue, "rebuild"), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"dcx history rebuild failed: {done.stdout}{done.stderr[-2000:]}")
    return venue.replay()["sequence"] / (time.monotonic() - begun)


def lag(kind, servers, options):
    from history_store import metric  # pylint: disable=import-outside-toplevel
    with venue_with(servers.config(kind)) as venue:
        venue.start()
        load(options.program, venue, options.lag_rate or 30_000, options.seconds)
        venue.stop(120)
        rate = sustained(venue, options)
        venue.start()
        half = int(options.lag_rate or rate / 2)
        samples, ended = [], threading.Event()

        def watch():
            while not ended.wait(0.02):
                samples.append(metric(venue, "dcx_history_lag_seconds") * 1000)

        watcher = threading.Thread(target=watch)
        watcher.start()
        point = load(options.program, venue, half, options.seconds * 2)
        ended.set()
        watcher.join()
        venue.stop(120)
    # The first tenth is the start of the load.
    samples = sorted(samples[len(samples) // 10:])
    p50, p99 = samples[len(samples) // 2], samples[len(samples) * 99 // 100]
    print(f"| {STATES[kind]} | {rate:,.0f} | {half:,} | {point['achieved']:,} | {p50:.0f} | {p99:.0f} | {samples[-1]:.0f} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=os.environ.get("DCX_PROGRAM", os.path.join(ROOT, "build/release/dcx")))
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--lag-rate", type=int, default=0, help="instead of half of what a rebuild of the journal does")
    parser.add_argument("--only", nargs="*", help="states: " + " ".join(STATES))
    parser.add_argument("--what", choices=("all", "latency", "lag"), default="all")
    options = parser.parse_args()
    os.environ["DCX_PROGRAM"] = options.program
    os.environ.setdefault("DCX_HISTORY_COMPARE", sys.executable)  # nothing is compared here
    with contextlib.ExitStack() as stack:
        servers = Servers(stack)
        if options.what != "lag":
            compare_states(servers, options)
        if options.what != "latency":
            print("\n| store | a rebuild, commands/s | asked for | reached | lag p50 ms | lag p99 ms | most |\n"
                  "|---|---|---|---|---|---|---|")
            for kind in ("running", "sqlite"):
                lag(kind, servers, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
