// Outbox: the commands of a session that the venue has not answered, in the order in which they were given, and which
// of them it is known to have taken. No I/O and no clock: a TradingClient tells it what it sent and what it heard.
//
// What it rests on: the venue takes a session's commands in the order of their sequences without a gap, and its reports
// come in the order of the commands. So the answer to one says that all before it were taken, and the `next_incoming`
// of a new connection says which were: those below it. The others were not and, as the old connection cannot speak any
// more, will not be, unless they are sent again; so they may also be dropped, and those behind them take their
// sequences. Bounded by `limit` commands.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "client/order_entry_client.h"
#include "model/command.h"
#include "model/types.h"

namespace dcx::client {

struct OutboxCommand {
    std::uint64_t sequence{};  // under which it was sent; 0: it is not on its way
    ClOrdId cl_ord_id{};       // of an order command; else 0
    CommandKind kind{};
    std::uint16_t size{};     // of its body
    bool taken = false;       // the venue is known to have it, its answer is to come
    std::int64_t given_ns{};  // by the monotonic clock
    std::array<std::byte, kMessageBodySize> body{};

    [[nodiscard]] std::span<const std::byte> bytes() const { return std::span{body}.first(size); }
};

class Outbox {
  public:
    explicit Outbox(std::size_t limit) : limit_(limit) {}

    [[nodiscard]] bool full() const { return commands_.size() >= limit_; }
    [[nodiscard]] bool empty() const { return commands_.empty(); }
    [[nodiscard]] std::size_t size() const { return commands_.size(); }
    [[nodiscard]] const std::deque<OutboxCommand>& commands() const { return commands_; }

    void add(const OutboxCommand& command) { commands_.push_back(command); }
    // The next one to be sent; nullptr when all are on their way.
    [[nodiscard]] OutboxCommand* next_unsent();
    [[nodiscard]] bool all_sent() const { return unsent_ == commands_.size(); }
    void sent(std::uint64_t sequence);

    // The venue's next is `next`: those below it are taken, the others are not on their way any more.
    void venue_expects(std::uint64_t next);
    // One that is known to be taken is not below it: the venue says less than it did.
    [[nodiscard]] bool taken_beyond(std::uint64_t next) const { return taken_through_ >= next; }
    // Those below it are taken, nothing is said of the others.
    void taken_below(std::uint64_t next);
    // Takes out those that are not on their way and were given before `oldest_ns`.
    [[nodiscard]] std::vector<OutboxCommand> drop_older(std::int64_t oldest_ns);
    // Takes out the one that an execution report of this number answers, or any other report, and with it those before,
    // whose answers say less. The last of what is returned is the one that was meant; nothing: there is no such
    // command.
    std::vector<OutboxCommand> answered(ClOrdId cl_ord_id);
    std::vector<OutboxCommand> answered(const Report& report);
    // Takes out those that are taken: their answers will not come.
    [[nodiscard]] std::vector<OutboxCommand> drop_taken();
    // Takes it out when it is not on its way and was not taken. False: it may be with the venue, or there is none.
    bool withdraw(ClOrdId cl_ord_id);
    [[nodiscard]] std::vector<OutboxCommand> drop_all();

  private:
    std::vector<OutboxCommand> take_answered(std::size_t count);
    std::vector<OutboxCommand> take_front(std::size_t count);

    std::size_t limit_;
    std::deque<OutboxCommand> commands_;  // taken, then on their way, then not sent
    std::uint64_t taken_through_ = 0;     // the highest sequence that is known to be taken
    std::size_t unsent_ = 0;              // index of the first that is not on its way
};

// The cl_ord_id that a body of this kind begins with; 0 when it is no order command.
[[nodiscard]] ClOrdId cl_ord_id_of(CommandKind kind, std::span<const std::byte> body);
// True when the report is the venue's answer to the command, as far as kind and id or reference tell.
[[nodiscard]] bool answers(const Report& report, const OutboxCommand& command);

}  // namespace dcx::client
