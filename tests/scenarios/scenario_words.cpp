#include "scenarios/scenario_words.h"

#include <array>
#include <charconv>
#include <sstream>

#include "model/decimal.h"

namespace dcx::scenarios {

namespace {

// Rendered text of mantissa x count at a scale, without zeros that say nothing.
std::string short_text(std::int64_t count, std::int64_t mantissa, unsigned scale) {
    std::string text = decimal_text(wide_mul(count, mantissa), scale);
    if (text.find('.') == text.npos) return text;
    while (text.ends_with('0')) text.pop_back();
    if (text.ends_with('.')) text.pop_back();
    return text;
}

std::int64_t steps(const std::string& text, std::int64_t mantissa, unsigned scale) {
    const std::int64_t value = decimal(text, scale);
    if (value % mantissa != 0) throw ScenarioError("'" + text + "' is between two steps of the market");
    return value / mantissa;
}

constexpr std::array<const char*, 5> kRules = {"none", "cancel_taker", "cancel_maker", "cancel_both",
                                               "decrement_and_cancel"};

}  // namespace

Words::Words(const std::string& line) {
    std::istringstream in(line);
    for (std::string word; in >> word;) words_.push_back(word);
}

std::string Words::take(const char* what) {
    if (empty()) throw ScenarioError(std::string(what) + " is missing");
    return words_[next_++];
}

bool Words::take_if(const std::string& word) {
    if (peek() != word) return false;
    ++next_;
    return true;
}

void Words::expect(const std::string& word) {
    if (!take_if(word)) throw ScenarioError("'" + word + "' expected, not '" + peek() + "'");
}

std::uint64_t Words::take_number(const char* what) {
    const std::string word = take(what);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
    if (error == std::errc{} && end == word.data() + word.size()) return value;
    throw ScenarioError(std::string(what) + " is no number: '" + word + "'");
}

void Words::finish() const {
    if (!empty()) throw ScenarioError("'" + peek() + "' is not understood here");
}

std::int64_t decimal(const std::string& text, unsigned scale) {
    const auto value = parse_decimal(text, scale);
    if (!value) throw ScenarioError("'" + text + "' is no number with at most " + std::to_string(scale) + " decimals");
    return *value;
}

Scaled scaled(const std::string& text) {
    const std::size_t point = text.find('.');
    const std::size_t scale = point == text.npos ? 0 : text.size() - point - 1;
    return {.mantissa = decimal(text, static_cast<unsigned>(scale)), .scale = static_cast<std::uint8_t>(scale)};
}

SelfTradeRule parse_rule(const std::string& text) {
    for (std::size_t i = 0; i < kRules.size(); ++i)
        if (text == kRules[i]) return SelfTradeRule{static_cast<std::uint8_t>(i)};
    Words number(text);
    return SelfTradeRule{static_cast<std::uint8_t>(number.take_number("rule"))};
}
std::string rule_text(SelfTradeRule rule) {
    const auto number = static_cast<std::size_t>(rule);
    return number < kRules.size() ? kRules[number] : std::to_string(number);
}

Price parse_price(const std::string& text, const InstrumentListed& market) {
    return Price{steps(text, market.tick_mantissa, market.tick_scale)};
}
Quantity parse_quantity(const std::string& text, const InstrumentListed& market) {
    return Quantity{steps(text, market.lot_mantissa, market.lot_scale)};
}
std::string price_text(Price price, const InstrumentListed& market) {
    return short_text(price.value, market.tick_mantissa, market.tick_scale);
}
std::string quantity_text(Quantity quantity, const InstrumentListed& market) {
    return short_text(quantity.value, market.lot_mantissa, market.lot_scale);
}

}  // namespace dcx::scenarios
