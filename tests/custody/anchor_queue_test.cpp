// The queue of anchors against a chain that fails in every way and a process that dies at every step.
#include "chain/anchor_queue.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "base/random.h"
#include "chain/decoin_anchor.h"
#include "chain/digest_file.h"
#include "custody/fake_chain.h"
#include "custody/memory_signer.h"

namespace dcx::chain {
namespace {

struct Death {};  // of the process

// Dies at a step of a number, counted over everything that reaches the disk or the node.
struct Fate {
    std::uint64_t steps = 0;
    std::uint64_t dies_at = 0;  // 0: never
    void step() {
        if (++steps == dies_at) throw Death{};
    }
};

// The chain, behind steps at which the process may die: before a call, and after it.
class MortalNode final : public Node {
  public:
    MortalNode(Node& node, Fate& fate) : node_(node), fate_(fate) {}
    NodeAnswer<NodeStatus> status() override { return node_.status(); }
    NodeAnswer<ChainBlock> block(std::uint64_t height) override { return node_.block(height); }
    NodeAnswer<ChainTransaction> transaction(const Digest& hash) override { return node_.transaction(hash); }
    NodeAnswer<std::int64_t> balance(const std::string& address) override { return node_.balance(address); }
    NodeAnswer<void> post(const std::string& body) override {
        fate_.step();
        auto answer = node_.post(body);
        fate_.step();
        return answer;
    }

  private:
    Node& node_;
    Fate& fate_;
};

struct Folder {
    Folder() {
        // In memory where that can be had: the tests kill processes, not machines, and wait for no disk.
        path = ::access("/dev/shm", W_OK) == 0 ? "/dev/shm/dcx-anchors-XXXXXX" : "/tmp/dcx-anchors-XXXXXX";
        REQUIRE(::mkdtemp(path.data()) != nullptr);
    }
    ~Folder() {
        for (const char* file : {"/q", "/q-wal", "/q-shm", "/digests"}) ::unlink((path + file).c_str());
        ::rmdir(path.c_str());
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    std::string path;
};

Digest digest_of(std::uint64_t checkpoint) {
    const std::string text = "checkpoint " + std::to_string(checkpoint);
    return Sha256::of(std::as_bytes(std::span{text}));
}

// A venue's life: dies, comes back from its file.
struct Rig {
    explicit Rig(const FakeChainOptions& options = {}) : chain(options) { live(); }

    Folder folder;
    FakeChain chain;
    MemorySigner signer;
    ManualClock clock{1'800'000'000'000'000'000};
    Fate fate;
    MortalNode node{chain, fate};
    DecoinAnchor place{node, signer, clock};
    DigestFile file{folder.path + "/digests", clock};
    std::unique_ptr<AnchorStore> store;
    std::unique_ptr<AnchorQueue> queue;
    std::uint64_t deaths = 0;
    AnchorPlace stepped = AnchorPlace::decoin;
    AnchorQueueOptions queue_options;

