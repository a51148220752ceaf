"""A history store that fails in every way we know, beside a venue that trades: history_faults_test.py --store sqlite|postgresql
[CASE…]. In each case orders are answered while the store is broken, the operator is told what is wrong (a line in the
log, metrics), and when it is mended all rows equal, row for row, those made anew from the journal; nobody had to do anything but
mend it."""

import argparse
import collections
import contextlib
import os
import sqlite3
import subprocess
import sys
import threading
import time

from chaos_proxy import ChaosProxy
from crowd import SmallVenue
from crowd_clients import DEC, USD
from history_store import HistoryStore, history_command, metric, wait_until_stored
from order_entry import BUY, PLACE, SELL, Key, Session, place_block
from servers import NotInstalled, PrivatePostgres
from venue import Venue, wait_until

FUNDS = 10**16


class Traffic(threading.Thread):
    """Two accounts that trade with each other, one trade at a time; every answer is waited for."""

    def __init__(self, venue):
        super().__init__(daemon=True)
        address = venue.ready["order_entry"]
        operator = Session(address, Key.read(venue.operator_key), client_session=11)
        funds = {DEC: FUNDS, USD: FUNDS}
        self.seller, self.buyer = (Session(address, operator.funded(funds)) for _ in range(2))
        operator.close()
        self.trades, self.ending, self.failure = 0, False, None

    def __enter__(self):
        self.start()
        self.wait_for(50)
        return self

    def __exit__(self, *_):
        self.ending = True
        self.join(30)
        for session in (self.seller, self.buyer):
            session.close()

    def run(self):
        try:
            while not self.ending:
                self.place(self.seller, SELL)
                self.seller.execution()
                self.place(self.buyer, BUY)
                for session in (self.buyer, self.buyer, self.seller):
                    session.execution()
                self.trades += 1
        except Exception as failure:  # pylint: disable=broad-except
            self.failure = failure

    def place(self, session, side):
        session.send(PLACE, place_block(session.next_cl_ord_id(), 10_000, 50_000 + self.trades, session.key.account, 1, side))

    def wait_for(self, more):
        """So many more trades."""
        target = self.trades + more
        wait_until(lambda: self.failure or self.trades >= target, 60 + more / 10, f"{more} trades")
        if self.failure:
            raise self.failure


class Case:
    """A venue with a store of its own."""

    def __init__(self, kind, url="", environment=None):
        self.store = HistoryStore(kind, url)
        self.venue = SmallVenue('layout = "split"\n' + self.store.config())
        self.venue.environment = environment or {}

    def __enter__(self):
        self.venue.start()
        return self

    def __exit__(self, *error):
        if error[0]:
            print(self.venue.log_text(), file=sys.stderr)
        self.venue.__exit__(*error)

    def wait_for_up(self, up, limit=60):
        wait_until(lambda: metric(self.venue, "dcx_history_up") == up, limit, f"dcx_history_up {up}")

    def wait_for_log(self, *words, limit=60):
        """A line that has all of them."""
        def there():
            return any(all(word in line for word in words) for line in self.venue.log_since(0).splitlines())
        wait_until(there, limit, f"a line of the log with {words}")

    def expect_broken(self, traffic, word):
        """The operator is told, and trading goes on."""
        self.wait_for_log("history", word)
        self.wait_for_up(0)
        assert metric(self.venue, "dcx_history_errors_total") > 0
        traffic.wait_for(100)
        assert metric(self.venue, "dcx_history_lag_commands") > 0

    def expect_mended(self, traffic):
        self.wait_for_up(1)
        traffic.wait_for(50)
        self.finish()

    def finish(self, url=None):
        """All rows equal while it runs, and all there are after it has stopped."""
        stored = wait_until_stored(self.venue)
        assert self.store.compare(self.venue, stored, url) >= stored
        self.venue.stop()
        self.store.compare(self.venue, self.venue.replay()["sequence"], url)


