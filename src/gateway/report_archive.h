// ReportArchive: reports that a gateway does not remember any more, or that were told before this start: made again
// from the journal by somebody who may know it (a gateway may not). One request at a time; asking and polling are the
// gateway's thread's and never wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "model/reject_reason.h"
#include "model/types.h"

namespace dcx::gateway {

class ReportArchive {
  public:
    struct Request {
        SessionId session{};
        std::uint64_t from{};  // there have been reports [from, from + count)
        std::uint32_t count{};
    };
    struct Answer {
        RejectReason reason{};          // none, or retransmit_unavailable
        std::vector<std::byte> frames;  // one behind the other, with matched, durable, sent and sending_time 0
    };

    virtual ~ReportArchive() = default;
    // False while it works on another one, or rests from it.
    [[nodiscard]] virtual bool ask(const Request& request) = 0;
    // The answer to what was asked last, once.
    [[nodiscard]] virtual std::optional<Answer> poll() = 0;
    // Nobody waits for it any more.
    virtual void cancel() = 0;
};

}  // namespace dcx::gateway
