#include "journal/tail.h"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <string>
#include <vector>

#include "journal/resume.h"

namespace dcx::journal {
namespace {

using Kind = RecoveryErrorKind;

constexpr std::size_t kLargestBatch = (std::size_t{kMaxBatchCommands} + 1) * kBlockSize;
// What one read takes: little while following closely, much while catching up.
constexpr std::size_t kShortRead = std::size_t{16} << 10;
constexpr std::size_t kLongRead = 2 * kLargestBatch;
// After so many looks in vain the bytes behind are searched for a first time, and each time the number has doubled.
constexpr std::uint64_t kLooksBeforeSearch = 16;

// Bytes of one segment as they were when they were read.
class Window {
  public:
    Window() : memory_(kLongRead / sizeof(Block)) {}

    void forget() { size_ = 0; }
    // The bytes from `offset` on, if `size` of them are here; else none.
    [[nodiscard]] std::span<const std::byte> at(const Position& position, std::uint64_t offset,
                                                std::size_t size) const {
        if (position.segment != segment_ || offset < offset_ || offset + size > offset_ + size_) return {};
        return all().subspan(offset - offset_, size_ - (offset - offset_));
    }
    // Reads anew, from `offset` on, at least `size` bytes where the file has them.
    Result<void> fill(Storage& storage, const Position& position, std::uint64_t offset, std::size_t size) {
        const bool catching_up = segment_ == position.segment && offset > offset_ + size_ / 2;
        reach_ = catching_up ? std::min(reach_ * 2, kLongRead) : kShortRead;
        size_ = 0;
        const std::size_t wanted = std::min(std::max(size, reach_), kLongRead);
        const auto got =
            storage.read(position.segment_name, offset, std::as_writable_bytes(std::span{memory_}).first(wanted));
        if (!got) return std::unexpected(got.error());
        segment_ = position.segment;
        offset_ = offset;
        size_ = *got / kBlockSize * kBlockSize;
        return {};
    }

  private:
    struct alignas(kBlockSize) Block {
        std::array<std::byte, kBlockSize> bytes;
    };
    [[nodiscard]] std::span<const std::byte> all() const { return std::as_bytes(std::span{memory_}).first(size_); }

    std::vector<Block> memory_;
    std::uint64_t segment_ = 0;
    std::uint64_t offset_ = 0;
    std::size_t size_ = 0;
    std::size_t reach_ = kShortRead;
};

Sequence last_sequence(const BatchHeader& header) { return Sequence{header.first_sequence + header.count - 1}; }

}  // namespace

struct Tail::State {
    explicit State(Storage& from) : storage(from) {}

    // The header that stands at the position, if one does.
    std::expected<std::optional<BatchHeader>, RecoveryError> look();
    // The batch that stands at the position, if an intact one does.
    std::expected<std::optional<Batch>, RecoveryError> read_batch();
    std::expected<std::optional<Batch>, RecoveryError> take_from_window();
    // The segment that begins with this sequence, if it is there.
    std::expected<std::optional<Segment>, RecoveryError> find_segment(Sequence first);
    // Goes to the next segment if there is one and no batch stands here any more.
    std::expected<bool, RecoveryError> move_on();
    std::expected<void, RecoveryError> check_rest_zero();
    std::expected<std::span<const std::byte>, RecoveryError> read_fresh(std::uint64_t offset, std::size_t size);

    // Whether the batch at the position, or in the next segment, is known durable by the journal itself.
    std::expected<bool, RecoveryError> find_durable();
    std::expected<bool, RecoveryError> find_witness();
    std::expected<bool, RecoveryError> find_witness_behind(const BatchHeader& header);
    std::expected<void, RecoveryError> search_behind();
    std::expected<void, RecoveryError> search_segment(std::uint64_t size);
    std::expected<void, RecoveryError> search_folder();
    void testify(std::uint64_t batch, std::string text) {
        if (batch <= known_durable) return;
        known_durable = batch;
        testimony = std::move(text);
    }
    std::unexpected<RecoveryError> lost(std::string_view witness);

