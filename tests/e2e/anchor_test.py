#!/usr/bin/env python3
"""Anchors of a real venue, with a real signer, on a DeCoin node that fails (tests/decoin) and in a file."""

import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "decoin"))
from double import Double  # noqa: E402
from venue import PROGRAM, Venue, wait_until  # noqa: E402

EXTRA = """
[history]
store = "none"
[proof]
interval_s = 0
[custody]
signer = "{socket}"
[anchor]
interval = "0"
digest_file = "{digests}"
[anchor.decoin]
url = "{url}"
"""


def dcx(*arguments, fails=False):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, check=False)
    if (done.returncode != 0) != fails:
        raise AssertionError(f"dcx {' '.join(arguments)}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout if not fails else done.stdout + done.stderr


def check(condition, what):
    if not condition:
        raise AssertionError(what)


class Signer:
    def __init__(self, folder):
        self.vault, self.secret, self.socket = (os.path.join(folder, name) for name in ("vault", "passphrase", "signer.sock"))
        with open(self.secret, "w", encoding="utf-8") as file:
            file.write("correct horse battery\n")
        os.chmod(self.secret, 0o600)
        dcx("signer", "init", "--vault", self.vault, "--passphrase-file", self.secret)
        self.process = None

    def start(self):
        self.process = subprocess.Popen([PROGRAM, "signer", "serve", "--vault", self.vault, "--passphrase-file", self.secret,
                                         "--socket", self.socket], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        check(json.loads(self.process.stdout.readline())["ready"], "the signer")

    def stop(self):
        if self.process is not None:
            self.process.kill()
            self.process.wait(30)
            self.process.stdout.close()
            self.process = None

    def address(self, index):
        return dcx("signer", "address", "--vault", self.vault, "--passphrase-file", self.secret, "--account", "1", "--index",
                   str(index)).strip()


class Rig:
    def __init__(self):
        self.double = Double(tick_s=0.2, now=time.time()).start()
        self.venue = Venue()
        self.signer = Signer(self.venue.folder)
        self.digests = os.path.join(self.venue.folder, "digests.txt")
        with open(self.venue.config, "a", encoding="utf-8") as file:
            file.write(EXTRA.format(socket=self.signer.socket, digests=self.digests, url=self.double.url))
        self.signer.start()
        self.venue.start()

    def close(self):
        self.venue.__exit__()
        self.signer.stop()
        self.double.stop()

    def data(self, *arguments, **more):
        return dcx("anchor", arguments[0], "--data", self.venue.data, *arguments[1:], **more)

    def now(self):
        return json.loads(self.data("now", "--json"))["checkpoint"]

    def anchors(self, checkpoint=None, place="decoin"):
        lines = [json.loads(line) for line in self.data("list", "--json").splitlines()]
        return [a for a in lines if a["place"] == place and checkpoint in (None, a["checkpoint"])]

    def newest(self, checkpoint, place="decoin"):
        found = self.anchors(checkpoint, place)
        return found[-1] if found else {"stage": "none", "attempt": 0}

    def wait_confirmed(self, checkpoint, attempt=None, limit=60):
        def confirmed():
            newest = self.newest(checkpoint)
            return newest["stage"] == "confirmed" and attempt in (None, newest["attempt"])
        try:
            wait_until(confirmed, limit, f"checkpoint {checkpoint} confirmed")
        except AssertionError as error:
            raise AssertionError(f"{error}: {self.anchors(checkpoint)}") from None
        return self.newest(checkpoint)

    def on_chain(self, checkpoint):
        """Transactions of the chain that say this checkpoint."""
        with self.double.lock:
            return [tx for block in self.double.chain.blocks for tx in block["transactions"]
                    if tx["metadata"].get("data", {}).get("seq") == checkpoint]

    def fund(self, index):
        self.double.mint(self.signer.address(index), 5)


def on_demand(rig):
    # Its address has nothing yet, which is said, with the address.
    checkpoint = rig.now()
    address = rig.signer.address(0)
    wait_until(lambda: address in rig.newest(checkpoint).get("error", ""), 30, "the address that needs funds")
    check("no_funds (2)" in rig.newest(checkpoint)["error"], rig.newest(checkpoint))
    health = json.loads(rig.venue.admin("/health")[1])
    check(address in health["anchors"]["decoin"]["reason"], health)
    rig.fund(0)
    anchor = rig.wait_confirmed(checkpoint)
    mined = rig.on_chain(checkpoint)
    check(len(mined) == 1 and mined[0]["tx_hash"] == anchor["transaction"] and mined[0]["type"] == "data_storage", mined)
    check(mined[0]["sender"] == mined[0]["recipient"] == address and mined[0]["amount"] == 1, mined)
    check(mined[0]["metadata"] == {"fee": 0, "data": {"kind": "merkle_root", "v": 1, "seq": checkpoint,
                                                      "root": anchor["digest"]}}, mined)
    wait_until(lambda: rig.newest(checkpoint, "digest_file")["stage"] == "confirmed", 20, "the file")
    with open(rig.digests, encoding="utf-8") as file:
        check(re.fullmatch(rf"{checkpoint} {anchor['digest']} \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\n", file.read()), "its line")
    wait_until(lambda: all(json.loads(line)["in_the_log"] for line in rig.data("show", str(checkpoint), "--json").splitlines()),
               20, "the venue's log has them")
    metrics = rig.venue.admin("/metrics")[1]
    check(f'dcx_anchor_checkpoint{{place="decoin"}} {checkpoint}\n' in metrics, metrics)
    return checkpoint


def verifying(rig, checkpoint):
    told = rig.data("verify", str(checkpoint), "--config", rig.venue.config)
    check("decoin: there in block" in told and "can be rewritten" in told and "digest_file: there" in told, told)
    told = json.loads(rig.data("verify", str(checkpoint), "--url", rig.double.url, "--json"))
    check(told["holds"] and told["places"][0]["there"] is not None, told)
    # Of somebody who has no more than the checkpoint's file and the transaction's hash.
    file = os.path.join(rig.venue.data, "public", "checkpoints", f"{checkpoint:08}.txt")
    transaction = rig.newest(checkpoint)["transaction"]
    told = dcx("anchor", "verify", "--checkpoint", file, "--transaction", transaction, "--url", rig.double.url)
    check("as the node tells it" in told and "published" in told, told)
    with open(file, encoding="utf-8") as original:
        text = original.read()
    forged = os.path.join(rig.venue.folder, "forged.txt")
    with open(forged, "w", encoding="utf-8") as out:
        out.write(re.sub(r"\ntime (\d+)", lambda m: f"\ntime {int(m.group(1)) + 1}", text, count=1))
    told = dcx("anchor", "verify", "--checkpoint", forged, "--transaction", transaction, "--url", rig.double.url, fails=True)
    check("says something else" in told and "no place has it" in told, told)
    told = dcx("anchor", "verify", "--checkpoint", file, "--transaction", "00" * 32, "--url", rig.double.url, fails=True)
    check("unknown" in told, told)


def node_down(rig):
    rig.double.stop()
    checkpoint = rig.now()
    wait_until(lambda: "away (1)" in rig.newest(checkpoint).get("error", ""), 30, "the node's absence")
    check(rig.newest(checkpoint)["stage"] == "waiting", rig.newest(checkpoint))
    rig.double.start()
    rig.wait_confirmed(checkpoint)
    check(len(rig.on_chain(checkpoint)) == 1, rig.on_chain(checkpoint))


def signer_down(rig):
    rig.signer.stop()
    checkpoint = rig.now()
    wait_until(lambda: "no_signer (3)" in rig.newest(checkpoint).get("error", ""), 30, "the signer's absence")
    rig.signer.start()
    rig.wait_confirmed(checkpoint, limit=90)


def lost_answers(rig):
    for fault in ("lost_answer", "refused_after_accept"):
        posts = rig.double.posts
        rig.double.fail(fault, "POST /transaction")
        checkpoint = rig.now()
        rig.wait_confirmed(checkpoint)
        check(rig.double.posts == posts + 1 and len(rig.on_chain(checkpoint)) == 1, fault)


def killed(rig):
    # Nothing is mined, so the anchor is under way when the venue dies.
    rig.double.pause()
    checkpoint = rig.now()
    wait_until(lambda: rig.newest(checkpoint)["stage"] == "sent", 30, "an anchor under way")
    posts = rig.double.posts
    rig.venue.kill()
    rig.venue.start()
    wait_until(lambda: f'dcx_anchor_open{{place="decoin"}} 1\n' in rig.venue.admin("/metrics")[1], 30, "its queue")
    rig.double.pause(False)
    # It may have died before it posted: then it posts once the chain has gone on, and a request can't be under way.
    wait_until(lambda: not rig.double.look()["mempool"], 20, "a block")
    rig.double.mint("somebody", 1)
    rig.wait_confirmed(checkpoint, limit=90)
    check(rig.double.posts <= posts + 1 and len(rig.on_chain(checkpoint)) == 1, "sent again")


def restarted(rig):
    before = [a["checkpoint"] for a in rig.anchors() if a["stage"] == "confirmed"]
    check(len(before) >= 5, before)
    rig.double.restart()
    rig.fund(0)
    rig.now()
    for checkpoint in before:
        anchor = rig.wait_confirmed(checkpoint, attempt=2, limit=120)
        check([a["stage"] for a in rig.anchors(checkpoint)] == ["lost", "confirmed"], rig.anchors(checkpoint))
        check(anchor["digest"] == rig.anchors(checkpoint)[0]["digest"], "the same digest")
        check(len(rig.on_chain(checkpoint)) == 1, checkpoint)
    check("forgotten its history" in rig.venue.log_text(), rig.venue.log_text())
    wait_until(lambda: not rig.double.look()["mempool"], 20, "an empty mempool")


def forked(rig):
    checkpoint = rig.now()
    anchor = rig.wait_confirmed(checkpoint)
    height = rig.double.look()["height"]
    rig.double.reorganise(height - anchor["height"] + 1)
    # Another key goes on, which has funds of its own.
    rig.fund(1)
    rig.now()
    rig.wait_confirmed(checkpoint, attempt=2, limit=90)
    mined = rig.on_chain(checkpoint)
    check(len(mined) == 1 and mined[0]["sender"] == rig.signer.address(1), mined)


def other_chain(rig):
    rig.double.wrong_genesis()
    checkpoint = rig.now()
    wait_until(lambda: "wrong_place (4)" in json.loads(rig.venue.admin("/health")[1])["anchors"]["decoin"].get("reason", ""),
               30, "another chain")
    check(rig.newest(checkpoint)["stage"] == "waiting", rig.newest(checkpoint))
    check(rig.double.look()["mempool"] == [], "nothing was posted there")
    told = dcx("decoin", rig.double.url, fails=True)
    check("wrong_chain (6)" in told, told)


def live_check():
    double = Double(tick_s=0.2, now=time.time()).start()
    try:
        told = dcx("decoin", double.url)
        check("anchor: skipped" in told and double.look()["mempool"] == [] and double.posts == 0, told)
        told = [json.loads(line) for line in dcx("decoin", double.url, "--allow-test-mint", "--json").splitlines()]
        check([line["step"] for line in told] == ["status", "genesis", "blocks", "unknown", "balance", "mint", "anchor"], told)
    finally:
        double.stop()


def main():
    live_check()
    print("dcx decoin ok", flush=True)
    rig = Rig()
    try:
        checkpoint = on_demand(rig)
        verifying(rig, checkpoint)
        for part in (node_down, signer_down, lost_answers, killed, restarted, forked, other_chain):
            part(rig)
            print(part.__name__, "ok", flush=True)
        check(rig.venue.stop() == 0, "stopped")
    except BaseException:
        print(rig.venue.log_text(), file=sys.stderr)
        raise
    finally:
        rig.close()


if __name__ == "__main__":
    main()
