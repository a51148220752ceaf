#include "app/bench_venue.h"

#include <cstdlib>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "app/data_folder.h"
#include "app/listing.h"
#include "client/blocking_client.h"
#include "platform/system_clock.h"

namespace dcx::app {
namespace {

template <class T>
T granted(client::Result<T> result, const char* what) {
    if (!result) {
        const client::ClientError& error = result.error();
        throw std::runtime_error(
            std::string("the bench's own venue refused ") + what + ": " +
            (error.kind == client::ClientError::Kind::refused ? std::string(to_string(error.reason)) : error.text));
    }
    return std::move(*result);
}

void mint_from(client::BlockingClient& operators, std::uint64_t reference, AccountId account, AssetId asset,
               Amount money) {
    const auto now_ms = static_cast<std::uint64_t>(platform::SystemClock().wall_ns() / 1'000'000);
    granted(operators.mint(
                {.id = make_transfer_id(now_ms, reference, (reference << 40) | (std::uint64_t{asset.value} << 2)),
                 .amount = money,
                 .account = account,
                 .asset = asset,
                 .source = MintSource::issue,
                 .zero = {}}),
            "money");
}

}  // namespace

TemporaryFolder::TemporaryFolder(const std::string& parent)
    : path_((parent.empty() ? std::filesystem::temp_directory_path().string() : parent) + "/dcx-bench-XXXXXX") {
    if (::mkdtemp(path_.data()) == nullptr) throw std::runtime_error(path_ + " can't be made");
}

TemporaryFolder::~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

BenchVenue::BenchVenue(const std::string& parent, Config config) : temporary_(parent) {
    const DataFolder folder(temporary_.path());
    folder.make();
    operator_key_ = folder.operator_key();
    config.listen.order_entry = 0;
    config.listen.http = 0;
    // It has measures of its own (bench/history_*), and shares the cores of these.
    config.history.store = "none";
    const Ed25519PublicKey public_key = ed25519_public_key(operator_key_.seed);
    venue_ = std::make_unique<Venue>(config, temporary_.path(), std::span(&public_key, 1));
    venue_->start();
    list_configured(config, venue_->order_entry(), {&operator_key_, 1});
}

BenchVenue::~BenchVenue() = default;

client::ClientKey BenchVenue::open_customer(std::uint64_t reference, std::uint32_t permissions, AssetId asset,
                                            Amount money) {
    const auto operators = operator_client();
    const auto opened =
        granted(operators->open_account(
                    {.reference = reference, .owner = {}, .account_kind = AccountKind::customer, .zero = {}}),
                "an account");
    client::ClientKey key{.key = {}, .account = opened.account, .seed = {}};
    random_bytes(key.seed);
    key.key = granted(operators->add_key({.public_key = ed25519_public_key(key.seed),
                                          .account = key.account,
                                          .permissions = permissions,
                                          .person = {},
                                          .zero = 0}),
                      "a key")
                  .key;
    mint_from(*operators, reference, key.account, asset, money);
    return key;
}

void BenchVenue::mint(std::uint64_t reference, AccountId account, AssetId asset, Amount money) {
    mint_from(*operator_client(), reference, account, asset, money);
}

std::unique_ptr<client::BlockingClient> BenchVenue::operator_client() const {
    return granted(client::BlockingClient::connect({.endpoint = venue_->order_entry(), .key = operator_key_}),
                   "its operator");
}

}  // namespace dcx::app
