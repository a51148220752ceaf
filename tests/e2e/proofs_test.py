"""Proofs of a running venue: checkpoints while traders trade and after kill -9, what is published over HTTP, what is
handed out beside the venue and without it, keys that follow one another, and everything that must be refused.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/proofs_test.py
"""

import json
import os
import subprocess
import urllib.error
import urllib.request

from venue import PROGRAM, Venue, wait_until

CONFIG = "sim = true\n[sim]\norders_per_second = 2000\n[proof]\ninterval_s = 0\n[auditor]\ninvariants_s = 1\n"


def run(*arguments, code=0, data=None):
    command = [PROGRAM, *arguments] + (["--data", data] if data else [])
    done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
    assert done.returncode == code, (command, done)
    return done


def proof(venue, *arguments, code=0):
    done = run("proof", *map(str, arguments), code=code, data=venue.data)
    return done.stdout if code == 0 else done.stderr


def key(venue):
    return os.path.join(venue.data, "public", "key.txt")


def verify(venue, kind, text, code=0):
    path = os.path.join(venue.folder, "proof.json")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    done = run("verify", kind, path, "--key", key(venue), code=code)
    return done.stdout + done.stderr


def checkpoint(venue):
    return json.loads(proof(venue, "checkpoint"))


def content(*parts):
    with open(os.path.join(*parts), "rb") as file:
        return file.read()


