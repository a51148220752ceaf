#include "app/proof_pages.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>

#include "base/descriptor.h"
#include "proof/match_log.h"
#include "proof/published.h"
#include "proof/whole_file.h"

namespace dcx::app {
namespace {

constexpr const char* kText = "text/plain; charset=utf-8";
// More than any of these texts has.
constexpr std::size_t kMaxText = std::size_t{1} << 20;

net::HttpResponse nothing() { return {.status = 404, .content_type = kText, .body = "there is none\n", .headers = {}}; }

std::optional<std::uint64_t> number_of(std::string_view text) {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    if (parsed.ec != std::errc{} || parsed.ptr != text.data() + text.size()) return std::nullopt;
    return number;
}

net::HttpResponse text_file(const std::string& path) {
    auto text = proof::read_whole(path, kMaxText);
    if (!text) return nothing();
    return {.status = 200, .content_type = kText, .body = std::move(*text), .headers = {}};
}

net::HttpResponse checkpoint(const proof::Published& published, std::string_view which) {
    std::optional<std::uint64_t> number = number_of(which);
    if (which == "latest") {
        const auto newest = published.newest();
        if (newest && *newest != 0) number = *newest;
    }
    return number ? text_file(published.checkpoint_file(*number)) : nothing();
}

net::HttpResponse match_files(const proof::Published& published) {
    const auto names = proof::names_in(published.match_log());
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    if (names)
        for (const std::string& name : *names) {
            struct stat status{};
            if (!proof::parse_match_file_name(name) ||
                ::stat((published.match_log() + "/" + name).c_str(), &status) != 0)
                continue;
            list.push_back({{"name", name}, {"bytes", static_cast<std::uint64_t>(status.st_size)}});
        }
    return {.status = 200, .content_type = "application/json", .body = list.dump() + "\n", .headers = {}};
}

net::HttpResponse match_piece(const proof::Published& published, std::string_view name,
                              const net::HttpRequest& request) {
    const auto from = number_of(request.parameter("from").value_or("0"));
    if (!from || *from > std::uint64_t{1} << 62)
        return {.status = 400, .content_type = kText, .body = "from is the number of a byte\n", .headers = {}};
    if (!proof::parse_match_file_name(name)) return nothing();
    const std::string path = published.match_log() + "/" + std::string{name};
    const Descriptor file{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
    if (file.get() < 0) return nothing();
    std::string piece(kMatchLogPiece, '\0');
    const auto got = ::pread(file.get(), piece.data(), piece.size(), static_cast<off_t>(*from));
    if (got < 0) return {.status = 500, .content_type = kText, .body = "it can't be read\n", .headers = {}};
    piece.resize(static_cast<std::size_t>(got));
    return {.status = 200, .content_type = "application/octet-stream", .body = std::move(piece), .headers = {}};
}

}  // namespace

void serve_proofs(net::HttpServer& http, const std::string& public_folder) {
    const proof::Published published(public_folder);
    const std::string root = "/v1/proofs/";
    const auto below = [&](const std::string& path, auto&& answer) {
        const std::string prefix = root + path;
        http.get_below(prefix, [prefix, published, answer](const net::HttpRequest& request) {
            return answer(published, std::string_view{request.path}.substr(prefix.size()), request);
        });
    };
    http.get(root + "key.txt", [published](const net::HttpRequest&) { return text_file(published.key_file()); });
    http.get(root + "match-log", [published](const net::HttpRequest&) { return match_files(published); });
    below("match-log/", match_piece);
    below("checkpoints/", [](const proof::Published& from, std::string_view which, const net::HttpRequest&) {
        return checkpoint(from, which);
    });
    below("keys/", [](const proof::Published& from, std::string_view which, const net::HttpRequest&) {
        const auto number = number_of(which);
        return number ? text_file(from.key_note_file(*number)) : nothing();
    });
}

}  // namespace dcx::app
