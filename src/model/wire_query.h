// Queries of order entry and their answers, which a gateway makes of what it has been told of the log. Each query
// begins with the client's own reference, which stands in every answer; QueryDone ends it.
// docs/protocols/order-entry.md says who may ask what.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "model/wire.h"

namespace dcx {

inline constexpr std::uint16_t kTemplateBalanceQuery = 110;
inline constexpr std::uint16_t kTemplateBalance = 111;
inline constexpr std::uint16_t kTemplateListQuery = 112;
inline constexpr std::uint16_t kTemplateQueryDone = 113;
inline constexpr std::uint16_t kTemplateOrderStatusQuery = 114;
inline constexpr std::uint16_t kTemplateOpenOrdersQuery = 115;
inline constexpr std::uint16_t kTemplateOrderHistoryQuery = 116;
inline constexpr std::uint16_t kTemplatePendingsQuery = 117;
inline constexpr std::uint16_t kTemplatePendingTransfer = 118;
inline constexpr std::uint16_t kTemplateStatementQuery = 119;
inline constexpr std::uint16_t kTemplateStatementEntry = 120;
inline constexpr std::uint16_t kTemplateAddressesQuery = 121;
inline constexpr std::uint16_t kTemplateDepositAddress = 122;
inline constexpr std::uint16_t kTemplateAccountQuery = 123;
inline constexpr std::uint16_t kTemplateAccountState = 124;
inline constexpr std::uint16_t kTemplateProposalsQuery = 125;
inline constexpr std::uint16_t kTemplateProposal = 126;
inline constexpr std::uint16_t kTemplateAuditQuery = 127;
inline constexpr std::uint16_t kTemplateAuditFigures = 128;
inline constexpr std::uint16_t kTemplateDropCopyRequest = 129;
inline constexpr std::uint16_t kTemplateLimitQuery = 132;
inline constexpr std::uint16_t kTemplateLimits = 133;

// One Balance for each asset.
struct BalanceQuery {
    static constexpr std::uint16_t template_id = kTemplateBalanceQuery;
    std::uint64_t reference{};
    AccountId account{};
    std::uint32_t zero{};
};
struct Balance {
    static constexpr std::uint16_t template_id = kTemplateBalance;
    std::uint64_t reference{};
    Sequence as_of{};  // last command whose events are in it
    Amount available{};
    Amount held{};
    AccountId account{};
    AssetId asset{};
};
// Assets, instruments, their limits and fees, and the kill switches that are on: as reports without a number.
struct ListQuery {
    static constexpr std::uint16_t template_id = kTemplateListQuery;
    std::uint64_t reference{};
};
// The end of every answer.
struct QueryDone {
    static constexpr std::uint16_t template_id = kTemplateQueryDone;
    std::uint64_t reference{};
    Sequence as_of{};       // the last command of the log in the answer's last part
    Sequence since{};       // of history and statement: what commands up to this one did may be missing
    RejectReason reason{};  // none, or why nothing was answered
    std::array<std::uint8_t, 6> zero{};
};

// One order, open or lately done, by its order_id, or (0) by the number it has in this session. ExecutionReports with
// ExecType::status and sequence 0 answer this and the next two.
struct OrderStatusQuery {
    static constexpr std::uint16_t template_id = kTemplateOrderStatusQuery;
    std::uint64_t reference{};
    OrderId order_id{};
    ClOrdId cl_ord_id{};
    AccountId account{};
    std::uint32_t zero{};
};
struct OpenOrdersQuery {
    static constexpr std::uint16_t template_id = kTemplateOpenOrdersQuery;
    std::uint64_t reference{};
    AccountId account{};
    InstrumentId instrument{};  // 0: of every one
};
// The last `count` orders that are done, oldest first.
struct OrderHistoryQuery {
    static constexpr std::uint16_t template_id = kTemplateOrderHistoryQuery;
    std::uint64_t reference{};
    AccountId account{};
    std::uint32_t count{};  // 0: all that are kept
};

// Pending transfers from and to an account, in the order in which they were pended.
struct PendingsQuery {
    static constexpr std::uint16_t template_id = kTemplatePendingsQuery;
    std::uint64_t reference{};
    AccountId account{};
    std::uint32_t zero{};
};
struct PendingTransfer {
    static constexpr std::uint16_t template_id = kTemplatePendingTransfer;
    std::uint64_t reference{};
    Sequence as_of{};
    TransferId id{};
    Amount amount{};
    Time expires{};  // 0: never
    AccountId debit_account{};
    AccountId credit_account{};
    AssetId asset{};
    AccountId scope{};       // of the id
    ChainAddress address{};  // of a withdrawal; else zeros
    std::array<std::uint8_t, 3> zero{};
};

// The last `count` ledger entries of an account, oldest first.
struct StatementQuery {
    static constexpr std::uint16_t template_id = kTemplateStatementQuery;
    std::uint64_t reference{};
    AccountId account{};
    AssetId asset{};        // 0: of every one
    std::uint32_t count{};  // 0: all that are kept
    std::uint32_t zero{};
};
// Why a balance changed.
enum class EntryKind : std::uint8_t {
    transfer = 1,
    mint = 2,
    burn = 3,
    post = 4,  // of a pending transfer
    transfer_fee = 5,
    trade_bust = 6,
    trade = 7,      // what a fill paid or brought
    trade_fee = 8,  // of a fill, or a maker's rebate
    // The DeCoin chain, all of them with the issuance account
    deposit = 9,
    deposit_reversal = 10,
    loss_cover = 11,
    payout = 12,
};
[[nodiscard]] std::string_view to_string(EntryKind kind);
// Balances are available + held; after = before + amount.
struct StatementEntry {
    static constexpr std::uint16_t template_id = kTemplateStatementEntry;
    std::uint64_t reference{};
    std::uint64_t number{};  // of the account's entries since the gateway's start
    Sequence event_sequence{};
    Time time{};
    TransferId id{};     // of a transfer; else zeros
    TradeId trade_id{};  // of a trade and its fee; else 0
    Amount amount{};
    Amount before{};
    Amount after{};
    AccountId account{};
    AccountId counterparty{};  // of a transfer, a fee and a bust; 0 for trades
    AssetId asset{};
    std::uint32_t event_index{};
    EntryKind kind{};
    std::array<std::uint8_t, 7> zero{};
};

// Deposit addresses of an account, in the order of their indices.
struct AddressesQuery {
    static constexpr std::uint16_t template_id = kTemplateAddressesQuery;
    std::uint64_t reference{};
    AccountId account{};
    std::uint32_t zero{};
};
struct DepositAddress {
    static constexpr std::uint16_t template_id = kTemplateDepositAddress;
    std::uint64_t reference{};
    Sequence as_of{};
    AccountId account{};
    std::uint32_t index{};
    ChainAddress address{};
    std::array<std::uint8_t, 3> zero{};
};

// The account, then its sub-accounts: one AccountState each, and behind it its PositionLimitsSet, if any.
struct AccountQuery {
    static constexpr std::uint16_t template_id = kTemplateAccountQuery;
    std::uint64_t reference{};
    AccountId account{};
    std::uint32_t zero{};
};
struct AccountState {
    static constexpr std::uint16_t template_id = kTemplateAccountState;
    std::uint64_t reference{};
    Sequence as_of{};
    AccountId account{};
    AccountId owner{};  // of a sub-account; else 0
    std::uint32_t open_orders{};
    std::uint32_t max_open_orders{};  // 0: any number
    std::uint32_t orders_per_second{};
    std::uint32_t burst{};
    AccountKind account_kind{};
    SelfTradeRule self_trade_rule{};
    std::uint8_t flags{};  // kAccountFrozen, kAccountKilled
    std::uint8_t fee_tier{};
    std::uint32_t zero{};
};

// Operators'. What waits for approval, with all that an approver signs.
struct ProposalsQuery {
    static constexpr std::uint16_t template_id = kTemplateProposalsQuery;
    std::uint64_t reference{};
};
struct Proposal {
    static constexpr std::uint16_t template_id = kTemplateProposal;
    std::uint64_t reference{};
    Sequence as_of{};
    ProposalId proposal{};
    Time expires{};
    KeyId proposer{};
    KeyId approved_by{};  // 0: nobody yet
    CommandKind proposed{};
    std::array<std::uint8_t, 6> zero{};
    std::array<std::byte, kProposalBodySize> body{};
};

// Operators'. The invariants of the ledger in figures, added up anew from all balances, open orders and pending
// transfers that the gateway knows; one for each asset, all of one moment.
struct AuditQuery {
    static constexpr std::uint16_t template_id = kTemplateAuditQuery;
    std::uint64_t reference{};
};
struct AuditFigures {
    static constexpr std::uint16_t template_id = kTemplateAuditFigures;
    std::uint64_t reference{};
    Sequence as_of{};
    Amount sum{};                           // available + held of all accounts; must be 0
    Amount issued{};                        // minus what the issuance account has
    std::array<std::uint64_t, 2> minted{};  // ever, low half first; minted - burned must be issued
    std::array<std::uint64_t, 2> burned{};
    Amount held{};               // of all accounts
    Amount held_by_orders{};     // what the open orders hold, each worked out anew
    Amount held_by_pendings{};   // the pending transfers; the two must be held
    std::uint32_t negative{};    // balances below 0, the issuance account's available apart; must be 0
    std::uint32_t misheld{};     // accounts whose held is not what their orders and pending transfers hold; must be 0
    std::uint32_t unbalanced{};  // accounts with available + held other than credits - debits; must be 0
    AssetId asset{};
};

// From QueryDone on, until the connection ends: copies of all execution reports of the account and its sub-accounts,
// each marked kExecutionCopy, with sequence 0. Another request replaces it.
struct DropCopyRequest {
    static constexpr std::uint16_t template_id = kTemplateDropCopyRequest;
    std::uint64_t reference{};
    AccountId account{};  // 0: of every account, for operators
    std::uint32_t zero{};
};

// What the session and an account may still do. One Limits.
struct LimitQuery {
    static constexpr std::uint16_t template_id = kTemplateLimitQuery;
    std::uint64_t reference{};
    AccountId account{};
    std::uint32_t zero{};
};
struct Limits {
    static constexpr std::uint16_t template_id = kTemplateLimits;
    std::uint64_t reference{};
    Sequence as_of{};
    std::uint64_t first_report{};  // the oldest of the session's reports that needs no replay
    AccountId account{};
    std::uint32_t messages_per_second{};  // of this session, everything counted; 0: any number
    std::uint32_t message_burst{};
    std::uint32_t messages_left{};      // at this moment
    std::uint32_t orders_per_second{};  // of the account, by the venue's rules; 0: any number
    std::uint32_t order_burst{};
    std::uint32_t orders_left{};  // of the account, if they came now; 0 when any number
    std::uint32_t open_orders{};
    std::uint32_t max_open_orders{};  // 0: any number
    std::uint32_t zero{};
};

static_assert(WireBlock<BalanceQuery> && WireBlock<Balance> && WireBlock<ListQuery> && WireBlock<QueryDone> &&
              WireBlock<OrderStatusQuery> && WireBlock<OpenOrdersQuery> && WireBlock<OrderHistoryQuery> &&
              WireBlock<PendingsQuery> && WireBlock<PendingTransfer> && WireBlock<StatementQuery> &&
              WireBlock<StatementEntry> && WireBlock<AddressesQuery> && WireBlock<DepositAddress> &&
              WireBlock<AccountQuery> && WireBlock<AccountState> && WireBlock<ProposalsQuery> && WireBlock<Proposal> &&
              WireBlock<AuditQuery> && WireBlock<AuditFigures> && WireBlock<DropCopyRequest> && WireBlock<LimitQuery> &&
              WireBlock<Limits>);

}  // namespace dcx
