#include "journal/snapshot.h"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>

#include "base/check.h"
#include "base/crc32c.h"

namespace dcx::journal {
namespace {

using Kind = SnapshotErrorKind;

constexpr std::size_t kNameDigits = 20;

std::unexpected<SnapshotError> refuse(Kind kind, std::string_view name, std::string_view why) {
    std::string message = "snapshot ";
    message += name;
    message += ": ";
    message += to_string(kind);
    message += ": ";
    message += why;
    return std::unexpected(SnapshotError{kind, std::move(message)});
}

std::uint32_t header_crc(const SnapshotHeader& header) {
    return crc32c(std::as_bytes(std::span{&header, 1}).first(offsetof(SnapshotHeader, crc)));
}

std::uint64_t blocks_of(std::uint64_t image_size) { return (image_size + kSnapshotBlock - 1) / kSnapshotBlock; }
// The blocks begin at the next multiple of their size.
std::uint64_t blocks_begin(std::uint64_t blocks) {
    const std::uint64_t end = kSnapshotHeaderSize + blocks * sizeof(SnapshotBlock);
    return (end + kSnapshotBlock - 1) / kSnapshotBlock * kSnapshotBlock;
}
std::uint64_t file_size_of(const SnapshotHeader& header) {
    return blocks_begin(header.blocks) + header.stored * std::uint64_t{kSnapshotBlock};
}

// Cuts the stream into blocks, the last one filled up with zeros.
class Blocks : public ByteSink {
  public:
    void put(std::span<const std::byte> bytes) final {
        size_ += bytes.size();
        while (!bytes.empty()) {
            const std::size_t part = std::min(bytes.size(), kSnapshotBlock - used_);
            std::memcpy(buffer_.data() + used_, bytes.data(), part);
            used_ += part;
            bytes = bytes.subspan(part);
            if (used_ == kSnapshotBlock) finish();
        }
    }
    void finish() {
        if (used_ == 0) return;
        std::fill(buffer_.begin() + static_cast<std::ptrdiff_t>(used_), buffer_.end(), std::byte{0});
        used_ = 0;
        block(buffer_);
    }
    [[nodiscard]] std::uint64_t size() const { return size_; }

  protected:
    ~Blocks() = default;
    virtual void block(std::span<const std::byte> bytes) = 0;

  private:
    std::vector<std::byte> buffer_ = std::vector<std::byte>(kSnapshotBlock);
    std::size_t used_ = 0;
    std::uint64_t size_ = 0;
};

// The first pass: what there will be.
class Measure final : public Blocks {
  public:
    std::vector<SnapshotBlock> table;
    std::uint32_t stored = 0;

  private:
    void block(std::span<const std::byte> bytes) override {
        table.push_back({.place = all_zero(bytes) ? 0 : ++stored, .crc = crc32c(bytes)});
    }
};

// The second pass. After a failure it takes the rest and writes nothing.
class Store final : public Blocks {
  public:
    Store(File& file, std::uint64_t begin) : file_(file), at_(begin) { chunk_.reserve(kChunk); }
    // What has not been written yet.
    void flush() {
        if (!failure && !chunk_.empty()) {
            if (auto written = file_.write(at_, chunk_); !written)
                failure = std::move(written.error());
            else
                file_.start_sync(at_, chunk_.size());
        }
        at_ += chunk_.size();
        chunk_.clear();
    }
    std::optional<StorageError> failure;

  private:
    // Large enough for the disk, small enough for the cache.
    static constexpr std::size_t kChunk = 16 * kSnapshotBlock;

