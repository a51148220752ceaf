#include "proof/liability_file.h"

#include <doctest/doctest.h>

#include <functional>

#include "proof/json_fields.h"
#include "proof/test_sum_tree.h"

namespace dcx::proof {
namespace {

using enum ProofErrorKind;

constexpr Ed25519Seed kVenueSeed{std::byte{3}};

// Two checkpoints of one venue with two assets, signed.
struct SignedTrees {
    static constexpr unsigned depth = 4;
    journal::VenueId venue{std::byte{1}, std::byte{2}};
    std::vector<Liability> liabilities = some_liabilities(9);

    SumTree tree(std::uint64_t checkpoint, std::uint32_t asset) const {
        return SumTree({.venue_id = venue, .checkpoint = checkpoint, .asset = AssetId{asset}}, depth,
                       liabilities_nonce(kSmallNonce, checkpoint), liabilities);
    }
    SignedNote note(std::uint64_t number, const Ed25519Seed& seed = kVenueSeed) const {
        Checkpoint checkpoint{};
        checkpoint.venue_id = venue;
        checkpoint.number = number;
        checkpoint.commands = Sequence{10 * number};
        checkpoint.batch = number;
        for (const std::uint32_t asset : {1u, 3u})
            checkpoint.liabilities.push_back({.asset = AssetId{asset},
                                              .symbol = AssetSymbol{asset == 1 ? "DEC" : "USD"},
                                              .scale = 8,
                                              .root = tree(number, asset).root().hash,
                                              .sum = tree(number, asset).root().sum});
        SignedNote signed_note{checkpoint_text(checkpoint), {}};
        sign_note(signed_note, origin_of(venue), seed);
        return signed_note;
    }
    LiabilityFile file(std::size_t who = 2, std::uint64_t number = 5, std::uint32_t asset = 3) const {
        return {*tree(number, asset).prove(liabilities[who].account), note(number)};
    }
    CheckNote check() const {
        return [key = verifier_key(origin_of(venue), ed25519_public_key(kVenueSeed))](
                   const SignedNote& n, std::uint64_t) { return check_signature(n, key); };
    }
    ProofErrorKind answer(const LiabilityFile& f, const OwnerSays& owner = {}) const {
        const auto checked = check_liability_file(f, owner, check());
        return checked ? ProofErrorKind{} : checked.error().kind;
    }
};

TEST_CASE("liability file: written, read and right for each customer and asset") {
    const SignedTrees v;
    for (std::size_t who = 0; who < v.liabilities.size(); ++who)
        for (const std::uint32_t asset : {1u, 3u}) {
            const std::string text = liability_json(v.file(who, 5, asset));
            const auto file = parse_liability_file(text);
            REQUIRE(file.has_value());
            CHECK(liability_json(*file) == text);
            const Liability& l = v.liabilities[who];
            const auto checked = check_liability_file(*file, {.account = l.account, .amount = l.amount}, v.check());
            REQUIRE(checked.has_value());
            CHECK(checked->checkpoint.number == 5);
            CHECK(checked->line.asset.value == asset);
            CHECK(checked->line.sum == v.tree(5, asset).root().sum);
        }
}

TEST_CASE("liability file: its owner says another account or amount") {
    const SignedTrees v;
    const LiabilityFile file = v.file();
    const Liability& mine = v.liabilities[2];
    CHECK(v.answer(file, {.account = v.liabilities[3].account, .amount = {}}) == wrong_account);
    CHECK(v.answer(file, {.account = mine.account, .amount = mine.amount + Amount{std::int64_t{1}}}) == wrong_amount);
    CHECK(v.answer(file, {.account = {}, .amount = Amount{}}) == wrong_amount);
}

TEST_CASE("liability file: with the note of another checkpoint, venue, key, or a changed one") {
    const SignedTrees v;
    LiabilityFile file = v.file();
    file.checkpoint = v.note(6);
    CHECK(v.answer(file) == other_checkpoint);
    file.proof.tree.checkpoint = 6;
    CHECK(v.answer(file) == wrong_liabilities_root);
    file = v.file();
    file.checkpoint = v.note(5, Ed25519Seed{std::byte{4}});
    CHECK(v.answer(file) == unknown_key);
    SignedTrees stranger;
    stranger.venue[0] = std::byte{9};
    file = v.file();
    file.checkpoint = stranger.note(5);
    CHECK(v.answer(file) == unknown_key);
    // Believed without a signature, it is another venue's all the same.
    const CheckNote anything = [](const SignedNote&, std::uint64_t) -> std::expected<void, ProofError> { return {}; };
    CHECK(check_liability_file(file, {}, anything).error().kind == other_venue);
    file = v.file();
    file.proof.tree.asset = AssetId{1u};
    CHECK(v.answer(file) == wrong_liabilities_root);
    file.proof.tree.asset = AssetId{2u};
    CHECK(v.answer(file) == other_asset);
    // Each byte of the note's text is signed.
    for (std::size_t i = 0; i < file.checkpoint.text.size(); ++i) {
        file = v.file();
        file.checkpoint.text[i] ^= 1;
        CHECK(v.answer(file) != ProofErrorKind{});
    }
}

TEST_CASE("liability file: forms that are none") {
    const SignedTrees v;
    const ProofJson good = ProofJson::parse(liability_json(v.file()));
    const std::vector<std::function<void(ProofJson&)>> changes{
        [](ProofJson& j) { j["dcx"] = "inclusion"; },
        [](ProofJson& j) { j["version"] = 2; },
        [](ProofJson& j) { j["more"] = 1; },
        [](ProofJson& j) { j.erase("key"); },
        [](ProofJson& j) { j["key"] = std::string(62, 'a'); },  // a truncated hash
        [](ProofJson& j) { j["key"] = std::string(64, 'A'); },
        [](ProofJson& j) { j["venue"] = "00"; },
        [](ProofJson& j) { j["amount"] = 5; },
        [](ProofJson& j) { j["amount"] = "05"; },
        [](ProofJson& j) { j["amount"] = "-0"; },
        [](ProofJson& j) { j["amount"] = "5.0"; },
        [](ProofJson& j) { j["amount"] = "9223372036854775808"; },
        [](ProofJson& j) { j["account"] = -1; },
        [](ProofJson& j) { j["account"] = 4294967302; },  // 6, if the upper bits were dropped
        [](ProofJson& j) { j["asset"] = 4294967299; },
        [](ProofJson& j) { j["place"] = 4294967296; },
        [](ProofJson& j) { j["place"] = 1.0; },
        [](ProofJson& j) { j["siblings"] = "none"; },
        [](ProofJson& j) { j["siblings"][0]["sum"] = nullptr; },
        [](ProofJson& j) { j["siblings"][0].erase("hash"); },
        [](ProofJson& j) { j["siblings"][0]["hash"] = "AAAAAAAAAAA="; },
        [](ProofJson& j) { j["siblings"][1]["also"] = 1; },
        [](ProofJson& j) {
            for (int i = 0; i < 40; ++i) j["siblings"].push_back(j["siblings"][0]);
        },
        [](ProofJson& j) { j["checkpoint"] = "nothing"; },
        [](ProofJson& j) { j = ProofJson::array(); },
    };
    for (std::size_t i = 0; i < changes.size(); ++i) {
        ProofJson json = good;
        changes[i](json);
        const auto file = parse_liability_file(json.dump());
        CAPTURE(i);
        REQUIRE(!file.has_value());
        CHECK(file.error().kind == malformed);
    }
    // Read, and refused by what it says.
    ProofJson negative = good;
    negative["siblings"][2]["sum"] = "-9223372036854775808";
    CHECK(v.answer(*parse_liability_file(negative.dump())) == sum_out_of_range);
    ProofJson shorter = good;
    shorter["siblings"].erase(3);
    CHECK(v.answer(*parse_liability_file(shorter.dump())) != ProofErrorKind{});
}

TEST_CASE("liability file: of several assets a list, each checked by itself") {
    const SignedTrees v;
    const std::vector<LiabilityFile> both{v.file(2, 5, 1), v.file(2, 5, 3)};
    const std::string text = liabilities_json(both);
    auto read = parse_liability_files(text);
    REQUIRE(read.has_value());
    REQUIRE(read->size() == 2);
    CHECK(liabilities_json(*read) == text);
    for (const LiabilityFile& file : *read) CHECK(v.answer(file) == ProofErrorKind{});
    // What is right of one asset is not right of the other.
    std::swap((*read)[0].proof.tree.asset, (*read)[1].proof.tree.asset);
    for (const LiabilityFile& file : *read) CHECK(v.answer(file) != ProofErrorKind{});
    // One alone is no list, and both forms are read.
    CHECK(liabilities_json(std::span(both).first(1)) == liability_json(both[0]));
    CHECK(parse_liability_files(liability_json(both[0]))->size() == 1);
    for (const char* const bad : {"[]", "[1]", "[[]]", "nothing", "{}"}) {
        CAPTURE(bad);
        REQUIRE(!parse_liability_files(bad).has_value());
        CHECK(parse_liability_files(bad).error().kind == malformed);
    }
    ProofJson half = ProofJson::parse(text);
    half[1].erase("key");
    CHECK(!parse_liability_files(half.dump()).has_value());
}

TEST_CASE("liability file: no change of a byte is right") {
    const SignedTrees v;
    const std::string good = liability_json(v.file());
    const auto before = parse_liability_file(good);
    for (std::size_t i = 0; i < good.size(); ++i)
        for (const int bit : {0, 2, 5}) {
            std::string text = good;
            text[i] = static_cast<char>(text[i] ^ 1 << bit);
            const auto file = parse_liability_file(text);
            // White space between fields has no meaning.
            if (!file || liability_json(*file) == good) continue;
            CHECK(v.answer(*file) != ProofErrorKind{});
        }
    for (std::size_t size = 0; size + 1 < good.size(); ++size) CHECK(!parse_liability_file(good.substr(0, size)));
}

}  // namespace
}  // namespace dcx::proof
