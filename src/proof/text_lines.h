// Lines and words of the fixed texts of this folder (checkpoints, receipts): taken one by one from the front, with one
// space between words and nothing else. What is wrong once stays wrong, so a parser asks once, at its end.
#pragma once

#include <charconv>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

#include "base/sha256.h"
#include "proof/base64.h"

namespace dcx::proof {

// A number as std::to_string writes it.
template <class T>
[[nodiscard]] bool plain_number(std::string_view text, T& value) {
    const auto [stop, error] = std::from_chars(text.begin(), text.end(), value);
    if (error != std::errc{} || stop != text.end()) return false;
    const std::size_t sign = text.starts_with('-') ? 1 : 0;
    return text.size() == sign + 1 ? sign == 0 || text[1] != '0' : text[sign] != '0';
}

class LineWords {
  public:
    explicit LineWords(std::string_view line) : rest_(line) {}
    std::string_view word() {
        const std::size_t end = rest_.find(' ');
        const std::string_view result = rest_.substr(0, end);
        if (result.empty()) right_ = false;
        open_ = end != rest_.npos;
        rest_ = open_ ? rest_.substr(end + 1) : std::string_view{};
        return result;
    }
    void expect(std::string_view wanted) { right_ &= word() == wanted; }
    template <class T>
    T number() {
        T value{};
        right_ &= plain_number(word(), value);
        return value;
    }
    template <class Bytes>
    Bytes hex() {
        Bytes bytes{};
        right_ &= from_hex(word(), bytes);
        return bytes;
    }
    Digest base64() {
        Digest bytes{};
        right_ &= from_base64(word(), bytes);
        return bytes;
    }
    // All was right, and nothing is left.
    [[nodiscard]] bool ended() const { return right_ && !open_; }

  private:
    std::string_view rest_;
    bool right_ = true;
    bool open_ = true;
};

class TextLines {
  public:
    explicit TextLines(std::string_view text) : rest_(text) {}
    [[nodiscard]] bool empty() const { return rest_.empty(); }
    [[nodiscard]] bool next_starts_with(std::string_view word) const { return rest_.starts_with(word); }
    // Without its newline, which must be there.
    std::string_view line() {
        const std::size_t end = rest_.find('\n');
        if (end == rest_.npos) {
            right_ = false;
            rest_ = {};
            return {};
        }
        const std::string_view result = rest_.substr(0, end);
        rest_.remove_prefix(end + 1);
        return result;
    }
    [[nodiscard]] bool ended() const { return right_ && rest_.empty(); }

  private:
    std::string_view rest_;
    bool right_ = true;
};

}  // namespace dcx::proof
