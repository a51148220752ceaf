// ShmPeer: for tests, the other end of a client's shared memory, raw: it asks at the door and maps what it is given,
// and then a test may write into the memory whatever it wants. Nothing waits; poll() until it is mapped or closed.
#pragma once

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/descriptor.h"
#include "model/shm.h"
#include "platform/descriptor_passing.h"
#include "platform/shared_memory.h"
#include "ring/shared_ring.h"

namespace dcx::gateway {

class ShmPeer {
  public:
    // Without a request it is a visitor that says nothing.
    explicit ShmPeer(const std::string& path, std::optional<ShmRequest> request = ShmRequest{})
        : socket_(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        DCX_CHECK(path.size() < sizeof address.sun_path);
        std::memcpy(address.sun_path, path.c_str(), path.size());
        if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
            closed_ = true;
        } else if (request) {
            say(std::as_bytes(std::span{&*request, 1}));
        }
    }

    // Takes what the socket tells: the answer, the memory, the end.
    void poll() {
        if (closed_) return;
        if (answered() && answer_->code == ShmCode::admitted && !memory_) return take_memory();
        std::array<std::byte, 512> said;
        const auto size = ::recv(socket_.get(), said.data(), said.size(), MSG_DONTWAIT);
        if (size == 0) closed_ = true;
        if (size <= 0) return;
        if (!answered() && size == sizeof(ShmAnswer)) {
            answer_.emplace();
            std::memcpy(static_cast<void*>(&*answer_), said.data(), sizeof(ShmAnswer));
        } else if (size == 1) {
            ++wakes_;
        } else {
            last_words_.assign(said.begin(), said.begin() + size);
        }
    }

    [[nodiscard]] bool answered() const { return answer_.has_value(); }
    [[nodiscard]] const ShmAnswer& answer() const { return *answer_; }
    [[nodiscard]] bool mapped() const { return memory_.has_value(); }
    [[nodiscard]] bool closed() const { return closed_; }
    // Bytes on the socket that told us to look.
    [[nodiscard]] int wakes() const { return wakes_; }
    // A frame that came through the socket.
    [[nodiscard]] const std::vector<std::byte>& last_words() const { return last_words_; }

    // ---- once it is mapped
    [[nodiscard]] ring::SharedRecords& requests() { return *requests_ring_; }
    [[nodiscard]] ring::SharedRecords& reports() { return *reports_ring_; }
    [[nodiscard]] ring::RecordProducer<>& producer() { return *producer_; }
    [[nodiscard]] ring::RecordConsumer<>& consumer() { return *consumer_; }
    [[nodiscard]] std::span<std::byte> memory() { return memory_->bytes(); }

    [[nodiscard]] int socket() const { return socket_.get(); }
    void say(std::span<const std::byte> bytes) {
        (void)::send(socket_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    // The memory stays mapped.
    void close() {
        closed_ = true;
        socket_ = Descriptor{};
    }

  private:
    void take_memory() {
        auto descriptor = platform::receive_descriptor(socket_.get());
        if (!descriptor) return;
        auto memory = platform::SharedMemory::open(std::move(*descriptor), platform::Access::read_write, kShmMemoryMax);
        DCX_CHECK(memory.has_value() && memory->read_only().size() == answer_->memory_bytes);
        memory_.emplace(std::move(*memory));
        const auto part = [&](const ShmRing& ring) { return memory_->bytes().subspan(ring.offset, ring.bytes); };
        auto requests = ring::SharedRecords::attach(part(answer_->requests));
        auto reports = ring::SharedRecords::attach(part(answer_->reports));
        DCX_CHECK(requests.has_value() && reports.has_value());
        requests_ring_.emplace(*requests);
        reports_ring_.emplace(*reports);
        producer_.emplace(requests_ring_->words(), requests_ring_->slots(), ring::Peer::other_process);
        consumer_.emplace(reports_ring_->words(), reports_ring_->slots(), ring::Peer::other_process);
    }

    Descriptor socket_;
    std::optional<ShmAnswer> answer_;
    std::optional<platform::SharedMemory> memory_;
    std::optional<ring::SharedRecords> requests_ring_;
    std::optional<ring::SharedRecords> reports_ring_;
    std::optional<ring::RecordProducer<>> producer_;
    std::optional<ring::RecordConsumer<>> consumer_;
    std::vector<std::byte> last_words_;
    int wakes_ = 0;
    bool closed_ = false;
};

}  // namespace dcx::gateway
