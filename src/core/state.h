// The whole state of the exchange in one place: everything that decides what later commands do, and nothing else.
#pragma once

#include <cstdint>
#include <span>

#include "base/memory.h"
#include "core/book/book.h"
#include "core/ledger/ledger.h"
#include "core/ledger/transfer_ids.h"
#include "core/orders/open_order.h"
#include "core/orders/slot_index.h"
#include "model/command.h"
#include "model/instrument.h"

namespace dcx::core {

struct Key {
    std::array<std::byte, 32> public_key{};
    AccountId account{};  // 0: an operator's
    std::uint32_t permissions{};
    std::uint32_t revoked{};
};

struct Session {
    std::uint64_t client_session{};
    std::uint64_t next_incoming{1};
    std::uint64_t next_outgoing{1};
    ClOrdId last_cl_ord_id{};
    KeyId key{};
    std::uint32_t established{};
};

struct Market {
    InstrumentListed listing{};
    Instrument instrument{};
    Phase phase{};
    Price last_price{};  // 0 before the first trade
    Book book{};
};

struct State {
    // Before Genesis: no capacities, nothing but the clock.
    State() = default;
    State(const Genesis& genesis, MemorySource& memory);

    Genesis genesis{};
    bool started = false;
    Sequence sequence{};
    Time time{};
    std::uint64_t epoch = 0;
    std::uint64_t last_order_id = 0;
    std::uint64_t last_trade_id = 0;

    // Registries, from 1; counts beside them.
    std::span<Key> keys;
    std::span<Session> sessions;
    std::span<Market> markets;
    std::uint32_t key_count = 0;
    std::uint32_t session_count = 0;
    std::uint32_t market_count = 0;
    SlotIndex key_index;      // public key -> key
    SlotIndex session_index;  // (key, client session) -> session

    Ledger ledger;
    TransferIds transfer_ids;

    BookStore store;               // of all books
    std::span<OpenOrder> details;  // at the order's slot
    SlotIndex order_index;         // order id -> slot
    SlotIndex cl_ord_index;        // (session, cl_ord_id) -> slot

    [[nodiscard]] bool has(KeyId id) const { return id.value >= 1 && id.value <= key_count; }
    [[nodiscard]] bool has(SessionId id) const { return id.value >= 1 && id.value <= session_count; }
    [[nodiscard]] bool has(InstrumentId id) const { return id.value >= 1 && id.value <= market_count; }
    [[nodiscard]] Market& market_of(const OpenOrder& order) const { return markets[order.instrument.value]; }

    // Slots of open orders, 0 when there is none.
    [[nodiscard]] std::uint32_t find_order(OrderId id, OrderSlot hint) const;
    [[nodiscard]] std::uint32_t find_order(SessionId session, ClOrdId id) const;
    [[nodiscard]] std::uint32_t find_key(const std::array<std::byte, 32>& public_key) const;
    [[nodiscard]] std::uint32_t find_session(KeyId key, std::uint64_t client_session) const;

    // What the order pays with, and how much of it is held for `open` at `price`.
    [[nodiscard]] static AssetId paid_asset(const Instrument& instrument, Side side) {
        return side == Side::buy ? instrument.quote : instrument.base;
    }
    [[nodiscard]] static Amount hold_of(const Instrument& instrument, Side side, Price price, Quantity open) {
        // Exact: both are at most kMaxIssue, which was checked when the order was placed.
        return Amount{static_cast<std::int64_t>(side == Side::buy ? notional_of(instrument, price, open)
                                                                  : base_of(instrument, open))};
    }
};

[[nodiscard]] inline std::uint32_t hash_of_key(const std::array<std::byte, 32>& key) {
    std::uint64_t a;
    std::uint64_t b;
    std::memcpy(&a, key.data(), 8);
    std::memcpy(&b, key.data() + 8, 8);
    return hash_of(a, b);
}

}  // namespace dcx::core
