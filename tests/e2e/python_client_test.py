"""clients/python against the program: under a network that cuts, stalls and tears frames, and under kill -9 of the venue, every
order is taken once or told as not sent, every report is told once and in order, and the account is what the reports say. The
venue's side of it is asked by order_entry.py, which shares no code with the client."""

import collections
import os
import random
import sys
import time

sys.path.insert(0, os.path.join(os.environ.get("DCX_REPOSITORY", "."), "clients/python"))
import dcx  # noqa: E402  (where it stands is known only now)
from chaos_proxy import ChaosProxy  # noqa: E402
from dcx import messages as m  # noqa: E402
from order_entry import Key, Session  # noqa: E402
from venue import Venue  # noqa: E402

FUNDS = 10**16
BASE_PER_LOT = 10**4
ROUNDS = int(os.environ.get("DCX_ROUNDS", "2"))


class Agent:
    """A trader who believes nothing: what he gave and what he was told is held against the promise."""

    def __init__(self, proxy, key, seed, **options):
        self.random = random.Random(seed)
        self.key = key
        self.told = collections.Counter()  # of each cl_ord_id: how often its outcome was told
        self.open, self.orders = {}, set()
        self.base = self.quote = FUNDS
        self.next_report, self.unsent, self.lost, self.fills = 1, 0, 0, 0
        self.client = dcx.Client("127.0.0.1", proxy.port, dcx.Key(key.id, key.account, key.seed), session=4, next_report=1,
                                 timeout=60, min_wait=0.001, max_wait=0.05, on_report=self.on_report,
                                 on_unanswered=self.on_unanswered, on_lost=self.on_lost, **options)

    def act(self):
        what = self.random.random()
        if what < 0.6 or not self.open:
            side = self.random.choice(("buy", "sell"))
            price = 10_000 + self.random.randint(-20, 60) * (-1 if side == "buy" else 1)
            number = self.client.place("DEC/USD", side, f"{self.random.randint(100_000, 900_000) / 10**4:.4f}",
                                       f"{price / 10**4:.4f}", time_in_force="ioc" if what < 0.1 else "gtc", wait=False)
        elif what < 0.95:
            number = self.client.cancel(self.random.choice(list(self.open)), wait=False)
        else:
            number = self.client.command(m.MassCancel(account=self.key.account), wait=False).cl_ord_id
        assert number not in self.told, "a number given twice"
        self.told[number] = 0

    def answered(self, number):
        assert self.told[number] == 0, f"command {number} has a second outcome"
        self.told[number] = 1

    def on_unanswered(self, message, why):
        assert why is dcx.Unanswered.TOO_OLD, why
        self.answered(message.cl_ord_id)
        self.unsent += 1

    def on_lost(self, first, end):
        self.lost += end - first

    def on_report(self, report):
        if isinstance(report, m.CancelRejected):
            return self.answered(report.cl_ord_id)
        if isinstance(report, m.MassCanceled):
            return self.answered(report.cl_ord_id)
        assert isinstance(report, dcx.Order), report
        assert report.sequence > self.next_report - 1, "a report again, or out of order"
        self.next_report = report.sequence + 1
        raw = report.raw
        if report.event == "accepted":
            assert raw.order_id not in self.orders, "one order twice"
            self.orders.add(raw.order_id)
            self.answered(raw.cl_ord_id)
        elif report.event == "trade":
            self.trade(raw)
        elif report.event == "rejected" or report.reason == "requested":
            self.answered(raw.cl_ord_id)
        if report.event in ("accepted", "trade") and raw.leaves_qty:
            self.open[raw.order_id] = raw.leaves_qty
        else:
            self.open.pop(raw.order_id, None)
        return None

    def trade(self, raw):
        self.fills += 1
        paid, moved = raw.last_px * raw.last_qty, raw.last_qty * BASE_PER_LOT
        if raw.side == m.Side.buy:
            self.base, self.quote = self.base + moved - raw.fee, self.quote - paid
        else:
            self.base, self.quote = self.base - moved, self.quote + paid - raw.fee

    def compare(self, venue):
        session = Session(venue.ready["order_entry"], Key.read(venue.operator_key), client_session=9)
        account = self.key.account
        assert {e.order_id: e.leaves_qty for e in session.open_orders(account)} == self.open
        balances = session.balances(account)
        assert [sum(balances[asset]) for asset in (1, 2)] == [self.base, self.quote], (balances, self.base, self.quote)
        session.close()
        assert all(told == 1 for told in self.told.values()), self.told.most_common(3)
        assert self.lost == 0, f"{self.lost} reports lost"


