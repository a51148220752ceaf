// Archiving: a full segment packed with zstd into another folder, as `<segment>.zst`. It has its name only when it has
// been read back, unpacked and found equal to the original byte by byte, with every batch intact and the next segment
// continuing its chain; until then it is `<segment>.zst.part`, which counts for nothing. Only after that may the
// original go.
//
// One thread. Needs memory for one segment, packed and unpacked. A writer may be at work on the live folder: it never
// touches a segment that another one follows.
#pragma once

#include <cstdint>
#include <expected>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "journal/catalog.h"
#include "journal/recovery_error.h"
#include "journal/storage.h"

namespace dcx::journal {

inline constexpr std::string_view kArchiveSuffix = ".zst";
inline constexpr std::string_view kUnfinishedSuffix = ".part";

[[nodiscard]] std::string archive_name(std::string_view segment);

// Archives a segment that `next` follows; one that is archived already is only verified. Returns the packed size. A
// damaged original is refused with the kind, segment and offset that a Reader would name; nothing of it is kept.
[[nodiscard]] std::expected<std::uint64_t, RecoveryError> archive_segment(Storage& live, Storage& archive,
                                                                          const Segment& segment, const Segment& next);

// Shows the segments of an archive beside those of a live folder, as if none had ever been packed, for reading: the
// live one where both have it. A segment is unpacked into memory when it is mapped or read beyond its header, and the
// last one is kept. Everything else goes to the live folder. Thread-safe as far as `live` is.
class ArchiveView final : public Storage {
  public:
    // Both outlive it and are not owned.
    ArchiveView(Storage& live, Storage& archive) : live_(live), archive_(archive) {}

    [[nodiscard]] std::string where() const override { return live_.where(); }
    Result<void> lock() override { return live_.lock(); }
    Result<std::vector<std::string>> list() override;
    Result<std::unique_ptr<File>> create(std::string_view name, std::uint64_t size) override {
        return live_.create(name, size);
    }
    Result<std::unique_ptr<File>> open(std::string_view name) override { return live_.open(name); }
    Result<std::size_t> read(std::string_view name, std::uint64_t offset, std::span<std::byte> out) override;
    Result<std::unique_ptr<Mapping>> map(std::string_view name) override;
    Result<std::uint64_t> size(std::string_view name) override;
    Result<void> rename(std::string_view from, std::string_view to) override { return live_.rename(from, to); }
    Result<void> remove(std::string_view name) override { return live_.remove(name); }
    Result<void> sync_folder() override { return live_.sync_folder(); }

  private:
    using Bytes = std::shared_ptr<const std::vector<std::byte>>;
    Result<Bytes> unpacked(std::string_view name);

    Storage& live_;
    Storage& archive_;
    std::mutex mutex_;
    std::string kept_name_;
    Bytes kept_;
};

}  // namespace dcx::journal
