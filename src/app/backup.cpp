#include "app/backup.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include "app/backup_journal.h"
#include "journal/snapshot.h"
#include "wallet/vault_file.h"
#include "wallet/vault_format.h"

namespace dcx::app {
namespace {

namespace fs = std::filesystem;

constexpr std::array kFolders{"", "/journal", "/archive", "/snapshots"};
constexpr std::size_t kMaxManifest = 64u << 20;
constexpr std::string_view kLockName = "LOCK";
// A segment that is archived or a snapshot that is deleted while it is copied: then all is listed anew.
constexpr int kAttempts = 5;

void make_folder(const std::string& path) {
    std::error_code error;
    const bool made = fs::create_directories(path, error);
    if (!error && made) fs::permissions(path, fs::perms::owner_all, error);
    if (error) throw std::runtime_error(path + ": " + error.message());
}

// Nothing is there but what an earlier try left.
bool empty_folder(const std::string& path) {
    if (!fs::exists(path)) return true;
    if (!fs::is_directory(path)) return false;
    return std::ranges::all_of(fs::directory_iterator(path),
                               [](const auto& entry) { return entry.path().filename() == kLockName; });
}

// One backup into a folder at a time.
class FolderLock {
  public:
    explicit FolderLock(const std::string& folder) {
        const std::string path = folder + "/" + std::string{kLockName};
        fd_ = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        if (fd_ < 0) throw std::runtime_error(path + ": can't be opened: " + std::generic_category().message(errno));
        if (::flock(fd_, LOCK_EX | LOCK_NB) == 0) return;
        ::close(fd_);
        throw std::runtime_error(folder + ": another backup is being written into it");
    }
    ~FolderLock() { ::close(fd_); }
    FolderLock(const FolderLock&) = delete;
    FolderLock& operator=(const FolderLock&) = delete;

  private:
    int fd_ = -1;
};

std::string manifest_path(const std::string& folder) { return folder + "/" + std::string{kManifestName}; }

Manifest read_manifest(const std::string& folder) {
    const std::string path = manifest_path(folder);
    return parse_manifest(read_file(path, kMaxManifest), path);
}

class Backup {
  public:
    explicit Backup(const BackupRequest& request) : request_(request), to_(request.destination) {}

    BackupReport run() {
        begin();
        const FolderLock lock(to_);
        if (request_.incremental) before_ = read_manifest(to_);
        copy_until_nothing_vanishes();
        copy_others();
        for (const char* folder : kFolders) sync_folder(to_ + folder);
        verify();
        report_.manifest.time =
            std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
                .count();
        std::ranges::sort(report_.manifest.files, {}, &BackupFile::path);
        write_file(manifest_path(to_), manifest_text(report_.manifest));
        sync_folder(to_);
        forget_old_files();
        return std::move(report_);
    }

  private:
    void begin() {
        if (list_segments(request_.data + "/journal").empty())
            throw std::runtime_error(request_.data + "/journal: holds no journal");
        if (!request_.incremental && !empty_folder(to_))
            throw std::runtime_error(to_ + ": is not empty; --incremental adds to a backup");
        if (request_.incremental && !fs::exists(manifest_path(to_)))
            throw std::runtime_error(to_ + ": holds no backup to add to");
        for (const char* folder : kFolders) make_folder(to_ + folder);
    }

    void copy_until_nothing_vanishes() {
        for (int attempt = 1;; ++attempt) {
            report_ = {};
            try {
                // Listed first: what a snapshot holds is durable then, and so in the journal that is copied after.
                const auto snapshots = list_snapshot_files(request_.data + "/snapshots");
                copy_journal();
                copy_archive();
                keep_old();
                copy_snapshots(snapshots);
                take_end();
                drop_later_snapshots();
                return;
            } catch (const FileGone&) {
                if (attempt == kAttempts) throw;
            }
        }
    }

