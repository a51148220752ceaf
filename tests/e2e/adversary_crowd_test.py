"""Crowds at order entry: ten thousand connections at once, silent, half spoken or with keys that are none, again and again,
while two honest clients trade and others come in. Memory and files are bounded, whoever finds no place hears so, and a machine
that can't hold as many as the configuration promises is told at the start."""

import collections
import contextlib
import os
import resource
import socket
import subprocess
import time

import order_entry as oe
from adversary import AUTHENTICATION, TIMEOUT, TOO_MANY, Pair, code_of, ended, files, forged_login, offence, rss_kib
from order_entry import Connection, Key, Session
from venue import PROGRAM, Venue, wait_until

ROOM = 10_000
BEYOND = 300


def burst(address, count):
    """As fast as they can be made. Sources of several addresses of the loopback: one has not ports enough for all rounds."""
    host, port = address.rsplit(":", 1)
    sockets = []
    for i in range(count):
        one = socket.socket()
        one.settimeout(30)
        if host == "127.0.0.1":
            one.setsockopt(socket.IPPROTO_IP, 24, 1)  # IP_BIND_ADDRESS_NO_PORT
            one.bind((f"127.0.0.{2 + i % 8}", 0))
        one.connect((host, int(port)))
        sockets.append(one)
    return sockets


def as_connection(one):
    connection = Connection.__new__(Connection)
    connection.socket, connection.buffer = one, b""
    return connection


def crowds(venue, address, operator, count):
    mallory = operator.funded({1: 10**15, 2: 10**15})
    pair = Pair(address, operator)
    pair.goes_on(50)
    here = venue.metric("dcx_gateway_connections")
    # Whoever finds no place is told, and the places are as many as were promised.
    with offence(venue, pair, f"{count} connections", 8 * count):
        before = rss_kib(venue)
        crowd = burst(address, count - here)
        wait_until(lambda: venue.metric("dcx_gateway_connections") >= count, 60, "everybody")
        print(f"  silent: {(rss_kib(venue) - before) * 1024 // count} bytes each", flush=True)
        pair.goes_on()
        late = burst(address, BEYOND)
        assert collections.Counter(code_of(as_connection(one)) for one in late) == {TOO_MANY: BEYOND}
        pair.goes_on()
        for one in crowd:
            one.close()
    # The second crowd finds the memory of the first.
    for what, data in (("half a login each", forged_login(mallory.id, bytes(64))[:100]),
                       ("a wrong key each", forged_login(mallory.id, bytes(64))), ("nothing", b"")):
        with offence(venue, pair, f"{count} connections again, {what}", 4096):
            crowd = burst(address, count - here - 10)
            for one in crowd:
                if data:
                    one.sendall(data)
            # An honest one comes in behind all of them.
            late = Session(address, mallory, client_session=2, timeout=60)
            late.send(oe.PLACE, oe.place_block(late.next_cl_ord_id(), 5_000, 100_000, mallory.account, 1, oe.BUY))
            assert late.execution().exec_type == 1
            late.mass_cancel()
            late.close()
            pair.goes_on()
            if "key" in what:
                assert collections.Counter(code_of(as_connection(one)) for one in crowd) == {AUTHENTICATION: len(crowd)}
            for one in crowd:
                one.close()
    # Come and gone, before anybody could speak to them.
    with offence(venue, pair, "connections reset at once", 4096):
        for one in burst(address, count // 2):
            one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            one.close()
    pair.stop(operator)


def wait_for_deadline(venue, address):
    """Those who say nothing, or half of something, make room by themselves."""
    crowd = burst(address, 2000)
    for one in crowd[::2]:
        with contextlib.suppress(OSError):
            one.sendall(forged_login(1, bytes(64))[:60])
    codes = collections.Counter(code_of(as_connection(one)) for one in crowd)
    assert codes == {TIMEOUT: 2000} and ended(venue, "timeout") == 2000, codes
    wait_until(lambda: venue.metric("dcx_gateway_connections") == 0, 30, "room")


def limited(soft, hard):
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def limit_of_files(hard):
    """A soft limit is raised as far as the hard one; one that is too low for what is promised refuses the start."""
    with Venue("[gateway]\nmax_connections = 600\n[feed]\nmax_connections = 100\n[shm]\nmax_clients = 8\n") as venue:
        with _preexec(limited(200, min(hard, 4000))):
            venue.start()
        with open(f"/proc/{venue.process.pid}/limits", encoding="ascii") as file:
            row = next(line.split() for line in file if line.startswith("Max open files"))
        assert row[3] == row[4] == str(min(hard, 4000)), row
        crowd = burst(venue.ready["order_entry"], 500)
        wait_until(lambda: venue.metric("dcx_gateway_connections") == 500, 30, "500 with a soft limit of 200")
        for one in crowd:
            one.close()
        assert venue.stop() == 0, venue.log_text()

        def refused(limit):
            done = subprocess.run([PROGRAM, "serve", "--config", venue.config, "--data", venue.data], capture_output=True,
                                  text=True, timeout=60, check=False, preexec_fn=limited(limit, limit))
            assert done.returncode == 3 and not done.stdout, done
            assert "gateway.max_connections" in done.stderr and str(limit) in done.stderr, done.stderr

        refused(600)
        refused(256)


@contextlib.contextmanager
def _preexec(function):
    """Programs started meanwhile begin with this."""
    popen = subprocess.Popen

    def started(*arguments, **options):
        return popen(*arguments, preexec_fn=function, **options)

    subprocess.Popen = started
    try:
        yield
    finally:
        subprocess.Popen = popen


def main():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = min(ROOM, hard - 2 * BEYOND - 500)
    if count < ROOM:
        print(f"only {count} connections: a process may open {hard} files here")
    limit_of_files(hard)
    with Venue(f"[gateway]\nmax_connections = {count}\nhandshake_ms = 60_000\n[feed]\nmax_connections = 500\n") as venue:
        address = venue.start().ready["order_entry"]
        operator = Session(address, Key.read(venue.operator_key), client_session=5, timeout=60)
        before = files(venue)
        crowds(venue, address, operator, count)
        operator.close()
        wait_until(lambda: files(venue) <= before + 4, 30, "closed files")
        begun = time.monotonic()
        # It stops in order also with everybody there.
        crowd = burst(address, count // 2)
        wait_until(lambda: venue.metric("dcx_gateway_connections") >= count // 2, 60, "half of them")
        assert venue.stop() == 0, venue.log_text()
        print(f"stopped with {len(crowd)} connections, {time.monotonic() - begun:.1f} s with their coming", flush=True)
        for one in crowd:
            one.close()
        venue.replay()
    with Venue("[gateway]\nhandshake_ms = 1000\n") as venue:
        wait_for_deadline(venue, venue.start().ready["order_entry"])
        assert venue.stop() == 0, venue.log_text()
    print("crowds: ok")


if __name__ == "__main__":
    assert os.access(PROGRAM, os.X_OK), f"{PROGRAM} is not there"
    main()
