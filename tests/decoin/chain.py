"""The DeCoin chain as its node keeps it, in memory: what a stranger sees of it is double.py's part.

Written from the protocol (docs/protocols/decoin.md), deterministic, and as careless as the real one: what it does not check
stands there too. Time is a number that whoever has the chain moves on.
"""
import hashlib
import json

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256

MINTERS = ("system", "genesis", "coinbase", "mining_reward")
# Name in the chain, and in POST /transaction.
POSTED = {"standard": "standard", "data": "data_storage", "timelocked": "time_locked", "multisig": "multi_sig",
          "contract": "smart_contract"}
MAX_METADATA = 1024
MAX_BLOCK = 2000
REWARD = 50
NODE_ADDRESS = "DEC" + "0" * 40


class Refused(Exception):
    """At the door: the node says 400 and never why."""


def canonical(value):
    return json.dumps(value, sort_keys=True)


def sha256_hex(text):
    return hashlib.sha256(text.encode()).hexdigest()


def canonical_bytes(tx):
    metadata = {key: value for key, value in tx["metadata"].items() if key not in ("signatures", "public_keys")}
    return canonical({"type": tx["type"], "sender": tx["sender"], "recipient": tx["recipient"], "amount": tx["amount"],
                      "timestamp": int(tx["timestamp"]), "nonce": tx["nonce"], "metadata": metadata}).encode()


def hash_of(tx):
    return hashlib.sha256(canonical_bytes(tx)).hexdigest()


def hash160(data):
    return hashlib.new("ripemd160", hashlib.sha256(data).digest()).hexdigest()


def address_of(public_key):
    return "DEC" + hash160(public_key)


def multisig_address(required, signers):
    return "DECMS" + hash160(canonical({"required": required, "signers": sorted(signers)}).encode())


def signature_holds(public_key, signature, message):
    """Of 64 bytes each, in hexadecimal; high and low S alike."""
    try:
        key, rs = bytes.fromhex(public_key), bytes.fromhex(signature)
        if len(key) != 64 or len(rs) != 64:
            return False
        numbers = ec.EllipticCurvePublicNumbers(int.from_bytes(key[:32], "big"), int.from_bytes(key[32:], "big"),
                                                ec.SECP256K1())
        der = utils.encode_dss_signature(int.from_bytes(rs[:32], "big"), int.from_bytes(rs[32:], "big"))
        numbers.public_key().verify(der, message, ec.ECDSA(SHA256()))
        return True
    except (ValueError, TypeError, InvalidSignature):
        return False


def authorised(tx):
    if tx["sender"] in MINTERS:
        return True
    message = canonical_bytes(tx)
    metadata = tx["metadata"]
    if "required_signatures" in metadata:
        senders, required = metadata.get("senders", []), metadata["required_signatures"]
        if multisig_address(required, senders) != tx["sender"]:
            return False
        good = 0
        for signer in set(senders):
            key = metadata.get("public_keys", {}).get(signer, "")
            signature = metadata.get("signatures", {}).get(signer, "")
            if signature_holds(key, signature, message) and address_of(bytes.fromhex(key)) == signer:
                good += 1
        return good >= required
    key, signature = tx.get("public_key"), tx.get("signature")
    if not isinstance(key, str) or not isinstance(signature, str) or not signature_holds(key, signature, message):
        return False
    return address_of(bytes.fromhex(key)) == tx["sender"]


