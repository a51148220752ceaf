#include "engine/event_ring_reader.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace dcx::engine {

namespace {

using Word = const std::atomic<std::uint64_t>;

std::string system_text() { return std::generic_category().message(errno); }

}  // namespace

std::expected<std::unique_ptr<EventRingReader>, std::string> EventRingReader::open(const std::string& path,
                                                                                   uid_t owner) {
    const auto failed = [&](const std::string& why) { return std::unexpected(path + ": " + why); };
    Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)};
    if (file.get() < 0) return failed(system_text());
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return failed(system_text());
    if (!S_ISREG(status.st_mode)) return failed("is no event ring");
    // Anybody can put a file into a folder like /dev/shm.
    if (status.st_uid != owner || (status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
        return failed("belongs to somebody else than the venue's folder, or others may write it");
    const int descriptor = file.get();
    auto reader = map(descriptor, std::move(file));
    if (!reader) return failed(reader.error());
    return reader;
}

std::expected<std::unique_ptr<EventRingReader>, std::string> EventRingReader::open(int descriptor) {
    return map(descriptor, Descriptor{});
}

std::expected<std::unique_ptr<EventRingReader>, std::string> EventRingReader::map(int descriptor, Descriptor file) {
    struct stat status{};
    if (::fstat(descriptor, &status) != 0) return std::unexpected(system_text());
    const auto bytes = static_cast<std::size_t>(status.st_size);
    if (bytes < sizeof(EventRingHeader)) return std::unexpected("is no event ring");
    void* const memory = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, descriptor, 0);
    if (memory == MAP_FAILED) return std::unexpected(system_text());
    std::unique_ptr<EventRingReader> reader(
        new EventRingReader(std::move(file), {static_cast<const std::byte*>(memory), bytes}));
    if (const std::string error = reader->check(); !error.empty()) return std::unexpected(error);
    return reader;
}

EventRingReader::EventRingReader(Descriptor file, std::span<const std::byte> memory)
    : file_(std::move(file)), memory_(memory) {
    ring::load_words(reinterpret_cast<Word*>(memory_.data()), header_);
}

EventRingReader::~EventRingReader() { ::munmap(const_cast<std::byte*>(memory_.data()), memory_.size()); }

std::string EventRingReader::check() {
    if (header_.magic != kEventRingMagic) return "is no event ring";
    if (header_.version != kEventRingVersion)
        return "is an event ring of version " + std::to_string(header_.version) + ", this program reads version " +
               std::to_string(kEventRingVersion);
    if (header_.ring_offset != sizeof(EventRingHeader)) return "is a damaged event ring";
    auto ring = Ring::attach(memory_.subspan(sizeof(EventRingHeader)));
    if (!ring) return std::string{"is a damaged event ring: "} + ring::describe(ring.error());
    ring_ = std::make_unique<Ring>(*ring);
    return {};
}

std::uint64_t EventRingReader::word(std::size_t offset, std::memory_order order) const {
    return reinterpret_cast<Word*>(memory_.data() + offset)->load(order);
}

EventRingState EventRingReader::state() const {
    // Acquire, with the release in EventRingWriter::pass_restored(): the numbers of a live one are there.
    return static_cast<EventRingState>(word(offsetof(EventRingHeader, state), std::memory_order_acquire));
}

std::uint64_t EventRingReader::epoch() const {
    return word(offsetof(EventRingHeader, epoch), std::memory_order_relaxed);
}

Sequence EventRingReader::published() const {
    return Sequence{word(offsetof(EventRingHeader, sequence), std::memory_order_relaxed)};
}

bool EventRingReader::writer_lives() const {
    if (state() == EventRingState::closed) return false;
    if (file_.get() < 0) return true;
    // The writer holds it to its end, whatever that is.
    if (::flock(file_.get(), LOCK_SH | LOCK_NB) != 0) return true;
    ::flock(file_.get(), LOCK_UN);
    return false;
}

std::optional<EventRingReader::Cut> EventRingReader::begin() {
    // What is published when the reader is made lies before it; the words read after that are at least as high.
    reader_ = std::make_unique<ring::LossyReader<Event>>(ring_->words(), ring_->slots(), 0);
    const std::uint64_t written = word(offsetof(EventRingHeader, written), std::memory_order_acquire);
    // Acquire, with the release in EventRingWriter::store_sequences(): durable is at least as high.
    const std::uint64_t whole = word(offsetof(EventRingHeader, sequence), std::memory_order_acquire);
    const std::uint64_t durable = word(offsetof(EventRingHeader, durable), std::memory_order_relaxed);
    if (whole < written || durable < whole) return std::nullopt;
    return Cut{.last = Sequence{whole}, .durable = Sequence{durable}};
}

EventRingReader::Status EventRingReader::read(EventPlace& place, std::span<const Event>& events) {
    events = {};
    const ring::LossyResult result = reader_->read(copied_);
    switch (result.status) {
        case ring::LossyStatus::nothing: return Status::nothing;
        case ring::LossyStatus::lapped: return Status::lapped;
        case ring::LossyStatus::broken: return Status::broken;
        case ring::LossyStatus::messages: break;
    }
    const std::span<const Event> copied = std::span{copied_}.first(static_cast<std::size_t>(result.count));
    // Those that the journal told already come first.
    std::size_t known = 0;
    while (known < copied.size() && !place.is_behind(copied[known].header)) ++known;
    EventPlace at = place;
    for (const Event& event : copied.subspan(known)) {
        if (!at.continues_with(event.header)) return Status::broken;
        at.pass(event.header);
    }
    place = at;
    events = copied.subspan(known);
    return events.empty() ? Status::nothing : Status::events;
}

}  // namespace dcx::engine
