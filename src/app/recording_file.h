// Files of recordings: one that grows, and one that is read. Not for several threads.
#pragma once

#include <cstddef>
#include <expected>
#include <span>
#include <string>

#include "base/descriptor.h"

namespace dcx::app {

// Appended to. A file that is there already is refused: nothing recorded is lost to a second recording.
class NewFile {
  public:
    [[nodiscard]] static std::expected<NewFile, std::string> create(const std::string& path);
    [[nodiscard]] std::expected<void, std::string> append(std::span<const std::byte> bytes);
    [[nodiscard]] std::expected<void, std::string> sync();

  private:
    NewFile(std::string path, Descriptor file) : path_(std::move(path)), file_(std::move(file)) {}
    std::string path_;
    Descriptor file_;
};

// All of a file, mapped as it is now.
class MappedFile {
  public:
    [[nodiscard]] static std::expected<MappedFile, std::string> open(const std::string& path);
    MappedFile(MappedFile&& other) noexcept;
    ~MappedFile();
    [[nodiscard]] std::span<const std::byte> bytes() const { return bytes_; }

  private:
    explicit MappedFile(std::span<const std::byte> bytes) : bytes_(bytes) {}
    std::span<const std::byte> bytes_;
};

}  // namespace dcx::app
