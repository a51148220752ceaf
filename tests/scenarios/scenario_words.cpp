#include "scenarios/scenario_words.h"

#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
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

template <std::size_t count>
std::uint8_t number_of(const std::array<const char*, count>& names, const std::string& text, const char* what) {
    for (std::size_t i = 0; i < count; ++i)
        if (text == names[i]) return static_cast<std::uint8_t>(i);
    Words number(text);
    return static_cast<std::uint8_t>(number.take_number(what));
}

constexpr std::array<const char*, 3> kScopes = {"none", "session", "account"};
constexpr std::array<const char*, 4> kAccountKinds = {"none", "customer", "market_maker", "venue"};
constexpr std::array<const char*, 3> kAddressKinds = {"none", "dec", "decms"};

struct Unit {
    const char* name;
    std::int64_t ns;
};
constexpr std::array<Unit, 6> kUnits = {{{"ns", 1},
                                         {"us", 1'000},
                                         {"ms", 1'000'000},
                                         {"s", 1'000'000'000},
                                         {"h", 3'600'000'000'000},
                                         {"d", 86'400'000'000'000}}};

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

std::optional<std::vector<std::string>> Words::take_tail(const std::string& word, std::size_t values) {
    if (words_.size() < next_ + values + 1 || words_[words_.size() - values - 1] != word) return std::nullopt;
    const auto first = words_.end() - static_cast<std::ptrdiff_t>(values);
    std::vector<std::string> taken(first, words_.end());
    words_.erase(first - 1, words_.end());
    return taken;
}

std::string Words::take_rest() {
    std::string rest;
    while (!empty()) rest += (rest.empty() ? "" : " ") + take("word");
    return rest;
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

std::int64_t duration_ns(const std::string& text) {
    std::size_t used = 0;
    std::int64_t count = 0;
    try {
        count = std::stoll(text, &used);
    } catch (const std::logic_error&) {
        throw ScenarioError("no duration: " + text);
    }
    for (const Unit& unit : kUnits)
        if (text.substr(used) == unit.name) return count * unit.ns;
    throw ScenarioError("no duration: " + text);
}
std::string duration_text(std::int64_t ns) {
    const Unit& unit = ns % kUnits[2].ns == 0 ? kUnits[2] : kUnits[0];
    return std::to_string(ns / unit.ns) + unit.name;
}

std::int64_t parse_clock(const std::string& text) {
    int year = 0;
    unsigned month = 0, day = 0, hour = 0, minute = 0;
    std::array<char, 16> seconds{};
    if (std::sscanf(text.c_str(), "%4d-%2u-%2uT%2u:%2u:%15s", &year, &month, &day, &hour, &minute, seconds.data()) != 6)
        throw ScenarioError("no time: " + text);
    const std::chrono::sys_days date = std::chrono::year{year} / std::chrono::month{month} / std::chrono::day{day};
    return (date.time_since_epoch().count() * 86'400ll + hour * 3600ll + minute * 60ll) * 1'000'000'000 +
           decimal(seconds.data(), 9);
}
std::string clock_text(Time time) {
    const std::chrono::sys_time<std::chrono::nanoseconds> point{std::chrono::nanoseconds{time.value}};
    const auto day = std::chrono::floor<std::chrono::days>(point);
    const std::chrono::year_month_day date{day};
    const std::int64_t ns = (point - day).count();
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "%04d-%02u-%02uT%02d:%02d:%02d", int{date.year()}, unsigned{date.month()},
                  unsigned{date.day()}, static_cast<int>(ns / 3'600'000'000'000),
                  static_cast<int>(ns / 60'000'000'000 % 60), static_cast<int>(ns / 1'000'000'000 % 60));
    const std::int64_t rest = ns % 1'000'000'000;
    return text.data() + (rest == 0 ? "" : short_text(rest, 1, 9).substr(1));
}

CancelScope parse_scope(const std::string& text) { return CancelScope{number_of(kScopes, text, "scope")}; }
AccountKind parse_account_kind(const std::string& text) { return AccountKind{number_of(kAccountKinds, text, "kind")}; }
AddressKind parse_address_kind(const std::string& text) { return AddressKind{number_of(kAddressKinds, text, "kind")}; }
std::string address_kind_text(AddressKind kind) { return kAddressKinds.at(static_cast<std::size_t>(kind)); }

std::uint32_t parse_permissions(const std::string& text) {
    if (text.find_first_not_of("0123456789") == text.npos) {
        Words number(text);
        return static_cast<std::uint32_t>(number.take_number("permissions"));
    }
    std::uint32_t permissions = 0;
    std::istringstream list(text);
    for (std::string word; std::getline(list, word, ',');) {
        if (word == "read")
            permissions |= kPermitRead;
        else if (word == "trade")
            permissions |= kPermitTrade;
        else if (word == "transfer")
            permissions |= kPermitTransfer;
        else if (word == "withdraw")
            permissions |= kPermitWithdraw;
        else if (word == "operator")
            permissions |= kPermitOperator;
        else
            throw ScenarioError("no permission: " + word);
    }
    return permissions;
}

SelfTradeRule parse_rule(const std::string& text) { return SelfTradeRule{number_of(kRules, text, "rule")}; }
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
