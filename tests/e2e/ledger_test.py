"""The ledger through a real venue: accounts and sub-accounts, deposits, two-phase transfers, groups, withdrawals, statements
and the audit, over kill -9 and a new start; first by the tools, then by Python that knows nothing of them."""

import os
import time

from order_entry import (BUY, DEPOSITS, EV_COMMAND_REJECTED, EV_PENDING_RESOLVED, EV_TRANSFER_LINKED, EV_TRANSFER_PENDED,
                         EV_TRANSFERRED, FEES, IOC, LIMIT, PEND, PLACE, POST, REPORT, SELL, TRANSFER, VOID, WITHDRAW,
                         WITHDRAWALS, Key, Session, pend_block, place_block, post_block, transfer_block, transfer_id,
                         void_block, withdraw_block)
from tools_test import Tools
from venue import Venue
import struct

ADDRESS = "DEC" + "0123456789abcdef" * 2 + "01234567"
USD, DEC = 2, 1
NOT_YOUR_ACCOUNT, INSUFFICIENT_FUNDS, ALREADY_POSTED, LINKED_FAILED, NOT_PERMITTED = 7, 48, 92, 96, 6
POSTED, VOIDED, EXPIRED = 1, 2, 3
UNIT = 10**8


def check_tools(tools):
    for name in ("alice", "bob"):
        tools.text(f"ledger open {name}")
        tools.text(f"ledger deposit {name} USD 1000")
    opened = tools.json("ledger open alice-2 --sub-of alice")[0]
    assert opened["account"] == 8, opened

    pended = tools.json("ledger pend alice bob USD 100 --timeout 3600")[0]
    assert pended["available"] == "900.00000000" and pended["held"] == "100.00000000", pended
    again = tools.json(f"ledger pend alice bob USD 100 --timeout 3600 --id {pended['id']}")[0]
    assert again["done_before"] is True, again
    tools.refused(f"ledger pend alice bob USD 100 --id {pended['id']}", "exists_with_different_timeout (75)")
    waiting = tools.json("ledger pendings bob")
    assert [p["pending"] for p in waiting] == [pended["id"]] and waiting[0]["expires"] > time.time_ns(), waiting
    posted = tools.json(f"ledger post alice {pended['id']} USD 60")[0]
    assert posted["posted"] == "60.00000000" and posted["available"] == "940.00000000", posted
    tools.refused(f"ledger post alice {pended['id']} USD 60", "already_posted (92)")
    tools.refused(f"ledger void alice {pended['id']}", "already_posted (92)")
    assert tools.text("ledger balance bob") == ["USD 1060.00000000 available, 0.00000000 held"]

    pended = tools.json("ledger pend alice bob USD 40")[0]
    assert tools.text(f"ledger void alice {pended['id']}") == [
        "voided 40.00000000 USD of alice: alice has 940.00000000 available, 0.00000000 held"]
    assert tools.text("ledger pendings alice") == ["nothing"]

    tools.refused("ledger withdraw alice USD 5 DECxyz", "wrong_length")
    tools.refused("ledger withdraw alice USD 5 dec" + ADDRESS[3:], "wrong_prefix")
    asked = tools.json(f"ledger withdraw alice USD 50 {ADDRESS}")[0]
    assert asked["held"] == "50.00000000" and asked["address"] == ADDRESS, asked
    tools.refused(f"ledger post alice {asked['id']} USD 50", "not_permitted (6)")
    assert tools.json("ledger pendings withdrawals")[0]["address"] == ADDRESS
    tools.json(f"ledger post alice {asked['id']} USD 50 --operator")
    assert tools.text("ledger balance withdrawals") == ["USD 50.00000000 available, 0.00000000 held"]
    assert tools.text("ledger burn withdrawals USD 50")[0].startswith("burned 50.00000000 USD")

    entries = tools.json("ledger statement alice")
    assert [e["kind"] for e in entries[:-1]] == ["mint", "post", "post"], entries
    assert [e["amount"] for e in entries[:-1]] == ["1000.00000000", "-60.00000000", "-50.00000000"], entries
    assert entries[2]["before"] == "940.00000000" and entries[2]["after"] == "890.00000000", entries
    assert entries[-1]["entries"] == 3, entries
    assert tools.json("ledger statement alice --count 1 --asset USD")[0]["amount"] == "-50.00000000"


