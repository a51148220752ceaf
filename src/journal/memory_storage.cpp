#include "journal/memory_storage.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/check.h"

namespace dcx::journal {
namespace {

constexpr std::size_t kSector = 512;

std::unexpected<StorageError> failed(std::string_view action, std::string_view name, int code) {
    std::string message = "cannot ";
    message += action;
    message += " ";
    message += name;
    return std::unexpected(StorageError{message + ": " + std::generic_category().message(code), code});
}

}  // namespace

struct MemoryDisk::Node {
    struct Write {
        std::size_t offset;
        std::vector<std::byte> bytes;
    };
    struct Range {
        std::size_t offset;
        std::size_t size;
    };
    std::vector<std::byte> current;  // as processes see it
    std::vector<std::byte> durable;  // as a crash leaves it, apart from:
    std::vector<Write> unsynced;     // written since the last sync
    std::vector<Range> abandoned;    // a sync of these failed: they look clean and are perhaps nowhere but in memory

    explicit Node(std::vector<std::byte> bytes) : current(bytes), durable(std::move(bytes)) {}

    void sync() {
        for (const Write& write : unsynced)
            std::memcpy(durable.data() + write.offset, write.bytes.data(), write.bytes.size());
        unsynced.clear();
    }
    void fail_sync() {
        for (const Write& write : unsynced) abandoned.push_back({write.offset, write.bytes.size()});
        unsynced.clear();
    }
    // Copies a random part of `bytes` into the durable content, whole sectors or the front of one.
    void tear(std::size_t offset, std::span<const std::byte> bytes, Random& random) {
        // Sometimes all or nothing, else the interesting cases would be rare for long writes.
        const std::uint64_t mode = random.below(8);
        if (mode == 0) return;
        while (!bytes.empty()) {
            const std::size_t whole = std::min(bytes.size(), kSector - offset % kSector);
            std::size_t kept = mode == 1 || random.chance(50) ? whole : 0;
            if (mode == 2 && kept != 0 && random.chance(20)) kept = static_cast<std::size_t>(random.below(whole + 1));
            if (kept != 0) std::memcpy(durable.data() + offset, bytes.data(), kept);
            offset += whole;
            bytes = bytes.subspan(whole);
        }
    }
    void crash(Random& random) {
        for (const Range& range : abandoned)
            tear(range.offset, std::span{current}.subspan(range.offset, range.size), random);
        for (const Write& write : unsynced) tear(write.offset, write.bytes, random);
        abandoned.clear();
        unsynced.clear();
        current = durable;
    }
};

class MemoryFile final : public File {
  public:
    MemoryFile(MemoryDisk& disk, std::shared_ptr<MemoryDisk::Node> node) : disk_(disk), node_(std::move(node)) {}

    Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        const std::lock_guard guard{disk_.mutex_};
        DCX_CHECK(offset <= node_->current.size() && bytes.size() <= node_->current.size() - offset);
        const auto fault = disk_.strike(Operation::write);
        if (fault) bytes = bytes.first(std::min(bytes.size(), fault->short_bytes));
        if (!bytes.empty()) {
            std::memcpy(node_->current.data() + offset, bytes.data(), bytes.size());
            node_->unsynced.push_back({static_cast<std::size_t>(offset), {bytes.begin(), bytes.end()}});
        }
        if (fault) return failed("write", "a file in memory", fault->code);
        return {};
    }
    void start_sync(std::uint64_t, std::size_t) override {}
    Result<void> sync() override {
        const std::lock_guard guard{disk_.mutex_};
        if (const auto fault = disk_.strike(Operation::sync)) {
            node_->fail_sync();
            return failed("sync", "a file in memory", fault->code);
        }
        node_->sync();
        return {};
    }

  private:
    MemoryDisk& disk_;
    std::shared_ptr<MemoryDisk::Node> node_;
};

namespace {

class MemoryMapping final : public Mapping {
  public:
    MemoryMapping(std::span<const std::byte> bytes, std::shared_ptr<void> owner)
        : bytes_(bytes), owner_(std::move(owner)) {}
    [[nodiscard]] std::span<const std::byte> bytes() const override { return bytes_; }

  private:
    std::span<const std::byte> bytes_;
    std::shared_ptr<void> owner_;
};

}  // namespace

MemoryDisk::MemoryDisk() = default;
MemoryDisk::~MemoryDisk() = default;

void MemoryDisk::crash(std::uint64_t seed) {
    const std::lock_guard guard{mutex_};
    DCX_CHECK(locked_by_ == nullptr);
    Random random{seed};
    for (const NameChange& change : pending_) {
        if (random.chance(50)) continue;
        if (!change.removed.empty()) durable_names_.erase(change.removed);
        if (change.node == nullptr)
            durable_names_.erase(change.name);
        else
            durable_names_[change.name] = change.node;
    }
    pending_.clear();
    faults_.clear();
    for (const auto& [name, node] : durable_names_) node->crash(random);
    names_ = durable_names_;
}

void MemoryDisk::plant(const Fault& fault) {
    const std::lock_guard guard{mutex_};
    faults_.push_back(fault);
}

std::optional<Fault> MemoryDisk::strike(Operation operation) {
    ++counts_[operation];
    std::optional<Fault> struck;
    std::erase_if(faults_, [&](Fault& fault) {
        if (fault.operation != operation || struck) return false;
        if (fault.after > 0) {
            --fault.after;
            return false;
        }
        struck = fault;
        return true;
    });
    return struck;
}

