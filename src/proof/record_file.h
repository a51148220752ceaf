// RecordFile: records of one size behind one another in a file that only grows. What was appended stays in memory until
// there is some of it, is in the file after flush(), and survives a crash from then on. What a crash leaves behind the
// records that were flushed is of no meaning: the owner knows how many they were and cuts the file back when it opens
// it. One thread. A failed write or sync is never tried again: every call after it fails in the same way.
//
// RecordReader reads such a file beside its writer, in any process, no further than what stands in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/descriptor.h"
#include "proof/proof_error.h"

namespace dcx::proof {

class RecordReader {
  public:
    RecordReader() = default;
    // missing: there is no such file.
    [[nodiscard]] static std::expected<RecordReader, ProofError> open(std::string path, std::size_t record_size);
    // Whole records that stand in the file now.
    [[nodiscard]] std::expected<std::uint64_t, ProofError> records() const;
    // Fills `out`, a whole number of records, from record `first` on. missing: the file is shorter.
    [[nodiscard]] std::expected<void, ProofError> read(std::uint64_t first, std::span<std::byte> out) const;

  private:
    std::string path_;
    Descriptor file_;
    std::size_t record_size_ = 1;
};

class RecordFile {
  public:
    // With `records` records, those that were flushed: more are cut off, fewer are an error (missing). With 0 it begins
    // anew, whatever stood there.
    [[nodiscard]] static std::expected<RecordFile, ProofError> open(std::string path, std::size_t record_size,
                                                                    std::uint64_t records);
    // A whole number of records. An error shows at the next call that can say so.
    void append(std::span<const std::byte> bytes);
    [[nodiscard]] std::uint64_t records() const { return written_ + waiting_.size() / record_size_; }
    // Everything into the file, so that readers find it.
    [[nodiscard]] std::expected<void, ProofError> write_out();
    // And onto the disk.
    [[nodiscard]] std::expected<void, ProofError> flush();
    [[nodiscard]] std::expected<void, ProofError> read(std::uint64_t first, std::span<std::byte> out);

  private:
    RecordFile() = default;
    void fail(ProofError error);

    std::string path_;
    Descriptor file_;
    std::size_t record_size_ = 1;
    std::uint64_t written_ = 0;  // records in the file
    std::vector<std::byte> waiting_;
    bool dirty_ = false;
    std::optional<ProofError> error_;
};

// So that a file's name survives a crash.
[[nodiscard]] std::expected<void, ProofError> sync_folder(const std::string& folder);

}  // namespace dcx::proof
