#include "gateway/binary/gateway.h"

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "gateway/binary/query.h"

namespace dcx::gateway {
namespace {

// Room kept behind output_limit for Terminate.
constexpr std::size_t kLastWords = 4 * kMaxFrame;
// Connections beyond the limit are accepted to be told so, this many at a time.
constexpr std::size_t kTurnedAway = 64;
// A partial frame is all that has to wait here; a stalled connection's bytes wait in the kernel.
constexpr std::size_t kReceiveCapacity = 16 * 1024;
// Every connection is looked at once in kTickSlices ticks, i.e. four times a second.
constexpr std::int64_t kTickPeriodNs = 31'250'000;
constexpr std::size_t kTickSlices = 8;
// Connections that go on reading in one round, those that waited longest first: the ring has not room for everybody.
constexpr std::size_t kResumed = 64;
// Of one query, in one round; and no more while this much waits to be read. Together they stay below the least bound.
constexpr std::size_t kQueryFrames = 128;
constexpr std::size_t kQueryWindow = 32 * 1024;
static_assert(kQueryFrames * kMaxReport + kQueryWindow < kMinOutputLimit);

}  // namespace

Gateway::Gateway(const Wiring& wiring, const GatewayOptions& options)
    : reactor_(wiring.reactor),
      clock_(wiring.clock),
      events_(wiring.events),
      options_(options),
      commands_(wiring.commands),
      context_{.model = model_,
               .commands = commands_,
               .metrics = metrics_,
               .gateway = options.gateway,
               .durability = options.durability,
               .handshake_timeout_ns = options.handshake_timeout_ns,
               .fill_nonce = options.fill_nonce},
      staged_(options.event_batch),
      ticker_(wiring.reactor, [this] { tick(); }),
      listener_(wiring.reactor, {.endpoint = options.listen, .max_connections = options.max_connections + kTurnedAway},
                [this](net::Socket socket) { accept(std::move(socket)); }) {
    DCX_CHECK(options.event_batch > 0 && options.max_connections > 0);
    options_.output_limit = std::max(options.output_limit, kMinOutputLimit);
    tcp_options_.receive_capacity = kReceiveCapacity;
    tcp_options_.output_limit = options_.output_limit + kLastWords;
}

Gateway::~Gateway() = default;

std::expected<void, net::Error> Gateway::start() { return listener_.start(); }

// ---- connections

void Gateway::accept(net::Socket socket) {
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const std::uint32_t index = free_slots_.back();
    free_slots_.pop_back();
    Slot& slot = slots_[index];
    const std::uint64_t number = (std::uint64_t{++slot.generation} << 32) | index;
    const bool full = metrics_.connections_open.get() >= options_.max_connections;
    metrics_.connections_accepted.add();
    metrics_.connections_open.add();
    slot.connection = std::make_unique<Connection>(*this, std::move(socket), tcp_options_, number);
    Connection& connection = *slot.connection;
    if (!ticker_.running()) ticker_.start_every(kTickPeriodNs);

    if (stopping_) return terminate(connection, *stopping_);
    if (full) return terminate(connection, TerminateCode::too_many_connections);
    if (ready())
        connection.session().challenge(moment());
    else
        connection.tcp().pause_reading();
}

Connection* Gateway::find(std::uint64_t number) {
    const auto index = static_cast<std::uint32_t>(number);
    if (index >= slots_.size()) return nullptr;
    Connection* connection = slots_[index].connection.get();
    return connection != nullptr && connection->number() == number ? connection : nullptr;
}

void Gateway::terminate(Connection& connection, TerminateCode code) {
    if (connection.closing) return;
    connection.closing = true;
    metrics_.terminates(code).add();
    connection.session().close(moment());
    // Its room is kept, so this fails only where the connection is already gone.
    (void)connection.tcp().send(make_frame(Terminate{.code = code}, Time{clock_.wall_ns()}).bytes());
    connection.tcp().close_after_flush(to_string(code));
}

void Gateway::forget(Connection& connection) {
    if (!connection.closing) connection.session().close(moment());
    if (connection.session().drop_copy().on) copies_.remove(connection.number());
    commands_.flush();
    metrics_.connections_open.subtract();
    const auto index = static_cast<std::uint32_t>(connection.number());
    slots_[index].connection.reset();
    free_slots_.push_back(index);
    if (metrics_.connections_open.get() > 0) return;
    ticker_.cancel();
    if (stopping_) stopped_.store(true, std::memory_order_release);
}

void Gateway::wait_for_room(Connection& connection, Moment since) {
    connection.tcp().pause_reading();
    // A query goes on by itself and resumes its connection at its end.
    if (connection.session().querying()) return;
    connection.waiting_since = since.wall;
    metrics_.stalls.add();
    waiting_for_room_.push_back(connection.number());
}

void Gateway::after_frame(Connection& connection, Moment now) {
    Session& session = connection.session();
    if (session.state() == SessionState::verifying) to_verify_.push_back(connection.number());
    if (session.take_copies_wanted()) copies_.set(connection.number(), session.key(), session.drop_copy().account);
    if (!session.querying()) return;
    if (connection.tcp().pending_output() < kQueryWindow)
        answer_some(connection.session(), model_, connection, now, kQueryFrames);
    if (connection.session().querying()) querying_.push_back(connection.number());
}

// Every connection has its turn a few times a second, a slice of them at a time.
void Gateway::tick() {
    const Moment now = moment();
    const std::size_t slice = slots_.size() / kTickSlices + 1;
    for (std::size_t i = 0; i < slice; ++i) {
        if (tick_position_ >= slots_.size()) tick_position_ = 0;
        Connection* connection = slots_[tick_position_++].connection.get();
        if (connection == nullptr || connection->closing) continue;
        // Its silence is ours: it is not being read.
        if (connection->waiting_since) connection->session().note_heard(now.monotonic_ns);
        const SessionId id = connection->session().id();
        const auto outcome = connection->session().tick(now, id ? sessions_.at(id).next_outgoing : 0);
        if (!outcome) terminate(*connection, outcome.error());
    }
    commands_.flush();
}

// ---- rounds

bool Gateway::poll() {
    bool worked = obey_stop();
    worked |= verify_next();
    worked |= resume_waiting();
    worked |= continue_queries();
    worked |= read_events();
    worked |= commands_.flush();
    return worked;
}

int Gateway::max_sleep_ms() {
    if (!to_verify_.empty() && commands_.has_room()) return 0;
    // Nobody rings when the engine has made room, or a slow reader has read.
    if (!to_verify_.empty() || !waiting_for_room_.empty() || !querying_.empty() || commands_.waiting()) return 1;
    return std::numeric_limits<int>::max();
}

void Gateway::open() {
    ready_.store(true, std::memory_order_release);
    const Moment now = moment();
    for (Slot& slot : slots_) {
        if (slot.connection == nullptr || slot.connection->closing) continue;
        slot.connection->session().challenge(now);
        slot.connection->tcp().resume_reading();
    }
}

bool Gateway::obey_stop() {
    const TerminateCode code = stop_wanted_.load(std::memory_order_acquire);
    if (code == TerminateCode{} || stopping_ == code) return false;
    stopping_ = code;
    if (code != TerminateCode::not_accepting) listener_.stop();
    const Moment now = moment();
    for (Slot& slot : slots_)
        if (slot.connection != nullptr) end_or_terminate(*slot.connection, code, now);
    if (metrics_.connections_open.get() == 0) stopped_.store(true, std::memory_order_release);
    return true;
}

void Gateway::end_or_terminate(Connection& connection, TerminateCode code, Moment now) {
    if (connection.closing) return;
    // Without an engine nothing is to be waited for.
    if (code == TerminateCode::not_accepting) return terminate(connection, code);
    if (const auto ended = connection.session().end(code, now); !ended) terminate(connection, ended.error());
}

// One signature a round, so that a crowd of new sessions does not hold up those that trade.
bool Gateway::verify_next() {
    while (!to_verify_.empty() && commands_.has_room()) {
        Connection* connection = find(to_verify_.front());
        to_verify_.pop_front();
        if (connection == nullptr || connection->closing) continue;
        if (const auto verified = connection->session().verify(moment()); !verified)
            terminate(*connection, verified.error());
        return true;
    }
    return false;
}

bool Gateway::resume_waiting() {
    if (waiting_for_room_.empty() || !commands_.has_room()) return false;
    for (std::size_t i = 0; i < kResumed && !waiting_for_room_.empty(); ++i) {
        Connection* connection = find(waiting_for_room_.front());
        waiting_for_room_.pop_front();
        if (connection != nullptr && !connection->closing) connection->tcp().resume_reading();
    }
    return true;
}

bool Gateway::continue_queries() {
    if (querying_.empty()) return false;
    const Moment now = moment();
    bool worked = false;
    std::erase_if(querying_, [&](std::uint64_t number) {
        Connection* connection = find(number);
        if (connection == nullptr || connection->closing) return true;
        if (connection->tcp().pending_output() >= kQueryWindow) return false;
        worked = true;
        answer_some(connection->session(), model_, *connection, now, kQueryFrames);
        if (connection->session().querying()) return false;
        connection->tcp().resume_reading();
        return true;
    });
    return worked;
}

// ---- events

bool Gateway::read_events() {
    const auto events = events_.peek(options_.event_batch);
    if (events.empty()) return false;
    // All of the batch was durable before this moment.
    const Moment now = moment();
    for (const Event& event : events) on_event(event, now);
    deliver_staged();
    write_reports();
    metrics_.events.add(events.size());
    events_.release(events.size());
    if (!ready() && model_.live()) open();
    return true;
}

void Gateway::on_event(const Event& event, Moment now) {
    model_.apply(event);
    if (event.header.kind == EventKind::key_revoked) copies_.remove_key(event.as<KeyRevoked>().key);
    if (event.header.session) stage_report(event, now);
    if (!copies_.empty() && is_execution(event.header.kind)) stage_copies(event, now);
    if (event.header.session) return;
    switch (event.header.kind) {
        case EventKind::session_negotiated:
        case EventKind::session_established:
        case EventKind::session_disconnected:
        case EventKind::session_restored:
        case EventKind::command_rejected: on_session_event(event, now); break;
        default: break;
    }
}

void Gateway::stage_report(const Event& event, Moment now) {
    SessionRoute& route = sessions_.at(event.header.session);
    const std::uint64_t sequence = route.next_outgoing++;
    Connection* connection = route.connection != 0 ? find(route.connection) : nullptr;
    if (connection == nullptr || connection->closing) return metrics_.reports_away.add();
    Staged& staged = stage(*connection);
    staged.size = encode_report(event, report_context(sequence, now), staged.bytes);
}

Gateway::Staged& Gateway::stage(Connection& connection) {
    // Copies can make more of a batch than it has events.
    if (staged_count_ == staged_.size()) deliver_staged();
    Staged& staged = staged_[staged_count_++];
    staged.to = &connection;
    return staged;
}

ReportContext Gateway::report_context(std::uint64_t sequence, Moment now) const {
    const KnownOrder& order = model_.orders().told();
    return {.sequence = sequence,
            .durable = now.wall,
            .durability = options_.durability,
            .trade = &model_.last_trade(),
            .order = order.order_id ? &order : nullptr};
}

void Gateway::stage_copies(const Event& event, Moment now) {
    ReportBytes bytes;
    const std::size_t size = encode_report(event, report_context(0, now), bytes);
    mark_copy(bytes.data());
    AccountId account;
    std::memcpy(&account, bytes.data() + sizeof(FrameHeader) + offsetof(ExecutionReport, account), sizeof account);
    const KnownAccount* known = model_.registry().account(account);
    copies_.each(account, known == nullptr ? AccountId{} : known->owner, [&](std::uint64_t number) {
        Connection* connection = find(number);
        if (connection == nullptr || connection->closing) return;
        Staged& staged = stage(*connection);
        staged.size = size;
        staged.bytes = bytes;
    });
}

void Gateway::deliver_staged() {
    if (staged_count_ == 0) return;
    const Moment now = moment();
    for (std::size_t i = 0; i < staged_count_; ++i) {
        Staged& staged = staged_[i];
        Connection& connection = *staged.to;
        if (connection.closing) continue;
        stamp_sent(staged.bytes.data(), now.wall);
        connection.send({staged.bytes.data(), staged.size});
        connection.session().note_sent(now.monotonic_ns);
        metrics_.reports.add();
        if (connection.dirty) continue;
        connection.dirty = true;
        dirty_.push_back(&connection);
    }
    staged_count_ = 0;
}

void Gateway::write_reports() {
    for (Connection* connection : dirty_) {
        connection->tcp().flush();
        connection->dirty = false;
    }
    dirty_.clear();
}

// Answers to sessions are sent at once, so the reports before them must be on their way.
void Gateway::on_session_event(const Event& event, Moment now) {
    deliver_staged();
    if (event.header.kind == EventKind::session_restored) {
        const auto restored = event.as<SessionRestored>();
        sessions_.at(restored.session).next_outgoing = restored.next_outgoing;
        return;
    }
    if (event.header.kind == EventKind::session_disconnected) return on_disconnected(event);
    if (event.header.gateway != options_.gateway) return;
    switch (event.header.kind) {
        case EventKind::session_negotiated: return on_negotiated(event.as<SessionNegotiated>(), now);
        case EventKind::session_established: return on_established(event.as<SessionEstablished>(), now);
        default: return on_rejected(event, now);
    }
}

void Gateway::on_negotiated(const SessionNegotiated& event, Moment now) {
    SessionRoute& route = sessions_.at(event.session);
    DCX_CHECK(route.next_outgoing == event.next_outgoing);
    Connection* connection = find(event.connection);
    if (connection == nullptr || connection->closing) return;
    // Of two connections that negotiated one session the later has it: the other's numbers could be stale by the time
    // it establishes.
    if (Connection* earlier = route.connection != 0 ? find(route.connection) : nullptr; earlier != nullptr)
        terminate(*earlier, TerminateCode::refused);
    route.connection = event.connection;
    connection->session().on_negotiated(event, now);
}

void Gateway::on_established(const SessionEstablished& event, Moment now) {
    Connection* connection = find(event.connection);
    if (connection != nullptr && !connection->closing) return connection->session().on_established(now);
    // It went away in the meantime, and could not know whether it had anything to disconnect.
    Submission last{.command = Command::make(DisconnectSession{.connection = event.connection},
                                             {.session = event.session, .gateway = options_.gateway}),
                    .received = now.wall};
    commands_.send_surely(last);
}

void Gateway::on_disconnected(const Event& event) {
    const auto disconnected = event.as<SessionDisconnected>();
    // By connection, because the session may by now be negotiated on another; a new epoch names none.
    if (disconnected.connection != 0 && event.header.gateway != options_.gateway) return;
    Connection* connection =
        find(disconnected.connection != 0 ? disconnected.connection : sessions_.at(disconnected.session).connection);
    if (connection != nullptr && !connection->closing) terminate(*connection, connection->session().on_disconnected());
}

void Gateway::on_rejected(const Event& event, Moment now) {
    const auto rejected = event.as<CommandRejected>();
    const bool disconnecting = rejected.command == CommandKind::disconnect_session;
    if (!disconnecting && rejected.command != CommandKind::negotiate_session &&
        rejected.command != CommandKind::establish_session)
        return metrics_.lost_commands.add();
    Connection* connection = find(rejected.reference);
    if (connection == nullptr || connection->closing) return;
    Session& session = connection->session();
    terminate(*connection, disconnecting ? session.on_disconnected() : session.on_refused(rejected.reason, now));
}

}  // namespace dcx::gateway
