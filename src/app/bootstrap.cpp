#include "app/bootstrap.h"

#include <optional>

#include "app/decimals.h"
#include "model/decimal.h"

namespace dcx::app {
namespace {

// A decimal text as mantissa x 10^-scale with the smallest scale.
struct Decimal {
    std::int64_t mantissa = 0;
    unsigned scale = 0;
};
std::optional<Decimal> decimal_of(const std::string& text) {
    for (unsigned scale = 0; scale <= 18; ++scale)
        if (const auto mantissa = parse_decimal(text, scale)) return Decimal{*mantissa, scale};
    return std::nullopt;
}

// amount / unit when that is a whole number that fits.
std::optional<std::int64_t> whole_quotient(Decimal amount, Decimal unit) {
    if (unit.mantissa <= 0) return std::nullopt;
    int128 numerator = amount.mantissa;
    int128 denominator = unit.mantissa;
    // Both mantissas are below 2^63 and a scale is at most 18, so neither product leaves 128 bits.
    (unit.scale >= amount.scale ? numerator : denominator) *=
        power_of_ten(unit.scale >= amount.scale ? unit.scale - amount.scale : amount.scale - unit.scale);
    if (numerator % denominator != 0) return std::nullopt;
    return narrow(numerator / denominator);
}

std::uint32_t u32(std::int64_t value) { return static_cast<std::uint32_t>(value); }

class ListingMaker {
  public:
    explicit ListingMaker(const Config& config) : config_(config) {}

    std::expected<Listings, std::string> make() {
        for (const auto& asset : config_.assets) add(asset);
        for (const auto& market : config_.markets) add(market);
        if (!error_.empty()) return std::unexpected(error_);
        return result_;
    }

  private:
    void fail(const std::string& of, const char* what) {
        if (error_.empty()) error_ = of + ": " + what;
    }
    void add(const AssetConfig& asset) {
        const auto cap = parse_decimal(asset.issue_cap, asset.scale);
        if (!AssetSymbol::fits(asset.symbol) || asset.symbol.empty())
            return fail(asset.symbol, "an asset's symbol has 1 to 8 characters");
        if (!cap || *cap > kMaxIssue) return fail(asset.symbol, "issue_cap must be at most 2^62 minor units, exactly");
        result_.assets.push_back({.symbol = AssetSymbol(asset.symbol),
                                  .issue_cap = Amount{*cap},
                                  .scale = static_cast<std::uint8_t>(asset.scale),
                                  .zero = {}});
    }
    [[nodiscard]] std::uint32_t id_of(const std::string& symbol) const {
        for (std::uint32_t i = 0; i < config_.assets.size(); ++i)
            if (config_.assets[i].symbol == symbol) return i + 1;
        return 0;
    }
    void add(const MarketConfig& market) {
        const AssetId base{id_of(market.base)};
        const AssetId quote{id_of(market.quote)};
        if (!Symbol::fits(market.symbol) || market.symbol.empty())
            return fail(market.symbol, "a market's symbol has 1 to 16 characters");
        if (!base || !quote) return fail(market.symbol, "base and quote must be listed assets");
        const auto tick = decimal_of(market.tick);
        const auto lot = decimal_of(market.lot);
        const auto most = decimal_of(market.max_quantity);
        if (!tick || !lot || !most) return fail(market.symbol, "tick, lot and max_quantity must be given");
        const auto max_quantity = whole_quotient(*most, *lot);
        if (!max_quantity) return fail(market.symbol, "max_quantity is not a whole number of lots");
        const auto least = parse_decimal(market.min_notional, config_.assets[quote.value - 1].scale);
        if (!least) return fail(market.symbol, "min_notional has more decimals than its asset");
        result_.instruments.push_back({.symbol = Symbol(market.symbol),
                                       .base = base,
                                       .quote = quote,
                                       .tick_mantissa = tick->mantissa,
                                       .lot_mantissa = lot->mantissa,
                                       .max_quantity = Quantity{*max_quantity},
                                       .min_notional = Amount{*least},
                                       .maker_fee = FeeRate{static_cast<std::int32_t>(market.maker_fee)},
                                       .taker_fee = FeeRate{static_cast<std::int32_t>(market.taker_fee)},
                                       .tick_scale = static_cast<std::uint8_t>(tick->scale),
                                       .lot_scale = static_cast<std::uint8_t>(lot->scale),
                                       .zero = {}});
        add_limits(market, result_.instruments.back());
    }
    void add_limits(const MarketConfig& market, const ListInstrument& listing) {
        const auto most = parse_decimal(market.max_notional, config_.assets[listing.quote.value - 1].scale);
        if (!most || *most > kMaxIssue) return fail(market.symbol, "max_notional has more decimals than its asset");
        Price reference{};
        if (!market.start_price.empty()) {
            const auto price = ticks_of(market, market.start_price);
            if (!price) return fail(market.symbol, "start_price is not a whole number of ticks");
            reference = *price;
        }
        result_.limits.push_back({.min_quantity = Quantity{std::int64_t{1}},
                                  .max_quantity = listing.max_quantity,
                                  .min_notional = listing.min_notional,
                                  .max_notional = Amount{*most == 0 ? kMaxIssue : *most},
                                  .reference_price = reference,
                                  .instrument = InstrumentId{static_cast<std::uint32_t>(result_.instruments.size())},
                                  .collar_bp = u32(market.collar_bp),
                                  .max_orders = u32(market.max_orders),
                                  .day_end_s = seconds_of_day(market.day_end).value_or(0)});
    }

    const Config& config_;
    Listings result_;
    std::string error_;
};

}  // namespace

Genesis genesis_of(const Config& config, const Ed25519PublicKey& operator_key,
                   const std::array<std::byte, 16>& venue_id) {
    const auto& c = config.capacity;
    return {.venue_id = venue_id,
            .operator_key = operator_key,
            .max_accounts = u32(c.accounts),
            .max_assets = u32(c.assets),
            .max_instruments = u32(c.instruments),
            .max_orders = u32(c.orders),
            .max_sessions = u32(c.sessions),
            .max_keys = u32(c.keys),
            .max_price_levels = u32(c.price_levels),
            .max_fills_per_command = u32(c.fills_per_command),
            .max_transfer_ids = u32(c.transfer_ids),
            .simulated = std::uint8_t{config.venue.sim},
            .dual_control = std::uint8_t{config.venue.dual_control},
            .zero = {}};
}

std::expected<Listings, std::string> listings_of(const Config& config) { return ListingMaker(config).make(); }

std::expected<Price, std::string> ticks_of(const MarketConfig& market, const std::string& price) {
    const auto amount = decimal_of(price);
    const auto tick = decimal_of(market.tick);
    const auto ticks = amount && tick ? whole_quotient(*amount, *tick) : std::nullopt;
    if (!ticks || *ticks < 1)
        return std::unexpected(market.symbol + ": " + price + " is not a whole number of ticks of " + market.tick);
    return Price{*ticks};
}

}  // namespace dcx::app
