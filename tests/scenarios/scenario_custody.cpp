// The chain: what operators and customers send about it, and its events as text.
#include <algorithm>

#include "model/decimal.h"
#include "scenarios/scenario.h"

namespace dcx::scenarios {

namespace {

using Hash = std::array<std::byte, 32>;

std::string count_text(std::uint64_t number) { return std::to_string(number); }

// A hash that is the word, zeros behind it; "zeros" is none.
Hash named_hash(const std::string& word) {
    Hash hash{};
    if (word == "zeros") return hash;
    for (std::size_t i = 0; i < std::min(word.size(), hash.size()); ++i) hash[i] = std::byte(word[i]);
    return hash;
}

std::string hash_text(const Hash& hash) {
    std::string text;
    for (const std::byte b : hash)
        if (b != std::byte{}) text += std::to_integer<char>(b);
    return text.empty() ? "zeros" : text;
}

std::uint32_t take_u32(Words& words, const char* what) { return static_cast<std::uint32_t>(words.take_number(what)); }

// An enumerator by its name among these, which are numbered from 1, or any number.
std::uint8_t choice(const std::string& word, std::initializer_list<const char*> names) {
    std::uint8_t number = 1;
    for (const char* name : names) {
        if (word == name) return number;
        ++number;
    }
    return static_cast<std::uint8_t>(Words(word).take_number("choice"));
}

}  // namespace

std::vector<Event> Scenario::custody(const std::string& verb, Words& words) {
    if (verb == "set_chain" || verb == "block" || verb == "rewind") return follow_chain(verb, words);
    if (verb == "deposit") return deposit(words);
    if (verb == "reverse")
        return send_from("op", Command::make(ReverseDeposit{.tx_hash = named_hash(words.take("transaction"))}));
    if (verb == "cover_loss") {
        const std::string text = words.take("amount");
        const AssetListed& asset = take_asset(words);
        return send_from("op",
                         Command::make(CoverLoss{.amount = Amount{decimal(text, asset.scale)}, .asset = asset.asset}));
    }
    if (verb == "venue_address") {
        RegisterVenueAddress body{.index = take_u32(words, "index")};
        body.address = chain_address(words);
        body.role = VenueAddressRole::hot;
        return send_from("op", Command::make(body));
    }
    if (verb == "allow" || verb == "disallow") {
        const std::string name = words.take("name");
        AllowAddress body{.account = account_named(name)};
        body.address = chain_address(words);
        body.allowed = verb == "allow" ? 1 : 0;
        return send_from(name, Command::make(body));
    }
    if (verb == "withdrawal_limits") return withdrawal_limits(words);
    if (verb == "payouts")
        return send_from(
            "op", Command::make(SetPayouts{.reference = 7,
                                           .on = words.take("on or off") == "on" ? std::uint8_t{1} : std::uint8_t{0}}));
    if (verb == "anchor") return anchor(words);
    return payouts(verb, words);
}

// set_chain DEC b100 height 100 [confirmations 3] | block b101 [after b100] [height 101] | rewind b100|lost [height N]
std::vector<Event> Scenario::follow_chain(const std::string& verb, Words& words) {
    if (verb == "set_chain") {
        SetChain body{.asset = take_asset(words).asset, .confirmations = 3};
        body.hash = named_hash(words.take("block"));
        words.expect("height");
        body.height = words.take_number("height");
        if (words.take_if("confirmations")) body.confirmations = take_u32(words, "confirmations");
        return send_from("op", Command::make(body));
    }
    const std::string block = words.take("block");
    if (verb == "block") {
        AdvanceChain body{.hash = named_hash(block), .previous = tip_.hash, .height = tip_.height + 1};
        if (words.take_if("after")) body.previous = named_hash(words.take("block"));
        if (words.take_if("height")) body.height = words.take_number("height");
        return send_from("op", Command::make(body));
    }
    RewindChain body{};
    if (block == "lost") {
        body.lost = 1;
    } else {
        body.hash = named_hash(block);
        body.height = heights_[body.hash];
    }
    if (words.take_if("height")) body.height = words.take_number("height");
    return send_from("op", Command::make(body));
}

// deposit TX alice 1 5 DEC height 101 [position 2] [from dec ADDRESS]
std::vector<Event> Scenario::deposit(Words& words) {
    CreditDeposit body{.tx_hash = named_hash(words.take("transaction"))};
    body.account = account_named(words.take("name"));
    body.index = take_u32(words, "index");
    const std::string text = words.take("amount");
    body.amount = Amount{decimal(text, take_asset(words).scale)};
    words.expect("height");
    body.height = words.take_number("height");
    if (words.take_if("position")) body.position = take_u32(words, "position");
    Words stranger("dec stranger");
    body.sender = words.take_if("from") ? chain_address(words) : chain_address(stranger);
    return send_from("op", Command::make(body));
}

std::vector<Event> Scenario::withdrawal_limits(Words& words) {
    const AssetListed& asset = take_asset(words);
    SetWithdrawalLimits body{.asset = asset.asset};
    while (!words.empty()) {
        if (words.take_if("daily"))
            body.daily_limit = Amount{decimal(words.take("amount"), asset.scale)};
        else if (words.take_if("dual"))
            body.dual_control_above = Amount{decimal(words.take("amount"), asset.scale)};
        else if (words.take_if("cooling"))
            body.cooling_s = static_cast<std::uint32_t>(duration_ns(words.take("duration")) / 1'000'000'000);
        else if (words.take_if("allow_list"))
            body.allow_list = 1;
        else
            throw ScenarioError("'" + words.peek() + "' is not understood here");
    }
    return send_from("op", Command::make(body));
}

// release W of alice | payout TX W of alice 5 DEC from 1 nonce 7 | sweep TX alice 1 5 DEC to 1 nonce 7 | posting TX |
// abandon TX | settle TX height 105 | outcome TX paid|not_paid
std::vector<Event> Scenario::payouts(const std::string& verb, Words& words) {
    if (verb == "release") {
        ReleaseWithdrawal body{.id = transfer_id(words.take("id"), 0)};
        words.expect("of");
        body.scope = account_named(words.take("name"));
        return send_from("op", Command::make(body));
    }
    const Hash tx_hash = named_hash(words.take("transaction"));
    if (verb == "posting") return send_from("op", Command::make(PostPayout{.tx_hash = tx_hash}));
    if (verb == "abandon") return send_from("op", Command::make(AbandonPayout{.tx_hash = tx_hash}));
    if (verb == "settle") {
        words.expect("height");
        return send_from("op", Command::make(SettlePayout{.tx_hash = tx_hash, .height = words.take_number("height")}));
    }
    if (verb == "outcome") {
        const auto outcome = PayoutOutcome{choice(words.take("outcome"), {"paid", "not_paid"})};
        return send_from("op", Command::make(ResolvePayout{.tx_hash = tx_hash, .outcome = outcome}));
    }
    if (verb != "payout" && verb != "sweep") throw ScenarioError("no such statement: " + verb);
    PreparePayout body{.tx_hash = tx_hash};
    if (verb == "payout") {
        body.payout_kind = PayoutKind::withdrawal;
        body.id = transfer_id(words.take("id"), 0);
        words.expect("of");
        body.account = account_named(words.take("name"));
    } else {
        body.payout_kind = PayoutKind::sweep;
        body.account = account_named(words.take("name"));
        body.index = take_u32(words, "index");
    }
    const std::string text = words.take("amount");
    body.amount = Amount{decimal(text, take_asset(words).scale)};
    words.expect(verb == "payout" ? "from" : "to");
    (verb == "payout" ? body.index : body.to_index) = take_u32(words, "index");
    words.expect("nonce");
    body.nonce = words.take_number("nonce");
    return send_from("op", Command::make(body));
}

// anchor 5 decoin|evm|digest_file sent|confirmed|lost [tx TX] [height N]
std::vector<Event> Scenario::anchor(Words& words) {
    RecordAnchor body{.digest = named_hash("digest")};
    body.checkpoint = words.take_number("checkpoint");
    body.place = AnchorPlace{choice(words.take("place"), {"decoin", "evm", "digest_file"})};
    body.state = AnchorState{choice(words.take("state"), {"sent", "confirmed", "lost"})};
    if (words.take_if("tx")) body.tx_hash = named_hash(words.take("transaction"));
    if (words.take_if("height")) body.height = take_u32(words, "height");
    return send_from("op", Command::make(body));
}

// Where the chain stands, so that a statement need not say it.
void Scenario::learn_chain(const Event& event) {
    if (event.header.kind == EventKind::chain_set) {
        const auto e = event.as<ChainSet>();
        tip_ = {.hash = e.hash, .height = e.height};
        chain_asset_ = e.asset;
    } else if (event.header.kind == EventKind::chain_advanced) {
        tip_ = event.as<ChainAdvanced>();
    } else if (event.header.kind == EventKind::chain_rewound) {
        const auto e = event.as<ChainRewound>();
        tip_ = {.hash = e.hash, .height = e.height};
    } else {
        return;
    }
    heights_[tip_.hash] = tip_.height;
}

std::string Scenario::chain_event_text(const Event& event) const {
    switch (event.header.kind) {
        case EventKind::chain_set: {
            const auto e = event.as<ChainSet>();
            return "chain " + std::string(asset(e.asset).symbol.view()) + " at " + count_text(e.height) + " " +
                   hash_text(e.hash) + " confirmations " + count_text(e.confirmations);
        }
        case EventKind::chain_advanced: {
            const auto e = event.as<ChainAdvanced>();
            return "block " + count_text(e.height) + " " + hash_text(e.hash);
        }
        case EventKind::chain_rewound: {
            const auto e = event.as<ChainRewound>();
            return (e.lost != 0 ? "lost" : "rewound to " + count_text(e.height)) + " from " +
                   count_text(e.from_height) + " orphaned " + count_text(e.orphaned) + " retired " +
                   count_text(e.retired);
        }
        case EventKind::deposit_credited: {
            const auto e = event.as<DepositCredited>();
            return "deposit " + hash_text(e.tx_hash) + " " + account_name(e.account) + " " +
                   amount_text(e.amount, e.asset) + " at " + count_text(e.height) +
                   ((e.flags & kDepositAgain) != 0 ? " again" : "");
        }
        case EventKind::deposit_reversed: {
            const auto e = event.as<DepositReversed>();
            return "reversed " + hash_text(e.tx_hash) + " " + account_name(e.account) + " taken " +
                   plain_amount(e.taken, e.asset) + " covered " + plain_amount(e.covered, e.asset) + " unbacked " +
                   plain_amount(e.unbacked, e.asset) + " of " + amount_text(e.unbacked_total, e.asset);
        }
        case EventKind::loss_covered: {
            const auto e = event.as<LossCovered>();
            return "covered " + amount_text(e.amount, e.asset) + " leaves " + plain_amount(e.unbacked_total, e.asset);
        }
        case EventKind::anchor_recorded: {
            const auto e = event.as<AnchorRecorded>();
            return "anchored " + count_text(e.checkpoint) + " " + hash_text(e.tx_hash) + " height " +
                   count_text(e.height);
        }
        default: return "";
    }
}

std::string Scenario::custody_event_text(const Event& event) const {
    switch (event.header.kind) {
        case EventKind::venue_address_registered: {
            const auto e = event.as<VenueAddressRegistered>();
            return "venue_address " + count_text(e.index) + " " + address_kind_text(e.address.kind);
        }
        case EventKind::address_allowed: {
            const auto e = event.as<AddressAllowed>();
            return e.allowed != 0 ? "allowed " + account_name(e.account) + " since " + clock_text(e.since)
                                  : "disallowed " + account_name(e.account);
        }
        case EventKind::withdrawal_limits_set: {
            const auto e = event.as<WithdrawalLimitsSet>();
            return "withdrawal_limits daily " + amount_text(e.daily_limit, e.asset) + " dual " +
                   plain_amount(e.dual_control_above, e.asset) + " cooling " + count_text(e.cooling_s) +
                   " allow_list " + count_text(e.allow_list);
        }
        case EventKind::withdrawal_released: return "released " + account_name(event.as<WithdrawalReleased>().scope);
        case EventKind::payout_prepared: {
            const auto e = event.as<PayoutPrepared>();
            return "prepared " + hash_text(e.tx_hash) + " " + amount_text(e.amount, chain_asset_) + " from " +
                   (e.payout_kind == PayoutKind::sweep ? account_name(e.account) + " " : "") + count_text(e.index) +
                   " nonce " + count_text(e.nonce);
        }
        case EventKind::payout_posted: return "posting " + hash_text(event.as<PayoutPosted>().tx_hash);
        case EventKind::payout_abandoned: return "abandoned " + hash_text(event.as<PayoutAbandoned>().tx_hash);
        case EventKind::payout_settled: {
            const auto e = event.as<PayoutSettled>();
            return "settled " + hash_text(e.tx_hash) + " " + amount_text(e.amount, chain_asset_) + " at " +
                   count_text(e.height) + (e.complete != 0 ? " complete" : " in_part");
        }
        case EventKind::payout_resolved: {
            const auto e = event.as<PayoutResolved>();
            return "outcome " + hash_text(e.tx_hash) + (e.outcome == PayoutOutcome::paid ? " paid" : " not_paid");
        }
        case EventKind::payouts_set: return event.as<PayoutsSet>().on != 0 ? "payouts on" : "payouts off";
        default: return chain_event_text(event);
    }
}

}  // namespace dcx::scenarios
