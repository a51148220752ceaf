// Storage in a folder of the real file system: pwrite into preallocated files, made durable by fdatasync or written
// directly (disk_file.h), memory-mapped reading, flock on the file LOCK. Files are readable by their owner alone.
#pragma once

#include "journal/storage.h"

namespace dcx::journal {

// How writes become durable. docs/benchmarks.md has what they cost.
enum class SyncMode : std::uint8_t {
    fdatasync,  // pwrite, then fdatasync; what was written stands in the page cache for readers that follow
    direct,     // pwrite with O_DIRECT | O_DSYNC; files that are no multiple of 4096 bytes as above
};

struct DiskOptions {
    SyncMode sync = SyncMode::fdatasync;
};

class DiskStorage final : public Storage {
  public:
    // The folder is made, parents included, when it is missing.
    static Result<std::unique_ptr<DiskStorage>> open(const std::string& folder, const DiskOptions& options = {});
    ~DiskStorage() override;
    DiskStorage(const DiskStorage&) = delete;
    DiskStorage& operator=(const DiskStorage&) = delete;

    [[nodiscard]] std::string where() const override { return folder_; }
    Result<void> lock() override;
    Result<std::vector<std::string>> list() override;
    Result<std::unique_ptr<File>> create(std::string_view name, std::uint64_t size) override;
    Result<std::unique_ptr<File>> open(std::string_view name) override;
    Result<std::size_t> read(std::string_view name, std::uint64_t offset, std::span<std::byte> out) override;
    Result<std::unique_ptr<Mapping>> map(std::string_view name) override;
    Result<std::uint64_t> size(std::string_view name) override;
    Result<void> rename(std::string_view from, std::string_view to) override;
    Result<void> remove(std::string_view name) override;
    Result<void> sync_folder() override;

  private:
    DiskStorage(std::string folder, int descriptor, const DiskOptions& options)
        : folder_(std::move(folder)), folder_descriptor_(descriptor), options_(options) {}
    [[nodiscard]] std::unexpected<StorageError> failed(std::string_view action, std::string_view name, int code) const;
    // A descriptor, or the error of opening.
    Result<int> open_descriptor(std::string_view name, int flags) const;

    [[nodiscard]] bool direct(std::uint64_t size) const;
    Result<std::unique_ptr<File>> open_file(std::string_view name, std::uint64_t size, int flags) const;

    std::string folder_;
    int folder_descriptor_;
    DiskOptions options_;
    int lock_descriptor_ = -1;
};

}  // namespace dcx::journal
