// Coverage: what a run of random commands met, counted from commands and events alone, and which of it was too seldom:
// what the generator no longer reaches is no longer tested. One thread of a test.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "model/command.h"
#include "model/event.h"

namespace dcx::reference {

class Coverage {
  public:
    // A new venue begins.
    void start_run();
    void count(const Command& command, std::span<const Event> events, std::uint32_t open_orders);

    // What 560,000 commands must meet and these did not, a line each.
    [[nodiscard]] std::string missing() const;
    // Every count, a line each.
    [[nodiscard]] std::string text() const;

  private:
    void count_reject(const Event& event, std::uint32_t open_orders);
    void count_self_trade(const Event& event);
    void count_trading(const Command& command, const Event& event);
    void count_owners(const Command& command, const Event& event);
    void count_money(const Event& event);
    void count_custody(const Event& event);
    void count_group(const Command& command, std::span<const Event> events);

    std::map<RejectReason, std::uint64_t> reasons_;
    std::map<RejectReason, std::uint64_t> amend_reasons_;
    std::map<EventKind, std::uint64_t> kinds_;
    std::map<CancelReason, std::uint64_t> cancels_;
    std::map<SelfTradeRule, std::uint64_t> own_meetings_;  // under each rule
    std::map<PendingState, std::uint64_t> resolved_;
    std::map<RejectReason, std::uint64_t> groups_failed_;  // by the reason of the one that failed
    std::map<std::string_view, std::uint64_t> counts_;     // of what has no enumerator
    std::uint64_t fills_of_one_command_ = 0;

    // Of this run
    std::map<AccountId, SelfTradeRule> rules_;
    std::map<AccountId, AccountId> owners_;  // of sub-accounts
    std::set<AccountId> frozen_;
    std::set<AccountId> killed_;
    bool handed_over_ = false;
    std::set<OrderId> with_budget_;
    std::set<std::pair<AccountId, TransferId>> paid_in_part_;
    std::uint32_t max_orders_ = 0;
};

}  // namespace dcx::reference
