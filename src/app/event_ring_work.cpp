#include "app/event_ring_work.h"

#include <utility>

#include "app/mirror_work.h"

namespace dcx::app {

std::string event_ring_path(const std::string& folder, const std::string& data,
                            const std::array<std::byte, 16>& venue_id) {
    std::string path = mirror_path(folder, data, venue_id);
    path.resize(path.rfind('.'));
    return path + ".events";
}

std::expected<std::unique_ptr<EventRingWork>, std::string> EventRingWork::make(
    const std::string& path, const engine::EventRingWriter::Options& options) {
    auto file = feed::MirrorFile::create(path, engine::EventRingWriter::bytes(options));
    if (!file) return std::unexpected(file.error());
    return std::unique_ptr<EventRingWork>(new EventRingWork(std::move(*file), options));
}

std::expected<std::unique_ptr<EventRingWork>, std::string> EventRingWork::make_private(
    const engine::EventRingWriter::Options& options) {
    auto file = feed::MirrorFile::create_unnamed("dcx-events", engine::EventRingWriter::bytes(options));
    if (!file) return std::unexpected(file.error());
    return std::unique_ptr<EventRingWork>(new EventRingWork(std::move(*file), options));
}

}  // namespace dcx::app
