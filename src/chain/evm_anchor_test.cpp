// What a node can answer, from a table: wrong forms, lies about other things than were asked, and a pool that is strict
// about nonces. tests/evm has the same class on a real chain.
#include "chain/evm_anchor.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdlib>

#include "base/clock.h"
#include "chain/anchor_queue.h"
#include "chain/evm_contract.h"
#include "chain/evm_text.h"
#include "chain/rlp.h"
#include "chain/test_json_node.h"

namespace dcx::chain {
namespace {

using Json = nlohmann::json;
using EvmState = AnchorSighting::State;

constexpr EvmAddress kContract{std::byte{0xC0}};
constexpr EvmAddress kOwn{std::byte{0x0E}};
constexpr Digest kDigest{std::byte{1}};
const std::string kNothing = "0x" + std::string(64, '0');

class FixedSigner final : public Signer {
  public:
    std::expected<std::string, std::string> address(const KeyPath&) override { return std::unexpected("no"); }
    std::expected<SignedTransfer, std::string> sign(const TransferRequest&) override { return std::unexpected("no"); }
    std::expected<EvmSignature, std::string> sign_evm(const KeyPath& path, const std::string& rlp) override {
        last = *parse_unsigned_rlp(rlp);
        if (path.account != kEvmPath || path.index != 0) return std::unexpected("another path");
        EvmSignature signature;
        signature.rs[0] = signature.rs[32] = std::byte{1};
        return signature;
    }
    std::expected<EvmAddress, std::string> evm_address(const KeyPath&) override { return kOwn; }
    EvmTransaction last;
};

Json block_json(std::uint64_t number) {
    return {{"number", quantity_text(number)}, {"hash", hash_text(word_of(number + 1000))}};
}

// A chain of ten blocks with the contract, nothing anchored, one transaction of ours in blocks.
struct TableNode {
    TestJsonNode node;
    FixedSigner signer;
    EvmAnchorConfig config{.url = node.url(), .contract = kContract, .chain_id = 5, .confirmations = 3};
    EvmAnchor anchor{config, &signer};
    PlaceMemory memory;
    std::string in_contract = kNothing;
    std::string latest = kNothing;
    std::uint64_t in_blocks = 1;
    std::uint64_t waiting_too = 1;

