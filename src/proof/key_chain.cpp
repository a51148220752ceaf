#include "proof/key_chain.h"

#include <algorithm>

#include "proof/whole_file.h"

namespace dcx::proof {
namespace {

constexpr std::size_t kMaxKeyNote = std::size_t{1} << 16;

bool same(const PublishedKey& a, const PublishedKey& b) {
    return a.from == b.from && a.key.name == b.key.name && a.key.key == b.key.key;
}

std::expected<void, ProofError> check_note(const std::string& path, const PublishedKey& before,
                                           const PublishedKey& next) {
    const auto file = read_whole(path, kMaxKeyNote);
    if (!file) return std::unexpected(file.error());
    const auto note = parse_note(*file);
    if (!note) return std::unexpected(note.error());
    if (note->text != key_note_text(next))
        return std::unexpected(ProofError{ProofErrorKind::unknown_key, "it names another key"});
    return check_signature(*note, before.key);
}

}  // namespace

std::expected<std::vector<PublishedKey>, ProofError> check_key_chain(const Published& published,
                                                                     const std::vector<PublishedKey>& trusted) {
    auto keys = published.keys();
    if (!keys) return keys;
    const std::size_t known = std::min(keys->size(), trusted.size());
    for (std::size_t i = 0; i < known; ++i)
        if (!same((*keys)[i], trusted[i]))
            return std::unexpected(
                ProofError{ProofErrorKind::unknown_key,
                           published.key_file() + ": key " + std::to_string(i + 1) + " is not the one that was given"});
    for (std::size_t i = std::max<std::size_t>(known, 1); i < keys->size(); ++i) {
        const std::string path = published.key_note_file((*keys)[i].from);
        if (auto right = check_note(path, (*keys)[i - 1], (*keys)[i]); !right) {
            right.error().seen = path + ": " + right.error().seen;
            return std::unexpected(right.error());
        }
    }
    return keys;
}

}  // namespace dcx::proof
