// ReadAhead: a Reader at work on a thread of its own, up to a few megabytes ahead, so that what a replay does with a
// batch and the checks of the next ones happen at the same time. Gives the same batches, the same end and the same
// error after the same batch as the Reader alone. One thread calls everything.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <expected>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "journal/reader.h"

namespace dcx::journal {

class ReadAhead {
  public:
    // The storage of the reader is used by the other thread until this ends.
    explicit ReadAhead(Reader reader);
    ~ReadAhead();
    ReadAhead(const ReadAhead&) = delete;
    ReadAhead& operator=(const ReadAhead&) = delete;

    // As Reader::next.
    std::expected<std::optional<Batch>, RecoveryError> next();
    // The reader at its end, once next() has given nothing or an error. Nothing else is called after it.
    [[nodiscard]] Reader finish();

  private:
    struct Read {
        std::expected<std::optional<Batch>, RecoveryError> batch;
        std::shared_ptr<const Mapping> bytes;  // where it lies
    };
    // What is handed over at a time: many small batches cost one handing over.
    struct Load {
        std::vector<Read> reads;  // an error or the end comes last
        std::size_t commands = 0;
    };
    void run(const std::stop_token& stop);
    // False: at an end.
    bool fill(Load& load);
    bool put(const std::stop_token& stop, Load load);
    void take();

    Reader reader_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::deque<Load> ready_;
    std::size_t ready_commands_ = 0;
    Load taken_;
    std::size_t given_ = 0;  // of taken_
    std::jthread thread_;    // last: ends before the rest goes
};

}  // namespace dcx::journal
