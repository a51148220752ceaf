// schema/dcx-order-entry.xml is the one truth of the wire: the program's own structs are compared with it when this
// compiles (dcx/order_entry_check.h is made from it), and the views and encoders that are made from it with what the
// program reads, on an example of every message (tests/golden/order_entry_v1.txt).
#include <dcx/order_entry_messages.h>
#include <doctest/doctest.h>

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/sha256.h"
#include "base/skip_test.h"
#include "gateway/binary/reports.h"
#include "model/frame.h"

namespace dcx::schema_check {
namespace {

// A command and a report have the number of their kind.
template <class Block>
consteval int template_of() {
    if constexpr (requires { Block::template_id; }) {
        return Block::template_id;
    } else if constexpr (std::same_as<std::remove_cv_t<decltype(Block::kind)>, EventKind>) {
        return kReportTemplate + static_cast<int>(Block::kind);
    } else {
        return static_cast<int>(Block::kind);
    }
}
// Bytes of a message before the program's struct: an event's report opens with a header that the event itself lacks.
template <class Block>
inline constexpr std::size_t kBefore = 0;
template <class Block>
    requires std::same_as<decltype(Block::kind), const EventKind>
inline constexpr std::size_t kBefore<Block> = sizeof(ReportHeader);

template <class Block>
Block program_block(const wire::Frame& frame) {
    Block block;
    std::memcpy(static_cast<void*>(&block), frame.block.data() + kBefore<Block>, sizeof(Block));
    return block;
}

// The same value, in the program's type and in a view's.
template <class Program, class View>
bool same(const Program& program, const View& view) {
    if constexpr (requires { program.value; }) {
        return std::in_range<decltype(program.value)>(view) && std::cmp_equal(program.value, view);
    } else if constexpr (std::is_enum_v<Program> && std::is_enum_v<View>) {
        return std::cmp_equal(std::to_underlying(program), std::to_underlying(view));
    } else if constexpr (std::is_enum_v<Program>) {
        return std::cmp_equal(std::to_underlying(program), view);
    } else if constexpr (std::is_enum_v<View>) {
        return std::cmp_equal(program, std::to_underlying(view));
    } else if constexpr (requires { view.bits; }) {
        return program == view.bits;
    } else if constexpr (std::integral<Program>) {
        return program == view;
    } else if constexpr (requires { program.view(); }) {
        return program.view() == view;
    } else if constexpr (std::same_as<View, std::string_view>) {
        return wire::load_text(std::as_bytes(std::span{program}).data(), sizeof program) == view;
    } else if constexpr (requires(std::byte* to) { view.store_to(to); }) {
        std::array<std::byte, sizeof(Program)> bytes{};
        static_assert(View::size == sizeof(Program));
        view.store_to(bytes.data());
        return std::memcmp(bytes.data(), &program, sizeof program) == 0;
    } else {
        return view.size() == sizeof program && std::memcmp(view.data(), &program, sizeof program) == 0;
    }
}

}  // namespace
}  // namespace dcx::schema_check

#include <dcx/order_entry_check.h>  // leans on the templates above

using namespace dcx;

namespace {

// Bits that the program has as constants.
using Orders = wire::OrderFlags;
using Executions = wire::ExecutionFlags;
static_assert(Orders::post_only == kOrderPostOnly && wire::AmendFlags::replace == kAmendReplace);
static_assert(Executions::copy == kExecutionCopy && Executions::post_only == kExecutionPostOnly);
static_assert(wire::AccountFlags::frozen == kAccountFrozen && wire::AccountFlags::killed == kAccountKilled);
static_assert(wire::Permissions::read == kPermitRead && wire::Permissions::trade == kPermitTrade &&
              wire::Permissions::transfer == kPermitTransfer && wire::Permissions::withdraw == kPermitWithdraw &&
              wire::Permissions::operator_ == kPermitOperator);

struct Example {
    std::string told;
    std::vector<std::byte> bytes;
};

std::vector<std::byte> from_hex(const std::string& digits) {
    std::vector<std::byte> bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(std::stoi(digits.substr(i, 2), nullptr, 16)));
    return bytes;
}

std::vector<Example> examples() {
    const std::string repository = repository_root();
    if (repository.empty()) return {};
    std::ifstream in(repository + "/tests/golden/order_entry_v1.txt");
    std::vector<Example> read;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with('#')) continue;
        if (line.starts_with("  ")) {
            read.back().bytes = from_hex(line.substr(2));
        } else {
            read.push_back({line, {}});
        }
    }
    return read;
}

}  // namespace

TEST_CASE("schema: the frames that either side accepts are those of the schema, by size and by sender") {
    for (int number = 0; number < 1000; ++number) {
        CAPTURE(number);
        const auto id = static_cast<std::uint16_t>(number);
        const wire::MessageInfo* message = nullptr;
        for (const auto& known : wire::kMessages)
            if (known.template_id == id) message = &known;
        const std::size_t from_client = message != nullptr && message->from_client ? message->block_length : 0;
        CHECK(request_block_size(id) == from_client);
        const std::size_t from_venue = message != nullptr && message->from_venue ? message->block_length : 0;
        // Events of the log that no session is told have a size too.
        if (from_venue > 0 || id < kReportTemplate) CHECK(response_block_size(id) == from_venue);
    }
}

