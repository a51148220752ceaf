// Any bytes, read as events that could be: orders come, trade, shrink, move and go in a small range of prices (and in
// one to the very limits), a few or many in one command. The book, its windows and its checksum must be those of a
// naive one.
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "base/crc32c.h"
#include "feed/depth_view.h"
#include "feed/feed_book.h"
#include "feed/test_venue.h"

using namespace dcx;
using namespace dcx::feed;
using dcx::feed::testing::NaiveBook;
using dcx::feed::testing::RestingOrder;

namespace {

class Bytes {
  public:
    explicit Bytes(std::span<const std::uint8_t> bytes) : left_(bytes) {}
    [[nodiscard]] bool empty() const { return left_.empty(); }
    // Below `end`; 0 when there are no more.
    std::size_t below(std::size_t end) {
        if (left_.empty()) return 0;
        const std::uint8_t byte = left_.front();
        left_ = left_.subspan(1);
        return byte % end;
    }

  private:
    std::span<const std::uint8_t> left_;
};

using Lines = std::vector<NaiveBook::Line>;

// What a reader of a window holds.
struct Window {
    DepthView view;
    std::size_t depth;
    std::array<Lines, 2> sides{};

    void take(const BookUpdate& update) {
        take_side(sides[0], update.bids);
        take_side(sides[1], update.asks);
    }
    static void take_side(Lines& lines, const std::vector<LevelUpdate>& updates) {
        for (const LevelUpdate& update : updates) {
            const auto gone = std::erase_if(lines, [&](const auto& line) { return line.price == update.price.value; });
            if (update.quantity.value == 0)
                DCX_CHECK(gone == 1);
            else
                lines.push_back({update.price.value, update.quantity.value, update.orders});
        }
    }
    [[nodiscard]] bool equals(const NaiveBook& book) {
        std::ranges::sort(sides[0], [](const auto& a, const auto& b) { return a.price > b.price; });
        std::ranges::sort(sides[1], [](const auto& a, const auto& b) { return a.price < b.price; });
        return sides[0] == book.lines(Side::buy, depth) && sides[1] == book.lines(Side::sell, depth);
    }
};

class Run {
  public:
    explicit Run(std::span<const std::uint8_t> bytes) : bytes_(bytes) {
        lowest_ = bytes_.below(2) == 0 ? 1 : kMaxPrice - kPrices;
        for (const std::size_t depth : {1u, 2u, 3u, 10u, 20u}) windows_.push_back({DepthView{depth}, depth});
        for (Window& window : windows_) window.view.reset(book_);
    }
    void go() {
        while (!bytes_.empty()) {
            for (std::size_t events = 1 + bytes_.below(6); events > 0; --events) step();
            end_command();
        }
    }

  private:
    static constexpr std::int64_t kPrices = 48;

