#include "net/http_request.h"

#include <http_parser.h>

#include <algorithm>

#include "base/check.h"
#include "net/websocket_handshake.h"

namespace dcx::net {

namespace {

constexpr int refuse_by_callback = -1;

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

// False when an escape is broken.
bool parse_query(std::string_view query, std::vector<std::pair<std::string, std::string>>& into) {
    while (!query.empty()) {
        const std::string_view part = query.substr(0, query.find('&'));
        query.remove_prefix(std::min(query.size(), part.size() + 1));
        if (part.empty()) continue;
        const auto equals = part.find('=');
        auto name = percent_decode(part.substr(0, equals), true);
        auto value = percent_decode(equals == part.npos ? std::string_view{} : part.substr(equals + 1), true);
        if (!name || !value) return false;
        into.emplace_back(std::move(*name), std::move(*value));
    }
    return true;
}

std::optional<std::string_view> find_value(const std::vector<std::pair<std::string, std::string>>& in,
                                           std::string_view name) {
    const auto found = std::find_if(in.begin(), in.end(), [&](const auto& pair) { return pair.first == name; });
    if (found == in.end()) return std::nullopt;
    return found->second;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        char c = text[i];
        if (c == '%') {
            if (text.size() - i < 3) return std::nullopt;
            const int high = hex_value(text[i + 1]);
            const int low = hex_value(text[i + 2]);
            if (high < 0 || low < 0 || high + low == 0) return std::nullopt;
            c = static_cast<char>(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        result += c;
    }
    return result;
}

std::optional<std::string_view> HttpRequest::parameter(std::string_view name) const {
    return find_value(parameters, name);
}

std::optional<std::string_view> HttpRequest::header(std::string_view name) const { return find_value(headers, name); }

std::vector<std::string_view> HttpRequest::subprotocols() const {
    std::vector<std::string_view> result;
    for (const auto& [name, value] : headers) {
        if (name != "sec-websocket-protocol") continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const std::string_view part = rest.substr(0, rest.find(','));
            rest.remove_prefix(std::min(rest.size(), part.size() + 1));
            if (const auto token = trimmed(part); !token.empty()) result.push_back(token);
        }
    }
    return result;
}

bool HttpRequest::offers(std::string_view subprotocol) const {
    const auto offered = subprotocols();
    return std::find(offered.begin(), offered.end(), subprotocol) != offered.end();
}

struct HttpRequestParser::Parse {
    explicit Parse(const HttpLimits& l) : limits(l) { begin(); }

    void begin() {
        ::http_parser_init(&parser, HTTP_REQUEST);
        parser.data = this;
        request = {};
        header_bytes = 0;
        refused = 0;
        started = complete = in_value = false;
    }

    int refuse(int status) {
        refused = status;
        return refuse_by_callback;
    }
    int on_url(std::string_view part);
    int on_field(std::string_view part);
    int on_value(std::string_view part);
    int on_headers_complete();
    int check_target();
    [[nodiscard]] int error_status() const;

