// The keys' file and the files that are there whole or not at all.
#include "proof/keys.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "proof/kept_liabilities.h"
#include "proof/published.h"
#include "proof/recorded_mark.h"
#include "proof/whole_file.h"

namespace dcx::proof {
namespace {

class KeyFolder {
  public:
    KeyFolder() {
        std::string name = "/tmp/dcx-keys-XXXXXX";
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        path_ = name;
    }
    ~KeyFolder() { std::filesystem::remove_all(path_); }
    KeyFolder(const KeyFolder&) = delete;
    KeyFolder& operator=(const KeyFolder&) = delete;
    [[nodiscard]] std::string file() const { return path_ + "/proof.keys"; }
    void write(const std::string& text) const {
        std::ofstream(file(), std::ios::binary) << text;
        ::chmod(file().c_str(), 0600);
    }

  private:
    std::string path_;
};

}  // namespace

TEST_CASE("proof keys: written for their owner, read back, never over others") {
    const KeyFolder folder;
    const ProofKeys keys = new_proof_keys();
    REQUIRE(write_proof_keys(folder.file(), keys).has_value());
    const auto read = read_proof_keys(folder.file());
    REQUIRE(read.has_value());
    CHECK(read->checkpoint == keys.checkpoint);
    CHECK(read->salt == keys.salt);
    CHECK(read->liabilities == keys.liabilities);
    CHECK_FALSE(read->previous.has_value());
    CHECK(keys.salt != new_proof_keys().salt);
    CHECK_FALSE(write_proof_keys(folder.file(), keys).has_value());
    REQUIRE(::chmod(folder.file().c_str(), 0640) == 0);
    CHECK_FALSE(read_proof_keys(folder.file()).has_value());
}

TEST_CASE("proof keys: a rotation keeps the key before, and waits until that one was published") {
    const KeyFolder folder;
    const ProofKeys keys = new_proof_keys();
    REQUIRE(write_proof_keys(folder.file(), keys).has_value());
    REQUIRE(rotate_checkpoint_key(folder.file(), ed25519_public_key(keys.checkpoint)).has_value());
    const auto read = read_proof_keys(folder.file());
    REQUIRE(read.has_value());
    CHECK(read->previous == keys.checkpoint);
    CHECK(read->checkpoint != keys.checkpoint);
    CHECK(read->salt == keys.salt);
    CHECK_FALSE(rotate_checkpoint_key(folder.file(), ed25519_public_key(keys.checkpoint)).has_value());
    struct stat status{};
    REQUIRE(::stat(folder.file().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("proof keys: a file that is not exactly one names itself and shows no secret") {
    const KeyFolder folder;
    const std::string hex(64, 'a');
    const std::string whole = "checkpoint-key " + hex + "\nsalt-key " + hex + "\nliabilities-key " + hex + "\n";
    folder.write(whole);
    CHECK(read_proof_keys(folder.file()).has_value());
    for (const std::string& text :
         {std::string{}, whole + "salt-key " + hex + "\n", whole + "other " + hex + "\n", whole.substr(1),
          whole.substr(0, whole.size() - 1), "checkpoint-key " + hex + "\nsalt-key " + hex + "\n", whole + "\n",
          "checkpoint-key  " + hex + "\n" + whole.substr(80), whole + std::string(5000, 'x')}) {
        CAPTURE(text);
        folder.write(text);
        const auto read = read_proof_keys(folder.file());
        REQUIRE_FALSE(read.has_value());
        CHECK(read.error().find(folder.file()) != std::string::npos);
        CHECK(read.error().find(hex) == std::string::npos);
    }
}

TEST_CASE("key list: a line each, the first from checkpoint 1, anything else is malformed") {
    const auto line = [](char first, const std::string& from) {
        Ed25519PublicKey key{};
        key.fill(std::byte(first));
        return verifier_text(verifier_key("dcx/00000000000000000000000000000001", key)) + from + "\n";
    };
    const auto keys = parse_key_list(line('a', "") + line('b', " from 12") + line('c', " from 40"));
    REQUIRE(keys.has_value());
    CHECK(key_for(*keys, 1).from == 1);
    CHECK(key_for(*keys, 11).from == 1);
    CHECK(key_for(*keys, 12).from == 12);
    CHECK(key_for(*keys, 39).from == 12);
    CHECK(key_for(*keys, 1000).from == 40);
    for (const std::string& text :
         {std::string{}, line('a', " from 2"), line('a', "") + line('b', ""), line('a', "") + line('b', " from 012"),
          line('a', "") + line('b', " from 9") + line('c', " from 9"), line('a', "") + "\n",
          line('a', "").substr(0, 20), line('a', "") + line('b', " from x"), line('a', " ")})
        CHECK_FALSE(parse_key_list(text).has_value());
}

TEST_CASE("kept files: every byte counts, of the mark and of the liabilities") {
    const KeyFolder folder;
    const RecordedMark mark{.sequence = 77, .events = 99, .epoch = 3, .batch = 5};
    REQUIRE(write_mark(folder.file(), mark).has_value());
    REQUIRE(read_mark(folder.file()).has_value());
    CHECK(read_mark(folder.file())->events == 99);
    const KeptLiabilities kept{.venue_id = {},
                               .checkpoint = 4,
                               .depth = 4,
                               .accounts = 9,
                               .assets = {{.asset = AssetId{1u},
                                           .liabilities = {{AccountId{6u}, {}},
                                                           {AccountId{7u}, Amount{std::int64_t{50}}},
                                                           {AccountId{8u}, {}},
                                                           {AccountId{9u}, Amount{std::int64_t{1}}}}}}};
    const std::string bytes = kept_liabilities_bytes(kept);
    const auto read = parse_kept_liabilities(bytes);
    REQUIRE(read.has_value());
    REQUIRE(read->assets.size() == 1);
    REQUIRE(read->assets[0].liabilities.size() == 4);
    CHECK(read->assets[0].liabilities[1].amount.value == 50);
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        std::string changed = bytes;
        changed[i] = static_cast<char>(changed[i] ^ 4);
        CHECK_FALSE(parse_kept_liabilities(changed).has_value());
        CHECK_FALSE(parse_kept_liabilities(std::string_view{bytes}.substr(0, i)).has_value());
    }
    const auto text = read_whole(folder.file(), 1000);
    REQUIRE(text.has_value());
    for (std::size_t i = 0; i < text->size(); ++i) {
        std::string changed = *text;
        changed[i] = static_cast<char>(changed[i] ^ 1);
        REQUIRE(write_whole(folder.file(), changed, 0600).has_value());
        CHECK_FALSE(read_mark(folder.file()).has_value());
    }
}

}  // namespace dcx::proof
