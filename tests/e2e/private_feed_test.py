"""The private channels of the feed, through a WebSocket library that is not ours: what an account's owner is told equals
what order entry tells him, comes before the public trade, and comes to nobody else, whatever he tries."""

import base64
import json
import os
import random
import select
import socket
import struct
import threading
import time

from desk import Desk
from feed_process_test import Process
from order_entry import BUY, IOC, REPORT, REVOKE_KEY, SELL, Key, Session
from private_client import Account, PrivateFeed, login_request
from venue import Venue, wait_until

MARKET = "DEC/USD"
EV_KEY_REVOKED = 12
SIDES = {"buy": BUY, "sell": SELL}
EXEC_TYPES = {"accepted": 1, "rejected": 2, "trade": 3, "canceled": 4, "replaced": 5, "restated": 6, "expired": 7}
STATUS = {"accepted": 1, "partially_filled": 2, "filled": 3, "canceled": 4, "rejected": 5, "expired": 6}


def revoke(operator, key):
    report = operator.ask(REVOKE_KEY, struct.pack("<II", key.id, 0))
    assert report.template == REPORT + EV_KEY_REVOKED, report


def caught_up(venue, desk):
    wait_until(lambda: venue.metric("dcx_feed_private_sequence") >= max(s.last_event for s in desk.sessions), 20, "the feed")


def units(text, scale):
    whole, fraction = text.split(".")
    assert len(fraction) == scale, text
    return int(whole + fraction)


def compare_with_order_entry(desk, who, told, form):
    """Open orders and balances, as the gateway's queries say them."""
    session, account = desk.sessions[who], desk.keys[who].account
    number = (lambda value, scale: value) if form == "msgpack" else units
    orders = {o.order_id: (o.cl_ord_id, o.side, number_of(o)) for o in session.open_orders(account)}
    mine = {i: (o["cl_ord_id"], SIDES[o["side"]],
                tuple(number(o[n], 4) for n in ("price", "order_qty", "leaves_qty", "cum_qty"))
                + (number(o["cum_notional"], 8),)) for i, o in told.orders.items()}
    assert mine == orders, f"{form}: {mine} is not {orders}"
    ids = session.listings()[0]
    balances = {a: b for a, b in ((ids[asset], tuple(number(v, 8) for v in of)) for asset, of in told.balances.items()) if any(b)}
    assert balances == session.balances(account), (balances, session.balances(account))


def number_of(order):
    return order.price, order.order_qty, order.leaves_qty, order.cum_qty, order.cum_notional


def check_formats(venue, desk):
    """A random flow of two accounts, heard by each of them in both formats."""
    feeds = []
    for who in (0, 1):
        for form in ("json", "msgpack"):
            feed = PrivateFeed(venue.ready["feed"], form, desk.keys[who])
            if form == "json":
                feed.follow("executions")
                feed.follow("balances")
            else:
                feed.send({"type": "subscribe", "channels": ["executions", "balances"]})
            feeds.append((who, form, feed, len(desk.sessions[who].told)))
    for _ in range(60):
        for _ in range(12):
            desk.random_request()
        desk.settle()
    caught_up(venue, desk)
    for who, form, feed, known in feeds:
        feed.settle()
        told = Account(desk.keys[who].account).apply_all(feed.messages)
        compare_with_order_entry(desk, who, told, form)
        # Nothing of the other's.
        accounts = {m["account"] for m in feed.messages if "account" in m}
        assert accounts == {desk.keys[who].account}, accounts
        assert len([e for _, e in told.executions if e["exec_type"] == "trade"]) > 20, "too tame a flow"
        feed.close()
    print(f"formats: {len(told.executions)} executions of the last account")


