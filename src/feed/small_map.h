// SmallMap: what a map from a few keys needs when there are thousands of such maps: nothing while it is empty, a place
// of its own for each entry (so that it stays where it is), and finding by halving. Entries are in the order of their
// keys. Putting in and taking out move the pointers behind.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <tuple>
#include <utility>
#include <vector>

namespace dcx::feed {

template <class Key, class Value>
class SmallMap {
    using Entry = std::pair<const Key, Value>;
    using Entries = std::vector<std::unique_ptr<Entry>>;

    template <class At, class Of>
    class Iterator {
      public:
        explicit Iterator(At at) : at_{at} {}
        Of& operator*() const { return **at_; }
        Of* operator->() const { return at_->get(); }
        Iterator& operator++() {
            ++at_;
            return *this;
        }
        friend bool operator==(const Iterator&, const Iterator&) = default;

      private:
        friend class SmallMap;
        At at_;
    };

  public:
    using iterator = Iterator<typename Entries::iterator, Entry>;
    using const_iterator = Iterator<typename Entries::const_iterator, const Entry>;

    [[nodiscard]] iterator begin() { return iterator{entries_.begin()}; }
    [[nodiscard]] iterator end() { return iterator{entries_.end()}; }
    [[nodiscard]] const_iterator begin() const { return const_iterator{entries_.begin()}; }
    [[nodiscard]] const_iterator end() const { return const_iterator{entries_.end()}; }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] iterator find(const Key& key) {
        const auto at = place(key);
        return at != entries_.end() && (*at)->first == key ? iterator{at} : end();
    }
    [[nodiscard]] bool contains(const Key& key) { return find(key) != end(); }
    // As std::map: nothing is changed when the key is there.
    template <class Keys, class Values>
    std::pair<iterator, bool> emplace(std::piecewise_construct_t, Keys key, Values values) {
        auto entry = std::make_unique<Entry>(std::piecewise_construct, std::move(key), std::move(values));
        const auto at = place(entry->first);
        if (at != entries_.end() && (*at)->first == entry->first) return {iterator{at}, false};
        return {iterator{entries_.insert(at, std::move(entry))}, true};
    }
    // The next one.
    iterator erase(iterator at) { return iterator{entries_.erase(at.at_)}; }

  private:
    typename Entries::iterator place(const Key& key) {
        return std::lower_bound(entries_.begin(), entries_.end(), key,
                                [](const auto& entry, const Key& wanted) { return entry->first < wanted; });
    }
    Entries entries_;
};

}  // namespace dcx::feed
