#include "journal/archive.h"

#include <zstd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include "journal/chain.h"

namespace dcx::journal {
namespace {

using Kind = RecoveryErrorKind;
using Bytes = std::vector<std::byte>;

constexpr int kLevel = 3;

std::unexpected<StorageError> damaged(std::string_view name, std::string_view what) {
    std::string message = "cannot unpack ";
    message += name;
    message += ": ";
    message += what;
    return std::unexpected(StorageError{std::move(message), EIO});
}

Result<Bytes> pack(std::span<const std::byte> bytes) {
    Bytes packed(ZSTD_compressBound(bytes.size()));
    const std::unique_ptr<ZSTD_CCtx, decltype(&ZSTD_freeCCtx)> context{ZSTD_createCCtx(), ZSTD_freeCCtx};
    if (!context) return std::unexpected(StorageError{"zstd cannot be started", ENOMEM});
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
    const std::size_t size = ZSTD_compress2(context.get(), packed.data(), packed.size(), bytes.data(), bytes.size());
    if (ZSTD_isError(size) != 0) return std::unexpected(StorageError{ZSTD_getErrorName(size), 0});
    packed.resize(size);
    return packed;
}

// The size that a packed segment unpacks to, from its first bytes.
Result<std::uint64_t> unpacked_size(std::string_view name, std::span<const std::byte> front) {
    const unsigned long long size = ZSTD_getFrameContentSize(front.data(), front.size());
    if (size == ZSTD_CONTENTSIZE_UNKNOWN || size == ZSTD_CONTENTSIZE_ERROR)
        return damaged(name, "not a packed segment");
    return size;
}

Result<Bytes> unpack(std::string_view name, std::span<const std::byte> packed) {
    const auto size = unpacked_size(name, packed);
    if (!size) return std::unexpected(size.error());
    if (!valid_segment_size(*size)) return damaged(name, "not the size of a segment");
    Bytes bytes(*size);
    const std::size_t got = ZSTD_decompress(bytes.data(), bytes.size(), packed.data(), packed.size());
    if (ZSTD_isError(got) != 0) return damaged(name, ZSTD_getErrorName(got));
    if (got != bytes.size()) return damaged(name, "it is shorter than it says");
    return bytes;
}

// The first bytes of a segment, without unpacking the rest.
Result<std::size_t> unpack_front(std::string_view name, std::span<const std::byte> packed, std::span<std::byte> out) {
    const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context{ZSTD_createDCtx(), ZSTD_freeDCtx};
    if (!context) return std::unexpected(StorageError{"zstd cannot be started", ENOMEM});
    ZSTD_inBuffer in{packed.data(), packed.size(), 0};
    ZSTD_outBuffer to{out.data(), out.size(), 0};
    while (to.pos < to.size && in.pos < in.size) {
        const std::size_t left = ZSTD_decompressStream(context.get(), &to, &in);
        if (ZSTD_isError(left) != 0) return damaged(name, ZSTD_getErrorName(left));
        if (left == 0) break;
    }
    return to.pos;
}

Result<Bytes> read_file(Storage& storage, const std::string& name) {
    const auto size = storage.size(name);
    if (!size) return std::unexpected(size.error());
    Bytes bytes(*size);
    const auto got = storage.read(name, 0, bytes);
    if (!got) return std::unexpected(got.error());
    if (*got != bytes.size()) return damaged(name, "it became shorter");
    return bytes;
}

// Every batch of a full segment, and that the next one continues it.
std::expected<void, RecoveryError> check_batches(std::span<const std::byte> bytes, const Segment& segment,
                                                 const Segment& next) {
    Chain chain;
    chain.begin(segment);
    while (chain.left() >= kBlockSize) {
        const auto rest = bytes.subspan(chain.position().offset);
        const BatchHeader& header = header_at(rest, 0);
        const auto stands = chain.stands(header);
        if (!stands) return std::unexpected(stands.error());
        if (!*stands) break;
        const auto batch = chain.take(header, rest.subspan(kBlockSize, std::size_t{header.count} * kBlockSize));
        if (!batch) return std::unexpected(batch.error());
        if (!*batch) break;
    }
    const auto rest = bytes.subspan(chain.position().offset);
    const bool gone = rest.empty() || all_zero(rest.first(kBlockSize));
    if (auto follows = chain.check_follows(next, gone); !follows) return follows;
    if (!all_zero(rest)) return chain.refuse_here(Kind::damaged_batch, "the unused end of a full segment is not zero");
    return {};
}

// Whether the packed file gives back exactly the segment, read anew from where it was written.
std::expected<std::uint64_t, RecoveryError> verify(Storage& archive, const std::string& name,
                                                   std::span<const std::byte> original, const Segment& segment,
                                                   const Segment& next) {
    const auto packed = read_file(archive, name);
    if (!packed) return refuse(packed.error());
    const auto bytes = unpack(name, *packed);
    if (!bytes) return refuse(bytes.error());
    if (auto checked = check_batches(*bytes, segment, next); !checked)
        return std::unexpected(std::move(checked.error()));
    if (!std::ranges::equal(*bytes, original))
        return refuse(Kind::damaged_batch, segment.name, 0, "its archive has other bytes than it has");
    return packed->size();
}

bool holds(const std::vector<std::string>& names, const std::string& name) {
    return std::binary_search(names.begin(), names.end(), name);
}

Result<void> write_unfinished(Storage& archive, const std::string& name, std::span<const std::byte> packed) {
    auto file = archive.create(name, packed.size());
    if (!file) return std::unexpected(file.error());
    if (auto done = (*file)->write(0, packed); !done) return done;
    return (*file)->sync();
}

Result<void> finish(Storage& archive, const std::string& unfinished, const std::string& name) {
    if (auto done = archive.rename(unfinished, name); !done) return done;
    return archive.sync_folder();
}

class UnpackedMapping final : public Mapping {
  public:
    explicit UnpackedMapping(std::shared_ptr<const Bytes> bytes) : bytes_(std::move(bytes)) {}
    [[nodiscard]] std::span<const std::byte> bytes() const override { return *bytes_; }

