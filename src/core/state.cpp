#include "core/state.h"

namespace dcx::core {

State::State(const Genesis& g, MemorySource& memory)
    : genesis(g),
      started(true),
      keys(memory.array<Key>(std::size_t{g.max_keys} + 1)),
      sessions(memory.array<Session>(std::size_t{g.max_sessions} + 1)),
      markets(memory.array<Market>(std::size_t{g.max_instruments} + 1)),
      key_index(memory, g.max_keys),
      session_index(memory, g.max_sessions),
      deadlines(memory, 2 * std::size_t{g.max_orders} + 2 * std::size_t{g.max_sessions} + kMaxProposals +
                            g.max_accounts + g.max_instruments + 1),
      ledger(memory, g.max_accounts, g.max_assets),
      transfer_ids(memory, g.max_transfer_ids),
      pending(memory, g.max_orders),
      groups(memory),
      addresses(memory.array<RegisteredAddress>(std::size_t{g.max_accounts} + 1)),
      address_index(memory, g.max_accounts),
      address_place_index(memory, g.max_accounts),
      custody(memory, g),
      proposals(memory.array<Proposal>(kMaxProposals)),
      exposures(memory, g.max_accounts, g.max_instruments),
      trades(memory, g.max_orders),
      store(memory, g.max_orders, g.max_price_levels),
      details(memory.array<OpenOrder>(std::size_t{g.max_orders} + 1)),
      order_index(memory, g.max_orders),
      cl_ord_index(memory, g.max_orders) {}

std::uint32_t State::find_order(OrderId id, OrderSlot hint) const {
    if (store.orders.holds(hint.value, id)) return hint.value;
    return order_index.find(hash_of_count(id.value), [&](std::uint32_t slot) { return store.orders[slot].id == id; });
}

std::uint32_t State::find_order(SessionId session, ClOrdId id) const {
    return cl_ord_index.find(hash_of_count(id.value, session.value), [&](std::uint32_t slot) {
        return details[slot].cl_ord_id == id && details[slot].session == session;
    });
}

std::uint32_t State::find_key(const std::array<std::byte, 32>& public_key) const {
    return key_index.find(hash_of_key(public_key), [&](std::uint32_t i) { return keys[i].public_key == public_key; });
}

std::uint32_t State::find_address(const ChainAddress& address) const {
    return address_index.find(hash_of_address(address),
                              [&](std::uint32_t i) { return addresses[i].address == address; });
}

std::uint32_t State::find_address(AccountId account, std::uint32_t index) const {
    return address_place_index.find(hash_of_address_place(account, index), [&](std::uint32_t i) {
        return addresses[i].account == account && addresses[i].index == index;
    });
}

std::uint32_t State::find_venue_address(const ChainAddress& address) const {
    return custody.venue_address_index.find(
        hash_of_address(address), [&](std::uint32_t i) { return custody.venue_addresses[i].address == address; });
}

Proposal* State::find_proposal(ProposalId id) {
    for (Proposal& proposal : proposals.first(proposal_count))
        if (proposal.id == id) return &proposal;
    return nullptr;
}

std::uint32_t State::find_session(KeyId key, std::uint64_t client_session) const {
    return session_index.find(hash_of(client_session, key.value), [&](std::uint32_t i) {
        return sessions[i].key == key && sessions[i].client_session == client_session;
    });
}

}  // namespace dcx::core
