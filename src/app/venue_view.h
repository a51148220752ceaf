// What the admin listener shows of a venue. Made and asked on one thread that is none of the venue's: it reads counters
// and atomics, and asks the feed's thread for the feed's metrics.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/admin_server.h"
#include "app/auditing.h"
#include "app/feed_threads.h"
#include "app/projection_work.h"
#include "engine/engine.h"
#include "gateway/binary/gateway.h"
#include "platform/huge_pages.h"
#include "platform/placement.h"
#include "platform/worker.h"

namespace dcx::app {

class CustodyWork;
class AnchorWork;

class VenueView final : public AdminView {
  public:
    struct Parts {
        const engine::Engine& engine;
        const gateway::Gateway& gateway;
        FeedThreads& feeds;
        const std::vector<std::unique_ptr<platform::Worker>>& workers;
        std::vector<std::string> worker_names;
        std::string journal;  // its folder; empty: none
        const Auditing* auditing = nullptr;
        const ProjectionWork* history = nullptr;
        const ProjectionWork* cache = nullptr;
        const CustodyWork* custody = nullptr;
        const AnchorWork* anchors = nullptr;
        bool simulated = false;
        const platform::PlacementPlan& placement;
        const platform::HugePageMemory& memory;
        platform::PagePlaces places;  // at the start
    };
    explicit VenueView(Parts parts) : parts_(std::move(parts)) {}

    [[nodiscard]] Readiness readiness() const override;
    void add_details(nlohmann::ordered_json& out) const override;
    void append_metrics(PrometheusText& out) override;

  private:
    void append_auditor(PrometheusText& out) const;
    void append_projections(PrometheusText& out) const;
    void append_disk(PrometheusText& out) const;
    void append_machine(PrometheusText& out) const;

    Parts parts_;
};

}  // namespace dcx::app
