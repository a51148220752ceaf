"""Order entry through shared memory, by processes that are not ours: trading with a TCP client, killed at random instants,
writing garbage, of the wrong user. A bystander trades on, and orders of the dead are canceled when they asked for it."""

import os
import pwd
import random
import signal
import socket
import stat
import subprocess
import sys
import time

import order_entry as oe
from order_entry import BUY, PLACE, SELL, SCOPE_SESSION, Key, Session, Terminated, cancel_block, place_block
from shm_client import Refused, ShmSocket
from venue import PROGRAM, Venue, wait_until

SLOW_CONSUMER, BROKEN_RING = 10, 16
NOT_ALLOWED, TOO_MANY = 3, 4
ROUNDS = 15


def trader(address, key, client_session):
    """What a child runs: places orders and cancels them until it is killed, with cancel-on-disconnect."""
    session = Session(address, key, client_session=client_session, cancel=SCOPE_SESSION)
    number = session.next_cl_ord_id()
    session.send(PLACE, place_block(number, 9_000, 100_000, key.account, 1, BUY))
    assert session.execution().exec_type == 1
    print("resting", flush=True)
    while True:
        number = session.next_cl_ord_id()
        session.send(PLACE, place_block(number, 9_500, 100_000, key.account, 1, BUY))
        session.execution()
        session.send(oe.CANCEL, cancel_block(session.next_cl_ord_id(), key.account, orig=number))
        session.execution()


def child(*arguments, **who):
    program = [sys.executable, os.path.abspath(__file__), *arguments]
    return subprocess.Popen(program, stdout=subprocess.PIPE, text=True, cwd="/", **who)


def code_of(session):
    try:
        while True:
            session.receive()
    except Terminated as end:
        return end.code


class Street:
    def __init__(self, venue):
        self.venue = venue
        self.tcp = venue.ready["order_entry"]
        self.shm = "shm:" + venue.ready["shm"]
        self.operator = Session(self.tcp, Key.read(venue.operator_key))
        self.key = self.operator.funded({1: 10**15, 2: 10**15})
        self.bystander = Session(self.shm, self.key, client_session=99)
        self.mallory = self.operator.funded({1: 10**15, 2: 10**15})

    def trade_on(self):
        number = self.bystander.next_cl_ord_id()
        self.bystander.send(PLACE, place_block(number, 10_000, 100_000, self.key.account, 1, BUY))
        assert self.bystander.execution().exec_type == 1
        self.bystander.send(oe.CANCEL, cancel_block(self.bystander.next_cl_ord_id(), self.key.account, orig=number))
        assert self.bystander.execution().exec_type == 4

    def only_bystander(self):
        wait_until(lambda: self.venue.metric("dcx_gateway_shm_clients") == 1, what="the end of the others' links")
        self.trade_on()


def both_doors(street):
    """One trade between a client over memory and one over TCP."""
    seller = Session(street.tcp, street.mallory, client_session=5)
    number = street.bystander.next_cl_ord_id()
    street.bystander.send(PLACE, place_block(number, 10_000, 100_000, street.key.account, 1, BUY))
    assert street.bystander.execution().exec_type == 1
    seller.send(PLACE, place_block(seller.next_cl_ord_id(), 10_000, 100_000, street.mallory.account, 1, SELL))
    assert seller.execution().exec_type == 1
    mine, theirs = street.bystander.execution(), seller.execution()
    assert mine.exec_type == theirs.exec_type == 3, (mine, theirs)
    # Queries, and the same session by the other door.
    assert len(street.bystander.balances(street.key.account)) >= 2
    seller.close()
    again = Session(street.shm, street.mallory, client_session=5)
    assert again.next_out == 2 and again.next_report == 3, (again.next_out, again.next_report)
    again.close()
    street.only_bystander()


def killed(street):
    watcher = Session(street.tcp, street.mallory, client_session=6)
    mallory = street.mallory
    for i in range(ROUNDS):
        process = child("trader", street.shm, str(mallory.id), mallory.seed.hex(), str(mallory.account))
        assert process.stdout.readline() == "resting\n"
        time.sleep(random.random() * 0.02)
        process.kill()
        process.wait()
        process.stdout.close()
        street.only_bystander()
        # Cancel on disconnect: nothing of it is left.
        wait_until(lambda: not watcher.open_orders(mallory.account), what=f"the cancels of round {i}")
    watcher.close()


def garbage(street):
    source = random.Random(1)
    for i in range(30):
        session = Session(street.shm, street.mallory, client_session=7)
        requests, reports = session.socket.requests, session.socket.reports
        what = i % 5
        if what == 0:  # the tail, far ahead
            requests.words[48] = 2**60
        elif what == 1:  # a length that cannot be
            requests.words[requests.slot(requests.words[48])] = source.randrange(2**64 - 1)
            requests.words[48] += 9
        elif what == 2:  # half a frame as a record
            whole = place_block(session.next_cl_ord_id(), 9_000, 100_000, street.mallory.account, 1, BUY)
            requests.push(session.command(PLACE, whole)[:50])
        elif what == 3:  # the header, the bells, the positions
            for _ in range(200):
                requests.words[source.randrange(80)] = source.randrange(2**64)
        else:  # both rings all over
            for words in (requests.words, reports.words):
                for _ in range(1000):
                    words[source.randrange(len(words))] = source.randrange(2**64)
            session.close()
        if what < 3:
            code = code_of(session)
            assert code == BROKEN_RING, f"{what}: {code}"
        session.close()
        street.only_bystander()


