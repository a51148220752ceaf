"""Failing disks and jumping clocks under the real program, through fault_shim: writes, syncs, new segments, starts. The
engine stops with a reason that names the file and the error, everybody connected or coming is told not_accepting (12), the
process stays until it is told to go and exits 1, and the start after the repair has everything that was acknowledged."""

import errno
import json
import os
import random
import re
import subprocess
import sys
import time

from crowd import Crowd, SmallVenue
from crowd_clients import DEC, USD
from faults import (ALLOCATE, DELAY, FAIL, FAIL_CREATE, FDATASYNC, FSYNC, LIE, OPEN, PREAD, PWRITE, RENAME, SHORT, TEAR, TRUNCATE,
                    Faults)
from order_entry import (BUY, EV_TRANSFER_PENDED, GTD, LIMIT, PEND, PLACE, REPORT, Connection, Key, Session, Terminated,
                         pend_block, place_block, transfer_id)
from venue import PROGRAM, wait_until

NOT_ACCEPTING = 12
SPARE, LOCK = "/journal/spare", "/journal/LOCK"


def told(connection):
    """The code with which the venue ends this connection, which sends nothing."""
    try:
        # The edges learn of the stop within 200 ms; who comes in between is challenged and then told.
        connection.receive()
        connection.receive()
    except Terminated as end:
        return end.code
    finally:
        connection.close()
    raise AssertionError("a connection was served by a stopped engine")


def check_stopped(venue, crowd, reason):
    """The venue under load has met its fault: `reason` is in its log and health, and everybody is told."""
    def health():
        status, body = venue.admin("/ready")
        return status, json.loads(body)

    wait_until(lambda: health()[0] == 503 and health()[1]["state"] == "failed", what=f"the stop ({reason})")
    if crowd:
        crowd.join()
        codes = [c.ended for c in crowd.clients]
        assert codes == [NOT_ACCEPTING] * len(codes), f"{codes} after: {reason}"
    body = health()[1]
    assert venue.get("/health")[0] == 503 and venue.admin("/health")[0] == 503
    assert re.search(reason, body["reason"]), (reason, body)
    # What the history says of it may stand behind it.
    wait_until(lambda: re.search("error engine failed: .*" + reason, "\n".join(venue.log_text().splitlines()[-4:])), 5,
               "the log's line")
    for _ in range(3):
        assert told(Connection(venue.ready["order_entry"], timeout=5)) == NOT_ACCEPTING
    assert venue.metric("dcx_engine_accepting") == 0
    durable = body["durable"]
    assert health()[1]["durable"] == durable, "something became durable after the fault"
    return durable


def end(venue):
    assert venue.process.poll() is None, "a stopped venue stays until it is told to go"
    assert venue.stop(limit=20) == 5, venue.log_text()
    assert "stopped without its last checkpoint" in venue.log_text()


# What fails, and how the reason reads. A segment has room for 8,000 commands, so that the crowd soon needs the next.
RUNNING = [
    ("a write, EIO", PWRITE, ".journal", FAIL, errno.EIO, r"cannot write \d+ bytes at \d+ of .*journal.*: Input/output error"),
    ("a write, ENOSPC", PWRITE, ".journal", FAIL, errno.ENOSPC, "cannot write .*journal.*: No space left on device"),
    ("a write, EROFS", PWRITE, ".journal", FAIL, errno.EROFS, "cannot write .*journal.*: Read-only file system"),
    ("half a write, EIO", PWRITE, ".journal", TEAR, errno.EIO, "cannot write .*journal.*: Input/output error"),
    ("half a write, ENOSPC", PWRITE, ".journal", TEAR, errno.ENOSPC, "cannot write .*journal.*: No space left on device"),
    ("a sync, EIO", FDATASYNC, ".journal", FAIL, errno.EIO, "cannot sync .*journal.*: Input/output error"),
    ("a sync, ENOSPC", FDATASYNC, ".journal", FAIL, errno.ENOSPC, "cannot sync .*journal.*: No space left on device"),
    ("a sync, interrupted", FDATASYNC, ".journal", FAIL, errno.EINTR, "cannot sync .*journal.*: Interrupted system call"),
    ("no new file", OPEN, SPARE[1:], FAIL_CREATE, errno.EROFS, "cannot create .*spare: Read-only file system"),
    ("no room for a segment", ALLOCATE, "spare", FAIL, errno.ENOSPC, "cannot take 1048576 bytes for .*spare: No space left"),
    ("zeroing a segment", PWRITE, "spare", FAIL, errno.EIO, "cannot write .*spare: Input/output error"),
    ("a segment's size not synced", FSYNC, "spare", FAIL, errno.EIO, "cannot take .*spare: Input/output error"),
    ("a segment's header not synced", FDATASYNC, "spare", FAIL, errno.EIO, "cannot sync .*spare: Input/output error"),
    ("a segment's name", RENAME, ".journal", FAIL, errno.EIO, "cannot rename to .*journal the file .*: Input/output error"),
    ("the folder not synced", FSYNC, "/journal", FAIL, errno.EIO, "cannot sync the folder .*: Input/output error"),
]


