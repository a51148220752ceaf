// EventIndex: which leaves of the event tree belong to a command. A file of one u64 for each command of the log in
// order: how many event leaves stand before its own. Written like a tree's files (record_file.h).
#pragma once

#include <cstdint>
#include <cstring>
#include <expected>
#include <span>
#include <string>

#include "model/types.h"
#include "proof/record_file.h"

namespace dcx::proof {

struct EventRange {
    std::uint64_t first{};  // index of its first event's leaf
    std::uint64_t count{};
};

class EventIndex {
  public:
    // With those of `commands` commands, which were flushed.
    [[nodiscard]] static std::expected<EventIndex, ProofError> open(const std::string& path, Sequence commands);
    // Of the next command. An error shows at the next flush.
    void append(std::uint64_t events_before) { file_.append(std::as_bytes(std::span{&events_before, 1})); }
    [[nodiscard]] Sequence commands() const { return Sequence{file_.records()}; }
    [[nodiscard]] std::expected<void, ProofError> flush() { return file_.flush(); }

    // Beside the writer, in any process. `commands` and `events`: sizes of the two trees, of one checkpoint.
    [[nodiscard]] static std::expected<EventRange, ProofError> find(const std::string& path, Sequence sequence,
                                                                    Sequence commands, std::uint64_t events);

  private:
    explicit EventIndex(RecordFile file) : file_(std::move(file)) {}

    RecordFile file_;
};

}  // namespace dcx::proof
