#include "journal/reader.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"
#include "base/crc32c.h"
#include "journal/catalog.h"

namespace dcx::journal {
namespace {

using Kind = RecoveryErrorKind;

bool all_zero(std::span<const std::byte> bytes) {
    static constexpr std::array<std::byte, 4096> zeros{};
    for (; bytes.size() > zeros.size(); bytes = bytes.subspan(zeros.size()))
        if (std::memcmp(bytes.data(), zeros.data(), zeros.size()) != 0) return false;
    return bytes.empty() || std::memcmp(bytes.data(), zeros.data(), bytes.size()) == 0;
}

// The journal's bytes are the memory layout; both are aligned to 8 by kBlockSize steps in an aligned mapping.
const BatchHeader& header_at(std::span<const std::byte> bytes, std::uint64_t offset) {
    return *reinterpret_cast<const BatchHeader*>(bytes.data() + offset);
}
std::span<const Command> commands_at(std::span<const std::byte> bytes, std::uint64_t offset, std::uint32_t count) {
    return {reinterpret_cast<const Command*>(bytes.data() + offset), count};
}

// What the bytes behind the last batch tell.
struct Remains {
    std::uint64_t first = 0;          // where the first and
    std::uint64_t end = 0;            //   behind the last block that is not zero; 0: all are
    std::uint64_t witness = 0;        // offset of the header that names the highest
    std::uint64_t durable_batch = 0;  //   batch known durable
    std::uint64_t last_sequence = 0;  // the highest that a header claims for its batch
};

}  // namespace

struct Reader::State {
    explicit State(Storage& from) : storage(from) {}

    std::expected<void, RecoveryError> enter(std::size_t index);
    std::expected<std::optional<Batch>, RecoveryError> read_batch();
    std::expected<void, RecoveryError> check_continues(const BatchHeader& header) const;
    [[nodiscard]] bool sequences_follow(std::span<const Command> commands) const;
    void accept(const BatchHeader& header, std::span<const std::byte> payload);
    std::expected<void, RecoveryError> leave_segment();
    std::expected<void, RecoveryError> judge_end();
    [[nodiscard]] Remains search(std::uint64_t from) const;
    [[nodiscard]] std::uint64_t left() const { return position.segment_size - position.offset; }
    [[nodiscard]] std::unexpected<RecoveryError> refuse_here(Kind kind, std::string_view seen) const {
        return refuse(kind, position.segment_name, position.offset, seen);
    }
    // Kind and text for a batch that is known durable and cannot be read.
    [[nodiscard]] std::unexpected<RecoveryError> refuse_lost(std::string_view witness) const;

