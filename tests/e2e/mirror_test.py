"""The book mirror of a whole venue, read by a program that is not ours: ten lines with mmap and struct. Each book it takes
is compared with what the accounts that do all the trading know of that command; kill -9, restart and stop are known."""

import fcntl
import json
import mmap
import os
import struct
import subprocess
import time

from desk import Desk
from venue import PROGRAM, Venue, wait_until

MARKET = "DEC/USD"

# docs/protocols/mirror.md has these lines, too.
HEADER = struct.Struct("<QIIQII16sQq")  # magic version offset stride levels capacity venue_id pid created
BOOK = struct.Struct("<QQqIBBBx16sqqqqQqB7xIIII8x")  # guard sequence time instrument phase scales symbol tick lot last... counts
LEVEL = struct.Struct("<qqI4x")  # price quantity orders


def read_book(memory, place):
    _, version, offset, stride, levels, *_ = HEADER.unpack_from(memory)
    assert version == 1
    begin = offset + place * stride
    while True:
        copy = memory[begin:begin + stride]
        book = BOOK.unpack_from(copy)
        if book[0] % 2 == 0 and memory[begin:begin + 8] == copy[:8]:
            break
    sides = [[LEVEL.unpack_from(copy, BOOK.size + LEVEL.size * (side * levels + i)) for i in range(book[15 + side])]
             for side in (0, 1)]
    return book, *sides


def is_written(file):
    """Whether the venue lives: it holds a lock on the file to its end."""
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    fcntl.flock(file, fcntl.LOCK_UN)
    return False


def open_mirror(path):
    file = open(path, "rb")  # pylint: disable=consider-using-with
    return file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)


def place_of(memory, symbol):
    books, = struct.unpack_from("<Q", memory, 160)
    for place in range(books):
        if read_book(memory, place)[0][7].rstrip(b"\0") == symbol.encode():
            return place
    raise AssertionError(f"no {symbol} among {books}")




def watch(*arguments):
    return subprocess.run([PROGRAM, "watch", MARKET, *arguments], capture_output=True, text=True, timeout=30, check=False)


def check_live(venue):
    file, memory = open_mirror(venue.ready["mirror"])
    assert os.stat(venue.ready["mirror"]).st_mode & 0o777 == 0o644
    magic, _, _, _, levels, capacity, _, pid, _ = HEADER.unpack_from(memory)
    assert magic.to_bytes(8, "little") == b"DCXMIRR1" and pid == venue.process.pid and capacity == 64
    assert json.load(open(os.path.join(venue.data, "ready.json"), encoding="utf-8"))["mirror"] == venue.ready["mirror"]
    desk = Desk(venue)
    place = place_of(memory, MARKET)
    seen = set()
    for _ in range(40):
        for _ in range(15):
            desk.random_request()
        # Looked at while the venue works, judged when the owners have heard.
        taken = []
        end = time.monotonic() + 0.005
        while time.monotonic() < end:
            taken.append(read_book(memory, place))
        desk.settle()
        for book, bids, asks in taken:
            if book[1] in seen:
                continue
            seen.add(book[1])
            known = desk.book_at(book[1], levels)
            assert (bids, asks) == known, f"at {book[1]}: {bids} {asks} is not {known}"
    assert len(seen) > 10, "too few states were seen to test anything"
    wait_until(lambda: read_book(memory, place)[1:] == desk.book_at(1 << 60, levels), what="the last book in the mirror")
    book = read_book(memory, place)[0]
    assert desk.trades and book[12] == desk.trades[-1]["id"] and book[10] == desk.trades[-1]["price"], book
    assert is_written(file)
    return desk, file, memory, place, levels


def check_halt(venue, memory, place):
    done = subprocess.run([PROGRAM, "admin", "halt", MARKET, "--data", venue.data], capture_output=True, timeout=30, check=False)
    assert done.returncode == 0, done.stderr
    wait_until(lambda: read_book(memory, place)[0][4] == 2, what="the halt in the mirror")


def check_watch(venue):
    done = watch("--mirror", venue.data, "--seconds", "1", "--json")
    assert done.returncode == 0, done.stderr
    book = json.loads(done.stdout.splitlines()[0])
    assert book["type"] == "book" and book["symbol"] == MARKET and book["bids"] and book["asks"], book
    assert " book  " in watch("--mirror", venue.ready["mirror"], "--seconds", "1").stdout
    refused = subprocess.run([PROGRAM, "watch", "NO/ONE", "--mirror", venue.data], capture_output=True, text=True, timeout=30,
                             check=False)
    assert refused.returncode == 1 and "known: DEC/USD" in refused.stderr, refused


def main():
    with Venue() as venue:
        venue.start()
        desk, file, memory, place, levels = check_live(venue)
        check_watch(venue)
        check_halt(venue, memory, place)

        # Killed: the file stays, and everybody who looks knows what it is.
        path = venue.ready["mirror"]
        venue.kill()
        assert os.path.exists(path) and not is_written(file)
        gone = watch("--mirror", path, "--seconds", "5")
        assert gone.returncode == 1 and "killed" in gone.stderr, gone

        # The next start tells the whole book again, in another file of that name.
        with open(venue.config, "a", encoding="utf-8") as config:
            config.write('\n[mirror]\nthread = "own"\nlevels = 7\n')
        venue.start()
        assert venue.ready["mirror"] == path and not is_written(file)
        file, memory = open_mirror(path)
        assert is_written(file) and HEADER.unpack_from(memory)[4] == 7
        book, bids, asks = read_book(memory, place)
        assert book[4] == 2 and book[12] == 0 and book[10] == desk.trades[-1]["price"], "phase and last price"
        assert (bids, asks) == desk.book_at(1 << 60, 7), "the restored book"
        before, = struct.unpack_from("<q", memory, 144)
        wait_until(lambda: struct.unpack_from("<q", memory, 144)[0] > before, what="a heartbeat")
        assert abs(time.monotonic_ns() - struct.unpack_from("<q", memory, 144)[0]) < 10**9

        # Stopped: readers are told, and the name is gone.
        assert venue.stop() == 0
        assert not os.path.exists(path) and struct.unpack_from("<Q", memory, 128)[0] == 2
    assert levels == 20
    with Venue(extra="\n[mirror]\nenabled = false\n") as venue:
        venue.start()
        assert "mirror" not in venue.ready
        assert "no book mirror" in watch("--mirror", venue.data, "--seconds", "1").stderr
        venue.stop()
    with Venue(extra='\n[mirror]\nfolder = "/proc/none"\n') as venue:
        venue.start()
        assert "mirror" not in venue.ready and "there is none" in venue.log_text()
        venue.stop()
    print("ok")


if __name__ == "__main__":
    main()
