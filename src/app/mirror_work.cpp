#include "app/mirror_work.h"

#include <filesystem>
#include <span>

#include "base/sha256.h"

namespace dcx::app {

std::string mirror_path(const std::string& folder, const std::string& data, const std::array<std::byte, 16>& venue_id) {
    std::error_code error;
    std::string whole = std::filesystem::canonical(data, error).string();
    if (error) whole = data;
    Sha256 hash;
    hash.update(venue_id);
    hash.update(std::as_bytes(std::span{whole}));
    const auto digest = hash.finish();
    return folder + "/dcx-" + to_hex(std::span{digest}.first(8)) + ".mirror";
}

std::expected<std::unique_ptr<MirrorWork>, std::string> MirrorWork::make(const std::string& path,
                                                                         const feed::MirrorWriter::Options& options) {
    auto file = feed::MirrorFile::create(path, feed::MirrorWriter::bytes(options));
    if (!file) return std::unexpected(file.error());
    return std::unique_ptr<MirrorWork>(new MirrorWork(std::move(*file), options));
}

}  // namespace dcx::app
