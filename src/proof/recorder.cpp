#include "proof/recorder.h"

#include <fcntl.h>
#include <sys/file.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "proof/core_liabilities.h"
#include "proof/kept_liabilities.h"
#include "proof/whole_file.h"

namespace dcx::proof {
namespace {

std::unexpected<ProofError> error(ProofErrorKind kind, std::string seen) {
    return std::unexpected(ProofError{kind, std::move(seen)});
}

std::string at_checkpoint(const Checkpoint& checkpoint) {
    return "checkpoint " + std::to_string(checkpoint.number) + ", which was signed at command " +
           std::to_string(checkpoint.commands.value);
}

}  // namespace

bool is_difference(const ProofError& error) {
    using enum ProofErrorKind;
    switch (error.kind) {
        case wrong_command_root:
        case wrong_event_root:
        case wrong_event_hash:
        case wrong_batch:
        case wrong_liabilities_sum:
        case sum_out_of_range:
        case sequence_gap: return true;
        default: return false;
    }
}

Recorder::Recorder(RecorderOptions options)
    : options_(std::move(options)),
      published_(options_.public_folder),
      files_(options_.folder, published_.match_log()) {}

Recorder::~Recorder() = default;

std::expected<void, ProofError> Recorder::open() {
    if (const auto made = make_folder(options_.folder, true); !made) return made;
    if (const auto made = published_.make(); !made) return made;
    if (lock_.get() < 0) {
        const std::string path = options_.folder + "/lock";
        Descriptor lock{::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)};
        if (lock.get() < 0 || ::flock(lock.get(), LOCK_EX | LOCK_NB) != 0)
            return error(ProofErrorKind::file_failed,
                         path + (errno == EWOULDBLOCK ? ": another process records there" : ": can't be locked"));
        lock_ = std::move(lock);
    }
    const auto newest = published_.newest();
    if (!newest) return std::unexpected(newest.error());
    if (*newest != 0) {
        auto checkpoint = published_.checkpoint(*newest);
        if (!checkpoint) return std::unexpected(checkpoint.error());
        made(*checkpoint);
    }
    auto opened = files_.open();
    // A signed checkpoint is only published behind a mark that holds it.
    if (opened && newest_ && newest_->checkpoint.commands.value > files_.mark().sequence)
        opened = error(ProofErrorKind::malformed, "less is recorded than was signed");
    if (!opened && opened.error().kind == ProofErrorKind::file_failed) return opened;
    if (!opened) {
        // Nothing in them is precious.
        health_.made_again.store(opened.error().kind != ProofErrorKind::missing || newest_, std::memory_order_relaxed);
        files_.begin_anew();
    }
    reached_ = files_.mark();
    last_ = reached_.sequence;
    events_ = reached_.events;
    hasher_.emplace(options_.keys.salt, reached_.epoch);
    unrecorded_.clear();
    health_.sequence.store(reached_.sequence, std::memory_order_relaxed);
    health_.events.store(reached_.events, std::memory_order_relaxed);
    return find_compared();
}

// The first signed checkpoint behind what is recorded: all of them when it is made again.
std::expected<void, ProofError> Recorder::find_compared() {
    std::uint64_t number = compared_ ? compared_->checkpoint.number + 1 : 1;
    if (!compared_ && newest_ && newest_->checkpoint.commands.value <= last_) return {};
    compared_.reset();
    for (; newest_ && number <= newest_->checkpoint.number; ++number) {
        auto checkpoint = published_.checkpoint(number);
        if (!checkpoint) return std::unexpected(checkpoint.error());
        if (checkpoint->checkpoint.commands.value <= files_.mark().sequence) continue;
        compared_ = std::move(*checkpoint);
        return {};
    }
    return {};
}

