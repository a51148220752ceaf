"""The commands of a session that the venue has not answered, in order, and the order in which its reports are told.

Both rest on what the protocol promises: the venue takes a session's commands by their sequences without a gap, and numbers its
reports in the order of the commands. No sockets and no clock here."""

import collections
import dataclasses
import enum

from dcx import messages as m


class Unanswered(enum.Enum):
    """Why a command has no report."""
    TOO_OLD = "too_old"        # not sent: it waited longer than max_age
    NOT_RESENT = "not_resent"  # not sent: the connection was lost and resend is off
    CLOSED = "closed"          # not sent: the client was closed first
    UNKNOWN = "unknown"        # it may have been done: its reports cannot be had


@dataclasses.dataclass(eq=False)
class Command:
    """A command on its way; `sequence` 0: it is not with the venue."""
    message: m.Message
    given: float
    sequence: int = 0
    taken: bool = False

    @property
    def cl_ord_id(self):
        return getattr(self.message, "cl_ord_id", 0)


_BY_ID = {
    m.Transfer: (m.Transferred, m.TransferLinked),
    m.PendTransfer: (m.TransferPended, m.TransferLinked),
    m.Mint: (m.Transferred,),
    m.Burn: (m.Transferred,),
    m.PostTransfer: (m.PendingResolved,),
    m.VoidTransfer: (m.PendingResolved,),
    m.Withdraw: (m.WithdrawalRequested,),
}
_BY_REFERENCE = {m.OpenAccount: m.AccountOpened, m.SetSelfTradeRule: m.SelfTradeRuleSet, m.SetDeadMan: m.DeadManSet,
                 m.AllowAddress: m.AddressAllowed}
_BY_KIND = {m.AddKey: m.KeyAdded, m.RevokeKey: m.KeyRevoked, m.ListAsset: m.AssetListed, m.ListInstrument: m.InstrumentListed,
            m.SetPhase: m.PhaseChanged}


def answers(report, command):
    """True when the report is the venue's answer to the command."""
    kind = type(command.message)
    if isinstance(report, m.ExecutionReport):
        # Of any but a trade. Orders that a mass cancel takes carry its number, too; MassCanceled comes behind them.
        return report.cl_ord_id == command.cl_ord_id != 0 and kind is not m.MassCancel
    if isinstance(report, m.CommandRejected):
        return report.session_sequence == command.sequence
    if isinstance(report, (m.CancelRejected, m.MassCanceled)):
        return report.cl_ord_id == command.cl_ord_id
    if isinstance(report, _BY_ID.get(kind, ())):
        return report.id == command.message.id
    if kind in _BY_REFERENCE:
        return isinstance(report, _BY_REFERENCE[kind]) and report.reference == command.message.reference
    return kind in _BY_KIND and isinstance(report, _BY_KIND[kind])


class Outbox:
    """Commands that are taken, then those on their way, then those not sent."""

    def __init__(self, limit):
        self.limit = limit
        self.waiting = collections.deque()
        self.sent = 0           # how many of them are on their way or taken
        self.taken_through = 0  # the highest sequence that is known to be taken

    def __len__(self):
        return len(self.waiting)

    def all_sent(self):
        return self.sent == len(self.waiting)

    def next_unsent(self):
        return None if self.all_sent() else self.waiting[self.sent]

    def mark_sent(self, sequence):
        self.waiting[self.sent].sequence = sequence
        self.sent += 1

    def venue_expects(self, next_sequence):
        """Those below are taken, the others are not on their way any more."""
        self.taken_below(next_sequence)
        while self.sent and not self.waiting[self.sent - 1].taken:
            self.sent -= 1
            self.waiting[self.sent].sequence = 0

    def taken_below(self, next_sequence):
        for command in self.waiting:
            if command.sequence == 0 or command.sequence >= next_sequence:
                break
            command.taken = True
        self.taken_through = max(self.taken_through, next_sequence - 1)

    def answered(self, report):
        """The command that the report answers, which is taken out with all before it; None: it answers none."""
        number = 0
        if isinstance(report, m.ExecutionReport):
            if report.exec_type == m.ExecType.trade:
                return None
            number = report.cl_ord_id
        for position in range(self.sent):
            command = self.waiting[position]
            # Numbers rise, so a report of an older order costs no search.
            if number and command.cl_ord_id > number:
                return None
            if answers(report, command):
                self.taken_through = max(self.taken_through, command.sequence)
                self._take(position + 1)
                return command
        return None

    def drop_older(self, given):
        """Takes out those that are not on their way and were given before."""
        old = [c for c in self.waiting if c.sequence == 0 and c.given < given]
        for command in old:
            self.waiting.remove(command)
        return old

    def drop_taken(self):
        count = 0
        while count < self.sent and self.waiting[count].taken:
            count += 1
        return self._take(count)

    def drop_all(self):
        self.sent = len(self.waiting)
        return self._take(self.sent)

    def withdraw(self, command):
        """True when it was not on its way and never will be."""
        if command.sequence != 0 or command not in self.waiting:
            return False
        self.waiting.remove(command)
        return True

    def _take(self, count):
        self.sent -= count
        return [self.waiting.popleft() for _ in range(count)]


class ReportOrder:
    """Each report once, by its number. Those beyond a gap are held until it is filled; beyond `limit` they are let go, and
    the gap grows over them."""

    def __init__(self, limit):
        self.limit = limit
        self.next = 0  # 0: not known yet
        self.gap_end = 0
        self.held = collections.deque()

    def start(self, first):
        self.next = self.gap_end = first

    def resume(self, next_outgoing):
        """A new connection; False: the venue has forgotten what it told."""
        if self.next == 0:
            self.start(next_outgoing)
            return next_outgoing != 0
        if next_outgoing < self.gap_end + len(self.held):
            return False
        self.held.clear()
        self.gap_end = next_outgoing
        return True

    def missing(self):
        """(first, end) of the gap, or None."""
        return (self.next, self.gap_end) if self.next < self.gap_end else None

    def comes(self, sequence, report):
        """True when it is the next one."""
        if sequence < self.next:
            return False
        if sequence == self.next:
            if self.next == self.gap_end:
                self.gap_end += 1
            self.next += 1
            return True
        if sequence >= self.gap_end + len(self.held):
            if sequence == self.gap_end + len(self.held) and len(self.held) < self.limit:
                self.held.append((sequence, report))
            else:
                self.held.clear()
                self.gap_end = sequence + 1
        return False

    def take_held(self):
        """(sequence, report) of those held, once the gap before it is filled; else None."""
        if self.next != self.gap_end or not self.held:
            return None
        self.next = self.gap_end = self.gap_end + 1
        return self.held.popleft()

    def give_up_gap(self):
        self.next = self.gap_end
