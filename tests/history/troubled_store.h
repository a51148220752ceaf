// TroubledStore: a plain store in front of which, and behind which, anything may go wrong or take its time. For tests
// of the projector.
#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "history/memory_store.h"

namespace dcx::naive {

class TroubledStore final : public history::Store {
  public:
    enum class Call : std::uint8_t { open, cursor, load, commit, question };
    // Called before each call and once more when it was done but not yet answered: may throw, and may wait.
    using Trouble = std::function<void(Call call, bool done)>;

    explicit TroubledStore(Trouble trouble) : trouble_(std::move(trouble)) {}
    void set_trouble(Trouble trouble) { trouble_ = std::move(trouble); }
    [[nodiscard]] MemoryStore& plain() { return plain_; }

    void open() override {
        trouble_(Call::open, false);
        plain_.open();
        trouble_(Call::open, true);
    }
    history::Cursor cursor() override {
        return answer(Call::cursor, [&] { return plain_.cursor(); });
    }
    history::StoredState load() override {
        return answer(Call::load, [&] { return plain_.load(); });
    }
    void commit(const history::RowBatch& batch, const history::Units& units) override {
        trouble_(Call::commit, false);
        plain_.commit(batch, units);
        trouble_(Call::commit, true);
    }
    void wipe() override { plain_.wipe(); }
    std::uint64_t prune(history::Day before) override { return plain_.prune(before); }
    [[nodiscard]] std::string name() const override { return "troubled"; }
    std::vector<history::TradeRow> trades(InstrumentId market, Time from, Time to) override {
        return answer(Call::question, [&] { return plain_.trades(market, from, to); });
    }
    std::vector<history::TradeBustRow> trade_busts(InstrumentId market, Time from, Time to) override {
        return answer(Call::question, [&] { return plain_.trade_busts(market, from, to); });
    }
    std::vector<history::CandleRow> candles(InstrumentId market, std::uint32_t interval_s, Time from,
                                            Time to) override {
        return answer(Call::question, [&] { return plain_.candles(market, interval_s, from, to); });
    }

  private:
    template <class Does>
    std::invoke_result_t<Does> answer(Call call, const Does& does) {
        trouble_(call, false);
        auto result = does();
        trouble_(call, true);
        return result;
    }

    Trouble trouble_;
    MemoryStore plain_;
};

}  // namespace dcx::naive
