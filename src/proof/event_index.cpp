#include "proof/event_index.h"

#include <array>

namespace dcx::proof {

std::expected<EventIndex, ProofError> EventIndex::open(const std::string& path, Sequence commands) {
    auto file = RecordFile::open(path, sizeof(std::uint64_t), commands.value);
    if (!file) return std::unexpected(file.error());
    return EventIndex(std::move(*file));
}

std::expected<EventRange, ProofError> EventIndex::find(const std::string& path, Sequence sequence, Sequence commands,
                                                       std::uint64_t events) {
    if (sequence.value == 0 || sequence > commands)
        return std::unexpected(
            ProofError{ProofErrorKind::index_out_of_range,
                       "command " + std::to_string(sequence.value) + " of " + std::to_string(commands.value)});
    const auto reader = RecordReader::open(path, sizeof(std::uint64_t));
    if (!reader) return std::unexpected(reader.error());
    // Where its own begin and where those of the next one do; behind the last command they end with the tree.
    std::array<std::uint64_t, 2> ends{0, events};
    const std::size_t known = sequence < commands ? 2 : 1;
    if (auto read = reader->read(sequence.value - 1, std::as_writable_bytes(std::span{ends}.first(known))); !read)
        return std::unexpected(read.error());
    if (ends[0] > ends[1] || ends[1] > events)
        return std::unexpected(ProofError{ProofErrorKind::malformed, path + ": leaves " + std::to_string(ends[0]) +
                                                                         " .. " + std::to_string(ends[1]) + " of " +
                                                                         std::to_string(events)});
    return EventRange{ends[0], ends[1] - ends[0]};
}

}  // namespace dcx::proof
