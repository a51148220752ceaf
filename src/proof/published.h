// What a venue shows to anybody, a folder that can be copied as it is:
//
//   key.txt                    its verifier keys (C2SP), a line each: the first one from checkpoint 1 on, each other
//   one
//                              followed by " from " and the number of the first checkpoint that it signs
//   keys/00000012.txt          the note by which the key before signs that this one follows it from checkpoint 12 on
//   checkpoints/00000001.txt   the checkpoints, every number
//   match-log/                 the public match log (match_log.h)
//
// Any thread; one process writes (recorder.h).
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "proof/checkpoint.h"
#include "proof/keys.h"
#include "proof/proof_error.h"

namespace dcx::proof {

struct PublishedKey {
    std::uint64_t from{};  // the first checkpoint that it signs
    VerifierKey key;
};
[[nodiscard]] std::string key_list_text(const std::vector<PublishedKey>& keys);
// At least one key, all of one name, by rising checkpoints from 1.
[[nodiscard]] std::expected<std::vector<PublishedKey>, ProofError> parse_key_list(std::string_view text);
// The one that signs this checkpoint.
[[nodiscard]] const PublishedKey& key_for(const std::vector<PublishedKey>& keys, std::uint64_t checkpoint);

// Of a rotation. Its text: the origin, "key " and the new verifier key, "from checkpoint " and a number.
[[nodiscard]] std::string key_note_text(const PublishedKey& next);

struct SignedCheckpoint {
    Checkpoint checkpoint;
    std::string file;  // the whole note
    Digest hash{};     // of its text: what the next one's `previous` is
};

class Published {
  public:
    explicit Published(std::string folder) : folder_(std::move(folder)) {}

    [[nodiscard]] const std::string& folder() const { return folder_; }
    [[nodiscard]] std::string key_file() const { return folder_ + "/key.txt"; }
    [[nodiscard]] std::string checkpoints() const { return folder_ + "/checkpoints"; }
    [[nodiscard]] std::string match_log() const { return folder_ + "/match-log"; }
    [[nodiscard]] std::string checkpoint_file(std::uint64_t number) const;
    [[nodiscard]] std::string key_note_file(std::uint64_t from) const;

    // Makes what is missing of the folders.
    [[nodiscard]] std::expected<void, ProofError> make() const;
    // `missing` when no key was published yet.
    [[nodiscard]] std::expected<std::vector<PublishedKey>, ProofError> keys() const;
    // 0 when there is none; checkpoint_gap when a number is left out.
    [[nodiscard]] std::expected<std::uint64_t, ProofError> newest() const;
    // With the signature of the key that signs this number.
    [[nodiscard]] std::expected<SignedCheckpoint, ProofError> checkpoint(std::uint64_t number) const;

    // The key in `keys` is the last of the list from here on: the list begins, or the previous key signs that it
    // follows. Nothing happens when it is there already. unknown_key: neither it nor its previous one is the last.
    [[nodiscard]] std::expected<std::vector<PublishedKey>, ProofError> publish_key(const journal::VenueId& venue_id,
                                                                                   const ProofKeys& keys,
                                                                                   std::uint64_t next_checkpoint) const;
    // Signs it and puts it in place.
    [[nodiscard]] std::expected<SignedCheckpoint, ProofError> publish(const Checkpoint& checkpoint,
                                                                      const Ed25519Seed& seed) const;

  private:
    std::string folder_;
};

}  // namespace dcx::proof
