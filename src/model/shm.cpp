#include "model/shm.h"

namespace dcx {

std::string_view to_string(ShmCode code) {
    switch (code) {
        case ShmCode::admitted: return "admitted";
        case ShmCode::malformed: return "malformed";
        case ShmCode::other_version: return "other_version";
        case ShmCode::not_allowed: return "not_allowed";
        case ShmCode::too_many_clients: return "too_many_clients";
        case ShmCode::no_memory: return "no_memory";
        case ShmCode::timeout: return "timeout";
        case ShmCode::shutdown: return "shutdown";
    }
    return "unknown";
}

}  // namespace dcx