    void block(std::span<const std::byte> bytes) override {
        if (all_zero(bytes)) return;
        chunk_.insert(chunk_.end(), bytes.begin(), bytes.end());
        if (chunk_.size() == kChunk) flush();
    }
    File& file_;
    std::uint64_t at_;
    std::vector<std::byte> chunk_;
};

Result<void> write_file(File& file, const SnapshotHeader& header, std::span<const SnapshotBlock> table,
                        const std::function<void(ByteSink&)>& produce) {
    Store store(file, blocks_begin(header.blocks));
    produce(store);
    store.finish();
    store.flush();
    DCX_CHECK(store.size() == header.image_size);
    if (store.failure) return std::unexpected(std::move(*store.failure));
    if (auto written = file.write(kSnapshotHeaderSize, std::as_bytes(table)); !written) return written;
    if (auto written = file.write(0, std::as_bytes(std::span{&header, 1})); !written) return written;
    return file.sync();
}

}  // namespace

std::string_view to_string(SnapshotErrorKind kind) {
    switch (kind) {
        case Kind::damaged: return "damaged";
        case Kind::newer_format: return "newer_format";
        case Kind::other_layout: return "other_layout";
        case Kind::other_engine: return "other_engine";
        case Kind::foreign: return "foreign";
        case Kind::wrong_state: return "wrong_state";
        case Kind::storage_failed: return "storage_failed";
    }
    return "unknown";
}

std::string snapshot_name(Sequence sequence) {
    std::string digits = std::to_string(sequence.value);
    digits.insert(0, kNameDigits - digits.size(), '0');
    return digits += kSnapshotSuffix;
}

std::optional<Sequence> parse_snapshot_name(std::string_view name) {
    if (name.size() != kNameDigits + kSnapshotSuffix.size() || !name.ends_with(kSnapshotSuffix)) return std::nullopt;
    std::uint64_t value = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + kNameDigits, value);
    if (parsed.ec != std::errc{} || parsed.ptr != name.data() + kNameDigits) return std::nullopt;
    return Sequence{value};
}

Result<std::vector<std::string>> list_snapshots(Storage& storage) {
    auto names = storage.list();
    if (!names) return names;
    std::erase_if(*names, [](const std::string& name) { return !parse_snapshot_name(name); });
    std::ranges::reverse(*names);
    return names;
}

Result<SnapshotHeader> write_snapshot(Storage& storage, SnapshotHeader header,
                                      const std::function<void(ByteSink&)>& produce) {
    Measure measure;
    produce(measure);
    measure.finish();
    header.image_size = measure.size();
    header.blocks = static_cast<std::uint32_t>(measure.table.size());
    header.stored = measure.stored;
    header.table_crc = crc32c(std::as_bytes(std::span{measure.table}));
    header.crc = header_crc(header);

    const auto names = storage.list();
    if (!names) return std::unexpected(names.error());
    const std::string name = snapshot_name(Sequence{header.sequence});
    // What a crash left half-written, and one of the same place that was found damaged.
    for (const std::string& old : *names)
        if (old == kSnapshotBeside || old == name)
            if (auto removed = storage.remove(old); !removed) return std::unexpected(removed.error());

    auto file = storage.create(kSnapshotBeside, file_size_of(header));
    if (!file) return std::unexpected(file.error());
    if (auto written = write_file(**file, header, measure.table, produce); !written)
        return std::unexpected(written.error());
    if (auto renamed = storage.rename(kSnapshotBeside, name); !renamed) return std::unexpected(renamed.error());
    if (auto synced = storage.sync_folder(); !synced) return std::unexpected(synced.error());
    return header;
}

std::expected<SnapshotHeader, SnapshotError> Snapshot::read_header(Storage& storage, const std::string& name) {
    std::array<std::byte, kSnapshotHeaderSize> block{};
    const auto got = storage.read(name, 0, block);
    if (!got) return refuse(Kind::storage_failed, name, got.error().message);
    if (*got < block.size()) return refuse(Kind::damaged, name, "the file ends inside its header");
    SnapshotHeader header;
    std::memcpy(static_cast<void*>(&header), block.data(), sizeof header);
    // Before the checksum: a later version may have another one.
    if (header.magic == kSnapshotMagic && header.format > kSnapshotFormat)
        return refuse(
            Kind::newer_format, name,
            "format " + std::to_string(header.format) + ", this program knows " + std::to_string(kSnapshotFormat));
    if (header.magic != kSnapshotMagic || header.crc != header_crc(header) || header.format != kSnapshotFormat ||
        !all_zero(std::span(block).subspan(sizeof header)))
        return refuse(Kind::damaged, name, "its header is not what was written");
    if (snapshot_name(Sequence{header.sequence}) != name)
        return refuse(Kind::damaged, name, "its header belongs to " + snapshot_name(Sequence{header.sequence}));
    if (header.image_size > kMaxSnapshotImage || header.blocks != blocks_of(header.image_size) ||
        header.stored > header.blocks)
        return refuse(Kind::damaged, name, "its sizes contradict each other");
    return header;
}

