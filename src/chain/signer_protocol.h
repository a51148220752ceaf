// What a venue and its signer say to each other over a Unix socket: a message is its length (32 bits, little-endian, 2
// .. kMaxSignerMessage) and so many bytes of JSON, an object. One request, then its answer. docs/custody.md has the
// fields. Any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "chain/signer.h"

namespace dcx::chain {

inline constexpr std::size_t kMaxSignerMessage = 16 * 1024;

enum class SignerOp : std::uint8_t { address = 1, sign = 2, evm_address = 3, sign_evm = 4 };
struct SignerRequest {
    SignerOp op{};
    KeyPath path;
    TransferRequest transfer;  // of sign; its path is `path`
    std::string rlp;           // of sign_evm: bytes
};
[[nodiscard]] std::string signer_request_text(const SignerRequest& request);
// Exactly the fields of the request, each of its type; the error says what is wrong with them.
[[nodiscard]] std::expected<SignerRequest, std::string> parse_signer_request(std::string_view text);

// What the signer answers to it. Every error becomes a text.
[[nodiscard]] std::string answer_signer_request(Signer& signer, std::string_view request);

[[nodiscard]] std::string framed(std::string_view message);
// Of the first four bytes; 0: none that there can be.
[[nodiscard]] std::size_t framed_length(const std::byte* bytes);

}  // namespace dcx::chain
