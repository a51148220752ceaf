// Anchors in the project's contract on a real chain: once each, whatever the node, the signer or the chain does. This
// chain takes a transaction again whose nonce was used, and does not count those that wait, so the contract alone is
// what holds here; chain/evm_anchor_test.cpp has what a stricter node answers.
#include "chain/evm_anchor.h"

#include <doctest/doctest.h>

#include "base/skip_test.h"
#include "evm/evm_chain.h"

namespace dcx::chain {
namespace {

using State = AnchorSighting::State;
using Kind = AnchorErrorKind;

constexpr std::uint64_t kEther = 1'000'000'000'000'000'000;

Digest digest_with(unsigned char first) { return Digest{std::byte{first}, std::byte{0xFE}}; }

template <class T>
Kind kind_of(const AnchorAnswer<T>& answer) {
    REQUIRE(!answer.has_value());
    INFO(answer.error().text());
    return answer.error().kind;
}

struct Place {
    std::string url = servers::environment("DCX_EVM_URL");
    EvmChain chain{url};
    OneKeySigner signer;
    EvmAnchorConfig config;
    PlaceMemory memory;
    EvmAnchor anchor;

    // A key that no other case has: nonces and contract are its own.
    explicit Place(unsigned char key, std::uint64_t confirmations = 1)
        : signer(key), config(made(confirmations)), anchor(config, &signer) {}
    EvmAnchorConfig made(std::uint64_t confirmations) {
        const EvmAddress own = *signer.evm_address({});
        chain.give(own, kEther);
        return {
            .url = url, .contract = chain.make_contract(own), .chain_id = kTestChainId, .confirmations = confirmations};
    }

