#!/usr/bin/env python3
"""What a venue owes: every customer finds himself in the signed sum, by dcx verify and by a checker that was written from
docs/protocols/liabilities.md alone."""

import base64
import hashlib
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from venue import PROGRAM, Venue  # noqa: E402

MOST = 1 << 62


def check_by_the_page(file):
    """Step 2 to 5 of the page; the amount that holds."""
    note = file["checkpoint"]
    lines = note.split("\n\n")[0].split("\n")
    venue, number = lines[0].removeprefix("dcx/"), int(lines[3].removeprefix("checkpoint "))
    assert (file["venue"], file["checkpoint_number"]) == (venue, number), "other venue or checkpoint"
    asset = next(words for words in (line.split() for line in lines) if words[:2] == ["liabilities", str(file["asset"])])
    root, total = base64.b64decode(asset[4]), int(asset[5])

    def number_of(value, size):
        return value.to_bytes(size, "little")

    def head(tag, level):
        return (tag + bytes.fromhex(venue) + number_of(number, 8) + number_of(file["asset"], 4) + number_of(level, 4) +
                bytes(24))

    siblings, place, amount = file["siblings"], file["place"], int(file["amount"])
    assert place < 1 << len(siblings) and len(siblings) <= 32 and 0 <= amount <= MOST
    hashed = hashlib.sha256(head(b"dcxsum1l", 0) + number_of(file["account"], 4) + bytes.fromhex(file["key"]) +
                            number_of(amount, 8)).digest()
    total_here = amount
    for level, sibling in enumerate(siblings):
        beside = (base64.b64decode(sibling["hash"]), int(sibling["sum"]))
        assert 0 <= beside[1] <= MOST and total_here + beside[1] <= MOST, "sum out of range"
        left, right = ((hashed, total_here), beside) if not place >> level & 1 else (beside, (hashed, total_here))
        hashed = hashlib.sha256(head(b"dcxsum1n", level + 1) + left[0] + number_of(left[1], 8) + right[0] +
                                number_of(right[1], 8)).digest()
        total_here += beside[1]
    assert (hashed, total_here) == (root, total), "another root or sum"
    return amount


def dcx(*arguments, code=0):
    done = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == code, f"{arguments}: {done.returncode}\n{done.stdout}{done.stderr}"
    return done.stdout


def main():
    with Venue() as venue:
        venue.start()
        data = ["--data", venue.data]
        names = [f"customer{i}" for i in range(5)]
        for name in names:
            dcx("ledger", "open", name, *data)
        for i, name in enumerate(names[:4]):
            dcx("ledger", "deposit", name, "DEC", str(100 + i), *data)
        dcx("ledger", "pend", names[0], names[1], "DEC", "30", *data)  # held is owed, too
        dcx("proof", "checkpoint", *data)
        key = os.path.join(venue.data, "public", "key.txt")
        owed = 0
        for i, name in enumerate(names):
            text = dcx("proof", "liability", "--account", name, "--asset", "DEC", "--checkpoint", "1", *data)
            file = os.path.join(venue.folder, f"{name}.json")
            with open(file, "w", encoding="utf-8") as out:
                out.write(text)
            proof = json.loads(text)
            owed += check_by_the_page(proof)
            amount = str(100 + i) if i < 4 else "0"
            whose = ["--account", str(proof["account"]), "--amount", amount]
            assert json.loads(dcx("verify", "liability", file, "--key", key, *whose, "--json"))["holds"]
            dcx("verify", "liability", file, "--key", key)
            dcx("verify", "liability", file, *whose, code=1)  # no signature was looked at
            dcx("verify", "liability", file, "--key", key, "--account", "999", code=1)
            dcx("verify", "liability", file, "--key", key, "--amount", "12.5", code=1)
            proof["amount"] = str(int(proof["amount"]) + 1)
            with open(file, "w", encoding="utf-8") as out:
                json.dump(proof, out)
            told = json.loads(dcx("verify", "liability", file, "--key", key, "--json", code=1))
            assert told["error"]["kind"] == "wrong_liabilities_root", told
        line = next(l for l in json.loads(text)["checkpoint"].split("\n") if l.startswith("liabilities") and " DEC " in l)
        assert int(line.split()[5]) == owed, "the signed sum is all of it, and nothing else"
        print("every customer found himself")


if __name__ == "__main__":
    main()
