#include "journal/writer.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>
#include <optional>

#include "base/canary.h"
#include "base/check.h"
#include "base/crc32c.h"
#include "base/sha256.h"
#include "journal/segment_supply.h"

namespace dcx::journal {
namespace {

// A segment's first 4096 bytes.
std::vector<std::byte> header_block(SegmentHeader header, std::span<const QuarantinedCommand> quarantined) {
    EpochPage page{.segment = header.segment, .count = static_cast<std::uint32_t>(quarantined.size())};
    std::copy(quarantined.begin(), quarantined.end(), page.quarantined.begin());
    seal(header);
    seal(page);
    std::vector<std::byte> block(kSegmentHeaderSize);
    std::memcpy(block.data(), &header, sizeof header);
    std::memcpy(block.data() + sizeof header, &page, sizeof page);
    return block;
}

struct Free {
    void operator()(std::byte* p) const { std::free(p); }
};

}  // namespace

struct Writer::State {
    State(Storage& to, const Recovery& recovery, const WriterOptions& chosen);

    Result<void> start();
    Result<void> quarantine_more();
    Result<void> roll(Time now);
    Result<void> write_batch(Time now);
    Result<Sequence> fail(StorageError failure);
    [[nodiscard]] BatchHeader& header() { return *reinterpret_cast<BatchHeader*>(buffer.get()); }
    [[nodiscard]] std::span<std::byte> payload() {
        return {buffer.get() + kBlockSize, std::size_t{pending} * kBlockSize};
    }
    [[nodiscard]] bool fits() const {
        return end.offset + (pending + std::uint64_t{1}) * kBlockSize <= end.segment_size;
    }

