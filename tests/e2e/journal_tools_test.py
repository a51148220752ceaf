"""dcx journal ls, dump, check and archive on the journal of a real venue, at work and killed, and on damaged copies."""

import hashlib
import json
import os
import shutil
import struct
import subprocess

from venue import PROGRAM, Venue, wait_until

SIM = """
[sim]
seed = 7
traders = 4
orders_per_second = 3000
"""
HEADER, BLOCK = 4096, 128


class Journal:
    """The commands on one folder."""

    def __init__(self, folder):
        self.folder = folder

    def run(self, words, code=0):
        name, *rest = words.split()
        done = subprocess.run([PROGRAM, "journal", name, self.folder, *rest], capture_output=True, text=True,
                              timeout=120, check=False)
        assert done.returncode == code, f"journal {words}: {done.returncode}\n{done.stdout[-500:]}\n{done.stderr}"
        return done

    def json(self, words):
        done = self.run(words + " --json")
        assert done.stderr == "", done.stderr
        return [json.loads(line) for line in done.stdout.splitlines()]

    def refused(self, *parts, options=""):
        """`check` fails with exactly one line, which says all of this."""
        done = self.run("check" + options, 1)
        lines = (done.stdout + done.stderr).splitlines()
        assert len(lines) == 1, lines
        assert all(part in lines[0] for part in parts), (parts, lines)

    def copy(self, name):
        target = os.path.join(os.path.dirname(self.folder), name)
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(self.folder, target)
        return Journal(target)

    def read(self, segment):
        with open(os.path.join(self.folder, segment), "rb") as file:
            return bytearray(file.read())

    def write(self, segment, data):
        with open(os.path.join(self.folder, segment), "wb") as file:
            file.write(data)

    def batches(self, segment):
        """(offset, count, first sequence) of each, read by this file's own idea of the format."""
        data, offset, found = self.read(segment), HEADER, []
        while data[offset:offset + 4] == b"DBAT":
            first, count = struct.unpack_from("<Q", data, offset + 24)[0], struct.unpack_from("<I", data, offset + 68)[0]
            found.append((offset, count, first))
            offset += (count + 1) * BLOCK
        return found


def make(venue):
    """A journal of several segments, looked at while the venue runs."""
    venue.start()
    journal = Journal(venue.journal)
    segments = lambda: [name for name in os.listdir(venue.journal) if name.endswith(".journal")]
    wait_until(lambda: len(segments()) >= 4, 120, "the fourth segment")
    # A writer at work is no damage.
    for _ in range(5):
        assert journal.json("check")[0]["check"] == "ok"
        assert [row["state"] for row in journal.json("ls")][:3] == ["full"] * 3
    busy = journal.run(f"archive --to {venue.folder}/never --keep 1", 1)
    assert "in use by another process" in busy.stderr, busy
    assert venue.stop() == 0
    return journal


def check_table(journal):
    rows = journal.json("ls")
    assert [row["segment"] for row in rows] == list(range(1, len(rows) + 1))
    assert rows[0]["first_sequence"] == 1 and [row["state"] for row in rows] == ["full"] * (len(rows) - 1) + ["open"]
    for row, following in zip(rows, rows[1:]):
        assert row["last_sequence"] + 1 == following["first_sequence"]
    for row in rows:
        batches = journal.batches(row["name"])
        assert row["batches"] == len(batches), row
        assert row["last_sequence"] + 1 - row["first_sequence"] == sum(count for _, count, _ in batches), row
        offset, count, _ = batches[-1]
        assert row["used"] == offset + (count + 1) * BLOCK and row["size"] == 1 << 20, row
    text = journal.run("ls").stdout.splitlines()
    assert text[0].split()[:3] == ["segment", "first", "last"] and len(text) == len(rows) + 1
    ok = journal.json("check")[0]
    assert ok["sequence"] == ok["commands"] == rows[-1]["last_sequence"], ok
    assert journal.run("check").stdout.startswith("ok: ")
    return rows


