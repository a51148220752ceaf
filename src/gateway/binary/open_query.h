// OpenQuery: a query that a session is answering. What can be very long (open orders, pending transfers) is told from
// where the model stands when each frame is made; everything else is made at once, of one moment of the log, and then
// sent as the connection has room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <vector>

#include "gateway/read_model.h"
#include "model/frame.h"

namespace dcx::gateway {

struct OpenQuery {
    std::uint16_t template_id = 0;  // 0: none
    bool begun = false;
    std::uint64_t reference{};
    AccountId account{};
    SessionId session{};  // that asks
    OrderId order_id{};
    ClOrdId cl_ord_id{};
    AssetId asset{};
    InstrumentId instrument{};
    std::uint32_t count{};

    std::uint64_t next = 0;           // place in orders, or number of the last pending transfer told
    std::vector<OrderId> orders{};    // which were open
    std::vector<std::byte> frames{};  // made at once
    std::size_t sent = 0;             // of frames, bytes
    Sequence since{};
};

// The query in a frame for which is_query() holds; refuses what is not zero where it must be.
[[nodiscard]] std::expected<OpenQuery, TerminateCode> read_query(const Frame& frame);
// Why a key may not ask this; none when it may.
[[nodiscard]] RejectReason refusal_of(const OpenQuery& query, const ReadModel& model, const KnownKey& key);

}  // namespace dcx::gateway
