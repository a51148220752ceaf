// What order entry is measured beside: the same bytes through the same thing with no venue around. Each floor runs on
// the cores that the venue would have, while no venue runs. Latencies in ns. Throws std::runtime_error.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <chrono>
#include <cstring>
#include <functional>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

#include "app/bench_venue.h"
#include "base/memory.h"
#include "core/core.h"
#include "journal/disk_storage.h"
#include "market/command_flow.h"
#include "platform/huge_pages.h"
#include "platform/thread.h"
#include "ring/record_ring.h"
#include "wire_link.h"

namespace dcx::bench {

using Nanoseconds = std::vector<std::int64_t>;

inline std::int64_t steady_ns() {
    return std::chrono::nanoseconds(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// A thread on a core until the end of its owner; what it throws is told by rethrow().
class CoreThread {
  public:
    CoreThread(std::optional<unsigned> core, std::function<void(const std::stop_token&)> body) {
        auto started =
            platform::Thread::start({.name = "floor", .core = core}, [this, body = std::move(body)](auto stop) {
                try {
                    body(stop);
                } catch (const std::exception& e) {
                    error_ = e.what();
                }
            });
        if (!started) throw std::runtime_error(started.error());
        thread_ = std::move(*started);
    }
    void join() {
        if (thread_.joinable()) thread_.join();
        if (!error_.empty()) throw std::runtime_error(error_);
    }

  private:
    std::string error_;
    platform::Thread thread_;
};

inline constexpr std::size_t kReportSize = sizeof(FrameHeader) + sizeof(ExecutionReport);

// `trips` requests over loopback TCP, each answered with as many bytes as a report by a thread on `core`.
// `request(i)`: the bytes of the i-th.
template <class Request>
Nanoseconds bare_tcp(std::size_t trips, Idle idle, std::optional<unsigned> core, Request&& request) {
    const Descriptor listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener.get(), raw, size) != 0 || ::listen(listener.get(), 1) != 0 ||
        ::getsockname(listener.get(), raw, &size) != 0)
        throw std::runtime_error("no port for the floor");
    CoreThread echo(core, [&](const std::stop_token&) {
        TcpPipe pipe(::accept(listener.get(), nullptr, nullptr));
        std::array<std::byte, 4096> in;
        constexpr std::array<std::byte, kReportSize> answer{};
        for (std::size_t i = 0; i < trips; ++i) {
            for (std::size_t there = 0; there < request(i).size();)
                if (const std::size_t got = pipe.receive(in, idle); got == 0)
                    platform::relax_cpu();
                else
                    there += got;
            if (pipe.send(answer) != answer.size()) throw std::runtime_error("the floor's socket is full");
        }
    });
    TcpPipe pipe = TcpPipe::connect({.address = "127.0.0.1", .port = ntohs(address.sin_port)});
    Nanoseconds latency;
    latency.reserve(trips);
    std::array<std::byte, kReportSize> answer;
    for (std::size_t i = 0; i < trips; ++i) {
        const auto bytes = request(i);
        const std::int64_t start = steady_ns();
        if (pipe.send(bytes) != bytes.size()) throw std::runtime_error("the floor's socket is full");
        for (std::size_t there = 0; there < answer.size();)
            if (const std::size_t got = pipe.receive(std::span(answer).subspan(there), idle); got == 0)
                platform::relax_cpu();
            else
                there += got;
        latency.push_back(steady_ns() - start);
    }
    echo.join();
    return latency;
}

// Each a write of as many bytes as the journal's batch of one command into space zeroed ahead, and a sync.
inline Nanoseconds bare_sync(std::size_t writes, const std::string& parent) {
    constexpr std::size_t batch = 256;
    const app::TemporaryFolder folder(parent);
    const auto opened = [](auto made) {
        if (!made) throw std::runtime_error(made.error().message);
        if constexpr (!std::is_void_v<typename decltype(made)::value_type>) return std::move(*made);
    };
    const auto storage = opened(journal::DiskStorage::open(folder.path()));
    const auto file = opened(storage->create("bare", writes * batch));
    opened(file->zero_ahead(0, writes * batch));
    opened(file->sync());
    std::array<std::byte, batch> bytes;
    bytes.fill(std::byte{1});
    Nanoseconds latency;
    for (std::size_t i = 0; i < writes; ++i) {
        const std::int64_t start = steady_ns();
        opened(file->write(i * batch, bytes));
        opened(file->sync());
        latency.push_back(steady_ns() - start);
    }
    return latency;
}

// Records of these sizes there and back between two threads that spin, over the rings that carry shared memory.
inline Nanoseconds bare_ring(std::size_t trips, unsigned core, std::size_t there, std::size_t back) {
    HeapMemory memory;
    ring::RecordRing forth_ring(1u << 12, memory);
    ring::RecordRing back_ring(1u << 12, memory);
    const auto push = [](auto& producer, std::size_t size) {
        for (std::optional<std::span<std::byte>> room; !(room = producer.claim(size));) platform::relax_cpu();
        producer.advance();
        producer.flush();
    };
    CoreThread echo(core, [&](const std::stop_token&) {
        for (std::size_t i = 0; i < trips; ++i) {
            while (!forth_ring.consumer().next()) platform::relax_cpu();
            forth_ring.consumer().release();
            push(back_ring.producer(), back);
        }
    });
    Nanoseconds latency;
    latency.reserve(trips);
    for (std::size_t i = 0; i < trips; ++i) {
        const std::int64_t start = steady_ns();
        push(forth_ring.producer(), there);
        while (!back_ring.consumer().next()) platform::relax_cpu();
        back_ring.consumer().release();
        latency.push_back(steady_ns() - start);
    }
    echo.join();
    return latency;
}

// What the core alone takes for an order that rests and for its cancel, in turn, nothing between two of them.
inline Nanoseconds core_work(std::size_t commands) {
    market::CommandScript script =
        market::funded_venue({.customers = 2, .commands = static_cast<std::uint32_t>(commands)});
    const std::size_t begin = script.commands.size();
    for (std::uint64_t i = 1; i <= commands; ++i) {
        if (i % 2 == 1)
            script.add(PlaceOrder{.cl_ord_id = ClOrdId{i},
                                  .price = Price{std::int64_t{12'000}},
                                  .quantity = Quantity{std::int64_t{100'000}},
                                  .account = market::account_of(0),
                                  .instrument = InstrumentId{1u},
                                  .side = Side::buy,
                                  .type = OrderType::limit,
                                  .time_in_force = TimeInForce::gtc},
                       market::session_of(0));
        else
            script.add(CancelOrder{.cl_ord_id = ClOrdId{i},
                                   .orig_cl_ord_id = ClOrdId{i - 1},
                                   .order_id = {},
                                   .account = market::account_of(0),
                                   .slot_hint = {}},
                       market::session_of(0));
    }
    platform::HugePageMemory memory;
    core::Core core(memory);
    EventBuffer events(1u << 17);
    for (std::size_t i = 0; i < begin; ++i) core.apply(script.commands[i], events.writer());
    Nanoseconds latency;
    for (std::size_t i = begin; i < script.commands.size(); ++i) {
        const std::int64_t start = steady_ns();
        core.apply(script.commands[i], events.writer());
        latency.push_back(steady_ns() - start);
    }
    return latency;
}

}  // namespace dcx::bench
