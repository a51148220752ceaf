#include "client/outbox.h"

#include <algorithm>
#include <cstring>

namespace dcx::client {
namespace {

std::uint64_t first_word(std::span<const std::byte> bytes) {
    std::uint64_t word = 0;
    if (bytes.size() >= sizeof(word)) std::memcpy(&word, bytes.data(), sizeof(word));
    return word;
}

// How a command and the report that answers it name each other.
enum class Named : std::uint8_t { by_id, by_reference, by_kind };
struct AnswerKind {
    CommandKind command{};
    EventKind report{};
    Named named{};
};
constexpr std::array kAnswers{
    AnswerKind{CommandKind::open_account, EventKind::account_opened, Named::by_reference},
    AnswerKind{CommandKind::add_key, EventKind::key_added, Named::by_kind},
    AnswerKind{CommandKind::revoke_key, EventKind::key_revoked, Named::by_kind},
    AnswerKind{CommandKind::list_asset, EventKind::asset_listed, Named::by_kind},
    AnswerKind{CommandKind::list_instrument, EventKind::instrument_listed, Named::by_kind},
    AnswerKind{CommandKind::set_phase, EventKind::phase_changed, Named::by_kind},
    AnswerKind{CommandKind::set_self_trade_rule, EventKind::self_trade_rule_set, Named::by_reference},
    AnswerKind{CommandKind::set_dead_man, EventKind::dead_man_set, Named::by_reference},
    AnswerKind{CommandKind::allow_address, EventKind::address_allowed, Named::by_reference},
    AnswerKind{CommandKind::transfer, EventKind::transferred, Named::by_id},
    AnswerKind{CommandKind::mint, EventKind::transferred, Named::by_id},
    AnswerKind{CommandKind::burn, EventKind::transferred, Named::by_id},
    AnswerKind{CommandKind::pend_transfer, EventKind::transfer_pended, Named::by_id},
    AnswerKind{CommandKind::post_transfer, EventKind::pending_resolved, Named::by_id},
    AnswerKind{CommandKind::void_transfer, EventKind::pending_resolved, Named::by_id},
    AnswerKind{CommandKind::withdraw, EventKind::withdrawal_requested, Named::by_id},
};

bool moves_money(CommandKind kind) { return kind >= CommandKind::transfer && kind <= CommandKind::withdraw; }

bool same_id(const Report& report, const OutboxCommand& command) {
    constexpr std::size_t size = sizeof(TransferId);
    return report.body.size() >= size && std::memcmp(report.body.data(), command.body.data(), size) == 0;
}

}  // namespace

ClOrdId cl_ord_id_of(CommandKind kind, std::span<const std::byte> body) {
    switch (kind) {
        case CommandKind::place_order:
        case CommandKind::cancel_order:
        case CommandKind::amend_order:
        case CommandKind::mass_cancel: return ClOrdId{first_word(body)};
        default: return {};
    }
}

bool answers(const Report& report, const OutboxCommand& command) {
    if (report.kind == EventKind::command_rejected)
        return report.as<CommandRejected>().session_sequence == command.sequence;
    if (report.kind == EventKind::cancel_rejected)
        return command.cl_ord_id && report.as<CancelRejected>().cl_ord_id == command.cl_ord_id;
    if (report.kind == EventKind::mass_canceled)
        return command.cl_ord_id && report.as<MassCanceled>().cl_ord_id == command.cl_ord_id;
    // A member of a group waits for the others: it is told that it is linked, and of its fate later.
    if (report.kind == EventKind::transfer_linked) return moves_money(command.kind) && same_id(report, command);
    const auto* const found = std::ranges::find(kAnswers, command.kind, &AnswerKind::command);
    if (found == kAnswers.end() || found->report != report.kind) return false;
    switch (found->named) {
        case Named::by_id: return same_id(report, command);
        case Named::by_reference: return first_word(report.body) == first_word(command.bytes());
        case Named::by_kind: return true;
    }
    return false;
}

OutboxCommand* Outbox::next_unsent() { return all_sent() ? nullptr : &commands_[unsent_]; }

void Outbox::sent(std::uint64_t sequence) {
    DCX_CHECK(!all_sent() && sequence != 0);
    commands_[unsent_++].sequence = sequence;
}

void Outbox::venue_expects(std::uint64_t next) {
    taken_below(next);
    while (unsent_ > 0 && !commands_[unsent_ - 1].taken) commands_[--unsent_].sequence = 0;
}

void Outbox::taken_below(std::uint64_t next) {
    for (std::size_t i = 0; i < unsent_ && commands_[i].sequence < next; ++i) commands_[i].taken = true;
    taken_through_ = std::max(taken_through_, next - 1);
}

std::vector<OutboxCommand> Outbox::drop_older(std::int64_t oldest_ns) {
    std::vector<OutboxCommand> dropped;
    std::erase_if(commands_, [&](const OutboxCommand& command) {
        const bool old = command.sequence == 0 && command.given_ns < oldest_ns;
        if (old) dropped.push_back(command);
        return old;
    });
    return dropped;
}

std::vector<OutboxCommand> Outbox::take_front(std::size_t count) {
    const auto end = commands_.begin() + static_cast<std::ptrdiff_t>(count);
    std::vector<OutboxCommand> taken(commands_.begin(), end);
    commands_.erase(commands_.begin(), end);
    unsent_ -= std::min(unsent_, count);
    return taken;
}

std::vector<OutboxCommand> Outbox::take_answered(std::size_t count) {
    taken_through_ = std::max(taken_through_, commands_[count - 1].sequence);
    return take_front(count);
}

std::vector<OutboxCommand> Outbox::answered(ClOrdId cl_ord_id) {
    for (std::size_t i = 0; i < unsent_; ++i) {
        const OutboxCommand& command = commands_[i];
        // Numbers rise, so a report of an older order costs no search.
        if (command.cl_ord_id > cl_ord_id) break;
        if (command.cl_ord_id != cl_ord_id || !cl_ord_id) continue;
        // Each order that it cancels is told under its number; the answer is MassCanceled, behind them.
        if (command.kind == CommandKind::mass_cancel) break;
        return take_answered(i + 1);
    }
    return {};
}
std::vector<OutboxCommand> Outbox::answered(const Report& report) {
    for (std::size_t i = 0; i < unsent_; ++i)
        if (answers(report, commands_[i])) return take_answered(i + 1);
    return {};
}

std::vector<OutboxCommand> Outbox::drop_taken() {
    std::size_t count = 0;
    while (count < unsent_ && commands_[count].taken) ++count;
    return take_front(count);
}

bool Outbox::withdraw(ClOrdId cl_ord_id) {
    for (std::size_t i = unsent_; i < commands_.size(); ++i) {
        if (commands_[i].cl_ord_id != cl_ord_id) continue;
        commands_.erase(commands_.begin() + static_cast<std::ptrdiff_t>(i));
        return true;
    }
    return false;
}

std::vector<OutboxCommand> Outbox::drop_all() {
    std::vector<OutboxCommand> all(commands_.begin(), commands_.end());
    commands_.clear();
    unsent_ = 0;
    return all;
}

}  // namespace dcx::client
