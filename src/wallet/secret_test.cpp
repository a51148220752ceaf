#include "wallet/secret.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <new>
#include <string_view>
#include <utility>

using namespace dcx::wallet;

namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span{text}); }

bool all_zero(std::span<const std::byte> bytes) {
    return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

static_assert(!std::is_copy_constructible_v<SecretBytes<32>> && !std::is_copy_assignable_v<SecretBytes<32>>);
static_assert(!std::is_copy_constructible_v<SecretString<64>> && !std::is_copy_assignable_v<SecretString<64>>);

}  // namespace

TEST_CASE("secret: its bytes are gone when it is") {
    alignas(SecretBytes<32>) std::array<std::byte, sizeof(SecretBytes<32>)> place{};
    std::array<std::byte, 32> value{};
    value.fill(std::byte{0xA5});
    auto* secret = new (place.data()) SecretBytes<32>(value);
    CHECK(std::ranges::equal(secret->bytes(), value));
    secret->~SecretBytes();
    CHECK(all_zero(place));
}

TEST_CASE("secret: a move leaves nothing behind") {
    std::array<std::byte, 32> value{};
    value.fill(std::byte{0x5A});
    SecretBytes<32> source(value);
    SecretBytes<32> target(std::move(source));
    CHECK(std::ranges::equal(target.bytes(), value));
    CHECK(all_zero(source.bytes()));  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    source = std::move(target);
    CHECK(std::ranges::equal(source.bytes(), value));
    CHECK(all_zero(target.bytes()));  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
}

TEST_CASE("secret: text up to its capacity") {
    SecretString<4> text(bytes_of("abc"));
    CHECK(text.size() == 3);
    CHECK(text == SecretString<4>(bytes_of("abc")));
    CHECK_FALSE(text == SecretString<4>(bytes_of("abd")));
    CHECK_FALSE(text == SecretString<4>(bytes_of("ab")));
    CHECK(text.push_back(std::byte{'d'}));
    CHECK_FALSE(text.push_back(std::byte{'e'}));
    CHECK(text == SecretString<4>(bytes_of("abcd")));
    const SecretString<4> moved(std::move(text));
    CHECK(moved.size() == 4);
    CHECK(text.size() == 0);  // NOLINT(bugprone-use-after-move,clang-analyzer-cplusplus.Move)
    text.clear();
    CHECK(text == SecretString<4>{});
}
