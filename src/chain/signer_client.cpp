#include "chain/signer_client.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>

#include "chain/signer_protocol.h"

namespace dcx::chain {
namespace {

using Json = nlohmann::json;

std::int64_t now_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

bool ready(int socket, short events, std::int64_t end_ns) {
    const std::int64_t left = end_ns - now_ns();
    if (left <= 0) return false;
    pollfd waited{.fd = socket, .events = events, .revents = 0};
    return ::poll(&waited, 1, static_cast<int>(left / 1'000'000) + 1) == 1;
}

// The text of a field, or nothing.
std::optional<std::string> text_of(const Json& json, const char* name) {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
}

std::unexpected<std::string> unreadable() {
    return std::unexpected(std::string{"the signer gave an answer that is none"});
}

// Field by field: GCC 12 takes the strings of one made at once for uninitialised.
std::string request_text(SignerOp op, const KeyPath& path, const TransferRequest* transfer = nullptr,
                         const std::string& rlp = {}) {
    SignerRequest request;
    request.op = op;
    request.path = path;
    if (transfer != nullptr) request.transfer = *transfer;
    request.rlp = rlp;
    return signer_request_text(request);
}

}  // namespace

bool SignerClient::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.empty() || path_.size() >= sizeof address.sun_path) return false;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    Descriptor made(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (made.get() < 0) return false;
    if (::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) return false;
    socket_ = std::move(made);
    return true;
}

bool SignerClient::write_all(std::string_view bytes, std::int64_t end_ns) {
    while (!bytes.empty()) {
        const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            bytes.remove_prefix(static_cast<std::size_t>(sent));
        } else if (errno != EINTR &&
                   ((errno != EAGAIN && errno != EWOULDBLOCK) || !ready(socket_.get(), POLLOUT, end_ns))) {
            return false;
        }
    }
    return true;
}

bool SignerClient::read_exactly(std::byte* into, std::size_t count, std::int64_t end_ns) {
    while (count > 0) {
        const auto got = ::recv(socket_.get(), into, count, 0);
        if (got > 0) {
            into += got;
            count -= static_cast<std::size_t>(got);
        } else if (got == 0) {
            return false;
        } else if (errno != EINTR &&
                   ((errno != EAGAIN && errno != EWOULDBLOCK) || !ready(socket_.get(), POLLIN, end_ns))) {
            return false;
        }
    }
    return true;
}

std::expected<std::string, std::string> SignerClient::exchange(std::string_view request) {
    const std::int64_t end_ns = now_ns() + std::int64_t{wait_ms_} * 1'000'000;
    std::array<std::byte, 4> head{};
    if (!write_all(framed(request), end_ns) || !read_exactly(head.data(), head.size(), end_ns))
        return std::unexpected("the signer gave no answer");
    std::string answer(framed_length(head.data()), '\0');
    if (answer.empty()) return unreadable();
    if (!read_exactly(std::as_writable_bytes(std::span{answer}).data(), answer.size(), end_ns))
        return std::unexpected("the signer gave half an answer");
    return answer;
}

// The answer's JSON text, when it is no error.
std::expected<std::string, std::string> SignerClient::ask(std::string_view request) {
    if (socket_.get() < 0 && !connect()) return std::unexpected("no signer at " + path_);
    auto answer = exchange(request);
    if (!answer) {
        // A late answer must not become that of the next question.
        socket_ = Descriptor{};
        return answer;
    }
    const Json json = Json::parse(*answer, nullptr, false);
    if (!json.is_object()) return unreadable();
    if (const auto error = text_of(json, "error")) return std::unexpected(*error);
    return answer;
}

std::expected<std::string, std::string> SignerClient::address(const KeyPath& path) {
    const auto answer = ask(request_text(SignerOp::address, path));
    if (!answer) return answer;
    const auto address = text_of(Json::parse(*answer), "address");
    if (!address) return unreadable();
    return *address;
}

std::expected<SignedTransfer, std::string> SignerClient::sign(const TransferRequest& request) {
    const auto answer = ask(request_text(SignerOp::sign, request.from, &request));
    if (!answer) return std::unexpected(answer.error());
    const Json json = Json::parse(*answer);
    const auto hash = text_of(json, "hash");
    const auto body = text_of(json, "body");
    SignedTransfer made;
    if (!hash || !body || !from_hex(*hash, made.hash)) return unreadable();
    made.body = *body;
    return made;
}

std::expected<EvmSignature, std::string> SignerClient::sign_evm(const KeyPath& path, const std::string& unsigned_rlp) {
    const auto answer = ask(request_text(SignerOp::sign_evm, path, nullptr, unsigned_rlp));
    if (!answer) return std::unexpected(answer.error());
    const Json json = Json::parse(*answer);
    const auto rs = text_of(json, "rs");
    const auto recovery = json.find("recovery");
    EvmSignature made;
    if (!rs || !from_hex(*rs, made.rs) || recovery == json.end() || !recovery->is_number_unsigned() || *recovery > 3u)
        return unreadable();
    made.recovery = recovery->get<std::uint8_t>();
    return made;
}

std::expected<std::array<std::byte, 20>, std::string> SignerClient::evm_address(const KeyPath& path) {
    const auto answer = ask(request_text(SignerOp::evm_address, path));
    if (!answer) return std::unexpected(answer.error());
    const auto text = text_of(Json::parse(*answer), "address");
    std::array<std::byte, 20> address{};
    if (!text || !from_hex(*text, address)) return unreadable();
    return address;
}

}  // namespace dcx::chain
