// A venue for tests of custody: the real core under rules 6 with two operators, customers with deposit addresses, and
// a log that it can be made again from. One thread, virtual time.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/memory.h"
#include "chain/custody_view.h"
#include "chain/signer.h"
#include "core/core.h"
#include "model/event_writer.h"

namespace dcx::chain {

inline constexpr AssetId kDec{1u};
inline constexpr std::uint32_t kCustomers = 3;

class CustodyVenue {
  public:
    // Addresses are those of the signer: one of each customer, and a hot one.
    explicit CustodyVenue(Signer& signer);

    // The events are fed to the view, if there is one.
    void watch(CustodyView* view) { view_ = view; }
    // As an operator; the events stay until the next command.
    const std::vector<Event>& apply(Command command, SessionId session);
    template <MessageBody Body>
    const std::vector<Event>& send(const Body& body) {
        return apply(Command::make(body), SessionId{1u});
    }
    // As a customer, 0 ..
    template <MessageBody Body>
    const std::vector<Event>& send_as(std::uint32_t customer, const Body& body) {
        return apply(Command::make(body), SessionId{customer + 3});
    }
    // None when it was done.
    [[nodiscard]] RejectReason refusal() const;
    // Proposed and approved by both operators.
    template <MessageBody Body>
    RejectReason by_two(const Body& body) {
        Propose propose{.proposed = Body::kind, .zero = 0, .lifetime_s = 3600, .body = {}};
        static_assert(sizeof(Body) <= kProposalBodySize);
        std::memcpy(propose.body.data(), &body, sizeof body);
        return approve(propose);
    }

    void begin_chain(const Digest& hash, std::uint64_t height, std::uint32_t confirmations);
    // The next one, from the signer.
    void add_hot_address();
    [[nodiscard]] std::string deposit_address(std::uint32_t customer, std::uint32_t index = 1) const;
    void add_deposit_address(std::uint32_t customer);
    [[nodiscard]] std::string newest_deposit_address(std::uint32_t customer) const {
        return deposit_address(customer, newest_.at(customer));
    }
    [[nodiscard]] std::string hot_address() const;
    TransferId withdraw(std::uint32_t customer, std::int64_t amount, const std::string& address);

    void pass(std::int64_t ns) { now_ += ns; }
    // The process ends and begins again: replayed, a new epoch, the same sessions.
    void restart();
    // The state as a fresh reader is told it.
    [[nodiscard]] CustodyView restored_view();
    // All that ever happened.
    [[nodiscard]] const std::vector<Event>& history() const { return history_; }

    [[nodiscard]] static AccountId account(std::uint32_t customer) { return AccountId{customer + 6}; }
    [[nodiscard]] std::int64_t available(AccountId account) const;
    [[nodiscard]] std::int64_t held(AccountId account) const;
    // Minted less burned.
    [[nodiscard]] std::int64_t issued() const { return -available(AccountId{1u}); }
    [[nodiscard]] std::int64_t now() const { return now_; }
    [[nodiscard]] const core::Core& core() const { return *core_; }

  private:
    RejectReason approve(const Propose& propose);
    void open_sessions();
    void apply_to_core(const Command& command);

    Signer& signer_;
    HeapMemory memory_;
    std::unique_ptr<core::Core> core_;
    EventBuffer buffer_{1 << 14};
    std::vector<Command> log_;
    std::vector<Event> events_;
    std::vector<Event> history_;
    CustodyView* view_ = nullptr;
    std::int64_t now_ = 1'800'000'000'000'000'000;
    std::array<std::uint64_t, kCustomers + 3> sent_{};  // by session
    std::uint64_t epoch_ = 0;
    std::uint64_t ids_ = 0;
    std::uint32_t hot_ = 0;
    std::array<std::uint32_t, kCustomers> newest_{};
};

}  // namespace dcx::chain
