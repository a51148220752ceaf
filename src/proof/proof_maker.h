// Makes the proof files that a venue hands out, from its private and its public folder, beside the recorder or without
// it, in any process that may read both. Everything it gives is what a checker accepts, or an error. One thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>

#include "proof/keys.h"
#include "proof/liability_file.h"
#include "proof/proof_file.h"
#include "proof/published.h"

namespace dcx::proof {

// A command of the log with what it did.
struct LoggedCommand {
    Command command;
    std::span<const Event> events;
    std::uint64_t batch{};  // number of the journal's batch that holds it
    std::uint64_t epoch{};  // whose salts it has
};

class ProofMaker {
  public:
    ProofMaker(std::string folder, std::string public_folder)
        : folder_(std::move(folder)), published_(std::move(public_folder)) {}

    [[nodiscard]] const Published& published() const { return published_; }
    // The first checkpoint that holds a command; missing: none does yet.
    [[nodiscard]] std::expected<SignedCheckpoint, ProofError> first_with(Sequence sequence) const;

    // Of a command's leaf, or of the leaf of its event of that index.
    [[nodiscard]] std::expected<InclusionFile, ProofError> inclusion(Sequence sequence,
                                                                     std::optional<std::uint32_t> event,
                                                                     std::uint64_t checkpoint) const;
    [[nodiscard]] std::expected<ConsistencyFile, ProofError> consistency(std::uint64_t from, std::uint64_t to) const;

    enum class Opened : std::uint8_t {
        session,  // the session's own command and its reports
        all,      // the command and every event: for auditors
    };
    struct ReceiptOptions {
        Opened opened = Opened::session;
        SessionId session{};                      // of `session`; 0: the command's own
        std::optional<std::uint64_t> checkpoint;  // none: the first one that holds it, or none at all
    };
    [[nodiscard]] std::expected<ReceiptFile, ProofError> receipt(const LoggedCommand& logged, const ProofKeys& keys,
                                                                 const ReceiptOptions& options) const;

    // wrong_account: it is in no tree of that checkpoint; other_asset: there is none of that asset.
    [[nodiscard]] std::expected<LiabilityFile, ProofError> liability(AccountId account, AssetId asset,
                                                                     std::uint64_t checkpoint,
                                                                     const ProofKeys& keys) const;

  private:
    std::string folder_;
    Published published_;
};

}  // namespace dcx::proof
