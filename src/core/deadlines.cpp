#include "core/deadlines.h"

namespace dcx::core {

void Deadlines::set(DeadlineHandle& handle, const Deadline& deadline) {
    if (handle == 0) {
        if (free_ != 0) {
            handle = free_;
            free_ = nodes_[handle].place;
        } else {
            handle = ++used_;
            DCX_CHECK(handle < nodes_.size());
        }
        put(++count_, handle);
    }
    nodes_[handle].deadline = deadline;
    rise(nodes_[handle].place);
    sink(nodes_[handle].place);
}

void Deadlines::drop(DeadlineHandle& handle) {
    if (handle == 0) return;
    const std::uint32_t place = nodes_[handle].place;
    const std::uint32_t last = heap_[count_--];
    if (last != handle) {
        put(place, last);
        rise(place);
        sink(nodes_[last].place);
    }
    nodes_[handle].place = free_;
    free_ = handle;
    handle = 0;
}

void Deadlines::rise(std::uint32_t place) {
    const std::uint32_t node = heap_[place];
    for (; place > 1 && before(node, heap_[place / 2]); place /= 2) put(place, heap_[place / 2]);
    put(place, node);
}

void Deadlines::sink(std::uint32_t place) {
    const std::uint32_t node = heap_[place];
    for (;;) {
        std::uint64_t child = std::uint64_t{place} * 2;
        if (child > count_) break;
        if (child < count_ && before(heap_[child + 1], heap_[child])) ++child;
        if (!before(heap_[child], node)) break;
        put(place, heap_[child]);
        place = static_cast<std::uint32_t>(child);
    }
    put(place, node);
}

}  // namespace dcx::core
