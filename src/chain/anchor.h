// Anchors: the digest of a checkpoint, published where the venue can't take it back alone. What the queue
// (anchor_queue.h) keeps of each, and what a place must be able to do. docs/proofs.md says what an anchor proves in
// which place.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "model/command.h"

namespace dcx::chain {

// In the order in which an anchor goes through them. Kept on disk: numbers are given once.
enum class AnchorStage : std::uint8_t {
    waiting = 1,    // to be published
    prepared = 2,   // what is to be sent is on disk, and nothing was sent
    sent = 3,       // from before it is sent on: it may be there
    confirmed = 4,  // seen there
    lost = 5,       // was there, or may have been, and is no more; another attempt may have followed
};
[[nodiscard]] std::string_view to_string(AnchorStage stage);
[[nodiscard]] std::string_view to_string(AnchorPlace place);
[[nodiscard]] std::optional<AnchorPlace> anchor_place_of(std::string_view name);

// One attempt at one place. (checkpoint, place, attempt) is its name.
struct Anchor {
    std::uint64_t checkpoint{};
    AnchorPlace place{};
    std::uint32_t attempt = 1;
    Digest digest{};  // SHA-256 of the checkpoint's text
    AnchorStage stage = AnchorStage::waiting;
    Digest tx_hash{};             // zeros before it is prepared, and for a file
    std::string body;             // what is sent, whole
    std::uint32_t path_index{};   // of the key that signed it
    std::uint64_t nonce{};        // that it signed
    std::uint64_t height{};       // of its block
    Digest block_hash{};          // likewise
    std::uint64_t sent_height{};  // of the tip when it was sent last
    std::uint32_t posts{};        // how often it was sent
    std::int64_t made_ns{};       // times of the wall clock; 0: not yet
    std::int64_t sent_ns{};       // the last time
    std::int64_t confirmed_ns{};
    std::string error;  // the last one; empty after a success
    bool told = false;  // confirmed or lost, and the venue's log has it
};

// What is remembered of a place between two looks, on disk too.
struct PlaceMemory {
    std::uint64_t tip_height{};
    Digest tip_hash{};           // zeros: nothing is known
    std::int64_t started_s{};    // when the node began, by our clock; 0: not known
    std::uint32_t path_index{};  // of the key that signs
    std::uint64_t last_nonce{};
    bool look_again = false;  // its history changed: every anchor there must be looked at
};
enum class PlaceChange : std::uint8_t {
    none,
    restarted,  // it has forgotten everything: the same key goes on, with new nonces
    forked,     // another history: the key's old signatures can be played again there, so another key goes on
};

struct PreparedAnchor {
    Digest tx_hash{};
    std::string body;
    std::uint64_t nonce{};
};
struct AnchorSighting {
    enum class State : std::uint8_t { absent, pending, there } state = State::absent;
    std::uint64_t height{};
    Digest block_hash{};
};
enum class AnchorErrorKind : std::uint8_t {
    away = 1,         // no answer, or none that can be used: ask again later
    no_funds = 2,     // the address has to be given some
    no_signer = 3,    // the signer is away, or refuses
    wrong_place = 4,  // another chain than configured
    refused = 5,      // it was not taken, or that is what was said
    spent = 6,        // what was prepared can't be taken any more, by nobody's fault: it has to be prepared anew
    passed = 7,       // the place has a newer one, and takes none before it
};
[[nodiscard]] std::string_view to_string(AnchorErrorKind kind);
struct AnchorError {
    AnchorErrorKind kind{};
    std::string seen;

    // "away (1): ..."
    [[nodiscard]] std::string text() const;
};
template <class T>
using AnchorAnswer = std::expected<T, AnchorError>;

// One place. On the queue's thread. Nothing it answers is believed by the queue but that something is there; nothing it
// is asked changes the place but post().
class AnchorPlaceClient {
  public:
    virtual ~AnchorPlaceClient() = default;
    [[nodiscard]] virtual AnchorPlace place() const = 0;
    // Looks at the place as a whole and brings `memory` up to now. The queue keeps it with what it means for anchors.
    virtual AnchorAnswer<PlaceChange> observe(PlaceMemory& memory) = 0;
    // What will be sent for it, by the key and behind the nonce of `memory`. Sends nothing.
    virtual AnchorAnswer<PreparedAnchor> prepare(const Anchor& anchor, const PlaceMemory& memory) = 0;
    // Whether it could be sent now: it would not be refused, or do harm there.
    virtual AnchorAnswer<void> ready(const Anchor& anchor) = 0;
    // Sends a prepared one. Whatever it answers, only look() tells what became of it.
    virtual AnchorAnswer<void> post(const Anchor& anchor) = 0;
    virtual AnchorAnswer<AnchorSighting> look(const Anchor& anchor) = 0;
    // What look() calls absent can't come any more from what was sent before: sending again needs no waiting.
    [[nodiscard]] virtual bool absent_is_final() const { return false; }
};

}  // namespace dcx::chain