def settle(agents):
    """Twice, so that fills of resting orders, which come behind the answer to their taker, are told before the second answer."""
    for _ in range(3):
        for agent in agents:
            agent.client.settle(60)
            agent.told[agent.client.cancel(1 << 62, wait=False)] = 0
    for agent in agents:
        agent.client.settle(60)


def trade(agents, chance, until):
    while not until():
        for agent in agents:
            if agent.client.unanswered < 200:
                for _ in range(chance.randrange(6)):
                    agent.act()
            agent.client.run(0.002)


def funded(venue, count):
    session = Session(venue.ready["order_entry"], Key.read(venue.operator_key), client_session=8)
    keys = [session.funded({1: FUNDS, 2: FUNDS}) for _ in range(count)]
    session.close()
    return keys


def bad_network(venue, seed):
    proxy = ChaosProxy(venue.ready["order_entry"], seed)
    options = {"max_age": 0 if seed % 2 else 0.03}
    agents = [Agent(proxy, key, seed + i, **options) for i, key in enumerate(funded(venue, 2))]
    trade(agents, random.Random(seed), lambda: proxy.cuts >= 25)
    proxy.calm = True
    settle(agents)
    for agent in agents:
        agent.compare(venue)
        agent.client.close()
        assert agent.client.state == "closed"
    print(f"seed {seed}: {sum(len(a.told) for a in agents)} commands, {sum(a.unsent for a in agents)} not sent, {agents[0].fills} "
          f"fills, {proxy.connections} connections, {proxy.cuts} cuts, {proxy.stalls} stalls", flush=True)
    proxy.close()


def killed_venue(venue, seed, kills):
    proxy = ChaosProxy(venue.ready["order_entry"], seed)
    proxy.calm = True
    agents = [Agent(proxy, key, seed + i, max_age=0) for i, key in enumerate(funded(venue, 2))]
    chance = random.Random(seed)
    for _ in range(kills):
        end = time.monotonic() + chance.uniform(0.05, 0.4)
        trade(agents, chance, lambda: time.monotonic() > end)
        venue.kill()
        trade(agents, chance, lambda: all(a.client.state in ("waiting", "connecting") for a in agents))
        venue.start()
        proxy.set_venue(venue.ready["order_entry"])
    settle(agents)
    for agent in agents:
        agent.compare(venue)
        agent.client.close()
    print(f"{kills} kills: {sum(len(a.told) for a in agents)} commands, {agents[0].fills} fills, "
          f"{sum(a.client.connections for a in agents)} sessions", flush=True)
    proxy.close()


def throttled(venue):
    """A flood beyond the rate: what the venue does not take is sent again at its pace, and nothing twice."""
    proxy = ChaosProxy(venue.ready["order_entry"], 3)
    proxy.calm = True
    agent = Agent(proxy, funded(venue, 1)[0], 3, max_age=0)
    for _ in range(600):
        agent.act()
    settle([agent])
    agent.compare(venue)
    limits = agent.client.limits()
    assert (limits.messages_per_second, limits.message_burst) == (1000, 200), limits
    assert agent.client.connections == 1 and venue.metric("dcx_gateway_throttled_total") > 0
    agent.client.close()
    proxy.close()


