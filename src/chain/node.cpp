#include "chain/node.h"

namespace dcx::chain {

std::string_view to_string(NodeErrorKind kind) {
    switch (kind) {
        case NodeErrorKind::unreachable: return "unreachable";
        case NodeErrorKind::timed_out: return "timed_out";
        case NodeErrorKind::refused: return "refused";
        case NodeErrorKind::failed: return "failed";
        case NodeErrorKind::malformed: return "malformed";
        case NodeErrorKind::wrong_chain: return "wrong_chain";
        case NodeErrorKind::unknown: return "unknown";
    }
    return "?";
}

}  // namespace dcx::chain
