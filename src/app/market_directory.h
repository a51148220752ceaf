// MarketDirectory: a venue's assets and markets by name and by number, as they were listed when a command began. What
// is not there is thrown as a text for a person that tells what there is.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "client/blocking_client.h"

namespace dcx::app {

class MarketDirectory {
  public:
    MarketDirectory() = default;
    explicit MarketDirectory(client::Listings listings) : listings_(std::move(listings)) {}

    [[nodiscard]] const client::Listings& listings() const { return listings_; }
    [[nodiscard]] const AssetListed& asset(const std::string& symbol) const {
        return named(listings_.assets, symbol, "asset");
    }
    [[nodiscard]] const InstrumentListed& market(const std::string& symbol) const {
        return named(listings_.instruments, symbol, "market");
    }
    [[nodiscard]] const AssetListed& asset(AssetId id) const {
        return numbered(listings_.assets, id, &AssetListed::asset, "asset");
    }
    [[nodiscard]] const InstrumentListed& market(InstrumentId id) const {
        return numbered(listings_.instruments, id, &InstrumentListed::instrument, "market");
    }

  private:
    template <class Item>
    static const Item& named(const std::vector<Item>& items, const std::string& symbol, const char* what) {
        std::string known;
        for (const Item& item : items) {
            if (item.symbol.view() == symbol) return item;
            known += (known.empty() ? "" : ", ") + std::string(item.symbol.view());
        }
        throw std::runtime_error("no " + std::string(what) + " is called \"" + symbol +
                                 "\" (there are: " + (known.empty() ? "none" : known) + ")");
    }
    template <class Item, class Id>
    static const Item& numbered(const std::vector<Item>& items, Id id, Id Item::* number, const char* what) {
        const auto found = std::ranges::find(items, id, number);
        if (found != items.end()) return *found;
        throw std::runtime_error(std::string(what) + " " + std::to_string(id.value) + " is not listed");
    }

    client::Listings listings_;
};

}  // namespace dcx::app