def check_dump(journal, rows):
    first = journal.json("dump --to 3")
    assert [line["sequence"] for line in first] == [1, 2, 3] and first[0]["kind"] == "genesis"
    assert journal.run("dump --to 1").stdout.split()[0:3:2] == ["1", "genesis"]
    # Over the border of two segments, against the bytes themselves.
    border = rows[1]["first_sequence"]
    lines = journal.json(f"dump --from {border - 2} --to {border + 1}")
    assert [line["sequence"] for line in lines] == [border - 2, border - 1, border, border + 1]
    assert [line["segment"] for line in lines] == [rows[0]["name"]] * 2 + [rows[1]["name"]] * 2
    offset, count, sequence = journal.batches(rows[1]["name"])[0]
    assert sequence == border and count >= 1
    command = bytes(journal.read(rows[1]["name"])[offset + BLOCK:offset + 2 * BLOCK])
    line = lines[2]
    assert line["hash"] == hashlib.sha256(command).hexdigest()
    assert bytes.fromhex(line["body"]) == command[40:40 + len(line["body"]) // 2]
    assert line["time"] == struct.unpack_from("<q", command, 8)[0]
    last = rows[-1]["last_sequence"]
    assert len(journal.json(f"dump --from {last - 9}")) == 10
    assert journal.json(f"dump --from {last + 1}") == []


def check_damage(journal, rows):
    name = rows[1]["name"]
    offset, count, _ = next(batch for batch in journal.batches(name)[3:] if batch[1] > 0)

    def damaged(change, segment=name):
        copy = journal.copy("damaged")
        data = copy.read(segment)
        change(data)
        copy.write(segment, data)
        return copy

    def flip(at):
        def change(data):
            data[at] ^= 4
        return change

    for at in (offset + 20, offset + BLOCK + 5, offset + (count + 1) * BLOCK - 1):
        damaged(flip(at)).refused("damaged_batch", name, f"offset {offset}")

    def erase(data):
        data[offset:offset + (count + 1) * BLOCK] = bytes((count + 1) * BLOCK)
    damaged(erase).refused("missing_batch", name, f"offset {offset}")
    damaged(flip(50)).refused("damaged_segment_header", name, "offset 0")
    damaged(flip(200)).refused("damaged_segment_header", name, "offset 0")  # the epoch page
    damaged(flip(4000)).refused("damaged_segment_header", name)
    damaged(lambda data: data.pop()).refused("wrong_segment_size", name)
    damaged(flip(len(journal.read(name)) - 1)).refused("damaged_batch", name)

    copy = journal.copy("damaged")
    os.remove(os.path.join(copy.folder, name))
    copy.refused("missing_segment", rows[2]["name"])
    copy = journal.copy("damaged")
    os.remove(os.path.join(copy.folder, rows[0]["name"]))
    copy.refused("missing_segment", name)
    copy.json("check --partial")
    copy.json(f"dump --from {rows[1]['first_sequence']}")
    # A tear behind the end: not damage of what was durable, and still not well.
    last = rows[-1]["name"]
    torn = damaged(flip(rows[-1]["used"] + 10), last)
    torn.refused("ambiguous_tail", last, f"offset {rows[-1]['used']}")
    assert torn.json("ls")[-1]["state"] == "torn"

    missing = Journal(os.path.join(journal.folder, "missing"))
    for words in ("ls", "check", "dump", "archive --to x"):
        assert "is not a folder" in missing.run(words, 1).stderr
    assert not os.path.exists(missing.folder)
    journal.run("check --nonsense", 2)


def check_archive(journal, rows, venue):
    whole = journal.json(f"dump --from {rows[0]['last_sequence'] - 3} --to {rows[1]['first_sequence'] + 3}")
    before = venue.replay()
    archive = os.path.join(venue.folder, "archive")
    lines = journal.json(f"archive --to {archive}")
    assert [line["archived"] for line in lines] == [row["name"] for row in rows[:-1]], lines
    assert all(0 < line["packed"] < line["size"] for line in lines)
    assert sorted(os.listdir(archive)) == [row["name"] + ".zst" for row in rows[:-1]]
    # zstd itself unpacks them to the originals.
    for row in rows[:-1]:
        done = subprocess.run(["zstd", "-dc", os.path.join(archive, row["name"] + ".zst")], capture_output=True,
                              timeout=60, check=True)
        assert done.stdout == bytes(journal.read(row["name"])), row
    assert len(journal.json("ls")) == len(rows)
    assert all(row["archived"] and row["live"] for row in journal.json(f"ls --archive {archive}")[:-1])

    lines = journal.json(f"archive --to {archive} --keep 2")
    assert [line["removed"] for line in lines if "removed" in line] == [row["name"] for row in rows[:-2]]
    assert [row["segment"] for row in journal.json("ls")] == [rows[-2]["segment"], rows[-1]["segment"]]
    journal.refused("missing_segment", rows[-2]["name"])
    journal.json("check --partial")
    assert journal.json(f"check --archive {archive}")[0]["sequence"] == rows[-1]["last_sequence"]
    assert [row["segment"] for row in journal.json(f"ls --archive {archive}")] == [row["segment"] for row in rows]
    assert journal.json(f"dump --from {rows[0]['last_sequence'] - 3} --to {rows[1]['first_sequence'] + 3}"
                        f" --archive {archive}") == whole
    done = subprocess.run([PROGRAM, "replay", venue.journal, "--archive", archive, "--json"], capture_output=True,
                          text=True, timeout=120, check=True)
    after = json.loads(done.stdout)
    assert (after["sequence"], after["state_hash"]) == (before["sequence"], before["state_hash"])

    # An archive that cannot be unpacked is told.
    packed = os.path.join(archive, rows[0]["name"] + ".zst")
    with open(packed, "r+b") as file:
        file.seek(os.path.getsize(packed) // 2)
        file.write(b"\xff\x00\xff\x00")
    journal.refused(rows[0]["name"], options=f" --archive {archive}")


def main():
    with Venue(extra=SIM, arguments=["--sim"], limits=True) as venue:
        with open(venue.config, encoding="utf-8") as file:
            text = file.read()
        with open(venue.config, "w", encoding="utf-8") as file:
            file.write(text.replace("segment_mib = 4", "segment_mib = 1"))
        journal = make(venue)
        rows = check_table(journal)
        check_dump(journal, rows)
        check_damage(journal, rows)
        check_archive(journal, rows, venue)
    print("ok")


if __name__ == "__main__":
    main()