    Storage& storage;
    Chain chain;
    Segment latest;  // the last one at opening, or the latest one entered since
    Window window;
    std::uint64_t known_durable = 0;  // batch, by the journal's own watermarks
    std::string testimony;            // where that was read
    std::uint64_t vain_looks = 0;     // since the last batch
};

// All that the next decision rests on is read after the call.
std::expected<std::span<const std::byte>, RecoveryError> Tail::State::read_fresh(std::uint64_t offset,
                                                                                 std::size_t size) {
    if (auto filled = window.fill(storage, chain.position(), offset, size); !filled) return refuse(filled.error());
    return window.at(chain.position(), offset, kBlockSize);
}

std::expected<std::optional<BatchHeader>, RecoveryError> Tail::State::look() {
    if (chain.left() < kBlockSize) return std::nullopt;
    const std::uint64_t offset = chain.position().offset;
    // What was read before the batch was written proves nothing against it, only for it.
    if (const auto known = window.at(chain.position(), offset, kBlockSize); !known.empty())
        if (const auto stands = chain.stands(header_at(known, 0)); stands && *stands) return header_at(known, 0);
    const auto bytes = read_fresh(offset, kBlockSize);
    if (!bytes) return std::unexpected(bytes.error());
    if (bytes->empty()) return std::nullopt;
    const auto stands = chain.stands(header_at(*bytes, 0));
    if (!stands) return std::unexpected(stands.error());
    return *stands ? std::optional{header_at(*bytes, 0)} : std::nullopt;
}

std::expected<std::optional<Batch>, RecoveryError> Tail::State::take_from_window() {
    const std::uint64_t offset = chain.position().offset;
    const auto bytes = window.at(chain.position(), offset, kBlockSize);
    if (bytes.empty()) return std::nullopt;
    const BatchHeader& header = header_at(bytes, 0);
    const auto stands = chain.stands(header);
    if (!stands) return std::unexpected(stands.error());
    const std::size_t payload = std::size_t{header.count} * kBlockSize;
    if (!*stands || bytes.size() < kBlockSize + payload) return std::nullopt;
    return chain.take(header, bytes.subspan(kBlockSize, payload));
}

std::expected<std::optional<Batch>, RecoveryError> Tail::State::read_batch() {
    if (auto batch = take_from_window(); batch && *batch) return batch;
    // What was read before the batch was whole, or before a recovery cut what stood there, proves nothing.
    window.forget();
    const auto header = look();
    if (!header || !*header)
        return header ? std::expected<std::optional<Batch>, RecoveryError>{std::nullopt}
                      : std::unexpected(header.error());
    const std::size_t size = (std::size_t{(*header)->count} + 1) * kBlockSize;
    const std::uint64_t offset = chain.position().offset;
    if (window.at(chain.position(), offset, size).empty())
        if (const auto bytes = read_fresh(offset, size); !bytes) return std::unexpected(bytes.error());
    return take_from_window();
}

std::expected<std::optional<Segment>, RecoveryError> Tail::State::find_segment(Sequence first) {
    const std::string name = segment_name(first);
    // A segment without commands is followed by none of another name.
    if (name == chain.position().segment_name) return std::nullopt;
    if (const auto size = storage.size(name); !size) {
        if (size.error().code == ENOENT) return std::nullopt;
        return refuse(size.error());
    }
    auto segment = read_segment(storage, name);
    if (!segment) return std::unexpected(std::move(segment.error()));
    if (!latest.name.empty() && segment->header.venue_id != latest.header.venue_id)
        return refuse(Kind::foreign_segment, name, 0, "it belongs to venue " + to_hex(segment->header.venue_id));
    return std::move(*segment);
}

std::unexpected<RecoveryError> Tail::State::lost(std::string_view witness) {
    const auto bytes = window.at(chain.position(), chain.position().offset, kBlockSize);
    return chain.refuse_lost(bytes.empty() || all_zero(bytes.first(kBlockSize)), witness);
}

std::expected<bool, RecoveryError> Tail::State::move_on() {
    const auto next = find_segment(Sequence{chain.position().sequence.value + 1});
    if (!next) return std::unexpected(next.error());
    if (!*next) return false;
    if (chain.position().segment_name.empty()) {
        if (auto first = check_first_segment(**next); !first) return std::unexpected(std::move(first.error()));
        chain.begin(**next);
        latest = std::move(**next);
        return true;
    }
    // Looked at again after the segment was seen: a batch may have been written here before that was begun.
    window.forget();
    const auto header = look();
    if (!header) return std::unexpected(header.error());
    if (*header && (*next)->header.first_batch > chain.position().batch + 1) {
        testify((*next)->header.first_batch - 1, "segment " + (*next)->name + " begins behind it");
        return false;
    }
    const auto bytes = window.at(chain.position(), chain.position().offset, kBlockSize);
    const bool gone = bytes.empty() || all_zero(bytes.first(kBlockSize));
    if (auto follows = chain.check_follows(**next, gone); !follows) return std::unexpected(std::move(follows.error()));
    if (auto rest = check_rest_zero(); !rest) return std::unexpected(std::move(rest.error()));
    if ((*next)->header.segment > latest.header.segment) {
        if (auto fits = check_next_segment(latest, **next); !fits) return std::unexpected(std::move(fits.error()));
        latest = std::move(**next);
        chain.enter(latest);
    } else {
        chain.enter(**next);
    }
    return true;
}

std::expected<void, RecoveryError> Tail::State::check_rest_zero() {
    const Position& position = chain.position();
    for (std::uint64_t offset = position.offset; offset < position.segment_size;) {
        const auto bytes = read_fresh(offset, kLargestBatch);
        if (!bytes) return std::unexpected(bytes.error());
        if (bytes->empty()) break;
        if (!all_zero(*bytes))
            return chain.refuse_here(Kind::damaged_batch, "the unused end of a full segment is not zero");
        offset += bytes->size();
    }
    return {};
}

std::expected<bool, RecoveryError> Tail::State::find_durable() {
    const Position& position = chain.position();
    while (known_durable <= position.batch) {
        const auto found = find_witness();
        if (!found) return found;
        if (*found) break;
        const auto moved = move_on();
        if (!moved) return moved;
        if (*moved || known_durable > position.batch) continue;
        if (auto searched = search_behind(); !searched) return std::unexpected(std::move(searched.error()));
        return known_durable > position.batch;
    }
    return true;
}

// A later header that knows the batch at the position as durable.
std::expected<bool, RecoveryError> Tail::State::find_witness() {
    for (int attempt = 0; attempt < 2; ++attempt) {
        // What is in the window may have been cut by a recovery since, and another batch been written there.
        if (attempt > 0) window.forget();
        const auto header = look();
        if (!header) return std::unexpected(header.error());
        if (!*header) continue;
        auto found = find_witness_behind(**header);
        if (!found || *found) return found;
    }
    return false;
}

std::expected<bool, RecoveryError> Tail::State::find_witness_behind(const BatchHeader& header) {
    const Position& position = chain.position();
    const std::uint64_t behind = position.offset + (std::uint64_t{header.count} + 1) * kBlockSize;
    const auto knows = [&](const BatchHeader& later) {
        return intact(later) && later.segment == position.segment && later.block == behind / kBlockSize &&
               later.number == header.number + 1 && later.durable_batch >= header.number;
    };
    if (behind + kBlockSize <= position.segment_size) {
        const auto known = window.at(position, behind, kBlockSize);
        bool found = !known.empty() && knows(header_at(known, 0));
        if (!found) {
            // Into memory of its own: the window keeps the batch.
            BatchHeader later;
            const auto got = storage.read(position.segment_name, behind, std::as_writable_bytes(std::span{&later, 1}));
            if (!got) return refuse(got.error());
            found = *got == sizeof later && knows(later);
        }
        if (found) {
            testify(header.number, "the header at offset " + std::to_string(behind) + " follows it");
            return true;
        }
    }
    const auto next = find_segment(Sequence{header.first_sequence + header.count});
    if (!next) return std::unexpected(next.error());
    if (!*next || (*next)->header.first_batch <= header.number) return false;
    testify((*next)->header.first_batch - 1, "segment " + (*next)->name + " begins behind it");
    return true;
}

// For damage: what lies further behind. Only from time to time, and each time further.
std::expected<void, RecoveryError> Tail::State::search_behind() {
    ++vain_looks;
    if (vain_looks < kLooksBeforeSearch || !std::has_single_bit(vain_looks)) return {};
    if (auto searched = search_segment(vain_looks / kLooksBeforeSearch * kLongRead); !searched) return searched;
    return search_folder();
}

std::expected<void, RecoveryError> Tail::State::search_segment(std::uint64_t size) {
    const Position& position = chain.position();
    const std::uint64_t end = std::min(position.segment_size, position.offset + size);
    Remains found;
    for (std::uint64_t offset = position.offset; offset < end;) {
        const auto bytes = read_fresh(offset, kLargestBatch);
        if (!bytes) return std::unexpected(bytes.error());
        if (bytes->empty()) break;
        found.search(position, *bytes, offset);
        offset += bytes->size();
    }
    testify(found.durable_batch, found.testimony());
    return {};
}

// A later segment, whose name nothing tells when the last batch before it is the damaged one.
std::expected<void, RecoveryError> Tail::State::search_folder() {
    const auto names = storage.list();
    if (!names) return refuse(names.error());
    const auto later = std::find_if(names->begin(), names->end(), [&](const std::string& name) {
        return parse_segment_name(name) && name > chain.position().segment_name;
    });
    if (later == names->end()) return {};
    const auto segment = read_segment(storage, *later);
    if (!segment) return std::unexpected(segment.error());
    testify(segment->header.first_batch - 1, "segment " + segment->name + " begins behind it");
    return {};
}

Tail::Tail(std::unique_ptr<State> state) : state_(std::move(state)) {}
Tail::Tail(Tail&&) noexcept = default;
Tail& Tail::operator=(Tail&&) noexcept = default;
Tail::~Tail() = default;

std::expected<Tail, RecoveryError> Tail::open(Storage& storage, const std::optional<Position>& from) {
    auto state = std::make_unique<State>(storage);
    const auto segments = read_catalog(storage);
    if (!segments) return std::unexpected(segments.error());
    if (segments->empty()) {
        if (auto empty = check_empty(from); !empty) return std::unexpected(std::move(empty.error()));
        return Tail{std::move(state)};
    }
    const auto begun = begin_walk(storage, *segments, from, state->chain);
    if (!begun) return std::unexpected(begun.error());
    state->latest = segments->back();
    return Tail{std::move(state)};
}

std::expected<std::optional<Batch>, RecoveryError> Tail::next(Sequence durable) {
    State& state = *state_;
    const Position& position = state.chain.position();
    while (position.sequence < durable) {
        auto header = state.look();
        if (header && *header && last_sequence(**header) > durable) {
            state.window.forget();
            header = state.look();
        }
        if (!header) return std::unexpected(header.error());
        if (*header && last_sequence(**header) > durable) return std::nullopt;
        if (*header) {
            auto batch = state.read_batch();
            if (!batch || *batch) return batch;
        }
        const auto moved = state.move_on();
        if (!moved) return std::unexpected(moved.error());
        if (!*moved) return state.lost("its writer told sequence " + std::to_string(durable.value) + " as durable");
    }
    return std::nullopt;
}

std::expected<std::optional<Batch>, RecoveryError> Tail::next() {
    State& state = *state_;
    while (true) {
        const auto known = state.find_durable();
        if (!known) return std::unexpected(known.error());
        if (!*known) return std::nullopt;
        // What follows is read after the witness was: it has been whole since.
        auto batch = state.read_batch();
        if (batch && *batch) state.vain_looks = 0;
        if (!batch || *batch) return batch;
        const auto moved = state.move_on();
        if (!moved) return std::unexpected(moved.error());
        if (!*moved) return state.lost(state.testimony);
    }
}

const Position& Tail::position() const { return state_->chain.position(); }
VenueId Tail::venue_id() const { return state_->latest.header.venue_id; }
std::span<const QuarantinedCommand> Tail::quarantined() const { return state_->latest.quarantined; }

}  // namespace dcx::journal
