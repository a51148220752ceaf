#include "client/trading_client.h"

#include <algorithm>
#include <limits>

#include "base/ed25519.h"

namespace dcx::client {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::size_t kMaxUnanswered = 16'000;
static_assert(kMaxUnanswered < SessionFile::kSlots);

// Ends that are no answer to anything we did, or that time heals.
bool worth_another_try(const ClientClosed& closed) {
    if (closed.code == TerminateCode{}) return true;  // it only closed
    switch (closed.code) {
        case TerminateCode::finished:
        case TerminateCode::timeout:
        case TerminateCode::slow_consumer:
        case TerminateCode::shutdown:
        case TerminateCode::not_accepting:
        case TerminateCode::too_many_connections:
        case TerminateCode::throttled: return true;
        // The session hangs on a connection that is dead but not yet given up, or a late login of ours came between.
        case TerminateCode::refused:
            return closed.refused == RejectReason::session_in_use || closed.refused == RejectReason::none;
        default: return false;
    }
}

std::uint64_t seed_or_chance(std::uint64_t seed) {
    if (seed == 0) random_bytes(std::as_writable_bytes(std::span{&seed, 1}));
    return seed;
}

}  // namespace

std::string_view to_string(TradingState state) {
    switch (state) {
        case TradingState::connecting: return "connecting";
        case TradingState::resyncing: return "resyncing";
        case TradingState::current: return "current";
        case TradingState::waiting: return "waiting";
        case TradingState::closed: return "closed";
    }
    return "unknown";
}

std::string_view to_string(Unanswered why) {
    switch (why) {
        case Unanswered::too_old: return "too_old";
        case Unanswered::not_resent: return "not_resent";
        case Unanswered::closed: return "closed";
        case Unanswered::unknown: return "unknown";
    }
    return "unknown";
}

TradingClient::TradingClient(net::Reactor& reactor, TradingOptions options, Owner& owner)
    : reactor_(reactor),
      options_(std::move(options)),
      owner_(owner),
      random_(seed_or_chance(options_.seed)),
      outbox_(std::min(options_.max_unanswered, kMaxUnanswered)),
      order_(options_.max_held_reports),
      away_since_ns_(reactor.now_ns()),
      again_(reactor, [this] { come_back(); }),
      pacer_(reactor,
             [this] {
                 send_waiting();
                 fetch_missing();
                 settle();
             }),
      sweeper_(reactor, [this] { drop_old(); }) {
    if (options_.next_report != 0) order_.start(options_.next_report);
    again_.start_after(0);
    if (options_.state_file.empty()) return;
    auto file = SessionFile::open(options_.state_file, options_.login.key.key, options_.login.client_session);
    if (!file) {
        gave_up_ = file.error();
        return;
    }
    file_.emplace(std::move(*file));
    for (OutboxCommand command : file_->unanswered(reactor_.now_ns())) {
        const std::uint64_t sequence = std::exchange(command.sequence, 0);
        outbox_.add(command);
        outbox_.sent(sequence);
        last_cl_ord_id_ = std::max(last_cl_ord_id_, command.cl_ord_id);
    }
    ours_ = file_->next_report() != 0;
    last_sent_ = file_->last_sent();
    outbox_.taken_below(file_->answered_through() + 1);
    if (options_.next_report == 0 && file_->next_report() != 0) order_.start(file_->next_report());
}

// ---- connections

void TradingClient::come_back() {
    client_.reset();
    if (!gave_up_.empty()) return close_for_good({.code = {}, .refused = {}, .text = gave_up_});
    if (finishing_) return close_for_good({.code = {}, .refused = {}, .text = "closed by this client"});
    if (options_.give_up_ns != 0 && reactor_.now_ns() - away_since_ns_ > options_.give_up_ns) {
        gave_up_ = "no session could be had for too long, at last " + why_away_;
        return close_for_good({.code = {}, .refused = refused_, .text = gave_up_});
    }
    connect();
}

void TradingClient::connect() {
    ++attempts_;
    set_state(TradingState::connecting);
    OrderEntryClient::Owner& self = *this;
    client_ = std::make_unique<OrderEntryClient>(reactor_, options_.login, self);
}

