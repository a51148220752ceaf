#include "feed/private_feed.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace dcx::feed {

namespace {

constexpr std::int64_t kExpireEveryNs = 1'000'000'000;
// Open orders in one message of a snapshot.
constexpr std::size_t kOrdersInPage = 256;
// Events ahead of the one that is applied next, whose orders and accounts are fetched.
constexpr std::size_t kLookAhead = 8;

// Whose order, or request about one, an event tells of; 0: it is none of these.
AccountId order_account(const Event& event) {
    switch (event.header.kind) {
        case EventKind::order_accepted: return event.as<OrderAccepted>().account;
        case EventKind::order_rejected: return event.as<OrderRejected>().account;
        case EventKind::order_filled: return event.as<OrderFilled>().account;
        case EventKind::order_canceled: return event.as<OrderCanceled>().account;
        case EventKind::cancel_rejected: return event.as<CancelRejected>().account;
        case EventKind::order_amended: return event.as<OrderAmended>().account;
        case EventKind::order_decremented: return event.as<OrderDecremented>().account;
        default: return {};
    }
}

}  // namespace

PrivateFeed::PrivateFeed(const Options& options, FeedCounters& counters) : options_{options}, counters_{counters} {}
PrivateFeed::~PrivateFeed() = default;

// ---- events

void PrivateFeed::apply(std::span<const Event> events) {
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (i + kLookAhead < events.size()) view_.look_ahead(events[i + kLookAhead]);
        apply(events[i]);
    }
}

void PrivateFeed::apply(const Event& event) {
    view_.apply(event);
    if (!ready_) {
        if (event.header.kind != EventKind::restore_completed) return;
        const auto restored = event.as<RestoreCompleted>();
        ready_ = true;
        venue_id_ = restored.venue_id;
        epoch_ = restored.epoch;
        seq_ = event.header.sequence.value;
        time_ = event.header.time;
        return;
    }
    mid_command_ = true;
    if (event.header.kind == EventKind::epoch_started) epoch_ = event.as<EpochStarted>().epoch;
    if (event.header.kind == EventKind::key_revoked) revoked_.push_back(event.as<KeyRevoked>().key);
    if (!listened_.empty()) tell(event);
    if ((event.header.flags & kLastOfCommand) != 0) end_command(event.header);
}

void PrivateFeed::tell(const Event& event) {
    for (const AccountView::Changed& change : view_.changed()) {
        AccountStreams* const account = watched(change.account);
        if (account == nullptr || !account->balances.in_use()) continue;
        touch(*account);
        if (std::ranges::find(account->changed, change.asset) == account->changed.end())
            account->changed.push_back(change.asset);
    }
    if (event.header.kind == EventKind::trade_busted) {
        const auto busted = event.as<TradeBusted>();
        tell_execution(executions_of(busted.buyer), busted_execution(busted, busted.buyer, Side::buy));
        tell_execution(executions_of(busted.seller), busted_execution(busted, busted.seller, Side::sell));
        return;
    }
    // Most orders are of accounts that nobody listens to: nothing more is made of them.
    AccountStreams* const account = executions_of(order_account(event));
    if (account == nullptr) return;
    if (const auto execution = execution_of(event, view_)) tell_execution(account, *execution);
}

AccountStreams* PrivateFeed::executions_of(AccountId id) const {
    AccountStreams* const account = watched(id);
    return account != nullptr && account->executions.in_use() ? account : nullptr;
}

void PrivateFeed::tell_execution(AccountStreams* account, const Execution& execution) {
    if (account == nullptr) return;
    touch(*account);
    account->told.push_back(execution);
}

void PrivateFeed::touch(AccountStreams& account) {
    if (account.touched) return;
    account.touched = true;
    touched_.push_back(&account);
}

void PrivateFeed::end_command(const EventHeader& header) {
    mid_command_ = false;
    seq_ = header.sequence.value;
    time_ = header.time;
    for (AccountStreams* account : touched_) publish(*account);
    touched_.clear();
    for (PrivateStream* stream : std::exchange(begun_, {})) {
        stream->begun = false;
        stream->seq = seq_;
        stream->time = time_;
    }
    for (const KeyId key : std::exchange(revoked_, {})) revoke(key);
    if (!waiting_.empty()) serve_waiting();
}

void PrivateFeed::publish(AccountStreams& account) {
    account.touched = false;
    // What is held and what is left is told behind what happened to the orders.
    if (!account.told.empty())
        publish(account.executions, [&](Format format, const PrivateLink& link) {
            return encode_executions(frame_, format, link, account.account, account.told, view_);
        });
    if (!account.changed.empty())
        publish(account.balances, [&](Format format, const PrivateLink& link) {
            return encode_balances(frame_, format, link, account.account, account.changed, view_);
        });
    account.told.clear();
    account.changed.clear();
}

