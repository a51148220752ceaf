// A small log of transparency-dev/tessera: its checkpoints, entries and tiles.
#include <doctest/doctest.h>

#include "base/skip_test.h"
#include "proof/checkpoint.h"
#include "proof/merkle.h"
#include "proof/vectors.h"

namespace dcx::proof {
namespace {

// The log's public key; its id is checked against its name and bytes when it is parsed.
constexpr std::string_view kKey = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx";
constexpr std::size_t kEntries = 15;

std::string log_file(const std::string& name) {
    return shared_file("data/merkle-vectors/tessera/testdata/log/" + name);
}

// An entry bundle: each entry behind its length, u16 big-endian.
std::vector<std::string> entries_of(const std::string& bundle) {
    std::vector<std::string> entries;
    for (std::size_t at = 0; at + 2 <= bundle.size();) {
        const auto size = static_cast<std::size_t>(static_cast<unsigned char>(bundle[at])) << 8 |
                          static_cast<std::size_t>(static_cast<unsigned char>(bundle[at + 1]));
        entries.push_back(bundle.substr(at + 2, size));
        at += 2 + size;
    }
    return entries;
}

TEST_CASE("a tlog-tiles log: every checkpoint's signature, and its root from the entries") {
    if (log_file("checkpoint").empty()) return skip_test("no ../shared/data/merkle-vectors beside the repository");
    const auto key = parse_verifier(kKey);
    REQUIRE(key);
    CHECK(verifier_text(*key) == kKey);
    const auto entries = entries_of(vector_text(log_file("tile/entries/000.p/15")));
    REQUIRE(entries.size() == kEntries);
    MerkleRoot tree;
    for (std::size_t size = 0; size <= kEntries; ++size) {
        INFO("checkpoint ", size);
        const std::string text = vector_text(log_file("checkpoint." + std::to_string(size)));
        const auto note = parse_note(text);
        REQUIRE(note);
        CHECK(note_text(*note) == text);
        CHECK(check_signature(*note, *key));
        CHECK(note->text == key->name + '\n' + std::to_string(size) + '\n' + to_base64(tree.root()) + '\n');
        if (size < kEntries) tree.append(leaf_hash(std::as_bytes(std::span{entries[size]})));
    }
}

TEST_CASE("a tlog-tiles log: its partial tiles are the leaf hashes of the entries before") {
    if (log_file("checkpoint").empty()) return skip_test("no ../shared/data/merkle-vectors beside the repository");
    const auto entries = entries_of(vector_text(log_file("tile/entries/000.p/15")));
    std::string hashes;
    for (std::size_t size = 1; size <= kEntries; ++size) {
        const Digest leaf = leaf_hash(std::as_bytes(std::span{entries[size - 1]}));
        hashes.append(reinterpret_cast<const char*>(leaf.data()), leaf.size());
        CHECK(vector_text(log_file("tile/0/000.p/" + std::to_string(size))) == hashes);
        CHECK(entries_of(vector_text(log_file("tile/entries/000.p/" + std::to_string(size)))).size() == size);
    }
}

}  // namespace
}  // namespace dcx::proof