std::vector<std::byte> MemoryDisk::get(std::string_view name) const {
    const std::lock_guard guard{mutex_};
    const auto found = names_.find(name);
    return found == names_.end() ? std::vector<std::byte>{} : found->second->current;
}

void MemoryDisk::put(std::string_view name, std::vector<std::byte> bytes) {
    const std::lock_guard guard{mutex_};
    auto node = std::make_shared<Node>(std::move(bytes));
    names_[std::string{name}] = node;
    durable_names_[std::string{name}] = node;
}

void MemoryDisk::erase(std::string_view name) {
    const std::lock_guard guard{mutex_};
    names_.erase(std::string{name});
    durable_names_.erase(std::string{name});
}

std::vector<std::string> MemoryDisk::names() const {
    const std::lock_guard guard{mutex_};
    std::vector<std::string> result;
    result.reserve(names_.size());
    for (const auto& [name, node] : names_) result.push_back(name);
    return result;
}

std::uint64_t MemoryDisk::count(Operation operation) const {
    const std::lock_guard guard{mutex_};
    const auto found = counts_.find(operation);
    return found == counts_.end() ? 0 : found->second;
}

MemoryStorage::~MemoryStorage() {
    const std::lock_guard guard{disk_.mutex_};
    if (disk_.locked_by_ == this) disk_.locked_by_ = nullptr;
}

Result<void> MemoryStorage::lock() {
    const std::lock_guard guard{disk_.mutex_};
    if (disk_.locked_by_ != nullptr && disk_.locked_by_ != this)
        return std::unexpected(StorageError{"the journal in memory is in use by another process", EWOULDBLOCK});
    disk_.locked_by_ = this;
    return {};
}

Result<std::vector<std::string>> MemoryStorage::list() { return disk_.names(); }

Result<std::unique_ptr<File>> MemoryStorage::create(std::string_view name, std::uint64_t size) {
    const std::lock_guard guard{disk_.mutex_};
    if (const auto fault = disk_.strike(Operation::create)) return failed("create", name, fault->code);
    if (disk_.names_.contains(name)) return failed("create", name, EEXIST);
    auto node = std::make_shared<MemoryDisk::Node>(std::vector<std::byte>(size));
    disk_.names_[std::string{name}] = node;
    disk_.pending_.push_back({std::string{name}, node, {}});
    return std::make_unique<MemoryFile>(disk_, std::move(node));
}

Result<std::unique_ptr<File>> MemoryStorage::open(std::string_view name) {
    const std::lock_guard guard{disk_.mutex_};
    const auto found = disk_.names_.find(name);
    if (found == disk_.names_.end()) return failed("open", name, ENOENT);
    return std::make_unique<MemoryFile>(disk_, found->second);
}

Result<std::size_t> MemoryStorage::read(std::string_view name, std::uint64_t offset, std::span<std::byte> out) {
    const std::lock_guard guard{disk_.mutex_};
    if (const auto fault = disk_.strike(Operation::read)) return failed("read", name, fault->code);
    const auto found = disk_.names_.find(name);
    if (found == disk_.names_.end()) return failed("read", name, ENOENT);
    const auto& bytes = found->second->current;
    if (offset >= bytes.size()) return 0;
    const auto count = std::min<std::size_t>(out.size(), bytes.size() - offset);
    std::memcpy(out.data(), bytes.data() + offset, count);
    return count;
}

Result<std::unique_ptr<Mapping>> MemoryStorage::map(std::string_view name) {
    const std::lock_guard guard{disk_.mutex_};
    if (const auto fault = disk_.strike(Operation::read)) return failed("map", name, fault->code);
    const auto found = disk_.names_.find(name);
    if (found == disk_.names_.end()) return failed("map", name, ENOENT);
    return std::make_unique<MemoryMapping>(found->second->current, found->second);
}

Result<std::uint64_t> MemoryStorage::size(std::string_view name) {
    const std::lock_guard guard{disk_.mutex_};
    const auto found = disk_.names_.find(name);
    if (found == disk_.names_.end()) return failed("read the size of", name, ENOENT);
    return found->second->current.size();
}

Result<void> MemoryStorage::rename(std::string_view from, std::string_view to) {
    const std::lock_guard guard{disk_.mutex_};
    if (const auto fault = disk_.strike(Operation::rename)) return failed("rename", from, fault->code);
    const auto found = disk_.names_.find(from);
    if (found == disk_.names_.end()) return failed("rename", from, ENOENT);
    if (disk_.names_.contains(to)) return failed("rename", from, EEXIST);
    auto node = found->second;
    disk_.names_.erase(found);
    disk_.names_[std::string{to}] = node;
    disk_.pending_.push_back({std::string{to}, std::move(node), std::string{from}});
    return {};
}

Result<void> MemoryStorage::remove(std::string_view name) {
    const std::lock_guard guard{disk_.mutex_};
    if (disk_.names_.erase(std::string{name}) == 0) return failed("remove", name, ENOENT);
    disk_.pending_.push_back({std::string{name}, nullptr, {}});
    return {};
}

Result<void> MemoryStorage::sync_folder() {
    const std::lock_guard guard{disk_.mutex_};
    if (const auto fault = disk_.strike(Operation::sync_folder)) return failed("sync", "the folder", fault->code);
    disk_.durable_names_ = disk_.names_;
    disk_.pending_.clear();
    return {};
}

}  // namespace dcx::journal
