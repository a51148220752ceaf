// Storage: one folder of files as the journal needs it, so that the same journal runs on the disk, in tests and in the
// simulator. Names are plain file names. Errors are values with a text for the operator and the errno; none is retried
// here, because after a failed sync nobody knows what the disk holds.
//
// A Storage belongs to one process. Different files may be used by different threads at the same time, one file by one
// thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dcx::journal {

struct StorageError {
    std::string message;  // what was tried on which file, and why it failed
    int code = 0;         // errno
};
template <class T>
using Result = std::expected<T, StorageError>;

// An open file of fixed size.
class File {
  public:
    virtual ~File() = default;
    // All bytes are written (to where other readers see them, not yet durable) or it is an error and any part may be.
    virtual Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
    // For bytes that have been zero since create(): makes later writes there cheaper, because the file system then has
    // nothing of its own to record. Slow; changes no byte. For other parts of the file, writes may go on meanwhile.
    virtual Result<void> zero_ahead(std::uint64_t /*offset*/, std::size_t /*size*/) { return {}; }
    // A hint that a sync of these bytes follows soon. Promises nothing, cannot fail.
    virtual void start_sync(std::uint64_t offset, std::size_t size) = 0;
    // Everything written so far survives a loss of power.
    virtual Result<void> sync() = 0;
};

// A file's bytes in memory, read-only, as they are at each moment; at least 16-byte aligned.
class Mapping {
  public:
    virtual ~Mapping() = default;
    [[nodiscard]] virtual std::span<const std::byte> bytes() const = 0;
};

class Storage {
  public:
    virtual ~Storage() = default;
    // For messages.
    [[nodiscard]] virtual std::string where() const = 0;
    // Makes this storage the folder's only writer until it is destroyed; refused at once while another one is. Locking
    // again what is already ours does nothing.
    virtual Result<void> lock() = 0;
    // Names of all files, sorted.
    virtual Result<std::vector<std::string>> list() = 0;
    // A new file of `size` zero bytes whose space is taken and whose size is durable (its name is not before
    // sync_folder). Refused when the name is taken.
    virtual Result<std::unique_ptr<File>> create(std::string_view name, std::uint64_t size) = 0;
    virtual Result<std::unique_ptr<File>> open(std::string_view name) = 0;
    // At most `out.size()` bytes from `offset` on; fewer only at the end of the file.
    virtual Result<std::size_t> read(std::string_view name, std::uint64_t offset, std::span<std::byte> out) = 0;
    // Fails, rather than raising a signal later, when bytes cannot be read.
    virtual Result<std::unique_ptr<Mapping>> map(std::string_view name) = 0;
    virtual Result<std::uint64_t> size(std::string_view name) = 0;
    // Refused when `to` exists.
    virtual Result<void> rename(std::string_view from, std::string_view to) = 0;
    virtual Result<void> remove(std::string_view name) = 0;
    // Names created, renamed and removed so far survive a loss of power.
    virtual Result<void> sync_folder() = 0;
};

}  // namespace dcx::journal
