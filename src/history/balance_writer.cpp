#include "history/balance_writer.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <random>

#include "history/history_error.h"

namespace dcx::history {
namespace {

constexpr std::string_view kScanStep = "2000";
// Sent ahead of the rest of a transaction, so that Redis reads while we write.
constexpr std::size_t kPieceBytes = 32 * 1024;

std::string random_word() {
    std::random_device device;
    std::string word;
    for (int i = 0; i < 16; ++i) word.push_back("0123456789abcdef"[device() & 15]);
    return word;
}

std::uint64_t number_of(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    // Rubbish is no generation to go on from, nor one that leaves no room above it.
    return error == std::errc{} && end == text.data() + text.size() && value < (1ull << 62) ? value : 0;
}

RedisConnection::Limits limits_of(const BalanceCacheOptions& options) {
    return {.connect_ns = options.answer_ns, .answer_ns = options.answer_ns, .stop = options.stop};
}

}  // namespace

BalanceWriter::BalanceWriter(const BalanceCacheOptions& options, Clock& clock, BalanceCacheHealth& health)
    : options_(options),
      clock_(clock),
      health_(health),
      connection_(parse_redis_url(options.url), limits_of(options)),
      keys_(std::array<std::byte, 16>{}),
      writer_(random_word()) {}

void BalanceWriter::step(BalanceBook& book) {
    if (!connection_.connected()) state_ = State::away;
    switch (state_) {
        case State::away: return take_over(book);
        case State::sweeping: return sweep(book);
        case State::filling: return fill(book);
        case State::ready: return;
    }
}

// ---- whose watermark it is

void BalanceWriter::take_over(BalanceBook& book) {
    keys_ = BalanceKeys(book.venue_id());
    watermark_ = keys_.watermark();
    stream_ = keys_.stream();
    balances_ = keys_.balances();
    if (!connection_.connected()) connection_.connect();
    refuse_eviction();
    const Watermark seen = look();
    respect(seen);
    const std::string stream_type(connection_.call(RedisCommands().add("TYPE", stream_)).text());

    const std::uint64_t next = std::max(seen.generation, generation_) + 1;
    begin();
    commands_.add("DEL", watermark_);
    if (stream_type != "stream") commands_.add("DEL", stream_);
    commands_.add("HSET", watermark_, "venue", keys_.venue(), "writer", writer_, "generation", std::to_string(next));
    generation_ = next;
    if (!commit(book, false)) return;
    owned_ = true;
    health_.generation = next;
    ++health_.rebuilds;
    // All of it will be written.
    book.forget_changed(book.changed().size());
    scan_cursor_ = "0";
    next_account_ = 0;
    state_ = State::sweeping;
}

BalanceWriter::Watermark BalanceWriter::look() {
    RedisCommands question;
    // What was watched before may have changed since, and that would count.
    question.add("UNWATCH").add("WATCH", watermark_).add("HGETALL", watermark_);
    connection_.send(question);
    (void)connection_.reply();
    const RedisReply watching = connection_.reply();
    const RedisReply answer = connection_.reply();
    if (watching.error()) throw connection_.error_of(watching.text());
    // Whatever is no hash is nobody's watermark, and goes.
    if (answer.error() && !answer.text().starts_with("WRONGTYPE")) throw connection_.error_of(answer.text());
    Watermark seen;
    seen.there = answer.size() > 0;
    for (std::size_t i = 0; i + 1 < answer.size(); i += 2) {
        const std::string_view field = answer.text_at(i), value = answer.text_at(i + 1);
        if (field == "venue") seen.venue = value;
        if (field == "writer") seen.writer = value;
        if (field == "generation") seen.generation = number_of(value);
        if (field == "writes") seen.writes = number_of(value);
    }
    return seen;
}

// A Redis that throws keys away when it is full would make accounts unknown.
void BalanceWriter::refuse_eviction() {
    connection_.send(RedisCommands().add("INFO", "memory"));
    const RedisReply answer = connection_.reply();
    if (answer.error()) return;  // we may not ask
    const std::string_view text = answer.text();
    if (text.find("\nmaxmemory:0\r") != text.npos || text.find("\nmaxmemory_policy:allkeys") == text.npos) return;
    throw HistoryError(ErrorCode::disk_full,
                       name() + " throws keys away when it is full: set its maxmemory-policy to noeviction");
}

void BalanceWriter::respect(const Watermark& seen) {
    if (seen.there && !seen.venue.empty() && seen.venue != keys_.venue())
        throw HistoryError(ErrorCode::other_venue, name() + ": its key " + watermark_ + " is of the venue " +
                                                       seen.venue + "; give this venue a database of its own");
    // Who starts takes over: the one before was killed, or will give way. Who was taken over from waits until the other
    // is silent.
    if (!seen.there || !owned_ || seen.writer == writer_) {
        other_ = {};
        return;
    }
    const std::int64_t now = clock_.monotonic_ns();
    if (other_.writer != seen.writer || other_.writes != seen.writes) {
        other_ = seen;
        other_since_ns_ = now;
    }
    if (now - other_since_ns_ >= options_.silent_ns) {
        other_ = {};
        return;
    }
    throw HistoryError(ErrorCode::locked,
                       name() + ": another writer has taken the balances of this venue over (generation " +
                           std::to_string(seen.generation) + "); we wait until it has been silent for " +
                           std::to_string(options_.silent_ns / 1'000'000'000) + " s");
}

// ---- transactions

void BalanceWriter::begin() {
    commands_.clear();
    commands_.add("MULTI");
    putting_ = 0;
    sent_ = 0;
}

void BalanceWriter::send_ahead() {
    if (commands_.bytes().size() < kPieceBytes) return;
    connection_.send(commands_);
    sent_ += commands_.commands();
    commands_.clear();
}

void BalanceWriter::watch() {
    commands_.add("WATCH", watermark_);
    commands_.add("HMGET", watermark_, "writer", "generation", "writes");
}

bool BalanceWriter::ours(const RedisReply& answer) const {
    return answer.size() == 3 && answer.text_at(0) == writer_ && number_of(answer.text_at(1)) == generation_ &&
           number_of(answer.text_at(2)) == writes_;
}

bool BalanceWriter::commit(const BalanceBook& book, bool now_ready) {
    const std::int64_t begun = clock_.monotonic_ns();
    commands_.command(10).word("HSET").word(watermark_).word("ready").word(now_ready ? "1" : "0");
    commands_.word("sequence").number(book.sequence().value).word("time").number(book.time().value);
    commands_.word("writes").number(writes_ + 1);
    commands_.add("EXEC");
    const std::size_t queued = sent_ + commands_.commands();
    watch();
    connection_.send(commands_);

    std::string refused;  // the first error
    for (std::size_t i = 1; i < queued; ++i)
        if (const RedisReply answer = connection_.reply(); answer.error() && refused.empty()) refused = answer.text();
    const RedisReply done = connection_.reply();
    (void)connection_.reply();  // WATCH
    const RedisReply after = connection_.reply();
    if (done.error()) {
        // Nothing was written. "EXECABORT … because of: OOM …", or the reason stands with the command that was refused.
        const std::string_view text = refused.empty() ? done.text() : std::string_view(refused);
        const std::size_t because = text.find("because of: ");
        throw connection_.error_of(because == text.npos ? text : text.substr(because + 12));
    }
    if (done.nil()) {
        state_ = State::away;
        return false;
    }
    ++writes_;
    for (std::size_t i = 0; i < done.size(); ++i) {
        if (!done.error_at(i)) continue;
        // All of it was done but this: begin again, which removes what is in the way.
        state_ = State::away;
        throw HistoryError(ErrorCode::conflict, connection_.error_of(done.text_at(i)).what());
    }
    sequence_ = book.sequence();
    health_.balances += putting_;
    ++health_.writes;
    health_.write_ns = clock_.monotonic_ns() - begun;
    if (now_ready) {
        health_.sequence = sequence_.value;
        health_.time = book.time().value;
    }
    // It was written; what was done to the watermark right behind it is seen before the next write.
    if (!ours(after)) state_ = State::away;
    return ours(after);
}

// ---- what is written

void BalanceWriter::sweep(const BalanceBook& book) {
    const RedisReply found =
        connection_.call(RedisCommands().add("SCAN", scan_cursor_, "MATCH", balances_ + "*", "COUNT", kScanStep));
    if (found.size() != 2) throw HistoryError(ErrorCode::internal, name() + ": SCAN answers what it should not");
    const std::size_t keys = found.size_at(1);
    scan_cursor_ = found.text_at(0);
    if (keys > 0) {
        begin();
        commands_.command(keys + 1).word("UNLINK");
        for (std::size_t i = 0; i < keys; ++i) commands_.word(found.text_at(1, i));
        if (!commit(book, false)) return;
    }
    if (scan_cursor_ == "0") state_ = State::filling;
}

}  // namespace dcx::history
