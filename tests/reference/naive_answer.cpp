#include "reference/naive_answer.h"

#include <algorithm>
#include <list>
#include <map>
#include <stdexcept>
#include <unordered_map>

namespace dcx::reference {

namespace {

using market::CanonicalReports;
using market::MessageType;
using market::WorkloadMessage;

struct Resting {
    std::uint64_t id;
    std::uint32_t quantity;
    std::int64_t price;
    Side side;
};
using Queue = std::list<Resting>;

class NaiveBook {
  public:
    explicit NaiveBook(CanonicalReports& reports) : reports_(reports) {}

    void place(std::uint32_t seq, const WorkloadMessage& m) {
        if (orders_.contains(m.order_id)) throw std::runtime_error("a live order id is used again");
        reports_.acknowledged(seq, m.side, m.order_id, m.price, m.quantity);
        const std::uint32_t left = take(seq, m.side, m.order_id, m.price, m.quantity);
        if (left == 0) return;
        if (m.ioc) return reports_.canceled(seq, m.side, m.order_id, m.price);
        rest({.id = m.order_id, .quantity = left, .price = m.price, .side = m.side});
    }
    void cancel(std::uint32_t seq, const WorkloadMessage& m) {
        const auto found = orders_.find(m.order_id);
        if (found == orders_.end()) return reports_.cancel_rejected(seq, m.order_id);
        reports_.canceled(seq, found->second->side, m.order_id, found->second->price);
        remove(m.order_id);
    }
    void modify(std::uint32_t seq, const WorkloadMessage& m) {
        const auto found = orders_.find(m.order_id);
        if (found == orders_.end()) return reports_.modify_rejected(seq, m.order_id);
        const Side side = found->second->side;
        remove(m.order_id);
        reports_.modified(seq, side, m.order_id, m.price, m.quantity);
        const std::uint32_t left = take(seq, side, m.order_id, m.price, m.quantity);
        if (left != 0) rest({.id = m.order_id, .quantity = left, .price = m.price, .side = side});
    }

  private:
    // Trades at the makers' prices; what is left of the quantity.
    std::uint32_t take(std::uint32_t seq, Side side, std::uint64_t id, std::int64_t limit, std::uint32_t quantity) {
        auto& levels = side == Side::buy ? asks_ : bids_;
        while (quantity > 0 && !levels.empty()) {
            const auto level = side == Side::buy ? levels.begin() : std::prev(levels.end());
            if (side == Side::buy ? level->first > limit : level->first < limit) break;
            Resting& maker = level->second.front();
            const std::uint32_t traded = std::min(quantity, maker.quantity);
            reports_.traded(seq, maker.price, traded, maker.id, id);
            quantity -= traded;
            maker.quantity -= traded;
            if (maker.quantity == 0) remove(maker.id);
        }
        return quantity;
    }
    void rest(const Resting& order) {
        Queue& queue = (order.side == Side::buy ? bids_ : asks_)[order.price];
        orders_[order.id] = queue.insert(queue.end(), order);
    }
    void remove(std::uint64_t id) {
        const auto position = orders_.at(id);
        auto& levels = position->side == Side::buy ? bids_ : asks_;
        const auto level = levels.find(position->price);
        orders_.erase(id);
        level->second.erase(position);
        if (level->second.empty()) levels.erase(level);
    }

    CanonicalReports& reports_;
    std::map<std::int64_t, Queue> bids_;
    std::map<std::int64_t, Queue> asks_;
    std::unordered_map<std::uint64_t, Queue::iterator> orders_;
};

}  // namespace

market::CanonicalReports naive_answer(std::span<const WorkloadMessage> messages) {
    CanonicalReports reports(messages.size() + messages.size() / 4);
    NaiveBook book(reports);
    for (std::uint32_t seq = 0; seq < messages.size(); ++seq) switch (messages[seq].type) {
            case MessageType::place: book.place(seq, messages[seq]); break;
            case MessageType::cancel: book.cancel(seq, messages[seq]); break;
            case MessageType::modify: book.modify(seq, messages[seq]); break;
        }
    return reports;
}

}  // namespace dcx::reference