    TableNode() {
        node.set("eth_chainId", "0x5");
        node.set("eth_getCode", "0x6001");
        node.set("eth_gasPrice", quantity_text(1000));
        node.set("eth_estimateGas", "0x10000");
        node.set("eth_getBalance", "0xffffffffffffffffffff");
        node.set("eth_getTransactionReceipt", nullptr);
        node.set("eth_getTransactionByHash", nullptr);
        node.set("eth_getLogs", Json::array());
        node.set_by("eth_getTransactionCount",
                    [this](const Json& p) { return Json(quantity_text(p[1] == "pending" ? waiting_too : in_blocks)); });
        node.set_by("eth_getBlockByNumber", [](const Json& p) {
            const std::uint64_t number = p[0] == "latest" ? 10 : *parse_quantity(p[0].get<std::string>());
            return number > 10 ? Json() : block_json(number);
        });
        node.set_by("eth_call", [this](const Json& p) {
            const std::string data = p[0]["data"];
            if (data == hex_text(owner_call())) return Json("0x" + std::string(24, '0') + to_hex(kOwn));
            if (data == hex_text(latest_call())) return Json(latest);
            return Json(in_contract);
        });
        node.set_by("eth_sendRawTransaction",
                    [](const Json& p) { return Json(hash_text(evm_hash(*parse_bytes(p[0].get<std::string>())))); });
    }
    static Anchor waiting(std::uint64_t checkpoint, std::uint32_t attempt = 1) {
        Anchor a;
        a.checkpoint = checkpoint;
        a.place = AnchorPlace::evm;
        a.attempt = attempt;
        a.digest = kDigest;
        a.tx_hash = word_of(77);
        return a;
    }
    AnchorErrorKind prepare_error(std::uint32_t attempt = 1) {
        const auto answer = anchor.prepare(waiting(4, attempt), memory);
        return answer ? AnchorErrorKind{} : answer.error().kind;
    }
    Json receipt(const char* status) {
        return {{"transactionHash", hash_text(word_of(77))},
                {"blockNumber", quantity_text(8)},
                {"blockHash", block_json(8)["hash"]},
                {"status", status}};
    }
};

TEST_CASE("evm anchor: what is signed") {
    TableNode t;
    const auto prepared = t.anchor.prepare(TableNode::waiting(4), t.memory);
    REQUIRE(prepared.has_value());
    CHECK(t.signer.last == EvmTransaction{.nonce = 1,
                                          .gas_price = 1000,
                                          .gas_limit = 0x14000,
                                          .to = kContract,
                                          .value = 0,
                                          .data = anchor_call(4, kDigest),
                                          .chain_id = 5});
    CHECK(prepared->nonce == 1);
    CHECK(prepared->tx_hash == evm_hash(prepared->body));
    Anchor a = TableNode::waiting(4);
    a.body = prepared->body;
    CHECK(t.anchor.post(a).has_value());
    CHECK(t.node.asked("eth_sendRawTransaction").at(0) == Json::array({hex_text(prepared->body)}));
}

TEST_CASE("evm anchor: one transaction at a time, and a further attempt pays more for the same nonce") {
    TableNode t;
    t.waiting_too = 2;
    CHECK(t.prepare_error() == AnchorErrorKind::away);
    CHECK(t.prepare_error(2) == AnchorErrorKind{});
    CHECK(t.signer.last.nonce == 1);
    CHECK(t.signer.last.gas_price == 1251);
    CHECK(t.prepare_error(1000) == AnchorErrorKind::refused);
    // Its nonce was used by another: it can't be sent any more.
    Anchor a = TableNode::waiting(4);
    a.nonce = 1;
    a.body = "signed";
    CHECK(t.anchor.ready(a).has_value());
    t.in_blocks = 2;
    CHECK(t.anchor.ready(a).error().kind == AnchorErrorKind::spent);
}

TEST_CASE("evm anchor: gas and money that are out of bounds") {
    TableNode t;
    t.node.set("eth_estimateGas", quantity_text(kMaxAnchorGas + 1));
    CHECK(t.prepare_error() == AnchorErrorKind::refused);
    t.node.set("eth_estimateGas", "0x10000");
    t.node.set("eth_gasPrice", quantity_text(t.config.max_gas_price + 1));
    CHECK(t.prepare_error() == AnchorErrorKind::refused);
    t.node.set("eth_gasPrice", "0xffffffffffffffffff");
    CHECK(t.prepare_error() == AnchorErrorKind::away);
    t.node.set("eth_gasPrice", "0x0");
    CHECK(t.prepare_error() == AnchorErrorKind{});
    CHECK(t.signer.last.gas_price == 1);
    t.node.set("eth_gasPrice", "0x3e8");
    t.node.set("eth_getBalance", quantity_text(1000 * 0x14000 - 1));
    CHECK(t.prepare_error() == AnchorErrorKind::no_funds);
    t.node.set("eth_getBalance", quantity_text(1000 * 0x14000));
    CHECK(t.prepare_error() == AnchorErrorKind{});
}

TEST_CASE("evm anchor: how deep it is, and blocks that are no more") {
    TableNode t;
    const Anchor a = TableNode::waiting(4);
    CHECK(t.anchor.look(a)->state == EvmState::absent);
    t.node.set("eth_getTransactionByHash", {{"hash", hash_text(word_of(77))}});
    CHECK(t.anchor.look(a)->state == EvmState::pending);
    // Refused by the contract.
    t.node.set("eth_getTransactionReceipt", t.receipt("0x0"));
    CHECK(t.anchor.look(a)->state == EvmState::absent);
    // A receipt of which the contract knows nothing.
    t.node.set("eth_getTransactionReceipt", t.receipt("0x1"));
    CHECK(t.anchor.look(a)->state == EvmState::absent);
    t.in_contract = hash_text(kDigest);
    const auto seen = t.anchor.look(a);
    CHECK(seen->state == EvmState::there);  // blocks 8, 9 and 10
    CHECK(seen->height == 8);
    CHECK(hash_text(seen->block_hash) == block_json(8)["hash"]);
    Json later = t.receipt("0x1");
    later["blockNumber"] = quantity_text(9);
    later["blockHash"] = block_json(9)["hash"];
    t.node.set("eth_getTransactionReceipt", later);
    CHECK(t.anchor.look(a)->state == EvmState::pending);
    later["blockHash"] = block_json(3)["hash"];
    t.node.set("eth_getTransactionReceipt", later);
    CHECK(t.anchor.look(a)->state == EvmState::pending);
    // By another transaction: its event tells since when.
    t.node.set("eth_getTransactionReceipt", nullptr);
    CHECK(t.anchor.look(a).error().kind == AnchorErrorKind::away);
    t.node.set("eth_getLogs", Json::array({{{"blockNumber", "0x2"},
                                            {"blockHash", block_json(2)["hash"]},
                                            {"transactionHash", hash_text(word_of(78))}}}));
    CHECK(t.anchor.look(a)->state == EvmState::there);
    CHECK(t.anchor.look(a)->height == 2);
    // Nor is it prepared again; and when it is gone from there, what was found is nothing to send.
    const auto found = t.anchor.prepare(a, t.memory);
    REQUIRE(found.has_value());
    CHECK(found->tx_hash == word_of(78));
    CHECK(found->body.empty());
    t.in_contract = kNothing;
    CHECK(t.anchor.ready(a).error().kind == AnchorErrorKind::spent);
    t.in_contract = hash_text(word_of(9));
    CHECK(t.anchor.look(a).error().kind == AnchorErrorKind::refused);
}

TEST_CASE("evm anchor: another history is seen") {
    TableNode t;
    REQUIRE(t.anchor.observe(t.memory).has_value());
    CHECK(t.memory.tip_height == 10);
    REQUIRE(t.anchor.observe(t.memory).has_value());
    CHECK(!t.memory.look_again);
    t.memory.tip_hash[5] ^= std::byte{1};
    REQUIRE(t.anchor.observe(t.memory).has_value());
    CHECK(t.memory.look_again);
    t.memory.look_again = false;
    t.memory.tip_height = 11;  // shorter than it was
    REQUIRE(t.anchor.observe(t.memory).has_value());
    CHECK(t.memory.look_again);
}

TEST_CASE("evm anchor: answers that are none are told, and nothing is sent") {
    TableNode t;
    const Anchor a = TableNode::waiting(4);
    const std::string word = "\"" + hash_text(kDigest) + "\"";
    for (const std::string& body :
         {std::string("x"), std::string("[]"), std::string("{}"), std::string("null"),
          std::string("{\"result\":\"0x5\"}"), std::string(R"({"jsonrpc":"2.0","id":999999,"result":"0x5"})"),
          std::string(R"({"error":5})"), std::string(R"({"error":{"message":7}})"),
          std::string(R"({"error":{"message":"\u0007\u001b[31m"}})"), std::string(3u << 20, ' '),
          std::string("\xff\xfe")}) {
        t.node.set_body(body);
        CAPTURE(body.substr(0, 60));
        CHECK(t.anchor.observe(t.memory).error().kind == AnchorErrorKind::away);
        CHECK(t.anchor.prepare(a, t.memory).error().kind == AnchorErrorKind::away);
        CHECK(!t.anchor.post(a).has_value());
        CHECK(t.anchor.look(a).error().kind == AnchorErrorKind::away);
        for (const char c : t.anchor.observe(t.memory).error().text()) CHECK((c >= ' ' && c <= '~'));
    }
    t.node.set_body("busy", 503);
    CHECK(t.anchor.look(a).error().kind == AnchorErrorKind::away);
    t.node.set_body("");
    // Each method with results of a wrong form, one after the other.
    const std::vector<Json> wrong{5,
                                  "",
                                  "0x",
                                  "0xzz",
                                  "0x00",
                                  Json::array(),
                                  Json::object(),
                                  false,
                                  "0x123456789012345678",
                                  {{"number", "0x1"}},
                                  {{"hash", "0x1"}, {"number", "0x1"}}};
    for (const char* method : {"eth_chainId", "eth_getCode", "eth_gasPrice", "eth_estimateGas", "eth_getBalance",
                               "eth_getTransactionCount", "eth_call"})
        for (const Json& result : wrong) {
            TableNode other;
            other.node.set(method, result);
            CAPTURE(method);
            CAPTURE(result.dump());
            const auto prepared = other.anchor.prepare(a, other.memory);
            // Bytes of code can be any, and money can be more than 64 bits have.
            const bool legal = (method == std::string("eth_getCode") && result == "0x00") ||
                               (result == "0x123456789012345678" &&
                                (method == std::string("eth_getBalance") || method == std::string("eth_getCode")));
            CHECK(prepared.has_value() == legal);
        }
    for (const char* method : {"eth_getTransactionReceipt", "eth_getTransactionByHash"})
        for (const Json& result : wrong) {
            TableNode other;
            other.node.set(method, result);
            CHECK(!other.anchor.look(a).has_value());
        }
    t.in_contract = hash_text(kDigest);
    for (const Json& result : wrong)
        if (result != Json::array()) {
            t.node.set("eth_getLogs", result);
            CHECK(!t.anchor.look(a).has_value());
        }
    // A transaction's hash that is not its own.
    t.node.set("eth_sendRawTransaction", kNothing);
    CHECK(!t.anchor.post(a).has_value());
}

TEST_CASE("evm anchor: in the queue, what a newer one has passed blocks nothing, and what is spent is made anew") {
    std::string folder = "/tmp/dcx-evm-queue-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    {
        TableNode t;
        ManualClock clock{1'800'000'000'000'000'000};
        AnchorStore store(folder + "/q", AnchorStore::Access::write);
        AnchorQueue queue(store, {&t.anchor}, clock);
        const auto newest = [&](std::uint64_t checkpoint) { return store.of_checkpoint(checkpoint).back(); };
        t.latest = hash_text(word_of(5));
        queue.add(4, kDigest);
        queue.add(6, kDigest);
        CHECK(queue.step(AnchorPlace::evm).error->kind == AnchorErrorKind::passed);
        CHECK(newest(4).stage == AnchorStage::lost);
        CHECK(store.of_checkpoint(4).size() == 1);
        CHECK(t.node.asked("eth_sendRawTransaction").empty());

        // Its nonce is used by another while it is prepared.
        int asked = 0;
        t.node.set_by("eth_getTransactionCount", [&asked](const Json&) { return Json(++asked <= 2 ? "0x1" : "0x2"); });
        CHECK(queue.step(AnchorPlace::evm).error->kind == AnchorErrorKind::spent);
        CHECK(newest(6).stage == AnchorStage::waiting);
        CHECK(newest(6).attempt == 2);
        CHECK(t.node.asked("eth_sendRawTransaction").empty());
        CHECK(!queue.step(AnchorPlace::evm).error.has_value());
        CHECK(newest(6).stage == AnchorStage::sent);
        CHECK(newest(6).nonce == 2);
        CHECK(t.node.asked("eth_sendRawTransaction").size() == 1);

        // There, by whatever transaction: the queue has it confirmed, and sends nothing more.
        t.in_contract = hash_text(kDigest);
        t.node.set("eth_getLogs", Json::array({{{"blockNumber", "0x2"},
                                                {"blockHash", block_json(2)["hash"]},
                                                {"transactionHash", hash_text(word_of(78))}}}));
        CHECK(!queue.step(AnchorPlace::evm).busy);
        CHECK(newest(6).stage == AnchorStage::confirmed);
        CHECK(newest(6).height == 2);
        queue.add(7, kDigest);
        queue.step(AnchorPlace::evm);
        CHECK(newest(7).stage == AnchorStage::confirmed);
        CHECK(newest(7).tx_hash == word_of(78));
        CHECK(t.node.asked("eth_sendRawTransaction").size() == 1);
    }
    for (const char* file : {"/q", "/q-wal", "/q-shm"}) ::unlink((folder + file).c_str());
    ::rmdir(folder.c_str());
}

}  // namespace
}  // namespace dcx::chain
