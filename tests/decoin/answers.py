"""What a DeCoin node answers at each path: the same forms, status codes and gaps. double.py lets it be asked."""
import json
from datetime import datetime

from chain import POSTED, REWARD, Refused


class Answer(Exception):
    """Ends a request with this answer."""

    def __init__(self, status, body, content_type="application/json"):
        super().__init__(status)
        self.status, self.content_type = status, content_type
        self.body = body if isinstance(body, bytes) else json.dumps(body, separators=(",", ":")).encode()


def detail(status, text):
    return Answer(status, {"detail": text})


def invalid(where, message, kind):
    return Answer(422, {"detail": [{"loc": where, "msg": message, "type": kind}]})


CRASH = (500, b"Internal Server Error", "text/plain; charset=utf-8")


def local_time(timestamp):
    """Naive, in the zone where the node runs: what nobody should compute with."""
    return datetime.fromtimestamp(timestamp).isoformat()


def shown_transaction(tx, height):
    return {"transaction_id": tx["tx_hash"], "sender": tx["sender"], "recipient": tx["recipient"],
            "amount": tx["amount"], "timestamp": local_time(tx["timestamp"]), "transaction_type": tx["type"],
            "metadata": tx["metadata"], "status": "pending" if height is None else "confirmed",
            "block_height": height}


def shown_block(block):
    return {"index": block["index"], "hash": block["hash"], "previous_hash": block["previous_hash"],
            "timestamp": local_time(block["timestamp"]),
            "transactions": [shown_transaction(tx, block["index"]) for tx in block["transactions"]],
            "nonce": block["nonce"], "difficulty": block["difficulty"], "miner": block["validator"]}


def posted_transaction(body):
    """The body of POST /transaction as a transaction, or the 422 of what is none."""
    if not isinstance(body, dict):
        raise invalid(["body"], "value is not a valid dict", "type_error.dict")
    for name in ("sender", "recipient", "amount", "transaction_type"):
        if name not in body:
            raise invalid(["body", name], "field required", "value_error.missing")
    for name in ("sender", "recipient"):
        if not isinstance(body[name], str):
            raise invalid(["body", name], "str type expected", "type_error.str")
    amount = body["amount"]
    if isinstance(amount, bool) or not isinstance(amount, (int, float)):
        raise invalid(["body", "amount"], "value is not a valid integer", "type_error.integer")
    amount = int(amount)  # a fraction is cut without a word
    if amount < 1:
        raise invalid(["body", "amount"], "ensure this value is greater than or equal to 1", "value_error.number.not_ge")
    if body["transaction_type"] not in POSTED:
        raise invalid(["body", "transaction_type"], "value is not a valid enumeration member", "type_error.enum")
    metadata = body.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise invalid(["body", "metadata"], "value is not a valid dict", "type_error.dict")
    nonce = body.get("nonce", 0)
    if isinstance(nonce, bool) or not isinstance(nonce, int):
        raise invalid(["body", "nonce"], "value is not a valid integer", "type_error.integer")
    if body.get("timestamp") is None:
        raise detail(400, "")
    if isinstance(body["timestamp"], bool) or not isinstance(body["timestamp"], (int, float)):
        raise invalid(["body", "timestamp"], "value is not a valid float", "type_error.float")
    return {"type": POSTED[body["transaction_type"]], "sender": body["sender"], "recipient": body["recipient"],
            "amount": amount, "timestamp": body["timestamp"], "nonce": nonce, "metadata": metadata,
            "signature": body.get("signature"), "public_key": body.get("public_key")}


def get_status(double, chain, query, body):
    return {"node_id": "double", "chain_height": len(chain.blocks), "pending_transactions": len(chain.mempool),
            "connected_peers": 0, "is_mining": double.mining, "difficulty": 1, "version": "1.0.0",
            "uptime": chain.now - chain.started,
            "blockchain_size": f"{len(json.dumps(chain.blocks)) / 1024:.2f} KB"}


def get_blockchain(double, chain, query, body):
    start, limit = whole(query, "start", 0), whole(query, "limit", 100)
    if limit < 1:
        raise invalid(["query", "limit"], "ensure this value is greater than or equal to 1", "value_error.number.not_ge")
    if limit > 1000:
        raise invalid(["query", "limit"], "ensure this value is less than or equal to 1000", "value_error.number.not_le")
    return {"height": len(chain.blocks), "total_difficulty": sum(block["difficulty"] for block in chain.blocks),
            "blocks": [shown_block(block) for block in chain.blocks[start:start + limit]], "is_valid": True}


