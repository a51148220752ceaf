// Why a request was refused. Numbers are on the wire: given once, never reused.
#pragma once

#include <cstdint>

namespace dcx::feed {

enum class ErrorCode : std::uint16_t {
    malformed = 1,         // not JSON or MessagePack, or not a map
    wrong_frame_kind = 2,  // binary on a JSON connection, text on a MessagePack one
    too_deep = 3,          // nested deeper than any request is
    unknown_type = 4,      // no `type` (or `action`), or one that does not exist
    unknown_field = 5,
    missing_field = 6,
    bad_field = 7,  // wrong type of value, out of range, empty or too long
    unknown_channel = 8,
    unknown_symbol = 9,
    bad_depth = 10,
    bad_rate = 11,
    not_applicable = 12,  // depth, rate or interval where no channel has it, `from` for more than one subscription
    not_subscribed = 13,
    too_many_subscriptions = 14,
    too_many_requests = 15,
    too_slow = 16,  // the reader is behind by more than its bound; the connection ends
    bad_interval = 17,
    not_logged_in = 18,    // a private channel before a login
    bad_login = 19,        // key, signature or time; said no closer
    too_many_logins = 20,  // connections of this key
    busy = 21,             // try again later
    unknown_account = 22,  // none of this login
};

}  // namespace dcx::feed
