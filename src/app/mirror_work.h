// MirrorWork: the venue's book mirror, its file and who writes it: the feed, through writer(), or a follower on a
// worker of its own. Made, published and closed by the venue's owner, the last when no worker runs any more.
#pragma once

#include <array>
#include <cstddef>
#include <expected>
#include <memory>
#include <string>

#include "base/clock.h"
#include "feed/mirror_file.h"
#include "feed/mirror_follower.h"
#include "feed/mirror_writer.h"
#include "model/event_source.h"
#include "platform/pollable.h"

namespace dcx::app {

// Of one venue on one data folder: a sandbox made of the venue's journal has the same id elsewhere.
[[nodiscard]] std::string mirror_path(const std::string& folder, const std::string& data,
                                      const std::array<std::byte, 16>& venue_id);

class MirrorWork final : public platform::Pollable {
  public:
    static std::expected<std::unique_ptr<MirrorWork>, std::string> make(const std::string& path,
                                                                        const feed::MirrorWriter::Options& options);
    ~MirrorWork() override { close(); }

    // Before the start: its own reader of the events.
    void follow(EventSource& source, Clock& clock) {
        follower_ = std::make_unique<feed::MirrorFollower>(source, clock, writer_);
    }
    [[nodiscard]] bool follows() const { return follower_ != nullptr; }
    bool poll() override { return follower_->poll(); }
    // The restored state is in it; the feed's readiness says it where the feed writes. Any thread.
    [[nodiscard]] bool ready() const { return follower_ == nullptr || follower_->ready(); }

    [[nodiscard]] feed::MirrorFile& file() { return file_; }
    [[nodiscard]] feed::MirrorWriter& writer() { return writer_; }
    // Readers are told, and nobody finds it any more.
    void close() {
        writer_.close();
        file_.remove();
    }

  private:
    MirrorWork(feed::MirrorFile file, const feed::MirrorWriter::Options& options)
        : file_(std::move(file)), writer_(file_.words(), options) {}

    feed::MirrorFile file_;
    feed::MirrorWriter writer_;
    std::unique_ptr<feed::MirrorFollower> follower_;
};

}  // namespace dcx::app
