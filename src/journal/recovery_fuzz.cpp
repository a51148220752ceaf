// Fuzz target of journal recovery. Whatever lies in the folder: recovery ends, with a journal or with a refusal, and a
// journal that it accepts can be continued and recovered again.
//
// The first byte chooses what the rest is: 0 the bytes of one segment; 1 changes (offset, value) to a valid journal of
// three segments, the end of the last one torn or not; 2 the same, after which all headers are sealed again, so that
// contradictions get past the checksums; 3 the bytes of a segment's batches behind a valid header.
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/check.h"
#include "journal/journal_test.h"

namespace dcx::journal {
namespace {

using Bytes = std::vector<std::byte>;

struct Folder {
    std::vector<std::string> names;
    std::vector<Bytes> segments;
};

Folder make_journal() {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    const auto writer = open_writer(storage);
    for (std::size_t size = 1; size <= 10; ++size) {
        DCX_CHECK(commit_next(*writer, size).has_value());
        if (size % 3 == 0) DCX_CHECK(writer->write_watermark(at(1)).has_value());
    }
    Folder folder;
    folder.names = disk.names();
    for (const auto& name : folder.names) folder.segments.push_back(disk.get(name));
    return folder;
}

// Each change: segment, offset (two bytes), value.
void change(Folder& folder, std::span<const std::byte> changes) {
    for (; changes.size() >= 4; changes = changes.subspan(4)) {
        auto& segment = folder.segments[static_cast<std::size_t>(changes[0]) % folder.segments.size()];
        const auto offset = static_cast<std::size_t>(changes[1]) * 256 + static_cast<std::size_t>(changes[2]);
        segment[offset % segment.size()] ^= changes[3];
    }
}

template <class Header>
void seal_again(Bytes& bytes, std::size_t offset, auto magic) {
    Header header;
    std::memcpy(static_cast<void*>(&header), bytes.data() + offset, sizeof header);
    if (header.magic != magic) return;
    seal(header);
    std::memcpy(bytes.data() + offset, &header, sizeof header);
}

void seal_all(Folder& folder) {
    for (Bytes& bytes : folder.segments) {
        seal_again<SegmentHeader>(bytes, 0, kSegmentMagic);
        EpochPage page;
        std::memcpy(static_cast<void*>(&page), bytes.data() + sizeof(SegmentHeader), sizeof page);
        seal(page);
        std::memcpy(bytes.data() + sizeof(SegmentHeader), &page, sizeof page);
        for (std::size_t offset = kSegmentHeaderSize; offset + kBlockSize <= bytes.size(); offset += kBlockSize)
            seal_again<BatchHeader>(bytes, offset, kBatchMagic);
    }
}

void check_recovery(const Folder& folder) {
    MemoryDisk disk;
    for (std::size_t i = 0; i < folder.names.size(); ++i) disk.put(folder.names[i], folder.segments[i]);
    std::uint64_t sequence = 0;
    std::uint64_t epoch = 0;
    {
        MemoryStorage storage{disk};
        const auto recovered = recover_all(storage);
        if (!recovered.result) {
            DCX_CHECK(!recovered.result.error().message.empty());
            return;
        }
        sequence = recovered.result->end.sequence.value;
        DCX_CHECK(recovered.commands.size() == sequence);
        // Values that only a writer of 2^64 commands reaches need not be continued.
        epoch = recovered.result->end.epoch;
        if (epoch == ~std::uint64_t{0}) return;
        const auto writer = Writer::open(storage, *recovered.result, small_options());
        DCX_CHECK(writer.has_value());
        DCX_CHECK(commit_next(**writer, 5).has_value());
        DCX_CHECK((*writer)->write_watermark(at(1)).has_value());
    }
    MemoryStorage storage{disk};
    const auto again = recover_all(storage);
    DCX_CHECK(again.result.has_value());
    DCX_CHECK(!again.result->tail);
    DCX_CHECK(again.commands.size() == sequence + 5 && again.result->end.epoch == epoch + 1);
}

}  // namespace
}  // namespace dcx::journal

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace dcx::journal;
    if (size == 0) return 0;
    static const Folder journal = make_journal();
    const auto input = std::as_bytes(std::span{data, size}).subspan(1);
    Folder folder = journal;
    switch (data[0] % 4) {
        case 0:
            folder.names.resize(1);
            folder.segments.assign(1, {input.begin(), input.end()});
            break;
        case 1: change(folder, input); break;
        case 2:
            change(folder, input);
            seal_all(folder);
            break;
        default: {
            folder.names.resize(1);
            folder.segments.resize(1);
            auto& batches = folder.segments[0];
            const std::size_t count = std::min(input.size(), batches.size() - kSegmentHeaderSize);
            std::copy_n(input.begin(), count, batches.begin() + kSegmentHeaderSize);
        }
    }
    check_recovery(folder);
    return 0;
}
