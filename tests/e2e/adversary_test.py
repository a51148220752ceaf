"""Adversaries at order entry, each while two honest clients trade: slow and half messages, floods of every kind, wrong keys,
handshakes that were seen before, sessions of others, games with numbers, readers that do not read. Every offence gets its
number; the honest ones get every answer once; memory and files stay bounded; the venue stops in order and its journal agrees."""

import collections
import random
import select
import struct
import threading
import time

import order_entry as oe
from adversary import (AUTHENTICATION, EXISTS, FAR, FUNDS, GAP, IN_USE, NOT_YOURS, OUT_OF_SEQUENCE, QUANTITY, REFUSED,
                       SLOW_CONSUMER, THROTTLED, TIMEOUT, TOO_FAST, UNKNOWN_ORDER, Pair, code_of, ended, forged_login, offence,
                       order, pour)
from order_entry import Connection, Key, Session, Terminated, cancel_block, frame, place_block
from venue import Venue, wait_until

ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
RATE = 2000


def dribble(crowd, seconds):
    """To every connection its bytes, one at a time, three times a second; the codes with which they are ended."""
    codes, left = collections.Counter(), dict.fromkeys(crowd, 0)
    until = time.monotonic() + seconds
    while left and time.monotonic() < until:
        readable, _, _ = select.select([c.socket for c in left], [], [], 0)
        for connection in [c for c in left if c.socket in readable]:
            try:
                connection.receive()
            except Terminated as end:
                codes[end.code] += 1
                connection.close()
                del left[connection]
        for connection, sent in left.items():
            with_next = crowd[connection][sent:sent + 1]
            assert with_next, "it was let say all of it"
            connection.send_bytes(with_next)
            left[connection] = sent + 1
        time.sleep(0.33)
    assert not left, f"{len(left)} of {len(crowd)} go on"
    return codes


def slow_loris(address, mallory):
    crowd = {Connection(address): forged_login(mallory.id, bytes(64)) for _ in range(300)}
    # Inside a session too: bytes are not a message, and only a message counts as a sign of life.
    for i in range(20):
        session = Session(address, mallory, client_session=100 + i, heartbeat_ms=1000)
        crowd[session] = session.command(oe.PLACE, order(session))
    assert dribble(crowd, 20) == {TIMEOUT: len(crowd)}


def half_frames(address, mallory):
    crowd = [Connection(address) for _ in range(1000)]
    login = forged_login(mallory.id, bytes(64))
    for i, connection in enumerate(crowd):
        connection.send_bytes(login[:1 + i % (len(login) - 1)])
    session = Session(address, mallory, client_session=2)
    before = session.next_out
    session.send_bytes(session.command(oe.PLACE, order(session))[:-1])
    session.close()
    assert collections.Counter(map(code_of, crowd)) == {TIMEOUT: len(crowd)}
    back = Session(address, mallory, client_session=2)
    assert back.next_out == before and not back.open_orders(mallory.account), "half an order was taken"
    back.close()


