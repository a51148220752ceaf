// MirrorReader: the books of a venue on this machine, from its mirror (model/mirror.h, docs/protocols/mirror.md): a
// file in memory, mapped read-only. No connection, no system call but to ask whether the writer lives. A read takes
// well below a microsecond and disturbs nobody.
//
// One thread a reader; any number of readers. After `gone` the mapping stays as it was: open the path anew, a venue
// that starts again makes another file.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/descriptor.h"
#include "model/mirror.h"

namespace dcx::client {

// One book at one moment of the log.
struct MirrorBook {
    MirrorBookHead head;            // `guard` is the number of this state: it differs from that of every later one
    std::vector<MirrorLevel> bids;  // best first
    std::vector<MirrorLevel> asks;
};

enum class MirrorWriterState : std::uint8_t {
    live,
    silent,  // its process is there, but its last heartbeat is older than kMirrorSilentNs
    gone,    // it stopped or was killed: what is here is as old as it is
};
[[nodiscard]] std::string_view to_string(MirrorWriterState state);

class MirrorReader {
  public:
    // Refuses, with a text: no file, not a mirror, another version.
    static std::expected<MirrorReader, std::string> open(const std::string& path);
    MirrorReader(MirrorReader&& other) noexcept;
    MirrorReader(const MirrorReader&) = delete;
    MirrorReader& operator=(const MirrorReader&) = delete;
    ~MirrorReader();

    // As it was when the file was made: venue_id, levels, pid.
    [[nodiscard]] const MirrorHeader& header() const { return header_; }
    // Markets so far; their places are 0 .. books() - 1, by instrument.
    [[nodiscard]] std::size_t books() const;
    [[nodiscard]] std::optional<std::size_t> find(std::string_view symbol) const;

    // The book as it is, whole; into one that is reused nothing is allocated. False: none of kReadTries attempts (some
    // milliseconds) had a whole one, because the writer lost its processor in the middle of a change: try again, later.
    // Or it died there: then writer() says gone.
    [[nodiscard]] bool read(std::size_t book, MirrorBook& into) const;
    static constexpr unsigned kReadTries = 100'000;

    // Rises with each change of the book; odd while it is being changed.
    [[nodiscard]] std::uint64_t guard(std::size_t book) const;
    // Spins until the book is no longer the one of `guard`, at most `spins` rounds of some 10 to 50 ns. True: it is
    // another.
    [[nodiscard]] bool wait(std::size_t book, std::uint64_t guard, std::uint64_t spins) const;

    // What follows is of the whole venue. A book that is read after sequence() shows all commands up to that one.
    [[nodiscard]] Sequence sequence() const;
    [[nodiscard]] std::uint64_t epoch() const;
    // Two system calls.
    [[nodiscard]] MirrorWriterState writer() const;

  private:
    using Word = const std::atomic<std::uint64_t>;

    MirrorReader(Descriptor file, std::span<Word> words, const MirrorHeader& header);
    [[nodiscard]] const std::atomic<std::uint64_t>& header_word(std::size_t offset) const;
    [[nodiscard]] Word* book_of(std::size_t book) const;

    Descriptor file_;
    std::span<Word> words_;
    MirrorHeader header_;
};

}  // namespace dcx::client