def check_running(rng, faults):
    """The same venue meets every fault in turn, each time with everything that was acknowledged before."""
    with SmallVenue() as venue:
        venue.environment = faults.environment
        venue.start()
        crowd = Crowd(venue, rng, steady=4, crossers=2)
        for number, (name, operation, path, action, code, reason) in enumerate(RUNNING):
            path = venue.journal if path == "/journal" else path
            # What concerns a new segment strikes when the next one is made; anything else soon.
            own = path == ".journal" and operation != RENAME
            rule = None
            idle = Session(venue.ready["order_entry"], Key.read(venue.operator_key), client_session=9)
            if not own:
                rule = faults.plant(operation, path, action, code)
            crowd.begin_load(most=100_000)
            if own:
                crowd.wait_until_sent(rng.randint(0, 1500))
                rule = faults.plant(operation, path, action, code, after=rng.randint(0, 5), times=1)
            try:
                durable = check_stopped(venue, crowd, reason)
            except AssertionError as failure:
                raise AssertionError(f"{name}: {failure}\n{venue.log_text()}") from failure
            assert faults.hits(rule) >= 1, name
            assert told(idle) == NOT_ACCEPTING, name
            calls = faults.calls(rule)
            if number % 3 == 2:
                venue.kill()
            else:
                end(venue)
            assert not own or faults.calls(rule) == calls, f"{name}: it was tried again"
            faults.clear()
            crowd.start_and_check()
            assert venue.replay()["sequence"] >= durable, name
        crowd.leave()
        assert venue.stop() == 0, venue.log_text()
        print(f"{len(RUNNING)} faults under load, {crowd.sent()} commands there, {crowd.counts['in flight']} never acknowledged, "
              f"{crowd.counts['ambiguous tails']} torn tails cut")


def check_single(rng, faults):
    """Gateway, engine and feed on one thread."""
    with SmallVenue('layout = "single"\n') as venue:
        venue.environment = faults.environment
        venue.start()
        crowd = Crowd(venue, rng, steady=2, crossers=1)
        for operation, path, reason in ((FDATASYNC, ".journal", "cannot sync"), (ALLOCATE, "spare", "cannot take")):
            faults.plant(operation, path, FAIL, errno.EIO)
            crowd.begin_load(most=100_000)
            check_stopped(venue, crowd, reason + ".*Input/output error")
            end(venue)
            faults.clear()
            crowd.start_and_check()
        crowd.leave()
        assert venue.stop() == 0, venue.log_text()


def check_harmless(rng, faults):
    """What is no error: short writes, interrupted ones, a disk that stands still for a second."""
    with SmallVenue() as venue:
        venue.environment = faults.environment
        venue.start()
        crowd = Crowd(venue, rng, steady=2, crossers=2)
        crowd.begin_load(most=2000)
        rules = [faults.plant(PWRITE, ".journal", SHORT, after=2, times=500),
                 faults.plant(PWRITE, ".journal", FAIL, errno.EINTR, after=700, times=50),
                 faults.plant(FDATASYNC, ".journal", DELAY, 250, after=3, times=4)]
        wait_until(lambda: crowd.acknowledged() == crowd.sent() >= 8000, 60, "all reports")
        assert all(faults.hits(rule) > 0 for rule in rules[:1] + rules[2:]), [faults.hits(rule) for rule in rules]
        assert venue.get("/health")[0] == 200
        venue.kill()
        crowd.join()
        crowd.start_and_check()
        assert crowd.counts["in flight"] == 0 and venue.stop() == 0


