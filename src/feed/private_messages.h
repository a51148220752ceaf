// The messages of the private channels and of the login. Each function encodes one whole frame into `out` and returns
// it; it is valid until `out` is used again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "feed/account_view.h"
#include "feed/channel.h"
#include "feed/frame_buffer.h"
#include "feed/request.h"
#include "model/event.h"
#include "model/types.h"

namespace dcx::feed {

// The place of one message in its channel's chain.
struct PrivateLink {
    std::uint64_t epoch{};
    std::uint64_t prev{};
    std::uint64_t seq{};
    Time time{};
};

// What happened to one order (or to a request, or a trade) of an account, by one event.
struct Execution {
    // accepted, rejected, trade, canceled, replaced, restated, expired; cancel_rejected; busted
    std::string_view exec_type;
    std::string_view ord_status;  // empty: of no order
    AccountOrder order;           // as it stands afterwards; of a reject what was asked for
    ClOrdId cl_ord_id{};          // of the request, or the order's own when nobody asked
    ClOrdId orig_cl_ord_id{};     // the order's own before it; else 0
    Price last_px{};              // of a trade
    Quantity last_qty{};
    TradeId trade_id{};
    Amount fee{};
    Liquidity liquidity{};
    RejectReason reject_reason{};
    std::optional<CancelReason> cancel_reason;
    std::int64_t wait_ns{};
};
// What an event tells of one order; the view has applied it. Nothing when it is none of these events, or the order is
// not known. A bust is told to each of its two accounts by busted_execution().
[[nodiscard]] std::optional<Execution> execution_of(const Event& event, const AccountView& view);
[[nodiscard]] Execution busted_execution(const TradeBusted& event, AccountId account, Side side);

[[nodiscard]] std::span<const std::byte> encode_executions(FrameBuffer& out, Format format, const PrivateLink& link,
                                                           AccountId account, std::span<const Execution> executions,
                                                           const AccountView& view);
// One page of open orders. `more`: another follows.
[[nodiscard]] std::span<const std::byte> encode_open_orders(FrameBuffer& out, Format format, const PrivateLink& link,
                                                            AccountId account,
                                                            std::span<const AccountOrder* const> orders, bool more,
                                                            const AccountView& view);
// An update with these assets, or a snapshot with all.
[[nodiscard]] std::span<const std::byte> encode_balances(FrameBuffer& out, Format format, const PrivateLink& link,
                                                         AccountId account, std::span<const AssetId> assets,
                                                         const AccountView& view);
[[nodiscard]] std::span<const std::byte> encode_balances_snapshot(FrameBuffer& out, Format format,
                                                                  const PrivateLink& link, AccountId account,
                                                                  const AccountView& view);

[[nodiscard]] std::span<const std::byte> encode_login(FrameBuffer& out, Format format, const RequestId& id, KeyId key,
                                                      std::span<const AccountId> accounts);
struct PrivateNote {
    const RequestId& id;
    Channel channel{};
    AccountId account{};
    std::optional<bool> resumed;  // only when `from` was given
    std::string_view reason;      // of an end that nobody asked for
};
[[nodiscard]] std::span<const std::byte> encode_private_subscribed(FrameBuffer& out, Format format,
                                                                   const PrivateNote& note);
[[nodiscard]] std::span<const std::byte> encode_private_unsubscribed(FrameBuffer& out, Format format,
                                                                     const PrivateNote& note);

}  // namespace dcx::feed
