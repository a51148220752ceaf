#include <doctest/doctest.h>

#include <fstream>
#include <sstream>

#include "base/skip_test.h"
#include "reference/naive_answer.h"

namespace dcx::reference {
namespace {

using market::generate_workload;
using market::MessageType;
using market::WorkloadKind;
using market::WorkloadMessage;

// The published hash of the scenario's answer, from the lines "<hash>  <scenario>_seed23_...".
std::string published_hash(const std::string& file, const std::string& scenario) {
    std::ifstream in(file);
    for (std::string hash, name; in >> hash >> name;)
        if (name.starts_with(scenario + "_")) return hash;
    return "";
}

TEST_CASE("the naive book's answer to the public workload is the published one") {
    const std::string path = shared_file("data/workload/orders_normal_s23_n1000000.bin.zst");
    if (path.empty()) return skip_test("no ../shared/data/workload beside the repository");
    const auto messages = market::read_workload(path);
    REQUIRE(messages.has_value());
    CHECK(messages->size() == 1'996'097);
    auto answer = naive_answer(*messages);
    CHECK(answer.size() == 2'204'643);
    CHECK(answer.trades() == 62'474);
    CHECK(answer.hash() == published_hash(shared_file("data/workload/reference_hashes.txt"), "normal"));
}

TEST_CASE("the canonical text of a small flow") {
    const std::vector<WorkloadMessage> messages = {
        {.order_id = 1, .price = 101, .quantity = 10, .type = MessageType::place, .side = Side::sell},
        {.order_id = 2, .price = 100, .quantity = 5, .type = MessageType::place, .side = Side::sell},
        {.order_id = 3, .price = 102, .quantity = 12, .type = MessageType::place, .side = Side::buy},
        {.order_id = 4, .price = 101, .quantity = 9, .type = MessageType::place, .side = Side::buy, .ioc = true},
        {.order_id = 5, .price = 90, .quantity = 1, .type = MessageType::place, .side = Side::buy},
        {.order_id = 5, .price = 91, .quantity = 2, .type = MessageType::modify, .side = Side::buy},
        {.order_id = 5, .type = MessageType::cancel, .side = Side::buy},
        {.order_id = 5, .type = MessageType::cancel, .side = Side::buy},
        {.order_id = 1, .price = 91, .quantity = 2, .type = MessageType::modify, .side = Side::sell},
    };
    CHECK(naive_answer(messages).text() ==
          "0,0,1,1,101,10\n"
          "0,1,1,2,100,5\n"
          "0,2,0,3,102,12\n1,2,100,5,2,3\n1,2,101,7,1,3\n"
          "0,3,0,4,101,9\n1,3,101,3,1,4\n2,3,0,4,101\n"
          "0,4,0,5,90,1\n"
          "3,5,0,5,91,2\n"
          "2,6,0,5,91\n"
          "4,7,5\n"
          "5,8,1");
}

// What each kind promises, seen in the answer of the naive book.
TEST_CASE("generated flows: ids are legal, the same seed gives the same flow, and each kind has its character") {
    for (const WorkloadKind kind : {WorkloadKind::normal, WorkloadKind::old_cancels, WorkloadKind::reused_ids,
                                    WorkloadKind::sparse, WorkloadKind::deep}) {
        CAPTURE(to_string(kind));
        const market::WorkloadOptions options{.kind = kind, .seed = 3, .messages = 60'000, .live_orders = 4'000};
        const auto messages = generate_workload(options);
        CHECK(messages.size() == 60'000);
        CHECK(messages == generate_workload(options));
        auto other = options;
        other.seed = 4;
        CHECK(messages != generate_workload(other));

        auto answer = naive_answer(messages);  // throws when a live id is used again
        CHECK(answer.trades() > 800);
        const std::string text = answer.text();
        std::size_t rejected = 0;
        std::size_t canceled = 0;
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);) {
            rejected += line[0] == '4' || line[0] == '5';
            canceled += line[0] == '2';
        }
        // Orders are really live when they are canceled.
        CHECK(canceled > 8'000);
        CHECK(rejected < messages.size() / 10);
        CHECK(rejected > 0);
    }
}

}  // namespace
}  // namespace dcx::reference
