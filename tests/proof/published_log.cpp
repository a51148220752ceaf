#include "proof/published_log.h"

#include <doctest/doctest.h>
#include <stdlib.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "proof/match_log_reader.h"
#include "proof/match_log_writer.h"
#include "proof/merkle.h"

namespace dcx::proof {

TemporaryFolder::TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "dcx_match_XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
}
TemporaryFolder::~TemporaryFolder() { std::filesystem::remove_all(path_); }

// From the definition, leaf.h.
Digest leaf_of(const LoggedCommand& command) {
    MatchDigest digest{.records = command.head.records, .hash = {}};
    if (!command.records.empty()) digest.hash = Sha256::of(std::as_bytes(std::span{command.records}));
    const CommandHeader header{.sequence = command.head.sequence, .time = command.head.time};
    return leaf_hash(command_entry(header, digest, command.head.commitment));
}

PublishedLog::PublishedLog(const MatchLog& log, std::vector<std::uint64_t> checkpoints, std::uint64_t file_size) {
    const Published published(path());
    REQUIRE(published.make());
    auto writer = MatchLogWriter::open(
        {.folder = published.match_log(), .venue_id = some_venue(), .keep = std::nullopt, .file_size = file_size});
    REQUIRE(writer);
    append_log(*writer, log);
    REQUIRE(writer->flush());

    const ProofKeys keys{.checkpoint = some_seed(), .previous = std::nullopt, .salt = {}, .liabilities = {}};
    REQUIRE(published.publish_key(some_venue(), keys, 1));
    if (checkpoints.empty()) checkpoints.push_back(log.size());
    MerkleRoot tree;
    Checkpoint next;
    next.venue_id = some_venue();
    next.number = 1;
    for (const LoggedCommand& command : log) {
        tree.append(leaf_of(command));
        while (next.number <= checkpoints.size() && checkpoints[next.number - 1] == tree.size()) {
            next.commands = command.head.sequence;
            next.command_root = tree.root();
            next.time = command.head.time;
            const auto signed_one = published.publish(next, some_seed());
            REQUIRE(signed_one);
            next.previous = signed_one->hash;
            ++next.number;
        }
    }
    REQUIRE(next.number == checkpoints.size() + 1);
}

std::expected<MatchLogReport, ProofError> PublishedLog::verify(bool naive, const std::string& key_file) const {
    MatchLogVerification wanted;
    wanted.folder = path();
    wanted.naive = naive;
    wanted.key_file = key_file;
    return verify_match_log(wanted);
}

void append_log(MatchLogWriter& writer, const MatchLog& log) {
    for (std::size_t i = writer.last().value; i < log.size(); ++i) {
        const CommandHeader header{.sequence = log[i].head.sequence, .time = log[i].head.time};
        REQUIRE(writer.append(header, log[i].records, log[i].head.commitment));
    }
}

ReadLog read_log(const std::string& folder) {
    ReadLog result;
    auto reader = MatchLogReader::open(folder);
    if (!reader) {
        result.error = reader.error();
        return result;
    }
    MatchChunk chunk;
    while (true) {
        if (const auto read = reader->next(chunk); !read) {
            result.error = read.error();
            break;
        }
        if (chunk.commands.empty()) break;
        for (const MatchCommand& c : chunk.commands)
            result.log.push_back({.head = c.head, .records = {c.records.begin(), c.records.end()}});
    }
    result.unfinished = reader->unfinished();
    return result;
}

std::string read_file(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}
void write_file(const std::string& path, std::string_view bytes) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    REQUIRE(file.flush());
}
std::vector<std::string> files_in(const std::string& folder) {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
}

}  // namespace dcx::proof
