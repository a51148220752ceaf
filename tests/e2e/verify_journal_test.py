"""dcx verify journal on a real venue's folder: all holds; then every way to damage, cut, swap or forge it is found and
named. The damage is drawn from a seed.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/verify_journal_test.py
"""

import base64
import hashlib
import json
import os
import random
import shutil
import subprocess

from journal_bytes import batches_of, read
from venue import PROGRAM, Venue, wait_until

LOAD = "sim = true\n[sim]\norders_per_second = 4000\n"
SEED = 10


def run(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, check=False)


def verify(data, *more):
    done = run("verify", "journal", data, "--json", *more)
    assert done.returncode in (0, 1) and done.stdout, done
    report = json.loads(done.stdout)
    assert report["holds"] == (done.returncode == 0), done
    return report


def verdicts(report):
    return {check["name"]: check for check in report["checks"]}


def make_folder(venue):
    """Three checkpoints, two snapshots, two epochs, more than one segment."""
    with open(venue.config, encoding="utf-8") as file:
        text = file.read()
    with open(venue.config, "w", encoding="utf-8") as file:
        file.write(text.replace("segment_mib = 4", "segment_mib = 1"))
    for part in range(2):
        venue.start()
        for _ in range(1 + part):
            wanted = venue.metric("dcx_engine_durable_sequence") + 4000
            wait_until(lambda: venue.metric("dcx_engine_durable_sequence") > wanted, 60, "commands")
            done = run("proof", "checkpoint", "--data", venue.data)
            assert done.returncode == 0, done
        assert run("admin", "snapshot", "--data", venue.data).returncode == 0
        assert venue.stop() == 0


class Folder:
    """A copy that is damaged, one file at a time, and made good again."""

    def __init__(self, data):
        self.data = data

    def path(self, *names):
        return os.path.join(self.data, *names)

    def files(self, folder, suffix=""):
        return sorted(self.path(folder, name) for name in os.listdir(self.path(folder)) if name.endswith(suffix))

    def damaged(self, changes, *more):
        """The report with files changed: {path: bytes, or None for none}."""
        kept = {path: read(path) if os.path.exists(path) else None for path in changes}
        try:
            for path, bytes_ in changes.items():
                put(path, bytes_)
            return verify(self.data, *more)
        finally:
            for path, bytes_ in kept.items():
                put(path, bytes_)


def put(path, bytes_):
    if bytes_ is None:
        os.unlink(path)
        return
    with open(path, "wb") as file:
        file.write(bytes_)
    os.chmod(path, 0o600)


def flipped(bytes_, offset, bit):
    changed = bytearray(bytes_)
    changed[offset] ^= 1 << bit
    return bytes(changed)


def need_broken(report, name, error=None, what=""):
    found = verdicts(report)
    assert not report["holds"] and found[name]["verdict"] == "BROKEN", (what, report)
    assert error is None or found[name]["error"] == error, (what, found[name])


def need_found(report, what):
    assert not report["holds"] and any(c["verdict"] == "BROKEN" and c["text"] for c in report["checks"]), (what, report)


def used_of(path):
    """Bytes of a segment up to the end of its last batch."""
    bytes_ = read(path)
    return max((batch.end for batch in batches_of(path, bytes_)), default=4096)


def check_flips(folder, random_):
    """One bit anywhere."""
    journal = folder.files("journal", ".journal")
    for path in journal:
        # Header, epoch page, batches, and what lies behind them.
        for offset in [17, 130, *(random_.randrange(4096, used_of(path)) for _ in range(4))]:
            need_found(folder.damaged({path: flipped(read(path), offset, random_.randrange(8))}), (path, offset))
    parts = {**{path: "snapshots" for path in folder.files("snapshots", ".snapshot")},
             **{path: "public match log" for path in folder.files("public/match-log")},
             **{path: "signatures of checkpoints" for path in folder.files("public/checkpoints")},
             folder.path("public", "key.txt"): "keys",
             folder.path("proofs", "commands.0"): "files of the command tree",
             folder.path("proofs", "commands.1"): "files of the command tree",
             folder.path("proofs", "events.0"): "files of the event tree",
             folder.path("proofs", "events.1"): "files of the event tree",
             folder.path("proofs", "event-index"): "index of event leaves",
             folder.path("proofs", "recorded"): "mark of what is recorded"}
    parts.update({path: "liabilities" for path in folder.files("proofs", ".bin")})
    for path, name in parts.items():
        for _ in range(2):
            bytes_ = read(path)
            offset, bit = random_.randrange(len(bytes_)), random_.randrange(8)
            need_broken(folder.damaged({path: flipped(bytes_, offset, bit)}), name, what=(path, offset, bit))


