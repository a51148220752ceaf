#include "client/mirror_reader.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <system_error>
#include <utility>

#include "base/check.h"
#include "ring/seqlock.h"

namespace dcx::client {

namespace {

constexpr std::size_t kWord = sizeof(std::uint64_t);
constexpr std::size_t kLevelWords = sizeof(MirrorLevel) / kWord;
constexpr std::size_t kHeadWords = sizeof(MirrorBookHead) / kWord;

// Words as they are now, each by itself.
template <class Struct>
Struct load(const std::atomic<std::uint64_t>* from) {
    std::array<std::uint64_t, sizeof(Struct) / kWord> words;
    for (std::size_t i = 0; i < words.size(); ++i) words[i] = from[i].load(std::memory_order_relaxed);
    return std::bit_cast<Struct>(words);
}

std::int64_t monotonic_ns() {
    timespec now;
    DCX_CHECK(clock_gettime(CLOCK_MONOTONIC, &now) == 0);
    return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

// Any bytes may be in the file.
std::expected<void, std::string> check(const MirrorHeader& header, std::size_t file_bytes) {
    if (header.magic != kMirrorMagic) return std::unexpected("is no book mirror");
    if (header.version != kMirrorVersion)
        return std::unexpected("is a book mirror of version " + std::to_string(header.version) + ", not " +
                               std::to_string(kMirrorVersion));
    const bool fits = header.books_offset == sizeof(MirrorHeader) && header.levels >= 1 &&
                      header.levels <= kMaxMirrorLevels && header.book_bytes == mirror_book_bytes(header.levels) &&
                      file_bytes == mirror_file_bytes(header.levels, header.capacity);
    if (!fits) return std::unexpected("is a damaged book mirror");
    return {};
}

}  // namespace

std::string_view to_string(MirrorWriterState state) {
    switch (state) {
        case MirrorWriterState::live: return "live";
        case MirrorWriterState::silent: return "silent";
        case MirrorWriterState::gone: return "gone";
    }
    return "?";
}

MirrorReader::MirrorReader(Descriptor file, std::span<Word> words, const MirrorHeader& header)
    : file_(std::move(file)), words_(words), header_(header) {}

MirrorReader::MirrorReader(MirrorReader&& other) noexcept
    : file_(std::move(other.file_)), words_(std::exchange(other.words_, {})), header_(other.header_) {}

MirrorReader::~MirrorReader() {
    if (!words_.empty()) ::munmap(const_cast<std::atomic<std::uint64_t>*>(words_.data()), words_.size_bytes());
}

std::expected<MirrorReader, std::string> MirrorReader::open(const std::string& path) {
    const auto failed = [&](const std::string& why) { return std::unexpected(path + ": " + why); };
    Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)};
    if (file.get() < 0) return failed(std::generic_category().message(errno));
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return failed(std::generic_category().message(errno));
    const auto bytes = static_cast<std::size_t>(status.st_size);
    if (!S_ISREG(status.st_mode) || bytes < sizeof(MirrorHeader)) return failed("is no book mirror");
    void* const memory = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED | MAP_POPULATE, file.get(), 0);
    if (memory == MAP_FAILED) return failed(std::generic_category().message(errno));
    const std::span<Word> words{static_cast<Word*>(memory), bytes / kWord};
    const auto header = load<MirrorHeader>(words.data());
    MirrorReader reader(std::move(file), words, header);
    if (const auto checked = check(header, bytes); !checked) return failed(checked.error());
    return reader;
}

const std::atomic<std::uint64_t>& MirrorReader::header_word(std::size_t offset) const { return words_[offset / kWord]; }

MirrorReader::Word* MirrorReader::book_of(std::size_t book) const {
    DCX_CHECK(book < header_.capacity);
    return words_.data() + (header_.books_offset + book * header_.book_bytes) / kWord;
}

std::size_t MirrorReader::books() const {
    // Acquire: what is counted is whole. Partner: the release in MirrorWriter::list().
    const std::uint64_t books = header_word(offsetof(MirrorHeader, books)).load(std::memory_order_acquire);
    return static_cast<std::size_t>(std::min<std::uint64_t>(books, header_.capacity));
}

std::optional<std::size_t> MirrorReader::find(std::string_view symbol) const {
    for (std::size_t book = 0; book < books(); ++book)
        if (load<MirrorBookHead>(book_of(book)).symbol.view() == symbol) return book;
    return std::nullopt;
}

bool MirrorReader::read(std::size_t book, MirrorBook& into) const {
    Word* const words = book_of(book);
    const auto copy_side = [&](std::vector<MirrorLevel>& side, std::uint32_t shown, std::size_t begin) {
        // A torn head can say anything.
        side.resize(std::min(shown, header_.levels));
        Word* from = words + kHeadWords + begin * kLevelWords;
        for (MirrorLevel& level : side) {
            level = {.price = Price{static_cast<std::int64_t>(from[0].load(std::memory_order_relaxed))},
                     .quantity = Quantity{static_cast<std::int64_t>(from[1].load(std::memory_order_relaxed))},
                     .orders = static_cast<std::uint32_t>(from[2].load(std::memory_order_relaxed))};
            from += kLevelWords;
        }
    };
    return ring::seqlock_read(*words, kReadTries, [&] {
        into.head = load<MirrorBookHead>(words);
        copy_side(into.bids, into.head.bids, 0);
        copy_side(into.asks, into.head.asks, header_.levels);
    });
}

std::uint64_t MirrorReader::guard(std::size_t book) const { return book_of(book)->load(std::memory_order_acquire); }

bool MirrorReader::wait(std::size_t book, std::uint64_t guard, std::uint64_t spins) const {
    return ring::seqlock_wait(*book_of(book), guard, spins);
}

Sequence MirrorReader::sequence() const {
    // Acquire, with the release in MirrorWriter::end_command(): the books are at least as new.
    return Sequence{header_word(offsetof(MirrorHeader, sequence)).load(std::memory_order_acquire)};
}

std::uint64_t MirrorReader::epoch() const {
    return header_word(offsetof(MirrorHeader, epoch)).load(std::memory_order_relaxed);
}

MirrorWriterState MirrorReader::writer() const {
    // Acquire, with the release in MirrorWriter::set_state().
    const auto state =
        static_cast<MirrorState>(header_word(offsetof(MirrorHeader, state)).load(std::memory_order_acquire));
    if (state != MirrorState::live) return MirrorWriterState::gone;
    // The writer holds it to its end, whatever that is.
    if (::flock(file_.get(), LOCK_SH | LOCK_NB) == 0) {
        ::flock(file_.get(), LOCK_UN);
        return MirrorWriterState::gone;
    }
    const auto beat =
        static_cast<std::int64_t>(header_word(offsetof(MirrorHeader, heartbeat_ns)).load(std::memory_order_relaxed));
    return monotonic_ns() - beat > kMirrorSilentNs ? MirrorWriterState::silent : MirrorWriterState::live;
}

}  // namespace dcx::client