def merkle_root(hashes):
    if not hashes:
        return sha256_hex("")
    level = list(hashes)
    while len(level) > 1:
        if len(level) % 2:
            level.append(level[-1])
        level = [sha256_hex(level[i] + level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


def block_hash(block):
    return sha256_hex(canonical({name: block[name] for name in (
        "index", "timestamp", "merkle_root", "previous_hash", "nonce", "difficulty", "validator", "stake_weight",
        "work_weight")}))


class State:
    """Balances and nonces up to a block."""

    def __init__(self):
        self.balances = {}
        self.nonces = {}

    def copy(self):
        other = State()
        other.balances, other.nonces = dict(self.balances), dict(self.nonces)
        return other

    def apply(self, tx):
        """False: a block with it is not valid."""
        fee = tx["metadata"].get("fee", 0)
        if not isinstance(fee, int) or isinstance(fee, bool) or fee < 0:
            return False
        if tx["sender"] not in MINTERS:
            if tx["nonce"] <= self.nonces.get(tx["sender"], -1):
                return False
            spent = tx["amount"] + fee
            if self.balances.get(tx["sender"], 0) < spent:
                return False
            self.balances[tx["sender"]] -= spent
            self.nonces[tx["sender"]] = tx["nonce"]
        self.balances[tx["recipient"]] = self.balances.get(tx["recipient"], 0) + tx["amount"]
        return True


class Chain:
    def __init__(self, now=1_800_000_000.0, block_cap=900_000, message="DeCoin Genesis Block"):
        self.now = now
        self.block_cap = block_cap
        self.message = message
        self.branches = 0
        self.fillers = 0
        self.restart()

    def restart(self):
        """As a new process: everything is forgotten."""
        self.started = self.now
        self.mempool = []
        self.poisoned = False
        genesis = {"type": "standard", "sender": "genesis", "recipient": "genesis", "amount": 0,
                   "timestamp": 1700000000.0, "nonce": 0, "metadata": {"message": self.message}}
        genesis["tx_hash"] = hash_of(genesis)
        block = {"index": 0, "timestamp": 1700000000.0, "transactions": [genesis], "previous_hash": "0", "nonce": 0,
                 "difficulty": 4, "merkle_root": merkle_root([genesis["tx_hash"]]), "validator": None,
                 "stake_weight": 0.0, "work_weight": 0.0}
        # The node's own is written down with the number 4, and not searched for.
        block["nonce"] = 4
        block["hash"] = block_hash(block)
        self.blocks = [block]
        self.state = State()

    # The door of POST /transaction.
    def submit(self, tx):
        if len(json.dumps(tx["metadata"])) > MAX_METADATA:
            raise Refused("metadata")
        if not authorised(tx):
            raise Refused("signature")
        if tx["sender"] not in MINTERS and tx["nonce"] <= self.state.nonces.get(tx["sender"], -1):
            raise Refused("nonce")
        tx["tx_hash"] = hash_of(tx)
        self.mempool.append(tx)
        return tx["tx_hash"]

    def mint(self, recipient, amount, sender="system", timestamp=None):
        return self.submit({"type": "standard", "sender": sender, "recipient": recipient, "amount": amount,
                            "timestamp": self.now if timestamp is None else timestamp, "nonce": 0, "metadata": {}})

    def can_mine(self, transactions):
        state = self.state.copy()
        return (not self.poisoned and all(state.apply(tx) for tx in transactions)
                and sum(tx["amount"] for tx in transactions) + REWARD <= self.block_cap)

    def tick(self):
        """What a miner does every two seconds: a block, if anything waits and all of it is good."""
        waiting = self.mempool[:MAX_BLOCK]
        if not waiting or not self.can_mine(waiting):
            return False
        self.append(waiting)
        self.mempool = self.mempool[len(waiting):]
        return True

    def mine(self, count):
        """Blocks, each with a transaction of a minter if nothing waits. How many there were."""
        for done in range(count):
            if not self.mempool:
                self.fillers += 1
                self.mint(f"filler {self.fillers}", 1)
            if not self.tick():
                return done
        return count

    def append(self, transactions):
        index = len(self.blocks)
        coinbase = {"type": "standard", "sender": "system", "recipient": NODE_ADDRESS, "amount": REWARD,
                    "timestamp": self.now, "nonce": 0, "metadata": {"type": "coinbase", "block_height": index}}
        coinbase["tx_hash"] = hash_of(coinbase)
        transactions = [coinbase] + transactions
        for tx in transactions:
            if not self.state.apply(tx):
                raise AssertionError("not a valid block")
        block = {"index": index, "timestamp": self.now, "transactions": transactions,
                 "previous_hash": self.blocks[-1]["hash"], "nonce": 0, "difficulty": 1,
                 "merkle_root": merkle_root([hash_of(tx) for tx in transactions]), "validator": NODE_ADDRESS,
                 "stake_weight": 0.7, "work_weight": 0.3}
        # Another branch starts to look elsewhere, so that its blocks differ from those they replace.
        block["nonce"] = self.branches * 1_000_000
        while not block_hash(block).startswith("0"):
            block["nonce"] += 1
        block["hash"] = block_hash(block)
        self.blocks.append(block)

    def reorganise(self, depth, keep=()):
        """Another branch takes the place of the newest `depth` blocks, one longer. Of their transactions only those of
        `keep` are in it; the mempool gets none back."""
        depth = min(depth, len(self.blocks) - 1)
        self.branches += 1
        orphaned = [tx for block in self.blocks[len(self.blocks) - depth:] for tx in block["transactions"]]
        kept = self.blocks[:len(self.blocks) - depth]
        self.blocks, self.state = kept[:1], State()
        for block in kept[1:]:
            for tx in block["transactions"]:
                self.state.apply(tx)
            self.blocks.append(block)
        first = []
        for tx in orphaned:
            if tx["tx_hash"] in keep and self.can_mine(first + [tx]):
                first.append(tx)
        for number in range(depth + 1):
            self.fillers += 1
            filler = {"type": "standard", "sender": "system", "recipient": f"branch {self.fillers}", "amount": 1,
                      "timestamp": self.now, "nonce": 0, "metadata": {}}
            filler["tx_hash"] = hash_of(filler)
            self.append((first if number == 0 else []) + [filler])

    # What answers are made of.
    def find(self, tx_hash):
        """(transaction, height or None), the first there is."""
        for block in self.blocks:
            for tx in block["transactions"]:
                if tx["tx_hash"] == tx_hash:
                    return tx, block["index"]
        for tx in self.mempool:
            if tx["tx_hash"] == tx_hash:
                return tx, None
        return None

    def of_address(self, address):
        found = [(tx, block["index"]) for block in self.blocks for tx in block["transactions"]
                 if address in (tx["sender"], tx["recipient"])]
        found += [(tx, None) for tx in self.mempool if address in (tx["sender"], tx["recipient"])]
        return sorted(found, key=lambda entry: -entry[0]["timestamp"])

    def balance(self, address):
        """(confirmed less what it is spending, what is coming)."""
        spending = sum(tx["amount"] + int(tx["metadata"].get("fee", 0)) for tx in self.mempool
                       if tx["sender"] == address)
        coming = sum(tx["amount"] for tx in self.mempool if tx["recipient"] == address)
        return self.state.balances.get(address, 0) - spending, coming
