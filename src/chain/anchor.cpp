#include "chain/anchor.h"

namespace dcx::chain {

std::string_view to_string(AnchorStage stage) {
    switch (stage) {
        case AnchorStage::waiting: return "waiting";
        case AnchorStage::prepared: return "prepared";
        case AnchorStage::sent: return "sent";
        case AnchorStage::confirmed: return "confirmed";
        case AnchorStage::lost: return "lost";
    }
    return "?";
}

std::string_view to_string(AnchorPlace place) {
    switch (place) {
        case AnchorPlace::decoin: return "decoin";
        case AnchorPlace::evm: return "evm";
        case AnchorPlace::digest_file: return "digest_file";
    }
    return "?";
}

std::optional<AnchorPlace> anchor_place_of(std::string_view name) {
    for (const auto place : {AnchorPlace::decoin, AnchorPlace::evm, AnchorPlace::digest_file})
        if (to_string(place) == name) return place;
    return std::nullopt;
}

std::string_view to_string(AnchorErrorKind kind) {
    switch (kind) {
        case AnchorErrorKind::away: return "away";
        case AnchorErrorKind::no_funds: return "no_funds";
        case AnchorErrorKind::no_signer: return "no_signer";
        case AnchorErrorKind::wrong_place: return "wrong_place";
        case AnchorErrorKind::refused: return "refused";
        case AnchorErrorKind::spent: return "spent";
        case AnchorErrorKind::passed: return "passed";
    }
    return "?";
}

std::string AnchorError::text() const {
    return std::string{to_string(kind)} + " (" + std::to_string(static_cast<unsigned>(kind)) + "): " + seen;
}

}  // namespace dcx::chain
