// OutputPieces: what one write takes: pieces of memory one behind the other, which stay as they are until the write has
// returned. And OutputSource: who has output in memory of his own that is not worth a copy for each connection.
#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>

namespace dcx::net {

class OutputPieces {
  public:
    static constexpr std::size_t max_pieces = 16;
    // One connection's write is not to hold up those of the others.
    static constexpr std::size_t usual_bytes = 256 * 1024;

    explicit OutputPieces(std::size_t bytes_max = usual_bytes) : bytes_max_(bytes_max) {}

    // As much of it as there is room for. False: not all.
    bool add(std::span<const std::byte> piece) {
        const std::size_t size = full() ? 0 : std::min(piece.size(), bytes_max_ - bytes_);
        add_whole(piece.first(size));
        return size == piece.size();
    }
    // However long; the first one only.
    void add_whole(std::span<const std::byte> piece) {
        if (piece.empty()) return;
        pieces_[count_++] = {const_cast<std::byte*>(piece.data()), piece.size()};
        bytes_ += piece.size();
    }
    // There may be more behind them, for another write.
    [[nodiscard]] bool full() const { return count_ == max_pieces || bytes_ >= bytes_max_; }
    [[nodiscard]] bool empty() const { return count_ == 0; }
    [[nodiscard]] std::size_t bytes() const { return bytes_; }
    [[nodiscard]] std::size_t count() const { return count_; }
    [[nodiscard]] std::span<const std::byte> operator[](std::size_t place) const {
        return {static_cast<const std::byte*>(pieces_[place].iov_base), pieces_[place].iov_len};
    }
    // As the system wants them.
    [[nodiscard]] iovec* vectors() { return pieces_.data(); }

  private:
    std::size_t bytes_max_;
    std::size_t bytes_ = 0;
    std::size_t count_ = 0;
    std::array<iovec, max_pieces> pieces_;
};

// What a connection sends behind its queued output, read where it stands at the moment of each write. Between writes
// the source stands at the beginning of a message, so that what is queued meanwhile never tears one.
class OutputSource {
  public:
    // Adds what is there.
    virtual void gather(OutputPieces& pieces) = 0;
    // The system took so many bytes (at least one) of what was gathered last. When the last of them lies within a
    // message, the rest of it goes into `rest`: it is queued before anything else, and the source goes on behind it. No
    // other call to a connection is allowed here.
    virtual void taken(std::size_t bytes, OutputPieces& rest) = 0;

  protected:
    ~OutputSource() = default;
};

}  // namespace dcx::net