std::expected<Snapshot, SnapshotError> Snapshot::open(Storage& storage, const std::string& name) {
    const auto header = read_header(storage, name);
    if (!header) return std::unexpected(header.error());
    auto mapping = storage.map(name);
    if (!mapping) return refuse(Kind::storage_failed, name, mapping.error().message);
    if ((*mapping)->bytes().size() != file_size_of(*header))
        return refuse(Kind::damaged, name,
                      "the file has " + std::to_string((*mapping)->bytes().size()) + " bytes, was made with " +
                          std::to_string(file_size_of(*header)));
    Snapshot snapshot(*header, std::move(*mapping));
    if (const std::string broken = snapshot.check(); !broken.empty()) return refuse(Kind::damaged, name, broken);
    return snapshot;
}

std::span<const SnapshotBlock> Snapshot::table() const {
    return {reinterpret_cast<const SnapshotBlock*>(mapping_->bytes().data() + kSnapshotHeaderSize), header_.blocks};
}

std::span<const std::byte> Snapshot::stored_block(std::uint32_t place) const {
    return mapping_->bytes().subspan(blocks_begin(header_.blocks) + (place - 1) * std::uint64_t{kSnapshotBlock},
                                     kSnapshotBlock);
}

std::string Snapshot::check() const {
    const auto blocks = table();
    if (crc32c(std::as_bytes(blocks)) != header_.table_crc) return "its table is not what was written";
    const std::uint64_t table_end = kSnapshotHeaderSize + blocks.size_bytes();
    const auto gap = mapping_->bytes().subspan(table_end, blocks_begin(header_.blocks) - table_end);
    if (!all_zero(gap)) return "something stands behind its table";
    std::uint32_t stored = 0;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
        if (blocks[i].place == 0) continue;
        if (blocks[i].place != ++stored) return "its table is out of order at block " + std::to_string(i);
        if (crc32c(stored_block(stored)) != blocks[i].crc)
            return "block " + std::to_string(i) + ", at byte " +
                   std::to_string(blocks_begin(header_.blocks) + (stored - 1) * std::uint64_t{kSnapshotBlock}) +
                   ", has a wrong checksum";
    }
    return stored == header_.stored ? std::string{} : "its table has not as many blocks as its header";
}

Position position_of(const SnapshotHeader& header) {
    Position place;
    place.segment = header.segment;
    place.offset = header.offset;
    place.batch = header.batch;
    place.sequence = Sequence{header.sequence};
    place.epoch = header.epoch;
    place.hash = header.batch_hash;
    place.time = Time{header.batch_time};
    return place;
}

bool Snapshot::get(std::span<std::byte> bytes) {
    if (bytes.size() > header_.image_size - at_) {
        at_ = header_.image_size;
        return false;
    }
    while (!bytes.empty()) {
        const std::uint64_t within = at_ % kSnapshotBlock;
        const std::size_t part = std::min<std::size_t>(bytes.size(), kSnapshotBlock - within);
        const SnapshotBlock block = table()[at_ / kSnapshotBlock];
        if (block.place == 0)
            std::memset(bytes.data(), 0, part);
        else
            std::memcpy(bytes.data(), stored_block(block.place).data() + within, part);
        at_ += part;
        bytes = bytes.subspan(part);
    }
    return true;
}

}  // namespace dcx::journal
