#include "simulation/journal_witness.h"

#include <algorithm>
#include <cstring>
#include <optional>

#include "base/crc32c.h"
#include "journal/format.h"
#include "journal/recovery.h"

namespace dcx::simulation {
namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t kBlock = 128;
constexpr std::size_t kHead = 4096;

std::string number(std::uint64_t value) { return std::to_string(value); }

std::optional<journal::BatchHeader> batch_at(std::span<const std::byte> bytes, std::size_t offset) {
    journal::BatchHeader header;
    if (offset + sizeof header > bytes.size()) return std::nullopt;
    std::memcpy(static_cast<void*>(&header), bytes.data() + offset, sizeof header);
    if (header.magic != journal::kBatchMagic || header.block != offset / kBlock) return std::nullopt;
    if (offset + kBlock * (1 + std::size_t{header.count}) > bytes.size()) return std::nullopt;
    return header;
}

// Blocks that differ.
struct Damage {
    std::string segment;
    std::size_t from{};
    std::size_t to{};
};

struct Verdict {
    bool must_refuse = false;
    std::size_t kept = 0;  // batches, when it need not
};

// What one disk can tell: a damaged batch was durable when a later intact header or a later segment says so.
Verdict judge(const FoundLog& log, const std::vector<std::pair<std::string, Bytes>>& after,
              const std::vector<Damage>& damages) {
    const auto touched = [&](const std::string& segment, std::size_t from, std::size_t to) {
        return std::any_of(damages.begin(), damages.end(), [&](const Damage& damage) {
            return damage.segment == segment && damage.from < to && damage.to > from;
        });
    };
    Verdict verdict{.must_refuse = false, .kept = log.batches.size()};
    const std::string& last_segment = log.segments.back();
    for (const std::string& segment : log.segments) {
        if (touched(segment, 0, kHead)) verdict.must_refuse = true;
        // Behind the last batch of a segment that is not the last there must be zeros.
        if (segment == last_segment) continue;
        std::size_t end = kHead;
        for (const FoundBatch& batch : log.batches)
            if (batch.segment == segment) end = batch.offset + batch.size;
        for (const auto& [name, bytes] : after)
            if (name == segment && touched(segment, end, bytes.size())) verdict.must_refuse = true;
    }
    for (std::size_t i = 0; i < log.batches.size(); ++i) {
        const FoundBatch& batch = log.batches[i];
        if (!touched(batch.segment, batch.offset, batch.offset + batch.size)) continue;
        verdict.kept = i;
        if (batch.segment != last_segment) verdict.must_refuse = true;
        // A later batch's header testifies when it is whole itself, whatever became of its commands.
        for (std::size_t later = i + 1; later < log.batches.size(); ++later)
            if (!touched(log.batches[later].segment, log.batches[later].offset, log.batches[later].offset + kBlock))
                verdict.must_refuse = true;
        break;
    }
    return verdict;
}

}  // namespace

FoundLog read_log(const journal::MemoryDisk& disk) {
    FoundLog log;
    for (const std::string& name : disk.names()) {
        if (!name.ends_with(".journal")) continue;
        log.segments.push_back(name);
        const Bytes bytes = disk.get(name);
        std::size_t at = kHead;
        while (const auto header = batch_at(bytes, at)) {
            log.batches.push_back({.segment = name,
                                   .offset = at,
                                   .size = kBlock * (1 + std::size_t{header->count}),
                                   .number = header->number,
                                   .first_sequence = header->first_sequence,
                                   .count = header->count});
            for (std::size_t i = 0; i < header->count; ++i) {
                Command command;
                std::memcpy(static_cast<void*>(&command), bytes.data() + at + kBlock * (1 + i), sizeof command);
                log.commands.push_back(command);
            }
            at += log.batches.back().size;
        }
    }
    return log;
}

void JournalWitness::on_write(std::span<const std::byte> bytes) {
    journal::BatchHeader header;
    if (bytes.size() < sizeof header) return;
    std::memcpy(static_cast<void*>(&header), bytes.data(), sizeof header);
    if (header.magic != journal::kBatchMagic || bytes.size() != kBlock * (1 + std::size_t{header.count})) return;
    for (std::size_t i = 0; i < header.count; ++i)
        attempted_[header.first_sequence + i] = crc32c(bytes.subspan(kBlock * (1 + i), kBlock));
}

FoundLog JournalWitness::check(const journal::MemoryDisk& disk) {
    FoundLog log = read_log(disk);
    std::uint64_t sequence = 0;
    for (const Command& command : log.commands) {
        ++sequence;
        if (command.header.sequence.value != sequence) {
            world_.broken("the journal has sequence " + number(command.header.sequence.value) + " where " +
                          number(sequence) + " belongs");
            break;
        }
        const auto written = attempted_.find(sequence);
        if (written == attempted_.end() || written->second != crc32c(std::as_bytes(std::span{&command, 1})))
            world_.broken("the journal has bytes at sequence " + number(sequence) + " that were not written for it");
    }
    return log;
}

