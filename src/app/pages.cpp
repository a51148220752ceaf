#include "app/pages.h"

#include <nlohmann/json.hpp>
#include <string>

namespace dcx::app {

net::HttpResponse Pages::health() const {
    const bool well = engine.status().accepting() && gateway.ready();
    const nlohmann::ordered_json body{{"status", well ? "ok" : "not accepting"}, {"simulated", simulated}};
    return {.status = well ? 200 : 503, .content_type = "application/json", .body = body.dump() + "\n", .headers = {}};
}

net::HttpResponse Pages::front() const {
    std::string body = "dcx, the DeCoin Exchange\n\n";
    if (feed != nullptr) body += "market data (WebSocket): /v1/feed\n";
    body += "health: /health\n";
    if (feed != nullptr) {
        body += "\nmarkets:\n";
        for (const feed::Market* market : feed->publisher().markets()) body += "  " + market->symbol() + "\n";
    }
    return {.status = 200, .content_type = "text/plain; charset=utf-8", .body = body, .headers = {}};
}

}  // namespace dcx::app
