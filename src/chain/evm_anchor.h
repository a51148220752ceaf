// EvmAnchor: anchors in a contract of an EVM chain (contracts/CheckpointAnchor.sol), as a place of the queue. The
// contract's owner is the address of the signer's key {kEvmPath, 0}.
//
// One transaction at a time: its nonce is the number of the address's transactions in blocks, and the next is prepared
// when none waits for a block. A further attempt of the same checkpoint takes the same nonce and pays more, so that one
// of the two is carried out. The contract is asked first: what stands there is never sent again, whoever sent it, and
// another digest under a checkpoint's number is refused for good.
//
// Node, contract and signer are believed as little as anything from outside. Blocking, within the limits of HttpLimits
// for each of a few questions. On the queue's thread.
#pragma once

#include <cstdint>
#include <string>

#include "chain/anchor.h"
#include "chain/evm_node.h"
#include "chain/signer.h"

namespace dcx::chain {

struct EvmAnchorConfig {
    std::string url;
    EvmAddress contract{};
    std::uint64_t chain_id{};
    std::uint64_t confirmations = 12;               // blocks, the transaction's own included
    std::uint64_t max_gas_price = 500'000'000'000;  // wei: above, nothing is sent
};
inline constexpr std::uint64_t kMaxAnchorGas = 200'000;  // one takes about 75,000

class EvmAnchor final : public AnchorPlaceClient {
  public:
    // The signer outlives it; may be null, when only look() is wanted.
    EvmAnchor(EvmAnchorConfig config, Signer* signer, const HttpLimits& limits = {});

    [[nodiscard]] AnchorPlace place() const override { return AnchorPlace::evm; }
    // wrong_place: another chain, no contract there; of prepare() also: one that is not ours.
    AnchorAnswer<PlaceChange> observe(PlaceMemory& memory) override;
    AnchorAnswer<PreparedAnchor> prepare(const Anchor& anchor, const PlaceMemory& memory) override;
    AnchorAnswer<void> ready(const Anchor& anchor) override;
    AnchorAnswer<void> post(const Anchor& anchor) override;
    AnchorAnswer<AnchorSighting> look(const Anchor& anchor) override;

    // What the contract has under a checkpoint's number; zeros: nothing. The chain is the configured one.
    AnchorAnswer<Digest> digest_of(std::uint64_t checkpoint);

  private:
    AnchorAnswer<EvmAddress> own_address();
    AnchorAnswer<void> check_contract();
    AnchorAnswer<void> check_owner(const EvmAddress& own);
    AnchorAnswer<Digest> stored(std::uint64_t checkpoint);
    // The contract has its digest; `refused`: another one under its number.
    AnchorAnswer<bool> digest_for(const Anchor& anchor);
    // `passed` when the contract is beyond its number.
    AnchorAnswer<void> check_taken(const Anchor& anchor, const EvmAddress& from);
    AnchorAnswer<EvmEvent> event_of(std::uint64_t checkpoint);
    AnchorAnswer<void> check_funds(const EvmAddress& from, std::uint64_t gas_price, std::uint64_t gas_limit);
    AnchorAnswer<std::uint64_t> price_of(std::uint32_t attempt);
    AnchorAnswer<AnchorSighting> sighting_in(const EvmBlock& block);

    EvmAnchorConfig config_;
    Signer* signer_;
    EvmNode node_;
};

}  // namespace dcx::chain
