"""dcx vault: secrets in and out, the passphrase changed, copies, refusals; and the signer on such a vault.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/vault_test.py
"""

import json
import os
import subprocess
import tempfile

PROGRAM = os.environ["DCX_PROGRAM"]
SECRET = b"what only the vault may hold\n\0\xff"


class Vault:
    def __init__(self, folder):
        self.folder = folder
        self.path = self.file("venue.vault")
        self.passphrase = self.write("passphrase", b"a passphrase of some length\n")

    def file(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        path = self.file(name)
        with open(path, "wb") as file:
            file.write(content)
        os.chmod(path, 0o600)
        return path

    def read(self, name):
        with open(self.file(name), "rb") as file:
            return file.read()

    def run(self, *words, code=0, group="vault", **options):
        command = [PROGRAM, group, *words, "--vault", self.path]
        done = subprocess.run(command, capture_output=True, timeout=60, check=False,
                              env={**os.environ, "DCX_PASSPHRASE_FILE": self.passphrase}, **options)
        assert done.returncode == code, f"{words}: {done}"
        assert SECRET not in done.stderr and b"some length" not in done.stderr + done.stdout, done
        return done

    def refused(self, *words, reason, **options):
        done = self.run(*words, code=1, **options)
        assert done.stdout == b"" and reason in done.stderr.decode(), f"{words}: {done}"

    def listed(self):
        return {one["name"]: one["bytes"] for one in map(json.loads, self.run("list", "--json").stdout.splitlines())}


def check_life(vault):
    vault.run("init")
    assert os.stat(vault.path).st_mode & 0o7777 == 0o600
    vault.refused("init", reason="never written over")
    assert vault.listed() == {}
    source = vault.write("source", SECRET)
    vault.run("put", "hmac.alice", "--from", source)
    vault.run("put", "salt", "--random", "32")
    vault.run("put", "piped", "--from", "-", input=b"from a pipe")
    assert vault.listed() == {"hmac.alice": len(SECRET), "salt": 32, "piped": 11}
    assert vault.run("get", "hmac.alice", "--to", "-").stdout == SECRET
    vault.run("get", "hmac.alice", "--to", vault.file("out"))
    assert vault.read("out") == SECRET and os.stat(vault.file("out")).st_mode & 0o7777 == 0o600
    assert len(vault.run("get", "salt", "--to", "-").stdout) == 32
    for name in ("venue.vault", "venue.vault.previous"):
        assert SECRET not in vault.read(name) and b"hmac.alice" not in vault.read(name)

    before = vault.read("venue.vault")
    vault.refused("put", "salt", "--random", "32", reason="--replace")
    vault.refused("put", "Salt", "--random", "32", reason="name is")
    vault.refused("put", "empty", "--from", vault.write("empty", b""), reason="1 to 4096 bytes")
    vault.refused("put", "long", "--from", vault.write("long", b"x" * 4097), reason="1 to 4096 bytes")
    vault.refused("put", "neither", reason="--from FILE or --random")
    vault.refused("get", "nobody", "--to", "-", reason="holds no nobody")
    vault.refused("get", "salt", "--to", vault.file("out"), reason="File exists")
    vault.refused("remove", "nobody", reason="holds no nobody")
    assert vault.read("venue.vault") == before

    vault.run("put", "salt", "--random", "16", "--replace")
    assert vault.read("venue.vault.previous") == before
    vault.run("remove", "piped")
    assert vault.listed() == {"hmac.alice": len(SECRET), "salt": 16}


def check_passphrase(vault):
    old = vault.read("passphrase")
    next_file = vault.write("next", b"another passphrase, longer\n")
    vault.run("change-passphrase", "--new-passphrase-file", next_file)
    vault.refused("list", reason="wrong_passphrase (9)")
    vault.write("passphrase", vault.read("next"))
    assert vault.listed()["salt"] == 16
    # What was before opens as before.
    vault.path += ".previous"
    vault.refused("list", reason="wrong_passphrase (9)")
    vault.write("passphrase", old)
    assert vault.listed()["salt"] == 16
    vault.path = vault.file("venue.vault")
    vault.write("passphrase", vault.read("next"))


def check_backup(vault):
    vault.run("backup", vault.file("copy"))
    assert vault.read("copy") == vault.read("venue.vault") and os.stat(vault.file("copy")).st_mode & 0o7777 == 0o600
    vault.refused("backup", vault.file("copy"), reason="never written over")
    checked = json.loads(vault.run("check", "--json").stdout)
    assert checked == {"vault": vault.path, "secrets": 2, "previous": "intact"}, checked
    whole = vault.read("venue.vault")
    vault.write("venue.vault", whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    vault.refused("check", reason="damaged (5)")
    vault.refused("backup", vault.file("copy-2"), reason="damaged (5)")
    vault.refused("put", "more", "--random", "32", reason="damaged (5)")
    assert not os.path.exists(vault.file("copy-2"))
    vault.write("venue.vault", vault.read("copy"))
    vault.run("check")
    before = vault.read("venue.vault.previous")
    vault.write("venue.vault.previous", before[:-1])
    vault.refused("check", reason="previous: damaged")
    vault.write("venue.vault.previous", before)


def check_signer(vault):
    """The signer's seed is one of the secrets: of a vault that it made, and of one that had none."""
    vault.refused("address", "--account", "6", "--index", "0", reason="bad_seed (12)", group="signer")
    seed = vault.write("seed", bytes(range(1, 33)))
    vault.run("put", "chain-seed", "--from", seed)
    address = vault.run("address", "--account", "6", "--index", "0", group="signer").stdout
    assert address.startswith(b"DEC")
    vault.path = vault.file("signer.vault")
    vault.run("init", group="signer")
    assert vault.listed() == {"chain-seed": 32}
    assert vault.run("address", "--account", "6", "--index", "0", group="signer").stdout != address
    vault.run("put", "chain-seed", "--from", seed, "--replace")
    assert vault.run("address", "--account", "6", "--index", "0", group="signer").stdout == address


def main():
    with tempfile.TemporaryDirectory(prefix="dcx-vault-") as folder:
        vault = Vault(folder)
        check_life(vault)
        check_passphrase(vault)
        check_backup(vault)
        check_signer(vault)


if __name__ == "__main__":
    main()
