#include "app/command_link.h"

namespace dcx::app {
namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;

}  // namespace

CommandLink::~CommandLink() {
    if (client_ == nullptr || closed_ || !client_->ready()) return;
    client_->finish();
    wait([] { return false; });
}

// False: the time is over, or the connection is gone.
template <class Done>
bool CommandLink::wait(const Done& done) {
    const std::int64_t end_ns = reactor_.now_ns() + options_.wait_ms * kNsPerMs;
    while (!done()) {
        const std::int64_t left = end_ns - reactor_.now_ns();
        if (closed_ || left <= 0) return false;
        reactor_.poll(static_cast<int>(left / kNsPerMs) + 1);
    }
    return true;
}

bool CommandLink::connect() {
    if (client_ != nullptr && !closed_ && client_->ready()) return true;
    client_.reset();
    closed_ = false;
    client::ClientOptions options;
    options.endpoint = options_.venue;
    options.key = options_.key;
    options.client_session = options_.session;
    // Its owner asks an outside chain meanwhile.
    options.heartbeat_ms = 60'000;
    options.handshake_timeout_ns = options_.wait_ms * kNsPerMs;
    options.clock = options_.clock;
    client::OrderEntryClient::Owner& owner = *this;
    client_ = std::make_unique<client::OrderEntryClient>(reactor_, options, owner);
    return wait([this] { return client_->ready(); });
}

CommandLink::Answer CommandLink::send(const Command& command) {
    answer_.reset();
    if (!connect()) return {.result = Answer::Result::not_sent, .reason = {}, .sequence = {}};
    awaited_ = client_->send_bytes(command.header.kind, std::span{command.body}.first(body_size(command.header.kind)));
    if (awaited_ == 0) return {.result = Answer::Result::not_sent, .reason = {}, .sequence = {}};
    const bool answered = wait([this] { return answer_.has_value(); });
    awaited_ = 0;
    if (answered) return *answer_;
    // An answer that comes later must not become that of the next command.
    client_.reset();
    return {.result = Answer::Result::unknown, .reason = {}, .sequence = {}};
}

void CommandLink::poll() {
    if (client_ == nullptr) return;
    if (closed_)
        client_.reset();
    else
        reactor_.poll(0);
}

// Nothing else is sent in this session, so the first report behind a command is its answer.
void CommandLink::on_report(client::OrderEntryClient&, const client::Report& report) {
    if (awaited_ == 0 || answer_) return;
    Answer answer{.result = Answer::Result::done, .reason = {}, .sequence = report.header.event_sequence};
    if (report.kind == EventKind::command_rejected) {
        const auto rejected = report.as<CommandRejected>();
        if (rejected.session_sequence != awaited_) return;
        answer.result = Answer::Result::refused;
        answer.reason = rejected.reason;
    }
    answer_ = answer;
}

void CommandLink::on_not_applied(client::OrderEntryClient&, const NotApplied&) {
    if (awaited_ != 0) answer_ = Answer{.result = Answer::Result::not_sent, .reason = {}, .sequence = {}};
}

void CommandLink::on_closed(client::OrderEntryClient&, const client::ClientClosed&) { closed_ = true; }

}  // namespace dcx::app
