#!/usr/bin/env python3
"""Runs a program beside private servers and ends them after it.

usage: with_servers.py [--store postgresql] SERVER... -- PROGRAM [ARGUMENTS]      (SERVER: postgres, redis, evm)

The program finds in its environment
    DCX_POSTGRES_URL, DCX_REDIS_URL      how to reach them, over unix sockets; the database is a fresh one
    DCX_EVM_URL, DCX_EVM_BYTECODE        a chain of its own (../e2e/evm_node.py), and the contract to make on it
    DCX_STORE_KIND, DCX_STORE_URL        with --store: what the one list of store tests is run against
    DCX_SERVERS_CONTROL                  a unix socket, on which it may have done what happens to servers: one line
                                         "redis kill" is answered by "ok", or "error: " and why. Words are
                                         start, stop, kill, pause, resume, restart, url, tcp_url; "postgres database"
                                         is answered by the URL of a fresh one.

The exit code is the program's. When a server is not installed it prints "SKIPPED: " and why.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from contextlib import ExitStack

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))
# pylint: disable-next=wrong-import-position
from evm_node import PrivateEvm  # noqa: E402
from servers import NotInstalled, PrivatePostgres, PrivateRedis  # noqa: E402

MAKERS = {"postgres": PrivatePostgres, "redis": PrivateRedis, "evm": PrivateEvm}
LIFE = ("start", "stop", "kill", "pause", "resume", "restart")


def answer(servers, line):
    words = line.split()
    if len(words) != 2 or words[0] not in servers:
        return f"error: {line}: nothing of {', '.join(servers)}"
    server, word = servers[words[0]], words[1]
    try:
        if word in LIFE:
            getattr(server, word)()
            return "ok"
        if word == "url":
            return server.url
        if word == "tcp_url":
            return server.tcp_url_of("postgres") if words[0] == "postgres" else getattr(server, "tcp_url", server.url)
        if word == "database" and words[0] == "postgres":
            return server.fresh_database()
    except Exception as error:  # whatever it is, the program shall read it
        return f"error: {error!r}".replace("\n", " ")
    return f"error: {word}: no such word"


def serve(listener, servers, lock):
    """Connections one after another, as many lines on each as its program wants."""
    def talk(connection):
        with connection, connection.makefile("rw", encoding="utf-8") as stream:
            for line in stream:
                with lock:
                    said = answer(servers, line.strip())
                try:
                    stream.write(said + "\n")
                    stream.flush()
                except OSError:
                    return
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        threading.Thread(target=talk, args=(connection,), daemon=True).start()


def main():
    arguments = sys.argv[1:]
    store = ""
    if arguments[:1] == ["--store"]:
        store, arguments = arguments[1], arguments[2:]
    if "--" not in arguments or store not in ("", "postgresql"):
        print(__doc__)
        return 2
    split = arguments.index("--")
    wanted, command = arguments[:split], arguments[split + 1:]
    if not command or any(name not in MAKERS for name in wanted) or (store and "postgres" not in wanted):
        print(__doc__)
        return 2
    # Told to stop, we still end what we started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with ExitStack() as stack:
        try:
            servers = {name: stack.enter_context(MAKERS[name]()) for name in wanted}
        except NotInstalled as missing:
            print(f"SKIPPED: {missing}")
            return 0
        environment = dict(os.environ)
        for name, server in servers.items():
            environment[f"DCX_{name.upper()}_URL"] = server.fresh_database() if name == "postgres" else server.url
        if "evm" in servers:
            environment["DCX_EVM_BYTECODE"] = servers["evm"].bytecode
        if store:
            environment |= {"DCX_STORE_KIND": store, "DCX_STORE_URL": environment["DCX_POSTGRES_URL"]}
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="dcx-servers-"))
        listener = stack.enter_context(socket.socket(socket.AF_UNIX))
        listener.bind(os.path.join(folder, "control"))
        listener.listen()
        environment["DCX_SERVERS_CONTROL"] = os.path.join(folder, "control")
        threading.Thread(target=serve, args=(listener, servers, threading.Lock()), daemon=True).start()
        program = subprocess.Popen(command, env=environment)
        try:
            code = program.wait()
        finally:
            if program.poll() is None:
                program.kill()
                program.wait()
        return code if code >= 0 else 128 - code


if __name__ == "__main__":
    sys.exit(main())
