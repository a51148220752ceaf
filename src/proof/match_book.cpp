#include "proof/match_book.h"

#include <bit>

namespace dcx::proof {
namespace {

constexpr std::size_t kFirstEntries = 1024;

unsigned shift_of(std::size_t entries) { return 64 - static_cast<unsigned>(std::bit_width(entries) - 1); }

}  // namespace

MatchBook::MatchBook() : orders_(1), index_(kFirstEntries), shift_(shift_of(kFirstEntries)) {}

MatchBook::Order* MatchBook::find(OrderId id) {
    if (!id) return nullptr;
    const std::size_t mask = index_.size() - 1;
    for (std::size_t at = home(id); index_[at].id; at = (at + 1) & mask)
        if (index_[at].id == id) return &orders_[index_[at].place];
    return nullptr;
}

void MatchBook::enter(OrderId id, Place place) {
    if ((++used_) * 2 > index_.size()) grow();
    const std::size_t mask = index_.size() - 1;
    std::size_t at = home(id);
    while (index_[at].id) at = (at + 1) & mask;
    index_[at] = {.id = id, .place = place};
}

void MatchBook::grow() {
    std::vector<Entry> old(index_.size() * 2);
    old.swap(index_);
    shift_ = shift_of(index_.size());
    const std::size_t mask = index_.size() - 1;
    for (const Entry& entry : old) {
        if (!entry.id) continue;
        std::size_t at = home(entry.id);
        while (index_[at].id) at = (at + 1) & mask;
        index_[at] = entry;
    }
}

void MatchBook::forget(OrderId id) {
    --used_;
    const std::size_t mask = index_.size() - 1;
    std::size_t at = home(id);
    while (index_[at].id != id) at = (at + 1) & mask;
    // What probed past this entry moves up, so that no search ends early.
    for (std::size_t next = (at + 1) & mask; index_[next].id; next = (next + 1) & mask) {
        if (((next - home(index_[next].id)) & mask) < ((next - at) & mask)) continue;
        index_[at] = index_[next];
        at = next;
    }
    index_[at] = {};
}

void MatchBook::rest(const Order& order) {
    Place place = free_;
    if (place != 0) {
        free_ = orders_[place].next;
    } else {
        place = static_cast<Place>(orders_.size());
        orders_.emplace_back();
    }
    Level& level = side_of(order.instrument, order.side)[key(order.side, order.price)];
    Order& kept = orders_[place] = order;
    kept.level = &level;
    kept.next = 0;
    kept.before = level.tail;
    (level.tail != 0 ? orders_[level.tail].next : level.head) = place;
    level.tail = place;
    enter(order.id, place);
}

void MatchBook::remove(Order& order) {
    forget(order.id);
    const Place place = static_cast<Place>(&order - orders_.data());
    (order.before != 0 ? orders_[order.before].next : order.level->head) = order.next;
    (order.next != 0 ? orders_[order.next].before : order.level->tail) = order.before;
    if (order.level->head == 0) side_of(order.instrument, order.side).erase(key(order.side, order.price));
    order = {.next = free_};
    free_ = place;
}

bool MatchBook::has(InstrumentId instrument, Side side, Price limit, Quantity quantity, std::uint32_t makers) {
    const Side other = opposite(side);
    // A taker's limit seen from the other side of the book.
    const std::int64_t last = key(other, limit);
    for (const auto& [at, level] : side_of(instrument, other)) {
        if (at > last) return false;
        for (Place place = level.head; place != 0; place = orders_[place].next) {
            if (makers-- == 0) return false;
            if (orders_[place].open >= quantity) return true;
            quantity -= orders_[place].open;
        }
    }
    return false;
}

std::vector<MatchDepth> MatchBook::depth(InstrumentId instrument, Side side) const {
    std::vector<MatchDepth> result;
    if (!instrument || instrument.value > instruments()) return result;
    for (const auto& [at, level] : sides_[number_of(instrument, side)]) {
        MatchDepth& depth = result.emplace_back(MatchDepth{.price = Price{side == Side::buy ? -at : at}});
        for (Place place = level.head; place != 0; place = orders_[place].next) {
            depth.quantity += orders_[place].open;
            ++depth.orders;
        }
    }
    return result;
}

}  // namespace dcx::proof
