#include "proof/record_audit.h"

#include <algorithm>
#include <cstring>

#include "proof/match_log.h"
#include "proof/recorded_files.h"
#include "proof/tree_file.h"

namespace dcx::proof {
namespace {

constexpr std::size_t kCompareAt = std::size_t{64} << 10;

ProofError differs(ProofErrorKind kind, std::string seen) { return {kind, std::move(seen)}; }

std::string command_name(std::uint64_t sequence) { return "command " + std::to_string(sequence); }

}  // namespace

std::string_view to_string(RecordPart part) {
    switch (part) {
        case RecordPart::command_tree: return "files of the command tree";
        case RecordPart::event_tree: return "files of the event tree";
        case RecordPart::event_index: return "index of event leaves";
        case RecordPart::match_log: return "public match log";
        case RecordPart::command_roots: return "command roots of checkpoints";
        case RecordPart::event_roots: return "event roots of checkpoints";
    }
    return "unknown";
}

// What a file must have, record by record, up to the first `limit` of them.
class RecordAudit::FileComparison {
  public:
    FileComparison(std::string path, std::size_t record_size, std::uint64_t limit, RecordFinding& finding)
        : path_(std::move(path)), record_size_(record_size), limit_(limit), finding_(finding) {}

    void add(std::span<const std::byte> record) {
        if (finding_.error || at_ + made_.size() / record_size_ >= limit_) return;
        made_.insert(made_.end(), record.begin(), record.end());
        if (made_.size() >= kCompareAt) compare();
    }
    void compare() {
        if (finding_.error || made_.empty()) return;
        if (!reader_) {
            auto opened = RecordReader::open(path_, record_size_);
            if (!opened) return fail(opened.error());
            reader_ = std::move(*opened);
        }
        there_.resize(made_.size());
        if (auto read = reader_->read(at_, there_); !read) return fail(read.error());
        const auto [mine, theirs] = std::mismatch(made_.begin(), made_.end(), there_.begin());
        if (mine != made_.end()) {
            const auto offset = at_ * record_size_ + static_cast<std::size_t>(mine - made_.begin());
            return fail(differs(ProofErrorKind::wrong_leaf, path_ + ": differs from the journal at byte " +
                                                                std::to_string(offset) + ", in record " +
                                                                std::to_string(offset / record_size_)));
        }
        at_ += made_.size() / record_size_;
        made_.clear();
    }

  private:
    void fail(ProofError error) { finding_.error = std::move(error); }

    std::string path_;
    std::size_t record_size_;
    std::uint64_t limit_;
    RecordFinding& finding_;
    std::optional<RecordReader> reader_;
    std::uint64_t at_ = 0;  // compared
    std::vector<std::byte> made_;
    std::vector<std::byte> there_;
};

// The files of all levels. Without a folder the tree is only made.
class RecordAudit::TreeComparison {
  public:
    TreeComparison(std::string folder, std::string name, std::uint64_t limit, RecordFinding& finding)
        : folder_(std::move(folder)), name_(std::move(name)), limit_(limit), finding_(finding) {}

    void append(const Digest& leaf) {
        tree_.append(leaf, [this](unsigned level, const Digest& hash) {
            if (folder_.empty()) return;
            if (level == files_.size())
                files_.push_back(std::make_unique<FileComparison>(tree_file_path(folder_, name_, level), sizeof(Digest),
                                                                  limit_ >> level * kTreeFileBits, finding_));
            files_[level]->add(hash);
        });
    }
    void finish() {
        for (const auto& file : files_) file->compare();
        finding_.compared = std::min(tree_.size(), limit_);
    }
    [[nodiscard]] const TreeLevels& tree() const { return tree_; }

