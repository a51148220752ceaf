#include "gateway/binary/gateway.h"

#include <algorithm>
#include <cstring>
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
// Sessions ended by one tick, because each costs some system calls: of a crowd that came at once and is late at once,
// the rest is ended when its turn comes again.
constexpr std::size_t kEndedByTick = 32;
// Logins given to be checked, and verdicts taken, in one round: those that fail cost system calls.
constexpr int kVerdicts = 4;
// Connections that go on reading in one round, those that waited longest first: the ring has not room for everybody.
constexpr std::size_t kResumed = 64;
// Of one query, in one round; and no more while this much waits to be read. Together they stay below the least bound.
constexpr std::size_t kQueryFrames = 128;
constexpr std::size_t kQueryWindow = 32 * 1024;
static_assert(kQueryFrames * kMaxReport + kQueryWindow < kMinOutputLimit);

ShmOptions shm_options(const GatewayOptions& options) {
    ShmOptions shm = options.shm;
    shm.handshake_timeout_ns = options.handshake_timeout_ns;
    return shm;
}

// All reports of a batch may be for one reader, as its own and as copies: they take at most what may wait for it.
std::size_t batch_of(const GatewayOptions& options) {
    const std::size_t of_tcp = std::max(options.output_limit, kMinOutputLimit);
    const std::size_t of_memory = options.shm.socket.empty() ? of_tcp : std::max(options.shm.report_bytes, kMinShmRing);
    return std::min(options.event_batch, std::min(of_tcp, of_memory) / (2 * kMaxReport));
}

}  // namespace

Gateway::Gateway(const Wiring& wiring, const GatewayOptions& options)
    : reactor_(wiring.reactor),
      clock_(wiring.clock),
      events_(wiring.events),
      options_(options),
      reports_(options.recent_reports),
      commands_(wiring.commands),
      context_{.model = model_,
               .reports = reports_,
               .commands = commands_,
               .metrics = metrics_,
               .gateway = options.gateway,
               .durability = options.durability,
               .handshake_timeout_ns = options.handshake_timeout_ns,
               .messages = options.messages,
               .fill_nonce = options.fill_nonce},
      retransmissions_(reports_, wiring.archive, metrics_, [this](std::uint64_t number) { return find(number); }),
      door_(wiring.reactor, shm_options(options), metrics_, [this](ShmClient client) { admit(std::move(client)); }),
      staged_(batch_of(options)),
      ticker_(wiring.reactor, [this] { tick(); }),
      listener_(wiring.reactor, {.endpoint = options.listen, .max_connections = options.max_connections + kTurnedAway},
                [this](net::Socket socket) { accept(std::move(socket)); }) {
    DCX_CHECK(options.event_batch > 0 && options.max_connections > 0);
    options_.output_limit = std::max(options.output_limit, kMinOutputLimit);
    options_.event_batch = staged_.size();
    tcp_options_.receive_capacity = kReceiveCapacity;
    tcp_options_.tls = options.tls;
    tcp_options_.output_limit = options_.output_limit + kLastWords;
}

Gateway::~Gateway() = default;

std::expected<void, net::Error> Gateway::start() {
    if (auto started = listener_.start(); !started) return started;
    if (options_.login_thread) {
        login_check_ = std::make_unique<LoginCheck>();
        // Without a thread they are checked here.
        if (!login_check_->start()) login_check_.reset();
    }
    return door_.start();
}

// ---- connections

void Gateway::accept(net::Socket socket) {
    const std::uint64_t number = take_slot();
    auto& connection = slots_[static_cast<std::uint32_t>(number)].connection;
    connection = std::make_unique<Connection>(*this, std::move(socket), tcp_options_, number);
    welcome(*connection);
}

void Gateway::admit(ShmClient client) {
    const std::uint64_t number = take_slot();
    auto& connection = slots_[static_cast<std::uint32_t>(number)].connection;
    connection = std::make_unique<Connection>(*this, door_, std::move(client), number);
    welcome(*connection);
}

std::uint64_t Gateway::take_slot() {
    if (free_slots_.empty()) {
        free_slots_.push_back(static_cast<std::uint32_t>(slots_.size()));
        slots_.emplace_back();
    }
    const std::uint32_t index = free_slots_.back();
    free_slots_.pop_back();
    return (std::uint64_t{++slots_[index].generation} << 32) | index;
}

void Gateway::welcome(Connection& connection) {
    const bool full = metrics_.connections_open.get() >= options_.max_connections;
    metrics_.connections_accepted.add();
    metrics_.connections_open.add();
    if (!ticker_.running()) ticker_.start_every(kTickPeriodNs);

    if (stopping_) return terminate(connection, *stopping_);
    if (full) return terminate(connection, TerminateCode::too_many_connections);
    if (ready())
        connection.session().challenge(moment());
    else
        connection.link().pause_reading();
}

