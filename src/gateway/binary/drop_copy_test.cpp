#include <doctest/doctest.h>

#include <memory>

#include "gateway/binary/gateway_rig.h"

using namespace dcx;
using namespace dcx::gateway;
using namespace dcx::gateway::gateway_test;

namespace {

struct CopyRig : Rig {
    // A second session of the same key that asks for copies.
    std::unique_ptr<WireClient> reader(AccountId account, RejectReason expected = RejectReason::none) {
        auto client = established(2);
        client->send(DropCopyRequest{.reference = 8, .account = account});
        const auto done = next(*client).as<QueryDone>();
        CHECK(done.reference == 8);
        CHECK(done.reason == expected);
        return client;
    }
};

}  // namespace

TEST_CASE("drop copies: the owner's report, without a number and marked, after it was told to the owner") {
    CopyRig rig;
    auto owner = rig.established(1);
    auto reader = rig.reader(AccountId{6u});
    owner->command(order(1), 1);
    const auto original = rig.next(*owner);
    const auto copied = rig.next(*reader);
    CHECK(original.header.sequence == 1);
    CHECK(copied.header.sequence == 0);
    auto report = original.as<ExecutionReport>();
    const auto copy = copied.as<ExecutionReport>();
    CHECK((report.flags & kExecutionCopy) == 0);
    CHECK((copy.flags & kExecutionCopy) != 0);
    CHECK(copy.session == SessionId{1u});
    CHECK(copy.order_id == report.order_id);
    CHECK(copy.header.event_sequence == report.header.event_sequence);
    // What is no execution report is not copied, and what nobody hears is.
    owner->command(SetSelfTradeRule{.account = AccountId{6u}}, 2);
    rig.next(*owner);
    owner->close_now();
    rig.until([&] { return !rig.engine.sessions[0].established; });
    rig.engine.next_command({});
    rig.engine.emit(OrderCanceled{.order_id = report.order_id,
                                  .account = AccountId{6u},
                                  .instrument = InstrumentId{1u},
                                  .side = Side::buy,
                                  .reason = CancelReason::disconnect},
                    SessionId{1u});
    CHECK(rig.next(*reader).as<ExecutionReport>().cancel_reason == CancelReason::disconnect);
}

TEST_CASE("drop copies: of sub-accounts too, of no other account, and many of one batch") {
    CopyRig rig;
    const AccountId sub = rig.engine.open_account(AccountId{6u});
    const AccountId other = rig.engine.open_account();
    auto reader = rig.reader(AccountId{6u});
    rig.engine.next_command({});
    const auto reject = [&](AccountId account, std::uint64_t id) {
        rig.engine.emit(OrderRejected{.cl_ord_id = ClOrdId{id}, .account = account, .instrument = InstrumentId{1u}});
    };
    reject(other, 1);
    reject(sub, 2);
    CHECK(rig.next(*reader).as<ExecutionReport>().cl_ord_id.value == 2);
    // An owner that is not connected does not take room from the copies.
    for (std::uint64_t id = 10; id < 610; ++id) reject(AccountId{6u}, id);
    for (std::uint64_t id = 10; id < 610; ++id) CHECK(rig.next(*reader).as<ExecutionReport>().cl_ord_id.value == id);
}

TEST_CASE("drop copies end with the connection and with the key") {
    CopyRig rig;
    auto reader = rig.reader(AccountId{6u});
    const auto reject = [&] {
        rig.engine.next_command({});
        rig.engine.emit(OrderRejected{.account = AccountId{6u}, .instrument = InstrumentId{1u}});
    };
    SUBCASE("key") {
        rig.engine.next_command({});
        rig.engine.emit(KeyRevoked{.key = rig.key});
        reject();
        rig.rounds(20);
        CHECK(reader->received.empty());
    }
    SUBCASE("connection") {
        reader->close_now();
        rig.until([&] { return rig.gateway->metrics().connections_open.get() == 0; });
        reject();
        rig.rounds(20);
        CHECK(rig.reader(kFeeAccount, RejectReason::not_your_account) != nullptr);
    }
    CHECK(rig.gateway->metrics().reports.get() == 0);
}
