// The chapter "Shared memory" of docs/protocols/order-entry.md has the handshake's bytes and codes as the program does.
// (The messages of the session are made from the schema, which knows nothing of a socket.)
#include <doctest/doctest.h>

#include <cstddef>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "base/skip_test.h"
#include "model/shm.h"

using namespace dcx;

namespace {

struct Row {
    std::string name;
    std::size_t at = 0;
    friend bool operator==(const Row&, const Row&) = default;
};
// The first number and the name of every row of a table, by the words of its heading.
using Tables = std::map<std::string, std::vector<Row>>;

std::vector<std::string> cells_of(const std::string& line) {
    std::vector<std::string> cells;
    for (std::size_t begin = 2; begin < line.size();) {
        const std::size_t end = line.find(" | ", begin);
        cells.push_back(line.substr(begin, end - begin));
        if (end == line.npos) break;
        begin = end + 3;
    }
    return cells;
}

Tables tables_of(const std::string& path) {
    std::ifstream in(path);
    REQUIRE_MESSAGE(in.good(), path);
    Tables tables;
    std::string heading;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("### ")) heading = line.substr(4, line.find(" · ", 4) - 4);
        if (!heading.starts_with("Shm") || !line.starts_with("| ")) continue;
        const auto cells = cells_of(line);
        if (cells.size() < 3 || cells[0].find_first_not_of("0123456789") != cells[0].npos) continue;
        // A code's name is behind its number, a field's behind its type.
        const std::size_t name = heading == "ShmCode" ? 1 : 2;
        tables[heading].push_back({cells[name], std::stoul(cells[0])});
    }
    return tables;
}

}  // namespace

TEST_CASE("the document tells the handshake of shared memory as it is") {
    const std::string repository = repository_root();
    if (repository.empty()) return skip_test("not in the repository");
    const Tables tables = tables_of(repository + "/docs/protocols/order-entry.md");
    REQUIRE(tables.size() == 3);
    CHECK(tables.at("ShmRequest") == std::vector<Row>{{"magic", offsetof(ShmRequest, magic)},
                                                      {"version", offsetof(ShmRequest, version)},
                                                      {"zero", offsetof(ShmRequest, zero)}});
    constexpr std::size_t requests = offsetof(ShmAnswer, requests);
    constexpr std::size_t reports = offsetof(ShmAnswer, reports);
    CHECK(tables.at("ShmAnswer") == std::vector<Row>{{"magic", offsetof(ShmAnswer, magic)},
                                                     {"version", offsetof(ShmAnswer, version)},
                                                     {"code", offsetof(ShmAnswer, code)},
                                                     {"zero", offsetof(ShmAnswer, zero)},
                                                     {"memory_bytes", offsetof(ShmAnswer, memory_bytes)},
                                                     {"requests_offset", requests + offsetof(ShmRing, offset)},
                                                     {"requests_bytes", requests + offsetof(ShmRing, bytes)},
                                                     {"reports_offset", reports + offsetof(ShmRing, offset)},
                                                     {"reports_bytes", reports + offsetof(ShmRing, bytes)}});
    std::vector<Row> codes;
    for (std::uint16_t code = 1; code < 100; ++code)
        if (const std::string name{to_string(ShmCode{code})}; name != "unknown") codes.push_back({name, code});
    CHECK(tables.at("ShmCode") == codes);
}
