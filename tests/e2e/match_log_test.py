"""The public match log of a venue at work: verified from a copy while it runs, after kill -9, and by both checkers; what
is changed in a copy is found and named.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/match_log_test.py
"""

import json
import os
import shutil
import subprocess

from venue import PROGRAM, Venue, wait_until

CONFIG = "sim = true\n[sim]\norders_per_second = 2000\n[proof]\ninterval_s = 0\n"
UNIT = 64


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=300, check=False)


def verify(folder, *arguments):
    """The report of a folder that holds."""
    done = run("verify", "match-log", folder, "--json", *arguments)
    assert done.returncode == 0, done
    report = json.loads(done.stdout)
    assert report["holds"] is True, report
    return report


def refuse(folder, kind, *arguments):
    done = run("verify", "match-log", folder, "--json", *arguments)
    assert done.returncode == 1, done
    error = json.loads(done.stdout)["error"]
    assert error["kind"] == kind, error
    return error["seen"]


def checkpoint(venue):
    done = run("proof", "checkpoint", "--data", venue.data)
    assert done.returncode == 0, done
    return json.loads(done.stdout)


def copy(venue, name):
    """As anybody would who copies the checkpoints first."""
    folder = os.path.join(venue.folder, name)
    public = os.path.join(venue.data, "public")
    for part in ("checkpoints", "keys", "match-log"):
        shutil.copytree(os.path.join(public, part), os.path.join(folder, part))
    shutil.copy(os.path.join(public, "key.txt"), folder)
    return folder


def commands(path):
    """Offset and number of records of every command of a file."""
    with open(path, "rb") as file:
        data = file.read()
    at = UNIT
    while at < len(data):
        records = int.from_bytes(data[at + 16:at + 20], "little")
        yield at, records
        at += UNIT * (1 + records)


def find_records(path, kind, count):
    """Offsets of the records of the first command that has at least `count` records of this kind."""
    with open(path, "rb") as file:
        data = file.read()
    for at, records in commands(path):
        places = [at + UNIT * (1 + i) for i in range(records)]
        found = [place for place in places if data[place] == kind]
        if len(found) >= count:
            return found
    raise AssertionError(f"no command with {count} records of kind {kind}")


def changed(path, change):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    change(data)
    with open(path, "wb") as file:
        file.write(data)


def main():
    with Venue(CONFIG) as venue:
        venue.start()
        wait_until(lambda: checkpoint(venue)["sequence"] > 3000, 60, "some trading")
        first = verify(copy(venue, "first"))
        assert first["trades"] > 50 and first["inputs"] > 1000 and first["covered"] > 3000, first

        venue.kill()
        venue.start()
        wait_until(lambda: checkpoint(venue)["sequence"] > first["covered"] + 2000, 60, "more trading")
        folder = copy(venue, "second")
        second = verify(folder, "--key", os.path.join(venue.data, "public", "key.txt"))
        assert second["venue"] == first["venue"] and second["checkpoints"] > first["checkpoints"], second
        naive = verify(folder, "--naive")
        assert venue.stop() == 0
        for name in ("commands", "inputs", "orders", "amends", "cancels", "trades", "self_trades", "foks_refused", "open_orders"):
            assert naive[name] == second[name], (name, naive, second)

        text = run("verify", "match-log", folder)
        assert text.returncode == 0 and "Not proven" in text.stdout and "verified" in text.stderr, text
        assert run("verify", "match-log").returncode == 2

        # Lies, each in a copy of its own; the checkpoints are the true ones.
        def lie(kind, change, naive_too=True):
            copied = os.path.join(venue.folder, "lie")
            shutil.copytree(folder, copied)
            path = os.path.join(copied, "match-log", "00000000000000000001.dcxm")
            changed(path, lambda data: change(data, path))
            told = refuse(copied, kind)
            if naive_too:
                refuse(copied, kind, "--naive")
            shutil.rmtree(copied)
            return told

        def price(data, path):
            (trade, *_) = find_records(path, 20, 1)
            data[trade + 32] ^= 1

        def swapped(data, path):
            one, other, *_ = find_records(path, 20, 2)
            data[one + 24:one + 32], data[other + 24:other + 32] = data[other + 24:other + 32], data[one + 24:one + 32]

        def reordered(data, path):
            places = [at for at, _ in commands(path)]
            data[places[10]:places[10] + 8], data[places[11]:places[11] + 8] = data[places[11]:places[11] + 8], data[places[10]:places[10] + 8]

        def later(data, path):
            data[[at for at, _ in commands(path)][100] + 8] ^= 1

        def commitment(data, path):
            data[[at for at, _ in commands(path)][500] + 30] ^= 128

        told = lie("wrong_trade", price)
        assert "00000000000000000001.dcxm, command " in told and "record " in told, told
        lie("wrong_trade", swapped)
        lie("sequence_gap", reordered)
        assert "checkpoint" in lie("wrong_command_root", later)
        lie("wrong_command_root", commitment)

        # A key of somebody else; no key; no folder.
        key = os.path.join(venue.folder, "other.txt")
        with open(os.path.join(folder, "key.txt"), encoding="utf-8") as file:
            text = file.read()
        with open(key, "w", encoding="utf-8") as file:
            file.write(text)
        verify(folder, "--key", key)
        other = Venue(CONFIG)
        with other:
            other.start()
            wait_until(lambda: os.path.exists(os.path.join(other.data, "public", "key.txt")), 60, "a key")
            refuse(folder, "unknown_key", "--key", os.path.join(other.data, "public", "key.txt"))
            other.kill()
        refuse(folder, "missing", "--key", os.path.join(venue.folder, "none.txt"))
        refuse(os.path.join(venue.folder, "none"), "missing")


if __name__ == "__main__":
    main()
