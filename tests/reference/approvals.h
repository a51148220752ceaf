// Operators' keys of tests, and approvals signed with them: what is proposed is learned from the events.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <span>

#include "base/ed25519.h"
#include "model/command.h"
#include "model/event.h"

namespace dcx::reference {

// A real seed for every number, the same in every run.
[[nodiscard]] Ed25519Seed operator_seed(std::uint64_t number);

[[nodiscard]] Approve sign_approval(const ApprovalMessage& message, std::uint64_t signer);

class ProposalBook {
  public:
    void observe(std::span<const Event> events);
    // What must be signed; nothing when it was never proposed. Also of proposals that are closed.
    [[nodiscard]] const ApprovalMessage* message(ProposalId id) const;
    [[nodiscard]] std::uint64_t made() const { return messages_.size(); }

  private:
    std::array<std::byte, 16> venue_id_{};
    std::map<std::uint64_t, ApprovalMessage> messages_;
};

}  // namespace dcx::reference
