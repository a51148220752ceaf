// FeedCrowd: a process of its own that holds many connections and drains them, cheaply, and tells when the last of them
// had each message of a FeedTape whole. Some can be deaf (they read nothing) or slow (1 kB a second); those don't
// count. Fork it before there is much memory to share. Throws std::runtime_error.
#pragma once

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <csignal>
#include <ctime>
#include <memory>
#include <new>

#include "feed_tape.h"

namespace dcx::bench {

inline std::int64_t monotonic_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000 + now.tv_nsec;
}
inline void pause_us(std::int64_t us) {
    const timespec time{.tv_sec = us / 1'000'000, .tv_nsec = us % 1'000'000 * 1'000};
    ::nanosleep(&time, nullptr);
}

class FeedCrowd {
  public:
    struct Options {
        std::size_t connections = 1'000;
        std::size_t deaf = 0;  // of them
        std::size_t slow = 0;
    };

    FeedCrowd(std::uint16_t port, const FeedTape& tape, const std::string& hello, const Options& options)
        : tape_(tape), options_(options) {
        const std::size_t size = sizeof(Page) + tape.messages() * sizeof(std::int64_t);
        void* memory = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) throw std::runtime_error("no memory to share with the readers");
        page_ = new (memory) Page{};
        last_ns_ = reinterpret_cast<std::int64_t*>(static_cast<std::byte*>(memory) + sizeof(Page));
        size_ = size;
        child_ = ::fork();
        if (child_ < 0) throw std::runtime_error("no process for the readers");
        if (child_ != 0) return;
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        try {
            read_for_ever(port, hello);
        } catch (const std::exception&) {
            ::_exit(1);
        }
    }
    ~FeedCrowd() {
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
        ::munmap(page_, size_);
    }
    FeedCrowd(const FeedCrowd&) = delete;
    FeedCrowd& operator=(const FeedCrowd&) = delete;

    // What has come so far does not count: the next byte is the first of message `from`. When all is silent.
    void begin(std::uint64_t from) {
        wait([&] { return page_->connected.load() == options_.connections; });
        page_->first.store(from);
        const std::uint32_t wanted = page_->begin_wanted.load() + 1;
        page_->begin_wanted.store(wanted);
        wait([&] { return page_->begun.load() == wanted; });
    }
    // Of the tape, that the last of all readers has.
    [[nodiscard]] std::uint64_t received() const { return page_->received.load(std::memory_order_acquire); }
    void wait_for(std::uint64_t messages) {
        wait([&] { return received() >= messages; });
    }
    // When the last reader had message `index`, which received() has passed.
    [[nodiscard]] std::int64_t last_ns(std::uint64_t index) const { return last_ns_[index]; }
    [[nodiscard]] std::size_t listening() const { return options_.connections - options_.deaf - options_.slow; }

  private:
    struct Page {
        std::atomic<std::uint64_t> connected{0};
        std::atomic<std::uint64_t> first{0};
        std::atomic<std::uint64_t> received{0};
        std::atomic<std::uint32_t> begin_wanted{0};
        std::atomic<std::uint32_t> begun{0};
    };
    struct Reader {
        int fd = -1;
        std::uint64_t bytes = 0;  // since begin(), with those of the tape before it
        std::uint64_t next = 0;
    };
    static constexpr int kSilentMs = 20;
    static constexpr std::int64_t kSlowEveryNs = 100'000'000;
    static constexpr std::size_t kSlowBytes = 100;
    static constexpr std::int64_t kLimitNs = 30'000'000'000;

    template <class Done>
    void wait(Done&& done) const {
        const std::int64_t begin = monotonic_ns();
        while (!done()) {
            int status = 0;
            if (::waitpid(child_, &status, WNOHANG) == child_) throw std::runtime_error("a reader was cut off");
            if (monotonic_ns() - begin > kLimitNs) throw std::runtime_error("the readers did not get everything");
            pause_us(100);
        }
    }

    [[noreturn]] void read_for_ever(std::uint16_t port, const std::string& hello) {
        const int poller = ::epoll_create1(0);
        std::vector<Reader> readers(options_.connections);
        for (std::size_t i = 0; i < readers.size(); ++i) {
            const int fd = readers[i].fd = connect_to(port);
            write_all(fd, hello);
            page_->connected.fetch_add(1);
            if (i < options_.deaf + options_.slow) continue;
            epoll_event event{.events = EPOLLIN, .data = {.u64 = i}};
            ::epoll_ctl(poller, EPOLL_CTL_ADD, fd, &event);
        }
        std::vector<char> buffer(1 << 20);
        std::vector<std::uint32_t> missing(tape_.messages(), static_cast<std::uint32_t>(listening()));
        epoll_event events[256];
        std::int64_t slow_due_ns = 0;
        for (;;) {
            const int ready = ::epoll_wait(poller, events, 256, kSilentMs);
            for (int i = 0; i < ready; ++i) {
                Reader& reader = readers[events[i].data.u64];
                const ssize_t got = ::recv(reader.fd, buffer.data(), buffer.size(), 0);
                if (got <= 0) ::_exit(1);
                reader.bytes += static_cast<std::uint64_t>(got);
                count(reader, missing);
            }
            if (options_.slow > 0 && monotonic_ns() >= slow_due_ns) {
                slow_due_ns = monotonic_ns() + kSlowEveryNs;
                for (std::size_t i = options_.deaf; i < options_.deaf + options_.slow; ++i)
                    (void)::recv(readers[i].fd, buffer.data(), kSlowBytes, MSG_DONTWAIT);
            }
            const std::uint32_t wanted = page_->begin_wanted.load();
            if (ready == 0 && wanted != page_->begun.load()) {
                const std::uint64_t from = page_->first.load();
                std::fill(missing.begin(), missing.end(), static_cast<std::uint32_t>(listening()));
                for (Reader& reader : readers) reader = {reader.fd, from == 0 ? 0 : tape_.ends[from - 1], from};
                page_->received.store(from);
                page_->begun.store(wanted);
            }
        }
    }
    void count(Reader& reader, std::vector<std::uint32_t>& missing) {
        if (page_->begun.load(std::memory_order_relaxed) == 0) return;
        const std::int64_t now = monotonic_ns();
        for (; reader.next < tape_.messages() && tape_.ends[reader.next] <= reader.bytes; ++reader.next) {
            if (--missing[reader.next] > 0) continue;
            // In order: each reader has what came before.
            last_ns_[reader.next] = now;
            page_->received.store(reader.next + 1, std::memory_order_release);
        }
    }

    const FeedTape& tape_;
    Options options_;
    Page* page_ = nullptr;
    std::int64_t* last_ns_ = nullptr;
    std::size_t size_ = 0;
    pid_t child_ = -1;
};

}  // namespace dcx::bench
