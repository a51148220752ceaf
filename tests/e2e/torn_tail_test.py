"""The journal of a venue that was killed under load, damaged byte by byte and given to the program: zeros from each byte of
the last three batches on, each of these bytes changed, any sectors of them missing, and random bytes anywhere. What must
come of it is worked out here from docs/durability.md: damage that a later header knows as durable is refused with its place,
anything else is cut and told, and nothing before it is lost.

A share of the bytes; with DCX_SOAK=1 all of them (src/journal/torn_disk_test.cpp always takes all, of a journal of its own)."""

import collections
import json
import os
import random
import re
import shutil
import struct
import subprocess

from crowd import Crowd, SmallVenue
from journal_bytes import BLOCK, SECTOR, SEGMENT_HEADER, batches_of, read, without_sectors
from venue import PROGRAM

SOAK = bool(os.environ.get("DCX_SOAK"))

Verdict = collections.namedtuple("Verdict", "kept kind segment offset tail")  # tail: (offset, first, last or 0)


class Journal:
    """What was written, and on a copy what becomes of it."""

    def __init__(self, folder, copy):
        self.copy = copy
        shutil.copytree(folder, copy)
        names = sorted(n for n in os.listdir(folder) if n.endswith(".journal"))
        self.whole = {name: read(os.path.join(folder, name)) for name in names}
        self.there = dict(self.whole)
        self.last = names[-1]
        self.batches = [b for name in names for b in batches_of(name, self.whole[name])]
        assert not any(self.whole[self.last][self.batches[-1].end:]), "the killed venue's journal ends with something else"
        self.tries = collections.Counter()

    def judge(self, name, damaged):
        whole = self.whole[name]
        if damaged[:SEGMENT_HEADER] != whole[:SEGMENT_HEADER]:
            newer = damaged[:8] == whole[:8] and struct.unpack_from("<I", damaged, 8) > struct.unpack_from("<I", whole, 8)
            return Verdict(0, "newer_format" if newer else "damaged_segment_header", name, 0, None)
        broken = next((b for b in self.batches if b.segment == name and damaged[b.offset:b.end] != whole[b.offset:b.end]), None)
        kept = self.batches.index(broken) if broken else len(self.batches)
        end = broken.offset if broken else max(b.end for b in self.batches if b.segment == name)
        known = name != self.last and (broken is not None or any(damaged[end:]))
        claimed = 0
        if name == self.last and broken:
            for batch in self.batches[kept:]:
                if damaged[batch.offset:batch.offset + BLOCK] == whole[batch.offset:batch.offset + BLOCK]:
                    known = known or batch is not broken
                    claimed = batch.first + batch.count - 1 if batch.count and batch is broken else claimed
        if known:
            gone = broken and not any(damaged[end:end + BLOCK])
            return Verdict(kept, "missing_batch" if gone else "damaged_batch", name, end, None)
        if name != self.last or not any(damaged[end:]):
            return Verdict(kept, None, name, end, None)
        rest = damaged[end:]
        tail = end + (len(rest) - len(rest.lstrip(b"\0"))) // BLOCK * BLOCK
        first = broken.first if broken else self.batches[-1].first + self.batches[-1].count
        return Verdict(kept, None, name, end, (tail, first, claimed))

    def sequence(self, kept):
        return self.batches[kept - 1].first + self.batches[kept - 1].count - 1 if kept else 0

    def put(self, name, damaged):
        for other, bytes_ in {**self.whole, name: damaged}.items():
            if self.there[other] != bytes_:
                with open(os.path.join(self.copy, other), "r+b") as file:
                    file.write(bytes_)
                self.there[other] = bytes_

    def check(self, how, name, damaged):
        """By `dcx replay`, which changes nothing."""
        self.tries[how] += 1
        verdict = self.judge(name, damaged)
        self.put(name, damaged)
        done = subprocess.run([PROGRAM, "replay", self.copy, "--json"], capture_output=True, text=True, timeout=60, check=False)
        if verdict.kind:
            assert done.returncode == 1 and done.stdout == "", (verdict, done)
            assert f"{verdict.kind}: segment {name}, offset {verdict.offset}:" in done.stderr, (verdict, done.stderr)
        else:
            assert done.returncode == 0, (verdict, done)
            assert json.loads(done.stdout)["sequence"] == self.sequence(verdict.kept), (verdict, done.stdout)
        return verdict


def changed(bytes_, at, by):
    return bytes_[:at] + bytes([bytes_[at] ^ by]) + bytes_[at + 1:]


