#include "proof/recorded_mark.h"

#include <array>
#include <cstring>
#include <span>

#include "proof/whole_file.h"

namespace dcx::proof {
namespace {

struct MarkFile {
    std::array<char, 8> magic{'d', 'c', 'x', 'm', 'a', 'r', 'k', '1'};
    RecordedMark mark;
    Digest hash{};  // of all before it
};
static_assert(FixedLayout<MarkFile> && sizeof(MarkFile) == 120);
constexpr unsigned kOwnerOnly = 0600;

Digest hash_of(const MarkFile& file) {
    return Sha256::of(std::as_bytes(std::span{&file, 1}).first(offsetof(MarkFile, hash)));
}

}  // namespace

std::expected<void, ProofError> write_mark(const std::string& path, const RecordedMark& mark) {
    MarkFile file;
    file.mark = mark;
    file.hash = hash_of(file);
    return write_whole(path, std::as_bytes(std::span{&file, 1}), kOwnerOnly);
}

std::expected<RecordedMark, ProofError> read_mark(const std::string& path) {
    const auto bytes = read_whole(path, sizeof(MarkFile));
    if (!bytes) return std::unexpected(bytes.error());
    MarkFile file;
    if (bytes->size() == sizeof(file)) std::memcpy(&file, bytes->data(), sizeof(file));
    if (bytes->size() != sizeof(file) || file.magic != MarkFile{}.magic || file.hash != hash_of(file))
        return std::unexpected(ProofError{ProofErrorKind::malformed, path + ": is damaged"});
    return file.mark;
}

}  // namespace dcx::proof
