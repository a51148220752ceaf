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

// A rule by its name, or by a number that has none.
[[nodiscard]] SelfTradeRule parse_rule(const std::string& text);
[[nodiscard]] std::string rule_text(SelfTradeRule rule);

[[nodiscard]] Price parse_price(const std::string& text, const InstrumentListed& market);
[[nodiscard]] Quantity parse_quantity(const std::string& text, const InstrumentListed& market);
[[nodiscard]] std::string price_text(Price price, const InstrumentListed& market);
[[nodiscard]] std::string quantity_text(Quantity quantity, const InstrumentListed& market);

}  // namespace dcx::scenarios
