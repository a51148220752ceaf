#include "net/websocket_deflate.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>

#include "base/check.h"
#include "net/websocket_handshake.h"

namespace dcx::net {

namespace {

constexpr std::string_view extension_name = "permessage-deflate";
// zlib cannot write raw DEFLATE data with a window of 8 bits.
constexpr unsigned window_bits_min = 9;
// A book's text is shortened by this as much as by higher levels, within a few per cent, in a third of their time.
constexpr int level = 1;
constexpr int memory_level = 8;
// An empty block without compression, which every message ends in and which is left out on the wire (RFC 7692, 7.2.1).
constexpr std::array<std::byte, 4> tail{std::byte{0x00}, std::byte{0x00}, std::byte{0xFF}, std::byte{0xFF}};
constexpr std::size_t window_size = std::size_t{1} << deflate_window_bits_max;
constexpr std::size_t first_room = 4096;
// Blocks of one message that call themselves the last: each costs us a window's copy, and senders make at most one.
constexpr int final_blocks_max = 16;
constexpr std::size_t largest_piece = std::numeric_limits<uInt>::max();

Bytef* to_zlib(std::byte* bytes) { return reinterpret_cast<Bytef*>(bytes); }
// zlib only reads what it is given as input, but says so only when it is built to.
Bytef* to_zlib(const std::byte* bytes) { return to_zlib(const_cast<std::byte*>(bytes)); }

// This thread's, for a window of so many bits; it changes with the window.
class Deflater {
  public:
    ~Deflater() { end(); }
    z_stream& begin(unsigned window_bits) {
        if (window_bits == window_bits_) {
            DCX_CHECK(::deflateReset(&stream_) == Z_OK);
            return stream_;
        }
        end();
        stream_ = {};
        const int bits = -static_cast<int>(window_bits);
        DCX_CHECK(::deflateInit2(&stream_, level, Z_DEFLATED, bits, memory_level, Z_DEFAULT_STRATEGY) == Z_OK);
        window_bits_ = window_bits;
        return stream_;
    }

  private:
    void end() {
        if (window_bits_ != 0) ::deflateEnd(&stream_);
    }
    z_stream stream_{};
    unsigned window_bits_ = 0;
};

class Inflater {
  public:
    Inflater() { DCX_CHECK(::inflateInit2(&stream_, -static_cast<int>(deflate_window_bits_max)) == Z_OK); }
    ~Inflater() { ::inflateEnd(&stream_); }
    Inflater(const Inflater&) = delete;
    Inflater& operator=(const Inflater&) = delete;
    z_stream& begin() {
        DCX_CHECK(::inflateReset(&stream_) == Z_OK);
        return stream_;
    }

  private:
    z_stream stream_{};
};

bool is_token(std::string_view text) {
    constexpr std::string_view separators = "()<>@,;:\\\"/[]?={} \t";
    return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
        return c > 0x20 && c < 0x7F && separators.find(c) == separators.npos;
    });
}

// What stands between quotation marks, without them and its escapes; none when it is no token even then.
std::optional<std::string> unquoted(std::string_view text) {
    if (text.size() < 2 || text.front() != '"' || text.back() != '"') return std::nullopt;
    std::string result;
    for (std::size_t i = 1; i + 1 < text.size(); ++i) {
        if (text[i] == '\\' && ++i + 1 == text.size()) return std::nullopt;
        result += text[i];
    }
    if (!is_token(result)) return std::nullopt;
    return result;
}

// The parts of a text between separators, of which a token within quotation marks can hold none.
class Parts {
  public:
    Parts(std::string_view text, char separator) : rest_(text), separator_(separator) {}
    [[nodiscard]] bool done() const { return done_; }
    std::string_view next() {
        const auto end = rest_.find(separator_);
        const std::string_view part = trimmed(rest_.substr(0, end));
        done_ = end == rest_.npos;
        if (!done_) rest_.remove_prefix(end + 1);
        return part;
    }

