#include "proof/published.h"

#include <array>
#include <cstdio>
#include <span>

#include "proof/text_lines.h"
#include "proof/whole_file.h"

namespace dcx::proof {
namespace {

constexpr std::size_t kMaxKeyList = std::size_t{1} << 20;
constexpr std::size_t kMaxCheckpoint = std::size_t{1} << 20;
constexpr unsigned kForAll = 0644;
constexpr std::string_view kFrom = " from ";

std::string number_name(std::uint64_t number) {
    std::array<char, 32> name{};
    std::snprintf(name.data(), name.size(), "%08llu.txt", static_cast<unsigned long long>(number));
    return name.data();
}

// Of exactly such a name; 0: another one.
std::uint64_t number_of_name(std::string_view name) {
    std::uint64_t number = 0;
    for (const char c : name.substr(0, name.find('.'))) {
        if (c < '0' || c > '9' || number > UINT64_MAX / 10 - 1) return 0;
        number = number * 10 + static_cast<std::uint64_t>(c - '0');
    }
    return number != 0 && number_name(number) == name ? number : 0;
}

std::unexpected<ProofError> error(ProofErrorKind kind, std::string seen) {
    return std::unexpected(ProofError{kind, std::move(seen)});
}

std::expected<SignedCheckpoint, ProofError> read_checkpoint(std::string file) {
    const auto note = parse_note(file);
    if (!note) return std::unexpected(note.error());
    auto checkpoint = parse_checkpoint(note->text);
    if (!checkpoint) return std::unexpected(checkpoint.error());
    return SignedCheckpoint{.checkpoint = std::move(*checkpoint),
                            .file = std::move(file),
                            .hash = Sha256::of(std::as_bytes(std::span{note->text}))};
}

}  // namespace

std::string key_list_text(const std::vector<PublishedKey>& keys) {
    std::string text;
    for (const PublishedKey& key : keys)
        text += verifier_text(key.key) +
                (key.from == 1 ? std::string{} : std::string{kFrom} + std::to_string(key.from)) + "\n";
    return text;
}

std::expected<std::vector<PublishedKey>, ProofError> parse_key_list(std::string_view text) {
    std::vector<PublishedKey> keys;
    TextLines lines(text);
    while (!lines.empty()) {
        std::string_view line = lines.line();
        const std::size_t from = line.rfind(kFrom);
        PublishedKey key{.from = 1, .key = {}};
        if (from != line.npos && !plain_number(line.substr(from + kFrom.size()), key.from))
            return error(ProofErrorKind::malformed, "the list of keys: " + std::string{line});
        auto verifier = parse_verifier(line.substr(0, from));
        if (!verifier) return std::unexpected(verifier.error());
        key.key = std::move(*verifier);
        if (keys.empty() ? key.from != 1 : key.from <= keys.back().from || key.key.name != keys.front().key.name)
            return error(ProofErrorKind::malformed, "the list of keys is not in order at " + std::string{line});
        keys.push_back(std::move(key));
    }
    if (!lines.ended() || keys.empty()) return error(ProofErrorKind::malformed, "a list of keys has none");
    return keys;
}

const PublishedKey& key_for(const std::vector<PublishedKey>& keys, std::uint64_t checkpoint) {
    std::size_t i = keys.size() - 1;
    while (i > 0 && keys[i].from > checkpoint) --i;
    return keys[i];
}

std::string key_note_text(const PublishedKey& next) {
    return next.key.name + "\nkey " + verifier_text(next.key) + "\nfrom checkpoint " + std::to_string(next.from) + "\n";
}

std::string Published::checkpoint_file(std::uint64_t number) const { return checkpoints() + "/" + number_name(number); }

std::string Published::key_note_file(std::uint64_t from) const { return folder_ + "/keys/" + number_name(from); }

std::expected<void, ProofError> Published::make() const {
    for (const std::string& folder : {folder_, folder_ + "/keys", checkpoints(), match_log()})
        if (const auto made = make_folder(folder, false); !made) return made;
    return {};
}

std::expected<std::vector<PublishedKey>, ProofError> Published::keys() const {
    const auto text = read_whole(key_file(), kMaxKeyList);
    if (!text) return std::unexpected(text.error());
    auto keys = parse_key_list(*text);
    if (!keys) keys.error().seen = key_file() + ": " + keys.error().seen;
    return keys;
}

std::expected<std::uint64_t, ProofError> Published::newest() const {
    const auto names = names_in(checkpoints());
    if (!names) return std::unexpected(names.error());
    std::uint64_t newest = 0;
    std::uint64_t count = 0;
    for (const std::string& name : *names)
        if (const std::uint64_t number = number_of_name(name); number != 0) {
            newest = std::max(newest, number);
            ++count;
        }
    if (count != newest)
        return error(ProofErrorKind::checkpoint_gap, checkpoints() + ": of " + std::to_string(newest) +
                                                         " checkpoints there are " + std::to_string(count));
    return newest;
}

std::expected<SignedCheckpoint, ProofError> Published::checkpoint(std::uint64_t number) const {
    const auto list = keys();
    if (!list) return std::unexpected(list.error());
    const std::string path = checkpoint_file(number);
    auto file = read_whole(path, kMaxCheckpoint);
    if (!file) return std::unexpected(file.error());
    auto read = read_checkpoint(std::move(*file));
    if (read) {
        const auto right = check_signature(*parse_note(read->file), key_for(*list, number).key);
        if (!right)
            read = std::unexpected(right.error());
        else if (read->checkpoint.number != number)
            read = error(ProofErrorKind::checkpoint_gap, "it is of number " + std::to_string(read->checkpoint.number));
    }
    if (!read) read.error().seen = path + ": " + read.error().seen;
    return read;
}

std::expected<std::vector<PublishedKey>, ProofError> Published::publish_key(const journal::VenueId& venue_id,
                                                                            const ProofKeys& secrets,
                                                                            std::uint64_t next_checkpoint) const {
    const std::string origin = origin_of(venue_id);
    const PublishedKey ours{.from = next_checkpoint,
                            .key = verifier_key(origin, ed25519_public_key(secrets.checkpoint))};
    auto list = keys();
    if (!list && (list.error().kind != ProofErrorKind::missing || next_checkpoint != 1)) return list;
    if (!list) {
        list = std::vector{ours};
    } else {
        if (list->back().key.name != origin)
            return error(ProofErrorKind::other_venue, key_file() + ": is of " + list->back().key.name);
        if (list->back().key.key == ours.key.key) return list;
        if (!secrets.previous || ed25519_public_key(*secrets.previous) != list->back().key.key)
            return error(ProofErrorKind::unknown_key,
                         key_file() + ": another key signed the checkpoints so far; " + std::string{kCheckpointKey} +
                             " can follow it with that one as " + std::string{kPreviousCheckpointKey});
        if (list->back().from == ours.from)
            return error(ProofErrorKind::unknown_key,
                         key_file() + ": the last key has signed no checkpoint yet, so none can follow it");
        SignedNote note{.text = key_note_text(ours), .signatures = {}};
        sign_note(note, origin, *secrets.previous);
        if (const auto written = write_whole(key_note_file(ours.from), note_text(note), kForAll); !written)
            return std::unexpected(written.error());
        list->push_back(ours);
    }
    if (const auto written = write_whole(key_file(), key_list_text(*list), kForAll); !written)
        return std::unexpected(written.error());
    return list;
}

std::expected<SignedCheckpoint, ProofError> Published::publish(const Checkpoint& checkpoint,
                                                               const Ed25519Seed& seed) const {
    SignedNote note{.text = checkpoint_text(checkpoint), .signatures = {}};
    sign_note(note, origin_of(checkpoint.venue_id), seed);
    auto made = read_checkpoint(note_text(note));
    if (!made) return made;
    if (const auto written = write_whole(checkpoint_file(checkpoint.number), made->file, kForAll); !written)
        return std::unexpected(written.error());
    return made;
}

}  // namespace dcx::proof
