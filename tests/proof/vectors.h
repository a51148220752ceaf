// Public vectors beside the repository: found, read, never copied.
#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "base/sha256.h"
#include "proof/base64.h"

namespace dcx::proof {

inline std::string vector_text(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline nlohmann::json vector_json(const std::filesystem::path& path) {
    return nlohmann::json::parse(vector_text(path));
}

inline std::vector<std::byte> vector_bytes(const std::string& hex) {
    std::vector<std::byte> bytes(hex.size() / 2);
    return from_hex(hex, bytes) ? bytes : std::vector<std::byte>{};
}

// A hash of a vector. Some have ones of another length, for which our types have no place: they become a hash that
// nothing else has, so that equal ones stay equal.
inline Digest vector_digest(const nlohmann::json& text) {
    Digest digest;
    const std::string value = text.get<std::string>();
    return from_base64(value, digest) ? digest : Sha256::of(std::as_bytes(std::span{value}));
}

}  // namespace dcx::proof
