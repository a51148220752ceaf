"""dcx ledger, order and admin against a running venue: what they print, in text and JSON, and every way to be refused."""

import json
import os
import re
import subprocess
import threading

from order_entry import BUY, PLACE, Key, Session, place_block
from venue import PROGRAM, Venue


class Tools:
    def __init__(self, data):
        self.data = data

    def run(self, words, code=0):
        done = subprocess.run([PROGRAM, *words.split(), "--data", self.data], capture_output=True, text=True, timeout=60,
                              check=False)
        assert done.returncode == code, f"{words}: {done}"
        return done

    def text(self, words):
        done = self.run(words)
        assert done.stderr == "", done
        return done.stdout.splitlines()

    def json(self, words, code=0):
        return [json.loads(line) for line in self.run(words + " --json", code).stdout.splitlines()]

    def refused(self, words, *parts, code=1):
        done = self.run(words, code)
        assert done.stdout == "" and all(part in done.stderr for part in parts), f"{words}: {done}"


def check_ledger(tools, venue):
    key = os.path.join(venue.data, "keys", "alice.key")
    assert tools.text("ledger open alice") == [f"alice has account 6, key in {key}"]
    assert os.stat(key).st_mode & 0o777 == 0o600
    opened = tools.json("ledger open bob --market-maker")
    assert opened[0]["name"] == "bob" and opened[0]["account"] == 7, opened
    tools.refused("ledger open alice", "exists")
    tools.refused("ledger open operator", "exists")
    tools.refused("ledger open ../mallory", "letters")
    tools.refused("ledger open " + "x" * 33, "letters")
    assert tools.text("ledger balance alice") == ["nothing"]
    assert tools.text("ledger deposit alice DEC 100") == ["deposited 100.00000000 DEC to alice: alice has 100.00000000 available"]
    assert tools.text("ledger deposit bob USD 1000.00000001") == [
        "deposited 1000.00000001 USD to bob: bob has 1000.00000001 available"]
    assert tools.text("ledger burn bob USD 0.00000001") == [
        "burned 0.00000001 USD of bob: bob has 1000.00000000 available"]
    assert tools.text("ledger transfer alice bob DEC 7.5") == [
        "transferred 7.50000000 DEC from alice to bob: alice has 92.50000000 available"]
    tools.text("ledger transfer bob alice DEC 7.5")
    assert tools.json("ledger balance alice")[0]["balances"][0] == {"asset": "DEC", "available": "100.00000000",
                                                                   "held": "0.00000000"}
    tools.refused("ledger deposit carol USD 1", "carol")
    tools.refused("ledger deposit alice EUR 1", "EUR", "USD")
    for amount in ("1.123456789", "0", "-1", "1,5", "abc", "9e3", "99999999999999999999"):
        tools.refused(f"ledger deposit alice DEC {amount}", f'"{amount}"')
    tools.refused("ledger deposit alice DEC 1.123456789", "0.00000001")
    tools.refused("ledger deposit alice USD 40000000000", "issue_cap_exceeded (72)")
    tools.refused("ledger transfer alice bob DEC 100.00000001", "insufficient_funds (48)")
    tools.refused("ledger transfer alice alice DEC 1", "same_account (71)")
    answer = tools.json("ledger transfer alice bob DEC 1000", code=1)
    assert answer == [{"refused": "insufficient_funds", "reason": 48}], answer


def check_once(tools):
    """The same id twice is done once; the same id with other content is refused."""
    first = tools.json("ledger deposit alice BTC 1")[0]
    again = f"ledger deposit alice BTC 1 --id {first['id']}"
    assert tools.json(again)[0]["done_before"] is True
    assert "before" in tools.text(again)[0]
    assert tools.json("ledger balance alice")[0]["balances"][2]["available"] == "1.00000000"
    tools.refused(f"ledger deposit alice BTC 2 --id {first['id']}", "exists_with_different_amount (68)")
    tools.refused("ledger deposit alice BTC 2 --id 1-2-3", "UUID")
    tools.refused("ledger deposit alice BTC 2 --id 01923456-789a-4000-8000-000000000000", "UUID")


