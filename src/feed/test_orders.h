// For tests: a reader of the channel `orders` that keeps every order in its queue the naive way.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <vector>

#include "base/crc32c.h"
#include "feed/test_reader.h"
#include "feed/test_venue.h"

namespace dcx::feed::testing {

class ReaderOrders {
  public:
    struct Order {
        std::uint64_t id;
        std::int64_t quantity;
        friend bool operator==(const Order&, const Order&) = default;
    };
    using Queue = std::deque<Order>;

    void apply(const Json& message) {
        const auto prev = message.at("prev").get<std::uint64_t>();
        const Json& data = message.at("data");
        if (prev == 0) {
            REQUIRE(message.at("type") == "snapshot");
            bids_.clear();
            asks_.clear();
            ++snapshots_;
        } else {
            REQUIRE(prev == seq_);
            REQUIRE((message.at("type") == "snapshot") == more_);
        }
        seq_ = message.at("seq").get<std::uint64_t>();
        REQUIRE(seq_ >= prev);
        for (const Json& change : data.value("changes", Json::array())) {
            if (change.at("side") == "buy")
                change_side(bids_, change);
            else
                change_side(asks_, change);
        }
        append(bids_, data.value("bids", Json::array()));
        append(asks_, data.value("asks", Json::array()));
        more_ = data.value("more", false);
        REQUIRE(more_ != data.contains("checksum"));
        if (!more_) REQUIRE(checksum() == data.at("checksum").get<std::uint32_t>());
        ++parts_;
    }
    [[nodiscard]] bool whole() const { return snapshots_ > 0 && !more_; }
    [[nodiscard]] std::uint64_t seq() const { return seq_; }
    [[nodiscard]] std::size_t snapshots() const { return snapshots_; }
    [[nodiscard]] std::size_t parts() const { return parts_; }
    // Trades as the executions tell them: id, price, quantity.
    [[nodiscard]] const std::map<std::uint64_t, std::pair<std::int64_t, std::int64_t>>& trades() const {
        return trades_;
    }
    [[nodiscard]] bool equals(const NaiveBook& book) const { return same(bids_, book.bids) && same(asks_, book.asks); }
    // What is told so far is a beginning of each side, in order.
    [[nodiscard]] bool begins(const NaiveBook& book) const {
        return begins_side(bids_, book.bids) && begins_side(asks_, book.asks);
    }

  private:
    template <class Levels>
    void change_side(Levels& levels, const Json& change) {
        const auto id = change.at("order_id").get<std::uint64_t>();
        const std::int64_t price = units_of(change.at("price"));
        const std::int64_t quantity = units_of(change.at("quantity"));
        REQUIRE(quantity > 0);
        const std::string action = change.at("action");
        if (action == "add") {
            levels[price].push_back({id, quantity});
            return;
        }
        const auto level = levels.find(price);
        REQUIRE(level != levels.end());
        Queue& queue = level->second;
        const auto order = std::ranges::find(queue, id, &Order::id);
        REQUIRE(order != queue.end());
        if (action == "change") {
            REQUIRE(quantity <= order->quantity);
            order->quantity = quantity;
        } else if (action == "delete") {
            REQUIRE(quantity == order->quantity);
            queue.erase(order);
        } else {
            REQUIRE(action == "execute");
            REQUIRE(level == levels.begin());
            REQUIRE(order == queue.begin());
            REQUIRE(quantity <= order->quantity);
            trades_[change.at("trade_id").get<std::uint64_t>()] = {price, quantity};
            order->quantity -= quantity;
            if (order->quantity == 0) queue.pop_front();
        }
        if (queue.empty()) levels.erase(level);
    }
    template <class Levels>
    static void append(Levels& levels, const Json& orders) {
        for (const Json& order : orders)
            levels[units_of(order.at(1))].push_back({order.at(0).template get<std::uint64_t>(), units_of(order.at(2))});
    }
    template <class Levels>
    static std::vector<std::tuple<std::int64_t, std::uint64_t, std::int64_t>> flat(const Levels& levels) {
        std::vector<std::tuple<std::int64_t, std::uint64_t, std::int64_t>> result;
        for (const auto& [price, queue] : levels)
            for (const auto& order : queue) {
                if constexpr (std::is_same_v<std::remove_cvref_t<decltype(order)>, Order>)
                    result.emplace_back(price, order.id, order.quantity);
                else
                    result.emplace_back(price, order.id.value, order.leaves.value);
            }
        return result;
    }
    template <class Mine, class Theirs>
    static bool same(const Mine& mine, const Theirs& theirs) {
        return flat(mine) == flat(theirs);
    }
    template <class Mine, class Theirs>
    static bool begins_side(const Mine& mine, const Theirs& theirs) {
        const auto told = flat(mine);
        const auto all = flat(theirs);
        return told.size() <= all.size() && std::equal(told.begin(), told.end(), all.begin());
    }
    [[nodiscard]] std::uint32_t checksum() const {
        std::vector<std::int64_t> numbers;
        const auto add = [&](const auto& levels) {
            std::size_t count = 0;
            for (const auto& [price, queue] : levels) {
                if (count++ == 10) break;
                std::int64_t quantity = 0;
                for (const Order& order : queue) quantity += order.quantity;
                numbers.push_back(price);
                numbers.push_back(quantity);
            }
        };
        add(bids_);
        add(asks_);
        return crc32c(std::as_bytes(std::span{numbers}));
    }

    std::uint64_t seq_ = 0;
    std::size_t snapshots_ = 0;
    std::size_t parts_ = 0;
    bool more_ = false;
    std::map<std::int64_t, Queue, std::greater<>> bids_;
    std::map<std::int64_t, Queue> asks_;
    std::map<std::uint64_t, std::pair<std::int64_t, std::int64_t>> trades_;
};

}  // namespace dcx::feed::testing