class RawFeed:
    """The smallest client: blocking reads of one socket, so that what has come when is certain."""

    def __init__(self, venue, key=None):
        host, port = venue.ready["http"].rsplit("/", 1)[1].split(":")
        self.socket = socket.create_connection((host, int(port)), 10)
        self.buffer = b""
        nonce = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET /v1/feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Key: {nonce}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        while b"\r\n\r\n" not in self.buffer:
            self.more()
        self.buffer = self.buffer.split(b"\r\n\r\n", 1)[1]
        self.welcome = self.next()
        if key:
            self.send(login_request(self.welcome, key))
            assert self.next()["type"] == "login"

    def more(self):
        data = self.socket.recv(65536)
        assert data, "the venue closed the connection"
        self.buffer += data

    def send(self, request):
        data = json.dumps(request).encode()
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + struct.pack(">H", len(data))
        self.socket.sendall(b"\x81" + size + bytes(4) + data)

    def whole(self):
        """(size of the first frame's header, its end), or None while it is not all here."""
        if len(self.buffer) < 2:
            return None
        size, head = self.buffer[1], 2
        if size == 126:
            head = 4
            if len(self.buffer) < 4:
                return None
            size = struct.unpack_from(">H", self.buffer, 2)[0]
        assert size != 127
        return (head, head + size) if len(self.buffer) >= head + size else None

    def next(self):
        while not (found := self.whole()):
            self.more()
        message = self.buffer[found[0]:found[1]]
        opcode, self.buffer = self.buffer[0], self.buffer[found[1]:]
        return json.loads(message) if opcode == 0x81 else {"type": "control", "opcode": opcode}

    def until(self, condition):
        while not condition(message := self.next()):
            pass
        return message

    def is_here(self, condition):
        """Whether such a message has come, without waiting for any."""
        while self.whole() or select.select([self.socket], [], [], 0)[0]:
            if condition(self.next()):
                return True
        return False


def trades_in(message):
    return {t["id"] for t in message["data"]["trades"]} if message.get("channel") == "trades" and "data" in message else set()


def fills_in(message):
    if message.get("channel") != "executions" or message.get("type") != "update":
        return set()
    return {e["trade_id"] for e in message["data"]["executions"] if e["exec_type"] == "trade"}


def check_owner_first(venue, desk):
    """On one connection the fill stands before the public trade, always. Of two connections: when the trade has come on
    one, the fill is in the other's socket. (Two sockets prove no order, and a busy machine may deliver one packet late:
    hence `nearly always`; that it cannot be published later is a property of the readers' cursors.)"""
    rounds, late = 150, 0
    owner, other = RawFeed(venue, desk.keys[0]), RawFeed(venue)
    for feed in (owner, other):
        feed.send({"type": "subscribe", "channel": "trades", "symbol": MARKET})
        feed.until(lambda m: m["type"] == "snapshot")
    owner.send({"type": "subscribe", "channel": "executions"})
    owner.until(lambda m: m["type"] == "snapshot")
    desk.clear()
    for _ in range(rounds):
        desk.place(0, SELL, 30_000, 60_000)
        desk.settle()
        desk.place(1, BUY, 30_000, 60_000, IOC)
        trade = trades_in(other.until(trades_in))
        late += not owner.is_here(lambda m: fills_in(m) >= trade)
        desk.settle()
    print(f"own fill after the public print of another connection: {late} of {rounds}")
    assert late <= rounds // 10
    owner.socket.close()
    owner = RawFeed(venue, desk.keys[0])
    owner.send({"type": "subscribe", "channel": "trades", "symbol": MARKET})
    owner.until(lambda m: m["type"] == "snapshot")
    owner.send({"type": "subscribe", "channel": "executions"})
    owner.until(lambda m: m["type"] == "snapshot")
    known, public = set(), set()
    for done in range(30, rounds + 1, 30):
        for _ in range(30):
            desk.place(0, SELL, 30_000, 60_000)
        # Two sessions: what comes first is only known when it is answered.
        desk.settle()
        for _ in range(30):
            desk.place(1, BUY, 30_000, 60_000, IOC)
        desk.settle()
        while len(public) < done:
            message = owner.next()
            known |= fills_in(message)
            public |= trades_in(message)
            assert public <= known, f"public before it was told: {public - known}"
    owner.socket.close()
    other.socket.close()


