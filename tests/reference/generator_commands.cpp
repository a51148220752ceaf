// One random command of each kind. Most are as a careful client would send them; the rest miss by a little.
#include <algorithm>
#include <array>
#include <iterator>
#include <string>

#include "reference/command_generator.h"

namespace dcx::reference {

ClOrdId CommandGenerator::some_number() {
    if (random_.below(60) == 0) return ClOrdId{random_.below(last_number_ + 1)};
    // The greatest number ends its session for good, so it must be rare.
    if (random_.below(30'000) == 0) return ClOrdId{static_cast<std::uint64_t>(-1)};
    last_number_ += random_.below(3) + 1;
    return ClOrdId{last_number_};
}

AccountId CommandGenerator::some_account() {
    if (random_.chance(90) && accounts_ >= kFirstCustomer.value)
        return AccountId{static_cast<std::uint32_t>(random_.between(kFirstCustomer.value, accounts_))};
    return AccountId{static_cast<std::uint32_t>(random_.below(accounts_ + 2))};
}

AssetId CommandGenerator::some_asset() {
    return AssetId{
        static_cast<std::uint32_t>(random_.chance(97) ? random_.below(assets_) + 1 : random_.below(assets_ + 2))};
}

const CommandGenerator::Session* CommandGenerator::trader() {
    const Session* session = session_with(kPermitTrade);
    // Operators may trade by their permissions, but have no account to do it with.
    for (int i = 0; i < 8 && session != nullptr && session->account.value == 0; ++i)
        session = session_with(kPermitTrade);
    return session;
}

Command CommandGenerator::place() {
    const Session* session = trader();
    if (markets_.empty()) return nonsense();
    std::size_t which = random_.below(std::min<std::size_t>(random_.chance(90) ? 4 : 99, markets_.size()));
    if (!scattered_ && random_.chance(60)) which = focus_;
    Market& market = markets_[std::min(which, markets_.size() - 1)];
    PlaceOrder b{.cl_ord_id = some_number(), .instrument = market.id};
    b.side = random_.chance(50) ? Side::buy : Side::sell;
    b.price = Price{some_price(market, b.side)};
    b.quantity = Quantity{some_quantity(market)};
    b.account = session != nullptr && random_.chance(98) ? account_for(*session) : some_account();
    b.type = random_.chance(calm_ ? 97 : 88) ? OrderType::limit : OrderType::market;
    b.time_in_force = random_.chance(b.type == OrderType::market ? 8
                                     : calm_                     ? 90
                                                                 : 66)
                          ? TimeInForce::gtc
                          : (random_.chance(50) ? TimeInForce::ioc : TimeInForce::fok);
    if (random_.chance(6)) b.side = Side::buy, b.type = OrderType::market, b.time_in_force = TimeInForce::ioc;
    if (random_.chance(4)) {
        b.price = Price{worst_price(b)};
        if (const std::int64_t all = quantity_within(b); all > 0 && random_.chance(60)) b.quantity = Quantity{all};
    }
    const bool rests = b.time_in_force == TimeInForce::gtc;
    if (rests) choose_end(b);
    // All that it can get and no more, or one lot too much.
    if (const std::int64_t within = quantity_within(b); within > 0 && !rests)
        if (random_.chance(50)) b.quantity = Quantity{within + random_.between(-1, 1)};
    b.flags = random_.chance(rests ? 20 : 3) ? kOrderPostOnly : std::uint8_t{0};
    choose_budget(b);
    if (random_.below(100) == 0) b.instrument = InstrumentId{static_cast<std::uint32_t>(random_.below(9))};
    return from_session(Command::make(b), session);
}

const CommandGenerator::OpenOrder* CommandGenerator::some_order() {
    if (orders_.empty()) return nullptr;
    return &std::next(orders_.begin(), static_cast<std::ptrdiff_t>(random_.below(orders_.size())))->second;
}

// Mostly the session that placed it, else another one of its account, seldom a stranger's.
const CommandGenerator::Session* CommandGenerator::session_for(const OpenOrder* order) {
    if (order == nullptr || random_.below(40) == 0) return trader();
    if (random_.chance(70))
        for (const Session& s : sessions_)
            if (s.id == order->session && s.established) return &s;
    return session_of(order->account);
}

Command CommandGenerator::cancel() { return calm_ && random_.chance(70) ? place() : cancel_some(); }

Command CommandGenerator::cancel_some() {
    const OpenOrder* order = some_order();
    const Session* session = session_for(order);
    CancelOrder b{.cl_ord_id = some_number()};
    b.account = some_account();
    if (session != nullptr && random_.chance(98)) b.account = order != nullptr ? order->account : session->account;

    if (order != nullptr && random_.chance(90)) {
        if (random_.chance(65)) b.order_id = order->id;
        if (b.order_id.value == 0 || random_.chance(10)) b.orig_cl_ord_id = order->cl_ord_id;
        b.slot_hint = order->slot;
    } else if (!done_orders_.empty()) {
        b.order_id = OrderId{done_orders_[random_.below(done_orders_.size())]};
    }
    if (random_.chance(20)) b.slot_hint = OrderSlot{static_cast<std::uint32_t>(random_.below(60))};
    if (random_.below(60) == 0) b.order_id = OrderId{static_cast<std::uint64_t>(interesting())};
    return from_session(Command::make(b), session);
}

Command CommandGenerator::amend() {
    const OpenOrder* order = random_.chance(50) ? unswept_order() : nullptr;
    if (order == nullptr) order = some_order();
    if (order == nullptr || random_.below(20) == 0) {
        const Command other = cancel_some();
        const auto c = other.as<CancelOrder>();
        AmendOrder b{.cl_ord_id = c.cl_ord_id,
                     .orig_cl_ord_id = c.orig_cl_ord_id,
                     .order_id = c.order_id,
                     .price = Price{std::int64_t{1000}},
                     .quantity = Quantity{std::int64_t{5}},
                     .account = c.account,
                     .slot_hint = c.slot_hint};
        return Command::make(b, other.header);
    }
    const Session* session = session_for(order);
    Market& market = markets_[order->instrument.value - 1];
    AmendOrder b{.cl_ord_id = some_number(), .slot_hint = order->slot};
    b.account = random_.chance(97) ? order->account : some_account();
    if (random_.chance(70)) b.order_id = order->id;
    if (b.order_id.value == 0) b.orig_cl_ord_id = order->cl_ord_id;
    if (random_.chance(15)) b.slot_hint = OrderSlot{static_cast<std::uint32_t>(random_.below(60))};
    b.flags = random_.chance(30) ? kAmendReplace : std::uint8_t{0};
    b.price = random_.chance(45) ? order->price : Price{some_price(market, order->side)};
    const std::int64_t total = b.flags != 0 ? order->leaves : order->leaves + order->filled;
    switch (random_.below(6)) {
        case 0: b.quantity = Quantity{some_quantity(market)}; break;
        case 1: b.quantity = Quantity{total}; break;
        case 2: b.quantity = Quantity{order->filled + random_.between(-1, 1)}; break;
        default:
            b.quantity = Quantity{random_.between(total / 2, total < kMaxQuantity / 2 ? total + total / 4 : total)};
    }
    // Where what is filled and what is asked for reach 2^62 together.
    if (market.huge && order->filled > 0 && random_.chance(25)) {
        b.flags = kAmendReplace;
        b.quantity = Quantity{kMaxQuantity - order->filled + random_.between(0, 1)};
    }
    return from_session(Command::make(b), session);
}

Command CommandGenerator::mass_cancel() {
    if (calm_ && random_.chance(85)) return place();
    const Session* session = trader();
    MassCancel b{.cl_ord_id = some_number()};
    b.account = session != nullptr && random_.chance(98) ? account_for(*session) : some_account();
    if (random_.chance(90)) b.instrument = InstrumentId{static_cast<std::uint32_t>(random_.below(markets_.size()) + 1)};
    if (random_.chance(75)) b.side = random_.chance(50) ? Side::buy : Side::sell;
    if (random_.below(30) == 0) b.instrument = InstrumentId{static_cast<std::uint32_t>(interesting())};
    if (random_.below(30) == 0) b.side = Side{static_cast<std::uint8_t>(random_.below(5))};
    if (random_.chance(40)) b.scope = MassCancelScope::session;
    if (random_.below(30) == 0) b.scope = MassCancelScope{static_cast<std::uint8_t>(random_.below(4))};
    return from_session(Command::make(b), session);
}

Command CommandGenerator::set_self_trade_rule() {
    const Session* session = random_.chance(80) ? trader() : session_with(kPermitOperator);
    SetSelfTradeRule b{.reference = random_.next(), .account = some_account()};
    if (session != nullptr && session->account.value != 0 && random_.chance(95)) b.account = account_for(*session);
    b.rule = SelfTradeRule{static_cast<std::uint8_t>(random_.below(random_.chance(97) ? 5 : 8))};
    return from_session(Command::make(b), session);
}

Command CommandGenerator::set_phase() {
    SetPhase b{.instrument = InstrumentId{static_cast<std::uint32_t>(random_.below(markets_.size() + 2))}};
    b.phase = random_.chance(10) ? Phase::halted : Phase::trading;
    if (b.phase == Phase::trading && random_.chance(50)) b.instrument = InstrumentId{};
    return from_session(Command::make(b), session_with(kPermitOperator));
}

Command CommandGenerator::open_account() {
    OpenAccount b{.reference = random_.next()};
    b.account_kind = static_cast<AccountKind>(random_.chance(90) ? random_.between(1, 2) : random_.between(0, 4));
    if (random_.chance(50)) b.owner = some_account();
    return from_session(Command::make(b), session_with(kPermitOperator));
}

Command CommandGenerator::add_key() {
    AddKey b{.account = some_account(), .permissions = static_cast<std::uint32_t>(random_.below(16))};
    b.public_key[0] = static_cast<std::byte>(random_.below(256));
    b.public_key[31] = static_cast<std::byte>(random_.chance(80) ? 1 : 0);
    if (random_.chance(25)) {
        b.account = AccountId{}, b.permissions |= kPermitOperator;
        b.public_key = operator_key(1 + random_.below(9));
        b.person = PersonId{static_cast<std::uint32_t>(random_.between(1, 3))};
    }
    if (random_.chance(4)) b.person = PersonId{static_cast<std::uint32_t>(random_.below(3))};
    return from_session(Command::make(b), session_with(kPermitOperator));
}

Command CommandGenerator::revoke_key() {
    return from_session(Command::make(RevokeKey{.key = KeyId{static_cast<std::uint32_t>(random_.below(14))}}),
                        session_with(kPermitOperator));
}

Command CommandGenerator::list_asset() {
    constexpr std::array<const char*, 8> symbols = {"AAA", "EEE", "F1", "GGGGGGGG", "1A", "aB", "", "H-"};
    ListAsset b{.symbol = AssetSymbol{symbols[random_.below(random_.chance(70) ? 4 : symbols.size())]}};
    b.issue_cap = Amount{random_.chance(80) ? std::int64_t{1'000'000} : interesting()};
    b.scale = static_cast<std::uint8_t>(random_.below(11));
    return from_session(Command::make(b), session_with(kPermitOperator));
}

Command CommandGenerator::list_instrument() {
    ListInstrument b = make_listing(random_.below(4));
    if (random_.chance(80)) b.symbol = Symbol{"X" + std::to_string(random_.below(6))};
    switch (random_.below(14)) {
        case 0: b.tick_mantissa = interesting(); break;
        case 1: b.lot_mantissa = interesting(); break;
        case 2: b.tick_scale = static_cast<std::uint8_t>(random_.below(20)); break;
        case 3: b.lot_scale = static_cast<std::uint8_t>(random_.below(20)); break;
        case 4: b.max_quantity = Quantity{interesting()}; break;
        case 5: b.min_notional = Amount{interesting()}; break;
        case 6: b.maker_fee = FeeRate{static_cast<std::int32_t>(interesting())}; break;
        case 7: b.quote = some_asset(); break;
        case 8: b.base = AssetId{static_cast<std::uint32_t>(random_.below(9))}; break;
        case 9:
            b.tick_mantissa = 1'000'000'000'000'000'000, b.lot_mantissa = 2'000'000'000, b.tick_scale = b.lot_scale = 9;
            break;
        default: break;
    }
    return from_session(Command::make(b), session_with(kPermitOperator));
}

Command CommandGenerator::session_command() {
    // First of all: who was disconnected comes back.
    for (const Session& s : sessions_)
        if (!s.established && random_.chance(40)) return establish(s.id);
    const SessionId any{static_cast<std::uint32_t>(random_.below(sessions_.size() + 2))};
    switch (random_.below(7)) {
        case 0: return Command::make(DisconnectSession{.connection = random_.below(9)}, {.session = any});
        case 1: return establish(any);
        case 2:
        case 3: {
            Key& key = keys_[random_.below(keys_.size())];
            return Command::make(
                NegotiateSession{.client_session = 1 + random_.below(4), .connection = random_.next(), .key = key.id});
        }
        case 4:
            return Command::make(NegotiateSession{.client_session = random_.below(3),
                                                  .connection = random_.next(),
                                                  .key = KeyId{static_cast<std::uint32_t>(random_.below(16))}});
        default: return place();
    }
}

Command CommandGenerator::venue_command() {
    const SessionId nobody{random_.chance(90) ? 0u : 1u};
    switch (random_.below(14)) {
        case 12:
        case 13: {
            Handover b{.grace_ms = static_cast<std::uint32_t>(random_.below(3) == 0 ? random_.below(100) : 2'000)};
            if (random_.chance(10)) b.grace_ms = static_cast<std::uint32_t>(random_.between(3'599'999, 3'600'001));
            return Command::make(b, {.session = nobody});
        }
        case 10:
        case 11: {
            GenesisKey b{.public_key = operator_key(1 + random_.below(9)),
                         .person = PersonId{random_.chance(80) ? 1u : 0u}};
            return Command::make(b, {.session = nobody});
        }
        case 0: return Command::make(start_epoch(random_.below(100)), {.session = nobody});
        case 1: return Command::make(make_genesis(), {.session = nobody});
        default: return Command::make(Checkpoint{.event_hash = random_.next()}, {.session = nobody});
    }
}

Command CommandGenerator::nonsense() {
    Command command = Command::make(Checkpoint{.event_hash = random_.next()});
    command.header.kind = static_cast<CommandKind>(random_.chance(50) ? random_.below(100) : random_.below(65536));
    for (std::byte& b : command.body) b = static_cast<std::byte>(random_.below(256));
    return from_session(command, session_with(kPermitAll));
}

}  // namespace dcx::reference