    void step() {
        switch (bytes_.below(6)) {
            case 0:
            case 1: return rest();
            case 2: return trade();
            case 3: return cancel();
            case 4: return amend();
            default: return decrement();
        }
    }
    void rest() { rest({OrderId{++last_id_}, some_side(), some_price(), some_quantity()}); }
    void rest(const RestingOrder& order) {
        const bool buy = order.side == Side::buy;
        // Sides never cross.
        if (buy ? !naive_.asks.empty() && naive_.asks.begin()->first <= order.price.value
                : !naive_.bids.empty() && naive_.bids.begin()->first >= order.price.value)
            return;
        book_.apply(OrderRested{
            .order_id = order.id, .price = order.price, .quantity = order.leaves, .side = order.side, .zero = {}});
        if (buy)
            naive_.bids[order.price.value].push_back(order);
        else
            naive_.asks[order.price.value].push_back(order);
    }
    void trade() {
        const Side side = some_side();
        RestingOrder* maker = side == Side::buy ? first(naive_.bids) : first(naive_.asks);
        if (maker == nullptr) return;
        const Quantity quantity{bytes_.below(2) == 0 ? maker->leaves.value : (maker->leaves.value + 1) / 2};
        const Quantity left = maker->leaves - quantity;
        book_.apply(TradeExecuted{.maker_order_id = maker->id,
                                  .price = maker->price,
                                  .quantity = quantity,
                                  .maker_leaves = left,
                                  .taker_side = opposite(side),
                                  .zero = {}});
        set(*maker, left);
    }
    void cancel() {
        RestingOrder* const order = some_order();
        if (order == nullptr) return;
        book_.apply(OrderCanceled{.order_id = order->id,
                                  .price = order->price,
                                  .quantity = order->leaves,
                                  .side = order->side,
                                  .rested = 1,
                                  .zero = {}});
        set(*order, Quantity{});
    }
    // In its place with no more than there is, or to anywhere.
    void amend() {
        RestingOrder* const found = some_order();
        if (found == nullptr) return;
        RestingOrder order = *found;
        const bool keeps = bytes_.below(2) == 0;
        order.leaves =
            keeps ? Quantity{1 + static_cast<std::int64_t>(bytes_.below(64)) % found->leaves.value} : some_quantity();
        if (!keeps) order.price = some_price();
        book_.apply(OrderAmended{.order_id = order.id,
                                 .price = order.price,
                                 .leaves = order.leaves,
                                 .side = order.side,
                                 .kept_priority = static_cast<std::uint8_t>(keeps ? 1 : 0),
                                 .zero = {}});
        set(*found, keeps ? order.leaves : Quantity{});
        if (!keeps) rest(order);
    }
    void decrement() {
        RestingOrder* const order = some_order();
        if (order == nullptr || order->leaves.value < 2) return;
        const Quantity less{order->leaves.value / 2};
        const Quantity left = order->leaves - less;
        book_.apply(OrderDecremented{.order_id = order->id,
                                     .price = order->price,
                                     .quantity = less,
                                     .leaves = left,
                                     .side = order->side,
                                     .rested = 1,
                                     .zero = {}});
        set(*order, left);
    }
    void end_command() {
        if (bytes_.below(3) > 0) check_checksums();
        BookUpdate update;
        for (Window& window : windows_) {
            update.clear();
            window.view.advance(book_, book_.changes(), update);
            window.take(update);
            DCX_CHECK(window.equals(naive_));
        }
        book_.clear_changes();
        for (const Side side : {Side::buy, Side::sell}) {
            const Lines lines = naive_.lines(side, SIZE_MAX);
            DCX_CHECK(book_.side(side).size() == lines.size());
            for (std::size_t i = 0; i < lines.size(); ++i) {
                const Level& level = book_.side(side)[i];
                DCX_CHECK(lines[i] == (NaiveBook::Line{level.price.value, level.quantity.value, level.orders}));
            }
        }
    }
    void check_checksums() {
        for (const std::size_t levels : {0u, 1u, 5u, 10u}) {
            std::vector<std::int64_t> numbers;
            for (const Side side : {Side::buy, Side::sell})
                for (const NaiveBook::Line& line : naive_.lines(side, levels)) {
                    numbers.push_back(line.price);
                    numbers.push_back(line.quantity);
                }
            DCX_CHECK(book_.checksum(levels) == crc32c_portable(std::as_bytes(std::span{numbers})));
        }
    }
    Side some_side() { return bytes_.below(2) == 0 ? Side::buy : Side::sell; }
    Price some_price() { return Price{lowest_ + static_cast<std::int64_t>(bytes_.below(kPrices))}; }
    // Small, or so large that a few of them make the largest sum there can be.
    Quantity some_quantity() {
        const std::size_t kind = bytes_.below(8);
        return Quantity{kind == 0 ? kMaxIssue / 1'024 : static_cast<std::int64_t>(1 + bytes_.below(32))};
    }
    template <class Levels>
    static RestingOrder* first(Levels& levels) {
        return levels.empty() ? nullptr : &levels.begin()->second.front();
    }
    RestingOrder* some_order() {
        std::vector<RestingOrder*> all;
        for (auto& [price, queue] : naive_.bids)
            for (RestingOrder& order : queue) all.push_back(&order);
        for (auto& [price, queue] : naive_.asks)
            for (RestingOrder& order : queue) all.push_back(&order);
        return all.empty() ? nullptr : all[bytes_.below(std::min<std::size_t>(all.size(), 256))];
    }
    void set(RestingOrder& order, Quantity leaves) {
        order.leaves = leaves;
        if (leaves.value > 0) return;
        const RestingOrder gone = order;
        const auto take_out = [&](auto& levels) {
            auto& queue = levels[gone.price.value];
            std::erase_if(queue, [&](const RestingOrder& o) { return o.id == gone.id; });
            if (queue.empty()) levels.erase(gone.price.value);
        };
        if (gone.side == Side::buy)
            take_out(naive_.bids);
        else
            take_out(naive_.asks);
    }

    Bytes bytes_;
    std::int64_t lowest_ = 1;
    std::uint64_t last_id_ = 0;
    FeedBook book_;
    NaiveBook naive_;
    std::vector<Window> windows_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    // More orders than that would make sums larger than all that can be issued.
    if (size > 4'096) return 0;
    Run({data, size}).go();
    return 0;
}
