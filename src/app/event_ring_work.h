// EventRingWork: the venue's event ring (engine/event_ring_writer.h), its memory and who writes it, as work of the
// pages' thread: for feed processes in a file that they map, and for the history in this process by its descriptor,
// with or without a file. Made, published and closed by the venue's owner, the last when no worker runs any more.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>

#include "engine/event_ring_writer.h"
#include "feed/mirror_file.h"
#include "platform/pollable.h"

namespace dcx::app {

// Of one venue on one data folder, as mirror_path() is.
[[nodiscard]] std::string event_ring_path(const std::string& folder, const std::string& data,
                                          const std::array<std::byte, 16>& venue_id);

class EventRingWork final : public platform::Pollable {
  public:
    static std::expected<std::unique_ptr<EventRingWork>, std::string> make(
        const std::string& path, const engine::EventRingWriter::Options& options);
    // For this process alone.
    static std::expected<std::unique_ptr<EventRingWork>, std::string> make_private(
        const engine::EventRingWriter::Options& options);
    ~EventRingWork() override { close(); }

    bool poll() override { return writer_.poll(); }

    [[nodiscard]] engine::EventRingWriter& writer() { return writer_; }
    [[nodiscard]] const std::string& path() const { return file_.path(); }
    // For engine::PublicLog in this process, while this lives.
    [[nodiscard]] int descriptor() const { return file_.descriptor(); }
    [[nodiscard]] bool in_memory() const { return file_.in_memory(); }
    // There are events of single accounts in it: for the venue's own user alone.
    std::expected<void, std::string> publish() { return file_.publish(0600); }
    // Readers are told, and nobody finds it any more.
    void close() {
        writer_.close();
        file_.remove();
    }

  private:
    EventRingWork(feed::MirrorFile file, const engine::EventRingWriter::Options& options)
        : file_(std::move(file)), writer_(file_.words(), options) {}

    feed::MirrorFile file_;
    engine::EventRingWriter writer_;
};

}  // namespace dcx::app
