// DecoinAnchor: the DeCoin chain as a place of anchors. An anchor is a `data` transaction from an address of the anchor
// path to itself, of one unit, with {"data": {"kind": "merkle_root", "v": 1, "seq": checkpoint, "root": digest}, "fee":
// 0} (docs/protocols/decoin.md). It costs nothing, but the address must have one unit: no_funds names it.
//
// This chain's history can be rewritten by a stranger, and a node forgets all of it when it is started again: an anchor
// here is a publication, with as many witnesses as there are people who looked at the node.
#pragma once

#include "base/clock.h"
#include "chain/anchor.h"
#include "chain/node.h"
#include "chain/signer.h"

namespace dcx::chain {

class DecoinAnchor final : public AnchorPlaceClient {
  public:
    // All of them live as long as it does.
    DecoinAnchor(Node& node, Signer& signer, Clock& clock) : node_(node), signer_(signer), clock_(clock) {}

    [[nodiscard]] AnchorPlace place() const override { return AnchorPlace::decoin; }
    AnchorAnswer<PlaceChange> observe(PlaceMemory& memory) override;
    AnchorAnswer<PreparedAnchor> prepare(const Anchor& anchor, const PlaceMemory& memory) override;
    AnchorAnswer<void> ready(const Anchor& anchor) override;
    AnchorAnswer<void> post(const Anchor& anchor) override;
    AnchorAnswer<AnchorSighting> look(const Anchor& anchor) override;

  private:
    Node& node_;
    Signer& signer_;
    Clock& clock_;
};

// Of an anchor's transaction, as the chain writes it.
[[nodiscard]] std::string anchor_metadata(std::uint64_t checkpoint, const Digest& digest);
// Whether a transaction as the node tells it says this. The node is believed: only who has the body can check the hash.
[[nodiscard]] bool says_anchor(const ChainTransaction& transaction, std::uint64_t checkpoint, const Digest& digest);

}  // namespace dcx::chain
