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
    // What room() gives without growing.
    [[nodiscard]] std::size_t spare() const { return capacity_ - size_; }
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

// BufferCursor: where a writer stands at the end of a buffer. The place is kept here, in registers, because every byte
// that is written might have changed a buffer's own size. The buffer has what was written after flush().
class BufferCursor {
  public:
    explicit BufferCursor(ByteBuffer& out) : out_(out) { take(0); }

    // Where at least `size` bytes may be written; advance_to() where they end. Holds until the next call.
    [[nodiscard]] char* room(std::size_t size) {
        if (static_cast<std::size_t>(end_ - at_) < size) [[unlikely]] {
            flush();
            take(size);
        }
        return at_;
    }
    void advance_to(char* end) { at_ = end; }
    void put(char c) {
        *room(1) = c;
        ++at_;
    }
    void put(std::string_view text) {
        if (text.empty()) return;
        std::memcpy(room(text.size()), text.data(), text.size());
        at_ += text.size();
    }
    template <std::size_t N>
    void put(const std::array<char, N>& text) {
        std::memcpy(room(N), text.data(), N);
        at_ += N;
    }
    // The last byte written; there is one.
    [[nodiscard]] char& last() { return at_[-1]; }
    void drop_last() { --at_; }
    void flush() {
        out_.commit(static_cast<std::size_t>(at_ - begin_));
        begin_ = at_;
    }

  private:
    void take(std::size_t size) {
        begin_ = at_ = reinterpret_cast<char*>(out_.room(size));
        end_ = begin_ + out_.spare();
    }

    ByteBuffer& out_;
    char* begin_ = nullptr;  // of what the buffer does not have yet
    char* at_ = nullptr;
    char* end_ = nullptr;
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
