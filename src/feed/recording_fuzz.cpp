// Any bytes as a recording, replayed into a feed whose checks end the program when a book does not fit. An even first
// byte: the rest is the file. An odd one: blocks that are sealed here, so that what lies behind the checksums is tried
// too: each is a byte for its kind, two for its sequence, two for its time, one for the number and two
// for the size of its records, and the records.
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

#include "base/check.h"
#include "base/clock.h"
#include "feed/publisher.h"
#include "feed/recording_source.h"

using namespace dcx;
using namespace dcx::feed;

namespace {

std::vector<std::byte> sealed(std::span<const std::byte> data) {
    const RecordingHeader header = recording_header(0);
    const auto bytes = std::as_bytes(std::span{&header, 1});
    std::vector<std::byte> file{bytes.begin(), bytes.end()};
    const auto take = [&](std::size_t count) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < count && !data.empty(); ++i, data = data.subspan(1))
            value |= static_cast<std::uint64_t>(data.front()) << (8 * i);
        return value;
    };
    while (!data.empty()) {
        const auto kind = static_cast<BlockKind>(1 + take(1) % 3);
        const std::uint64_t seq = take(2);
        const auto time = static_cast<std::int64_t>(take(2));
        const auto count = static_cast<std::uint32_t>(take(1));
        const std::size_t size = std::min<std::size_t>(take(2), data.size());
        append_block(file, {.kind = kind, .records = count, .seq = seq, .time = time}, data.first(size));
        data = data.subspan(size);
    }
    return file;
}

void replay(std::span<const std::byte> file) {
    ManualClock clock;
    for (const std::int64_t from : {std::int64_t{-1}, std::int64_t{2'000}}) {
        RecordingSource::Options options{.speed = 0};
        if (from >= 0) options.from = Time{from};
        const auto source = RecordingSource::open(file, clock, options);
        if (!source) {
            DCX_CHECK(!source.error().message.empty());
            continue;
        }
        Publisher publisher{{.replay_bytes = 1'000}};
        (*source)->start();
        while (!(*source)->ended()) {
            const auto events = (*source)->peek(64);
            for (const Event& event : events) publisher.apply(event);
            (*source)->release(events.size());
        }
        (void)(*source)->take_notices();
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const auto bytes = std::as_bytes(std::span{data + 1, size - 1});
    if (data[0] % 2 == 0)
        replay(bytes);
    else
        replay(sealed(bytes));
    return 0;
}
