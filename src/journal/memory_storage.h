// A disk in memory that can lose power and fail, for tests and the simulator. `MemoryDisk` is what survives a process;
// `MemoryStorage` is one process's view of it. Destroying the view alone is a kill: every write stays. `crash` is a
// loss of power: synced bytes and names stay, of everything else a random part does.
//
// Deterministic: the same calls and the same seed give the same bytes. Guarded by one mutex, so any thread may call.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "journal/storage.h"

namespace dcx::journal {

// What can be made to fail. `map` counts as `read`.
enum class Operation : std::uint8_t { write, sync, sync_folder, create, rename, read, open, remove, list };

// What is wrong with an operation.
enum class Trouble : std::uint8_t {
    fails,        // it says so
    lost,         // write: it succeeds, reads see it, and it never reaches the disk
    misdirected,  // write: likewise, and it reaches the disk at `elsewhere` in the same file
                  // read: gives the page at `elsewhere` for the one that was asked for
    in_pieces,    // write: it takes several calls, some of them interrupted, and succeeds
    killed,       // the process ends in it, after short_bytes of a write; nothing it does later has an effect
};

struct Fault {
    Operation operation{};
    std::uint64_t after{};      // this many operations of the kind succeed first, counted from plant()
    int code{};                 // EIO, ENOSPC, ...
    std::size_t short_bytes{};  // write: this many bytes are written before it fails
    Trouble trouble = Trouble::fails;
    std::uint64_t elsewhere{};  // of misdirected: an offset that is cut to what fits into the file
};

// An operation that is about to be done.
struct Access {
    Operation operation{};
    std::string_view name{};             // of the file; empty for the folder
    std::uint64_t offset{};              // of a write or read
    std::size_t size{};                  // of a write, read or create
    std::span<const std::byte> bytes{};  // to be written
};

// Sees every operation before it is done and may make it fail. Called without the disk's lock, so it may take its time
// and let others use the disk meanwhile.
class DiskObserver {
  public:
    virtual std::optional<Fault> before(const Access& access) = 0;

  protected:
    ~DiskObserver() = default;
};

class MemoryStorage;

class MemoryDisk {
  public:
    MemoryDisk();
    ~MemoryDisk();
    MemoryDisk(const MemoryDisk&) = delete;
    MemoryDisk& operator=(const MemoryDisk&) = delete;

    // Power is lost and comes back. No view may be in use. Each unsynced write survives in any subset of its 512-byte
    // sectors, sometimes cut inside one; each unsynced change of a name survives or not. Bytes that no write touched
    // stay as they are. Planted faults are gone. With `stale`, sectors of zeros that a torn write did not reach
    // can show what stood at the same offset of another file, as recycled space does.
    void crash(std::uint64_t seed, bool stale = false);
    // The same disk once more: what is durable, without observer, faults and views.
    [[nodiscard]] std::unique_ptr<MemoryDisk> copy() const;

    // Nothing has an effect any more until the view that holds the lock is destroyed, or revive(): its process is gone.
    void kill();
    void revive();
    [[nodiscard]] bool killed() const;
    // At most one; outlives its use. null: none.
    void observe(DiskObserver* observer);

    // The fault strikes once. A sync that fails leaves its bytes readable but not durable, and a later sync that
    // succeeds does not make them so, as Linux does it.
    void plant(const Fault& fault);

    // Past every rule, for tests that damage a disk: a copy of a file's bytes (empty when there is no such file), and a
    // durable file made or replaced.
    [[nodiscard]] std::vector<std::byte> get(std::string_view name) const;
    void put(std::string_view name, std::vector<std::byte> bytes);
    void erase(std::string_view name);
    [[nodiscard]] std::vector<std::string> names() const;
    // How often an operation was asked for since the disk was made.
    [[nodiscard]] std::uint64_t count(Operation operation) const;

  private:
    friend class MemoryStorage;
    friend class MemoryFile;
    struct Node;
    struct NameChange {
        std::string name;
        std::shared_ptr<Node> node;  // what it names now; null: nothing
        std::string removed;         // a rename's old name
    };
    // What is wrong with this operation, by the observer or by a planted fault.
    std::optional<Fault> ask(const Access& access);
    std::optional<Fault> strike(Operation operation);

    mutable std::mutex mutex_;
    std::map<std::string, std::shared_ptr<Node>, std::less<>> names_;          // as processes see them
    std::map<std::string, std::shared_ptr<Node>, std::less<>> durable_names_;  // as a crash leaves them
    std::vector<NameChange> pending_;
    std::vector<Fault> faults_;
    std::map<Operation, std::uint64_t> counts_;
    const MemoryStorage* locked_by_ = nullptr;
    DiskObserver* observer_ = nullptr;
    bool killed_ = false;
};

class MemoryStorage final : public Storage {
  public:
    explicit MemoryStorage(MemoryDisk& disk) : disk_(disk) {}
    ~MemoryStorage() override;
    MemoryStorage(const MemoryStorage&) = delete;
    MemoryStorage& operator=(const MemoryStorage&) = delete;

    [[nodiscard]] std::string where() const override { return "memory"; }
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
    MemoryDisk& disk_;
};

}  // namespace dcx::journal
