// docs/protocols/order-entry.md is what others write their clients from: every table in it is compared with the layout
// of the program, and its examples with the bytes that the program makes.
#include <doctest/doctest.h>

#include <cstddef>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "base/skip_test.h"
#include "gateway/binary/protocol_layout_reports.h"
#include "gateway/binary/reports.h"
#include "model/frame.h"

using namespace dcx;
using namespace dcx::gateway;

namespace {

// ---- the document

struct Document {
    Messages messages;
    std::map<std::string, std::string> examples;                // name: hexadecimal digits
    std::map<std::string, std::map<int, std::string>> numbers;  // by the enumeration's name
};

std::vector<std::string> split(const std::string& line, const std::string& separator) {
    std::vector<std::string> parts;
    std::size_t begin = 0;
    for (std::size_t end = 0; end != line.npos; begin = end + separator.size()) {
        end = line.find(separator, begin);
        parts.push_back(line.substr(begin, end == line.npos ? end : end - begin));
    }
    return parts;
}

std::size_t size_of_type(std::string type) {
    std::size_t count = 1;
    if (const std::size_t bracket = type.find('['); bracket != type.npos) {
        count = std::stoul(type.substr(bracket + 1));
        type = type.substr(0, bracket);
    }
    static const std::map<std::string, std::size_t> sizes{{"u8", 1},   {"u16", 2},   {"u32", 4},
                                                          {"u64", 8},  {"i32", 4},   {"i64", 8},
                                                          {"char", 1}, {"bytes", 1}, {"ReportHeader", 56}};
    const auto found = sizes.find(type);
    REQUIRE_MESSAGE(found != sizes.end(), type);
    return count * found->second;
}

void read_heading(const std::string& line, Document& document, std::string& message) {
    const auto parts = split(line.substr(4), " · ");
    message = parts[0];
    if (parts.size() == 1) return;
    Message& entry = document.messages[message];
    if (parts[1].starts_with("template ")) entry.template_id = std::stoi(parts[1].substr(9));
    entry.size = std::stoul(parts.back());
}

void read_row(const std::string& line, Document& document, const std::string& message) {
    const auto cells = split(line, " | ");
    const std::string first = cells[0].substr(2);
    if (first.empty() || first.find_first_not_of("0123456789") != first.npos) return;
    if (message == "TerminateCode" || message == "RejectReason" || message == "CancelReason") {
        document.numbers[message][std::stoi(first)] = cells[1];
    } else {
        document.messages[message].fields.push_back({cells[2], std::stoul(first), size_of_type(cells[1])});
    }
}

Document read_document(const std::string& path) {
    std::ifstream in(path);
    REQUIRE_MESSAGE(in.good(), path);
    Document document;
    std::string message;
    std::string example;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("```")) {
            example = line.starts_with("```hex ") ? line.substr(7) : "";
        } else if (!example.empty()) {
            std::erase(line, ' ');
            document.examples[example] += line;
        } else if (line.starts_with("## ")) {
            message.clear();
        } else if (line.starts_with("### ")) {
            read_heading(line, document, message);
        } else if (line.starts_with("| ") && !message.empty()) {
            read_row(line, document, message);
        }
    }
    return document;
}

Document the_document() {
    const std::string repository = repository_root();
    if (repository.empty()) return {};
    return read_document(repository + "/docs/protocols/order-entry.md");
}

}  // namespace

TEST_CASE("the document of order entry has the layouts of the program, all of them and no other") {
    const Document document = the_document();
    if (document.messages.empty()) return skip_test("not in the repository");
    const Messages program = program_layout();
    for (const auto& [name, message] : document.messages) CHECK_MESSAGE(program.contains(name), name);
    std::set<int> templates;
    for (const auto& [name, message] : program) {
        CAPTURE(name);
        REQUIRE(document.messages.contains(name));
        const Message& told = document.messages.at(name);
        CHECK(told.template_id == message.template_id);
        CHECK(told.size == message.size);
        REQUIRE(told.fields.size() == message.fields.size());
        for (std::size_t i = 0; i < message.fields.size(); ++i) {
            CHECK(told.fields[i].name == message.fields[i].name);
            CHECK(told.fields[i].offset == message.fields[i].offset);
            CHECK(told.fields[i].size == message.fields[i].size);
        }
        templates.insert(message.template_id);
    }
    // Every message that a client may send is there, with the size that the decoder asks for.
    for (int id = 0; id < 1000; ++id)
        if (request_block_size(static_cast<std::uint16_t>(id)) > 0) CHECK(templates.contains(id));
    for (const auto& [name, message] : program) {
        if (message.template_id == 0) continue;
        const auto id = static_cast<std::uint16_t>(message.template_id);
        CHECK(std::max(request_block_size(id), response_block_size(id)) == message.size);
    }
}

namespace {

// Every number that has a name has it in the document, and no other stands there.
template <class Enum>
void check_numbers(const Document& document, const char* name, int below) {
    CAPTURE(name);
    const auto& told = document.numbers.at(name);
    for (int number = 1; number < below; ++number) {
        CAPTURE(number);
        const std::string known{to_string(static_cast<Enum>(number))};
        CHECK(told.contains(number) == (known != "unknown"));
        if (told.contains(number)) CHECK(told.at(number) == known);
    }
    CHECK(told.rbegin()->first < below);
}

}  // namespace

TEST_CASE("the document of order entry names every TerminateCode, RejectReason and CancelReason") {
    const Document document = the_document();
    if (document.messages.empty()) return skip_test("not in the repository");
    check_numbers<TerminateCode>(document, "TerminateCode", 100);
    check_numbers<RejectReason>(document, "RejectReason", 1000);
    check_numbers<CancelReason>(document, "CancelReason", 100);
}

TEST_CASE("the document of order entry shows the bytes that the program makes") {
    const Document document = the_document();
    if (document.messages.empty()) return skip_test("not in the repository");
    constexpr std::int64_t now = 1'700'000'000'000'000'000;
    const PlaceOrder order{.cl_ord_id = ClOrdId{std::uint64_t{1}},
                           .price = Price{std::int64_t{12'500}},
                           .quantity = Quantity{std::int64_t{40'000}},
                           .account = AccountId{6u},
                           .instrument = InstrumentId{1u},
                           .side = Side::buy,
                           .type = OrderType::limit,
                           .time_in_force = TimeInForce::gtc};
    CHECK(document.examples.at("PlaceOrder") == to_hex(make_command_frame(order, Time{now}, 1).bytes()));
    CHECK(document.examples.at("Heartbeat") == to_hex(make_frame(Heartbeat{.next_sequence = 2}, Time{now}).bytes()));

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
    CHECK(document.examples.at("ExecutionReport") == to_hex({bytes.data(), size}));
}
