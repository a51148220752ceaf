// What the balance cache's keys are called. <venue> is the first 8 hexadecimal digits of the venue's id.
//   dcx:<venue>:watermark          hash: venue (32 digits), generation, ready (0 or 1), sequence, time (log time of it,
//                                  ns), writer (a random word, one a writer), writes (its transactions so far)
//   dcx:<venue>:balance:<account>  hash: sequence (of the last change), assets (how many the account ever had), and
//                                  for each of them <SYMBOL>.available and <SYMBOL>.held, exact decimals. No key: no
//                                  such account.
//   dcx:<venue>:balances           stream of what changed: generation, sequence, accounts ("6,7,12"; "*": all of them
//                                  may have, a new generation is ready)
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "model/types.h"

namespace dcx::history {

inline constexpr std::string_view kAvailableField = ".available";
inline constexpr std::string_view kHeldField = ".held";

class BalanceKeys {
  public:
    explicit BalanceKeys(std::span<const std::byte, 16> venue_id) {
        for (const std::byte one : venue_id) {
            const auto value = static_cast<unsigned>(one);
            venue_ += {"0123456789abcdef"[value >> 4], "0123456789abcdef"[value & 15]};
        }
        prefix_ = "dcx:" + venue_.substr(0, 8) + ":";
    }
    // All of the venue's id.
    [[nodiscard]] const std::string& venue() const { return venue_; }
    [[nodiscard]] std::string watermark() const { return prefix_ + "watermark"; }
    [[nodiscard]] std::string stream() const { return prefix_ + "balances"; }
    [[nodiscard]] std::string balances() const { return prefix_ + "balance:"; }
    [[nodiscard]] std::string balance(AccountId account) const { return balances() + std::to_string(account.value); }

  private:
    std::string venue_;
    std::string prefix_;
};

}  // namespace dcx::history
