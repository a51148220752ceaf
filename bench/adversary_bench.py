"""What adversaries cost those who trade: `dcx load` at a steady rate against a venue of its own, in turn with and without each
adversary of tests/e2e, many turns in one run; p50 and p99 beside the adversary as ratios to those without, as a table for
docs/benchmarks.md. Run by hand on a quiet machine:

    python3 bench/adversary_bench.py [--program build/release/dcx] [--turns 5] [--seconds 3] [--rate 2000] [--door shm] [--idle spin]

The adversary is another process, of the class that runs when nobody else wants to (SCHED_IDLE): what is left is what the venue and
the kernel do for it. The first row is a process that only computes and touches no venue: the measure of what is noise."""

import argparse
import contextlib
import json
import os
import resource
import signal
import socket
import statistics
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, os.path.join(ROOT, "tests", "e2e"))


def computes(_address, _path, _key):
    while True:
        sum(range(1000))


def connected(address, count):
    from adversary_crowd_test import burst  # pylint: disable=import-outside-toplevel
    sockets = burst(address, count)
    for one in sockets:
        one.setblocking(False)
    return sockets


def reset(sockets):
    """Without a trace in this machine's tables."""
    for one in sockets:
        with contextlib.suppress(OSError):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        one.close()


def slow_loris(address, _path, key):
    """2,000 connections with a byte a second each."""
    from adversary import forged_login  # pylint: disable=import-outside-toplevel
    data = forged_login(key.id, bytes(64))
    while True:
        crowd = connected(address, 2000)
        for i in range(8):
            begun = time.monotonic()
            for one in crowd:
                with contextlib.suppress(OSError):
                    one.send(data[i:i + 1])
            time.sleep(max(0.0, 1 - (time.monotonic() - begun)))
        reset(crowd)


def half_frames(address, _path, key):
    """5,000 connections that stopped in the middle of a login."""
    from adversary import forged_login  # pylint: disable=import-outside-toplevel
    while True:
        crowd = connected(address, 5000)
        for one in crowd:
            with contextlib.suppress(OSError):
                one.send(forged_login(key.id, bytes(64))[:70])
        time.sleep(8)
        reset(crowd)


def bursts(address, _path, _key):
    """10,000 connections at once, and again."""
    while True:
        crowd = connected(address, 9500)
        time.sleep(1)
        reset(crowd)


def churn(address, _path, _key, each=200):
    """1,000 a second that come and go."""
    while True:
        begun = time.monotonic()
        reset(connected(address, each))
        time.sleep(max(0.0, each / 1000 - (time.monotonic() - begun)))


def wrong_keys(address, _path, key, each=100):
    """500 forged logins a second."""
    from adversary import forged_login  # pylint: disable=import-outside-toplevel
    data = forged_login(key.id, os.urandom(64))
    while True:
        begun = time.monotonic()
        crowd = connected(address, each)
        for one in crowd:
            with contextlib.suppress(OSError):
                one.send(data)
        time.sleep(max(0.0, each / 500 - (time.monotonic() - begun)))
        reset(crowd)


def logged_in(address, key):
    from order_entry import Session  # pylint: disable=import-outside-toplevel
    return Session(address, key, client_session=4)


def floods(address, _path, key):
    """One session at a time, beyond its rate until it is ended."""
    import order_entry as oe  # pylint: disable=import-outside-toplevel
    from adversary import pour  # pylint: disable=import-outside-toplevel
    import struct  # pylint: disable=import-outside-toplevel
    while True:
        with contextlib.suppress(OSError, oe.Terminated, AssertionError):
            session = logged_in(address, key)
            data = oe.frame(oe.HEARTBEAT, struct.pack("<Q", session.next_out))
            pour(session, data * 250_000)
            session.close()


def unread(address, _path, key):
    """Sends and never reads, until it is ended for that."""
    import order_entry as oe  # pylint: disable=import-outside-toplevel
    while True:
        with contextlib.suppress(OSError, oe.Terminated, AssertionError):
            session = logged_in(address, key)
            refused = oe.place_block(1, 0, 0, key.account, 1, oe.BUY)
            for _ in range(40):
                session.send_bytes(b"".join(session.command(oe.PLACE, refused) for _ in range(1000)))
                time.sleep(0.02)
            session.close()


def garbage(_address, path, key):
    """100 clients of shared memory a second, each with its whole memory written over."""
    from order_entry import Terminated  # pylint: disable=import-outside-toplevel
    from shm_session import Refused, ShmSession  # pylint: disable=import-outside-toplevel
    noise = os.urandom(1 << 16)
    while True:
        with contextlib.suppress(OSError, Terminated, Refused, AssertionError):
            session = ShmSession(path, key, client_session=6)
            session.memory[:len(noise)] = noise
            session.look()
            session.close()
        time.sleep(0.01)


