#include "market/command_flow.h"

#include <cstring>

namespace dcx::market {
namespace {

void list_market(CommandScript& s) {
    s.add(NegotiateSession{.client_session = 1, .key = KeyId{1u}});
    s.add(EstablishSession{}, kOperatorSession);
    for (const char* symbol : {"DEC", "USD"})
        s.add(ListAsset{.symbol = AssetSymbol(symbol), .issue_cap = Amount{kMaxIssue}, .scale = 8}, kOperatorSession);
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
          kOperatorSession);
}

// As much money each as the assets' caps allow: no order of a flow is refused for want of it.
void add_customer(CommandScript& s, std::uint32_t i, Amount money, Random& random) {
    s.add(OpenAccount{.reference = i, .account_kind = AccountKind::customer}, kOperatorSession);
    AddKey key{.account = account_of(i), .permissions = kPermitTrade | kPermitTransfer};
    const std::uint64_t number = random.next();
    std::memcpy(key.public_key.data(), &number, sizeof number);
    s.add(key, kOperatorSession);
    for (const std::uint32_t asset : {1u, 2u})
        s.add(Mint{.id = s.id(random), .amount = money, .account = account_of(i), .asset = AssetId{asset}},
              kOperatorSession);
    s.add(NegotiateSession{.client_session = 1, .key = KeyId{i + 2}});
    s.add(EstablishSession{}, session_of(i));
}

}  // namespace

CommandScript funded_venue(const FlowOptions& options) {
    CommandScript s(options.start_ns);
    Random random(1);
    s.commands.reserve(6 * std::size_t{options.customers} + options.commands + 6);
    s.add(Genesis{.venue_id = {std::byte{1}},
                  .operator_key = {std::byte{1}},
                  .max_accounts = options.customers + kFirstCustomer.value - 1,
                  .max_assets = 2,
                  .max_instruments = 1,
                  .max_orders = 1u << 20,
                  .max_sessions = options.customers + 1,
                  .max_keys = options.customers + 1,
                  .max_price_levels = 1u << 14,
                  .max_fills_per_command = options.max_fills_per_command,
                  .max_transfer_ids = options.max_transfer_ids,
                  .simulated = 1});
    list_market(s);
    for (std::uint32_t i = 0; i < options.customers; ++i)
        add_customer(s, i, Amount{kMaxIssue / options.customers}, random);
    return s;
}

OrderFlow::OrderFlow(const FlowOptions& options) : script(funded_venue(options)), begin(script.commands.size()) {
    Random random(2);
    struct Placed {
        std::uint32_t customer;
        std::uint64_t cl_ord_id;
    };
    std::vector<Placed> placed;
    std::vector<std::uint64_t> last(options.customers);
    std::int64_t mid = 12'500;
    for (std::uint32_t i = 0; i < options.commands; ++i) {
        if (i % 64 == 0) mid += random.between(-2, 2);
        if (random.chance(50) && placed.size() > 2'000) {
            const auto& order = placed[placed.size() - 1 - random.below(1'000)];
            script.add(CancelOrder{.cl_ord_id = ClOrdId{++last[order.customer]},
                                   .orig_cl_ord_id = ClOrdId{order.cl_ord_id},
                                   .account = account_of(order.customer)},
                       session_of(order.customer));
            continue;
        }
        const auto customer = static_cast<std::uint32_t>(random.below(options.customers));
        const bool buy = random.chance(50);
        const std::int64_t away = random.chance(12) ? -5 : random.between(1, 60);
        script.add(PlaceOrder{.cl_ord_id = ClOrdId{++last[customer]},
                              .price = Price{buy ? mid - away : mid + away},
                              .quantity = Quantity{random.between(10'000, 1'000'000)},
                              .account = account_of(customer),
                              .instrument = InstrumentId{1u},
                              .side = buy ? Side::buy : Side::sell,
                              .type = OrderType::limit,
                              .time_in_force = TimeInForce::gtc},
                   session_of(customer));
        placed.push_back({customer, last[customer]});
    }
}

TransferFlow::TransferFlow(const FlowOptions& options) : script(funded_venue(options)), begin(script.commands.size()) {
    Random random(3);
    for (std::uint32_t i = 0; i < options.commands; ++i) {
        const auto from = static_cast<std::uint32_t>(random.below(options.customers));
        const auto to =
            (from + 1 + static_cast<std::uint32_t>(random.below(options.customers - 1))) % options.customers;
        script.add(Transfer{.id = script.id(random),
                            .amount = Amount{random.between(1, 1'000'000)},
                            .debit_account = account_of(from),
                            .credit_account = account_of(to),
                            .asset = AssetId{1u}},
                   session_of(from));
    }
}

}  // namespace dcx::market
