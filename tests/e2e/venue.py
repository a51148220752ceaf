"""A venue of its own for a test: a temporary folder, ports chosen by the system, started, killed and stopped at will."""

import json
import os
import selectors
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

PROGRAM = os.environ.get("DCX_PROGRAM", "build/release/dcx")

CONFIG = """
[listen]
order_entry = 0
http = 0
[admin]
port = 0
[capacity]
accounts = 2000
orders = 500_000
sessions = 2000
keys = 4000
price_levels = 20_000
fills_per_command = 4_000
transfer_ids = 100_000
[journal]
segment_mib = 4
checkpoint_every = 1_000
[venue]
"""


# The default markets without the limits of dcx.toml: most tests trade at prices that a collar would refuse.
FREE_MARKETS = "".join(f"""
[[market]]
symbol = "{base}/{quote}"
base = "{base}"
quote = "{quote}"
tick = "{tick}"
lot = "{lot}"
max_quantity = "{most}"
min_notional = "{least}"
maker_fee = 1000
taker_fee = 2000
start_price = "{price}"
collar_bp = 0
max_orders = 0
""" for base, quote, tick, lot, most, least, price in (
    ("DEC", "USD", "0.0001", "0.0001", "10000000", "5", "1.25"),
    ("BTC", "USD", "0.01", "0.000001", "1000", "5", "65000"),
    ("ETH", "USD", "0.01", "0.000001", "10000", "5", "3200"),
    ("DEC", "BTC", "0.0000001", "0.1", "10000000", "0.00008", "0.0000192")))


class Venue:
    def __init__(self, extra="", arguments=(), limits=False):
        if not os.access(PROGRAM, os.X_OK):
            sys.exit(f"{PROGRAM} is not there: ./test builds it")
        self.folder = tempfile.mkdtemp(prefix="dcx-test-")
        self.data = os.path.join(self.folder, "venue")
        self.config = os.path.join(self.folder, "dcx.toml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG + extra + ("" if limits or "[[market]]" in extra else FREE_MARKETS))
        self.arguments = list(arguments)
        self.environment = {}  # beside the test's own
        self.process = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def journal(self):
        return os.path.join(self.data, "journal")

    @property
    def operator_key(self):
        return os.path.join(self.data, "keys", "operator.key")

    def start(self, limit=60):
        self.log = open(os.path.join(self.folder, "log"), "ab")
        self.process = subprocess.Popen([PROGRAM, "serve", "--config", self.config, "--data", self.data, *self.arguments],
                                        stdout=subprocess.PIPE, stderr=self.log, env={**os.environ, **self.environment})
        selector = selectors.DefaultSelector()
        selector.register(self.process.stdout, selectors.EVENT_READ)
        if not selector.select(limit):
            self.kill()
            raise AssertionError(f"no ready line within {limit} s\n{self.log_text()}")
        line = self.process.stdout.readline()
        if not line:
            self.process.wait(limit)
            raise AssertionError(f"the venue ended with {self.process.returncode}\n{self.log_text()}")
        self.ready = json.loads(line)
        assert self.ready["ready"] is True and self.ready["pid"] == self.process.pid, line
        return self

    def log_text(self):
        with open(os.path.join(self.folder, "log"), encoding="utf-8", errors="replace") as file:
            return file.read()[-4000:]

    def kill(self):
        self.process.kill()
        self.process.wait(30)
        self.process.stdout.close()

    def stop(self, limit=60):
        """SIGTERM; the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(limit)
        self.process.stdout.close()
        return code

    def get(self, path, listener="http", **headers):
        return ask(self.ready[listener] + path, headers=headers)

    def admin(self, path, method="GET", **headers):
        return ask(self.ready["admin"] + path, method, headers)

    def metric(self, name):
        for line in self.admin("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return int(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def replay(self):
        done = subprocess.run([PROGRAM, "replay", self.journal, "--json"], capture_output=True, text=True, timeout=120,
                              check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def ask(url, method="GET", headers=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method=method, headers=headers or {}), timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_until(condition, limit=20, what="the condition"):
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"{what} did not come within {limit} s"
        time.sleep(0.01)