    Storage& storage;
    const WriterOptions options;
    const VenueId venue_id;
    const std::uint64_t epoch;
    const std::uint32_t capacity;             // commands a batch takes
    std::unique_ptr<std::byte, Free> buffer;  // header, then commands: written in one piece
    std::uint32_t pending = 0;
    std::vector<QuarantinedCommand> quarantined;  // by rising sequence; stands in the header of each new segment
    Sequence appended{};                          // last sequence in the buffer
    Position end;                                 // the last durable batch, and where the next one goes
    bool watermark_told = true;                   // the last batch is known durable on the disk itself
    std::unique_ptr<File> file;
    Sha256 hash;
    Counters counters;
    std::optional<StorageError> failure;
    SegmentSupply supply;
};

Writer::State::State(Storage& to, const Recovery& recovery, const WriterOptions& chosen)
    : storage(to),
      options(chosen),
      venue_id(recovery.empty() ? chosen.venue_id : recovery.venue_id),
      epoch(recovery.end.epoch + 1),
      capacity(static_cast<std::uint32_t>(
          std::min<std::uint64_t>(std::min(chosen.max_batch_commands, kMaxBatchCommands),
                                  (chosen.segment_size - kSegmentHeaderSize) / kBlockSize - 1))),
      quarantined(recovery.quarantined),
      appended(recovery.end.sequence),
      end(recovery.end),
      supply(to, chosen.segment_size, chosen.background) {
    const std::size_t size = (std::size_t{capacity} + 1) * kBlockSize;
    constexpr std::size_t page = 4096;
    auto* memory = static_cast<std::byte*>(std::aligned_alloc(page, (size + page - 1) / page * page));
    if (memory == nullptr) throw std::bad_alloc{};
    std::memset(memory, 0, size);  // first touch now, not in the first batch
    buffer.reset(memory);
}

Result<void> Writer::State::start() {
    const std::size_t recorded = quarantined.size();
    if (auto taken = quarantine_more(); !taken) return taken;
    if (end.segment_name.empty()) {
        end.hash = chain_seed(venue_id);
        return roll(options.now);
    }
    if (quarantined.size() > recorded) return roll(options.now);
    auto opened = storage.open(end.segment_name);
    if (!opened) return std::unexpected(opened.error());
    file = std::move(*opened);
    supply.prepare();
    return {};
}

// Takes the options' commands into the list.
Result<void> Writer::State::quarantine_more() {
    const auto refused = [](const QuarantinedCommand& command, const char* why) {
        return std::unexpected(
            StorageError{"cannot quarantine command " + std::to_string(command.sequence) + ": " + why, 0});
    };
    for (const QuarantinedCommand& command : options.quarantined) {
        if (command.sequence == 0 || command.sequence > end.sequence.value)
            return refused(command, "the journal has none of this sequence");
        const auto place = std::lower_bound(quarantined.begin(), quarantined.end(), command.sequence,
                                            [](const auto& known, auto sequence) { return known.sequence < sequence; });
        if (place != quarantined.end() && *place == command) continue;
        if (place != quarantined.end() && place->sequence == command.sequence)
            return refused(command, "it is quarantined already, with another hash");
        if (quarantined.size() == kMaxQuarantined) return refused(command, "a journal takes no more of them");
        quarantined.insert(place, command);
    }
    return {};
}

// Begins the next segment. Its name comes last: a segment that can be seen has its header and all its space.
Result<void> Writer::State::roll(Time now) {
    auto spare = supply.take();
    if (!spare) return std::unexpected(spare.error());
    const std::string name = segment_name(Sequence{end.sequence.value + 1});
    // The last segment holds nothing, so the new one has its name, and takes its place. Nothing is lost when the power
    // goes in between: what the removed header said of earlier batches recovery has made true again.
    const bool replaces = name == end.segment_name && end.offset == kSegmentHeaderSize;
    SegmentHeader begun{.engine_version = options.engine_version,
                        .venue_id = venue_id,
                        .segment = replaces ? end.segment : end.segment + 1,
                        .first_sequence = end.sequence.value + 1,
                        .first_batch = end.batch + 1,
                        .epoch = epoch,
                        .size = options.segment_size,
                        .previous = end.hash,
                        .time = now.value};
    if (auto done = (*spare)->write(0, header_block(begun, quarantined)); !done) return done;
    if (auto done = (*spare)->sync(); !done) return done;
    if (replaces)
        if (auto done = storage.remove(name); !done) return done;
    if (auto done = storage.rename(kSpareName, name); !done) return done;
    if (!canary::strikes(canary::Plant::forgotten_folder_sync) || begun.segment % 2 != 0)
        if (auto done = storage.sync_folder(); !done) return done;
    file = std::move(*spare);
    end.segment_name = name;
    end.segment = begun.segment;
    end.segment_size = begun.size;
    end.offset = kSegmentHeaderSize;
    watermark_told = true;  // by the segment's header
    ++counters.segments;
    supply.prepare();
    return {};
}

// Writes and syncs what is in the buffer, be it no command.
Result<void> Writer::State::write_batch(Time now) {
    header() = BatchHeader{.epoch = epoch,
                           .number = end.batch + 1,
                           .first_sequence = end.sequence.value + 1,
                           .time = now.value,
                           .durable_sequence = end.sequence.value,
                           .durable_batch = end.batch,
                           .segment = end.segment,
                           .block = static_cast<std::uint32_t>(end.offset / kBlockSize),
                           .count = pending,
                           .previous = end.hash,
                           .payload_crc = crc32c(payload())};
    seal(header());
    const std::span<const std::byte> bytes{buffer.get(), kBlockSize + payload().size()};
    if (auto done = file->write(end.offset, bytes); !done) return done;
    // The disk works while the chain's hash is computed, which takes as long as the disk does.
    file->start_sync(end.offset, bytes.size());
    end.hash = batch_hash(hash, header(), payload());
    if (!canary::strikes(canary::Plant::skipped_sync) || end.batch % 16 != 0)
        if (auto done = file->sync(); !done) return done;
    end.offset += bytes.size();
    end.batch += 1;
    end.sequence = appended;
    end.time = now;
    ++counters.batches;
    counters.bytes += bytes.size();
    pending = 0;
    return {};
}

Result<Sequence> Writer::State::fail(StorageError error) {
    failure = std::move(error);
    return std::unexpected(*failure);
}

Writer::Writer(std::unique_ptr<State> state) : state_(std::move(state)) {}
Writer::~Writer() = default;

Result<std::unique_ptr<Writer>> Writer::open(Storage& storage, const Recovery& recovery, const WriterOptions& options) {
    if (!valid_segment_size(options.segment_size) || options.max_batch_commands == 0)
        return std::unexpected(
            StorageError{"a segment has 8192 bytes to 4 GiB, a multiple of 4096, and a batch at least "
                         "one command",
                         0});
    auto state = std::make_unique<State>(storage, recovery, options);
    if (auto started = state->start(); !started) return std::unexpected(started.error());
    return std::unique_ptr<Writer>(new Writer{std::move(state)});
}

std::size_t Writer::append(std::span<const Command> commands) {
    State& state = *state_;
    commands = commands.first(std::min(commands.size(), room()));
    std::uint64_t sequence = state.appended.value;
    for (const Command& command : commands) DCX_CHECK(command.header.sequence.value == ++sequence);
    if (!commands.empty())
        std::memcpy(state.payload().data() + state.payload().size(), commands.data(), commands.size_bytes());
    state.pending += static_cast<std::uint32_t>(commands.size());
    state.appended = Sequence{sequence};
    return commands.size();
}

std::size_t Writer::room() const { return state_->capacity - state_->pending; }
std::size_t Writer::pending() const { return state_->pending; }

Result<Sequence> Writer::commit(Time now) {
    State& state = *state_;
    if (state.failure) return std::unexpected(*state.failure);
    if (state.pending == 0) return state.end.sequence;
    if (!state.fits())
        if (auto rolled = state.roll(now); !rolled) return state.fail(std::move(rolled.error()));
    if (auto written = state.write_batch(now); !written) return state.fail(std::move(written.error()));
    state.watermark_told = false;
    return state.end.sequence;
}

Result<Sequence> Writer::write_watermark(Time now) {
    State& state = *state_;
    if (state.failure) return std::unexpected(*state.failure);
    if (state.pending > 0 || state.watermark_told) return state.end.sequence;
    if (!state.fits()) {
        if (auto rolled = state.roll(now); !rolled) return state.fail(std::move(rolled.error()));
        return state.end.sequence;
    }
    if (auto written = state.write_batch(now); !written) return state.fail(std::move(written.error()));
    state.watermark_told = true;
    ++state.counters.watermarks;
    return state.end.sequence;
}

Sequence Writer::durable() const { return state_->end.sequence; }
std::uint64_t Writer::epoch() const { return state_->epoch; }
const Digest& Writer::last_hash() const { return state_->end.hash; }
std::span<const QuarantinedCommand> Writer::quarantined() const { return state_->quarantined; }
bool Writer::dead() const { return state_->failure.has_value(); }
const Writer::Counters& Writer::counters() const { return state_->counters; }

}  // namespace dcx::journal