def floods(venue, address, mallory):
    """Each kind of message, further and further beyond the rate."""
    def numbered(template, block):
        return lambda session: b"".join(session.command(template, block(session)) for _ in range(6 * RATE))

    def plain(template, block):
        return lambda session: frame(template, block) * 6 * RATE

    kinds = {
        "orders": numbered(oe.PLACE, order),
        "cancels of nothing": numbered(oe.CANCEL, lambda s: cancel_block(s.next_cl_ord_id(), mallory.account, order_id=10**15)),
        "balance queries": plain(oe.BALANCE_QUERY, struct.pack("<QII", 7, mallory.account, 0)),
        "open orders queries": plain(oe.OPEN_ORDERS_QUERY, struct.pack("<QII", 7, mallory.account, 0)),
        "limit queries": plain(oe.LIMIT_QUERY, struct.pack("<QI4x", 7, mallory.account)),
        "requests for reports": plain(oe.RETRANSMIT_REQUEST, struct.pack("<QI4x", 1, 1)),
        # Too often out of sequence before it is too fast.
        "orders of one number": lambda session: frame(oe.PLACE, order(session), session.next_out) * 6 * RATE,
        "heartbeats": lambda session: frame(oe.HEARTBEAT, struct.pack("<Q", session.next_out)) * 6 * RATE,
    }
    numbered_kinds = ("orders", "cancels of nothing")
    for client_session, (name, make) in enumerate(kinds.items(), 200):
        session = Session(address, mallory, client_session=client_session)
        first = session.next_out
        throttled = venue.metric("dcx_gateway_throttled_total")
        got, code = pour(session, make(session))
        wanted = OUT_OF_SEQUENCE if "one number" in name else THROTTLED
        # With its last words lost in a reset it is the venue's count that tells.
        assert code in (wanted, 0), f"{name}: ended with {code}"
        if wanted == THROTTLED:
            assert venue.metric("dcx_gateway_throttled_total") - throttled >= RATE, name
        reasons = {struct.unpack("<QQqH6x", f.block)[3] for f in got if f.template == oe.NOT_APPLIED}
        assert reasons == ({EXISTS} if wanted == OUT_OF_SEQUENCE else {TOO_FAST} if name in numbered_kinds else set()), name
        back = Session(address, mallory, client_session=client_session)
        taken = back.next_out - first
        if name == "orders":
            assert 0 < taken < 6 * RATE
            reports, reason = back.retransmit(1, taken)
            assert reason == 0
            numbers = [oe.execution_of_body(r.block[oe.REPORT_HEADER.size:]).cl_ord_id for r in reports]
            assert numbers == list(range(1, taken + 1)), "an order lost, or taken twice"
            assert len(back.open_orders(mallory.account)) == taken
            canceled, done = back.mass_cancel()
            assert len(canceled) == done.canceled == taken
        back.close()
    wait_until(lambda: ended(venue, "throttled") == len(kinds) - 1, 10, "an end of each")


def wrong_keys(address, mallory, victim):
    """Many at once, behind whom an honest one must still get in."""
    chance = random.Random(5)
    forged = Key(mallory.id, chance.randbytes(32), mallory.account)
    logins = [lambda: forged_login(victim.id, chance.randbytes(64)), lambda: forged_login(0, bytes(64)),
              lambda: forged_login(2**32 - 1, chance.randbytes(64)), lambda: forged_login(victim.id, bytes(64)),
              lambda: forged_login(victim.id, forged.sign(chance.randbytes(96)))]
    crowd = [Connection(address) for _ in range(1000)]
    for i, connection in enumerate(crowd):
        connection.send_bytes(logins[i % len(logins)]())
    Session(address, mallory, client_session=3).close()
    assert collections.Counter(map(code_of, crowd)) == {AUTHENTICATION: len(crowd)}


def replayed_handshakes(address, mallory):
    """What was signed once, for one challenge and one session, is worth nothing for another."""
    class Recorded(Session):
        def send_bytes(self, data):
            self.said = getattr(self, "said", b"") + data
            super().send_bytes(data)

    seen = Recorded(address, mallory, client_session=4)
    login = seen.said[:112]
    seen.close()

    def answer_to(login_of):
        connection = Connection(address)
        challenge = connection.receive().block
        connection.send_bytes(login_of(challenge))
        return code_of(connection)

    def signed(challenge, client_session, **wrong):
        parts = {"label": b"dcx-negotiate-v1", "nonce": challenge[:32], "venue": challenge[32:48], "session": client_session,
                 "key": mallory.id, **wrong}
        return mallory.sign(parts["label"] + parts["nonce"] + parts["venue"]
                            + struct.pack("<QII", parts["session"], parts["key"], 0))

    for wrong in ({"nonce": bytes(32)}, {"venue": bytes(16)}, {"session": 5}, {"key": mallory.id + 1},
                  {"label": b"dcx-negotiate-v2"}):
        assert answer_to(lambda c, w=wrong: forged_login(mallory.id, signed(c, 4, **w), 4)) == AUTHENTICATION, wrong
    assert answer_to(lambda _: login) == AUTHENTICATION

    def malleable(challenge):
        signature = signed(challenge, 4)
        number = int.from_bytes(signature[32:], "little") + ED25519_ORDER
        return forged_login(mallory.id, signature[:32] + number.to_bytes(32, "little"), 4)

    assert answer_to(malleable) == AUTHENTICATION
    # The whole of an old conversation, orders and all, in one piece.
    session = Recorded(address, mallory, client_session=4)
    session.send(oe.PLACE, order(session))
    assert session.execution().exec_type == 1
    session.close()
    connection = Connection(address)
    connection.send_bytes(session.said)
    assert code_of(connection) in (AUTHENTICATION, 7), "a conversation of before was taken"
    back = Session(address, mallory, client_session=4)
    assert back.next_out == 2 and len(back.open_orders(mallory.account)) == 1
    back.mass_cancel()
    back.close()


