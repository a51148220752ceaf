#include "feed/mirror_writer.h"

#include <bit>

#include "base/check.h"
#include "ring/seqlock.h"

namespace dcx::feed {

namespace {

constexpr std::size_t kLevelWords = sizeof(MirrorLevel) / sizeof(std::uint64_t);
constexpr std::size_t kHeadWords = sizeof(MirrorBookHead) / sizeof(std::uint64_t);

// A struct of the layout, or the words of it between two offsets.
template <class Struct>
using WordsOf = std::array<std::uint64_t, sizeof(Struct) / sizeof(std::uint64_t)>;

template <class Struct>
void store(std::atomic<std::uint64_t>* to, const Struct& value, std::size_t begin = 0,
           std::size_t end = sizeof(Struct)) {
    const auto words = std::bit_cast<WordsOf<Struct>>(value);
    for (std::size_t i = begin / 8; i < end / 8; ++i) to[i].store(words[i], std::memory_order_relaxed);
}

constexpr std::size_t kHeaderWords = sizeof(MirrorHeader) / sizeof(std::uint64_t);
constexpr std::size_t kFactsWord = offsetof(MirrorBookHead, instrument) / sizeof(std::uint64_t);
constexpr std::size_t kShownWord = offsetof(MirrorBookHead, bids) / sizeof(std::uint64_t);

constexpr std::uint64_t two(std::size_t low, std::size_t high) { return low | std::uint64_t{high} << 32; }

// What is fixed of a market, and its phase.
MirrorBookHead head_of(const Market& market) {
    return {.instrument = market.id(),
            .phase = market.phase(),
            .tick_scale = static_cast<std::uint8_t>(market.price_format().scale),
            .lot_scale = static_cast<std::uint8_t>(market.quantity_format().scale),
            .symbol = Symbol{market.symbol()},
            .tick_mantissa = static_cast<std::int64_t>(market.price_format().mantissa),
            .lot_mantissa = static_cast<std::int64_t>(market.quantity_format().mantissa)};
}

// The word with the phase.
std::uint64_t facts_of(const Market& market) {
    return market.id().value | std::uint64_t{static_cast<std::uint8_t>(market.phase())} << 32 |
           std::uint64_t{market.price_format().scale} << 40 | std::uint64_t{market.quantity_format().scale} << 48;
}

}  // namespace

MirrorWriter::MirrorWriter(std::span<Word> words, const Options& options)
    : words_(words),
      levels_(options.levels),
      capacity_(options.capacity),
      book_words_(mirror_book_bytes(options.levels) / sizeof(Word)) {
    DCX_CHECK(levels_ > 0 && levels_ <= kMaxMirrorLevels && words.size_bytes() == bytes(options));
    store(words_.data(), MirrorHeader{.books_offset = sizeof(MirrorHeader),
                                      .book_bytes = mirror_book_bytes(options.levels),
                                      .levels = options.levels,
                                      .capacity = options.capacity,
                                      .venue_id = options.venue_id,
                                      .pid = options.pid,
                                      .created_ns = options.created_ns});
}

MirrorWriter::Word& MirrorWriter::header(std::size_t offset) { return words_[offset / sizeof(Word)]; }

MirrorWriter::Word* MirrorWriter::book_of(InstrumentId id) {
    DCX_CHECK(id.value >= 1 && id.value <= capacity_);
    return words_.data() + kHeaderWords + (id.value - 1) * book_words_;
}

MirrorWriter::Word* MirrorWriter::levels_of(Word* book, Side side) const {
    return book + kHeadWords + (side == Side::buy ? 0 : levels_ * kLevelWords);
}

void MirrorWriter::list(const Market& market, Sequence sequence, Time time) {
    Word* const book = book_of(market.id());
    {
        const ring::SeqlockWrite write(*book);
        store(book, head_of(market), offsetof(MirrorBookHead, instrument), offsetof(MirrorBookHead, last_price));
        for (const Side side : {Side::buy, Side::sell})
            write_from(levels_of(book, side), market.book().side(side), 0, 0);
        write_news(book, market, sequence, time);
    }
    books_ = std::max<std::uint64_t>(books_, market.id().value);
    // Release: whoever counts it finds it whole. Partner: the acquire in MirrorReader::books().
    header(offsetof(MirrorHeader, books)).store(books_, std::memory_order_release);
}

void MirrorWriter::update(const Market& market, Sequence sequence, Time time) {
    const LevelChanges& changes = market.book().changes();
    Word* const book = book_of(market.id());
    // Relaxed, here and below: nobody else writes them.
    const std::uint64_t facts = facts_of(market);
    const bool same_phase = book[kFactsWord].load(std::memory_order_relaxed) == facts;
    if (changes.empty() && same_phase) return;
    const std::uint64_t shown_before = book[kShownWord].load(std::memory_order_relaxed);
    const ring::SeqlockWrite write(*book);
    if (!same_phase) book[kFactsWord].store(facts, std::memory_order_relaxed);
    write_changes(levels_of(book, Side::buy), market.book().bids(), changes.side(Side::buy),
                  shown_before & 0xFFFF'FFFF);
    write_changes(levels_of(book, Side::sell), market.book().asks(), changes.side(Side::sell), shown_before >> 32);
    write_news(book, market, sequence, time);
}

// Of several changes on one side the best comes first. As long as no level came or went, places stand as they did; from
// where one did, all behind it have moved.
void MirrorWriter::write_changes(Word* levels, const LevelLadder& ladder, std::span<const LevelChange> changes,
                                 std::size_t shown_before) {
    for (const LevelChange& before : changes) {
        const std::size_t up_to = ladder.count_to(rank_of(ladder.side(), before.price));
        const bool is_there = up_to > 0 && ladder[up_to - 1].price == before.price;
        const std::size_t place = is_there ? up_to - 1 : up_to;
        if (place >= levels_) return;
        if (is_there != (before.quantity.value > 0)) return write_from(levels, ladder, place, shown_before);
        if (is_there) write_level(levels, ladder, place);
    }
}

void MirrorWriter::write_level(Word* levels, const LevelLadder& ladder, std::size_t place) {
    const Level& level = ladder[place];
    store(levels + place * kLevelWords,
          MirrorLevel{.price = level.price, .quantity = level.quantity, .orders = level.orders});
}

void MirrorWriter::write_from(Word* levels, const LevelLadder& ladder, std::size_t place, std::size_t shown_before) {
    const std::size_t end = std::min(ladder.size(), levels_);
    for (; place < end; ++place) write_level(levels, ladder, place);
    for (; place < shown_before; ++place) store(levels + place * kLevelWords, MirrorLevel{});
}

void MirrorWriter::write_news(Word* book, const Market& market, Sequence sequence, Time time) {
    const auto put = [book](std::size_t offset, std::uint64_t value) {
        book[offset / sizeof(Word)].store(value, std::memory_order_relaxed);
    };
    // A line that readers have is only taken from them when there is something new on it.
    const auto differs = [book](std::size_t offset, std::uint64_t value) {
        return book[offset / sizeof(Word)].load(std::memory_order_relaxed) != value;
    };
    const LevelLadder& bids = market.book().bids();
    const LevelLadder& asks = market.book().asks();
    put(offsetof(MirrorBookHead, sequence), sequence.value);
    put(offsetof(MirrorBookHead, time), static_cast<std::uint64_t>(time.value));
    if (const std::uint64_t all = two(bids.size(), asks.size()); differs(offsetof(MirrorBookHead, all_bids), all)) {
        put(offsetof(MirrorBookHead, bids), two(std::min(bids.size(), levels_), std::min(asks.size(), levels_)));
        put(offsetof(MirrorBookHead, all_bids), all);
    }
    const Trade& last = market.last_trade();
    const auto price = static_cast<std::uint64_t>(last.price.value);
    // The price too: of one before the start there is no number.
    if (!differs(offsetof(MirrorBookHead, last_trade_id), last.id.value) &&
        !differs(offsetof(MirrorBookHead, last_price), price))
        return;
    put(offsetof(MirrorBookHead, last_price), price);
    put(offsetof(MirrorBookHead, last_quantity), static_cast<std::uint64_t>(last.quantity.value));
    put(offsetof(MirrorBookHead, last_trade_id), last.id.value);
    put(offsetof(MirrorBookHead, last_time), static_cast<std::uint64_t>(last.time.value));
    put(offsetof(MirrorBookHead, last_taker_side), static_cast<std::uint64_t>(last.side));
}

void MirrorWriter::end_command(Sequence sequence) {
    // Release: a reader that sees it finds the books as they are now. Partner: the acquire in MirrorReader::sequence().
    header(offsetof(MirrorHeader, sequence)).store(sequence.value, std::memory_order_release);
}

void MirrorWriter::set_epoch(std::uint64_t epoch) {
    header(offsetof(MirrorHeader, epoch)).store(epoch, std::memory_order_relaxed);
}

void MirrorWriter::go_live(std::uint64_t epoch, Sequence sequence) {
    set_epoch(epoch);
    end_command(sequence);
    set_state(MirrorState::live);
}

void MirrorWriter::beat(std::int64_t monotonic_ns) {
    if (monotonic_ns < beat_due_ns_) return;
    beat_due_ns_ = monotonic_ns + kMirrorBeatNs;
    header(offsetof(MirrorHeader, heartbeat_ns))
        .store(static_cast<std::uint64_t>(monotonic_ns), std::memory_order_relaxed);
}

void MirrorWriter::close() { set_state(MirrorState::closed); }

void MirrorWriter::set_state(MirrorState state) {
    // Release: what was written before is there for whoever sees it. Partner: the acquire in MirrorReader::state().
    header(offsetof(MirrorHeader, state)).store(static_cast<std::uint64_t>(state), std::memory_order_release);
}

}  // namespace dcx::feed
