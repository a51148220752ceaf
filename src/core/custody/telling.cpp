// docs/rules.md, "Custody", has the order.
#include "core/custody/telling.h"

namespace dcx::core {
namespace {

// The parts in the order in which they are told: `item` of a cursor is the part, `within` counts in it.
enum Part : std::uint64_t {
    chain,
    payouts_on,
    venue_addresses,
    withdrawal_limits,
    allowed,
    losses,
    released,
    deposits,
    settled,
    payouts,
    done
};

class Telling {
  public:
    Telling(const State& state, RestoreCursor& cursor, Event& out)
        : s_(state), c_(state.custody), part_(cursor.item), at_(cursor.within), out_(out) {}

    bool next() {
        while (part_ < done) {
            if (tell()) return true;
            ++part_;
            at_ = 0;
        }
        return false;
    }

  private:
    // The part's next event, if it has one; `at_` is then behind it.
    bool tell() {
        switch (part_) {
            case chain: return tell_chain();
            case payouts_on: return c_.payouts_on && at_++ == 0 && set(PayoutsSet{.reference = 0, .on = 1, .zero = {}});
            case venue_addresses: return tell_venue_address();
            case withdrawal_limits: return tell_limits();
            case allowed: return tell_allowed();
            case losses: return tell_loss();
            case released: return tell_released();
            case deposits: return tell_deposit();
            case settled: return tell_settled();
            default: return tell_payout();
        }
    }
    template <EventBody Body>
    bool set(const Body& body) {
        out_.set(body);
        return true;
    }