Connection* Gateway::find(std::uint64_t number) {
    const auto index = static_cast<std::uint32_t>(number);
    if (index >= slots_.size()) return nullptr;
    const Slot& slot = slots_[index];
    return slot.generation == number >> 32 ? slot.connection.get() : nullptr;
}

void Gateway::terminate(Connection& connection, TerminateCode code) {
    if (connection.closing) return;
    connection.closing = true;
    metrics_.terminates(code).add();
    connection.session().close(moment());
    connection.link().say_last(make_frame(Terminate{.code = code}, Time{clock_.wall_ns()}).bytes());
    connection.link().close_after_flush(to_string(code));
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
    connection.link().pause_reading();
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
    if (const auto wanted = session.take_reports_wanted()) {
        const std::uint64_t next = sessions_.at(session.id()).next_outgoing;
        if (wanted->from >= next || wanted->count > next - wanted->from)
            session.finish_retransmit(wanted->from, 0, RejectReason::retransmit_out_of_range, now);
        else
            retransmissions_.add(connection, *wanted);
    }
    if (!session.querying()) return;
    if (connection.link().pending_output() < kQueryWindow)
        answer_some(connection.session(), model_, connection, now, kQueryFrames);
    if (connection.session().querying()) querying_.push_back(connection.number());
}

// Every connection has its turn a few times a second, a slice of them at a time.
void Gateway::tick() {
    const Moment now = moment();
    const std::size_t slice = slots_.size() / kTickSlices + 1;
    std::size_t ended = 0;
    for (std::size_t i = 0; i < slice; ++i) {
        if (tick_position_ >= slots_.size()) tick_position_ = 0;
        Connection* connection = slots_[tick_position_++].connection.get();
        if (connection == nullptr || connection->closing) continue;
        // Its silence is ours: it is not being read.
        if (connection->waiting_since) connection->session().note_heard(now.monotonic_ns);
        const SessionId id = connection->session().id();
        const auto outcome = connection->session().tick(now, id ? sessions_.at(id).next_outgoing : 0);
        if (!outcome && ++ended <= kEndedByTick) terminate(*connection, outcome.error());
    }
    commands_.flush();
}

// ---- rounds

bool Gateway::poll() {
    bool worked = obey_stop();
    worked |= door_.poll();
    worked |= tell_notices();
    worked |= verify_some();
    worked |= resume_waiting();
    worked |= continue_queries();
    if (!retransmissions_.empty()) worked |= retransmissions_.poll(moment());
    worked |= read_events();
    worked |= commands_.flush();
    return worked;
}

int Gateway::max_sleep_ms() {
    if (login_check_ == nullptr && !to_verify_.empty() && commands_.has_room()) return 0;
    // Nobody rings when the engine has made room, a slow reader has read, or a signature is checked.
    if (!to_verify_.empty() || (login_check_ != nullptr && !login_check_->idle()) || !waiting_for_room_.empty() ||
        !querying_.empty() || !retransmissions_.empty() || commands_.waiting())
        return 1;
    return door_.may_sleep() ? std::numeric_limits<int>::max() : 0;
}

void Gateway::open() {
    ready_.store(true, std::memory_order_release);
    const Moment now = moment();
    for (Slot& slot : slots_) {
        if (slot.connection == nullptr || slot.connection->closing) continue;
        slot.connection->session().challenge(now);
        slot.connection->link().resume_reading();
    }
}