def stolen_sessions(address, mallory, pair):
    """The number of another's session is a number like any other; the orders behind it are out of reach."""
    victim = pair.seller
    thief = Session(address, mallory, client_session=77)
    assert (thief.next_out, thief.account) == (1, mallory.account)
    for order_id in list(pair.buyer.open)[:5]:
        for account, reasons in ((mallory.account, (UNKNOWN_ORDER, NOT_YOURS)), (victim.key.account, (NOT_YOURS, UNKNOWN_ORDER))):
            report = thief.ask(oe.CANCEL, cancel_block(thief.next_cl_ord_id(), account, order_id=order_id))
            assert report.template == oe.REPORT + oe.EV_CANCEL_REJECTED, report
    for account in (victim.key.account, pair.buyer.key.account, 1, 0, 2**32 - 1):
        thief.send(oe.PLACE, place_block(thief.next_cl_ord_id(), FAR, QUANTITY, account, 1, oe.SELL))
        assert thief.execution().reject_reason in (NOT_YOURS, 20), "an order for another"
        assert thief.query(oe.BALANCE_QUERY, struct.pack("<QII", 7, account, 0))[1] in (NOT_YOURS, 20, 6)
        assert thief.query(oe.OPEN_ORDERS_QUERY, struct.pack("<QII", 7, account, 0))[1] in (NOT_YOURS, 20, 6)
        assert thief.drop_copy(account) in (NOT_YOURS, 20, 6)
    thief.close()

    # Who has the key itself can't have the session twice: the second of two is refused, the first does not notice.
    first = Session(address, mallory, client_session=6)
    for _ in range(20):
        try:
            Session(address, mallory, client_session=6)
            raise RuntimeError("one session had by two")
        except AssertionError as refused:
            assert f"reason {IN_USE}" in str(refused), refused
    first.send(oe.PLACE, order(first))
    assert first.execution().exec_type == 1
    first.mass_cancel()
    first.close()

    # Many at once for one: at any time one has it, and each that says it was taken was.
    taken, failures = [], []

    def rush():
        try:
            for _ in range(15):
                try:
                    session = Session(address, mallory, client_session=8)
                    number = session.next_out
                    session.send(oe.PLACE, order(session))
                    e = session.execution()
                    assert e.exec_type == 1, e
                    taken.append((number, e.order_id))
                    session.close()
                except Terminated as end:
                    assert end.code in (REFUSED, 0), end.code
                except AssertionError as refused:
                    assert f"reason {IN_USE}" in str(refused), refused
        except BaseException as error:  # pylint: disable=broad-except
            failures.append(error)

    threads = [threading.Thread(target=rush) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not failures, failures
    back = Session(address, mallory, client_session=8)
    assert back.next_out == len(back.open_orders(mallory.account)) + 1
    assert len({number for number, _ in taken}) == len(taken) > 0 and {i for _, i in taken} <= {
        e.order_id for e in back.open_orders(mallory.account)}
    back.mass_cancel()
    back.close()


def sequence_games(address, mallory, seed):
    """Numbers at random against what the document says of them."""
    chance = random.Random(seed)
    session = Session(address, mallory, client_session=300 + seed)
    expected, told, silent, data = session.next_out, [], False, b""
    accepted = 0
    for _ in range(400):
        number = chance.choice((expected,) * 6 + (expected + 1, expected - 1, expected + 1000, 1, 2**32, 2**63, 2**64 - 1))
        heartbeat = chance.random() < 0.2
        if number == 0:
            continue
        data += frame(oe.HEARTBEAT, struct.pack("<Q", number)) if heartbeat else frame(oe.PLACE, order(session), number)
        if number == expected:
            silent = False
            if not heartbeat:
                accepted, expected = accepted + 1, expected + 1
        elif number < expected:
            told.append((expected, number, EXISTS))
        elif not silent:
            silent = True
            told.append((expected, number, GAP))
    data += frame(oe.LIMIT_QUERY, struct.pack("<QI4x", 7, mallory.account))
    session.send_bytes(data)
    heard, reports, done = [], 0, False
    while not done or reports < accepted:
        got = session.receive()
        if got.template == oe.NOT_APPLIED:
            next_sequence, sequence, wait, reason = struct.unpack("<QQqH6x", got.block)
            assert wait == 0
            heard.append((next_sequence, sequence, reason))
        elif got.template == oe.EXECUTION_REPORT:
            reports += 1
            assert got.sequence == session.next_report + reports - 1
        done = done or got.template == oe.QUERY_DONE
    assert heard == told and reports == accepted, seed
    # What no number is ends it, at once.
    session.send_bytes(frame(*chance.choice(((oe.PLACE, order(session)), (oe.HEARTBEAT, bytes(8))))))
    assert code_of(session) == OUT_OF_SEQUENCE
    back = Session(address, mallory, client_session=300 + seed)
    assert back.next_out == expected and len(back.open_orders(mallory.account)) == accepted
    back.mass_cancel()
    back.close()


def never_reads(venue, address, mallory):
    session = Session(address, mallory, client_session=9)
    first = session.next_out
    session.socket.setsockopt(oe.socket.SOL_SOCKET, oe.socket.SO_RCVBUF, 65536)
    session.socket.setblocking(False)
    before = ended(venue, "slow_consumer")
    refused = place_block(1, 0, 0, mallory.account, 1, oe.BUY)
    rest, end = b"", time.monotonic() + 60
    while ended(venue, "slow_consumer") == before:
        assert time.monotonic() < end, "it may leave any amount unread"
        rest = rest or b"".join(session.command(oe.PLACE, refused) for _ in range(500))
        try:
            rest = rest[session.socket.send(rest):]
        except OSError:
            time.sleep(0.01)
    session.socket.settimeout(20)
    session.socket.setsockopt(oe.socket.SOL_SOCKET, oe.socket.SO_RCVBUF, 1 << 20)
    assert code_of(session) in (SLOW_CONSUMER, 0)
    # What it did not hear it can have.
    back = Session(address, mallory, client_session=9)
    taken = back.next_out - first
    assert 0 < taken and back.next_report == back.next_out
    reports, reason = back.retransmit(1, min(taken, 1000))
    assert reason == 0 and len(reports) == min(taken, 1000)
    back.close()


def run(settings, adversaries):
    # What the history's rows and its database take meanwhile is not the adversaries' doing.
    with Venue(settings + '[history]\nstore = "none"\n') as venue:
        address = venue.start().ready["order_entry"]
        operator = Session(address, Key.read(venue.operator_key), client_session=5, timeout=60)
        mallory = operator.funded({1: FUNDS, 2: FUNDS})
        pair = Pair(address, operator)
        pair.goes_on(50)
        adversaries(venue, address, mallory, pair)
        pair.stop(operator)
        assert venue.metric("dcx_gateway_lost_commands_total") == 0
        operator.close()
        assert venue.stop() == 0, venue.log_text()
        venue.replay()
        address = venue.start().ready["order_entry"]
        operator = Session(address, Key.read(venue.operator_key), client_session=5, timeout=60)
        pair.compare_again(address, operator)
        operator.close()
        assert venue.stop() == 0, venue.log_text()


def at_the_door(venue, address, mallory, pair):
    with offence(venue, pair, "slow loris", 4096):
        slow_loris(address, mallory)
    with offence(venue, pair, "half frames", 8192):
        half_frames(address, mallory)
    with offence(venue, pair, "wrong keys", 4096):
        wrong_keys(address, mallory, pair.seller.key)
    with offence(venue, pair, "replayed handshakes", 4096):
        replayed_handshakes(address, mallory)
    with offence(venue, pair, "stolen sessions", 8192):
        stolen_sessions(address, mallory, pair)
    with offence(venue, pair, "sequence games", 8192):
        for seed in range(10):
            sequence_games(address, mallory, seed)


def too_much(venue, address, mallory, pair):
    with offence(venue, pair, "floods", 16384):
        floods(venue, address, mallory)


def unread(venue, address, mallory, pair):
    with offence(venue, pair, "reports unread", 32768):
        for _ in range(2):
            never_reads(venue, address, mallory)


def main():
    run("[gateway]\nhandshake_ms = 2000\nrecent_reports_mib = 4\n", at_the_door)
    run(f"[gateway]\nmessages_per_second = {RATE}\nburst = {RATE}\nrecent_reports_mib = 4\n", too_much)
    run("[gateway]\nmessages_per_second = 0\noutput_kib = 64\nrecent_reports_mib = 4\n", unread)
    print("adversaries: ok")


if __name__ == "__main__":
    main()
