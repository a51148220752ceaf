#include "app/pages.h"

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace dcx::app {
namespace {

class PrometheusText {
  public:
    void family(std::string_view name, std::string_view type, std::string_view help) {
        text_ += "# HELP " + std::string(name) + " " + std::string(help) + "\n# TYPE " + std::string(name) + " " +
                 std::string(type) + "\n";
    }
    void sample(std::string_view name, std::uint64_t value, std::string_view labels = {}) {
        text_ += std::string(name) + std::string(labels) + " " + std::to_string(value) + "\n";
    }
    void counter(std::string_view name, std::uint64_t value, std::string_view help) {
        family(name, "counter", help);
        sample(name, value);
    }
    void gauge(std::string_view name, std::uint64_t value, std::string_view help) {
        family(name, "gauge", help);
        sample(name, value);
    }
    std::string& text() { return text_; }

  private:
    std::string text_;
};

void add_gateway(PrometheusText& out, const gateway::GatewayMetrics& m) {
    out.counter("dcx_gateway_connections_total", m.connections_accepted.get(), "Order entry connections accepted");
    out.gauge("dcx_gateway_connections", m.connections_open.get(), "Order entry connections open");
    out.counter("dcx_gateway_sessions_total", m.sessions_established.get(), "Sessions established");
    out.gauge("dcx_gateway_sessions", m.sessions_open.get(), "Sessions open");
    out.counter("dcx_gateway_commands_total", m.commands.get(), "Clients' commands handed to the engine");
    out.counter("dcx_gateway_events_total", m.events.get(), "Events read from the engine");
    out.counter("dcx_gateway_reports_total", m.reports.get(), "Reports queued to connections");
    out.counter("dcx_gateway_queries_total", m.queries.get(), "Queries answered");
    out.counter("dcx_gateway_stalls_total", m.stalls.get(), "Times a connection waited for room in the command ring");
    out.family("dcx_gateway_terminates_total", "counter", "Sessions ended by the gateway");
    for (std::size_t code = 1; code < gateway::kTerminateCodes; ++code)
        if (const auto count = m.terminated[code].get(); count > 0)
            out.sample("dcx_gateway_terminates_total", count,
                       "{code=\"" + std::string(to_string(static_cast<TerminateCode>(code))) + "\"}");
}

}  // namespace

net::HttpResponse Pages::health() const {
    const engine::EngineStatus& status = engine.status();
    const bool well = status.accepting() && gateway.ready();
    nlohmann::json body{{"status", well ? "ok" : "not accepting"},
                        {"engine", to_string(status.state())},
                        {"sequence", engine.applied().value},
                        {"durable", engine.durable().value},
                        {"durability", durability == Durability::disk ? "disk" : "memory"},
                        {"simulated", simulated}};
    if (status.failed()) body["reason"] = status.reason();
    return {.status = well ? 200 : 503, .content_type = "application/json", .body = body.dump() + "\n", .headers = {}};
}

net::HttpResponse Pages::metrics() const {
    PrometheusText out;
    out.gauge("dcx_engine_accepting", engine.status().accepting() ? 1 : 0, "1 while commands are taken");
    out.counter("dcx_engine_applied_sequence", engine.applied().value, "Last command applied");
    out.counter("dcx_engine_durable_sequence", engine.durable().value,
                "Last command durable: events are seen up to it");
    out.gauge("dcx_engine_epoch", engine.start_report().epoch, "Starts of this venue");
    add_gateway(out, gateway.metrics());
    feed.append_metrics(out.text());
    return {
        .status = 200, .content_type = "text/plain; version=0.0.4; charset=utf-8", .body = out.text(), .headers = {}};
}

net::HttpResponse Pages::front() const {
    std::string body =
        "dcx, the DeCoin Exchange\n\nmarket data (WebSocket): /v1/feed\nhealth: /health\nmetrics: /metrics\n\n"
        "markets:\n";
    for (const feed::Market* market : feed.publisher().markets()) body += "  " + std::string(market->symbol()) + "\n";
    return {.status = 200, .content_type = "text/plain; charset=utf-8", .body = body, .headers = {}};
}

}  // namespace dcx::app
