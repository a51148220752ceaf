// Tail: follows a journal while it is being written: for the auditor, histories and replicas. It believes no more than
// Reader does, needs no lock and never makes the writer wait: it reads with plain reads into memory of its own, so that
// what it gives does not change any more and an unreadable sector is an error instead of a signal. It goes on through
// new segments, new epochs and a tail that a recovery cut.
//
// What may be given is durable, and what durable is comes from one of two places; a Tail is used with one of them:
//  - next(durable): the writer in the same process tells. Everything up to there must be intact: anything else is an
//    error that names kind, segment and offset.
//  - next(): the journal's own watermarks tell, for another process: a batch is given once the header of a later batch
//    or segment knows it as durable, which is one batch, or 10 ms of an idle writer, later. Half-written bytes mean
//    "not yet". Damage is an error as soon as something later is found that knows the damaged batch as durable; looking
//    for that costs a read of what lies behind, so it is done ever more rarely and further while nothing comes.
//
// After an error nothing has moved: the same call tries again. One thread; the storage outlives it and may be in use by
// others. Memory: two batches.
#pragma once

#include <expected>
#include <memory>
#include <optional>
#include <span>

#include "journal/chain.h"
#include "journal/storage.h"

namespace dcx::journal {

class Tail {
  public:
    // As Reader::open. In an empty folder it waits for the journal to begin.
    static std::expected<Tail, RecoveryError> open(Storage& storage, const std::optional<Position>& from = {});
    Tail(Tail&&) noexcept;
    Tail& operator=(Tail&&) noexcept;
    ~Tail();

    // The next batch that lies wholly at or below `durable` (its commands may be none); nothing while there is none.
    // `durable` is what Writer::commit returned, loaded with acquire. The batch is valid until the next call.
    std::expected<std::optional<Batch>, RecoveryError> next(Sequence durable);
    // The next batch that the journal itself knows as durable.
    std::expected<std::optional<Batch>, RecoveryError> next();

    // Behind the last batch given: what a snapshot or a projection keeps.
    [[nodiscard]] const Position& position() const;
    // Zeros while the journal is empty.
    [[nodiscard]] VenueId venue_id() const;
    // The commands that a replay must not apply, by rising sequence. Known when opened, before the first batch is
    // given; grows when the writer begins a new epoch with more.
    [[nodiscard]] std::span<const QuarantinedCommand> quarantined() const;

  private:
    struct State;
    explicit Tail(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

}  // namespace dcx::journal
