#include <algorithm>
#include <array>

#include "base/check.h"
#include "base/random.h"
#include "market/workload.h"

namespace dcx::market {

namespace {

struct Named {
    std::string_view name;
    WorkloadKind kind;
};
constexpr std::array<Named, 5> kKinds = {{{"normal", WorkloadKind::normal},
                                          {"old_cancels", WorkloadKind::old_cancels},
                                          {"reused_ids", WorkloadKind::reused_ids},
                                          {"sparse", WorkloadKind::sparse},
                                          {"deep", WorkloadKind::deep}}};

// One flow. It does not match: an order that the price has passed is taken for filled, which is right nearly always;
// what is wrong about it becomes a cancel that is rejected, as real clients send them.
class Flow {
  public:
    explicit Flow(const WorkloadOptions& options)
        : kind_(options.kind),
          random_(options.seed * 8 + static_cast<std::uint64_t>(options.kind)),
          target_(options.live_orders != 0 ? options.live_orders : usual_live_orders(options.kind)),
          mid_(options.kind == WorkloadKind::sparse ? std::int64_t{1} << 40 : 32'768) {}

    WorkloadMessage next() {
        if (kind_ == WorkloadKind::normal && random_.chance(20)) wander();
        // Fewer cancels than orders until there are enough, then as many as are placed and stay.
        const unsigned cancels = live_.size() < target_ ? 12 : 46;
        const std::uint64_t drawn = random_.below(100);
        if (!live_.empty() && drawn < cancels) return cancel();
        if (!live_.empty() && drawn < cancels + 9) return modify();
        return place();
    }

  private:
    struct Live {
        std::uint64_t id;
        std::int64_t price;
        Side side;
    };

    void wander() {
        mid_ += random_.between(-3, 3);
        mid_ = std::clamp<std::int64_t>(mid_, 20'000, 50'000);
    }

    // At least one tick behind the middle, so that it rests unless the price has moved.
    std::int64_t passive(Side side) {
        std::int64_t away = 1;
        switch (kind_) {
            case WorkloadKind::normal:
                away = 1 + static_cast<std::int64_t>(random_.below(20) * random_.below(20));
                break;
            case WorkloadKind::old_cancels:
            case WorkloadKind::reused_ids: away = random_.between(1, 1000); break;
            case WorkloadKind::sparse: {
                const auto magnitude = std::int64_t{1} << random_.below(39);
                away = 1 + magnitude + static_cast<std::int64_t>(random_.below(static_cast<std::uint64_t>(magnitude)));
                break;
            }
            case WorkloadKind::deep: away = random_.between(1, 4); break;
        }
        return side == Side::buy ? mid_ - away : mid_ + away;
    }

    std::uint32_t quantity() { return static_cast<std::uint32_t>(random_.between(1, 100)); }

    std::uint64_t new_id() {
        if (!free_ids_.empty() && kind_ == WorkloadKind::reused_ids) {
            const std::uint64_t id = free_ids_.back();
            free_ids_.pop_back();
            return id;
        }
        return ++last_id_;
    }
    void release(std::uint64_t id) {
        if (kind_ == WorkloadKind::reused_ids) free_ids_.push_back(id);
    }

    WorkloadMessage place() {
        const Side side = random_.chance(50) ? Side::buy : Side::sell;
        WorkloadMessage m{.order_id = new_id(), .quantity = quantity(), .type = MessageType::place, .side = side};
        m.ioc = random_.chance(kind_ == WorkloadKind::normal ? 15 : 7);
        if (m.ioc) {
            // Over the middle, for an order or two; seldom for many.
            const std::int64_t reach = kind_ == WorkloadKind::normal ? 2 : kind_ == WorkloadKind::sparse ? 4096 : 20;
            m.price = side == Side::buy ? mid_ + reach : mid_ - reach;
            m.quantity = random_.chance(1) ? m.quantity * 20 : (m.quantity + 1) / 2;
            release(m.order_id);
            return m;
        }
        m.price = passive(side);
        live_.push_back({.id = m.order_id, .price = m.price, .side = side});
        return m;
    }

    // Index of a live order; what the price has passed is dropped on the way, save now and then.
    std::size_t pick() {
        for (int tries = 0; tries < 16 && live_.size() > 1; ++tries) {
            const std::size_t i = position();
            const Live& order = live_[i];
            const bool passed = order.side == Side::buy ? order.price >= mid_ : order.price <= mid_;
            if (!passed || random_.chance(3)) return i;
            drop(i);
        }
        return live_.size() - 1;
    }
    std::size_t position() {
        if (kind_ != WorkloadKind::normal) return random_.below(live_.size());
        // Four of five name one of the newest three.
        const std::size_t back = random_.chance(80) ? random_.below(3) : random_.below(live_.size());
        return live_.size() - 1 - std::min(back, live_.size() - 1);
    }
    void drop(std::size_t i) {
        // The normal flow needs the newest at the end; for the others any order does.
        if (kind_ == WorkloadKind::normal) {
            live_.erase(live_.begin() + static_cast<std::ptrdiff_t>(i));
        } else {
            live_[i] = live_.back();
            live_.pop_back();
        }
    }

    WorkloadMessage cancel() {
        const std::size_t i = pick();
        const WorkloadMessage m{.order_id = live_[i].id, .type = MessageType::cancel, .side = live_[i].side};
        release(m.order_id);
        drop(i);
        return m;
    }

    WorkloadMessage modify() {
        Live& order = live_[pick()];
        order.price = passive(order.side);
        return {.order_id = order.id,
                .price = order.price,
                .quantity = quantity(),
                .type = MessageType::modify,
                .side = order.side};
    }

    WorkloadKind kind_;
    Random random_;
    std::size_t target_;
    std::int64_t mid_;
    std::uint64_t last_id_ = 0;
    std::vector<Live> live_;
    std::vector<std::uint64_t> free_ids_;
};

}  // namespace

std::size_t usual_live_orders(WorkloadKind kind) {
    switch (kind) {
        case WorkloadKind::normal: return 3'000;
        case WorkloadKind::old_cancels:
        case WorkloadKind::reused_ids: return 100'000;
        case WorkloadKind::sparse: return 50'000;
        case WorkloadKind::deep: return 400'000;
    }
    return 0;
}

std::string_view to_string(WorkloadKind kind) {
    for (const Named& named : kKinds)
        if (named.kind == kind) return named.name;
    return "unknown";
}

std::optional<WorkloadKind> workload_kind(std::string_view name) {
    for (const Named& named : kKinds)
        if (named.name == name) return named.kind;
    return std::nullopt;
}

std::vector<WorkloadMessage> generate_workload(const WorkloadOptions& options) {
    Flow flow(options);
    std::vector<WorkloadMessage> messages;
    messages.reserve(options.messages);
    while (messages.size() < options.messages) messages.push_back(flow.next());
    return messages;
}

}  // namespace dcx::market
