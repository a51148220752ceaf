// What anybody may see on http beside the feed: whether the venue takes orders, and a first page. Read from atomics on
// the feed's thread. What operators see is the admin's (admin_server.h).
#pragma once

#include "engine/engine.h"
#include "feed/feed_server.h"
#include "gateway/binary/gateway.h"
#include "net/http.h"

namespace dcx::app {

struct Pages {
    const engine::Engine& engine;
    const gateway::Gateway& gateway;
    const feed::FeedServer* feed;  // of the thread that serves the page; null: none
    bool simulated = false;

    // 200 while commands are taken, else 503.
    [[nodiscard]] net::HttpResponse health() const;
    [[nodiscard]] net::HttpResponse front() const;
};

}  // namespace dcx::app