def get(venue, path):
    try:
        with urllib.request.urlopen(venue.ready["http"] + path, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def check_handed_out(venue):
    """The newest checkpoint, and files of it."""
    lines = [json.loads(line) for line in proof(venue, "list", "--json").splitlines()]
    last = lines[-1]
    assert [line["checkpoint"] for line in lines] == list(range(1, len(lines) + 1))
    for sequence in (1, last["sequence"] // 2, last["sequence"]):
        verify(venue, "inclusion", proof(venue, "inclusion", "--sequence", sequence))
        verify(venue, "inclusion", proof(venue, "inclusion", "--sequence", sequence, "--event", 0, "--checkpoint", last["checkpoint"]))
        verify(venue, "receipt", proof(venue, "receipt", "--sequence", sequence))
        verify(venue, "receipt", proof(venue, "receipt", "--sequence", sequence, "--all", "--checkpoint", last["checkpoint"]))
    verify(venue, "consistency", proof(venue, "consistency", "--from", 1, "--to", last["checkpoint"]))
    for account in (6, 7):
        verify(venue, "liability", proof(venue, "liability", "--account", account, "--asset", "USD", "--checkpoint", last["checkpoint"]))
        # Of all that it has, in one file.
        whole = proof(venue, "liability", "--account", account, "--checkpoint", last["checkpoint"])
        verify(venue, "liability", whole)
        parts = json.loads(whole)
        assert isinstance(parts, list) and len({part["asset"] for part in parts}) == len(parts) > 1, parts
    run("verify", "match-log", os.path.join(venue.data, "public"), "--key", key(venue))
    return last


def check_refused(venue, last):
    beyond = last["sequence"] + 10_000_000
    assert "missing (6)" in proof(venue, "inclusion", "--sequence", beyond, code=1)
    assert "index_out_of_range (10)" in proof(venue, "inclusion", "--sequence", 0, "--checkpoint", 1, code=1)
    assert "index_out_of_range (10)" in proof(venue, "inclusion", "--sequence", 1, "--event", 99, code=1)
    assert "the log ends" in proof(venue, "receipt", "--sequence", beyond, code=1)
    assert "missing (6)" in proof(venue, "inclusion", "--sequence", 1, "--checkpoint", 99, code=1)
    assert "sizes_reversed (13)" in proof(venue, "consistency", "--from", 2, "--to", 1, code=1)
    assert "wrong_account (64)" in proof(venue, "liability", "--account", 1, "--asset", "USD", "--checkpoint", 1, code=1)
    assert "no asset XYZ" in proof(venue, "liability", "--account", 6, "--asset", "XYZ", "--checkpoint", 1, code=1)


def check_http(venue):
    root = "/v1/proofs/"
    newest = json.loads(proof(venue, "list", "--json").splitlines()[-1])["checkpoint"]
    assert get(venue, root + "key.txt") == (200, content(key(venue)))
    assert get(venue, root + "checkpoints/latest") == (200, content(venue.data, "public", "checkpoints", f"{newest:08}.txt"))
    assert get(venue, root + "checkpoints/1") == (200, content(venue.data, "public", "checkpoints", "00000001.txt"))
    files = json.loads(get(venue, root + "match-log")[1])
    name = files[0]["name"]
    whole = b""
    while True:
        status, piece = get(venue, f"{root}match-log/{name}?from={len(whole)}")
        assert status == 200 and len(piece) <= 256 << 10
        if not piece:
            break
        whole += piece
    on_disk = content(venue.data, "public", "match-log", name)
    assert len(whole) >= files[0]["bytes"] and on_disk.startswith(whole)
    for path in ("checkpoints/0", "checkpoints/99", "checkpoints/..%2fkey.txt", "checkpoints/", "keys/1", "match-log/..%2f..%2fproof.keys",
                 "match-log/../../proof.keys", "match-log/%2fetc%2fpasswd", "nothing"):
        assert get(venue, root + path)[0] == 404, path
    assert get(venue, f"{root}match-log/{name}?from=-1")[0] == 400


def check_rotation(venue):
    """Of a stopped venue. What is signed before and after is by keys that follow one another."""
    proof(venue, "rotate-key")
    assert "is not published yet" in proof(venue, "rotate-key", code=1)
    venue.start()
    made = checkpoint(venue)
    lines = proof(venue, "key").splitlines()
    assert len(lines) == 2 and lines[1].endswith(f" from {made['checkpoint']}"), lines
    status, note = get(venue, f"/v1/proofs/keys/{made['checkpoint']}")
    assert status == 200 and lines[1].split(" from ")[0] in note.decode()
    check_handed_out(venue)


def check_lost_keys(venue):
    os.rename(os.path.join(venue.data, "proof.keys"), os.path.join(venue.folder, "kept"))
    done = subprocess.run([PROGRAM, "serve", "--config", venue.config, "--data", venue.data], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 3 and "proof.keys is missing" in done.stderr, done
    os.rename(os.path.join(venue.folder, "kept"), os.path.join(venue.data, "proof.keys"))


def check_other_record(venue):
    """A checkpoint that says something else of the log than the log: the venue halts."""
    keys = os.path.join(venue.data, "proof.keys")
    with open(keys, encoding="utf-8") as file:
        text = file.read()
    os.remove(keys)
    with open(os.open(keys, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join("salt-key " + "5a" * 32 if line.startswith("salt-key") else line for line in text.split("\n")))
    for name in os.listdir(os.path.join(venue.data, "proofs")):
        if not name.startswith("liabilities-"):
            os.remove(os.path.join(venue.data, "proofs", name))
    venue.start()
    wait_until(lambda: "wrong_command_root (21)" in venue.log_text(), 60, "the difference")
    wait_until(lambda: venue.metric("dcx_failed") == 1, 30, "the halt")


def check_vault():
    """The keys in a vault: no file of them, and commands that need them open it."""
    with Venue() as venue:
        vault, phrase = os.path.join(venue.folder, "vault"), os.path.join(venue.folder, "passphrase")
        with open(os.open(phrase, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="utf-8") as file:
            file.write("a passphrase for a test\n")
        opened = ("--vault", vault, "--passphrase-file", phrase)
        run("vault", "init", *opened)
        with open(venue.config, "a", encoding="utf-8") as file:
            file.write(f'[proof]\nvault = "{vault}"\npassphrase_file = "{phrase}"\ninterval_s = 0\n')
        refused = subprocess.run([PROGRAM, "serve", "--config", venue.config, "--data", venue.data], capture_output=True, text=True, timeout=60, check=False)
        assert refused.returncode == 3 and "there is no checkpoint-key of 32 bytes" in refused.stderr, refused
        for name in ("checkpoint-key", "salt-key", "liabilities-key"):
            run("vault", "put", name, *opened, "--random", "32")
        venue.start()
        assert checkpoint(venue)["checkpoint"] == 1
        assert not os.path.exists(os.path.join(venue.data, "proof.keys"))
        verify(venue, "receipt", proof(venue, "receipt", "--sequence", 1, *opened))
        assert "proof.keys" in proof(venue, "receipt", "--sequence", 1, code=1)
        assert len(proof(venue, "secrets", "--from", 0, "--to", 2, *opened).splitlines()) == 3
        assert venue.stop() == 0


def main():
    check_vault()
    with Venue(CONFIG) as venue:
        venue.start()
        wait_until(lambda: venue.metric("dcx_engine_durable_sequence") > 2000, 60, "commands")
        first = checkpoint(venue)
        assert first["checkpoint"] == 1 and first["sequence"] > 0
        assert checkpoint(venue)["checkpoint"] == 2
        check_refused(venue, check_handed_out(venue))
        check_http(venue)
        for _ in range(2):
            before = venue.metric("dcx_engine_durable_sequence")
            wait_until(lambda: venue.metric("dcx_engine_durable_sequence") > before + 500, 60, "commands")
            venue.kill()
            venue.start()
            checkpoint(venue)
        check_handed_out(venue)
        assert venue.metric("dcx_proof_blocked") == 0 and venue.metric("dcx_proof_failures_total") == 0
        assert venue.metric("dcx_proof_checkpoint") == 4
        assert venue.stop() == 0

        # Without a venue.
        last = check_handed_out(venue)
        made = checkpoint(venue)
        assert made["checkpoint"] == last["checkpoint"] + 1 and made["sequence"] > last["sequence"]
        check_handed_out(venue)
        check_lost_keys(venue)
        check_rotation(venue)
        assert venue.stop() == 0
        check_other_record(venue)
        venue.kill()
    with Venue(CONFIG.replace("interval_s = 0", "enabled = false")) as venue:
        venue.start()
        assert "makes no proofs" in proof(venue, "checkpoint", code=1)
        assert not os.path.exists(os.path.join(venue.data, "public"))
        assert get(venue, "/v1/proofs/key.txt")[0] == 404
        venue.stop()
    print("proofs: ok")


if __name__ == "__main__":
    main()
