// A file descriptor that is closed at the end. One owner.
#pragma once

#include <unistd.h>

#include <utility>

namespace dcx {

class Descriptor {
  public:
    // Below 0: none.
    explicit Descriptor(int value = -1) : value_(value) {}
    ~Descriptor() {
        if (value_ >= 0) ::close(value_);
    }
    Descriptor(Descriptor&& other) noexcept : value_(other.release()) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        Descriptor{std::move(other)}.swap(*this);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    [[nodiscard]] int get() const { return value_; }
    int release() { return std::exchange(value_, -1); }

  private:
    void swap(Descriptor& other) { std::swap(value_, other.value_); }

    int value_;
};

}  // namespace dcx