    bool tell_chain() {
        if (!c_.chain.is_set()) return false;
        if (at_ == 0) {
            ++at_;
            return set(ChainSet{.hash = c_.chain.tip(),
                                .height = c_.chain.height(),
                                .asset = c_.chain.asset(),
                                .confirmations = c_.chain.confirmations()});
        }
        const std::uint64_t blocks = c_.chain.height() - c_.chain.oldest() + 1;
        if (at_ > blocks) return false;
        const std::uint64_t height = c_.chain.oldest() + (at_++ - 1);
        return set(ChainAdvanced{.hash = c_.chain.block(height).hash, .height = height});
    }
    bool tell_venue_address() {
        if (at_ == c_.venue_address_count) return false;
        const VenueAddress& address = c_.venue_addresses[++at_];
        return set(VenueAddressRegistered{.last_nonce = address.signing.last_nonce,
                                          .index = static_cast<std::uint32_t>(at_),
                                          .address = address.address,
                                          .role = address.role,
                                          .flags = c_.eras.retired(address.signing) ? kAddressRetired : std::uint8_t{0},
                                          .zero = {}});
    }
    bool tell_limits() {
        while (at_ < s_.ledger.asset_count()) {
            const AssetCustody& asset = c_.assets[++at_];
            if (!asset.limited()) continue;
            return set(WithdrawalLimitsSet{.daily_limit = asset.daily_limit,
                                           .dual_control_above = asset.dual_control_above,
                                           .asset = AssetId{static_cast<std::uint32_t>(at_)},
                                           .cooling_s = asset.cooling_s,
                                           .allow_list = asset.allow_list,
                                           .zero = {}});
        }
        return false;
    }
    // `at_` is the account and, below it, the slot told last: both fit 32 bits.
    bool tell_allowed() {
        std::uint64_t account = at_ >> 32;
        std::uint32_t slot = static_cast<std::uint32_t>(at_);
        if (slot != 0) slot = c_.allowed[slot].next;
        while (slot == 0 && account < s_.ledger.account_count())
            slot = s_.ledger.account(AccountId{static_cast<std::uint32_t>(++account)}).first_allowed;
        at_ = (account << 32) | slot;
        if (slot == 0) return false;
        return set(AddressAllowed{.reference = 0,
                                  .since = c_.allowed[slot].since,
                                  .account = AccountId{static_cast<std::uint32_t>(account)},
                                  .address = c_.allowed[slot].address,
                                  .allowed = 1,
                                  .zero = {}});
    }
    bool tell_loss() {
        while (at_ < s_.ledger.asset_count()) {
            const Amount unbacked = c_.assets[++at_].unbacked;
            if (!unbacked) continue;
            return set(LossCovered{.amount = {},
                                   .unbacked_total = unbacked,
                                   .asset = AssetId{static_cast<std::uint32_t>(at_)},
                                   .zero = 0});
        }
        return false;
    }
    // The next pending transfer that is wanted, 0 when there is none; `at_` is the slot told last.
    template <class Wanted>
    const PendingTransfer* next_pending(Wanted&& wanted) {
        std::uint32_t slot = at_ == 0 ? s_.pending.first() : s_.pending[static_cast<std::uint32_t>(at_)].next;
        while (slot != 0 && !wanted(s_.pending[slot])) slot = s_.pending[slot].next;
        if (slot == 0) return nullptr;
        at_ = slot;
        return &s_.pending[slot];
    }
    bool tell_released() {
        const PendingTransfer* const p = next_pending([](const PendingTransfer& t) { return t.released != 0; });
        return p != nullptr && set(WithdrawalReleased{.id = p->id, .scope = p->scope, .zero = 0});
    }
    bool tell_settled() {
        const PendingTransfer* const p = next_pending([](const PendingTransfer& t) { return bool{t.settled}; });
        return p != nullptr && set(PayoutSettled{.tx_hash = {},
                                                 .id = p->id,
                                                 .amount = p->settled,
                                                 .height = 0,
                                                 .account = p->scope,
                                                 .index = 0,
                                                 .payout_kind = PayoutKind::withdrawal,
                                                 .complete = 0,
                                                 .zero = {}});
    }
    // Those that a fork may still take, or has taken.
    bool tell_deposit() {
        while (at_ < c_.deposits.count()) {
            const Deposit& d = c_.deposits[static_cast<std::uint32_t>(++at_)];
            const bool recent = c_.chain.is_set() && d.era == c_.chain.era() && d.height > c_.chain.oldest();
            if (d.reversed != 0 || (d.orphaned == 0 && !recent)) continue;
            return set(DepositCredited{.tx_hash = d.tx_hash,
                                       .amount = d.amount,
                                       .height = d.height,
                                       .account = d.account,
                                       .asset = d.asset,
                                       .index = d.index,
                                       .position = d.position,
                                       .flags = d.orphaned != 0 ? kDepositOrphaned : std::uint8_t{0},
                                       .zero = {}});
        }
        return false;
    }
    // `at_` is the slot of the last one, and above 32 bits whether it is to be told as posted yet.
    bool tell_payout() {
        constexpr std::uint64_t posted_next = std::uint64_t{1} << 32;
        if ((at_ & posted_next) != 0) {
            at_ &= ~posted_next;
            const Payout& p = c_.payouts[static_cast<std::uint32_t>(at_)];
            return set(PayoutPosted{
                .tx_hash = p.tx_hash, .id = p.id, .account = p.account, .payout_kind = p.kind, .zero = {}});
        }
        const std::uint32_t slot = at_ == 0 ? c_.payouts.first() : c_.payouts[static_cast<std::uint32_t>(at_)].next;
        if (slot == 0) return false;
        const Payout& p = c_.payouts[slot];
        at_ = slot | (p.posted != 0 ? posted_next : 0);
        return set(PayoutPrepared{.tx_hash = p.tx_hash,
                                  .id = p.id,
                                  .amount = p.amount,
                                  .nonce = p.nonce,
                                  .account = p.account,
                                  .index = p.index,
                                  .to_index = p.to_index,
                                  .payout_kind = p.kind,
                                  .zero = {}});
    }

    const State& s_;
    const Custody& c_;
    std::uint64_t& part_;
    std::uint64_t& at_;
    Event& out_;
};

}  // namespace

bool next_of_custody(const State& state, RestoreCursor& cursor, Event& out) {
    return Telling(state, cursor, out).next();
}

}  // namespace dcx::core