    Storage& storage;
    std::vector<Segment> segments;
    std::size_t current = 0;
    std::unique_ptr<Mapping> mapping;
    std::span<const std::byte> bytes;
    Position position;
    std::optional<AmbiguousTail> tail;
    bool ended = false;
    Sha256 hash;
};

std::expected<void, RecoveryError> Reader::State::enter(std::size_t index) {
    const Segment& segment = segments[index];
    auto mapped = storage.map(segment.name);
    if (!mapped) return refuse(mapped.error());
    if ((*mapped)->bytes().size() != segment.header.size)
        return refuse(Kind::wrong_segment_size, segment.name, (*mapped)->bytes().size(), "the file's size changed");
    current = index;
    mapping = std::move(*mapped);
    bytes = mapping->bytes();
    position.segment_name = segment.name;
    position.segment = segment.header.segment;
    position.segment_size = segment.header.size;
    position.offset = kSegmentHeaderSize;
    position.epoch = segment.header.epoch;
    // A segment is begun after the sync of everything before it.
    position.durable_sequence = Sequence{segment.header.first_sequence - 1};
    position.durable_batch = segment.header.first_batch - 1;
    position.durable_offset = kSegmentHeaderSize;
    return {};
}

// Nothing: no intact batch stands here.
std::expected<std::optional<Batch>, RecoveryError> Reader::State::read_batch() {
    if (left() < kBlockSize) return std::nullopt;
    const BatchHeader& header = header_at(bytes, position.offset);
    if (!intact(header)) return std::nullopt;
    // Written, but for another place: a former life of this space or a misdirected write.
    if (header.segment != position.segment || header.block != position.offset / kBlockSize) return std::nullopt;
    if (const auto continues = check_continues(header); !continues) return std::unexpected(continues.error());
    const auto payload = bytes.subspan(position.offset + kBlockSize, std::size_t{header.count} * kBlockSize);
    if (crc32c(payload) != header.payload_crc) return std::nullopt;
    const auto commands = commands_at(bytes, position.offset + kBlockSize, header.count);
    if (!sequences_follow(commands))
        return refuse_here(Kind::broken_chain, "the commands' sequences are not those of their batch");
    accept(header, payload);
    return Batch{&header, commands};
}

// The header is intact and at its place, so nothing but its writer made it; a tear cannot explain what is wrong here.
std::expected<void, RecoveryError> Reader::State::check_continues(const BatchHeader& header) const {
    if (header.format > kFormat)
        return refuse_here(Kind::newer_format, "format " + std::to_string(header.format) + ", this program knows " +
                                                   std::to_string(kFormat));
    if (header.number != position.batch + 1)
        return refuse_here(Kind::broken_chain, "batch " + std::to_string(header.number) + " stands where batch " +
                                                   std::to_string(position.batch + 1) + " belongs");
    if (header.first_sequence != position.sequence.value + 1)
        return refuse_here(Kind::broken_chain, "it begins with sequence " + std::to_string(header.first_sequence) +
                                                   " where " + std::to_string(position.sequence.value + 1) +
                                                   " follows");
    if (header.previous != position.hash)
        return refuse_here(Kind::broken_chain, "it names " + to_hex(header.previous) +
                                                   " as the batch before, which is " + to_hex(position.hash));
    if (header.epoch == 0 || header.epoch < position.epoch)
        return refuse_here(Kind::broken_chain, "its epoch went back to " + std::to_string(header.epoch));
    if (header.durable_batch < position.durable_batch || header.durable_batch > position.batch ||
        header.durable_sequence < position.durable_sequence.value || header.durable_sequence > position.sequence.value)
        return refuse_here(Kind::broken_chain, "its watermark, batch " + std::to_string(header.durable_batch) +
                                                   ", sequence " + std::to_string(header.durable_sequence) +
                                                   ", cannot be");
    const bool reserved_zero = all_zero(header.zero) && header.flags == 0;
    if (header.format != kFormat || !reserved_zero || header.count > kMaxBatchCommands ||
        header.count > left() / kBlockSize - 1)
        return refuse_here(Kind::broken_chain, "its header has a field that no writer of this format writes");
    return {};
}

bool Reader::State::sequences_follow(std::span<const Command> commands) const {
    std::uint64_t expected = position.sequence.value;
    return std::all_of(commands.begin(), commands.end(),
                       [&](const Command& command) { return command.header.sequence.value == ++expected; });
}

void Reader::State::accept(const BatchHeader& header, std::span<const std::byte> payload) {
    if (header.durable_batch == position.batch) position.durable_offset = position.offset;
    position.durable_batch = header.durable_batch;
    position.durable_sequence = Sequence{header.durable_sequence};
    position.hash = batch_hash(hash, header, payload);
    position.batch = header.number;
    position.sequence = Sequence{position.sequence.value + header.count};
    position.epoch = header.epoch;
    position.time = Time{header.time};
    position.offset += kBlockSize + payload.size();
}

std::unexpected<RecoveryError> Reader::State::refuse_lost(std::string_view witness) const {
    const bool gone = left() < kBlockSize || all_zero(bytes.subspan(position.offset, kBlockSize));
    std::string seen = "batch " + std::to_string(position.batch + 1) + " from sequence " +
                       std::to_string(position.sequence.value + 1) + (gone ? " is gone" : " is damaged") +
                       ", and it was durable: ";
    seen += witness;
    return refuse_here(gone ? Kind::missing_batch : Kind::damaged_batch, seen);
}

// No batch stands here and another segment follows: that must begin exactly where we are.
std::expected<void, RecoveryError> Reader::State::leave_segment() {
    const Segment& next = segments[current + 1];
    if (next.header.first_batch > position.batch + 1)
        return refuse_lost("segment " + next.name + " begins with batch " + std::to_string(next.header.first_batch));
    if (next.header.first_batch != position.batch + 1 || next.header.first_sequence != position.sequence.value + 1 ||
        next.header.previous != position.hash || next.header.epoch < position.epoch)
        return refuse(Kind::broken_chain, next.name, 0, "its header does not continue " + position.segment_name);
    if (!all_zero(bytes.subspan(position.offset)))
        return refuse_here(Kind::damaged_batch, "the unused end of a full segment is not zero");
    return enter(current + 1);
}

Remains Reader::State::search(std::uint64_t from) const {
    Remains found;
    std::uint64_t offset = from;
    while (offset < position.segment_size) {
        constexpr std::uint64_t page = 4096;
        if (offset % page == 0 && all_zero(bytes.subspan(offset, page))) {
            offset += page;
            continue;
        }
        if (!all_zero(bytes.subspan(offset, kBlockSize))) {
            if (found.end == 0) found.first = offset;
            found.end = offset + kBlockSize;
            // No client can forge such a block: the first 40 bytes of a command are the venue's.
            const BatchHeader& header = header_at(bytes, offset);
            if (intact(header) && header.segment == position.segment && header.block == offset / kBlockSize) {
                if (header.durable_batch > found.durable_batch) {
                    found.durable_batch = header.durable_batch;
                    found.witness = offset;
                }
                if (header.count > 0 && header.first_sequence > position.sequence.value)
                    found.last_sequence = std::max(found.last_sequence, header.first_sequence + header.count - 1);
            }
        }
        offset += kBlockSize;
    }
    return found;
}

// No batch stands here and no segment follows.
std::expected<void, RecoveryError> Reader::State::judge_end() {
    const Remains found = search(position.offset);
    if (found.durable_batch > position.batch)
        return refuse_lost("the header at offset " + std::to_string(found.witness) + " knows batch " +
                           std::to_string(found.durable_batch) + " as durable");
    if (found.end != 0)
        tail = AmbiguousTail{.segment = position.segment_name,
                             .offset = found.first,
                             .size = found.end - found.first,
                             .first = Sequence{position.sequence.value + 1},
                             .last = Sequence{found.last_sequence}};
    ended = true;
    return {};
}

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

std::expected<Reader, RecoveryError> Reader::open(Storage& storage) {
    auto state = std::make_unique<State>(storage);
    auto segments = read_catalog(storage);
    if (!segments) return std::unexpected(segments.error());
    state->segments = std::move(*segments);
    if (state->segments.empty()) {
        state->ended = true;
        return Reader{std::move(state)};
    }
    state->position.hash = state->segments.front().header.previous;
    if (const auto entered = state->enter(0); !entered) return std::unexpected(entered.error());
    return Reader{std::move(state)};
}

std::expected<std::optional<Batch>, RecoveryError> Reader::next() {
    State& state = *state_;
    while (!state.ended) {
        auto batch = state.read_batch();
        if (!batch || *batch) return batch;
        const bool last = state.current + 1 == state.segments.size();
        const auto moved = last ? state.judge_end() : state.leave_segment();
        if (!moved) return std::unexpected(moved.error());
    }
    return std::nullopt;
}

const Position& Reader::position() const { return state_->position; }
const std::optional<AmbiguousTail>& Reader::tail() const { return state_->tail; }
VenueId Reader::venue_id() const {
    return state_->segments.empty() ? VenueId{} : state_->segments.front().header.venue_id;
}
std::uint32_t Reader::engine_version() const {
    return state_->segments.empty() ? 0 : state_->segments.back().header.engine_version;
}

}  // namespace dcx::journal
