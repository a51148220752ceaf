#include "app/report_replay.h"

#include <chrono>
#include <utility>

#include "app/report_past.h"
#include "journal/archive.h"
#include "journal/disk_storage.h"

namespace dcx::app {
namespace {

using Frames = std::expected<std::vector<std::byte>, std::string>;

}  // namespace

ReportReplay::ReportReplay(const engine::DurableSequence& durable, const ReportReplayOptions& options)
    : durable_(durable), options_(options) {}

ReportReplay::~ReportReplay() { stop(); }

std::string ReportReplay::start() {
    auto thread = platform::Thread::start(options_.thread, [this](const std::stop_token& stop) { run(stop); });
    if (!thread) return thread.error();
    thread_ = std::move(*thread);
    return {};
}

void ReportReplay::request_stop() {
    if (thread_.joinable()) thread_.request_stop();
}

void ReportReplay::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
}

bool ReportReplay::ask(const Request& request) {
    const std::scoped_lock lock(mutex_);
    if (working_ || request_) return false;
    request_ = request;
    answer_.reset();
    cancelled_ = false;
    changed_.notify_all();
    return true;
}

std::optional<gateway::ReportArchive::Answer> ReportReplay::poll() {
    const std::scoped_lock lock(mutex_);
    if (!answer_) return std::nullopt;
    request_.reset();
    return std::exchange(answer_, std::nullopt);
}

void ReportReplay::cancel() {
    const std::scoped_lock lock(mutex_);
    cancelled_ = true;
    request_.reset();
    answer_.reset();
}

void ReportReplay::run(const std::stop_token& stop) {
    using clock = std::chrono::steady_clock;
    std::unique_lock lock(mutex_);
    while (changed_.wait(lock, stop, [this] { return request_ && !answer_; })) {
        const Request request = *request_;
        working_ = true;
        lock.unlock();
        const auto begin = clock::now();
        Answer made = answer(request, [&] {
            if (stop.stop_requested()) return true;
            const std::scoped_lock guard(mutex_);
            return cancelled_;
        });
        const auto took = clock::now() - begin;
        lock.lock();
        if (!cancelled_) answer_ = std::move(made);
        changed_.wait_for(lock, stop, took, [] { return false; });
        working_ = false;
    }
}

gateway::ReportArchive::Answer ReportReplay::answer(const Request& request,
                                                    const std::function<bool()>& stopped) const {
    // Views of its own: nobody else's reading is disturbed.
    const auto made = [&]() -> Frames {
        auto journal = journal::DiskStorage::open(options_.journal);
        if (!journal) return std::unexpected(journal.error().message);
        auto snapshots = journal::DiskStorage::open(options_.snapshots);
        if (!snapshots) return std::unexpected(snapshots.error().message);
        std::unique_ptr<journal::DiskStorage> archive;
        std::optional<journal::ArchiveView> whole;
        if (!options_.archive.empty()) {
            auto opened = journal::DiskStorage::open(options_.archive);
            if (!opened) return std::unexpected(opened.error().message);
            archive = std::move(*opened);
            whole.emplace(**journal, *archive);
        }
        return report_past({.journal = **journal, .archived = whole ? &*whole : nullptr, .snapshots = snapshots->get()},
                           durable_.get(), request, stopped);
    }();
    if (!made && options_.log != nullptr)
        options_.log->warning("gateway", "reports can't be made again from the journal",
                              {{"session", request.session.value}, {"reason", made.error()}});
    if (!made) return {.reason = RejectReason::retransmit_unavailable, .frames = {}};
    return {.reason = RejectReason::none, .frames = std::move(*made)};
}

}  // namespace dcx::app
