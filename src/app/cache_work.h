// CacheWork: the balance cache of a running venue, as ProjectionWork. It needs no store, and no store needs it.
#pragma once

#include <memory>

#include "app/projection_work.h"
#include "history/balance_cache.h"

namespace dcx::app {

class CacheWork final : public ProjectionWork {
  public:
    // The options' URL is that of the Redis.
    CacheWork(const engine::DurableSequence& durable, ProjectionOptions options);
    ~CacheWork() override { stop(); }

  private:
    bool work() override { return cache_->poll(); }
    [[nodiscard]] int max_sleep_ms() override;
    [[nodiscard]] ProjectionState look() const override;

    std::unique_ptr<history::BalanceCache> cache_;  // none: its URL can't be read
};

}  // namespace dcx::app