void TradingClient::on_closed(OrderEntryClient&, const ClientClosed& closed) {
    pacer_.cancel();
    query_sent_ = false;
    retransmit_from_ = 0;
    if (state_ == TradingState::resyncing || state_ == TradingState::current) away_since_ns_ = reactor_.now_ns();
    if (!gave_up_.empty()) return close_for_good({.code = closed.code, .refused = closed.refused, .text = gave_up_});
    if (finishing_ || !worth_another_try(closed)) return close_for_good(closed);
    const std::int64_t most =
        std::min(options_.max_wait_ns, options_.min_wait_ns << std::min(attempts_, std::uint32_t{20}));
    again_.start_after(most / 2 + random_.between(0, most / 2));
    if (!outbox_.all_sent()) drop_old();
    std::string why{closed.text};
    if (closed.refused != RejectReason::none) why += ": " + std::string{to_string(closed.refused)};
    why_away_ = why;
    refused_ = closed.refused;
    set_state(TradingState::waiting, why);
}

void TradingClient::give_up(std::string text) {
    gave_up_ = std::move(text);
    client_->close();
}

void TradingClient::close_for_good(const ClientClosed& closed) {
    again_.cancel();
    sweeper_.cancel();
    if (file_) file_->forget();
    for (const OutboxCommand& command : outbox_.drop_all()) {
        const bool not_sent = command.sequence == 0 && !command.taken;
        owner_.on_unanswered(*this, command, not_sent ? Unanswered::closed : Unanswered::unknown);
    }
    if (file_) file_->close();
    file_.reset();
    set_state(TradingState::closed, closed.text);
    owner_.on_closed(*this, closed);
}

void TradingClient::finish() {
    if (finishing_ || state_ == TradingState::closed) return;
    finishing_ = true;
    if (state_ == TradingState::waiting || client_ == nullptr) return again_.start_after(0);
    client_->finish();
}

void TradingClient::disconnect() {
    if (client_ != nullptr && state_ != TradingState::waiting && state_ != TradingState::closed) client_->close();
}

void TradingClient::set_state(TradingState state, std::string_view why) {
    if (state == state_) return;
    state_ = state;
    owner_.on_state(*this, state, why);
}

// ---- a session again

void TradingClient::on_negotiated(OrderEntryClient& client) {
    session_ = client.session();
    if (venue_id_ && *venue_id_ != client.venue().venue_id) return give_up("another venue answers at this address");
    venue_id_ = client.venue().venue_id;
    // Until it has been established here, the session may have been another program's, and what that did is not ours.
    if (!ours_ && options_.next_report == 0) order_.start(session_.next_outgoing);
    if (ours_ && session_.next_incoming > last_sent_ + 1)
        return give_up("another program has used this session in between");
    if (outbox_.taken_beyond(session_.next_incoming) || !order_.resume(session_.next_outgoing))
        return give_up("the venue has forgotten what it had acknowledged");
    outbox_.venue_expects(session_.next_incoming);
    last_sent_ = session_.next_incoming - 1;
    last_cl_ord_id_ = std::max(last_cl_ord_id_, session_.last_cl_ord_id);
}

void TradingClient::on_ready(OrderEntryClient&) {
    ++connections_;
    ours_ = true;
    pace_ns_ = 0;
    // From here on what the file has is what is sent below.
    if (file_) file_->venue_expects(session_.next_incoming);
    next_told();
    set_state(TradingState::resyncing);
    if (!options_.resend)
        tell_unanswered(outbox_.drop_older(std::numeric_limits<std::int64_t>::max()), Unanswered::not_resent);
    drop_old();
    send_waiting();
    fetch_missing();
    send_query();
    settle();
}

void TradingClient::settle() {
    if (!ready()) return;
    const bool current = outbox_.all_sent() && !order_.gap() && retransmit_from_ == 0;
    if (current) attempts_ = 0;
    set_state(current ? TradingState::current : TradingState::resyncing);
}

void TradingClient::drop_old() {
    sweeper_.cancel();
    if (options_.max_age_ns == 0 || state_ == TradingState::closed) return;
    tell_unanswered(outbox_.drop_older(reactor_.now_ns() - options_.max_age_ns), Unanswered::too_old);
    if (!outbox_.all_sent()) sweeper_.start_after(std::clamp(options_.max_age_ns / 4, kNsPerMs, 250 * kNsPerMs));
}

void TradingClient::tell_unanswered(const std::vector<OutboxCommand>& commands, Unanswered why) {
    for (const OutboxCommand& command : commands) {
        owner_.on_unanswered(*this, command, why);
    }
}

}  // namespace dcx::client