def check_batches(folder):
    """A batch left out, two that change places, a segment left out, two that change names, the end left out."""
    journal = folder.files("journal", ".journal")
    assert len(journal) > 2, journal
    first = read(journal[0])
    batches = list(batches_of(journal[0], first))
    at = len(batches) // 2
    gone = batches[at]
    shorter = first[:gone.offset] + first[gone.end:] + bytes(gone.end - gone.offset)
    need_broken(folder.damaged({journal[0]: shorter}), "journal", "journal_refused")
    same = next((a, b) for a in batches[at:] for b in batches[at:]
                if b.offset > a.offset and a.count == b.count)
    swapped = bytearray(first)
    swapped[same[0].offset:same[0].end] = first[same[1].offset:same[1].end]
    swapped[same[1].offset:same[1].end] = first[same[0].offset:same[0].end]
    need_broken(folder.damaged({journal[0]: bytes(swapped)}), "journal", "journal_refused")
    for path in journal[:-1]:
        need_broken(folder.damaged({path: None}), "journal", "journal_refused", path)
    need_broken(folder.damaged({journal[0]: read(journal[1]), journal[1]: first}), "journal", "journal_refused")
    # The end: no batch testifies to it any more, but what was recorded and signed does.
    last = read(journal[-1])
    ends = list(batches_of(journal[-1], last))
    cut = ends[max(0, len(ends) - 40)].offset
    report = folder.damaged({journal[-1]: last[:cut] + bytes(len(last) - cut)})
    need_broken(report, "journal", "journal_refused", "the end")
    need_broken(folder.damaged({journal[-1]: None}), "journal", "journal_refused", "the last segment")


def check_files(folder):
    """Files left out, cut short, and put in each other's place."""
    checkpoints = folder.files("public/checkpoints")
    assert len(checkpoints) == 3
    need_broken(folder.damaged({checkpoints[1]: None}), "signatures of checkpoints")
    one, two = read(checkpoints[0]), read(checkpoints[1])
    need_broken(folder.damaged({checkpoints[0]: two, checkpoints[1]: one}), "signatures of checkpoints")
    snapshots = folder.files("snapshots", ".snapshot")
    assert len(snapshots) == 2
    need_broken(folder.damaged({snapshots[0]: read(snapshots[1])}), "snapshots", "snapshot_differs")
    for name, part in (("commands.0", "files of the command tree"), ("events.1", "files of the event tree"),
                       ("event-index", "index of event leaves")):
        path = folder.path("proofs", name)
        need_broken(folder.damaged({path: read(path)[:-32]}), part, "missing")
        need_broken(folder.damaged({path: None}), part, "missing")
    log = folder.files("public/match-log")[-1]
    need_broken(folder.damaged({log: read(log)[:-6400]}), "public match log")
    # Numbers that a venue would like better, with the checksum that its owner can make: the state's hash knows.
    path = snapshots[0]
    need_broken(folder.damaged({path: read(path)[:-1]}), "snapshots", "snapshot_differs")


def forged(note, private):
    """The same text, signed by another key under the same name."""
    from cryptography.hazmat.primitives import serialization as s
    text = note[:note.rindex("\n\n") + 1]
    name = text.split("\n", 1)[0]
    public = private.public_key().public_bytes(s.Encoding.Raw, s.PublicFormat.Raw)
    key_id = hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]
    line = base64.b64encode(key_id + private.sign(text.encode())).decode()
    verifier = f"{name}+{key_id.hex()}+{base64.b64encode(bytes([1]) + public).decode()}\n"
    return f"{text}\n\N{EM DASH} {name} {line}\n", verifier


