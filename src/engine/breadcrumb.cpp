#include "engine/breadcrumb.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

namespace dcx::engine {

// Everything is native: the page is read by the machine that wrote it.
struct Breadcrumb::Page {
    static constexpr std::uint64_t kMagic = 0x31424D5552434344u;  // "DCCRUMB1"

    std::uint64_t magic{};
    core::Trail trail;
    Command died_on;
    std::uint32_t deaths{};  // in a row; 0: none
    std::int32_t fault{};    // the signal that ended the process; 0: none that it could note
};

namespace {

// What it did to itself, and SIGABRT, which a watchdog sends to a process that hangs.
constexpr int kFaults[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};

std::atomic<Breadcrumb*> watched{nullptr};

void set_faults(struct sigaction action) {
    for (const int signal : kFaults) ::sigaction(signal, &action, nullptr);
}

}  // namespace

Breadcrumb::Page& Breadcrumb::page() const {
    static_assert(sizeof(Page) <= kSize && std::is_trivially_copyable_v<Page>);
    return *reinterpret_cast<Page*>(bytes_.data());
}

std::expected<std::unique_ptr<Breadcrumb>, std::string> Breadcrumb::open(const std::string& path) {
    const auto refused = [&] { return std::unexpected(path + ": " + std::generic_category().message(errno)); };
    const int descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) return refused();
    // Its blocks must be there: a page of a hole on a full disk is a SIGBUS.
    if (const int code = ::posix_fallocate(descriptor, 0, kSize); code != 0) {
        ::close(descriptor);
        errno = code;
        return refused();
    }
    void* const address = ::mmap(nullptr, kSize, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    const int code = errno;
    ::close(descriptor);
    errno = code;
    if (address == MAP_FAILED) return refused();
    auto breadcrumb =
        std::make_unique<Breadcrumb>(std::span<std::byte, kSize>{static_cast<std::byte*>(address), kSize});
    breadcrumb->mapped_ = true;
    return breadcrumb;
}

Breadcrumb::Breadcrumb(std::span<std::byte, kSize> page) : bytes_(page) {
    if (this->page().magic == Page::kMagic) return;
    this->page() = {};
    this->page().magic = Page::kMagic;
}

Breadcrumb::~Breadcrumb() {
    if (watched.load() == this) {
        struct sigaction action{};
        action.sa_handler = SIG_DFL;
        set_faults(action);
        watched.store(nullptr);
    }
    if (mapped_) ::munmap(bytes_.data(), bytes_.size());
}

void Breadcrumb::catch_faults() {
    watched.store(this);
    struct sigaction action{};
    action.sa_sigaction = on_fault;
    // Once: the same fault again, or the same signal, ends the process as if nobody had looked.
    action.sa_flags = static_cast<int>(SA_SIGINFO | SA_RESETHAND | SA_ONSTACK);
    set_faults(action);
}

void Breadcrumb::note_fault(int signal) { page().fault = signal; }

void Breadcrumb::applied_by_this_thread() {
    // An overflow of the stack is noted on another one.
    alignas(16) static thread_local std::array<std::byte, 32'768> stack;
    const stack_t other{.ss_sp = stack.data(), .ss_flags = 0, .ss_size = stack.size()};
    if (watched.load() == this) ::sigaltstack(&other, nullptr);
    applying_thread_.store(::gettid());
}

// Only what may be done in a signal handler: memory and system calls.
void Breadcrumb::on_fault(int signal, siginfo_t* info, void*) {
    Breadcrumb* const breadcrumb = watched.load();
    const bool from_outside = info->si_code == SI_USER && info->si_pid != ::getpid();
    if (breadcrumb != nullptr && (from_outside || ::gettid() == breadcrumb->applying_thread_.load()))
        breadcrumb->note_fault(signal);
    // A fault of the processor comes again by itself when we return; what was sent must be sent again.
    if (info->si_code <= 0) ::raise(signal);
}

std::optional<DeadlyCommand> Breadcrumb::look() {
    Page& page = this->page();
    const bool by_fault = std::exchange(page.fault, 0) != 0;
    if (std::exchange(page.trail.sequence, 0) == 0 || !by_fault) return std::nullopt;
    const bool again =
        page.deaths > 0 && std::memcmp(static_cast<const void*>(&page.died_on),
                                       static_cast<const void*>(&page.trail.command), sizeof(Command)) == 0;
    page.deaths = again ? page.deaths + 1 : 1;
    page.died_on = page.trail.command;
    return deadly();
}

std::optional<DeadlyCommand> Breadcrumb::deadly() const {
    const Page& page = this->page();
    if (page.deaths == 0) return std::nullopt;
    return DeadlyCommand{
        .command = page.died_on, .hash = Sha256::of(std::as_bytes(std::span{&page.died_on, 1})), .deaths = page.deaths};
}

void Breadcrumb::forget() { page().deaths = 0; }

core::Trail& Breadcrumb::trail() { return page().trail; }

std::string describe(const DeadlyCommand& deadly) {
    const CommandHeader& header = deadly.command.header;
    return "command " + std::to_string(header.sequence.value) + ", " + std::string{to_string(header.kind)} +
           ", of session " + std::to_string(header.session.value) + ", time " + std::to_string(header.time.value) +
           ", hash " + to_hex(deadly.hash) + ", bytes " + to_hex(std::as_bytes(std::span{&deadly.command, 1}));
}

}  // namespace dcx::engine
