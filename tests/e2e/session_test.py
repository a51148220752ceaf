"""Sessions from outside: what comes out of turn or too fast is told and not taken, limits and notices, and every report ever
told can be had again, also by who was away, after stops and kills, from memory, from the journal and from snapshots."""

import os
import random
import struct
import subprocess
import threading
import time

import order_entry as oe
from order_entry import BUY, SELL, Key, Session, Terminated, frame, place_block
from retention_test import set_journal
from venue import PROGRAM, Venue, wait_until

OUT_OF_SEQUENCE, EXISTS, THROTTLED = 4, 63, 55
OUT_OF_RANGE, UNAVAILABLE = 13, 14
ENDED_OUT_OF_SEQUENCE, ENDED_THROTTLED = 6, 15


def order(session, side=BUY, price=10_000, quantity=100_000):
    return place_block(session.next_cl_ord_id(), price, quantity, session.key.account, 1, side)


def numbers(address, key):
    """Gaps, repetitions and wrong counts."""
    session = Session(address, key, client_session=1)
    session.send(oe.PLACE, order(session))
    assert session.execution().exec_type == 1
    first = session.next_out
    for number in (first + 1, first + 2, first + 7):
        session.send_bytes(frame(oe.PLACE, order(session), number))
    told = session.not_applied()
    assert (told.next_sequence, told.sequence, told.reason) == (first, first + 1, OUT_OF_SEQUENCE), told
    session.send_bytes(frame(oe.PLACE, order(session), 1))
    told = session.not_applied()
    assert (told.next_sequence, told.sequence, told.reason) == (first, 1, EXISTS), told
    session.send_bytes(frame(oe.HEARTBEAT, struct.pack("<Q", first + 1)))
    session.send(oe.PLACE, order(session))
    assert session.execution().exec_type == 1
    session.send_bytes(frame(oe.HEARTBEAT, struct.pack("<Q", first)))
    told = session.not_applied()
    assert (told.next_sequence, told.sequence, told.reason) == (first + 1, first, EXISTS), told
    assert len(session.open_orders(key.account)) == 2
    # Again and again is too much.
    session.send_bytes(frame(oe.PLACE, order(session), 1) * 1100)
    try:
        while True:
            session.receive()
    except Terminated as end:
        assert end.code == ENDED_OUT_OF_SEQUENCE, end.code
    back = Session(address, key, client_session=1)
    assert back.next_out == first + 1
    back.close()


def too_fast(address, key):
    session = Session(address, key, client_session=2)
    limits = session.limits(key.account)
    assert (limits.messages_per_second, limits.message_burst, limits.account) == (10, 50, key.account), limits
    assert limits.messages_left in (49, 50), limits
    for _ in range(80):
        session.send(oe.PLACE, order(session))
    # It may overtake the reports of those that were taken.
    while (got := session.receive()).template != oe.NOT_APPLIED:
        pass
    told = oe.NotApplied(*struct.unpack("<QQqH6x", got.block))
    taken = told.next_sequence - 1
    assert told.reason == THROTTLED and told.sequence == taken + 1 and 0 < told.wait_ns <= 100_000_000, told
    assert taken >= 48, taken
    reasons = []
    while not reasons or reasons[-1] == THROTTLED:
        session.send_bytes(frame(oe.BALANCE_QUERY, struct.pack("<QII", 7, key.account, 0)))
        while (got := session.receive()).template != oe.QUERY_DONE:
            pass
        reasons.append(struct.unpack_from("<H", got.block, 24)[0])
        time.sleep(0.02)
    assert reasons[0] == THROTTLED and reasons[-1] == 0, reasons
    try:
        while True:
            session.send_bytes(frame(oe.PLACE, order(session), taken + 1) * 100)
            session.receive()
    except (Terminated, OSError) as end:
        assert not isinstance(end, Terminated) or end.code in (0, ENDED_THROTTLED), end.code