def check_orders(tools):
    assert tools.text("order place alice DEC/USD sell 50 1.25") == ["accepted #1 sell 50.0000 @ 1.2500"]
    assert tools.text("order place bob DEC/USD buy 20 1.30") == [
        "accepted #2 buy 20.0000 @ 1.3000", "traded #2 20.0000 @ 1.2500, fee 0.04000000 DEC, open 0.0000"]
    assert tools.text("order place bob DEC/USD buy 40 1.30 --ioc") == [
        "accepted #3 buy 40.0000 @ 1.3000", "traded #3 30.0000 @ 1.2500, fee 0.06000000 DEC, open 10.0000",
        "canceled #3 10.0000 (ioc_remainder)"]
    market = tools.json("order place bob DEC/USD buy 4 1.30 --market")
    assert [line["report"] for line in market] == ["accepted", "canceled"] and market[1]["quantity"] == "4.0000", market
    assert tools.text("order place bob DEC/USD buy 10 1.20 --post-only") == ["accepted #5 buy 10.0000 @ 1.2000"]
    assert tools.text("ledger balance bob")[0] == "DEC 49.90000000 available, 0.00000000 held"
    assert tools.text("ledger balance bob")[1] == "USD 925.50000000 available, 12.00000000 held"
    assert tools.text("order amend bob DEC/USD 5 8 1.20") == ["amended #5 buy 8.0000 @ 1.2000"]
    assert tools.text("order amend bob DEC/USD 5 9.5 1.21 --replace") == ["amended #5 buy 9.5000 @ 1.2100"]
    assert tools.text("order place alice DEC/USD sell 5 1.23") == ["accepted #6 sell 5.0000 @ 1.2300"]
    tools.refused("order amend bob DEC/USD 5 9.5 1.24", "post_only_would_cross (47)")
    tools.refused("order place bob DEC/USD buy 10 1.23 --post-only", "post_only_would_cross (47)")
    assert tools.text("order cancel bob 5") == ["canceled #5 9.5000 (requested)"]
    # An amend that trades.
    assert tools.text("order place bob DEC/USD buy 9 1.20") == ["accepted #7 buy 9.0000 @ 1.2000"]
    assert tools.text("order amend bob DEC/USD 7 9.5 1.24") == [
        "amended #7 buy 9.5000 @ 1.2400", "traded #7 5.0000 @ 1.2300, fee 0.01000000 DEC, open 4.5000"]
    canceled = tools.json("order cancel bob 7")
    assert canceled == [{"report": "canceled", "order_id": 7, "quantity": "4.5000", "reason": "requested",
                         "sequence": canceled[0]["sequence"]}] and canceled[0]["sequence"] > 0, canceled
    tools.refused("order cancel bob 5", "unknown_order (49)")
    tools.refused("order cancel alice 5", "unknown_order (49)")
    tools.refused("order amend bob DEC/USD 5 9.5 1.24", "unknown_order (49)")
    tools.refused("order place bob DEC/USD buy 10000 1.25", "insufficient_funds (48)")
    tools.refused("order place bob DEC/USD buy 1 1.25", "notional_too_small (45)")
    tools.refused("order place bob DEC/EUR buy 10 1.25", "DEC/EUR", "DEC/USD")
    tools.refused("order place bob DEC/USD buy 10 1.25001", "1.25001", "0.0001")
    tools.refused("order place bob DEC/USD buy 10.00001 1.25", "10.00001", "0.0001")
    tools.refused("order place bob DEC/USD buy 0 1.25", "\"0\"")
    tools.refused("order place carol DEC/USD buy 10 1.25", "carol")
    tools.refused("order place bob DEC/USD hold 10 1.25", "hold", code=2)
    tools.refused("order place bob DEC/USD buy 10 1.25 --ioc --post-only", code=2)
    tools.refused("order place operator DEC/USD buy 10 1.25", "not_your_account (7)")
    rejected = tools.json("order place bob DEC/USD buy 10000 1.25", code=1)
    assert rejected == [{"refused": "insufficient_funds", "reason": 48}], rejected


def check_wrong_market(tools):
    """An amend cannot name its market on the wire: a wrong one is noticed and told."""
    order = tools.json("order place alice DEC/USD sell 40 1.40")[0]["order_id"]
    done = tools.run(f"order amend alice ETH/USD {order} 0.4 100", code=1)
    assert "DEC/USD" in done.stderr and done.stdout.startswith(f"amended #{order} sell 40.0000 @ 1.0000"), done
    tools.text(f"order cancel alice {order}")


def check_halt(tools):
    assert tools.text("admin halt DEC/USD") == ["DEC/USD: halted"]
    tools.refused("order place alice DEC/USD sell 10 1.40", "instrument_halted (41)")
    assert tools.json("admin resume DEC/USD") == [{"phase": "trading", "market": "DEC/USD"}]
    assert tools.text("admin halt") == ["all markets: halted"]
    tools.refused("order place alice ETH/USD sell 1 3000", "instrument_halted (41)")
    assert tools.text("admin resume") == ["all markets: trading"]
    tools.refused("admin halt DEC/EUR", "DEC/EUR")
    tools.text("order place alice DEC/USD sell 10 1.40")


