#include "app/admin_server.h"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "app/admin_client.h"
#include "app/exit_code.h"
#include "base/private_file.h"
#include "platform/system_clock.h"

using namespace dcx;
using namespace dcx::app;

namespace {

class View final : public AdminView {
  public:
    [[nodiscard]] Readiness readiness() const override { return now; }
    void add_details(nlohmann::ordered_json& out) const override { out["sequence"] = 5; }
    void append_metrics(PrometheusText& out) override { out.gauge("dcx_test", 7, "A test's."); }
    Readiness now{.ready = true, .failed = false, .state = "live", .reason = {}};
};

// A data folder with an admin listener that its clients find.
struct Listener {
    Listener() {
        std::string pattern = std::string{::getenv("TMPDIR") != nullptr ? ::getenv("TMPDIR") : "/tmp"} + "/adminXXXXXX";
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        folder.emplace(pattern);
        server.emplace(net::Endpoint{"127.0.0.1", 0}, folder->make_admin_token(), log);
        folder->write_admin(server->endpoint());
    }
    ~Listener() {
        server.reset();
        std::error_code ignored;
        std::filesystem::remove_all(folder->path(), ignored);
    }
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    [[nodiscard]] AdminAnswer get(std::string_view target) const {
        auto answer = ask_admin(*folder, target);
        REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error()));
        return *answer;
    }
    [[nodiscard]] AdminAnswer call(std::string_view name, std::string_view query = "") const {
        auto answer = call_admin(*folder, name, query);
        REQUIRE_MESSAGE(answer.has_value(), (answer ? "" : answer.error()));
        return *answer;
    }
    [[nodiscard]] std::string state() const { return nlohmann::json::parse(get("/ready").body).at("state"); }

    platform::SystemClock clock;
    platform::Log log{clock};
    std::optional<DataFolder> folder;
    std::optional<AdminServer> server;
};

}  // namespace

TEST_CASE_FIXTURE(Listener, "admin: what it answers before, with and after a venue") {
    CHECK(state() == "starting");
    CHECK(get("/ready").status == 503);
    CHECK(get("/health").status == 200);
    server->replaying(1'000, 250.5);
    const auto replaying = nlohmann::json::parse(get("/ready").body);
    CHECK(replaying.at("state") == "replaying");
    CHECK(replaying.at("replayed") == 1'000);
    CHECK(get("/metrics").body.find("\ndcx_replayed_commands 1000\n") != std::string::npos);
    CHECK(get("/metrics").body.find("\ndcx_ready 0\n") != std::string::npos);

    View view;
    server->show(&view);
    CHECK(get("/ready").status == 200);
    CHECK(nlohmann::json::parse(get("/health").body).at("sequence") == 5);
    CHECK(get("/metrics").body.find("\ndcx_ready 1\n") != std::string::npos);
    CHECK(get("/metrics").body.find("\ndcx_test 7\n") != std::string::npos);
    server->show(nullptr);
    // What ends changes between two requests only.
    view.now = {.ready = false, .failed = true, .state = "failed", .reason = "the disk"};
    server->show(&view);
    CHECK(get("/health").status == 503);
    CHECK(nlohmann::json::parse(get("/ready").body).at("reason") == "the disk");
    CHECK(get("/metrics").body.find("\ndcx_failed 1\n") != std::string::npos);
    server->show(nullptr);
    CHECK(state() == "starting");
}

TEST_CASE_FIXTURE(Listener, "admin: actions are added, done, refused and taken away") {
    CHECK(call("try").status == 404);
    std::atomic<int> done{0};
    server->add_action("try", "A test's", [&](const net::HttpRequest& request) {
        ++done;
        return ActionAnswer{.done = request.parameter("really") == "yes",
                            .json = R"({"number":)" + std::to_string(done) + "}"};
    });
    CHECK(nlohmann::json::parse(get("/actions").body).at("try") == "A test's");
    CHECK(call("try").status == 409);
    const auto answer = call("try", "?really=yes");
    CHECK(answer.status == 200);
    CHECK(answer.body == "{\"number\":2}\n");
    CHECK(get("/actions/try").status == 405);
    CHECK(done == 2);
    server->remove_action("try");
    CHECK(call("try").status == 404);
    // With another token nothing is done, whatever it is.
    std::filesystem::remove(folder->admin_token_file());
    static_cast<void>(folder->make_admin_token());
    CHECK(call("try").status == 401);
    CHECK(done == 2);
}

TEST_CASE_FIXTURE(Listener, "admin: an address that is taken") {
    try {
        const AdminServer second(server->endpoint(), "token", log);
        FAIL("two listen on one port");
    } catch (const StartRefused& e) {
        CHECK(e.code() == ExitCode::port_taken);
    }
}

TEST_CASE_FIXTURE(Listener, "admin: the token is for its owner alone, and of 64 digits") {
    const std::string file = folder->admin_token_file();
    const std::string token = folder->admin_token();
    CHECK(token.size() == 64);
    CHECK(folder->make_admin_token() == token);
    std::filesystem::permissions(file, std::filesystem::perms::group_read, std::filesystem::perm_options::add);
    CHECK_THROWS(static_cast<void>(folder->admin_token()));
    for (const std::string& text : {std::string{}, token.substr(1), token + "0", std::string(64, 'x')}) {
        std::filesystem::remove(file);
        REQUIRE(write_private_file(file, text).has_value());
        CHECK_THROWS(static_cast<void>(folder->admin_token()));
    }
}

TEST_CASE("admin: secrets are equal or not") {
    CHECK(same_secret("", ""));
    CHECK(same_secret("abc", "abc"));
    CHECK_FALSE(same_secret("abc", "abd"));
    CHECK_FALSE(same_secret("abc", "abcd"));
    CHECK_FALSE(same_secret("abc", ""));
}

TEST_CASE("prometheus: names, types, labels and what must be escaped") {
    PrometheusText out;
    out.counter("a_total", 1, "One line.");
    out.family("b", "gauge", "Back\\slash\nand line.");
    out.sample("label", "quote\" back\\slash\nline", 2);
    CHECK(out.text() ==
          "# HELP a_total One line.\n# TYPE a_total counter\na_total 1\n"
          "# HELP b Back\\\\slash\\nand line.\n# TYPE b gauge\nb{label=\"quote\\\" back\\\\slash\\nline\"} 2\n");
}
