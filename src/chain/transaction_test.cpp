#include "chain/transaction.h"

#include <doctest/doctest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "base/skip_test.h"
#include "chain/block_hash.h"

namespace dcx::chain {
namespace {

using Json = nlohmann::json;

std::string text_at(const Json& value, const char* name) { return value.at(name).get<std::string>(); }

Digest digest_at(const Json& value, const char* name) {
    Digest digest;
    REQUIRE(from_hex(text_at(value, name), digest));
    return digest;
}

Json vectors() {
    const std::string path = shared_file("facts/decoin-vectors.json");
    if (path.empty()) return {};
    std::ifstream file(path);
    return Json::parse(file);
}

std::string hex_of(const std::string& text) { return to_hex(std::as_bytes(std::span{text})); }

}  // namespace

TEST_CASE("canonical json: the layout of the chain") {
    const auto text = [](const char* json) { return canonical_json(Json::parse(json)); };
    CHECK(text(R"({})") == "{}");
    CHECK(text(R"([])") == "[]");
    CHECK(text(R"({"b":1,"a":[true,false,null,-5],"B":{}})") == R"({"B": {}, "a": [true, false, null, -5], "b": 1})");
    CHECK(text(R"("\"\\/\b\f\n\r\t\u0001\u007f")") == R"("\"\\/\b\f\n\r\t\u0001\u007f")");
    CHECK(text("\"\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80\"") == R"("\u00fc \u20ac \ud83d\ude00")");
    CHECK(text("9223372036854775807") == "9223372036854775807");
    CHECK(text("-9223372036854775808") == "-9223372036854775808");
    // By code points: the last of two bytes, the first of three, an astral one.
    CHECK(canonical_json(Json{{"\xf0\x9f\x98\x80", 4}, {"\xef\xbf\xbd", 3}, {"z", 1}, {"\xdf\xbf", 2}}) ==
          R"({"z": 1, "\u07ff": 2, "\ufffd": 3, "\ud83d\ude00": 4})");
}

TEST_CASE("canonical json: what has no one text is refused by number") {
    CHECK(canonical_json(1.5).error() == CanonicalError::fraction);
    CHECK(canonical_json(1.0).error() == CanonicalError::fraction);
    CHECK(canonical_json(Json::parse("[{\"a\":[1e3]}]")).error() == CanonicalError::fraction);
    CHECK(canonical_json(Json::parse("9223372036854775808")).error() == CanonicalError::number_too_large);
    for (const char* bytes : {"\x80", "\xc3", "\xc0\x80", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                              "\xf4\x90\x80\x80", "\xff", "a\xe2\x82"})
        CHECK(canonical_json(std::string(bytes)).error() == CanonicalError::not_utf8);
    CHECK(canonical_json(Json{{"\xff", 1}}).error() == CanonicalError::not_utf8);
    Json deep = 1;
    for (int i = 0; i < kMaxJsonDepth; ++i) deep = Json::array({deep});
    CHECK(canonical_json(deep).has_value());
    CHECK(canonical_json(Json::array({deep})).error() == CanonicalError::not_json);
    CHECK(canonical_json(Json::binary({1})).error() == CanonicalError::not_json);
}

TEST_CASE("canonical json: what is read is bounded") {
    CHECK(parse_json("{\"a\": [1, 2.5]}").has_value());
    for (const char* text : {"", "{", "{\"a\":}", "nan", "[1,]", "\"\xff\"", "{} {}", "1e999"})
        CHECK(parse_json(text).error() == CanonicalError::not_json);
    const std::string deep(1'000'000, '[');
    CHECK(parse_json(deep).error() == CanonicalError::not_json);
    CHECK(parse_json(deep + std::string(1'000'000, ']')).error() == CanonicalError::not_json);
}

TEST_CASE("transaction: the chain's own vectors: bytes, hash, body") {
    const Json all = vectors();
    if (all.is_null()) return skip_test("no ../shared/facts/decoin-vectors.json beside the repository");
    for (const Json& vector : all.at("transactions")) {
        CAPTURE(text_at(vector, "name"));
        const Json& fields = vector.at("fields");
        const Transaction transaction{
            .type = text_at(fields, "type"),
            .sender = text_at(fields, "sender"),
            .recipient = text_at(fields, "recipient"),
            .amount = fields.at("amount").get<std::int64_t>(),
            .nonce = fields.at("nonce").get<std::uint64_t>(),
            .timestamp_s = static_cast<std::int64_t>(fields.at("timestamp").get<double>()),
            .metadata = fields.at("metadata").is_null() ? "{}" : fields.at("metadata").dump(),
        };
        const auto text = canonical_text(transaction);
        REQUIRE(text.has_value());
        CHECK(*text == text_at(vector, "canonical_text"));
        CHECK(hex_of(*text) == text_at(vector, "canonical_hex"));
        CHECK(transaction_hash(transaction) == digest_at(vector, "hash"));
        ChainSignature signature;
        ChainKey key;
        REQUIRE(from_hex(text_at(vector, "signature"), signature));
        REQUIRE(from_hex(text_at(vector, "public_key"), key));
        if (!vector.contains("post_body") || vector.at("post_body").is_null()) continue;
        const auto body = post_body(transaction, &signature, &key);
        REQUIRE(body.has_value());
        Json expected = vector.at("post_body");
        // The vector may carry the fraction that is not signed; ours carries what is.
        expected["timestamp"] = transaction.timestamp_s;
        CHECK(Json::parse(*body) == expected);
        // And back, as it was and with its fraction.
        for (const std::string& posted : {*body, vector.at("post_body").dump()}) {
            const auto parsed = parse_post_body(posted);
            REQUIRE(parsed.has_value());
            CHECK(transaction_hash(parsed->transaction) == digest_at(vector, "hash"));
            CHECK(parsed->signature == text_at(vector, "signature"));
            CHECK(parsed->public_key == text_at(vector, "public_key"));
        }
    }
    for (const Json& vector : all.at("repo_frontend_test_vectors").at("vectors")) {
        const Transaction transaction{.sender = text_at(vector, "address"),
                                      .recipient = text_at(vector, "recipient"),
                                      .amount = vector.at("amount").get<std::int64_t>(),
                                      .nonce = vector.at("nonce").get<std::uint64_t>(),
                                      .timestamp_s = vector.at("timestamp").get<std::int64_t>(),
                                      .metadata = vector.at("metadata").dump()};
        CHECK(canonical_text(transaction) == text_at(vector, "signing_bytes"));
    }
}

TEST_CASE("transaction: the chain's own vectors: multisig, Merkle roots, blocks") {
    const Json all = vectors();
    if (all.is_null()) return skip_test("no ../shared/facts/decoin-vectors.json beside the repository");
    const Json& multisig = all.at("multisig");
    const Json signed_text = Json::parse(text_at(multisig, "canonical_text"));
    const Transaction transaction{.type = text_at(signed_text, "type"),
                                  .sender = text_at(multisig, "address"),
                                  .recipient = text_at(signed_text, "recipient"),
                                  .amount = signed_text.at("amount").get<std::int64_t>(),
                                  .nonce = signed_text.at("nonce").get<std::uint64_t>(),
                                  .timestamp_s = signed_text.at("timestamp").get<std::int64_t>(),
                                  .metadata = multisig.at("metadata").dump()};
    CHECK(canonical_text(transaction) == text_at(multisig, "canonical_text"));
    CHECK(transaction_hash(transaction) == digest_at(multisig, "hash"));
    const auto body = post_body(transaction, nullptr, nullptr);
    REQUIRE(body.has_value());
    CHECK(Json::parse(*body).at("metadata") == multisig.at("metadata"));
    CHECK_FALSE(Json::parse(*body).contains("signature"));
    CHECK(parse_post_body(*body).has_value());

    for (const Json& vector : all.at("block_merkle")) {
        std::vector<Digest> leaves;
        for (const Json& leaf : vector.at("leaves")) REQUIRE(from_hex(leaf.get<std::string>(), leaves.emplace_back()));
        CHECK(block_merkle_root(leaves) == digest_at(vector, "root"));
    }
    for (const char* name : {"genesis", "block"}) {
        const Json& block = all.at(name);
        const BlockHeader header{
            .index = block.at("index").get<std::uint64_t>(),
            .timestamp = block.at("timestamp").get<double>(),
            .merkle_root = digest_at(block, "merkle_root"),
            .previous_hash = text_at(block, "previous_hash"),
            .nonce = block.at("nonce").get<std::uint64_t>(),
            .difficulty = block.at("difficulty").get<std::uint64_t>(),
            .validator = block.at("validator").is_null() ? "" : text_at(block, "validator"),
            .stake_weight = block.at("stake_weight").get<double>(),
            .work_weight = block.at("work_weight").get<double>(),
        };
        CHECK(block_preimage(header) == text_at(block, "block_hash_preimage"));
        CHECK(block_hash(header) == digest_at(block, "block_hash"));
        std::vector<Digest> leaves;
        for (const Json& inside : block.at("transactions")) leaves.push_back(digest_at(inside, "tx_hash"));
        CHECK(block_merkle_root(leaves) == header.merkle_root);
    }
    CHECK(text_at(all.at("genesis"), "block_hash") == kDecoinGenesis);
}

TEST_CASE("transaction: numbers with a fraction as Python writes them") {
    CHECK(python_repr(0) == "0.0");
    CHECK(python_repr(-0.0) == "-0.0");
    CHECK(python_repr(1700000000) == "1700000000.0");
    CHECK(python_repr(0.1) == "0.1");
    CHECK(python_repr(0.0001) == "0.0001");
    CHECK(python_repr(0.00001) == "1e-05");
    CHECK(python_repr(1.25e-7) == "1.25e-07");
    CHECK(python_repr(1e15) == "1000000000000000.0");
    CHECK(python_repr(1e16) == "1e+16");
    CHECK(python_repr(-123456789.125) == "-123456789.125");
    CHECK(python_repr(1e100) == "1e+100");
    CHECK(python_repr(9007199254740993.0) == "9007199254740992.0");
}

TEST_CASE("transaction: fields that can't be are refused by number") {
    Transaction good{.sender = "a", .recipient = "b", .amount = 1};
    REQUIRE(canonical_text(good).has_value());
    const auto broken = [&](auto change) {
        Transaction bad = good;
        change(bad);
        const auto error = canonical_text(bad).error();
        CHECK(post_body(bad, nullptr, nullptr).error() == error);
        return error;
    };
    CHECK(broken([](Transaction& t) { t.type = "data"; }) == CanonicalError::unknown_type);
    CHECK(broken([](Transaction& t) { t.amount = -1; }) == CanonicalError::value_out_of_range);
    CHECK(broken([](Transaction& t) { t.timestamp_s = -1; }) == CanonicalError::value_out_of_range);
    CHECK(broken([](Transaction& t) { t.nonce = std::uint64_t{1} << 63; }) == CanonicalError::value_out_of_range);
    CHECK(broken([](Transaction& t) { t.metadata = "[]"; }) == CanonicalError::not_an_object);
    CHECK(broken([](Transaction& t) { t.metadata = "{"; }) == CanonicalError::not_json);
    CHECK(broken([](Transaction& t) { t.metadata = R"({"fee": 0.001})"; }) == CanonicalError::fraction);
    CHECK(broken([](Transaction& t) { t.recipient = "\xff"; }) == CanonicalError::not_utf8);
    good.type = "atomic_swap";
    CHECK(canonical_text(good).has_value());
    CHECK(post_body(good, nullptr, nullptr).error() == CanonicalError::unknown_type);
    CHECK(is_minter("system"));
    CHECK(is_minter("mining_reward"));
    CHECK_FALSE(is_minter("System"));
    CHECK_FALSE(is_minter(""));
    CHECK(posted_name("data_storage") == "data");
    CHECK(chain_name("timelocked") == "time_locked");
    CHECK(chain_name("").empty());
    CHECK(chain_name("standardx").empty());
}

TEST_CASE("transaction: bodies that are none are refused by number") {
    const Json good = Json::parse(
        R"({"sender":"a","recipient":"b","amount":1,"transaction_type":"standard","nonce":2,"timestamp":3.9,"metadata":{}})");
    const auto parsed = parse_post_body(good.dump());
    REQUIRE(parsed.has_value());
    CHECK(parsed->transaction.timestamp_s == 3);
    const auto with = [&](const char* name, const Json& value) {
        Json body = good;
        body[name] = value;
        return parse_post_body(body.dump()).error();
    };
    for (const char* name : {"sender", "recipient", "amount", "transaction_type", "nonce", "timestamp"}) {
        Json body = good;
        body.erase(name);
        CHECK(parse_post_body(body.dump()).error() == CanonicalError::field_missing);
    }
    CHECK(with("amount", 1.5) == CanonicalError::fraction);
    CHECK(with("amount", "1") == CanonicalError::field_missing);
    CHECK(with("amount", -1) == CanonicalError::value_out_of_range);
    CHECK(with("amount", 10'000'000'000'000'000'000u) == CanonicalError::number_too_large);
    CHECK(with("nonce", -1) == CanonicalError::value_out_of_range);
    CHECK(with("timestamp", "now") == CanonicalError::field_missing);
    CHECK(with("timestamp", -0.5) == CanonicalError::value_out_of_range);
    CHECK(with("timestamp", 1e300) == CanonicalError::value_out_of_range);
    CHECK(with("metadata", Json::array()) == CanonicalError::not_an_object);
    CHECK(with("metadata", Json{{"fee", 0.5}}) == CanonicalError::fraction);
    CHECK(with("transaction_type", "") == CanonicalError::unknown_type);
    CHECK(parse_post_body("[]").error() == CanonicalError::not_an_object);
    CHECK(parse_post_body("nonsense").error() == CanonicalError::not_json);
}

}  // namespace dcx::chain
