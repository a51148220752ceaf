"""Order entry in Python, written from docs/protocols/order-entry.md and independent of src/client: what the venue's own
client gets wrong in the same way as the venue does, this one does not. Blocking sockets; every wait is bounded."""

import collections
import contextlib
import ctypes
import os
import socket
import struct
import time

import shm_client

MAGIC, SCHEMA, VERSION = 0xEB50, 0xDC, 1
HEADER = struct.Struct("<IHHQqHHHH")
REPORT_HEADER = struct.Struct("<qqqqqQIB3x")

CHALLENGE, NEGOTIATE, NEGOTIATED, NEGOTIATE_REJECTED, ESTABLISH, ESTABLISHED, HEARTBEAT, TERMINATE = range(100, 108)
NOT_APPLIED, NOTICE = 108, 109
BALANCE_QUERY, BALANCE, LIST_QUERY, QUERY_DONE = range(110, 114)
(ORDER_STATUS_QUERY, OPEN_ORDERS_QUERY, ORDER_HISTORY_QUERY, PENDINGS_QUERY, PENDING_TRANSFER, STATEMENT_QUERY, STATEMENT_ENTRY,
 ADDRESSES_QUERY, DEPOSIT_ADDRESS, ACCOUNT_QUERY, ACCOUNT_STATE, PROPOSALS_QUERY, PROPOSAL, AUDIT_QUERY, AUDIT_FIGURES,
 DROP_COPY) = range(114, 130)
RETRANSMIT_REQUEST, RETRANSMIT_DONE, LIMIT_QUERY, LIMITS = range(130, 134)
EXECUTION_REPORT, REPORT = 200, 300
OPEN_ACCOUNT, ADD_KEY, REVOKE_KEY, LIST_ASSET, LIST_INSTRUMENT, SET_PHASE = range(10, 16)
PLACE, CANCEL, AMEND, MASS_CANCEL, SET_SELF_TRADE_RULE, SET_DEAD_MAN = range(30, 36)
TRANSFER, MINT, BURN, PEND, POST, VOID, WITHDRAW = range(40, 47)
SET_MARKET_LIMITS, SET_ACCOUNT_LIMITS, SET_POSITION_LIMITS, SET_KILL_SWITCH = range(60, 64)
EV_COMMAND_REJECTED, EV_ACCOUNT_OPENED, EV_KEY_ADDED = 4, 10, 11
EV_ASSET_LISTED, EV_INSTRUMENT_LISTED, EV_PHASE_CHANGED, EV_SELF_TRADE_RULE_SET = range(13, 17)
EV_CANCEL_REJECTED, EV_MASS_CANCELED, EV_TRANSFERRED = 36, 39, 40
EV_POSTED, EV_TRANSFER_PENDED, EV_PENDING_RESOLVED, EV_WITHDRAWAL_REQUESTED, EV_TRANSFER_LINKED = range(41, 46)
EV_MARKET_LIMITS_SET, EV_ACCOUNT_LIMITS_SET, EV_POSITION_LIMITS_SET, EV_KILL_SWITCH_SET, EV_DEAD_MAN_SET = range(61, 66)
BUY, SELL, LIMIT, MARKET, GTC, IOC, FOK, DAY, GTD = 1, 2, 1, 2, 1, 2, 3, 4, 5
SCOPE_NONE, SCOPE_SESSION, SCOPE_ACCOUNT = range(3)
COPY = 1
ISSUANCE, FEES, DEPOSITS, WITHDRAWALS, ERRORS = range(1, 6)
NONE, CANCEL_TAKER, CANCEL_MAKER, CANCEL_BOTH, DECREMENT_AND_CANCEL = range(5)

Frame = collections.namedtuple("Frame", "sequence template block")
Report = collections.namedtuple("Report", "sequence template event_sequence event_index received sequenced durability body")
Execution = collections.namedtuple(
    "Execution",
    "order_id cl_ord_id orig_cl_ord_id price order_qty leaves_qty cum_qty last_px last_qty trade_id fee account instrument "
    "slot side exec_type ord_status liquidity reject_reason cancel_reason time_in_force type flags cum_notional expire_at "
    "wait_ns session")

