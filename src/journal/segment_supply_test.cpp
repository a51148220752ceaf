#include "journal/segment_supply.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <latch>

#include "journal/disk_storage.h"
#include "journal/format.h"
#include "journal/journal_test.h"

namespace dcx::journal {
namespace {

// A file that takes hours to zero, so that who waits for it is seen to wait.
class SlowFile final : public File {
  public:
    explicit SlowFile(std::latch& started) : started_(started) {}
    Result<void> write(std::uint64_t, std::span<const std::byte>) override { return {}; }
    Result<void> zero_ahead(std::uint64_t offset, std::size_t) override {
        if (offset == 0) started_.count_down();
        std::this_thread::yield();
        return {};
    }
    void start_sync(std::uint64_t, std::size_t) override {}
    Result<void> sync() override { return {}; }

  private:
    std::latch& started_;
};

class SlowStorage final : public Storage {
  public:
    [[nodiscard]] std::string where() const override { return "slow"; }
    Result<void> lock() override { return {}; }
    Result<std::vector<std::string>> list() override { return {}; }
    Result<std::unique_ptr<File>> create(std::string_view, std::uint64_t) override {
        return std::make_unique<SlowFile>(started);
    }
    Result<std::unique_ptr<File>> open(std::string_view) override { return refused(); }
    Result<std::size_t> read(std::string_view, std::uint64_t, std::span<std::byte>) override { return refused(); }
    Result<std::unique_ptr<Mapping>> map(std::string_view) override { return refused(); }
    Result<std::uint64_t> size(std::string_view) override { return refused(); }
    Result<void> rename(std::string_view, std::string_view) override { return {}; }
    Result<void> remove(std::string_view) override { return {}; }
    Result<void> sync_folder() override { return {}; }

    std::latch started{1};

  private:
    static std::unexpected<StorageError> refused() { return std::unexpected(StorageError{"not here", ENOENT}); }
};

}  // namespace

TEST_CASE("a spare is made when asked for, in the background or at once") {
    for (const bool background : {false, true}) {
        MemoryDisk disk;
        MemoryStorage storage{disk};
        SegmentSupply supply{storage, 8192, background};
        for (int i = 0; i < 5; ++i) {
            if (i % 2 == 1) supply.prepare();
            REQUIRE(supply.take());
            CHECK(storage.size(kSpareName) == 8192u);
            REQUIRE(storage.rename(kSpareName, std::to_string(i)));
        }
    }
}

TEST_CASE("a spare on the disk is zeroed wholly when nobody hurries") {
    TemporaryFolder folder;
    const auto storage = DiskStorage::open(folder.path());
    REQUIRE(storage);
    SegmentSupply supply{**storage, std::uint64_t{1} << 20, false};
    REQUIRE(supply.take());
    const auto mapping = (*storage)->map(kSpareName);
    REQUIRE(mapping);
    const auto bytes = (*mapping)->bytes();
    CHECK(bytes.size() == std::size_t{1} << 20);
    CHECK(std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{0}; }));
}

TEST_CASE("a writer that is faster than the zeroing gets the spare as it is, a supply that ends stops zeroing") {
    for (const bool taken : {true, false}) {
        SlowStorage storage;
        SegmentSupply supply{storage, std::uint64_t{1} << 50, true};
        supply.prepare();
        storage.started.wait();
        if (taken) CHECK(supply.take());
    }
}

TEST_CASE("a spare for which there was no room is made when it is taken, if there is room by then") {
    MemoryDisk disk;
    MemoryStorage storage{disk};
    SegmentSupply supply{storage, 8192, true};
    disk.plant({.operation = Operation::create, .code = ENOSPC});
    supply.prepare();
    CHECK(supply.take());
    CHECK(disk.count(Operation::create) == 2);
    REQUIRE(storage.remove(kSpareName));
    disk.plant({.operation = Operation::create, .code = ENOSPC});
    disk.plant({.operation = Operation::create, .code = ENOSPC});
    supply.prepare();
    const auto failed = supply.take();
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == ENOSPC);
    CHECK(supply.take());
}

}  // namespace dcx::journal
