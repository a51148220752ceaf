#include "net/websocket_deflate.h"

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "base/random.h"
#include "net/test_support.h"
#include "net/websocket_test_frames.h"

namespace dcx::net {

namespace {

using test::frame;
using test::to_bytes;
using test::to_string;

// The answer to a Sec-WebSocket-Extensions header; empty: declined; "400": not its grammar.
std::string answer_to(std::string_view header) {
    std::vector<WebSocketExtension> extensions;
    if (!parse_extensions(header, extensions)) return "400";
    const auto agreement = agree_to_deflate(extensions);
    return agreement ? agreement->answer : "";
}

constexpr std::string_view plain_answer = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";

std::string deflated_frame(std::string_view payload, unsigned window_bits = deflate_window_bits_max) {
    std::vector<std::byte> out;
    append_deflated_frame(out, MessageKind::text, to_bytes(payload), window_bits);
    return to_string(out);
}

// The payload of a server's frame.
std::string payload_of(const std::string& whole) {
    const auto length = static_cast<unsigned char>(whole[1]);
    return whole.substr(length <= 125 ? 2 : length == 126 ? 4 : 10);
}

std::string inflated(std::string_view packed, std::size_t limit = 1'000'000) {
    std::vector<std::byte> out;
    switch (inflate_message(to_bytes(packed), limit, out)) {
        case InflateResult::whole: return to_string(out);
        case InflateResult::too_long: return "too long";
        case InflateResult::broken: break;
    }
    return "broken";
}

// What a server's parser that agreed to compression says of a client's bytes, which come in steps.
std::string story(std::string_view bytes, std::size_t step, std::size_t limit = 100'000) {
    WebSocketParser parser(WebSocketRole::server, limit, true);
    std::string result;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        std::string piece{bytes.substr(at, step)};
        std::span<std::byte> input = std::as_writable_bytes(std::span{piece});
        while (true) {
            const WebSocketEvent event = parser.next(input);
            if (event.type == WebSocketEvent::Type::need_more) break;
            const bool error = event.type == WebSocketEvent::Type::error;
            result += error ? std::to_string(event.code) : "(" + to_string(event.payload) + ")";
        }
    }
    return result;
}

void check_story(const std::string& bytes, const std::string& expected) {
    for (const std::size_t step : {1'000'000u, 1u, 2u, 5u}) CHECK(story(bytes, step) == expected);
}

}  // namespace

TEST_CASE("compression: offers that are met") {
    for (const char* offer :
         {"permessage-deflate", "  Permessage-Deflate ", ",permessage-deflate,",
          "permessage-deflate; client_max_window_bits",
          "permessage-deflate; client_no_context_takeover; client_max_window_bits=8", "other; a=1, permessage-deflate",
          "permessage-deflate; client_max_window_bits = \"1\\5\"", "permessage-deflate;server_no_context_takeover"})
        CHECK(answer_to(offer) == plain_answer);
    CHECK(answer_to("permessage-deflate; server_max_window_bits=9") ==
          std::string{plain_answer} + "; server_max_window_bits=9");
    // The first that can be met, of several that the client would take.
    CHECK(
        answer_to("permessage-deflate; server_max_window_bits=8, permessage-deflate; server_max_window_bits=\"12\"") ==
        std::string{plain_answer} + "; server_max_window_bits=12");
}

TEST_CASE("compression: offers that are declined, and headers that are none") {
    for (const char* offer :
         {"", "other", "permessage-deflate; unknown", "permessage-deflate; server_max_window_bits",
          "permessage-deflate; server_max_window_bits=8", "permessage-deflate; server_max_window_bits=16",
          "permessage-deflate; server_max_window_bits=010", "permessage-deflate; client_max_window_bits=7",
          "permessage-deflate; client_max_window_bits=x", "permessage-deflate; server_no_context_takeover=1",
          "permessage-deflate; client_no_context_takeover; client_no_context_takeover",
          "permessage-deflate; server_max_window_bits=10; server_max_window_bits=10"})
        CHECK(answer_to(offer) == "");
    for (const char* broken : {";", "permessage-deflate;", "permessage-deflate; ; x", "permessage-deflate; =1",
                               "permessage-deflate; a=", "permessage-deflate; a=\"b", "permessage-deflate; a=\"\"",
                               "permessage-deflate; a=\"b c\"", "per message", "permessage-deflate; a=\"b,c\"",
                               "a, b; c=(d)", "permessage-deflate; a=\"b\\\"", "\x7F"})
        CHECK(answer_to(broken) == "400");
}

TEST_CASE("compression: the examples of RFC 7692, section 7.2.3") {
    using namespace std::string_literals;
    CHECK(inflated("\xf2\x48\xcd\xc9\xc9\x07\x00"s) == "Hello");
    CHECK(inflated("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"s) == "Hello");
    CHECK(inflated("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"s) == "Hello");
    CHECK(inflated("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"s) == "Hello");
    CHECK(inflated("\x00"s) == "");
    CHECK(inflated("") == "");
    CHECK(deflated_frame("") == "\xC1\x01\x00"s);
    CHECK(payload_of(deflated_frame("Hello")) == "\xf2\x48\xcd\xc9\xc9\x07\x00"s);
    // With the window of the message before, which is not kept, this would be "Hello" again.
    CHECK(inflated("\xf2\x00\x11\x00\x00"s) == "broken");
}

