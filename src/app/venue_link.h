// VenueLink: what the small commands have in common: a session with the venue that runs on a data folder, under a key
// of that folder, the venue's assets and markets by name, and refusals as exceptions. One command, one thread.
//
// Every failure is a std::runtime_error with a text for a person; a refusal by the venue is a Refused.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/decimals.h"
#include "app/market_directory.h"
#include "client/blocking_client.h"
#include "platform/system_clock.h"

namespace dcx::app {

inline constexpr const char* kOperator = "operator";
// Sessions are numbered per key: the commands keep one of their own, so that they never take a program's.
inline constexpr std::uint64_t kToolSession = 0x6463'782D'746F'6F6C;  // "dcx-tool"

class Refused : public std::runtime_error {
  public:
    Refused(RejectReason reason, RejectReason detail, std::int64_t wait_ns = 0);

    [[nodiscard]] RejectReason reason() const { return reason_; }
    [[nodiscard]] RejectReason detail() const { return detail_; }
    // When throttled; else 0.
    [[nodiscard]] std::int64_t wait_ns() const { return wait_ns_; }

  private:
    RejectReason reason_;
    RejectReason detail_;
    std::int64_t wait_ns_;
};

// The value, or the error as an exception.
template <class T>
T value_or_throw(client::Result<T> result) {
    if (result) return std::move(*result);
    const client::ClientError& error = result.error();
    if (error.kind == client::ClientError::Kind::refused) throw Refused(error.reason, error.detail, error.wait_ns);
    throw std::runtime_error(error.text);
}
template <class T>
T value_or_throw(std::expected<T, std::string> result) {
    if (result) return std::move(*result);
    throw std::runtime_error(result.error());
}

class VenueLink : public MarketDirectory {
  public:
    VenueLink(const DataFolder& folder, const std::string& name);
    VenueLink(const client::VenueAddress& venue, const client::ClientKey& key);

    [[nodiscard]] client::BlockingClient& client() { return *client_; }
    [[nodiscard]] AccountId account() const { return client_->session().account; }

    [[nodiscard]] TransferId new_transfer_id();

  private:
    platform::SystemClock clock_;
    std::unique_ptr<client::BlockingClient> client_;
};

// The key of a name, or that there is none.
[[nodiscard]] client::ClientKey key_of(const DataFolder& folder, const std::string& name);

// An account by the name of its key, or one of the venue's own (issuance, fees, deposits, withdrawals, errors), which
// the operator's key sees.
struct NamedAccount {
    AccountId id{};
    std::string signer;  // whose key to use
};
[[nodiscard]] NamedAccount named_account(const DataFolder& folder, const std::string& name);

[[nodiscard]] Unit unit_of(const AssetListed& asset);
[[nodiscard]] Unit price_unit(const InstrumentListed& market);
[[nodiscard]] Unit quantity_unit(const InstrumentListed& market);

void print_refusal(const ToolOptions& options, const Refused& refused);

// Runs a command; a refusal becomes its line (and its JSON line) and the exit code.
template <class Command>
int run_tool(const ToolOptions& options, const Command& command) {
    try {
        command();
        return kDone;
    } catch (const Refused& refused) {
        print_refusal(options, refused);
        return kFailed;
    }
}

}  // namespace dcx::app
