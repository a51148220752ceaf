// EventRingReader: the event ring (model/event_ring.h) of a venue on this machine, mapped read-only: whatever happens
// to this process, the venue does not notice. What is in the file is believed only as far as it can be checked: the
// header when it is opened, each copy of events for being whole, and their numbers for following each other.
//
// One thread. After `gone` the mapping stays as it was: a venue that starts again makes another file.
#pragma once

#include <sys/types.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "model/event.h"
#include "model/event_ring.h"
#include "ring/shared_ring.h"

namespace dcx::engine {

// Where a reader stands in the log.
struct EventPlace {
    Sequence sequence{};
    std::uint32_t index{};
    bool whole = true;  // the command's last event is behind us

    [[nodiscard]] bool is_behind(const EventHeader& event) const {
        return event.sequence > sequence || (event.sequence == sequence && !whole && event.index > index);
    }
    // Whether this event can be the next one.
    [[nodiscard]] bool continues_with(const EventHeader& event) const {
        return whole ? event.sequence > sequence && event.index == 0
                     : event.sequence == sequence && event.index == index + 1;
    }
    void pass(const EventHeader& event) {
        *this = {.sequence = event.sequence, .index = event.index, .whole = (event.flags & kLastOfCommand) != 0};
    }
};

class EventRingReader {
  public:
    // Refuses, with a text: no file, one that belongs to another user than `owner` or that others may write, not an
    // event ring, another version, damaged.
    static std::expected<std::unique_ptr<EventRingReader>, std::string> open(const std::string& path, uid_t owner);
    // Of this process itself, with a file or without a name: the writer lives until it closes the ring. The descriptor
    // stays the caller's and may be closed.
    static std::expected<std::unique_ptr<EventRingReader>, std::string> open(int descriptor);
    ~EventRingReader();
    EventRingReader(const EventRingReader&) = delete;
    EventRingReader& operator=(const EventRingReader&) = delete;

    // As it was when the file was opened.
    [[nodiscard]] const EventRingHeader& header() const { return header_; }
    [[nodiscard]] EventRingState state() const;
    [[nodiscard]] std::uint64_t epoch() const;
    [[nodiscard]] Sequence published() const;
    [[nodiscard]] bool writer_lives() const;

    // How far the journal is public, and how far it may be read to have that.
    struct Cut {
        Sequence last{};
        Sequence durable{};
    };
    // Begins with what is published from now on: all that lies before it is of commands up to the cut. Nothing: a
    // command was half told just now; try again.
    [[nodiscard]] std::optional<Cut> begin();

    enum class Status : std::uint8_t { events, nothing, lapped, broken };
    // The next events behind `place`, which they move, valid until the next call. Lapped: begin() anew, from the
    // journal. Broken: so is the ring, or its writer.
    [[nodiscard]] Status read(EventPlace& place, std::span<const Event>& events);

  private:
    using Ring = ring::ReadOnlyLossy<Event>;
    static constexpr std::size_t kBatch = 512;

    EventRingReader(Descriptor file, std::span<const std::byte> memory);
    // `file` is kept for its lock; without one there is none to be looked at.
    static std::expected<std::unique_ptr<EventRingReader>, std::string> map(int descriptor, Descriptor file);
    [[nodiscard]] std::string check();
    [[nodiscard]] std::uint64_t word(std::size_t offset, std::memory_order order) const;

    Descriptor file_;  // none: the writer is in this process
    std::span<const std::byte> memory_;
    EventRingHeader header_{};
    std::unique_ptr<Ring> ring_;
    std::unique_ptr<ring::LossyReader<Event>> reader_;
    std::vector<Event> copied_ = std::vector<Event>(kBatch);
};

}  // namespace dcx::engine
