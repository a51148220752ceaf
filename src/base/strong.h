// Strong<Tag, Rep>: a number that mixes with nothing else. Explicit in, `.value` out, ordered, and no arithmetic: the
// few operators that mean something are written for the type they belong to. The layout is that of Rep, zero
// initialised.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>

namespace dcx {

template <class Tag, class Rep>
struct Strong {
    using rep = Rep;
    Rep value{};

    constexpr Strong() = default;
    constexpr explicit Strong(Rep v) : value(v) {}
    // Other number types must be converted where they are made, so that no narrowing hides here.
    template <class Other>
    explicit Strong(Other) = delete;

    friend constexpr auto operator<=>(Strong, Strong) = default;
    constexpr explicit operator bool() const { return value != Rep{}; }
};

}  // namespace dcx
