// All cases of transparency-dev/merkle: proofs of inclusion and consistency, of whole trees and of subtrees.
#include <doctest/doctest.h>

#include "base/skip_test.h"
#include "proof/merkle.h"
#include "proof/vectors.h"

namespace dcx::proof {
namespace {

using nlohmann::json;

// Some cases have a root or a leaf that is left out, which is no matter of a checker: files with such are malformed.
bool complete(const json& vector) {
    for (const char* name : {"root", "root1", "root2", "leafHash"})
        if (vector.contains(name) && vector.at(name) == "") return false;
    return true;
}

std::vector<Digest> proof_of(const json& vector) {
    std::vector<Digest> hashes;
    if (vector.at("proof").is_null()) return hashes;
    for (const json& text : vector.at("proof")) hashes.push_back(vector_digest(text));
    return hashes;
}

std::expected<void, ProofError> check(const std::string& kind, const json& vector) {
    const auto number = [&](const char* name) { return vector.at(name).get<std::uint64_t>(); };
    const auto hash = [&](const char* name) { return vector_digest(vector.at(name)); };
    const auto proof = proof_of(vector);
    if (kind == "inclusion")
        return check_inclusion(number("leafIdx"), number("treeSize"), hash("leafHash"), proof, hash("root"));
    if (kind == "consistency")
        return check_consistency(number("size1"), number("size2"), hash("root1"), hash("root2"), proof);
    if (kind == "subtreeinclusion")
        return check_subtree_inclusion(number("leafIdx"), number("start"), number("end"), hash("leafHash"), proof,
                                       hash("root"));
    return check_subtree_consistency(number("start"), number("end"), number("size"), hash("root1"), hash("root2"),
                                     proof);
}

unsigned run(const std::string& kind) {
    unsigned cases = 0;
    for (const auto& file : std::filesystem::recursive_directory_iterator(
             shared_file("data/merkle-vectors/transparency-dev-merkle/testdata/" + kind))) {
        if (file.path().extension() != ".json") continue;
        const json vector = vector_json(file.path());
        INFO(file.path().string());
        CHECK((complete(vector) && check(kind, vector)) != vector.at("wantErr").get<bool>());
        ++cases;
    }
    return cases;
}

TEST_CASE("proofs of transparency-dev, good and bad") {
    if (shared_file("data/merkle-vectors/INDEX.md").empty())
        return skip_test("no ../shared/data/merkle-vectors beside the repository");
    const unsigned cases = run("inclusion") + run("consistency") + run("subtreeinclusion") + run("subtreeconsistency");
    CHECK(cases == 518);
}

}  // namespace
}  // namespace dcx::proof
