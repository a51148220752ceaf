// AuditReport: what `dcx verify journal` found, on one page for a person or as JSON. One thread.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "proof/proof_error.h"

namespace dcx::app {

enum class AuditVerdict : std::uint8_t { holds, broken, not_checked };
[[nodiscard]] std::string_view to_string(AuditVerdict verdict);

class AuditReport {
  public:
    // Facts come before the checks on the page.
    void tell(const std::string& name, const std::string& text) { facts_.push_back({name, text}); }

    // `what` is how much was compared, or why nothing was.
    void holds(const std::string& name, const std::string& what) {
        lines_.push_back({name, AuditVerdict::holds, what, {}});
    }
    void not_checked(const std::string& name, const std::string& why) {
        lines_.push_back({name, AuditVerdict::not_checked, why, {}});
    }
    void broken(const std::string& name, const proof::ProofError& error) {
        lines_.push_back({name, AuditVerdict::broken, error.text(), error});
    }

    // All holds, and all was checked.
    [[nodiscard]] bool holds() const;
    [[nodiscard]] std::string text() const;
    [[nodiscard]] std::string json() const;

  private:
    struct Fact {
        std::string name;
        std::string text;
    };
    struct Line {
        std::string name;
        AuditVerdict verdict;
        std::string text;
        proof::ProofError error;
    };
    [[nodiscard]] std::size_t count(AuditVerdict verdict) const;
    std::vector<Fact> facts_;
    std::vector<Line> lines_;
};

}  // namespace dcx::app
