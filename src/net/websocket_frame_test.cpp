#include "net/websocket_frame.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "net/test_support.h"
#include "net/websocket_test_frames.h"

namespace dcx::net {

namespace {

using test::close_payload;
using test::frame;
using Type = WebSocketEvent::Type;

// Everything the parser says about some bytes that arrive in steps of `step`, as text.
std::string story(std::string bytes, std::size_t step = 1'000'000, WebSocketRole role = WebSocketRole::server,
                  std::size_t limit = 1000) {
    WebSocketParser parser(role, limit);
    std::string result;
    for (std::size_t at = 0; at < bytes.size(); at += step) {
        std::string piece = bytes.substr(at, step);
        std::span<std::byte> input = std::as_writable_bytes(std::span{piece});
        while (true) {
            const WebSocketEvent event = parser.next(input);
            if (event.type == Type::need_more) break;
            const std::string payload = test::to_string(event.payload);
            switch (event.type) {
                case Type::message:
                    result += (event.kind == MessageKind::text ? "text(" : "binary(") + payload + ")";
                    break;
                case Type::ping: result += "ping(" + payload + ")"; break;
                case Type::pong: result += "pong(" + payload + ")"; break;
                case Type::close: result += "close(" + std::to_string(event.code) + payload + ")"; break;
                default: result += "error(" + std::to_string(event.code) + ")";
            }
        }
    }
    return result;
}

// The same whole, byte by byte and in steps between.
void check_story(const std::string& bytes, const std::string& expected) {
    for (const std::size_t step : {1'000'000u, 1u, 2u, 3u, 5u, 7u}) {
        CAPTURE(step);
        CHECK(story(bytes, step) == expected);
    }
}

}  // namespace

TEST_CASE("messages of each kind and length form") {
    check_story(frame({.payload = "hello"}), "text(hello)");
    check_story(frame({.opcode = 2, .payload = std::string_view{"\0\xFF", 2}}),
                "binary(" + std::string{"\0\xFF", 2} + ")");
    check_story(frame({}) + frame({.opcode = 2}), "text()binary()");
    for (const std::size_t size : {125u, 126u, 127u, 999u, 1000u}) {
        const std::string payload(size, 'p');
        check_story(frame({.payload = payload}) + frame({.payload = "next"}), "text(" + payload + ")text(next)");
    }
    const std::string large(70'000, 'q');
    CHECK(story(frame({.payload = large}), 10'000, WebSocketRole::server, 70'000) == "text(" + large + ")");
}

TEST_CASE("the example frames of RFC 6455, section 5.7") {
    using namespace std::string_literals;
    CHECK(story("\x81\x05\x48\x65\x6c\x6c\x6f"s, 100, WebSocketRole::client) == "text(Hello)");
    check_story("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s, "text(Hello)");
    CHECK(story("\x01\x03\x48\x65\x6c"s + "\x80\x02\x6c\x6f"s, 100, WebSocketRole::client) == "text(Hello)");
    check_story("\x8a\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"s, "pong(Hello)");
}

TEST_CASE("fragments with control frames between them") {
    check_story(frame({.payload = "one ", .final = false}) + frame({.opcode = 9, .payload = "p"}) +
                    frame({.opcode = 0, .payload = "two ", .final = false}) + frame({.opcode = 10, .payload = "q"}) +
                    frame({.opcode = 0, .payload = "three"}) + frame({.payload = "next"}),
                "ping(p)pong(q)text(one two three)text(next)");
    check_story(frame({.final = false}) + frame({.opcode = 0, .final = false}) + frame({.opcode = 0}), "text()");
    check_story(frame({.payload = "a", .final = false}) + frame({.opcode = 0}), "text(a)");
    check_story(frame({.final = false}) + frame({.opcode = 0, .payload = "b"}), "text(b)");
}

TEST_CASE("violations of the protocol are errors with 1002") {
    CHECK(story(frame({.masked = false})) == "error(1002)");
    CHECK(story(frame({}), 100, WebSocketRole::client) == "error(1002)");
    for (const unsigned reserved : {0x40u, 0x20u, 0x10u, 0x70u})
        check_story(frame({.reserved = reserved}), "error(1002)");
    for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u})
        check_story(frame({.opcode = opcode, .payload = "x"}), "error(1002)");
    for (const unsigned opcode : {8u, 9u, 10u}) {
        check_story(frame({.opcode = opcode, .final = false}), "error(1002)");
        check_story(frame({.opcode = opcode, .payload = std::string(126, 'x')}), "error(1002)");
    }
    check_story(frame({.opcode = 0}), "error(1002)");
    check_story(frame({.payload = "a"}) + frame({.opcode = 0}), "text(a)error(1002)");
    check_story(frame({.final = false}) + frame({.payload = "b"}), "error(1002)");
    check_story(frame({.payload = "short", .length_form = 126}), "error(1002)");
    check_story(frame({.payload = "short", .length_form = 127}), "error(1002)");
    check_story(frame({.opcode = 9, .payload = "x", .length_form = 126}), "error(1002)");
    check_story(std::string{"\x82\xFF\x80\0\0\0\0\0\0\0kkkk", 14}, "error(1002)");
}

TEST_CASE("a wrong header is refused before the rest of it comes") {
    CHECK(story("\xC1\xFF") == "error(1002)");
    CHECK(story(std::string{"\x82\x00", 2}) == "error(1002)");
}

TEST_CASE("after an error or a close nothing more is said") {
    check_story(frame({.opcode = 3}) + frame({.payload = "x"}), "error(1002)");
    check_story(frame({.opcode = 8}) + frame({.payload = "x"}), "close(1005)");
}

TEST_CASE("messages beyond the limit are errors with 1009, told by the header alone") {
    const std::string limit(1000, 'x');
    check_story(frame({.payload = limit + "y"}), "error(1009)");
    CHECK(story(frame({.payload = limit + "y"}).substr(0, 8)) == "error(1009)");
    check_story(frame({.payload = limit, .final = false}) + frame({.opcode = 0, .payload = "y"}), "error(1009)");
    check_story(frame({.payload = limit, .final = false}) + frame({.opcode = 0}), "text(" + limit + ")");
    CHECK(story(std::string{"\x82\xFF\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFFkkkk", 14}) == "error(1009)");
}

TEST_CASE("text must be UTF-8, across fragments, and fails at the first bad byte") {
    check_story(frame({.payload = "\xE2\x82\xAC"}), "text(\xE2\x82\xAC)");
    check_story(frame({.payload = "\xE2", .final = false}) + frame({.opcode = 0, .payload = "\x82\xAC"}),
                "text(\xE2\x82\xAC)");
    check_story(frame({.payload = "\xFF"}), "error(1007)");
    check_story(frame({.payload = "ab\xE2\x82"}), "error(1007)");
    check_story(frame({.payload = "\xE2", .final = false}) + frame({.opcode = 0, .payload = "x"}), "error(1007)");
    check_story(frame({.payload = "\xED\xA0\x80"}), "error(1007)");
    check_story(frame({.opcode = 2, .payload = "\xFF\xFE"}), "binary(\xFF\xFE)");
    const std::string bad = frame({.payload = "\xFF" + std::string(500, 'x')});
    CHECK(story(bad.substr(0, 9)) == "error(1007)");
    check_story(frame({.payload = "\xE2", .final = false}) + frame({.opcode = 0}) + frame({.payload = "x"}),
                "error(1007)");
}

TEST_CASE("close frames: codes and reasons") {
    check_story(frame({.opcode = 8}), "close(1005)");
    for (const unsigned code :
         {1000u, 1001u, 1002u, 1003u, 1007u, 1008u, 1009u, 1010u, 1011u, 1012u, 1013u, 1014u, 3000u, 4999u})
        check_story(frame({.opcode = 8, .payload = close_payload(code, " bye")}),
                    "close(" + std::to_string(code) + " bye)");
    for (const unsigned code : {0u, 999u, 1004u, 1005u, 1006u, 1015u, 1016u, 1100u, 2000u, 2999u, 5000u, 65535u})
        check_story(frame({.opcode = 8, .payload = close_payload(code)}), "error(1002)");
    check_story(frame({.opcode = 8, .payload = "x"}), "error(1002)");
    check_story(frame({.opcode = 8, .payload = close_payload(1000, "\xFF")}), "error(1007)");
    check_story(frame({.opcode = 8, .payload = close_payload(1000, std::string(123, 'r'))}),
                "close(1000" + std::string(123, 'r') + ")");
    check_story(frame({.payload = "a", .final = false}) + frame({.opcode = 8, .payload = close_payload(1001)}),
                "close(1001)");
}

TEST_CASE("what append_frame writes the client's parser reads, at each length form") {
    for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u, 100'000u}) {
        const std::string payload(size, 'x');
        std::vector<std::byte> out;
        append_frame(out, MessageKind::text, test::to_bytes(payload));
        CHECK(test::to_string(out) == frame({.payload = payload, .masked = false}));
        CHECK(story(test::to_string(out), 50'000, WebSocketRole::client, 100'000) == "text(" + payload + ")");
    }
    const FrameHeader part = encode_header(Opcode::binary, 3, false);
    CHECK(test::to_string(part.bytes()) == "\x02\x03");
}

TEST_CASE("masking at any offset and length equals the byte-wise definition") {
    const std::array<std::byte, 4> key{std::byte{1}, std::byte{2}, std::byte{0x40}, std::byte{0xFF}};
    for (std::size_t offset = 0; offset < 9; ++offset) {
        for (std::size_t size = 0; size < 40; ++size) {
            std::vector<std::byte> bytes(size, std::byte{0x55});
            apply_mask(bytes, key, offset);
            for (std::size_t i = 0; i < size; ++i) REQUIRE(bytes[i] == (std::byte{0x55} ^ key[(offset + i) % 4]));
        }
    }
}

TEST_CASE("a whole frame is handed out in place") {
    std::string bytes = frame({.payload = "in place"});
    std::span<std::byte> input = std::as_writable_bytes(std::span{bytes});
    const std::byte* payload_at = input.data() + 6;
    WebSocketParser parser(WebSocketRole::server, 100);
    const WebSocketEvent event = parser.next(input);
    CHECK(event.payload.data() == payload_at);
    CHECK(input.empty());
}

}  // namespace dcx::net