def calls(venue):
    """The calls that wait, what they return and what they raise."""
    key = funded(venue, 1)[0]
    with dcx.Client(*venue.ready["order_entry"].split(":"), dcx.Key(key.id, key.account, key.seed)) as client:
        order = client.place("DEC/USD", "buy", "20", "1.30")
        assert (order.event, order.status, order.open) == ("accepted", "accepted", 20), order
        client.disconnect()
        assert client.status(order).status == "accepted"
        assert client.connections == 2
        amended = client.amend(order, "25", "1.2")
        assert str(amended.price) == "1.2000" and amended.order_id == order.order_id
        assert [o.order_id for o in client.open_orders("DEC/USD")] == [order.order_id]
        assert client.balances()["USD"].held == 30
        sold = client.place("DEC/USD", "sell", "5", "1.2", time_in_force="ioc")
        trades = [r for r in client.reports(timeout=1) if r.event == "trade"]
        assert {t.order_id for t in trades} == {order.order_id, sold.order_id}
        assert client.cancel(order).event == "canceled"
        for refused, reason in ((lambda: client.cancel(order), "unknown_order"),
                                (lambda: client.place("DEC/USD", "buy", "10000000", "1000"), "insufficient_funds"),
                                (lambda: client.transfer(key.account, "USD", 1), "same_account"),
                                (lambda: client.command(m.Mint(id=dcx.transfer_id(), amount=5, account=key.account, asset=1)),
                                 "not_permitted"),
                                (lambda: client.balances(account=3), "not_your_account")):
            try:
                refused()
                raise AssertionError(f"{reason} was expected")
            except dcx.Refused as error:
                assert error.reason.name == reason, error
        for wrong in (lambda: client.place("DEC/USD", "buy", 0.1, "1"), lambda: client.place("DEC/USD", "buy", "0.00001", "1"),
                      lambda: client.place("DEC/USD", "buy", "x", "1"), lambda: client.place("DEC/USD", "buy", "1e40", "1"),
                      lambda: client.place("DEC/EUR", "buy", "1", "1"), lambda: client.cancel("1")):
            try:
                wrong()
                raise AssertionError("it was taken")
            except (dcx.Error, m.WireError):
                pass
        for _ in range(3):
            client.place("DEC/USD", "buy", "10", "1.1")
        assert client.mass_cancel("DEC/USD", "buy") == 3
        assert client.limits().open_orders == 0
        friend = funded(venue, 1)[0].account
        moved = client.transfer(friend, "USD", "1.5")
        assert (moved.amount, moved.credit_account) == (150_000_000, friend), moved
    try:
        dcx.Client(*venue.ready["order_entry"].split(":"), dcx.Key(key.id, key.account, b"\1" * 32))
        raise AssertionError("a wrong key was let in")
    except dcx.Closed as error:
        assert "authentication_failed" in str(error), error
    try:
        dcx.Client("127.0.0.1", 1, dcx.Key(key.id, key.account, key.seed), timeout=0.3)
        raise AssertionError("nobody let it in")
    except dcx.Closed as error:
        assert "ECONNREFUSED" in str(error), error


def key_files(venue):
    assert dcx.Key.read(venue.operator_key).public() == Key.read(venue.operator_key).public()
    path = os.path.join(venue.folder, "bad.key")
    good = "key_id 1\naccount 0\nseed " + "00" * 32 + "\n"
    for text, mode in ((good, 0o644), ("", 0o600), (good + "seed 00\n", 0o600), (good.replace("key_id 1", "key_id 0"), 0o600),
                       (good.replace("00" * 32, "zz"), 0o600), ("# " + "x" * 5000, 0o600), (good + "name bob\n", 0o600)):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, mode)
        try:
            dcx.Key.read(path)
            raise AssertionError(f"taken: {text!r}")
        except dcx.KeyFileError as error:
            assert "00" * 32 not in str(error)


def main():
    with Venue() as venue:
        venue.start()
        key_files(venue)
        calls(venue)
        for seed in range(1, ROUNDS + 1):
            bad_network(venue, seed)
        killed_venue(venue, 7, int(os.environ.get("DCX_KILLS", "4")))
        assert venue.stop() == 0, venue.log_text()
    with Venue("[gateway]\nmessages_per_second = 1000\nburst = 200\n") as venue:
        venue.start()
        throttled(venue)
        assert venue.stop() == 0, venue.log_text()


if __name__ == "__main__":
    main()
