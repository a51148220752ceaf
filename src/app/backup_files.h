// Files of a backup: hashed, copied beside and renamed, synced. Everything fails with a std::runtime_error that names
// the file.
#pragma once

#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>

#include "base/sha256.h"

namespace dcx::app {

// A file that is not there (any more).
class FileGone : public std::runtime_error {
  public:
    using std::runtime_error::runtime_error;
};

// What a backup keeps of a file: its first `bytes` bytes, behind which only zeros follow up to `size`.
struct FileFacts {
    std::uint64_t size = 0;
    std::uint64_t bytes = 0;
    Digest sha256{};  // of these bytes
    friend bool operator==(const FileFacts&, const FileFacts&) = default;
};

[[nodiscard]] std::uint64_t size_of_file(const std::string& path);
// Of the first `bytes` bytes, which must be there; from the disk rather than from memory, as far as the system does
// that.
[[nodiscard]] Digest hash_file(const std::string& path, std::uint64_t bytes);
// Copies the first `bytes` bytes to a file of `size` bytes, for its owner alone: beside `to`, synced, then renamed. The
// space of the rest is taken when `reserve`, else it is a hole. The hash of what was copied.
Digest copy_file(const std::string& from, const std::string& to, std::uint64_t bytes, std::uint64_t size, bool reserve);
// A small file, likewise.
void write_file(const std::string& path, const std::string& text);
[[nodiscard]] std::string read_file(const std::string& path, std::size_t limit);
// Names in it survive a loss of power.
void sync_folder(const std::string& path);

}  // namespace dcx::app
