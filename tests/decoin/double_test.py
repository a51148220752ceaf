#!/usr/bin/env python3
"""The node for tests, held to the chain's own vectors and to what is known of the real one."""
import json
import os
import sys
import urllib.error
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import chain as decoin  # noqa: E402
from double import Double  # noqa: E402

VECTORS = Path(os.environ.get("DCX_REPOSITORY", Path(__file__).resolve().parents[2])) / "../shared/facts/decoin-vectors.json"


def ask(double, method, path, body=None):
    data = None if body is None else (body if isinstance(body, bytes) else json.dumps(body).encode())
    request = urllib.request.Request(double.url + path, data=data, method=method,
                                     headers={"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=20) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        content = error.read()
        kind = error.headers.get("Content-Type", "")
        return error.code, json.loads(content) if kind.startswith("application/json") else content


def check(condition, what):
    if not condition:
        raise AssertionError(what)


def vectors_hold(vectors):
    for vector in vectors["transactions"]:
        fields = dict(vector["fields"], metadata=vector["fields"]["metadata"] or {})
        check(decoin.canonical_bytes(fields).decode() == vector["canonical_text"], vector["name"])
        check(decoin.hash_of(fields) == vector["hash"], vector["name"])
        check(decoin.signature_holds(vector["public_key"], vector["signature"], decoin.canonical_bytes(fields)), vector["name"])
        check(decoin.signature_holds(vector["public_key"], vector["signature_low_s"], decoin.canonical_bytes(fields)),
              vector["name"])
        check(decoin.address_of(bytes.fromhex(vector["public_key"])) == vector["address"], vector["name"])
    for vector in vectors["must_fail_verification"]:
        check(not decoin.signature_holds(vector["public_key"], vector["signature"], bytes.fromhex(vector["message_hex"])),
              vector["name"])
    for vector in vectors["block_merkle"]:
        check(decoin.merkle_root(vector["leaves"]) == vector["root"], "Merkle root")
    check(decoin.block_hash(vectors["block"]) == vectors["block"]["block_hash"], "block hash")
    multisig = vectors["multisig"]
    signed = json.loads(multisig["canonical_text"])
    check(decoin.authorised(dict(signed, metadata=multisig["metadata"])), "multisig")
    fewer = json.loads(json.dumps(multisig["metadata"]))
    fewer["signatures"].popitem()
    check(not decoin.authorised(dict(signed, metadata=fewer)), "multisig with one signature")


def vectors_are_mined(vectors):
    """Every body is taken under its hash, and mined once its sender has coin."""
    double = Double().start()
    try:
        for vector in vectors["transactions"]:
            body = vector.get("post_body")
            if not body or vector["fields"]["amount"] > 800_000:
                continue
            double.mint(vector["address"], vector["fields"]["amount"] + 2000)
            check(double.mine() == 1, "a block")
            status, answer = ask(double, "POST", "/transaction", body)
            check(status == 200 and answer["data"]["transaction_id"] == vector["hash"], (vector["name"], answer))
            status, seen = ask(double, "GET", "/transaction/" + vector["hash"])
            check(status == 200 and seen["status"] == "pending" and seen["block_height"] is None, seen)
            check(double.mine() == 1, vector["name"])
            status, seen = ask(double, "GET", "/transaction/" + vector["hash"])
            check(seen["status"] == "confirmed" and seen["block_height"] == double.look()["height"], seen)
            check(seen["transaction_type"] == vector["fields"]["type"], "the chain's name of its type")
            check("nonce" not in seen and "signature" not in seen, "what REST leaves out")
            # Its nonce is used up.
            check(ask(double, "POST", "/transaction", body) == (400, {"detail": ""}), "the same again")
    finally:
        double.stop()


def signed_bodies(vectors):
    """Bodies of one sender by rising nonce, the first of them with their vectors."""
    by_sender = {}
    for vector in vectors["transactions"]:
        if vector.get("post_body") and vector["fields"]["amount"] <= 800_000:
            by_sender.setdefault(vector["address"], []).append(vector)
    return max(by_sender.values(), key=len)


def doors(vectors):
    double = Double().start()
    try:
        vector = signed_bodies(vectors)[0]
        body = vector["post_body"]
        for change, status in (({"amount": 0}, 422), ({"amount": "much"}, 422), ({"transaction_type": "atomic_swap"}, 422),
                               ({"metadata": []}, 200), ({"metadata": "x"}, 422), ({"nonce": "x"}, 422),
                               ({"timestamp": None}, 400), ({"amount": body["amount"] + 1}, 400),
                               ({"signature": "00" * 64}, 400), ({"public_key": "04" + body["public_key"]}, 400),
                               ({"metadata": {"x": "y" * 1015}}, 400)):
            if status == 200:
                continue
            got, answer = ask(double, "POST", "/transaction", dict(body, **change))
            check(got == status, (change, got, answer))
            check(answer == {"detail": ""} if status == 400 else isinstance(answer["detail"], list), answer)
        check(ask(double, "POST", "/transaction", b"{")[0] == 422, "no JSON")
        check(ask(double, "GET", "/block/0")[1]["hash"] ==
              "0d3bf34c655704e92389df134316544dbee2eb9f8c340f819b26f3976c66def8", "genesis")
        check(ask(double, "GET", "/block/1") == (404, {"detail": "Block not found"}), "no block")
        check(ask(double, "GET", "/block/x")[0] == 422, "not a number")
        check(ask(double, "GET", "/transaction/00") == (404, {"detail": "Transaction not found"}), "no transaction")
        check(ask(double, "GET", "/nothing") == (404, {"detail": "Not Found"}), "no path")
        check(ask(double, "DELETE", "/status") == (405, {"detail": "Method Not Allowed"}), "no method")
        check(ask(double, "POST", "/faucet/x")[0] == 500, "the faucet")
        check(ask(double, "GET", "/blockchain?limit=1001")[0] == 422, "limit")
        check(ask(double, "GET", "/status")[1]["chain_height"] == 1, "blocks")
        # Anybody makes coin; balances are numbers with a point.
        minted = {"sender": "system", "recipient": vector["address"], "amount": 100, "transaction_type": "standard",
                  "timestamp": 1.5}
        check(ask(double, "POST", "/transaction", minted)[0] == 200, "a minter")
        answer = ask(double, "GET", "/balance/" + vector["address"])[1]
        check(answer["pending"] == 100.0 and isinstance(answer["balance"], float), answer)
        double.advance(2)
        check(ask(double, "GET", "/balance/" + vector["address"])[1]["balance"] == 100.0, "mined by the clock")
        check(len(double.duplicate_mint("x", 1)) == 2 and len(set(double.look()["mempool"])) == 1, "one hash")
        check(double.mine() == 1 and ask(double, "GET", "/balance/x")[1]["balance"] == 2.0, "both count")
    finally:
        double.stop()


def faults(vectors):
    double = Double().start()
    try:
        first, second = signed_bodies(vectors)[:2]
        double.mint(first["address"], 100_000)
        double.mine()
        for kind in ("reset", "500", "malformed", "html"):
            double.fail(kind, "GET /status")
            try:
                status, answer = ask(double, "GET", "/status")
                check(kind == "500" and status == 500, (kind, status, answer))
            except (ValueError, OSError):
                check(kind != "500", kind)
            check(ask(double, "GET", "/status")[0] == 200, "once")
        double.fail("lost_answer", "POST /transaction")
        try:
            ask(double, "POST", "/transaction", first["post_body"])
            raise AssertionError("an answer")
        except OSError:
            pass
        check(double.look()["mempool"] == [first["hash"]], "accepted all the same")
        double.mine()
        double.fail("refused_after_accept", "POST /transaction")
        check(ask(double, "POST", "/transaction", second["post_body"])[0] == 400, "400")
        check(double.look()["mempool"] == [second["hash"]], "accepted all the same")
        double.poison()
        check(double.mine() == 0, "poisoned")
        double.poison(False)
        double.mine()
        double.reorganise(1)
        check(ask(double, "GET", "/transaction/" + second["hash"])[0] == 404, "gone with its block")
        check(ask(double, "GET", "/transaction/" + first["hash"])[0] == 200, "below the fork")
        for old, new in zip(double.chain.blocks, double.chain.blocks[1:]):
            check(new["previous_hash"] == old["hash"], "linked")
        # The same twice while it waits: nothing is mined any more.
        check(ask(double, "POST", "/transaction", second["post_body"])[0] == 200, "once")
        check(ask(double, "POST", "/transaction", second["post_body"])[0] == 200, "twice")
        check(double.mine() == 0, "dead")
        check(ask(double, "POST", "/_control", {"restart": {}})[0] == 200, "restart by control")
        check(ask(double, "GET", "/status")[1]["chain_height"] == 1, "genesis")
        double.set_block_cap(10)
        double.mint("x", 1)
        check(double.mine() == 0, "above the cap")
        double.set_block_cap(900_000)
        check(double.mine() == 1, "below it")
        genesis = double.look()["genesis"]
        double.wrong_genesis()
        check(double.look()["genesis"] != genesis, "another chain")
        double.fail_balances()
        check(ask(double, "GET", "/balance/x")[0] == 500, "unknown")
        double.clear()
        double.stop()
        try:
            ask(double, "GET", "/status")
            raise AssertionError("an answer")
        except OSError:
            pass
        double.start()
        check(ask(double, "GET", "/status")[0] == 200, "back on its port")
    finally:
        double.stop()


def main():
    if not VECTORS.exists():
        print("SKIPPED: no ../shared/facts/decoin-vectors.json beside the repository")
        return
    vectors = json.loads(VECTORS.read_text())
    for part in (vectors_hold, vectors_are_mined, doors, faults):
        part(vectors)
        print(part.__name__, "ok", flush=True)


if __name__ == "__main__":
    main()
