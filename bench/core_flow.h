// The flow that the benchmarks of the core share: a venue of 100,000 funded accounts with a session each, and half a
// million orders and cancels of all of them.
#pragma once

#include <cstring>
#include <vector>

#include "base/random.h"
#include "core/core.h"

namespace dcx::bench {

inline constexpr std::uint32_t accounts = 100'000;
inline constexpr std::uint32_t flow_size = 500'000;
inline constexpr AccountId first_account = kFirstCustomer;

// Commands in sequence, each with its session's next number.
class Script {
  public:
    template <MessageBody Body>
    void add(const Body& body, SessionId session = {}) {
        CommandHeader header{};
        header.sequence = Sequence{commands.size() + 1};
        header.time = Time{start_ns + static_cast<std::int64_t>(commands.size()) * 1000};
        header.session = session;
        if (session && Body::kind != CommandKind::establish_session) {
            if (sent_.size() <= session.value) sent_.resize(session.value + 1);
            header.session_sequence = ++sent_[session.value];
        }
        commands.push_back(Command::make(body, header));
    }
    TransferId id(Random& random) const {
        const auto ms = static_cast<std::uint64_t>(start_ns / 1'000'000) + commands.size() / 1000;
        return make_transfer_id(ms, random.next(), random.next());
    }
    std::vector<Command> commands;

  private:
    static constexpr std::int64_t start_ns = 1'700'000'000'000'000'000;
    std::vector<std::uint64_t> sent_;
};

inline constexpr SessionId operator_session{1u};
inline SessionId session_of(std::uint32_t i) { return SessionId{i + 2}; }
inline AccountId account_of(std::uint32_t i) { return AccountId{first_account.value + i}; }

// A venue of two assets, one market and `accounts` funded accounts with a session each.
inline Script venue() {
    Script s;
    Random random(1);
    s.add(Genesis{.max_accounts = accounts + kFirstCustomer.value - 1,
                  .max_assets = 2,
                  .max_instruments = 1,
                  .max_orders = 1u << 20,
                  .max_sessions = accounts + 1,
                  .max_keys = accounts + 1,
                  .max_price_levels = 1u << 14,
                  .max_fills_per_command = 4096,
                  .max_transfer_ids = 1u << 21});
    s.add(NegotiateSession{.client_session = 1, .key = KeyId{1u}});
    s.add(EstablishSession{}, operator_session);
    s.add(ListAsset{.symbol = AssetSymbol("DEC"), .issue_cap = Amount{kMaxIssue}, .scale = 8}, operator_session);
    s.add(ListAsset{.symbol = AssetSymbol("USD"), .issue_cap = Amount{kMaxIssue}, .scale = 8}, operator_session);
    s.add(ListInstrument{.symbol = Symbol("DEC/USD"),
                         .base = AssetId{1u},
                         .quote = AssetId{2u},
                         .tick_mantissa = 1,
                         .lot_mantissa = 1,
                         .max_quantity = Quantity{std::int64_t{1} << 30},
                         .min_notional = Amount{},
                         .maker_fee = FeeRate{1000},
                         .taker_fee = FeeRate{2000},
                         .tick_scale = 4,
                         .lot_scale = 4},
          operator_session);
    for (std::uint32_t i = 0; i < accounts; ++i) {
        s.add(OpenAccount{.reference = i, .account_kind = AccountKind::customer}, operator_session);
        AddKey key{.account = account_of(i), .permissions = kPermitTrade | kPermitTransfer};
        const std::uint64_t number = random.next();
        std::memcpy(key.public_key.data(), &number, sizeof number);
        s.add(key, operator_session);
        for (const std::uint32_t asset : {1u, 2u})
            s.add(Mint{.id = s.id(random),
                       .amount = Amount{30'000'000'000'000},
                       .account = account_of(i),
                       .asset = AssetId{asset}},
                  operator_session);
        s.add(NegotiateSession{.client_session = 1, .key = KeyId{i + 2}});
        s.add(EstablishSession{}, session_of(i));
    }
    return s;
}

// Half new orders (an eighth of them marketable), half cancels of orders placed up to 2,000 commands ago, as in a
// market whose makers move their quotes. Every account takes part.
struct Flow {
    Script script = venue();
    std::size_t begin = script.commands.size();

    Flow() {
        Random random(2);
        struct Placed {
            std::uint32_t account;
            std::uint64_t cl_ord_id;
        };
        std::vector<Placed> placed;
        std::vector<std::uint64_t> last(accounts);
        std::int64_t mid = 12'500;
        for (std::uint32_t i = 0; i < flow_size; ++i) {
            if (i % 64 == 0) mid += random.between(-2, 2);
            if (random.chance(50) && placed.size() > 2'000) {
                const auto& order = placed[placed.size() - 1 - random.below(1'000)];
                script.add(CancelOrder{.cl_ord_id = ClOrdId{++last[order.account]},
                                       .orig_cl_ord_id = ClOrdId{order.cl_ord_id},
                                       .account = account_of(order.account)},
                           session_of(order.account));
                continue;
            }
            const auto account = static_cast<std::uint32_t>(random.below(accounts));
            const bool buy = random.chance(50);
            const std::int64_t away = random.chance(12) ? -5 : random.between(1, 60);
            script.add(PlaceOrder{.cl_ord_id = ClOrdId{++last[account]},
                                  .price = Price{buy ? mid - away : mid + away},
                                  .quantity = Quantity{random.between(10'000, 1'000'000)},
                                  .account = account_of(account),
                                  .instrument = InstrumentId{1u},
                                  .side = buy ? Side::buy : Side::sell,
                                  .type = OrderType::limit,
                                  .time_in_force = TimeInForce::gtc},
                       session_of(account));
            placed.push_back({account, last[account]});
        }
    }
};

inline const Flow& flow() {
    static const Flow instance;
    return instance;
}

}  // namespace dcx::bench
