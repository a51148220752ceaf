// OpenOrders: the open orders, and those that were accepted or changed in this batch. A closed one is not found any
// more, and leaves the memory with its batch.
#pragma once

#include <cstdint>
#include <vector>

#include "history/fold_parts.h"
#include "history/row_batch.h"
#include "model/order_index.h"

namespace dcx::history {

class OpenOrders {
  public:
    explicit OpenOrders(const StoredState& state);

    // Ids count up.
    OrderRow& accept(OrderId id);
    // Throws Contradiction when it is not open. Places hold until forget().
    [[nodiscard]] std::uint32_t find(OrderId id) const;
    [[nodiscard]] const OrderRow& operator[](std::uint32_t place) const { return pool_[place].row; }
    OrderRow& change(const EventPlace& at, std::uint32_t place);
    // Its last change says what became of it.
    void close(std::uint32_t place) { index_.erase(pool_[place].row.order_id); }

    [[nodiscard]] std::size_t open() const { return index_.size(); }
    [[nodiscard]] std::size_t rows() const { return accepted_.size() + changed_.size(); }
    void seal(RowBatch& batch);
    void forget();

  private:
    struct Order {
        OrderRow row;
        bool in_batch = false;
    };
    struct Changed {
        OrderId id{};
        std::uint32_t place{};
    };
    static constexpr std::uint32_t kNone = UINT32_MAX;
    [[nodiscard]] std::uint32_t take();
    [[nodiscard]] OrderId oldest();
    void release(std::uint32_t place);

    std::vector<Order> pool_;
    std::vector<std::uint32_t> free_;
    OrderIndex index_;  // of the open ones
    std::vector<std::uint32_t> accepted_;
    std::vector<Changed> changed_;  // accepted before this batch
    // Ids by rising number, all open ones among them; whatever is closed is dropped when it comes to the front, or when
    // most are.
    std::vector<OrderId> by_age_;
    std::size_t front_ = 0;
    OrderId last_{};
    bool last_is_known_;  // not after a resume: the last one may have been closed before
};

}  // namespace dcx::history
