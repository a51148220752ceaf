// dcx anchor list|show|now: the queue of a venue's anchors. The queue is read beside the venue, or without one.
#include <sys/stat.h>

#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>

#include "app/admin_client.h"
#include "app/commands.h"
#include "app/data_folder.h"
#include "app/decimals.h"
#include "app/exit_code.h"
#include "chain/anchor_store.h"
#include "proof/published.h"

namespace dcx::app {
namespace {

using Json = nlohmann::ordered_json;
using chain::Anchor;

std::string time_text(std::int64_t ns) { return ns == 0 ? "" : utc_text(Time{ns}); }

Json brief(const Anchor& anchor) {
    Json line{{"checkpoint", anchor.checkpoint},
              {"place", std::string{chain::to_string(anchor.place)}},
              {"attempt", anchor.attempt},
              {"stage", std::string{chain::to_string(anchor.stage)}},
              {"digest", to_hex(anchor.digest)}};
    if (anchor.tx_hash != Digest{}) line["transaction"] = to_hex(anchor.tx_hash);
    if (anchor.stage == chain::AnchorStage::confirmed) line["height"] = anchor.height;
    if (!anchor.error.empty()) line["error"] = anchor.error;
    return line;
}

Json whole(const Anchor& anchor) {
    Json line = brief(anchor);
    if (anchor.block_hash != Digest{}) line["block"] = to_hex(anchor.block_hash);
    line["made"] = time_text(anchor.made_ns);
    if (anchor.sent_ns != 0) line["sent"] = time_text(anchor.sent_ns);
    if (anchor.confirmed_ns != 0) line["confirmed"] = time_text(anchor.confirmed_ns);
    line["times_sent"] = anchor.posts;
    line["in_the_log"] = anchor.told;
    if (!anchor.body.empty()) line["body"] = anchor.body;
    return line;
}

bool there(const std::string& path) {
    struct stat status{};
    return ::stat(path.c_str(), &status) == 0;
}

}  // namespace

int anchor_list(const AnchorOptions& options) {
    const DataFolder folder(options.tool.data);
    // A venue that never had one has no queue, which is no mistake.
    if (!there(folder.anchors())) return kDone;
    chain::AnchorStore store(folder.anchors(), chain::AnchorStore::Access::read);
    for (const Anchor& anchor : store.all()) {
        if (options.tool.json) {
            std::printf("%s\n", brief(anchor).dump().c_str());
            continue;
        }
        const std::string place{chain::to_string(anchor.place)};
        const std::string stage{chain::to_string(anchor.stage)};
        std::string more;
        if (anchor.stage == chain::AnchorStage::confirmed && anchor.height != 0)
            more = " in block " + std::to_string(anchor.height);
        if (!anchor.error.empty()) more += ": " + anchor.error;
        std::printf("%llu %s.%u %s%s\n", static_cast<unsigned long long>(anchor.checkpoint), place.c_str(),
                    anchor.attempt, stage.c_str(), more.c_str());
    }
    return kDone;
}

int anchor_show(const AnchorOptions& options) {
    const DataFolder folder(options.tool.data);
    chain::AnchorStore store(folder.anchors(), chain::AnchorStore::Access::read);
    const auto anchors = store.of_checkpoint(options.number);
    if (anchors.empty())
        throw std::runtime_error("checkpoint " + std::to_string(options.number) + " was put into no place");
    for (const Anchor& anchor : anchors) {
        const Json line = whole(anchor);
        if (options.tool.json) {
            std::printf("%s\n", line.dump().c_str());
            continue;
        }
        for (const auto& [name, value] : line.items())
            std::printf("%s %s\n", name.c_str(), (value.is_string() ? value.get<std::string>() : value.dump()).c_str());
        std::printf("\n");
    }
    return kDone;
}

int anchor_now(const AnchorOptions& options) {
    using clock = std::chrono::steady_clock;
    const DataFolder folder(options.tool.data);
    const auto asked = call_admin(folder, "anchor");
    if (!asked) throw std::runtime_error(asked.error());
    if (asked->status != 200) throw std::runtime_error("this venue has no anchors: dcx.toml names no place ([anchor])");
    const auto wanted = nlohmann::json::parse(asked->body).at("sequence").get<std::uint64_t>();
    const proof::Published published(folder.published());
    for (const auto end = clock::now() + std::chrono::seconds(options.wait_s); clock::now() < end;) {
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        const auto newest = published.newest();
        if (!newest || *newest == 0 || !there(folder.anchors())) continue;
        const auto checkpoint = published.checkpoint(*newest);
        if (!checkpoint || checkpoint->checkpoint.commands.value < wanted) continue;
        chain::AnchorStore store(folder.anchors(), chain::AnchorStore::Access::read);
        const auto anchors = store.of_checkpoint(*newest);
        if (anchors.empty()) continue;
        if (options.tool.json)
            std::printf("%s\n", Json{{"checkpoint", *newest}, {"digest", to_hex(checkpoint->hash)}}.dump().c_str());
        else
            std::printf("checkpoint %llu is on its way: dcx anchor show %llu\n",
                        static_cast<unsigned long long>(*newest), static_cast<unsigned long long>(*newest));
        return kDone;
    }
    throw std::runtime_error("no checkpoint was put in within " + std::to_string(options.wait_s) +
                             " s: /health tells why (proof, anchors)");
}

}  // namespace dcx::app
