#include "journal/memory_storage.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "base/check.h"
#include "journal/chain.h"
#include "journal/write_all.h"

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
    std::string name;                // for observers
    std::vector<std::byte> current;  // as processes see it
    std::vector<std::byte> durable;  // as a crash leaves it, apart from:
    std::vector<Write> unsynced;     // written since the last sync
    std::vector<Range> abandoned;    // a sync of these failed: they look clean and are perhaps nowhere but in memory

    Node(std::string_view named, std::vector<std::byte> bytes)
        : name(named), current(bytes), durable(std::move(bytes)) {}

    void sync() {
        for (const Write& write : unsynced)
            std::memcpy(durable.data() + write.offset, write.bytes.data(), write.bytes.size());
        unsynced.clear();
    }
    void fail_sync() {
        for (const Write& write : unsynced) abandoned.push_back({write.offset, write.bytes.size()});
        unsynced.clear();
    }
    // Copies a random part of `bytes` into the durable content, whole sectors or the front of one. `stale`: what
    // sectors that were not reached can show instead; null: what they had.
    void tear(std::size_t offset, std::span<const std::byte> bytes, Random& random, const Node* stale) {
        // Sometimes all or nothing, else the interesting cases would be rare for long writes.
        const std::uint64_t mode = random.below(8);
        if (mode == 0) return;
        while (!bytes.empty()) {
            const std::size_t whole = std::min(bytes.size(), kSector - offset % kSector);
            std::size_t kept = mode == 1 || random.chance(50) ? whole : 0;
            if (mode == 2 && kept != 0 && random.chance(20)) kept = static_cast<std::size_t>(random.below(whole + 1));
            if (kept != 0) std::memcpy(durable.data() + offset, bytes.data(), kept);
            // Only space that holds nothing yet can show another file's past: a sector that was written keeps what it
            // had until the new bytes are there (docs/durability.md, "Promises").
            if (kept == 0 && stale != nullptr && offset + whole <= stale->durable.size() && random.chance(30) &&
                all_zero(std::span<const std::byte>(durable).subspan(offset, whole)))
                std::memcpy(durable.data() + offset, stale->durable.data() + offset, whole);
            offset += whole;
            bytes = bytes.subspan(whole);
        }
    }
    void crash(Random& random, const Node* stale) {
        for (const Range& range : abandoned)
            tear(range.offset, std::span{current}.subspan(range.offset, range.size), random, nullptr);
        for (const Write& write : unsynced) tear(write.offset, write.bytes, random, stale);
        abandoned.clear();
        unsynced.clear();
        current = durable;
    }
};

class MemoryFile final : public File {
  public:
    MemoryFile(MemoryDisk& disk, std::shared_ptr<MemoryDisk::Node> node) : disk_(disk), node_(std::move(node)) {}

    Result<void> write(std::uint64_t offset, std::span<const std::byte> bytes) override {
        const auto fault = disk_.ask({.operation = Operation::write,
                                      .name = node_->name,
                                      .offset = offset,
                                      .size = bytes.size(),
                                      .bytes = bytes});
        const std::lock_guard guard{disk_.mutex_};
        DCX_CHECK(offset <= node_->current.size() && bytes.size() <= node_->current.size() - offset);
        if (!fault) return put(offset, bytes, offset), Result<void>{};
        switch (fault->trouble) {
            case Trouble::lost: return put(offset, bytes, std::nullopt), Result<void>{};
            case Trouble::misdirected:
                return put(offset, bytes,
                           std::min<std::uint64_t>(fault->elsewhere, node_->current.size() - bytes.size())),
                       Result<void>{};
            case Trouble::in_pieces: return put_in_pieces(offset, bytes);
            default: break;
        }
        bytes = bytes.first(std::min(bytes.size(), fault->short_bytes));
        if (!bytes.empty()) put(offset, bytes, offset);
        return failed("write", "a file in memory", fault->code);
    }
    void start_sync(std::uint64_t, std::size_t) override {}
    Result<void> sync() override {
        const auto fault = disk_.ask({.operation = Operation::sync, .name = node_->name});
        const std::lock_guard guard{disk_.mutex_};
        if (!fault) return node_->sync(), Result<void>{};
        // Of a process that ended in it nobody knows what became of the sync: the writes are as they were.
        if (fault->trouble == Trouble::fails) node_->fail_sync();
        return failed("sync", "a file in memory", fault->code);
    }

