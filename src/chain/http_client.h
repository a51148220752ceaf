// HttpClient: one request at a time to one server, by libcurl. http and https alone, no redirects, no proxy, nothing
// larger than its bound, nothing longer than its timeout. Every answer of a server, whatever its status, is an answer;
// an error says that there was none. A post is sent once, on a connection of its own; for questions one is kept. One
// thread for each object.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace dcx::chain {

// Numbers are given once.
enum class HttpErrorKind : std::uint8_t {
    bad_url = 1,      // not http://host[:port][/path] or https://...
    unreachable = 2,  // no connection: nothing was sent
    timed_out = 3,    // what was sent may have been done
    broken = 4,       // the connection ended in the middle, or no HTTP came: what was sent may have been done
    too_large = 5,    // an answer above the bound
    not_secure = 6,   // the certificate is not good for that host
};
[[nodiscard]] std::string_view to_string(HttpErrorKind kind);
struct HttpError {
    HttpErrorKind kind{};
    std::string seen;
    // "timed_out (3): ..."
    [[nodiscard]] std::string text() const;
};
struct HttpAnswer {
    int status{};
    std::string body;
    std::string content_type;
};
struct HttpLimits {
    std::chrono::milliseconds connect_timeout{3'000};
    std::chrono::milliseconds timeout{10'000};  // of a whole request
    std::size_t max_answer = 32u << 20;
    // Once true, a request ends within about a second, as `broken`. Outlives the client.
    const std::atomic<bool>* stop = nullptr;
};

class HttpClient {
  public:
    // `base` without a slash at its end: "http://127.0.0.1:8080". A wrong one is told by the first request.
    explicit HttpClient(std::string base, const HttpLimits& limits = {});
    ~HttpClient();
    HttpClient(HttpClient&&) noexcept;
    HttpClient& operator=(HttpClient&&) noexcept;

    // `path` begins with a slash, already encoded where it must be; "" asks the base itself.
    [[nodiscard]] std::expected<HttpAnswer, HttpError> get(const std::string& path);
    [[nodiscard]] std::expected<HttpAnswer, HttpError> post(const std::string& path, const std::string& body,
                                                            std::string_view content_type = "application/json");
    [[nodiscard]] const std::string& base() const;

  private:
    struct Curl;
    std::unique_ptr<Curl> curl_;
};

// As part of a path: all but letters, digits, '-', '.', '_' and '~' as %XX.
[[nodiscard]] std::string url_encoded(std::string_view text);

}  // namespace dcx::chain
