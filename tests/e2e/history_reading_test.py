"""The history read by the commands and by SQL: a venue trades, everything that `dcx history` tells of it is what was done, and
every example of docs/history.md runs on its store and says what the ledger says. history_reading_test.py [postgresql]"""

import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from decimal import Decimal

from servers import NotInstalled, PrivatePostgres
from tools_test import Tools
from venue import PROGRAM, Venue, wait_until

REPOSITORY = os.environ.get("DCX_REPOSITORY", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
ADDRESS = "DEC" + "0123456789abcdef" * 2 + "01234567"
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z")


class History:
    def __init__(self, venue, where):
        self.venue, self.where = venue, where

    def run(self, words, code=0):
        done = subprocess.run([PROGRAM, "history", *words, "--config", self.venue.config, "--data", self.venue.data],
                              capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == code, f"{words}: {done}"
        return done

    def rows(self, words, *more):
        lines = [json.loads(line) for line in self.run([*words.split(), *more, "--json"]).stdout.splitlines()]
        return lines[:-1], lines[-1]

    def refused(self, words, *parts):
        done = self.run(words.split(), 1)
        assert done.stdout == "" and all(part in done.stderr for part in parts), f"{words}: {done}"

    def sql(self, text):
        """Rows as dictionaries of texts."""
        if self.where.startswith("postgresql"):
            done = subprocess.run(["psql", "--no-psqlrc", "-q", "--csv", "-v", "ON_ERROR_STOP=1", "-c", text, self.where],
                                  capture_output=True, text=True, timeout=60, check=False)
            assert done.returncode == 0, f"{text}: {done.stderr}"
            names, *lines = [line.split(",") for line in done.stdout.splitlines()]
            return [dict(zip(names, line)) for line in lines]
        store = sqlite3.connect(f"file:{self.where}?mode=ro", uri=True)
        cursor = store.execute(text)
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, map(str, row))) for row in cursor]
        store.close()
        return rows

    def caught_up(self):
        wait_until(lambda: json.loads(self.run(["status", "--json"]).stdout)["lag_commands"] == 0, what="the history")


def trade(tools):
    for name in ("alice", "bob"):
        tools.text(f"ledger open {name}")
    tools.text("ledger deposit alice DEC 100")
    tools.text("ledger deposit bob USD 1000")
    tools.text("order place alice DEC/USD sell 50 1.25")
    tools.text("order place bob DEC/USD buy 20 1.30")
    tools.text("order place bob DEC/USD buy 10 1.25")
    tools.text("order place bob DEC/USD buy 8 1.10")
    tools.text("order cancel alice 1")
    tools.text("ledger transfer alice bob DEC 1.5")
    tools.text("ledger pend bob alice USD 100")
    paid = tools.json("ledger pend bob alice USD 7")[0]["id"]
    tools.text(f"ledger post bob {paid} USD 5")
    sent = tools.json(f"ledger withdraw bob USD 50 {ADDRESS}")[0]["id"]
    tools.text(f"ledger post bob {sent} USD 50 --operator")
    tools.text("ledger burn withdrawals USD 50")
    tools.text(f"ledger withdraw alice USD 3 {ADDRESS}")


def now(tools, name):
    return {balance["asset"]: (Decimal(balance["available"]), Decimal(balance["held"]))
            for balance in tools.json(f"ledger balance {name}")[0]["balances"]}


