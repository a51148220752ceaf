// LedgerVenue: a twin with two operators, three customers, a sub-account and two assets, for cases whose answers are
// worked out by hand. Numbers and times are as an engine would give them; what a request gave stays in `events`.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "reference/approvals.h"
#include "reference/twin.h"

namespace dcx::reference {

struct LedgerVenue {
    // Sessions. Operators one and two are different persons, one_again is the first one's second key.
    static constexpr std::uint32_t one = 1, two = 2, one_again = 3, alice = 4, alices_sub = 5, bob = 6;
    static constexpr AccountId alice_account{6u}, bob_account{7u}, carol_account{8u}, sub_account{9u};
    static constexpr AssetId dec{1u}, usd{2u};
    static constexpr std::int64_t second = 1'000'000'000;

    explicit LedgerVenue(Genesis genesis = usual_genesis());
    static Genesis usual_genesis();

    template <class Body>
    const std::vector<Event>& send(const Body& body, std::uint32_t session = 0) {
        return apply(Command::make(body), session);
    }
    const std::vector<Event>& apply(Command command, std::uint32_t session);
    std::uint32_t open_session(std::uint32_t key, std::uint64_t name);
    // Carried out by both persons, whatever comes of it.
    template <class Body>
    const std::vector<Event>& by_two(const Body& body) {
        const ProposalId id = propose(body);
        approve(id, one);
        return approve(id, two);
    }
    template <class Body>
    ProposalId propose(const Body& body, std::uint32_t session = one, std::uint32_t lifetime_s = 60) {
        return propose(Command::make(body), session, lifetime_s);
    }
    ProposalId propose(const Command& command, std::uint32_t session, std::uint32_t lifetime_s);
    const std::vector<Event>& approve(ProposalId id, std::uint32_t session);

    TransferId id();                                                         // a new one, greater than all before
    TransferId pay(AccountId to, std::int64_t amount, AssetId asset = usd);  // minted
    [[nodiscard]] std::int64_t available(AccountId account, AssetId asset = usd) const {
        return twin.balance(account, asset).available.value;
    }
    [[nodiscard]] std::int64_t held(AccountId account, AssetId asset = usd) const {
        return twin.balance(account, asset).held.value;
    }

    // Of what the last command made.
    [[nodiscard]] RejectReason reason(std::size_t index = 0) const;  // none unless that event is a CommandRejected
    [[nodiscard]] RejectReason detail(std::size_t index = 0) const;
    [[nodiscard]] std::vector<EventKind> kinds() const;
    template <class Body>
    [[nodiscard]] Body event(std::size_t index) const {
        return events.at(index).as<Body>();
    }

    Twin twin;
    ProposalBook book;
    std::vector<Event> events;
    std::int64_t now = 1'700'000'000 * second;

  private:
    std::uint64_t sequence_ = 0;
    std::uint64_t ids_ = 0;
};

}  // namespace dcx::reference
