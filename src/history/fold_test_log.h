// For tests: a small venue's log made by hand, event by event, with the balances that its events need: the venue itself
// and transfers. Assets 1 (DEC, whole units) and 2 (USD, cents), market 1 in ticks of a cent and lots of one, so that
// amounts are plain products. Accounts 6 and 7 with sessions 2 and 3; session 1 is the operator's.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "model/event.h"

namespace dcx::history {

inline constexpr AssetId kDec{1u};
inline constexpr AssetId kUsd{2u};
inline constexpr InstrumentId kDecUsd{1u};
inline constexpr AccountId kAlice{6u};
inline constexpr AccountId kBob{7u};
inline constexpr SessionId kOperator{1u};
inline constexpr SessionId kAliceSession{2u};
inline constexpr SessionId kBobSession{3u};
inline constexpr std::int64_t kTestStart = 1'700'000'000'000'000'000;

class TestLog {
  public:
    struct Holding {
        std::int64_t available = 0;
        std::int64_t held = 0;
    };
    std::vector<Event> events;
    Time now{kTestStart};
    std::map<std::pair<AccountId, AssetId>, Holding> balances;

    // Of the command that is being told.
    template <EventBody Body>
    void tell(const Body& body, SessionId session = {}) {
        Event& event = events.emplace_back();
        event.set(body);
        event.header.sequence = Sequence{sequence_ + 1};
        event.header.time = now;
        event.header.index = index_++;
        event.header.session = session;
    }
    void end() {
        events.back().header.flags |= kLastOfCommand;
        ++sequence_;
        index_ = 0;
        now = Time{now.value + 1'000};
    }
    template <EventBody Body>
    void command(const Body& body, SessionId session = {}) {
        tell(body, session);
        end();
    }
    [[nodiscard]] TransferId next_id() {
        return make_transfer_id(static_cast<std::uint64_t>(now.value) / 1'000'000, 1, ++ids_ << 2);
    }

    // The venue without money.
    void found() {
        GenesisApplied genesis;
        genesis.venue_id.fill(std::byte{7});
        command(genesis);
        KeyAdded second{.key = KeyId{2u}, .permissions = kPermitAll, .person = PersonId{2u}};
        second.public_key.fill(std::byte{0xAB});
        command(second);
        command(EpochStarted{.epoch = 1});
        command(SessionNegotiated{.client_session = 1, .session = kOperator, .key = KeyId{1u}});
        command(SessionEstablished{.session = kOperator});
        command(AssetListed{.symbol = AssetSymbol("DEC"), .issue_cap = Amount{kMaxIssue}, .asset = kDec, .scale = 0},
                kOperator);
        command(AssetListed{.symbol = AssetSymbol("USD"), .issue_cap = Amount{kMaxIssue}, .asset = kUsd, .scale = 2},
                kOperator);
        command(InstrumentListed{.symbol = Symbol("DEC/USD"),
                                 .instrument = kDecUsd,
                                 .base = kDec,
                                 .quote = kUsd,
                                 .maker_fee = FeeRate{100},
                                 .taker_fee = FeeRate{200},
                                 .tick_scale = 2,
                                 .lot_scale = 0,
                                 .phase = Phase::trading,
                                 .tick_mantissa = 1,
                                 .lot_mantissa = 1,
                                 .max_quantity = Quantity{kMaxQuantity}},
                kOperator);
        for (const auto& [account, session] : {std::pair(kAlice, kAliceSession), std::pair(kBob, kBobSession)}) {
            command(AccountOpened{.account = account, .account_kind = AccountKind::customer}, kOperator);
            const KeyId key{account.value - 3};
            command(KeyAdded{.key = key, .account = account, .permissions = kPermitTrade | kPermitTransfer}, kOperator);
            command(SessionNegotiated{.client_session = 1, .session = session, .key = key, .account = account});
        }
    }
    // And what both need to trade.
    void open() {
        found();
        for (const AccountId account : {kAlice, kBob})
            for (const AssetId asset : {kDec, kUsd}) mint(account, asset, 1'000'000);
    }

    void transfer(TransferKind kind, AccountId from, AccountId to, AssetId asset, std::int64_t amount,
                  SessionId session, TransferId id) {
        tell(moved(Transferred{.id = id, .transfer_kind = kind}, from, to, asset, amount), session);
    }
    void mint(AccountId to, AssetId asset, std::int64_t amount) {
        transfer(TransferKind::mint, kIssuanceAccount, to, asset, amount, kOperator, next_id());
        end();
    }
    void post(PostingCause cause, TransferId id, AccountId from, AccountId to, AssetId asset, std::int64_t amount,
              SessionId session = {}) {
        tell(moved(Posted{.id = id, .cause = cause}, from, to, asset, amount), session);
    }

  protected:
    Holding& of(AccountId account, AssetId asset) { return balances[{account, asset}]; }

  private:
    template <class Body>
    Body moved(Body body, AccountId from, AccountId to, AssetId asset, std::int64_t amount) {
        body.amount = Amount{amount};
        body.debit_account = from;
        body.credit_account = to;
        body.asset = asset;
        body.debit_before = Amount{of(from, asset).available};
        body.credit_before = Amount{of(to, asset).available};
        of(from, asset).available -= amount;
        of(to, asset).available += amount;
        body.debit_after = Amount{of(from, asset).available};
        body.credit_after = Amount{of(to, asset).available};
        return body;
    }

    std::uint64_t sequence_ = 0;
    std::uint32_t index_ = 0;
    std::uint64_t ids_ = 0;
};

}  // namespace dcx::history