def code_of(answer):
    assert answer["type"] == "error", answer
    return answer["code"]


def check_adversary(venue, desk, operator):
    """A customer with a key of his own, who would like to see somebody else's account."""
    victim = desk.keys[0]
    account = operator.open_account()
    own = operator.add_key(account)
    blind = operator.add_key(account, permissions=2)
    sub = operator.open_account(owner=account)
    feed = PrivateFeed(venue.ready["feed"])
    listener = PrivateFeed(venue.ready["feed"])
    assert code_of(feed.follow("executions")) == code_of(feed.follow("balances", victim.account)) == 18
    # Somebody else's key, with his own signature, with a signature over another connection's challenge, over his own
    # challenge but for his own key; keys that may not or are not there.
    captured = login_request(listener.welcome, victim)
    for attempt in (login_request(feed.welcome, own, victim.id), captured,
                    {**login_request(feed.welcome, own), "key_id": victim.id}):
        assert code_of(feed.answer(attempt)) == 19
    strangers = (Key(10**6, os.urandom(32)), Key.read(venue.operator_key), blind)
    for key in strangers:
        fresh = PrivateFeed(venue.ready["feed"])
        assert code_of(fresh.log_in(key)) == 19
        assert fresh.messages[-1]["message"] == feed.messages[-1]["message"], "the reason is told"
        fresh.close()
    # Broken ones.
    good = login_request(feed.welcome, own)
    for wrong, code in (({"signature": good["signature"][:-2]}, 7), ({"signature": "z" * 128}, 7), ({"signature": 7}, 7),
                        ({"key_id": 0}, 7), ({"key_id": -1}, 7), ({"key_id": 2**32}, 7), ({"key_id": "2"}, 7),
                        ({"account": victim.account}, 5), ({"token": "x"}, 5)):
        assert code_of(feed.answer({**good, **wrong})) == code, wrong
    assert code_of(feed.answer({"type": "login", "id": 1})) == 6
    # The same captured login on the connection that it was made for is good once and no more.
    assert listener.answer(captured)["type"] == "login"
    assert code_of(listener.answer(captured)) == 12
    listener.close()
    again = PrivateFeed(venue.ready["feed"])
    assert code_of(again.answer(captured)) == 19
    again.close()

    assert feed.answer(good) == {"type": "login", "id": "login", "key_id": own.id, "account": account, "accounts": [account, sub]}
    for other in (victim.account, desk.keys[1].account, 1, 2, 3, 4, 5, 10**6):
        for channel in ("executions", "balances"):
            assert code_of(feed.follow(channel, other)) == 22
    for wrong, code in (({"account": 0}, 7), ({"account": [account, victim.account]}, 7), ({"accounts": [victim.account]}, 5),
                        ({"symbol": MARKET}, 12), ({"from": {"epoch": 1}}, 7)):
        request = {"type": "subscribe", "id": f"wrong {len(feed.messages)}", "channel": "balances", **wrong}
        assert code_of(feed.answer(request)) == code, wrong
    for channel in ("executions", "balances"):
        for mine in (account, sub):
            assert feed.follow(channel, mine)["type"] == "subscribed"
    # From a sequence of somebody else's stream: a snapshot of his own.
    seq = feed.told("balances", account)[-1]["seq"]
    answer = feed.follow("balances", account, **{"from": {"epoch": feed.welcome["epoch"], "seq": seq + 1}})
    assert answer["resumed"] is False
    start = len(feed.messages)
    for _ in range(10):
        desk.random_request()
    desk.settle()
    caught_up(venue, desk)
    feed.settle()
    assert not feed.told("executions", account, start), feed.messages[start:]
    assert {m["account"] for m in feed.messages if "account" in m} == {account, sub}
    feed.close()