    HttpLimits limits;
    http_parser parser{};
    HttpRequest request;
    std::size_t header_bytes = 0;
    int refused = 0;
    bool started = false;
    bool complete = false;
    bool in_value = false;
};

namespace {

// The C library's callbacks find their way back through parser->data.
template <class Parse>
const http_parser_settings& settings() {
    static const http_parser_settings result = [] {
        http_parser_settings s{};
        s.on_url = [](http_parser* p, const char* at, std::size_t n) {
            return static_cast<Parse*>(p->data)->on_url({at, n});
        };
        s.on_header_field = [](http_parser* p, const char* at, std::size_t n) {
            return static_cast<Parse*>(p->data)->on_field({at, n});
        };
        s.on_header_value = [](http_parser* p, const char* at, std::size_t n) {
            return static_cast<Parse*>(p->data)->on_value({at, n});
        };
        s.on_headers_complete = [](http_parser* p) { return static_cast<Parse*>(p->data)->on_headers_complete(); };
        s.on_message_complete = [](http_parser* p) {
            static_cast<Parse*>(p->data)->complete = true;
            // Stops before the next pipelined request, which waits for this one's answer.
            ::http_parser_pause(p, 1);
            return 0;
        };
        return s;
    }();
    return result;
}

}  // namespace

int HttpRequestParser::Parse::on_url(std::string_view part) {
    if (request.target.size() + part.size() > limits.url_bytes) return refuse(414);
    request.target += part;
    return 0;
}

int HttpRequestParser::Parse::on_field(std::string_view part) {
    header_bytes += part.size();
    if (header_bytes > limits.header_bytes) return refuse(431);
    if (in_value || request.headers.empty()) {
        if (request.headers.size() == limits.header_count) return refuse(431);
        request.headers.emplace_back();
    }
    in_value = false;
    request.headers.back().first += part;
    return 0;
}

int HttpRequestParser::Parse::on_value(std::string_view part) {
    header_bytes += part.size();
    if (header_bytes > limits.header_bytes) return refuse(431);
    in_value = true;
    request.headers.back().second += part;
    return 0;
}

int HttpRequestParser::Parse::on_headers_complete() {
    if (parser.http_major != 1) return refuse(505);
    request.method = ::http_method_str(static_cast<http_method>(parser.method));
    request.keep_alive = ::http_should_keep_alive(&parser) != 0;
    request.upgrade = parser.upgrade != 0 && parser.http_minor >= 1;
    std::size_t hosts = 0;
    for (auto& [name, value] : request.headers) {
        name = lower_case(name);
        value = std::string{trimmed(value)};
        if (name == "host") ++hosts;
    }
    if (hosts > 1 || (hosts == 0 && parser.http_minor >= 1)) return refuse(400);
    const bool has_length = (parser.flags & F_CONTENTLENGTH) != 0;
    if (parser.uses_transfer_encoding != 0 || (has_length && parser.content_length > 0))
        return refuse(request.method == "GET" || request.method == "HEAD" ? 413 : 405);
    return check_target();
}

// The path and the parameters.
int HttpRequestParser::Parse::check_target() {
    http_parser_url url;
    ::http_parser_url_init(&url);
    const std::string& target = request.target;
    if (::http_parser_parse_url(target.data(), target.size(), parser.method == HTTP_CONNECT, &url) != 0)
        return refuse(400);
    const auto part = [&](http_parser_url_fields field) -> std::string_view {
        if ((url.field_set & (1 << field)) == 0) return {};
        return std::string_view{target}.substr(url.field_data[field].off, url.field_data[field].len);
    };
    auto path = percent_decode(part(UF_PATH), false);
    if (!path || !parse_query(part(UF_QUERY), request.parameters)) return refuse(400);
    request.path = path->empty() ? "/" : std::move(*path);
    return 0;
}

int HttpRequestParser::Parse::error_status() const {
    if (refused != 0) return refused;
    switch (HTTP_PARSER_ERRNO(&parser)) {
        case HPE_HEADER_OVERFLOW: return 431;
        case HPE_INVALID_VERSION: return 505;
        default: return 400;
    }
}

HttpRequestParser::HttpRequestParser(const HttpLimits& limits) : parse_(std::make_unique<Parse>(limits)) {
    // The library's offsets within a URL have 16 bits.
    DCX_CHECK(limits.url_bytes < 65536);
}

HttpRequestParser::~HttpRequestParser() = default;

HttpRequestParser::Outcome HttpRequestParser::feed(std::span<const std::byte> bytes) {
    Parse& parse = *parse_;
    if (parse.complete) parse.begin();
    if (bytes.empty() || parse.refused != 0) return {0, parse.refused};
    parse.started = true;
    const std::size_t consumed = ::http_parser_execute(&parse.parser, &settings<Parse>(),
                                                       reinterpret_cast<const char*>(bytes.data()), bytes.size());
    if (parse.complete) return {consumed, 200};
    if (parse.refused != 0 || HTTP_PARSER_ERRNO(&parse.parser) != HPE_OK) {
        parse.refused = parse.error_status();
        return {consumed, parse.refused};
    }
    return {consumed, 0};
}

const HttpRequest& HttpRequestParser::request() const { return parse_->request; }

bool HttpRequestParser::in_request() const { return parse_->started && !parse_->complete; }

}  // namespace dcx::net
