#include "feed_book/plain_value.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <stdexcept>

namespace dcx::feed_book {

namespace {

[[noreturn]] void fail(const std::string& what, std::span<const std::byte> bytes) {
    const std::string text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    FAIL(what << " in: " << text);
    throw std::logic_error(what);  // FAIL never comes back, which the compiler can't know
}

class Bytes {
  public:
    explicit Bytes(std::span<const std::byte> bytes) : all_(bytes) {}
    [[nodiscard]] unsigned peek() const {
        if (at_ == all_.size()) fail("the end comes too early", all_);
        return static_cast<unsigned>(all_[at_]);
    }
    unsigned take() {
        const unsigned byte = peek();
        ++at_;
        return byte;
    }
    void expect(char c) {
        if (take() != static_cast<unsigned char>(c)) fail(std::string("no ") + c + " at " + std::to_string(at_), all_);
    }
    bool take_if(char c) {
        if (peek() != static_cast<unsigned char>(c)) return false;
        ++at_;
        return true;
    }
    void expect(std::string_view word) {
        for (const char c : word) expect(c);
    }
    // Big-endian.
    std::uint64_t number(int bytes) {
        std::uint64_t value = 0;
        for (int i = 0; i < bytes; ++i) value = value << 8 | take();
        return value;
    }
    std::string text(std::size_t size) {
        std::string value;
        for (std::size_t i = 0; i < size; ++i) value.push_back(static_cast<char>(take()));
        return value;
    }
    void end() const {
        if (at_ != all_.size()) fail("something behind the end", all_);
    }
    void require(bool good, const char* what) const {
        if (!good) fail(std::string(what) + " before " + std::to_string(at_), all_);
    }

