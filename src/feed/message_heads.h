// MessageHeads: how every message of one market's channels begins, in each format: all up to the key of the epoch,
// which is the same in all of them. Made once, copied into each message.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "feed/channel.h"

namespace dcx::feed {

inline constexpr std::size_t kEnvelopeFields = 8;

// `fields` of the envelope: one more when "skipped" is among them.
template <class Writer>
void write_head(Writer& writer, Channel channel, bool snapshot, std::string_view symbol, std::size_t fields) {
    writer.map(fields);
    writer.template key<"channel">();
    writer.text(name_of(channel));
    writer.template key<"type">();
    writer.text(snapshot ? "snapshot" : "update");
    writer.template key<"symbol">();
    writer.text(symbol);
    writer.template key<"epoch">();
}

class MessageHeads {
  public:
    explicit MessageHeads(std::string_view symbol);

    [[nodiscard]] std::string_view of(Channel channel, bool snapshot, Format format) const {
        return heads_[index_of(channel)][snapshot ? 1 : 0][index_of(format)];
    }

  private:
    std::array<std::array<std::array<std::string, kFormats.size()>, 2>, kChannels.size()> heads_;
};

}  // namespace dcx::feed
