"""Snapshots, starts from them, the auditor's pages, and time travel: dcx admin snapshot, dcx at, dcx fork.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/snapshot_test.py
"""

import json
import os
import re
import subprocess

from venue import PROGRAM, Venue, wait_until

LOAD = "sim = true\n[sim]\norders_per_second = 20000\n[auditor]\ninvariants_s = 0\n"


def run(*arguments, code=0):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == code, f"{arguments}: {done}"
    return done


def at(venue, moment, *view):
    return json.loads(run("at", str(moment), *view, "--data", venue.data, "--json").stdout)


def snapshots(venue):
    return sorted(name for name in os.listdir(os.path.join(venue.data, "snapshots")) if name.endswith(".snapshot"))


def take_snapshot(venue):
    return json.loads(run("admin", "snapshot", "--data", venue.data).stdout)["snapshot"]


def wait_for_commands(venue, more):
    wanted = venue.metric("dcx_engine_durable_sequence") + more
    wait_until(lambda: venue.metric("dcx_engine_durable_sequence") >= wanted, 60, "commands")


def check_auditor(venue):
    assert venue.metric("dcx_auditor_failed") == 0
    wait_until(lambda: venue.metric("dcx_auditor_checkpoints_total") > 0, 60, "a checkpoint compared")
    wait_until(lambda: venue.metric("dcx_auditor_invariants_total") > 0, 60, "invariants checked")
    wait_until(lambda: venue.metric("dcx_auditor_lag_commands") < 20_000, 60, "the auditor")


def check_start_from(venue, snapshot):
    found = re.findall(r"recovered .*snapshot=(\d+)", venue.log_text())
    assert found and int(found[-1]) == snapshot, (found, snapshot, venue.log_text())


def check_damaged(venue, taken):
    """The newest one damaged: told with its name, the one before it is used."""
    newest = os.path.join(venue.data, "snapshots", snapshots(venue)[-1])
    with open(newest, "r+b") as file:
        file.seek(os.path.getsize(newest) // 2)
        byte = file.read(1)
        file.seek(-1, os.SEEK_CUR)
        file.write(bytes([byte[0] ^ 1]))
    venue.start()
    text = venue.log_text()
    assert os.path.basename(newest) in text and "can't be used" in text, text
    check_start_from(venue, taken[-2])


def check_past(venue):
    """Any moment, beside the running venue; balances add up to zero at each."""
    end = venue.metric("dcx_auditor_sequence")
    for moment in (end // 4, end // 2, end):
        state = at(venue, moment, "state")
        assert state["sequence"] == moment, state
        again = at(venue, moment, "state")
        assert state["state_hash"] == again["state_hash"]
        balances = at(venue, moment, "balances")
        assert balances["sequence"] == moment
        sums = {}
        for line in balances["balances"]:
            units = [int(line[field].replace(".", "")) for field in ("available", "held")]
            sums[line["asset"]] = sums.get(line["asset"], 0) + sum(units)
        assert sums and all(value == 0 for value in sums.values()), sums
        book = at(venue, moment, "book", "DEC/USD")
        assert book["bids"] == sorted(book["bids"], key=lambda level: -float(level["price"]))
        if book["bids"] and book["asks"]:
            assert float(book["bids"][0]["price"]) < float(book["asks"][0]["price"]), book
    by_time = at(venue, at(venue, end // 2, "state")["time"], "state")
    assert by_time["sequence"] >= end // 2
    run("at", "10000000000", "state", "--data", venue.data, code=1)
    run("at", "yesterday", "state", "--data", venue.data, code=1)
    assert at(venue, end, "order", "99999999")["open"] is False
    assert "DEC/USD" in run("at", "end", "book", "DEC/USD", "--data", venue.data).stdout
    return end


def check_fork(venue, moment):
    target = os.path.join(venue.folder, "sandbox")
    done = run("fork", str(moment), target, "--data", venue.data, "--with-keys")
    state = at(venue, moment, "state")
    assert state["state_hash"] in done.stdout, done
    replayed = json.loads(run("replay", os.path.join(target, "journal"), "--json").stdout)
    assert (replayed["sequence"], replayed["state_hash"]) == (moment, state["state_hash"]), replayed
    run("fork", str(moment), target, "--data", venue.data, code=1)
    with Venue(LOAD) as sandbox:
        sandbox.data = target
        sandbox.start()
        wait_for_commands(sandbox, 2_000)
        assert sandbox.stop() == 0, sandbox.log_text()


def main():
    with Venue(LOAD) as venue:
        venue.start()
        wait_for_commands(venue, 20_000)
        check_auditor(venue)
        taken = [take_snapshot(venue)]
        wait_for_commands(venue, 10_000)
        taken.append(take_snapshot(venue))
        assert len(snapshots(venue)) == 2 and int(snapshots(venue)[-1][:20]) == taken[-1]
        wait_for_commands(venue, 5_000)
        venue.kill()

        venue.start()
        check_start_from(venue, taken[-1])
        wait_for_commands(venue, 2_000)
        taken.append(take_snapshot(venue))
        venue.kill()
        check_damaged(venue, taken)
        wait_for_commands(venue, 2_000)
        check_auditor(venue)

        moment = check_past(venue)
        check_fork(venue, moment - 1)
        assert venue.stop() == 0, venue.log_text()
        whole = venue.replay()
        assert at(venue, "end", "state")["state_hash"] == whole["state_hash"], "from a snapshot and from the start"
    print("snapshot: ok")


if __name__ == "__main__":
    main()