void Recorder::audited(const Command& command, std::span<const Event> events) {
    if (command.header.sequence.value <= last_) return;
    // The auditor begins where this ends, and the log has no gap.
    DCX_CHECK(command.header.sequence.value == last_ + 1);
    const std::span<const MatchRecord> records = builder_.build(command, events);
    const std::size_t first = unrecorded_.event_leaves.size();
    unrecorded_.event_leaves.resize(first + events.size());
    unrecorded_.command_leaves.push_back(
        hasher_->leaves(command, match_digest(records), events, std::span{unrecorded_.event_leaves}.subspan(first)));
    unrecorded_.headers.push_back(command.header);
    unrecorded_.commitments.push_back(hasher_->command_commitment());
    unrecorded_.record_counts.push_back(static_cast<std::uint32_t>(records.size()));
    unrecorded_.event_counts.push_back(static_cast<std::uint32_t>(events.size()));
    unrecorded_.records.insert(unrecorded_.records.end(), records.begin(), records.end());
    last_ = command.header.sequence.value;
    events_ += events.size();
}

std::expected<void, ProofError> Recorder::begin_venue(const core::Core& core) {
    const journal::VenueId& id = core.genesis().venue_id;
    const RecordedMark& mark = files_.mark();
    if (mark.sequence != 0 && mark.venue_id != id)
        return error(ProofErrorKind::other_venue, options_.folder + ": is of " + origin_of(mark.venue_id));
    const auto keys = published_.publish_key(id, options_.keys, newest_ ? newest_->checkpoint.number + 1 : 1);
    if (!keys) return std::unexpected(keys.error());
    venue_begun_ = true;
    return {};
}

std::expected<void, ProofError> Recorder::batch_audited(std::uint64_t number, const Digest& hash,
                                                        const core::Core& core, std::uint64_t event_hash) {
    if (!core.started()) return {};
    if (!venue_begun_)
        if (const auto begun = begin_venue(core); !begun) return begun;
    if (number == files_.mark().batch && hash != files_.mark().batch_hash)
        return error(ProofErrorKind::wrong_batch,
                     "batch " + std::to_string(number) + " of the journal is another one than was recorded");
    if (core.sequence().value < last_) return {};
    // The batch that ends with the last command: those behind it that only carry a watermark have none.
    if (last_ != reached_.sequence)
        reached_ = {.venue_id = core.genesis().venue_id,
                    .sequence = last_,
                    .events = events_,
                    .epoch = hasher_->epoch(),
                    .batch = number,
                    .batch_hash = hash};
    if (compared_ && last_ >= compared_->checkpoint.commands.value)
        if (const auto equal = compare(number, hash, core, event_hash); !equal) return equal;
    if (unrecorded_.bytes() >= options_.unrecorded_bytes)
        if (const auto done = flush(); !done) return done;
    return due(core.sequence()) ? make_checkpoint(core, event_hash) : std::expected<void, ProofError>{};
}

std::expected<void, ProofError> Recorder::compare(std::uint64_t number, const Digest& hash, const core::Core& core,
                                                  std::uint64_t event_hash) {
    const Checkpoint& was = compared_->checkpoint;
    const std::string where = at_checkpoint(was);
    if (was.commands != core.sequence() || number != was.batch || hash != was.batch_hash)
        return error(ProofErrorKind::wrong_batch, "the journal's batches differ from " + where);
    if (event_hash != was.event_hash) return error(ProofErrorKind::wrong_event_hash, "the events differ from " + where);
    if (const auto done = flush(); !done) return done;
    const auto commands = files_.command_root();
    if (!commands) return std::unexpected(commands.error());
    const auto events = files_.event_root();
    if (!events) return std::unexpected(events.error());
    if (*commands != was.command_root)
        return error(ProofErrorKind::wrong_command_root, "the commands, or the keys, differ from " + where);
    if (events_ != was.events || *events != was.event_root)
        return error(ProofErrorKind::wrong_event_root, "the events, or the keys, differ from " + where);
    return find_compared();
}

std::expected<void, ProofError> Recorder::flush() {
    if (unrecorded_.headers.empty() || reached_.sequence != last_) return {};
    if (const auto done = files_.put_down(unrecorded_, reached_); !done) return done;
    unrecorded_.clear();
    health_.events.store(reached_.events, std::memory_order_relaxed);
    health_.sequence.store(reached_.sequence, std::memory_order_release);
    return {};
}

