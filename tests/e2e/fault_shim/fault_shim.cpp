// Faults for the program as users get it: preloaded (LD_PRELOAD), this library stands between dcx and the system's
// calls on files and clocks, and makes them fail, cut, wait or lie as a control file says. tests/e2e/faults.py writes
// that file, named by DCX_FAULT_CONTROL, while the program runs: both map it, so a fault begins with the next call.
//
// Errors of the C library's own (what fopen does inside) are out of reach. Any thread.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

enum Operation : std::uint32_t {
    kNone = 0,
    kPwrite = 1,
    kDataSync = 2,  // fdatasync
    kSync = 3,      // fsync, of files and folders
    kAllocate = 4,
    kRename = 5,
    kOpen = 6,
    kTruncate = 7,
    kPread = 8,
};
enum Action : std::uint32_t {
    kFail = 1,     // the errno is `argument`; nothing is done
    kShort = 2,    // pwrite, pread: half of it, which is no error
    kDelay = 3,    // `argument` ms before it is done
    kLie = 4,      // success; nothing is done
    kTear = 5,     // pwrite: the first half is done, then errno `argument`
    kFailOpen = 6  // open: the errno, but only where it would create a file
};

// A rule's bytes as faults.py packs them.
struct Rule {
    std::atomic<std::uint32_t> operation;  // written last: the rule counts from then on
    std::uint32_t action;
    std::int64_t argument;
    std::uint64_t after;               // matching calls that go well first
    std::uint64_t times;               // then so many are hit
    std::atomic<std::uint64_t> calls;  // matching ones so far
    std::atomic<std::uint64_t> hits;
    char path[208];  // the file's path begins so, or holds it when it does not begin with a slash
};
static_assert(sizeof(Rule) == 256);

struct Control {
    std::atomic<std::int64_t> wall_offset_ns;  // added to the wall clock
    char reserved[248];
    Rule rules[15];
};
static_assert(sizeof(Control) == 4096);

Control* map_control() {
    const char* path = std::getenv("DCX_FAULT_CONTROL");
    if (path == nullptr) return nullptr;
    const int file = ::open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return nullptr;
    void* address = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ::close(file);
    return address == MAP_FAILED ? nullptr : static_cast<Control*>(address);
}

Control* control() {
    static Control* const mapped = map_control();
    return mapped;
}

template <class Function>
Function* next(const char* name) {
    return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

struct Path {
    char text[4096];
};

Path path_of(int descriptor) {
    Path path{};
    char link[64];
    std::snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    const ssize_t size = ::readlink(link, path.text, sizeof path.text - 1);
    path.text[size < 0 ? 0 : size] = '\0';
    return path;
}

Path path_of(int folder, const char* name) {
    if (name[0] == '/' || folder == AT_FDCWD) {
        Path path{};
        std::snprintf(path.text, sizeof path.text, "%s", name);
        return path;
    }
    Path path = path_of(folder);
    const std::size_t size = std::strlen(path.text);
    std::snprintf(path.text + size, sizeof path.text - size, "/%s", name);
    return path;
}

bool matches(const Rule& rule, const char* path) {
    const char* const found = std::strstr(path, rule.path);
    return found != nullptr && (found == path || rule.path[0] != '/');
}

struct Fault {
    std::uint32_t action = 0;
    std::int64_t argument = 0;
};

// What is to happen to this call, if anything; the first rule that says so. A delay has passed when it returns.
template <class Describe>
Fault fault_of(Operation operation, Describe&& describe) {
    if (control() == nullptr) return {};
    for (Rule& rule : control()->rules) {
        if (rule.operation.load(std::memory_order_acquire) != operation) continue;
        if (!matches(rule, describe().text)) continue;
        const std::uint64_t call = rule.calls.fetch_add(1);
        if (call < rule.after || call - rule.after >= rule.times) continue;
        rule.hits.fetch_add(1);
        if (rule.action != kDelay) return {rule.action, rule.argument};
        const timespec wait{rule.argument / 1000, rule.argument % 1000 * 1'000'000};
        ::nanosleep(&wait, nullptr);
    }
    return {};
}

int failed(const Fault& fault) {
    errno = static_cast<int>(fault.argument);
    return -1;
}

template <class Call>
int plain(Operation operation, int descriptor, Call&& call) {
    const Fault fault = fault_of(operation, [&] { return path_of(descriptor); });
    if (fault.action == kFail) return failed(fault);
    return fault.action == kLie ? 0 : call();
}

// Part of a write or read, or all where there is no part that direct I/O could go on from.
std::size_t part_of(std::size_t size) {
    constexpr std::size_t block = 4096;
    if (size % block != 0) return size / 2;
    return size == block ? size : size / 2 / block * block;
}

ssize_t write_at(int descriptor, const void* bytes, std::size_t size, off_t offset) {
    static auto* const real = next<ssize_t(int, const void*, std::size_t, off_t)>("pwrite");
    const Fault fault = fault_of(kPwrite, [&] { return path_of(descriptor); });
    switch (fault.action) {
        case kFail: return failed(fault);
        case kLie: return static_cast<ssize_t>(size);
        case kShort: return real(descriptor, bytes, size > 1 ? part_of(size) : size, offset);
        case kTear: return real(descriptor, bytes, part_of(size), offset), failed(fault);
        default: return real(descriptor, bytes, size, offset);
    }
}

ssize_t read_at(int descriptor, void* bytes, std::size_t size, off_t offset) {
    static auto* const real = next<ssize_t(int, void*, std::size_t, off_t)>("pread");
    const Fault fault = fault_of(kPread, [&] { return path_of(descriptor); });
    if (fault.action == kFail) return failed(fault);
    return real(descriptor, bytes, fault.action == kShort && size > 1 ? part_of(size) : size, offset);
}

int open_at(int folder, const char* name, int flags, mode_t mode) {
    static auto* const real = next<int(int, const char*, int, ...)>("openat");
    const Fault fault = fault_of(kOpen, [&] { return path_of(folder, name); });
    const bool hit = fault.action == kFail || (fault.action == kFailOpen && (flags & O_CREAT) != 0);
    return hit ? failed(fault) : real(folder, name, flags, mode);
}

int allocate(int descriptor, off_t offset, off_t size) {
    static auto* const real = next<int(int, off_t, off_t)>("posix_fallocate");
    const Fault fault = fault_of(kAllocate, [&] { return path_of(descriptor); });
    if (fault.action == kFail) return static_cast<int>(fault.argument);
    return real(descriptor, offset, size);
}

int truncate(int descriptor, off_t size) {
    static auto* const real = next<int(int, off_t)>("ftruncate");
    return plain(kTruncate, descriptor, [&] { return real(descriptor, size); });
}

}  // namespace

