// The twin's events against its ledger, under random commands.
#include "reference/ledger_audit.h"

#include <doctest/doctest.h>

#include "reference/command_generator.h"
#include "reference/text.h"

namespace dcx::reference {
namespace {

TEST_CASE("the twin's events alone give its balances and its turnover, after every command") {
    for (std::uint64_t seed = 1; seed <= 12; ++seed) {
        CommandGenerator generator(seed);
        Twin twin;
        LedgerAudit audit;
        for (int i = 0; i < 1500; ++i) {
            const Step step = generator.next();
            const std::vector<Event> events = twin.apply(step.command);
            generator.observe(step, events);
            std::string broken = audit.observe(events);
            if (broken.empty()) broken = audit.compare(twin);
            if (broken.empty() && twin.started()) broken = twin.check();
            CAPTURE(seed);
            CAPTURE(describe(step.command));
            REQUIRE(broken == "");
        }
    }
}

}  // namespace
}  // namespace dcx::reference