TEST_CASE("schema: every report that the program makes of an event is a message of the schema") {
    // The state at a start, answers to sessions' own commands, what is told as ExecutionReport, and what the log alone
    // has.
    const std::set<EventKind> silent{EventKind::genesis_applied,     EventKind::epoch_started,
                                     EventKind::checkpoint_logged,   EventKind::ticked,
                                     EventKind::handover_logged,     EventKind::session_negotiated,
                                     EventKind::session_established, EventKind::session_disconnected,
                                     EventKind::order_rested,        EventKind::trade_executed,
                                     EventKind::proposal_expired};
    for (int number = 1; number < 1000; ++number) {
        const auto kind = static_cast<EventKind>(number);
        if (body_size(kind) == 0 || silent.contains(kind) || gateway::is_execution(kind)) continue;
        if (to_string(kind).ends_with("_restored") || kind == EventKind::restore_completed) continue;
        CAPTURE(to_string(kind));
        bool known = false;
        for (const auto& message : wire::kMessages) known |= message.template_id == kReportTemplate + number;
        CHECK(known);
    }
}

TEST_CASE("schema: an example of every message is read alike by views and program, and written again as it was") {
    const std::vector<Example> all = examples();
    if (all.empty()) return skip_test("not in the repository");
    std::set<std::uint16_t> seen;
    for (const Example& example : all) {
        CAPTURE(example.told);
        wire::Frame frame;
        REQUIRE(wire::read_frame(example.bytes, frame) == wire::ReadResult::complete);
        CHECK(frame.size() == example.bytes.size());
        CHECK(wire::describe(frame) == example.told);
        seen.insert(frame.template_id);

        const auto either = [](std::uint16_t id) { return std::max(request_block_size(id), response_block_size(id)); };
        const auto program = decode_frame(example.bytes, either);
        REQUIRE(program.has_value());
        REQUIRE(program->complete());
        CHECK(program->header.sequence == frame.sequence);
        CHECK(program->header.sending_time.value == frame.sending_time);
        CHECK(schema_check::differences(frame) == "");

        std::array<std::byte, wire::kMaxFrame> out;
        const wire::Bytes again = schema_check::rewritten(frame, out);
        CHECK(to_hex(again) == to_hex(example.bytes));
    }
    CHECK(seen.size() == std::size(wire::kMessages));
}

TEST_CASE("schema: views take no frame that is short, foreign or of another message") {
    std::array<std::byte, 512> buffer;
    const auto encoder = wire::HeartbeatEncoder::in(buffer, 7, 8);
    REQUIRE(encoder.has_value());
    const wire::Bytes whole = encoder->frame();
    wire::Frame frame;
    for (std::size_t size = 0; size < whole.size(); ++size)
        CHECK(wire::read_frame(whole.first(size), frame) == wire::ReadResult::incomplete);
    REQUIRE(wire::read_frame(whole, frame) == wire::ReadResult::complete);
    CHECK(frame.sequence == 7);
    CHECK(frame.sending_time == 8);
    CHECK(wire::HeartbeatView::of(frame).has_value());
    CHECK_FALSE(wire::TerminateView::of(frame).has_value());
    CHECK_FALSE(wire::HeartbeatEncoder::in(std::span{buffer}.first(39)).has_value());
    CHECK_FALSE(wire::PlaceOrderView::of_block(whole).has_value());

    // Length, magic, zero, block length, schema, version 0: each one alone.
    for (const std::size_t at : {0u, 4u, 6u, 24u, 28u, 30u}) {
        CAPTURE(at);
        std::vector<std::byte> broken(whole.begin(), whole.end());
        broken[at] ^= std::byte{1};
        CHECK(wire::read_frame(broken, frame) == wire::ReadResult::malformed);
    }
    std::vector<std::byte> huge(whole.begin(), whole.end());
    huge[2] = std::byte{1};
    CHECK(wire::read_frame(huge, frame) == wire::ReadResult::malformed);
}

TEST_CASE("schema: a longer block of a later version is read for what is known of it") {
    std::array<std::byte, 512> buffer{};
    auto encoder = wire::HeartbeatEncoder::in(buffer);
    REQUIRE(encoder.has_value());
    encoder->next_sequence(11);
    wire::store<std::uint32_t>(buffer.data(), 48);
    wire::store<std::uint16_t>(buffer.data() + 24, 16);
    wire::store<std::uint16_t>(buffer.data() + 30, 2);
    wire::Frame frame;
    REQUIRE(wire::read_frame(buffer, frame) == wire::ReadResult::complete);
    CHECK(frame.version == 2);
    REQUIRE(wire::HeartbeatView::of(frame).has_value());
    CHECK(wire::HeartbeatView::of(frame)->next_sequence() == 11);

    // An unknown message, an unknown number, an unknown bit.
    wire::store<std::uint16_t>(buffer.data() + 26, 999);
    REQUIRE(wire::read_frame(buffer, frame) == wire::ReadResult::complete);
    CHECK(wire::describe(frame) == "Unknown template=999 block=0b000000000000000000000000000000");
    CHECK(wire::name_of(wire::Side{9}).empty());
    auto order = wire::PlaceOrderEncoder::in(buffer).value();
    order.side(wire::Side{9}).flags({0x81});
    REQUIRE(wire::read_frame(order.frame(), frame) == wire::ReadResult::complete);
    CHECK(wire::describe(frame).find("side=9 type=none time_in_force=none flags=post_only|128") != std::string::npos);
}
