// The venue's numbers and small enumerations. All integers little-endian, all enumerators numbered for good: they stand
// in journals. Id 0 always means "none"; real ids are dense and start at 1.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "base/checked.h"
#include "base/fixed_string.h"
#include "base/strong.h"

namespace dcx {

static_assert(std::endian::native == std::endian::little, "journal, wire and memory layouts are the same bytes");

// In ticks of an instrument, 1 .. kMaxPrice. Never 0, never negative: "no price" is another order type, not a number.
using Price = Strong<struct PriceTag, std::int64_t>;
// In lots of an instrument.
using Quantity = Strong<struct QuantityTag, std::int64_t>;
// In minor units of an asset (10^-scale). Signed: the issuance account's balance is minus what is issued.
using Amount = Strong<struct AmountTag, std::int64_t>;

using AssetId = Strong<struct AssetIdTag, std::uint32_t>;
using AccountId = Strong<struct AccountIdTag, std::uint32_t>;
using InstrumentId = Strong<struct InstrumentIdTag, std::uint32_t>;
using KeyId = Strong<struct KeyIdTag, std::uint32_t>;
// A human being who holds operator keys: two of them are needed where one is not enough.
using PersonId = Strong<struct PersonIdTag, std::uint32_t>;
// A session's place in the core's table; clients name their sessions by a 64-bit number of their own (per key).
using SessionId = Strong<struct SessionIdTag, std::uint32_t>;
// Venue-wide counters.
using OrderId = Strong<struct OrderIdTag, std::uint64_t>;
using TradeId = Strong<struct TradeIdTag, std::uint64_t>;
using ProposalId = Strong<struct ProposalIdTag, std::uint64_t>;
// The client's own number of a request; only rises within a session.
using ClOrdId = Strong<struct ClOrdIdTag, std::uint64_t>;
// An order's place in the core's pool: a hint that makes cancels cheap, always checked against the whole order id.
using OrderSlot = Strong<struct OrderSlotTag, std::uint32_t>;
// Nanoseconds since 1970-01-01 00:00 UTC.
using Time = Strong<struct TimeTag, std::int64_t>;
inline constexpr Time kNever{std::numeric_limits<std::int64_t>::max()};
// A command's place in the journal, from 1.
using Sequence = Strong<struct SequenceTag, std::uint64_t>;

using Symbol = FixedString<16>;
using AssetSymbol = FixedString<8>;

inline constexpr std::int64_t kMaxPrice = std::int64_t{1} << 62;
inline constexpr std::int64_t kMaxQuantity = std::int64_t{1} << 62;
// No more of one asset is ever issued, so no balance and no sum of two can overflow.
inline constexpr std::int64_t kMaxIssue = std::int64_t{1} << 62;
inline constexpr unsigned kMaxAssetScale = 9;

// The only arithmetic that strong types have: same kind with same kind.
constexpr Quantity operator+(Quantity a, Quantity b) { return Quantity{a.value + b.value}; }
constexpr Quantity operator-(Quantity a, Quantity b) { return Quantity{a.value - b.value}; }
constexpr Quantity& operator-=(Quantity& a, Quantity b) { return a.value -= b.value, a; }
constexpr Quantity& operator+=(Quantity& a, Quantity b) { return a.value += b.value, a; }
constexpr Amount operator+(Amount a, Amount b) { return Amount{a.value + b.value}; }
constexpr Amount operator-(Amount a, Amount b) { return Amount{a.value - b.value}; }
constexpr Amount operator-(Amount a) { return Amount{-a.value}; }
constexpr Amount& operator+=(Amount& a, Amount b) { return a.value += b.value, a; }
constexpr Amount& operator-=(Amount& a, Amount b) { return a.value -= b.value, a; }

// Price times quantity, in units of one tick times one lot; exact in 128 bits.
struct Notional {
    int128 value;
};
constexpr Notional operator*(Price p, Quantity q) { return {wide_mul(p.value, q.value)}; }

// Fee rates in hundredths of a basis point: 1'000'000 is the whole amount. A negative maker's rate is a rebate.
using FeeRate = Strong<struct FeeRateTag, std::int32_t>;
inline constexpr std::int32_t kFeeRateOne = 1'000'000;
// Accounts stand in tiers 0 .. kFeeTiers - 1; every instrument has rates for each.
inline constexpr std::uint8_t kFeeTiers = 8;

enum class Side : std::uint8_t { buy = 1, sell = 2 };
constexpr Side opposite(Side s) { return s == Side::buy ? Side::sell : Side::buy; }

enum class OrderType : std::uint8_t {
    limit = 1,
    market = 2,  // with a protection price: trades at it or better, never rests
};
enum class TimeInForce : std::uint8_t {
    gtc = 1,  // rests until it is canceled
    ioc = 2,  // trades what it can at once, the rest is canceled
    fok = 3,  // trades all of it at once, or nothing
    day = 4,  // rests until its market's day ends
    gtd = 5,  // rests until its expire_at
};
// What happens when an order would trade with one of its own account. One rule an account; docs/rules.md has them.
enum class SelfTradeRule : std::uint8_t {
    none = 0,  // they trade with each other
    cancel_taker = 1,
    cancel_maker = 2,
    cancel_both = 3,
    decrement_and_cancel = 4,  // both lose the smaller quantity without a trade
};
enum class Phase : std::uint8_t { trading = 1, halted = 2 };
enum class AccountKind : std::uint8_t { customer = 1, market_maker = 2, venue = 3 };
// Which orders a session's end takes with it.
enum class CancelScope : std::uint8_t { none = 0, session = 1, account = 2 };
// Which of the account's orders a mass cancel takes: all, or only those that the session which sends it placed.
enum class MassCancelScope : std::uint8_t { account = 0, session = 1 };

// Bits of a key's permissions.
inline constexpr std::uint32_t kPermitRead = 1;
inline constexpr std::uint32_t kPermitTrade = 2;
inline constexpr std::uint32_t kPermitTransfer = 4;
inline constexpr std::uint32_t kPermitWithdraw = 8;
inline constexpr std::uint32_t kPermitOperator = 256;
inline constexpr std::uint32_t kPermitAll =
    kPermitRead | kPermitTrade | kPermitTransfer | kPermitWithdraw | kPermitOperator;

// Venue accounts that exist from Genesis on; customers' accounts follow. Each has a balance in every asset.
inline constexpr AccountId kIssuanceAccount{1u};     // owes what is issued: the only balance below zero
inline constexpr AccountId kFeeAccount{2u};          // receives trading and transfer fees
inline constexpr AccountId kDepositsAccount{3u};     // deposits seen on a chain and not final
inline constexpr AccountId kWithdrawalsAccount{4u};  // withdrawals sent to a chain and not burned
inline constexpr AccountId kErrorAccount{5u};        // covers what a trade bust can't take back
inline constexpr AccountId kFirstCustomer{6u};
// A venue account's number, not an account's kind: these are the same on every venue.
constexpr bool is_venue_account(AccountId id) { return id && id < kFirstCustomer; }

// An address of the DeCoin chain: RIPEMD-160 of SHA-256 of a public key (DEC) or of a set of signers (DECMS).
enum class AddressKind : std::uint8_t { none = 0, dec = 1, decms = 2 };
struct ChainAddress {
    std::array<std::byte, 20> hash{};
    AddressKind kind{};
    friend bool operator==(const ChainAddress&, const ChainAddress&) = default;
};

// A request's 128-bit id in UUIDv7 layout (RFC 9562): 48 bits of Unix milliseconds, version 7, 12 random bits, then
// variant 2 and 62 random bits. Compared as one number, so ids sort by time.
struct TransferId {
    std::uint64_t low{};
    std::uint64_t high{};

    [[nodiscard]] constexpr bool well_formed() const { return ((high >> 12) & 0xF) == 7 && (low >> 62) == 2; }
    [[nodiscard]] constexpr std::uint64_t unix_ms() const { return high >> 16; }
    friend constexpr bool operator==(TransferId, TransferId) = default;
    friend constexpr auto operator<=>(TransferId a, TransferId b) {
        return a.high != b.high ? a.high <=> b.high : a.low <=> b.low;
    }
};
// From a time and random bits, of which 12 and 62 are used.
constexpr TransferId make_transfer_id(std::uint64_t unix_ms, std::uint64_t random_high, std::uint64_t random_low) {
    return {.low = (random_low >> 2) | (std::uint64_t{2} << 62),
            .high = (unix_ms << 16) | (std::uint64_t{7} << 12) | (random_high & 0xFFF)};
}

}  // namespace dcx
