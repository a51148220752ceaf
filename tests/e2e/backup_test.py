"""The restore drill: a venue under load is backed up, and again; it is killed; the backup is restored elsewhere, has the
state that the venue had at that command, and serves. And what a damaged, broken-off or wrong backup does.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/backup_test.py
"""

import json
import os
import random
import shutil
import subprocess
import time

from order_entry import Key, Session
from venue import PROGRAM, Venue, wait_until

LOAD = "sim = true\n[sim]\norders_per_second = 20000\n"


def run(*arguments, code=0):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == code, f"{arguments}: {done}"
    return done


def answer(*arguments):
    return json.loads(run(*arguments, "--json").stdout)


def refused(*arguments, reason):
    done = run(*arguments, code=1)
    assert done.stdout == "" and reason in done.stderr, f"{arguments}: {reason} is not in {done}"


def small_segments(venue):
    with open(venue.config, encoding="utf-8") as file:
        text = file.read()
    with open(venue.config, "w", encoding="utf-8") as file:
        file.write(text.replace("segment_mib = 4", "segment_mib = 1"))


def segments(folder):
    return sorted(name for name in os.listdir(folder) if name.endswith(".journal"))


def manifest_of(backup):
    with open(os.path.join(backup, "manifest.json"), encoding="utf-8") as file:
        return json.load(file)["manifest"]


def stored(file):
    """The name of a manifest's file in the backup."""
    return file["path"] + ("." + file["sha256"][:16] if file["path"] in ("dcx.toml", "venue.vault") else "")


def wait_for_segments(venue, more):
    wanted = len(segments(venue.journal)) + more
    wait_until(lambda: len(segments(venue.journal)) >= wanted, 120, "segments")


def make_vault(venue):
    """The operator's key is in no backup: it is in the vault, which may be."""
    passphrase = os.path.join(venue.folder, "passphrase")
    with open(passphrase, "w", encoding="ascii") as file:
        file.write("a passphrase of some length\n")
    os.chmod(passphrase, 0o600)
    os.environ["DCX_PASSPHRASE_FILE"] = passphrase
    vault = os.path.join(venue.folder, "venue.vault")
    run("vault", "init", "--vault", vault)
    run("vault", "put", "operator-key", "--vault", vault, "--from", venue.operator_key)
    return vault


def check_backup(venue, backup, vault):
    """Under load, then incrementally; the sequences it reports are durable ones."""
    wait_for_segments(venue, 3)
    first = answer("backup", venue.data, backup, "--config", venue.config, "--vault", vault)
    assert 0 < first["sequence"] <= json.loads(venue.admin("/health")[1])["durable"]
    assert first["files_copied"] == first["files"] == len(manifest_of(backup)["files"]) and first["files_kept"] == 0
    assert os.stat(backup).st_mode & 0o777 == 0o700
    assert not any("key" in name or "token" in name for _, _, names in os.walk(backup) for name in names)
    assert answer("restore", backup, "--check") == {"intact": True, "sequence": first["sequence"]}
    refused("backup", venue.data, backup, reason="is not empty")
    wait_for_segments(venue, 2)
    snapshot = json.loads(run("admin", "snapshot", "--data", venue.data).stdout)["snapshot"]
    second = answer("backup", venue.data, backup, "--incremental", "--config", venue.config, "--vault", vault)
    assert second["sequence"] >= snapshot > first["sequence"] and second["files_kept"] >= 3, (first, second)
    assert f"snapshots/{snapshot:020}.snapshot" in {file["path"] for file in manifest_of(backup)["files"]}
    assert second["bytes_copied"] < sum(file["bytes"] for file in manifest_of(backup)["files"])
    return second