void JournalWitness::try_rot(const journal::MemoryDisk& disk, Random& random) {
    const auto copy = disk.copy();
    const FoundLog log = read_log(*copy);
    if (log.batches.empty()) return;
    std::vector<std::pair<std::string, Bytes>> files;
    files.reserve(log.segments.size());
    for (const std::string& name : log.segments) files.emplace_back(name, copy->get(name));
    const auto before = files;

    // More often near the end, where the judgement is finest.
    const auto some_batch = [&]() -> const FoundBatch& {
        const std::size_t near = std::min<std::size_t>(log.batches.size(), 4);
        return log.batches[random.chance(60) ? log.batches.size() - 1 - random.below(near)
                                             : random.below(log.batches.size())];
    };
    const auto bytes_of = [&](const std::string& name) -> Bytes& {
        return std::find_if(files.begin(), files.end(), [&](const auto& file) { return file.first == name; })->second;
    };
    std::string what;
    const std::uint64_t kind = random.below(5);
    if (kind == 0) {
        auto& [name, bytes] = files[random.below(files.size())];
        const std::size_t at = random.below(bytes.size());
        bytes[at] ^= std::byte(1u << random.below(8));
        what = "a bit flipped at " + number(at) + " of " + name;
    } else if (kind == 1) {
        const FoundBatch& batch = some_batch();
        Bytes& bytes = bytes_of(batch.segment);
        const std::size_t at = batch.offset + random.below(batch.size);
        bytes[at] ^= std::byte(1u << random.below(8));
        what = "a bit flipped in batch " + number(batch.number);
    } else if (kind == 2) {
        // A page that shows another page's bytes: a misdirected read, as long as it lasts.
        auto& [name, bytes] = files[random.below(files.size())];
        auto& [from_name, from] = before[random.below(before.size())];
        const std::size_t to_page = random.below(bytes.size() / kHead) * kHead;
        const std::size_t from_page = random.below(from.size() / kHead) * kHead;
        std::memcpy(bytes.data() + to_page, from.data() + from_page, kHead);
        what =
            "the page at " + number(to_page) + " of " + name + " read from " + number(from_page) + " of " + from_name;
    } else {
        // A write that never reached the disk, or reached another place.
        const FoundBatch& batch = some_batch();
        Bytes& bytes = bytes_of(batch.segment);
        const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(batch.offset);
        const Bytes written(begin, begin + static_cast<std::ptrdiff_t>(batch.size));
        std::fill(begin, begin + static_cast<std::ptrdiff_t>(batch.size), std::byte{0});
        what = "batch " + number(batch.number) + " lost";
        if (kind == 4) {
            auto& [name, other] = files[random.below(files.size())];
            std::size_t at = random.below(other.size() - written.size() + 1);
            at -= at % 512;
            std::copy(written.begin(), written.end(), other.begin() + static_cast<std::ptrdiff_t>(at));
            what = "batch " + number(batch.number) + " written to " + number(at) + " of " + name;
        }
    }
    std::vector<Damage> damages;
    for (std::size_t i = 0; i < files.size(); ++i) {
        // Block by block, so that damage in two places is not taken for all between them.
        for (std::size_t at = 0; at < files[i].second.size(); at += kBlock) {
            if (std::memcmp(before[i].second.data() + at, files[i].second.data() + at, kBlock) == 0) continue;
            damages.push_back({files[i].first, at, at + kBlock});
        }
        copy->put(files[i].first, files[i].second);
    }
    const Verdict verdict = judge(log, files, damages);
    world_.trace.add("rot", damages.size());

    journal::MemoryStorage storage{*copy};
    std::uint64_t batches = 0;
    const auto recovered = journal::recover(storage, {.visit = [&](const journal::Batch&) { ++batches; }});
    if (verdict.must_refuse) {
        ++refused_;
        if (recovered) return world_.broken(what + ", and recovery accepts it with " + number(batches) + " batches");
        if (recovered.error().kind == journal::RecoveryErrorKind::storage_failed || recovered.error().segment.empty())
            world_.broken(what + ", and recovery does not name it: " + recovered.error().message);
        return;
    }
    ++cut_;
    if (!recovered)
        return world_.broken(what + ", which may be a tear, and recovery refuses: " + recovered.error().message);
    if (batches != verdict.kept)
        return world_.broken(what + ": recovery keeps " + number(batches) + " batches of " +
                             number(log.batches.size()) + ", not " + number(verdict.kept));
    const FoundLog left = read_log(*copy);
    if (left.batches.size() != verdict.kept) world_.broken(what + ": what was cut is still on the disk");
}

}  // namespace dcx::simulation