  private:
    std::span<const std::byte> all_;
    std::size_t at_ = 0;
};

void add_pair(const Bytes& in, PlainValue& map, std::string key, PlainValue value) {
    in.require(map.find(key) == nullptr, "a key that is there twice");
    map.pairs.emplace_back(std::move(key), std::move(value));
}

// ---- JSON

std::string json_text(Bytes& in) {
    std::string text;
    in.expect('"');
    while (!in.take_if('"')) {
        unsigned c = in.take();
        in.require(c >= 0x20, "a control character");
        if (c == '\\') {
            c = in.take();
            if (c == 'u') {
                in.expect("00");
                const auto digit = [&] {
                    const unsigned d = in.take();
                    return d >= 'a' ? d - 'a' + 10 : d - '0';
                };
                c = digit() * 16;
                c += digit();
                in.require(c < 0x20, "an escape that is none of ours");
            } else {
                in.require(c == '"' || c == '\\', "an escape that is none of ours");
            }
        }
        text.push_back(static_cast<char>(c));
    }
    return text;
}

PlainValue json_number(Bytes& in) {
    PlainValue value{.kind = PlainValue::Kind::number};
    value.negative = in.take_if('-');
    const bool zero = in.peek() == '0';
    int digits = 0;
    // A number is never the last thing of a message.
    for (; in.peek() >= '0' && in.peek() <= '9'; ++digits) {
        const unsigned digit = in.take() - '0';
        in.require(!__builtin_mul_overflow(value.magnitude, 10u, &value.magnitude) &&
                       !__builtin_add_overflow(value.magnitude, digit, &value.magnitude),
                   "a number of more than 64 bits");
    }
    in.require(digits > 0 && (!zero || (digits == 1 && !value.negative)), "a number that is not in its shortest form");
    return value;
}

PlainValue json_value(Bytes& in) {
    PlainValue value;
    switch (in.peek()) {
        case '{':
            value.kind = PlainValue::Kind::map;
            in.expect('{');
            if (in.take_if('}')) return value;
            do {
                std::string key = json_text(in);
                in.expect(':');
                add_pair(in, value, std::move(key), json_value(in));
            } while (in.take_if(','));
            in.expect('}');
            return value;
        case '[':
            value.kind = PlainValue::Kind::list;
            in.expect('[');
            if (in.take_if(']')) return value;
            do value.items.push_back(json_value(in));
            while (in.take_if(','));
            in.expect(']');
            return value;
        case '"':
            value.kind = PlainValue::Kind::text;
            value.text = json_text(in);
            return value;
        case 'n': in.expect("null"); return value;
        case 't':
        case 'f':
            value.kind = PlainValue::Kind::boolean;
            value.magnitude = in.peek() == 't';
            in.expect(value.magnitude == 1 ? "true" : "false");
            return value;
        default: return json_number(in);
    }
}

// ---- MessagePack

PlainValue msgpack_value(Bytes& in);

PlainValue msgpack_list(Bytes& in, std::uint64_t size) {
    PlainValue value{.kind = PlainValue::Kind::list};
    for (std::uint64_t i = 0; i < size; ++i) value.items.push_back(msgpack_value(in));
    return value;
}
PlainValue msgpack_map(Bytes& in, std::uint64_t size) {
    PlainValue value{.kind = PlainValue::Kind::map};
    for (std::uint64_t i = 0; i < size; ++i) {
        const PlainValue key = msgpack_value(in);
        add_pair(in, value, key.as_text(), msgpack_value(in));
    }
    return value;
}
PlainValue msgpack_text(Bytes& in, std::uint64_t size) {
    PlainValue value{.kind = PlainValue::Kind::text};
    value.text = in.text(size);
    return value;
}
PlainValue msgpack_unsigned(Bytes& in, int bytes, std::uint64_t least) {
    PlainValue value{.kind = PlainValue::Kind::number};
    value.magnitude = in.number(bytes);
    in.require(value.magnitude >= least, "a number that is not in its shortest form");
    return value;
}
PlainValue msgpack_negative(std::uint64_t bits) {
    return {.kind = PlainValue::Kind::number, .negative = true, .magnitude = ~bits + 1};
}
std::uint64_t count(Bytes& in, int bytes, std::uint64_t least) { return msgpack_unsigned(in, bytes, least).magnitude; }

PlainValue msgpack_value(Bytes& in) {
    const unsigned tag = in.take();
    if (tag < 0x80) return {.kind = PlainValue::Kind::number, .magnitude = tag};
    if (tag < 0x90) return msgpack_map(in, tag & 15);
    if (tag < 0xA0) return msgpack_list(in, tag & 15);
    if (tag < 0xC0) return msgpack_text(in, tag & 31);
    if (tag >= 0xE0) return msgpack_negative(~std::uint64_t{0xFF} | tag);
    switch (tag) {
        case 0xC0: return {};
        case 0xC2: return {.kind = PlainValue::Kind::boolean};
        case 0xC3: return {.kind = PlainValue::Kind::boolean, .magnitude = 1};
        case 0xCC: return msgpack_unsigned(in, 1, 0x80);
        case 0xCD: return msgpack_unsigned(in, 2, 0x100);
        case 0xCE: return msgpack_unsigned(in, 4, 0x1'0000);
        case 0xCF: return msgpack_unsigned(in, 8, 0x1'0000'0000);
        case 0xD3: {
            const std::uint64_t bits = in.number(8);
            in.require(bits >> 63 == 1 && bits < ~std::uint64_t{31}, "a number that is not in its shortest form");
            return msgpack_negative(bits);
        }
        case 0xD9: return msgpack_text(in, count(in, 1, 32));
        case 0xDA: return msgpack_text(in, count(in, 2, 0x100));
        case 0xDC: return msgpack_list(in, count(in, 2, 16));
        case 0xDD: return msgpack_list(in, count(in, 4, 0x1'0000));
        case 0xDE: return msgpack_map(in, count(in, 2, 16));
        default: break;
    }
    in.require(false, "a kind that the feed does not use");
    return {};
}

}  // namespace

// Not by REQUIRE, which would take most of the time of a long run.
std::uint64_t PlainValue::as_number() const {
    if (kind != Kind::number || negative) FAIL("no number");
    return magnitude;
}

const std::string& PlainValue::as_text() const {
    if (kind != Kind::text) FAIL("no text");
    return text;
}

const std::vector<PlainValue>& PlainValue::as_list() const {
    if (kind != Kind::list) FAIL("no list");
    return items;
}

const PlainValue* PlainValue::find(std::string_view key) const {
    const auto found = std::ranges::find_if(pairs, [&](const auto& pair) { return pair.first == key; });
    return found == pairs.end() ? nullptr : &found->second;
}

const PlainValue& PlainValue::at(std::string_view key) const {
    const PlainValue* value = find(key);
    if (value == nullptr) FAIL("no " << std::string(key));
    return *value;
}

PlainValue decode_json(std::span<const std::byte> bytes) {
    Bytes in(bytes);
    PlainValue value = json_value(in);
    in.end();
    return value;
}

PlainValue decode_msgpack(std::span<const std::byte> bytes) {
    Bytes in(bytes);
    PlainValue value = msgpack_value(in);
    in.end();
    return value;
}

}  // namespace dcx::feed_book
