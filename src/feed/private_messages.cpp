#include "feed/private_messages.h"

#include "feed/message_head.h"
#include "model/reject_reason.h"
#include "model/wire.h"

namespace dcx::feed {

namespace {

// What was refused may have been any number.
constexpr std::string_view side_name(Side side) {
    return side == Side::buy ? "buy" : side == Side::sell ? "sell" : "unknown";
}

constexpr std::string_view type_name(OrderType type) {
    return type == OrderType::market ? "market" : type == OrderType::limit ? "limit" : "unknown";
}

constexpr std::string_view time_in_force_name(TimeInForce time) {
    switch (time) {
        case TimeInForce::gtc: return "gtc";
        case TimeInForce::ioc: return "ioc";
        case TimeInForce::fok: return "fok";
        case TimeInForce::day: return "day";
        case TimeInForce::gtd: return "gtd";
    }
    return "unknown";
}

// Opens message and data; two maps to end.
template <class Writer>
void begin_data(Writer& writer, Channel channel, bool snapshot, const PrivateLink& link, AccountId account,
                std::size_t fields) {
    writer.map(8);
    writer.template key<"channel">();
    writer.text(name_of(channel));
    writer.template key<"type">();
    writer.text(snapshot ? "snapshot" : "update");
    writer.template key<"account">();
    writer.number(std::uint64_t{account.value});
    writer.template key<"epoch">();
    writer.number(link.epoch);
    writer.template key<"prev">();
    writer.number(link.prev);
    writer.template key<"seq">();
    writer.number(link.seq);
    writer.template key<"time">();
    writer.number(link.time.value);
    writer.template key<"data">();
    writer.map(fields);
}

// What does not apply is left out, so the fields are counted first.
struct OrderFields {
    explicit OrderFields(const AccountOrder& order)
        : expires{order.expire_at.value != 0}, post_only{(order.flags & kOrderPostOnly) != 0} {}
    bool expires;
    bool post_only;
    [[nodiscard]] std::size_t count() const { return 10u + (expires ? 1u : 0u) + (post_only ? 1u : 0u); }
};

// All of an order but the numbers of the request.
template <class Writer>
void write_order(Writer& writer, const AccountOrder& order, const AccountView::Listing& listing,
                 const AccountView& view) {
    const OrderFields fields{order};
    writer.template key<"symbol">();
    writer.text(listing.symbol);
    writer.template key<"side">();
    writer.text(side_name(order.side));
    writer.template key<"order_type">();
    writer.text(type_name(order.type));
    writer.template key<"time_in_force">();
    writer.text(time_in_force_name(order.time_in_force));
    writer.template key<"price">();
    writer.decimal(order.price.value, listing.price);
    writer.template key<"order_qty">();
    writer.decimal(order.order_qty.value, listing.quantity);
    writer.template key<"leaves_qty">();
    writer.decimal(order.leaves.value, listing.quantity);
    writer.template key<"cum_qty">();
    writer.decimal(order.cum.value, listing.quantity);
    writer.template key<"cum_notional">();
    writer.decimal(order.cum_notional.value, view.asset(listing.quote).format);
    writer.template key<"session">();
    writer.number(std::uint64_t{order.session.value});
    if (fields.expires) {
        writer.template key<"expire_at">();
        writer.number(order.expire_at.value);
    }
    if (fields.post_only) {
        writer.template key<"post_only">();
        writer.boolean(true);
    }
}

bool is_trade(const Execution& execution) { return execution.trade_id.value != 0; }

// A rebate is told in the asset paid.
AssetId fee_asset(const Execution& execution, const AccountView::Listing& listing) {
    const bool buys = execution.order.side == Side::buy;
    return buys == (execution.fee.value >= 0) ? listing.base : listing.quote;
}

template <class Writer>
void write_trade(Writer& writer, const Execution& execution, const AccountView::Listing& listing,
                 const AccountView& view) {
    writer.template key<"trade_id">();
    writer.number(execution.trade_id.value);
    writer.template key<"last_px">();
    writer.decimal(execution.last_px.value, listing.price);
    writer.template key<"last_qty">();
    writer.decimal(execution.last_qty.value, listing.quantity);
    const AccountView::Asset& asset = view.asset(fee_asset(execution, listing));
    writer.template key<"fee">();
    writer.decimal(execution.fee.value, asset.format);
    writer.template key<"fee_asset">();
    writer.text(asset.symbol);
    writer.template key<"liquidity">();
    writer.text(execution.liquidity == Liquidity::maker ? "maker" : "taker");
}

// Of no order that there is or could have been: a trade that was taken back, a refused cancel, an order in no market.
template <class Writer>
void write_without_order(Writer& writer, const Execution& execution, const AccountView& view) {
    if (is_trade(execution)) {
        const AccountView::Listing& listing = view.listing(execution.order.instrument);
        writer.map(6);
        writer.template key<"exec_type">();
        writer.text(execution.exec_type);
        writer.template key<"trade_id">();
        writer.number(execution.trade_id.value);
        writer.template key<"symbol">();
        writer.text(listing.symbol);
        writer.template key<"side">();
        writer.text(side_name(execution.order.side));
        writer.template key<"last_px">();
        writer.decimal(execution.last_px.value, listing.price);
        writer.template key<"last_qty">();
        writer.decimal(execution.last_qty.value, listing.quantity);
        writer.end_map();
        return;
    }
    writer.map(5u + (execution.wait_ns != 0 ? 1u : 0u));
    writer.template key<"exec_type">();
    writer.text(execution.exec_type);
    writer.template key<"order_id">();
    writer.number(execution.order.order_id.value);
    writer.template key<"cl_ord_id">();
    writer.number(execution.cl_ord_id.value);
    writer.template key<"orig_cl_ord_id">();
    writer.number(execution.orig_cl_ord_id.value);
    writer.template key<"reject_reason">();
    writer.text(to_string(execution.reject_reason));
    if (execution.wait_ns != 0) {
        writer.template key<"wait_ns">();
        writer.number(execution.wait_ns);
    }
    writer.end_map();
}

template <class Writer>
void write_execution(Writer& writer, const Execution& execution, const AccountView& view) {
    if (execution.ord_status.empty()) return write_without_order(writer, execution, view);
    const AccountView::Listing& listing = view.listing(execution.order.instrument);
    const bool orig = execution.orig_cl_ord_id.value != 0;
    const bool rejected = execution.reject_reason != RejectReason::none;
    const bool waits = execution.wait_ns != 0;
    writer.map(4u + (orig ? 1u : 0u) + OrderFields{execution.order}.count() + (is_trade(execution) ? 6u : 0u) +
               (rejected ? 1u : 0u) + (execution.cancel_reason ? 1u : 0u) + (waits ? 1u : 0u));
    writer.template key<"exec_type">();
    writer.text(execution.exec_type);
    writer.template key<"ord_status">();
    writer.text(execution.ord_status);
    writer.template key<"order_id">();
    writer.number(execution.order.order_id.value);
    writer.template key<"cl_ord_id">();
    writer.number(execution.cl_ord_id.value);
    if (orig) {
        writer.template key<"orig_cl_ord_id">();
        writer.number(execution.orig_cl_ord_id.value);
    }
    write_order(writer, execution.order, listing, view);
    if (is_trade(execution)) write_trade(writer, execution, listing, view);
    if (rejected) {
        writer.template key<"reject_reason">();
        writer.text(to_string(execution.reject_reason));
    }
    if (execution.cancel_reason) {
        writer.template key<"cancel_reason">();
        writer.text(to_string(*execution.cancel_reason));
    }
    if (waits) {
        writer.template key<"wait_ns">();
        writer.number(execution.wait_ns);
    }
    writer.end_map();
}

OrdStatus status_of_open(Quantity cum) { return cum ? OrdStatus::partially_filled : OrdStatus::accepted; }

template <class Writer>
void write_balance(Writer& writer, AccountId account, AssetId id, const AccountView& view) {
    const AccountView::Asset& asset = view.asset(id);
    const AccountBalance balance = view.balance(account, id);
    writer.map(3);
    writer.template key<"asset">();
    writer.text(asset.symbol);
    writer.template key<"available">();
    writer.decimal(balance.available.value, asset.format);
    writer.template key<"held">();
    writer.decimal(balance.held.value, asset.format);
    writer.end_map();
}

std::span<const std::byte> encode_note(FrameBuffer& out, Format format, std::string_view type,
                                       const PrivateNote& note) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, type, note.id, 2u + (note.resumed ? 1u : 0u) + (note.reason.empty() ? 0u : 1u));
        writer.template key<"channel">();
        writer.text(name_of(note.channel));
        writer.template key<"account">();
        writer.number(std::uint64_t{note.account.value});
        if (note.resumed) {
            writer.template key<"resumed">();
            writer.boolean(*note.resumed);
        }
        if (!note.reason.empty()) {
            writer.template key<"reason">();
            writer.text(note.reason);
        }
        writer.end_map();
    });
}