def lying_venue(rng, faults, auditor):
    """A crowd at work on a disk that has begun to say it has written what it drops."""
    venue = SmallVenue(f"[auditor]\nenabled = {auditor}\n")
    venue.environment = faults.environment
    venue.start()
    crowd = Crowd(venue, rng, steady=2, crossers=2)
    crowd.begin_load(most=100_000)
    crowd.wait_until_sent(500)
    acknowledged = crowd.acknowledged()
    faults.plant(PWRITE, ".journal", LIE)
    return venue, crowd, acknowledged


def check_lie(rng, faults):
    """The checks themselves: a disk that lies makes them fail, where no auditor reads behind the writer."""
    venue, crowd, acknowledged = lying_venue(rng, faults, "false")
    with venue:
        wait_until(lambda: crowd.acknowledged() > acknowledged + 500, what="acknowledgements of nothing")
        venue.kill()
        crowd.join()
        faults.clear()
        try:
            crowd.start_and_check()
        except AssertionError as found:
            assert re.search(r"\d+ acknowledged, \d+ there", str(found)), found
        else:
            raise RuntimeError("commands were lost, and nobody missed them")


def check_lie_audited(rng, faults):
    """With the auditor the venue stops by itself."""
    venue, crowd, _ = lying_venue(rng, faults, "true")
    with venue:
        check_stopped(venue, crowd, "the auditor found a difference: the journal's durable part is damaged")
        venue.kill()


def refused_start(venue, reason):
    done = subprocess.run([PROGRAM, "serve", "--config", venue.config, "--data", venue.data], capture_output=True, text=True,
                          timeout=30, check=False, env={**os.environ, **venue.environment})
    assert done.returncode == (1 if "ready.json" in reason else 4) and done.stdout == "", done
    assert re.search(reason, done.stderr), (reason, done.stderr)


STARTING = [
    (PREAD, ".journal", FAIL, errno.EIO, "journal refused, storage_failed: cannot read .*journal: Input/output error"),
    (OPEN, ".journal", FAIL, errno.EACCES, "journal refused, storage_failed: cannot open .*: Permission denied"),
    (OPEN, "LOCK", FAIL_CREATE, errno.EROFS, "cannot create .*LOCK: Read-only file system"),
    (TRUNCATE, "LOCK", FAIL, errno.EIO, "cannot write .*LOCK: Input/output error"),
    (PWRITE, ".journal", FAIL, errno.EIO, "journal refused, storage_failed: cannot write .*journal: Input/output error"),
    (PWRITE, ".journal", FAIL, errno.EROFS, "journal refused, storage_failed: cannot write .*journal: Read-only file system"),
    (FDATASYNC, ".journal", FAIL, errno.EIO, "journal refused, storage_failed: cannot sync .*journal: Input/output error"),
    (RENAME, "ready.json", FAIL, errno.ENOSPC, "cannot write .*/ready.json: No space left on device"),
]


def check_starting(rng, faults):
    """A disk that fails while the venue starts: refused, and the next start has everything."""
    with SmallVenue() as venue:
        venue.environment = faults.environment
        venue.start()
        crowd = Crowd(venue, rng, steady=2, crossers=2)
        for operation, path, action, code, reason in STARTING:
            crowd.begin_load()
            crowd.wait_until_sent(rng.randint(200, 1000))
            venue.kill()
            crowd.join()
            faults.plant(operation, path, action, code)
            refused_start(venue, reason)
            faults.clear()
            crowd.start_and_check()
        crowd.leave()
        assert venue.stop() == 0
    for operation, path, action, code, reason in (
            (OPEN, "spare", FAIL_CREATE, errno.ENOSPC, "cannot create .*spare: No space left on device"),
            (ALLOCATE, "spare", FAIL, errno.ENOSPC, "cannot take 1048576 bytes for .*spare: No space left on device"),
            (FSYNC, "/journal", FAIL, errno.EIO, "journal.*: Input/output error")):
        # The first start of all.
        with SmallVenue() as venue:
            venue.environment = faults.environment
            faults.plant(operation, venue.journal if path == "/journal" else path, action, code)
            refused_start(venue, reason)
            faults.clear()
            venue.start()
            assert Session(venue.ready["order_entry"], Key.read(venue.operator_key)).listings()[0]["DEC"] == DEC
            assert venue.stop() == 0


