#include "journal/chain.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/crc32c.h"

namespace dcx::journal {
namespace {

using Kind = RecoveryErrorKind;

bool lies_at(const BatchHeader& header, std::uint64_t segment, std::uint64_t offset) {
    return header.segment == segment && header.block == offset / kBlockSize;
}

}  // namespace

bool all_zero(std::span<const std::byte> bytes) {
    static constexpr std::array<std::byte, 4096> zeros{};
    for (; bytes.size() > zeros.size(); bytes = bytes.subspan(zeros.size()))
        if (std::memcmp(bytes.data(), zeros.data(), zeros.size()) != 0) return false;
    return bytes.empty() || std::memcmp(bytes.data(), zeros.data(), bytes.size()) == 0;
}

const BatchHeader& header_at(std::span<const std::byte> bytes, std::uint64_t offset) {
    return *reinterpret_cast<const BatchHeader*>(bytes.data() + offset);
}

void Chain::begin(const Segment& segment) {
    position_.batch = segment.header.first_batch - 1;
    position_.sequence = Sequence{segment.header.first_sequence - 1};
    position_.hash = segment.header.previous;
    enter(segment);
}

void Chain::resume(const Segment& segment, const Position& from) {
    enter(segment);
    position_.offset = from.offset;
    position_.batch = from.batch;
    position_.sequence = from.sequence;
    position_.epoch = from.epoch;
    position_.durable_sequence = from.sequence;
    position_.durable_batch = from.batch;
    position_.durable_offset = from.offset;
    position_.hash = from.hash;
    position_.time = from.time;
}

void Chain::enter(const Segment& segment) {
    position_.segment_name = segment.name;
    position_.segment = segment.header.segment;
    position_.segment_size = segment.header.size;
    position_.offset = kSegmentHeaderSize;
    position_.epoch = segment.header.epoch;
    // A segment is begun after the sync of everything before it.
    position_.durable_sequence = Sequence{segment.header.first_sequence - 1};
    position_.durable_batch = segment.header.first_batch - 1;
    position_.durable_offset = kSegmentHeaderSize;
}

std::expected<void, RecoveryError> Chain::check_follows(const Segment& next, bool gone) const {
    if (next.header.first_batch > position_.batch + 1)
        return refuse_lost(gone,
                           "segment " + next.name + " begins with batch " + std::to_string(next.header.first_batch));
    if (next.header.segment != position_.segment + 1 || next.header.first_batch != position_.batch + 1 ||
        next.header.first_sequence != position_.sequence.value + 1 || next.header.previous != position_.hash ||
        next.header.epoch < position_.epoch)
        return refuse(Kind::broken_chain, next.name, 0, "its header does not continue " + position_.segment_name);
    return {};
}

std::expected<bool, RecoveryError> Chain::stands(const BatchHeader& header) const {
    if (!intact(header)) return false;
    // Written, but for another place: a former life of this space or a misdirected write.
    if (!lies_at(header, position_.segment, position_.offset)) return false;
    if (auto continues = check_continues(header); !continues) return std::unexpected(std::move(continues.error()));
    return true;
}

std::expected<std::optional<Batch>, RecoveryError> Chain::take(const BatchHeader& header,
                                                               std::span<const std::byte> payload) {
    if (crc32c(payload) != header.payload_crc) return std::nullopt;
    const std::span commands{reinterpret_cast<const Command*>(payload.data()), header.count};
    if (!sequences_follow(commands))
        return refuse_here(Kind::broken_chain, "the commands' sequences are not those of their batch");
    accept(header, payload);
    return Batch{&header, commands};
}

// The header is intact and at its place, so nothing but its writer made it; a tear cannot explain what is wrong here.
std::expected<void, RecoveryError> Chain::check_continues(const BatchHeader& header) const {
    if (header.format > kBatchFormat)
        return refuse_here(Kind::newer_format, "format " + std::to_string(header.format) + ", this program knows " +
                                                   std::to_string(kBatchFormat));
    if (header.number != position_.batch + 1)
        return refuse_here(Kind::broken_chain, "batch " + std::to_string(header.number) + " stands where batch " +
                                                   std::to_string(position_.batch + 1) + " belongs");
    if (header.first_sequence != position_.sequence.value + 1)
        return refuse_here(Kind::broken_chain, "it begins with sequence " + std::to_string(header.first_sequence) +
                                                   " where " + std::to_string(position_.sequence.value + 1) +
                                                   " follows");
    if (header.previous != position_.hash)
        return refuse_here(Kind::broken_chain, "it names " + to_hex(header.previous) +
                                                   " as the batch before, which is " + to_hex(position_.hash));
    if (header.epoch == 0 || header.epoch < position_.epoch)
        return refuse_here(Kind::broken_chain, "its epoch went back to " + std::to_string(header.epoch));
    if (header.durable_batch < position_.durable_batch || header.durable_batch > position_.batch ||
        header.durable_sequence < position_.durable_sequence.value ||
        header.durable_sequence > position_.sequence.value)
        return refuse_here(Kind::broken_chain, "its watermark, batch " + std::to_string(header.durable_batch) +
                                                   ", sequence " + std::to_string(header.durable_sequence) +
                                                   ", cannot be");
    const bool reserved_zero = all_zero(header.zero) && header.flags == 0;
    if (header.format != kBatchFormat || !reserved_zero || header.count > kMaxBatchCommands ||
        header.count > left() / kBlockSize - 1)
        return refuse_here(Kind::broken_chain, "its header has a field that no writer of this format writes");
    return {};
}

bool Chain::sequences_follow(std::span<const Command> commands) const {
    std::uint64_t expected = position_.sequence.value;
    return std::all_of(commands.begin(), commands.end(),
                       [&](const Command& command) { return command.header.sequence.value == ++expected; });
}

void Chain::accept(const BatchHeader& header, std::span<const std::byte> payload) {
    if (header.durable_batch == position_.batch) position_.durable_offset = position_.offset;
    position_.durable_batch = header.durable_batch;
    position_.durable_sequence = Sequence{header.durable_sequence};
    position_.hash = batch_hash(hash_, header, payload);
    position_.batch = header.number;
    position_.sequence = Sequence{position_.sequence.value + header.count};
    position_.epoch = header.epoch;
    position_.time = Time{header.time};
    position_.offset += kBlockSize + payload.size();
}

std::unexpected<RecoveryError> Chain::refuse_lost(bool gone, std::string_view witness) const {
    std::string seen = "batch " + std::to_string(position_.batch + 1) + " from sequence " +
                       std::to_string(position_.sequence.value + 1) + (gone ? " is gone" : " is damaged") +
                       ", and it was durable: ";
    seen += witness;
    return refuse_here(gone ? Kind::missing_batch : Kind::damaged_batch, seen);
}

void Remains::search(const Position& position, std::span<const std::byte> bytes, std::uint64_t offset) {
    constexpr std::uint64_t page = 4096;
    for (std::uint64_t done = 0; done < bytes.size();) {
        const std::uint64_t here = offset + done;
        if (here % page == 0 && bytes.size() - done >= page && all_zero(bytes.subspan(done, page))) {
            done += page;
            continue;
        }
        const auto block = bytes.subspan(done, kBlockSize);
        done += kBlockSize;
        if (all_zero(block)) continue;
        if (end == 0) first = here;
        end = here + kBlockSize;
        // No client can forge such a block: the first 40 bytes of a command are the venue's.
        const BatchHeader& header = header_at(block, 0);
        if (!intact(header) || !lies_at(header, position.segment, here)) continue;
        if (header.durable_batch > durable_batch) {
            durable_batch = header.durable_batch;
            witness = here;
        }
        if (header.count > 0 && header.first_sequence > position.sequence.value)
            last_sequence = std::max(last_sequence, header.first_sequence + header.count - 1);
    }
}

std::string Remains::testimony() const {
    return "the header at offset " + std::to_string(witness) + " knows batch " + std::to_string(durable_batch) +
           " as durable";
}

}  // namespace dcx::journal
