// VariantMemory: the file in which a feed process remembers what its readers use, so that the next process of its name
// can go on with it (feed/variant_use.h) after any end. Written as a whole and put in its place, unsynced: after a loss
// of power readers get snapshots.
//
// Readers may be some seconds behind when the process dies. So of each chain it tells not the newest message but one of
// kSamples notes ago.
#pragma once

#include <cstddef>
#include <deque>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "feed/variant_use.h"

namespace dcx::app {

[[nodiscard]] std::string text_of(const std::vector<feed::VariantUse>& uses);
// Any text may come; what is no variant of a feed is refused with the whole.
[[nodiscard]] std::expected<std::vector<feed::VariantUse>, std::string> variants_in(std::string_view text);

class VariantMemory {
  public:
    static constexpr std::size_t kSamples = 5;
    static constexpr std::size_t kBytesMax = 16 << 20;

    explicit VariantMemory(std::string path) : path_(std::move(path)) {}

    // What the last one noted; nothing when there is no such file.
    [[nodiscard]] std::expected<std::vector<feed::VariantUse>, std::string> read() const;
    // Once a second or so.
    std::expected<void, std::string> note(std::vector<feed::VariantUse> uses);

  private:
    std::string path_;
    std::deque<std::vector<feed::VariantUse>> samples_;  // the oldest first
    std::string written_;
};

}  // namespace dcx::app
