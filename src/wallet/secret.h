// Bytes that nobody may see and that are wiped when their owner is gone. Not copyable: each secret has one place; a
// move wipes the source. Swap and core dumps are not this type's part (the signer switches core dumps off).
#pragma once

#include <sodium.h>

#include <array>
#include <cstddef>
#include <cstring>
#include <span>
#include <string_view>

#include "base/check.h"

namespace dcx::wallet {

// Exactly N bytes, zero at first.
template <std::size_t N>
class SecretBytes {
  public:
    SecretBytes() = default;
    explicit SecretBytes(std::span<const std::byte, N> bytes) { std::memcpy(bytes_.data(), bytes.data(), N); }
    ~SecretBytes() { wipe(); }
    SecretBytes(const SecretBytes&) = delete;
    SecretBytes& operator=(const SecretBytes&) = delete;
    SecretBytes(SecretBytes&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
    SecretBytes& operator=(SecretBytes&& other) noexcept {
        if (this != &other) {
            bytes_ = other.bytes_;
            other.wipe();
        }
        return *this;
    }

    void wipe() { ::sodium_memzero(bytes_.data(), N); }
    [[nodiscard]] std::span<std::byte, N> bytes() { return bytes_; }
    [[nodiscard]] std::span<const std::byte, N> bytes() const { return bytes_; }
    // As the C libraries want them.
    [[nodiscard]] unsigned char* raw() { return reinterpret_cast<unsigned char*>(bytes_.data()); }
    [[nodiscard]] const unsigned char* raw() const { return reinterpret_cast<const unsigned char*>(bytes_.data()); }

  private:
    std::array<std::byte, N> bytes_{};
};

// Up to Capacity bytes.
template <std::size_t Capacity>
class SecretString {
  public:
    static constexpr std::size_t kCapacity = Capacity;

    SecretString() = default;
    // The bytes must fit.
    explicit SecretString(std::span<const std::byte> bytes) : size_(bytes.size()) {
        DCX_CHECK(bytes.size() <= Capacity);
        if (!bytes.empty()) std::memcpy(bytes_.bytes().data(), bytes.data(), bytes.size());
    }
    SecretString(SecretString&& other) noexcept : bytes_(std::move(other.bytes_)), size_(other.size_) {
        other.size_ = 0;
    }
    SecretString& operator=(SecretString&& other) noexcept {
        if (this != &other) {
            bytes_ = std::move(other.bytes_);
            size_ = other.size_;
            other.size_ = 0;
        }
        return *this;
    }

    // False when it is full.
    [[nodiscard]] bool push_back(std::byte b) {
        if (size_ == Capacity) return false;
        bytes_.bytes()[size_++] = b;
        return true;
    }
    void clear() {
        bytes_.wipe();
        size_ = 0;
    }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_.bytes().first(size_); }
    // In a time that does not depend on where the first difference is.
    friend bool operator==(const SecretString& a, const SecretString& b) {
        return a.size_ == b.size_ && ::sodium_memcmp(a.bytes_.raw(), b.bytes_.raw(), Capacity) == 0;
    }

  private:
    SecretBytes<Capacity> bytes_;
    std::size_t size_ = 0;
};

}  // namespace dcx::wallet