class Book:
    """Sessions that trade with each other, whose reports are kept by number whoever hears them first."""

    def __init__(self, key_a, key_b):
        self.keys = {("a", 1): key_a, ("a", 2): key_a, ("b", 1): key_b, ("b", 2): key_b}
        self.told = {name: {} for name in self.keys}
        self.random = random.Random(3)

    def connect(self, address, name):
        session = Session(address, self.keys[name], client_session=100 + name[1], timeout=120)
        for number in range(1, session.next_report):
            assert number in self.told[name] or session.next_report - number < 10_000
        return session

    def trade(self, address, orders):
        """Some of them; the others miss what happens to their orders."""
        here = {name: self.connect(address, name) for name in self.keys if self.random.random() < 0.7}
        for name, session in here.items():
            for _ in range(orders):
                session.send(oe.PLACE, order(session, self.random.choice((BUY, SELL)), 10_000 + self.random.randrange(-5, 6),
                                             50_000 + self.random.randrange(50_000)))
        for name, session in here.items():
            sent = session.next_out - 1
            answered = set()
            # What it asked for itself is answered after all that came before.
            session.send(oe.MASS_CANCEL, oe.mass_cancel_block(session.next_cl_ord_id(), session.key.account, 1, BUY))
            while True:
                report = session.report()
                if report.template == oe.REPORT + oe.EV_MASS_CANCELED:
                    break
                answered.add(report.sequence)
            assert sent > 0 and answered
        return here

    def keep(self, here):
        for name, session in here.items():
            for number, report in session.told.items():
                assert self.told[name].setdefault(number, report) == report
            session.close()

    def check(self, address):
        """All of everybody, in pieces of random size."""
        total = 0
        for name in self.keys:
            session = self.connect(address, name)
            number = 1
            while number < session.next_report:
                count = min(self.random.randrange(300, 3000), session.next_report - number)
                again, reason = session.retransmit(number, count)
                assert reason == 0 and len(again) == count, (name, number, count, reason)
                for report in again:
                    report = oe.without_stamps(report)
                    assert self.told[name].setdefault(report.sequence, report) == report, (name, report.sequence)
                number += count
                total += count
            assert session.retransmit(session.next_report, 1)[1] == OUT_OF_RANGE
            assert session.retransmit(1, session.next_report)[1] == OUT_OF_RANGE
            assert session.retransmit(0, 1)[1] == OUT_OF_RANGE
            session.close()
        return total


def again(venue, operator_key):
    address = venue.ready["order_entry"]
    operator = Session(address, operator_key)
    book = Book(operator.funded({1: 10**15, 2: 10**15}), operator.funded({1: 10**15, 2: 10**15}))
    operator.close()
    for life in range(3):
        here = book.trade(address, 100)
        if life == 1:
            done = subprocess.run([PROGRAM, "admin", "snapshot", "--data", venue.data], capture_output=True, text=True,
                                  timeout=60, check=False)
            assert done.returncode == 0, done.stderr
            book.keep(here)
            here = book.trade(address, 50)
        book.keep(here)
        before = book.check(address)
        if life % 2 == 0:
            venue.kill()
        else:
            assert venue.stop() == 0, venue.log_text()
        address = venue.start().ready["order_entry"]
        # Now all of it comes from the journal.
        assert venue.metric("dcx_gateway_retransmits_archived_total") == 0
        assert book.check(address) == before
        assert venue.metric("dcx_gateway_retransmits_archived_total") > 0
    return book


def flood_of_requests(venue, book):
    """Requests without end are bounded, and those who trade do not notice."""
    address = venue.ready["order_entry"]
    stop = threading.Event()

    def ask():
        session = book.connect(address, ("a", 2))
        while not stop.is_set():
            session.send_bytes(frame(oe.RETRANSMIT_REQUEST, struct.pack("<QI4x", 1, 10)) * 20)
            for _ in range(20):
                while session.receive().template != oe.RETRANSMIT_DONE:
                    pass
        session.close()

    thread = threading.Thread(target=ask)
    thread.start()
    trader = book.connect(address, ("b", 1))
    for _ in range(300):
        trader.send(oe.PLACE, order(trader))
        assert trader.execution().exec_type in (1, 2, 3)
    stop.set()
    thread.join(60)
    assert not thread.is_alive()
    trader.close()