Pending = collections.namedtuple("Pending", "as_of id amount expires debit credit asset scope address")
Entry = collections.namedtuple(
    "Entry", "number event_sequence time id trade_id amount before after account counterparty asset event_index kind")
Account = collections.namedtuple(
    "Account", "as_of account owner open_orders max_open_orders orders_per_second burst kind self_trade_rule flags fee_tier")
Figures = collections.namedtuple(
    "Figures", "as_of sum issued minted burned held held_by_orders held_by_pendings negative misheld unbalanced asset")
Limits = collections.namedtuple(
    "Limits", "as_of first_report account messages_per_second message_burst messages_left orders_per_second order_burst "
    "orders_left open_orders max_open_orders")
NotApplied = collections.namedtuple("NotApplied", "next_sequence sequence wait_ns reason")
Notice = collections.namedtuple("Notice", "at kind text")
MassCanceled = collections.namedtuple("MassCanceled", "cl_ord_id account instrument canceled side complete")


class Terminated(Exception):
    """The venue ended the session; .code says why (0: the connection just closed)."""

    def __init__(self, code):
        super().__init__(f"terminated with code {code}")
        self.code = code


def without_stamps(report):
    """The frame of a report as it is sent again: matched, durable and sent are 0."""
    return Frame(report.sequence, report.template, report.block[:16] + bytes(24) + report.block[40:])


# Ed25519 of the system's OpenSSL: in the process, because tests with hundreds of logins have no time for its program.
_CRYPTO = ctypes.CDLL("libcrypto.so.3")
for _name in ("EVP_PKEY_new_raw_private_key", "EVP_MD_CTX_new"):
    getattr(_CRYPTO, _name).restype = ctypes.c_void_p
_CRYPTO.EVP_PKEY_new_raw_private_key.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
_CRYPTO.EVP_PKEY_get_raw_public_key.argtypes = (ctypes.c_void_p,) * 3
_CRYPTO.EVP_DigestSignInit.argtypes = (ctypes.c_void_p,) * 5
_CRYPTO.EVP_DigestSign.argtypes = (ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t)
_CRYPTO.EVP_MD_CTX_free.argtypes = _CRYPTO.EVP_PKEY_free.argtypes = (ctypes.c_void_p,)
_EVP_PKEY_ED25519 = 1087


def _must(done):
    assert done == 1, "libcrypto refused"


@contextlib.contextmanager
def _private_key(seed):
    key = _CRYPTO.EVP_PKEY_new_raw_private_key(_EVP_PKEY_ED25519, None, seed, 32)
    assert key, "libcrypto refused the seed"
    try:
        yield key
    finally:
        _CRYPTO.EVP_PKEY_free(key)


class Key:
    def __init__(self, key_id, seed, account=0):
        self.id, self.seed, self.account = key_id, seed, account

    @classmethod
    def read(cls, path):
        """The key file that the venue writes: lines of `name value`."""
        fields = {}
        with open(path, encoding="utf-8") as file:
            for line in file:
                line = line.split("#")[0].strip()
                if line:
                    name, value = line.replace("=", " ").split(None, 1)
                    fields[name.strip()] = value.strip()
        return cls(int(fields["key_id"]), bytes.fromhex(fields["seed"]), int(fields.get("account", 0)))

    def sign(self, message):
        with _private_key(self.seed) as key:
            context = _CRYPTO.EVP_MD_CTX_new()
            size, signature = ctypes.c_size_t(64), ctypes.create_string_buffer(64)
            try:
                _must(_CRYPTO.EVP_DigestSignInit(context, None, None, None, key))
                _must(_CRYPTO.EVP_DigestSign(context, signature, ctypes.byref(size), message, len(message)))
            finally:
                _CRYPTO.EVP_MD_CTX_free(context)
            return signature.raw

    def public(self):
        with _private_key(self.seed) as key:
            size, public = ctypes.c_size_t(32), ctypes.create_string_buffer(32)
            _must(_CRYPTO.EVP_PKEY_get_raw_public_key(key, public, ctypes.byref(size)))
            return public.raw

    @classmethod
    def fresh(cls):
        return cls(0, os.urandom(32))


