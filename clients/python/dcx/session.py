"""One session of a venue over as many connections as it takes: the machinery of dcx.Client, without a thread of its own. pump()
does what is due: connects, logs in, sends again what was not taken, asks for reports that were missed, sends heartbeats.

What it promises, and how, stands in README.md beside this package."""

import dataclasses
import errno
import random
import select
import socket
import struct
import time

from dcx import messages as m
from dcx.outbox import Command, Outbox, ReportOrder, Unanswered

_REPORTS_AT_ONCE = 10_000
_SILENT_INTERVALS = 3
_WORTH_ANOTHER_TRY = {0, *(m.TerminateCode[name] for name in ("finished", "timeout", "slow_consumer", "shutdown", "not_accepting",
                                                             "too_many_connections", "throttled"))}
# The session hangs on a connection that is dead but not yet given up, or a late login of ours came between.
_REFUSED_FOR_NOW = {m.RejectReason.none, m.RejectReason.session_in_use}


@dataclasses.dataclass
class Options:
    """`resend`: what was not taken is sent again, and commands may wait for a connection; what is then older than `max_age`
    seconds (0: any age is fine) is not sent. `next_report`: number of the first report wanted; 0: only what is told from now on.
    `cancel_orders`, `grace_ms`: what the venue cancels when the session has been away so long."""
    resend: bool = True
    max_age: float = 5.0
    next_report: int = 0
    heartbeat: float = 20.0
    cancel_orders: m.CancelScope = m.CancelScope.none
    grace_ms: int = 0
    max_unanswered: int = 5_000
    max_held_reports: int = 20_000
    min_wait: float = 0.02
    max_wait: float = 2.0
    login_timeout: float = 15.0


class Handler:
    """Who hears what a session tells."""

    def on_state(self, state, why):
        """connecting, resyncing, current, waiting or closed"""

    def on_report(self, report, sequence, command):
        """in the order of their numbers, each once; `command`: the one that it answers, or None"""

    def on_unanswered(self, command, why):
        """a command that has no report"""

    def on_reports_lost(self, first, end, reason):
        """reports that the venue cannot tell again: from the first to the one before the end"""

    def on_answer(self, reference, parts, done):
        """a query's whole answer"""

    def on_notice(self, notice):
        """from the operator"""

    def on_throttled(self, wait_ns):
        """the venue takes nothing more for so long"""


