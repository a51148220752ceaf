// For tests only: an HTTP server on the loopback that answers JSON-RPC from a table. Methods without an entry get an
// error. One connection at a time, closed after each answer. What is set while nobody asks holds for the next question.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace dcx::chain {

class TestJsonNode {
  public:
    using Json = nlohmann::json;
    using Answer = std::function<Json(const Json& parameters)>;

    TestJsonNode() {
        listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = ::htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(address);
        if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
            throw std::runtime_error("no loopback port");
        port_ = ::ntohs(address.sin_port);
        thread_ = std::thread([this] { run(); });
    }
    ~TestJsonNode() {
        ::shutdown(listener_, SHUT_RDWR);
        thread_.join();
        ::close(listener_);
    }
    TestJsonNode(const TestJsonNode&) = delete;
    TestJsonNode& operator=(const TestJsonNode&) = delete;

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    void set(const std::string& method, Json result) {
        set_by(method, [result = std::move(result)](const Json&) { return result; });
    }
    void set_by(const std::string& method, Answer answer) {
        const std::scoped_lock lock(mutex_);
        answers_[method] = std::move(answer);
    }
    // The whole body of every answer from now on; empty: made from the table.
    void set_body(std::string body, int status = 200) {
        const std::scoped_lock lock(mutex_);
        body_ = std::move(body);
        status_ = status;
    }
    // The parameters of the questions for that method, so far.
    [[nodiscard]] std::vector<Json> asked(const std::string& method) {
        const std::scoped_lock lock(mutex_);
        return asked_[method];
    }

  private:
    static std::string whole_request(int fd) {
        std::string text;
        for (;;) {
            const std::size_t head = text.find("\r\n\r\n");
            const std::size_t length = text.find("Content-Length: ");
            if (head != text.npos && length != text.npos &&
                text.size() >= head + 4 + std::stoul(text.substr(length + 16)))
                return text.substr(head + 4);
            char bytes[65536];
            const ssize_t got = ::recv(fd, bytes, sizeof bytes, 0);
            if (got <= 0) return {};
            text.append(bytes, static_cast<std::size_t>(got));
        }
    }
    std::string answer_to(const std::string& request) {
        const Json question = Json::parse(request, nullptr, false);
        const std::scoped_lock lock(mutex_);
        if (question.is_object()) asked_[question["method"].get<std::string>()].push_back(question["params"]);
        if (!body_.empty()) return body_;
        Json answer{{"jsonrpc", "2.0"}, {"id", question["id"]}};
        const auto found = answers_.find(question["method"].get<std::string>());
        if (found == answers_.end())
            answer["error"] = {{"code", -32601}, {"message", "no such method"}};
        else
            answer["result"] = found->second(question["params"]);
        return answer.dump();
    }
    void run() {
        for (;;) {
            const int fd = ::accept(listener_, nullptr, nullptr);
            if (fd < 0) return;
            if (const std::string request = whole_request(fd); !request.empty()) {
                const std::string body = answer_to(request);
                const std::string text =
                    "HTTP/1.1 " + std::to_string(status_) +
                    " Some\r\nConnection: close\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
                for (std::size_t sent = 0; sent < text.size();) {
                    const ssize_t done = ::send(fd, text.data() + sent, text.size() - sent, MSG_NOSIGNAL);
                    if (done <= 0) break;
                    sent += static_cast<std::size_t>(done);
                }
            }
            ::close(fd);
        }
    }

    int listener_ = -1;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::map<std::string, Answer> answers_;
    std::map<std::string, std::vector<Json>> asked_;
    std::string body_;
    int status_ = 200;
    std::thread thread_;
};

}  // namespace dcx::chain