def check_forgeries(folder):
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    private = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    checkpoints = folder.files("public/checkpoints")
    note, _ = forged(read(checkpoints[-1]).decode(), private)
    need_broken(folder.damaged({checkpoints[-1]: note.encode()}), "signatures of checkpoints", "unknown_key")
    # All of them, and the key's file too: the secrets know better, and so does who has the key from elsewhere.
    changes = {}
    for path in checkpoints:
        note, verifier = forged(read(path).decode(), private)
        changes[path] = note.encode()
    elsewhere = os.path.join(os.path.dirname(folder.data), "key-from-elsewhere.txt")
    shutil.copy(folder.path("public", "key.txt"), elsewhere)
    changes[folder.path("public", "key.txt")] = verifier.encode()
    need_broken(folder.damaged(changes), "keys", "unknown_key")
    report = folder.damaged(changes, "--key", elsewhere)
    need_broken(report, "keys", "unknown_key")
    need_broken(report, "signatures of checkpoints", "unknown_key")
    # Another state in the last checkpoint, signed by the venue's own key.
    secret = next(line.split()[1] for line in read(folder.path("proof.keys")).decode().splitlines()
                  if line.startswith("checkpoint-key "))
    own = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret))
    right = read(checkpoints[-1]).decode()
    for prefix, check, error in (("state ", "checkpoints", "wrong_state_hash"),
                                 ("event-hash ", "checkpoints", "wrong_event_hash"),
                                 ("batch ", "checkpoints", "wrong_batch"),
                                 ("liabilities 1 ", "liabilities", None),
                                 ("events ", "event roots of checkpoints", "wrong_event_root")):
        lines = right.split("\n")
        at = next(i for i, line in enumerate(lines) if line.startswith(prefix))
        words = lines[at].split(" ")
        where = 2 if prefix == "events " else len(words) - 1
        first = words[where][0]
        words[where] = ("1" if first != "1" else "2") + words[where][1:]
        lines[at] = " ".join(words)
        note, _ = forged("\n".join(lines), own)
        need_broken(folder.damaged({checkpoints[-1]: note.encode()}), check, error, prefix)


def check_without_keys(folder):
    kept = read(folder.path("proof.keys"))
    report = folder.damaged({folder.path("proof.keys"): None})
    found = verdicts(report)
    assert not report["holds"] and not any(c["verdict"] == "BROKEN" for c in report["checks"]), report
    for name in ("liabilities", "command roots of checkpoints", "event roots of checkpoints", "files of the command tree"):
        assert found[name]["verdict"] == "not checked", report
    assert found["public match log"]["verdict"] == "holds" and found["replay"]["verdict"] == "holds", report
    elsewhere = os.path.join(os.path.dirname(folder.data), "keys-elsewhere")
    put(elsewhere, kept)
    assert folder.damaged({folder.path("proof.keys"): None}, "--keys", elsewhere)["holds"]


def check_report(folder):
    page = os.path.join(os.path.dirname(folder.data), "report.txt")
    done = run("verify", "journal", folder.data, "--report", page)
    assert done.returncode == 0 and "All of it holds." in done.stdout, done
    assert read(page).decode() == done.stdout and done.stdout.count("\n") < 60, done
    assert run("verify", "journal", folder.data + "/nowhere").returncode == 1


def check_backup(folder):
    """A backup is such a folder, too, with what was published beside it."""
    to = os.path.join(os.path.dirname(folder.data), "backup")
    assert run("backup", folder.data, to).returncode == 0
    report = verify(to, "--keys", folder.path("proof.keys"), "--public", folder.path("public"),
                    "--proofs", folder.path("proofs"))
    assert report["holds"], report


def main():
    with Venue(LOAD) as venue:
        make_folder(venue)
        folder = Folder(venue.data)
        report = verify(folder.data)
        assert report["holds"], report
        found = verdicts(report)
        assert found["checkpoints"]["text"].startswith("3") and found["snapshots"]["text"].startswith("2"), report
        check_report(folder)
        check_backup(folder)
        check_without_keys(folder)
        check_flips(folder, random.Random(SEED))
        check_batches(folder)
        check_files(folder)
        check_forgeries(folder)
        assert verify(folder.data)["holds"]  # everything was made good again
    print("verify journal: every damage and forgery found and named")


main()
