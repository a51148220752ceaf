// Checkpoint: what the venue signs of its whole record so far. The text is a C2SP signed note whose first three lines
// are those of a C2SP checkpoint (tlog-checkpoint), so any witness that cosigns transparency logs can cosign it; more
// lines follow. docs/protocols/proofs.md is the reference.
//
//   dcx/<venue id, 32 hex digits>                           origin, and name of the venue's key
//   <commands: leaves of the command tree>
//   <command root, base64>
//   checkpoint <number, from 1>
//   time <ns since 1970 of the last command>
//   batch <number of the journal batch that ends here> <its chain hash, hex>
//   events <leaves of the event tree> <event root, base64>
//   event-hash <rolling hash of all events, 16 hex digits>
//   state <SHA-256 of the canonical state, hex>
//   liabilities <asset id> <symbol> <scale> <root, base64> <sum, minor units>       one line an asset, by rising id
//   previous <SHA-256 of the text of the checkpoint before, hex; zeros for the first>
//
//   — <origin> <base64 of key id (4 bytes) and Ed25519 signature>
//
// A checkpoint always ends with a whole batch. Lines of signatures may follow from others (witnesses).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/ed25519.h"
#include "base/sha256.h"
#include "journal/format.h"
#include "model/types.h"
#include "proof/proof_error.h"

namespace dcx::proof {

struct LiabilitiesLine {
    AssetId asset{};
    AssetSymbol symbol{};
    std::uint8_t scale{};
    Digest root{};
    Amount sum{};
};
struct Checkpoint {
    journal::VenueId venue_id{};
    std::uint64_t number{};
    Sequence commands{};  // also the size of the command tree
    Digest command_root{};
    Time time{};
    std::uint64_t batch{};
    Digest batch_hash{};
    std::uint64_t events{};
    Digest event_root{};
    std::uint64_t event_hash{};
    Digest state_hash{};
    std::vector<LiabilitiesLine> liabilities;
    Digest previous{};
};

[[nodiscard]] std::string origin_of(const journal::VenueId& venue_id);
// What is signed: all lines up to and with the newline before the empty line.
[[nodiscard]] std::string checkpoint_text(const Checkpoint& checkpoint);
// Exactly what checkpoint_text() writes, anything else is malformed.
[[nodiscard]] std::expected<Checkpoint, ProofError> parse_checkpoint(std::string_view text);

struct NoteSignature {
    std::string name;
    std::vector<std::byte> bytes;  // key id and signature
};
struct SignedNote {
    std::string text;
    std::vector<NoteSignature> signatures;
};
// C2SP signed-note.
[[nodiscard]] std::expected<SignedNote, ProofError> parse_note(std::string_view note);
[[nodiscard]] std::string note_text(const SignedNote& note);
// A key of it: "<name>+<key id, 8 hex digits>+<base64 of algorithm byte 1 and the public key>".
struct VerifierKey {
    std::string name;
    std::uint32_t id{};
    Ed25519PublicKey key{};
};
[[nodiscard]] VerifierKey verifier_key(std::string_view name, const Ed25519PublicKey& key);
[[nodiscard]] std::string verifier_text(const VerifierKey& key);
[[nodiscard]] std::expected<VerifierKey, ProofError> parse_verifier(std::string_view text);
void sign_note(SignedNote& note, std::string_view name, const Ed25519Seed& seed);
// One signature of the key is there and right; those of other keys are passed over.
[[nodiscard]] std::expected<void, ProofError> check_signature(const SignedNote& note, const VerifierKey& key);

}  // namespace dcx::proof