Execution of_order(ExecType type, OrdStatus status, const AccountOrder& order, ClOrdId cl_ord_id) {
    Execution execution;
    execution.exec_type = to_string(type);
    execution.ord_status = to_string(status);
    execution.order = order;
    execution.cl_ord_id = cl_ord_id;
    return execution;
}

Execution of(const OrderRejected& event, SessionId session) {
    Execution execution = of_order(ExecType::rejected, OrdStatus::rejected,
                                   {.cl_ord_id = event.cl_ord_id,
                                    .price = event.price,
                                    .order_qty = event.quantity,
                                    .session = session,
                                    .account = event.account,
                                    .instrument = event.instrument,
                                    .side = event.side,
                                    .type = event.type,
                                    .time_in_force = event.time_in_force,
                                    .flags = event.flags},
                                   event.cl_ord_id);
    execution.reject_reason = event.reason;
    execution.wait_ns = event.wait_ns;
    return execution;
}

Execution of(const OrderFilled& event, const AccountOrder& order, const TradeExecuted& trade) {
    Execution execution = of_order(ExecType::trade, event.leaves ? OrdStatus::partially_filled : OrdStatus::filled,
                                   order, event.cl_ord_id);
    execution.last_px = trade.price;
    execution.last_qty = trade.quantity;
    execution.trade_id = trade.trade_id;
    execution.fee = event.fee;
    execution.liquidity = event.liquidity;
    return execution;
}

