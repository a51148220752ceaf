#include "journal/format.h"

#include <charconv>
#include <cstring>

#include "base/check.h"
#include "base/crc32c.h"

namespace dcx::journal {
namespace {

constexpr std::size_t kNameDigits = 20;  // as many as the largest sequence has

template <class Header>
std::uint32_t checksum(const Header& header) {
    return crc32c(std::as_bytes(std::span{&header, 1}).first(sizeof(Header) - sizeof(std::uint32_t)));
}

}  // namespace

void seal(SegmentHeader& header) { header.crc = checksum(header); }
void seal(EpochPage& page) { page.crc = checksum(page); }
void seal(BatchHeader& header) { header.header_crc = checksum(header); }

bool intact(const SegmentHeader& header) { return header.magic == kSegmentMagic && header.crc == checksum(header); }
bool intact(const BatchHeader& header) { return header.magic == kBatchMagic && header.header_crc == checksum(header); }

bool intact(const EpochPage& page) { return page.crc == checksum(page); }

Digest command_hash(const Command& command) { return Sha256::of(std::as_bytes(std::span{&command, 1})); }

Digest chain_seed(const VenueId& venue_id) {
    constexpr std::string_view domain = "dcx journal";
    Sha256 hash;
    hash.update(std::as_bytes(std::span{domain}));
    hash.update(venue_id);
    return hash.finish();
}

Digest batch_hash(Sha256& hash, const BatchHeader& header, std::span<const std::byte> payload) {
    hash.update_value(header);
    hash.update(payload);
    return hash.finish();
}

std::string segment_name(Sequence first) {
    std::string digits = std::to_string(first.value);
    DCX_CHECK(digits.size() <= kNameDigits);
    return std::string(kNameDigits - digits.size(), '0') + digits + std::string{kSegmentSuffix};
}

std::optional<Sequence> parse_segment_name(std::string_view name) {
    if (name.size() != kNameDigits + kSegmentSuffix.size() || !name.ends_with(kSegmentSuffix)) return std::nullopt;
    const std::string_view digits = name.substr(0, kNameDigits);
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(digits.begin(), digits.end(), value);
    if (error != std::errc{} || stop != digits.end()) return std::nullopt;
    return Sequence{value};
}

}  // namespace dcx::journal
