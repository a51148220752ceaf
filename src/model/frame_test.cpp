#include "model/frame.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "base/sha256.h"

using namespace dcx;

namespace {

std::vector<std::byte> bytes_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

std::vector<std::byte> heartbeat() {
    return bytes_of(make_frame(Heartbeat{.next_sequence = 7}, Time{std::int64_t{5}}).bytes());
}

TerminateCode fault_of(std::span<const std::byte> bytes) {
    const auto frame = decode_frame(bytes, request_block_size);
    REQUIRE_FALSE(frame.has_value());
    return frame.error();
}

template <class T>
void put(std::vector<std::byte>& bytes, std::size_t offset, T value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

}  // namespace

TEST_CASE("a frame is decoded where it lies, and what follows it is left") {
    auto bytes = heartbeat();
    const std::size_t size = bytes.size();
    bytes.resize(size + 9, std::byte{0xFF});
    const auto frame = decode_frame(bytes, request_block_size);
    REQUIRE(frame.has_value());
    REQUIRE(frame->complete());
    CHECK(frame->header.length == size);
    CHECK(frame->header.template_id == kTemplateHeartbeat);
    CHECK(frame->block == bytes.data() + 32);
    CHECK(frame->as<Heartbeat>().next_sequence == 7);
}

TEST_CASE("every cut of a frame is incomplete, never a fault") {
    const auto bytes = heartbeat();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        const auto frame = decode_frame(std::span{bytes}.first(size), request_block_size);
        REQUIRE(frame.has_value());
        CHECK_FALSE(frame->complete());
    }
}

TEST_CASE("each fault of a frame has its code, also before the frame is complete") {
    auto bytes = heartbeat();
    SUBCASE("longer than any frame") {
        put(bytes, 0, std::uint32_t{kMaxFrame + 1});
        CHECK(fault_of(std::span{bytes}.first(4)) == TerminateCode::frame_too_large);
    }
    SUBCASE("shorter than a header") {
        put(bytes, 0, std::uint32_t{31});
        CHECK(fault_of(std::span{bytes}.first(4)) == TerminateCode::malformed_frame);
        put(bytes, 0, std::uint32_t{0});
        CHECK(fault_of(bytes) == TerminateCode::malformed_frame);
    }
    SUBCASE("magic") {
        put(bytes, 4, std::uint16_t{0x50EB});
        CHECK(fault_of(std::span{bytes}.first(32)) == TerminateCode::malformed_frame);
    }
    SUBCASE("reserved field") {
        put(bytes, 6, std::uint16_t{1});
        CHECK(fault_of(bytes) == TerminateCode::malformed_frame);
    }
    SUBCASE("schema") {
        put(bytes, 28, std::uint16_t{0xDD});
        CHECK(fault_of(bytes) == TerminateCode::malformed_frame);
    }
    SUBCASE("version, older or newer") {
        for (const std::uint16_t version : std::initializer_list<std::uint16_t>{0, 2}) {
            put(bytes, 30, version);
            CHECK(fault_of(bytes) == TerminateCode::malformed_frame);
        }
    }
    SUBCASE("template that this end does not take") {
        for (const std::uint16_t id :
             std::initializer_list<std::uint16_t>{0, 1, 2, 3, 20, 21, 22, 99, 100, 102, 113, 200, 330, 65535}) {
            put(bytes, 26, id);
            CHECK(fault_of(bytes) == TerminateCode::unknown_template);
        }
    }
    SUBCASE("block length") {
        for (const std::uint16_t length : std::initializer_list<std::uint16_t>{0, 7, 9}) {
            put(bytes, 24, length);
            CHECK(fault_of(bytes) == TerminateCode::bad_block_length);
        }
    }
    SUBCASE("length that disagrees with the block's") {
        put(bytes, 0, std::uint32_t{41});
        CHECK(fault_of(bytes) == TerminateCode::bad_block_length);
    }
}

TEST_CASE("the templates of both directions are the commands, the session's messages and the reports") {
    std::set<int> requests;
    std::set<int> responses;
    for (int id = 0; id <= 0xFFFF; ++id) {
        const auto template_id = static_cast<std::uint16_t>(id);
        if (request_block_size(template_id) > 0) requests.insert(id);
        if (response_block_size(template_id) > 0) responses.insert(id);
        CHECK(request_block_size(template_id) + sizeof(FrameHeader) <= kMaxFrame);
        CHECK(response_block_size(template_id) + sizeof(FrameHeader) <= kMaxFrame);
    }
    const std::set<int> commands{10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 30, 31, 32, 33, 34, 35,
                                 40, 41, 42, 43, 44, 45, 46, 60, 61, 62, 63, 64, 65, 70, 71, 80,
                                 81, 82, 83, 84, 85, 86, 87, 88, 89, 90, 91, 92, 93, 94, 95, 96};
    const std::set<int> queries{110, 112, 114, 115, 116, 117, 119, 121, 123, 125, 127, 129, 132};
    std::set<int> expected{101, 104, 106, 107, 130};
    expected.insert(commands.begin(), commands.end());
    expected.insert(queries.begin(), queries.end());
    CHECK(requests == expected);
    for (const int id : requests) {
        const auto template_id = static_cast<std::uint16_t>(id);
        CHECK(is_client_command(template_id) == commands.contains(id));
        CHECK(is_query(template_id) == queries.contains(id));
    }
    CHECK(responses.contains(kTemplateExecutionReport));
    CHECK(responses.contains(kReportTemplate + 40));
    // Of the session, answers to queries, execution reports, and every kind of event.
    CHECK(responses.size() == 9 + 9 + 1 + 69);
}

TEST_CASE("golden bytes of a PlaceOrder frame") {
    const PlaceOrder order{.cl_ord_id = ClOrdId{std::uint64_t{1}},
                           .price = Price{std::int64_t{12500}},
                           .quantity = Quantity{std::int64_t{40000}},
                           .account = AccountId{6u},
                           .instrument = InstrumentId{1u},
                           .side = Side::buy,
                           .type = OrderType::limit,
                           .time_in_force = TimeInForce::gtc};
    const auto frame = make_command_frame(order, Time{std::int64_t{1'700'000'000'000'000'000}}, 1);
    CHECK(to_hex(frame.bytes()) ==
          "5800000050eb0000010000000000000000002a36fe9c971738001e00dc000100"
          "0100000000000000d430000000000000409c000000000000060000000100000001010100"
          "0000000000000000000000000000000000000000");
}
