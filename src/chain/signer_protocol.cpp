#include "chain/signer_protocol.h"

#include <array>
#include <cstring>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>
#include <span>
#include <utility>

namespace dcx::chain {
namespace {

using Json = nlohmann::json;

// Thrown and caught in this file.
struct Wrong {
    std::string what;
};

// The fields of one object, each to be asked for once.
class Fields {
  public:
    explicit Fields(const Json& json) : json_(json) {
        if (!json.is_object()) throw Wrong{"not an object"};
    }
    std::string text(const char* name) {
        const Json& value = take(name);
        if (!value.is_string()) throw Wrong{std::string{name} + " is a text"};
        return value.get<std::string>();
    }
    std::uint64_t number(const char* name, std::uint64_t most) {
        const Json& value = take(name);
        if (!value.is_number_unsigned() || value.get<std::uint64_t>() > most)
            throw Wrong{std::string{name} + " is a whole number up to " + std::to_string(most)};
        return value.get<std::uint64_t>();
    }
    void end() const {
        for (const auto& [name, value] : json_.items())
            if (!taken_.contains(name)) throw Wrong{"a field that there is not"};
    }

  private:
    const Json& take(const char* name) {
        taken_.insert(name);
        const auto found = json_.find(name);
        if (found == json_.end()) throw Wrong{std::string{name} + " is missing"};
        return *found;
    }
    const Json& json_;
    std::set<std::string> taken_;
};

constexpr std::array<std::pair<SignerOp, const char*>, 4> kOps{{{SignerOp::address, "address"},
                                                                {SignerOp::sign, "sign"},
                                                                {SignerOp::evm_address, "evm_address"},
                                                                {SignerOp::sign_evm, "sign_evm"}}};
constexpr std::uint64_t kMaxPath = (std::uint64_t{1} << 31) - 1;
constexpr auto kMaxSigned = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span{text}); }

std::string bytes_from_hex(const std::string& text) {
    std::string bytes(text.size() / 2, '\0');
    if (text.size() % 2 != 0 || !from_hex(text, std::as_writable_bytes(std::span{bytes})))
        throw Wrong{"rlp is lower-case hexadecimal"};
    return bytes;
}

SignerRequest read(const Json& json) {
    Fields fields(json);
    const std::string name = fields.text("op");
    SignerRequest request;
    for (const auto& [op, word] : kOps)
        if (name == word) request.op = op;
    if (request.op == SignerOp{}) throw Wrong{"an op that there is not"};
    request.path.account = static_cast<std::uint32_t>(fields.number("account", kMaxPath));
    request.path.index = static_cast<std::uint32_t>(fields.number("index", kMaxPath));
    if (request.op == SignerOp::sign) {
        TransferRequest& transfer = request.transfer;
        transfer.from = request.path;
        transfer.recipient = fields.text("recipient");
        transfer.amount = static_cast<std::int64_t>(fields.number("amount", kMaxSigned));
        transfer.nonce = fields.number("nonce", kMaxSigned);
        transfer.timestamp_s = static_cast<std::int64_t>(fields.number("timestamp", kMaxSigned));
        transfer.metadata = fields.text("metadata");
        transfer.type = fields.text("type");
    } else if (request.op == SignerOp::sign_evm) {
        request.rlp = bytes_from_hex(fields.text("rlp"));
    }
    fields.end();
    return request;
}

std::string error_text(const std::string& what) {
    return Json{{"error", what}}.dump(-1, ' ', true, Json::error_handler_t::replace);
}

}  // namespace

std::string signer_request_text(const SignerRequest& request) {
    Json json{{"account", request.path.account}, {"index", request.path.index}};
    for (const auto& [op, word] : kOps)
        if (request.op == op) json["op"] = word;
    if (request.op == SignerOp::sign) {
        json["recipient"] = request.transfer.recipient;
        json["amount"] = request.transfer.amount;
        json["nonce"] = request.transfer.nonce;
        json["timestamp"] = request.transfer.timestamp_s;
        json["metadata"] = request.transfer.metadata;
        json["type"] = request.transfer.type;
    } else if (request.op == SignerOp::sign_evm) {
        json["rlp"] = to_hex(bytes_of(request.rlp));
    }
    return json.dump(-1, ' ', true, Json::error_handler_t::replace);
}

std::expected<SignerRequest, std::string> parse_signer_request(std::string_view text) {
    if (text.size() > kMaxSignerMessage) return std::unexpected("too long");
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return std::unexpected("not JSON");
    try {
        return read(json);
    } catch (const Wrong& wrong) {
        return std::unexpected(wrong.what);
    }
}

std::string answer_signer_request(Signer& signer, std::string_view text) {
    const auto request = parse_signer_request(text);
    if (!request) return error_text("malformed request: " + request.error());
    switch (request->op) {
        case SignerOp::address: {
            const auto address = signer.address(request->path);
            return address ? Json{{"address", *address}}.dump() : error_text(address.error());
        }
        case SignerOp::sign: {
            const auto made = signer.sign(request->transfer);
            return made ? Json{{"hash", to_hex(made->hash)}, {"body", made->body}}.dump() : error_text(made.error());
        }
        case SignerOp::evm_address: {
            const auto address = signer.evm_address(request->path);
            return address ? Json{{"address", to_hex(*address)}}.dump() : error_text(address.error());
        }
        case SignerOp::sign_evm: {
            const auto made = signer.sign_evm(request->path, request->rlp);
            return made ? Json{{"rs", to_hex(made->rs)}, {"recovery", made->recovery}}.dump()
                        : error_text(made.error());
        }
    }
    return error_text("malformed request");
}

std::string framed(std::string_view message) {
    const auto size = static_cast<std::uint32_t>(message.size());
    std::string frame(sizeof size, '\0');
    std::memcpy(frame.data(), &size, sizeof size);
    return frame.append(message);
}

std::size_t framed_length(const std::byte* bytes) {
    std::uint32_t size = 0;
    std::memcpy(&size, bytes, sizeof size);
    return size < 2 || size > kMaxSignerMessage ? 0 : size;
}

}  // namespace dcx::chain