def never_wakes(street):
    """A polite venue sleeps, but not for long: whoever does not wake it waits for its next look."""
    session = Session(street.shm, street.mallory, client_session=9)
    session.socket.wakes = False
    for _ in range(3):
        time.sleep(0.05)
        number = session.next_cl_ord_id()
        session.send(PLACE, place_block(number, 9_500, 100_000, street.mallory.account, 1, BUY))
        assert session.execution().exec_type == 1
        session.send(oe.CANCEL, cancel_block(session.next_cl_ord_id(), street.mallory.account, orig=number))
        assert session.execution().exec_type == 4
    session.close()
    street.only_bystander()


def never_reads(street):
    session = Session(street.shm, street.mallory, client_session=8)
    try:
        while True:
            number = session.next_cl_ord_id()
            session.send(PLACE, place_block(number, 9_500, 100_000, street.mallory.account, 1, BUY))
            session.send(oe.CANCEL, cancel_block(session.next_cl_ord_id(), street.mallory.account, orig=number))
    except (TimeoutError, socket.timeout, OSError):
        pass
    wait_until(lambda: street.venue.metric("dcx_gateway_shm_clients") == 1, what="its end")
    assert code_of(session) == SLOW_CONSUMER
    session.close()
    street.only_bystander()


def crowd(street):
    sockets = []
    for i in range(1000):
        one = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_NONBLOCK)
        try:
            one.connect(street.venue.ready["shm"])
        except BlockingIOError:
            pass  # the backlog is full
        sockets.append(one)
        if i % 250 == 0:
            street.trade_on()
    for one in sockets:
        one.close()
    street.only_bystander()
    # No more than there are places.
    inside = []
    try:
        while len(inside) < 10:
            inside.append(ShmSocket(street.venue.ready["shm"]))
        raise AssertionError("more clients than max_clients")
    except Refused as refused:
        assert refused.code == TOO_MANY and len(inside) == 3, (refused.code, len(inside))
    for one in inside:
        one.close()
    street.only_bystander()


def users():
    """Who may come in. Root alone can be somebody else."""
    if os.geteuid() != 0:
        return
    nobody = pwd.getpwnam("nobody")

    def asks(venue):
        process = child("asks", venue.ready["shm"], user="nobody", group="nogroup", extra_groups=[])
        said = process.stdout.readline().strip()
        process.wait()
        process.stdout.close()
        return said

    with Venue() as venue:
        # A place that everybody can look into.
        path = os.path.join("/tmp", f"dcx-shm-test-{os.getpid()}.sock")
        with open(venue.config, "a", encoding="utf-8") as file:
            file.write(f'\n[shm]\nsocket = "{path}"\n')
        venue.start()
        assert venue.ready["shm"] == path
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert asks(venue) == "PermissionError"
        os.chmod(path, 0o666)
        assert asks(venue) == f"refused {NOT_ALLOWED}"
        assert venue.stop() == 0
        assert not os.path.exists(path)
        with open(venue.config, "a", encoding="utf-8") as file:
            file.write('allow_users = ["nobody"]\n')
        venue.start()
        os.chmod(path, 0o666)
        assert asks(venue) == "admitted"
        assert venue.stop() == 0
        with open(venue.config, "a", encoding="utf-8") as file:
            file.write('group = "nogroup"\n')
        venue.start()
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o660 and os.stat(path).st_gid == nobody.pw_gid
        assert asks(venue) == "admitted"
        assert venue.stop() == 0
        with open(venue.config, "a", encoding="utf-8") as file:
            file.write('max_clients = 7\n')
        with open(venue.config, encoding="utf-8") as file:
            changed = file.read().replace('"nobody"', '"no such user"')
        with open(venue.config, "w", encoding="utf-8") as file:
            file.write(changed)
        refused = subprocess.run([PROGRAM, "serve", "--config", venue.config, "--data", venue.data], capture_output=True,
                                 text=True, timeout=60, check=False)
        assert refused.returncode == 3 and "no such user" in refused.stderr, refused


def main():
    with Venue(extra="\n[shm]\nmax_clients = 4\n") as venue:
        venue.start()
        assert venue.ready["shm"] == os.path.join(venue.data, "order-entry.sock")
        street = Street(venue)
        street.trade_on()
        both_doors(street)
        killed(street)
        garbage(street)
        never_wakes(street)
        never_reads(street)
        crowd(street)
        # The venue is killed: its clients see the end, and the next one takes the file's place.
        venue.kill()
        assert code_of(street.bystander) == 0
        venue.start()
        again = Session("shm:" + venue.ready["shm"], street.key, client_session=99)
        assert again.next_out == street.bystander.next_out
        again.close()
        assert venue.stop() == 0
        assert not os.path.exists(venue.ready["shm"])
    users()


if __name__ == "__main__":
    if len(sys.argv) > 1 and sys.argv[1] == "trader":
        _, _, address, number, seed, account = sys.argv
        trader(address, Key(int(number), bytes.fromhex(seed), int(account)), 7)
    elif len(sys.argv) > 1 and sys.argv[1] == "asks":
        try:
            ShmSocket(sys.argv[2]).close()
            print("admitted")
        except Refused as refused:
            print(f"refused {refused.code}")
        except OSError as error:
            print(type(error).__name__)
    else:
        signal.alarm(300)
        main()
