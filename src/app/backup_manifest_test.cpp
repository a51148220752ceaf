#include "app/backup_manifest.h"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using namespace dcx;
using namespace dcx::app;

namespace {

Manifest two_files() {
    const auto digest = [](unsigned char value) {
        Digest result{};
        result.fill(std::byte{value});
        return result;
    };
    return {.venue_id = std::string(32, 'a'),
            .sequence = 52'377,
            .batch = 17,
            .journal_hash = std::string(64, 'b'),
            .time = 1'796'000'000'000'000'000,
            .files = {{.path = "dcx.toml", .facts = {.size = 10, .bytes = 10, .sha256 = digest(1)}},
                      {.path = "journal/00000000000000000001.journal",
                       .facts = {.size = 1u << 20, .bytes = 8192, .sha256 = digest(2)}}}};
}

}  // namespace

TEST_CASE("manifest: its text comes back") {
    const Manifest manifest = two_files();
    const Manifest back = parse_manifest(manifest_text(manifest), "here");
    CHECK(manifest_text(back) == manifest_text(manifest));
    CHECK(back.sequence == manifest.sequence);
    REQUIRE(back.find("dcx.toml") != nullptr);
    CHECK(back.find("dcx.toml")->facts == manifest.files[0].facts);
    CHECK(back.find("journal/2") == nullptr);
}

TEST_CASE("manifest: every other byte is noticed, or means the same") {
    const std::string text = manifest_text(two_files());
    // What a text means; empty: refused.
    const auto meaning = [](const std::string& other) -> std::string {
        try {
            return manifest_text(parse_manifest(other, "here"));
        } catch (const std::runtime_error& e) {
            CHECK(std::string{e.what()}.starts_with("here: is damaged"));
            return {};
        }
    };
    std::size_t refused = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string other = text;
        other[i] = static_cast<char>(other[i] ^ 1);
        const std::string found = meaning(other);
        // White space outside of a text.
        CHECK((found.empty() || found == text));
        refused += found.empty() ? 1u : 0u;
    }
    CHECK(refused > text.size() / 2);
    // Without its last newline it is whole.
    CHECK(meaning(text.substr(0, text.size() - 1)) == text);
    for (std::size_t size = 0; size + 1 < text.size(); ++size) CHECK(meaning(text.substr(0, size)).empty());
}

TEST_CASE("manifest: paths that leave the folder, or that no backup has, are refused") {
    for (const char* path : {"journal/00000000000000000001.journal", "snapshots/00000000000000000099.snapshot",
                             "dcx.toml", "venue.vault", "archive/00000000000000000001.journal.zst"})
        CHECK(valid_backup_path(path));
    for (const char* path :
         {"", "journal/", "journal/../keys/operator.key", "journal/.hidden", "journal/a/b", "/etc/passwd",
          "keys/operator.key", "../dcx.toml", "journal", "snapshots/A", "admin.token"}) {
        CHECK_FALSE(valid_backup_path(path));
        Manifest manifest = two_files();
        manifest.files[0].path = path;
        CHECK_THROWS_AS(static_cast<void>(parse_manifest(manifest_text(manifest), "here")), std::runtime_error);
    }
    Manifest twice = two_files();
    twice.files.push_back(twice.files[0]);
    CHECK_THROWS_AS(static_cast<void>(parse_manifest(manifest_text(twice), "here")), std::runtime_error);
    Manifest longer = two_files();
    longer.files[0].facts.bytes = 11;
    CHECK_THROWS_AS(static_cast<void>(parse_manifest(manifest_text(longer), "here")), std::runtime_error);
}