  private:
    // The bytes as processes see them, and where they are on their way to; nothing: nowhere.
    void put(std::uint64_t offset, std::span<const std::byte> bytes, std::optional<std::uint64_t> on_disk) {
        if (bytes.empty()) return;
        std::memcpy(node_->current.data() + offset, bytes.data(), bytes.size());
        if (on_disk) node_->unsynced.push_back({static_cast<std::size_t>(*on_disk), {bytes.begin(), bytes.end()}});
    }
    // As DiskStorage writes through a kernel that is interrupted and takes a part at a time.
    Result<void> put_in_pieces(std::uint64_t offset, std::span<const std::byte> bytes) {
        bool interrupted = false;
        const int code = write_all(
            [&](std::span<const std::byte> rest, std::uint64_t at) -> std::ptrdiff_t {
                interrupted = !interrupted;
                if (interrupted) return errno = EINTR, -1;
                const auto part = rest.first((rest.size() + 1) / 2);
                put(at, part, at);
                return static_cast<std::ptrdiff_t>(part.size());
            },
            offset, bytes);
        DCX_CHECK(code == 0);
        return {};
    }

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

// A page of the file lies where another one belongs.
std::unique_ptr<Mapping> misread(std::span<const std::byte> bytes, std::uint64_t elsewhere) {
    constexpr std::size_t page = 4096;
    auto copy = std::make_shared<std::vector<std::byte>>(bytes.begin(), bytes.end());
    if (bytes.size() >= 2 * page) {
        const std::size_t pages = bytes.size() / page;
        const std::size_t wrong = static_cast<std::size_t>(elsewhere / page % pages);
        const std::size_t given = (wrong + 1 + static_cast<std::size_t>(elsewhere % (pages - 1))) % pages;
        std::memcpy(copy->data() + wrong * page, bytes.data() + given * page, page);
    }
    const std::span<const std::byte> shown{*copy};
    return std::make_unique<MemoryMapping>(shown, std::move(copy));
}

}  // namespace

MemoryDisk::MemoryDisk() = default;
MemoryDisk::~MemoryDisk() = default;

void MemoryDisk::crash(std::uint64_t seed, bool stale) {
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
    const Node* recycled = stale && !durable_names_.empty() ? durable_names_.begin()->second.get() : nullptr;
    for (const auto& [name, node] : durable_names_) node->crash(random, node.get() == recycled ? nullptr : recycled);
    names_ = durable_names_;
}

std::unique_ptr<MemoryDisk> MemoryDisk::copy() const {
    const std::lock_guard guard{mutex_};
    auto other = std::make_unique<MemoryDisk>();
    for (const auto& [name, node] : durable_names_)
        other->durable_names_[name] = std::make_shared<Node>(name, node->durable);
    other->names_ = other->durable_names_;
    return other;
}

void MemoryDisk::kill() {
    const std::lock_guard guard{mutex_};
    killed_ = true;
}

void MemoryDisk::revive() {
    const std::lock_guard guard{mutex_};
    killed_ = false;
}

bool MemoryDisk::killed() const {
    const std::lock_guard guard{mutex_};
    return killed_;
}

void MemoryDisk::observe(DiskObserver* observer) {
    const std::lock_guard guard{mutex_};
    observer_ = observer;
}

void MemoryDisk::plant(const Fault& fault) {
    const std::lock_guard guard{mutex_};
    faults_.push_back(fault);
}

std::optional<Fault> MemoryDisk::ask(const Access& access) {
    const Fault dead{.operation = access.operation, .code = EIO, .trouble = Trouble::killed};
    DiskObserver* observer = nullptr;
    std::optional<Fault> fault;
    {
        const std::lock_guard guard{mutex_};
        if (killed_) return dead;
        fault = strike(access.operation);
        observer = observer_;
    }
    if (!fault && observer != nullptr) fault = observer->before(access);
    const std::lock_guard guard{mutex_};
    // While the observer took its time, the process may have ended.
    if (killed_) return dead;
    if (fault && fault->trouble == Trouble::killed) killed_ = true;
    return fault;
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
    auto node = std::make_shared<Node>(name, std::move(bytes));
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
    if (disk_.locked_by_ != this) return;
    disk_.locked_by_ = nullptr;
    disk_.killed_ = false;
}

Result<void> MemoryStorage::lock() {
    const std::lock_guard guard{disk_.mutex_};
    if (disk_.locked_by_ != nullptr && disk_.locked_by_ != this)
        return std::unexpected(StorageError{"the journal in memory is in use by another process", EWOULDBLOCK});
    disk_.locked_by_ = this;
    return {};
}

