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


class Venue:
    def __init__(self, extra="", arguments=()):
        if not os.access(PROGRAM, os.X_OK):
            sys.exit(f"{PROGRAM} is not there: ./test builds it")
        self.folder = tempfile.mkdtemp(prefix="dcx-test-")
        self.data = os.path.join(self.folder, "venue")
        self.config = os.path.join(self.folder, "dcx.toml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG + extra)
        self.arguments = list(arguments)
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
                                        stdout=subprocess.PIPE, stderr=self.log)
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

    def get(self, path):
        try:
            with urllib.request.urlopen(self.ready["http"] + path, timeout=10) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()

    def metric(self, name):
        for line in self.get("/metrics")[1].splitlines():
            if line.startswith(name + " "):
                return int(line.split()[1])
        raise AssertionError(f"no metric {name}")

    def replay(self):
        done = subprocess.run([PROGRAM, "replay", self.journal, "--json"], capture_output=True, text=True, timeout=120,
                              check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


def wait_until(condition, limit=20, what="the condition"):
    end = time.monotonic() + limit
    while not condition():
        assert time.monotonic() < end, f"{what} did not come within {limit} s"
        time.sleep(0.01)
