#include "feed/message_heads.h"

#include "feed/json_writer.h"
#include "feed/msgpack_writer.h"

namespace dcx::feed {

namespace {

template <class Writer>
std::string head(Channel channel, bool snapshot, std::string_view symbol) {
    ByteBuffer out;
    Writer writer{out};
    write_head(writer, channel, snapshot, symbol, kEnvelopeFields);
    writer.flush();
    return std::string{out.text()};
}

}  // namespace

MessageHeads::MessageHeads(std::string_view symbol) {
    for (const Channel channel : kChannels) {
        // Those of accounts have no symbol.
        if (is_private(channel)) continue;
        for (const bool snapshot : {false, true}) {
            auto& heads = heads_[index_of(channel)][snapshot ? 1 : 0];
            heads[index_of(Format::json)] = head<JsonWriter>(channel, snapshot, symbol);
            heads[index_of(Format::msgpack)] = head<MsgpackWriter>(channel, snapshot, symbol);
        }
    }
}

}  // namespace dcx::feed
