#include "app/watch_picture.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "base/crc32c.h"
#include "client/mirror_reader.h"
#include "model/decimal.h"

namespace dcx::app {

namespace {

using Json = nlohmann::json;

constexpr std::array<std::string_view, 3> kChannels{"orderbook", "trades", "ticker"};
constexpr std::size_t kOrderbook = 0;
constexpr std::size_t kTrades = 1;
constexpr std::size_t kTicker = 2;
constexpr std::uint64_t kTooSlow = 16;  // the connection ends, which is no fault of the request

std::string text_or_empty(const Json& data, const char* key) {
    const Json& value = data.at(key);
    return value.is_null() ? std::string{} : value.get<std::string>();
}

}  // namespace

// Reads one message into the picture. What is not as it should be is an exception of the JSON library or a
// runtime_error; apply() makes it Applied::failed.
class MarketPicture::Reader {
  public:
    Reader(MarketPicture& picture, const Json& message) : p_(picture), message_(message) {}

    Applied read() {
        const auto& type = message_.at("type").get_ref<const std::string&>();
        if (type == "snapshot" || type == "update") return read_data(type == "snapshot");
        if (type == "welcome") return read_instruments() ? Applied::welcome : Applied::unknown_market;
        if (type == "instruments") return read_instruments(), Applied::nothing;
        if (type == "notice") {
            p_.error_ = message_.at("message").get<std::string>();
            return Applied::notice;
        }
        if (type == "error") {
            p_.error_ = "the feed says: " + message_.at("message").get<std::string>();
            return message_.at("code").get<std::uint64_t>() == kTooSlow ? Applied::notice : Applied::failed;
        }
        return Applied::nothing;
    }

  private:
    static Unit unit_of(const Json& size) {
        const auto& text = size.get_ref<const std::string&>();
        const std::size_t point = text.find('.');
        Unit unit{.mantissa = 0, .scale = point == text.npos ? 0u : static_cast<unsigned>(text.size() - point - 1)};
        unit.mantissa = unit.scale > 18 ? 0 : parse_decimal(text, unit.scale).value_or(0);
        if (unit.mantissa < 1) throw std::runtime_error("a tick or lot size that is none: " + text);
        return unit;
    }

    static std::int64_t units(const Json& decimal, const Unit& unit) {
        const auto& text = decimal.get_ref<const std::string&>();
        const auto value = parse_decimal(text, unit.scale);
        if (!value || *value < 0 || *value % unit.mantissa != 0)
            throw std::runtime_error("no whole number of ticks or lots: " + text);
        return *value / unit.mantissa;
    }

    // True when our market is among them.
    bool read_instruments() {
        const Json& instruments = message_.at("instruments");
        bool found = false;
        p_.known_markets_.clear();
        for (const Json& instrument : instruments) {
            p_.known_markets_.push_back(instrument.at("symbol").get<std::string>());
            if (p_.known_markets_.back() != p_.symbol_) continue;
            found = true;
            p_.base_ = instrument.at("base").get<std::string>();
            p_.quote_ = instrument.at("quote").get<std::string>();
            p_.phase_ = instrument.at("phase").get<std::string>();
            p_.tick_ = unit_of(instrument.at("tick_size"));
            p_.lot_ = unit_of(instrument.at("lot_size"));
        }
        return found;
    }

    Applied read_data(bool snapshot) {
        if (message_.at("symbol").get_ref<const std::string&>() != p_.symbol_) return Applied::nothing;
        const auto& name = message_.at("channel").get_ref<const std::string&>();
        const auto found = std::find(kChannels.begin(), kChannels.end(), name);
        if (found == kChannels.end()) return Applied::nothing;
        const auto channel = static_cast<std::size_t>(found - kChannels.begin());
        Chain& chain = p_.chains_[channel];
        const auto epoch = message_.at("epoch").get<std::uint64_t>();
        const auto seq = message_.at("seq").get<std::uint64_t>();
        if (!snapshot) {
            if (!chain.whole) return Applied::nothing;  // the snapshot that was asked for is on its way
            if (message_.at("prev").get<std::uint64_t>() != chain.seq || epoch != chain.epoch) return gap(channel);
        }
        chain = {.epoch = epoch, .seq = seq, .whole = true};
        p_.time_ = message_.at("time").get<std::int64_t>();
        const Json& data = message_.at("data");
        if (channel == kTrades) return read_trades(data, snapshot);
        if (channel == kTicker) return read_ticker(data);
        return read_book(data, snapshot);
    }

    Applied gap(std::size_t channel) {
        p_.chains_[channel].whole = false;
        p_.gap_channel_ = kChannels[channel];
        ++p_.gaps_;
        return Applied::gap;
    }

    Applied read_book(const Json& data, bool snapshot) {
        if (snapshot) {
            p_.bids_.clear();
            p_.asks_.clear();
        }
        read_levels(data.at("bids"), p_.bids_, -1);
        read_levels(data.at("asks"), p_.asks_, 1);
        if (p_.checksum() != data.at("checksum").get<std::uint32_t>()) return gap(kOrderbook);
        return Applied::book;
    }

