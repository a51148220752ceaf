#include "proof/match_file_end.h"

#include <fcntl.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>
#include <optional>
#include <vector>

#include "base/descriptor.h"

namespace dcx::proof {
namespace {

constexpr std::size_t kUnit = sizeof(MatchRecord);

// A file's units, one by one or skipped, in few reads.
class Units {
  public:
    explicit Units(int file) : file_(file), buffer_(1024) {}

    // Nothing when there is no whole one.
    template <class T>
    std::optional<T> read() {
        if (at_ < begin_ || at_ >= begin_ + count_) fill();
        if (count_ == 0) return std::nullopt;
        return std::bit_cast<T>(buffer_[at_++ - begin_]);
    }
    void skip(std::uint64_t units) { at_ += units; }
    // The unit before the next one is in the file.
    [[nodiscard]] bool whole() {
        if (at_ <= begin_ + count_) return true;
        --at_;
        const bool there = read<MatchRecord>().has_value();
        if (!there) ++at_;
        return there;
    }
    [[nodiscard]] bool failed() const { return failed_; }

  private:
    void fill() {
        begin_ = at_;
        ssize_t n = 0;
        do n = ::pread(file_, buffer_.data(), buffer_.size() * kUnit, static_cast<off_t>(at_ * kUnit));
        while (n < 0 && errno == EINTR);
        failed_ |= n < 0;
        count_ = n < 0 ? 0 : static_cast<std::size_t>(n) / kUnit;
    }

    int file_;
    std::vector<MatchRecord> buffer_;
    std::uint64_t at_ = 0;
    std::uint64_t begin_ = 0;
    std::size_t count_ = 0;
    bool failed_ = false;
};

}  // namespace

std::expected<MatchFileEnd, ProofError> MatchFileEnd::find(const std::string& path, Sequence first, Sequence keep) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    MatchFileEnd end;
    Units units(file.get());
    const auto header = file.get() < 0 ? std::nullopt : units.read<MatchFileHeader>();
    if (header && header->magic == kMatchLogMagic && header->version == kMatchLogVersion &&
        header->first_sequence == first) {
        end.venue_id = header->venue_id;
        end.size = kUnit;
        std::uint64_t next = first.value;
        while (next <= keep.value) {
            const auto head = units.read<MatchCommandHead>();
            if (!head || head->sequence.value != next || head->records > kMaxMatchRecords) break;
            units.skip(head->records);
            if (!units.whole()) break;
            end.size += (1 + std::uint64_t{head->records}) * kUnit;
            ++end.commands;
            ++next;
        }
    }
    if (file.get() < 0 || units.failed())
        return std::unexpected(ProofError{ProofErrorKind::file_failed, path + ": " + std::strerror(errno)});
    return end;
}

}  // namespace dcx::proof