  private:
    std::string_view rest_;
    char separator_;
    bool done_ = false;
};

bool parse_parameter(std::string_view text, WebSocketExtension& extension) {
    const auto equals = text.find('=');
    const std::string_view name = trimmed(text.substr(0, equals));
    if (!is_token(name)) return false;
    std::optional<std::string> value;
    if (equals != text.npos) {
        const std::string_view after = trimmed(text.substr(equals + 1));
        value = after.starts_with('"') ? unquoted(after) : std::string{after};
        if (!value || !is_token(*value)) return false;
    }
    extension.parameters.emplace_back(lower_case(name), std::move(value));
    return true;
}

std::optional<unsigned> window_bits_in(const std::optional<std::string>& value) {
    // No leading zeros, and nothing but 8 to 15.
    if (!value) return std::nullopt;
    for (unsigned bits = 8; bits <= deflate_window_bits_max; ++bits)
        if (*value == std::to_string(bits)) return bits;
    return std::nullopt;
}

// How the offer can be met; none when it says what is not in the RFC, or twice, or asks for what zlib cannot do.
std::optional<DeflateAgreement> meet(const WebSocketExtension& offer) {
    bool seen[4] = {};
    const auto repeated = [&](int which) { return std::exchange(seen[which], true); };
    unsigned window_bits = deflate_window_bits_max;
    bool asked_for_bits = false;
    for (const auto& [name, value] : offer.parameters) {
        if (name == "server_no_context_takeover") {
            if (repeated(0) || value) return std::nullopt;
        } else if (name == "client_no_context_takeover") {
            if (repeated(1) || value) return std::nullopt;
        } else if (name == "server_max_window_bits") {
            const auto bits = window_bits_in(value);
            if (repeated(2) || !bits || *bits < window_bits_min) return std::nullopt;
            window_bits = *bits;
            asked_for_bits = true;
        } else if (name == "client_max_window_bits") {
            // Without a value it says that we may set a limit, which we need not: every window of theirs fits ours.
            if (repeated(3) || (value && !window_bits_in(value))) return std::nullopt;
        } else {
            return std::nullopt;
        }
    }
    DeflateAgreement result{.window_bits = window_bits, .answer = std::string{extension_name}};
    result.answer += "; server_no_context_takeover; client_no_context_takeover";
    if (asked_for_bits) result.answer += "; server_max_window_bits=" + std::to_string(window_bits);
    return result;
}

// One message that is expanded.
struct Expansion {
    z_stream& stream;
    std::size_t limit;
    std::vector<std::byte>& out;
    int final_blocks = 0;
    bool at_edge = false;  // what was taken so far ends with a block,
    bool ended = false;    // and with one that calls itself the last

    InflateResult take(std::span<const std::byte> packed);
    bool begin_again();
};

InflateResult Expansion::take(std::span<const std::byte> packed) {
    stream.next_in = to_zlib(packed.data());
    stream.avail_in = static_cast<uInt>(packed.size());
    // One byte more than the limit, so that a message that just fits differs from one that does not.
    const std::size_t most = limit + 1;
    std::size_t used = out.size();
    do {
        out.resize(std::min(most, std::max(first_room, used * 2)));
        const auto room = static_cast<uInt>(std::min(out.size() - used, largest_piece));
        stream.next_out = to_zlib(out.data() + used);
        stream.avail_out = room;
        const int result = ::inflate(&stream, Z_SYNC_FLUSH);
        used += room - stream.avail_out;
        if (used > limit) return InflateResult::too_long;
        out.resize(used);
        if (result != Z_OK && result != Z_BUF_ERROR && result != Z_STREAM_END) return InflateResult::broken;
        ended = result == Z_STREAM_END;
        at_edge = ended || (stream.data_type & 128) != 0;
        if (ended && !begin_again()) return InflateResult::broken;
        // With room left, nothing more is to come from what was given.
    } while (stream.avail_in > 0 || stream.avail_out == 0);
    return InflateResult::whole;
}

