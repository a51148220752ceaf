#include "chain/decoin_answers.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <string>

namespace dcx::chain {
namespace {

const std::string kHash(64, 'a');
const std::string kOther(64, 'b');

Digest digest(const std::string& hex) {
    Digest out;
    REQUIRE(from_hex(hex, out));
    return out;
}

nlohmann::json shown(const std::string& hash = kHash, int height = 3) {
    return {{"transaction_id", hash},
            {"sender", "DECa"},
            {"recipient", "DECb"},
            {"amount", 5},
            {"timestamp", "2026-11-22T17:00:00"},
            {"transaction_type", "standard"},
            {"metadata", {{"fee", 0}}},
            {"status", "confirmed"},
            {"block_height", height}};
}
nlohmann::json block_json() {
    return {{"index", 3}, {"hash", kHash},   {"previous_hash", kOther}, {"timestamp", "x"}, {"transactions", {shown()}},
            {"nonce", 1}, {"difficulty", 1}, {"miner", nullptr}};
}

template <class T>
NodeErrorKind kind(const NodeAnswer<T>& answer) {
    REQUIRE_FALSE(answer.has_value());
    CHECK_FALSE(answer.error().seen.empty());
    return answer.error().kind;
}

}  // namespace

TEST_CASE("decoin answers: status") {
    CHECK(status_of(R"({"chain_height":7,"uptime":1.5,"more":[]})")->blocks == 7);
    CHECK(status_of(R"({"chain_height":7,"uptime":2})")->uptime_s == 2);
    for (const char* body :
         {"", "[]", "null", "<html>", R"({"chain_height":0,"uptime":1})", R"({"chain_height":7})",
          R"({"chain_height":"7","uptime":1})", R"({"chain_height":7.5,"uptime":1})",
          R"({"chain_height":7,"uptime":-1})", R"({"chain_height":99999999999999999999,"uptime":1})"})
        CHECK(kind(status_of(body)) == NodeErrorKind::malformed);
}

TEST_CASE("decoin answers: balances with a point, as far as they are exact") {
    const auto balance = [](const std::string& number) {
        return balance_of(R"({"address":"DECa","balance":)" + number + R"(,"pending":0.0,"staked":0.0})", "DECa");
    };
    CHECK(balance("0.0") == 0);
    CHECK(balance("-0.0") == 0);
    CHECK(balance("1250.0") == 1250);
    CHECK(balance("1250") == 1250);
    CHECK(balance("9007199254740991.0") == 9'007'199'254'740'991);
    for (const char* number : {"9007199254740992.0", "1e300", "0.5", "-1.0", "\"5\"", "null", "18446744073709551615"})
        CHECK(kind(balance(number)) == NodeErrorKind::malformed);
    CHECK(kind(balance_of(R"({"address":"DECb","balance":1.0})", "DECa")) == NodeErrorKind::malformed);
}

TEST_CASE("decoin answers: a block") {
    const auto block = block_of(block_json().dump(), 3);
    REQUIRE(block.has_value());
    CHECK(block->hash == digest(kHash));
    CHECK(block->previous == digest(kOther));
    REQUIRE(block->transactions.size() == 1);
    CHECK(block->transactions[0].amount == 5);
    CHECK(block->transactions[0].metadata == R"({"fee":0})");
    CHECK(block->transactions[0].height == 3);
    CHECK(kind(block_of(block_json().dump(), 4)) == NodeErrorKind::malformed);
    for (const char* name : {"index", "hash", "previous_hash", "transactions"}) {
        auto broken = block_json();
        broken.erase(name);
        CHECK(kind(block_of(broken.dump(), 3)) == NodeErrorKind::malformed);
        broken[name] = "0";
        CHECK(kind(block_of(broken.dump(), 3)) == NodeErrorKind::malformed);
    }
    for (const char* name : {"transaction_id", "sender", "recipient", "transaction_type", "status", "block_height"}) {
        auto broken = block_json();
        broken["transactions"][0].erase(name);
        CHECK(kind(block_of(broken.dump(), 3)) == NodeErrorKind::malformed);
    }
    auto other = block_json();
    other["transactions"][0]["block_height"] = 2;
    CHECK(kind(block_of(other.dump(), 3)) == NodeErrorKind::malformed);
    other["transactions"][0] = "x";
    CHECK(kind(block_of(other.dump(), 3)) == NodeErrorKind::malformed);
    auto genesis = block_json();
    genesis["index"] = 0;
    genesis["previous_hash"] = "0";
    genesis["transactions"] = nlohmann::json::array();
    CHECK(block_of(genesis.dump(), 0)->previous == Digest{});
}

TEST_CASE("decoin answers: what a stranger puts into a block does not make it unreadable") {
    auto body = block_json().dump();
    const auto with_amount = [&](const std::string& amount) {
        std::string changed = body;
        changed.replace(changed.find("\"amount\":5"), 10, "\"amount\":" + amount);
        const auto block = block_of(changed, 3);
        REQUIRE(block.has_value());
        return block->transactions[0].amount;
    };
    CHECK(with_amount("9223372036854775807") == 9'223'372'036'854'775'807);
    CHECK(with_amount("9223372036854775808") == -1);
    CHECK(with_amount("1000000000000000000000000000000") == -1);
    CHECK(with_amount("-5") == -1);
    CHECK(with_amount("1.5") == -1);
    auto odd = block_json();
    odd["transactions"][0]["metadata"] = nullptr;
    odd["transactions"][0]["recipient"] = "\xf0\x9f\x98\x80";
    CHECK(block_of(odd.dump(), 3)->transactions[0].metadata.empty());
    std::string deep = block_json().dump();
    deep.replace(deep.find("{\"fee\":0}"), 9, "{\"a\":" + std::string(500, '[') + std::string(500, ']') + "}");
    CHECK(block_of(deep, 3).has_value());
}

TEST_CASE("decoin answers: a transaction, pending or in a block") {
    CHECK(transaction_of(shown().dump(), digest(kHash))->height == 3);
    auto pending = shown();
    pending["status"] = "pending";
    CHECK(kind(transaction_of(pending.dump(), digest(kHash))) == NodeErrorKind::malformed);
    pending["block_height"] = nullptr;
    CHECK_FALSE(transaction_of(pending.dump(), digest(kHash))->height.has_value());
    pending["status"] = "confirmed";
    CHECK(kind(transaction_of(pending.dump(), digest(kHash))) == NodeErrorKind::malformed);
    pending["status"] = "lost";
    CHECK(kind(transaction_of(pending.dump(), digest(kHash))) == NodeErrorKind::malformed);
    CHECK(kind(transaction_of(shown(kOther).dump(), digest(kHash))) == NodeErrorKind::malformed);
}

TEST_CASE("decoin answers: that a transaction was taken") {
    const auto taken = [](const std::string& hash) {
        return taken_of(
            R"({"success":true,"message":"","data":{"transaction_id":")" + hash + R"(","status":"pending"}})",
            digest(kHash));
    };
    CHECK(taken(kHash).has_value());
    CHECK(kind(taken(kOther)) == NodeErrorKind::malformed);
    CHECK(kind(taken("x")) == NodeErrorKind::malformed);
    for (const char* body : {"{}", R"({"success":false})", R"({"success":true,"data":[]})", "true"})
        CHECK(kind(taken_of(body, digest(kHash))) == NodeErrorKind::malformed);
}

TEST_CASE("decoin answers: statuses, and whose 404 counts") {
    const auto of = [](int status, const std::string& body) {
        return error_of(HttpAnswer{.status = status, .body = body, .content_type = {}}, "Transaction not found");
    };
    CHECK(of(404, R"({"detail":"Transaction not found"})").kind == NodeErrorKind::unknown);
    CHECK(of(404, R"({"detail":"Not Found"})").kind == NodeErrorKind::malformed);
    CHECK(of(404, "<html>no such page").kind == NodeErrorKind::malformed);
    CHECK(error_of(HttpAnswer{.status = 404, .body = R"({"detail":""})", .content_type = {}}, {}).kind ==
          NodeErrorKind::malformed);
    CHECK(of(400, R"({"detail":""})").kind == NodeErrorKind::refused);
    const auto list = of(422, R"({"detail":[{"loc":["body","amount"],"msg":"too small","type":"x"}]})");
    CHECK(list.kind == NodeErrorKind::refused);
    CHECK(list.seen.find("too small") != std::string::npos);
    CHECK(of(429, "{}").kind == NodeErrorKind::refused);
    CHECK(of(500, "Internal Server Error").kind == NodeErrorKind::failed);
    CHECK(of(500, "Internal Server Error").seen == "answer 500: Internal Server Error");
    CHECK(of(301, "").kind == NodeErrorKind::malformed);
    CHECK(of(204, "").kind == NodeErrorKind::malformed);
    CHECK(of(500, std::string(1000, '\x01')).seen.size() < 200);
    CHECK(error_of(HttpError{HttpErrorKind::broken, "x"}).kind == NodeErrorKind::timed_out);
    CHECK(error_of(HttpError{HttpErrorKind::timed_out, "x"}).kind == NodeErrorKind::timed_out);
    CHECK(error_of(HttpError{HttpErrorKind::unreachable, "x"}).kind == NodeErrorKind::unreachable);
    CHECK(error_of(HttpError{HttpErrorKind::too_large, "x"}).kind == NodeErrorKind::malformed);
}

}  // namespace dcx::chain
