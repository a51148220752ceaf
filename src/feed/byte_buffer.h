// ByteBuffer: bytes appended into memory that is kept for the next message. Growing never initialises what will be
// written anyway.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "base/check.h"

namespace dcx::feed {

class ByteBuffer {
  public:
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::span<const std::byte> bytes() const { return {memory_.get(), size_}; }
    [[nodiscard]] std::string_view text() const { return {reinterpret_cast<const char*>(memory_.get()), size_}; }
    [[nodiscard]] std::byte* at(std::size_t offset) { return memory_.get() + offset; }
    void clear() { size_ = 0; }

    // Room for `more` bytes at the end; commit() what was written. The pointer holds until the next room().
    [[nodiscard]] std::byte* room(std::size_t more) {
        if (capacity_ - size_ < more) [[unlikely]]
            grow(more);
        return memory_.get() + size_;
    }
    void commit(std::size_t written) { size_ += written; }
    void append(std::span<const std::byte> bytes) {
        if (bytes.empty()) return;
        std::memcpy(room(bytes.size()), bytes.data(), bytes.size());
        size_ += bytes.size();
    }
    void append(std::string_view text) { append(std::as_bytes(std::span{text})); }
    void append(std::uint8_t byte) {
        *room(1) = std::byte{byte};
        ++size_;
    }
    [[nodiscard]] std::byte last() const { return memory_[size_ - 1]; }
    void set_last(char c) { memory_[size_ - 1] = static_cast<std::byte>(c); }
    void drop_last() { --size_; }

  private:
    [[gnu::noinline]] void grow(std::size_t more) {
        const std::size_t capacity = std::max(2 * capacity_, size_ + more + 256);
        auto memory = std::make_unique_for_overwrite<std::byte[]>(capacity);
        if (size_ > 0) std::memcpy(memory.get(), memory_.get(), size_);
        memory_ = std::move(memory);
        capacity_ = capacity;
    }

    std::unique_ptr<std::byte[]> memory_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

// A map key as a template argument, so that each format's bytes of it are a constant.
template <std::size_t N>
struct KeyText {
    std::array<char, N> chars{};
    constexpr KeyText(const char (&text)[N]) { std::copy_n(text, N, chars.begin()); }
    // Without the literal's final zero.
    static constexpr std::size_t length = N - 1;
};

}  // namespace dcx::feed
