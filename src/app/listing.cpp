#include "app/listing.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <vector>

#include "app/bootstrap.h"
#include "base/ed25519.h"
#include "client/blocking_client.h"
#include "platform/system_clock.h"

namespace dcx::app {
namespace {

// Sessions of the venue's own use of the operators' keys; tools that people run use others.
constexpr std::uint64_t kListingSession = 0xDC00'0001;
constexpr std::uint32_t kLifetimeS = 3600;

template <class T>
T taken(client::Result<T> result, std::string_view what) {
    if (result) return std::move(*result);
    throw std::runtime_error(std::string(what) + ": " +
                             (result.error().kind == client::ClientError::Kind::refused
                                  ? std::string(to_string(result.error().reason))
                                  : result.error().text));
}

class Lister {
  public:
    Lister(const net::Endpoint& order_entry, std::span<const client::ClientKey> operators) : operators_(operators) {
        for (const client::ClientKey& key : operators)
            sessions_.push_back(
                taken(client::BlockingClient::connect(
                          {.endpoint = order_entry, .key = key, .client_session = kListingSession, .clock = &clock_}),
                      "the operator's session"));
        known_ = taken(sessions_[0]->listings(), "list of markets");
    }
    ~Lister() = default;
    Lister(const Lister&) = delete;
    Lister& operator=(const Lister&) = delete;

    void add(const ListAsset& asset) {
        for (const AssetListed& known : known_.assets)
            if (known.symbol == asset.symbol) return;
        known_.assets.push_back(send<AssetListed>(asset, asset.symbol.view()));
    }
    // The ids in `instrument` and `limits` count what is configured; the venue's own may differ.
    void add(ListInstrument instrument, SetMarketLimits limits, const std::vector<ListAsset>& configured) {
        const auto found = std::ranges::find(known_.instruments, instrument.symbol, &InstrumentListed::symbol);
        if (found == known_.instruments.end()) {
            instrument.base = id_of(configured[instrument.base.value - 1].symbol);
            instrument.quote = id_of(configured[instrument.quote.value - 1].symbol);
            limits.instrument = send<InstrumentListed>(instrument, instrument.symbol.view()).instrument;
        } else if (!has_limits(*found)) {
            limits.instrument = found->instrument;
        } else {
            return;
        }
        if (is_none(limits)) return;
        send<MarketLimitsSet>(limits, instrument.symbol.view());
    }

  private:
    [[nodiscard]] AssetId id_of(const AssetSymbol& symbol) const {
        for (const AssetListed& known : known_.assets)
            if (known.symbol == symbol) return known.asset;
        return {};
    }
    template <class Limits>
    [[nodiscard]] static bool is_none(const Limits& limits) {
        return limits.max_notional.value == kMaxIssue && !limits.reference_price && limits.collar_bp == 0 &&
               limits.max_orders == 0 && limits.day_end_s == 0;
    }
    [[nodiscard]] bool has_limits(const InstrumentListed& instrument) const {
        for (const MarketLimitsSet& limits : known_.market_limits)
            if (limits.instrument == instrument.instrument) return !is_none(limits);
        return false;
    }

    template <EventBody Answer, MessageBody Request>
    Answer send(const Request& request, std::string_view what) {
        auto sent = sessions_[0]->request<Answer>(request);
        const bool needs_two = !sent && sent.error().reason == RejectReason::dual_control_required;
        if (!needs_two) return taken(std::move(sent), what);
        if (sessions_.size() < 2)
            throw std::runtime_error(std::string(what) +
                                     ": needs two persons, and the second key is not here any more");
        return approved<Answer>(request, what);
    }
    template <EventBody Answer, MessageBody Request>
    Answer approved(const Request& request, std::string_view what) {
        Propose proposal{.proposed = Request::kind, .zero = 0, .lifetime_s = kLifetimeS};
        std::memcpy(proposal.body.data(), &request, sizeof request);
        const auto proposed = taken(sessions_[0]->request<CommandProposed>(proposal), what);
        const ApprovalMessage message{.venue_id = sessions_[0]->client().venue().venue_id,
                                      .proposal = proposed.proposal,
                                      .expires = proposed.expires,
                                      .proposed = proposed.proposed,
                                      .zero = 0,
                                      .proposer = proposed.proposer,
                                      .body = proposal.body};
        taken(sessions_[0]->request<ProposalApproved>(approval(message, 0)), what);
        // The second approval carries it out: its answer is the command's.
        return taken(sessions_[1]->request<Answer>(approval(message, 1)), what);
    }
    [[nodiscard]] Approve approval(const ApprovalMessage& message, std::size_t person) const {
        return {.proposal = message.proposal,
                .signature = ed25519_sign(operators_[person].seed, std::as_bytes(std::span{&message, 1}))};
    }

    platform::SystemClock clock_;
    std::span<const client::ClientKey> operators_;
    std::vector<std::unique_ptr<client::BlockingClient>> sessions_;
    client::Listings known_;
};

}  // namespace

void list_configured(const Config& config, const net::Endpoint& order_entry,
                     std::span<const client::ClientKey> operators) {
    const auto listings = listings_of(config);
    if (!listings) throw std::runtime_error(listings.error());
    Lister lister(order_entry, operators);
    for (const ListAsset& asset : listings->assets) lister.add(asset);
    for (std::size_t i = 0; i < listings->instruments.size(); ++i)
        lister.add(listings->instruments[i], listings->limits[i], listings->assets);
}

}  // namespace dcx::app
