#include "chain/decoin_node.h"

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "chain/block_hash.h"
#include "chain/test_http_server.h"
#include "chain/transaction.h"

namespace dcx::chain {
namespace {

using namespace std::chrono_literals;

const std::string kOtherGenesis(64, 'c');

std::string block_text(int index, const std::string& hash) {
    return R"({"index":)" + std::to_string(index) + R"(,"hash":")" + hash + R"(","previous_hash":)" +
           (index == 0 ? R"("0")" : '"' + std::string(64, 'b') + '"') + R"(,"transactions":[]})";
}

// A node of fixed answers by "METHOD /path", which a test changes; what is not there is not known to it.
class ScriptedNode {
  public:
    ScriptedNode() {
        set("GET /block/0", http_answer("200 OK", block_text(0, kDecoinGenesis)));
        set("GET /status", http_answer("200 OK", R"({"chain_height":1,"uptime":5.0})"));
    }
    void set(const std::string& what, const std::string& answer) {
        const std::scoped_lock lock(mutex_);
        answers_[what] = answer;
    }
    [[nodiscard]] int asked(const std::string& what) {
        const std::scoped_lock lock(mutex_);
        return counts_[what];
    }
    [[nodiscard]] DecoinNode node(std::chrono::milliseconds timeout = 5s) const {
        return DecoinNode({.url = server_.url(), .genesis = {}, .limits = {.timeout = timeout, .max_answer = 100'000}});
    }

  private:
    std::string serve(const std::string& request) {
        const std::string what = request.substr(0, request.find(" HTTP"));
        const std::scoped_lock lock(mutex_);
        ++counts_[what];
        const auto found = answers_.find(what);
        return found != answers_.end() ? found->second : http_answer("404 Not Found", R"({"detail":"Not Found"})");
    }

    std::mutex mutex_;
    std::map<std::string, std::string> answers_;
    std::map<std::string, int> counts_;
    RawServer server_{RawServer::Serve([this](const std::string& request) { return serve(request); })};
};

template <class T>
NodeErrorKind kind_of(const NodeAnswer<T>& answer) {
    REQUIRE_FALSE(answer.has_value());
    return answer.error().kind;
}

std::string posted() { return *post_body({.sender = "DECa", .recipient = "DECb", .amount = 1}, nullptr, nullptr); }
std::string posted_hash() { return to_hex(*transaction_hash({.sender = "DECa", .recipient = "DECb", .amount = 1})); }

}  // namespace

TEST_CASE("decoin node: another chain is refused at every door, also one that comes later") {
    ScriptedNode script;
    script.set("GET /block/0", http_answer("200 OK", block_text(0, kOtherGenesis)));
    auto node = script.node();
    CHECK(kind_of(node.status()) == NodeErrorKind::wrong_chain);
    CHECK(kind_of(node.block(0)) == NodeErrorKind::wrong_chain);
    CHECK(kind_of(node.transaction({})) == NodeErrorKind::wrong_chain);
    CHECK(kind_of(node.balance("DECa")) == NodeErrorKind::wrong_chain);
    CHECK(kind_of(node.post(posted())) == NodeErrorKind::wrong_chain);
    CHECK(script.asked("POST /transaction") == 0);
    script.set("GET /block/0", http_answer("200 OK", block_text(0, kDecoinGenesis)));
    CHECK(node.status().has_value());
    // The next post asks again.
    script.set("GET /block/0", http_answer("200 OK", block_text(0, kOtherGenesis)));
    CHECK(kind_of(node.post(posted())) == NodeErrorKind::wrong_chain);
    CHECK(script.asked("POST /transaction") == 0);
    CHECK(kind_of(DecoinNode({.url = "http://127.0.0.1:1", .genesis = "none", .limits = {}}).status()) ==
          NodeErrorKind::wrong_chain);
}

TEST_CASE("decoin node: after an error it makes sure of the chain again, else it does not ask twice") {
    ScriptedNode script;
    auto node = script.node();
    script.set("GET /balance/DECa", http_answer("200 OK", R"({"address":"DECa","balance":7.0})"));
    CHECK(node.balance("DECa") == 7);
    CHECK(node.balance("DECa") == 7);
    CHECK(script.asked("GET /block/0") == 1);
    script.set("GET /balance/DECa", http_answer("500 Internal Server Error", "Internal Server Error"));
    CHECK(kind_of(node.balance("DECa")) == NodeErrorKind::failed);
    script.set("GET /block/0", http_answer("200 OK", block_text(0, kOtherGenesis)));
    CHECK(kind_of(node.balance("DECa")) == NodeErrorKind::wrong_chain);
}

TEST_CASE("decoin node: what is not there is unknown in the node's own words alone") {
    ScriptedNode script;
    auto node = script.node();
    const std::string path = "GET /transaction/" + std::string(64, '0');
    CHECK(kind_of(node.transaction({})) == NodeErrorKind::malformed);  // "Not Found": no such path
    script.set(path, http_answer("404 Not Found", "<html>nothing here"));
    CHECK(kind_of(node.transaction({})) == NodeErrorKind::malformed);
    script.set(path, http_answer("404 Not Found", R"({"detail":"Transaction not found"})"));
    CHECK(kind_of(node.transaction({})) == NodeErrorKind::unknown);
    script.set("GET /block/9", http_answer("404 Not Found", R"({"detail":"Block not found"})"));
    CHECK(kind_of(node.block(9)) == NodeErrorKind::unknown);
    // A chain without its first block is none.
    script.set("GET /block/0", http_answer("404 Not Found", R"({"detail":"Block not found"})"));
    CHECK(kind_of(node.status()) == NodeErrorKind::malformed);
}

TEST_CASE("decoin node: a post, and everything that can come of it") {
    ScriptedNode script;
    auto node = script.node(300ms);
    CHECK(kind_of(node.post("nonsense")) == NodeErrorKind::refused);
    CHECK(script.asked("GET /block/0") == 0);
    const auto answer = [&](const std::string& hash) {
        return http_answer("200 OK",
                           R"({"success":true,"data":{"transaction_id":")" + hash + R"(","status":"pending"}})");
    };
    script.set("POST /transaction", answer(posted_hash()));
    CHECK(node.post(posted()).has_value());
    script.set("POST /transaction", answer(kOtherGenesis));
    CHECK(kind_of(node.post(posted())) == NodeErrorKind::malformed);
    script.set("POST /transaction", http_answer("400 Bad Request", R"({"detail":""})"));
    CHECK(kind_of(node.post(posted())) == NodeErrorKind::refused);
    script.set("POST /transaction", http_answer("422 Unprocessable Entity", R"({"detail":[{"msg":"small"}]})"));
    CHECK(kind_of(node.post(posted())) == NodeErrorKind::refused);
    script.set("POST /transaction", http_answer("500 Internal Server Error", "x"));
    CHECK(kind_of(node.post(posted())) == NodeErrorKind::failed);
    script.set("POST /transaction", "");
    CHECK(kind_of(node.post(posted())) == NodeErrorKind::timed_out);  // it may have been taken
    script.set("POST /transaction", http_answer("200 OK", std::string(200'000, ' ')));
    CHECK(kind_of(node.post(posted())) == NodeErrorKind::malformed);
    // An error before the post is one of which nothing came.
    script.set("GET /block/0", "");
    const int before = script.asked("POST /transaction");
    CHECK(kind_of(node.post(posted())) == NodeErrorKind::unreachable);
    CHECK(script.asked("POST /transaction") == before);
}

TEST_CASE("decoin node: nobody there, and addresses that must be encoded") {
    std::string url;
    {
        const RawServer gone("");
        url = gone.url();
    }
    DecoinNode away({.url = url, .genesis = {}, .limits = {}});
    CHECK(kind_of(away.status()) == NodeErrorKind::unreachable);
    CHECK(kind_of(away.post(posted())) == NodeErrorKind::unreachable);
    ScriptedNode script;
    script.set("GET /balance/a%2F..%3Fx", http_answer("200 OK", R"({"address":"a/..?x","balance":1})"));
    CHECK(script.node().balance("a/..?x") == 1);
}

}  // namespace dcx::chain
