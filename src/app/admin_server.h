// AdminServer: what operators and their machines ask, on a loopback port of its own and on a thread of its own, so that
// it answers while the journal is replayed and when the venue's threads don't:
//
//     GET  /health        200 while the program can go on, 503 when the engine has failed
//     GET  /ready         200 while commands are taken, else 503 with the state: starting, replaying, restoring,
//     stopping,
//                         stopped, failed, and why
//     GET  /metrics       Prometheus text
//     GET  /actions       names of what can be done
//     POST /actions/NAME  does it; needs "Authorization: Bearer TOKEN"
//
// What it shows of a venue comes through AdminView. An action runs on the admin's thread and answers within a second or
// so: what takes longer it begins, and tells by its answer or by a metric how far it is. All functions: any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "app/prometheus_text.h"
#include "app/reactor_sleeper.h"
#include "net/http.h"
#include "platform/log.h"
#include "platform/worker.h"

namespace dcx::app {

struct Readiness {
    bool ready = false;
    bool failed = false;  // for good
    std::string state;    // one word
    std::string reason;   // of a failure
};

// A venue, seen from the admin's thread.
class AdminView {
  public:
    virtual ~AdminView() = default;
    [[nodiscard]] virtual Readiness readiness() const = 0;
    // Fields for /health and /ready.
    virtual void add_details(nlohmann::ordered_json& out) const = 0;
    virtual void append_metrics(PrometheusText& out) = 0;
};

struct ActionAnswer {
    bool done = false;  // 200, else 409
    std::string json;   // an object
};
using AdminAction = std::function<ActionAnswer(const net::HttpRequest& request)>;

class AdminServer {
  public:
    // `token`: what a request to do something must carry. Throws StartRefused(port_taken).
    AdminServer(const net::Endpoint& endpoint, std::string token, platform::Log& log);
    ~AdminServer();
    AdminServer(const AdminServer&) = delete;
    AdminServer& operator=(const AdminServer&) = delete;

    [[nodiscard]] net::Endpoint endpoint() const;
    // While there is no view yet.
    void replaying(std::uint64_t commands, double commands_per_second);
    // The view must stay until the next call; null: there is none.
    void show(AdminView* view);
    // A name is of a-z and '-'. Replaces one of the same name; must not be called by an action.
    void add_action(const std::string& name, std::string what, AdminAction action);
    void remove_action(const std::string& name);

  private:
    struct Action {
        std::string what;
        AdminAction run;
    };
    [[nodiscard]] net::HttpResponse state_page(bool alive_is_enough);
    [[nodiscard]] net::HttpResponse metrics();
    [[nodiscard]] net::HttpResponse list_actions();
    [[nodiscard]] net::HttpResponse act(const std::string& name, const net::HttpRequest& request);
    [[nodiscard]] bool authorised(const net::HttpRequest& request) const;
    [[nodiscard]] Readiness readiness() const;

    net::Endpoint endpoint_;
    std::string token_;
    platform::Log& log_;
    mutable std::mutex mutex_;  // held while a page is made: what it shows stays until then
    AdminView* view_ = nullptr;
    bool replaying_ = false;
    std::uint64_t replayed_ = 0;
    double replay_rate_ = 0;
    std::map<std::string, Action> actions_;

    ReactorSleeper sleeper_;
    net::HttpServer http_;
    platform::Worker worker_;
};

// Whether two texts are equal, in a time that tells nothing of where they differ.
[[nodiscard]] bool same_secret(std::string_view a, std::string_view b);

}  // namespace dcx::app
