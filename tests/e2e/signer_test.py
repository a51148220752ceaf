"""dcx signer: what it prints and refuses, the terminal it asks on, and the document of addresses computed in Python alone.

Run by hand: DCX_PROGRAM=build/release/dcx python3 tests/e2e/signer_test.py
"""

import hashlib
import hmac
import json
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import termios
import time

PROGRAM = os.environ["DCX_PROGRAM"]
REPOSITORY = os.environ.get("DCX_REPOSITORY", os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", ".."))
PASSPHRASE = b"a passphrase of some length"


# ---- secp256k1 and BIP32 from their definitions, slow and plain.

FIELD = 2**256 - 2**32 - 977
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
BASE = (0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
        0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8)


def add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % FIELD == 0:
            return None
        slope = 3 * a[0] * a[0] * pow(2 * a[1], -1, FIELD) % FIELD
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, FIELD) % FIELD
    x = (slope * slope - a[0] - b[0]) % FIELD
    return x, (slope * (a[0] - x) - a[1]) % FIELD


def public_key(key):
    total, power = None, BASE
    while key:
        if key & 1:
            total = add(total, power)
        power, key = add(power, power), key >> 1
    return total[0].to_bytes(32, "big") + total[1].to_bytes(32, "big")


def master(seed):
    both = hmac.new(b"Bitcoin seed", seed, hashlib.sha512).digest()
    return int.from_bytes(both[:32], "big"), both[32:]


def hardened(parent, number):
    key, chain_code = parent
    message = b"\0" + key.to_bytes(32, "big") + (number + 2**31).to_bytes(4, "big")
    both = hmac.new(chain_code, message, hashlib.sha512).digest()
    return (int.from_bytes(both[:32], "big") + key) % ORDER, both[32:]


def check_document():
    """The example of docs/protocols/addresses.md, line by line."""
    with open(os.path.join(REPOSITORY, "docs", "protocols", "addresses.md"), encoding="utf-8") as file:
        text = file.read()
    example = re.search(r"^```example\n(.*?)^```", text, re.DOTALL | re.MULTILINE).group(1)
    key, path, public, steps = None, [], None, 0
    for name, value in (line.split() for line in example.splitlines()):
        if name == "seed":
            seed = bytes.fromhex(value)
        elif name == "path":
            path = [int(step.rstrip("'")) for step in value.split("/")[1:]]
            assert value == "/".join(["m"] + [f"{number}'" for number in path])
            key = master(seed)
            for number in path:
                key = hardened(key, number)
            steps += 1
        elif name == "key":
            assert value == key[0].to_bytes(32, "big").hex(), value
        elif name == "chain_code":
            assert value == key[1].hex(), value
        elif name == "public_key":
            public = public_key(key[0])
            assert value == public.hex(), value
        else:
            assert name == "address"
            assert value == "DEC" + hashlib.new("ripemd160", hashlib.sha256(public).digest()).hexdigest(), value
    assert steps == 5 and path[:2] == [44, int.from_bytes(b"DEC", "big")] and len(path) == 4


# ---- the program

class Signer:
    def __init__(self, folder):
        self.vault = os.path.join(folder, "seed.vault")
        self.passphrase = os.path.join(folder, "passphrase")
        self.write(PASSPHRASE + b"\n")

    def write(self, content, mode=0o600):
        with open(self.passphrase, "wb") as file:
            file.write(content)
        os.chmod(self.passphrase, mode)

    def words(self, words, vault=True):
        return [PROGRAM, "signer", *words.split(), *(["--vault", self.vault] if vault else [])]

    def run(self, words, code=0, passphrase=True, **options):
        command = self.words(words) + (["--passphrase-file", self.passphrase] if passphrase else [])
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **options)
        assert done.returncode == code, f"{words}: {done}"
        return done

    def lines(self, words):
        done = self.run(words)
        assert done.stderr == "", done
        return done.stdout.splitlines()

    def json(self, words):
        return [json.loads(line) for line in self.lines(words + " --json")]

    def refused(self, words, *parts, code=1, **options):
        done = self.run(words, code, **options)
        assert done.stdout == "" and all(part in done.stderr for part in parts), f"{words}: {done}"
        assert PASSPHRASE.decode() not in done.stderr


