// Writer: the journal's only writer. Commands are copied into the batch being filled; commit() makes the batch durable
// with one write and one sync. One thread calls everything; a thread of its own prepares the next segment (none with
// `background = false`).
//
// Any failed write, sync or roll to the next segment kills the writer: that call and every later one return the error,
// nothing is ever tried again, and nothing of the failed batch may be acknowledged. The next start's recovery decides.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "journal/recovery.h"
#include "journal/storage.h"
#include "model/command.h"

namespace dcx::journal {

struct WriterOptions {
    VenueId venue_id{};                                    // used when the journal is empty, which is then begun
    std::uint32_t engine_version = 0;                      // stands in the segments that this writer begins
    Time now{};                                            // stands in the header of the first segment
    std::uint64_t segment_size = kDefaultSegmentSize;      // of new segments
    std::uint32_t max_batch_commands = kMaxBatchCommands;  // lowered to what a segment holds
    // Commands of this journal that no replay may apply from now on. What of them the journal has not recorded yet
    // makes the writer begin a new segment at once, whose header records them all. At most kMaxQuarantined in a
    // journal.
    std::vector<QuarantinedCommand> quarantined{};
    bool background = true;  // prepare segments ahead on a thread; otherwise when they are needed
};

class Writer {
  public:
    struct Counters {
        std::uint64_t batches{};     // watermark batches included
        std::uint64_t watermarks{};  // batches without commands
        std::uint64_t bytes{};
        std::uint64_t segments{};  // begun
    };

    // Continues a recovered journal with the next epoch, or begins an empty one with epoch 1. The storage must outlive
    // the writer and stay locked by the recovery.
    static Result<std::unique_ptr<Writer>> open(Storage& storage, const Recovery& recovery,
                                                const WriterOptions& options);
    ~Writer();
    Writer(const Writer&) = delete;
    Writer& operator=(const Writer&) = delete;

    // Copies as many of the commands as the batch has room for; returns how many. Their sequences must follow each
    // other and the last one appended. Never blocks, allocates or fails (a dead writer takes them too; commit tells).
    std::size_t append(std::span<const Command> commands);
    // Commands that the batch still takes.
    [[nodiscard]] std::size_t room() const;
    // Commands in the batch.
    [[nodiscard]] std::size_t pending() const;

    // Writes and syncs the batch; then everything appended so far is durable. Returns the last durable sequence.
    // Without commands it does nothing. `now` stands in the batch.
    Result<Sequence> commit(Time now);
    // For when the journal falls idle (within 10 ms of the last commit): a batch without commands that says that the
    // last one is durable, so that its later damage is known as such. Does nothing when that has been said already, and
    // while commands are pending. Durable when it returns.
    Result<Sequence> write_watermark(Time now);

    [[nodiscard]] Sequence durable() const;
    [[nodiscard]] std::uint64_t epoch() const;
    [[nodiscard]] const Digest& last_hash() const;
    // All that the journal has recorded, by rising sequence.
    [[nodiscard]] std::span<const QuarantinedCommand> quarantined() const;
    // A failure has happened; nothing will ever be written again.
    [[nodiscard]] bool dead() const;
    [[nodiscard]] const Counters& counters() const;

  private:
    struct State;
    explicit Writer(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace dcx::journal
