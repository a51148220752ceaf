// CanonicalReports: an engine's reports on a workload (market/workload.h), collected compactly, and the canonical text
// of them, by whose SHA-256 engines are compared:
//
//     0,seq,side,order_id,price,qty      acknowledged (original quantity)
//     1,seq,price,qty,maker_id,taker_id  trade (the aggressor's sequence)
//     2,seq,side,order_id,price          canceled (an IOC remainder too)
//     3,seq,side,order_id,price,qty      modified (new price and quantity)
//     4,seq,order_id                     cancel rejected
//     5,seq,order_id                     modify rejected
//
// in the order of (seq, kind), within that as they came, joined by line feeds without one at the end. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "model/types.h"

namespace dcx::market {

class CanonicalReports {
  public:
    // Room for so many reports without growing.
    explicit CanonicalReports(std::size_t expected = 0) { reports_.reserve(expected); }

    void acknowledged(std::uint32_t seq, Side side, std::uint64_t order_id, std::int64_t price,
                      std::uint32_t quantity) {
        add({.a = order_id,
             .price = price,
             .seq = seq,
             .quantity = quantity,
             .kind = Kind::acknowledged,
             .side = side});
    }
    void traded(std::uint32_t seq, std::int64_t price, std::uint32_t quantity, std::uint64_t maker_id,
                std::uint64_t taker_id) {
        add({.a = maker_id, .b = taker_id, .price = price, .seq = seq, .quantity = quantity, .kind = Kind::traded});
        ++trades_;
    }
    void canceled(std::uint32_t seq, Side side, std::uint64_t order_id, std::int64_t price) {
        add({.a = order_id, .price = price, .seq = seq, .kind = Kind::canceled, .side = side});
    }
    void modified(std::uint32_t seq, Side side, std::uint64_t order_id, std::int64_t price, std::uint32_t quantity) {
        add({.a = order_id, .price = price, .seq = seq, .quantity = quantity, .kind = Kind::modified, .side = side});
    }
    void cancel_rejected(std::uint32_t seq, std::uint64_t order_id) {
        add({.a = order_id, .seq = seq, .kind = Kind::cancel_rejected});
    }
    void modify_rejected(std::uint32_t seq, std::uint64_t order_id) {
        add({.a = order_id, .seq = seq, .kind = Kind::modify_rejected});
    }

    // For another run over the same memory.
    void clear() {
        reports_.clear();
        trades_ = 0;
    }
    [[nodiscard]] std::size_t size() const { return reports_.size(); }
    [[nodiscard]] std::size_t trades() const { return trades_; }
    // The canonical text; large.
    [[nodiscard]] std::string text();
    // Its SHA-256, lower-case hex.
    [[nodiscard]] std::string hash();

  private:
    enum class Kind : std::uint8_t { acknowledged, traded, canceled, modified, cancel_rejected, modify_rejected };
    struct Report {
        std::uint64_t a{};  // order or maker
        std::uint64_t b{};  // taker
        std::int64_t price{};
        std::uint32_t seq{};
        std::uint32_t quantity{};
        Kind kind{};
        Side side{Side::buy};
    };

    void add(const Report& report) { reports_.push_back(report); }
    void sort();
    static void append_line(std::string& text, const Report& report);

    std::vector<Report> reports_;
    std::size_t trades_ = 0;
};

}  // namespace dcx::market
