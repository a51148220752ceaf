// MatchCursor: where a checker stands in the records of one command, and how it says what is wrong there. One thread.
#pragma once

#include <expected>
#include <string>

#include "proof/match_log.h"
#include "proof/proof_error.h"

namespace dcx::proof {

using MatchResult = std::expected<void, ProofError>;

class MatchCursor {
  public:
    explicit MatchCursor(const MatchCommand& command) : command_(command) {}

    // Null at the end.
    [[nodiscard]] const MatchRecord* peek() const {
        return at_ < command_.records.size() ? &command_.records[at_] : nullptr;
    }
    [[nodiscard]] bool next_is(MatchRecordKind kind) const { return peek() != nullptr && peek()->kind == kind; }
    [[nodiscard]] bool at_end() const { return at_ == command_.records.size(); }

    // The next record must be this one, to the byte; passes it. Its index is filled in.
    [[nodiscard]] MatchResult expect(MatchRecord record) {
        record.index = at_;
        if (peek() == nullptr || *peek() != record) [[unlikely]]
            return std::unexpected(difference(record));
        ++at_;
        return {};
    }
    // Likewise of an input, made again from the fields that its kind has.
    [[nodiscard]] MatchResult expect_input(MatchRecord record) {
        record.index = at_;
        if (*peek() != record) [[unlikely]]
            return impossible("has what its kind has not, or another index");
        ++at_;
        return {};
    }
    // There is no more.
    [[nodiscard]] MatchResult finish() const {
        if (!at_end()) [[unlikely]]
            return unexpected_record();
        return {};
    }
    // The next record is an input that no book in this state takes.
    [[nodiscard]] std::unexpected<ProofError> impossible(const std::string& why) const {
        return std::unexpected(error(ProofErrorKind::impossible_input, why));
    }
    // What came before can't have been.
    [[nodiscard]] std::unexpected<ProofError> wrong_outcome(const std::string& why) const {
        return std::unexpected(error(ProofErrorKind::wrong_outcome, why));
    }
    [[nodiscard]] std::unexpected<ProofError> unexpected_record() const {
        return std::unexpected(error(ProofErrorKind::record_unexpected, "nothing of that kind stands here"));
    }

  private:
    [[nodiscard]] ProofError error(ProofErrorKind kind, const std::string& what) const;
    [[nodiscard]] ProofError difference(const MatchRecord& wanted) const;

    const MatchCommand& command_;
    std::uint32_t at_ = 0;
};

// "trade of 3 @ 100 with order 7"; for messages.
[[nodiscard]] std::string describe(const MatchRecord& record);

}  // namespace dcx::proof
