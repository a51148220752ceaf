#include "proof/match_log.h"

#include <charconv>

#include "proof/quick_sha256.h"

namespace dcx::proof {
namespace {

constexpr std::size_t kDigits = 20;

}  // namespace

std::string match_file_name(Sequence first) {
    const std::string digits = std::to_string(first.value);
    return std::string(kDigits - digits.size(), '0') + digits + std::string(kMatchLogSuffix);
}

std::optional<Sequence> parse_match_file_name(std::string_view name) {
    std::uint64_t first = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), first);
    if (parsed.ec != std::errc{} || name != match_file_name(Sequence{first})) return std::nullopt;
    return Sequence{first};
}

MatchDigest match_digest(std::span<const MatchRecord> records) {
    if (records.empty()) return {};
    return {.records = static_cast<std::uint32_t>(records.size()), .hash = QuickSha256::of(std::as_bytes(records))};
}

std::string_view to_string(MatchRecordKind kind) {
    switch (kind) {
        case MatchRecordKind::venue: return "venue";
        case MatchRecordKind::asset: return "asset";
        case MatchRecordKind::instrument: return "instrument";
        case MatchRecordKind::phase: return "phase";
        case MatchRecordKind::place: return "place";
        case MatchRecordKind::cancel: return "cancel";
        case MatchRecordKind::amend: return "amend";
        case MatchRecordKind::self_trade: return "self_trade";
        case MatchRecordKind::bust: return "bust";
        case MatchRecordKind::trade: return "trade";
        case MatchRecordKind::rest: return "rest";
        case MatchRecordKind::canceled: return "canceled";
    }
    return "unknown";
}

}  // namespace dcx::proof