std::expected<void, ProofError> Recorder::checkpoint_now(const core::Core& core, std::uint64_t event_hash) {
    if (!venue_begun_)
        if (const auto begun = begin_venue(core); !begun) return begun;
    if (core.sequence().value != last_ || reached_.sequence != last_)
        return error(ProofErrorKind::sequence_gap, "what was recorded does not end where the journal does");
    return make_checkpoint(core, event_hash);
}

bool Recorder::due(Sequence sequence) const {
    const std::uint64_t wanted = wanted_.load(std::memory_order_acquire);
    return wanted != 0 && sequence.value + 1 >= wanted;
}

void Recorder::request_checkpoint(Sequence at_least) {
    std::uint64_t now = wanted_.load(std::memory_order_relaxed);
    while (now < at_least.value + 1 &&
           !wanted_.compare_exchange_weak(now, at_least.value + 1, std::memory_order_release)) {
    }
}

std::expected<void, ProofError> Recorder::make_checkpoint(const core::Core& core, std::uint64_t event_hash) {
    using clock = std::chrono::steady_clock;
    const auto begin = clock::now();
    std::uint64_t wanted = wanted_.load(std::memory_order_relaxed);
    if (const auto done = flush(); !done) return done;
    const auto commands = files_.command_root();
    if (!commands) return std::unexpected(commands.error());
    const auto events = files_.event_root();
    if (!events) return std::unexpected(events.error());

    const std::uint64_t number = newest_ ? newest_->checkpoint.number + 1 : 1;
    Checkpoint next{.venue_id = core.genesis().venue_id,
                    .number = number,
                    .commands = core.sequence(),
                    .command_root = *commands,
                    .time = core.time(),
                    .batch = reached_.batch,
                    .batch_hash = reached_.batch_hash,
                    .events = events_,
                    .event_root = *events,
                    .event_hash = event_hash,
                    .state_hash = core.state_hash(),
                    .liabilities = {},
                    .previous = newest_ ? newest_->hash : Digest{}};
    KeptLiabilities kept{.venue_id = next.venue_id,
                         .checkpoint = number,
                         .depth = sum_tree_depth(core.genesis().max_accounts),
                         .accounts = core.accounts(),
                         .assets = {}};
    const Secret nonce = liabilities_nonce(options_.keys.liabilities, number);
    for (std::uint32_t id = 1; id <= core.assets(); ++id) {
        const Asset asset = core.asset(AssetId{id});
        auto owed = core_liabilities(core, asset.id);
        if (!owed) return std::unexpected(owed.error());
        const SumTree tree({.venue_id = next.venue_id, .checkpoint = number, .asset = asset.id}, kept.depth, nonce,
                           *owed);
        next.liabilities.push_back({.asset = asset.id,
                                    .symbol = asset.symbol,
                                    .scale = static_cast<std::uint8_t>(asset.scale),
                                    .root = tree.root().hash,
                                    .sum = tree.root().sum});
        kept.assets.push_back({.asset = asset.id, .liabilities = std::move(*owed)});
    }
    // Before the signature, so that what was signed can always be proven.
    if (const auto done = keep_liabilities(options_.folder, kept); !done) return done;
    const auto signed_one = published_.publish(next, options_.keys.checkpoint);
    if (!signed_one) return std::unexpected(signed_one.error());
    made(*signed_one);
    health_.checkpoint_ns.store(std::chrono::duration_cast<std::chrono::nanoseconds>(clock::now() - begin).count(),
                                std::memory_order_relaxed);
    // Someone may have asked for a later one meanwhile.
    wanted_.compare_exchange_strong(wanted, 0, std::memory_order_relaxed);
    return {};
}

void Recorder::made(const SignedCheckpoint& checkpoint) {
    newest_ = checkpoint;
    health_.checkpoint_sequence.store(checkpoint.checkpoint.commands.value, std::memory_order_relaxed);
    health_.checkpoint_time.store(checkpoint.checkpoint.time.value, std::memory_order_relaxed);
    health_.checkpoint.store(checkpoint.checkpoint.number, std::memory_order_release);
}

}  // namespace dcx::proof