def check_replays(journal, rng):
    name, whole = journal.last, journal.whole[journal.last]
    three = [b for b in journal.batches if b.segment == name][-3:]
    begin, end = three[0].offset, three[-1].end
    step = 1 if SOAK else max(1, (end - begin) // 150)
    for at in range(begin + rng.randrange(step), end, step):
        journal.check("zeros from a byte on", name, whole[:at] + bytes(len(whole) - at))
        journal.check("bytes changed", name, changed(whole, at, rng.randint(1, 255)))
    for i in range(2000 if SOAK else 100):
        of = three[-1] if i % 2 else three[0]
        there = rng.getrandbits(-(-(end - of.offset) // SECTOR) + 1)
        journal.check("sectors missing", name, without_sectors(whole, of.offset, end, there))
    for _ in range(2000 if SOAK else 100):
        name = rng.choice(list(journal.whole))
        journal.check("random bytes anywhere", name, changed(journal.whole[name], rng.randrange(len(journal.whole[name])),
                                                             rng.randint(1, 255)))


def check_starts(venue, journal, rng):
    """By `dcx serve`: what it cuts it tells, once, with the sequences; what it refuses it leaves as it is."""
    name, whole = journal.last, journal.whole[journal.last]
    last = journal.batches[-1]
    before = journal.batches[-2]
    damages = [changed(whole, last.offset + 40, 1), changed(whole, last.end - 1, 1), changed(whole, last.end + 5000, 1),
               whole[:last.end - 1] + bytes(len(whole) - last.end + 1), changed(whole, before.offset + 30, 1),
               without_sectors(whole, last.offset, last.end, rng.getrandbits(8))]
    original = venue.data
    venue.data = original + "-torn"
    for damaged in damages:
        shutil.rmtree(venue.data, ignore_errors=True)
        shutil.copytree(original, venue.data, ignore=shutil.ignore_patterns("*.sock"))
        path = os.path.join(venue.journal, name)
        with open(path, "r+b") as file:
            file.write(damaged)
        verdict = journal.judge(name, damaged)
        size = os.path.getsize(venue.log_path)
        if verdict.kind:
            try:
                venue.start()
                raise RuntimeError(f"{verdict} was not refused")
            except AssertionError:
                assert venue.process.returncode == 4
            assert f"{verdict.kind}: segment {name}, offset {verdict.offset}:" in venue.log_since(size), venue.log_since(size)
            assert read(path) == damaged, "a refusal changed the journal"
            continue
        venue.start()
        told = re.search(r"ambiguous_tail: .* segment=(\S+) offset=(\d+) first_sequence=(\d+) last_sequence=(\d+)",
                         venue.log_since(size))
        got = told and (int(told[2]), int(told[3]), int(told[4]))
        assert got == verdict.tail and (not told or told[1] == name), (verdict, venue.log_since(size))
        assert f"recovered sequence={journal.sequence(verdict.kept)} " in venue.log_since(size)
        venue.kill()
        size = os.path.getsize(venue.log_path)
        venue.start()
        assert "ambiguous_tail" not in venue.log_since(size), "told again"
        assert venue.stop() == 0
        journal.tries["starts"] += 1
    venue.data = original


def main():
    rng = random.Random(int(os.environ.get("DCX_SEED", "1")))
    with SmallVenue() as venue:
        venue.start()
        crowd = Crowd(venue, rng, steady=2, crossers=1)
        for client in crowd.clients:
            client.window = 8  # for small batches, because all of their bytes are to be tried
        for attempt in range(30):
            crowd.begin_load(most=10_000)
            crowd.wait_until_sent(rng.randint(100, 1000) if attempt else 9_000, limit=20)
            venue.kill()
            crowd.join()
            journal = Journal(venue.journal, os.path.join(venue.folder, "copy"))
            # A segment before, and three batches at the end that are no watermarks.
            three = journal.batches[-3:]
            fit = len(journal.whole) > 1 and all(b.count > 1 and b.segment == journal.last for b in three)
            if fit:
                break
            shutil.rmtree(journal.copy)
            crowd.start_and_check()
        assert fit, "thirty kills, and never between two batches"
        check_replays(journal, rng)
        check_starts(venue, journal, rng)
        # The journal itself was never touched.
        crowd.start_and_check()
        crowd.leave()
        assert venue.stop() == 0, venue.log_text()
        sizes = [b.count for b in journal.batches[-3:]]
        print(f"{len(journal.batches)} batches, the last ones of {sizes} commands: " +
              ", ".join(f"{count} {what}" for what, count in journal.tries.items()))


if __name__ == "__main__":
    main()
