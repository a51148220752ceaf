// MatchLogBuilder: the public part of a command, from the command and its events alone. It remembers nothing of other
// commands, so it begins anywhere in a journal. One thread.
#pragma once

#include <span>
#include <vector>

#include "model/command.h"
#include "model/event.h"
#include "proof/match_log.h"

namespace dcx::proof {

class MatchLogBuilder {
  public:
    // Valid until the next call. The events are all of the command's, in order: as the core made them, CHECKed.
    [[nodiscard]] std::span<const MatchRecord> build(const Command& command, std::span<const Event> events);

  private:
    MatchRecord& add(MatchRecordKind kind);
    void add_order(const Command& command, const OrderAccepted& order);
    void add_cancel(const OrderCanceled& cancel);
    void add_listing(const Command& command, const Event& event);
    // Of an order that lost quantity to the self-trade rule, and of the event behind it; true when that one is told
    // too.
    bool add_self_trade(const Event& event, const Event* next);

    std::vector<MatchRecord> records_;
    OrderId taker_{};
    Side taker_side_{};
};

}  // namespace dcx::proof
