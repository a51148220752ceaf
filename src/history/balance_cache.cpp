#include "history/balance_cache.h"

#include <algorithm>
#include <utility>

namespace dcx::history {
namespace {

// Events of one poll, when there are so many: Redis gets its turn.
constexpr std::size_t kEventsOfPoll = 32 * 1024;
constexpr std::size_t kEventsOfPeek = 4 * 1024;

}  // namespace

std::string_view to_string(BalanceCacheHealth::Stage stage) {
    switch (stage) {
        case BalanceCacheHealth::Stage::opening: return "opening";
        case BalanceCacheHealth::Stage::rebuilding: return "rebuilding";
        case BalanceCacheHealth::Stage::running: return "running";
        case BalanceCacheHealth::Stage::retrying: return "retrying";
        case BalanceCacheHealth::Stage::stopped: return "stopped";
    }
    return "?";
}

BalanceCache::BalanceCache(OpenSource open_source, Clock& clock, const BalanceCacheOptions& options)
    : open_source_(std::move(open_source)), clock_(clock), options_(options), writer_(options_, clock_, health_) {}

BalanceCache::~BalanceCache() = default;

bool BalanceCache::poll() {
    if (health_.stage == BalanceCacheHealth::Stage::stopped) return false;
    bool busy = false;
    try {
        if (!source_ && !open_source()) return false;
        busy = read_events();
    } catch (const HistoryError& error) {
        // Another one begins with the state of its own moment.
        source_.reset();
        open_at_ns_ = clock_.monotonic_ns() + options_.retry_ns;
        fail(error, !may_pass(error.code()));
        return false;
    }
    if (!book_.complete() || !book_.at_boundary() || clock_.monotonic_ns() < retry_at_ns_) return busy;
    return write_something() || busy;
}

bool BalanceCache::open_source() {
    if (clock_.monotonic_ns() < open_at_ns_) return false;
    source_ = open_source_();
    book_ = BalanceBook();
    writer_.begin_anew();
    return source_ != nullptr;
}

// Up to the end of a command, where there is one.
bool BalanceCache::read_events() {
    std::size_t read = 0;
    source_empty_ = false;
    // While nothing can be written there is no use in stopping for it.
    const bool writes = writer_.ready() && clock_.monotonic_ns() >= retry_at_ns_;
    const auto full = [&] { return writes && book_.at_boundary() && book_.changed().size() >= options_.max_accounts; };
    while (!full() && !(read >= kEventsOfPoll && book_.at_boundary())) {
        const std::span<const Event> events = source_->peek(kEventsOfPeek);
        if (events.empty()) {
            source_empty_ = true;
            break;
        }
        std::size_t taken = 0;
        while (taken < events.size() && !full()) book_.apply(events[taken++]);
        source_->release(taken);
        read += taken;
    }
    return read > 0;
}

bool BalanceCache::write_due() const {
    const std::int64_t since = clock_.monotonic_ns() - written_ns_;
    if (book_.changed().size() >= options_.max_accounts || since >= options_.beat_ns) return true;
    return since >= options_.linger_ns && book_.sequence() != writer_.sequence();
}

bool BalanceCache::write_something() {
    if (writer_.ready() && !write_due()) return false;
    try {
        if (writer_.ready()) {
            writer_.write(book_);
        } else {
            writer_.step(book_);
        }
        written_ns_ = clock_.monotonic_ns();
        using enum BalanceCacheHealth::Stage;
        tell(writer_.ready() ? running : rebuilding);
    } catch (const HistoryError& error) {
        retry_at_ns_ = clock_.monotonic_ns() + options_.retry_ns;
        // What Redis refuses today it may take tomorrow, since everything there can be made anew; but not what was
        // configured wrong.
        fail(error, error.code() == ErrorCode::bad_url || error.code() == ErrorCode::other_venue ||
                        error.code() == ErrorCode::stopped);
    }
    return true;
}

void BalanceCache::flush() {
    if (!writer_.ready() || !book_.at_boundary() || health_.stage == BalanceCacheHealth::Stage::stopped) return;
    written_ns_ = INT64_MIN / 2;
    (void)write_something();
}

bool BalanceCache::caught_up() const {
    return source_empty_ && writer_.ready() && book_.changed().empty() && book_.sequence() == writer_.sequence();
}

void BalanceCache::fail(const HistoryError& error, bool stops) {
    ++health_.errors;
    tell(stops ? BalanceCacheHealth::Stage::stopped : BalanceCacheHealth::Stage::retrying, error.what());
}

void BalanceCache::tell(BalanceCacheHealth::Stage stage, const std::string& reason) {
    {
        const std::scoped_lock lock(mutex_);
        reason_ = reason;
    }
    health_.stage = stage;
}

std::string BalanceCache::reason() const {
    const std::scoped_lock lock(mutex_);
    return reason_;
}

}  // namespace dcx::history