class Session:
    def __init__(self, address, key, client_session, handler, options=None):
        self.address, self.key, self.client_session, self.handler = address, key, client_session, handler
        self.options = options or Options()
        self.state, self.why = "waiting", ""
        self.negotiated = None
        self.connections = 0
        self.cl_ord_id = 0
        self.outbox = Outbox(self.options.max_unanswered)
        self.reports = ReportOrder(self.options.max_held_reports)
        if self.options.next_report:
            self.reports.start(self.options.next_report)
        self._socket = None
        self._stage = ""  # of a connection: connecting, negotiating, establishing, ready, finishing
        self._venue_id = None
        self._refused = m.RejectReason.none
        self._next_sequence = 0
        self._retransmit_from = 0
        self._queries = []
        self._query_sent = False
        self._next_reference = 1
        self._pace, self._paced_from = 0.0, 0.0
        self._not_before = 0.0  # of what waits: commands beyond the throttle, missed reports
        self._connect_at = 0.0
        self._attempts = 0
        self._finishing = False

    # ---- what its owner does

    def give(self, message):
        """Sends a command now, or as soon as the venue takes it; None when it can't be given."""
        if self._finishing or self.state == "closed" or len(self.outbox) >= self.outbox.limit or self.connections == 0:
            return None
        if not self.options.resend and self._stage != "ready":
            return None
        if hasattr(message, "cl_ord_id"):
            message.cl_ord_id = message.cl_ord_id or self.cl_ord_id + 1
            if message.cl_ord_id <= self.cl_ord_id:
                return None
        message.to_block()  # what does not fit into its fields is refused here, before anything has changed
        self.cl_ord_id = max(self.cl_ord_id, getattr(message, "cl_ord_id", 0))
        command = Command(message, time.monotonic())
        self.outbox.waiting.append(command)
        self._send_waiting()
        return command

    def ask(self, query):
        """Asks, again after a lost connection; the reference that stands in the answer."""
        query.reference = self._next_reference
        self._next_reference += 1
        self._queries.append((query, []))
        self._send_query()
        return query.reference

    def finish(self):
        """Ends the session in order; what was sent is answered before the state is closed."""
        if self._finishing or self.state == "closed":
            return
        self._finishing = True
        if self._stage == "ready":
            self._send(m.Terminate(code=m.TerminateCode.finished))
            self._stage = "finishing"
        else:
            self._drop("closed by this client")

    def disconnect(self):
        """Gives up the connection, as if the network had; it comes back."""
        if self._socket is not None:
            self._drop("disconnected by this client")

    def pump(self, timeout=0.0):
        """Does what is due, and waits for more at most so many seconds."""
        self._timers()
        if self.state == "closed":
            return
        wait = max(0.0, min(timeout, self._next_timer() - time.monotonic()))
        if self._socket is None:
            time.sleep(wait)
            return self._timers()
        poll = select.poll()
        poll.register(self._socket, select.POLLIN | (select.POLLOUT if self._out or self._stage == "connecting" else 0))
        ready = poll.poll(wait * 1000)
        if ready and self._stage == "connecting":
            self._connected()
        if self._socket is not None and ready and ready[0][1] & ~select.POLLOUT:
            self._receive()
        self._flush()
        self._timers()

    # ---- connections

    def _set_state(self, state, why=""):
        if state != self.state:
            self.state, self.why = state, why
            self.handler.on_state(state, why)

    def _connect(self):
        self._attempts += 1
        self._refused = m.RejectReason.none
        self._set_state("connecting")
        self._out, self._decoder = bytearray(), m.Decoder()
        self._heard = self._spoke = self._began = time.monotonic()
        self._stage = "connecting"
        try:
            family, kind, protocol, _, address = socket.getaddrinfo(*self.address, type=socket.SOCK_STREAM)[0]
            self._socket = socket.socket(family, kind, protocol)
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._socket.connect_ex(address) not in (0, errno.EINPROGRESS):
                self._drop("it can't be reached")
        except OSError as error:
            self._drop(str(error))

    def _connected(self):
        error = self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            return self._drop(errno.errorcode.get(error, str(error)))
        self._stage = "negotiating"
        return None

    def _drop(self, why, code=0, for_good=False):
        """The end of a connection, or of all."""
        if self._socket is not None:
            self._socket.close()
        self._socket, self._stage = None, ""
        self._query_sent, self._retransmit_from = False, 0
        again = code in _WORTH_ANOTHER_TRY or (code == m.TerminateCode.refused and self._refused in _REFUSED_FOR_NOW)
        if for_good or self._finishing or not again:
            for command in self.outbox.drop_all():
                sent = command.sequence != 0 or command.taken
                self.handler.on_unanswered(command, Unanswered.UNKNOWN if sent else Unanswered.CLOSED)
            return self._set_state("closed", why)
        most = min(self.options.max_wait, self.options.min_wait * 2 ** min(self._attempts, 20))
        self._connect_at = time.monotonic() + most / 2 + random.uniform(0, most / 2)
        return self._set_state("waiting", why)

    def _give_up(self, why):
        self._drop(why, for_good=True)

    def _next_timer(self):
        now = time.monotonic()
        if self._socket is None:
            return min(self._connect_at, now + 0.05 if not self.outbox.all_sent() else now + 60.0)
        due = now + self.options.heartbeat / 4 if self._stage == "ready" else now + 0.05
        if not self.outbox.all_sent() or (self.reports.missing() and not self._retransmit_from):
            due = min(due, max(self._not_before, now + 0.001))
        return due

    def _timers(self):
        if self.state == "closed":
            return
        now = time.monotonic()
        if self._socket is None:
            self._drop_old()
            if now >= self._connect_at:
                self._connect()
            return
        if self._stage in ("ready", "finishing"):
            if now - self._heard > _SILENT_INTERVALS * self.options.heartbeat:
                return self._drop("the venue is silent")
        elif now - self._began > self.options.login_timeout:
            return self._drop("the venue did not let us in in time")
        if self._stage == "ready":
            if now >= self._not_before:
                self._drop_old()
                self._send_waiting()
                self._fetch_missing()
            if now - self._spoke > self.options.heartbeat / 2:
                self._send(m.Heartbeat(next_sequence=self._next_sequence))
            self._settle()
        return None

    # ---- frames

    def _send(self, message, sequence=0):
        self._out += m.encode(message, sequence)
        self._spoke = time.monotonic()

    def _flush(self):
        while self._socket is not None and self._out and self._stage != "connecting":
            try:
                sent = self._socket.send(self._out)
            except BlockingIOError:
                return
            except OSError as error:
                # What the venue said before may still be there to be read.
                self._out.clear()
                if error.errno not in (errno.EPIPE, errno.ECONNRESET):
                    self._drop(str(error))
                return
            del self._out[:sent]

    def _receive(self):
        try:
            data = self._socket.recv(1 << 18)
        except BlockingIOError:
            return
        except OSError as error:
            return self._drop(str(error))
        if not data:
            return self._drop("the venue closed the connection")
        self._heard = time.monotonic()
        try:
            frames = self._decoder.feed(data)
        except m.WireError as error:
            return self._drop(f"the venue sent what is no frame of this protocol: {error}")
        for frame in frames:
            if self._socket is None:
                return None
            self._on_frame(frame.message, frame.sequence)
        return None

    def _on_frame(self, message, sequence):
        reply = {
            m.Challenge: self._on_challenge, m.Negotiated: self._on_negotiated, m.NegotiateRejected: self._on_rejected,
            m.Established: self._on_established, m.Terminate: self._on_terminate, m.NotApplied: self._on_not_applied,
            m.RetransmitDone: self._on_retransmit_done, m.QueryDone: self._on_query_done,
            m.Notice: self.handler.on_notice, m.Heartbeat: lambda _: None,
        }.get(type(message))
        if reply is not None:
            reply(message)
        elif sequence == 0:
            if self._query_sent:
                self._queries[0][1].append(message)
        elif self.reports.comes(sequence, message):
            self._tell(message, sequence)
            while (held := self.reports.take_held()) is not None:
                self._tell(held[1], held[0])
        else:
            self._fetch_missing()

    def _on_challenge(self, challenge):
        if self._stage != "negotiating":
            return self._drop("a second challenge")
        if self._venue_id not in (None, challenge.venue_id):
            return self._give_up("another venue answers at this address")
        self._venue_id = challenge.venue_id
        signed = struct.pack("<16s32s16sQII", b"dcx-negotiate-v1", challenge.nonce, challenge.venue_id, self.client_session,
                             self.key.key_id, 0)
        self._send(m.Negotiate(client_session=self.client_session, key=self.key.key_id, signature=self.key.sign(signed)))
        return None

    def _on_rejected(self, rejected):
        self._refused = rejected.reason

    def _on_negotiated(self, negotiated):
        if self._stage != "negotiating":
            return self._drop("a session out of turn")
        self.negotiated = negotiated
        # Until it has been established here, the session may have been another program's, and what that did is not ours.
        if not self.connections and not self.options.next_report:
            self.reports.start(negotiated.next_outgoing)
        if self.connections and negotiated.next_incoming > self._next_sequence:
            return self._give_up("another program has used this session in between")
        if self.outbox.taken_through >= negotiated.next_incoming or not self.reports.resume(negotiated.next_outgoing):
            return self._give_up("the venue has forgotten what it had acknowledged")
        self.outbox.venue_expects(negotiated.next_incoming)
        self._next_sequence = negotiated.next_incoming
        self.cl_ord_id = max(self.cl_ord_id, negotiated.last_cl_ord_id)
        self._stage = "establishing"
        self._send(m.Establish(heartbeat_ms=int(self.options.heartbeat * 1000), grace_ms=self.options.grace_ms,
                               cancel_orders=self.options.cancel_orders))
        return None

    def _on_established(self, _):
        if self._stage != "establishing":
            return self._drop("a session out of turn")
        self._stage = "ready"
        self.connections += 1
        self._not_before = 0.0
        self._set_state("resyncing")
        if not self.options.resend:
            self._tell_unanswered(self.outbox.drop_older(float("inf")), Unanswered.NOT_RESENT)
        self._drop_old()
        self._send_waiting()
        self._fetch_missing()
        self._send_query()
        self._settle()
        return None

    def _on_terminate(self, terminate):
        name = getattr(terminate.code, "name", str(terminate.code))
        refused = f": {self._refused.name}" if self._refused else ""
        self._drop(name + refused, terminate.code)

    # ---- commands

    def _drop_old(self):
        if self.options.max_age and not self.outbox.all_sent():
            old = self.outbox.drop_older(time.monotonic() - self.options.max_age)
            self._tell_unanswered(old, Unanswered.TOO_OLD)

    def _tell_unanswered(self, commands, why):
        for command in commands:
            self.handler.on_unanswered(command, why)

    def _send_waiting(self):
        if self._stage != "ready":
            return
        left = len(self.outbox)
        if self._pace:
            left = int((time.monotonic() - self._paced_from) / self._pace)
            self._paced_from += max(left, 0) * self._pace
        while left > 0 and (command := self.outbox.next_unsent()) is not None:
            self._send(command.message, self._next_sequence)
            self.outbox.mark_sent(self._next_sequence)
            self._next_sequence += 1
            left -= 1
        if self.outbox.all_sent():
            self._pace = 0.0

    def _on_not_applied(self, refused):
        if refused.reason == m.RejectReason.exists:
            return self.outbox.taken_below(refused.next_sequence)
        if refused.next_sequence > self._next_sequence:
            return self._drop("the venue asks for a command that was never sent")
        self.outbox.venue_expects(refused.next_sequence)
        self._next_sequence = refused.next_sequence
        if refused.reason == m.RejectReason.throttled:
            # Once it is told the pace, a second refusal says that it was still too fast.
            self._pace = min(max(refused.wait_ns / 1e9, self._pace * 2, 1e-6), 1.0)
            self._paced_from = time.monotonic()
            self._not_before = self._paced_from + self._pace
            self.handler.on_throttled(refused.wait_ns)
        else:
            self._send_waiting()
        return None

    # ---- reports

    def _tell(self, report, sequence):
        self.handler.on_report(report, sequence, self.outbox.answered(report))

    def _fetch_missing(self):
        gap = self.reports.missing()
        if self._stage != "ready" or self._retransmit_from or not gap:
            return
        self._retransmit_from = gap[0]
        self._send(m.RetransmitRequest(from_=gap[0], count=min(gap[1] - gap[0], _REPORTS_AT_ONCE)))

    def _on_retransmit_done(self, done):
        first, self._retransmit_from = self._retransmit_from, 0
        if done.reason in (m.RejectReason.retransmit_running, m.RejectReason.throttled):
            self._not_before = time.monotonic() + 0.05
            return
        gap = self.reports.missing()
        if gap and gap[0] == first:
            self.reports.give_up_gap()
            self._tell_unanswered(self.outbox.drop_taken(), Unanswered.UNKNOWN)
            self.handler.on_reports_lost(*gap, done.reason)
            while (held := self.reports.take_held()) is not None:
                self._tell(held[1], held[0])
        self._fetch_missing()

    # ---- queries

    def _send_query(self):
        # One at a time: not every part of an answer says which query it belongs to.
        if self._stage == "ready" and not self._query_sent and self._queries:
            self._queries[0][1].clear()
            self._send(self._queries[0][0])
            self._query_sent = True

    def _on_query_done(self, done):
        if not self._query_sent or done.reference != self._queries[0][0].reference:
            return
        self._query_sent = False
        query, parts = self._queries.pop(0)
        self._send_query()
        self.handler.on_answer(query.reference, parts, done)

    def _settle(self):
        if self._stage != "ready":
            return
        current = self.outbox.all_sent() and not self.reports.missing() and not self._retransmit_from
        if current:
            self._attempts = 0
        self._set_state("current" if current else "resyncing")
