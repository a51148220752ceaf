#include "wallet/vault.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "base/sha256.h"
#include "wallet/vault_file.h"

using namespace dcx;
using namespace dcx::wallet;

namespace {

class Folder {
  public:
    Folder() {
        std::string pattern = std::string{::getenv("TMPDIR") != nullptr ? ::getenv("TMPDIR") : "/tmp"} + "/vaultXXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Folder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    [[nodiscard]] std::string file() const { return path_ + "/seed.vault"; }
    [[nodiscard]] std::size_t files() const {
        return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator(path_), {}));
    }

  private:
    std::string path_;
};

// Costs nothing: what is tested is not how slow it is.
const VaultRules kCheap{.cost = {.memory_kib = 64, .passes = 1}, .allow_weak = true};

Passphrase words(std::string_view text) { return Passphrase(std::as_bytes(std::span{text})); }
Passphrase right() { return words("correct horse battery"); }

Seed counted(std::size_t size) {
    Seed seed;
    for (std::size_t i = 0; i < size; ++i) REQUIRE(seed.push_back(static_cast<std::byte>(i + 1)));
    return seed;
}

Secrets seed_only(std::size_t size) {
    Secrets secrets;
    REQUIRE(secrets.put(kChainSeed, counted(size).bytes()));
    return secrets;
}

std::vector<std::byte> read(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto bytes = std::as_bytes(std::span{text});
    return {bytes.begin(), bytes.end()};
}
void write(const std::string& path, std::span<const std::byte> bytes) {
    std::ofstream out(path, std::ios::binary | std::ios::trunc);
    out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}
// As somebody would who changes a file with intent.
void write_with_checksum(const std::string& path, std::vector<std::byte> bytes) {
    bytes.resize(bytes.size() - kVaultChecksum);
    const Digest checksum = Sha256::of(bytes);
    bytes.insert(bytes.end(), checksum.begin(), checksum.end());
    write(path, bytes);
}
void put_number(std::vector<std::byte>& bytes, std::size_t offset, std::uint32_t value) {
    std::memcpy(bytes.data() + offset, &value, sizeof value);
}

VaultErrorKind error_of(const std::string& path, const VaultRules& rules = kCheap) {
    const auto seed = open_seed(path, right(), rules);
    REQUIRE_FALSE(seed.has_value());
    CHECK(seed.error().message.starts_with(path + ": vault refused, "));
    CHECK(seed.error().message.find(to_string(seed.error().kind)) != std::string::npos);
    return seed.error().kind;
}

}  // namespace

TEST_CASE("vault: what is put in comes out again, for its owner alone") {
    for (const std::size_t size : {kMinSeed, std::size_t{32}, kMaxSeed}) {
        const Folder folder;
        // Even where a umask would take the owner's own rights.
        const mode_t before = ::umask(0777);
        const auto made = create_seed_vault(folder.file(), counted(size), right(), kCheap);
        ::umask(before);
        REQUIRE(made.has_value());
        struct stat status{};
        REQUIRE(::stat(folder.file().c_str(), &status) == 0);
        CHECK((status.st_mode & 07777) == 0600);
        CHECK(folder.files() == 1);
        const auto seed = open_seed(folder.file(), right(), kCheap);
        REQUIRE(seed.has_value());
        CHECK(*seed == counted(size));
    }
}

TEST_CASE("vault: nothing of the seed or the passphrase is in the file, and two files share nothing but their header") {
    const Folder folder;
    REQUIRE(create_seed_vault(folder.file(), counted(32), right(), kCheap).has_value());
    const auto bytes = read(folder.file());
    CHECK(bytes.size() == kVaultHeader + kContentStep + kVaultTag + kVaultChecksum);
    const Seed seed = counted(32);
    CHECK(std::ranges::search(bytes, seed.bytes().first(4)).empty());
    CHECK(std::ranges::search(bytes, right().bytes().first(4)).empty());

    const auto first = seal(seed_only(32), right(), kCheap);
    const auto second = seal(seed_only(32), right(), kCheap);
    REQUIRE((first.has_value() && second.has_value()));
    CHECK(first->salt != second->salt);
    CHECK(first->nonce != second->nonce);
    CHECK(first->ciphertext != second->ciphertext);
}

TEST_CASE("vault: a vault is never written over") {
    const Folder folder;
    REQUIRE(create_seed_vault(folder.file(), counted(32), right(), kCheap).has_value());
    const auto before = read(folder.file());
    const auto again = create_seed_vault(folder.file(), counted(16), right(), kCheap);
    REQUIRE_FALSE(again.has_value());
    CHECK(again.error().kind == VaultErrorKind::exists);
    CHECK(read(folder.file()) == before);
    CHECK(folder.files() == 1);
    // Nor any other file, nor a link to nothing.
    ::unlink(folder.file().c_str());
    REQUIRE(::symlink("nowhere", folder.file().c_str()) == 0);
    CHECK(create_seed_vault(folder.file(), counted(16), right(), kCheap).error().kind == VaultErrorKind::exists);
    CHECK(folder.files() == 1);
}