def check_flood(venue, desk):
    """Wrong logins from many connections: each is refused or told that it is busy, others are served, and an honest one
    gets in."""
    stop, codes, lock = threading.Event(), {}, threading.Lock()

    def attack():
        while not stop.is_set():
            try:
                raw = RawFeed(venue)
                request = login_request(raw.welcome, Key.fresh(), desk.keys[0].id)
                for _ in range(8):
                    raw.send(request)
                while True:
                    message = raw.next()
                    if message["type"] != "error":
                        break
                    with lock:
                        codes[message["code"]] = codes.get(message["code"], 0) + 1
                raw.socket.close()
            except (AssertionError, OSError):
                pass

    threads = [threading.Thread(target=attack) for _ in range(8)]
    for thread in threads:
        thread.start()
    reader = PrivateFeed(venue.ready["feed"], key=desk.keys[1])
    reader.follow("executions")
    for _ in range(10):
        for _ in range(10):
            desk.random_request()
        desk.settle()
        # Alice comes and goes meanwhile.
        feed = PrivateFeed(venue.ready["feed"])
        answer = feed.log_in(desk.keys[0])
        while answer["type"] == "error" and answer["code"] == 21:
            answer = feed.log_in(desk.keys[0])
        assert answer["type"] == "login", answer
        feed.close()
    end = time.monotonic() + 60
    while codes.get(19, 0) <= 20 and time.monotonic() < end:
        time.sleep(0.01)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(codes) <= {19, 21} and codes[19] > 20, codes
    caught_up(venue, desk)
    reader.settle()
    Account(desk.keys[1].account).apply_all(reader.messages)
    reader.close()
    print(f"flood: answers by code {codes}")


def check_revoked(venue, desk, operator):
    who = desk.keys[0].account
    key = operator.add_key(who)
    feed = PrivateFeed(venue.ready["feed"], key=key)
    feed.follow("executions")
    feed.follow("balances")
    kept = PrivateFeed(venue.ready["feed"], key=desk.keys[0])
    kept.follow("executions")
    revoke(operator, key)
    feed.wait(lambda: any(m.get("code") == 18 for m in feed.messages), "the end of the login")
    told = [m for m in feed.messages if m["type"] == "unsubscribed"]
    assert [(m["channel"], m["reason"]) for m in told] == [("executions", "key_revoked"), ("balances", "key_revoked")], told
    start = len(feed.messages)
    desk.clear()
    desk.place(0, SELL, 20_000, 60_000)
    desk.settle()
    caught_up(venue, desk)
    kept.settle()
    assert any(e["exec_type"] == "accepted" for m in kept.told("executions", who) if m["type"] == "update"
               for e in m["data"]["executions"])
    feed.settle()
    assert not [m for m in feed.messages[start:] if "data" in m]
    assert code_of(feed.follow("executions")) == 18
    assert code_of(feed.log_in(key)) == 19
    feed.close()
    kept.close()


def check_resume(venue, desk):
    """Connections lost at random moments: nothing is missing, nothing comes twice."""
    who, account = 0, desk.keys[0].account
    told, chance, resumed = Account(account), random.Random(4), 0
    feed = PrivateFeed(venue.ready["feed"], "msgpack", desk.keys[who])
    feed.follow("executions")
    feed.follow("balances")
    for _ in range(12):
        for _ in range(chance.randint(1, 30)):
            desk.random_request()
        if chance.random() < 0.5:
            desk.settle()
        # Cut, not closed.
        PrivateFeed.loop.loop.call_soon_threadsafe(feed.socket.transport.abort)
        wait_until(lambda f=feed: f.closed is not None, 20, "the cut")
        told.apply_all(feed.messages)
        for _ in range(chance.randint(0, 30)):
            desk.random_request()
        desk.settle()
        epoch = feed.welcome["epoch"]
        feed = PrivateFeed(venue.ready["feed"], "msgpack", desk.keys[who])
        for channel in ("executions", "balances"):
            answer = feed.follow(channel, **{"from": {"epoch": epoch, "seq": told.seqs[channel]}})
            assert answer["resumed"] is True, answer
            resumed += 1
    caught_up(venue, desk)
    feed.settle()
    told.apply_all(feed.messages)
    compare_with_order_entry(desk, who, told, "msgpack")
    print(f"resumed {resumed} times, {len(told.executions)} executions in one chain")
    feed.close()


