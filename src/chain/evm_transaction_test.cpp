#include "chain/evm_transaction.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "base/random.h"
#include "chain/evm_contract.h"
#include "chain/evm_text.h"
#include "chain/rlp.h"

namespace dcx::chain {
namespace {

std::string hex(std::string_view bytes) { return hex_text(bytes).substr(2); }
std::string unhex(std::string_view text) { return *parse_bytes("0x" + std::string(text)); }

TEST_CASE("rlp: the examples of its definition") {
    CHECK(hex(rlp_bytes("dog")) == "83646f67");
    CHECK(hex(rlp_list(rlp_bytes("cat") + rlp_bytes("dog"))) == "c88363617483646f67");
    CHECK(hex(rlp_bytes("")) == "80");
    CHECK(hex(rlp_list("")) == "c0");
    CHECK(hex(rlp_number(0)) == "80");
    CHECK(hex(rlp_bytes(std::string_view("\0", 1))) == "00");
    CHECK(hex(rlp_number(15)) == "0f");
    CHECK(hex(rlp_number(1024)) == "820400");
    const std::string lorem = "Lorem ipsum dolor sit amet, consectetur adipisicing elit";
    CHECK(hex(rlp_bytes(lorem)) == "b838" + hex(lorem));
    CHECK(hex(rlp_bytes(std::string(1024, 'x'))).substr(0, 6) == "b90400");
    CHECK(hex(rlp_number(~std::uint64_t{0})) == "88ffffffffffffffff");
}

TEST_CASE("rlp: what was written is read, and nothing else") {
    Random random{3};
    for (int i = 0; i < 300; ++i) {
        std::vector<std::string> strings(random.below(6));
        std::string items;
        for (std::string& s : strings) {
            s.resize(random.below(80));
            for (char& c : s) c = static_cast<char>(random.below(random.below(2) == 0 ? 3 : 256));
            items += rlp_bytes(s);
        }
        const std::string list = rlp_list(items);
        CHECK(rlp_strings(list, 6) == strings);
        CHECK(!rlp_strings(list + '\0', 6));
        CHECK(!rlp_strings(std::string_view(list).substr(0, list.size() - 1), 6));
        if (!strings.empty()) CHECK(!rlp_strings(list, strings.size() - 1));
    }
    // A string, a list in a list, lengths that are not the shortest, digits that need no length, ends in the middle.
    for (const char* wrong : {"83646f67", "c1c0", "f800", "f80180", "c3b80101", "c28101", "c2b801", "f90000", "",
                              "bfffffffffffffffff", "ffffffffffffffffff", "c1b8", "f8"})
        CHECK_MESSAGE(!rlp_strings(unhex(wrong), 9), wrong);
}

TEST_CASE("rlp: any bytes are answered, and what is read has one encoding") {
    Random random{4};
    for (int i = 0; i < 20'000; ++i) {
        std::string bytes(1 + random.below(12), '\0');
        for (char& c : bytes) c = static_cast<char>(random.below(256));
        bytes[0] = static_cast<char>(0xC0 + random.below(64));
        const auto strings = rlp_strings(bytes, 20);
        if (!strings) continue;
        std::string items;
        for (const std::string& s : *strings) items += rlp_bytes(s);
        CHECK(rlp_list(items) == bytes);
    }
}

// The example of EIP-155: private key 46 repeated, chain 1.
const EvmTransaction kExample{.nonce = 9,
                              .gas_price = 20'000'000'000,
                              .gas_limit = 21'000,
                              .to = parse_evm_address("0x3535353535353535353535353535353535353535"),
                              .value = 1'000'000'000'000'000'000,
                              .data = "",
                              .chain_id = 1};

TEST_CASE("evm transaction: the example of EIP-155") {
    CHECK(hex(unsigned_rlp(kExample)) ==
          "ec098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a764000080018080");
    CHECK(to_hex(evm_hash(unsigned_rlp(kExample))) ==
          "daf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53");
    EvmSignature signature;
    REQUIRE(
        from_hex("28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276"
                 "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83",
                 signature.rs));
    CHECK(hex(signed_rlp(kExample, signature)) ==
          "f86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a0"
          "28ef61340bd939bc2195fe537567866003e1a15d3c71ff63e1590620aa636276a0"
          "67cbe9d8997f761aecb703304b3800ccf555c9f3dc64214b297fb1966a3b6d83");
}

TEST_CASE("evm transaction: numbers of a signature have no leading zeros") {
    EvmSignature signature;
    signature.rs[1] = std::byte{5};
    signature.rs[63] = std::byte{1};
    signature.recovery = 1;
    const auto fields = rlp_strings(signed_rlp(kExample, signature), 9);
    REQUIRE(fields.has_value());
    CHECK(hex((*fields)[6]) == "26");
    CHECK((*fields)[7].size() == 31);
    CHECK(hex((*fields)[8]) == "01");
}

TEST_CASE("evm transaction: a signer reads what it is to sign, and refuses everything else") {
    CHECK(*parse_unsigned_rlp(unsigned_rlp(kExample)) == kExample);
    EvmTransaction creation = kExample;
    creation.to.reset();
    creation.data = std::string(3000, 'c');
    creation.chain_id = kMaxEvmChainId;
    CHECK(*parse_unsigned_rlp(unsigned_rlp(creation)) == creation);

    const std::string good = unsigned_rlp(kExample);
    for (std::size_t size = 0; size < good.size(); ++size) CHECK(!parse_unsigned_rlp(good.substr(0, size)));
    CHECK(!parse_unsigned_rlp(good + "x"));
    EvmSignature signature;
    signature.rs[0] = signature.rs[63] = std::byte{1};
    CHECK(!parse_unsigned_rlp(signed_rlp(kExample, signature)));
    for (const std::uint64_t chain : {std::uint64_t{0}, kMaxEvmChainId + 1}) {
        EvmTransaction none = kExample;
        none.chain_id = chain;
        CHECK(!parse_unsigned_rlp(unsigned_rlp(none)));
    }
    const auto with = [&](std::size_t field, std::string_view bytes) {
        auto fields = *rlp_strings(good, 9);
        fields[field] = bytes;
        std::string items;
        for (const std::string& f : fields) items += rlp_bytes(f);
        return parse_unsigned_rlp(rlp_list(items)).has_value();
    };
    CHECK(with(0, "\x01"));
    for (const std::size_t number : {0u, 1u, 2u, 4u, 6u}) {
        CHECK(!with(number, std::string_view("\0\1", 2)));
        CHECK(!with(number, "123456789"));
    }
    CHECK(!with(3, "nineteen bytes, not"));
    CHECK(!with(7, "\x01"));
    CHECK(!with(8, "\x01"));
}

TEST_CASE("evm addresses: of a key, and their text with and without capital letters") {
    // The key 1: its public key is the curve's generator.
    std::array<std::byte, 64> generator;
    REQUIRE(
        from_hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
                 "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8",
                 generator));
    CHECK(to_text(evm_address_of(generator)) == "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf");
    // Examples of EIP-55.
    for (const std::string text :
         {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
          "0x52908400098527886E0F7030069857D2E4169EE7", "0xde709f2102306220921060314715629080e2fb77"}) {
        CHECK(parse_evm_address(text).has_value());
        std::string other = text;
        // One letter in the other case, where there are both cases.
        for (char& c : other)
            if (c >= 'a' && c <= 'f') {
                c = static_cast<char>(c - 'a' + 'A');
                break;
            }
        const bool mixed = std::any_of(text.begin() + 2, text.end(), [](char c) { return c >= 'A' && c <= 'F'; }) &&
                           std::any_of(text.begin() + 2, text.end(), [](char c) { return c >= 'a'; });
        if (mixed) CHECK(!parse_evm_address(other));
    }
    for (const char* wrong :
         {"", "0x", "5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beae",
          "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaedd", "0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaeg"})
        CHECK(!parse_evm_address(wrong));
}

TEST_CASE("evm text: numbers and bytes have one form") {
    CHECK(quantity_text(0) == "0x0");
    CHECK(quantity_text(1024) == "0x400");
    CHECK(quantity_text(~std::uint64_t{0}) == "0xffffffffffffffff");
    CHECK(parse_quantity("0x0") == 0);
    CHECK(parse_quantity("0x4aB") == 0x4AB);
    CHECK(parse_quantity("0xffffffffffffffff") == ~std::uint64_t{0});
    for (const char* wrong : {"", "0x", "0x00", "0x01", "1", "0X1", "0x1g", "-0x1", "0x10000000000000000", "0x 1"})
        CHECK_MESSAGE(!parse_quantity(wrong), wrong);
    CHECK(parse_big_quantity("0x10000000000000000") == uint128{1} << 64);
    CHECK(parse_big_quantity("0x" + std::string(32, 'f')) == ~uint128{0});
    CHECK(parse_big_quantity("0x1" + std::string(32, '0')) == ~uint128{0});
    CHECK(parse_big_quantity("0x" + std::string(64, 'f')) == ~uint128{0});
    CHECK(!parse_big_quantity("0x" + std::string(65, 'f')));
    CHECK(parse_bytes("0x") == "");
    CHECK(parse_bytes("0x00fF") == std::string("\0\xff", 2));
    for (const char* wrong : {"", "00", "0x0", "0x0g"}) CHECK(!parse_bytes(wrong));
    CHECK(!parse_hash("0x" + std::string(62, '0')));
    CHECK(parse_hash("0x" + std::string(64, '0')) == Digest{});
}

TEST_CASE("evm contract: calls, and answers that are no words") {
    CHECK(hex(owner_call()) == "8da5cb5b");
    CHECK(hex(anchor_call(258, Digest{std::byte{0xAB}})).substr(8) ==
          std::string(60, '0') + "0102" + "ab" + std::string(62, '0'));
    const auto word = [](const char* text) { return unhex(text); };
    CHECK(number_answer(word("00000000000000000000000000000000000000000000000000000000000000ff")) == 255);
    CHECK(!number_answer(word("00000000000000000000000000000000000000000000000100000000000000ff")));
    CHECK(!number_answer(""));
    CHECK(!word_answer(std::string(31, '\0')));
    CHECK(!word_answer(std::string(64, '\0')));
    CHECK(!address_answer(word("0000000000000000000000010000000000000000000000000000000000000000")));
    CHECK(to_text(*address_answer(word("0000000000000000000000000000000000000000000000000000000000000001"))) ==
          "0x0000000000000000000000000000000000000001");
}

}  // namespace
}  // namespace dcx::chain
