#include "model/wire.h"

namespace dcx {

std::string_view to_string(TerminateCode code) {
    switch (code) {
        case TerminateCode::finished: return "finished";
        case TerminateCode::malformed_frame: return "malformed_frame";
        case TerminateCode::frame_too_large: return "frame_too_large";
        case TerminateCode::unknown_template: return "unknown_template";
        case TerminateCode::bad_block_length: return "bad_block_length";
        case TerminateCode::out_of_sequence: return "out_of_sequence";
        case TerminateCode::wrong_state: return "wrong_state";
        case TerminateCode::authentication_failed: return "authentication_failed";
        case TerminateCode::timeout: return "timeout";
        case TerminateCode::slow_consumer: return "slow_consumer";
        case TerminateCode::shutdown: return "shutdown";
        case TerminateCode::not_accepting: return "not_accepting";
        case TerminateCode::refused: return "refused";
        case TerminateCode::too_many_connections: return "too_many_connections";
    }
    return "unknown";
}

}  // namespace dcx
