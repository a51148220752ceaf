// Signed notes and their keys (checkpoint.h).
#include <algorithm>
#include <array>
#include <charconv>

#include "base/check.h"
#include "proof/base64.h"
#include "proof/checkpoint.h"
#include "proof/quick_sha256.h"

namespace dcx::proof {
namespace {

constexpr std::string_view kDash = "\xE2\x80\x94 ";  // em dash and a space begin a signature's line
constexpr std::byte kEd25519{0x01};
constexpr std::size_t kKeyIdSize = 4;
constexpr std::size_t kKeyIdDigits = 8;
// More than a venue and all of its witnesses have; what is longer is not read.
constexpr std::size_t kMaxNote = std::size_t{1} << 20;
constexpr std::size_t kMaxSignatures = 100;

std::unexpected<ProofError> malformed(std::string seen) {
    return std::unexpected(ProofError{ProofErrorKind::malformed, std::move(seen)});
}

// Bytes of the UTF-8 character that begins here, 0 when it is none: overlong forms and surrogates are none.
std::size_t character(std::string_view text, std::uint32_t& value) {
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char first = at(0);
    std::size_t size = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (size == 0 || size > text.size()) return 0;
    value = size == 1 ? first : first & (0xFFu >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if ((at(i) & 0xC0) != 0x80) return 0;
        value = value << 6 | (at(i) & 0x3Fu);
    }
    if (size == 3 && (value < 0x800 || (value >= 0xD800 && value < 0xE000))) return 0;
    if (size == 4 && (value < 0x10000 || value > 0x10FFFF)) return 0;
    return size;
}

// What Unicode calls white space, beside those below 0x21 that no note may have.
bool is_space(std::uint32_t c) {
    return c <= 0x20 || c == 0x85 || c == 0xA0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 ||
           c == 0x2029 || c == 0x202F || c == 0x205F || c == 0x3000;
}

bool is_note_text(std::string_view text) {
    while (!text.empty()) {
        std::uint32_t value = 0;
        const std::size_t size = character(text, value);
        if (size == 0 || (value < 0x20 && value != '\n')) return false;
        text.remove_prefix(size);
    }
    return true;
}

bool is_key_name(std::string_view name) {
    if (name.empty() || name.find('+') != name.npos) return false;
    while (!name.empty()) {
        std::uint32_t value = 0;
        const std::size_t size = character(name, value);
        if (size == 0 || is_space(value)) return false;
        name.remove_prefix(size);
    }
    return true;
}

std::array<std::byte, kKeyIdSize> id_bytes(std::uint32_t id) {
    return {static_cast<std::byte>(id >> 24), static_cast<std::byte>(id >> 16 & 255),
            static_cast<std::byte>(id >> 8 & 255), static_cast<std::byte>(id & 255)};
}

std::uint32_t id_of(std::span<const std::byte> bytes) {
    std::uint32_t id = 0;
    for (const std::byte b : bytes.first(kKeyIdSize)) id = id << 8 | std::to_integer<std::uint32_t>(b);
    return id;
}

std::expected<NoteSignature, ProofError> parse_signature(std::string_view line) {
    if (!line.starts_with(kDash)) return malformed("a line behind a note's text is not a signature");
    line.remove_prefix(kDash.size());
    const std::size_t space = line.find(' ');
    if (space == line.npos) return malformed("a signature without its bytes");
    const std::string_view name = line.substr(0, space);
    auto bytes = from_base64(line.substr(space + 1));
    if (!is_key_name(name) || !bytes || bytes->size() <= kKeyIdSize)
        return malformed("a signature's name or bytes are not in their form");
    return NoteSignature{std::string(name), std::move(*bytes)};
}

}  // namespace

std::expected<SignedNote, ProofError> parse_note(std::string_view note) {
    if (note.size() > kMaxNote) return malformed("a note of more than 1 MiB");
    if (!note.ends_with('\n')) return malformed("a note ends with a newline");
    if (!is_note_text(note)) return malformed("a note has bytes that are not text");
    const std::size_t split = note.rfind("\n\n");
    if (split == note.npos || split == 0) return malformed("a note without an empty line before its signatures");
    SignedNote result;
    result.text = note.substr(0, split + 1);
    std::string_view rest = note.substr(split + 2);
    while (!rest.empty()) {
        if (result.signatures.size() == kMaxSignatures) return malformed("a note with more than 100 signatures");
        const std::size_t end = rest.find('\n');
        auto signature = parse_signature(rest.substr(0, end));
        if (!signature) return std::unexpected(signature.error());
        result.signatures.push_back(std::move(*signature));
        rest.remove_prefix(end + 1);
    }
    if (result.signatures.empty()) return malformed("a note without a signature");
    return result;
}

std::string note_text(const SignedNote& note) {
    std::string text = note.text + '\n';
    for (const NoteSignature& signature : note.signatures)
        text += std::string(kDash) + signature.name + ' ' + to_base64(signature.bytes) + '\n';
    return text;
}

VerifierKey verifier_key(std::string_view name, const Ed25519PublicKey& key) {
    QuickSha256 hash;
    hash.update(std::as_bytes(std::span{name}));
    constexpr std::array<std::byte, 2> type{std::byte{'\n'}, kEd25519};
    hash.update(type);
    hash.update(key);
    return {std::string(name), id_of(hash.finish()), key};
}

std::string verifier_text(const VerifierKey& key) {
    std::array<std::byte, 33> bytes;
    bytes[0] = kEd25519;
    std::copy(key.key.begin(), key.key.end(), bytes.begin() + 1);
    return key.name + '+' + to_hex(id_bytes(key.id)) + '+' + to_base64(bytes);
}

std::expected<VerifierKey, ProofError> parse_verifier(std::string_view text) {
    // A file of one line may end with its newline.
    if (text.ends_with('\n')) text.remove_suffix(1);
    const std::size_t id_at = text.find('+');
    if (id_at == text.npos || text.size() < id_at + kKeyIdDigits + 2 || text[id_at + kKeyIdDigits + 1] != '+')
        return malformed("a verifier key is NAME+ID+KEY");
    std::array<std::byte, kKeyIdSize> id;
    std::array<std::byte, 33> bytes;
    const std::string_view name = text.substr(0, id_at);
    if (!is_key_name(name) || !from_hex(text.substr(id_at + 1, kKeyIdDigits), id) ||
        !from_base64(text.substr(id_at + kKeyIdDigits + 2), bytes))
        return malformed("a verifier key's name, id or key is not in its form");
    if (bytes[0] != kEd25519)
        return malformed("a verifier key of algorithm " + std::to_string(std::to_integer<unsigned>(bytes[0])) +
                         ", not of Ed25519 (1)");
    Ed25519PublicKey key;
    std::copy(bytes.begin() + 1, bytes.end(), key.begin());
    VerifierKey result = verifier_key(name, key);
    if (result.id != id_of(id)) return malformed("a verifier key whose id is not that of its name and key");
    return result;
}

void sign_note(SignedNote& note, std::string_view name, const Ed25519Seed& seed) {
    DCX_CHECK(note.text.ends_with('\n') && is_note_text(note.text) && is_key_name(name));
    const VerifierKey key = verifier_key(name, ed25519_public_key(seed));
    const Ed25519Signature signature = ed25519_sign(seed, std::as_bytes(std::span{note.text}));
    NoteSignature line{std::string(name), {}};
    const auto id = id_bytes(key.id);
    line.bytes.assign(id.begin(), id.end());
    line.bytes.insert(line.bytes.end(), signature.begin(), signature.end());
    note.signatures.push_back(std::move(line));
}

std::expected<void, ProofError> check_signature(const SignedNote& note, const VerifierKey& key) {
    bool found = false;
    for (const NoteSignature& line : note.signatures) {
        if (line.name != key.name || id_of(line.bytes) != key.id) continue;
        found = true;
        Ed25519Signature signature;
        if (line.bytes.size() != kKeyIdSize + signature.size()) break;
        std::copy(line.bytes.begin() + kKeyIdSize, line.bytes.end(), signature.begin());
        if (!ed25519_verify(key.key, std::as_bytes(std::span{note.text}), signature)) break;
        return {};
    }
    if (found) return std::unexpected(ProofError{ProofErrorKind::bad_signature, "of " + key.name});
    return std::unexpected(ProofError{ProofErrorKind::unknown_key, "no signature of " + verifier_text(key)});
}

}  // namespace dcx::proof
