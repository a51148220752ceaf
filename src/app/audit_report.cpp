#include "app/audit_report.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace dcx::app {
namespace {

// Behind a name, so that the texts stand below each other.
std::string padded(const std::string& name, std::size_t width) {
    return name + std::string(name.size() < width ? width - name.size() : 1, ' ');
}

constexpr std::size_t kNameWidth = 34;
constexpr std::size_t kVerdictWidth = 13;

}  // namespace

std::string_view to_string(AuditVerdict verdict) {
    switch (verdict) {
        case AuditVerdict::holds: return "holds";
        case AuditVerdict::broken: return "BROKEN";
        case AuditVerdict::not_checked: return "not checked";
    }
    return "unknown";
}

std::size_t AuditReport::count(AuditVerdict verdict) const {
    return static_cast<std::size_t>(std::ranges::count(lines_, verdict, &Line::verdict));
}

bool AuditReport::holds() const { return !lines_.empty() && count(AuditVerdict::holds) == lines_.size(); }

std::string AuditReport::text() const {
    std::string page = "Audit of a venue's record by dcx " DCX_VERSION "\n\n";
    for (const Fact& fact : facts_) page += padded(fact.name, kNameWidth) + fact.text + '\n';
    page += '\n';
    for (const Line& line : lines_)
        page += padded(line.name, kNameWidth) + padded(std::string(to_string(line.verdict)), kVerdictWidth) +
                line.text + '\n';
    page += '\n';
    if (holds()) return page + "All of it holds.\n";
    if (const std::size_t broken = count(AuditVerdict::broken); broken != 0)
        return page + std::to_string(broken) + " of " + std::to_string(lines_.size()) + " are BROKEN.\n";
    return page + "What was checked holds; " + std::to_string(count(AuditVerdict::not_checked)) + " of " +
           std::to_string(lines_.size()) + " could not be checked.\n";
}

std::string AuditReport::json() const {
    nlohmann::ordered_json page{{"holds", holds()}, {"version", DCX_VERSION}};
    for (const Fact& fact : facts_) page["facts"][fact.name] = fact.text;
    page["checks"] = nlohmann::ordered_json::array();
    for (const Line& line : lines_) {
        nlohmann::ordered_json check{{"name", line.name}, {"verdict", to_string(line.verdict)}, {"text", line.text}};
        if (line.verdict == AuditVerdict::broken) {
            check["error"] = to_string(line.error.kind);
            check["number"] = static_cast<unsigned>(line.error.kind);
        }
        page["checks"].push_back(std::move(check));
    }
    return page.dump() + '\n';
}

}  // namespace dcx::app