    void copy_journal() {
        const auto segments = list_segments(request_.data + "/journal");
        if (segments.empty()) throw std::runtime_error(request_.data + "/journal: holds no journal any more");
        first_ = segments.front();
        for (const std::string& name : segments) {
            const std::string path = "journal/" + name;
            const std::string source = request_.data + "/" + path;
            const std::uint64_t size = size_of_file(source);
            // A segment with another behind it is finished: all of it is durable and stays as it is.
            const bool finished = name != segments.back();
            copy(path, source, finished ? size : durable_end(source), size);
        }
    }

    // After the journal: what went from there in the meantime is here.
    void copy_archive() {
        const std::string folder = archive_folder();
        for (const std::string& name : list_archived(folder)) {
            const std::string segment = "journal/" + name.substr(0, name.size() - journal::kArchiveSuffix.size());
            // The backup has it, as it was before it was packed.
            if (report_.manifest.find(segment) != nullptr || (before_ && before_->find(segment) != nullptr)) continue;
            const std::string path = "archive/" + name;
            const std::string source = folder + "/" + name;
            const std::uint64_t size = size_of_file(source);
            copy(path, source, size, size);
        }
    }

    // Segments that the venue no longer keeps stay in the backup.
    void keep_old() {
        if (!before_) return;
        for (const BackupFile& file : before_->files) {
            const std::size_t slash = file.path.find('/');
            if (slash == std::string::npos || file.path.starts_with("snapshots/")) continue;
            if (report_.manifest.find(file.path) != nullptr) continue;
            // One that the venue should have: its end is gone, or an older copy stands in its place.
            const std::string name = file.path.substr(slash + 1);
            if (name >= first_)
                throw std::runtime_error(request_.data + "/" + file.path + ": is in the backup and no longer there");
            if (file.facts.bytes < file.facts.size)
                complete(file, name);
            else
                keep(file);
        }
    }

