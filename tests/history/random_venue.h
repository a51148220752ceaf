// RandomVenue: a core driven by random commands, its events as a log, and sources that give them as an engine's would:
// from the first command on, or from the state at some moment; in pieces that do not care where a command ends.
// For tests, one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "base/memory.h"
#include "base/random.h"
#include "core/core.h"
#include "model/decimal.h"
#include "model/event_source.h"
#include "model/event_writer.h"
#include "reference/command_generator.h"

namespace dcx::balance_tests {

class RandomVenue {
  public:
    explicit RandomVenue(std::uint64_t seed) : core_(memory_), buffer_(1u << 16), generator_(seed) {}

    void run(int commands) {
        for (int i = 0; i < commands; ++i) {
            const reference::Step step = generator_.next();
            buffer_.clear();
            core_.apply(step.command, buffer_.writer());
            generator_.observe(step, buffer_.events());
            for (const Event& event : buffer_.events()) {
                learn(event);
                log_.push_back(event);
            }
        }
    }

    struct Asset {
        std::string symbol;
        unsigned scale{};
    };
    [[nodiscard]] const core::Core& core() const { return core_; }
    [[nodiscard]] const std::deque<Event>& log() const { return log_; }
    [[nodiscard]] const std::array<std::byte, 16>& venue_id() const { return core_.genesis().venue_id; }
    [[nodiscard]] std::uint32_t accounts() const { return accounts_; }
    [[nodiscard]] const std::map<AssetId, Asset>& assets() const { return assets_; }
    [[nodiscard]] std::string available(AccountId account, AssetId asset) const {
        return decimal_text(core_.balance(account, asset).available.value, assets_.at(asset).scale);
    }
    [[nodiscard]] std::string held(AccountId account, AssetId asset) const {
        return decimal_text(core_.balance(account, asset).held.value, assets_.at(asset).scale);
    }

  private:
    void learn(const Event& event) {
        if (event.header.kind == EventKind::genesis_applied) accounts_ = kFirstCustomer.value - 1;
        if (event.header.kind == EventKind::account_opened)
            accounts_ = std::max(accounts_, event.as<AccountOpened>().account.value);
        if (event.header.kind != EventKind::asset_listed) return;
        const auto listed = event.as<AssetListed>();
        assets_[listed.asset] = {.symbol = std::string(listed.symbol.view()), .scale = listed.scale};
    }

    HeapMemory memory_;
    core::Core core_;
    EventBuffer buffer_;
    reference::CommandGenerator generator_;
    std::deque<Event> log_;
    std::uint32_t accounts_ = 0;
    std::map<AssetId, Asset> assets_;
};

// Follows the venue's log as far as it goes.
class VenueSource final : public EventSource {
  public:
    // From the first command on, or from the state as it is now.
    VenueSource(const RandomVenue& venue, bool from_state, std::uint64_t seed) : venue_(venue), random_(seed) {
        if (!from_state) return;
        next_ = venue.log().size();
        EventBuffer buffer(64);
        core::RestoreCursor cursor;
        for (bool complete = false; !complete;) {
            buffer.clear();
            complete = venue.core().restore(cursor, buffer.writer(), 64);
            state_.insert(state_.end(), buffer.events().begin(), buffer.events().end());
        }
    }
    std::span<const Event> peek(std::size_t max) override {
        if (told_ < state_.size())
            return std::span(state_).subspan(told_).first(std::min({max, state_.size() - told_, some()}));
        piece_.clear();
        const std::size_t count = std::min({max, venue_.log().size() - next_, some()});
        for (std::size_t i = 0; i < count; ++i) piece_.push_back(venue_.log()[next_ + i]);
        return piece_;
    }
    void release(std::size_t count) override { (told_ < state_.size() ? told_ : next_) += count; }

  private:
    [[nodiscard]] std::size_t some() { return 1 + random_.below(200); }

    const RandomVenue& venue_;
    Random random_;
    std::vector<Event> state_;
    std::size_t told_ = 0;
    std::size_t next_ = 0;
    std::vector<Event> piece_;
};

}  // namespace dcx::balance_tests
