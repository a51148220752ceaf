// Many orders in flight: the commands of a real flow (market/command_flow.h: half orders, an eighth of them marketable,
// half cancels) as frames made beforehand, one session a connection, written in batches and counted back in as answers.
// The client's thread does nothing else, because it shares the machine with the venue.
#pragma once

#include <cstring>
#include <vector>

#include "market/command_flow.h"
#include "order_entry_trips.h"
#include "order_entry_venue.h"

namespace dcx::bench {

// One connection's commands, ready to be sent.
struct Frames {
    std::vector<std::byte> bytes;
    std::vector<std::size_t> ends;  // of each command's frame
};

// The flow dealt out to the sessions: a customer's commands are all of one of them. With fewer sessions than customers
// an account trades with itself, which its rule must allow.
inline std::vector<Frames> make_frames(const std::vector<Negotiated>& sessions, std::uint32_t commands) {
    const market::OrderFlow flow(
        {.customers = std::max(2u, static_cast<std::uint32_t>(sessions.size())), .commands = commands});
    struct State {
        std::uint64_t sequence = 0;
        std::uint64_t cl_ord_id = 0;
    };
    std::vector<Frames> frames(sessions.size());
    std::vector<State> states;
    for (const Negotiated& session : sessions)
        states.push_back({.sequence = session.next_incoming - 1, .cl_ord_id = session.last_cl_ord_id.value});
    // The flow's number of an order by customer → that of the session.
    std::vector<std::vector<std::uint64_t>> numbers(2 + sessions.size());
    for (const Command& command : flow.flow()) {
        const std::uint32_t customer = command.header.session.value - 2;
        const std::size_t s = customer % sessions.size();
        State& state = states[s];
        ++state.sequence;
        ++state.cl_ord_id;
        auto& known = numbers.at(customer);
        const auto add = [&](auto body) {
            known.resize(std::max<std::size_t>(known.size(), body.cl_ord_id.value + 1));
            known[body.cl_ord_id.value] = state.cl_ord_id;
            body.cl_ord_id = ClOrdId{state.cl_ord_id};
            body.account = sessions[s].account;
            const auto frame = make_command_frame(body, Time{}, state.sequence);
            frames[s].bytes.insert(frames[s].bytes.end(), frame.bytes().begin(), frame.bytes().end());
            frames[s].ends.push_back(frames[s].bytes.size());
        };
        if (command.header.kind == CommandKind::place_order) {
            add(command.as<PlaceOrder>());
        } else {
            auto cancel = command.as<CancelOrder>();
            cancel.orig_cl_ord_id = ClOrdId{known.at(cancel.orig_cl_ord_id.value)};
            add(cancel);
        }
    }
    return frames;
}

// Whether this report answers a command (and is not a fill, or what an order's remainder met with): 1 or 0. Throws on a
// command that was refused; a cancel may come too late, which is an answer.
inline std::size_t answers(std::span<const std::byte> frame) {
    FrameHeader header;
    std::memcpy(&header, frame.data(), sizeof header);
    if (header.template_id == kReportTemplate + static_cast<std::uint16_t>(EventKind::cancel_rejected)) return 1;
    if (header.template_id == kTemplateHeartbeat) return 0;
    if (header.template_id != kTemplateExecutionReport) throw std::runtime_error("the venue refused a command");
    const std::byte* const report = frame.data() + sizeof header;
    switch (ExecType{static_cast<std::uint8_t>(report[offsetof(ExecutionReport, exec_type)])}) {
        case ExecType::accepted: return 1;
        case ExecType::canceled: {
            CancelReason reason;
            std::memcpy(&reason, report + offsetof(ExecutionReport, cancel_reason), sizeof reason);
            return reason == CancelReason::requested ? 1 : 0;
        }
        case ExecType::rejected: throw std::runtime_error("the venue refused an order");
        default: return 0;
    }
}

// One connection under load: at most `window` commands unanswered, `batch` a write.
template <class Pipe>
class Lane {
  public:
    Lane(WireLink<Pipe>& link, const Frames& frames) : link_(link), frames_(frames) {}

    [[nodiscard]] bool done() const { return answered_ == frames_.ends.size(); }
    [[nodiscard]] std::size_t answered() const { return answered_; }
    [[nodiscard]] std::uint64_t reports() const { return reports_; }
    // Sends a batch when the window has room for a whole one; true when it did.
    bool offer(std::size_t batch, std::size_t window) {
        if (sent_bytes_ < wanted_bytes_) return write();
        const std::size_t count = std::min(batch, frames_.ends.size() - offered_);
        if (count == 0 || offered_ - answered_ + count > window) return false;
        offered_ += count;
        wanted_bytes_ = frames_.ends[offered_ - 1];
        return write();
    }
    // Reads what is there; true when there was anything.
    bool hear() {
        const std::size_t got = link_.pipe().receive(std::span(room_).subspan(kept_), Idle::spin);
        if (got == 0) return false;
        std::span<const std::byte> rest(room_.data(), kept_ + got);
        while (rest.size() >= sizeof(FrameHeader)) {
            std::uint32_t length;
            std::memcpy(&length, rest.data(), sizeof length);
            if (rest.size() < length) break;
            answered_ += answers(rest.first(length));
            ++reports_;
            rest = rest.subspan(length);
        }
        kept_ = rest.size();
        std::memmove(room_.data(), rest.data(), kept_);
        return true;
    }
    [[nodiscard]] int fd() { return link_.pipe().fd(); }

  private:
    bool write() {
        const std::size_t sent =
            link_.pipe().send(std::span(frames_.bytes).subspan(sent_bytes_, wanted_bytes_ - sent_bytes_));
        sent_bytes_ += sent;
        return sent > 0;
    }

    WireLink<Pipe>& link_;
    const Frames& frames_;
    std::size_t offered_ = 0;
    std::size_t answered_ = 0;
    std::uint64_t reports_ = 0;
    std::size_t sent_bytes_ = 0;
    std::size_t wanted_bytes_ = 0;
    std::size_t kept_ = 0;
    std::vector<std::byte> room_ = std::vector<std::byte>(256 * 1024);
};

}  // namespace dcx::bench
