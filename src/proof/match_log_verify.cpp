#include "proof/match_log_verify.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <future>
#include <optional>
#include <vector>

#include "proof/key_chain.h"
#include "proof/match_log_reader.h"
#include "proof/merkle.h"
#include "proof/published.h"
#include "proof/quick_sha256.h"
#include "proof/whole_file.h"

namespace dcx::proof {
namespace {

constexpr std::size_t kMaxKeyFile = std::size_t{1} << 20;
constexpr std::size_t kLookAhead = 6;  // commands

std::unexpected<ProofError> fail(ProofErrorKind kind, std::string seen) {
    return std::unexpected(ProofError{kind, std::move(seen)});
}

// All of them in order, each with its signature and its link to the one before.
std::expected<std::vector<Checkpoint>, ProofError> read_checkpoints(const Published& published) {
    const auto newest = published.newest();
    if (!newest) return std::unexpected(newest.error());
    if (*newest == 0)
        return fail(ProofErrorKind::missing, published.checkpoints() + " has no checkpoint: nothing is signed yet");
    std::vector<Checkpoint> checkpoints;
    Digest previous{};
    for (std::uint64_t number = 1; number <= *newest; ++number) {
        auto read = published.checkpoint(number);
        if (!read) return std::unexpected(read.error());
        const Checkpoint& c = read->checkpoint;
        const std::string file = published.checkpoint_file(number);
        if (c.previous != previous) return fail(ProofErrorKind::checkpoint_gap, file + ": follows another checkpoint");
        if (!checkpoints.empty() && c.venue_id != checkpoints.back().venue_id)
            return fail(ProofErrorKind::other_venue, file + ": of another venue");
        if (!checkpoints.empty() && c.commands < checkpoints.back().commands)
            return fail(ProofErrorKind::checkpoint_gap, file + ": has fewer commands than the one before");
        previous = read->hash;
        checkpoints.push_back(c);
    }
    return checkpoints;
}

// Where something does not hold, so that the first of several is told.
struct Failed {
    Sequence sequence{};
    ProofError error;
};

// The leaf hashes of a chunk's commands: whoever has time makes the next ones.
class ChunkLeaves {
  public:
    void begin(const MatchChunk& chunk) {
        commands_ = chunk.commands;
        leaves_.resize(commands_.size());
        claimed_ = 0;
        made_ = 0;
    }
    // Until none is left to begin with.
    void make() {
        while (true) {
            const std::size_t from = claimed_.fetch_add(kPart, std::memory_order_relaxed);
            if (from >= leaves_.size()) return;
            const std::size_t to = std::min(leaves_.size(), from + kPart);
            for (std::size_t i = from; i < to; ++i) leaves_[i] = leaf(commands_[i]);
            // Pairs with the acquire in all(): who sees the count sees the leaves.
            made_.fetch_add(to - from, std::memory_order_release);
            made_.notify_one();
        }
    }
    // Waits for those that another thread is making.
    std::span<const Digest> all() {
        for (std::size_t made = 0; (made = made_.load(std::memory_order_acquire)) < leaves_.size();) made_.wait(made);
        return leaves_;
    }

  private:
    static constexpr std::size_t kPart = 256;

    static Digest leaf(const MatchCommand& command) {
        const CommandHeader header{.sequence = command.head.sequence, .time = command.head.time};
        // The leaf's tag is zero.
        std::array<std::byte, 1 + kCommandEntrySize> bytes{};
        const CommandEntry entry = command_entry(header, match_digest(command.records), command.head.commitment);
        std::copy(entry.begin(), entry.end(), bytes.begin() + 1);
        return QuickSha256::of(bytes);
    }

    std::span<const MatchCommand> commands_;
    std::vector<Digest> leaves_;
    std::atomic<std::size_t> claimed_{0};
    std::atomic<std::size_t> made_{0};
};

// The command tree, command by command, and what was signed of it.
class SignedTree {
  public:
    explicit SignedTree(std::vector<Checkpoint> checkpoints) : checkpoints_(std::move(checkpoints)) {}

