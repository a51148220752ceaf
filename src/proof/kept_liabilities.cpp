#include "proof/kept_liabilities.h"

#include <array>
#include <cstdio>
#include <cstring>
#include <span>

#include "base/sha256.h"
#include "model/layout.h"
#include "proof/whole_file.h"

namespace dcx::proof {
namespace {

struct Head {
    std::array<char, 8> magic{'d', 'c', 'x', 'l', 'i', 'a', 'b', '1'};
    journal::VenueId venue_id{};
    std::uint64_t checkpoint{};
    std::uint32_t depth{};
    std::uint32_t accounts{};
    std::uint32_t assets{};
    std::uint32_t zero{};
};
static_assert(FixedLayout<Head> && sizeof(Head) == 48);

constexpr unsigned kOwnerOnly = 0600;
constexpr unsigned kMaxDepth = 24;  // of 2^24 accounts, the most that genesis takes
constexpr std::uint32_t kMaxAccounts = std::uint32_t{1} << 24;
constexpr std::uint32_t kMaxAssets = 1024;
constexpr std::size_t kMaxFile = std::size_t{1} << 34;
constexpr std::size_t kEntrySize = sizeof(std::uint32_t) + sizeof(std::int64_t);

template <class T>
void put(std::string& out, const T& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

Digest hash_of(std::string_view bytes) { return Sha256::of(std::as_bytes(std::span{bytes})); }

class Bytes {
  public:
    explicit Bytes(std::string_view bytes) : rest_(bytes) {}
    template <class T>
    T take() {
        T value{};
        if (rest_.size() < sizeof(value)) {
            right_ = false;
            return value;
        }
        std::memcpy(&value, rest_.data(), sizeof(value));
        rest_.remove_prefix(sizeof(value));
        return value;
    }
    [[nodiscard]] bool right() const { return right_; }
    [[nodiscard]] std::size_t left() const { return rest_.size(); }

  private:
    std::string_view rest_;
    bool right_ = true;
};

}  // namespace

std::string kept_liabilities_name(std::uint64_t checkpoint) {
    std::array<char, 48> name{};
    std::snprintf(name.data(), name.size(), "liabilities-%08llu.bin", static_cast<unsigned long long>(checkpoint));
    return name.data();
}

std::string kept_liabilities_bytes(const KeptLiabilities& kept) {
    std::string out;
    put(out, Head{.venue_id = kept.venue_id,
                  .checkpoint = kept.checkpoint,
                  .depth = kept.depth,
                  .accounts = kept.accounts,
                  .assets = static_cast<std::uint32_t>(kept.assets.size())});
    for (const AssetLiabilities& asset : kept.assets) {
        std::uint32_t count = 0;
        for (const Liability& liability : asset.liabilities) count += liability.amount.value != 0 ? 1 : 0;
        put(out, asset.asset.value);
        put(out, count);
        for (const Liability& liability : asset.liabilities) {
            if (liability.amount.value == 0) continue;
            put(out, liability.account.value);
            put(out, liability.amount.value);
        }
    }
    put(out, hash_of(out));
    return out;
}

std::expected<KeptLiabilities, ProofError> parse_kept_liabilities(std::string_view bytes) {
    const auto malformed = [](const char* what) {
        return std::unexpected(ProofError{ProofErrorKind::malformed, std::string{"kept liabilities: "} + what});
    };
    if (bytes.size() < sizeof(Head) + sizeof(Digest)) return malformed("too short");
    const std::string_view content = bytes.substr(0, bytes.size() - sizeof(Digest));
    if (const Digest hash = hash_of(content);
        std::memcmp(hash.data(), bytes.data() + content.size(), sizeof(hash)) != 0)
        return malformed("the checksum is wrong");
    Bytes in(content);
    const auto head = in.take<Head>();
    if (head.magic != Head{}.magic || head.depth > kMaxDepth || head.accounts > kMaxAccounts ||
        head.assets > kMaxAssets || head.zero != 0)
        return malformed("not such a file");
    KeptLiabilities kept{.venue_id = head.venue_id,
                         .checkpoint = head.checkpoint,
                         .depth = head.depth,
                         .accounts = head.accounts,
                         .assets = {}};
    for (std::uint32_t i = 0; i < head.assets; ++i) {
        AssetLiabilities asset{.asset = AssetId{in.take<std::uint32_t>()}, .liabilities = {}};
        const auto count = in.take<std::uint32_t>();
        if (!in.right() || in.left() < std::size_t{count} * kEntrySize) return malformed("cut short");
        if (head.accounts >= kFirstCustomer.value) asset.liabilities.reserve(head.accounts - kFirstCustomer.value + 1);
        std::uint32_t next = kFirstCustomer.value;
        const auto fill = [&](std::uint32_t to) {
            for (; next < to; ++next) asset.liabilities.push_back({.account = AccountId{next}, .amount = {}});
        };
        for (std::uint32_t n = 0; n < count; ++n) {
            const AccountId account{in.take<std::uint32_t>()};
            const Amount amount{in.take<std::int64_t>()};
            if (account.value < next || account.value > head.accounts || amount.value <= 0)
                return malformed("accounts out of order");
            fill(account.value);
            asset.liabilities.push_back({.account = account, .amount = amount});
            ++next;
        }
        if (head.accounts >= kFirstCustomer.value) fill(head.accounts + 1);
        kept.assets.push_back(std::move(asset));
    }
    if (!in.right() || in.left() != 0) return malformed("another size than it says");
    return kept;
}

std::expected<void, ProofError> keep_liabilities(const std::string& folder, const KeptLiabilities& kept) {
    return write_whole(folder + "/" + kept_liabilities_name(kept.checkpoint), kept_liabilities_bytes(kept), kOwnerOnly);
}

std::expected<KeptLiabilities, ProofError> read_kept_liabilities(const std::string& folder, std::uint64_t checkpoint) {
    const std::string path = folder + "/" + kept_liabilities_name(checkpoint);
    const auto bytes = read_whole(path, kMaxFile);
    if (!bytes) return std::unexpected(bytes.error());
    auto kept = parse_kept_liabilities(*bytes);
    if (!kept)
        kept.error().seen = path + ": " + kept.error().seen;
    else if (kept->checkpoint != checkpoint)
        kept = std::unexpected(ProofError{ProofErrorKind::other_checkpoint, path});
    return kept;
}

}  // namespace dcx::proof