template <class Encode>
void PrivateFeed::publish(PrivateStream& stream, Encode&& encode) {
    // All who listen wait for a snapshot, which has it.
    if (stream.begun) return;
    const PrivateLink link{.epoch = epoch_, .prev = stream.seq, .seq = seq_, .time = time_};
    ChannelCounters& counters = counters_.of(stream.channel);
    for (const Format format : kFormats) {
        PrivateStream::Encoding& encoding = stream.of(format);
        if (!encoding.in_use()) continue;
        const auto frame = encode(format, link);
        ++counters.encoded;
        counters.encoded_bytes += frame.size();
        encoding.replay.add({.prev = link.prev, .seq = link.seq, .time = link.time}, frame);
        for (PrivateSubscription* subscription : encoding.subscribers) {
            // It will have this with its snapshot.
            if (subscription->state == PrivateSubscription::State::waiting) continue;
            if (!subscription->reader->tell(frame, link.time)) {
                ++counters.drops;
                continue;
            }
            ++counters.delivered;
            counters.delivered_bytes += frame.size();
            if (std::ranges::find(told_, subscription->reader) == told_.end()) told_.push_back(subscription->reader);
        }
    }
    stream.seq = link.seq;
    stream.time = link.time;
}

void PrivateFeed::hand_over() {
    for (PrivateReader* reader : told_) reader->hand_over();
    told_.clear();
}

bool PrivateFeed::tick(std::int64_t now_ns) {
    now_ns_ = now_ns;
    if (!ready_ || mid_command_) return false;
    const bool due = page_due();
    if (due) serve_waiting();
    if (now_ns >= expire_due_ns_) {
        expire(now_ns);
        expire_due_ns_ = now_ns + kExpireEveryNs;
    }
    return due;
}

bool PrivateFeed::page_due() const {
    return !mid_command_ && std::ranges::any_of(waiting_, [](const PrivateSubscription* subscription) {
        return subscription->reader->has_room();
    });
}

// ---- logins

const AccountKey* PrivateFeed::login_key(KeyId id) const {
    const AccountKey* const key = view_.key(id);
    // Operators have no account, and nobody's are the venue's.
    if (key == nullptr || key->revoked || (key->permissions & kPermitRead) == 0 || key->account < kFirstCustomer)
        return nullptr;
    return key;
}

std::expected<void, ErrorCode> PrivateFeed::log_in(PrivateReader& reader, KeyId key) {
    if (login_key(key) == nullptr) return std::unexpected(ErrorCode::bad_login);
    auto& readers = readers_[key.value];
    if (readers.size() >= options_.logins_per_key) return std::unexpected(ErrorCode::too_many_logins);
    readers.push_back(&reader);
    ++logged_in_;
    return {};
}

void PrivateFeed::log_out(PrivateReader& reader, KeyId key) {
    std::erase(told_, &reader);
    const auto found = readers_.find(key.value);
    if (found == readers_.end() || std::erase(found->second, &reader) == 0) return;
    --logged_in_;
    if (found->second.empty()) readers_.erase(found);
}

void PrivateFeed::revoke(KeyId key) {
    const auto found = readers_.find(key.value);
    if (found == readers_.end()) return;
    // Each leaves the list by log_out().
    const std::vector<PrivateReader*> readers = found->second;
    for (PrivateReader* reader : readers) reader->lose_key();
}

// ---- subscriptions

AccountStreams& PrivateFeed::watch(AccountId account) {
    if (account.value >= watched_.size()) watched_.resize(std::size_t{account.value} + 1);
    auto& streams = watched_[account.value];
    if (streams == nullptr) {
        streams = std::make_unique<AccountStreams>(account, options_.replay_bytes);
        listened_.push_back(streams.get());
    }
    return *streams;
}

bool PrivateFeed::can_resume(Channel channel, AccountId account, Format format, const ResumePoint& from) const {
    AccountStreams* const streams = watched(account);
    if (streams == nullptr || from.epoch != epoch_) return false;
    const PrivateStream& stream = streams->of(channel);
    const PrivateStream::Encoding& encoding = stream.of(format);
    return encoding.in_use() && (from.seq == stream.seq || encoding.replay.knows(from.seq));
}

