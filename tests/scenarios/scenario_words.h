// One line of a scenario: its words, taken one after the other, and numbers in a market's and an asset's decimals.
// Every fault is an exception with a text for the one who wrote the file.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "model/event.h"

namespace dcx::scenarios {

struct ScenarioError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

class Words {
  public:
    explicit Words(const std::string& line);

    [[nodiscard]] bool empty() const { return next_ == words_.size(); }
    [[nodiscard]] std::string peek() const { return empty() ? "" : words_[next_]; }
    std::string take(const char* what);
    // Takes the word when it is the next one.
    bool take_if(const std::string& word);
    void expect(const std::string& word);
    std::uint64_t take_number(const char* what);
    // Takes the last words when they are this one and its values; the values.
    std::optional<std::vector<std::string>> take_tail(const std::string& word, std::size_t values);
    // All that is left, as it will be read by another.
    std::string take_rest();
    // Everything must have been understood.
    void finish() const;

  private:
    std::vector<std::string> words_;
    std::size_t next_ = 0;
};

// "10.50" at the scale, exactly.
[[nodiscard]] std::int64_t decimal(const std::string& text, unsigned scale);
// A decimal as mantissa and scale: "0.05" is 5 and 2.
struct Scaled {
    std::int64_t mantissa;
    std::uint8_t scale;
};
[[nodiscard]] Scaled scaled(const std::string& text);

// "25h", "5s", "3ms", also with a sign.
[[nodiscard]] std::int64_t duration_ns(const std::string& text);
[[nodiscard]] std::string duration_text(std::int64_t ns);
// "2026-01-01T21:00:00", in UTC.
[[nodiscard]] std::int64_t parse_clock(const std::string& text);
[[nodiscard]] std::string clock_text(Time time);

// Of enumerations: a name, or a number that has none.
[[nodiscard]] CancelScope parse_scope(const std::string& text);
[[nodiscard]] AccountKind parse_account_kind(const std::string& text);
[[nodiscard]] AddressKind parse_address_kind(const std::string& text);
[[nodiscard]] std::string address_kind_text(AddressKind kind);
// "trade,transfer", or a number.
[[nodiscard]] std::uint32_t parse_permissions(const std::string& text);

// A rule by its name, or by a number that has none.
[[nodiscard]] SelfTradeRule parse_rule(const std::string& text);
[[nodiscard]] std::string rule_text(SelfTradeRule rule);

[[nodiscard]] Price parse_price(const std::string& text, const InstrumentListed& market);
[[nodiscard]] Quantity parse_quantity(const std::string& text, const InstrumentListed& market);
[[nodiscard]] std::string price_text(Price price, const InstrumentListed& market);
[[nodiscard]] std::string quantity_text(Quantity quantity, const InstrumentListed& market);

}  // namespace dcx::scenarios