    void live() {
        queue.reset();
        store.reset();
        store = std::make_unique<AnchorStore>(folder.path + "/q", AnchorStore::Access::write);
        store->around_commit = [this] { fate.step(); };
        queue =
            std::make_unique<AnchorQueue>(*store, std::vector<AnchorPlaceClient*>{&place, &file}, clock, queue_options);
    }
    // One round, at the death of which a new life begins.
    AnchorQueue::Round step(AnchorPlace at = AnchorPlace::decoin) {
        try {
            return queue->step(at);
        } catch (const Death&) {
            ++deaths;
            live();
            return {};
        }
    }
    void add(std::uint64_t checkpoint) {
        try {
            queue->add(checkpoint, digest_of(checkpoint));
        } catch (const Death&) {
            ++deaths;
            live();
            queue->add(checkpoint, digest_of(checkpoint));
        }
    }
    void pass(std::int64_t seconds) {
        clock.advance(seconds * 1'000'000'000);
        chain.pass(static_cast<double>(seconds));
    }
    std::string address(std::uint32_t index = 0) { return *signer.address({kAnchorPath, index}); }
    void fund(std::uint32_t index = 0) {
        chain.mint(address(index), 5);
        REQUIRE(chain.mine());
    }
    // Rounds with a block between them, until nothing is under way.
    void settle(int most = 400) {
        for (int i = 0; i < most; ++i) {
            const auto round = step();
            if (round.error && round.error->kind == AnchorErrorKind::no_funds) {
                // "send 1 unit or more to ADDRESS"
                chain.mint(round.error->seen.substr(round.error->seen.rfind(' ') + 1), 5);
            }
            pass(2);
            chain.mine();
            if (store->open(AnchorPlace::decoin).empty() && !store->memory(AnchorPlace::decoin).look_again) return;
        }
        FAIL("an anchor never settles");
    }
    // How many transactions of the chain say this checkpoint.
    unsigned on_chain(std::uint64_t checkpoint) {
        unsigned count = 0;
        for (const ChainBlock& block : chain.blocks())
            for (const ChainTransaction& transaction : block.transactions)
                if (says_anchor(transaction, checkpoint, digest_of(checkpoint))) ++count;
        return count;
    }
    Anchor newest(std::uint64_t checkpoint, AnchorPlace at = AnchorPlace::decoin) {
        Anchor found;
        for (const Anchor& anchor : store->of_checkpoint(checkpoint))
            if (anchor.place == at) found = anchor;
        return found;
    }
};

}  // namespace

TEST_CASE("anchor queue: a checkpoint goes to the chain and to the file, each once") {
    Rig rig;
    rig.fund();
    REQUIRE(rig.queue->add(7, digest_of(7)));
    CHECK_FALSE(rig.queue->add(7, digest_of(7)));
    CHECK_FALSE(rig.queue->add(6, digest_of(6)));  // the newer one covers it
    auto round = rig.step();
    CHECK(round.busy);
    CHECK(rig.newest(7).stage == AnchorStage::sent);
    CHECK(rig.chain.pending() == 1);
    rig.step();
    CHECK(rig.chain.pending() == 1);
    REQUIRE(rig.chain.mine());
    round = rig.step();
    CHECK_FALSE(round.busy);
    const Anchor anchor = rig.newest(7);
    CHECK(anchor.stage == AnchorStage::confirmed);
    CHECK(anchor.height == 2);
    CHECK(anchor.block_hash == rig.chain.blocks()[2].hash);
    CHECK(anchor.posts == 1);
    CHECK(rig.chain.balance(rig.address()) == 5);  // it costs nothing
    rig.step(AnchorPlace::digest_file);
    CHECK(rig.newest(7, AnchorPlace::digest_file).stage == AnchorStage::confirmed);
    std::ifstream file(rig.folder.path + "/digests");
    std::string line;
    REQUIRE(std::getline(file, line));
    CHECK(line == "7 " + to_hex(digest_of(7)) + " 2027-01-15T08:00:00Z");
    CHECK_FALSE(std::getline(file, line));
    // Both are to be told, once.
    auto untold = rig.queue->untold();
    REQUIRE(untold.size() == 2);
    for (const Anchor& one : untold) rig.queue->told(one);
    CHECK(rig.queue->untold().empty());
    const auto counts = rig.store->counts(AnchorPlace::decoin);
    CHECK(counts.confirmed == 1);
    CHECK(counts.newest_confirmed == 7);
    CHECK(counts.open == 0);
}

TEST_CASE("anchor queue: without funds it waits and says where they are missing, without a signer it waits") {
    Rig rig;
    rig.add(1);
    rig.signer.go_away(true);
    CHECK(rig.step().error->kind == AnchorErrorKind::no_signer);
    rig.signer.go_away(false);
    const auto round = rig.step();
    REQUIRE(round.error.has_value());
    CHECK(round.error->kind == AnchorErrorKind::no_funds);
    CHECK(round.error->seen.ends_with(rig.address()));
    CHECK(rig.newest(1).stage == AnchorStage::prepared);
    CHECK(rig.newest(1).error == round.error->text());
    CHECK(rig.chain.posts() == 0);
    rig.fund();
    rig.settle();
    CHECK(rig.newest(1).stage == AnchorStage::confirmed);
    CHECK(rig.newest(1).error.empty());
}

TEST_CASE("anchor queue: an answer that is lost, refused or malformed does not lead to a second post") {
    for (const FakeFault fault : {FakeFault::lost_answer, FakeFault::refused_after_accept, FakeFault::malformed}) {
        Rig rig;
        rig.fund();
        rig.add(1);
        rig.chain.fail_next(FakeCall::post, fault);
        CHECK(rig.step().error.has_value());
        for (int i = 0; i < 400; ++i) {
            rig.pass(2);
            rig.step();
        }
        CHECK(rig.chain.pending() == 1);
        CHECK_FALSE(rig.chain.poisoned());
        rig.settle();
        CHECK(rig.chain.posts() == 1);
        CHECK(rig.on_chain(1) == 1);
    }
}

TEST_CASE("anchor queue: what never arrived is sent again, late, and as the same bytes") {
    for (const FakeFault fault : {FakeFault::unreachable, FakeFault::hang, FakeFault::server_error}) {
        Rig rig;
        rig.fund();
        rig.add(1);
        rig.chain.fail_next(FakeCall::post, fault);
        rig.step();
        const Digest first = rig.newest(1).tx_hash;
        // The tip moves at once, but a request may take as long as its timeout.
        REQUIRE(rig.chain.mine_more(1));
        rig.pass(14);
        rig.step();
        CHECK(rig.chain.posts() == 0);
        rig.pass(2);
        rig.step();
        CHECK(rig.chain.posts() == 1);
        CHECK(rig.newest(1).tx_hash == first);
        CHECK(rig.newest(1).posts == 2);
        rig.settle();
        CHECK(rig.on_chain(1) == 1);
    }
}

TEST_CASE("anchor queue: on a chain that stands still it waits longer before it sends again") {
    Rig rig;
    rig.fund();
    rig.add(1);
    rig.chain.fail_next(FakeCall::post, FakeFault::hang);
    rig.step();
    rig.pass(599);
    rig.step();
    CHECK(rig.chain.posts() == 0);
    rig.pass(1);
    rig.step();
    CHECK(rig.chain.posts() == 1);
}

TEST_CASE("anchor queue: what is never there makes room for another attempt") {
    Rig rig;
    rig.fund();
    rig.add(1);
    rig.chain.fail_next(FakeCall::post, FakeFault::hang, 3);
    for (int i = 0; i < 40 && rig.newest(1).attempt == 1; ++i) {
        rig.step();
        rig.pass(16);
        REQUIRE(rig.chain.mine_more(1));
    }
    const auto attempts = rig.store->of_checkpoint(1);
    CHECK(attempts.front().stage == AnchorStage::lost);
    CHECK(attempts.front().posts == 3);
    rig.settle();
    CHECK(rig.newest(1).attempt == 2);
    CHECK(rig.newest(1).nonce > attempts.front().nonce);
    CHECK(rig.on_chain(1) == 1);
}

TEST_CASE("anchor queue: a node that was started again gets them again, by the same key with other nonces") {
    Rig rig;
    rig.fund();
    for (std::uint64_t i = 1; i <= 3; ++i) {
        rig.add(i);
        rig.settle();
    }
    for (const Anchor& anchor : rig.queue->untold()) rig.queue->told(anchor);
    rig.pass(100);
    rig.chain.restart();
    rig.pass(5);
    const auto round = rig.step();
    CHECK(round.change == PlaceChange::restarted);
    CHECK(rig.store->counts(AnchorPlace::decoin).lost == 3);
    CHECK(rig.queue->untold().size() == 3);
    rig.settle();
    for (std::uint64_t i = 1; i <= 3; ++i) {
        CHECK(rig.on_chain(i) == 1);
        CHECK(rig.newest(i).attempt == 2);
        CHECK(rig.newest(i).path_index == 0);
        CHECK(rig.newest(i).nonce > rig.store->of_checkpoint(i).front().nonce);
    }
}

TEST_CASE("anchor queue: a restart before anything was mined is noticed by the uptime") {
    Rig rig;
    rig.chain.mint(rig.address(), 5);
    REQUIRE(rig.chain.mine());
    rig.pass(100);
    rig.add(1);
    rig.step();
    CHECK(rig.chain.pending() == 1);
    // As high as before within the same look.
    rig.chain.restart();
    REQUIRE(rig.chain.mine_more(1));
    rig.pass(2);
    CHECK(rig.step().change == PlaceChange::restarted);
    rig.settle();
    CHECK(rig.on_chain(1) == 1);
    CHECK(rig.newest(1).attempt == 2);
}

TEST_CASE("anchor queue: after a fork another key sends what is gone, and what stayed stays") {
    Rig rig;
    rig.fund();
    for (std::uint64_t i = 1; i <= 3; ++i) {
        rig.add(i);
        rig.settle();
    }
    for (const Anchor& anchor : rig.queue->untold()) rig.queue->told(anchor);
    const Digest kept = rig.newest(2).tx_hash;
    const std::uint64_t below = rig.newest(1).height;
    rig.chain.fork(rig.chain.height() - below, {kept});
    rig.pass(5);
    CHECK(rig.step().change == PlaceChange::forked);
    rig.settle();
    CHECK(rig.newest(1).attempt == 1);
    CHECK(rig.newest(2).attempt == 1);
    CHECK(rig.newest(3).attempt == 2);
    CHECK(rig.newest(3).path_index == 1);
    CHECK(rig.newest(2).height == below + 1);
    CHECK(rig.newest(2).block_hash == rig.chain.blocks()[below + 1].hash);
    for (std::uint64_t i = 1; i <= 3; ++i) CHECK(rig.on_chain(i) == 1);
    // The log is told of the second one's new block, and of both attempts of the third.
    std::set<std::pair<std::uint64_t, std::uint32_t>> told;
    for (const Anchor& anchor : rig.queue->untold())
        if (anchor.place == AnchorPlace::decoin) told.insert({anchor.checkpoint, anchor.attempt});
    CHECK(told == std::set<std::pair<std::uint64_t, std::uint32_t>>{{2, 1}, {3, 1}, {3, 2}});
}

TEST_CASE("anchor queue: a long history that a node forgets is not sent again whole") {
    Rig rig;
    rig.queue_options = {.resend = 3, .looks = 2};
    rig.live();
    rig.fund();
    for (std::uint64_t i = 1; i <= 8; ++i) {
        rig.add(i);
        rig.settle();
    }
    rig.chain.restart();
    rig.settle();
    for (std::uint64_t i = 1; i <= 8; ++i) CHECK(rig.on_chain(i) == (i > 5 ? 1u : 0u));
    CHECK(rig.newest(2).stage == AnchorStage::lost);
    CHECK(rig.newest(2).error.find("newer checkpoints cover it") != std::string::npos);
}

TEST_CASE("anchor queue: another chain under the same address gets nothing") {
    Rig rig;
    rig.fund();
    rig.chain.fail_next(FakeCall::any, FakeFault::unreachable, 3);
    rig.add(1);
    for (int i = 0; i < 3; ++i) CHECK(rig.step().error->kind == AnchorErrorKind::away);
    CHECK(rig.newest(1).stage == AnchorStage::waiting);
    CHECK(rig.newest(1).error.starts_with("away (1): unreachable"));
    rig.settle();
    CHECK(rig.on_chain(1) == 1);
}

TEST_CASE("anchor queue: dying at each step loses no anchor and sends none twice") {
    // How many steps there are.
    std::uint64_t steps = 0;
    {
        Rig rig;
        rig.fund();
        rig.fate.steps = 0;
        for (std::uint64_t i = 1; i <= 3; ++i) {
            rig.add(i);
            rig.settle();
        }
        steps = rig.fate.steps;
    }
    CHECK(steps > 20);
    for (std::uint64_t dies_at = 1; dies_at <= steps; ++dies_at) {
        CAPTURE(dies_at);
        Rig rig;
        rig.fund();
        rig.fate = {.steps = 0, .dies_at = dies_at};
        for (std::uint64_t i = 1; i <= 3; ++i) {
            rig.add(i);
            rig.settle();
        }
        CHECK(rig.deaths == 1);
        CHECK_FALSE(rig.chain.poisoned());
        for (std::uint64_t i = 1; i <= 3; ++i) {
            CHECK(rig.on_chain(i) == 1);
            CHECK(rig.newest(i).stage == AnchorStage::confirmed);
            CHECK(rig.newest(i).attempt == 1);
        }
    }
}

TEST_CASE("anchor queue: dying at each step of a file's line leaves whole lines, each once") {
    for (std::uint64_t dies_at = 1; dies_at <= 24; ++dies_at) {
        Rig rig;
        rig.fate = {.steps = 0, .dies_at = dies_at};
        for (std::uint64_t i = 1; i <= 2; ++i) {
            rig.add(i);
            for (int j = 0; j < 6; ++j) rig.step(AnchorPlace::digest_file);
        }
        std::ifstream file(rig.folder.path + "/digests");
        std::string line;
        for (std::uint64_t i = 1; i <= 2; ++i) {
            REQUIRE(std::getline(file, line));
            CHECK(line.starts_with(std::to_string(i) + " " + to_hex(digest_of(i)) + " "));
            CHECK(rig.newest(i, AnchorPlace::digest_file).stage == AnchorStage::confirmed);
        }
        CHECK_FALSE(std::getline(file, line));
    }
}

TEST_CASE("anchor queue: a line that a crash has cut is ended and written again") {
    Rig rig;
    rig.add(1);
    rig.step(AnchorPlace::digest_file);
    const std::string path = rig.folder.path + "/digests";
    const Anchor first = rig.newest(1, AnchorPlace::digest_file);
    REQUIRE(::truncate(path.c_str(), 10) == 0);
    CHECK(rig.file.look(first)->state == AnchorSighting::State::absent);
    REQUIRE(rig.file.post(first).has_value());
    std::ifstream file(path);
    std::string line;
    REQUIRE(std::getline(file, line));
    REQUIRE(std::getline(file, line));
    CHECK(line == first.body);
    CHECK(rig.file.look(first)->state == AnchorSighting::State::there);
    // Whole but for its newline: it can't be known to be whole.
    REQUIRE(::truncate(path.c_str(), 11 + static_cast<off_t>(first.body.size())) == 0);
    CHECK(rig.file.look(first)->state == AnchorSighting::State::absent);
}

TEST_CASE("anchor store: another file, a later version, a read-only reader") {
    Folder folder;
    const std::string path = folder.path + "/q";
    {
        std::ofstream(path) << "this is not a database, and long enough to be looked at as one";
        CHECK_THROWS_WITH_AS(AnchorStore(path, AnchorStore::Access::write), doctest::Contains("not a database"),
                             std::runtime_error);
        ::unlink(path.c_str());
    }
    CHECK_THROWS_AS(AnchorStore(path, AnchorStore::Access::read), std::runtime_error);
    {
        // As a writer leaves it for a moment.
        const std::ofstream begun(path);
        REQUIRE(::chmod(path.c_str(), 0600) == 0);
        AnchorStore early(path, AnchorStore::Access::read);
        CHECK(early.all().empty());
        CHECK(early.counts(AnchorPlace::decoin).open == 0);
        CHECK(early.memory(AnchorPlace::decoin).tip_height == 0);
        CHECK(early.newest_checkpoint(AnchorPlace::decoin) == 0);
    }
    AnchorStore store(path, AnchorStore::Access::write);
    struct stat status{};
    REQUIRE(::stat(path.c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    Anchor anchor;
    anchor.checkpoint = 1;
    anchor.place = AnchorPlace::evm;
    store.commit({.anchors = {anchor}, .memory = std::pair{AnchorPlace::evm, PlaceMemory{.path_index = 3}}});
    AnchorStore reader(path, AnchorStore::Access::read);
    CHECK(reader.all().size() == 1);
    CHECK(reader.memory(AnchorPlace::evm).path_index == 3);
    CHECK(reader.memory(AnchorPlace::decoin).path_index == 0);
    CHECK_THROWS_AS(reader.commit({.anchors = {anchor}, .memory = {}}), std::runtime_error);
}

// By seed: faults of every kind at any call, restarts, forks, deaths. In the end, with a chain that is well again, the
// newest checkpoint is there, nothing that still counts was sent twice at a time, and the queue is at rest.
TEST_CASE("anchor queue: by seed, whatever fails, the newest checkpoint is there in the end") {
    for (std::uint64_t seed = 1; seed <= 60; ++seed) {
        CAPTURE(seed);
        Random random(seed);
        Rig rig({.seed = seed, .fault_permille = 120});
        rig.chain.mint(rig.address(), 5);
        rig.chain.mine();
        std::uint64_t checkpoint = 0;
        std::uint64_t rewinds = 0;
        for (int i = 0; i < 300; ++i) {
            if (random.chance(8)) rig.add(++checkpoint);
            if (random.chance(3)) rig.fate.dies_at = rig.fate.steps + 1 + random.below(12);
            if (random.chance(1)) {
                ++rewinds;
                if (random.chance(50)) {
                    rig.chain.restart();
                } else {
                    rig.chain.fork(1 + random.below(4));
                }
            }
            const bool was_well = !rig.chain.poisoned();
            const auto round = rig.step();
            // Never by us: a fork may take away what a transaction under way was to spend.
            REQUIRE((rig.chain.poisoned() ? !was_well : true));
            if (rig.chain.poisoned()) rig.chain.restart();
            if (round.error && round.error->kind == AnchorErrorKind::no_funds && rig.chain.pending() == 0)
                rig.chain.mint(round.error->seen.substr(round.error->seen.rfind(' ') + 1), 5);
            rig.pass(random.between(1, 10));
            if (random.chance(60)) rig.chain.mine();
            if (random.chance(10)) rig.chain.mine_more(1);
        }
        rig.chain.set_fault_permille(0);
        rig.fate.dies_at = 0;
        rig.add(++checkpoint);
        rig.settle();
        CHECK(rig.on_chain(checkpoint) >= 1);
        CHECK(rig.newest(checkpoint).stage == AnchorStage::confirmed);
        CHECK(rig.chain.transaction(rig.newest(checkpoint).tx_hash)->height == rig.newest(checkpoint).height);
        for (const ChainBlock& block : rig.chain.blocks())
            for (const ChainTransaction& transaction : block.transactions)
                if (!is_minter(transaction.sender)) CHECK(rig.chain.times_mined(transaction.hash) == 1);
        if (rewinds == 0)
            for (std::uint64_t i = 1; i <= checkpoint; ++i) CHECK(rig.on_chain(i) >= 1);
    }
}

}  // namespace dcx::chain