def notices(venue, key):
    address = venue.ready["order_entry"]
    sessions = [Session(address, key, client_session=200 + i) for i in range(3)]
    done = subprocess.run([PROGRAM, "admin", "notice", "Zurück um zwölf", "--in", "5m", "--maintenance", "--data", venue.data],
                          capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    for session in sessions:
        notice = session.notice()
        assert notice.kind == 2 and notice.text == "Zurück um zwölf" and notice.at > 0, notice
    bad = subprocess.run([PROGRAM, "admin", "notice", "x" * 161, "--data", venue.data], capture_output=True, text=True,
                         timeout=60, check=False)
    assert bad.returncode != 0 and "160" in bad.stdout + bad.stderr, bad
    for session in sessions:
        session.close()


def packed_away():
    """Reports whose segments were packed away while the venue runs at load; without the archive they are gone, and told so."""
    sim = ("sim = true\n[sim]\norders_per_second = 20000\n[gateway]\nrecent_reports_mib = 1\n[snapshots]\nkeep = 2\n"
           "every_commands = 6_000\n")
    with Venue(sim) as venue:
        archive = os.path.join(venue.folder, "archive")
        set_journal(venue, f'segment_mib = 1\nkeep_segments = 2\narchive = "{archive}"')
        address = venue.start().ready["order_entry"]
        operator = Session(address, Key.read(venue.operator_key), client_session=42, timeout=120)
        for _ in range(5):
            operator.funded({1: 10**6})
        told = dict(operator.told)
        assert len(told) == 15, told
        wait_until(lambda: len(os.listdir(archive)) >= 4, 120, "four segments in the archive")
        assert f"{1:020}.journal" not in os.listdir(venue.journal)

        def all_again():
            again, reason = operator.retransmit(1, 15)
            assert reason == 0 and {r.sequence: oe.without_stamps(r) for r in again} == told, reason

        before = venue.metric("dcx_gateway_retransmits_archived_total")
        all_again()
        assert venue.metric("dcx_gateway_retransmits_archived_total") == before + 1
        assert operator.limits().first_report == 0
        assert venue.stop() == 0, venue.log_text()
        operator = Session(venue.start().ready["order_entry"], Key.read(venue.operator_key), client_session=42, timeout=120)
        all_again()
        assert venue.stop() == 0, venue.log_text()

        set_journal(venue, "segment_mib = 1")
        operator = Session(venue.start().ready["order_entry"], Key.read(venue.operator_key), client_session=42, timeout=120)
        assert operator.retransmit(1, 15) == ([], UNAVAILABLE)
        assert "can't be made again" in venue.log_text(), venue.log_text()
        assert venue.metric("dcx_auditor_failed") == 0
        assert venue.stop() == 0, venue.log_text()


def main():
    with Venue("[gateway]\nmessages_per_second = 10\nburst = 50\n") as venue:
        venue.start()
        slow = Key.read(venue.operator_key)
        # The operator's own messages count too: two accounts are what one burst makes.
        key = Session(venue.ready["order_entry"], slow, client_session=9).funded({1: 10**15, 2: 10**15})
        too_fast(venue.ready["order_entry"], key)
        assert venue.stop() == 0, venue.log_text()
    with Venue("[gateway]\nrecent_reports_mib = 1\n") as venue:
        venue.start()
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key), client_session=5)
        numbers(venue.ready["order_entry"], operator.funded({1: 10**15, 2: 10**15}))
        operator.close()
        book = again(venue, Key.read(venue.operator_key))
        flood_of_requests(venue, book)
        notices(venue, book.keys[("a", 1)])
        wait_until(lambda: venue.metric("dcx_gateway_sessions") == 0)
        assert venue.stop() == 0, venue.log_text()
        venue.replay()
    packed_away()
    print("sessions: ok")


if __name__ == "__main__":
    assert os.access(PROGRAM, os.X_OK), f"{PROGRAM} is not there"
    main()
