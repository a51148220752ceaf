// The start of a venue: genesis with small pools, four assets, four markets, customers with keys, sessions and money.
#include <algorithm>
#include <array>
#include <string>

#include "reference/command_generator.h"

namespace dcx::reference {

Genesis CommandGenerator::make_genesis() {
    const auto number = [this](std::int64_t low, std::int64_t high) {
        return static_cast<std::uint32_t>(random_.between(low, high));
    };
    Genesis g{.max_accounts = number(11, 15),
              .max_assets = number(5, 7),
              .max_instruments = number(5, 7),
              .max_orders = random_.chance(calm_ ? 5 : 25) ? number(4, 40) : number(80, 400),
              .max_sessions = number(13, 18),
              .max_keys = number(10, 14),
              .max_price_levels =
                  random_.chance(calm_ ? 10 : 25) ? number(1, 24) : number(25, random_.chance(70) ? 300 : 4096),
              .max_fills_per_command = number(1, random_.chance(70) ? 6 : 60),
              .max_transfer_ids = custody_ ? number(20, 150) : number(3, 60),
              .simulated = random_.chance(custody_ ? 8 : 50),
              .dual_control = by_two_};
    g.operator_key = operator_key(1);
    for (std::byte& b : g.venue_id) b = static_cast<std::byte>(random_.below(256));
    return g;
}

ListInstrument CommandGenerator::make_listing(std::size_t which) {
    constexpr std::array<std::int32_t, 9> rates = {0, 1, 7, 333, 999, 2500, 12345, 999'999, 1'000'000};
    // Of what the taker pays, some comes back to the maker.
    constexpr std::array<std::int32_t, 5> rebates = {-1, -150, -800, -20'000, -1'000'000};
    const auto rate = [&] { return FeeRate{rates[random_.below(random_.chance(80) ? 7 : rates.size())]}; };
    ListInstrument l{.max_quantity = Quantity{std::int64_t{100'000}}, .maker_fee = rate(), .taker_fee = rate()};
    if (random_.chance(30)) l.maker_fee = FeeRate{rebates[random_.below(rebates.size())]};
    l.min_notional = Amount{random_.chance(50) ? random_.between(0, 5'000) : std::int64_t{0}};
    switch (which) {
        case 0:  // a lot is one minor unit, a tick x lot one of the quote
            l.symbol = Symbol{"AAA/BBB"}, l.base = AssetId{1u}, l.quote = AssetId{2u};
            l.tick_mantissa = 1, l.tick_scale = 2, l.lot_mantissa = 1;
            break;
        case 1:  // many minor units in both
            l.symbol = Symbol{"CCC/BBB"}, l.base = AssetId{3u}, l.quote = AssetId{2u};
            l.tick_mantissa = 300, l.lot_mantissa = 1, l.lot_scale = 4;
            break;
        case 2:  // quantities and prices to the very limit
            l.symbol = Symbol{"AAA/CCC"}, l.base = AssetId{1u}, l.quote = AssetId{3u};
            l.tick_mantissa = 1, l.tick_scale = 8, l.lot_mantissa = 1;
            l.max_quantity = Quantity{kMaxQuantity}, l.min_notional = Amount{std::int64_t{0}};
            break;
        default:  // the scarce asset
            l.symbol = Symbol{"DDD/AAA"}, l.base = AssetId{4u}, l.quote = AssetId{1u};
            l.tick_mantissa = 5, l.lot_mantissa = 7;
            break;
    }
    return l;
}

void CommandGenerator::plan_setup() {
    by_two_ = random_.chance(30);
    rich_ = random_.chance(70);
    calm_ = random_.chance(60);
    scattered_ = rich_ && calm_ && random_.chance(25);
    circles_ = random_.chance(15);
    custody_ = random_.chance(25);
    chain_asset_ = AssetId{static_cast<std::uint32_t>(random_.between(1, 4))};
    focus_ = random_.below(4);
    constexpr std::int64_t day = 86'400'000'000'000;
    // Where time ends; from there on it stands still.
    if (random_.below(40) == 0)
        now_ns_ = kNever.value - random_.between(0, random_.chance(50) ? 600'000'000'000 : 2 * day);
    else if (random_.chance(40))
        now_ns_ += day - now_ns_ % day - random_.between(0, 10'000'000'000);
    const CommandHeader op{.session = SessionId{1u}};
    for (std::uint64_t i = random_.below(3); i > 0; --i) plan(Command::make(SetPhase{}, op));
    if (random_.chance(30)) plan(Command::make(Genesis{}));
    plan(Command::make(make_genesis()));
    // A second person, and the first one's second key.
    plan(Command::make(GenesisKey{.public_key = operator_key(2), .person = PersonId{2u}}));
    if (random_.chance(30)) plan(Command::make(GenesisKey{.public_key = operator_key(2), .person = PersonId{2u}}));
    plan(Command::make(GenesisKey{.public_key = operator_key(3), .person = PersonId{1u}}));
    plan(Command::make(start_epoch(1)));
    const auto session = [&](std::uint32_t id, std::uint32_t key, std::uint64_t name) {
        plan(Command::make(NegotiateSession{.client_session = name, .connection = id, .key = KeyId{key}}));
        plan(establish(SessionId{id}));
    };
    for (std::uint32_t i = 1; i <= 3; ++i) session(i, i, 1);
    constexpr std::array<const char*, 4> symbols = {"AAA", "BBB", "CCC", "DDD"};
    constexpr std::array<std::uint8_t, 4> scales = {0, 2, 8, 0};
    for (std::size_t i = 0; i < 4; ++i)
        plan_by_two(Command::make(ListAsset{.symbol = AssetSymbol{symbols[i]},
                                            .issue_cap = Amount{i == 3 ? std::int64_t{2'000'000} : kMaxIssue},
                                            .scale = scales[i]},
                                  op));
    for (std::size_t i = 0; i < 4; ++i) plan(Command::make(make_listing(i), op));
    for (std::uint64_t i = 0; i < 4; ++i)
        plan(Command::make(
            OpenAccount{.reference = i, .account_kind = i == 3 ? AccountKind::market_maker : AccountKind::customer},
            op));
    // The first customer has a sub-account.
    plan(Command::make(OpenAccount{.owner = kFirstCustomer, .account_kind = AccountKind::customer}, op));
    constexpr std::array<std::uint32_t, 5> permissions = {
        kPermitTrade | kPermitTransfer | kPermitWithdraw, kPermitTrade,
        kPermitTrade | kPermitTransfer | kPermitWithdraw | kPermitRead, kPermitTrade,
        kPermitTransfer | kPermitWithdraw};
    for (std::uint32_t i = 0; i < 5; ++i) {
        AddKey key{.account = AccountId{kFirstCustomer.value + i % 4}, .permissions = permissions[i]};
        key.public_key[0] = static_cast<std::byte>(i + 1);
        plan_by_two(Command::make(key, op));
    }
    for (std::uint32_t i = 0; i < 5; ++i) session(4 + i, 4 + i, 1);
    // Every key that may trade has two sessions.
    for (std::uint32_t i = 0; i < 4; ++i) session(9 + i, 4 + i, 2);
    plan_money();
    if (custody_) plan_custody();
}

// A venue begins under old rules or the newest, with a program that knows the newest or not.
StartEpoch CommandGenerator::start_epoch(std::uint64_t epoch) {
    StartEpoch b{.epoch = epoch, .engine_version = random_.chance(custody_ ? 15 : 60) ? kOldestRules : kNewestRules};
    b.newest_rules = random_.chance(70) ? kNewestRules : static_cast<std::uint32_t>(random_.between(0, 6));
    return b;
}

void CommandGenerator::plan_by_two(const Command& command) {
    if (!by_two_) return plan(command);
    Propose b{.proposed = command.header.kind, .lifetime_s = 60};
    std::copy_n(command.body.begin(), b.body.size(), b.body.begin());
    plan(Command::make(b, command.header));
}

void CommandGenerator::plan_money() {
    const CommandHeader op{.session = SessionId{1u}};
    // What busts take when others can't pay is sometimes there.
    const std::uint32_t first = random_.chance(60) ? kErrorAccount.value : kFirstCustomer.value;
    // Of the chain's asset there is sometimes nothing but deposits.
    const bool poor = custody_ && random_.chance(60);
    for (std::uint32_t account = first; account <= kFirstCustomer.value + 4; ++account)
        for (std::uint32_t asset = 1; asset <= 4; ++asset) {
            if (poor && AssetId{asset} == chain_asset_) continue;
            const std::int64_t most = asset == 4 ? 300'000 : asset == 2 && !rich_ ? 500'000'000 : std::int64_t{1} << 59;
            plan(Command::make(Mint{.id = make_transfer_id(static_cast<std::uint64_t>(now_ns_ / 1'000'000) + 1,
                                                           random_.next(), random_.next()),
                                    .amount = Amount{random_.between(most / 2, most)},
                                    .account = AccountId{account},
                                    .asset = AssetId{asset}},
                               op));
        }
    // Ids of one millisecond come in any order; with a short memory the floor would pass most of them.
    std::vector<TransferId> ids;
    for (const Command& c : planned_)
        if (c.header.kind == CommandKind::mint) ids.push_back(c.as<Mint>().id);
    std::sort(ids.begin(), ids.end());
    std::size_t next_id = 0;
    for (Command& c : planned_) {
        if (c.header.kind != CommandKind::mint) continue;
        Mint body = c.as<Mint>();
        body.id = ids[next_id++];
        c = Command::make(body, op);
    }
}

}  // namespace dcx::reference
