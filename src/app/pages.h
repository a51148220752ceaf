// What the venue answers on http beside the feed: /health, /metrics (Prometheus text) and a first page. All of it is
// read from counters and atomics on the feed's thread.
#pragma once

#include "engine/engine.h"
#include "feed/feed_server.h"
#include "gateway/binary/gateway.h"
#include "net/http.h"

namespace dcx::app {

struct Pages {
    const engine::Engine& engine;
    const gateway::Gateway& gateway;
    const feed::FeedServer& feed;
    Durability durability{};
    bool simulated = false;

    // 200 while commands are taken, else 503; a JSON object with the reason.
    [[nodiscard]] net::HttpResponse health() const;
    [[nodiscard]] net::HttpResponse metrics() const;
    [[nodiscard]] net::HttpResponse front() const;
};

}  // namespace dcx::app
