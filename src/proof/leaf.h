// What the two Merkle logs have of each command and of each event. A leaf has a public part and a commitment to the
// private one, so that its owner can open it, and nobody sees its neighbours. All integers little-endian.
//
//   command leaf: entry of kCommandEntrySize bytes
//     0   u64  sequence
//     8   i64  time, ns
//    16   u32  records: match records of this command (match_record.h)
//    20   32   SHA-256 of those records' bytes; zeros when there are none
//    52   32   commitment = SHA-256(salt, the command's 128 bytes as they stand in the journal)
//   event leaf: entry of kEventEntrySize bytes
//     0   u64  sequence of the command that made it
//     8   u32  index within the command
//    12   32   commitment = SHA-256(salt, bytes 28 .. 127 of the event)
//
// (bytes 0 .. 27 of an event are its sequence and index, which are public, its time, which is its command's, and
// applied_time, which is not of the log.) The n-th leaf of the command tree is the command of sequence n + 1; event
// leaves stand in the order of the events of the log.
//
// salts: HMAC-SHA-256(epoch secret, u64 sequence, u32 n) is 32 bytes: salts 2n and 2n + 1, of 16 bytes. Salt 0 is the
// command's, salt 1 + i that of its event i. epoch secret = HMAC-SHA-256(salt key, "dcx salts of epoch", u64 epoch);
// the epoch of a command is that of the newest StartEpoch at or before it, 0 before the first.
//
// Any thread; one thread for each object.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "base/sha256.h"
#include "model/command.h"
#include "model/event.h"

namespace dcx::proof {

using Secret = std::array<std::byte, 32>;
using Salt = std::array<std::byte, 16>;

inline constexpr std::size_t kCommandEntrySize = 84;
inline constexpr std::size_t kEventEntrySize = 44;
inline constexpr std::size_t kEventPrivateFrom = 28;

using CommandEntry = std::array<std::byte, kCommandEntrySize>;
using EventEntry = std::array<std::byte, kEventEntrySize>;

[[nodiscard]] Secret epoch_secret(const Secret& salt_key, std::uint64_t epoch);
// Slow and plain: one salt, from scratch. LeafHasher makes the same ones faster.
[[nodiscard]] Salt salt_of(const Secret& epoch_secret, Sequence sequence, std::uint32_t number);

struct MatchDigest {
    std::uint32_t records{};
    Digest hash{};  // zeros when there are none
};
[[nodiscard]] Digest commitment(const Salt& salt, const Command& command);
[[nodiscard]] Digest commitment(const Salt& salt, const Event& event);
[[nodiscard]] CommandEntry command_entry(const CommandHeader& header, const MatchDigest& records,
                                         const Digest& commitment);
[[nodiscard]] EventEntry event_entry(const EventHeader& header, const Digest& commitment);

}  // namespace dcx::proof
