// Sessions: (key, client's number) pairs whose sequences outlive connections and restarts.
#include <algorithm>

#include "core/apply.h"

namespace dcx::core {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::uint32_t kMinDeadManMs = 100;

}  // namespace

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
        s_.sessions[id] = Session{.client_session = body.client_session,
                                  .last_cl_ord_id = {},
                                  .key = body.key,
                                  .account = key.account,
                                  .permissions = static_cast<std::uint16_t>(key.permissions)};
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
    const auto body = command_.as<EstablishSession>();
    if (!s_.has(sender())) return reject(RejectReason::unknown_session, {});
    if (session().established != 0) return reject(RejectReason::session_in_use, {});
    if (key().revoked != 0) return reject(RejectReason::key_revoked, {});
    if (body.cancel_orders > CancelScope::account || body.grace_ms > kMaxGraceMs ||
        (body.cancel_orders == CancelScope::none && body.grace_ms != 0) || !all_zero(body.zero))
        return reject(RejectReason::malformed_field, {});
    session().established = 1;
    session().disconnect_scope = body.cancel_orders;
    session().grace_ms = body.grace_ms;
    s_.deadlines.drop(session().disconnect);
    emit(SessionEstablished{.connection = body.connection, .session = sender(), .zero = 0});
}

void Apply::disconnect() {
    if (!s_.has(sender())) return reject(RejectReason::unknown_session, {});
    if (session().established == 0) return reject(RejectReason::session_not_established, {});
    end_session(sender(), command_.as<DisconnectSession>().connection);
}

void Apply::end_session(SessionId id, std::uint64_t connection) {
    Session& session = s_.sessions[id.value];
    session.established = 0;
    // Nothing of an unfinished group was carried out, and whoever comes back sends it whole.
    if (session.group != 0) s_.groups.close(session.group);
    session.group = 0;
    session.group_refused = RejectReason::none;
    const std::uint32_t grace_ms = std::max(session.grace_ms, s_.handover_grace_ms);
    if (session.disconnect_scope != CancelScope::none)
        s_.deadlines.set(
            session.disconnect,
            {.time = after(grace_ms * kNsPerMs), .id = id.value, .kind = DeadlineKind::disconnect, .slot = id.value});
    emit(SessionDisconnected{.connection = connection, .session = id, .zero = 0});
}

void Apply::handover() {
    const auto body = command_.as<Handover>();
    if (body.grace_ms > kMaxGraceMs || body.zero != 0) return reject(RejectReason::malformed_field, {});
    s_.handover_grace_ms = body.grace_ms;
    emit(HandoverLogged{.grace_ms = body.grace_ms, .zero = 0});
}

void Apply::set_dead_man() {
    const auto body = command_.as<SetDeadMan>();
    if (body.cancel_orders > CancelScope::account || !all_zero(body.zero) ||
        (body.cancel_orders == CancelScope::none) != (body.timeout_ms == 0))
        return reject(RejectReason::malformed_field);
    if (body.timeout_ms != 0 && (body.timeout_ms < kMinDeadManMs || body.timeout_ms > kMaxGraceMs))
        return reject(RejectReason::timeout_out_of_range);
    const Time deadline = body.timeout_ms == 0 ? Time{} : after(body.timeout_ms * kNsPerMs);
    session().dead_man_scope = body.cancel_orders;
    if (body.timeout_ms == 0)
        s_.deadlines.drop(session().dead_man);
    else
        s_.deadlines.set(
            session().dead_man,
            {.time = deadline, .id = sender().value, .kind = DeadlineKind::dead_man, .slot = sender().value});
    emit(DeadManSet{.reference = body.reference, .deadline = deadline, .cancel_orders = body.cancel_orders, .zero = {}},
         sender());
}

}  // namespace dcx::core
