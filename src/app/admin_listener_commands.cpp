// dcx admin ready, actions, call: what the admin listener of a running venue answers.
#include <chrono>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <thread>

#include "app/admin_client.h"
#include "app/commands.h"
#include "app/notice.h"
#include "platform/system_clock.h"

namespace dcx::app {
namespace {

// Its answers are JSON, with --json or without.
int print(const std::expected<AdminAnswer, std::string>& answer) {
    if (!answer) throw std::runtime_error(answer.error());
    std::fputs(answer->body.c_str(), stdout);
    return answer->status == 200 ? kDone : kFailed;
}

}  // namespace

int admin_ready(const AdminOptions& options) { return print(ask_admin(DataFolder(options.tool.data), "/ready")); }
int admin_actions(const AdminOptions& options) { return print(ask_admin(DataFolder(options.tool.data), "/actions")); }
int admin_call(const AdminOptions& options) { return print(call_admin(DataFolder(options.tool.data), options.action)); }

int admin_notice(const AdminOptions& options) {
    const auto delay = parse_delay_ns(options.delay);
    if (!delay) throw std::runtime_error(delay.error());
    const std::int64_t at = *delay == 0 ? 0 : platform::SystemClock().wall_ns() + *delay;
    return print(
        call_admin(DataFolder(options.tool.data), "notice", notice_query(options.text, at, options.maintenance)));
}

// Done when a snapshot holds everything that was durable when it was asked for.
int admin_snapshot(const AdminOptions& options) {
    using clock = std::chrono::steady_clock;
    constexpr auto limit = std::chrono::minutes(10);
    const DataFolder folder(options.tool.data);
    const auto asked = call_admin(folder, "snapshot");
    if (!asked || asked->status != 200) return print(asked);
    const auto wanted = nlohmann::json::parse(asked->body).at("sequence").get<std::uint64_t>();
    for (const auto end = clock::now() + limit; clock::now() < end;) {
        const auto state = ask_admin(folder, "/ready");
        if (!state) throw std::runtime_error(state.error());
        const auto json = nlohmann::json::parse(state->body);
        // The reason of a failed one stands there.
        if (json.contains("auditor")) throw std::runtime_error(json["auditor"].get<std::string>());
        if (const auto taken = json.at("snapshot").get<std::uint64_t>(); taken >= wanted) {
            std::printf("{\"snapshot\":%llu}\n", static_cast<unsigned long long>(taken));
            return kDone;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error("the snapshot was not there within ten minutes");
}

}  // namespace dcx::app
