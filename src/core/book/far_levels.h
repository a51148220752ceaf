// The price levels of one side that lie outside its ladder's window: a tree over the 64 bits of their keys, four bits a
// step, in which a node exists only where keys part. So it has fewer nodes than levels wherever they are, at most 16
// steps, and a shape that depends on the keys alone.
//
// One thread. Pools are shared by all books; they have a node for every level, so nothing here can fail.
#pragma once

#include <cstdint>

#include "core/book/level.h"

namespace dcx::core {

class FarLevels {
  public:
    // The smallest key; kNoKey when there is none.
    [[nodiscard]] PriceKey best() const { return best_; }
    // nullptr when it is not there.
    [[nodiscard]] Level* find(LevelStore& store, PriceKey key) const;
    [[nodiscard]] const Level* find(const LevelStore& store, PriceKey key) const;
    // A key that is not there: a level of this key and else empty.
    Level& insert(LevelStore& store, PriceKey key);
    // A key that is there.
    void erase(LevelStore& store, PriceKey key);
    // The smallest key above `key`; kNoKey when there is none.
    [[nodiscard]] PriceKey next(const LevelStore& store, PriceKey key) const;

  private:
    [[nodiscard]] std::uint32_t index_of(const LevelStore& store, PriceKey key) const;
    [[nodiscard]] static PriceKey leftmost(const LevelStore& store, std::uint32_t reference);

    // A reference is a node's index, or a level's with the highest bit set; 0 is none.
    std::uint32_t root_ = 0;
    PriceKey best_ = kNoKey;
};

}  // namespace dcx::core