def check_addresses(signer):
    assert signer.json("init") == [{"vault": signer.vault}]
    assert os.stat(signer.vault).st_mode & 0o7777 == 0o600
    with open(signer.vault, "rb") as file:
        before = file.read()
    signer.refused("init", "never written over")
    with open(signer.vault, "rb") as file:
        assert file.read() == before
    assert sorted(os.listdir(os.path.dirname(signer.vault))) == ["passphrase", "seed.vault"]

    listed = signer.json("addresses --account 6 --count 5")
    assert [(one["account"], one["index"], one["path"]) for one in listed] == [
        (6, index, f"m/44'/4474179'/6'/{index}'") for index in range(5)]
    addresses = [one["address"] for one in listed]
    assert len(set(addresses)) == 5 and all(re.fullmatch("DEC[0-9a-f]{40}", address) for address in addresses)
    assert signer.json("address --account 6 --index 3") == [listed[3]]
    assert signer.lines("address --account 6 --index 4") == [addresses[4]]
    assert signer.lines("addresses --account 6 --first 3 --count 2") == [f"3 {addresses[3]}", f"4 {addresses[4]}"]
    assert signer.lines("address --account 7 --index 3") != [addresses[3]]
    assert len(signer.lines("addresses --account 2147483647 --first 2147483646 --count 2")) == 2
    signer.refused("addresses --account 6 --first 2147483647 --count 2", "2147483647")
    for words in ("address --account 2147483648 --index 0", "address --account -1 --index 0", "address --account 1",
                  "address --index 1", "addresses --account 1", "addresses --account 1 --count 0", ""):
        signer.refused(words, code=2)
    return addresses


def check_passphrases(signer, address):
    words = "address --account 6 --index 0"
    for wrong in (b"another passphrase\n", b"", b"\n", PASSPHRASE + b" \n", PASSPHRASE + b"\r\n"):
        signer.write(wrong)
        signer.refused(words, "wrong_passphrase (9)")
    for wrong in (PASSPHRASE + b"\nmore\n", PASSPHRASE + b"\n\n", b"x" * 1025):
        signer.write(wrong)
        signer.refused(words, "only line")
    signer.write(PASSPHRASE)
    assert signer.lines(words) == [address]
    signer.write(PASSPHRASE + b"\n", 0o640)
    signer.refused(words, "chmod 600")
    signer.write(PASSPHRASE + b"\n")
    os.chmod(signer.vault, 0o644)
    signer.refused(words, "not_private (3)", "chmod 600")
    os.chmod(signer.vault, 0o600)
    # From a pipe, whoever runs it: nobody may look into the process, but it must still find its own input.
    command = signer.words(words) + ["--passphrase-file", "/dev/stdin"]
    done = subprocess.run(command, input=PASSPHRASE + b"\n", capture_output=True, timeout=60, check=False)
    assert done.returncode == 0 and done.stdout.decode().strip() == address, done
    signer.refused(words, "no terminal", "--passphrase-file", passphrase=False, start_new_session=True,
                   stdin=subprocess.DEVNULL)


def check_pipe_of_another_user(signer, address):
    """Root can open the input of any process; only another user shows that it is opened early enough."""
    if os.getuid() != 0:
        return
    paths = (os.path.dirname(signer.vault), signer.vault, signer.passphrase)
    command = signer.words("address --account 6 --index 0") + ["--passphrase-file", "/dev/stdin"]
    for path in paths:
        os.chown(path, 65534, 65534)
    done = subprocess.run(["sh", "-c", 'cat "$0" | "$@"', signer.passphrase, *command], capture_output=True, timeout=60,
                          check=False, user=65534, group=65534)
    for path in paths:
        os.chown(path, 0, 0)
    if done.returncode in (126, 127):
        return  # the program is out of that user's reach
    assert done.returncode == 0 and done.stdout.decode().strip() == address, done


def check_damage(signer, address):
    words = "address --account 6 --index 0"
    with open(signer.vault, "rb") as file:
        whole = file.read()

    def refused_with(content, *parts):
        with open(signer.vault, "wb") as file:
            file.write(content)
        signer.refused(words, *parts)

    def with_checksum(body):
        return body + hashlib.sha256(body).digest()

    refused_with(whole[:-1], "damaged (5)")
    refused_with(whole[:70] + bytes([whole[70] ^ 1]) + whole[71:], "damaged (5)")
    refused_with(b"", "not_a_vault (4)")
    refused_with(b"another file of some length, " * 4, "not_a_vault (4)")
    refused_with(with_checksum(whole[:8] + b"\3\0\0\0" + whole[12:-32]), "unknown_version (6)")
    # Somebody makes guesses cheap, or opening costly.
    refused_with(with_checksum(whole[:12] + (8192).to_bytes(4, "little") + whole[16:-32]), "too_weak (7)")
    refused_with(with_checksum(whole[:12] + b"\xff\xff\xff\xff" + whole[16:-32]), "too_costly (8)")
    refused_with(with_checksum(whole[:40] + bytes(24) + whole[64:-32]), "wrong_passphrase (9)")
    with open(signer.vault, "wb") as file:
        file.write(whole)
    assert signer.lines(words) == [address]
    os.rename(signer.vault, signer.vault + ".away")
    signer.refused(words, "file_failed (1)", "No such file")
    os.rename(signer.vault + ".away", signer.vault)


