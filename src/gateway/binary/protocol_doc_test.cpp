// docs/protocols/order-entry.md is what others write their clients from: its examples are the bytes that the program
// makes. Its tables are made from the schema (scripts/sbe/generate.py docs).
#include <doctest/doctest.h>

#include <cstddef>
#include <fstream>
#include <map>
#include <string>

#include "base/sha256.h"
#include "base/skip_test.h"
#include "gateway/binary/reports.h"
#include "model/frame.h"

using namespace dcx;
using namespace dcx::gateway;

namespace {

// The hexadecimal digits of every ```hex NAME.
std::map<std::string, std::string> examples_of(const std::string& path) {
    std::ifstream in(path);
    REQUIRE_MESSAGE(in.good(), path);
    std::map<std::string, std::string> examples;
    std::string name;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("```")) {
            name = line.starts_with("```hex ") ? line.substr(7) : "";
        } else if (!name.empty()) {
            std::erase(line, ' ');
            examples[name] += line;
        }
    }
    return examples;
}

}  // namespace

TEST_CASE("the document of order entry shows the bytes that the program makes") {
    const std::string repository = repository_root();
    if (repository.empty()) return skip_test("not in the repository");
    const auto examples = examples_of(repository + "/docs/protocols/order-entry.md");
    constexpr std::int64_t now = 1'700'000'000'000'000'000;
    const PlaceOrder order{.cl_ord_id = ClOrdId{std::uint64_t{1}},
                           .price = Price{std::int64_t{12'500}},
                           .quantity = Quantity{std::int64_t{40'000}},
                           .account = AccountId{6u},
                           .instrument = InstrumentId{1u},
                           .side = Side::buy,
                           .type = OrderType::limit,
                           .time_in_force = TimeInForce::gtc};
    CHECK(examples.at("PlaceOrder") == to_hex(make_command_frame(order, Time{now}, 1).bytes()));
    CHECK(examples.at("Heartbeat") == to_hex(make_frame(Heartbeat{.next_sequence = 2}, Time{now}).bytes()));

    Event accepted;
    accepted.header = {.sequence = Sequence{std::uint64_t{42}},
                       .time = Time{now + 110'000},
                       .applied_time = Time{now + 120'000},
                       .session = SessionId{1u},
                       .wait_ns = 10'000};
    accepted.set(OrderAccepted{.order_id = OrderId{std::uint64_t{9}},
                               .cl_ord_id = order.cl_ord_id,
                               .price = order.price,
                               .quantity = order.quantity,
                               .account = order.account,
                               .instrument = order.instrument,
                               .slot = OrderSlot{5u},
                               .side = order.side,
                               .type = order.type,
                               .time_in_force = order.time_in_force});
    ReportBytes bytes;
    const std::size_t size =
        encode_report(accepted, {.sequence = 1, .durable = Time{now + 900'000}, .durability = Durability::disk}, bytes);
    stamp_sent(bytes.data(), Time{now + 1'000'000});
    CHECK(examples.at("ExecutionReport") == to_hex({bytes.data(), size}));
}
