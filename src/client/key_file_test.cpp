#include "client/key_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

using namespace dcx;
using namespace dcx::client;

namespace {

class Folder {
  public:
    Folder() {
        std::string pattern = std::string{::getenv("TMPDIR") != nullptr ? ::getenv("TMPDIR") : "/tmp"} + "/keyXXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        path_ = pattern;
    }
    ~Folder() {
        ::unlink(file().c_str());
        ::rmdir(path_.c_str());
    }
    [[nodiscard]] std::string file() const { return path_ + "/trader.key"; }

  private:
    std::string path_;
};

const ClientKey kKey{.key = KeyId{7u}, .account = AccountId{3u}, .seed = {std::byte{0xAB}, std::byte{0x01}}};
const std::string kSeed = "ab01" + std::string(60, '0');

}  // namespace

TEST_CASE("a key is written for its owner alone and read back") {
    const Folder folder;
    REQUIRE(write_key_file(folder.file(), kKey).has_value());
    struct stat status{};
    REQUIRE(::stat(folder.file().c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    const auto key = read_key_file(folder.file());
    REQUIRE(key.has_value());
    CHECK(key->key == kKey.key);
    CHECK(key->account == kKey.account);
    CHECK(key->seed == kKey.seed);
    // Another key never goes over it.
    CHECK_FALSE(write_key_file(folder.file(), kKey).has_value());
}

TEST_CASE("a file that others can touch is refused") {
    const Folder folder;
    REQUIRE(write_key_file(folder.file(), kKey).has_value());
    for (const mode_t mode : {0640u, 0604u, 0602u, 0620u, 0610u}) {
        REQUIRE(::chmod(folder.file().c_str(), mode) == 0);
        const auto key = read_key_file(folder.file());
        REQUIRE_FALSE(key.has_value());
        CHECK(key.error().find("chmod 600") != std::string::npos);
        CHECK(key.error().find("ab01") == std::string::npos);
    }
    REQUIRE(::chmod(folder.file().c_str(), 0400) == 0);
    CHECK(read_key_file(folder.file()).has_value());
}

TEST_CASE("no file, no regular file, too long a file") {
    const Folder folder;
    CHECK_FALSE(read_key_file(folder.file()).has_value());
    CHECK_FALSE(read_key_file("/dev/null").has_value());
    CHECK_FALSE(write_key_file(folder.file() + "/below", kKey).has_value());
    std::ofstream{folder.file()} << key_text(kKey) << std::string(5000, '#');
    REQUIRE(::chmod(folder.file().c_str(), 0600) == 0);
    CHECK_FALSE(read_key_file(folder.file()).has_value());
}

TEST_CASE("the text: comments, blank lines and any order, every fault names its line") {
    const auto key = parse_key("# mine\n\n  seed  " + kSeed + "  # secret\r\naccount 3\nkey_id\t7");
    REQUIRE(key.has_value());
    CHECK(key->key == KeyId{7u});
    CHECK(key->seed == kKey.seed);

    const auto error = [](const std::string& text) {
        const auto parsed = parse_key(text);
        REQUIRE_FALSE(parsed.has_value());
        return parsed.error();
    };
    CHECK(error("") == "key_id (not 0), account and seed are needed");
    CHECK(error("key_id 0\naccount 0\nseed " + kSeed) == "key_id (not 0), account and seed are needed");
    CHECK(error("key_id 1\nacount 3\n") == "line 2: unknown field \"acount\"");
    CHECK(error("key_id 1\nkey_id 1\n") == "line 2: key_id must be given once, as a number");
    CHECK(error("account -1\n") == "line 1: account must be given once, as a number");
    CHECK(error("account 4294967296\n") == "line 1: account must be given once, as a number");
    CHECK(error("account 1x\n") == "line 1: account must be given once, as a number");
    CHECK(error("seed ab01\n") == "line 1: seed must be given once, as 64 hexadecimal digits");
    CHECK(error("seed\n") == "line 1: seed must be given once, as 64 hexadecimal digits");
}
