#include "app/load_run.h"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace dcx::app {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kConnectLimit = 30 * kSecond;
constexpr std::int64_t kAnswerLimit = 10 * kSecond;
// Of a session, when nothing waits for a clock.
constexpr std::size_t kSaturatingWindow = 1'024;
// Looks into the memory before the reactor is looked at.
constexpr std::uint64_t kRoundsOfMemory = 256;
// Requests sent between two looks at what has come.
constexpr std::size_t kBurst = 256;
// Numbers of sessions are a key's own: one of another program's must not be taken.
constexpr std::uint64_t kFirstSession = 0x6463'782D'6C6F'6164;  // "dcx-load"

}  // namespace

// One session. Its answers come in the order of its requests, each named by its number; fills and what becomes of
// resting orders come in between.
class LoadRun::Client final : client::OrderEntryClient::Owner {
  public:
    Client(LoadRun& run, const client::ClientOptions& options, std::uint64_t seed)
        : run_(run), flow_(run.options_.market, run.options_.mix, seed), client_(run.reactor_, options, *this) {}

    [[nodiscard]] bool ready() const { return client_.ready(); }
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] std::size_t in_flight() const { return waiting_.size(); }
    [[nodiscard]] std::uint64_t answered() const { return answered_; }
    [[nodiscard]] client::OrderEntryClient& client() { return client_; }

    void ask_limits() { client_.query(LimitQuery{.reference = 1, .account = client_.session().account, .zero = 0}); }
    // None: they are not known yet.
    [[nodiscard]] const std::optional<Limits>& limits() const { return limits_; }

    // False when the session takes no more now.
    bool send(std::int64_t due, std::int64_t now) {
        if (waiting_.size() >= kMaxInFlight || client_.pending_output() > kOutputBound || !allowed(now)) return false;
        const ClOrdId number = std::visit([this](const auto& request) { return send_one(request); }, flow_.next());
        if (!number) return false;
        waiting_.push_back({.number = number, .due = due, .sent = now});
        next_allowed_ += gap_ns_;
        return true;
    }

  private:
    static constexpr std::size_t kOutputBound = 1024 * 1024;
    // Of the venue's rate for a session: heartbeats and queries count, too.
    static constexpr double kShareOfRate = 0.95;
    static constexpr std::int64_t kCatchUp = 20'000'000;
    struct Waiting {
        ClOrdId number{};
        std::int64_t due = 0;
        std::int64_t sent = 0;
    };

    // Even over some milliseconds, so that a pause is made up for.
    bool allowed(std::int64_t now) {
        if (gap_ns_ == 0) return true;
        next_allowed_ = std::max(next_allowed_, now - kCatchUp);
        return next_allowed_ <= now;
    }

    ClOrdId send_one(const PlaceOrder& order) { return client_.place(order); }
    ClOrdId send_one(const CancelOrder& cancel) { return client_.cancel(cancel); }
    ClOrdId send_one(const AmendOrder& amend) { return client_.amend(amend); }

    void on_execution(client::OrderEntryClient&, const ExecutionReport& report, std::uint64_t) override {
        flow_.on_execution(report);
        if (run_.tally_ != nullptr) {
            ++run_.tally_->reports;
            run_.tally_->fills += report.exec_type == ExecType::trade;
        }
        if (report.exec_type == ExecType::rejected) count_reject(report.reject_reason);
        answer(report.cl_ord_id, report.header);
    }
    void on_report(client::OrderEntryClient&, const client::Report& report) override {
        if (run_.tally_ != nullptr) ++run_.tally_->reports;
        if (report.kind == EventKind::cancel_rejected) {
            const auto rejected = report.as<CancelRejected>();
            flow_.on_rejected(rejected);
            count_reject(rejected.reason);
            answer(rejected.cl_ord_id, report.header);
        } else if (report.kind == EventKind::command_rejected) {
            const auto rejected = report.as<CommandRejected>();
            count_reject(rejected.reason);
            answer(ClOrdId{rejected.reference}, report.header);
        }
    }
    void on_answer(client::OrderEntryClient&, const Frame& frame) override {
        if (frame.header.template_id != kTemplateLimits) return;
        limits_ = frame.as<Limits>();
        if (limits_->messages_per_second == 0) return;
        const double rate = kShareOfRate * limits_->messages_per_second;
        gap_ns_ = static_cast<std::int64_t>(static_cast<double>(kSecond) / rate);
    }
    // It keeps within the rate that it was told, so this is for what nobody foresaw.
    void on_not_applied(client::OrderEntryClient&, const NotApplied& refused) override {
        if (run_.why_.empty())
            run_.why_ = "the venue did not take a request: " + std::string(to_string(refused.reason));
    }
    void on_closed(client::OrderEntryClient&, const client::ClientClosed& closed) override {
        ended_ = true;
        if (finishing_ || !run_.why_.empty()) return;
        run_.why_ = "a session ended: " + std::string(closed.text) +
                    (closed.refused == RejectReason::none ? "" : ", " + std::string(to_string(closed.refused)));
    }

    void count_reject(RejectReason reason) {
        if (run_.tally_ != nullptr) ++run_.tally_->rejects[reason];
    }
    void answer(ClOrdId number, const ReportHeader& header) {
        if (waiting_.empty() || waiting_.front().number != number) return;
        const Waiting request = waiting_.front();
        waiting_.pop_front();
        ++answered_;
        if (run_.point_ == nullptr) return;
        const std::int64_t now = run_.clock_.monotonic_ns();
        run_.point_->latency.add(now - request.due);
        const std::int64_t ahead = run_.wall_ahead_ns_;
        const std::array<std::int64_t, kLoadStages.size() + 1> moments{
            request.due + ahead,  request.sent + ahead, header.received.value, header.sequenced.value,
            header.matched.value, header.durable.value, header.sent.value,     now + ahead};
        for (std::size_t i = 0; i < kLoadStages.size(); ++i) run_.tally_->stages[i].add(moments[i + 1] - moments[i]);
    }

  public:
    void finish() {
        finishing_ = true;
        client_.finish();
    }

  private:
    LoadRun& run_;
    LoadFlow flow_;
    std::deque<Waiting> waiting_;
    std::optional<Limits> limits_;
    std::int64_t gap_ns_ = 0;  // between two requests; 0: any number
    std::int64_t next_allowed_ = 0;
    std::uint64_t answered_ = 0;
    bool finishing_ = false;
    bool ended_ = false;
    client::OrderEntryClient client_;
};