def check_commands(history, tools):
    # Every balance is the ledger's own, and a statement ends with it.
    for name in ("alice", "bob", "fees", "issuance", "withdrawals"):
        ledger = {asset: balance for asset, balance in now(tools, name).items() if any(balance)}
        rows, _ = history.rows(f"balance --account {name}")
        assert {row["asset"]: (Decimal(row["available"]), Decimal(row["held"])) for row in rows
                if Decimal(row["available"]) or Decimal(row["held"])} == ledger, (name, rows, ledger)
        entries, end = history.rows(f"statement --account {name} --count 0")
        assert end["next"] == "" and end["entries"] == len(entries), end
        for asset, balance in ledger.items():
            own = [entry for entry in entries if entry["asset"] == asset]
            assert [entry["version"] for entry in own] == list(range(1, len(own) + 1)), own
            assert Decimal(own[-1]["balance"]) == sum(balance) == sum(Decimal(entry["change"]) for entry in own), own
            for entry in own:
                behind = {row["asset"]: row["total"] for row in
                          history.rows(f"balance --account {name} --at {entry['sequence']}")[0]}
                last = [other for other in own if other["sequence"] == entry["sequence"]][-1]
                assert behind[asset] == last["balance"], (entry, behind)
        days, _ = history.rows(f"statement --account {name} --daily --count 0")
        for day in days:
            assert Decimal(day["opening"]) + Decimal(day["credits"]) - Decimal(day["debits"]) == Decimal(day["closing"]), day
    # Pages put together are the whole, from either end.
    whole, _ = history.rows("statement --account bob --count 0")
    for turn in ([], ["--newest"]):
        pages, token = [], ""
        while True:
            rows, end = history.rows("statement --account bob --count 2", *turn, *(["--after", token] if token else []))
            pages += rows
            token = end["next"]
            if not token:
                break
        assert (pages[::-1] if turn else pages) == whole, pages
    middle = whole[len(whole) // 2]
    assert history.rows(f"statement --account bob --count 0 --from {middle['sequence']}")[0] == [
        entry for entry in whole if entry["sequence"] >= middle["sequence"]]
    assert history.rows("statement --account bob --count 0 --to", middle["time"])[0] == [
        entry for entry in whole if entry["time"] < middle["time"]]
    assert history.rows("statement --account bob --asset DEC --count 0")[0] == [
        entry for entry in whole if entry["asset"] == "DEC"]

    orders, _ = history.rows("orders --account bob")
    assert [(order["order_id"], order["status"], order["cum"]) for order in orders] == [
        (2, "filled", "20.0000"), (3, "filled", "10.0000"), (4, "open", "0.0000")], orders
    assert [order["order_id"] for order in history.rows("orders --account bob --status open")[0]] == [4]
    order, *executions = history.rows("orders --order 1")[0]
    assert (order["status"], order["reason"], order["cum"], order["leaves"]) == ("canceled", "requested", "30.0000", "0.0000")
    assert [(row["exec_type"], row["detail"], row["quantity"]) for row in executions] == [
        ("trade", "maker", "20.0000"), ("trade", "maker", "10.0000"), ("canceled", "requested", "20.0000")], executions
    mine, _ = history.rows("trades --account bob")
    assert [(row["price"], row["fee"], row["fee_asset"]) for row in mine] == [
        ("1.2500", "0.04000000", "DEC"), ("1.2500", "0.02000000", "DEC")], mine
    all_trades, _ = history.rows("trades --market DEC/USD")
    assert [row["quantity"] for row in all_trades] == ["20.0000", "10.0000"] and ISO.fullmatch(all_trades[0]["time"])
    for interval in ("1d", "1h", "1m"):
        candles, _ = history.rows(f"candles --market DEC/USD --interval {interval}")
        assert sum(Decimal(candle["volume"]) for candle in candles) == 30, candles
    assert [row["amount"] for row in history.rows("deposits --account bob")[0]] == ["1000.00000000"]
    assert [(row["state"], row["posted"]) for row in history.rows("pending --account alice")[0]] == [
        ("pending", "0.00000000"), ("posted", "5.00000000")]
    assert [row["amount"] for row in history.rows("pending --account alice --status pending")[0]] == ["100.00000000"]
    assert [(row["state"], row["address"]) for row in history.rows("withdrawals --account bob")[0]] == [("posted", ADDRESS)]
    audit, _ = history.rows("audit --count 0")
    assert {"genesis_applied", "account_opened", "key_added", "transferred"} <= {row["kind"] for row in audit}, audit
    assert all(isinstance(row["detail"], dict) for row in audit), audit
    # For people.
    table = history.run(["trades", "--account", "bob"]).stdout.splitlines()
    assert table[0].split() == ["time", "trade_id", "market", "side", "detail", "price", "quantity", "fee", "fee_asset",
                                "order_id"] and len(table) == 4, table
    assert history.run(["withdrawals", "--account", "fees"]).stdout.startswith("nothing\nas of command ")


def check_refusals(history):
    history.refused("statement --account carol", "carol")
    history.refused("statement --account 99", "history error 31 (not_found)")
    history.refused("statement --account ../bob", "nobody")
    history.refused("statement --account bob --asset EUR", "history error 31 (not_found)", "EUR")
    history.refused("statement --account bob --after x1.2.3.4", "history error 30 (bad_request)")
    history.refused("statement --account bob --from 9 --to 8", "history error 30 (bad_request)")
    history.refused("balance --account bob --at 999999999", "history error 30 (bad_request)")
    history.refused("candles --market DEC/USD --interval 2m", "--interval")
    history.refused("candles --market DEC/EUR", "history error 31 (not_found)")
    history.refused("orders --order 999", "history error 31 (not_found)")
    history.refused("orders", "--account or --order")
    history.refused("trades", "--account or --market")
    for wrong in ("yesterday", "2026-13-01", "2026-11-28T22:30:00", "2026-11-28T22:30:00.Z", "-1", "3000-01-01",
                  "2026-11-28T22:30:00.1234567890Z", "18446744073709551616"):
        history.refused(f"statement --account bob --from={wrong}", wrong)


def check_contacts(history):
    person = history.run(["contact", "--account", "bob", "--name", "Bob Öz", "--note", "pays late", "--json"]).stdout
    assert json.loads(person)["name"] == "Bob Öz" and ISO.fullmatch(json.loads(person)["changed_time"]), person
    history.run(["contact", "--account", "bob", "--note", ""])
    shown = json.loads(history.run(["contact", "--account", "7", "--json"]).stdout)
    assert (shown["name"], shown["note"]) == ("Bob Öz", ""), shown
    history.refused("contact --account 99 --name x", "history error 31 (not_found)")
    history.refused("contact --account bob --name x --erase", "--erase")
    assert history.run(["contact", "--account", "bob", "--erase"]).stdout == "account 7: erased\n"
    assert history.run(["contact", "--account", "bob"]).stdout == "nothing\n"


def examples():
    """The SQL of docs/history.md by its headings."""
    with open(os.path.join(REPOSITORY, "docs", "history.md"), encoding="utf-8") as file:
        return dict(re.findall(r"^\*\*(.+?)\*\*.*?\n```sql\n(.+?)```", file.read(), re.M | re.S))


def check_examples(history, tools):
    queries = examples()
    assert len(queries) >= 8, queries
    answers = {name: history.sql(text) for name, text in queries.items()}
    # No chain is followed here, and nothing anchored: those only have to be good SQL.
    of_the_chain = {"A withdrawal's way", "What a fork took", "Where the checkpoints stand"}
    assert of_the_chain <= answers.keys(), answers.keys()
    for name, rows in answers.items():
        assert rows or name in of_the_chain, f"{name}: nothing"
    books = {row["asset"]: row for row in answers["Trial balance"]}
    assert all(Decimal(row["total"]) == 0 for row in books.values()), books
    assert (books["USD"]["issued"], books["DEC"]["issued"]) == ("950.00000000", "100.00000000"), books
    earned = {row["asset"]: Decimal(row["earned"]) for row in answers["Fees earned"]}
    assert earned == {asset: sum(balance) for asset, balance in now(tools, "fees").items() if any(balance)}, earned
    year = {row["asset"]: row for row in answers["A customer's year"]}
    assert Decimal(year["USD"]["closing"]) == sum(now(tools, "alice")["USD"]), year
    assert year["DEC"]["opening"] == "0.00000000" and year["DEC"]["year"] == time.strftime("%Y", time.gmtime()), year
    assert [(row["kind"], row["amount"]) for row in answers["Promised and not paid yet"]] == [
        ("transfer", "100.00000000"), ("withdrawal", "3.00000000")], answers["Promised and not paid yet"]
    assert [(row["market"], row["volume"], row["trades"]) for row in answers["Volume by market"]] == [
        ("DEC/USD", "30.0000", "2")], answers["Volume by market"]
    # Each view can be read to its end.
    catalogue = ("SELECT viewname AS name FROM pg_views WHERE schemaname = 'public'" if history.where.startswith("postgresql")
                 else "SELECT name FROM sqlite_schema WHERE type = 'view'")
    for row in history.sql(catalogue):
        history.sql(f"SELECT * FROM {row['name']}")


def main():
    if sys.argv[1:] == ["postgresql"]:
        try:
            server = PrivatePostgres()
        except NotInstalled as missing:
            return print(f"SKIPPED: {missing}")
        with server:
            return check("postgresql", server.fresh_database())
    return check("sqlite", "")


def check(kind, url):
    with Venue(f'layout = "single"\n[history]\nstore = "{kind}"\nurl = "{url}"\n') as venue:
        venue.start()
        tools = Tools(venue.data)
        history = History(venue, url or os.path.join(venue.data, "history.sqlite"))
        trade(tools)
        history.caught_up()
        check_commands(history, tools)
        check_refusals(history)
        check_contacts(history)
        check_examples(history, tools)
        # The same without the venue.
        before = history.rows("statement --account bob --count 0")
        assert venue.stop() == 0, venue.log_text()
        entries, end = history.rows("statement --account bob --count 0")
        assert entries == before[0] and end["as_of"] >= before[1]["as_of"], end
        history.run(["check"])
    return None


if __name__ == "__main__":
    main()