ADVERSARIES = (computes, slow_loris, half_frames, bursts, churn, wrong_keys, floods, unread, garbage)


def act(name, address, path, key_file):
    from order_entry import Key  # pylint: disable=import-outside-toplevel
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    adversary = next(a for a in ADVERSARIES if a.__name__ == name)
    # Whoever attacks from elsewhere takes none of the venue's time by running.
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    print("begun", flush=True)
    while True:
        with contextlib.suppress(OSError):
            adversary(address, path, Key.read(key_file))


def measured(program, venue, options):
    done = subprocess.run([program, "load", "--data", venue.data, "--clients", "2", "--rate", str(options.rate), "--seconds",
                           str(options.seconds), "--door", options.door, "--yes", "--json"], capture_output=True, text=True,
                          timeout=120, check=False)
    if done.returncode != 0:
        sys.exit(f"dcx load failed: {done.stderr}{done.stdout}")
    point = json.loads(done.stdout)["points"][0]
    if point["unsent"]:
        print(f"  {point['unsent']} requests were not sent in time", file=sys.stderr)
    return point["latency_ns"]["p50"], point["latency_ns"]["p99"]


def beside(name, venue, key_file, measure):
    adversary = subprocess.Popen([sys.executable, os.path.abspath(__file__), "--act", name, venue.ready["order_entry"],
                                  venue.ready["shm"], key_file], stdout=subprocess.PIPE)
    try:
        adversary.stdout.readline()
        time.sleep(0.5)
        result = measure()
        if adversary.poll() is not None:
            sys.exit(f"{name} ended by itself")
        return result
    finally:
        adversary.send_signal(signal.SIGKILL)
        adversary.wait()
        # Its connections are gone before others are measured without them.
        time.sleep(0.5)


def account_of_its_own(program, venue):
    subprocess.run([program, "ledger", "open", "mallory", "--data", venue.data], check=True, stdout=subprocess.DEVNULL)
    return os.path.join(venue.data, "keys", "mallory.key")


def run(options):
    import venue as venues  # pylint: disable=import-outside-toplevel
    venues.PROGRAM = options.program
    with venues.Venue(f"idle = \"{options.idle}\"\ndurability = \"{options.durability}\"\n[gateway]\nhandshake_ms = 5000\n") as venue:
        venue.start()
        key_file = account_of_its_own(options.program, venue)
        measure = lambda: measured(options.program, venue, options)
        measure()
        chosen = [a for a in ADVERSARIES if not options.only or a.__name__ in options.only]
        ratios = {a: ([], []) for a in chosen}
        alone = []
        for turn in range(options.turns):
            print(f"turn {turn + 1} of {options.turns}", file=sys.stderr, flush=True)
            for adversary in chosen:
                without = measure()
                alone.append(without)
                among = beside(adversary.__name__, venue, key_file, measure)
                for ratio, now, calm in zip(ratios[adversary], among, without):
                    ratio.append(now / calm)
        code = venue.stop()
        if code != 0:
            sys.exit(f"the venue ended with {code}: {venue.log_text()}")
    p50, p99 = (statistics.median(values) / 1000 for values in zip(*alone))
    print(f"{options.rate} requests/s of two clients over {options.door}, idle = {options.idle}, durability = {options.durability}; alone: p50 {p50:.0f} us, "
          f"p99 {p99:.0f} us, medians of {len(alone)} runs of {options.seconds} s; ratios: median (least to most) of {options.turns} pairs\n")
    print("| beside | p50 | p99 |\n|---|---|---|")
    for adversary, pair in ratios.items():
        what = (adversary.__doc__ or "A process that computes").rstrip(".").rstrip()
        cells = " | ".join(f"{statistics.median(r):.2f} ({min(r):.2f} – {max(r):.2f})" for r in pair)
        print(f"| {what} | {cells} |")
    return 0


def main():
    if sys.argv[1:2] == ["--act"]:
        return act(*sys.argv[2:])
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", default=os.environ.get("DCX_PROGRAM", os.path.join(ROOT, "build/release/dcx")))
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rate", type=int, default=2000)
    parser.add_argument("--door", choices=("tcp", "shm"), default="tcp")
    parser.add_argument("--idle", choices=("polite", "spin"), default="polite")
    parser.add_argument("--durability", choices=("memory", "disk"), default="memory",
                        help="of a shared disk's noise there is more than of any adversary's")
    parser.add_argument("--only", nargs="*", help="names of adversaries: " + " ".join(a.__name__ for a in ADVERSARIES))
    return run(parser.parse_args())


if __name__ == "__main__":
    sys.exit(main())