    static Anchor waiting(std::uint64_t checkpoint, unsigned char first, std::uint32_t attempt = 1) {
        Anchor a;
        a.checkpoint = checkpoint;
        a.place = AnchorPlace::evm;
        a.attempt = attempt;
        a.digest = digest_with(first);
        return a;
    }
    Anchor prepared(std::uint64_t checkpoint, unsigned char first, std::uint32_t attempt = 1) {
        Anchor a = waiting(checkpoint, first, attempt);
        const auto made_one = anchor.prepare(a, memory);
        if (!made_one) FAIL(made_one.error().text());
        a.tx_hash = made_one->tx_hash;
        a.body = made_one->body;
        a.nonce = made_one->nonce;
        return a;
    }
    void post(const Anchor& a) {
        REQUIRE(anchor.ready(a).has_value());
        const auto posted = anchor.post(a);
        if (!posted) FAIL(posted.error().text());
    }
    State look(const Anchor& a) {
        const auto seen = anchor.look(a);
        if (!seen) FAIL(seen.error().text());
        return seen->state;
    }
    // How often the contract has taken one.
    std::size_t anchored() {
        return chain
            .call("eth_getLogs", nlohmann::json::array({{{"address", to_text(config.contract)},
                                                         {"fromBlock", "earliest"},
                                                         {"topics", {hash_text(anchored_topic())}}}}))
            .size();
    }
};

void check_once() {
    Place p(11, 3);
    REQUIRE(p.anchor.observe(p.memory).has_value());
    CHECK(p.memory.tip_hash != Digest{});
    const Anchor a = p.prepared(5, 1);
    CHECK(p.look(a) == State::absent);
    CHECK(p.anchored() == 0);
    p.post(a);
    CHECK(p.look(a) == State::pending);
    p.chain.mine();
    CHECK(p.look(a) == State::pending);
    p.chain.mine();
    const auto seen = p.anchor.look(a);
    REQUIRE(seen.has_value());
    CHECK(seen->state == State::there);
    CHECK(seen->height != 0);
    CHECK(seen->block_hash != Digest{});
    CHECK(*p.anchor.digest_of(5) == digest_with(1));
    CHECK(*p.anchor.digest_of(4) == Digest{});

    // The same again: nothing is sent, and one whose transaction nobody remembers is found by its event.
    CHECK(p.anchor.prepare(Place::waiting(5, 1), p.memory)->tx_hash == a.tx_hash);
    CHECK(p.anchor.prepare(Place::waiting(5, 1), p.memory)->body.empty());
    CHECK(!p.anchor.ready(a).has_value());
    (void)p.anchor.post(a);
    CHECK(p.anchored() == 1);
    const auto forgotten = p.anchor.look(Place::waiting(5, 1));
    REQUIRE(forgotten.has_value());
    CHECK(forgotten->state == State::there);
    CHECK(forgotten->height == seen->height);

    // Another digest, a lower number, none at all.
    CHECK(kind_of(p.anchor.prepare(Place::waiting(5, 2), p.memory)) == Kind::refused);
    CHECK(kind_of(p.anchor.look(Place::waiting(5, 2))) == Kind::refused);
    CHECK(kind_of(p.anchor.prepare(Place::waiting(4, 2), p.memory)) == Kind::passed);
    CHECK(p.look(Place::waiting(4, 2)) == State::absent);
    Anchor empty = Place::waiting(6, 0);
    empty.digest = {};
    CHECK(!p.anchor.prepare(empty, p.memory).has_value());
    CHECK(p.look(p.prepared(6, 3)) == State::absent);
}

void check_owner() {
    Place p(12);
    OneKeySigner stranger(13);
    p.chain.give(*stranger.evm_address({}), kEther);
    EvmAnchor other(p.config, &stranger);
    CHECK(kind_of(other.prepare(Place::waiting(1, 1), p.memory)) == Kind::wrong_place);
    // Even if it is sent: the contract takes it from nobody else.
    const EvmTransaction transaction{.nonce = 0,
                                     .gas_price = 10'000'000'000,
                                     .gas_limit = 150'000,
                                     .to = p.config.contract,
                                     .data = anchor_call(1, digest_with(1)),
                                     .chain_id = kTestChainId};
    const std::string body =
        signed_rlp(transaction, *stranger.sign_evm({.account = kEvmPath}, unsigned_rlp(transaction)));
    Anchor a = Place::waiting(1, 1);
    a.body = body;
    a.tx_hash = evm_hash(body);
    (void)p.anchor.post(a);
    CHECK(p.look(a) == State::absent);
    CHECK(*p.anchor.digest_of(1) == Digest{});

    p.signer.away = true;
    CHECK(kind_of(p.anchor.prepare(Place::waiting(1, 1), p.memory)) == Kind::no_signer);
    CHECK(p.anchor.observe(p.memory).has_value());
    p.signer.away = false;
    EvmAnchor none(p.config, nullptr);
    CHECK(kind_of(none.prepare(Place::waiting(1, 1), p.memory)) == Kind::no_signer);
}

void check_wrong_place() {
    Place p(14);
    EvmAnchorConfig config = p.config;
    config.chain_id = 1;
    CHECK(kind_of(EvmAnchor(config, &p.signer).observe(p.memory)) == Kind::wrong_place);
    CHECK(kind_of(EvmAnchor(config, nullptr).digest_of(1)) == Kind::wrong_place);
    config = p.config;
    config.contract = *p.signer.evm_address({});
    CHECK(kind_of(EvmAnchor(config, &p.signer).observe(p.memory)) == Kind::wrong_place);
    config = p.config;
    config.max_gas_price = 1;
    CHECK(kind_of(EvmAnchor(config, &p.signer).prepare(Place::waiting(1, 1), p.memory)) == Kind::refused);
    // A signature for another chain is none here.
    EvmTransaction transaction{.gas_price = 10'000'000'000,
                               .gas_limit = 150'000,
                               .to = p.config.contract,
                               .data = anchor_call(1, digest_with(1)),
                               .chain_id = kTestChainId + 1};
    Anchor a = Place::waiting(1, 1);
    a.body = signed_rlp(transaction, *p.signer.sign_evm({.account = kEvmPath}, unsigned_rlp(transaction)));
    a.tx_hash = evm_hash(a.body);
    CHECK(!p.anchor.post(a).has_value());
    CHECK(p.look(a) == State::absent);

    OneKeySigner poor(15);
    config = p.config;
    config.contract = p.chain.make_contract(*poor.evm_address({}));
    EvmAnchor without(config, &poor);
    CHECK(kind_of(without.prepare(Place::waiting(1, 1), p.memory)) == Kind::no_funds);
}

// A transaction that waits, and a dearer attempt in its place.
void check_waiting() {
    Place p(16);
    p.chain.stop_mining();
    const Anchor first = p.prepared(1, 1);
    p.post(first);
    CHECK(p.look(first) == State::pending);
    const Anchor again = p.prepared(1, 1, 2);
    CHECK(again.nonce == first.nonce);
    CHECK(again.tx_hash != first.tx_hash);
    p.post(again);
    p.chain.start_mining();
    p.chain.mine();
    CHECK(p.anchored() == 1);
    CHECK(p.look(again) == State::there);
    // The attempt that was replaced is there in the same sense: the contract has it.
    CHECK(p.look(first) == State::there);
    (void)p.anchor.post(first);
    p.post(p.prepared(2, 2));
    CHECK(*p.anchor.digest_of(2) == digest_with(2));
    CHECK(p.anchored() == 2);
}

// Another branch without the anchor: it is seen, and the same transaction is sent again.
void check_reorganised() {
    Place p(17, 2);
    p.chain.mine();
    REQUIRE(p.anchor.observe(p.memory).has_value());
    const auto before = p.chain.snapshot();
    const Anchor a = p.prepared(3, 1);
    p.post(a);
    p.chain.mine();
    CHECK(p.look(a) == State::there);
    REQUIRE(p.anchor.observe(p.memory).has_value());
    CHECK(!p.memory.look_again);
    p.chain.revert(before);
    REQUIRE(p.anchor.observe(p.memory).has_value());
    CHECK(p.memory.look_again);
    CHECK(p.look(a) == State::absent);
    p.post(a);
    p.chain.mine();
    CHECK(p.look(a) == State::there);
    CHECK(p.anchored() == 1);
}

void check_node_down() {
    Place p(18);
    const Anchor a = p.prepared(7, 1);
    // Down before it is sent: whether it came is asked, not assumed.
    servers::control("evm kill");
    CHECK(kind_of(p.anchor.observe(p.memory)) == Kind::away);
    CHECK(kind_of(p.anchor.prepare(Place::waiting(8, 1), p.memory)) == Kind::away);
    CHECK(kind_of(p.anchor.ready(a)) == Kind::away);
    CHECK(kind_of(p.anchor.post(a)) == Kind::away);
    CHECK(kind_of(p.anchor.look(a)) == Kind::away);
    servers::control("evm start");
    CHECK(p.look(a) == State::absent);
    p.post(a);
    CHECK(p.look(a) == State::there);
    servers::control("evm kill");
    servers::control("evm start");
    CHECK(p.look(a) == State::there);
    CHECK(p.anchored() == 1);
    CHECK(p.anchor.prepare(Place::waiting(7, 1), p.memory)->tx_hash == a.tx_hash);

    // A node that stands still: each question ends by its limit, and nothing was done twice afterwards.
    EvmAnchor hasty(p.config, &p.signer,
                    {.connect_timeout = std::chrono::milliseconds{300}, .timeout = std::chrono::milliseconds{300}});
    const Anchor next = p.prepared(8, 2);
    servers::control("evm pause");
    CHECK(kind_of(hasty.post(next)) == Kind::away);
    servers::control("evm resume");
    if (p.look(next) != State::there) (void)p.anchor.post(next);
    while (p.look(next) == State::pending) {
    }
    CHECK(p.look(next) == State::there);
    CHECK(p.anchored() == 2);
}

// One case: a chain takes seconds to start.
TEST_CASE("evm anchors on a chain of their own") {
    if (servers::environment("DCX_EVM_URL").empty())
        return skip_test("no EVM chain beside this test: tests/servers/with_servers.py evm -- PROGRAM");
    check_once();
    check_owner();
    check_wrong_place();
    check_waiting();
    check_reorganised();
    check_node_down();
}

}  // namespace
}  // namespace dcx::chain