Execution of(const OrderCanceled& event, const AccountOrder& order) {
    const bool expired = event.reason == CancelReason::expired;
    Execution execution = of_order(expired ? ExecType::expired : ExecType::canceled,
                                   expired ? OrdStatus::expired : OrdStatus::canceled, order, event.cl_ord_id);
    if (event.reason == CancelReason::requested || event.reason == CancelReason::mass_cancel)
        execution.orig_cl_ord_id = event.orig_cl_ord_id;
    execution.cancel_reason = event.reason;
    return execution;
}

Execution of(const CancelRejected& event) {
    Execution execution;
    execution.exec_type = "cancel_rejected";
    execution.order.order_id = event.order_id;
    execution.order.account = event.account;
    execution.cl_ord_id = event.cl_ord_id;
    execution.orig_cl_ord_id = event.orig_cl_ord_id;
    execution.reject_reason = event.reason;
    execution.wait_ns = event.wait_ns;
    return execution;
}

}  // namespace

std::optional<Execution> execution_of(const Event& event, const AccountView& view) {
    if (event.header.kind == EventKind::order_rejected) {
        const auto rejected = event.as<OrderRejected>();
        Execution execution = of(rejected, event.header.session);
        // A market that does not exist has neither symbol nor decimals.
        if (!view.knows(rejected.instrument)) execution.ord_status = {};
        return execution;
    }
    if (event.header.kind == EventKind::cancel_rejected) return of(event.as<CancelRejected>());
    const AccountOrder* const order = view.order();
    if (order == nullptr) return std::nullopt;
    switch (event.header.kind) {
        case EventKind::order_accepted:
            return of_order(ExecType::accepted, OrdStatus::accepted, *order, order->cl_ord_id);
        case EventKind::order_filled: return of(event.as<OrderFilled>(), *order, view.trade());
        case EventKind::order_canceled: return of(event.as<OrderCanceled>(), *order);
        case EventKind::order_amended: {
            const auto amended = event.as<OrderAmended>();
            Execution execution = of_order(ExecType::replaced, status_of_open(order->cum), *order, amended.cl_ord_id);
            execution.orig_cl_ord_id = amended.orig_cl_ord_id;
            return execution;
        }
        case EventKind::order_decremented:
            return of_order(ExecType::restated, status_of_open(order->cum), *order, order->cl_ord_id);
        default: return std::nullopt;
    }
}