# ---- PostgreSQL

def stopped(postgres):
    """Stopped in order, and started again; then killed with all its processes, and started again."""
    with Case("postgresql", postgres.fresh_database()) as case, Traffic(case.venue) as traffic:
        wait_until_stored(case.venue)
        for stop in (postgres.stop, postgres.kill):
            stop()
            case.expect_broken(traffic, "unreachable")
            postgres.start()
            case.wait_for_up(1)
        case.expect_mended(traffic)


def not_there_at_start(postgres):
    url = postgres.fresh_database()
    postgres.stop()
    try:
        with Case("postgresql", url) as case, Traffic(case.venue) as traffic:
            case.expect_broken(traffic, "unreachable")
            postgres.start()
            case.expect_mended(traffic)
    finally:
        if not postgres.running:
            postgres.start()


def paused(postgres):
    """SIGSTOP of all its processes: connections stand, nothing answers."""
    with Case("postgresql", postgres.fresh_database()) as case, Traffic(case.venue) as traffic:
        wait_until_stored(case.venue)
        postgres.pause()
        try:
            traffic.wait_for(300)
            assert metric(case.venue, "dcx_history_lag_commands") > 0
            time.sleep(3)
            traffic.wait_for(50)
        finally:
            postgres.resume()
        case.expect_mended(traffic)


@contextlib.contextmanager
def small_ring(kind, url=""):
    """A venue whose events are overwritten soon."""
    case = Case(kind, url)
    edit(case.venue, "[history]", "[feed]\nevents_mib = 1\n[history]")
    with case:
        yield case


def overtake(case, traffic, begin, end):
    """The store stands until the ring has none of the next events any more: the journal has them."""
    replays = metric(case.venue, "dcx_history_replays_total")
    begin()
    try:
        traffic.wait_for(2_500)  # of seven events each; what waits for the next commit was read already
    finally:
        end()
    wait_until(lambda: metric(case.venue, "dcx_history_laps_total") > 0, 60, "a lap")
    wait_until_stored(case.venue)
    assert metric(case.venue, "dcx_history_replays_total") > replays


def lapped(postgres):
    with small_ring("postgresql", postgres.fresh_database()) as case, Traffic(case.venue) as traffic:
        wait_until_stored(case.venue)
        overtake(case, traffic, postgres.pause, postgres.resume)
        case.expect_mended(traffic)


def paused_at_stop(postgres):
    """A venue that is told to stop does not wait for a store that stands."""
    with Case("postgresql", postgres.fresh_database()) as case:
        with Traffic(case.venue) as traffic:
            postgres.pause()
            traffic.wait_for(100)
        try:
            assert case.venue.stop(60) == 0
        finally:
            postgres.resume()
        case.venue.start()
        case.finish()


def restarted(postgres):
    with Case("postgresql", postgres.fresh_database()) as case, Traffic(case.venue) as traffic:
        for _ in range(3):
            postgres.restart()
            traffic.wait_for(50)
        case.expect_mended(traffic)


def terminated(postgres):
    """The backend is ended again and again, most of the times in the middle of COPY or of a transaction."""
    url = postgres.fresh_database()
    with Case("postgresql", url) as case, Traffic(case.venue) as traffic:
        database = url.split("?")[0].rsplit("/", 1)[1]
        kinds = collections.Counter()
        end = time.monotonic() + 90
        while (kinds["COPY"] < 3 or sum(kinds.values()) < 12) and time.monotonic() < end:
            traffic.wait_for(3)
            # Looked at first, then ended: what it runs, or ran last in the transaction that is open.
            ended = postgres.sql("WITH busy AS MATERIALIZED (SELECT pid, query FROM pg_stat_activity WHERE datname = "
                                 f"'{database}' AND pid <> pg_backend_pid() AND state <> 'idle') "
                                 "SELECT split_part(ltrim(query), ' ', 1), pg_terminate_backend(pid) FROM busy", url)
            for line in ended.splitlines():
                kinds[line.split("|")[0]] += 1
            if ended:
                case.wait_for_up(1)
        print(f"  ended in the middle of {dict(kinds)}")
        assert kinds["COPY"] > 0, "never in the middle of COPY"
        assert metric(case.venue, "dcx_history_errors_total") > 0
        case.wait_for_log("history", "unreachable")
        case.expect_mended(traffic)


