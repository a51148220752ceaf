#!/usr/bin/env python3
"""Deposits and withdrawals of a real venue, with a real signer, on a DeCoin node that forgets (tests/decoin); and what the
signer refuses whoever asks."""

import json
import os
import socket
import stat
import struct
import subprocess
import sys
import time
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "decoin"))
from double import Double  # noqa: E402
from venue import PROGRAM, Venue, wait_until  # noqa: E402

EXTRA = """
[history]
store = "none"
[custody]
enabled = true
url = "{url}"
signer = "{socket}"
poll_s = 1
"""
PASSPHRASE = "correct horse battery"


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def dcx(*arguments, code=0):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, check=False)
    check(code in (None, done.returncode), f"dcx {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout if code in (0, None) else done.stdout + done.stderr


class Signer:
    """A vault with a seed, and the process that has it."""

    def __init__(self, folder, name, rules=""):
        self.vault, self.secret, self.socket, self.rules = (os.path.join(folder, name + end)
                                                            for end in (".vault", ".secret", ".sock", ".toml"))
        for path, text in ((self.secret, PASSPHRASE + "\n"), (self.rules, rules)):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        os.chmod(self.secret, 0o600)
        dcx("signer", "init", "--vault", self.vault, "--passphrase-file", self.secret)
        self.process = None

    def start(self):
        self.process = subprocess.Popen([PROGRAM, "signer", "serve", "--vault", self.vault, "--passphrase-file", self.secret,
                                         "--socket", self.socket, "--rules", self.rules],
                                        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        check(json.loads(self.process.stdout.readline())["ready"], "the signer")
        return self

    def stop(self, kill=False):
        if self.process is None:
            return
        if kill:
            self.process.kill()
        else:
            self.process.terminate()
        code = self.process.wait(30)
        self.process.stdout.close()
        self.process = None
        check(kill or code == 0, f"the signer ended with {code}")

    def address(self, account, index):
        return dcx("signer", "address", "--vault", self.vault, "--passphrase-file", self.secret, "--account", str(account),
                   "--index", str(index)).strip()

    def sign(self, account, index, to, units, nonce, code=0):
        out = dcx("custody", "sign", "--socket", self.socket, "--account", str(account), "--index", str(index), "--to", to,
                  "--units", str(units), "--nonce", str(nonce), "--json", code=code)
        return json.loads(out) if code == 0 else out

    def raw(self, message, framed=True):
        """What is answered to these bytes; None: it hangs up."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
            client.settimeout(20)
            client.connect(self.socket)
            client.sendall(struct.pack("<I", len(message)) + message if framed else message)
            head = client.recv(4)
            if len(head) < 4:
                return None
            body = b""
            while len(body) < struct.unpack("<I", head)[0]:
                body += client.recv(65536)
            return json.loads(body)


class Rig:
    def __init__(self):
        self.double = Double(tick_s=0.2, now=time.time()).start()
        self.venue = Venue()
        self.signer = Signer(self.venue.folder, "ours").start()
        # Somebody else's coin: his hot address pays anybody.
        self.stranger = Signer(self.venue.folder, "stranger").start()
        self.nonce = 1
        with open(self.venue.config, "a", encoding="utf-8") as file:
            file.write(EXTRA.format(url=self.double.url, socket=self.signer.socket))
        self.venue.start()

    def close(self):
        self.venue.__exit__()
        self.signer.stop(kill=True)
        self.stranger.stop(kill=True)
        self.double.stop()

    def dcx(self, *words, code=0):
        return dcx(*words, "--data", self.venue.data, code=code)

    def both(self, *words):
        """Proposed, and approved by both."""
        number = str(json.loads(self.dcx(*words, "--json").splitlines()[0])["proposal"])
        self.dcx("admin", "approve", number)
        self.dcx("admin", "approve", number, "--key", "second")

    def balance(self, name):
        told = json.loads(self.dcx("ledger", "balance", name, "--json").splitlines()[0])["balances"]
        return next(((b["available"], b["held"]) for b in told if b["asset"] == "DEC"), ("0.00000000", "0.00000000"))

    def on_chain(self, address):
        with self.double.lock:
            return self.double.chain.balance(address)[0]

    def pay(self, to, units):
        """A stranger's transaction, posted."""
        self.nonce += 1
        body = self.stranger.sign(4, 1, to, units, self.nonce)["body"]
        request = urllib.request.Request(self.double.url + "/transaction", body.encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=20) as answer:
            check(json.load(answer)["success"], "the stranger's payment")

    def until(self, condition, what, limit=60):
        """With a block now and then."""
        def look():
            time.sleep(0.15)
            self.double.mine(1)
            return condition()
        wait_until(look, limit, f"{what}\n{self.health()}\n{self.venue.log_text()}")

    def health(self):
        return json.loads(self.venue.admin("/health")[1])["custody"]

    def reconcile(self, code=0):
        return json.loads(self.dcx("reconcile", "decoin", "--config", self.venue.config, "--json", code=code).splitlines()[0])


def set_up(rig):
    rig.dcx("admin", "key", "second", "2")
    rig.dcx("ledger", "open", "alice")
    wait_until(lambda: "chain_not_set" in rig.health()["alarms"], 30, "no chain is set")
    rig.deposit_address, rig.hot = rig.signer.address(6, 1), rig.signer.address(4, 1)
    rig.dcx("custody", "deposit-address", "alice", "1", rig.deposit_address)
    rig.dcx("custody", "hot", "1", rig.hot)
    rig.dcx("custody", "start", "--height", "0", "--hash", rig.double.chain.blocks[0]["hash"], "--confirmations", "3")
    rig.both("custody", "payouts", "on")
    rig.double.mint(rig.hot, 400_000)
    rig.double.mine(1)
    rig.double.mint(rig.stranger.address(4, 1), 800_000)
    rig.double.mine(1)


def deposit(rig):
    rig.double.mint(rig.deposit_address, 7)  # nobody's
    rig.pay(rig.deposit_address, 300_000)
    rig.until(lambda: rig.balance("alice") == ("0.00300000", "0.00000000"), "the deposit")
    rig.until(lambda: rig.on_chain(rig.deposit_address) == 0, "it is swept")
    check(rig.on_chain(rig.hot) == 700_007, rig.on_chain(rig.hot))


def withdrawal(rig):
    outside = rig.stranger.address(4, 2)
    rig.dcx("ledger", "withdraw", "alice", "DEC", "0.001", outside)
    rig.until(lambda: rig.balance("alice") == ("0.00200000", "0.00000000"), "the withdrawal is burned")
    check(rig.on_chain(outside) == 100_000, rig.on_chain(outside))
    rig.until(lambda: rig.health()["open_payouts"] == 0, "nothing is open")
    told = rig.reconcile()
    check(told["reconciles"] and told["issued"] == 200_000 and told["unexplained"] == 0, told)


def killed_on_the_way(rig):
    """The worker, its venue and the signer die wherever they are; it is paid once."""
    outside = rig.stranger.address(4, 3)
    rig.dcx("ledger", "withdraw", "alice", "DEC", "0.0005", outside)
    for wait_s in (0.3, 1.1):
        time.sleep(wait_s)
        rig.venue.kill()
        rig.signer.stop(kill=True)
        rig.signer.start()
        rig.venue.start()
    time.sleep(1)
    rig.double.mine(1)
    wait_until(lambda: rig.health()["chain_set"], 30, "it goes on")

    def ended():
        if "unresolved_payout" in rig.health()["alarms"]:
            # It died between the log's word and the node: two persons look, and say so.
            for payout in rig.reconcile(code=None)["unresolved_payouts"]:
                rig.both("custody", "resolve", payout["hash"], "not_paid")
        return rig.balance("alice") == ("0.00150000", "0.00000000")
    rig.until(ended, "paid after all", 90)
    check(rig.on_chain(outside) == 50_000, rig.on_chain(outside))


def chain_forgets(rig):
    rig.double.restart()
    rig.double.mine(1)
    rig.until(lambda: "chain_rewound" in rig.health()["alarms"], "the fork is seen")
    check(not rig.health()["payouts_on"], rig.health())
    metrics = rig.venue.admin("/metrics")[1]
    check('dcx_custody_alarm{alarm="chain_rewound"} 1\n' in metrics, metrics)
    wait_until(lambda: "orphaned_deposits" in rig.health()["alarms"], 30, "its deposit is orphaned")
    out = rig.dcx("ledger", "withdraw", "alice", "DEC", "0.0001", rig.stranger.address(4, 4), code=1)
    check("account_frozen" in out, out)
    told = rig.reconcile(code=1)
    check(not told["reconciles"] and len(told["orphaned_deposits"]) == 1 and len(told["missing_payouts"]) >= 2, told)
    check(told["unexplained"] == 0, told)
    rig.dcx("custody", "hot", "2", rig.signer.address(4, 2))
    check(rig.venue.stop() == 0, "it stops in order")


def signer_rules():
    with Venue() as scratch:
        ours = Signer(scratch.folder, "s", "max_amount = 1000\nmax_per_day = 2500\nhot_addresses = 3\n").start()
        try:
            check(stat.S_IMODE(os.stat(ours.socket).st_mode) == 0o600, "the socket is its owner's")
            outside = "DEC" + "1" * 40
            first = ours.sign(4, 1, outside, 1000, 10)
            check(ours.sign(4, 1, outside, 1000, 10) == first, "the same again is the same")
            for what, arguments in {"with this nonce": (4, 1, outside, 999, 10), "higher nonce": (4, 1, outside, 1000, 9),
                                    "an amount of 1 to 1000": (4, 1, outside, 1001, 11),
                                    "the recipient is no address": (4, 1, "DEC" + "X" * 40, 10, 11),
                                    "nothing is signed for this account": (5, 1, outside, 10, 11),
                                    "no hot address": (4, 4, outside, 10, 11), "hot addresses alone": (6, 1, outside, 10, 11),
                                    "one unit to itself": (1, 0, outside, 10, 11)}.items():
                out = ours.sign(*arguments, code=1)
                check(what in out, f"{arguments}: {out}")
            ours.sign(6, 1, ours.address(4, 2), 1000, 1)
            ours.sign(4, 1, outside, 1000, 12)
            check("in a day" in ours.sign(4, 1, outside, 1000, 13, code=1), "2500 a day")
            # What it signed it knows after it was killed, and a damaged list is no list.
            ours.stop(kill=True)
            with open(ours.vault + ".signed", "ab") as file:
                file.write(b"DEChalf a line")
            ours.start()
            check("with this nonce" in ours.sign(4, 1, outside, 998, 12, code=1), "after a restart")
            check("in a day" in ours.sign(4, 1, outside, 1000, 13, code=1), "after a restart")
            request = {"op": "sign", "account": 4, "index": 1, "recipient": outside, "amount": 1, "nonce": 50, "timestamp": 1,
                       "metadata": "{}", "type": "standard"}
            for message in (b"", b"x", b"[]", b"{}", b"null", b"\xff\xfe{}", b'{"op":"seed","account":4,"index":1}',
                            json.dumps({**request, "amount": -1}).encode(), json.dumps({**request, "amount": 1.5}).encode(),
                            json.dumps({**request, "nonce": 2**64}).encode(), json.dumps({**request, "more": 1}).encode(),
                            json.dumps({**request, "account": "4"}).encode(), json.dumps({**request, "index": 2**32}).encode(),
                            json.dumps({**request, "metadata": '{"fee": 5}'}).encode(),
                            json.dumps({k: v for k, v in request.items() if k != "to" and k != "type"}).encode(),
                            b"[" * 8000):
                answer = ours.raw(message)
                check(answer is None or list(answer) == ["error"], f"{message[:60]}: {answer}")
            check(ours.raw(struct.pack("<I", 2**31), framed=False) is None, "a length that there is not")
            check(set(ours.raw(json.dumps(request).encode())) == {"hash", "body"}, "it still signs")
            idle = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(15)]
            for client in idle:
                client.connect(ours.socket)
                client.sendall(b"\x10")
            check(ours.address(4, 1) and ours.sign(4, 2, outside, 1, 1), "others' half requests don't keep it")
            for client in idle:
                client.close()
            out = dcx("signer", "serve", "--vault", ours.vault, "--passphrase-file", ours.secret, "--socket", ours.socket + "2",
                      code=1)
            check("another signer has it" in out, out)
            ours.stop()
            check(not os.path.exists(ours.socket), "its socket is gone")
            with open(ours.vault + ".signed", "r+b") as file:
                file.seek(5)
                file.write(b"0000")
            out = dcx("signer", "serve", "--vault", ours.vault, "--passphrase-file", ours.secret, "--socket", ours.socket, code=1)
            check("line 1 is damaged" in out, out)
        finally:
            ours.stop(kill=True)


def main():
    signer_rules()
    rig = Rig()
    try:
        set_up(rig)
        deposit(rig)
        withdrawal(rig)
        killed_on_the_way(rig)
        chain_forgets(rig)
    finally:
        rig.close()


if __name__ == "__main__":
    main()