    std::optional<Failed> add(std::span<const Digest> leaves) {
        for (const Digest& leaf : leaves) {
            tree_.append(leaf);
            for (; next_ < checkpoints_.size() && checkpoints_[next_].commands.value == tree_.size(); ++next_)
                if (tree_.root() != checkpoints_[next_].command_root)
                    return Failed{Sequence{tree_.size()}, wrong_root()};
        }
        return std::nullopt;
    }
    // The log has ended here.
    [[nodiscard]] std::expected<void, ProofError> finish() const {
        if (next_ == checkpoints_.size()) return {};
        return fail(ProofErrorKind::missing, "the match log ends with command " + std::to_string(tree_.size()) +
                                                 ", but checkpoint " + std::to_string(checkpoints_[next_].number) +
                                                 " has " + std::to_string(checkpoints_[next_].commands.value));
    }
    [[nodiscard]] const Checkpoint& last() const { return checkpoints_.back(); }
    [[nodiscard]] std::uint64_t count() const { return checkpoints_.size(); }

  private:
    [[nodiscard]] ProofError wrong_root() const {
        const Checkpoint& c = checkpoints_[next_];
        const std::uint64_t from = next_ == 0 ? 1 : checkpoints_[next_ - 1].commands.value + 1;
        return {ProofErrorKind::wrong_command_root,
                "checkpoint " + std::to_string(c.number) + " signs other commands: one of " + std::to_string(from) +
                    " .. " + std::to_string(c.commands.value) + " is not what it was"};
    }

    std::vector<Checkpoint> checkpoints_;
    std::size_t next_ = 0;
    MerkleRoot tree_;
};

std::optional<Failed> replay(MatchChecker& checker, const MatchChunk& chunk) {
    for (std::size_t i = 0; i < chunk.commands.size(); ++i) {
        if (i + kLookAhead < chunk.commands.size()) checker.expect_soon(chunk.commands[i + kLookAhead]);
        if (auto right = checker.check(chunk.commands[i]); !right) {
            right.error().seen = chunk.file + ", " + right.error().seen;
            return Failed{chunk.commands[i].head.sequence, right.error()};
        }
    }
    return std::nullopt;
}

}  // namespace

std::expected<MatchLogReport, ProofError> verify_match_log(const MatchLogVerification& wanted) {
    const Published published(wanted.folder);
    std::vector<PublishedKey> trusted;
    if (!wanted.key_file.empty()) {
        const auto text = read_whole(wanted.key_file, kMaxKeyFile);
        if (!text) return std::unexpected(text.error());
        auto keys = parse_key_list(*text);
        if (!keys) return fail(keys.error().kind, wanted.key_file + ": " + keys.error().seen);
        trusted = std::move(*keys);
    }
    if (const auto keys = check_key_chain(published, trusted); !keys) return std::unexpected(keys.error());
    auto checkpoints = read_checkpoints(published);
    if (!checkpoints) return std::unexpected(checkpoints.error());
    auto reader = MatchLogReader::open(published.match_log());
    if (!reader) return std::unexpected(reader.error());
    if (reader->venue_id() != checkpoints->front().venue_id)
        return fail(ProofErrorKind::other_venue, published.match_log() + ": of another venue than the checkpoints");

    SignedTree tree(std::move(*checkpoints));
    const auto checker = wanted.naive ? make_naive_match_checker() : make_match_checker();
    std::array<MatchChunk, 2> chunks;
    ChunkLeaves leaves;
    auto read = reader->next(chunks[0]);
    for (std::size_t now = 0; read && !chunks[now].commands.empty(); now = 1 - now) {
        const MatchChunk& chunk = chunks[now];
        leaves.begin(chunk);
        auto hashed = std::async(std::launch::async, [&] {
            leaves.make();
            return tree.add(leaves.all());
        });
        auto failed = replay(*checker, chunk);
        if (!failed) {
            leaves.make();
            read = reader->next(chunks[1 - now]);
        }
        const auto wrong_root = hashed.get();
        if (wrong_root && (!failed || wrong_root->sequence < failed->sequence)) failed = wrong_root;
        if (failed) return std::unexpected(failed->error);
        wanted.progress(reader->read_bytes(), reader->total_bytes());
    }
    if (!read) return std::unexpected(read.error());
    if (auto finished = tree.finish(); !finished) return std::unexpected(finished.error());
    return MatchLogReport{.venue_id = reader->venue_id(),
                          .counts = checker->counts(),
                          .checkpoints = tree.count(),
                          .covered = tree.last().commands,
                          .last = reader->last(),
                          .unfinished = reader->unfinished()};
}

}  // namespace dcx::proof
