// Trader and Operator: what the clients of a simulated venue want. Their requests are drawn without looking at the
// answers more than needed, so that many are refused; which are, and why, is the witness's and the twin's business.
#pragma once

#include <cstdint>
#include <vector>

#include "simulation/session_client.h"

namespace dcx::simulation {

inline constexpr std::uint32_t kAssets = 3;       // DEC, USD, BTC
inline constexpr std::uint32_t kInstruments = 2;  // DEC/USD, BTC/USD with a rebate

// How much work is left for all clients together.
struct Workload {
    std::uint32_t left = 0;
    std::uint64_t recent_orders = 0;  // the highest order id that a client has heard of
};

// What the sessions of one account share: requests of money that may be asked for again through another session.
struct SharedAccount {
    AccountId account{};
    std::vector<SessionClient::Sent> money;
    std::vector<TransferId> pended;
    std::vector<OrderId> orders;
};

class Trader final : public SessionClient {
  public:
    Trader(const Outside& outside, const Identity& identity, SharedAccount& account, Workload& workload)
        : SessionClient(outside, identity), account_(account), workload_(workload) {}

  private:
    void work() override;
    void on_report(const Event& event) override;
    std::int64_t pause_ns() override;
    void request();
    void misbehave();
    void place();
    void change_order();
    void move_money();
    void ask_something();
    template <class Body>
    void submit_money(const Body& body);
    [[nodiscard]] OrderId some_order();
    [[nodiscard]] AccountId another_account();

    SharedAccount& account_;
    Workload& workload_;
    std::uint32_t group_left_ = 0;  // members of the group that is open
};

class Operator final : public SessionClient {
  public:
    Operator(const Outside& outside, const Identity& identity, std::uint32_t accounts, Workload& workload);

    static AccountId account_of(std::uint32_t trader) { return AccountId{kFirstCustomer.value + trader}; }
    // Public keys of the traders, whose key ids follow the operator's.
    static Ed25519Seed seed_of(std::uint32_t key);
    // Accounts, markets and money are there.
    [[nodiscard]] bool set_up();

  private:
    void work() override;
    void on_report(const Event&) override {}
    std::int64_t pause_ns() override;

    std::uint32_t accounts_;
    Workload& workload_;
    bool set_up_ = false;
    bool frozen_ = false;
    bool halted_ = false;
    bool killed_ = false;
};

}  // namespace dcx::simulation