Result<std::vector<std::string>> MemoryStorage::list() {
    if (const auto fault = disk_.ask({.operation = Operation::list})) return failed("read", "the folder", fault->code);
    return disk_.names();
}

Result<std::unique_ptr<File>> MemoryStorage::create(std::string_view name, std::uint64_t size) {
    if (const auto fault = disk_.ask({.operation = Operation::create, .name = name, .size = size}))
        return failed("create", name, fault->code);
    const std::lock_guard guard{disk_.mutex_};
    if (disk_.names_.contains(name)) return failed("create", name, EEXIST);
    auto node = std::make_shared<MemoryDisk::Node>(name, std::vector<std::byte>(size));
    disk_.names_[std::string{name}] = node;
    disk_.pending_.push_back({std::string{name}, node, {}});
    return std::make_unique<MemoryFile>(disk_, std::move(node));
}

Result<std::unique_ptr<File>> MemoryStorage::open(std::string_view name) {
    if (const auto fault = disk_.ask({.operation = Operation::open, .name = name}))
        return failed("open", name, fault->code);
    const std::lock_guard guard{disk_.mutex_};
    const auto found = disk_.names_.find(name);
    if (found == disk_.names_.end()) return failed("open", name, ENOENT);
    return std::make_unique<MemoryFile>(disk_, found->second);
}

Result<std::size_t> MemoryStorage::read(std::string_view name, std::uint64_t offset, std::span<std::byte> out) {
    const auto fault = disk_.ask({.operation = Operation::read, .name = name, .offset = offset, .size = out.size()});
    if (fault && fault->trouble != Trouble::misdirected) return failed("read", name, fault->code);
    const std::lock_guard guard{disk_.mutex_};
    const auto found = disk_.names_.find(name);
    if (found == disk_.names_.end()) return failed("read", name, ENOENT);
    const auto& bytes = found->second->current;
    if (offset >= bytes.size()) return 0;
    const auto count = std::min<std::size_t>(out.size(), bytes.size() - offset);
    if (fault) offset = std::min<std::uint64_t>(fault->elsewhere, bytes.size() - count);
    std::memcpy(out.data(), bytes.data() + offset, count);
    return count;
}

Result<std::unique_ptr<Mapping>> MemoryStorage::map(std::string_view name) {
    const auto fault = disk_.ask({.operation = Operation::read, .name = name});
    if (fault && fault->trouble != Trouble::misdirected) return failed("map", name, fault->code);
    const std::lock_guard guard{disk_.mutex_};
    const auto found = disk_.names_.find(name);
    if (found == disk_.names_.end()) return failed("map", name, ENOENT);
    if (!fault) return std::make_unique<MemoryMapping>(found->second->current, found->second);
    return misread(found->second->current, fault->elsewhere);
}

Result<std::uint64_t> MemoryStorage::size(std::string_view name) {
    const std::lock_guard guard{disk_.mutex_};
    const auto found = disk_.names_.find(name);
    if (found == disk_.names_.end()) return failed("read the size of", name, ENOENT);
    return found->second->current.size();
}

Result<void> MemoryStorage::rename(std::string_view from, std::string_view to) {
    if (const auto fault = disk_.ask({.operation = Operation::rename, .name = from}))
        return failed("rename", from, fault->code);
    const std::lock_guard guard{disk_.mutex_};
    const auto found = disk_.names_.find(from);
    if (found == disk_.names_.end()) return failed("rename", from, ENOENT);
    if (disk_.names_.contains(to)) return failed("rename", from, EEXIST);
    auto node = found->second;
    node->name = to;
    disk_.names_.erase(found);
    disk_.names_[std::string{to}] = node;
    disk_.pending_.push_back({std::string{to}, std::move(node), std::string{from}});
    return {};
}

Result<void> MemoryStorage::remove(std::string_view name) {
    if (const auto fault = disk_.ask({.operation = Operation::remove, .name = name}))
        return failed("remove", name, fault->code);
    const std::lock_guard guard{disk_.mutex_};
    if (disk_.names_.erase(std::string{name}) == 0) return failed("remove", name, ENOENT);
    disk_.pending_.push_back({std::string{name}, nullptr, {}});
    return {};
}

Result<void> MemoryStorage::sync_folder() {
    if (const auto fault = disk_.ask({.operation = Operation::sync_folder}))
        return failed("sync", "the folder", fault->code);
    const std::lock_guard guard{disk_.mutex_};
    disk_.durable_names_ = disk_.names_;
    disk_.pending_.clear();
    return {};
}

}  // namespace dcx::journal
