#include "app/journal_verifier.h"

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "app/liabilities_check.h"
#include "app/progress.h"
#include "base/memory.h"
#include "journal/read_ahead.h"
#include "journal/snapshot.h"
#include "proof/recorded_files.h"
#include "proof/whole_file.h"

namespace dcx::app {
namespace {

using proof::ProofError;
using proof::ProofErrorKind;

constexpr std::size_t kMaxKeyFile = std::size_t{1} << 20;

std::string number(std::uint64_t value) { return std::to_string(value); }

// The first one is told; the rest usually follows from it.
template <class Part>
void fail(Part& part, ProofErrorKind kind, std::string seen) {
    if (!part.error) part.error = ProofError{kind, std::move(seen)};
}
template <class Part>
void fail(Part& part, ProofError error) {
    if (!part.error) part.error = std::move(error);
}

}  // namespace

JournalVerifier::JournalVerifier(JournalVerifierOptions options)
    : options_(std::move(options)),
      published_(options_.public_folder.empty() ? options_.data + "/public" : options_.public_folder) {
    if (options_.proofs.empty()) options_.proofs = options_.data + "/proofs";
    if (options_.archive.empty() && std::filesystem::is_directory(options_.data + "/archive"))
        options_.archive = options_.data + "/archive";
}

AuditReport JournalVerifier::run() {
    // What was signed and recorded is read first: a venue that runs goes on, and the journal must have all of it.
    read_mark();
    read_keys();
    read_checkpoints();
    read_snapshots();
    walk();
    summarize();
    return std::move(report_);
}

void JournalVerifier::read_mark() {
    if (!std::filesystem::is_directory(options_.proofs)) options_.proofs.clear();
    if (options_.proofs.empty()) return;
    if (auto mark = proof::read_mark(proof::RecordedFiles::mark_file(options_.proofs)))
        mark_ = *mark;
    else
        report_.broken("mark of what is recorded", mark.error());
}

void JournalVerifier::read_keys() {
    auto keys = published_.keys();
    if (!keys) {
        // Nothing was ever published, or not here.
        if (keys.error().kind == ProofErrorKind::missing)
            report_.not_checked("keys", published_.key_file() + " is missing");
        else
            report_.broken("keys", keys.error());
        return;
    }
    keys_ = std::move(*keys);
    checkpoints_readable_ = true;
    if (!options_.key_file.empty()) {
        // Who has the venue's keys from elsewhere believes those alone.
        const auto text = proof::read_whole(options_.key_file, kMaxKeyFile);
        auto given = text ? proof::parse_key_list(*text) : std::unexpected(text.error());
        if (!given) return report_.broken("keys", given.error());
        if (proof::key_list_text(*given) != proof::key_list_text(keys_))
            report_.broken("keys", {ProofErrorKind::unknown_key,
                                    published_.key_file() + " has other keys than " + options_.key_file});
        else
            report_.holds("keys", "as in " + options_.key_file);
        keys_ = std::move(*given);
        return;
    }
    if (!options_.keys)
        return report_.not_checked("keys", "neither the secrets nor a key.txt from another place were given");
    const Ed25519PublicKey mine = ed25519_public_key(options_.keys->checkpoint);
    const Ed25519PublicKey& last = keys_.back().key.key;
    const bool previous = options_.keys->previous && ed25519_public_key(*options_.keys->previous) == last;
    if (mine != last && !previous)
        report_.broken(
            "keys", {ProofErrorKind::unknown_key, published_.key_file() + ": its last key is not that of the secrets"});
    else
        report_.holds("keys", number(keys_.size()) + ", the last one is that of the secrets");
}

void JournalVerifier::read_checkpoints() {
    if (!checkpoints_readable_) return;
    const auto newest = published_.newest();
    if (!newest) return fail(signatures_, newest.error());
    for (std::uint64_t at = 1; at <= *newest; ++at) {
        if (auto read = read_checkpoint(at); !read) {
            read.error().seen = "checkpoint " + number(at) + ": " + read.error().seen;
            return fail(signatures_, read.error());
        }
        ++signatures_.compared;
    }
}

std::expected<void, ProofError> JournalVerifier::read_checkpoint(std::uint64_t at) {
    const auto wrong = [](ProofErrorKind kind, std::string seen) {
        return std::unexpected(ProofError{kind, std::move(seen)});
    };
    auto read = published_.checkpoint(at);
    if (!read) return std::unexpected(read.error());
    const auto note = proof::parse_note(read->file);
    if (!note) return std::unexpected(note.error());
    if (auto right = proof::check_signature(*note, proof::key_for(keys_, at).key); !right) return right;
    const proof::Checkpoint& checkpoint = read->checkpoint;
    if (checkpoint.number != at)
        return wrong(ProofErrorKind::checkpoint_gap, "says that it is number " + number(checkpoint.number));
    const proof::SignedCheckpoint* before = checkpoints_.empty() ? nullptr : &checkpoints_.back();
    if (checkpoint.previous != (before == nullptr ? Digest{} : before->hash))
        return wrong(ProofErrorKind::checkpoint_gap, "does not name the one before it");
    if (before != nullptr) {
        const proof::Checkpoint& b = before->checkpoint;
        if (checkpoint.venue_id != b.venue_id) return wrong(ProofErrorKind::other_venue, "is of another venue");
        if (checkpoint.commands < b.commands || checkpoint.events < b.events || checkpoint.batch < b.batch ||
            checkpoint.time < b.time)
            return wrong(ProofErrorKind::sizes_reversed, "ends before the one before it");
    }
    checkpoints_.push_back(std::move(*read));
    return {};
}

void JournalVerifier::read_snapshots() {
    const std::string folder = options_.data + "/snapshots";
    if (!std::filesystem::is_directory(folder)) return;
    const auto storage = open_existing(folder);
    if (!storage) return fail(snapshot_files_, ProofErrorKind::file_failed, storage.error().message);
    const auto names = journal::list_snapshots(**storage);
    if (!names) return fail(snapshot_files_, ProofErrorKind::file_failed, names.error().message);
    snapshots_there_ = names->size();
    for (const std::string& name : *names) {
        std::uint64_t sequence = 0;
        auto claim = read_snapshot(**storage, name, sequence);
        if (claim)
            snapshots_.emplace(sequence, std::move(*claim));
        else
            fail(snapshot_files_, claim.error());
    }
}

std::expected<JournalVerifier::SnapshotClaim, ProofError> JournalVerifier::read_snapshot(journal::Storage& storage,
                                                                                         const std::string& name,
                                                                                         std::uint64_t& sequence) {
    auto snapshot = journal::Snapshot::open(storage, name);
    if (!snapshot) return std::unexpected(ProofError{ProofErrorKind::snapshot_differs, snapshot.error().message});
    const journal::SnapshotHeader header = snapshot->header();
    HeapMemory memory;
    core::Core core(memory);
    if (!core.load(*snapshot))
        return std::unexpected(ProofError{ProofErrorKind::snapshot_differs, name + ": holds no state"});
    if (core.state_hash() != header.state_hash || core.sequence().value != header.sequence)
        return std::unexpected(
            ProofError{ProofErrorKind::snapshot_differs, name + ": its state is not the one that its header names"});
    sequence = header.sequence;
    return SnapshotClaim{name, header.batch, header.batch_hash, header.event_hash, header.state_hash};
}

void JournalVerifier::walk() {
    const auto folder = JournalFolder::open(options_.data + "/journal", options_.archive);
    if (!folder) return fail(journal_, ProofErrorKind::missing, folder.error().message);
    auto reader = journal::Reader::open(folder->whole());
    if (!reader) return fail(journal_, ProofErrorKind::journal_refused, reader.error().message);
    const std::string match_log = published_.match_log();
    audit_.emplace(
        proof::RecordAuditOptions{.salt_key = options_.keys ? std::optional(options_.keys->salt) : std::nullopt,
                                  .folder = options_.proofs,
                                  .match_log = std::filesystem::is_directory(match_log) ? match_log : std::string{},
                                  .mark = mark_});
    memory_ = std::make_unique<HeapMemory>();
    core_ = std::make_unique<core::Core>(*memory_);
    replay_.emplace(*core_);
    replay_->set_quarantined(reader->quarantined());
    report_.tell("venue", proof::origin_of(reader->venue_id()));
    apply(folder->whole(), std::move(*reader));
}

void JournalVerifier::apply(journal::Storage& log, journal::Reader reader) {
    using clock = std::chrono::steady_clock;
    const engine::ReplayGauge gauge(log, 1, 0);
    const auto begun_at = clock::now();
    const auto seconds = [&] { return std::chrono::duration<double>(clock::now() - begun_at).count(); };
    double told_at = 0;
    journal::ReadAhead ahead(std::move(reader));
    while (true) {
        const auto batch = ahead.next();
        if (!batch) return fail(journal_, ProofErrorKind::journal_refused, batch.error().message);
        if (!*batch) break;
        if (!apply_batch(**batch)) return;
        batch_ended(**batch);
        if (options_.progress && seconds() >= told_at + 1) {
            told_at = seconds();
            show_replay({replay_->commands(), told_at, std::min(gauge.fraction(*(*batch)->header), 0.999)});
        }
    }
    if (options_.progress && told_at > 0) show_replay({replay_->commands(), seconds(), 1});
    journal_ended(ahead.finish());
}

bool JournalVerifier::apply_batch(const journal::Batch& batch) {
    for (std::size_t i = 0; i < batch.commands.size(); ++i) {
        replay_->forget_events();
        replay_->prefetch(batch.commands.subspan(i));
        if (!replay_->apply(batch.commands[i])) {
            fail(replayed_, ProofErrorKind::journal_refused, replay_->error());
            return false;
        }
        audit_->audited(batch.commands[i], replay_->events());
    }
    ++batches_;
    last_batch_ = batch.header->number;
    return true;
}

void JournalVerifier::batch_ended(const journal::Batch& batch) {
    const std::uint64_t sequence = core_->sequence().value;
    const std::uint64_t at = batch.header->number;
    const auto due = [&] {
        return next_checkpoint_ < checkpoints_.size() && checkpoints_[next_checkpoint_].checkpoint.batch <= at;
    };
    const auto [first, last] = snapshots_.equal_range(sequence);
    if (!due() && first == last) return;
    Sha256 hash;
    const Digest batch_hash = journal::batch_hash(hash, *batch.header, std::as_bytes(batch.commands));
    for (; due(); ++next_checkpoint_) compare_checkpoint(checkpoints_[next_checkpoint_], at, batch_hash);
    // Batches without commands may follow the one that a snapshot names.
    for (auto claim = first; claim != last; ++claim)
        if (claim->second.batch == at) compare_snapshot(sequence, claim->second, at, batch_hash);
    check_invariants();
}

void JournalVerifier::compare_checkpoint(const proof::SignedCheckpoint& signed_one, std::uint64_t batch,
                                         const Digest& hash) {
    const proof::Checkpoint& c = signed_one.checkpoint;
    const std::string where = "checkpoint " + number(c.number) + " at command " + number(c.commands.value);
    if (c.batch != batch || c.batch_hash != hash || c.commands != core_->sequence())
        return fail(claims_, ProofErrorKind::wrong_batch, where + ": the journal has another batch " + number(c.batch));
    if (c.venue_id != core_->genesis().venue_id)
        return fail(claims_, ProofErrorKind::other_venue, where + " is of another venue than the journal");
    if (c.event_hash != replay_->hash().value())
        return fail(claims_, ProofErrorKind::wrong_event_hash, where + ": the replay makes other events");
    if (c.time != core_->time()) return fail(claims_, ProofErrorKind::wrong_batch, where + " has another time");
    if (c.state_hash != core_->state_hash())
        return fail(claims_, ProofErrorKind::wrong_state_hash, where + ": the replay makes another state");
    ++claims_.compared;
    audit_->checkpoint(c);
    compare_liabilities(c);
}

void JournalVerifier::compare_liabilities(const proof::Checkpoint& c) {
    const proof::Secret* key = options_.keys ? &options_.keys->liabilities : nullptr;
    auto wrong = check_liabilities(*core_, c, key);
    if (!wrong && !options_.proofs.empty()) wrong = check_kept_liabilities(*core_, c, options_.proofs);
    if (wrong)
        fail(liabilities_, std::move(*wrong));
    else
        ++liabilities_.compared;
}

void JournalVerifier::compare_snapshot(std::uint64_t sequence, const SnapshotClaim& claim, std::uint64_t batch,
                                       const Digest& hash) {
    const auto differs = [&](const char* what) {
        fail(snapshot_files_, ProofErrorKind::snapshot_differs,
             claim.name + ": " + what + " at command " + number(sequence) + ", batch " + number(batch));
    };
    if (claim.batch_hash != hash) return differs("it is of another journal, which had another batch");
    if (claim.event_hash != replay_->hash().value()) return differs("the replay makes other events");
    if (claim.state_hash != core_->state_hash()) return differs("the replay makes another state");
    ++snapshot_files_.compared;
}

void JournalVerifier::check_invariants() {
    if (!core_->started()) return;
    if (const std::string broken = core_->check_invariants(); !broken.empty())
        fail(invariants_, ProofErrorKind::invariant_broken,
             "after command " + number(core_->sequence().value) + ": " + broken);
    else
        ++invariants_.compared;
}

void JournalVerifier::journal_ended(const journal::Reader& reader) {
    walked_ = true;
    check_invariants();
    const std::uint64_t last = core_->sequence().value;
    if (const auto& tail = reader.tail())
        fail(journal_, ProofErrorKind::journal_refused,
             tail->segment + ": behind the last whole batch, " + number(last_batch_) + ", stand " + number(tail->size) +
                 " bytes from offset " + number(tail->offset) + ": a torn tail that was never acknowledged, or damage");
    if (mark_.sequence > last)
        fail(journal_, ProofErrorKind::journal_refused,
             "it ends at command " + number(last) + ", and the venue has recorded up to " + number(mark_.sequence));
    if (next_checkpoint_ < checkpoints_.size() && !journal_.error) {
        const proof::Checkpoint& c = checkpoints_[next_checkpoint_].checkpoint;
        fail(claims_, ProofErrorKind::wrong_batch,
             "the journal ends with batch " + number(last_batch_) + ", before batch " + number(c.batch) +
                 " of checkpoint " + number(c.number));
    }
    if (snapshot_files_.compared < snapshots_there_)
        fail(snapshot_files_, ProofErrorKind::snapshot_differs,
             number(snapshots_there_ - snapshot_files_.compared) + " of " + number(snapshots_there_) +
                 " are at no batch of the journal");
}

void JournalVerifier::finish_part(const Part& part, const std::string& name, const std::string& what) {
    if (part.error)
        report_.broken(name, *part.error);
    else if (!walked_)
        // It holds as far as the journal went, which is not all.
        report_.not_checked(name, what + ", then the journal could not be followed");
    else
        report_.holds(name, what);
}

void JournalVerifier::report_records() {
    audit_->finish();
    for (std::size_t i = 0; i < proof::kRecordParts; ++i) {
        const auto part = static_cast<proof::RecordPart>(i);
        const proof::RecordFinding& finding = audit_->finding(part);
        const std::string name{to_string(part)};
        const bool roots = part == proof::RecordPart::command_roots || part == proof::RecordPart::event_roots;
        if (finding.error)
            report_.broken(name, *finding.error);
        else if (finding.checked)
            finish_part({.error = {}, .compared = finding.compared}, name,
                        number(finding.compared) + (roots ? " roots" : " compared"));
        else if (part == proof::RecordPart::match_log || part == proof::RecordPart::event_index)
            report_.not_checked(name, "it is not there");
        else
            report_.not_checked(name, !options_.keys ? "the salt key was not given"
                                      : roots        ? "there is no checkpoint to compare"
                                                     : "they are not there");
    }
}

void JournalVerifier::summarize() {
    if (core_) {
        report_.tell("commands", number(core_->sequence().value));
        report_.tell("batches", number(batches_));
        report_.tell("epoch", number(core_->epoch()));
        report_.tell("rules", number(core_->rules()));
        if (core_->started()) report_.tell("state", to_hex(core_->state_hash()));
    }
    const Part journal = journal_;
    if (journal.error)
        report_.broken("journal", *journal.error);
    else
        report_.holds("journal", number(batches_) + " batches in one chain");
    if (!core_) return;
    finish_part(
        replayed_, "replay",
        number(replay_->commands()) + " commands, " + number(replay_->checkpoints()) + " event hashes of the log");
    finish_part(invariants_, "invariants", "at " + number(invariants_.compared) + " places");
    if (snapshots_there_ == 0 && !snapshot_files_.error)
        report_.holds("snapshots", "there are none");
    else
        finish_part(snapshot_files_, "snapshots", number(snapshot_files_.compared));
    if (!checkpoints_readable_) {
        report_.not_checked("checkpoints", "none are published here");
    } else {
        finish_part(signatures_, "signatures of checkpoints", number(signatures_.compared));
        finish_part(claims_, "checkpoints", number(claims_.compared) + ": batch, events, state");
        if (liabilities_.error)
            report_.broken("liabilities", *liabilities_.error);
        else if (!options_.keys)
            report_.not_checked("liabilities", "the liabilities key was not given");
        else
            finish_part(liabilities_, "liabilities",
                        "roots and sums of " + number(liabilities_.compared) + " checkpoints");
    }
    report_records();
}

}  // namespace dcx::app
