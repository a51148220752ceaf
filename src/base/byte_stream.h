// Streams of bytes between layers that must not know each other: who has the bytes, and who keeps them. One thread.
#pragma once

#include <cstddef>
#include <span>

namespace dcx {

class ByteSink {
  public:
    virtual void put(std::span<const std::byte> bytes) = 0;

  protected:
    ~ByteSink() = default;
};

class ByteSource {
  public:
    // Fills `bytes` with what comes next; false when there is not as much, and for ever after.
    virtual bool get(std::span<std::byte> bytes) = 0;

  protected:
    ~ByteSource() = default;
};

}  // namespace dcx
