// A venue, a chain, a signer and the worker between them, for tests. Every command is done as soon as it is sent.
#pragma once

#include <memory>
#include <string>

#include "chain/custody.h"
#include "custody/custody_venue.h"
#include "custody/fake_chain.h"
#include "custody/memory_signer.h"
#include "model/chain_address.h"

namespace dcx::chain {

inline constexpr std::uint32_t kConfirmations = 3;

// What an operator's session answers.
class VenueSink final : public CommandSink {
  public:
    explicit VenueSink(CustodyVenue& venue) : venue_(venue) {}
    SentCommand send(const Command& command) override {
        venue_.apply(command, SessionId{1u});
        ++sent;
        const RejectReason reason = venue_.refusal();
        if (reason == RejectReason::none) return {.result = SentCommand::Result::done, .reason = {}};
        return {.result = SentCommand::Result::refused, .reason = reason};
    }
    std::uint64_t sent = 0;

  private:
    CustodyVenue& venue_;
};

// Somebody with coin of his own.
class Stranger {
  public:
    explicit Stranger(FakeChain& chain) : chain_(chain) {}
    [[nodiscard]] std::string address(std::uint32_t index = 0) { return *signer_.address({0, index}); }
    void earn(std::int64_t amount) { chain_.mint(address(), amount); }
    // A transaction that is not posted.
    SignedTransfer make(const std::string& to, std::int64_t amount, const std::string& type = "standard") {
        return *signer_.sign({.from = {0, 0},
                              .recipient = to,
                              .amount = amount,
                              .nonce = ++nonce_,
                              .timestamp_s = 1'800'000'000,
                              .metadata = "{}",
                              .type = type});
    }
    Digest pay(const std::string& to, std::int64_t amount, const std::string& type = "standard") {
        const auto made = make(to, amount, type);
        (void)chain_.post(made.body);
        return made.hash;
    }

  private:
    FakeChain& chain_;
    MemorySigner signer_{99};
    std::uint64_t nonce_ = 0;
};

struct CustodyRig {
    MemorySigner signer;
    CustodyVenue venue{signer};
    FakeChain chain;
    Stranger stranger{chain};
    VenueSink sink{venue};
    CustodyView view;
    std::unique_ptr<Custody> custody;
    CustodyOptions options;

    CustodyRig() {
        options.genesis = chain.genesis();
        venue.begin_chain(chain.genesis(), 0, kConfirmations);
        begin();
    }
    // A worker that knows what the venue tells it at a start.
    void begin() {
        view = venue.restored_view();
        venue.watch(&view);
        custody = std::make_unique<Custody>(
            Custody::Parts{.view = view, .node = chain, .signer = signer, .venue = sink}, options);
    }
    // Until there is nothing more to do at once.
    void step() {
        venue.pass(1'000'000'000);
        for (int i = 0; i < 1000 && custody->step(); ++i) {
        }
    }
    // So many blocks, with a step after each.
    void mine(int blocks) {
        for (int i = 0; i < blocks; ++i) {
            chain.mine_more(1);
            step();
        }
    }
    // Coin of a customer, credited.
    Digest deposit(std::uint32_t customer, std::int64_t amount) {
        stranger.earn(amount);
        chain.mine_more(1);
        const Digest hash = stranger.pay(venue.deposit_address(customer), amount);
        mine(static_cast<int>(kConfirmations) + 1);
        return hash;
    }
    [[nodiscard]] bool alarmed(CustodyAlarm alarm) const { return custody->alarms().contains(alarm); }
    [[nodiscard]] std::int64_t available(std::uint32_t customer) const {
        return venue.available(CustodyVenue::account(customer));
    }
};

}  // namespace dcx::chain