LOCKED = ("orders", "trades", "ledger_transfers", "balances", "executions", "candles", "history_cursor")


def locked_tables(postgres):
    """Somebody locks what we write, for a while, and once so that the two wait for each other."""
    url = postgres.fresh_database()
    with Case("postgresql", url) as case, Traffic(case.venue) as traffic:
        wait_until_stored(case.venue)
        pairs = [(a, b) for a in LOCKED for b in LOCKED if a != b]
        tries = 0
        while "(conflict)" not in case.venue.log_since(0):
            first, second = pairs[tries * 7 % len(pairs)]
            tries += 1
            assert tries <= 40, "never in each other's way"
            # Whoever waits longer than this finds the deadlock: not this one.
            postgres.sql("SET deadlock_timeout = '60s'; BEGIN; "
                         f"LOCK TABLE {first} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(0.3); "
                         f"LOCK TABLE {second} IN ACCESS EXCLUSIVE MODE; SELECT pg_sleep(0.3); COMMIT", url)
            traffic.wait_for(20)
        print(f"  a deadlock at try {tries}")
        case.expect_mended(traffic)


def wrong_password(postgres):
    url = postgres.fresh_database()
    database = url.split("?")[0].rsplit("/", 1)[1]
    tcp = f"postgresql://writer@127.0.0.1:{postgres.port}/{database}"
    postgres.sql(f"CREATE ROLE writer LOGIN SUPERUSER PASSWORD 'right-one'")
    with Case("postgresql", tcp, {"PGPASSWORD": "mended-one"}) as case, Traffic(case.venue) as traffic:
        case.expect_broken(traffic, "credentials")
        assert "mended-one" not in case.venue.log_since(0)
        postgres.sql("ALTER ROLE writer PASSWORD 'mended-one'")
        case.wait_for_up(1)
        traffic.wait_for(50)
        case.finish(url)


def bad_network(postgres):
    """Connections that are cut after so many bytes, in the middle of whatever was on its way, some after standing still."""
    url = postgres.fresh_database()
    database = url.split("?")[0].rsplit("/", 1)[1]
    proxy = ChaosProxy(f"127.0.0.1:{postgres.port}", seed=5, sizes=(20_000, 60_000, 200_000, 500_000))
    try:
        tcp = postgres.tcp_url_of(database).replace(f":{postgres.port}/", f":{proxy.port}/")
        with Case("postgresql", tcp) as case, Traffic(case.venue) as traffic:
            wait_until(lambda: proxy.cuts >= 8, 120, "eight cuts")
            traffic.wait_for(100)
            case.wait_for_log("history", "unreachable")
            proxy.calm = True
            print(f"  {proxy.connections} connections, {proxy.cuts} cuts, {proxy.stalls} stalls")
            case.wait_for_up(1)
            traffic.wait_for(50)
            case.finish(url)
    finally:
        proxy.close()


def full_disk(_):
    if os.geteuid() != 0:
        print("  left out: only root can make a small disk")
        return
    with PrivatePostgres(disk_mib=160) as postgres:
        with Case("postgresql", postgres.fresh_database()) as case, Traffic(case.venue) as traffic:
            wait_until_stored(case.venue)
            postgres.fill_disk()
            case.expect_broken(traffic, "disk_full")
            postgres.free_disk()
            case.expect_mended(traffic)


