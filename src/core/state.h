// The whole state of the exchange in one place: everything that decides what later commands do, and nothing else.
#pragma once

#include <cstdint>
#include <span>

#include "base/memory.h"
#include "core/book/book.h"
#include "core/custody/custody.h"
#include "core/deadlines.h"
#include "core/ledger/ledger.h"
#include "core/ledger/pending_transfers.h"
#include "core/ledger/transfer_groups.h"
#include "core/ledger/transfer_ids.h"
#include "core/orders/open_order.h"
#include "core/orders/recent_trades.h"
#include "core/orders/slot_index.h"
#include "core/risk/exposure.h"
#include "model/command.h"
#include "model/instrument.h"

namespace dcx::core {

struct alignas(64) Key {
    std::array<std::byte, 32> public_key{};
    AccountId account{};  // 0: an operator's
    std::uint32_t permissions{};
    PersonId person{};  // of an operator's key
    std::uint32_t revoked{};
};

struct alignas(64) Session {
    std::uint64_t client_session{};
    std::uint64_t next_incoming{1};
    std::uint64_t next_outgoing{1};
    ClOrdId last_cl_ord_id{};
    KeyId key{};
    // Of that key, so that a command needs one line for its sender.
    AccountId account{};
    std::uint16_t permissions{};
    std::uint8_t key_revoked{};
    std::uint8_t established{};
    // What its end takes with it: chosen when it was established, and by its dead-man switch.
    std::uint32_t grace_ms{};
    CancelScope disconnect_scope{};
    CancelScope dead_man_scope{};
    RejectReason group_refused{};  // a refused group of linked transfers goes on
    std::uint32_t group{};         // in TransferGroups, 0: none is open
    DeadlineHandle disconnect{};
    DeadlineHandle dead_man{};
};
static_assert(kPermitAll <= 0xFFFF);
static_assert(sizeof(Key) == 64 && sizeof(Session) == 64);

// An operator's command that waits for a second person.
struct Proposal {
    ProposalId id{};
    KeyId proposer{};
    KeyId approved_by{};  // 0: by nobody yet
    CommandKind proposed{};
    std::uint16_t zero{};
    DeadlineHandle deadline{};
    std::array<std::byte, kProposalBodySize> body{};
};

struct RegisteredAddress {
    ChainAddress address{};
    std::array<std::uint8_t, 3> zero{};
    AccountId account{};
    std::uint32_t index{};
    SigningAddress signing{};  // of sweeps
};

struct FeeRates {
    FeeRate maker{};
    FeeRate taker{};
};

struct Market {
    InstrumentListed listing{};
    Instrument instrument{};
    MarketLimitsSet limits{};
    std::array<FeeRates, kFeeTiers> fees{};
    Phase phase{};
    bool killed{};
    DeadlineHandle kill_deadline{};
    Price last_price{};  // 0 before the first trade
    Book book{};
};

// Since these rules an owner's freeze and kill switch reach his sub-accounts.
inline constexpr std::uint32_t kRulesOfOwners = 4;
// Since these a mass cancel can be of one session.
inline constexpr std::uint32_t kRulesOfMassCancelScope = 5;
// Since these the chain is followed by commands; before, nobody knew them.
inline constexpr std::uint32_t kRulesOfCustody = 6;
[[nodiscard]] constexpr bool is_custody(CommandKind kind) {
    return kind >= CommandKind::set_chain && kind <= CommandKind::record_anchor;
}

// Of a genesis that is accepted.
[[nodiscard]] bool capacities_legal(const Genesis& genesis);

struct State {
    // Before Genesis: no capacities, nothing but the clock.
    State() = default;
    State(const Genesis& genesis, MemorySource& memory);

    Genesis genesis{};
    bool started = false;
    Sequence sequence{};
    Time time{};
    std::uint64_t epoch = 0;
    std::uint32_t rules = 0;         // in force; 0 before the first epoch
    std::uint32_t newest_rules = 0;  // that the program of this epoch knows
    std::uint64_t last_order_id = 0;
    std::uint64_t last_trade_id = 0;
    bool founding = true;  // before the first epoch: further first keys may come
    bool killed = false;   // the whole venue
    DeadlineHandle kill_deadline{};
    // Of the handover that is under way: the least that sessions get; 0: none, or no more than their own.
    std::uint32_t handover_grace_ms = 0;

    // Registries, from 1; counts beside them.
    std::span<Key> keys;
    std::span<Session> sessions;
    std::span<Market> markets;
    std::uint32_t key_count = 0;
    std::uint32_t session_count = 0;
    std::uint32_t market_count = 0;
    SlotIndex key_index;      // public key -> key
    SlotIndex session_index;  // (key, client session) -> session

    Deadlines deadlines;