  private:
    std::shared_ptr<const Bytes> bytes_;
};

}  // namespace

std::string archive_name(std::string_view segment) { return std::string{segment} += kArchiveSuffix; }

std::expected<std::uint64_t, RecoveryError> archive_segment(Storage& live, Storage& archive, const Segment& segment,
                                                            const Segment& next) {
    const std::string name = archive_name(segment.name);
    const std::string unfinished = name + std::string{kUnfinishedSuffix};
    const auto mapping = live.map(segment.name);
    if (!mapping) return refuse(mapping.error());
    const auto original = (*mapping)->bytes();
    if (original.size() != segment.header.size)
        return refuse(Kind::wrong_segment_size, segment.name, original.size(), "the file's size changed");
    // Before anything is written: a damaged original is told as such.
    if (auto checked = check_batches(original, segment, next); !checked)
        return std::unexpected(std::move(checked.error()));
    const auto names = archive.list();
    if (!names) return refuse(names.error());
    if (holds(*names, name)) {
        // Its name may not have been synced before the power went.
        if (auto synced = archive.sync_folder(); !synced) return refuse(synced.error());
        return verify(archive, name, original, segment, next);
    }
    if (holds(*names, unfinished))
        if (auto removed = archive.remove(unfinished); !removed) return refuse(removed.error());
    const auto packed = pack(original);
    if (!packed) return refuse(packed.error());
    if (auto written = write_unfinished(archive, unfinished, *packed); !written) return refuse(written.error());
    auto verified = verify(archive, unfinished, original, segment, next);
    if (!verified) return verified;
    if (auto finished = finish(archive, unfinished, name); !finished) return refuse(finished.error());
    return verified;
}

Result<std::vector<std::string>> ArchiveView::list() {
    // First what segments leave, then where they go to: a segment archived in between is in both.
    auto names = live_.list();
    if (!names) return names;
    const auto archived = archive_.list();
    if (!archived) return archived;
    for (const std::string& name : *archived) {
        if (!name.ends_with(kArchiveSuffix)) continue;
        std::string segment = name.substr(0, name.size() - kArchiveSuffix.size());
        if (parse_segment_name(segment)) names->push_back(std::move(segment));
    }
    std::sort(names->begin(), names->end());
    names->erase(std::unique(names->begin(), names->end()), names->end());
    return names;
}

Result<ArchiveView::Bytes> ArchiveView::unpacked(std::string_view name) {
    const std::lock_guard guard{mutex_};
    if (kept_ && kept_name_ == name) return kept_;
    const std::string packed_name = archive_name(name);
    const auto packed = read_file(archive_, packed_name);
    if (!packed) return std::unexpected(packed.error());
    auto bytes = unpack(packed_name, *packed);
    if (!bytes) return std::unexpected(bytes.error());
    kept_ = std::make_shared<const std::vector<std::byte>>(std::move(*bytes));
    kept_name_ = name;
    return kept_;
}

Result<std::size_t> ArchiveView::read(std::string_view name, std::uint64_t offset, std::span<std::byte> out) {
    auto live = live_.read(name, offset, out);
    if (live || live.error().code != ENOENT || !parse_segment_name(name)) return live;
    if (offset == 0 && out.size() <= kSegmentHeaderSize) {
        const std::string packed_name = archive_name(name);
        // Packed, the first block needs no more than this; a block of zstd is at most 128 KiB.
        std::vector<std::byte> front(std::size_t{160} << 10);
        const auto got = archive_.read(packed_name, 0, front);
        if (!got) return got;
        return unpack_front(packed_name, std::span{front}.first(*got), out);
    }
    const auto bytes = unpacked(name);
    if (!bytes) return std::unexpected(bytes.error());
    if (offset >= (*bytes)->size()) return 0;
    const std::size_t count = std::min<std::size_t>(out.size(), (*bytes)->size() - offset);
    std::memcpy(out.data(), (*bytes)->data() + offset, count);
    return count;
}

Result<std::unique_ptr<Mapping>> ArchiveView::map(std::string_view name) {
    auto live = live_.map(name);
    if (live || live.error().code != ENOENT || !parse_segment_name(name)) return live;
    auto bytes = unpacked(name);
    if (!bytes) return std::unexpected(bytes.error());
    return std::make_unique<UnpackedMapping>(std::move(*bytes));
}

Result<std::uint64_t> ArchiveView::size(std::string_view name) {
    auto live = live_.size(name);
    if (live || live.error().code != ENOENT || !parse_segment_name(name)) return live;
    const std::string packed_name = archive_name(name);
    std::vector<std::byte> front(64);
    const auto got = archive_.read(packed_name, 0, front);
    if (!got) return std::unexpected(got.error());
    return unpacked_size(packed_name, std::span{front}.first(*got));
}

}  // namespace dcx::journal
