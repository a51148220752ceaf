#include "app/trading_link.h"

#include <cstdio>
#include <nlohmann/json.hpp>

namespace dcx::app {
namespace {

// How long a command waits for another one that is at work with the same key, or for a venue that is starting again.
constexpr std::int64_t kPatienceNs = 5'000'000'000;
constexpr int kWaitMs = 10'000;

std::unique_ptr<client::BlockingTradingClient> connect(const client::ClientOptions& login) {
    client::TradingOptions options;
    options.login = login;
    options.give_up_ns = kPatienceNs;
    options.max_wait_ns = 100'000'000;
    auto connected = client::BlockingTradingClient::connect(options, kWaitMs);
    if (connected) return std::move(*connected);
    const client::ClientError& error = connected.error();
    if (error.reason != RejectReason::none) throw Refused(error.reason, error.detail);
    throw NotAnswered("no session with the venue at " + login.endpoint.text() + ": " + error.text, false, {});
}

}  // namespace

TradingLink::TradingLink(const DataFolder& folder, const std::string& name) {
    client::ClientOptions login;
    login.endpoint = value_or_throw(folder.order_entry());
    login.key = key_of(folder, name);
    login.client_session = kToolSession;
    login.clock = &clock_;
    client_ = connect(login);
    MarketDirectory::operator=(MarketDirectory(told(client_->listings())));
}

void TradingLink::fail(const client::ClientError& error, bool changes) {
    using Kind = client::ClientError::Kind;
    if (error.kind == Kind::refused) throw Refused(error.reason, error.detail, error.wait_ns);
    const bool may_be_done = changes && error.kind != Kind::not_sent;
    throw NotAnswered(error.text, may_be_done, changes ? client_->client().last_cl_ord_id() : ClOrdId{});
}

int end_without_answer(const ToolOptions& options, const NotAnswered& why) {
    std::fprintf(stderr, "dcx: %s%s\n", why.what(),
                 why.may_be_done() ? "; it may have been done: ask for its status" : "; nothing was done");
    if (options.json) {
        nlohmann::ordered_json line{{"failed", why.what()}, {"done", why.may_be_done() ? "unknown" : "no"}};
        if (why.may_be_done() && why.cl_ord_id()) line["cl_ord_id"] = why.cl_ord_id().value;
        std::printf("%s\n", line.dump().c_str());
    }
    return why.may_be_done() ? kUnknown : kFailed;
}

}  // namespace dcx::app