    // The backup has the beginning of a segment that was written on and packed away since: the rest comes from there.
    void complete(const BackupFile& file, const std::string& segment) {
        auto live = journal::DiskStorage::open(request_.data + "/journal");
        auto archive = journal::DiskStorage::open(archive_folder());
        if (!live || !archive) throw std::runtime_error(archive_folder() + ": can't be opened");
        journal::ArchiveView view(**live, **archive);
        const auto mapping = view.map(segment);
        if (!mapping) throw std::runtime_error(segment + ": is no longer in the journal: " + mapping.error().message);
        const auto bytes = (*mapping)->bytes();
        if (bytes.size() != file.facts.size || Sha256::of(bytes.first(file.facts.bytes)) != file.facts.sha256)
            throw std::runtime_error(archive_folder() + "/" + segment +
                                     ": does not continue what the backup has of it");
        write_file(to_ + "/" + file.path, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
        report_.manifest.files.push_back(
            {file.path, {.size = bytes.size(), .bytes = bytes.size(), .sha256 = Sha256::of(bytes)}});
        ++report_.files_copied;
        report_.bytes_copied += bytes.size();
    }

    [[nodiscard]] std::string archive_folder() const {
        return request_.archive.empty() ? request_.data + "/archive" : request_.archive;
    }

    void keep(const BackupFile& file) {
        report_.manifest.files.push_back(file);
        ++report_.files_kept;
    }

    void copy_snapshots(const std::vector<std::string>& names) {
        for (const std::string& name : names) {
            const std::string path = "snapshots/" + name;
            const std::uint64_t size = size_of_file(request_.data + "/" + path);
            // One of the same name may have been taken again: then the backup gets that one.
            const BackupFile* old = before_ ? before_->find(path) : nullptr;
            if (old != nullptr && old->facts.size == size && fs::exists(to_ + "/" + path) &&
                hash_file(request_.data + "/" + path, size) == old->facts.sha256)
                keep(*old);
            else
                copy_anew(path, request_.data + "/" + path, size, size);
        }
    }

    // One of a moment that the journal's own watermarks do not know as durable yet.
    void drop_later_snapshots() {
        std::erase_if(report_.manifest.files, [&](const BackupFile& file) {
            const std::string_view path = file.path;
            return path.starts_with("snapshots/") &&
                   journal::parse_snapshot_name(path.substr(path.find('/') + 1))->value > report_.manifest.sequence;
        });
    }

    void copy_others() {
        const std::string own = request_.data + "/" + std::string{kConfigName};
        replace(kConfigName, request_.config.empty() && fs::exists(own) ? own : request_.config);
        if (!request_.vault.empty()) {
            const auto vault = wallet::read_vault_file(request_.vault);
            if (!vault || !wallet::parse_vault(*vault))
                throw std::runtime_error(request_.vault + ": is no vault that can be used; see dcx vault check");
        }
        replace(kVaultName, request_.vault);
    }

    // A file that may be another each time; without one, what the backup has of it stays.
    void replace(std::string_view path, const std::string& source) {
        if (source.empty()) {
            const BackupFile* old = before_ ? before_->find(path) : nullptr;
            if (old != nullptr) keep(*old);
            return;
        }
        const std::uint64_t size = size_of_file(source);
        const BackupFile file{std::string{path}, {.size = size, .bytes = size, .sha256 = hash_file(source, size)}};
        const std::string target = to_ + "/" + file.stored();
        if (fs::exists(target) && size_of_file(target) == size) return keep(file);
        if (copy_file(source, target, size, size, false) != file.facts.sha256)
            throw std::runtime_error(source + ": was changed while it was copied");
        report_.manifest.files.push_back(file);
        ++report_.files_copied;
        report_.bytes_copied += size;
    }

    // A file that only grows.
    void copy(const std::string& path, const std::string& source, std::uint64_t bytes, std::uint64_t size) {
        const std::string target = to_ + "/" + path;
        const BackupFile* old = before_ ? before_->find(path) : nullptr;
        if (old != nullptr) {
            if (old->facts.bytes > bytes || old->facts.size != size ||
                hash_file(source, old->facts.bytes) != old->facts.sha256)
                throw std::runtime_error(source +
                                         ": does not continue what the backup has of it; it is another venue's, an "
                                         "older copy, or damaged. Make a backup into a new folder");
            if (old->facts.bytes == bytes && fs::exists(target) && size_of_file(target) == size) return keep(*old);
        }
        copy_anew(path, source, bytes, size);
    }

    void copy_anew(const std::string& path, const std::string& source, std::uint64_t bytes, std::uint64_t size) {
        const Digest hash = copy_file(source, to_ + "/" + path, bytes, size, false);
        report_.manifest.files.push_back({path, {.size = size, .bytes = bytes, .sha256 = hash}});
        ++report_.files_copied;
        report_.bytes_copied += bytes;
    }

    // Where the journal ends that is now in the backup.
    void take_end() {
        const JournalEnd end = walk_journal(to_);
        Manifest& manifest = report_.manifest;
        manifest.venue_id = end.venue_id;
        manifest.sequence = end.sequence;
        manifest.batch = end.batch;
        manifest.journal_hash = end.hash;
        if (before_ && (before_->venue_id != manifest.venue_id || before_->batch > manifest.batch))
            throw std::runtime_error(to_ + ": is a backup of another venue, or of a later state");
    }

    void verify() const {
        for (const BackupFile& file : report_.manifest.files)
            if (hash_file(to_ + "/" + file.stored(), file.facts.bytes) != file.facts.sha256)
                throw std::runtime_error(to_ + "/" + file.stored() + ": is not what was written");
    }

    // After the manifest, which does not name them any more.
    void forget_old_files() const {
        std::error_code ignored;
        for (const std::string& name : list_snapshot_files(to_ + "/snapshots"))
            if (report_.manifest.find("snapshots/" + name) == nullptr) fs::remove(to_ + "/snapshots/" + name, ignored);
        for (const std::string_view path : {kConfigName, kVaultName}) {
            const BackupFile* old = before_ ? before_->find(path) : nullptr;
            const BackupFile* now = report_.manifest.find(path);
            if (old != nullptr && now != nullptr && old->stored() != now->stored())
                fs::remove(to_ + "/" + old->stored(), ignored);
        }
    }

    const BackupRequest& request_;
    const std::string& to_;
    std::optional<Manifest> before_;
    BackupReport report_;
    std::string first_;  // segment of the venue's folder
};

// What is wrong with a file, or nothing.
std::string damage_of(const std::string& path, const BackupFile& file) {
    try {
        if (size_of_file(path) != file.facts.size) return path + ": has another size than the manifest says";
        if (hash_file(path, file.facts.bytes) != file.facts.sha256) return path + ": is damaged";
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return {};
}

// Where the files of a manifest stand: in a backup, or in a data folder.
enum class Place : std::uint8_t { backup, data };

void check_files(const std::string& folder, const Manifest& manifest, Place place) {
    std::string damaged;
    for (const BackupFile& file : manifest.files) {
        const std::string path = folder + "/" + (place == Place::backup ? file.stored() : file.path);
        if (const std::string what = damage_of(path, file); !what.empty())
            damaged += (damaged.empty() ? "" : "\n") + what;
    }
    if (!damaged.empty()) throw std::runtime_error(damaged);
}

void check_end(const std::string& folder, const Manifest& manifest) {
    const JournalEnd end = walk_journal(folder);
    if (end.venue_id != manifest.venue_id || end.sequence != manifest.sequence || end.batch != manifest.batch ||
        end.hash != manifest.journal_hash)
        throw std::runtime_error(folder + "/journal: ends with command " + std::to_string(end.sequence) +
                                 ", and the manifest says " + std::to_string(manifest.sequence));
}

void copy_all(const std::string& from, const std::string& to, const Manifest& manifest) {
    for (const char* folder : kFolders) make_folder(to + folder);
    for (const BackupFile& file : manifest.files) {
        const std::string target = to + "/" + file.path;
        // The last segment is written on: its space must be there.
        const Digest hash = copy_file(from + "/" + file.stored(), target, file.facts.bytes, file.facts.size,
                                      file.path.starts_with("journal/"));
        if (hash != file.facts.sha256) throw std::runtime_error(from + "/" + file.stored() + ": is damaged");
    }
    for (const char* folder : kFolders) sync_folder(to + folder);
}

}  // namespace

BackupReport make_backup(const BackupRequest& request) { return Backup(request).run(); }

Manifest check_backup(const std::string& destination) {
    Manifest manifest = read_manifest(destination);
    check_files(destination, manifest, Place::backup);
    // A backup that was broken off has more of the journal than its manifest says, and never less.
    if (walk_journal(destination).batch < manifest.batch)
        throw std::runtime_error(destination + "/journal: ends before the manifest says");
    return manifest;
}

Manifest restore_backup(const std::string& destination, const std::string& target) {
    std::string data = target;
    while (data.size() > 1 && data.ends_with('/')) data.pop_back();
    if (fs::exists(data) && (!fs::is_directory(data) || !fs::is_empty(data)))
        throw std::runtime_error(data + ": is not empty, and a restore writes over nothing");
    Manifest manifest = check_backup(destination);
    // A half of it must not look like a venue with a shorter journal.
    const std::string beside = data + ".restoring";
    if (fs::exists(beside))
        throw std::runtime_error(beside + ": is of a restore that did not end: look at it, and remove it");
    copy_all(destination, beside, manifest);
    check_files(beside, manifest, Place::data);
    check_end(beside, manifest);
    std::error_code error;
    fs::rename(beside, data, error);
    if (error) throw std::runtime_error(data + ": can't be put in place: " + error.message());
    const std::string parent = fs::absolute(data).parent_path().string();
    sync_folder(parent);
    return manifest;
}

}  // namespace dcx::app
