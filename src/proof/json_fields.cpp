#include "proof/json_fields.h"

#include <set>

#include "proof/base64.h"

namespace dcx::proof {
namespace {

constexpr std::size_t kMaxText = std::size_t{16} << 20;
constexpr int kMaxDepth = 4;
// A tree of 2^64 leaves has no longer path.
constexpr std::size_t kMaxHashes = 65;

}  // namespace

ProofJson parse_proof_json(std::string_view text) {
    if (text.size() > kMaxText) return ProofJson(ProofJson::value_t::discarded);
    std::vector<std::set<std::string>> names;  // of the objects that are open
    bool right = true;
    const auto see = [&](int depth, ProofJson::parse_event_t event, ProofJson& value) {
        using Event = ProofJson::parse_event_t;
        if (depth > kMaxDepth) right = false;
        if (event == Event::object_start) names.emplace_back();
        if (event == Event::object_end && !names.empty()) names.pop_back();
        if (event == Event::key && !names.empty()) right &= names.back().insert(value.get<std::string>()).second;
        return right;
    };
    ProofJson result = ProofJson::parse(text, see, false);
    return right ? result : ProofJson(ProofJson::value_t::discarded);
}

const ProofJson* JsonFields::take(const char* name) {
    if (!right_) return nullptr;
    const auto at = object_.find(name);
    if (at == object_.end()) {
        right_ = false;
        return nullptr;
    }
    ++taken_;
    return &*at;
}

std::string JsonFields::text(const char* name) {
    const ProofJson* value = take(name);
    if (value == nullptr || !value->is_string()) return right_ = false, std::string{};
    return value->get<std::string>();
}

std::uint64_t JsonFields::number(const char* name) {
    const ProofJson* value = take(name);
    if (value == nullptr || !value->is_number_unsigned()) return right_ = false, 0;
    return value->get<std::uint64_t>();
}

void JsonFields::hex(const char* name, std::span<std::byte> bytes) { right_ &= from_hex(text(name), bytes); }

Digest JsonFields::base64(const char* name) {
    Digest digest{};
    right_ &= from_base64(text(name), digest);
    return digest;
}

std::vector<Digest> JsonFields::hashes(const char* name) {
    const ProofJson* list = take(name);
    std::vector<Digest> result;
    if (list == nullptr || !list->is_array() || list->size() > kMaxHashes) return right_ = false, result;
    for (const ProofJson& element : *list) {
        Digest digest{};
        right_ &= element.is_string() && from_base64(element.get_ref<const std::string&>(), digest);
        result.push_back(digest);
    }
    return result;
}

const ProofJson& JsonFields::field(const char* name) {
    static const ProofJson nothing;
    const ProofJson* value = take(name);
    return value == nullptr ? nothing : *value;
}

}  // namespace dcx::proof
