// Sessions: (key, client's number) pairs whose sequences outlive connections and restarts.
#include "core/apply.h"

namespace dcx::core {

void Apply::negotiate() {
    const auto body = command_.as<NegotiateSession>();
    if (!s_.has(body.key)) return reject(RejectReason::unknown_key, {});
    const Key& key = s_.keys[body.key.value];
    if (key.revoked != 0) return reject(RejectReason::key_revoked, {});
    if (body.client_session == 0 || body.zero != 0) return reject(RejectReason::malformed_field, {});
    std::uint32_t id = s_.find_session(body.key, body.client_session);
    if (id != 0 && s_.sessions[id].established != 0) return reject(RejectReason::session_in_use, {});
    if (id == 0) {
        if (s_.session_count + 1 >= s_.sessions.size()) return reject(RejectReason::capacity_exhausted, {});
        id = ++s_.session_count;
        s_.sessions[id] = Session{.client_session = body.client_session, .last_cl_ord_id = {}, .key = body.key};
        s_.session_index.insert(hash_of(body.client_session, body.key.value), id);
    }
    const Session& session = s_.sessions[id];
    emit(SessionNegotiated{.client_session = body.client_session,
                           .connection = body.connection,
                           .next_incoming = session.next_incoming,
                           .next_outgoing = session.next_outgoing,
                           .last_cl_ord_id = session.last_cl_ord_id,
                           .session = SessionId{id},
                           .key = body.key,
                           .account = key.account,
                           .permissions = key.permissions});
}

void Apply::establish() {
    if (!s_.has(sender())) return reject(RejectReason::unknown_session, {});
    if (session().established != 0) return reject(RejectReason::session_in_use, {});
    if (key().revoked != 0) return reject(RejectReason::key_revoked, {});
    session().established = 1;
    emit(SessionEstablished{.connection = command_.as<EstablishSession>().connection, .session = sender(), .zero = 0});
}

void Apply::disconnect() {
    if (!s_.has(sender())) return reject(RejectReason::unknown_session, {});
    if (session().established == 0) return reject(RejectReason::session_not_established, {});
    session().established = 0;
    emit(
        SessionDisconnected{.connection = command_.as<DisconnectSession>().connection, .session = sender(), .zero = 0});
}

}  // namespace dcx::core
