// What makes a struct fit for ring, journal and wire: fixed size, no padding, no pointers, any bytes are a value.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

namespace dcx {

inline constexpr std::size_t kMessageSize = 128;
inline constexpr std::size_t kMessageHeaderSize = 40;
inline constexpr std::size_t kMessageBodySize = kMessageSize - kMessageHeaderSize;

// has_unique_object_representations means: no padding bytes, so equal values are equal bytes.
template <class T>
concept FixedLayout =
    std::is_trivially_copyable_v<T> && std::is_standard_layout_v<T> && std::has_unique_object_representations_v<T>;

template <class T>
concept MessageBody = FixedLayout<T> && sizeof(T) <= kMessageBodySize && alignof(T) <= 8 && requires { T::kind; };

}  // namespace dcx
