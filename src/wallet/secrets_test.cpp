#include "wallet/secrets.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

using namespace dcx::wallet;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }
std::vector<std::byte> copy_of(std::span<const std::byte> bytes) { return {bytes.begin(), bytes.end()}; }

Secrets three() {
    Secrets secrets;
    REQUIRE(secrets.put("totp.alice", bytes_of("12345678901234567890")));
    REQUIRE(secrets.put("hmac-key", bytes_of("k")));
    REQUIRE(secrets.put("salt_1", bytes_of(std::string(kMaxSecret, 's'))));
    return secrets;
}

}  // namespace

TEST_CASE("secrets: put, replace, get, remove, by name") {
    Secrets secrets = three();
    CHECK(secrets.names() == std::vector<std::string>{"hmac-key", "salt_1", "totp.alice"});
    CHECK(std::ranges::equal(secrets.get("hmac-key"), bytes_of("k")));
    CHECK(secrets.get("hmac").empty());
    CHECK(secrets.put("hmac-key", bytes_of("another")));
    CHECK(std::ranges::equal(secrets.get("hmac-key"), bytes_of("another")));
    CHECK(secrets.size() == 3);
    CHECK(secrets.remove("hmac-key"));
    CHECK_FALSE(secrets.remove("hmac-key"));
    CHECK(secrets.size() == 2);
}

TEST_CASE("secrets: names, sizes and numbers that are not allowed change nothing") {
    Secrets secrets = three();
    const std::string long_name(kMaxSecretName + 1, 'a');
    for (const std::string_view name : {std::string_view{""}, std::string_view{"A"}, std::string_view{"a b"},
                                        std::string_view{"a/b"}, std::string_view{long_name}})
        CHECK_FALSE(secrets.put(name, bytes_of("x")));
    CHECK(secrets.put(std::string_view{long_name}.substr(1), bytes_of("x")));
    CHECK_FALSE(secrets.put("b", {}));
    CHECK_FALSE(secrets.put("b", bytes_of(std::string(kMaxSecret + 1, 'x'))));
    CHECK(secrets.size() == 4);
    for (std::size_t i = secrets.size(); i < kMaxSecrets; ++i)
        REQUIRE(secrets.put("n" + std::to_string(i), bytes_of("x")));
    CHECK_FALSE(secrets.put("one-more", bytes_of("x")));
    CHECK(secrets.put("hmac-key", bytes_of("still replaced")));
}

TEST_CASE("secrets: the content's bytes come back, and are a step long whatever little is in them") {
    CHECK(Secrets{}.content().bytes().size() == kContentStep);
    const Secrets secrets = three();
    const SecretBuffer content = secrets.content();
    CHECK(content.bytes().size() == 2 * kContentStep);
    const auto back = Secrets::parse(content.bytes());
    REQUIRE(back.has_value());
    CHECK(back->names() == secrets.names());
    for (const std::string& name : secrets.names()) CHECK(std::ranges::equal(back->get(name), secrets.get(name)));
}

TEST_CASE("secrets: content of another shape is refused") {
    CHECK_FALSE(Secrets::parse({}).has_value());
    Secrets secrets;
    REQUIRE(secrets.put("ab", bytes_of("cd")));
    // count 1 | 2 "ab" | 2 "cd" | zeros
    const auto whole = copy_of(secrets.content().bytes());
    CHECK_FALSE(Secrets::parse(std::span{whole}.first(kContentStep - 1)).has_value());
    const auto with = [&](std::size_t at, unsigned char value) {
        auto bytes = whole;
        bytes[at] = std::byte{value};
        return Secrets::parse(bytes).has_value();
    };
    CHECK(with(0, 1));
    CHECK_FALSE(with(0, 0));    // zeros must follow
    CHECK_FALSE(with(0, 2));    // an empty name
    CHECK_FALSE(with(0, 65));   // too many
    CHECK_FALSE(with(4, 0));    // no name
    CHECK_FALSE(with(5, 'A'));  // not a name's letter
    CHECK_FALSE(with(7, 0));    // no secret
    CHECK_FALSE(with(9, 255));  // longer than all there is
    CHECK_FALSE(with(kContentStep - 1, 1));
    auto longer = whole;
    longer.resize(2 * kContentStep);
    CHECK_FALSE(Secrets::parse(longer).has_value());
    // Two of one name, which a reader could take for either.
    auto twice = whole;
    twice[0] = std::byte{2};
    std::copy_n(twice.begin() + 4, 9, twice.begin() + 13);
    CHECK_FALSE(Secrets::parse(twice).has_value());
    twice[14] = std::byte{'b'};
    CHECK(Secrets::parse(twice).has_value());
}

TEST_CASE("secrets: a move leaves nothing behind") {
    SecretBuffer source(bytes_of("abc"));
    const SecretBuffer target(std::move(source));
    CHECK(std::ranges::equal(target.bytes(), bytes_of("abc")));
    CHECK(source.bytes().empty());  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
}