Execution busted_execution(const TradeBusted& event, AccountId account, Side side) {
    Execution execution;
    execution.exec_type = "busted";
    execution.order.account = account;
    execution.order.instrument = event.instrument;
    execution.order.side = side;
    execution.trade_id = event.trade_id;
    execution.last_px = event.price;
    execution.last_qty = event.quantity;
    return execution;
}

std::span<const std::byte> encode_executions(FrameBuffer& out, Format format, const PrivateLink& link,
                                             AccountId account, std::span<const Execution> executions,
                                             const AccountView& view) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_data(writer, Channel::executions, false, link, account, 1);
        writer.template key<"executions">();
        writer.array(executions.size());
        for (const Execution& execution : executions) write_execution(writer, execution, view);
        writer.end_array();
        writer.end_map();
        writer.end_map();
    });
}

std::span<const std::byte> encode_open_orders(FrameBuffer& out, Format format, const PrivateLink& link,
                                              AccountId account, std::span<const AccountOrder* const> orders, bool more,
                                              const AccountView& view) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_data(writer, Channel::executions, true, link, account, 2);
        writer.template key<"orders">();
        writer.array(orders.size());
        for (const AccountOrder* order : orders) {
            writer.map(3u + OrderFields{*order}.count());
            writer.template key<"ord_status">();
            writer.text(to_string(status_of_open(order->cum)));
            writer.template key<"order_id">();
            writer.number(order->order_id.value);
            writer.template key<"cl_ord_id">();
            writer.number(order->cl_ord_id.value);
            write_order(writer, *order, view.listing(order->instrument), view);
            writer.end_map();
        }
        writer.end_array();
        writer.template key<"more">();
        writer.boolean(more);
        writer.end_map();
        writer.end_map();
    });
}

std::span<const std::byte> encode_balances(FrameBuffer& out, Format format, const PrivateLink& link, AccountId account,
                                           std::span<const AssetId> assets, const AccountView& view) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_data(writer, Channel::balances, false, link, account, 1);
        writer.template key<"balances">();
        writer.array(assets.size());
        for (const AssetId asset : assets) write_balance(writer, account, asset, view);
        writer.end_array();
        writer.end_map();
        writer.end_map();
    });
}

std::span<const std::byte> encode_balances_snapshot(FrameBuffer& out, Format format, const PrivateLink& link,
                                                    AccountId account, const AccountView& view) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_data(writer, Channel::balances, true, link, account, 1);
        writer.template key<"balances">();
        writer.array(view.assets());
        for (std::uint32_t id = 1; id <= view.assets(); ++id) write_balance(writer, account, AssetId{id}, view);
        writer.end_array();
        writer.end_map();
        writer.end_map();
    });
}

std::span<const std::byte> encode_login(FrameBuffer& out, Format format, const RequestId& id, KeyId key,
                                        std::span<const AccountId> accounts) {
    return encode_frame(out, format, [&](auto& writer) {
        begin_message(writer, "login", id, 3);
        writer.template key<"key_id">();
        writer.number(std::uint64_t{key.value});
        writer.template key<"account">();
        writer.number(std::uint64_t{accounts.front().value});
        writer.template key<"accounts">();
        writer.array(accounts.size());
        for (const AccountId account : accounts) writer.number(std::uint64_t{account.value});
        writer.end_array();
        writer.end_map();
    });
}

std::span<const std::byte> encode_private_subscribed(FrameBuffer& out, Format format, const PrivateNote& note) {
    return encode_note(out, format, "subscribed", note);
}

std::span<const std::byte> encode_private_unsubscribed(FrameBuffer& out, Format format, const PrivateNote& note) {
    return encode_note(out, format, "unsubscribed", note);
}

}  // namespace dcx::feed
