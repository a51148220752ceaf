// ModelAtomics: the policy of atomics (ring/atomics.h) whose every operation is a step of the checker, and Plain<T>,
// plain data whose races it finds.
#pragma once

#include <atomic>
#include <cstdint>
#include <type_traits>

#include "model/checker.h"

namespace dcx::checker {

template <class T>
class ModelAtomic {
    static_assert(std::is_unsigned_v<T> && sizeof(T) <= 8);

  public:
    ModelAtomic() : ModelAtomic(T{}) {}
    ModelAtomic(T initial) : location_(Checker::current().add_location(initial)) {}  // NOLINT: like std::atomic
    ModelAtomic(const ModelAtomic&) = delete;
    ModelAtomic& operator=(const ModelAtomic&) = delete;

    T load(Order order) const { return perform({.kind = Kind::load, .location = location_, .order = order}); }
    void store(T value, Order order) {
        perform({.kind = Kind::store, .location = location_, .order = order, .operand = value});
    }
    T exchange(T value, Order order) {
        return perform({.kind = Kind::update, .location = location_, .order = order, .operand = value});
    }
    T fetch_add(T value, Order order) {
        return perform(
            {.kind = Kind::update, .location = location_, .order = order, .operand = value, .update = Update::add});
    }
    bool compare_exchange_strong(T& expected, T value, Order order, Order = Order::relaxed) {
        const T before = perform({.kind = Kind::update,
                                  .location = location_,
                                  .order = order,
                                  .operand = value,
                                  .expected = expected,
                                  .update = Update::compare});
        if (before == expected) return true;
        expected = before;
        return false;
    }
    [[nodiscard]] std::uint8_t location() const { return location_; }

  private:
    static T perform(const Operation& operation) { return static_cast<T>(Checker::current().perform(operation)); }

    std::uint8_t location_;
};

// Tracked once track() named it (a slot); an untracked one is a thread's own.
template <class T>
class Plain {
  public:
    Plain() = default;
    Plain(T value) : value_(value) {}  // NOLINT: stands for T
    Plain(const Plain& other) : value_(other.get()) {}
    Plain& operator=(const Plain& other) {
        set(other.get());
        return *this;
    }
    operator T() const { return get(); }  // NOLINT: stands for T

    void track(const char* name) { plain_ = Checker::current().add_plain(name); }
    [[nodiscard]] T get() const {
        if (plain_ >= 0) Checker::current().plain_read(plain_, value_);
        return value_;
    }
    void set(T value) {
        if (plain_ >= 0) Checker::current().plain_write(plain_, value);
        value_ = value;
    }

  private:
    T value_{};
    int plain_ = -1;
};

struct ModelAtomics {
    template <class T>
    using Atomic = ModelAtomic<T>;

    static void fence(Order order) { Checker::current().fence(order); }
    static void wait(Atomic<std::uint32_t>& word, std::uint32_t expected, std::uint64_t) {
        Checker::current().perform({.kind = Kind::wait, .location = word.location(), .expected = expected});
    }
    static void wake(Atomic<std::uint32_t>& word) {
        Checker::current().perform({.kind = Kind::wake, .location = word.location()});
    }

    template <class T>
    static constexpr bool is_message = true;
};

}  // namespace dcx::checker
