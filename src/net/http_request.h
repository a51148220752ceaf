// HttpRequest and the parser that makes one from bytes in any pieces (libhttp_parser inside). The parser takes every
// byte it is given up to the end of a request, so no message has to fit into a receive buffer; its own limits bound its
// memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace dcx::net {

struct HttpLimits {
    std::size_t url_bytes = 4096;
    std::size_t header_bytes = 16 * 1024;
    std::size_t header_count = 64;
};

struct HttpRequest {
    std::string method;
    std::string target;                                           // as sent
    std::string path;                                             // percent-decoded
    std::vector<std::pair<std::string, std::string>> parameters;  // decoded, in order
    std::vector<std::pair<std::string, std::string>> headers;     // names in lower case, values trimmed
    bool keep_alive = false;
    bool upgrade = false;  // "Connection: upgrade" with an Upgrade header

    // The first parameter or header of that name (header names in lower case).
    [[nodiscard]] std::optional<std::string_view> parameter(std::string_view name) const;
    [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
    // What Sec-WebSocket-Protocol offers, in order.
    [[nodiscard]] std::vector<std::string_view> subprotocols() const;
    [[nodiscard]] bool offers(std::string_view subprotocol) const;
};

// Percent-decoding; '+' means a space only in a query. Nothing when an escape is broken or gives a zero byte.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

class HttpRequestParser {
  public:
    struct Outcome {
        std::size_t consumed = 0;
        // 0: more bytes needed; 200: request() is complete; else the status to refuse with (and no byte more is taken).
        int status = 0;
    };
    explicit HttpRequestParser(const HttpLimits& limits);
    ~HttpRequestParser();
    HttpRequestParser(const HttpRequestParser&) = delete;
    HttpRequestParser& operator=(const HttpRequestParser&) = delete;

    // After status 200 the next call begins the next request.
    [[nodiscard]] Outcome feed(std::span<const std::byte> bytes);
    [[nodiscard]] const HttpRequest& request() const;
    // Some bytes of a request have come, not all.
    [[nodiscard]] bool in_request() const;

  private:
    struct Parse;
    std::unique_ptr<Parse> parse_;
};

}  // namespace dcx::net