bool Gateway::obey_stop() {
    const TerminateCode code = stop_wanted_.load(std::memory_order_acquire);
    if (code == TerminateCode{} || stopping_ == code) return false;
    stopping_ = code;
    if (code != TerminateCode::not_accepting) {
        listener_.stop();
        door_.stop();
    }
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

bool Gateway::request_notice(const Notice& notice) {
    const std::scoped_lock lock(notices_mutex_);
    if (notices_.size() >= kMaxNotices) return false;
    notices_.push_back(notice);
    notices_wanted_.store(true, std::memory_order_release);
    return true;
}

bool Gateway::tell_notices() {
    if (!notices_wanted_.load(std::memory_order_acquire)) [[likely]]
        return false;
    std::vector<Notice> notices;
    {
        const std::scoped_lock lock(notices_mutex_);
        notices.swap(notices_);
        notices_wanted_.store(false, std::memory_order_relaxed);
    }
    const Moment now = moment();
    for (const Notice& notice : notices)
        for (Slot& slot : slots_)
            if (slot.connection != nullptr && !slot.connection->closing) slot.connection->session().notify(notice, now);
    return true;
}

bool Gateway::verify_some() {
    if (login_check_ == nullptr) return verify_here();
    const bool taken = take_verdicts();
    return give_logins() || taken;
}

Connection* Gateway::next_to_verify() {
    while (!to_verify_.empty()) {
        Connection* connection = find(to_verify_.front());
        to_verify_.pop_front();
        if (connection != nullptr && !connection->closing) return connection;
    }
    return nullptr;
}

// One signature a round, so that a crowd of new sessions does not hold up those that trade.
bool Gateway::verify_here() {
    if (!commands_.has_room()) return false;
    Connection* connection = next_to_verify();
    if (connection == nullptr) return false;
    if (const auto verified = connection->session().verify(moment()); !verified)
        terminate(*connection, verified.error());
    return true;
}

bool Gateway::take_verdicts() {
    bool worked = false;
    for (int i = 0; i < kVerdicts && commands_.has_room(); ++i) {
        const auto verdict = login_check_->take();
        if (!verdict) break;
        worked = true;
        Connection* connection = find(verdict->connection);
        if (connection == nullptr || connection->closing) continue;
        if (const auto verified = connection->session().on_verified(verdict->genuine != 0, moment()); !verified)
            terminate(*connection, verified.error());
    }
    return worked;
}

bool Gateway::give_logins() {
    bool worked = false;
    for (int i = 0; i < kVerdicts && login_check_->has_room(); ++i) {
        Connection* connection = next_to_verify();
        if (connection == nullptr) break;
        worked = true;
        if (const auto login = connection->session().login())
            login_check_->give(*login);
        else
            terminate(*connection, TerminateCode::authentication_failed);
    }
    return worked;
}

bool Gateway::resume_waiting() {
    if (waiting_for_room_.empty() || !commands_.has_room()) return false;
    for (std::size_t i = 0; i < kResumed && !waiting_for_room_.empty(); ++i) {
        Connection* connection = find(waiting_for_room_.front());
        waiting_for_room_.pop_front();
        if (connection != nullptr && !connection->closing) connection->link().resume_reading();
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
        if (connection->link().pending_output() >= kQueryWindow) return false;
        worked = true;
        answer_some(connection->session(), model_, *connection, now, kQueryFrames);
        if (connection->session().querying()) return false;
        connection->link().resume_reading();
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
    model_.apply(events, [&](const Event& event) { on_event(event, now); });
    deliver_staged();
    copied_.clear();
    write_reports();
    metrics_.events.add(events.size());
    events_.release(events.size());
    if (!ready() && model_.live()) open();
    return true;
}

void Gateway::on_event(const Event& event, Moment now) {
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
    // None may take the place of one that is still to be delivered.
    if (stored_ == reports_.capacity()) deliver_staged();
    ++stored_;
    // Also of those that are away: they may ask for it when they are back.
    ReportBytes& kept = reports_.add(event.header.session, sequence);
    const std::size_t size = encode_report(event, report_context(sequence, now), kept);
    reports_.set_size(size);
    Connection* connection = route.connection != 0 ? find(route.connection) : nullptr;
    if (connection == nullptr || connection->closing) return metrics_.reports_away.add();
    stage({.to = connection, .bytes = &kept, .size = size});
}

void Gateway::stage(const Staged& staged) {
    // Copies can make more of a batch than it has events.
    if (staged_count_ == staged_.size()) deliver_staged();
    staged_[staged_count_++] = staged;
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
    // At most one an event, and no more events than a batch has: what is staged stays where it is.
    if (copied_.capacity() == 0) copied_.reserve(options_.event_batch);
    ReportBytes& bytes = copied_.emplace_back();
    const std::size_t size = encode_report(event, report_context(0, now), bytes);
    mark_copy(bytes.data());
    AccountId account;
    std::memcpy(&account, bytes.data() + sizeof(FrameHeader) + offsetof(ExecutionReport, account), sizeof account);
    const KnownAccount* known = model_.registry().account(account);
    copies_.each(account, known == nullptr ? AccountId{} : known->owner, [&](std::uint64_t number) {
        Connection* connection = find(number);
        if (connection == nullptr || connection->closing) return;
        stage({.to = connection, .bytes = &bytes, .size = size});
    });
}

void Gateway::deliver_staged() {
    stored_ = 0;
    if (staged_count_ == 0) return;
    const Moment now = moment();
    for (std::size_t i = 0; i < staged_count_; ++i) {
        const Staged& staged = staged_[i];
        Connection& connection = *staged.to;
        std::byte* room = connection.prepare(staged.size);
        if (room == nullptr) continue;
        std::memcpy(room, staged.bytes->data(), staged.size);
        stamp_sent(room, now.wall);
        connection.commit(staged.size);
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
        connection->link().flush();
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