TEST_CASE("compression: what was compressed expands to itself, with every window, and compresses books well") {
    Random random(1);
    std::string noise;
    for (int i = 0; i < 70'000; ++i) noise += static_cast<char>(random.below(256));
    std::string book;
    for (int i = 0; i < 2000; ++i) book += "[\"2." + std::to_string(10'000 - i) + "\",\"12.0000\",1],";
    for (unsigned bits = 9; bits <= deflate_window_bits_max; ++bits)
        for (const std::string& text : {std::string{"x"}, std::string(125, 'y'), noise, book}) {
            const std::string whole = deflated_frame(text, bits);
            CHECK(whole[0] == '\xC1');
            CHECK(inflated(payload_of(whole)) == text);
        }
    CHECK(deflated_frame(book).size() < book.size() / 4);
    // Behind what is there already.
    std::vector<std::byte> both;
    append_frame(both, MessageKind::text, to_bytes("plain"));
    append_deflated_frame(both, MessageKind::binary, to_bytes(book));
    CHECK(to_string(both).starts_with("\x81\x05plain\xC2"));
}

TEST_CASE("compression: messages expand up to the limit and not a byte further") {
    const std::string zeros(50'000, '\0');
    const std::string bomb = payload_of(deflated_frame(zeros));
    CHECK(bomb.size() < 400);
    CHECK(inflated(bomb, 50'000) == zeros);
    CHECK(inflated(bomb, 49'999) == "too long");
    CHECK(inflated(bomb, 0) == "too long");
    CHECK(inflated(std::string(1, '\0'), 0) == "");
}

TEST_CASE("compression: blocks that call themselves the last are few, and what follows may refer to them") {
    using namespace std::string_literals;
    // An empty stored block that is the last one: 1 bit, the type, and its length.
    const std::string last{"\x01\x00\x00\xFF\xFF", 5};
    std::string blocks;
    for (int i = 0; i < 16; ++i) blocks += last;
    CHECK(inflated(blocks) == "");
    CHECK(inflated(blocks + last) == "broken");
    // No such type of block, a stored one with a wrong length, and a message that ends within a block.
    for (const std::string& bad : {"\xFF"s, "\x06"s, "\x00\x05\x00\x00\x00"s, "\xF2\x48"s, "\x00\x05"s})
        CHECK(inflated(bad) == "broken");
}

TEST_CASE("compression: frames of clients, whole, cut, in fragments with a ping between") {
    const std::string text = "one two three one two three one two three";
    const std::string packed = payload_of(deflated_frame(text));
    check_story(frame({.payload = packed, .reserved = 0x40}) + frame({.payload = "plain"}), "(" + text + ")(plain)");
    std::string pieces = frame({.payload = packed.substr(0, 3), .final = false, .reserved = 0x40}) +
                         frame({.opcode = 9, .payload = "p"}) +
                         frame({.opcode = 0, .payload = packed.substr(3, 5), .final = false}) +
                         frame({.opcode = 0, .payload = packed.substr(8)}) + frame({.payload = "after"});
    check_story(pieces, "(p)(" + text + ")(after)");
    check_story(frame({.payload = "", .reserved = 0x40}), "()");
    const std::string random_text = payload_of(deflated_frame("\xFF\xFE"));
    check_story(frame({.opcode = 2, .payload = random_text, .reserved = 0x40}), "(\xFF\xFE)");
}

TEST_CASE("compression: violations of clients") {
    check_story(frame({.payload = "x", .final = false}) + frame({.opcode = 0, .payload = "y", .reserved = 0x40}),
                "1002");
    check_story(frame({.opcode = 9, .payload = "x", .reserved = 0x40}), "1002");
    check_story(frame({.opcode = 8, .reserved = 0x40}), "1002");
    check_story(frame({.payload = "x", .reserved = 0x60}), "1002");
    check_story(frame({.payload = "x", .reserved = 0x10}), "1002");
    check_story(frame({.payload = "\xFF\xFF", .reserved = 0x40}), "1007");
    check_story(frame({.payload = payload_of(deflated_frame("\xFF")), .reserved = 0x40}), "1007");
    check_story(frame({.payload = payload_of(deflated_frame("\xE2\x82")), .reserved = 0x40}), "1007");
    const std::string bomb = payload_of(deflated_frame(std::string(100'001, 'x')));
    check_story(frame({.payload = bomb, .reserved = 0x40}), "1009");
    check_story(frame({.payload = std::string(102'000, 'x'), .reserved = 0x40}).substr(0, 20), "1009");
    // Random bytes of the limit's size, a little more when compressed, are a message like any other.
    Random random(2);
    std::string noise;
    for (int i = 0; i < 100'000; ++i) noise += static_cast<char>(random.below(128));
    check_story(frame({.payload = payload_of(deflated_frame(noise)), .reserved = 0x40}), "(" + noise + ")");
}

}  // namespace dcx::net
