#include "app/variant_memory.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/random.h"

using namespace dcx;
using namespace dcx::app;

namespace {

feed::VariantUse use_at(std::uint64_t seq, std::uint32_t depth = 20) {
    return {.symbol = "DEC/USD",
            .key = {.channel = feed::Channel::orderbook, .depth = depth},
            .formats = {true, depth == 20},
            .from = seq,
            .last = seq,
            .position = seq + 3};
}

}  // namespace

TEST_CASE("what readers use is remembered, with a message of some notes ago") {
    std::string folder = std::filesystem::temp_directory_path() / "dcx-variants-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::string path = folder + "/feed.variants";
    VariantMemory memory(path);
    REQUIRE(memory.read().has_value());
    CHECK(memory.read()->empty());
    for (std::uint64_t seq = 100; seq < 110; ++seq) REQUIRE(memory.note({use_at(seq), use_at(50, 5)}).has_value());
    const auto read = VariantMemory(path).read();
    REQUIRE(read.has_value());
    REQUIRE(read->size() == 2);
    CHECK(read->at(0).from == 105);
    CHECK(read->at(0).last == 109);
    CHECK(read->at(0).position == 112);
    CHECK(read->at(0).key == use_at(1).key);
    CHECK(read->at(0).formats == std::array{true, true});
    CHECK(read->at(1) == use_at(50, 5));
    // A chain that begins anew is not the one that was there before.
    REQUIRE(memory.note({use_at(50, 5)}).has_value());
    REQUIRE(memory.note({use_at(120), use_at(50, 5)}).has_value());
    CHECK(VariantMemory(path).read()->at(0).from == 120);
    std::filesystem::remove_all(folder);
}

TEST_CASE("any text may stand in the file of the variants") {
    const std::string good = text_of({use_at(100), use_at(50, 5)});
    REQUIRE(variants_in(good).has_value());
    for (
        const char* bad :
        {"", "{", "[]", "{}", R"({"version":2,"variants":[]})", R"({"version":1,"variants":{}})",
         R"({"version":1,"variants":[1]})",
         R"({"version":1,"variants":[{"symbol":"A","channel":"orderbook","depth":7,"formats":[],"from":1,"last":1,"position":1}]})",
         R"({"version":1,"variants":[{"symbol":"A","channel":"ticker","depth":0,"formats":[],"from":1,"last":1,"position":1}]})",
         R"({"version":1,"variants":[{"symbol":"A","channel":"trades","depth":0,"formats":["x"],"from":1,"last":1,"position":1}]})",
         R"({"version":1,"variants":[{"symbol":"A","channel":"trades","depth":0,"formats":[],"from":2,"last":1,"position":1}]})",
         R"({"version":1,"variants":[{"symbol":"A","channel":"trades","depth":0,"formats":[],"from":-1,"last":1,"position":1}]})"})
        CHECK_FALSE(variants_in(bad).has_value());
    Random random(4);
    for (int i = 0; i < 3000; ++i) {
        std::string text = good;
        for (std::uint64_t n = 1 + random.below(4); n > 0; --n)
            text[random.below(text.size())] = static_cast<char>(random.below(256));
        if (random.chance(20)) text.resize(random.below(text.size()));
        const auto uses = variants_in(text);
        if (uses)
            for (const auto& use : *uses) CHECK(feed::is_same_everywhere(use.key));
    }
}