LoadRun::LoadRun(const LoadRunOptions& options) : options_(options) {
    const std::size_t keys = options_.keys.size();
    for (std::uint32_t i = 0; i < options_.clients; ++i) {
        client::ClientOptions client{.endpoint = options_.venue.endpoint,
                                     .shm = options_.venue.shm,
                                     .spinning = true,
                                     .key = options_.keys[i % keys],
                                     .client_session = kFirstSession + i / keys,
                                     .cancel_orders = CancelScope::session};
        client.handshake_timeout_ns = kConnectLimit;
        clients_.push_back(std::make_unique<Client>(*this, client, options_.seed + i));
    }
}
LoadRun::~LoadRun() = default;

void LoadRun::demand_open() const {
    if (!why_.empty()) throw std::runtime_error(why_);
}

void LoadRun::poll() {
    // Memory needs no system call; the reactor sees the end of a session, and has the timers.
    const bool memory = !options_.venue.shm.empty();
    if (memory) poll_memory();
    if (!memory || ++rounds_ % kRoundsOfMemory == 0) reactor_.poll(0);
    demand_open();
}

void LoadRun::poll_memory() {
    for (const auto& client : clients_) {
        client->client().flush();
        client->client().poll();
    }
}

void LoadRun::connect() {
    const std::int64_t end = clock_.monotonic_ns() + kConnectLimit;
    const auto wait_for = [&](const auto& done) {
        while (!std::ranges::all_of(clients_, done)) {
            reactor_.poll(options_.venue.shm.empty() ? 10 : 0);
            poll_memory();
            demand_open();
            if (clock_.monotonic_ns() > end) throw std::runtime_error("the sessions are not established after 30 s");
        }
    };
    wait_for(&Client::ready);
    for (const auto& client : clients_) client->ask_limits();
    wait_for([](const auto& client) { return client->limits().has_value(); });
}

std::uint32_t LoadRun::session_rate() const { return clients_.front()->limits()->messages_per_second; }

Durability LoadRun::durability() const { return clients_.front()->client().durability(); }

std::uint64_t LoadRun::answered() const {
    std::uint64_t all = 0;
    for (const auto& client : clients_) all += client->answered();
    return all;
}

void LoadRun::drain() {
    const std::int64_t end = clock_.monotonic_ns() + kAnswerLimit;
    while (std::ranges::any_of(clients_, [](const auto& client) { return client->in_flight() > 0; })) {
        poll();
        if (clock_.monotonic_ns() > end) throw std::runtime_error("answers are missing after ten seconds");
    }
}

double LoadRun::saturate(double seconds) {
    const std::int64_t start = clock_.monotonic_ns();
    const std::int64_t end = start + static_cast<std::int64_t>(seconds * static_cast<double>(kSecond));
    const std::uint64_t before = answered();
    std::int64_t now = start;
    for (; now < end; now = clock_.monotonic_ns()) {
        for (const auto& client : clients_)
            while (client->in_flight() < kSaturatingWindow && client->send(now, now)) {
            }
        poll();
    }
    const double rate = static_cast<double>(answered() - before) / (static_cast<double>(now - start) / 1e9);
    drain();
    return rate;
}

void LoadRun::offer(double seconds, market::LoadPoint& point, LoadTally& tally) {
    point_ = &point;
    tally_ = &tally;
    wall_ahead_ns_ = clock_.wall_ns() - clock_.monotonic_ns();
    const market::DueTimes due(clock_.monotonic_ns() + kSecond / 1000, point.rate);
    const auto count = std::max<std::size_t>(1, static_cast<std::size_t>(point.rate * seconds));
    const std::int64_t end = due.at(count);
    const std::uint64_t before = answered();
    std::size_t sent = 0;
    std::size_t next = 0;  // whose turn it is
    std::int64_t now = due.start();
    while (sent < count && now < end) {
        now = clock_.monotonic_ns();
        const std::size_t ready = due.due_until(now, sent, std::min(kBurst, count - sent));
        // Who is full is passed over; when all are, what is due waits.
        for (std::size_t refused = 0; sent < ready && refused < clients_.size(); ++next) {
            if (clients_[next % clients_.size()]->send(due.at(sent), now)) {
                ++sent;
                refused = 0;
            } else {
                ++refused;
            }
        }
        poll();
    }
    drain();
    point.add_run(answered() - before, due.start(), clock_.monotonic_ns());
    // What never went is no better than what it had waited by now.
    for (std::size_t i = sent; i < count; ++i) point.latency.add(end - due.at(i));
    tally.sent += sent;
    tally.unsent += count - sent;
    point_ = nullptr;
    tally_ = nullptr;
}

void LoadRun::finish() {
    for (const auto& client : clients_) client->finish();
    const std::int64_t end = clock_.monotonic_ns() + kAnswerLimit;
    while (!std::ranges::all_of(clients_, &Client::ended) && clock_.monotonic_ns() < end) {
        poll_memory();
        reactor_.poll(options_.venue.shm.empty() ? 10 : 0);
    }
}

}  // namespace dcx::app
