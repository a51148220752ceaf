#include "reference/shrink.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <map>

#include "base/check.h"
#include "reference/approvals.h"
#include "reference/pair.h"
#include "reference/text.h"

namespace dcx::reference {

namespace {

// Where steps are missing, sequences close up, order ids are those that the same orders get now, and approvals are
// signed for what their proposals are now.
class Renumbering {
  public:
    Command renew(const Step& step, const Twin& twin) {
        Command command = step.command;
        const auto placed_as = static_cast<std::int64_t>(command.header.sequence.value) - 1;
        command.header.sequence = Sequence{++sequence_};
        if (step.in_sequence) command.header.session_sequence = twin.next_incoming(command.header.session);
        if (step.order_step >= 0) {
            const auto found = order_of_step_.find(step.order_step);
            // An order that no longer exists: an id that was never issued.
            const OrderId id = found != order_of_step_.end() ? found->second : OrderId{std::uint64_t{1} << 40};
            if (command.header.kind == CommandKind::cancel_order) {
                auto body = command.as<CancelOrder>();
                body.order_id = id;
                command = Command::make(body, command.header);
            } else {
                auto body = command.as<AmendOrder>();
                body.order_id = id;
                command = Command::make(body, command.header);
            }
        }
        if (step.proposal_step >= 0) {
            const auto found = proposal_of_step_.find(step.proposal_step);
            const ApprovalMessage* message = found == proposal_of_step_.end() ? nullptr : book_.message(found->second);
            const Approve none{.proposal = ProposalId{std::uint64_t{1} << 40}};
            command = Command::make(message == nullptr ? none : sign_approval(*message, step.signer), command.header);
        }
        placing_ = placed_as;
        return command;
    }
    void observe(std::span<const Event> events) {
        book_.observe(events);
        if (!events.empty() && events[0].header.kind == EventKind::command_proposed)
            proposal_of_step_[placing_] = events[0].as<CommandProposed>().proposal;
        if (!events.empty() && events[0].header.kind == EventKind::order_accepted)
            order_of_step_[placing_] = events[0].as<OrderAccepted>().order_id;
    }

  private:
    std::uint64_t sequence_ = 0;
    std::int64_t placing_ = 0;
    std::map<std::int64_t, OrderId> order_of_step_;
    std::map<std::int64_t, ProposalId> proposal_of_step_;
    ProposalBook book_;
};

bool fails(const std::vector<Step>& steps, std::size_t check_every) {
    const pid_t child = fork();
    DCX_CHECK(child >= 0);
    if (child == 0) {
        // The abort of a core that is known to be wrong is no news.
        const int nothing = open("/dev/null", O_WRONLY);
        dup2(nothing, STDERR_FILENO);
        dup2(nothing, STDOUT_FILENO);
        std::signal(SIGABRT, SIG_DFL);
        _exit(replay(steps, check_every).empty() ? 0 : 1);
    }
    int status = 0;
    DCX_CHECK(waitpid(child, &status, 0) == child);
    return status != 0;
}

}  // namespace

std::string replay(const std::vector<Step>& steps, std::size_t check_every) {
    Pair pair;
    Renumbering numbers;
    std::size_t count = 0;
    for (const Step& step : steps) {
        const Command command = numbers.renew(step, pair.twin());
        std::string difference = pair.apply(command);
        numbers.observe(pair.events());
        if (difference.empty() && check_every != 0 && ++count % check_every == 0) difference = pair.compare_state();
        if (difference.empty() && check_every != 0 && count % check_every == 0) difference = pair.compare_told_state();
        if (!difference.empty()) return "after " + describe(command) + "\n" + difference;
    }
    return {};
}

std::vector<Step> shrink(std::vector<Step> steps, std::size_t check_every, std::size_t tries) {
    for (std::size_t chunk = steps.size() / 2; chunk >= 1; chunk = chunk == 1 ? 0 : (chunk + 1) / 2) {
        // From the end: what comes late depends on what came early.
        for (std::size_t end = steps.size(); end > 0 && tries > 0;) {
            const std::size_t begin = end > chunk ? end - chunk : 0;
            std::vector<Step> fewer(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(begin));
            fewer.insert(fewer.end(), steps.begin() + static_cast<std::ptrdiff_t>(end), steps.end());
            --tries;
            if (fails(fewer, check_every)) steps = std::move(fewer);
            end = begin;
        }
    }
    return steps;
}

std::string scenario_text(const std::vector<Step>& steps, const std::string& title) {
    std::string text = "# " + title + "\nbare\n";
    Pair pair;
    Renumbering numbers;
    for (const Step& step : steps) {
        const Command command = numbers.renew(step, pair.twin());
        text += "# " + describe(command) + "\n" + bytes_line(command) + "\n";
        // The last one is where the core may abort.
        if (&step == &steps.back()) break;
        static_cast<void>(pair.apply(command));
        numbers.observe(pair.events());
    }
    return text;
}

}  // namespace dcx::reference
