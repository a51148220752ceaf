#include "engine/replayer.h"

#include <algorithm>
#include <utility>

namespace dcx::engine {

std::expected<std::unique_ptr<Replayer>, std::string> Replayer::open(journal::Storage& storage, MemorySource& memory) {
    auto reader = journal::Reader::open(storage);
    if (!reader) return std::unexpected(std::move(reader.error().message));
    return std::unique_ptr<Replayer>(new Replayer(std::move(*reader), memory));
}

std::span<const Event> Replayer::peek(std::size_t max) {
    if (released_ == replay_.events().size() && !refill()) return {};
    const auto left = replay_.events().subspan(released_);
    return left.first(std::min(max, left.size()));
}

void Replayer::release(std::size_t count) {
    DCX_CHECK(count <= replay_.events().size() - released_);
    released_ += count;
}

bool Replayer::refill() {
    replay_.forget_events();
    released_ = 0;
    if (failed()) return false;
    while (replay_.has_room() && (!batch_.empty() || next_batch())) {
        if (!replay_.apply(batch_.front())) {
            error_ = replay_.error();
            break;
        }
        batch_ = batch_.subspan(1);
    }
    // What was applied before a fault happened and may be told.
    return !replay_.events().empty();
}

bool Replayer::next_batch() {
    while (batch_.empty()) {
        auto batch = reader_.next();
        if (!batch) return error_ = std::move(batch.error().message), false;
        if (!*batch) return false;
        batch_ = (*batch)->commands;
    }
    return true;
}

}  // namespace dcx::engine
