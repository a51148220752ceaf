#include "market/workload.h"

#include <doctest/doctest.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <fstream>
#include <set>

namespace dcx::market {
namespace {

std::string small_file() {
    return workload_bytes(generate_workload({.kind = WorkloadKind::normal, .seed = 1, .messages = 50}));
}

std::string write_file(const std::string& name, const std::string& bytes) {
    const std::string path = "workload_test_" + std::to_string(::getpid()) + "_" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    return path;
}

std::string fault_of(const std::string& bytes) {
    const auto result = parse_workload(bytes);
    return result ? "" : result.error();
}

TEST_CASE("a workload comes back from its bytes, plain and packed") {
    const auto messages = generate_workload({.kind = WorkloadKind::deep, .seed = 9, .messages = 5'000});
    const std::string bytes = workload_bytes(messages);
    CHECK(bytes.size() == 16 + 40 * messages.size());
    REQUIRE(parse_workload(bytes).has_value());
    // Cancels carry only their id.
    const auto back = *parse_workload(bytes);
    CHECK(std::equal(back.begin(), back.end(), messages.begin(), messages.end()));

    std::string packed(ZSTD_compressBound(bytes.size()), '\0');
    packed.resize(ZSTD_compress(packed.data(), packed.size(), bytes.data(), bytes.size(), 3));
    const std::string plain_path = write_file("plain", bytes);
    const std::string packed_path = write_file("packed", packed);
    const std::string cut_path = write_file("cut", packed.substr(0, packed.size() / 2));
    CHECK(read_workload(plain_path).value() == messages);
    CHECK(read_workload(packed_path).value() == messages);
    REQUIRE_FALSE(read_workload(cut_path).has_value());
    CHECK(read_workload(cut_path).error() == cut_path + ": the zstd stream ends too early");
    for (const std::string& path : {plain_path, packed_path, cut_path}) ::unlink(path.c_str());
    CHECK(read_workload("no such file").error() == "no such file: cannot be opened");
}

TEST_CASE("every fault of a file is named with its record") {
    const std::string good = small_file();
    CHECK(fault_of(good) == "");
    CHECK(fault_of("") == "shorter than its header of 16 bytes");
    CHECK(fault_of(good.substr(0, 100)) == "has 100 bytes, but its 50 records need 2016");
    CHECK(fault_of(good + "x") == "has 2017 bytes, but its 50 records need 2016");
    const auto with = [&](std::size_t at, char value) {
        std::string bytes = good;
        bytes[at] = value;
        return fault_of(bytes);
    };
    CHECK(with(0, 'x') == "not a workload: wrong magic number");
    CHECK(with(8, 2) == "version 2 of the format, only 1 is known");
    // The first record is a new order.
    CHECK(with(16 + 0, 3) == "record 0: type is not 0, 1 or 2");
    CHECK(with(16 + 1, 2) == "record 0: side is not 0 or 1");
    CHECK(with(16 + 2, 2) == "record 0: ioc is not 0 or 1");
    CHECK(with(16 + 3, 1) == "record 0: reserved bytes are not zero");
    CHECK(with(16 + 39, 1) == "record 0: reserved bytes are not zero");
    CHECK(with(16 + 8, 1) == "record 0: sequence is not the record's index");
    CHECK(with(16 + 40 + 8, 0) == "record 1: sequence is not the record's index");
    CHECK(with(16 + 31, -1) == "record 0: price is not in 1 .. 2^62");
    std::string bytes = good;
    bytes.replace(16 + 4, 4, 4, '\0');
    CHECK(fault_of(bytes) == "record 0: quantity is 0");
    bytes = good;
    bytes.replace(16 + 16, 8, 8, '\0');
    CHECK(fault_of(bytes) == "record 0: order_id is 0");
}

TEST_CASE("each kind of flow is named and has the shape it promises") {
    for (const char* name : {"normal", "old_cancels", "reused_ids", "sparse", "deep"}) {
        REQUIRE(workload_kind(name).has_value());
        CHECK(to_string(*workload_kind(name)) == name);
    }
    CHECK_FALSE(workload_kind("Normal").has_value());

    const auto prices = [](WorkloadKind kind) {
        std::set<std::int64_t> seen;
        for (const auto& m : generate_workload({.kind = kind, .messages = 50'000, .live_orders = 5'000}))
            if (m.type != MessageType::cancel && !m.ioc) seen.insert(m.price);
        return seen;
    };
    CHECK(prices(WorkloadKind::deep).size() == 8);
    const auto sparse = prices(WorkloadKind::sparse);
    CHECK(sparse.size() > 20'000);
    CHECK(*sparse.rbegin() - *sparse.begin() > std::int64_t{1} << 39);

    // Ages of canceled orders, counted in orders placed since.
    const auto median_age = [](WorkloadKind kind) {
        std::vector<std::uint64_t> ages;
        std::uint64_t newest = 0;
        for (const auto& m : generate_workload({.kind = kind, .messages = 100'000, .live_orders = 5'000})) {
            if (m.type == MessageType::place) newest = m.order_id;
            if (m.type == MessageType::cancel) ages.push_back(newest - m.order_id);
        }
        std::sort(ages.begin(), ages.end());
        return ages.at(ages.size() / 2);
    };
    CHECK(median_age(WorkloadKind::normal) < 10);
    CHECK(median_age(WorkloadKind::old_cancels) > 2'000);

    std::set<std::uint64_t> ids;
    std::size_t placed = 0;
    for (const auto& m :
         generate_workload({.kind = WorkloadKind::reused_ids, .messages = 50'000, .live_orders = 2'000}))
        if (m.type == MessageType::place) ids.insert(m.order_id), ++placed;
    CHECK(placed > 4 * ids.size());
}

}  // namespace
}  // namespace dcx::market
