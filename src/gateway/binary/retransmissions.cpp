#include "gateway/binary/retransmissions.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace dcx::gateway {
namespace {

// In one round, of all requests together.
constexpr std::size_t kFrames = 256;
constexpr std::size_t kSteps = 4096;
// No more of one request while this much waits for its reader; below the least output limit with what a round adds.
constexpr std::size_t kWindow = 32 * 1024;
constexpr std::size_t kFramesEach = 64;
static_assert(kWindow + kFramesEach * kMaxReport < 64 * 1024);

}  // namespace

void Retransmissions::add(const Connection& connection, const RetransmitRequest& request) {
    const Session& session = connection.session();
    requests_.push_back({.connection = connection.number(),
                         .first = request.from,
                         .count = request.count,
                         .cursor = ReportStore::Cursor(session.id(), request.from)});
    metrics_.retransmits.add();
}

bool Retransmissions::poll(Moment now) {
    if (requests_.empty()) return false;
    Budget budget{.frames = kFrames, .steps = kSteps};
    const std::size_t begin = turn_++ % requests_.size();
    std::vector<std::uint64_t> done;
    for (std::size_t i = 0; i < requests_.size(); ++i) {
        Request& request = requests_[(begin + i) % requests_.size()];
        if (carry_on(request, budget, now)) done.push_back(request.connection);
        if (budget.frames == 0) break;
    }
    for (const std::uint64_t number : done)
        std::erase_if(requests_, [&](const Request& request) { return request.connection == number; });
    return budget.frames < kFrames || budget.steps < kSteps || !done.empty();
}

bool Retransmissions::carry_on(Request& request, Budget& budget, Moment now) {
    Connection* const connection = find_(request.connection);
    if (connection == nullptr || connection->closing || connection->session().state() != SessionState::established) {
        leave_archive(request);
        return true;
    }
    switch (request.from) {
        case From::store: return send_stored(request, *connection, budget, now);
        case From::waiting:
        case From::asked: return ask_archive(request, *connection, now);
        case From::archive: return send_archived(request, *connection, budget, now);
    }
    return true;
}

bool Retransmissions::send_stored(Request& request, Connection& connection, Budget& budget, Moment now) {
    for (std::size_t frames = 0; frames < kFramesEach && budget.frames > 0; ++frames) {
        if (request.sent == request.count) return finish(request, connection, RejectReason::none, now);
        if (connection.link().pending_output() >= kWindow) return false;
        std::span<const std::byte> report;
        switch (reports_.next(request.cursor, budget.steps, report)) {
            case ReportStore::Step::walking: return false;
            case ReportStore::Step::gone: request.from = From::waiting; return ask_archive(request, connection, now);
            case ReportStore::Step::found: break;
        }
        send(request, connection, report, now);
        --budget.frames;
        if (connection.closing) return true;
    }
    return request.sent == request.count && finish(request, connection, RejectReason::none, now);
}

bool Retransmissions::ask_archive(Request& request, Connection& connection, Moment now) {
    if (archive_ == nullptr) return finish(request, connection, RejectReason::retransmit_unavailable, now);
    if (request.from == From::waiting) {
        const auto is_before = [&](const Request& other) { return &other < &request && other.from == From::waiting; };
        if (archive_busy_ || std::ranges::any_of(requests_, is_before)) return false;
        if (archive_->ask({.session = connection.session().id(),
                           .from = request.first + request.sent,
                           .count = request.count - request.sent})) {
            request.from = From::asked;
            archive_busy_ = true;
            metrics_.retransmits_archived.add();
        }
        return false;
    }
    auto answer = archive_->poll();
    if (!answer) return false;
    if (answer->reason != RejectReason::none) {
        leave_archive(request);
        return finish(request, connection, answer->reason, now);
    }
    request.from = From::archive;
    archived_ = std::move(answer->frames);
    archived_sent_ = 0;
    archived_ns_ = now.monotonic_ns;
    return false;
}

bool Retransmissions::send_archived(Request& request, Connection& connection, Budget& budget, Moment now) {
    for (std::size_t frames = 0; frames < kFramesEach && budget.frames > 0; ++frames) {
        if (archived_sent_ == archived_.size()) {
            leave_archive(request);
            const bool whole = request.sent == request.count;
            return finish(request, connection, whole ? RejectReason::none : RejectReason::retransmit_unavailable, now);
        }
        if (connection.link().pending_output() >= kWindow) {
            if (now.monotonic_ns - archived_ns_ < kArchivePatienceNs) return false;
            leave_archive(request);
            return finish(request, connection, RejectReason::retransmit_unavailable, now);
        }
        std::uint32_t length = 0;
        std::memcpy(&length, archived_.data() + archived_sent_, sizeof length);
        DCX_CHECK(length >= sizeof(FrameHeader) && length <= archived_.size() - archived_sent_);
        send(request, connection, std::span{archived_}.subspan(archived_sent_, length), now);
        archived_sent_ += length;
        --budget.frames;
        if (connection.closing) {
            leave_archive(request);
            return true;
        }
    }
    return false;
}

// As it was but for what is of this sending: the sending time; the stamps that were of the first one are zero.
void Retransmissions::send(Request& request, Connection& connection, std::span<const std::byte> report, Moment now) {
    ReportBytes bytes;
    DCX_CHECK(report.size() <= bytes.size());
    std::memcpy(bytes.data(), report.data(), report.size());
    make_again(bytes.data(), now.wall);
    ++request.sent;
    metrics_.reports_again.add();
    connection.session().note_sent(now.monotonic_ns);
    connection.send({bytes.data(), report.size()});
}

bool Retransmissions::finish(const Request& request, Connection& connection, RejectReason reason, Moment now) {
    connection.session().finish_retransmit(request.first, request.sent, reason, now);
    return true;
}

void Retransmissions::leave_archive(const Request& request) {
    if (request.from != From::asked && request.from != From::archive) return;
    if (request.from == From::asked) archive_->cancel();
    archive_busy_ = false;
    archived_ = {};
    archived_sent_ = 0;
}

}  // namespace dcx::gateway
