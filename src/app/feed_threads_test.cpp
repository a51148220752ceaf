#include "app/feed_threads.h"

#include <doctest/doctest.h>

#include <string>

#include "app/config.h"

using namespace dcx::app;

TEST_CASE("metrics of several feed threads are told as one") {
    const std::string one =
        "# HELP dcx_feed_connections Now.\n# TYPE dcx_feed_connections gauge\n"
        "dcx_feed_connections{format=\"json\"} 3\ndcx_feed_connections{format=\"msgpack\"} 0\n"
        "# TYPE dcx_feed_sequence gauge\ndcx_feed_sequence 100\ndcx_feed_ready 1\ndcx_feed_delay_max 7\n"
        "dcx_feed_delay_seconds_sum 1.900000\n";
    const std::string two =
        "# HELP dcx_feed_connections Now.\n# TYPE dcx_feed_connections gauge\n"
        "dcx_feed_connections{format=\"json\"} 4\ndcx_feed_connections{format=\"msgpack\"} 18446744073709551615\n"
        "# TYPE dcx_feed_sequence gauge\ndcx_feed_sequence 98\ndcx_feed_ready 0\ndcx_feed_delay_max 5\nodd line\n"
        "dcx_feed_delay_seconds_sum 0.100007\n";
    CHECK(sum_of_metrics({one, two}) ==
          "# HELP dcx_feed_connections Now.\n# TYPE dcx_feed_connections gauge\n"
          "dcx_feed_connections{format=\"json\"} 7\ndcx_feed_connections{format=\"msgpack\"} 18446744073709551615\n"
          "# TYPE dcx_feed_sequence gauge\ndcx_feed_sequence 98\ndcx_feed_ready 0\ndcx_feed_delay_max 7\n"
          "dcx_feed_delay_seconds_sum 2.000007\n");
    CHECK(sum_of_metrics({one}) == one);
    CHECK(sum_of_metrics({}).empty());
}

TEST_CASE("metrics of several feed threads: seconds have decimals, what is no number stays as the first has it") {
    const auto text = [](const std::string& seconds) { return "dcx_feed_delay_seconds_sum " + seconds + "\n"; };
    CHECK(sum_of_metrics({text("0.000009"), text("12.999999"), text("1.000000")}) == text("14.000008"));
    CHECK(sum_of_metrics({text("0.000001"), text("0.000001")}) == text("0.000002"));
    CHECK(sum_of_metrics({"a x\n", "a y\n"}) == "a x\n");
    CHECK(sum_of_metrics({"a 1.5\n", "a 1.5\n"}) == "a 1.5\n");
}

TEST_CASE("feed threads and event ring in the configuration") {
    CHECK(parse_config("[feed]\nthreads = 3\npublish_events = true\nevents_mib = 8\n").has_value());
    CHECK_FALSE(parse_config("[feed]\nthreads = 0\n").has_value());
    CHECK_FALSE(parse_config("[feed]\nthreads = 65\n").has_value());
    CHECK_FALSE(parse_config("[feed]\nevents_mib = 0\n").has_value());
    const auto single = parse_config("[venue]\nlayout = \"single\"\n[feed]\nthreads = 2\n");
    REQUIRE_FALSE(single.has_value());
    CHECK(single.error().text.find("threads") != std::string::npos);
}
