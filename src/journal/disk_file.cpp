#include "journal/disk_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "base/check.h"
#include "journal/write_all.h"

namespace dcx::journal {
namespace {

// fdatasync is not retried even after EINTR: what the first call did with an error cannot be known.
int sync_data(int descriptor) { return ::fdatasync(descriptor) == 0 ? 0 : errno; }

class OpenFile : public File {
  public:
    OpenFile(std::string path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}

  protected:
    [[nodiscard]] int descriptor() const { return descriptor_.get(); }
    [[nodiscard]] std::unexpected<StorageError> failed(const std::string& action, int code) const {
        return std::unexpected(StorageError{"cannot " + action + " " + path_ + ": " + describe(code), code});
    }
    Result<void> write_bytes(std::uint64_t offset, std::span<const std::byte> bytes) {
        if (const int code = write_to(descriptor(), offset, bytes); code != 0)
            return failed("write " + std::to_string(bytes.size()) + " bytes at " + std::to_string(offset) + " of",
                          code);
        return {};
    }

  private:
    std::string path_;
    Descriptor descriptor_;
};

class BufferedFile final : public OpenFile {
  public:
    using OpenFile::OpenFile;

    Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        return write_bytes(offset, bytes);
    }
    Result<void> zero_ahead(std::uint64_t offset, std::size_t size) override {
        // Space that was only reserved needs a change of the file's metadata with each first write; written zeros do
        // not.
        const std::vector<std::byte> zeros(size);
        if (auto written = write(offset, zeros); !written) return written;
        return sync();
    }
    void start_sync(std::uint64_t offset, std::size_t size) override {
        ::sync_file_range(descriptor(), static_cast<off_t>(offset), static_cast<off_t>(size), SYNC_FILE_RANGE_WRITE);
    }
    Result<void> sync() override {
        if (const int code = sync_data(descriptor()); code != 0) return failed("sync", code);
        return {};
    }
};

// Memory that the device reads from and writes to.
class AlignedBytes {
  public:
    explicit AlignedBytes(std::size_t size) : bytes_(static_cast<std::byte*>(std::aligned_alloc(kDirectBlock, size))) {
        if (bytes_ == nullptr) throw std::bad_alloc{};
        std::memset(bytes_.get(), 0, size);
    }
    [[nodiscard]] std::byte* data() const { return bytes_.get(); }

  private:
    struct Free {
        void operator()(std::byte* p) const { std::free(p); }
    };
    std::unique_ptr<std::byte, Free> bytes_;
};

class DirectFile final : public OpenFile {
  public:
    DirectFile(std::string path, int descriptor, std::uint64_t size, bool zero)
        : OpenFile(std::move(path), descriptor), size_(size), zero_to_(zero ? size : 0) {
        DCX_CHECK(size % kBlock == 0);
    }

    Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        DCX_CHECK(offset <= size_ && bytes.size() <= size_ - offset);
        while (!bytes.empty()) {
            const std::size_t part = std::min(bytes.size(), kStage - offset % kBlock);
            if (auto done = write_part(offset, bytes.first(part)); !done) return done;
            offset += part;
            bytes = bytes.subspan(part);
        }
        return {};
    }
    Result<void> zero_ahead(std::uint64_t offset, std::size_t size) override {
        // Of its own, and nothing of the file's state: writes may go on elsewhere meanwhile.
        const AlignedBytes zeros{size};
        return write_bytes(offset, {zeros.data(), size});
    }
    void start_sync(std::uint64_t, std::size_t) override {}
    // O_DSYNC: each write was.
    Result<void> sync() override { return {}; }

  private:
    static constexpr std::size_t kBlock = kDirectBlock;
    static constexpr std::size_t kStage = (std::size_t{1} << 20) + kBlock;  // a full batch and what stands beside it

    static std::uint64_t block_of(std::uint64_t offset) { return offset / kBlock * kBlock; }

