#include "client/session_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <system_error>

#include "base/crc32c.h"

namespace dcx::client {
namespace {

constexpr std::array kMagic{'d', 'c', 'x', '-', 's', 'e', 's', 's', 'i', 'o', 'n', '-', '1', '\n', '\0', '\0'};

std::int64_t wall_ns() {
    return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

std::string system_error_text(const std::string& path) { return path + ": " + std::generic_category().message(errno); }

struct Slot {
    std::uint64_t sequence{};  // written last and cleared first; 0: empty
    std::int64_t given_ns{};   // wall clock
    CommandKind kind{};
    std::uint16_t size{};
    std::uint32_t crc{};  // of the body, so that half a slot of a crashed machine is none
    std::array<std::byte, kMessageBodySize> body{};
};

// The process may die between any two stores, so what they mean must not depend on one that comes later.
void store(std::uint64_t& word, std::uint64_t value) { std::atomic_ref{word}.store(value, std::memory_order_release); }

}  // namespace

struct SessionFile::Layout {
    std::array<char, 16> magic{};
    std::uint64_t client_session{};
    std::uint64_t key{};
    std::uint64_t next_report{};
    std::uint64_t answered_through{};
    std::uint64_t last_sent{};
    std::uint64_t zero{};
    std::array<Slot, kSlots> slots{};

    [[nodiscard]] Slot& slot(std::uint64_t sequence) { return slots[sequence % kSlots]; }
};

std::expected<SessionFile, std::string> SessionFile::open(const std::string& path, KeyId key,
                                                          std::uint64_t client_session) {
    Descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (file.get() < 0) return std::unexpected(system_error_text(path));
    if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0)
        return std::unexpected(errno == EWOULDBLOCK ? path + ": another process has this session"
                                                    : system_error_text(path));
    struct stat status{};
    if (::fstat(file.get(), &status) != 0) return std::unexpected(system_error_text(path));
    const bool fresh = status.st_size == 0;
    if (!fresh && status.st_size != sizeof(Layout)) return std::unexpected(path + ": this is no session file");
    // Space that is there: a store into a page without would be a signal.
    if (const int error = ::posix_fallocate(file.get(), 0, sizeof(Layout)); error != 0)
        return std::unexpected(path + ": " + std::generic_category().message(error));
    void* const at = ::mmap(nullptr, sizeof(Layout), PROT_READ | PROT_WRITE, MAP_SHARED, file.get(), 0);
    if (at == MAP_FAILED) return std::unexpected(system_error_text(path));
    auto* const layout = static_cast<Layout*>(at);
    SessionFile session(std::move(file), layout);
    // Made and given its size, but its maker died before he said whose it is.
    if (layout->client_session == 0) {
        layout->magic = kMagic;
        layout->key = key.value;
        store(layout->client_session, client_session);
    }
    if (layout->magic != kMagic) return std::unexpected(path + ": this is no session file");
    if (layout->key != key.value || layout->client_session != client_session)
        return std::unexpected(path + ": it is of session " + std::to_string(layout->client_session) + " of key " +
                               std::to_string(layout->key));
    return session;
}

SessionFile::SessionFile(SessionFile&& other) noexcept
    : file_(std::move(other.file_)), layout_(std::exchange(other.layout_, nullptr)) {}

void SessionFile::close() {
    if (layout_ != nullptr) ::munmap(std::exchange(layout_, nullptr), sizeof(Layout));
    if (const int fd = file_.release(); fd >= 0) ::close(fd);
}

std::uint64_t SessionFile::next_report() const { return layout_->next_report; }
std::uint64_t SessionFile::last_sent() const { return layout_->last_sent; }
std::uint64_t SessionFile::answered_through() const { return layout_->answered_through; }

std::vector<OutboxCommand> SessionFile::unanswered(std::int64_t now_ns) const {
    std::vector<OutboxCommand> commands;
    for (const Slot& slot : layout_->slots) {
        if (slot.sequence <= layout_->answered_through || slot.size > slot.body.size()) continue;
        const std::span body = std::span{slot.body}.first(slot.size);
        if (slot.crc != crc32c(body)) continue;
        commands.push_back({.sequence = slot.sequence,
                            .cl_ord_id = cl_ord_id_of(slot.kind, body),
                            .kind = slot.kind,
                            .size = slot.size,
                            .given_ns = now_ns - std::max<std::int64_t>(wall_ns() - slot.given_ns, 0),
                            .body = slot.body});
    }
    std::ranges::sort(commands, {}, &OutboxCommand::sequence);
    return commands;
}

void SessionFile::sending(const OutboxCommand& command, std::uint64_t sequence) {
    Slot& slot = layout_->slot(sequence);
    store(slot.sequence, 0);
    slot.given_ns = wall_ns();
    slot.kind = command.kind;
    slot.size = command.size;
    slot.crc = crc32c(command.bytes());
    slot.body = command.body;
    store(slot.sequence, sequence);
    store(layout_->last_sent, sequence);
}

void SessionFile::answered(std::uint64_t sequence) {
    if (sequence > layout_->answered_through) store(layout_->answered_through, sequence);
}

void SessionFile::venue_expects(std::uint64_t next) {
    for (std::uint64_t sequence = next; sequence <= layout_->last_sent; ++sequence)
        if (layout_->slot(sequence).sequence == sequence) store(layout_->slot(sequence).sequence, 0);
    if (next > 0) store(layout_->last_sent, next - 1);
}

void SessionFile::next_report(std::uint64_t next) { store(layout_->next_report, next); }

void SessionFile::forget() {
    for (Slot& slot : layout_->slots) store(slot.sequence, 0);
}

}  // namespace dcx::client
