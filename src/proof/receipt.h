// Receipt: the venue's signed statement that a command has its place in the log, which a customer can hold against it.
// Its text is that of a C2SP signed note; the first line is no checkpoint's origin, so neither is taken for the other.
// docs/protocols/proofs.md is the reference.
//
//   dcx/<venue id, 32 hex digits> receipt
//   command <sequence>
//   time <ns since 1970, of the log>
//   batch <number of the journal batch that holds it>
//   leaf <hash of its leaf in the command tree, base64>
//   checkpoint <number of the last one signed> <SHA-256 of its text, hex; 0 and zeros when there is none yet>
//
//   — <origin> <base64 of key id and Ed25519 signature>
//
// Later it is opened: the command's bytes and salt show what the leaf commits to, an inclusion proof that a signed
// checkpoint has the leaf, and the same for as many of its events as are its owner's to see. Any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "proof/checkpoint.h"
#include "proof/leaf.h"

namespace dcx::proof {

struct Receipt {
    journal::VenueId venue_id{};
    Sequence sequence{};
    Time time{};
    std::uint64_t batch{};
    Digest leaf{};
    std::uint64_t checkpoint{};
    Digest checkpoint_hash{};
};
[[nodiscard]] std::string receipt_text(const Receipt& receipt);
// Exactly what receipt_text() writes.
[[nodiscard]] std::expected<Receipt, ProofError> parse_receipt(std::string_view text);

struct OpenedCommand {
    Command command;
    Salt salt{};
    MatchDigest records;
};
struct OpenedEvent {
    Event event;  // applied_time is not of the log: 0
    Salt salt{};
    std::uint64_t leaf{};       // its index in the event tree
    std::vector<Digest> proof;  // of its inclusion
};
struct ReceiptFile {
    SignedNote receipt;
    std::optional<OpenedCommand> command;
    // With a checkpoint there is a proof of the command's inclusion, and there may be events.
    std::optional<SignedNote> checkpoint;
    std::vector<Digest> proof;
    std::vector<OpenedEvent> events;  // by rising index
};

// Whether a note has the venue's signature: by the key of that checkpoint's number; 0: of a receipt.
using CheckNote = std::function<std::expected<void, ProofError>(const SignedNote& note, std::uint64_t checkpoint)>;

struct CheckedReceipt {
    Receipt receipt;
    bool opened = false;                   // the command's bytes give the leaf
    std::optional<Checkpoint> checkpoint;  // which has the leaf
    bool all_events = false;               // the command made no others than these
};
[[nodiscard]] std::expected<CheckedReceipt, ProofError> check_receipt(const ReceiptFile& file, const CheckNote& check);

}  // namespace dcx::proof
