#include "feed_book/orders_reader.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "feed_book/window_reader.h"

namespace dcx::feed_book {

namespace {

std::int64_t rank(Side side, Price price) { return side == Side::buy ? -price.value : price.value; }

}  // namespace

OrdersReader::OrdersReader(feed::Publisher& publisher, const feed::Market& market, feed::Format format)
    : ChannelReader(publisher, market, {.channel = feed::Channel::orders}, format) {
    start();
}

void OrdersReader::take(const PlainValue& data, bool snapshot) {
    if (snapshot) {
        bids_.clear();
        asks_.clear();
        take_orders(data.at("bids"), Side::buy);
        take_orders(data.at("asks"), Side::sell);
        if (data.find("changes") != nullptr || data.find("more") != nullptr) FAIL("these books are of one part");
    } else {
        if (data.at("changes").as_list().empty()) FAIL("nothing is told");
        for (const PlainValue& change : data.at("changes").as_list()) take_change(change);
    }
    if (data.at("checksum").as_number() != plain_checksum(levels(Side::buy), levels(Side::sell), 10))
        FAIL("the checksum is not that of the orders");
}

void OrdersReader::take_orders(const PlainValue& told, Side side) {
    Queues& book = queues(side);
    for (const PlainValue& parts : told.as_list()) {
        if (parts.as_list().size() != 3) FAIL("an order has three parts");
        const std::int64_t at = rank(side, price(parts.items[1]));
        if (!book.empty() && book.rbegin()->first > at) FAIL("a snapshot out of order");
        book[at].push_back({OrderId{parts.items[0].as_number()}, quantity(parts.items[2])});
    }
}

void OrdersReader::take_change(const PlainValue& change) {
    const std::string& action = change.at("action").as_text();
    const Side side = change.at("side").as_text() == "buy" ? Side::buy : Side::sell;
    const EventBook::Order told{OrderId{change.at("order_id").as_number()}, quantity(change.at("quantity"))};
    Queues& book = queues(side);
    const std::int64_t at = rank(side, price(change.at("price")));
    if (action == "add") {
        book[at].push_back(told);
        return;
    }
    const auto queue = book.find(at);
    if (queue == book.end()) FAIL("a change at a price where nothing stands");
    const auto order = std::ranges::find(queue->second, told.id, &EventBook::Order::id);
    if (order == queue->second.end()) FAIL("a change of an order that is not there");
    if (action == "change") {
        if (told.leaves.value == 0) FAIL("a change to nothing");
        order->leaves = told.leaves;
        return;
    }
    if (action == "execute") {
        if (queue != book.begin() || order != queue->second.begin()) FAIL("not the first of the best level is traded");
        if (told.leaves > order->leaves) FAIL("more is traded than there is");
        order->leaves -= told.leaves;
    } else {
        if (action != "delete" || told.leaves != order->leaves) FAIL("another quantity leaves than stood there");
        order->leaves = {};
    }
    if (order->leaves.value == 0) queue->second.erase(order);
    if (queue->second.empty()) book.erase(queue);
}

std::vector<EventBook::Order> OrdersReader::orders(Side side) const {
    std::vector<EventBook::Order> all;
    for (const auto& [at, queue] : queues(side)) all.insert(all.end(), queue.begin(), queue.end());
    return all;
}

std::vector<core::DepthLevel> OrdersReader::levels(Side side) const {
    std::vector<core::DepthLevel> all;
    for (const auto& [at, queue] : queues(side)) {
        core::DepthLevel level{.price = Price{side == Side::buy ? -at : at},
                               .orders = static_cast<std::uint32_t>(queue.size())};
        for (const EventBook::Order& order : queue) level.quantity += order.leaves;
        all.push_back(level);
    }
    return all;
}

BboReader::BboReader(feed::Publisher& publisher, const feed::Market& market, std::uint32_t rate_ms, feed::Format format)
    : ChannelReader(publisher, market, {.channel = feed::Channel::bbo, .rate_ms = rate_ms}, format) {
    start();
}

void BboReader::take(const PlainValue& data, bool) {
    const auto one = [&](const char* price_key, const char* quantity_key) -> std::vector<core::DepthLevel> {
        const bool none = data.at(price_key).kind == PlainValue::Kind::null;
        if (none != (data.at(quantity_key).kind == PlainValue::Kind::null)) FAIL("half of a side");
        if (none) return {};
        return {{.price = price(data.at(price_key)), .quantity = quantity(data.at(quantity_key))}};
    };
    bid_ = one("bid", "bid_quantity");
    ask_ = one("ask", "ask_quantity");
}

bool BboReader::equals(std::span<const core::DepthLevel> bids, std::span<const core::DepthLevel> asks) const {
    const auto same = [](const std::vector<core::DepthLevel>& mine, std::span<const core::DepthLevel> book) {
        if (mine.empty() || book.empty()) return mine.empty() == book.empty();
        return mine.front().price == book.front().price && mine.front().quantity == book.front().quantity;
    };
    return same(bid_, bids) && same(ask_, asks);
}

}  // namespace dcx::feed_book
