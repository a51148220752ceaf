// Two real processes: a client over shared memory is killed with SIGKILL at random instants, also in the middle of
// writing a record, and each time its session is over, its memory is gone, what it had published is taken in order, and
// a neighbour trades on.
#include <doctest/doctest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>

#include "base/random.h"
#include "gateway/binary/gateway_rig.h"

using namespace dcx;
using namespace dcx::gateway;
using namespace dcx::gateway::gateway_test;

namespace {

int kills() { return std::getenv("DCX_SOAK") != nullptr ? 1'000 : 100; }

template <class Block>
void push(ShmPeer& peer, const Block& block) {
    while (!peer.producer().try_push(make_frame(block, Time{}).bytes())) ::usleep(10);
    if (peer.requests().consumer_bell().take_announcement()) peer.say(std::as_bytes(std::span{&kShmLook, 1}));
}

// The next frame of that template; whatever else comes is passed over.
template <class Block>
Block wait_for(ShmPeer& peer) {
    for (;;) {
        peer.consumer().release();
        peer.poll();
        if (peer.closed()) ::_exit(3);
        while (const auto record = peer.consumer().next()) {
            const auto frame = decode_frame(*record, response_block_size);
            if (frame->header.template_id == Block::template_id) return frame->template as<Block>();
        }
    }
}

// A client in a process of its own: logs in and sends orders as fast as they are taken, byte by byte at times, so that
// the kill comes within a record too. Never returns.
[[noreturn]] void trade_for_ever(const std::string& path, KeyId key, std::uint64_t seed) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    Random random(seed);
    ShmPeer peer(path);
    while (!peer.mapped()) {
        peer.poll();
        if (peer.closed()) ::_exit(2);
    }
    const auto challenge = wait_for<Challenge>(peer);
    const NegotiateMessage message{
        .nonce = challenge.nonce, .venue_id = challenge.venue_id, .client_session = 2, .key = key};
    push(peer,
         Negotiate{
             .client_session = 2, .key = key, .signature = ed25519_sign(kSeed, std::as_bytes(std::span{&message, 1}))});
    std::uint64_t sequence = wait_for<Negotiated>(peer).next_incoming;
    push(peer, Establish{.heartbeat_ms = 60'000});
    (void)wait_for<Established>(peer);
    for (;;) {
        const auto frame = make_command_frame(order(sequence), Time{}, sequence);
        const auto room = peer.producer().claim(frame.bytes().size());
        if (room) {
            for (std::size_t i = 0; i < room->size(); ++i) (*room)[i] = frame.bytes()[i];
            peer.producer().advance();
            if (random.chance(70)) peer.producer().flush();
            ++sequence;
        }
        if (random.chance(5)) {
            while (peer.consumer().next()) {
            }
            peer.consumer().release();
        }
    }
}

// The other process needs its time; the bound is for one that never comes.
template <class Condition>
void patiently(Rig& rig, const Condition& condition) {
    for (int i = 0; i < 500'000; ++i) {
        if (condition()) return;
        rig.round();
        if (i % 8 == 0) ::usleep(20);
    }
    FAIL("it never came");
}

}  // namespace

TEST_CASE("shared memory: a client killed at any instant costs its own session and nothing else") {
    RigOptions options;
    options.carrier = Carrier::memory;
    options.ring = 64;
    // All that the other process can send while it does not read.
    options.gateway.shm.report_bytes = 4 * kMinShmRing;
    Rig rig(options);
    auto neighbour = rig.established(1);
    Random random(11);
    std::uint64_t traded = 0;
    std::uint64_t taken = 0;
    for (int kill = 0; kill < kills(); ++kill) {
        CAPTURE(kill);
        const std::string path = rig.gateway->shm_path();
        const std::uint64_t seed = random.next();
        const pid_t child = ::fork();
        if (child == 0) trade_for_ever(path, rig.key, seed);
        // Into its handshake at times, mostly into its trading.
        if (random.chance(20)) {
            rig.rounds(static_cast<int>(random.below(3000)));
        } else {
            const std::uint64_t enough = rig.gateway->metrics().commands.get() + 1 + random.below(2000);
            patiently(rig, [&] { return rig.gateway->metrics().commands.get() >= enough; });
        }
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        patiently(rig, [&] { return rig.gateway->metrics().shm_open.get() == 1; });
        if (rig.engine.sessions.size() > 1) patiently(rig, [&] { return !rig.engine.sessions[1].established; });
        ++traded;
        neighbour->command(order(traded), traded);
        CHECK(rig.next(*neighbour).as<ExecutionReport>().cl_ord_id.value == traded);
    }
    // Every command of all lives: the next number, whole.
    for (const Submission& seen : rig.engine.seen) {
        if (seen.command.header.kind != CommandKind::place_order || seen.command.header.session != SessionId{2u})
            continue;
        ++taken;
        REQUIRE(seen.command.header.session_sequence == taken);
        const PlaceOrder expected = order(taken);
        const auto body = seen.command.as<PlaceOrder>();
        REQUIRE(std::memcmp(&body, &expected, sizeof expected) == 0);
    }
    CHECK(taken > 1000);
    CHECK(rig.gateway->metrics().connections_open.get() == 1);
}
