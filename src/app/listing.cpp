#include "app/listing.h"

#include <stdexcept>

#include "app/bootstrap.h"
#include "client/blocking_client.h"
#include "platform/system_clock.h"

namespace dcx::app {
namespace {

// Sessions of the venue's own use of the operator's key; tools that people run use others.
constexpr std::uint64_t kListingSession = 0xDC00'0001;

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
    explicit Lister(client::BlockingClient& client)
        : client_(client), known_(taken(client.listings(), "list of markets")) {}

    void add(const ListAsset& asset) {
        for (const AssetListed& known : known_.assets)
            if (known.symbol == asset.symbol) return;
        known_.assets.push_back(taken(client_.list_asset(asset), asset.symbol.view()));
    }
    // The ids in `instrument` count the configured assets; the venue's own may differ.
    void add(ListInstrument instrument, const std::vector<ListAsset>& configured) {
        for (const InstrumentListed& known : known_.instruments)
            if (known.symbol == instrument.symbol) return;
        instrument.base = id_of(configured[instrument.base.value - 1].symbol);
        instrument.quote = id_of(configured[instrument.quote.value - 1].symbol);
        taken(client_.list_instrument(instrument), instrument.symbol.view());
    }

  private:
    [[nodiscard]] AssetId id_of(const AssetSymbol& symbol) const {
        for (const AssetListed& known : known_.assets)
            if (known.symbol == symbol) return known.asset;
        return {};
    }

    client::BlockingClient& client_;
    client::Listings known_;
};

}  // namespace

void list_configured(const Config& config, const net::Endpoint& order_entry, const client::ClientKey& operator_key) {
    const auto listings = listings_of(config);
    if (!listings) throw std::runtime_error(listings.error());
    platform::SystemClock clock;
    auto client =
        taken(client::BlockingClient::connect(
                  {.endpoint = order_entry, .key = operator_key, .client_session = kListingSession, .clock = &clock}),
              "the operator's session");
    Lister lister(*client);
    for (const ListAsset& asset : listings->assets) lister.add(asset);
    for (const ListInstrument& instrument : listings->instruments) lister.add(instrument, listings->assets);
    client->finish();
}

}  // namespace dcx::app
