#include "history/balance_reader.h"

#include <time.h>

#include <algorithm>
#include <charconv>

#include "history/history_error.h"

namespace dcx::history {
namespace {

constexpr std::int64_t kFirstPauseNs = 200'000;
constexpr std::int64_t kLongestPauseNs = 5'000'000;
constexpr int kTries = 100;

std::int64_t monotonic_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}

template <class Number>
std::optional<Number> whole_number(std::string_view text) {
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

// A minus, digits, and perhaps a point with more of them.
bool is_decimal(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    const std::size_t point = std::min(text.find('.'), text.size());
    const auto digits = [](std::string_view part) {
        return !part.empty() && std::ranges::all_of(part, [](char c) { return c >= '0' && c <= '9'; });
    };
    return digits(text.substr(0, point)) && (point == text.size() || digits(text.substr(point + 1)));
}

// Nothing was written in between: each transaction has a number of its own.
bool same(const RedisReply& before, const RedisReply& after) {
    bool equal = before.size() == after.size();
    for (std::size_t i = 0; i < before.size(); ++i) equal = equal && before.text_at(i) == after.text_at(i);
    return equal;
}

}  // namespace

std::string_view to_string(BalanceStatus status) {
    switch (status) {
        case BalanceStatus::found: return "found";
        case BalanceStatus::not_found: return "not_found";
        case BalanceStatus::not_yet: return "not_yet";
        case BalanceStatus::not_ready: return "not_ready";
    }
    return "?";
}

BalanceReader::BalanceReader(const Options& options)
    : stop_(options.stop),
      connection_(parse_redis_url(options.url),
                  {.connect_ns = options.answer_ns, .answer_ns = options.answer_ns, .stop = options.stop}),
      keys_(options.venue_id),
      watermark_(keys_.watermark()) {}

BalanceAnswer BalanceReader::read(AccountId account, Sequence at_least, std::int64_t wait_ns) {
    const std::int64_t deadline = monotonic_ns() + wait_ns;
    for (std::int64_t pause = kFirstPauseNs;; pause = std::min(2 * pause, kLongestPauseNs)) {
        BalanceAnswer answer = look(account, at_least);
        const bool settled = answer.status == BalanceStatus::found || answer.status == BalanceStatus::not_found;
        const std::int64_t left = deadline - monotonic_ns();
        if (settled || left <= 0) return answer;
        if (stop_ != nullptr && stop_->load(std::memory_order_relaxed))
            throw HistoryError(ErrorCode::stopped, connection_.name() + ": a stop was asked for");
        const timespec rest{.tv_sec = 0, .tv_nsec = std::min(pause, left)};
        ::nanosleep(&rest, nullptr);
    }
}

BalanceAnswer BalanceReader::look(AccountId account, Sequence at_least) {
    if (!connection_.connected()) connection_.connect();
    const std::string key = keys_.balance(account);
    const auto ask_watermark = [&] {
        commands_.add("HMGET", watermark_, "venue", "ready", "generation", "sequence", "time", "writer", "writes");
    };
    commands_.clear();
    ask_watermark();
    commands_.add("HGETALL", key);
    ask_watermark();
    // Three questions in one piece, which Redis all but always answers in one go. No transaction of Redis' own: those
    // it refuses, even for reading, when its memory is full.
    for (int tries = 0; tries < kTries; ++tries) {
        connection_.send(commands_);
        const RedisReply watermark = connection_.reply(), balances = connection_.reply(), again = connection_.reply();
        for (const RedisReply* one : {&watermark, &balances, &again})
            if (one->error() && !one->text().starts_with("WRONGTYPE")) throw connection_.error_of(one->text());
        if (watermark.error()) damaged(watermark_, watermark.text());
        if (same(watermark, again)) return answer_of(watermark, balances, at_least);
    }
    throw HistoryError(ErrorCode::conflict, connection_.name() + ": the watermark moves too fast to be read");
}

BalanceAnswer BalanceReader::answer_of(const RedisReply& watermark, const RedisReply& balances,
                                       Sequence at_least) const {
    BalanceAnswer answer;
    if (watermark.text_at(1) != "1") return answer;
    if (watermark.text_at(0) != keys_.venue())
        throw HistoryError(ErrorCode::other_venue,
                           connection_.name() + ": its key " + watermark_ + " is of another venue");
    const auto generation = whole_number<std::uint64_t>(watermark.text_at(2));
    const auto sequence = whole_number<std::uint64_t>(watermark.text_at(3));
    const auto time = whole_number<std::int64_t>(watermark.text_at(4));
    if (!generation || !sequence || !time) damaged(watermark_, "has a number that is none");
    answer.generation = *generation;
    answer.as_of = Sequence{*sequence};
    answer.time = Time{*time};
    answer.status = BalanceStatus::not_yet;
    if (answer.as_of < at_least) return answer;
    if (balances.error()) damaged("a balance", balances.text());
    answer.status = BalanceStatus::not_found;
    if (balances.size() > 0) read_assets(balances, answer);
    return answer;
}

void BalanceReader::read_assets(const RedisReply& answer, BalanceAnswer& result) const {
    const std::size_t words = answer.size();
    bool sequence_told = false;
    std::optional<std::uint64_t> assets;
    const auto asset_of = [&](std::string_view symbol) -> BalanceAnswer::Asset& {
        for (BalanceAnswer::Asset& known : result.assets)
            if (known.symbol == symbol) return known;
        result.assets.push_back({.symbol = std::string(symbol), .available = {}, .held = {}});
        return result.assets.back();
    };
    for (std::size_t i = 0; i + 1 < words; i += 2) {
        const std::string_view field = answer.text_at(i), value = answer.text_at(i + 1);
        if (field == "sequence") {
            const auto sequence = whole_number<std::uint64_t>(value);
            if (!sequence || *sequence > result.as_of.value) damaged("a balance", "has a sequence that can't be");
            result.changed = Sequence{*sequence};
            sequence_told = true;
            continue;
        }
        if (field == "assets") {
            assets = whole_number<std::uint64_t>(value);
            continue;
        }
        const std::size_t point = field.rfind('.');
        const std::string_view kind = point == field.npos ? std::string_view{} : field.substr(point);
        if ((kind != kAvailableField && kind != kHeldField) || !is_decimal(value))
            damaged("a balance", "has a field that is none of ours");
        BalanceAnswer::Asset& asset = asset_of(field.substr(0, point));
        (kind == kAvailableField ? asset.available : asset.held) = value;
    }
    // A key that somebody has deleted comes back with what changes next, and that is not all.
    if (!sequence_told || assets != result.assets.size()) damaged("a balance", "is not whole");
    for (const BalanceAnswer::Asset& asset : result.assets)
        if (asset.available.empty() || asset.held.empty()) damaged("a balance", "lacks a field");
    result.status = BalanceStatus::found;
}

void BalanceReader::damaged(std::string_view key, std::string_view what) const {
    throw HistoryError(ErrorCode::damaged, connection_.name() + ": " + std::string(key) + ": " + std::string(what) +
                                               " (somebody else has written to a key of ours; a new start of the cache"
                                               " makes it anew)");
}

}  // namespace dcx::history
