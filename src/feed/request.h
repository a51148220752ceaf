// Requests of clients, from JSON or MessagePack. Any bytes may come; memory and nesting are bounded by the size of the
// message. Nothing throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/ed25519.h"
#include "feed/channel.h"
#include "feed/error_code.h"
#include "model/types.h"

namespace dcx::feed {

enum class RequestType : std::uint8_t { subscribe, unsubscribe, heartbeat, stats, instruments, login };

// The client's own number or text of a request, echoed in every answer to it.
using RequestId = std::variant<std::monostate, std::int64_t, std::uint64_t, std::string>;
inline constexpr std::size_t kRequestIdMax = 64;
inline constexpr std::size_t kSymbolsMax = 4096;

struct ResumePoint {
    std::uint64_t epoch{};
    std::uint64_t seq{};
};

struct LoginRequest {
    KeyId key{};
    Ed25519Signature signature{};
};

struct Request {
    RequestType type{};
    RequestId id;
    // Of subscribe and unsubscribe: never empty, without repetition, all private or none.
    std::vector<Channel> channels;
    std::vector<std::string> symbols;  // empty: all ("*")
    std::optional<std::uint32_t> depth;
    std::optional<std::uint32_t> rate_ms;
    std::optional<std::uint32_t> interval_s;
    std::optional<ResumePoint> from;
    std::optional<AccountId> account;  // of private channels
    LoginRequest login;
};

struct RequestError {
    ErrorCode code{};
    std::string message;
    RequestId id;
};

[[nodiscard]] std::expected<Request, RequestError> parse_request(Format format, std::span<const std::byte> message);

}  // namespace dcx::feed
