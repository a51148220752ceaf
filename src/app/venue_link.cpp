#include "app/venue_link.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <thread>

#include "base/ed25519.h"
#include "base/random.h"

namespace dcx::app {
namespace {

// How long a command waits for another one that is at work with the same key.
constexpr auto kBusyLimit = std::chrono::seconds(5);

std::unique_ptr<client::BlockingClient> connect(const client::ClientOptions& options) {
    const auto give_up = std::chrono::steady_clock::now() + kBusyLimit;
    // Those that wait for the same session come back at different times.
    std::uint64_t seed = 0;
    random_bytes(std::as_writable_bytes(std::span{&seed, 1}));
    Random random(seed);
    while (true) {
        auto connected = client::BlockingClient::connect(options);
        if (connected) return std::move(*connected);
        const client::ClientError& error = connected.error();
        // Another command has the session, or has just taken it while ours was not established yet.
        const bool busy = error.code == TerminateCode::refused &&
                          (error.reason == RejectReason::session_in_use || error.reason == RejectReason::none);
        if (busy && std::chrono::steady_clock::now() < give_up) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5 + random.below(40)));
            continue;
        }
        if (error.reason != RejectReason::none) throw Refused(error.reason, error.detail);
        throw std::runtime_error("no session with the venue at " +
                                 client::VenueAddress{options.endpoint, options.shm}.text() + ": " + error.text);
    }
}

std::string refusal_text(RejectReason reason, RejectReason detail) {
    const auto one = [](RejectReason r) {
        return std::string(to_string(r)) + " (" + std::to_string(static_cast<unsigned>(r)) + ")";
    };
    return "refused: " + one(reason) + (detail == RejectReason::none ? "" : ", because of " + one(detail));
}

std::string wait_text(std::int64_t wait_ns) {
    return wait_ns == 0 ? "" : ", try again in " + std::to_string(wait_ns / 1000 + 1) + " us";
}

}  // namespace

Refused::Refused(RejectReason reason, RejectReason detail, std::int64_t wait_ns)
    : std::runtime_error(refusal_text(reason, detail) + wait_text(wait_ns)),
      reason_(reason),
      detail_(detail),
      wait_ns_(wait_ns) {}

NamedAccount named_account(const DataFolder& folder, const std::string& name) {
    (void)value_or_throw(folder.order_entry());  // without a venue nobody's name means anything
    constexpr std::array names{"issuance", "fees", "deposits", "withdrawals", "errors"};
    const auto found = std::ranges::find(names, name);
    if (found != names.end()) return {AccountId{static_cast<std::uint32_t>(found - names.begin()) + 1}, kOperator};
    return {key_of(folder, name).account, name};
}

client::ClientKey key_of(const DataFolder& folder, const std::string& name) {
    // A name never leads out of the folder.
    const bool plain = !name.empty() && name.find('/') == std::string::npos && name != "." && name != "..";
    if (!plain || !std::filesystem::exists(folder.key(name)))
        throw std::runtime_error("nobody is called \"" + name + "\": there is no " + folder.key(name));
    return value_or_throw(client::read_key_file(folder.key(name)));
}

VenueLink::VenueLink(const DataFolder& folder, const std::string& name)
    : VenueLink(client::VenueAddress{.endpoint = value_or_throw(folder.order_entry())}, key_of(folder, name)) {}

VenueLink::VenueLink(const client::VenueAddress& venue, const client::ClientKey& key) {
    client::ClientOptions options;
    options.endpoint = venue.endpoint;
    options.shm = venue.shm;
    options.key = key;
    options.client_session = kToolSession;
    options.clock = &clock_;
    client_ = connect(options);
    MarketDirectory::operator=(MarketDirectory(value_or_throw(client_->listings())));
}

TransferId VenueLink::new_transfer_id() {
    std::array<std::uint64_t, 2> random{};
    random_bytes(std::as_writable_bytes(std::span{random}));
    return make_transfer_id(static_cast<std::uint64_t>(clock_.wall_ns() / 1'000'000), random[0], random[1]);
}

Unit unit_of(const AssetListed& asset) {
    return {.mantissa = 1, .scale = asset.scale, .what = "an amount of this asset"};
}
Unit price_unit(const InstrumentListed& market) {
    return {.mantissa = market.tick_mantissa, .scale = market.tick_scale, .what = "a price of this market"};
}
Unit quantity_unit(const InstrumentListed& market) {
    return {.mantissa = market.lot_mantissa, .scale = market.lot_scale, .what = "a quantity of this market"};
}

void print_refusal(const ToolOptions& options, const Refused& refused) {
    std::fprintf(stderr, "dcx: %s\n", refused.what());
    if (!options.json) return;
    nlohmann::ordered_json line{{"refused", to_string(refused.reason())},
                                {"reason", static_cast<unsigned>(refused.reason())}};
    if (refused.detail() != RejectReason::none) line["detail"] = to_string(refused.detail());
    if (refused.wait_ns() != 0) line["wait_ns"] = refused.wait_ns();
    std::printf("%s\n", line.dump().c_str());
}

}  // namespace dcx::app
