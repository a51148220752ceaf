#include "app/backup_manifest.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>

#include "base/sha256.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kFormat = 1;

Json json_of(const BackupFile& file) {
    return {{"path", file.path},
            {"size", file.facts.size},
            {"bytes", file.facts.bytes},
            {"sha256", to_hex(file.facts.sha256)}};
}

Json json_of(const Manifest& manifest) {
    Json files = Json::array();
    for (const BackupFile& file : manifest.files) files.push_back(json_of(file));
    return {{"format", kFormat},        {"venue_id", manifest.venue_id},         {"sequence", manifest.sequence},
            {"batch", manifest.batch},  {"journal_hash", manifest.journal_hash}, {"time", manifest.time},
            {"files", std::move(files)}};
}

BackupFile file_of(const Json& json) {
    BackupFile file{.path = json.at("path").get<std::string>(),
                    .facts = {.size = json.at("size").get<std::uint64_t>(),
                              .bytes = json.at("bytes").get<std::uint64_t>(),
                              .sha256 = {}}};
    if (!from_hex(json.at("sha256").get<std::string>(), file.facts.sha256)) throw std::runtime_error("a broken hash");
    if (!valid_backup_path(file.path)) throw std::runtime_error("a path that no backup has");
    if (file.facts.bytes > file.facts.size) throw std::runtime_error("a size that can't be");
    return file;
}

Manifest manifest_of(const Json& json) {
    if (json.at("format").get<int>() != kFormat) throw std::runtime_error("another format");
    Manifest manifest{.venue_id = json.at("venue_id").get<std::string>(),
                      .sequence = json.at("sequence").get<std::uint64_t>(),
                      .batch = json.at("batch").get<std::uint64_t>(),
                      .journal_hash = json.at("journal_hash").get<std::string>(),
                      .time = json.at("time").get<std::int64_t>(),
                      .files = {}};
    std::set<std::string> paths;
    for (const Json& file : json.at("files")) {
        manifest.files.push_back(file_of(file));
        if (!paths.insert(manifest.files.back().path).second) throw std::runtime_error("a file twice");
    }
    return manifest;
}

}  // namespace

std::string BackupFile::stored() const {
    if (path != kConfigName && path != kVaultName) return path;
    return path + "." + to_hex(std::span{facts.sha256}.first(8));
}

const BackupFile* Manifest::find(std::string_view path) const {
    const auto found = std::ranges::find(files, path, &BackupFile::path);
    return found == files.end() ? nullptr : &*found;
}

bool valid_backup_path(std::string_view path) {
    if (path == kConfigName || path == kVaultName) return true;
    for (const std::string_view folder : {"journal/", "archive/", "snapshots/"}) {
        if (!path.starts_with(folder)) continue;
        const std::string_view name = path.substr(folder.size());
        return !name.empty() && !name.starts_with('.') && name.size() <= 255 && std::ranges::all_of(name, [](char c) {
            return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '.' || c == '-' || c == '_';
        });
    }
    return false;
}

std::string manifest_text(const Manifest& manifest) {
    const Json inner = json_of(manifest);
    const std::string text = inner.dump();
    return Json{{"manifest", inner}, {"sha256", to_hex(Sha256::of(std::as_bytes(std::span{text})))}}.dump(1) + "\n";
}

Manifest parse_manifest(const std::string& text, const std::string& where) {
    try {
        const Json json = Json::parse(text);
        const std::string inner = json.at("manifest").dump();
        if (json.at("sha256").get<std::string>() != to_hex(Sha256::of(std::as_bytes(std::span{inner}))))
            throw std::runtime_error("its own hash is wrong");
        return manifest_of(json.at("manifest"));
    } catch (const std::exception& e) {
        throw std::runtime_error(where + ": is damaged or no manifest of a backup: " + e.what());
    }
}

}  // namespace dcx::app