TEST_CASE("vault: a wrong passphrase is told as such") {
    const Folder folder;
    REQUIRE(create_seed_vault(folder.file(), counted(32), right(), kCheap).has_value());
    for (const char* wrong : {"", "correct horse", "correct horse battery ", "Correct horse battery"}) {
        const auto seed = open_seed(folder.file(), words(wrong), kCheap);
        REQUIRE_FALSE(seed.has_value());
        CHECK(seed.error().kind == VaultErrorKind::wrong_passphrase);
        CHECK(seed.error().message.find("(9)") != std::string::npos);
    }
    CHECK(open_seed(folder.file(), right(), kCheap).has_value());
}

TEST_CASE("vault: every flipped bit is damage, every cut is noticed") {
    const Folder folder;
    REQUIRE(create_seed_vault(folder.file(), counted(32), right(), kCheap).has_value());
    const auto whole = read(folder.file());
    for (std::size_t bit = 0; bit < 8 * whole.size(); ++bit) {
        auto bytes = whole;
        bytes[bit / 8] ^= std::byte{1} << (bit % 8);
        const auto parsed = parse_vault(bytes);
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error() == (bit < 8 * 8 ? VaultErrorKind::not_a_vault : VaultErrorKind::damaged));
    }
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const auto parsed = parse_vault(std::span{whole}.first(size));
        REQUIRE_FALSE(parsed.has_value());
        CHECK(parsed.error() ==
              (size < kVaultHeader + kVaultChecksum ? VaultErrorKind::not_a_vault : VaultErrorKind::damaged));
    }
    auto bytes = whole;
    bytes[70] ^= std::byte{1};
    write(folder.file(), bytes);
    CHECK(error_of(folder.file()) == VaultErrorKind::damaged);
    bytes.resize(kMaxVaultFile + 1);
    write(folder.file(), bytes);
    CHECK(error_of(folder.file()) == VaultErrorKind::not_a_vault);
    write(folder.file(), {});
    CHECK(error_of(folder.file()) == VaultErrorKind::not_a_vault);
}

TEST_CASE("vault: a change with a right checksum breaks the tag, wherever it is") {
    const Folder folder;
    REQUIRE(create_seed_vault(folder.file(), counted(32), right(), kCheap).has_value());
    const auto whole = read(folder.file());
    for (std::size_t at = 24; at < whole.size() - kVaultChecksum; ++at) {
        auto bytes = whole;
        bytes[at] ^= std::byte{0x10};
        write_with_checksum(folder.file(), bytes);
        CHECK(error_of(folder.file()) == VaultErrorKind::wrong_passphrase);
    }
    auto bytes = whole;
    put_number(bytes, 12, kCheap.cost.memory_kib + 1);
    write_with_checksum(folder.file(), bytes);
    CHECK(error_of(folder.file()) == VaultErrorKind::wrong_passphrase);
}

TEST_CASE("vault: versions, costs and sizes that are not ours") {
    const Folder folder;
    REQUIRE(create_seed_vault(folder.file(), counted(32), right(), kCheap).has_value());
    const auto whole = read(folder.file());
    struct Case {
        std::size_t offset;
        std::uint32_t value;
        VaultErrorKind expected;
    };
    for (const Case& c : {Case{8, 3, VaultErrorKind::unknown_version}, Case{8, 0, VaultErrorKind::unknown_version},
                          Case{12, 0, VaultErrorKind::damaged}, Case{12, 7, VaultErrorKind::damaged},
                          Case{12, 1024 * 1024 + 1, VaultErrorKind::too_costly},
                          Case{12, ~0u, VaultErrorKind::too_costly}, Case{16, 0, VaultErrorKind::damaged},
                          Case{16, 65, VaultErrorKind::too_costly}, Case{20, 0, VaultErrorKind::damaged},
                          Case{20, 31, VaultErrorKind::damaged}, Case{20, 33, VaultErrorKind::damaged},
                          Case{20, ~0u, VaultErrorKind::damaged}, Case{20, 0u - 16, VaultErrorKind::damaged}}) {
        CAPTURE(c.offset);
        CAPTURE(c.value);
        auto bytes = whole;
        put_number(bytes, c.offset, c.value);
        write_with_checksum(folder.file(), bytes);
        CHECK(error_of(folder.file()) == c.expected);
    }
}

