#include "feed/private_session.h"

#include <algorithm>

#include "base/check.h"
#include "feed/private_messages.h"

namespace dcx::feed {

namespace {

// Sub-accounts named in the answer to a login; more can be subscribed all the same.
constexpr std::size_t kAccountsTold = 1000;

}  // namespace

PrivateContext::PrivateContext(const PrivateFeed::Options& options, FeedCounters& feed_counters, bool login_thread,
                               const Secret& challenge_secret)
    : counters{feed_counters}, feed{options, feed_counters}, logins{login_thread}, secret{challenge_secret} {
    // Of a seed that is gone.
    Ed25519Seed seed = Sha256::of(secret);
    nobody = ed25519_public_key(seed);
}

Digest PrivateContext::challenge(std::uint64_t client) const {
    Sha256 digest;
    digest.update(secret);
    digest.update_value(client);
    return digest.finish();
}

PrivateSession::PrivateSession(PrivateContext& context, PrivateConnection& connection, std::uint64_t client,
                               Format format)
    : context_{context}, connection_{connection}, client_{client}, format_{format} {}

PrivateSession::~PrivateSession() {
    for (auto& [key, subscription] : subscriptions_) context_.feed.detach(subscription);
    context_.feed.log_out(*this, key_);
}

// ---- login

void PrivateSession::log_in(const Request& request) {
    if (key_) return connection_.refuse(request.id, ErrorCode::not_applicable, "this connection has logged in");
    if (checking_ || !context_.logins.has_room())
        return connection_.refuse(request.id, ErrorCode::busy, "logins are under way, try again");
    const AccountKey* const key = context_.feed.login_key(request.login.key);
    checking_ = true;
    known_ = key != nullptr;
    claimed_ = request.login.key;
    login_id_ = request.id;
    // A key that may not is checked as well, so that the time an answer takes says nothing.
    context_.logins.give(
        {.client = client_,
         .key = known_ ? key->public_key : context_.nobody,
         .message = {.venue_id = context_.feed.venue_id(), .challenge = context_.challenge(client_), .key = claimed_},
         .signature = request.login.signature});
}

void PrivateSession::on_verdict(bool genuine) {
    DCX_CHECK(checking_);
    checking_ = false;
    const RequestId id = std::exchange(login_id_, {});
    const auto logged_in = genuine && known_ ? context_.feed.log_in(*this, claimed_)
                                             : std::expected<void, ErrorCode>{std::unexpect, ErrorCode::bad_login};
    if (logged_in) {
        ++context_.counters.logins;
        key_ = claimed_;
        account_ = context_.feed.view().key(key_)->account;
        auto accounts = context_.feed.view().accounts_of(account_);
        if (accounts.size() > kAccountsTold) accounts.resize(kAccountsTold);
        connection_.send(encode_login(context_.frame, format_, id, key_, accounts));
        return;
    }
    ++context_.counters.logins_refused;
    if (logged_in.error() == ErrorCode::too_many_logins)
        return connection_.refuse(id, ErrorCode::too_many_logins, "too many connections have logged in with this key");
    connection_.refuse(id, ErrorCode::bad_login, "the login was refused");
    if (++failures_ == kFailuresMax) connection_.end_for_failed_logins();
}

void PrivateSession::lose_key() {
    for (auto& [key, subscription] : subscriptions_) {
        context_.feed.detach(subscription);
        connection_.send(encode_private_unsubscribed(context_.frame, format_,
                                                     {.id = RequestId{},
                                                      .channel = subscription.channel,
                                                      .account = subscription.account,
                                                      .resumed = std::nullopt,
                                                      .reason = "key_revoked"}));
    }
    subscriptions_.clear();
    context_.feed.log_out(*this, key_);
    key_ = {};
    account_ = {};
    connection_.refuse({}, ErrorCode::not_logged_in, "the key of this login was revoked");
}

// ---- subscriptions

// All or nothing, as of the public channels.
void PrivateSession::subscribe(const Request& request, std::size_t room) {
    if (!key_) return connection_.refuse(request.id, ErrorCode::not_logged_in, "log in first");
    const AccountId account = request.account.value_or(account_);
    // One that there is not, and one of somebody else.
    if (!context_.feed.view().owns(account_, account))
        return connection_.refuse(request.id, ErrorCode::unknown_account, "not an account of this login");
    const auto added = std::ranges::count_if(
        request.channels, [&](Channel channel) { return !subscriptions_.contains({account, channel}); });
    if (static_cast<std::size_t>(added) > room)
        return connection_.refuse(request.id, ErrorCode::too_many_subscriptions, "too many subscriptions");
    for (const Channel channel : request.channels) subscribe_to(request, channel, account);
}

void PrivateSession::subscribe_to(const Request& request, Channel channel, AccountId account) {
    PrivateFeed& feed = context_.feed;
    if (const auto old = subscriptions_.find({account, channel}); old != subscriptions_.end()) {
        feed.detach(old->second);
        subscriptions_.erase(old);
    }
    std::optional<bool> resumed;
    if (request.from) resumed = feed.can_resume(channel, account, format_, *request.from);
    if (resumed == false) ++context_.counters.resumes_refused;
    PrivateSubscription& subscription = subscriptions_[{account, channel}];
    subscription.reader = this;
    subscription.channel = channel;
    subscription.account = account;
    subscription.format = format_;
    connection_.send(encode_private_subscribed(
        context_.frame, format_,
        {.id = request.id, .channel = channel, .account = account, .resumed = resumed, .reason = {}}));
    feed.attach(subscription, resumed == true ? request.from : std::nullopt);
}

void PrivateSession::unsubscribe(const Request& request) {
    if (!key_) return connection_.refuse(request.id, ErrorCode::not_logged_in, "log in first");
    std::size_t ended = 0;
    for (auto at = subscriptions_.begin(); at != subscriptions_.end();) {
        const auto& [account, channel] = at->first;
        if (std::ranges::find(request.channels, channel) == request.channels.end() ||
            (request.account && *request.account != account)) {
            ++at;
            continue;
        }
        context_.feed.detach(at->second);
        connection_.send(encode_private_unsubscribed(
            context_.frame, format_,
            {.id = request.id, .channel = channel, .account = account, .resumed = std::nullopt, .reason = {}}));
        at = subscriptions_.erase(at);
        ++ended;
    }
    if (ended == 0) connection_.refuse(request.id, ErrorCode::not_subscribed, "no such subscription");
}

void PrivateSession::list_positions(std::vector<PrivatePosition>& out) const {
    for (const auto& [key, subscription] : subscriptions_)
        out.push_back({.channel = key.second, .account = key.first, .seq = PrivateFeed::position(subscription)});
}

}  // namespace dcx::feed