def check_fok_and_self_trade(tools):
    """alice offers 10 @ 1.40, alone."""
    place, number = "order place bob DEC/USD", r"#(\d+)"

    def texts(words):
        """The lines with the last order's number as #N."""
        lines = tools.text(words)
        new = re.search(number, lines[0]).group()
        return int(new[1:]), [re.sub(new + r"\b", "#N", line) for line in lines]

    assert texts(f"{place} buy 20 1.40 --fok")[1] == ["accepted #N buy 20.0000 @ 1.4000", "canceled #N 20.0000 (fok_unfilled)"]
    assert texts(f"{place} buy 10 1.40 --fok")[1] == [
        "accepted #N buy 10.0000 @ 1.4000", "traded #N 10.0000 @ 1.4000, fee 0.02000000 DEC, open 0.0000"]
    assert texts(f"{place} buy 10 1.40 --market --fok")[1][1:] == ["canceled #N 10.0000 (fok_unfilled)"]
    tools.refused(f"{place} buy 10 1.40 --fok --ioc", code=2)
    tools.refused(f"{place} buy 10 1.40 --fok --post-only", code=2)

    assert tools.text("order self-trade bob decrement_and_cancel") == ["bob: self-trade rule decrement_and_cancel"]
    own = texts(f"{place} sell 10 1.30")[0]
    assert texts(f"{place} buy 4 1.30")[1] == ["accepted #N buy 4.0000 @ 1.3000", f"restated #{own} sell 6.0000 @ 1.3000",
                                               "canceled #N 4.0000 (self_trade)"]
    assert texts(f"{place} buy 8 1.30 --ioc")[1] == [
        "accepted #N buy 8.0000 @ 1.3000", f"canceled #{own} 6.0000 (self_trade)",
        "restated #N buy 2.0000 @ 1.3000", "canceled #N 2.0000 (ioc_remainder)"]
    assert tools.json("order self-trade bob none") == [{"name": "bob", "self_trade": "none"}]
    tools.refused("order self-trade bob sometimes", "sometimes", code=2)
    tools.refused("order self-trade carol none", "carol")
    tools.refused("order self-trade operator none", "unknown_account")


def check_cancel_all(tools, venue):
    def place(words):
        return tools.json(f"order place bob {words}")[0]["order_id"]

    sell, buy, eth = place("DEC/USD sell 10 1.30"), place("DEC/USD buy 10 1.20"), place("ETH/USD buy 0.01 3000")
    assert tools.text("order cancel-all bob BTC/USD") == ["canceled 0 orders"]
    assert tools.text("order cancel-all bob DEC/USD --side buy") == [
        f"canceled #{buy} 10.0000 (mass_cancel)", "canceled 1 order"]
    assert tools.text("order cancel-all bob") == [
        f"canceled #{sell} 10.0000 (mass_cancel)", f"canceled #{eth} 0.010000 (mass_cancel)", "canceled 2 orders"]
    sell = place("DEC/USD sell 10 1.30")
    canceled = tools.json("order cancel-all bob --side sell")
    assert canceled[0].pop("sequence") > 0 and canceled[1].pop("sequence", 1) > 0
    assert canceled == [
        {"report": "canceled", "order_id": sell, "quantity": "10.0000", "reason": "mass_cancel"},
        {"report": "mass_canceled", "orders": 1}], canceled
    tools.refused("order cancel-all bob DEC/EUR", "DEC/EUR", "DEC/USD")
    tools.refused("order cancel-all bob --side up", "up", code=2)
    tools.refused("order cancel-all operator", "not_your_account (7)")

    # More than one command may cancel, of a session that is not the tools'.
    tools.text("ledger open dave")
    tools.text("ledger deposit dave USD 100000")
    dave = Session(venue.ready["order_entry"], Key.read(os.path.join(venue.data, "keys", "dave.key")), timeout=60.0)
    for price in range(9_000):
        dave.send(PLACE, place_block(dave.next_cl_ord_id(), 5_000 + price // 4, 100_000, dave.account, 1, BUY))
    orders = [dave.execution().order_id for _ in range(9_000)]
    lines = tools.text("order cancel-all dave DEC/USD")
    assert lines == [f"canceled #{order} 10.0000 (mass_cancel)" for order in orders] + ["canceled 9000 orders"]
    assert tools.text("ledger balance dave") == ["USD 100000.00000000 available, 0.00000000 held"]
    dave.close()


def check_side_by_side(tools, venue):
    """Commands under one key wait for each other, and leave a program's own session alone."""
    program = Session(venue.ready["order_entry"], Key.read(os.path.join(venue.data, "keys", "alice.key")))
    results = []
    threads = [threading.Thread(target=lambda: results.append(tools.text("order place alice DEC/USD sell 5 1.50")))
               for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(results) == 6 and all(re.fullmatch(r"accepted #\d+ sell 5\.0000 @ 1\.5000", r[0]) for r in results), results
    assert program.balances(program.account)
    program.close()


def main():
    with Venue() as venue:
        venue.start()
        tools = Tools(venue.data)
        check_ledger(tools, venue)
        check_once(tools)
        check_orders(tools)
        check_wrong_market(tools)
        check_halt(tools)
        check_fok_and_self_trade(tools)
        check_cancel_all(tools, venue)
        check_side_by_side(tools, venue)
        assert venue.stop() == 0, venue.log_text()
        tools.refused("ledger balance alice", "no venue runs on")
        tools.refused("order cancel alice 1", "dcx serve")
        venue.start()
        # After a crash the folder still names an address where nobody is.
        venue.kill()
        tools.refused("ledger balance alice", "no session with the venue")
        Tools("/nonexistent").refused("ledger balance alice", "no venue runs on")
        for group in ("ledger", "order", "admin", "signer"):
            for command in (group, group + " --help"):
                done = subprocess.run([PROGRAM, *command.split()], capture_output=True, text=True, timeout=60, check=False)
                assert done.returncode == (0 if "--help" in command else 2), done
    print("tools: ok")


if __name__ == "__main__":
    main()