def transfer_id():
    """UUIDv7 as the venue wants it: (low, high) 64-bit halves."""
    random = int.from_bytes(os.urandom(10), "little")
    high = (int(time.time() * 1000) << 16) | (7 << 12) | (random & 0xFFF)
    low = (2 << 62) | (random >> 18)
    return low, high


def place_block(cl_ord_id, price, quantity, account, instrument, side, order_type=LIMIT, tif=GTC, flags=0, expire_at=0,
                budget=0):
    return struct.pack("<QqqIIBBBBIqq", cl_ord_id, price, quantity, account, instrument, side, order_type, tif, flags, 0,
                       expire_at, budget)


def cancel_block(cl_ord_id, account, order_id=0, orig=0, slot=0):
    return struct.pack("<QQQII", cl_ord_id, orig, order_id, account, slot)


def amend_block(cl_ord_id, account, price, quantity, order_id=0, orig=0, slot=0, replace=False):
    return struct.pack("<QQQqqIIB7x", cl_ord_id, orig, order_id, price, quantity, account, slot, int(replace))


def mass_cancel_block(cl_ord_id, account, instrument=0, side=0):
    return struct.pack("<QIIB7x", cl_ord_id, account, instrument, side)


def self_trade_rule_block(account, rule, reference=0):
    return struct.pack("<QIB3x", reference, account, rule)


def dead_man_block(timeout_ms, scope=SCOPE_SESSION, reference=0):
    return struct.pack("<QIB3x", reference, timeout_ms, scope)


def transfer_block(debit, credit, asset, amount, tid=None, linked=False):
    low, high = tid or transfer_id()
    return struct.pack("<QQqIIIB3x", low, high, amount, debit, credit, asset, linked)


def pend_block(debit, credit, asset, amount, tid=None, timeout_ns=0, linked=False):
    low, high = tid or transfer_id()
    return struct.pack("<QQqqIIIB3x", low, high, amount, timeout_ns, debit, credit, asset, linked)


def post_block(pending, scope, amount, tid=None):
    return struct.pack("<QQQQqI4x", *(tid or transfer_id()), *pending, amount, scope)


def void_block(pending, scope, tid=None):
    return struct.pack("<QQQQI4x", *(tid or transfer_id()), *pending, scope)


def withdraw_block(account, asset, amount, hash20, tid=None, kind=1):
    return struct.pack("<QQqII20sB3x", *(tid or transfer_id()), amount, account, asset, hash20, kind)


def mint_block(account, asset, amount, tid=None, source=0):
    low, high = tid or transfer_id()
    return struct.pack("<QQqIIB7x", low, high, amount, account, asset, source)


def frame(template, block, sequence=0):
    length = HEADER.size + len(block)
    return HEADER.pack(length, MAGIC, 0, sequence, time.time_ns(), len(block), template, SCHEMA, VERSION) + block


