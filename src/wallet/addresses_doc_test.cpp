// docs/protocols/addresses.md is what others compute addresses from: its example must be what the program computes.
#include <doctest/doctest.h>

#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "base/sha256.h"
#include "base/skip_test.h"
#include "wallet/derivation.h"

using namespace dcx;
using namespace dcx::wallet;

namespace {

struct Example {
    std::map<std::string, std::string> values;      // seed, public_key, address
    std::vector<std::array<std::string, 3>> steps;  // path, key, chain code
};

Example read_example(const std::string& path) {
    std::ifstream in(path);
    REQUIRE_MESSAGE(in.good(), path);
    Example example;
    bool inside = false;
    for (std::string line; std::getline(in, line);) {
        if (line.starts_with("```")) {
            inside = line == "```example";
            continue;
        }
        if (!inside) continue;
        std::istringstream words(line);
        std::string name;
        std::string value;
        words >> name >> value;
        if (name == "path") {
            example.steps.push_back({value, "", ""});
        } else if (name == "key" || name == "chain_code") {
            REQUIRE_FALSE(example.steps.empty());
            example.steps.back()[name == "key" ? 1 : 2] = value;
        } else {
            example.values[name] = value;
        }
    }
    return example;
}

// The number of a path's last step: "m/44'/7'" has 7.
std::uint32_t last_number(const std::string& path) {
    REQUIRE(path.ends_with("'"));
    return static_cast<std::uint32_t>(std::stoul(path.substr(path.rfind('/') + 1)));
}

}  // namespace

TEST_CASE("the document of addresses has an example that the program computes") {
    const std::string root = repository_root();
    if (root.empty()) return skip_test("not in the repository");
    const Example example = read_example(root + "/docs/protocols/addresses.md");
    REQUIRE(example.steps.size() == 5);
    std::vector<std::byte> seed(example.values.at("seed").size() / 2);
    REQUIRE(from_hex(example.values.at("seed"), seed));

    auto key = master_key(seed);
    std::string path = "m";
    for (const auto& [told_path, told_key, told_chain_code] : example.steps) {
        if (told_path != "m") {
            const std::uint32_t number = last_number(told_path);
            path += "/" + std::to_string(number) + "'";
            key = hardened_child(*key, number);
        }
        CAPTURE(path);
        CHECK(told_path == path);
        REQUIRE(key.has_value());
        CHECK(to_hex(key->key.bytes()) == told_key);
        CHECK(to_hex(key->chain_code.bytes()) == told_chain_code);
    }
    const std::uint32_t account = last_number(example.steps[3][0]);
    const std::uint32_t index = last_number(example.steps[4][0]);
    CHECK(path == path_text(account, index));
    const auto keys = AccountKeys::of(seed, account);
    REQUIRE(keys.has_value());
    const auto private_key = keys->key(index);
    REQUIRE(private_key.has_value());
    CHECK(to_hex(private_key->bytes()) == example.steps[4][1]);
    CHECK(to_hex(*public_key_of(*private_key)) == example.values.at("public_key"));
    CHECK(address_text(*keys->address(index)) == example.values.at("address"));
}
