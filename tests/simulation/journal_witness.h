// JournalWitness: what the venue tried to write and what its journal then holds, read from the bytes of the files with
// nothing of the venue's but the layout of a header. And the trials of rot: a copy of the disk is damaged in one way,
// and recovery must refuse exactly what a later header or segment knows as durable, cut exactly what none does, and
// name it.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/random.h"
#include "journal/memory_storage.h"
#include "model/command.h"
#include "simulation/world.h"

namespace dcx::simulation {

// A batch as it lies on a disk.
struct FoundBatch {
    std::string segment;
    std::size_t offset{};  // of its header
    std::size_t size{};    // header and commands
    std::uint64_t number{};
    std::uint64_t first_sequence{};
    std::uint64_t count{};
};

struct FoundLog {
    std::vector<FoundBatch> batches;
    std::vector<Command> commands;
    std::vector<std::string> segments;  // in order
};

// As far as whole batches follow each other.
[[nodiscard]] FoundLog read_log(const journal::MemoryDisk& disk);

class JournalWitness {
  public:
    explicit JournalWitness(World& world) : world_(world) {}

    // A write that the venue is about to do.
    void on_write(std::span<const std::byte> bytes);
    // What is in the log, each command's bytes last written for its sequence, or broken.
    FoundLog check(const journal::MemoryDisk& disk);
    // Damages a copy of what is durable and judges what recovery makes of it.
    void try_rot(const journal::MemoryDisk& disk, Random& random);
    [[nodiscard]] std::uint64_t refused() const { return refused_; }
    [[nodiscard]] std::uint64_t cut() const { return cut_; }

  private:
    World& world_;
    std::map<std::uint64_t, std::uint32_t> attempted_;  // CRC of the command's bytes by sequence
    std::uint64_t refused_ = 0;
    std::uint64_t cut_ = 0;
};

}  // namespace dcx::simulation
