#include "wallet/secrets.h"

#include <sodium.h>

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <new>
#include <utility>

#include "base/check.h"

namespace dcx::wallet {
namespace {

static_assert(std::endian::native == std::endian::little, "the content's numbers are the machine's");
static_assert(sizeof(std::uint32_t) + kMaxSecrets * (1 + kMaxSecretName + sizeof(std::uint32_t) + kMaxSecret) <=
              kMaxContent);

// Takes pieces off the front; nothing when too little is left.
class Pieces {
  public:
    explicit Pieces(std::span<const std::byte> bytes) : rest_(bytes) {}
    std::optional<std::span<const std::byte>> take(std::size_t size) {
        if (size > rest_.size()) return std::nullopt;
        const auto piece = rest_.first(size);
        rest_ = rest_.subspan(size);
        return piece;
    }
    std::optional<std::uint32_t> number() {
        const auto piece = take(sizeof(std::uint32_t));
        if (!piece) return std::nullopt;
        std::uint32_t value = 0;
        std::memcpy(&value, piece->data(), sizeof value);
        return value;
    }
    [[nodiscard]] std::span<const std::byte> rest() const { return rest_; }

  private:
    std::span<const std::byte> rest_;
};

class Filler {
  public:
    explicit Filler(std::span<std::byte> out) : out_(out) {}
    void put(std::span<const std::byte> bytes) {
        DCX_CHECK(bytes.size() <= out_.size());
        if (!bytes.empty()) std::memcpy(out_.data(), bytes.data(), bytes.size());
        out_ = out_.subspan(bytes.size());
    }
    void number(std::uint32_t value) { put(std::as_bytes(std::span{&value, 1})); }

  private:
    std::span<std::byte> out_;
};

}  // namespace

SecretBuffer::SecretBuffer(std::size_t size) : size_(size) {
    // It wants to be asked first; may be called any number of times.
    DCX_CHECK(::sodium_init() >= 0);
    if (size == 0) return;
    bytes_ = static_cast<std::byte*>(::sodium_malloc(size));
    if (bytes_ == nullptr) throw std::bad_alloc();
    ::sodium_memzero(bytes_, size);
}

SecretBuffer::SecretBuffer(std::span<const std::byte> bytes) : SecretBuffer(bytes.size()) {
    if (!bytes.empty()) std::memcpy(bytes_, bytes.data(), bytes.size());
}

SecretBuffer::~SecretBuffer() { ::sodium_free(bytes_); }

SecretBuffer::SecretBuffer(SecretBuffer&& other) noexcept
    : bytes_(std::exchange(other.bytes_, nullptr)), size_(std::exchange(other.size_, 0)) {}

SecretBuffer& SecretBuffer::operator=(SecretBuffer&& other) noexcept {
    std::swap(bytes_, other.bytes_);
    std::swap(size_, other.size_);
    return *this;
}

bool valid_secret_name(std::string_view name) {
    return !name.empty() && name.size() <= kMaxSecretName && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
}

bool Secrets::put(std::string_view name, std::span<const std::byte> secret) {
    if (!valid_secret_name(name) || secret.empty() || secret.size() > kMaxSecret) return false;
    if (!contains(name) && entries_.size() == kMaxSecrets) return false;
    entries_.insert_or_assign(std::string{name}, SecretBuffer(secret));
    return true;
}

bool Secrets::remove(std::string_view name) {
    const auto found = entries_.find(name);
    if (found == entries_.end()) return false;
    entries_.erase(found);
    return true;
}

std::span<const std::byte> Secrets::get(std::string_view name) const {
    const auto found = entries_.find(name);
    return found == entries_.end() ? std::span<const std::byte>{} : found->second.bytes();
}

std::vector<std::string> Secrets::names() const {
    std::vector<std::string> names;
    for (const auto& [name, secret] : entries_) names.push_back(name);
    return names;
}

SecretBuffer Secrets::content() const {
    std::size_t size = sizeof(std::uint32_t);
    for (const auto& [name, secret] : entries_) size += 1 + name.size() + sizeof(std::uint32_t) + secret.bytes().size();
    SecretBuffer content((size + kContentStep - 1) / kContentStep * kContentStep);
    Filler out(content.bytes());
    out.number(static_cast<std::uint32_t>(entries_.size()));
    for (const auto& [name, secret] : entries_) {
        const auto name_size = static_cast<std::uint8_t>(name.size());
        out.put(std::as_bytes(std::span{&name_size, 1}));
        out.put(std::as_bytes(std::span{name}));
        out.number(static_cast<std::uint32_t>(secret.bytes().size()));
        out.put(secret.bytes());
    }
    return content;
}

std::optional<Secrets> Secrets::parse(std::span<const std::byte> content) {
    if (content.empty() || content.size() % kContentStep != 0) return std::nullopt;
    Pieces in(content);
    const auto count = in.number();
    if (!count || *count > kMaxSecrets) return std::nullopt;
    Secrets secrets;
    std::string before;
    for (std::uint32_t i = 0; i < *count; ++i) {
        const auto name_size = in.take(1);
        const auto name_bytes = name_size ? in.take(static_cast<std::size_t>((*name_size)[0])) : std::nullopt;
        const auto size = name_bytes ? in.number() : std::nullopt;
        const auto secret = size ? in.take(*size) : std::nullopt;
        if (!secret) return std::nullopt;
        std::string name(reinterpret_cast<const char*>(name_bytes->data()), name_bytes->size());
        if (name <= before || !secrets.put(name, *secret)) return std::nullopt;
        before = std::move(name);
    }
    if (in.rest().size() >= kContentStep ||
        std::ranges::any_of(in.rest(), [](std::byte b) { return b != std::byte{}; }))
        return std::nullopt;
    return secrets;
}

}  // namespace dcx::wallet