TEST_CASE("vault: below the floor nothing is made or opened, tests excepted") {
    const Folder folder;
    for (const VaultCost weak :
         {kCheap.cost, VaultCost{.memory_kib = 64 * 1024, .passes = 2}, VaultCost{.memory_kib = 65'535, .passes = 3}}) {
        const auto made = create_seed_vault(folder.file(), counted(32), right(), {.cost = weak});
        REQUIRE_FALSE(made.has_value());
        CHECK(made.error().kind == VaultErrorKind::too_weak);
    }
    CHECK(folder.files() == 0);
    REQUIRE(create_seed_vault(folder.file(), counted(32), right(), kCheap).has_value());
    CHECK(error_of(folder.file(), {}) == VaultErrorKind::too_weak);
}

TEST_CASE("vault: at its true cost") {
    const Folder folder;
    REQUIRE(create_seed_vault(folder.file(), counted(32), right()).has_value());
    const auto sealed = parse_vault(read(folder.file()));
    REQUIRE(sealed.has_value());
    CHECK(sealed->cost == VaultCost{.memory_kib = 65'536, .passes = 3});
    const auto seed = open_seed(folder.file(), right());
    REQUIRE(seed.has_value());
    CHECK(*seed == counted(32));
}

TEST_CASE("vault: short passphrases and seeds of a wrong size are refused") {
    const Folder folder;
    CHECK(create_seed_vault(folder.file(), counted(32), words("1234567"), kCheap).error().kind ==
          VaultErrorKind::bad_passphrase);
    CHECK(create_seed_vault(folder.file(), counted(15), right(), kCheap).error().kind == VaultErrorKind::bad_seed);
    CHECK(folder.files() == 0);
}

TEST_CASE("vault: files that can't be used") {
    const Folder folder;
    CHECK(error_of(folder.file()) == VaultErrorKind::file_failed);
    CHECK(create_seed_vault(folder.file() + "/deeper/seed.vault", counted(32), right(), kCheap).error().kind ==
          VaultErrorKind::file_failed);
    REQUIRE(create_seed_vault(folder.file(), counted(32), right(), kCheap).has_value());
    for (const mode_t mode : {0640u, 0604u, 0620u, 0602u, 0610u}) {
        REQUIRE(::chmod(folder.file().c_str(), mode) == 0);
        CHECK(error_of(folder.file()) == VaultErrorKind::not_private);
    }
    ::unlink(folder.file().c_str());
    REQUIRE(::mkfifo(folder.file().c_str(), 0600) == 0);
    CHECK(error_of(folder.file()) == VaultErrorKind::not_a_vault);
}

TEST_CASE("vault: the bytes of version 1") {
    SealedVault sealed;
    sealed.version = kSeedVaultVersion;
    sealed.cost = {.memory_kib = 65'536, .passes = 3};
    sealed.content_size = 16;
    sealed.salt.fill(std::byte{0xAA});
    sealed.nonce.fill(std::byte{0xBB});
    sealed.ciphertext.assign(32, std::byte{0xCC});
    const auto file = sealed.file();
    const std::string body =
        "6463787661756c74"
        "01000000"
        "00000100"
        "03000000"
        "10000000" +
        std::string(32, 'a') + std::string(48, 'b') + std::string(64, 'c');
    CHECK(to_hex(std::span{file}.first(96)) == body);
    CHECK(to_hex(std::span{file}.subspan(96)) == to_hex(Sha256::of(std::span{file}.first(96))));
    const auto back = parse_vault(file);
    REQUIRE(back.has_value());
    CHECK(back->file() == file);
}

// Made once by this program at the least cost; a later version must still open it.
TEST_CASE("vault: a file of version 1 is opened for ever") {
    std::vector<std::byte> file(kVaultHeader + 16 + kVaultTag + kVaultChecksum);
    REQUIRE(
        from_hex("6463787661756c7401000000400000000100000010000000bee226ffa73e2d0abfa32ca06562f6f09cb24b2ffa8dd4f5f3f2c"
                 "ed4da8cd3fa85139d2e498844c165da17d1b1a858a6326ec1b3aba544a3633eac72579ba46cfbd0e284adc7f2a0af5cc48f50"
                 "42a154c247b731755e9b6d0d5284e296fb65f1fa03b22b8bb47b51",
                 file));
    const auto sealed = parse_vault(file);
    REQUIRE(sealed.has_value());
    const auto secrets = unseal(*sealed, right(), kCheap);
    REQUIRE(secrets.has_value());
    CHECK(secrets->names() == std::vector<std::string>{std::string{kChainSeed}});
    CHECK(std::ranges::equal(secrets->get(kChainSeed), counted(16).bytes()));
}

TEST_CASE("vault: the bytes of version 2") {
    SealedVault sealed;
    sealed.cost = {.memory_kib = 65'536, .passes = 3};
    sealed.content_size = kContentStep;
    sealed.salt.fill(std::byte{0xAA});
    sealed.nonce.fill(std::byte{0xBB});
    sealed.ciphertext.assign(kContentStep + kVaultTag, std::byte{0xCC});
    const auto file = sealed.file();
    CHECK(to_hex(std::span{file}.first(64)) ==
          "6463787661756c74"
          "02000000"
          "00000100"
          "03000000"
          "00100000" +
              std::string(32, 'a') + std::string(48, 'b'));
    REQUIRE(parse_vault(file).has_value());
    for (const std::uint32_t size : {0u, 16u, 4095u, 4097u, 69u * 4096u}) {
        auto other = sealed;
        other.content_size = size;
        other.ciphertext.resize(size + kVaultTag);
        CHECK(parse_vault(other.file()).error() == VaultErrorKind::damaged);
    }
}

TEST_CASE("vault: a change keeps the file before it, under the same or another passphrase") {
    const Folder folder;
    REQUIRE(create_vault(folder.file(), {}, right(), kCheap).has_value());
    const auto put = [](const char* name) {
        return [name](Secrets& secrets) -> std::expected<void, std::string> {
            REQUIRE(secrets.put(name, std::as_bytes(std::span{std::string_view{"value"}})));
            return {};
        };
    };
    const auto empty = read(folder.file());
    REQUIRE(change_vault(folder.file(), right(), right(), put("one"), kCheap).has_value());
    CHECK(read(previous_vault(folder.file())) == empty);
    const auto one = read(folder.file());
    REQUIRE(change_vault(folder.file(), right(), words("another passphrase"), put("two"), kCheap).has_value());
    CHECK(read(previous_vault(folder.file())) == one);
    CHECK(error_of(folder.file()) == VaultErrorKind::wrong_passphrase);
    const auto opened = open_vault(folder.file(), words("another passphrase"), kCheap);
    REQUIRE(opened.has_value());
    CHECK(opened->names() == std::vector<std::string>{"one", "two"});
    struct stat status{};
    REQUIRE(::stat(folder.file().c_str(), &status) == 0);
    CHECK((status.st_mode & 07777) == 0600);
    CHECK(folder.files() == 2);
}

TEST_CASE("vault: a change that is refused or can't be made leaves both files as they were") {
    const Folder folder;
    REQUIRE(create_vault(folder.file(), {}, right(), kCheap).has_value());
    const auto before = read(folder.file());
    const auto nothing = [](Secrets&) -> std::expected<void, std::string> { return {}; };
    const auto refuse = [](Secrets&) -> std::expected<void, std::string> { return std::unexpected("no"); };
    CHECK(change_vault(folder.file(), words("another passphrase"), right(), nothing, kCheap).error().kind ==
          VaultErrorKind::wrong_passphrase);
    CHECK(change_vault(folder.file(), right(), words("short"), nothing, kCheap).error().kind ==
          VaultErrorKind::bad_passphrase);
    CHECK(change_vault(folder.file(), right(), right(), refuse, kCheap).error().message == folder.file() + ": no");
    {
        const auto lock = VaultFileLock::take(folder.file());
        REQUIRE(lock.has_value());
        CHECK(change_vault(folder.file(), right(), right(), nothing, kCheap).error().kind == VaultErrorKind::busy);
    }
    CHECK(folder.files() == 1);
    CHECK(read(folder.file()) == before);
    CHECK(change_vault(folder.file(), right(), right(), nothing, kCheap).has_value());
}

TEST_CASE("vault: a copy is the same file, where none was, of a vault that opens") {
    const Folder folder;
    REQUIRE(create_seed_vault(folder.file(), counted(32), right(), kCheap).has_value());
    const std::string to = folder.file() + ".copy";
    CHECK(copy_vault(folder.file(), to, words("another passphrase"), kCheap).error().kind ==
          VaultErrorKind::wrong_passphrase);
    CHECK(folder.files() == 1);
    REQUIRE(copy_vault(folder.file(), to, right(), kCheap).has_value());
    CHECK(read(to) == read(folder.file()));
    CHECK(copy_vault(folder.file(), to, right(), kCheap).error().kind == VaultErrorKind::exists);
    CHECK(*open_seed(to, right(), kCheap) == counted(32));
}

TEST_CASE("vault: one without a seed says so") {
    const Folder folder;
    REQUIRE(create_vault(folder.file(), {}, right(), kCheap).has_value());
    CHECK(error_of(folder.file()) == VaultErrorKind::bad_seed);
}

TEST_CASE("vault: every error has a name") {
    for (unsigned kind = 1; kind <= 14; ++kind) CHECK(to_string(static_cast<VaultErrorKind>(kind)) != "unknown");
    CHECK(to_string(VaultErrorKind{}) == "unknown");
}
