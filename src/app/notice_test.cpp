#include "app/notice.h"

#include <doctest/doctest.h>

using namespace dcx;
using namespace dcx::app;

namespace {

net::HttpRequest request_of(std::vector<std::pair<std::string, std::string>> parameters) {
    net::HttpRequest request;
    request.parameters = std::move(parameters);
    return request;
}

}  // namespace

TEST_CASE("notice: what is given, and what is taken when it is not") {
    const auto plain = read_notice(request_of({{"text", "hello"}}));
    REQUIRE(plain.has_value());
    CHECK(plain->kind == NoticeKind::text);
    CHECK(plain->at.value == 0);
    CHECK(std::string{plain->text.data()} == "hello");
    const auto whole = read_notice(
        request_of({{"text", std::string(160, 'x')}, {"at", "1700000000000000000"}, {"kind", "maintenance"}}));
    REQUIRE(whole.has_value());
    CHECK(whole->kind == NoticeKind::maintenance);
    CHECK(whole->at.value == 1'700'000'000'000'000'000);
    CHECK(whole->text.back() == 'x');
}

TEST_CASE("notice: bad parameters are refused with a text") {
    CHECK_FALSE(read_notice(request_of({})).has_value());
    CHECK_FALSE(read_notice(request_of({{"text", ""}})).has_value());
    CHECK_FALSE(read_notice(request_of({{"text", std::string(161, 'x')}})).has_value());
    CHECK_FALSE(read_notice(request_of({{"text", "two\nlines"}})).has_value());
    CHECK_FALSE(read_notice(request_of({{"text", "\xC3"}})).has_value());
    CHECK_FALSE(read_notice(request_of({{"text", "x"}, {"at", "-1"}})).has_value());
    CHECK_FALSE(read_notice(request_of({{"text", "x"}, {"at", "soon"}})).has_value());
    CHECK_FALSE(read_notice(request_of({{"text", "x"}, {"kind", "news"}})).has_value());
}

TEST_CASE("notice: the command line's request says the same") {
    const std::string text =
        "R\xC3\xBC"
        "ckkehr & 100% um 5=6?";
    const std::string query = notice_query(text, 12, true);
    CHECK(query.starts_with("?text=R%C3%BCckkehr%20%26%20100%25"));
    CHECK(query.ends_with("&at=12&kind=maintenance"));
    const std::string_view value = std::string_view(query).substr(6, query.find("&at") - 6);
    CHECK(net::percent_decode(value, true) == text);
    CHECK(notice_query("x", 0, false) == "?text=x&at=0&kind=text");
}

TEST_CASE("notice: delays") {
    CHECK(parse_delay_ns("90s") == std::int64_t{90'000'000'000});
    CHECK(parse_delay_ns("5m") == std::int64_t{300'000'000'000});
    CHECK(parse_delay_ns("2h") == std::int64_t{7'200'000'000'000});
    for (const char* bad : {"", "5", "m", "-5m", "5 m", "5d", "99999999999h", "5mm"})
        CHECK_FALSE(parse_delay_ns(bad).has_value());
}
