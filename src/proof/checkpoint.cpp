#include "proof/checkpoint.h"

#include <charconv>

#include "proof/base64.h"
#include "proof/text_lines.h"

namespace dcx::proof {
namespace {

constexpr std::string_view kOriginPrefix = "dcx/";
constexpr std::size_t kEventHashDigits = 16;

std::unexpected<ProofError> malformed(std::string seen) {
    return std::unexpected(ProofError{ProofErrorKind::malformed, std::move(seen)});
}

std::string hash_digits(std::uint64_t hash) {
    std::array<char, kEventHashDigits> digits;
    const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), hash, 16);
    const auto count = static_cast<std::size_t>(end - digits.data());
    return std::string(kEventHashDigits - count, '0') + std::string(digits.data(), count);
}

std::uint64_t hash_of_digits(std::string_view text, bool& right) {
    std::uint64_t hash = 0;
    std::from_chars(text.begin(), text.end(), hash, 16);
    right &= hash_digits(hash) == text;
    return hash;
}

// As rules make them: 1 .. 8 of A-Z and 0-9, first a letter. A text that breaks the form of lines cannot be one.
bool is_symbol(std::string_view text) {
    if (text.empty() || text.size() > sizeof(AssetSymbol) || text.front() < 'A' || text.front() > 'Z') return false;
    for (const char c : text)
        if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) return false;
    return true;
}

std::expected<LiabilitiesLine, ProofError> parse_liabilities(std::string_view line, AssetId above) {
    LineWords words(line);
    LiabilitiesLine result;
    words.expect("liabilities");
    result.asset = AssetId{words.number<std::uint32_t>()};
    const std::string_view symbol = words.word();
    result.scale = words.number<std::uint8_t>();
    result.root = words.base64();
    result.sum = Amount{words.number<std::int64_t>()};
    if (!words.ended() || !is_symbol(symbol)) return malformed("liabilities in a checkpoint: " + std::string(line));
    if (result.asset <= above) return malformed("assets of a checkpoint not by rising id");
    if (result.scale > kMaxAssetScale) return malformed("scale " + std::to_string(result.scale));
    if (result.sum.value < 0 || result.sum.value > kMaxIssue)
        return std::unexpected(ProofError{ProofErrorKind::sum_out_of_range, std::string(line)});
    result.symbol = AssetSymbol{symbol};
    return result;
}

}  // namespace

std::string origin_of(const journal::VenueId& venue_id) { return std::string(kOriginPrefix) + to_hex(venue_id); }

std::string checkpoint_text(const Checkpoint& checkpoint) {
    std::string text = origin_of(checkpoint.venue_id) + '\n';
    text += std::to_string(checkpoint.commands.value) + '\n';
    text += to_base64(checkpoint.command_root) + '\n';
    text += "checkpoint " + std::to_string(checkpoint.number) + '\n';
    text += "time " + std::to_string(checkpoint.time.value) + '\n';
    text += "batch " + std::to_string(checkpoint.batch) + ' ' + to_hex(checkpoint.batch_hash) + '\n';
    text += "events " + std::to_string(checkpoint.events) + ' ' + to_base64(checkpoint.event_root) + '\n';
    text += "event-hash " + hash_digits(checkpoint.event_hash) + '\n';
    text += "state " + to_hex(checkpoint.state_hash) + '\n';
    for (const LiabilitiesLine& line : checkpoint.liabilities)
        text += "liabilities " + std::to_string(line.asset.value) + ' ' + std::string(line.symbol.view()) + ' ' +
                std::to_string(line.scale) + ' ' + to_base64(line.root) + ' ' + std::to_string(line.sum.value) + '\n';
    text += "previous " + to_hex(checkpoint.previous) + '\n';
    return text;
}

std::expected<Checkpoint, ProofError> parse_checkpoint(std::string_view text) {
    Checkpoint result;
    bool right = true;
    TextLines lines(text);
    const auto words_of = [&](std::string_view name) {
        LineWords words(lines.line());
        words.expect(name);
        return words;
    };
    const std::string_view origin = lines.line();
    if (!origin.starts_with(kOriginPrefix) || !from_hex(origin.substr(kOriginPrefix.size()), result.venue_id))
        return malformed("the first line of a checkpoint is not dcx/VENUE");
    LineWords size(lines.line());
    result.commands = Sequence{size.number<std::uint64_t>()};
    LineWords root(lines.line());
    result.command_root = root.base64();
    LineWords number = words_of("checkpoint");
    result.number = number.number<std::uint64_t>();
    LineWords time = words_of("time");
    result.time = Time{time.number<std::int64_t>()};
    LineWords batch = words_of("batch");
    result.batch = batch.number<std::uint64_t>();
    result.batch_hash = batch.hex<Digest>();
    LineWords events = words_of("events");
    result.events = events.number<std::uint64_t>();
    result.event_root = events.base64();
    LineWords event_hash = words_of("event-hash");
    result.event_hash = hash_of_digits(event_hash.word(), right);
    LineWords state = words_of("state");
    result.state_hash = state.hex<Digest>();
    for (const LineWords& line : {size, root, number, time, batch, events, event_hash, state}) right &= line.ended();
    if (!right) return malformed("a line of a checkpoint is not what it must be");
    while (lines.next_starts_with("liabilities ")) {
        const AssetId above = result.liabilities.empty() ? AssetId{} : result.liabilities.back().asset;
        auto line = parse_liabilities(lines.line(), above);
        if (!line) return std::unexpected(line.error());
        result.liabilities.push_back(*line);
    }
    LineWords previous = words_of("previous");
    result.previous = previous.hex<Digest>();
    if (!previous.ended() || !lines.ended()) return malformed("the end of a checkpoint is not what it must be");
    if (result.number == 0 || result.commands.value == 0)
        return malformed("a checkpoint of nothing: number and size begin with 1");
    return result;
}

}  // namespace dcx::proof