def whole(query, name, default):
    try:
        return int(query.get(name, [default])[0])
    except ValueError:
        raise invalid(["query", name], "value is not a valid integer", "type_error.integer") from None


def get_block(double, chain, index, query, body):
    try:
        index = int(index)
    except ValueError:
        raise invalid(["path", "index"], "value is not a valid integer", "type_error.integer") from None
    if not 0 <= index < len(chain.blocks):
        raise detail(404, "Block not found")
    return shown_block(chain.blocks[index])


def get_block_by_hash(double, chain, wanted, query, body):
    for block in chain.blocks:
        if block["hash"] == wanted:
            return shown_block(block)
    raise detail(404, "Block not found")


def post_transaction(double, chain, query, body):
    try:
        parsed = json.loads(body)
    except ValueError:
        raise invalid(["body", 0], "Expecting value: line 1 column 1 (char 0)", "value_error.jsondecode") from None
    tx = posted_transaction(parsed)
    double.posts += 1
    try:
        tx_hash = chain.submit(tx)
    except Refused:
        raise detail(400, "") from None
    return {"success": True, "message": "Transaction submitted successfully",
            "data": {"transaction_id": tx_hash, "status": "pending"}}


def get_transaction(double, chain, tx_hash, query, body):
    found = chain.find(tx_hash)
    if found is None:
        raise detail(404, "Transaction not found")
    return shown_transaction(*found)


def get_balance(double, chain, address, query, body):
    balance, coming = chain.balance(address)
    if balance < 0 or double.balance_fails:
        raise Answer(*CRASH)
    return {"address": address, "balance": float(balance), "pending": float(coming), "staked": 0.0}


def post_mining(double, chain, query, body):
    if not json.loads(body).get("enable"):
        double.mining = False  # for good
    return {"success": True, "message": "Mining settings updated"}


def post_faucet(double, chain, address, query, body):
    raise detail(500, "Failed to send faucet funds")


def post_deploy(double, chain, query, body):
    raise detail(400, "'Blockchain' object has no attribute 'deploy'")


def fixed(value):
    return lambda double, chain, *parts, query, body: value


ROUTES = [
    (r"/", "GET", fixed({"name": "DeCoin", "version": "1.0.0", "docs": "/docs", "openapi": "/openapi.json"})),
    (r"/health", "GET", lambda double, chain, query, body: {"status": "healthy", "timestamp": local_time(chain.now)}),
    (r"/status", "GET", get_status),
    (r"/blockchain", "GET", get_blockchain),
    (r"/block/hash/([^/]+)", "GET", get_block_by_hash),
    (r"/block/([^/]+)", "GET", get_block),
    (r"/transaction", "POST", post_transaction),
    (r"/transaction/([^/]+)", "GET", get_transaction),
    (r"/mempool", "GET", lambda double, chain, query, body: [shown_transaction(tx, None) for tx in chain.mempool]),
    (r"/transactions/([^/]+)", "GET", lambda double, chain, address, query, body: [
        shown_transaction(tx, height) for tx, height in chain.of_address(address)]),
    (r"/balance/([^/]+)", "GET", get_balance),
    (r"/faucet/([^/]+)", "POST", post_faucet),
    (r"/peers", "GET", fixed([])),
    (r"/peers/add", "POST", fixed({"success": True, "message": "Peer added"})),
    (r"/mining", "POST", post_mining),
    (r"/mining/difficulty", "GET", lambda double, chain, query, body: {
        "difficulty": 1, "is_mining": double.mining, "blocks_mined": len(chain.blocks) - 1, "hashrate_estimate": 8.0,
        "hashrate_measured": None, "next_reward": REWARD}),
    (r"/validators", "GET", fixed([])),
    (r"/contract/deploy", "POST", post_deploy),
    (r"/contract/call", "POST", fixed({"success": True, "message": "Contract calls are coming soon"})),
    (r"/monitoring/health", "GET", fixed({"healthy": False})),
    (r"/docs|/redoc", "GET", fixed("<!DOCTYPE html>")),
]
