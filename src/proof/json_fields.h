// JsonFields: an object of a proof file, whose fields are taken by name. Strict: a field that is missing, of another
// kind, left over or there twice makes the file malformed, because who made it meant something else than we read. What
// is wrong once stays wrong, so a parser asks once, at its end. No exceptions. One thread.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/sha256.h"

namespace dcx::proof {

using ProofJson = nlohmann::ordered_json;

// Nothing (discarded) when it is no JSON, has a field twice, or is larger or deeper than a proof file is.
[[nodiscard]] ProofJson parse_proof_json(std::string_view text);

class JsonFields {
  public:
    explicit JsonFields(const ProofJson& object) : object_(object), right_(object.is_object()) {}

    [[nodiscard]] bool has(const char* name) const { return right_ && object_.contains(name); }
    std::string text(const char* name);
    void expect(const char* name, std::string_view wanted) { right_ &= text(name) == wanted; }
    std::uint64_t number(const char* name);
    void hex(const char* name, std::span<std::byte> bytes);
    Digest base64(const char* name);
    std::vector<Digest> hashes(const char* name);
    // An object or a list; an empty one of another kind when it is missing.
    const ProofJson& field(const char* name);

    // All was right, and nothing is left.
    [[nodiscard]] bool ended() const { return right_ && taken_ == object_.size(); }

  private:
    const ProofJson* take(const char* name);

    const ProofJson& object_;
    std::size_t taken_ = 0;
    bool right_;
};

}  // namespace dcx::proof