class Connection:
    """Frames over one socket, or over "shm:" and the path of the venue's, no session."""

    def __init__(self, address, timeout=10.0):
        if address.startswith("shm:"):
            self.socket = shm_client.ShmSocket(address[4:], timeout)
        else:
            host, port = address.rsplit(":", 1)
            self.socket = socket.create_connection((host, int(port)), timeout=timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.buffer = b""

    def close(self):
        self.socket.close()

    def send_bytes(self, data):
        self.socket.sendall(data)

    def receive(self):
        """The next frame; Terminated when the venue says so or closes."""
        while True:
            if len(self.buffer) >= HEADER.size:
                length, magic, _, sequence, _, block_length, template, schema, _ = HEADER.unpack_from(self.buffer)
                assert magic == MAGIC and schema == SCHEMA and length == HEADER.size + block_length, "a broken frame"
                if len(self.buffer) >= length:
                    block, self.buffer = self.buffer[HEADER.size:length], self.buffer[length:]
                    if template == TERMINATE:
                        raise Terminated(struct.unpack_from("<H", block)[0])
                    return Frame(sequence, template, block)
            try:
                data = self.socket.recv(1 << 16)
            except ConnectionError:
                raise Terminated(0) from None
            if not data:
                raise Terminated(0)
            self.buffer += data


class Session(Connection):
    """Negotiated and established with a key; counts its own sequence."""

    def __init__(self, address, key, client_session=1, heartbeat_ms=60000, timeout=10.0, cancel=SCOPE_NONE, grace_ms=0):
        super().__init__(address, timeout)
        self.key = key
        self.copies = collections.deque()
        self.told = {}  # reports by number, without their stamps
        self.last_event = 0  # sequence of the command that the last report was about
        challenge = self.expect(CHALLENGE)
        nonce, venue = challenge.block[:32], challenge.block[32:48]
        message = b"dcx-negotiate-v1" + nonce + venue + struct.pack("<QII", client_session, key.id, 0)
        self.send_bytes(frame(NEGOTIATE, struct.pack("<QII", client_session, key.id, 0) + key.sign(message)))
        negotiated = self.expect(NEGOTIATED)
        (_, self.next_out, self.next_report, self.cl_ord_id, _, _, self.account, self.permissions) = struct.unpack(
            "<QQQQIIII", negotiated.block)
        self.send_bytes(frame(ESTABLISH, struct.pack("<IIB7x", heartbeat_ms, grace_ms, cancel)))
        self.expect(ESTABLISHED)

    def expect(self, template):
        got = self.receive()
        if got.template == NEGOTIATE_REJECTED:
            raise AssertionError(f"negotiate rejected, reason {struct.unpack_from('<H', got.block, 8)[0]}")
        assert got.template == template, f"template {got.template}, expected {template}"
        return got

    def next_cl_ord_id(self):
        self.cl_ord_id += 1
        return self.cl_ord_id

    def command(self, template, block):
        """Bytes of the next sequenced frame."""
        data = frame(template, block, self.next_out)
        self.next_out += 1
        return data

    def send(self, template, block):
        self.send_bytes(self.command(template, block))

    def report(self):
        """The next report; its sequence must be the next one."""
        while True:
            got = self.receive()
            if got.template == HEARTBEAT or self.keep_copy(got):
                continue
            assert got.sequence == self.next_report, f"report {got.sequence}, expected {self.next_report}"
            self.next_report += 1
            self.told[got.sequence] = without_stamps(got)
            received, sequenced, _, _, _, event, index, durability = REPORT_HEADER.unpack_from(got.block)
            self.last_event = event
            return Report(got.sequence, got.template, event, index, received, sequenced, durability,
                          got.block[REPORT_HEADER.size:])

    def not_applied(self):
        """The next NotApplied; no report may come before it."""
        while (got := self.receive()).template == HEARTBEAT:
            pass
        assert got.template == NOT_APPLIED and got.sequence == 0, got
        return NotApplied(*struct.unpack("<QQqH6x", got.block))

    def notice(self):
        while (got := self.receive()).template == HEARTBEAT:
            pass
        assert got.template == NOTICE and got.sequence == 0, got
        at, kind, text = struct.unpack("<qB7x160s", got.block)
        return Notice(at, kind, text.rstrip(b"\0").decode())

    def retransmit(self, first, count):
        """(reports sent again, reason). Live ones must not come meanwhile."""
        self.send_bytes(frame(RETRANSMIT_REQUEST, struct.pack("<QI4x", first, count)))
        again = []
        while True:
            got = self.receive()
            if got.template == RETRANSMIT_DONE:
                asked, sent, reason = struct.unpack("<QIH2x", got.block)
                assert (asked, sent) == (first, len(again)), (asked, sent, len(again))
                return again, reason
            if got.template == HEARTBEAT:
                continue
            assert got.sequence == first + len(again), f"report {got.sequence} again, expected {first + len(again)}"
            assert got.block[16:40] == bytes(24), "a report again with stamps of its first sending"
            again.append(got)

    def limits(self, account=0):
        (part,) = self.answer(LIMIT_QUERY, struct.pack("<QI4x", 9, account), LIMITS)
        return Limits(*struct.unpack("<QQQIIIIIIIIII", part)[1:12])

    def keep_copy(self, frame):
        """True when it is a drop copy, which copy() then tells."""
        if frame.template != EXECUTION_REPORT or frame.sequence != 0:
            return False
        execution = execution_of_body(frame.block[REPORT_HEADER.size:])
        if not execution.flags & COPY:
            return False
        self.copies.append(execution)
        return True

    def copy(self):
        """The next drop copy; no report may come before it."""
        while not self.copies:
            got = self.receive()
            assert got.template == HEARTBEAT or self.keep_copy(got), got
        return self.copies.popleft()

    def query(self, template, block, part=None):
        """(blocks of the answer, reason, since); `part` is their template"""
        self.send_bytes(frame(template, block))
        parts = []
        while True:
            got = self.receive()
            if got.template == QUERY_DONE:
                _, _, since, reason = struct.unpack("<QQQH6x", got.block)
                return parts, reason, since
            if got.template == HEARTBEAT or self.keep_copy(got):
                continue
            assert got.sequence == 0, "a report in the middle of a test's query"
            if part is None or got.template == part:
                parts.append(got.block)

    def answer(self, template, block, part):
        parts, reason, _ = self.query(template, block, part)
        assert reason == 0, f"refused: {reason}"
        return parts

    def statuses(self, template, block):
        return [execution_of_body(part[REPORT_HEADER.size:]) for part in self.answer(template, block, EXECUTION_REPORT)]

    def order_status(self, account, order_id=0, cl_ord_id=0):
        """The order, or the reason why there is none."""
        parts, reason, _ = self.query(ORDER_STATUS_QUERY, struct.pack("<QQQI4x", 1, order_id, cl_ord_id, account))
        return execution_of_body(parts[0][REPORT_HEADER.size:]) if parts else reason

    def open_orders(self, account, instrument=0):
        return self.statuses(OPEN_ORDERS_QUERY, struct.pack("<QII", 2, account, instrument))

    def order_history(self, account, count=0):
        return self.statuses(ORDER_HISTORY_QUERY, struct.pack("<QII", 3, account, count))

    def pendings(self, account):
        result = []
        for part in self.answer(PENDINGS_QUERY, struct.pack("<QI4x", 4, account), PENDING_TRANSFER):
            _, as_of, low, high, amount, expires, debit, credit, asset, scope, address = struct.unpack(
                "<QQQQqqIIII21s3x", part)
            result.append(Pending(as_of, (low, high), amount, expires, debit, credit, asset, scope, address))
        return result

    def statement(self, account, asset=0, count=0):
        result = []
        for part in self.answer(STATEMENT_QUERY, struct.pack("<QIIII", 5, account, asset, count, 0), STATEMENT_ENTRY):
            _, number, sequence, at, low, high, *rest = struct.unpack("<QQQqQQQqqqIIIIB7x", part)
            result.append(Entry(number, sequence, at, (low, high), *rest))
        return result

    def account_states(self, account):
        return [Account(*struct.unpack("<QQIIIIIIBBBB4x", part)[1:])
                for part in self.answer(ACCOUNT_QUERY, struct.pack("<QI4x", 6, account), ACCOUNT_STATE)]

    def audit(self):
        """{asset: Figures}"""
        result = {}
        for part in self.answer(AUDIT_QUERY, struct.pack("<Q", 7), AUDIT_FIGURES):
            _, as_of, total, issued, minted, minted_high, burned, burned_high, *rest = struct.unpack("<QQqqQQQQqqqIIII", part)
            figures = Figures(as_of, total, issued, minted | minted_high << 64, burned | burned_high << 64, *rest)
            result[figures.asset] = figures
        return result

    def drop_copy(self, account):
        return self.query(DROP_COPY, struct.pack("<QI4x", 8, account))[1]

    def execution(self):
        got = self.report()
        assert got.template == EXECUTION_REPORT, f"template {got.template} {got.body.hex()}"
        return execution_of(got)

    def ask(self, template, block):
        self.send(template, block)
        return self.report()

    def mass_cancel(self, instrument=0, side=0):
        """(executions of the canceled orders, MassCanceled)"""
        self.send(MASS_CANCEL, mass_cancel_block(self.next_cl_ord_id(), self.key.account, instrument, side))
        canceled = []
        while True:
            report = self.report()
            if report.template == REPORT + EV_MASS_CANCELED:
                return canceled, MassCanceled(*struct.unpack("<QIIIBB2x", report.body))
            assert report.template == EXECUTION_REPORT, report
            canceled.append(execution_of(report))

    def set_self_trade_rule(self, rule, account=None):
        account = account or self.key.account
        report = self.ask(SET_SELF_TRADE_RULE, self_trade_rule_block(account, rule, 17))
        assert report.template == REPORT + EV_SELF_TRADE_RULE_SET, report
        assert struct.unpack("<QIB3x", report.body) == (17, account, rule), report

    def balances(self, account):
        """{asset: (available, held)} of what is not nothing"""
        self.send_bytes(frame(BALANCE_QUERY, struct.pack("<QII", 7, account, 0)))
        result = {}
        while True:
            got = self.receive()
            if got.template == QUERY_DONE:
                assert struct.unpack_from("<H", got.block, 24)[0] == 0, "balance query refused"
                return result
            if got.template == BALANCE:
                _, _, available, held, _, asset = struct.unpack("<QQqqII", got.block)
                if available or held:
                    result[asset] = (available, held)

    def listings(self):
        """({symbol: asset id}, {symbol: instrument id})"""
        self.send_bytes(frame(LIST_QUERY, struct.pack("<Q", 8)))
        assets, instruments = {}, {}
        while True:
            got = self.receive()
            if got.template == QUERY_DONE:
                return assets, instruments
            if got.template == REPORT + EV_ASSET_LISTED:
                body = got.block[REPORT_HEADER.size:]
                assets[body[:8].rstrip(b"\0").decode()] = struct.unpack_from("<I", body, 16)[0]
            if got.template == REPORT + EV_INSTRUMENT_LISTED:
                body = got.block[REPORT_HEADER.size:]
                instruments[body[:16].rstrip(b"\0").decode()] = struct.unpack_from("<I", body, 16)[0]

    # ---- operators

    def open_account(self, owner=0):
        report = self.ask(OPEN_ACCOUNT, struct.pack("<QIB3x", 1, owner, 1))
        assert report.template == REPORT + EV_ACCOUNT_OPENED, report
        return struct.unpack_from("<QI", report.body)[1]

    def add_key(self, account, permissions=15):
        key = Key.fresh()
        report = self.ask(ADD_KEY, key.public() + struct.pack("<IIII", account, permissions, 0, 0))
        assert report.template == REPORT + EV_KEY_ADDED, report
        key.id = struct.unpack_from("<I", report.body, 32)[0]
        key.account = account
        return key

    def mint(self, account, asset, amount):
        report = self.ask(MINT, mint_block(account, asset, amount))
        assert report.template == REPORT + EV_TRANSFERRED, report

    def funded(self, balances):
        """A new account with a key and {asset: amount}."""
        account = self.open_account()
        key = self.add_key(account)
        for asset, amount in balances.items():
            self.mint(account, asset, amount)
        return key


def execution_of(report):
    return execution_of_body(report.body)


def execution_of_body(body):
    return Execution(*struct.unpack("<QQQqqqqqqQqIIIBBBBHBBBB2xqqqI4x", body))