def check_accounts(tools):
    assert tools.text("ledger freeze bob") == ["bob is frozen"]
    tools.refused("ledger transfer bob alice USD 1", "account_frozen (52)")
    assert tools.json("ledger limits bob")[0]["frozen"] is True
    tools.text("ledger thaw bob")
    assert tools.text(f"ledger address bob {ADDRESS}") == [f"1 {ADDRESS}"]
    tools.refused(f"ledger address alice {ADDRESS}", "address_taken (33)")
    assert tools.json("ledger address bob") == [{"name": "bob", "index": 1, "address": ADDRESS}]
    limits = tools.json("ledger limits bob --orders-per-second 1 --burst 2 --max-open-orders 5 --tier 3")[0]
    assert (limits["orders_per_second"], limits["burst"], limits["max_open_orders"], limits["fee_tier"]) == (1, 2, 5, 3)
    for _ in range(2):
        tools.text("order place bob DEC/USD buy 10 1.0")
    done = tools.json("order place bob DEC/USD buy 10 1.0", code=1)[0]
    assert done["refused"] == "throttled" and 0 < done["wait_ns"] <= 10**9, done
    limits = tools.json("ledger limits bob --market DEC/USD --max-position 30 --orders-per-second 0 --burst 0")[0]
    assert limits["positions"] == [{"market": "DEC/USD", "max_position": "30.0000", "max_daily_loss": "0.00000000"}], limits
    tools.refused("order place bob DEC/USD buy 20 1.0", "position_limit_exceeded (56)")
    tools.text("ledger limits bob --market DEC/USD --max-position 0 --tier 0")
    assert tools.json("ledger limits bob")[0]["positions"] == []


def check_audit(tools):
    lines = tools.json("ledger audit")
    assert lines[-1]["audit"] == "ok" and all(line.get("holds", True) for line in lines), lines
    assert {line["asset"] for line in lines[:-1]} == {"DEC", "USD", "BTC", "ETH"}
    return {(line["asset"], line.get("invariant") or line["of"]): line["figure"] for line in lines[:-1]}


class Bank:
    """Two customers and an operator, over the wire."""

    def __init__(self, venue):
        self.address = venue.ready["order_entry"]
        self.operator = Session(self.address, Key.read(venue.operator_key), client_session=7)
        self.keys = [self.operator.funded({DEC: 10**6 * UNIT, USD: 10**6 * UNIT}) for _ in range(2)]
        self.log_in()

    def log_in(self):
        self.a, self.b = (Session(self.address, key) for key in self.keys)

    def rejected(self, session, template, block):
        report = session.ask(template, block)
        assert report.template == REPORT + EV_COMMAND_REJECTED, report
        return struct.unpack_from("<HH", report.body, 34)


def check_pending_on_the_wire(bank):
    a, b, operator = bank.a, bank.b, bank.operator
    first, second = bank.keys
    pending = transfer_id()
    report = a.ask(PEND, pend_block(first.account, second.account, USD, 100, pending, timeout_ns=300_000_000))
    assert report.template == REPORT + EV_TRANSFER_PENDED, report
    assert [p.id for p in b.pendings(second.account)] == [pending]
    assert bank.rejected(b, POST, post_block(pending, first.account, 1)) == (NOT_YOUR_ACCOUNT, 0)
    # It expires by itself, and the session that pended it is told.
    report = a.report()
    assert report.template == REPORT + EV_PENDING_RESOLVED, report
    assert struct.unpack_from("<QQQQqq", report.body)[:4] == (0, 0, *pending), report
    assert report.body[76] == EXPIRED and a.pendings(first.account) == [], report
    # What an operator pends for a customer is the operator's to post.
    pending = transfer_id()
    operator.ask(PEND, pend_block(first.account, second.account, USD, 100, pending))
    assert bank.rejected(a, POST, post_block(pending, 0, 100)) == (NOT_YOUR_ACCOUNT, 0)
    operator.ask(POST, post_block(pending, 0, 100))
    assert operator.report().template == REPORT + EV_TRANSFERRED
    assert operator.pendings(first.account) == []


def check_groups(bank):
    """All of a group or none."""
    a, first, second = bank.a, *bank.keys
    before = a.balances(first.account)[USD]
    for block in (transfer_block(first.account, second.account, USD, 10, linked=True),
                  pend_block(first.account, second.account, USD, 5, linked=True)):
        a.send(TRANSFER if len(block) == 40 else PEND, block)
        assert a.report().template == REPORT + EV_TRANSFER_LINKED
    assert a.balances(first.account)[USD] == before
    a.send(TRANSFER, transfer_block(first.account, second.account, USD, 10**15))
    reasons = []
    for _ in range(3):
        report = a.report()
        assert report.template == REPORT + EV_COMMAND_REJECTED, report
        reasons.append(struct.unpack_from("<HH", report.body, 34))
    assert reasons == [(LINKED_FAILED, INSUFFICIENT_FUNDS)] * 2 + [(INSUFFICIENT_FUNDS, 0)], reasons
    assert a.balances(first.account)[USD] == before
    a.send(TRANSFER, transfer_block(first.account, second.account, USD, 10, linked=True))
    a.send(TRANSFER, transfer_block(first.account, second.account, USD, 7))
    assert [a.report().template - REPORT for _ in range(3)] == [EV_TRANSFER_LINKED, EV_TRANSFERRED, EV_TRANSFERRED]
    assert a.balances(first.account)[USD] == (before[0] - 17, before[1])


