// ShmWire: the client's end of shared memory as bytes that go out and come in, as TcpPipe has them (wire_link.h). One
// thread. Throws std::runtime_error when the venue does not let it in or goes away.
#pragma once

#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "client/shm_pipe.h"
#include "model/frame.h"
#include "wire_link.h"

namespace dcx::bench {

class ShmWire {
  public:
    ShmWire(const std::string& path, Idle idle) : end_(std::make_unique<End>(path, idle == Idle::spin)) {
        for (int i = 0; i < kOpenRounds && !end_->pipe.is_open(); ++i) end_->look(1);
        if (!end_->pipe.is_open()) throw std::runtime_error("shared memory: not admitted after ten seconds");
    }
    // Whole frames, as many as there is room for: how many bytes they were.
    std::size_t send(std::span<const std::byte> bytes) {
        std::size_t sent = 0;
        while (sent < bytes.size()) {
            std::uint32_t length = 0;
            std::memcpy(&length, bytes.data() + sent, sizeof length);
            std::byte* const room = end_->pipe.prepare(length);
            if (room == nullptr) break;
            std::memcpy(room, bytes.data() + sent, length);
            end_->pipe.commit();
            sent += length;
        }
        end_->pipe.flush();
        return sent;
    }
    std::size_t receive(std::span<std::byte> room, Idle idle) {
        End& end = *end_;
        if (end.taken == end.bytes.size()) {
            end.bytes.clear();
            end.taken = 0;
            // Nobody wakes who said that he would spin.
            if (idle == Idle::polite && !end.spinning)
                end.look(1000);
            else if (!end.pipe.poll() && ++end.empty_looks % kLooks == 0)
                end.look(0);
        }
        const std::size_t size = std::min(room.size(), end.bytes.size() - end.taken);
        std::memcpy(room.data(), end.bytes.data() + end.taken, size);
        end.taken += size;
        return size;
    }
    // Nothing that poll() could wait for: whoever waits for several, spins.
    [[nodiscard]] static int fd() { return -1; }

  private:
    static constexpr int kOpenRounds = 10'000;
    static constexpr std::uint64_t kLooks = 4'096;  // without a system call, which would see the venue's end

    struct End final : client::ShmPipe::Owner {
        End(const std::string& path, bool spin) : spinning(spin), pipe(reactor, path, spin, *this) {}
        void on_record(std::span<const std::byte> record) override {
            bytes.insert(bytes.end(), record.begin(), record.end());
        }
        void on_pipe_closed(std::string_view why) override { closed = std::string(why); }
        void look(int wait_ms) {
            reactor.poll(wait_ms);
            if (!closed.empty()) throw std::runtime_error("shared memory: " + closed);
        }
        bool spinning;
        net::Reactor reactor;
        std::vector<std::byte> bytes;
        std::size_t taken = 0;
        std::uint64_t empty_looks = 0;
        std::string closed;
        client::ShmPipe pipe;
    };
    std::unique_ptr<End> end_;  // the pipe's owner does not move
};

}  // namespace dcx::bench