    // At most kStage with the blocks it touches.
    Result<void> write_part(std::uint64_t offset, std::span<const std::byte> bytes) {
        const std::uint64_t begin = block_of(offset);
        const std::uint64_t end = block_of(offset + bytes.size() + kBlock - 1);
        const std::size_t last = end - kBlock - begin;
        if (offset != begin)
            if (auto loaded = load(begin, stage_.data()); !loaded) return loaded;
        if (offset + bytes.size() != end && (last != 0 || offset == begin))
            if (auto loaded = load(begin + last, stage_.data() + last); !loaded) return loaded;
        std::memcpy(stage_.data() + (offset - begin), bytes.data(), bytes.size());
        kept_block_ = kNone;  // what it was is wrong as soon as the write has begun
        if (auto done = write_bytes(begin, {stage_.data(), end - begin}); !done) return done;
        std::memcpy(kept_.data(), stage_.data() + last, kBlock);
        kept_block_ = begin + last;
        zero_from_ = std::max(zero_from_, end);
        return {};
    }

    // The block's bytes as they are in the file.
    Result<void> load(std::uint64_t block, std::byte* to) {
        if (block == kept_block_) {
            std::memcpy(to, kept_.data(), kBlock);
            return {};
        }
        if (block < zero_from_ || block + kBlock > zero_to_) {
            if (auto got = read(block, to, kBlock); !got) return got;
            if (block >= zero_from_) return look_ahead(block + kBlock);
            return {};
        }
        std::memset(to, 0, kBlock);
        return {};
    }

    // In a file that was opened: whether the space ahead is zero, so that not every write needs a read.
    Result<void> look_ahead(std::uint64_t from) {
        const std::uint64_t size = std::min<std::uint64_t>(kAhead, size_ - from);
        if (size == 0) return {};
        const AlignedBytes ahead{size};
        if (auto got = read(from, ahead.data(), size); !got) return got;
        const auto* end =
            std::find_if(ahead.data(), ahead.data() + size, [](std::byte b) { return b != std::byte{0}; });
        zero_from_ = from;
        zero_to_ = block_of(from + static_cast<std::uint64_t>(end - ahead.data()));
        return {};
    }

    Result<void> read(std::uint64_t offset, std::byte* to, std::size_t size) {
        std::size_t done = 0;
        while (done < size) {
            const auto got = ::pread(descriptor(), to + done, size - done, static_cast<off_t>(offset + done));
            if (got < 0 && errno == EINTR) continue;
            if (got <= 0) return failed("read", got < 0 ? errno : EIO);
            done += static_cast<std::size_t>(got);
        }
        return {};
    }

    static constexpr std::uint64_t kNone = ~std::uint64_t{0};
    static constexpr std::uint64_t kAhead = std::uint64_t{1} << 20;

    const std::uint64_t size_;
    // [zero_from_, zero_to_) is known to be zero.
    std::uint64_t zero_from_ = 0;
    std::uint64_t zero_to_;
    AlignedBytes stage_{kStage + kBlock};
    AlignedBytes kept_{kBlock};
    std::uint64_t kept_block_ = kNone;
};

}  // namespace

std::string describe(int code) { return std::generic_category().message(code); }

int write_to(int descriptor, std::uint64_t offset, std::span<const std::byte> bytes) {
    return write_all(
        [descriptor](std::span<const std::byte> part, std::uint64_t at) {
            return ::pwrite(descriptor, part.data(), part.size(), static_cast<off_t>(at));
        },
        offset, bytes);
}

std::unique_ptr<File> make_buffered_file(std::string path, int descriptor) {
    return std::make_unique<BufferedFile>(std::move(path), descriptor);
}

std::unique_ptr<File> make_direct_file(std::string path, int descriptor, std::uint64_t size, bool zero) {
    return std::make_unique<DirectFile>(std::move(path), descriptor, size, zero);
}

}  // namespace dcx::journal
