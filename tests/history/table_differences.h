// Compares tables row for row and says in words where they differ: a row that is missing, one too many, or the columns
// of one that are not equal.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "history/naive_history.h"
#include "history/row_text.h"

namespace dcx::naive {

// Tells the first `most` differences of each table; how many there are.
using TellDifference = std::function<void(const std::string&)>;

// Both in the order of their keys.
template <class Row>
std::uint64_t compare_rows(const std::vector<Row>& expected, const std::vector<Row>& actual, std::size_t most,
                           const TellDifference& tell) {
    std::uint64_t differences = 0;
    const auto differs = [&](const char* what, const std::string& text) {
        if (differences++ < most) tell(std::string(Row::table) + ": " + what + " " + text);
    };
    std::size_t e = 0;
    std::size_t a = 0;
    while (e < expected.size() || a < actual.size()) {
        if (e < expected.size() && a < actual.size() && expected[e] == actual[a]) {
            ++e;
            ++a;
            continue;
        }
        const bool no_more = a == actual.size();
        if (no_more || (e < expected.size() && key_of(expected[e]) < key_of(actual[a]))) {
            differs("missing", text_of(expected[e++]));
        } else if (e == expected.size() || key_of(actual[a]) < key_of(expected[e])) {
            differs("unexpected", text_of(actual[a++]));
        } else {
            differs("should be", text_of(expected[e]) + "\n    but is " + text_of(actual[a]));
            ++e;
            ++a;
        }
    }
    return differences;
}

inline std::uint64_t compare_tables(const Tables& expected, const Tables& actual, std::size_t most,
                                    const TellDifference& tell) {
    const auto sum = [&](const auto&... of_expected) {
        return std::apply(
            [&](const auto&... of_actual) {
                return (std::uint64_t{0} + ... + compare_rows(of_expected, of_actual, most, tell));
            },
            Tables::all(actual));
    };
    return std::apply(sum, Tables::all(expected));
}

}  // namespace dcx::naive
