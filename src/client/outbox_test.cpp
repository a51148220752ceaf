#include "client/outbox.h"

#include <doctest/doctest.h>

using namespace dcx;
using namespace dcx::client;

namespace {

template <MessageBody Body>
OutboxCommand command_of(const Body& body, std::int64_t given_ns = 0) {
    const auto bytes = std::as_bytes(std::span{&body, 1});
    OutboxCommand command{
        .cl_ord_id = cl_ord_id_of(Body::kind, bytes), .kind = Body::kind, .size = sizeof(Body), .given_ns = given_ns};
    std::ranges::copy(bytes, command.body.begin());
    return command;
}
OutboxCommand order(std::uint64_t number, std::int64_t given_ns = 0) {
    return command_of(PlaceOrder{.cl_ord_id = ClOrdId{number}}, given_ns);
}
template <EventBody Body>
Report report_of(const Body& body) {
    return {.sequence = 1, .kind = Body::kind, .header = {}, .body = std::as_bytes(std::span{&body, 1})};
}
void send_all(Outbox& outbox, std::uint64_t from) {
    while (!outbox.all_sent()) outbox.sent(from++);
}

}  // namespace

TEST_CASE("outbox: what the venue has not taken is sent again under the same sequences") {
    Outbox outbox(10);
    for (const std::uint64_t number : {4u, 5u, 6u}) outbox.add(order(number));
    send_all(outbox, 11);
    outbox.venue_expects(12);
    CHECK(outbox.commands()[0].taken);
    REQUIRE(outbox.next_unsent() != nullptr);
    CHECK(outbox.next_unsent()->cl_ord_id.value == 5);
    CHECK(outbox.next_unsent()->sequence == 0);
    send_all(outbox, 12);
    CHECK(outbox.commands()[2].sequence == 13);
    CHECK(outbox.taken_beyond(11));
    CHECK_FALSE(outbox.taken_beyond(12));
}

TEST_CASE("outbox: what is dropped leaves its sequence to the next") {
    Outbox outbox(10);
    outbox.add(order(1, 100));
    outbox.add(order(2, 200));
    outbox.add(order(3, 300));
    send_all(outbox, 1);
    CHECK(outbox.drop_older(1000).empty());  // they may be with the venue
    outbox.venue_expects(2);
    const auto dropped = outbox.drop_older(250);
    REQUIRE(dropped.size() == 1);
    CHECK(dropped[0].cl_ord_id.value == 2);
    CHECK(outbox.next_unsent()->cl_ord_id.value == 3);
    CHECK(outbox.size() == 2);
}

TEST_CASE("outbox: an answer takes out its command and all before it") {
    Outbox outbox(10);
    for (const std::uint64_t number : {1u, 2u, 3u}) outbox.add(order(number));
    CHECK(outbox.answered(ClOrdId{std::uint64_t{1}}).empty());  // not sent, so it is another's
    send_all(outbox, 1);
    CHECK(outbox.answered(ClOrdId{}).empty());
    CHECK(outbox.answered(ClOrdId{std::uint64_t{9}}).empty());
    CHECK(outbox.answered(ClOrdId{std::uint64_t{2}}).size() == 2);
    CHECK(outbox.answered(ClOrdId{std::uint64_t{2}}).empty());
    CHECK(outbox.size() == 1);
    CHECK(outbox.taken_beyond(2));
}

TEST_CASE("outbox: orders that a mass cancel takes are not its answer") {
    Outbox outbox(10);
    outbox.add(command_of(MassCancel{.cl_ord_id = ClOrdId{std::uint64_t{5}}, .zero = {}}));
    send_all(outbox, 1);
    CHECK(outbox.answered(ClOrdId{std::uint64_t{5}}).empty());
    CHECK(outbox.answered(report_of(MassCanceled{.cl_ord_id = ClOrdId{std::uint64_t{5}}, .zero = {}})).size() == 1);
}

TEST_CASE("outbox: which report answers which command") {
    const TransferId id{.low = 7, .high = 9};
    const auto transfer = command_of(Transfer{.id = id, .zero = {}});
    auto rule = command_of(SetSelfTradeRule{.reference = 6, .zero = {}});
    rule.sequence = 12;
    CHECK(answers(report_of(Transferred{.id = id, .zero = {}}), transfer));
    CHECK(answers(report_of(TransferLinked{.id = id}), transfer));
    CHECK_FALSE(answers(report_of(Transferred{.id = {.low = 8, .high = 9}, .zero = {}}), transfer));
    CHECK_FALSE(answers(report_of(TransferPended{.id = id}), transfer));
    CHECK(answers(report_of(SelfTradeRuleSet{.reference = 6, .zero = {}}), rule));
    CHECK_FALSE(answers(report_of(SelfTradeRuleSet{.reference = 7, .zero = {}}), rule));
    CHECK(answers(report_of(CommandRejected{.session_sequence = 12}), rule));
    CHECK_FALSE(answers(report_of(CommandRejected{.session_sequence = 11}), rule));
    CHECK_FALSE(answers(report_of(CancelRejected{}), rule));
}

TEST_CASE("outbox: only what is known not to be with the venue can be taken back") {
    Outbox outbox(2);
    outbox.add(order(1));
    outbox.add(order(2));
    CHECK(outbox.full());
    outbox.sent(1);
    CHECK_FALSE(outbox.withdraw(ClOrdId{std::uint64_t{1}}));
    CHECK(outbox.withdraw(ClOrdId{std::uint64_t{2}}));
    CHECK_FALSE(outbox.withdraw(ClOrdId{std::uint64_t{2}}));
    outbox.venue_expects(2);
    CHECK_FALSE(outbox.withdraw(ClOrdId{std::uint64_t{1}}));
    CHECK(outbox.drop_taken().size() == 1);
    CHECK(outbox.empty());
}
