#include "chain/http_client.h"

#include <curl/curl.h>

#include <array>
#include <mutex>
#include <new>

#include "base/check.h"

namespace dcx::chain {
namespace {

void start_library() {
    static std::once_flag once;
    std::call_once(once, [] { DCX_CHECK(::curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK); });
}

// Nothing of a user, no spaces or control characters, a host: what else libcurl might read into a text is refused.
bool good_base(std::string_view base) {
    std::size_t scheme = 0;
    if (base.starts_with("http://")) scheme = 7;
    if (base.starts_with("https://")) scheme = 8;
    if (scheme == 0 || base.size() == scheme || base.size() > 2000 || base[scheme] == '/') return false;
    for (const char c : base)
        if (c <= ' ' || c > '~' || c == '@' || c == '#' || c == '\\' || c == '"') return false;
    return base.back() != '/';
}

HttpErrorKind kind_of(CURLcode code) {
    switch (code) {
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_URL_MALFORMAT: return HttpErrorKind::bad_url;
        case CURLE_COULDNT_RESOLVE_PROXY:
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT: return HttpErrorKind::unreachable;
        case CURLE_OPERATION_TIMEDOUT: return HttpErrorKind::timed_out;
        case CURLE_FILESIZE_EXCEEDED:
        case CURLE_WRITE_ERROR: return HttpErrorKind::too_large;
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_SSL_CACERT_BADFILE: return HttpErrorKind::not_secure;
        default: return HttpErrorKind::broken;
    }
}

}  // namespace

std::string_view to_string(HttpErrorKind kind) {
    switch (kind) {
        case HttpErrorKind::bad_url: return "bad_url";
        case HttpErrorKind::unreachable: return "unreachable";
        case HttpErrorKind::timed_out: return "timed_out";
        case HttpErrorKind::broken: return "broken";
        case HttpErrorKind::too_large: return "too_large";
        case HttpErrorKind::not_secure: return "not_secure";
    }
    return "unknown";
}

std::string HttpError::text() const {
    return std::string{to_string(kind)} + " (" + std::to_string(static_cast<unsigned>(kind)) + "): " + seen;
}

struct HttpClient::Curl {
    std::string base;
    HttpLimits limits;
    CURL* handle = nullptr;
    std::array<char, CURL_ERROR_SIZE> error{};
    std::string body;

    Curl(std::string given, const HttpLimits& bounds) : base(std::move(given)), limits(bounds) {
        start_library();
        handle = ::curl_easy_init();
        if (handle == nullptr) throw std::bad_alloc();
    }
    ~Curl() { ::curl_easy_cleanup(handle); }
    Curl(const Curl&) = delete;
    Curl& operator=(const Curl&) = delete;

    static std::size_t take(char* bytes, std::size_t size, std::size_t count, void* self) {
        auto* const curl = static_cast<Curl*>(self);
        const std::size_t more = size * count;
        // Less than what came: libcurl ends the request.
        if (more > curl->limits.max_answer - curl->body.size()) return 0;
        curl->body.append(bytes, more);
        return more;
    }

    // Not 0: libcurl ends the request.
    static int look_for_stop(void* self, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
        const auto* const stop = static_cast<Curl*>(self)->limits.stop;
        return stop != nullptr && stop->load(std::memory_order_relaxed) ? 1 : 0;
    }

    template <class Value>
    void set(CURLoption option, Value value) {
        DCX_CHECK(::curl_easy_setopt(handle, option, value) == CURLE_OK);
    }

    std::expected<HttpAnswer, HttpError> ask(const std::string& path, const std::string* posted,
                                             std::string_view content_type) {
        const std::string url = base + path;
        if (!good_base(base) || (!path.empty() && path.front() != '/'))
            return std::unexpected(HttpError{HttpErrorKind::bad_url, url});
        body.clear();
        error[0] = '\0';
        ::curl_easy_reset(handle);  // options; connections are kept
        set(CURLOPT_URL, url.c_str());
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_PROXY, "");  // also what the environment names
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect_timeout.count()));
        set(CURLOPT_TIMEOUT_MS, static_cast<long>(limits.timeout.count()));
        set(CURLOPT_ERRORBUFFER, error.data());
        set(CURLOPT_WRITEFUNCTION, &Curl::take);
        set(CURLOPT_WRITEDATA, static_cast<void*>(this));
        set(CURLOPT_NOPROGRESS, 0L);
        set(CURLOPT_XFERINFOFUNCTION, &Curl::look_for_stop);
        set(CURLOPT_XFERINFODATA, static_cast<void*>(this));
        set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(CURLOPT_USERAGENT, "dcx");
        curl_slist* headers = nullptr;
        std::string type_line;
        if (posted != nullptr) {
            type_line = "Content-Type: " + std::string{content_type};
            headers = ::curl_slist_append(headers, type_line.c_str());
            // No question beforehand whether the body may be sent: some servers never answer it.
            headers = ::curl_slist_append(headers, "Expect:");
            set(CURLOPT_HTTPHEADER, headers);
            // On a connection that was kept and breaks before an answer the library would send the same once more by
            // itself: what is posted may have been done, and must not be done twice.
            set(CURLOPT_FRESH_CONNECT, 1L);
            set(CURLOPT_FORBID_REUSE, 1L);
            set(CURLOPT_POST, 1L);
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(posted->size()));
            set(CURLOPT_POSTFIELDS, posted->data());
        }
        const CURLcode code = ::curl_easy_perform(handle);
        ::curl_slist_free_all(headers);
        if (code != CURLE_OK) {
            std::string seen = error[0] != '\0' ? error.data() : ::curl_easy_strerror(code);
            if (code == CURLE_WRITE_ERROR)
                seen = "an answer of more than " + std::to_string(limits.max_answer) + " bytes";
            return std::unexpected(HttpError{kind_of(code), base + ": " + seen});
        }
        long status = 0;
        const char* type = nullptr;
        ::curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
        ::curl_easy_getinfo(handle, CURLINFO_CONTENT_TYPE, &type);
        return HttpAnswer{
            .status = static_cast<int>(status), .body = std::move(body), .content_type = type == nullptr ? "" : type};
    }
};

HttpClient::HttpClient(std::string base, const HttpLimits& limits)
    : curl_(std::make_unique<Curl>(std::move(base), limits)) {}
HttpClient::~HttpClient() = default;
HttpClient::HttpClient(HttpClient&&) noexcept = default;
HttpClient& HttpClient::operator=(HttpClient&&) noexcept = default;

std::expected<HttpAnswer, HttpError> HttpClient::get(const std::string& path) { return curl_->ask(path, nullptr, {}); }
std::expected<HttpAnswer, HttpError> HttpClient::post(const std::string& path, const std::string& body,
                                                      std::string_view content_type) {
    return curl_->ask(path, &body, content_type);
}
const std::string& HttpClient::base() const { return curl_->base; }

std::string url_encoded(std::string_view text) {
    static constexpr char kDigits[] = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
                           c == '.' || c == '_' || c == '~';
        if (plain) {
            out += c;
        } else {
            const auto byte = static_cast<unsigned char>(c);
            out += '%';
            out += kDigits[byte >> 4];
            out += kDigits[byte & 15];
        }
    }
    return out;
}

}  // namespace dcx::chain
