#include "feed/feed_recorder.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "model/decimal.h"

namespace dcx::feed {

namespace {

// Requests that may be sent at once (`limits.request_burst` is 200).
constexpr std::size_t kRequestsAtOnce = 120;

std::expected<RecordedListing, std::string> listing_of(const nlohmann::json& instrument) {
    RecordedListing listing{.symbol = instrument.at("symbol").get<std::string>(),
                            .base = instrument.at("base").get<std::string>(),
                            .quote = instrument.at("quote").get<std::string>()};
    const auto unit = [&](const char* key, std::int64_t& mantissa, std::uint8_t& scale) {
        const std::string text = instrument.at(key).get<std::string>();
        const std::size_t point = text.find('.');
        scale = static_cast<std::uint8_t>(point == text.npos ? 0 : std::min<std::size_t>(text.size() - point - 1, 99));
        const auto value = scale > 27 ? std::nullopt : parse_decimal(text, scale);
        mantissa = value.value_or(0);
        return value.has_value();
    };
    if (!unit("tick_size", listing.tick_mantissa, listing.tick_scale) ||
        !unit("lot_size", listing.lot_mantissa, listing.lot_scale))
        return std::unexpected("units of " + listing.symbol + " that can't be read");
    return listing;
}

Phase phase_of(const nlohmann::json& instrument) {
    return instrument.at("phase") == "halted" ? Phase::halted : Phase::trading;
}

Side side_of(const nlohmann::json& of) { return of.at("side") == "buy" ? Side::buy : Side::sell; }
Price price_of(const nlohmann::json& value) { return Price{value.get<std::int64_t>()}; }
Quantity quantity_of(const nlohmann::json& value) { return Quantity{value.get<std::int64_t>()}; }

std::optional<RecordedEntry> entry_of(const nlohmann::json& change, std::uint32_t market) {
    RecordedEntry entry{.side = side_of(change),
                        .market = market,
                        .order = OrderId{change.at("order_id").get<std::uint64_t>()},
                        .price = price_of(change.at("price")),
                        .quantity = quantity_of(change.at("quantity"))};
    const auto& action = change.at("action").get_ref<const std::string&>();
    if (action == "add") {
        entry.action = RecordedAction::add;
    } else if (action == "change") {
        entry.action = RecordedAction::change;
    } else if (action == "delete") {
        entry.action = RecordedAction::remove;
    } else if (action == "execute") {
        entry.action = RecordedAction::execute;
        entry.trade = TradeId{change.at("trade_id").get<std::uint64_t>()};
    } else {
        return std::nullopt;
    }
    return entry;
}

}  // namespace

std::unexpected<std::string> FeedRecorder::forget(std::string why) {
    for (Followed& market : markets_) {
        market.orders = market.trades = {};
        market.fresh.reset();
    }
    pending_.clear();
    return std::unexpected(std::move(why));
}

void FeedRecorder::opened() {
    connected_ = true;
    ask_live_ = 0;
    requests_.clear();
    for (Followed& market : markets_)
        for (Stream* stream : {&market.orders, &market.trades}) {
            // Half a snapshot is none.
            if (stream->expects == Expects::part) stream->known = false;
            stream->expects = Expects::answer;
        }
}

void FeedRecorder::send(const Json& request) { requests_.push_back(Json::to_msgpack(request)); }

std::optional<std::uint32_t> FeedRecorder::find(std::string_view symbol) const {
    const auto found = std::ranges::find(markets_, symbol, [](const Followed& m) { return m.listing.symbol; });
    if (found == markets_.end()) return std::nullopt;
    return static_cast<std::uint32_t>(found - markets_.begin());
}

bool FeedRecorder::all_live() const {
    return !markets_.empty() && std::ranges::all_of(markets_, [](const Followed& market) {
        return market.orders.expects == Expects::update && market.trades.expects == Expects::update;
    });
}

bool FeedRecorder::any_fresh() const {
    return std::ranges::any_of(markets_, [](const Followed& market) { return market.fresh.has_value(); });
}

FeedRecorder::Result FeedRecorder::take(std::span<const std::byte> bytes) {
    const auto* const begin = reinterpret_cast<const std::uint8_t*>(bytes.data());
    try {
        const Json message = Json::from_msgpack(begin, begin + bytes.size());
        const bool data = message.contains("data");
        if (data) {
            ++counts_.messages;
            counts_.bytes += bytes.size();
        }
        if (auto taken = data ? take_data(message) : take_control(message); !taken) return taken;
        // At once when everything is there: the connection may not live long.
        if (ask_live_ == 0) ask();
        return {};
    } catch (const Json::exception& e) {
        return forget(std::string("a message that can't be read: ") + e.what());
    }
}

FeedRecorder::Result FeedRecorder::take_control(const Json& message) {
    const auto& type = message.at("type").get_ref<const std::string&>();
    if (type == "welcome") return take_welcome(message);
    if (type == "subscribed") return take_subscribed(message);
    if (type == "heartbeat") return take_heartbeat(message);
    if (type == "instruments") return take_instruments(message.at("instruments"));
    if (type == "notice") {
        news_.push_back("the feed says: " + message.at("message").get<std::string>());
        return {};
    }
    if (type == "error") return forget("the feed refused: " + message.at("message").get<std::string>());
    return {};
}

FeedRecorder::Result FeedRecorder::take_welcome(const Json& message) {
    epoch_ = message.at("epoch").get<std::uint64_t>();
    if (writer_.begun() && epoch_ < writer_.state().epoch) {
        fatal_ = true;
        return std::unexpected("this is another venue: its epoch is older than what was recorded");
    }
    if (auto taken = take_instruments(message.at("instruments")); !taken) return taken;
    const bool singly = 2 * markets_.size() <= kRequestsAtOnce;
    for (Followed& market : markets_)
        for (Stream* stream : {&market.orders, &market.trades}) {
            stream->asked = singly && stream->known;
            if (!singly) stream->known = false;
        }
    if (!singly)
        send({{"type", "subscribe"}, {"channels", {"orders", "trades"}}, {"symbols", "*"}});
    else
        for (Followed& market : markets_) subscribe(market);
    return {};
}

void FeedRecorder::subscribe(Followed& market) {
    for (const auto& [name, stream] : {std::pair{"orders", &market.orders}, std::pair{"trades", &market.trades}}) {
        Json request{{"type", "subscribe"}, {"channel", name}, {"symbol", market.listing.symbol}};
        if (stream->asked) request["from"] = {{"epoch", stream->epoch}, {"seq", stream->seq}};
        send(request);
    }
}

// Of all markets in a welcome, of those that are new or changed later.
FeedRecorder::Result FeedRecorder::take_instruments(const Json& list) {
    const bool running = all_live();
    for (const Json& instrument : list) {
        auto listing = listing_of(instrument);
        if (!listing) return forget(listing.error());
        if (const auto place = find(listing->symbol)) {
            if (markets_[*place].listing != *listing) {
                fatal_ = true;
                return std::unexpected("this is another venue: its " + listing->symbol + " has other units");
            }
            markets_[*place].phase = phase_of(instrument);
            continue;
        }
        Followed& market = markets_.emplace_back();
        market.listing = std::move(*listing);
        market.phase = phase_of(instrument);
        if (running) subscribe(market);
    }
    return {};
}

FeedRecorder::Result FeedRecorder::take_subscribed(const Json& message) {
    const auto place = find(message.at("symbol").get_ref<const std::string&>());
    if (!place) return forget("an answer about an unknown market");
    Stream& stream = message.at("channel") == "orders" ? markets_[*place].orders : markets_[*place].trades;
    const bool resumed = message.value("resumed", false);
    if (resumed && !stream.asked) return forget("the feed went on with what was not asked");
    if (resumed) ++counts_.resumed;
    stream.expects = resumed ? Expects::update : Expects::snapshot;
    return {};
}

// The order of messages within a channel; snapshots may come in parts.
FeedRecorder::Result FeedRecorder::follow(Stream& stream, const Json& message, bool snapshot) {
    const auto epoch = message.at("epoch").get<std::uint64_t>();
    const auto prev = message.at("prev").get<std::uint64_t>();
    const auto seq = message.at("seq").get<std::uint64_t>();
    if (epoch < epoch_) return forget("a message of another epoch");
    if (snapshot && prev != 0 && (stream.expects != Expects::part || prev != stream.seq || seq < prev))
        return forget("a part of a snapshot that does not follow");
    // One out of the blue replaces what could not be sent.
    if (snapshot && prev == 0 && stream.expects != Expects::snapshot && !message.contains("skipped"))
        return forget("a snapshot that nobody asked for");
    if (!snapshot && (stream.expects != Expects::update || prev != stream.seq || seq <= prev))
        return forget("a gap in the feed that was not announced");
    // A feed in a process of its own goes on over a start of the venue: another epoch, the same chains.
    if (epoch > epoch_) {
        epoch_ = epoch;
        for (Followed& market : markets_) market.orders.epoch = market.trades.epoch = epoch;
    }
    stream.seq = seq;
    stream.epoch = epoch;
    stream.known = true;
    stream.expects = snapshot && message.at("data").value("more", false) ? Expects::part : Expects::update;
    return {};
}

FeedRecorder::Pending& FeedRecorder::pending(const Json& message) {
    Pending& command = pending_[message.at("seq").get<std::uint64_t>()];
    command.time = Time{message.at("time").get<std::int64_t>()};
    return command;
}

FeedRecorder::Result FeedRecorder::take_data(const Json& message) {
    const auto place = find(message.at("symbol").get_ref<const std::string&>());
    if (!place) return forget("a message of an unknown market");
    const bool snapshot = message.at("type") == "snapshot";
    const bool orders = message.at("channel") == "orders";
    if (!orders && message.at("channel") != "trades") return {};
    Followed& market = markets_[*place];
    if (auto followed = follow(orders ? market.orders : market.trades, message, snapshot); !followed) return followed;
    if (!snapshot && writer_.begun() && message.at("seq").get<std::uint64_t>() <= writer_.state().seq)
        return forget("a message came behind what was said to be everything");
    return orders ? take_orders(*place, message, snapshot) : take_trades(*place, message, snapshot);
}

FeedRecorder::Result FeedRecorder::take_orders(std::uint32_t place, const Json& message, bool snapshot) {
    const Json& data = message.at("data");
    Followed& market = markets_[place];
    if (snapshot) {
        if (message.at("prev").get<std::uint64_t>() == 0) market.fresh.emplace();
        market.fresh_seq = message.at("seq").get<std::uint64_t>();
        market.fresh_time = Time{message.at("time").get<std::int64_t>()};
        return take_part(market, place, data);
    }
    Pending& command = pending(message);
    for (const Json& change : data.at("changes")) {
        const auto entry = entry_of(change, place);
        if (!entry) return forget("an unknown change of an order");
        command.entries.push_back(*entry);
    }
    command.checks.push_back({.market = place, .checksum = data.at("checksum").get<std::uint32_t>()});
    return {};
}

FeedRecorder::Result FeedRecorder::take_part(Followed& market, std::uint32_t place, const Json& data) {
    if (!market.fresh) return forget("a part of a snapshot without its beginning");
    if (data.contains("changes"))
        for (const Json& change : data.at("changes")) {
            const auto entry = entry_of(change, place);
            if (!entry) return forget("an unknown change of an order");
            if (const char* wrong = apply_to(*market.fresh, *entry)) return forget(wrong);
        }
    for (const Side side : {Side::buy, Side::sell})
        for (const Json& order : data.at(side == Side::buy ? "bids" : "asks")) {
            const char* wrong = market.fresh->add({.id = OrderId{order.at(0).get<std::uint64_t>()},
                                                   .side = side,
                                                   .price = price_of(order.at(1)),
                                                   .leaves = quantity_of(order.at(2))});
            if (wrong != nullptr) return forget(wrong);
        }
    if (data.contains("checksum") && market.fresh->checksum() != data.at("checksum").get<std::uint32_t>())
        return forget("the checksum of a snapshot is wrong");
    return {};
}

// Trades themselves come with the orders they are made with; here is what was taken back, and the last ones at a start.
FeedRecorder::Result FeedRecorder::take_trades(std::uint32_t place, const Json& message, bool snapshot) {
    const Json& data = message.at("data");
    if (snapshot) {
        for (const char* name : {"trades", "busted"})
            for (const Json& trade : data.value(name, Json::array())) {
                last_trade_ = std::max(last_trade_, TradeId{trade.at("id").get<std::uint64_t>()});
                if (name == std::string_view{"trades"}) markets_[place].last_price = price_of(trade.at("price"));
            }
        return {};
    }
    Pending& command = pending(message);
    for (const Json& trade : data.value("busted", Json::array()))
        command.entries.push_back({.action = RecordedAction::bust,
                                   .side = side_of(trade),
                                   .market = place,
                                   .price = price_of(trade.at("price")),
                                   .quantity = quantity_of(trade.at("quantity")),
                                   .trade = TradeId{trade.at("id").get<std::uint64_t>()},
                                   .traded = Time{trade.at("time").get<std::int64_t>()}});
    return {};
}

void FeedRecorder::ask() {
    if (!connected_ || !all_live()) return;
    ++asked_;
    if (ask_live_ == 0) ask_live_ = asked_;
    send({{"type", "heartbeat"}, {"id", asked_}});
}

FeedRecorder::Result FeedRecorder::take_heartbeat(const Json& message) {
    // One that was not asked for says the same.
    if (!all_live() || ask_live_ == 0) return {};
    if (message.contains("id") && message.at("id").get<std::uint64_t>() < ask_live_) return {};
    std::uint64_t seq = 0;
    for (const Json& told : message.at("channels")) {
        const auto place = find(told.at("symbol").get_ref<const std::string&>());
        if (!place) continue;
        const Stream& stream = told.at("channel") == "orders" ? markets_[*place].orders : markets_[*place].trades;
        if (stream.seq != told.at("seq").get<std::uint64_t>()) return forget("the feed is elsewhere than it told");
        seq = std::max(seq, stream.seq);
    }
    return write_to(seq);
}

}  // namespace dcx::feed