void PrivateFeed::attach(PrivateSubscription& subscription, const std::optional<ResumePoint>& from) {
    AccountStreams& streams = watch(subscription.account);
    PrivateStream& stream = streams.of(subscription.channel);
    if (!stream.in_use()) {
        // Nothing was said since; from here on all is.
        stream.seq = seq_;
        stream.time = time_;
        stream.begun = mid_command_;
        if (mid_command_) begun_.push_back(&stream);
    }
    subscription.streams = &streams;
    PrivateStream::Encoding& encoding = stream.of(subscription.format);
    encoding.subscribers.push_back(&subscription);
    encoding.lingers = false;
    ++counters_.of(subscription.channel).subscriptions;
    if (!from) {
        subscription.state = PrivateSubscription::State::waiting;
        if (mid_command_ || !give_snapshot(subscription)) waiting_.push_back(&subscription);
        return;
    }
    ++counters_.resumes;
    subscription.state = PrivateSubscription::State::live;
    if (from->seq == stream.seq) return;
    std::vector<std::byte> frame;
    for (std::uint64_t number = encoding.replay.number_after(from->seq); number != encoding.replay.end(); ++number) {
        frame.clear();
        encoding.replay.copy(number, frame);
        (void)subscription.reader->tell(frame, {});
    }
}

void PrivateFeed::detach(PrivateSubscription& subscription) {
    if (subscription.state == PrivateSubscription::State::detached) return;
    subscription.state = PrivateSubscription::State::detached;
    std::erase(waiting_, &subscription);
    PrivateStream::Encoding& encoding = subscription.streams->of(subscription.channel).of(subscription.format);
    std::erase(encoding.subscribers, &subscription);
    if (encoding.subscribers.empty()) {
        encoding.lingers = true;
        encoding.empty_since_ns = now_ns_;
    }
    --counters_.of(subscription.channel).subscriptions;
}

std::uint64_t PrivateFeed::position(const PrivateSubscription& subscription) {
    return subscription.streams->of(subscription.channel).seq;
}

// The account's state after the last message of its channel: what changed since would have been one.
bool PrivateFeed::give_snapshot(PrivateSubscription& subscription) {
    DCX_CHECK(subscription.state == PrivateSubscription::State::waiting);
    if (!subscription.reader->has_room()) return false;
    if (subscription.channel == Channel::executions) {
        view_.orders().each(subscription.account,
                            [&](const AccountOrder& order) { subscription.pages.push_back(order.order_id); });
        return give_page(subscription);
    }
    const PrivateStream& stream = subscription.streams->balances;
    const PrivateLink link{.epoch = epoch_, .prev = 0, .seq = stream.seq, .time = stream.time};
    subscription.state = PrivateSubscription::State::live;
    (void)subscription.reader->tell(
        encode_balances_snapshot(frame_, subscription.format, link, subscription.account, view_), {});
    return true;
}

// Orders as they stand now; one that is done since the first page was told of before. True when it was the last page.
bool PrivateFeed::give_page(PrivateSubscription& subscription) {
    if (!subscription.reader->has_room()) return false;
    std::vector<const AccountOrder*> orders;
    while (!subscription.pages.empty() && orders.size() < kOrdersInPage) {
        const AccountOrder* const order = view_.orders().find(subscription.pages.front());
        subscription.pages.pop_front();
        if (order != nullptr) orders.push_back(order);
    }
    const bool more = !subscription.pages.empty();
    const PrivateStream& stream = subscription.streams->executions;
    const bool first = subscription.state == PrivateSubscription::State::waiting;
    const PrivateLink link{.epoch = epoch_, .prev = first ? 0 : stream.seq, .seq = stream.seq, .time = stream.time};
    subscription.state = more ? PrivateSubscription::State::paging : PrivateSubscription::State::live;
    (void)subscription.reader->tell(
        encode_open_orders(frame_, subscription.format, link, subscription.account, orders, more, view_), {});
    return !more;
}

void PrivateFeed::serve_waiting() {
    std::erase_if(waiting_, [this](PrivateSubscription* subscription) {
        return subscription->state == PrivateSubscription::State::waiting ? give_snapshot(*subscription)
                                                                          : give_page(*subscription);
    });
}

void PrivateFeed::expire(std::int64_t now_ns) {
    std::erase_if(listened_, [&](AccountStreams* account) {
        for (PrivateStream* stream : {&account->executions, &account->balances})
            for (PrivateStream::Encoding& encoding : stream->encodings) {
                if (!encoding.lingers || now_ns - encoding.empty_since_ns < options_.linger_ns) continue;
                encoding.lingers = false;
                encoding.replay.clear();
            }
        if (account->in_use()) return false;
        watched_[account->account.value].reset();
        return true;
    });
}

}  // namespace dcx::feed