extern "C" {

ssize_t pwrite(int descriptor, const void* bytes, std::size_t size, off_t offset) {
    return write_at(descriptor, bytes, size, offset);
}
ssize_t pwrite64(int descriptor, const void* bytes, std::size_t size, off64_t offset) {
    return write_at(descriptor, bytes, size, offset);
}
ssize_t pread(int descriptor, void* bytes, std::size_t size, off_t offset) {
    return read_at(descriptor, bytes, size, offset);
}
ssize_t pread64(int descriptor, void* bytes, std::size_t size, off64_t offset) {
    return read_at(descriptor, bytes, size, offset);
}

int fdatasync(int descriptor) {
    static auto* const real = next<int(int)>("fdatasync");
    return plain(kDataSync, descriptor, [&] { return real(descriptor); });
}
int fsync(int descriptor) {
    static auto* const real = next<int(int)>("fsync");
    return plain(kSync, descriptor, [&] { return real(descriptor); });
}

int posix_fallocate(int descriptor, off_t offset, off_t size) { return allocate(descriptor, offset, size); }
int posix_fallocate64(int descriptor, off64_t offset, off64_t size) { return allocate(descriptor, offset, size); }
int fallocate(int descriptor, int mode, off_t offset, off_t size) {
    static auto* const real = next<int(int, int, off_t, off_t)>("fallocate");
    return plain(kAllocate, descriptor, [&] { return real(descriptor, mode, offset, size); });
}
int ftruncate(int descriptor, off_t size) noexcept { return truncate(descriptor, size); }
int ftruncate64(int descriptor, off64_t size) noexcept { return truncate(descriptor, size); }

int renameat2(int from_folder, const char* from, int to_folder, const char* to, unsigned flags) noexcept {
    static auto* const real = next<int(int, const char*, int, const char*, unsigned)>("renameat2");
    const Fault fault = fault_of(kRename, [&] { return path_of(to_folder, to); });
    return fault.action == kFail ? failed(fault) : real(from_folder, from, to_folder, to, flags);
}
int rename(const char* from, const char* to) noexcept {
    static auto* const real = next<int(const char*, const char*)>("rename");
    const Fault fault = fault_of(kRename, [&] { return path_of(AT_FDCWD, to); });
    return fault.action == kFail ? failed(fault) : real(from, to);
}

int openat(int folder, const char* name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_at(folder, name, flags, mode);
}
int openat64(int folder, const char* name, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    return open_at(folder, name, flags, mode);
}

int clock_gettime(clockid_t id, timespec* now) noexcept {
    static auto* const real = next<int(clockid_t, timespec*)>("clock_gettime");
    const int done = real(id, now);
    if (done != 0 || id != CLOCK_REALTIME || control() == nullptr) return done;
    const std::int64_t ns = now->tv_nsec + control()->wall_offset_ns.load(std::memory_order_relaxed);
    constexpr std::int64_t second = 1'000'000'000;
    // Rounded down, also below zero.
    const std::int64_t seconds = ns / second - (ns % second < 0 ? 1 : 0);
    now->tv_sec += seconds;
    now->tv_nsec = ns - seconds * second;
    return 0;
}

}  // extern "C"