# ---- the clock

HOUR = 3600 * 10**9


class Waiting:
    """An order that expires in an hour, and a pending transfer likewise."""

    FUNDS = 10**12

    def __init__(self, venue):
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key), client_session=8)
        self.key = operator.funded({USD: self.FUNDS})
        payee = operator.open_account()
        operator.close()
        session = Session(venue.ready["order_entry"], self.key)
        self.expires = time.time_ns() + HOUR
        session.send(PLACE, place_block(session.next_cl_ord_id(), 5_000, 100_000, self.key.account, 1, BUY, LIMIT, GTD,
                                        expire_at=self.expires))
        self.order = session.execution()
        assert self.order.exec_type == 1, self.order
        self.id = transfer_id()
        report = session.ask(PEND, pend_block(self.key.account, payee, USD, 77, self.id, timeout_ns=HOUR))
        assert report.template == REPORT + EV_TRANSFER_PENDED, report
        session.close()

    def check(self, venue):
        session = Session(venue.ready["order_entry"], self.key)
        assert [o.order_id for o in session.open_orders(self.key.account)] == [self.order.order_id], "the order expired"
        assert [p.id for p in session.pendings(self.key.account)] == [self.id], "the pending transfer expired"
        session.close()


def check_clock(rng, faults):
    with SmallVenue() as venue:
        venue.environment = faults.environment
        venue.start()
        waiting = Waiting(venue)
        crowd = Crowd(venue, rng, steady=2, crossers=2)
        crowd.others[USD] = Waiting.FUNDS
        # A correction below a second, either way, is followed.
        crowd.begin_load(most=500)
        for shift in (600, 0, -600, 0):
            faults.shift_wall_clock(shift * 10**6)
            time.sleep(0.3)
        wait_until(lambda: crowd.acknowledged() == crowd.sent() >= 2000, 60, "all reports")
        assert venue.get("/health")[0] == 200
        venue.kill()
        crowd.join()
        crowd.start_and_check()
        for shift in (2 * HOUR, -2 * HOUR, 1_100 * 10**6, -1_100 * 10**6):
            crowd.begin_load(most=100_000)
            crowd.wait_until_sent(rng.randint(300, 1500))
            faults.shift_wall_clock(shift)
            reason = r"the wall clock jumped by (-?\d+) ms against the monotonic clock"
            check_stopped(venue, crowd, reason)
            jump = int(re.findall(reason, venue.log_text())[-1]) * 10**6
            assert abs(jump - shift) < 5 * 10**8, (jump, shift)
            end(venue)
            faults.shift_wall_clock(0)
            crowd.start_and_check()
            waiting.check(venue)
        # And while nothing happens at all.
        crowd.leave()
        time.sleep(0.5)
        faults.shift_wall_clock(2 * HOUR)
        check_stopped(venue, None, "the wall clock jumped")
        end(venue)
        # A start with a clock that is behind: it is told, and nothing goes back.
        faults.shift_wall_clock(-HOUR)
        crowd.start_and_check()
        assert re.search("ahead of this machine's clock.* seconds=3[56][0-9][0-9]", venue.log_text())
        waiting.check(venue)
        crowd.leave()
        assert venue.stop() == 0, venue.log_text()
        faults.shift_wall_clock(0)
        crowd.start_and_check()
        waiting.check(venue)
        crowd.leave()
        assert venue.stop() == 0, venue.log_text()


def main():
    rng = random.Random(int(os.environ.get("DCX_SEED", "1")))
    for check in (check_running, check_single, check_harmless, check_lie, check_lie_audited, check_starting, check_clock):
        if len(sys.argv) > 1 and check.__name__ not in sys.argv[1:]:
            continue
        begun = time.monotonic()
        with Faults() as faults:
            check(rng, faults)
        print(f"{check.__name__}: ok, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