def check_rights(bank):
    a, operator, first, second = bank.a, bank.operator, *bank.keys
    sub = operator.open_account(owner=first.account)
    a.ask(TRANSFER, transfer_block(first.account, sub, USD, 50))
    a.ask(TRANSFER, transfer_block(sub, first.account, USD, 20))
    assert a.balances(sub) == {USD: (30, 0)}
    assert [s.account for s in a.account_states(first.account)] == [first.account, sub]
    for account in (second.account, FEES, DEPOSITS):
        for query in (lambda: a.pendings(account), lambda: a.statement(account), lambda: a.open_orders(account)):
            try:
                query()
            except AssertionError as refused:
                assert str(refused) == f"refused: {NOT_YOUR_ACCOUNT}", refused
            else:
                raise AssertionError(f"account {account} was told")
    try:
        a.audit()
    except AssertionError as refused:
        assert str(refused) == f"refused: {NOT_PERMITTED}", refused
    weak = operator.add_key(first.account, 3)
    session = Session(bank.address, weak)
    assert bank.rejected(session, WITHDRAW, withdraw_block(first.account, USD, 1, bytes(20)))[0] == NOT_PERMITTED
    session.close()


def trade(bank):
    a, b = bank.a, bank.b
    for i in range(40):
        a.send(PLACE, place_block(a.next_cl_ord_id(), 12_500 + i % 7, 100_000 + i, bank.keys[0].account, 1, SELL))
        a.execution()
    for i in range(30):
        b.send(PLACE, place_block(b.next_cl_ord_id(), 12_520, 70_000 + i, bank.keys[1].account, 1, BUY, LIMIT, IOC))
        while b.execution().leaves_qty:
            pass


def check_books(session, accounts):
    """The statement's entries continue each other, and the last ones end at the balances."""
    for account in accounts:
        balances, after = session.balances(account), {}
        for entry in session.statement(account):
            assert entry.after == entry.before + entry.amount, entry
            assert after.get(entry.asset, entry.before) == entry.before, entry
            after[entry.asset] = entry.after
        assert all(sum(balances.get(asset, (0, 0))) == total for asset, total in after.items()), (balances, after)


def check_figures(operator):
    figures = operator.audit()
    for f in figures.values():
        assert (f.sum, f.negative, f.misheld, f.unbalanced) == (0, 0, 0, 0), f
        assert f.held == f.held_by_orders + f.held_by_pendings and f.minted - f.burned == f.issued, f
    return {asset: f._replace(as_of=0) for asset, f in figures.items()}


def main():
    with Venue() as venue:
        venue.start()
        tools = Tools(venue.data)
        check_tools(tools)
        check_accounts(tools)
        check_audit(tools)
        bank = Bank(venue)
        check_pending_on_the_wire(bank)
        check_groups(bank)
        check_rights(bank)
        trade(bank)
        accounts = (*(key.account for key in bank.keys), FEES, WITHDRAWALS, 1)
        check_books(bank.operator, accounts)
        pending = transfer_id()
        bank.a.send(PEND, pend_block(bank.keys[0].account, bank.keys[1].account, USD, 77, pending))
        while bank.a.report().template != REPORT + EV_TRANSFER_PENDED:
            pass  # fills of its resting orders come before
        before, balances = check_figures(bank.operator), [bank.operator.balances(a) for a in accounts]
        text = check_audit(tools)
        assert text[("USD", "held by pending transfers")] == "0.00000077", text

        venue.kill()
        venue.start()
        bank.address = venue.ready["order_entry"]
        bank.operator = Session(bank.address, Key.read(venue.operator_key), client_session=7)
        after = check_figures(bank.operator)
        assert after == before, (before, after)
        assert check_audit(tools) == text
        assert [bank.operator.balances(a) for a in accounts] == balances
        # Histories begin anew, what is pending goes on.
        assert bank.operator.statement(accounts[0]) == []
        bank.log_in()
        assert [p.id for p in bank.a.pendings(accounts[0])] == [pending]
        report = bank.a.ask(VOID, void_block(pending, accounts[0]))
        assert report.template == REPORT + EV_PENDING_RESOLVED and report.body[76] == VOIDED, report
        trade(bank)
        check_figures(bank.operator)
        check_books(bank.operator, accounts)
        assert venue.stop() == 0, venue.log_text()
    print("ledger: ok")


if __name__ == "__main__":
    main()
