// HttpSession: one connection of an HttpServer from accept to its end or its upgrade. Requests are answered in order,
// one at a time; while much output waits for a slow reader no further request is read.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "net/http.h"

namespace dcx::net {

class HttpSession final : public TcpConnection::Owner {
  public:
    // `number` is unique among those of the server.
    HttpSession(HttpServer& server, Socket socket, std::uint64_t number);
    [[nodiscard]] std::uint64_t number() const { return number_; }
    [[nodiscard]] bool within_limits() const { return welcome_; }

    // Writes what is answered already and closes.
    void finish();

  private:
    std::size_t on_data(TcpConnection& connection, std::span<std::byte> bytes) override;
    void on_drained(TcpConnection& connection) override;
    void on_closed(TcpConnection& connection, const Closed& closed) override;
    void on_timer();
    void handle(const HttpRequest& request);
    void upgrade(const HttpRequest& request, const WebSocketRoute& route);
    void respond(const HttpResponse& response, bool with_body, bool keep_alive);
    void refuse(int status);
    void refuse_address();
    void wait_for_request();

    HttpServer& server_;
    std::uint64_t number_;
    bool welcome_;  // its address has not more connections than it may have
    HttpRequestParser parser_;
    std::unique_ptr<TcpConnection> tcp_;  // nullptr after the upgrade
    Timer timer_;
    std::string head_;
    std::uint64_t written_before_ = 0;
    bool timing_head_ = false;
};

}  // namespace dcx::net