def check_texts(signer):
    digits = "c862aeeb8429dc25a798ba51a422b43d7e712606"

    def check(text, *flags):
        return subprocess.run([PROGRAM, "signer", "check-address", *flags, text], capture_output=True, text=True, timeout=60,
                              check=False)

    for prefix, kind in (("DEC", "dec"), ("DECMS", "decms")):
        done = check(prefix + digits)
        assert (done.returncode, done.stdout, done.stderr) == (0, kind + "\n", ""), done
        done = check(prefix + digits, "--json")
        assert json.loads(done.stdout) == {"well_formed": True, "kind": kind, "address": prefix + digits}, done
    for text, error, code in (("dec" + digits, "wrong_prefix", 1), (" DEC" + digits, "wrong_prefix", 1),
                              ("system", "wrong_prefix", 1), ("", "wrong_prefix", 1), ("DEC" + digits + " ", "wrong_length", 2),
                              ("DEC" + digits[1:], "wrong_length", 2), ("DECMS" + digits[2:], "wrong_length", 2),
                              ("DEC" + digits.upper(), "wrong_digit", 3), ("DEC" + digits[1:] + "\udcff", "wrong_digit", 3)):
        done = check(text, "--json")
        assert done.returncode == 1 and f"{error} ({code})" in done.stderr, f"{text!r}: {done}"
        assert json.loads(done.stdout) == {"well_formed": False, "error": error, "code": code}, done


class Typist:
    """The program on a terminal of its own, which outlives it."""

    def __init__(self, command):
        self.seen = b""
        self.terminal, self.inside = pty.openpty()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.terminal)
            os.login_tty(self.inside)
            os.execv(command[0], command)

    def read(self, seconds):
        while select.select([self.terminal], [], [], seconds)[0]:
            self.seen += os.read(self.terminal, 4096)
            seconds = 0

    def answer(self, question, text):
        """Types the text when the question is there."""
        deadline = time.monotonic() + 30
        while question not in self.seen:
            assert time.monotonic() < deadline, f"{question} did not come: {self.seen}"
            self.read(0.1)
        assert not self.echo()
        os.write(self.terminal, text)

    def echo(self):
        return bool(termios.tcgetattr(self.terminal)[3] & termios.ECHO)

    def end(self):
        """How the program ended, as Popen.returncode has it."""
        deadline = time.monotonic() + 30
        while not (ended := os.waitpid(self.pid, os.WNOHANG))[0]:
            assert time.monotonic() < deadline, f"does not end: {self.seen}"
            self.read(0.1)
        self.read(0)
        assert self.echo(), "the terminal was left without echo"
        os.close(self.inside)
        os.close(self.terminal)
        return os.waitstatus_to_exitcode(ended[1])


def check_terminal(signer, address):
    words = signer.words("address --account 6 --index 0")
    typist = Typist(words)
    typist.answer(b"Passphrase of ", PASSPHRASE + b"\n")
    assert typist.end() == 0 and address.encode() in typist.seen and PASSPHRASE not in typist.seen, typist.seen

    for key, expected in ((b"\x03", -signal.SIGINT), (b"\x1c", -signal.SIGQUIT)):
        typist = Typist(words)
        typist.answer(b"Passphrase of ", b"half a pass" + key)
        assert typist.end() == expected and b"half" not in typist.seen, typist.seen
    typist = Typist(words)
    typist.answer(b"Passphrase of ", b"\x04")
    assert typist.end() == 1 and b"no passphrase" in typist.seen, typist.seen

    other = Signer(os.path.dirname(signer.vault))
    other.vault += ".typed"
    for again, code, expected in ((b"at hand, another", 1, b"differ"), (b"at hand, unseen", 0, b"made ")):
        typist = Typist(other.words("init"))
        typist.answer(b"New passphrase of ", b"at hand, unseen\n")
        typist.answer(b"The same again: ", again + b"\n")
        assert typist.end() == code and expected in typist.seen and b"at hand" not in typist.seen, typist.seen
        assert os.path.exists(other.vault) == (code == 0)
    other.write(b"at hand, unseen\n")
    assert len(other.lines("address --account 1 --index 0")) == 1
    other.write(b"7 bytes\n")
    other.vault += ".short"
    other.refused("init", "bad_passphrase (11)", "8 bytes")
    assert not os.path.exists(other.vault)


def main():
    try:
        hashlib.new("ripemd160")
    except ValueError:
        print("SKIPPED: this Python has no RIPEMD-160")
        return
    check_document()
    with tempfile.TemporaryDirectory(prefix="dcx-signer-") as folder:
        signer = Signer(folder)
        check_texts(signer)
        addresses = check_addresses(signer)
        check_passphrases(signer, addresses[0])
        check_pipe_of_another_user(signer, addresses[0])
        check_damage(signer, addresses[0])
        check_terminal(signer, addresses[0])


if __name__ == "__main__":
    main()
