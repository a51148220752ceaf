// Reports made again from the journal, for a gateway whose sessions ask for what it does not remember: a core and a
// read model of their own are brought to before the first one wanted, by the newest snapshot that is old enough or by
// none, and from there tell every report of the session as the gateway's did.
//
// report_past() does it at once, on the caller's thread. ReportReplay does it on a thread of its own that gives way to
// all others; one request at a time, and between two of them it rests for as long as the first one took, so that
// requests without end cost the machine half a core. The memory of a second core, only while it works.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "engine/durable_sequence.h"
#include "gateway/report_archive.h"
#include "platform/log.h"
#include "platform/thread.h"

namespace dcx::app {

struct ReportReplayOptions {
    std::string journal;  // folders
    std::string snapshots;
    std::string archive;  // empty: none
    platform::ThreadOptions thread;
    platform::Log* log = nullptr;
};

class ReportReplay final : public gateway::ReportArchive {
  public:
    ReportReplay(const engine::DurableSequence& durable, const ReportReplayOptions& options);
    ~ReportReplay() override;
    ReportReplay(const ReportReplay&) = delete;
    ReportReplay& operator=(const ReportReplay&) = delete;

    // Text of what went wrong, empty when nothing did. Before it and after stop() requests wait.
    [[nodiscard]] std::string start();
    // What is under way is given up.
    void request_stop();
    // Waits for that: at most the time of one batch of the journal, or of loading a snapshot.
    void stop();

    bool ask(const Request& request) override;
    std::optional<Answer> poll() override;
    void cancel() override;

  private:
    void run(const std::stop_token& stop);
    [[nodiscard]] Answer answer(const Request& request, const std::function<bool()>& stopped) const;

    const engine::DurableSequence& durable_;
    ReportReplayOptions options_;
    std::mutex mutex_;
    std::condition_variable_any changed_;
    std::optional<Request> request_;  // until its answer is taken
    std::optional<Answer> answer_;
    bool working_ = false;    // or resting
    bool cancelled_ = false;  // what is being worked on
    platform::Thread thread_;
};

}  // namespace dcx::app
