#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <span>
#include <system_error>

#include "app/commands.h"
#include "app/doctor.h"
#include "base/descriptor.h"
#include "platform/system_clock.h"

namespace dcx::app {

namespace {

namespace fs = std::filesystem;

std::string error_text(int error) { return std::generic_category().message(error); }

// The folder itself, or the nearest one above it that is there: where it would be made.
std::string nearest_folder(const std::string& data) {
    std::error_code error;
    fs::path folder = fs::absolute(data, error).lexically_normal();
    while (!fs::is_directory(folder, error) && folder.has_relative_path()) folder = folder.parent_path();
    return folder.string();
}

std::string file_system_of(const std::string& folder) {
    struct statfs system{};
    if (::statfs(folder.c_str(), &system) != 0) return "unknown";
    switch (static_cast<unsigned long>(system.f_type)) {
        case EXT4_SUPER_MAGIC: return "ext4";
        case XFS_SUPER_MAGIC: return "xfs";
        case BTRFS_SUPER_MAGIC: return "btrfs";
        case F2FS_SUPER_MAGIC: return "f2fs";
        case TMPFS_MAGIC: return "tmpfs";
        case RAMFS_MAGIC: return "ramfs";
        case OVERLAYFS_SUPER_MAGIC: return "overlay";
        case NFS_SUPER_MAGIC: return "nfs";
        case V9FS_MAGIC: return "9p";
        case FUSE_SUPER_MAGIC: return "fuse";
        case 0x2FC12FC1: return "zfs";
        default: break;
    }
    char number[32];
    std::snprintf(number, sizeof number, "0x%lx", static_cast<unsigned long>(system.f_type));
    return number;
}

// As the journal does it: writes into space that was written before, each synced. At most a second.
void try_disk(LiveFacts& facts) {
    constexpr std::size_t writes = 64;
    constexpr std::int64_t longest_ns = 1'000'000'000;
    alignas(4096) static constexpr std::array<std::byte, 4096> block{};
    std::string name = facts.data + "/dcx-doctor-XXXXXX";
    const Descriptor file{::mkostemp(name.data(), O_CLOEXEC)};
    if (file.get() < 0) {
        facts.data_error = error_text(errno);
        return;
    }
    ::unlink(name.c_str());
    const auto write_at = [&](std::size_t at) {
        return ::pwrite(file.get(), block.data(), block.size(), static_cast<off_t>(at * block.size())) ==
               static_cast<ssize_t>(block.size());
    };
    platform::SystemClock clock;
    std::vector<std::int64_t> times;
    bool good = true;
    for (std::size_t i = 0; good && i < writes; ++i) good = write_at(i);
    good = good && ::fsync(file.get()) == 0;
    const std::int64_t start = clock.monotonic_ns();
    for (std::size_t i = 0; good && i < writes && clock.monotonic_ns() - start < longest_ns; ++i) {
        const std::int64_t before = clock.monotonic_ns();
        good = write_at(i) && ::fdatasync(file.get()) == 0;
        times.push_back(clock.monotonic_ns() - before);
    }
    if (!good) {
        facts.data_error = error_text(errno);
        return;
    }
    std::ranges::sort(times);
    facts.sync_p50_ns = times[times.size() / 2];
    facts.sync_worst_ns = times.back();
}

std::optional<std::uint64_t> free_bytes(const std::string& folder) {
    struct statvfs status{};
    if (::statvfs(folder.c_str(), &status) != 0) return std::nullopt;
    return std::uint64_t{status.f_bavail} * status.f_frsize;
}

bool has_io_uring() {
    io_uring_params parameters{};
    const Descriptor ring{static_cast<int>(::syscall(SYS_io_uring_setup, 1, &parameters))};
    return ring.get() >= 0;
}

// Somebody listens there: a venue could not.
bool is_taken(std::uint16_t port) {
    const Descriptor socket{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    const int on = 1;
    ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return ::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 &&
           errno == EADDRINUSE;
}

}  // namespace

LiveFacts look_around(const std::string& data) {
    LiveFacts facts;
    facts.data = nearest_folder(data);
    facts.file_system = file_system_of(facts.data);
    facts.free_bytes = free_bytes(facts.data);
    try_disk(facts);
    if (const std::string shm = file_system_of("/dev/shm"); shm == "tmpfs" || shm == "ramfs")
        facts.shm_free_bytes = free_bytes("/dev/shm");
    facts.io_uring = has_io_uring();
    timex adjustment{};
    const int state = ::adjtimex(&adjustment);
    if (state >= 0) facts.time_synchronized = state != TIME_ERROR && (adjustment.status & STA_UNSYNC) == 0;
    for (const std::uint16_t port : {std::uint16_t{7001}, std::uint16_t{8080}, std::uint16_t{8081}})
        if (is_taken(port)) facts.taken_ports.push_back(std::to_string(port));
    return facts;
}

int doctor(const DoctorOptions& options) {
    const auto findings = examine("/", look_around(options.data));
    const std::string text = options.json ? findings_json(findings) + "\n" : findings_table(findings);
    std::fputs(text.c_str(), stdout);
    return std::ranges::count(findings, Verdict::bad, &Finding::verdict) > 0 ? kFailed : kDone;
}

}  // namespace dcx::app