    Ledger ledger;
    TransferIds transfer_ids;
    PendingTransfers pending;
    TransferGroups groups;
    std::span<RegisteredAddress> addresses;  // from 1
    std::uint32_t address_count = 0;
    SlotIndex address_index;
    SlotIndex address_place_index;  // (account, index) -> address
    Custody custody;
    std::span<Proposal> proposals;  // the open ones, in the order of their ids, from 0
    std::uint32_t proposal_count = 0;
    std::uint64_t last_proposal_id = 0;

    Exposures exposures;
    RecentTrades trades;

    BookStore store;               // of all books
    std::span<OpenOrder> details;  // at the order's slot
    SlotIndex order_index;         // order id -> slot
    SlotIndex cl_ord_index;        // (session, cl_ord_id) -> slot

    [[nodiscard]] bool has(KeyId id) const { return id.value >= 1 && id.value <= key_count; }
    [[nodiscard]] bool has(SessionId id) const { return id.value >= 1 && id.value <= session_count; }
    [[nodiscard]] bool has(InstrumentId id) const { return id.value >= 1 && id.value <= market_count; }
    [[nodiscard]] Market& market_of(const OpenOrder& order) const { return markets[order.instrument.value]; }

    // Everything that is not fixed by genesis, for an image of the state (image.h).
    template <class Image, class Self>
    static void visit(Image& image, Self& self) {
        image.values(self.started, self.sequence, self.time, self.epoch, self.rules, self.newest_rules,
                     self.last_order_id, self.last_trade_id, self.founding, self.killed, self.kill_deadline,
                     self.handover_grace_ms, self.last_proposal_id);
        image.prefix(self.keys, self.key_count, 1);
        image.prefix(self.sessions, self.session_count, 1);
        image.prefix(self.markets, self.market_count, 1);
        image.prefix(self.addresses, self.address_count, 1);
        image.prefix(self.proposals, self.proposal_count, 0);
        image.parts(self.key_index, self.session_index, self.address_index, self.address_place_index, self.custody,
                    self.deadlines, self.ledger, self.transfer_ids, self.pending, self.groups, self.store.orders,
                    self.store.levels, self.order_index, self.cl_ord_index);
        Exposures::visit(image, self.exposures, self.ledger.account_count());
        RecentTrades::visit(image, self.trades, self.last_trade_id);
        image.range(self.details, 0, std::size_t{self.store.orders.used()} + 1);
    }

    // A kind of a later version is none.
    [[nodiscard]] bool knows(CommandKind kind) const { return rules >= kRulesOfCustody || !is_custody(kind); }
    [[nodiscard]] bool has_custody() const { return rules >= kRulesOfCustody; }
    [[nodiscard]] bool owners_reach() const { return rules >= kRulesOfOwners; }
    [[nodiscard]] MassCancelScope last_mass_cancel_scope() const {
        return rules >= kRulesOfMassCancelScope ? MassCancelScope::session : MassCancelScope::account;
    }
    // kAccount...: what holds for the account.
    [[nodiscard]] std::uint8_t flags_of(AccountId id) const {
        const Account& account = ledger.account(id);
        if (!account.owner || !owners_reach()) return account.flags;
        return static_cast<std::uint8_t>(account.flags | ledger.account(account.owner).flags);
    }

    // Slots of open orders, 0 when there is none.
    [[nodiscard]] std::uint32_t find_order(OrderId id, OrderSlot hint) const;
    [[nodiscard]] std::uint32_t find_order(SessionId session, ClOrdId id) const;
    [[nodiscard]] std::uint32_t find_key(const std::array<std::byte, 32>& public_key) const;
    [[nodiscard]] std::uint32_t find_address(const ChainAddress& address) const;
    // The address of this index of the account.
    [[nodiscard]] std::uint32_t find_address(AccountId account, std::uint32_t index) const;
    [[nodiscard]] std::uint32_t find_venue_address(const ChainAddress& address) const;
    // A customer's or the venue's.
    [[nodiscard]] bool is_ours(const ChainAddress& address) const {
        return find_address(address) != 0 || find_venue_address(address) != 0;
    }
    // nullptr when there is no such proposal open.
    [[nodiscard]] Proposal* find_proposal(ProposalId id);
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

[[nodiscard]] inline std::uint32_t hash_of_address(const ChainAddress& address) {
    std::uint64_t a;
    std::uint64_t b;
    std::memcpy(&a, address.hash.data(), 8);
    std::memcpy(&b, address.hash.data() + 8, 8);
    return hash_of(a, b);
}
[[nodiscard]] inline std::uint32_t hash_of_address_place(AccountId account, std::uint32_t index) {
    return hash_of(account.value, index);
}
[[nodiscard]] inline std::uint32_t hash_of_key(const std::array<std::byte, 32>& key) {
    std::uint64_t a;
    std::uint64_t b;
    std::memcpy(&a, key.data(), 8);
    std::memcpy(&b, key.data() + 8, 8);
    return hash_of(a, b);
}

}  // namespace dcx::core