// Behind a block that calls itself the last the message goes on, on a byte's edge (RFC 7692, 7.2.3.4).
bool Expansion::begin_again() {
    const std::size_t window = std::min(out.size(), window_size);
    DCX_CHECK(::inflateReset(&stream) == Z_OK);
    if (window > 0)
        DCX_CHECK(::inflateSetDictionary(&stream, to_zlib(out.data() + out.size() - window),
                                         static_cast<uInt>(window)) == Z_OK);
    return ++final_blocks <= final_blocks_max;
}

}  // namespace

bool parse_extensions(std::string_view value, std::vector<WebSocketExtension>& into) {
    for (Parts list(value, ','); !list.done();) {
        const std::string_view one = list.next();
        if (one.empty()) continue;  // lists may have empty elements
        Parts parts(one, ';');
        const std::string_view name = parts.next();
        if (!is_token(name)) return false;
        WebSocketExtension extension{.name = lower_case(name)};
        while (!parts.done())
            if (!parse_parameter(parts.next(), extension)) return false;
        into.push_back(std::move(extension));
    }
    return true;
}

std::optional<DeflateAgreement> agree_to_deflate(std::span<const WebSocketExtension> offers) {
    for (const WebSocketExtension& offer : offers) {
        if (offer.name != extension_name) continue;
        if (auto agreement = meet(offer)) return agreement;
    }
    return std::nullopt;
}

void append_deflated_frame(std::vector<std::byte>& out, MessageKind kind, std::span<const std::byte> payload,
                           unsigned window_bits) {
    DCX_CHECK(window_bits >= window_bits_min && window_bits <= deflate_window_bits_max);
    DCX_CHECK(payload.size() <= largest_piece / 2);
    thread_local Deflater deflater;
    z_stream& stream = deflater.begin(window_bits);
    // The header stands in front, and how long it is shows only behind: room for the longest is made, and closed again.
    const std::size_t start = out.size();
    const std::size_t header_room = sizeof(FrameHeader::memory);
    // With the flush's block, for which deflateBound() does not allow, and a byte for an empty message.
    const std::size_t bound = ::deflateBound(&stream, static_cast<uLong>(payload.size())) + 16;
    out.resize(start + header_room + bound);
    std::byte* body = out.data() + start + header_room;
    stream.next_in = to_zlib(payload.data());
    stream.avail_in = static_cast<uInt>(payload.size());
    stream.next_out = to_zlib(body);
    stream.avail_out = static_cast<uInt>(bound);
    DCX_CHECK(::deflate(&stream, Z_SYNC_FLUSH) == Z_OK && stream.avail_in == 0 && stream.avail_out > 0);
    std::size_t size = bound - stream.avail_out;
    DCX_CHECK(size > tail.size() && std::equal(tail.begin(), tail.end(), body + size - tail.size()));
    size -= tail.size();
    FrameHeader header = encode_header(static_cast<Opcode>(kind), size);
    header.memory[0] |= std::byte{0x40};  // RSV1: compressed
    std::copy(header.bytes().begin(), header.bytes().end(), out.data() + start);
    std::copy(body, body + size, out.data() + start + header.size);
    out.resize(start + header.size + size);
}

InflateResult inflate_message(std::span<const std::byte> packed, std::size_t limit, std::vector<std::byte>& out) {
    if (packed.size() > largest_piece) return InflateResult::too_long;
    thread_local Inflater inflater;
    out.clear();
    if (packed.empty()) return InflateResult::whole;
    Expansion message{.stream = inflater.begin(), .limit = limit, .out = out};
    if (const InflateResult result = message.take(packed); result != InflateResult::whole) return result;
    // Behind a last block the tail has no block to end.
    if (message.ended) return InflateResult::whole;
    if (const InflateResult result = message.take(tail); result != InflateResult::whole) return result;
    return message.at_edge ? InflateResult::whole : InflateResult::broken;
}

}  // namespace dcx::net
