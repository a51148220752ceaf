#include "proof/leaf_hasher.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"

namespace dcx::proof {
namespace {

// Two salts come from one HMAC; this one keeps the pair that it made last.
class SaltPairs {
  public:
    SaltPairs(const KeyedHmac& hmac, Sequence sequence) : hmac_(hmac) {
        std::memcpy(message_.data(), &sequence.value, sizeof sequence.value);
    }
    const std::byte* salt(std::uint32_t number) {
        if (const std::uint32_t pair = number / 2; pair != made_) {
            std::memcpy(message_.data() + 8, &pair, sizeof pair);
            bytes_ = hmac_.of(message_);
            made_ = pair;
        }
        return bytes_.data() + (number % 2) * sizeof(Salt);
    }

  private:
    const KeyedHmac& hmac_;
    std::array<std::byte, 12> message_{};
    std::uint32_t made_ = ~std::uint32_t{0};
    Digest bytes_{};
};

// Tag, entry, hashed in one go.
template <std::size_t N>
Digest tagged_leaf(const std::array<std::byte, N>& entry) {
    std::array<std::byte, N + 1> bytes;
    bytes[0] = std::byte{0};
    std::memcpy(bytes.data() + 1, entry.data(), N);
    return QuickSha256::of(bytes);
}

Digest command_commitment_of(SaltPairs& salts, const Command& command) {
    Salt salt;
    std::memcpy(salt.data(), salts.salt(0), salt.size());
    return commitment(salt, command);
}

void event_leaves_of(SaltPairs& salts, std::span<const Event> events, std::span<Digest> leaves) {
    DCX_CHECK(events.size() == leaves.size());
    std::array<std::byte, sizeof(Salt) + sizeof(Event) - kEventPrivateFrom> opened;
    for (std::uint32_t i = 0; i < events.size(); ++i) {
        std::memcpy(opened.data(), salts.salt(i + 1), sizeof(Salt));
        std::memcpy(opened.data() + sizeof(Salt), std::as_bytes(events.subspan(i, 1)).data() + kEventPrivateFrom,
                    sizeof(Event) - kEventPrivateFrom);
        leaves[i] = tagged_leaf(event_entry(events[i].header, QuickSha256::of(opened)));
    }
}

}  // namespace

LeafHasher::LeafHasher(const Secret& salt_key, std::uint64_t epoch)
    : salt_key_(salt_key), epoch_(epoch), salts_(epoch_secret(salt_key, epoch)) {}

void LeafHasher::enter_epoch(const Command& command) {
    if (command.header.kind != CommandKind::start_epoch) return;
    epoch_ = command.as<StartEpoch>().epoch;
    salts_ = KeyedHmac(epoch_secret(salt_key_, epoch_));
}

Digest LeafHasher::leaves(const Command& command, const MatchDigest& records, std::span<const Event> events,
                          std::span<Digest> event_leaves) {
    enter_epoch(command);
    SaltPairs salts(salts_, command.header.sequence);
    commitment_ = command_commitment_of(salts, command);
    event_leaves_of(salts, events, event_leaves);
    return tagged_leaf(command_entry(command.header, records, commitment_));
}

Digest LeafHasher::command_leaf(const Command& command, const MatchDigest& records) {
    enter_epoch(command);
    SaltPairs salts(salts_, command.header.sequence);
    commitment_ = command_commitment_of(salts, command);
    return tagged_leaf(command_entry(command.header, records, commitment_));
}

void LeafHasher::event_leaves(const Command& command, std::span<const Event> events, std::span<Digest> event_leaves) {
    enter_epoch(command);
    SaltPairs salts(salts_, command.header.sequence);
    event_leaves_of(salts, events, event_leaves);
}

}  // namespace dcx::proof