def check_many_orders(venue, desk):
    """More open orders than one message tells: pages, with news between them."""
    desk.clear()
    for _ in range(10):
        for _ in range(70):
            desk.place(0, SELL, 40_000 + desk.random.randint(0, 50), 60_000)
        desk.settle()
    feed = PrivateFeed(venue.ready["feed"], key=desk.keys[0])
    feed.send({"type": "subscribe", "channels": ["executions", "balances"]})
    for _ in range(20):
        desk.cancel(desk.random.choice(list(desk.orders)))
        desk.settle()
    caught_up(venue, desk)
    told = lambda: Account(desk.keys[0].account).apply_all(feed.messages)
    feed.wait(lambda: told().orders and not told().paging, "the last page")
    feed.settle()
    pages = [m for m in feed.told("executions", desk.keys[0].account) if m["type"] == "snapshot"]
    assert [m["data"]["more"] for m in pages] == [True, True, False], [len(m["data"]["orders"]) for m in pages]
    compare_with_order_entry(desk, 0, told(), "json")
    feed.close()
    desk.clear()


def check_slow_reader(venue, desk):
    """One who does not read is told and disconnected; he never slows another of the same account."""
    host, port = venue.ready["http"].rsplit("/", 1)[1].split(":")
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    sock.connect((host, int(port)))
    slow = RawFeed.__new__(RawFeed)
    slow.socket, slow.buffer = sock, b""
    nonce = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(f"GET /v1/feed HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 f"Sec-WebSocket-Key: {nonce}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
    while b"\r\n\r\n" not in slow.buffer:
        slow.more()
    slow.buffer = slow.buffer.split(b"\r\n\r\n", 1)[1]
    slow.welcome = slow.next()
    slow.send(login_request(slow.welcome, desk.keys[0]))
    assert slow.next()["type"] == "login"
    slow.send({"type": "subscribe", "channels": ["executions", "balances"]})
    healthy = PrivateFeed(venue.ready["feed"], "msgpack", desk.keys[0])
    healthy.follow("executions")
    healthy.follow("balances")
    rounds = 0
    while not venue.metric('dcx_feed_drops_total{channel="executions"}') + venue.metric('dcx_feed_drops_total{channel="balances"}'):
        rounds += 1
        assert rounds < 400, "the slow reader was never noticed"
        desk.place(0, SELL, 20_000, 400 * 60_000)
        desk.settle()
        for _ in range(400):
            desk.place(1, BUY, 20_000, 60_000, IOC)
        desk.settle()
    caught_up(venue, desk)
    healthy.settle()
    compare_with_order_entry(desk, 0, Account(desk.keys[0].account).apply_all(healthy.messages), "msgpack")
    healthy.close()
    sock.close()
    print(f"slow reader: noticed after {rounds} rounds")


def check_logins_of_a_key(venue, desk):
    most = PrivateFeed(venue.ready["feed"]).welcome["limits"]["logins_per_key"]
    feeds = [PrivateFeed(venue.ready["feed"], key=desk.keys[1]) for _ in range(most)]
    more = PrivateFeed(venue.ready["feed"])
    assert code_of(more.log_in(desk.keys[1])) == 20
    feeds.pop().close()
    wait_until(lambda: more.log_in(desk.keys[1])["type"] == "login", 20, "room for one more")
    for feed in (*feeds, more):
        feed.close()


def check_restart(venue, desk):
    """Over a kill: the state again, as it was acknowledged, in a new epoch."""
    epoch = PrivateFeed(venue.ready["feed"]).welcome["epoch"]
    for _ in range(30):
        desk.random_request()
    desk.settle()
    desk.logout()
    venue.kill()
    venue.start()
    desk.login()
    feed = PrivateFeed(venue.ready["feed"], "json", desk.keys[1])
    assert feed.welcome["epoch"] > epoch
    answer = feed.follow("executions", **{"from": {"epoch": epoch, "seq": desk.sequences[-1]}})
    assert answer["resumed"] is False
    feed.follow("balances")
    for _ in range(30):
        desk.random_request()
    desk.settle()
    caught_up(venue, desk)
    feed.settle()
    compare_with_order_entry(desk, 1, Account(desk.keys[1].account).apply_all(feed.messages), "json")
    feed.close()


def check_threads():
    """Owner and reader on different threads of the feed, mostly."""
    with Venue("\n[feed]\nthreads = 3\n") as venue:
        venue.start()
        check_owner_first(venue, Desk(venue))
        assert venue.stop() == 0, venue.log_text()


def check_process():
    """The same from a feed in a process of its own, also when it was killed and starts again."""
    with Venue("\n[feed]\npublish_events = true\nevents_mib = 1\n") as venue:
        venue.start()
        desk = Desk(venue)
        account = desk.keys[0].account
        process = Process(venue)
        for _ in range(2):
            process.start()
            feed = PrivateFeed(process.ready["feed"], key=desk.keys[0])
            feed.send({"type": "subscribe", "channel": "trades", "symbol": MARKET})
            feed.follow("executions")
            feed.follow("balances")
            for _ in range(15):
                for _ in range(10):
                    desk.random_request()
                desk.settle()
            last = max(s.last_event for s in desk.sessions)
            wait_until(lambda l=last: process.metric("dcx_feed_sequence") >= l, 20, "the feed process")
            feed.settle()
            compare_with_order_entry(desk, 0, Account(account).apply_all(feed.messages), "json")
            known = set()
            for message in feed.messages:
                known |= fills_in(message)
                mine = trades_in(message) if message["type"] == "update" else set()
                told_later = mine & set().union(*map(fills_in, feed.messages)) - known
                assert not told_later, message
            assert known
            other = PrivateFeed(process.ready["feed"])
            assert code_of(other.log_in(desk.keys[1], account)) == 19
            other.close()
            process.kill()
        assert venue.stop() == 0, venue.log_text()


def check_switched_off():
    with Venue("\n[feed]\nprivate_channels = false\n") as venue:
        venue.start()
        feed = PrivateFeed(venue.ready["feed"])
        assert "challenge" not in feed.welcome
        assert code_of(feed.answer({"type": "login", "id": 1, "key_id": 1, "signature": "00" * 64})) == 12
        assert code_of(feed.follow("balances")) == 12
        feed.close()
        assert venue.stop() == 0, venue.log_text()


def main():
    with Venue("\n[feed]\noutput_kib = 64\n") as venue:
        venue.start()
        operator = Session(venue.ready["order_entry"], Key.read(venue.operator_key))
        desk = Desk(venue)
        begun = time.monotonic()
        check_formats(venue, desk)
        check_owner_first(venue, desk)
        check_adversary(venue, desk, operator)
        check_flood(venue, desk)
        check_revoked(venue, desk, operator)
        check_resume(venue, desk)
        check_many_orders(venue, desk)
        check_slow_reader(venue, desk)
        check_logins_of_a_key(venue, desk)
        operator.close()
        check_restart(venue, desk)
        assert venue.stop() == 0, venue.log_text()
        venue.replay()
    check_switched_off()
    check_threads()
    check_process()
    print(f"private channels: ok, {len(desk.sequences)} commands, {time.monotonic() - begun:.0f} s")


if __name__ == "__main__":
    main()
