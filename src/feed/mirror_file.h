// MirrorFile: the shared memory of the book mirror (model/mirror.h), a file that others map read-only. It has no name
// that anybody looks for until publish(), so nobody sees half of it, and none after the end.
//
// While it lives it is locked (flock, exclusive): whoever can take a shared lock on it knows that its writer is gone,
// however it ended. All of its bytes are had at the start, so that a full file system is an error here and not a signal
// in the middle of an event. One owner.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <utility>

#include "base/descriptor.h"

namespace dcx::feed {

class MirrorFile {
  public:
    // Zeros, in a file beside `path`. Errors name the file.
    static std::expected<MirrorFile, std::string> create(const std::string& path, std::size_t bytes);
    // Zeros in memory without a name, for readers in this process, which are given descriptor(). `what` names it for
    // who looks at the process.
    static std::expected<MirrorFile, std::string> create_unnamed(const std::string& what, std::size_t bytes);
    MirrorFile(MirrorFile&& other) noexcept;
    MirrorFile(const MirrorFile&) = delete;
    MirrorFile& operator=(const MirrorFile&) = delete;
    ~MirrorFile();

    // Gives it its name and its mode, in the place of one that a dead writer left; refuses when that one's writer
    // lives, or when there is no file.
    std::expected<void, std::string> publish(unsigned mode = 0644);
    // Takes the name away, if it is still this file's. Mappings stay valid.
    void remove();

    [[nodiscard]] std::span<std::atomic<std::uint64_t>> words() const { return words_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    // This file's, while it lives. It holds the lock: for mapping, not for locking.
    [[nodiscard]] int descriptor() const { return file_.get(); }
    // False where written pages go to a disk: then writing stalls now and then.
    [[nodiscard]] bool in_memory() const { return in_memory_; }

  private:
    MirrorFile(std::string path, std::string name, Descriptor file)
        : path_(std::move(path)), name_(std::move(name)), file_(std::move(file)) {}
    std::expected<void, std::string> take(std::size_t bytes);

    std::string path_;
    std::string name_;  // of the file now; empty: removed, or it never had one
    Descriptor file_;
    std::span<std::atomic<std::uint64_t>> words_;
    bool in_memory_ = false;
};

}  // namespace dcx::feed
