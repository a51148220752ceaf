#include "app/admin_server.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "app/exit_code.h"
#include "base/sha256.h"

namespace dcx::app {
namespace {

constexpr std::string_view kActions = "/actions/";

net::HttpServer::Options http_options(const net::Endpoint& endpoint) {
    net::HttpServer::Options options;
    options.listener.endpoint = endpoint;
    options.listener.max_connections = 64;
    return options;
}

net::HttpResponse json_answer(int status, const nlohmann::ordered_json& body) {
    return {.status = status, .content_type = "application/json", .body = body.dump() + "\n", .headers = {}};
}

platform::WorkerOptions worker_options() {
    platform::WorkerOptions options;
    options.thread.name = "dcx-admin";
    return options;
}

}  // namespace

bool same_secret(std::string_view a, std::string_view b) {
    // Of their hashes, which are equally long and tell nothing of a text that is only nearly right.
    const Digest left = Sha256::of(std::as_bytes(std::span{a}));
    const Digest right = Sha256::of(std::as_bytes(std::span{b}));
    auto differences = std::byte{0};
    for (std::size_t i = 0; i < left.size(); ++i) differences |= left[i] ^ right[i];
    return differences == std::byte{0};
}

AdminServer::AdminServer(const net::Endpoint& endpoint, std::string token, platform::Log& log)
    : endpoint_(endpoint),
      token_(std::move(token)),
      log_(log),
      http_(sleeper_.reactor(), http_options(endpoint)),
      worker_(worker_options(), sleeper_, {&sleeper_}) {
    http_.get("/health", [this](const net::HttpRequest&) { return state_page(true); });
    http_.get("/ready", [this](const net::HttpRequest&) { return state_page(false); });
    http_.get("/metrics", [this](const net::HttpRequest&) { return metrics(); });
    http_.get("/actions", [this](const net::HttpRequest&) { return list_actions(); });
    http_.post_below(std::string{kActions}, [this](const net::HttpRequest& request) {
        return act(request.path.substr(kActions.size()), request);
    });
    if (const auto started = http_.start(); !started)
        throw StartRefused(ExitCode::port_taken, "admin: " + started.error().text);
    endpoint_.port = http_.port();
    if (const auto started = worker_.start(); !started) throw std::runtime_error(started.error());
}

// The thread ends before what it serves.
AdminServer::~AdminServer() { worker_.stop(); }

net::Endpoint AdminServer::endpoint() const { return endpoint_; }

void AdminServer::replaying(std::uint64_t commands, double commands_per_second) {
    const std::lock_guard lock(mutex_);
    replaying_ = true;
    replayed_ = commands;
    replay_rate_ = commands_per_second;
}

void AdminServer::show(AdminView* view) {
    const std::lock_guard lock(mutex_);
    view_ = view;
    replaying_ = false;
}

void AdminServer::add_action(const std::string& name, std::string what, AdminAction action) {
    const std::lock_guard lock(mutex_);
    actions_[name] = {.what = std::move(what), .run = std::move(action)};
}

void AdminServer::remove_action(const std::string& name) {
    const std::lock_guard lock(mutex_);
    actions_.erase(name);
}

Readiness AdminServer::readiness() const {
    if (view_ != nullptr) return view_->readiness();
    return {.ready = false, .failed = false, .state = replaying_ ? "replaying" : "starting", .reason = {}};
}

net::HttpResponse AdminServer::state_page(bool alive_is_enough) {
    const std::lock_guard lock(mutex_);
    const Readiness now = readiness();
    const bool well = alive_is_enough ? !now.failed : now.ready;
    nlohmann::ordered_json body{{"ready", now.ready}, {"state", now.state}};
    if (!now.reason.empty()) body["reason"] = now.reason;
    if (view_ != nullptr) view_->add_details(body);
    if (view_ == nullptr && replaying_) {
        body["replayed"] = replayed_;
        body["commands_per_second"] = static_cast<std::uint64_t>(replay_rate_);
    }
    return json_answer(well ? 200 : 503, body);
}

net::HttpResponse AdminServer::metrics() {
    const std::lock_guard lock(mutex_);
    const Readiness now = readiness();
    PrometheusText out;
    out.family("dcx_build_info", "gauge", "1; the program's version is the label.");
    out.sample("version", DCX_VERSION, 1);
    out.gauge("dcx_ready", now.ready ? 1 : 0, "1 while commands are taken.");
    out.gauge("dcx_failed", now.failed ? 1 : 0, "1 when the engine has failed: somebody must look and start it anew.");
    out.gauge("dcx_replayed_commands", replayed_, "Commands of the journal applied by this start so far.");
    out.counter("dcx_log_lost_total", log_.lost(), "Log records that could not be written.");
    if (view_ != nullptr) view_->append_metrics(out);
    return {
        .status = 200, .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = out.text(), .headers = {}};
}

net::HttpResponse AdminServer::list_actions() {
    const std::lock_guard lock(mutex_);
    nlohmann::ordered_json body = nlohmann::ordered_json::object();
    for (const auto& [name, action] : actions_) body[name] = action.what;
    return json_answer(200, body);
}

bool AdminServer::authorised(const net::HttpRequest& request) const {
    constexpr std::string_view scheme = "Bearer ";
    const std::string_view given = request.header("authorization").value_or("");
    return given.starts_with(scheme) && same_secret(given.substr(scheme.size()), token_);
}

net::HttpResponse AdminServer::act(const std::string& name, const net::HttpRequest& request) {
    // Before the name: who may do nothing need not know what there is to do.
    if (!authorised(request)) {
        log_.warning("admin", "refused: no or a wrong token");
        auto answer = json_answer(401, {{"done", false}, {"error", "needs the token of DATA/admin.token"}});
        answer.headers = {{"WWW-Authenticate", "Bearer"}};
        return answer;
    }
    const std::lock_guard lock(mutex_);
    const auto found = actions_.find(name);
    if (found == actions_.end()) return json_answer(404, {{"done", false}, {"error", "unknown action"}});
    const ActionAnswer answer = found->second.run(request);
    log_.info("admin", "action", {{"name", name}, {"done", answer.done}});
    return {.status = answer.done ? 200 : 409,
            .content_type = "application/json",
            .body = answer.json + "\n",
            .headers = {}};
}

}  // namespace dcx::app