  private:
    std::string folder_;
    std::string name_;
    std::uint64_t limit_;
    RecordFinding& finding_;
    TreeLevels tree_;
    std::vector<std::unique_ptr<FileComparison>> files_;
};

RecordAudit::RecordAudit(RecordAuditOptions options) : options_(std::move(options)) {
    const RecordedMark& mark = options_.mark;
    const bool files = !options_.folder.empty();
    if (options_.salt_key) hasher_.emplace(*options_.salt_key, 0);
    if (hasher_ && options_.event_tree) {
        found(RecordPart::event_tree).checked = files;
        events_ = std::make_unique<TreeComparison>(options_.folder, std::string(RecordedFiles::kEventTree), mark.events,
                                                   found(RecordPart::event_tree));
    }
    if (!options_.the_rest) return;
    if (hasher_) {
        found(RecordPart::command_tree).checked = files;
        commands_ = std::make_unique<TreeComparison>(options_.folder, std::string(RecordedFiles::kCommandTree),
                                                     mark.sequence, found(RecordPart::command_tree));
    }
    if (files) {
        found(RecordPart::event_index).checked = true;
        index_ = std::make_unique<FileComparison>(RecordedFiles::index_file(options_.folder), sizeof(std::uint64_t),
                                                  mark.sequence, found(RecordPart::event_index));
    }
    if (!options_.match_log.empty()) {
        found(RecordPart::match_log).checked = true;
        auto opened = MatchLogReader::open(options_.match_log);
        if (opened)
            match_log_ = std::move(*opened);
        else
            fail(RecordPart::match_log, opened.error());
    }
}

RecordAudit::~RecordAudit() = default;

void RecordAudit::fail(RecordPart part, ProofError error) {
    if (!found(part).error) found(part).error = std::move(error);
}

void RecordAudit::audited(const Command& command, std::span<const Event> events) {
    last_ = command.header.sequence.value;
    if (events_) {
        event_leaves_.resize(events.size());
        hasher_->event_leaves(command, events, event_leaves_);
        for (const Digest& leaf : event_leaves_) events_->append(leaf);
    }
    if (!options_.the_rest) return;
    const std::span<const MatchRecord> records = builder_.build(command, events);
    if (commands_) commands_->append(hasher_->command_leaf(command, match_digest(records)));
    if (index_) {
        index_->add(std::as_bytes(std::span{&events_before_, 1}));
        ++found(RecordPart::event_index).compared;
    }
    events_before_ += events.size();
    if (match_log_ && !found(RecordPart::match_log).error) compare_match_log(command, records);
}

const MatchCommand* RecordAudit::next_of_match_log() {
    if (chunk_at_ == chunk_.commands.size()) {
        chunk_at_ = 0;
        if (auto read = match_log_->next(chunk_); !read) {
            fail(RecordPart::match_log, read.error());
            return nullptr;
        }
        if (chunk_.commands.empty()) return nullptr;
    }
    return &chunk_.commands[chunk_at_++];
}

void RecordAudit::compare_match_log(const Command& command, std::span<const MatchRecord> records) {
    // What the venue had not put down yet is no fault.
    if (last_ > options_.mark.sequence) return;
    const MatchCommand* told = next_of_match_log();
    const auto wrong = [&](ProofErrorKind kind, const std::string& what) {
        fail(RecordPart::match_log,
             differs(kind, options_.match_log + '/' + chunk_.file + ": " + command_name(last_) + ' ' + what));
    };
    if (told == nullptr) {
        if (!found(RecordPart::match_log).error) wrong(ProofErrorKind::missing, "is not there");
        return;
    }
    const MatchCommandHead& head = told->head;
    if (head.sequence.value != last_) return wrong(ProofErrorKind::sequence_gap, "has another number there");
    if (head.time != command.header.time) return wrong(ProofErrorKind::wrong_leaf, "has another time");
    if (hasher_ && head.commitment != hasher_->command_commitment())
        return wrong(ProofErrorKind::wrong_leaf, "commits to something else than the journal's command");
    if (head.records != records.size() || !std::ranges::equal(std::as_bytes(told->records), std::as_bytes(records)))
        return wrong(ProofErrorKind::wrong_outcome, "has other records than its events say");
    ++found(RecordPart::match_log).compared;
}

void RecordAudit::checkpoint(const Checkpoint& checkpoint) {
    const std::string where = "checkpoint " + std::to_string(checkpoint.number);
    const auto compare = [&](RecordPart part, const TreeLevels& tree, std::uint64_t size, const Digest& root,
                             ProofErrorKind kind) {
        found(part).checked = true;
        if (tree.size() != size || tree.root() != root)
            fail(part, differs(kind, where + ": the journal gives " + std::to_string(tree.size()) +
                                         " leaves with the root " + to_hex(tree.root()) + ", signed was " +
                                         std::to_string(size) + " with " + to_hex(root)));
        else
            ++found(part).compared;
    };
    if (commands_)
        compare(RecordPart::command_roots, commands_->tree(), checkpoint.commands.value, checkpoint.command_root,
                ProofErrorKind::wrong_command_root);
    if (events_)
        compare(RecordPart::event_roots, events_->tree(), checkpoint.events, checkpoint.event_root,
                ProofErrorKind::wrong_event_root);
}

void RecordAudit::finish() {
    if (commands_) commands_->finish();
    if (events_) events_->finish();
    if (index_) index_->compare();
    if (last_ >= options_.mark.sequence) return;
    const auto ends_early = [&](RecordPart part) {
        if (found(part).checked)
            fail(part, differs(ProofErrorKind::sequence_gap, "the venue has recorded " +
                                                                 command_name(options_.mark.sequence) +
                                                                 ", and the journal ends at " + command_name(last_)));
    };
    for (const RecordPart part : {RecordPart::command_tree, RecordPart::event_tree, RecordPart::event_index})
        ends_early(part);
}

}  // namespace dcx::proof
