#include "history/naive_history.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

#include "model/chain_address.h"
#include "model/event_hash.h"

namespace dcx::naive {

using namespace history;

namespace {

[[noreturn]] void contradiction(const Event& event, const std::string& what) {
    throw std::runtime_error("naive history: event " + std::to_string(event.header.index) + " (" +
                             std::string(to_string(event.header.kind)) + ") of command " +
                             std::to_string(event.header.sequence.value) + ": " + what);
}

std::int64_t saturated(int128 value) {
    return value > std::numeric_limits<std::int64_t>::max() ? std::numeric_limits<std::int64_t>::max()
                                                            : static_cast<std::int64_t>(value);
}

// mantissa x 10^exponent, which the listing has made sure is a whole number.
int128 scaled(int128 mantissa, int exponent) {
    for (; exponent > 0; --exponent) mantissa *= 10;
    for (; exponent < 0; ++exponent) mantissa /= 10;
    return mantissa;
}

template <class Row>
void stamp(Row& row, const Event& event) {
    row.day = day_of(event.header.time);
    row.sequence = event.header.sequence;
    row.event_index = event.header.index;
    row.time = event.header.time;
}

}  // namespace

void NaiveHistory::apply(const Event& event) {
    EventHash hash(hash_);
    hash.add(event);
    hash_ = hash.value();
    if ((event.header.flags & kRestored) != 0) contradiction(event, "a restored event is none of the log");
    switch (event.header.kind) {
        case EventKind::order_accepted: order_accepted(event); break;
        case EventKind::trade_executed: trade(event); break;
        case EventKind::order_filled: filled(event); break;
        case EventKind::order_canceled:
        case EventKind::order_amended:
        case EventKind::order_decremented: order_changed(event); break;
        case EventKind::trade_busted:
        case EventKind::posted:
        case EventKind::transferred: money(event); break;
        case EventKind::transfer_pended:
        case EventKind::withdrawal_requested:
        case EventKind::pending_resolved: pending(event); break;
        case EventKind::chain_set:
        case EventKind::chain_advanced:
        case EventKind::chain_rewound:
        case EventKind::payouts_set:
        case EventKind::deposit_credited:
        case EventKind::deposit_reversed:
        case EventKind::payout_prepared:
        case EventKind::payout_posted:
        case EventKind::payout_abandoned:
        case EventKind::payout_settled:
        case EventKind::payout_resolved:
        case EventKind::anchor_recorded: chain_events_.push_back(event); break;
        default:
            venue(event);
            registry(event);
            limits(event);
            break;
    }
    audit(event);
    if ((event.header.flags & kLastOfCommand) != 0) end_of_command(event);
}

void NaiveHistory::end_of_command(const Event& event) {
    for (const Holder& holder : touched_) {
        const Told& told = told_[holder];
        if (int128{told.available.value} + told.held.value != totals_[holder])
            contradiction(event, "account " + std::to_string(holder.first.value) + " has another balance of asset " +
                                     std::to_string(holder.second.value) + " than its postings add up to");
    }
    touched_.clear();
    filling_ = {};
    busted_ = {};
    cursor_.sequence = event.header.sequence;
    cursor_.time = event.header.time;
    cursor_.event_hash = hash_;
}

std::pair<OrderId, bool> NaiveHistory::oldest_open() const {
    for (const auto& [id, row] : orders_)
        if (row.status == OrderStatus::open) return {id, true};
    return {OrderId{last_order_ + 1}, false};
}

// ---- What the venue is made of.

void NaiveHistory::venue(const Event& event) {
    const EventHeader& header = event.header;
    if (header.kind == EventKind::genesis_applied) {
        cursor_.venue_id = event.as<GenesisApplied>().venue_id;
        for (std::uint32_t id = 1; id < kFirstCustomer.value; ++id)
            accounts_[AccountId{id}] = {.account_id = AccountId{id},
                                        .owner_id = {},
                                        .kind = AccountKind::venue,
                                        .self_trade_rule = SelfTradeRule::none,
                                        .frozen = false,
                                        .killed = false,
                                        .fee_tier = 0,
                                        .max_open_orders = 0,
                                        .orders_per_second = 0,
                                        .burst = 0,
                                        .sequence = header.sequence,
                                        .time = header.time};
        // Whose public key no event tells.
        keys_[KeyId{1u}] = {.key_id = KeyId{1u},
                            .account_id = {},
                            .person_id = PersonId{1u},
                            .permissions = kPermitAll,
                            .revoked = false,
                            .public_key = {},
                            .sequence = header.sequence,
                            .time = header.time};
    } else if (header.kind == EventKind::session_negotiated) {
        const auto body = event.as<SessionNegotiated>();
        sessions_.try_emplace(body.session, SessionRow{.session_id = body.session,
                                                       .client_session = body.client_session,
                                                       .key_id = body.key,
                                                       .account_id = body.account,
                                                       .sequence = header.sequence,
                                                       .time = header.time});
    }
}

void NaiveHistory::registry(const Event& event) {
    const EventHeader& header = event.header;
    if (header.kind == EventKind::account_opened) {
        const auto body = event.as<AccountOpened>();
        AccountRow row;
        row.account_id = body.account;
        row.owner_id = body.owner;
        row.kind = body.account_kind;
        row.self_trade_rule = body.self_trade_rule;
        row.sequence = header.sequence;
        row.time = header.time;
        accounts_[body.account] = row;
    } else if (header.kind == EventKind::key_added) {
        const auto body = event.as<KeyAdded>();
        keys_[body.key] = {.key_id = body.key,
                           .account_id = body.account,
                           .person_id = body.person,
                           .permissions = body.permissions,
                           .revoked = false,
                           .public_key = body.public_key,
                           .sequence = header.sequence,
                           .time = header.time};
    } else if (header.kind == EventKind::key_revoked) {
        keys_.at(event.as<KeyRevoked>().key).revoked = true;
    } else if (header.kind == EventKind::asset_listed) {
        const auto body = event.as<AssetListed>();
        AssetRow row;
        row.asset_id = body.asset;
        row.symbol = body.symbol;
        row.scale = body.scale;
        row.issue_cap = body.issue_cap;
        row.sequence = header.sequence;
        row.time = header.time;
        assets_[body.asset] = row;
    } else if (header.kind == EventKind::instrument_listed) {
        const auto body = event.as<InstrumentListed>();
        MarketRow row;
        row.market_id = body.instrument;
        row.symbol = body.symbol;
        row.base_asset = body.base;
        row.quote_asset = body.quote;
        row.tick_mantissa = body.tick_mantissa;
        row.tick_scale = body.tick_scale;
        row.lot_mantissa = body.lot_mantissa;
        row.lot_scale = body.lot_scale;
        row.phase = body.phase;
        row.min_quantity = Quantity{1l};
        row.max_quantity = body.max_quantity;
        row.min_notional = body.min_notional;
        row.max_notional = Amount{kMaxIssue};
        row.sequence = header.sequence;
        row.time = header.time;
        markets_[body.instrument] = row;
        for (std::uint8_t tier = 0; tier < kFeeTiers; ++tier)
            fees_[{body.instrument, tier}] = {
                .market_id = body.instrument, .tier = tier, .maker_fee = body.maker_fee, .taker_fee = body.taker_fee};
    } else if (header.kind == EventKind::phase_changed) {
        const auto body = event.as<PhaseChanged>();
        for (auto& [id, row] : markets_)
            if (!body.instrument || body.instrument == id) row.phase = body.phase;
    }
}

void NaiveHistory::limits(const Event& event) {
    switch (event.header.kind) {
        case EventKind::self_trade_rule_set: {
            const auto body = event.as<SelfTradeRuleSet>();
            accounts_.at(body.account).self_trade_rule = body.rule;
            break;
        }
        case EventKind::account_frozen: {
            const auto body = event.as<AccountFrozen>();
            accounts_.at(body.account).frozen = body.frozen != 0;
            break;
        }
        case EventKind::kill_switch_set: {
            const auto body = event.as<KillSwitchSet>();
            if (body.account) accounts_.at(body.account).killed = body.on != 0;
            break;
        }
        case EventKind::account_limits_set: {
            const auto body = event.as<AccountLimitsSet>();
            AccountRow& row = accounts_.at(body.account);
            row.fee_tier = body.fee_tier;
            row.max_open_orders = body.max_open_orders;
            row.orders_per_second = body.orders_per_second;
            row.burst = body.burst;
            break;
        }
        case EventKind::asset_limits_set: {
            const auto body = event.as<AssetLimitsSet>();
            AssetRow& row = assets_.at(body.asset);
            row.mint_ceiling = body.mint_ceiling;
            row.dual_control_above = body.dual_control_above;
            row.transfer_fee = body.transfer_fee;
            break;
        }
        case EventKind::fees_set: {
            const auto body = event.as<FeesSet>();
            MarketFeeRow& row = fees_.at({body.instrument, body.tier});
            row.maker_fee = body.maker_fee;
            row.taker_fee = body.taker_fee;
            break;
        }
        case EventKind::market_limits_set: {
            const auto body = event.as<MarketLimitsSet>();
            MarketRow& row = markets_.at(body.instrument);
            row.min_quantity = body.min_quantity;
            row.max_quantity = body.max_quantity;
            row.min_notional = body.min_notional;
            row.max_notional = body.max_notional;
            row.reference_price = body.reference_price;
            row.collar_bp = body.collar_bp;
            row.max_orders = body.max_orders;
            row.day_end_s = body.day_end_s;
            break;
        }
        default: break;
    }
}

// ---- Orders.

const MarketRow& NaiveHistory::market(InstrumentId id) const { return markets_.at(id); }

AssetId NaiveHistory::paid_with(InstrumentId id, Side side) const {
    return side == Side::buy ? market(id).quote_asset : market(id).base_asset;
}

Amount NaiveHistory::base_of(InstrumentId id, Quantity quantity) const {
    const MarketRow& row = market(id);
    const int scale = assets_.at(row.base_asset).scale;
    const int128 per_lot = scaled(row.lot_mantissa, scale - row.lot_scale);
    return Amount{static_cast<std::int64_t>(per_lot * quantity.value)};
}

int128 NaiveHistory::notional_of(InstrumentId id, Price price, Quantity quantity) const {
    const MarketRow& row = market(id);
    const int scale = assets_.at(row.quote_asset).scale;
    const int128 unit = scaled(int128{row.tick_mantissa} * row.lot_mantissa, scale - row.tick_scale - row.lot_scale);
    return int128{price.value} * quantity.value * unit;
}

OrderRow& NaiveHistory::order(OrderId id) { return orders_.at(id); }

void NaiveHistory::order_accepted(const Event& event) {
    const EventHeader& header = event.header;
    const auto body = event.as<OrderAccepted>();
    last_order_ = body.order_id.value;
    if (!orders_
             .try_emplace(body.order_id, OrderRow{.order_id = body.order_id,
                                                  .account_id = body.account,
                                                  .market_id = body.instrument,
                                                  .session_id = header.session,
                                                  .cl_ord_id = body.cl_ord_id,
                                                  .side = body.side,
                                                  .type = body.type,
                                                  .time_in_force = body.time_in_force,
                                                  .flags = body.flags,
                                                  .status = OrderStatus::open,
                                                  .reason = 0,
                                                  .price = body.price,
                                                  .quantity = body.quantity,
                                                  .leaves = body.quantity,
                                                  .cum = {},
                                                  .quote_asset = market(body.instrument).quote_asset,
                                                  .notional = {},
                                                  .day = day_of(header.time),
                                                  .sequence = header.sequence,
                                                  .time = header.time,
                                                  .expire_at = body.expire_at,
                                                  .changed_sequence = header.sequence,
                                                  .changed_time = header.time})
             .second)
        contradiction(event, "accepted for the second time");
    tell(event, body.account, paid_with(body.instrument, body.side), body.available, body.held);
}

// Whatever is not a fill.
void NaiveHistory::order_changed(const Event& event) {
    const EventHeader& header = event.header;
    ExecutionRow row;
    stamp(row, event);
    const auto common = [&](const auto& body) {
        row.order_id = body.order_id;
        row.cl_ord_id = body.cl_ord_id;
        row.account_id = body.account;
        row.market_id = body.instrument;
        row.side = body.side;
        row.price = body.price;
        row.cum = body.cum;
        OrderRow& changed = order(body.order_id);
        if (changed.status != OrderStatus::open) contradiction(event, "the order is closed");
        if (changed.cum != body.cum) contradiction(event, "the order has filled another quantity");
        changed.changed_sequence = header.sequence;
        changed.changed_time = header.time;
        tell(event, body.account, paid_with(body.instrument, body.side), body.available, body.held);
    };
    if (header.kind == EventKind::order_canceled) {
        const auto body = event.as<OrderCanceled>();
        common(body);
        const bool expired = body.reason == CancelReason::expired;
        row.exec_type = expired ? ExecType::expired : ExecType::canceled;
        row.detail = static_cast<std::uint8_t>(body.reason);
        row.quantity = body.quantity;
        OrderRow& changed = order(body.order_id);
        if (changed.leaves != body.quantity) contradiction(event, "the order has another quantity open");
        changed.status = expired ? OrderStatus::expired : OrderStatus::canceled;
        changed.reason = static_cast<std::uint8_t>(body.reason);
        changed.leaves = {};
    } else if (header.kind == EventKind::order_amended) {
        const auto body = event.as<OrderAmended>();
        common(body);
        row.exec_type = ExecType::replaced;
        row.detail = body.kept_priority;
        row.quantity = body.leaves;
        row.leaves = body.leaves;
        OrderRow& changed = order(body.order_id);
        if (changed.session_id == header.session) changed.cl_ord_id = body.cl_ord_id;
        changed.price = body.price;
        changed.leaves = body.leaves;
        changed.quantity = body.leaves + body.cum;
    } else {
        const auto body = event.as<OrderDecremented>();
        common(body);
        row.exec_type = ExecType::decremented;
        row.quantity = body.quantity;
        row.leaves = body.leaves;
        OrderRow& changed = order(body.order_id);
        if (changed.leaves != body.leaves + body.quantity) contradiction(event, "the order has another quantity open");
        changed.leaves = body.leaves;
    }
    executions_.push_back(row);
}

// ---- Trades.

void NaiveHistory::trade(const Event& event) {
    const auto body = event.as<TradeExecuted>();
    TradeRow row;
    stamp(row, event);
    row.trade_id = body.trade_id;
    row.market_id = body.instrument;
    row.price = body.price;
    row.quantity = body.quantity;
    row.taker_side = body.taker_side;
    row.maker_order_id = body.maker_order_id;
    row.taker_order_id = body.taker_order_id;
    row.maker_account = body.maker_account;
    row.taker_account = body.taker_account;
    trades_.push_back(row);
    filling_ = {.header = event.header, .trade = body, .rebate = {}};

    const bool taker_buys = body.taker_side == Side::buy;
    const AccountId buyer = taker_buys ? body.taker_account : body.maker_account;
    const AccountId seller = taker_buys ? body.maker_account : body.taker_account;
    Posting posting;
    posting.header = event.header;
    posting.trade = body.trade_id;
    posting.leg = 0;
    posting.kind = LedgerKind::trade_base;
    posting.debit = seller;
    posting.credit = buyer;
    posting.asset = market(body.instrument).base_asset;
    posting.amount = base_of(body.instrument, body.quantity);
    post(posting);
    posting.leg = 1;
    posting.kind = LedgerKind::trade_quote;
    posting.debit = buyer;
    posting.credit = seller;
    posting.asset = market(body.instrument).quote_asset;
    posting.amount = Amount{static_cast<std::int64_t>(notional_of(body.instrument, body.price, body.quantity))};
    post(posting);
}

void NaiveHistory::filled(const Event& event) {
    const EventHeader& header = event.header;
    const auto body = event.as<OrderFilled>();
    const TradeExecuted& trade = filling_.trade;
    const bool maker = body.liquidity == Liquidity::maker;
    if (body.order_id != (maker ? trade.maker_order_id : trade.taker_order_id))
        contradiction(event, "not a side of the trade before it");
    const MarketRow& in = market(body.instrument);

    ExecutionRow row;
    stamp(row, event);
    row.exec_type = ExecType::trade;
    row.order_id = body.order_id;
    row.cl_ord_id = body.cl_ord_id;
    row.account_id = body.account;
    row.market_id = body.instrument;
    row.side = body.side;
    row.detail = static_cast<std::uint8_t>(body.liquidity);
    row.trade_id = trade.trade_id;
    row.price = trade.price;
    row.quantity = trade.quantity;
    row.leaves = body.leaves;
    row.cum = maker ? trade.maker_cum : trade.taker_cum;
    const AssetId received = body.side == Side::buy ? in.base_asset : in.quote_asset;
    const AssetId paid = body.side == Side::buy ? in.quote_asset : in.base_asset;
    if (body.fee.value > 0) row.fee_asset = received;
    if (body.fee.value < 0) row.fee_asset = paid;
    row.fee = body.fee;
    executions_.push_back(row);

    OrderRow& changed = order(body.order_id);
    if (changed.leaves != body.leaves + trade.quantity) contradiction(event, "the order has another quantity open");
    changed.leaves = body.leaves;
    changed.cum = changed.cum + trade.quantity;
    if (changed.cum != row.cum) contradiction(event, "the order has filled another quantity");
    changed.notional =
        Amount{saturated(changed.notional.value + notional_of(body.instrument, trade.price, trade.quantity))};
    if (body.leaves.value == 0) changed.status = OrderStatus::filled;
    changed.changed_sequence = header.sequence;
    changed.changed_time = header.time;

    Posting posting;
    posting.header = header;
    posting.trade = trade.trade_id;
    posting.asset = row.fee_asset;
    if (body.fee.value > 0) {
        posting.kind = LedgerKind::trade_fee;
        posting.debit = body.account;
        posting.credit = kFeeAccount;
        posting.amount = body.fee;
        post(posting);
    } else if (body.fee.value < 0) {
        posting.kind = LedgerKind::rebate;
        posting.debit = kFeeAccount;
        posting.credit = body.account;
        posting.amount = Amount{-body.fee.value};
        filling_.rebate = posting;
    }
    // A rebate is paid out of the taker's fee.
    if (!maker && filling_.rebate) {
        filling_.rebate->header = header;
        filling_.rebate->leg = 1;
        post(*filling_.rebate);
        filling_.rebate.reset();
    }
    tell(event, body.account, in.base_asset, body.base_available, body.base_held);
    tell(event, body.account, in.quote_asset, body.quote_available, body.quote_held);
}

// ---- Money.

void NaiveHistory::post(const Posting& posting) {
    postings_.push_back(posting);
    totals_[{posting.debit, posting.asset}] -= posting.amount.value;
    totals_[{posting.credit, posting.asset}] += posting.amount.value;
    for (const AccountId account : {posting.debit, posting.credit}) {
        touched_.push_back({account, posting.asset});
        told_[{account, posting.asset}].sequence = posting.header.sequence;
        told_[{account, posting.asset}].time = posting.header.time;
    }
    // Fees of trades are told by nobody to the account that gets them. All else is told by the event itself.
    if (posting.kind == LedgerKind::trade_fee || posting.kind == LedgerKind::rebate) {
        Told& fees = told_[{kFeeAccount, posting.asset}];
        if (posting.kind == LedgerKind::trade_fee)
            fees.available += posting.amount;
        else
            fees.available -= posting.amount;
    }
}

void NaiveHistory::tell(const Event& event, AccountId account, AssetId asset, Amount available,
                        std::optional<Amount> held) {
    touched_.push_back({account, asset});
    Told& told = told_[{account, asset}];
    // Being told the same again is no change.
    if (told.available == available && (!held || told.held == *held)) return;
    told.available = available;
    if (held) told.held = *held;
    told.sequence = event.header.sequence;
    told.time = event.header.time;
}

void NaiveHistory::money(const Event& event) {
    if (event.header.kind == EventKind::trade_busted) {
        const auto body = event.as<TradeBusted>();
        TradeBustRow row;
        stamp(row, event);
        row.trade_id = body.trade_id;
        row.traded = body.traded;
        row.market_id = body.instrument;
        row.price = body.price;
        row.quantity = body.quantity;
        row.buyer = body.buyer;
        row.seller = body.seller;
        busts_.push_back(row);
        busted_ = body.trade_id;
        return;
    }
    Posting posting;
    posting.header = event.header;
    const auto moved = [&](const auto& body) {
        posting.debit = body.debit_account;
        posting.credit = body.credit_account;
        posting.asset = body.asset;
        posting.amount = body.amount;
        post(posting);
        tell(event, body.debit_account, body.asset, body.debit_after, {});
        tell(event, body.credit_account, body.asset, body.credit_after, {});
    };
    if (event.header.kind == EventKind::posted) {
        const auto body = event.as<Posted>();
        posting.id = body.id;
        switch (body.cause) {
            case PostingCause::transfer_fee: posting.kind = LedgerKind::transfer_fee; break;
            case PostingCause::trade_bust:
                posting.kind = LedgerKind::trade_bust;
                posting.trade = busted_;
                break;
            case PostingCause::deposit: {
                posting.kind = LedgerKind::deposit;
                DepositRow row;
                stamp(row, event);
                row.account_id = body.credit_account;
                row.from_account = body.debit_account;
                row.asset_id = body.asset;
                row.amount = body.amount;
                deposits_.push_back(row);
                break;
            }
            case PostingCause::deposit_reversal: posting.kind = LedgerKind::deposit_reversal; break;
            case PostingCause::loss_cover: posting.kind = LedgerKind::loss_cover; break;
            case PostingCause::payout: posting.kind = LedgerKind::payout; break;
        }
        moved(body);
        return;
    }
    const auto body = event.as<Transferred>();
    posting.id = body.id;
    switch (body.transfer_kind) {
        case TransferKind::transfer: posting.kind = LedgerKind::transfer; break;
        case TransferKind::mint: posting.kind = LedgerKind::mint; break;
        case TransferKind::burn: posting.kind = LedgerKind::burn; break;
        case TransferKind::post: posting.kind = LedgerKind::post; break;
        default: contradiction(event, "no kind of posting");
    }
    moved(body);
    const bool from_outside = body.transfer_kind == TransferKind::mint || body.debit_account == kDepositsAccount;
    if (from_outside && !is_venue_account(body.credit_account)) {
        DepositRow row;
        stamp(row, event);
        row.id = body.id;
        row.account_id = body.credit_account;
        row.from_account = body.debit_account;
        row.asset_id = body.asset;
        row.amount = body.amount;
        deposits_.push_back(row);
    }
}

void NaiveHistory::pending(const Event& event) {
    const EventHeader& header = event.header;
    if (header.kind == EventKind::transfer_pended) {
        const auto body = event.as<TransferPended>();
        PendingTransferRow row;
        row.scope = body.scope;
        row.id = body.id;
        row.debit_account = body.debit_account;
        row.credit_account = body.credit_account;
        row.asset_id = body.asset;
        row.amount = body.amount;
        row.state = PendingState::pending;
        row.expires = body.expires;
        row.sequence = header.sequence;
        row.time = header.time;
        if (!pendings_.try_emplace({body.scope, body.id}, row).second)
            contradiction(event, "pended for the second time");
        tell(event, body.debit_account, body.asset, body.available, body.held);
    } else if (header.kind == EventKind::withdrawal_requested) {
        const auto body = event.as<WithdrawalRequested>();
        WithdrawalRow row;
        row.scope = body.scope;
        row.id = body.id;
        row.account_id = body.account;
        row.asset_id = body.asset;
        row.amount = body.amount;
        row.address = address_text(body.address);
        row.state = PendingState::pending;
        row.sequence = header.sequence;
        row.time = header.time;
        if (!withdrawals_.try_emplace({body.scope, body.id}, row).second)
            contradiction(event, "requested for the second time");
        tell(event, body.account, body.asset, body.available, body.held);
    } else {
        const auto body = event.as<PendingResolved>();
        const auto resolve = [&](auto& row) {
            if (row.state != PendingState::pending) contradiction(event, "resolved for the second time");
            if (row.amount != body.amount + body.released) contradiction(event, "another amount was pending");
            row.state = body.state;
            row.posted = body.amount;
            row.resolved_sequence = header.sequence;
            row.resolved_time = header.time;
        };
        const std::pair key{body.scope, body.pending_id};
        if (const auto found = pendings_.find(key); found != pendings_.end())
            resolve(found->second);
        else
            resolve(withdrawals_.at(key));
        tell(event, body.account, body.asset, body.available, body.held);
    }
}

}  // namespace dcx::naive
