// DigestFile: a file of digests as a place of anchors, for whoever has it stamped by services outside. One line each:
//
//   <checkpoint> <SHA-256 of its text, hexadecimal> <time of writing, RFC 3339, UTC>
//
// Lines are only ever added, and synced. A line that a crash has cut is ended and written again. The file may be moved
// away: a new one begins with the anchors after that.
#pragma once

#include <string>

#include "base/clock.h"
#include "chain/anchor.h"

namespace dcx::chain {

class DigestFile final : public AnchorPlaceClient {
  public:
    DigestFile(std::string path, Clock& clock) : path_(std::move(path)), clock_(clock) {}

    [[nodiscard]] AnchorPlace place() const override { return AnchorPlace::digest_file; }
    AnchorAnswer<PlaceChange> observe(PlaceMemory&) override { return PlaceChange::none; }
    AnchorAnswer<PreparedAnchor> prepare(const Anchor& anchor, const PlaceMemory& memory) override;
    AnchorAnswer<void> ready(const Anchor&) override { return {}; }
    AnchorAnswer<void> post(const Anchor& anchor) override;
    AnchorAnswer<AnchorSighting> look(const Anchor& anchor) override;
    [[nodiscard]] bool absent_is_final() const override { return true; }

  private:
    std::string path_;
    Clock& clock_;
};

}  // namespace dcx::chain
