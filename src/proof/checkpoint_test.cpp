// The golden note comes from a program of its own, in another language, by the words of checkpoint.h.
#include "proof/checkpoint.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/random.h"
#include "proof/base64.h"

namespace dcx::proof {
namespace {

constexpr std::string_view kGoldenText =
    "dcx/000102030405060708090a0b0c0d0e0f\n"
    "72\n"
    "EPX3fu+aa0PcW/lyx8/RARM+W3OLXkag/N+QIbE7BRk=\n"
    "checkpoint 3\n"
    "time 1700000000123456789\n"
    "batch 12 4bb24efc9641afc5ded1ca77eabb6e2fcf062d2112ccd61bd8bd6acd89180bae\n"
    "events 201 hiQXuefDcgvLMmPNhzsJiS14eCO2+aD0U+QoJMWk1LY=\n"
    "event-hash 00000000000000ff\n"
    "state 4ba69735ca53765ed6a709edb56c6ea236b7193a3b29a6b390c346f0f4340e4e\n"
    "liabilities 1 DEC 8 51AseZuPdvvtB3/yzVXJBqsUTVuI7wmnGrxwtfrWAfE= 123456789\n"
    "liabilities 3 USD 2 1g+9hxjs6393UcaLaV4z75dNDsyisb8gySjm0bmV8A4= 0\n"
    "previous 6da0633528deaa0144e7b058315f0b753ec0b945163a72bf96a0d18180f9de0d\n";
constexpr std::string_view kGoldenSignature =
    "\xE2\x80\x94 dcx/000102030405060708090a0b0c0d0e0f "
    "tVBZA5PkefL3He0GaVPkfq1bRKQHV36mh8zmmctzipbZ4pcnR4ZapxB6S0uIH8PwdQis/iJDk/L45/2WZoa54dz7Jgc=\n";
constexpr std::string_view kGoldenKey =
    "dcx/000102030405060708090a0b0c0d0e0f+b5505903+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4";

Digest named(std::string_view text) { return Sha256::of(std::as_bytes(std::span{text})); }

template <std::size_t N>
std::array<std::byte, N> counting_bytes() {
    std::array<std::byte, N> bytes;
    for (std::size_t i = 0; i < N; ++i) bytes[i] = static_cast<std::byte>(i);
    return bytes;
}

Checkpoint golden_checkpoint() {
    return {.venue_id = counting_bytes<16>(),
            .number = 3,
            .commands = Sequence{72ul},
            .command_root = named("commands"),
            .time = Time{1'700'000'000'123'456'789},
            .batch = 12,
            .batch_hash = named("batch"),
            .events = 201,
            .event_root = named("events"),
            .event_hash = 255,
            .state_hash = named("state"),
            .liabilities = {{AssetId{1u}, AssetSymbol{"DEC"}, 8, named("dec"), Amount{123'456'789l}},
                            {AssetId{3u}, AssetSymbol{"USD"}, 2, named("usd"), Amount{0l}}},
            .previous = named("previous")};
}

std::string golden_note() { return std::string(kGoldenText) + '\n' + std::string(kGoldenSignature); }

template <class Checked>
void refused(const Checked& checked, ProofErrorKind kind) {
    REQUIRE(!checked);
    CHECK(checked.error().kind == kind);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    REQUIRE(at != text.npos);
    return text.replace(at, from.size(), to);
}

TEST_CASE("a checkpoint's text, signature and key are, byte for byte, what the reference says") {
    const Checkpoint checkpoint = golden_checkpoint();
    CHECK(checkpoint_text(checkpoint) == kGoldenText);
    SignedNote note{checkpoint_text(checkpoint), {}};
    sign_note(note, origin_of(checkpoint.venue_id), counting_bytes<32>());
    CHECK(note_text(note) == golden_note());
    CHECK(verifier_text(verifier_key(origin_of(checkpoint.venue_id), ed25519_public_key(counting_bytes<32>()))) ==
          kGoldenKey);
}

TEST_CASE("a checkpoint is read back as it was written, and nothing else is one") {
    const auto read = parse_checkpoint(kGoldenText);
    REQUIRE(read);
    CHECK(checkpoint_text(*read) == kGoldenText);
    CHECK(read->liabilities[1].symbol == AssetSymbol{"USD"});
    Checkpoint bare = golden_checkpoint();
    bare.liabilities.clear();
    REQUIRE(parse_checkpoint(checkpoint_text(bare)));
    CHECK(parse_checkpoint(checkpoint_text(bare))->liabilities.empty());
    const std::string text{kGoldenText};
    // Any byte that is left out, doubled or changed gives another checkpoint or none, never the same one.
    for (std::size_t at = 0; at < text.size(); ++at) {
        for (std::string other :
             {text.substr(0, at) + text.substr(at + 1), text.substr(0, at) + text[at] + text.substr(at),
              text.substr(0, at), text.substr(0, at) + char(text[at] ^ 1) + text.substr(at + 1),
              text.substr(0, at) + ' ' + text.substr(at)}) {
            const auto parsed = parse_checkpoint(other);
            if (parsed) REQUIRE(checkpoint_text(*parsed) == other);
        }
    }
    using enum ProofErrorKind;
    refused(parse_checkpoint(""), malformed);
    refused(parse_checkpoint(text + "more 1\n"), malformed);
    refused(parse_checkpoint(replaced(text, "checkpoint 3", "checkpoint 0")), malformed);
    refused(parse_checkpoint(replaced(text, "\n72\n", "\n072\n")), malformed);
    refused(parse_checkpoint(replaced(text, "\n72\n", "\n-1\n")), malformed);
    refused(parse_checkpoint(replaced(text, "\n72\n", "\n18446744073709551616\n")), malformed);
    refused(parse_checkpoint(replaced(text, " 123456789\n", " -5\n")), sum_out_of_range);
    refused(parse_checkpoint(replaced(text, " 123456789\n", " 4611686018427387905\n")), sum_out_of_range);
    refused(parse_checkpoint(replaced(text, "liabilities 3", "liabilities 1")), malformed);
    refused(parse_checkpoint(replaced(text, "USD 2", "USD 10")), malformed);
    refused(parse_checkpoint(replaced(text, "USD", "usd")), malformed);
    refused(parse_checkpoint(replaced(text, "00ff", "00FF")), malformed);
    refused(parse_checkpoint(replaced(text, "dcx/0001", "dcy/0001")), malformed);
}

TEST_CASE("a signed note: the right key, another key, no key, a changed text") {
    const auto key = parse_verifier(kGoldenKey);
    REQUIRE(key);
    const auto note = parse_note(golden_note());
    REQUIRE(note);
    CHECK(note->text == kGoldenText);
    CHECK(note_text(*note) == golden_note());
    CHECK(check_signature(*note, *key));
    using enum ProofErrorKind;
    refused(check_signature(*note, verifier_key("other", key->key)), unknown_key);
    Ed25519Seed other = counting_bytes<32>();
    other[0] = std::byte{9};
    refused(check_signature(*note, verifier_key(key->name, ed25519_public_key(other))), unknown_key);
    // A forger with another key, under the venue's name.
    SignedNote forged{note->text, {}};
    sign_note(forged, key->name, other);
    refused(check_signature(forged, *key), unknown_key);
    std::copy_n(note->signatures[0].bytes.begin(), 4, forged.signatures[0].bytes.begin());
    refused(check_signature(forged, *key), bad_signature);
    const auto changed = parse_note(replaced(golden_note(), "\n72\n", "\n73\n"));
    REQUIRE(changed);
    refused(check_signature(*changed, *key), bad_signature);
    SignedNote shorter = *note;
    shorter.signatures[0].bytes.pop_back();
    refused(check_signature(shorter, *key), bad_signature);
}

TEST_CASE("witnesses may sign beside the venue, in any order") {
    SignedNote note{std::string(kGoldenText), {}};
    Ed25519Seed witness{};
    sign_note(note, "witness.example/w", witness);
    sign_note(note, origin_of(golden_checkpoint().venue_id), counting_bytes<32>());
    const auto read = parse_note(note_text(note));
    REQUIRE(read);
    CHECK(read->signatures.size() == 2);
    CHECK(check_signature(*read, *parse_verifier(kGoldenKey)));
    CHECK(check_signature(*read, verifier_key("witness.example/w", ed25519_public_key(witness))));
}

TEST_CASE("what is no note") {
    using enum ProofErrorKind;
    const std::string note = golden_note();
    for (const std::string& text : {std::string{},
                                    std::string{"\n"},
                                    std::string{"\n\n"},
                                    std::string{kGoldenText},
                                    std::string{kGoldenText} + '\n',
                                    note.substr(0, note.size() - 1),
                                    note + '\n',
                                    note + "no signature\n",
                                    note + "- x AAAAAAA=\n",
                                    replaced(note, "\xE2\x80\x94 ", "\xE2\x80\x94"),
                                    note + "\xE2\x80\x94 x y\n",
                                    note + "\xE2\x80\x94 x AAAA\n",
                                    note + "\xE2\x80\x94 x+y AAAAAAA=\n",
                                    note + "\xE2\x80\x94  AAAAAAA=\n",
                                    note + "\xE2\x80\x94 x\xC2\xA0y AAAAAAA=\n",
                                    replaced(note, "72", "7\t2"),
                                    replaced(note, "72", "7\xFF"),
                                    replaced(note, "72", "7\xC0\x80"),
                                    replaced(note, "72", "7\xED\xA0\x80"),
                                    replaced(note, "72", "7\xF4\x90\x80\x80"),
                                    std::string("\n\n") + note.substr(kGoldenText.size() + 1)}) {
        INFO(text);
        refused(parse_note(text), malformed);
    }
    std::string many = note;
    for (int i = 0; i < 100; ++i) many += "\xE2\x80\x94 x AAAAAAA=\n";
    refused(parse_note(many), malformed);
    refused(parse_note(std::string(std::size_t{2} << 20, 'x') + note), malformed);
}

TEST_CASE("what is no verifier key") {
    const std::string key{kGoldenKey};
    CHECK(parse_verifier(key + '\n'));
    for (const std::string& text :
         {std::string{}, std::string{"+"}, std::string{"a+b+c"}, key + "\n\n", key + '+', key.substr(1),
          key.substr(0, key.size() - 1), replaced(key, "b5505903", "b5505904"), replaced(key, "b5505903", "B5505903"),
          replaced(key, "+AQ", "+Ag"), replaced(key, "dcx/", "dcx+"), replaced(key, "dcx/", "dcx "),
          replaced(key, "VTG4", "VTG=")}) {
        INFO(text);
        refused(parse_verifier(text), ProofErrorKind::malformed);
    }
}

TEST_CASE("base64: back and forth, and only one text for each bytes") {
    Random random(8);
    for (std::size_t size = 0; size < 70; ++size) {
        std::vector<std::byte> bytes(size);
        for (std::byte& b : bytes) b = static_cast<std::byte>(random.below(256));
        const std::string text = to_base64(bytes);
        CHECK(text.size() == (size + 2) / 3 * 4);
        REQUIRE(from_base64(text));
        CHECK(*from_base64(text) == bytes);
    }
    const std::string_view words = "any carnal pleas";
    CHECK(to_base64(std::as_bytes(std::span{words})) == "YW55IGNhcm5hbCBwbGVhcw==");
    for (const std::string_view text :
         {"YQ", "YQ=", "YR==", "YWF=", "YW=F", "====", "=AAA", "Y\nQ=", "YQ==YQ==", "Y-__"})
        CHECK(!from_base64(text));
}

}  // namespace
}  // namespace dcx::proof
