#include "engine/replay_gauge.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>

namespace dcx::engine {
namespace {

// Where the zeros behind the last batch begin: batches stand without gaps, and no block of theirs is all zero.
std::uint64_t used_bytes(journal::Storage& storage, const std::string& name, std::uint64_t size) {
    std::uint64_t low = journal::kSegmentHeaderSize / journal::kBlockSize;
    std::uint64_t high = size / journal::kBlockSize;
    while (low < high) {
        const std::uint64_t middle = low + (high - low) / 2;
        std::array<std::byte, journal::kBlockSize> block{};
        const auto got = storage.read(name, middle * journal::kBlockSize, block);
        if (!got) return size;
        if (block == std::array<std::byte, journal::kBlockSize>{})
            high = middle;
        else
            low = middle + 1;
    }
    return low * journal::kBlockSize;
}

}  // namespace

std::string progress_bar(const ReplayProgress& progress) {
    constexpr std::size_t width = 20;
    const double fraction = std::clamp(progress.fraction, 0.0, 1.0);
    const auto full = static_cast<std::size_t>(fraction * width);
    std::array<char, 160> text{};
    std::snprintf(text.data(), text.size(), "[%s%s] %.0f %%, %llu commands, %.2f M/s, %.0f s left",
                  std::string(full, '#').c_str(), std::string(width - full, '-').c_str(), fraction * 100,
                  static_cast<unsigned long long>(progress.commands), progress.commands_per_second() / 1e6,
                  progress.seconds_left());
    return text.data();
}

ReplayGauge::ReplayGauge(journal::Storage& storage, std::uint64_t first, std::uint64_t offset) {
    const auto names = storage.list();
    if (!names) return;
    std::string last;
    for (const std::string& name : *names) {
        if (!journal::parse_segment_name(name)) continue;
        if (ends_.empty()) {
            journal::SegmentHeader header;
            if (storage.read(name, 0, std::as_writable_bytes(std::span{&header, 1}))) first_segment_ = header.segment;
        }
        ends_.push_back((ends_.empty() ? 0 : ends_.back()) + storage.size(name).value_or(0));
        last = name;
    }
    if (ends_.empty()) return;
    const std::uint64_t before = ends_.size() == 1 ? 0 : ends_[ends_.size() - 2];
    end_ = before + used_bytes(storage, last, ends_.back() - before);
    begin_ = bytes_before(first, offset);
}

std::uint64_t ReplayGauge::bytes_before(std::uint64_t segment, std::uint64_t offset) const {
    if (segment < first_segment_ || segment - first_segment_ >= ends_.size()) return 0;
    return offset + (segment == first_segment_ ? 0 : ends_[segment - first_segment_ - 1]);
}

double ReplayGauge::fraction(const journal::BatchHeader& batch) const {
    const std::uint64_t at =
        bytes_before(batch.segment, (std::uint64_t{batch.block} + 1 + batch.count) * journal::kBlockSize);
    if (end_ <= begin_ || at <= begin_) return 0;
    return std::min(1.0, static_cast<double>(at - begin_) / static_cast<double>(end_ - begin_));
}

}  // namespace dcx::engine