    void read_levels(const Json& changes, Book& side, std::int64_t sign) const {
        for (const Json& change : changes) {
            const PictureLevel level{.price = units(change.at(0), p_.tick_),
                                     .quantity = units(change.at(1), p_.lot_),
                                     .orders = change.at(2).get<std::uint32_t>()};
            if (level.quantity == 0)
                side.erase(sign * level.price);
            else
                side.insert_or_assign(sign * level.price, level);
        }
    }

    static PictureTrade trade_of(const Json& trade) {
        return {.id = trade.at("id").get<std::uint64_t>(),
                .price = trade.at("price").get<std::string>(),
                .quantity = trade.at("quantity").get<std::string>(),
                .side = trade.at("side").get<std::string>(),
                .time = trade.at("time").get<std::int64_t>()};
    }

    Applied read_trades(const Json& data, bool snapshot) {
        const Json& trades = data.at("trades");
        if (snapshot) p_.trades_.clear();
        p_.new_trades_ = snapshot ? 0 : trades.size();
        for (const Json& trade : trades) p_.trades_.push_front(trade_of(trade));
        if (p_.trades_.size() > kTradesKept) p_.trades_.resize(kTradesKept);
        p_.new_trades_ = std::min(p_.new_trades_, p_.trades_.size());
        p_.new_busts_.clear();
        // A snapshot's are no more among its trades.
        if (!snapshot && data.contains("busted")) read_busts(data.at("busted"));
        return Applied::trades;
    }

    void read_busts(const Json& busted) {
        for (const Json& told : busted) {
            p_.new_busts_.push_back(trade_of(told));
            p_.new_busts_.back().busted = true;
            for (PictureTrade& trade : p_.trades_)
                if (trade.id == p_.new_busts_.back().id) trade.busted = true;
        }
    }

    Applied read_ticker(const Json& data) {
        p_.ticker_ = {.last = text_or_empty(data, "last"),
                      .open = text_or_empty(data, "open"),
                      .high = text_or_empty(data, "high"),
                      .low = text_or_empty(data, "low"),
                      .volume = text_or_empty(data, "volume"),
                      .quote_volume = text_or_empty(data, "quote_volume"),
                      .trades = data.at("trades").get<std::uint64_t>(),
                      .time = p_.time_};
        return Applied::ticker;
    }

    MarketPicture& p_;
    const Json& message_;
};

Applied MarketPicture::apply(std::string_view message) {
    try {
        const Json parsed = Json::parse(message);
        return Reader(*this, parsed).read();
    } catch (const std::exception& e) {
        error_ = std::string("the feed sent what is no message of its protocol: ") + e.what();
        return Applied::failed;
    }
}

void MarketPicture::show(const client::MirrorBook& book, std::uint64_t epoch) {
    const MirrorBookHead& head = book.head;
    const bool first = !chains_[kOrderbook].whole;
    phase_ = head.phase == Phase::halted ? "halted" : "trading";
    tick_ = {.mantissa = head.tick_mantissa, .scale = head.tick_scale};
    lot_ = {.mantissa = head.lot_mantissa, .scale = head.lot_scale};
    chains_[kOrderbook] = {.epoch = epoch, .seq = head.sequence.value, .whole = true};
    time_ = head.time.value;
    const auto take = [](Book& side, const std::vector<MirrorLevel>& levels, std::int64_t sign) {
        side.clear();
        for (const MirrorLevel& level : levels)
            side.emplace(
                sign * level.price.value,
                PictureLevel{.price = level.price.value, .quantity = level.quantity.value, .orders = level.orders});
    };
    take(bids_, book.bids, -1);
    take(asks_, book.asks, 1);
    new_trades_ = 0;
    if (!head.last_trade_id || (!trades_.empty() && trades_.front().id == head.last_trade_id.value)) return;
    trades_.push_front({.id = head.last_trade_id.value,
                        .price = price_text(head.last_price.value),
                        .quantity = quantity_text(head.last_quantity.value),
                        .side = head.last_taker_side == Side::buy ? "buy" : "sell",
                        .time = head.last_time.value});
    if (trades_.size() > kTradesKept) trades_.pop_back();
    new_trades_ = first ? 0 : 1;
}

std::string MarketPicture::request(std::string_view type, std::string_view channel) const {
    Json request{{"type", type}, {"channel", channel}, {"symbol", symbol_}};
    if (channel == kChannels[kOrderbook]) {
        request["depth"] = kPictureDepth;
        request["rate"] = 0;
    }
    return request.dump();
}

void MarketPicture::disconnected() {
    for (Chain& chain : chains_) chain.whole = false;
}

std::vector<PictureLevel> MarketPicture::levels(const Book& side) {
    std::vector<PictureLevel> result;
    for (const auto& [key, level] : side) result.push_back(level);
    return result;
}

std::string MarketPicture::unit_text(std::int64_t units, const Unit& unit) {
    return decimal_text(wide_mul(units, unit.mantissa), unit.scale);
}

std::uint32_t MarketPicture::checksum() const {
    std::vector<std::int64_t> numbers;
    for (const Book* side : {&bids_, &asks_}) {
        std::size_t left = kPictureDepth;
        for (auto level = side->begin(); level != side->end() && left > 0; ++level, --left) {
            numbers.push_back(level->second.price);
            numbers.push_back(level->second.quantity);
        }
    }
    return crc32c(std::as_bytes(std::span{numbers}));
}

}  // namespace dcx::app