def check_broken_off(venue, backup):
    """Killed at any moment, a backup leaves one that can be restored."""
    rng = random.Random(1)
    for _ in range(12):
        sequence = answer("restore", backup, "--check")["sequence"]
        with subprocess.Popen([PROGRAM, "backup", venue.data, backup, "--incremental"], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            time.sleep(rng.random() * 0.15)
            process.kill()
        assert answer("restore", backup, "--check")["sequence"] >= sequence
    return answer("backup", venue.data, backup, "--incremental", "--config", venue.config,
                  "--vault", os.path.join(venue.folder, "venue.vault"))


def check_restore(venue, backup, made):
    data = os.path.join(venue.folder, "restored")
    restored = answer("restore", backup, data)
    assert restored["sequence"] == made["sequence"], (restored, made)
    for folder in (data, os.path.join(data, "journal")):
        assert os.stat(folder).st_mode & 0o777 == 0o700
    refused("restore", backup, data, reason="is not empty")

    def replay(folder, *more):
        state = answer("replay", os.path.join(folder, "journal"), *more)
        return state["sequence"], state["state_hash"], state["event_hash"]
    copy = replay(data)
    assert copy[:2] == (restored["sequence"], restored["state_hash"])
    assert copy == replay(venue.data, "--to", str(made["sequence"])), "the venue that was killed, up to the backup's end"
    assert replay(venue.data)[0] > made["sequence"], "the load went on after the backup"
    return data


def check_serving(venue, data, backup):
    """With the key out of the vault that was in the backup."""
    vault = os.path.join(data, "venue.vault")
    os.mkdir(os.path.join(data, "keys"), 0o700)
    key = os.path.join(data, "keys", "operator.key")
    run("vault", "get", "operator-key", "--vault", vault, "--to", key)
    old = venue.data
    venue.data, venue.config = data, os.path.join(data, "dcx.toml")
    venue.start()
    session = Session(venue.ready["order_entry"], Key.read(key))
    assert list(session.listings()[1]) == ["DEC/USD", "BTC/USD", "ETH/USD", "DEC/BTC"]
    session.close()
    sequence = json.loads(venue.admin("/health")[1])["durable"]
    wait_until(lambda: json.loads(venue.admin("/health")[1])["durable"] > sequence + 1000, 60, "trading to go on")
    assert venue.stop() == 0, venue.log_text()
    # It continues the backup; the venue that was killed has another end by now.
    run("backup", data, backup, "--incremental")
    refused("backup", old, backup, "--incremental", reason="does not continue what the backup has of it")
    run("restore", backup, "--check")


def check_damage(venue, backup):
    target = os.path.join(venue.folder, "nowhere")
    manifest = os.path.join(backup, "manifest.json")
    rng = random.Random(2)

    def refused_with(path, change, reason):
        with open(path, "rb") as file:
            before = file.read()
        change(path, before)
        refused("restore", backup, target, reason=reason)
        refused("restore", backup, "--check", reason=reason)
        with open(path, "wb") as file:
            file.write(before)
        assert not os.path.exists(target) and not os.path.exists(target + ".restoring")

    def flip(at):
        def change(path, before):
            with open(path, "wb") as file:
                file.write(before[:at] + bytes([before[at] ^ 0x10]) + before[at + 1:])
        return change

    def cut(path, before):
        with open(path, "wb") as file:
            file.write(before[:-1])

    files = manifest_of(backup)["files"]
    assert {"dcx.toml", "venue.vault"} <= {file["path"] for file in files} and len(files) >= 6
    for file in files:
        name = stored(file)
        path = os.path.join(backup, name)
        for at in {0, file["bytes"] - 1, rng.randrange(file["bytes"])}:
            refused_with(path, flip(at), name + ": is damaged")
        refused_with(path, cut, name + ": has another size")
        refused_with(path, lambda path, _: os.remove(path), name + ": can't be examined")
    size = os.path.getsize(manifest)
    for at in (2, size // 3, size - 10):
        refused_with(manifest, flip(at), "manifest.json: is damaged")
    refused_with(manifest, lambda path, _: os.remove(path), "manifest.json: can't be examined")
    run("restore", backup, "--check")


def check_refusals(venue, backup):
    refused("backup", os.path.join(venue.folder, "nothing"), os.path.join(venue.folder, "b"), reason="holds no journal")
    refused("backup", venue.data, os.path.join(venue.folder, "c"), "--incremental", reason="holds no backup to add to")
    refused("backup", venue.data, os.path.join(venue.folder, "d"), "--vault", venue.config, reason="is no vault")
    run("restore", backup, code=1)
    # Another venue's.
    with Venue() as other:
        other.start()
        assert other.stop() == 0
        refused("backup", other.data, backup, "--incremental", reason="does not continue")
    full = os.path.join(venue.folder, "full")
    os.mkdir(full)
    with open(os.path.join(full, "file"), "w", encoding="ascii"):
        pass
    refused("restore", backup, full, reason="is not empty")
    run("restore", backup, "--check")
    # Into an empty folder, with a slash behind its name.
    empty = os.path.join(venue.folder, "empty")
    os.mkdir(empty)
    run("restore", backup, empty + "/")
    shutil.rmtree(empty)


def main():
    with Venue(extra=LOAD) as venue:
        small_segments(venue)
        venue.start()
        backup = os.path.join(venue.folder, "backup")
        vault = make_vault(venue)
        check_backup(venue, backup, vault)
        made = check_broken_off(venue, backup)
        wait_for_segments(venue, 1)
        venue.kill()
        data = check_restore(venue, backup, made)
        check_damage(venue, backup)
        check_serving(venue, data, backup)
        check_refusals(venue, backup)
    print("backup: ok")


if __name__ == "__main__":
    main()
