// The public match log's bytes (docs/protocols/match-log.md): a folder of files, in them for every command of the
// journal a head and its records. Everything is 64 bytes.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "journal/format.h"
#include "model/layout.h"
#include "model/types.h"
#include "proof/leaf.h"
#include "proof/match_record.h"

namespace dcx::proof {

inline constexpr std::uint64_t kMatchLogMagic = 0x484354414D584344u;  // "DCXMATCH"
inline constexpr std::uint32_t kMatchLogVersion = 1;
inline constexpr std::string_view kMatchLogSuffix = ".dcxm";
inline constexpr std::uint64_t kMatchFileSize = std::uint64_t{64} << 20;  // from here on a new one is begun
// An input, the most fills that genesis can allow, and what becomes of the rest.
inline constexpr std::uint32_t kMaxMatchRecords = (1u << 20) + 2;

struct MatchFileHeader {
    std::uint64_t magic{kMatchLogMagic};
    std::uint32_t version{kMatchLogVersion};
    std::uint32_t zero{};
    journal::VenueId venue_id{};
    Sequence first_sequence{};
    std::array<std::uint64_t, 3> zero_too{};
};
struct MatchCommandHead {
    Sequence sequence{};
    Time time{};
    std::uint32_t records{};
    std::uint32_t zero{};
    Digest commitment{};
    std::uint64_t zero_too{};
    friend bool operator==(const MatchCommandHead&, const MatchCommandHead&) = default;
};
static_assert(FixedLayout<MatchFileHeader> && sizeof(MatchFileHeader) == sizeof(MatchRecord));
static_assert(FixedLayout<MatchCommandHead> && sizeof(MatchCommandHead) == sizeof(MatchRecord));

struct MatchCommand {
    MatchCommandHead head;
    std::span<const MatchRecord> records;
};

// "00000000000000000001.dcxm", and the sequence of exactly such a name.
[[nodiscard]] std::string match_file_name(Sequence first);
[[nodiscard]] std::optional<Sequence> parse_match_file_name(std::string_view name);

// What a command's leaf has of its records.
[[nodiscard]] MatchDigest match_digest(std::span<const MatchRecord> records);

}  // namespace dcx::proof