def newer_schema(postgres):
    url = postgres.fresh_database()
    with Case("postgresql", url) as case:
        with Traffic(case.venue):
            wait_until_stored(case.venue)
        case.venue.stop()
        postgres.sql("INSERT INTO schema_migrations SELECT * FROM json_populate_record((SELECT s FROM schema_migrations s "
                     "ORDER BY version DESC LIMIT 1), '{\"version\": 9999, \"name\": \"9999_of_the_future.sql\"}')", url)
        case.venue.start()
        with Traffic(case.venue) as traffic:
            case.wait_for_log("history", "newer_schema")
            case.wait_for_up(0)
            traffic.wait_for(50)
        case.venue.stop()
        postgres.sql("DELETE FROM schema_migrations WHERE version = 9999", url)
        case.venue.start()
        case.wait_for_up(1)
        case.finish()


def second_projector(make_url):
    url = make_url()
    kind = "postgresql" if url else "sqlite"
    with Case(kind, url) as case, Traffic(case.venue) as traffic:
        wait_until_stored(case.venue)
        for what in ("catch-up", "rebuild"):
            done = subprocess.run(history_command(case.venue, what), capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode != 0 and "locked" in done.stderr, (what, done)
        case.expect_mended(traffic)


def store_of_another_venue(make_url):
    url = make_url()
    kind = "postgresql" if url else "sqlite"
    with Case(kind, url) as first:
        with Traffic(first.venue):
            stored = wait_until_stored(first.venue)
        assert first.venue.stop() == 0
        file = url or os.path.join(first.venue.data, "history.sqlite")
        with Case(kind, file) as other, Traffic(other.venue) as traffic:
            other.wait_for_log("history", "other_venue")
            other.wait_for_up(0)
            traffic.wait_for(50)
        # Nothing of the first one's was touched.
        assert first.store.compare(first.venue, stored) >= stored


def store_that_is_ahead(make_url):
    """The journal of a moment before: the store holds what it has not."""
    url = make_url()
    kind = "postgresql" if url else "sqlite"
    with Case(kind, url) as case:
        with Traffic(case.venue):
            wait_until_stored(case.venue)
        case.venue.stop()
        subprocess.run(["cp", "-a", case.venue.journal, case.venue.journal + ".before"], check=True)
        case.venue.start()
        with Traffic(case.venue):
            wait_until_stored(case.venue)
        case.venue.stop()
        subprocess.run(["cp", "-a", case.venue.journal, case.venue.journal + ".whole"], check=True)
        subprocess.run(f"rm -rf {case.venue.journal} {case.venue.data}/snapshots/* && "
                       f"mv {case.venue.journal}.before {case.venue.journal}", shell=True, check=True)
        done = subprocess.run(history_command(case.venue, "catch-up"), capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode != 0 and "ahead" in done.stderr and "rebuild" in done.stderr, done
        done = subprocess.run(history_command(case.venue, "rebuild"), capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done
        case.store.compare(case.venue, case.venue.replay()["sequence"])


# One number of a row that is none of its key, of tables that this traffic fills.
NUMBERS = {"trades": "trade_id", "executions": "cl_ord_id", "ledger_transfers": "debit_version", "deposits": "from_account",
           "audit_log": "person_id", "orders": "cl_ord_id", "assets": "transfer_fee", "markets": "collar_bp",
           "market_fees": "taker_fee", "accounts": "burst", "keys": "permissions", "sessions": "client_session",
           "balances": "version", "account_days": "last_version", "candles": "trades"}


def run_sql(store, venue, text):
    if store.kind == "sqlite":
        with contextlib.closing(sqlite3.connect(store.place(venue))) as file, file:
            return file.execute(text).rowcount
    psql = os.path.join(PrivatePostgres.programs(), "psql")
    done = subprocess.run([psql, "--no-psqlrc", "-At", "-c", text, store.url], capture_output=True, text=True, timeout=60,
                          check=True)
    return int(done.stdout.split()[-1])


def one_row_changed(make_url):
    """`dcx history check` finds a single number that somebody has changed, and a row that he took away, in every table."""
    url = make_url()
    with Case("postgresql" if url else "sqlite", url) as case:
        with Traffic(case.venue):
            wait_until_stored(case.venue)
        case.venue.stop()

        def check():
            return subprocess.run(history_command(case.venue, "check"), capture_output=True, text=True, timeout=120, check=False)

        assert check().returncode == 0, check()
        for table, column in NUMBERS.items():
            one = f"{column} = (SELECT max({column}) FROM {table})"
            changed = run_sql(case.store, case.venue, f"UPDATE {table} SET {column} = {column} + 1 WHERE {one}")
            assert changed > 0, f"no row in {table}"
            done = check()
            assert done.returncode != 0 and table in done.stdout + done.stderr, (table, done)
            assert run_sql(case.store, case.venue, f"UPDATE {table} SET {column} = {column} - 1 WHERE {one}") == changed
        assert check().returncode == 0, check()
        assert run_sql(case.store, case.venue, "DELETE FROM executions WHERE cl_ord_id = 20") > 0
        done = check()
        assert done.returncode != 0 and "executions" in done.stdout + done.stderr, done


def begun_late(make_url):
    """A venue that has packed its first segments away before it is given a store: that one begins with the first command."""
    url = make_url()
    store = HistoryStore("postgresql" if url else "sqlite", url)
    with Venue('sim = true\n[sim]\norders_per_second = 20000\n[snapshots]\nkeep = 2\nevery_commands = 6_000\n'
               '[history]\nstore = "none"\nurl = ""\n') as venue:
        store.archive = os.path.join(venue.folder, "archive")
        edit(venue, "segment_mib = 4", f'segment_mib = 1\nkeep_segments = 2\narchive = "{store.archive}"')
        venue.start()
        wait_until(lambda: len(os.listdir(store.archive)) >= 3, 120, "three segments in the archive")
        assert venue.stop() == 0, venue.log_text()
        assert f"{1:020}.journal" not in os.listdir(venue.journal)
        edit(venue, '[history]\nstore = "none"\nurl = ""\n', store.config())
        edit(venue, "orders_per_second = 20000", "orders_per_second = 1000")
        venue.start()
        stored = wait_until_stored(venue)
        assert store.compare(venue, stored) >= stored
        venue.kill()
        store.compare(venue, stored)


def edit(venue, old, new):
    with open(venue.config, encoding="utf-8") as file:
        text = file.read()
    assert old in text, text
    with open(venue.config, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new, 1))


# ---- SQLite

def sqlite_newer_schema(_):
    with Case("sqlite") as case:
        with Traffic(case.venue):
            wait_until_stored(case.venue)
        case.venue.stop()
        with sqlite3.connect(case.store.place(case.venue)) as file:
            columns = [row[1] for row in file.execute("PRAGMA table_info(schema_migrations)")]
            rest = ", ".join("9999" if name == "version" else name for name in columns)
            file.execute(f"INSERT INTO schema_migrations SELECT {rest} FROM schema_migrations LIMIT 1")
        file.close()
        case.venue.start()
        with Traffic(case.venue) as traffic:
            case.wait_for_log("history", "newer_schema")
            case.wait_for_up(0)
            traffic.wait_for(50)
        case.venue.stop()
        with sqlite3.connect(case.store.place(case.venue)) as file:
            file.execute("DELETE FROM schema_migrations WHERE version = 9999")
        file.close()
        case.venue.start()
        case.wait_for_up(1)
        case.finish()


def sqlite_damaged(_):
    """A file that is none of SQLite's: told, left as it is, and a rebuild after it was moved away mends it."""
    with Case("sqlite") as case:
        with Traffic(case.venue):
            wait_until_stored(case.venue)
        case.venue.stop()
        path = case.store.place(case.venue)
        with open(path, "r+b") as file:
            file.write(os.urandom(100))
        case.venue.start()
        with Traffic(case.venue) as traffic:
            case.wait_for_log("history", "damaged")
            case.wait_for_up(0)
            traffic.wait_for(50)
        case.venue.stop()
        for name in os.listdir(case.venue.data):
            if name.startswith("history.sqlite"):
                os.unlink(os.path.join(case.venue.data, name))
        case.venue.start()
        case.wait_for_up(1)
        case.finish()


def sqlite_busy(_):
    """Somebody holds a transaction on the file: it waits or tries again, and all rows are there."""
    with Case("sqlite") as case, Traffic(case.venue) as traffic:
        wait_until_stored(case.venue)
        other = sqlite3.connect(case.store.place(case.venue), isolation_level=None, timeout=30)
        for _ in range(3):
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                break  # it keeps the file to itself
            time.sleep(1)
            other.execute("ROLLBACK")
            traffic.wait_for(20)
        other.close()
        case.expect_mended(traffic)


def sqlite_lapped(_):
    with small_ring("sqlite") as case, Traffic(case.venue) as traffic:
        wait_until_stored(case.venue)
        with contextlib.closing(sqlite3.connect(case.store.place(case.venue), isolation_level=None, timeout=30)) as other:
            overtake(case, traffic, lambda: other.execute("BEGIN IMMEDIATE"), lambda: other.execute("ROLLBACK"))
        case.expect_mended(traffic)


def sqlite_full_disk(_):
    if os.geteuid() != 0:
        print("  left out: only root can make a small disk")
        return
    disk = subprocess.run(["mktemp", "-d", "/tmp/dcx-history-disk-XXXXXX"], capture_output=True, text=True, check=True)
    folder = disk.stdout.strip()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m,mode=700", "tmpfs", folder], check=True)
    try:
        with Case("sqlite", os.path.join(folder, "history.sqlite")) as case, Traffic(case.venue) as traffic:
            wait_until_stored(case.venue)
            filler = os.path.join(folder, "filler")
            with open(filler, "wb", buffering=0) as file:
                for size in (1 << 20, 4096):
                    try:
                        while True:
                            file.write(bytes(size))
                    except OSError:
                        pass
            case.expect_broken(traffic, "disk_full")
            os.unlink(filler)
            subprocess.run(["mount", "-o", "remount,size=512m", folder], check=True)
            case.expect_mended(traffic)
    finally:
        subprocess.run(["umount", "-l", folder], check=True)
        os.rmdir(folder)


SQLITE = (sqlite_lapped, sqlite_newer_schema, sqlite_damaged, sqlite_busy, sqlite_full_disk)
POSTGRESQL = (stopped, not_there_at_start, paused, lapped, paused_at_stop, restarted, terminated, locked_tables, wrong_password,
              bad_network, full_disk, newer_schema)
BOTH = (second_projector, store_of_another_venue, store_that_is_ahead, begun_late, one_row_changed)


def main():
    parser = argparse.ArgumentParser(description="Breaks the history store beside a venue that trades.")
    parser.add_argument("--store", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--part", type=int, choices=(1, 2), help="one half of them")
    parser.add_argument("cases", nargs="*")
    options = parser.parse_args()

    def run(cases, argument, make_url):
        for place, case in enumerate(cases + BOTH):
            if options.cases and case.__name__ not in options.cases:
                continue
            if options.part and place % 2 != options.part - 1:
                continue
            begun = time.monotonic()
            case(make_url if case in BOTH else argument)
            print(f"{case.__name__}: {time.monotonic() - begun:.1f} s", flush=True)

    if options.store == "sqlite":
        run(SQLITE, None, lambda: "")
        return
    try:
        with PrivatePostgres() as postgres:
            run(POSTGRESQL, postgres, postgres.fresh_database)
    except NotInstalled as reason:
        print(f"SKIPPED: {reason}")


if __name__ == "__main__":
    main()
