#include "market/load_curve.h"

#include <doctest/doctest.h>

namespace dcx::market {
namespace {

LoadPoint point(double rate, double seconds, std::int64_t p99) {
    LoadPoint point;
    point.rate = rate;
    point.latency.add(p99, 100);
    point.add_run(static_cast<std::uint64_t>(rate), 0, static_cast<std::int64_t>(seconds * 1e9));
    return point;
}

TEST_CASE("load curve: requests are due a fixed time apart and never all at once") {
    const DueTimes due(1'000, 1e6);
    CHECK(due.at(0) == 1'000);
    CHECK(due.at(5) == 6'000);
    CHECK(due.due_until(999, 0, 10) == 0);
    CHECK(due.due_until(1'000, 0, 10) == 1);
    CHECK(due.due_until(6'500, 2, 10) == 6);
    CHECK(due.due_until(1'000'000, 2, 10) == 12);
    CHECK(due.due_until(0, 7, 10) == 7);
}

TEST_CASE("load curve: a rate that is answered in its time is achieved") {
    CHECK(point(1'000, 1.0, 10).achieved() == doctest::Approx(1'000));
    // Done before the last one's time is over, it was no faster.
    CHECK(point(1'000, 0.5, 10).achieved() == doctest::Approx(1'000));
    CHECK(point(1'000, 2.0, 10).achieved() == doctest::Approx(500));
    CHECK(LoadPoint{}.achieved() == 0);
}

TEST_CASE("load curve: the knee is the highest rate that is achieved and answered in good time") {
    CHECK(LoadCurve{}.knee() == 0);
    LoadCurve curve;
    curve.points = {point(1'000, 1.0, 100), point(2'000, 1.0, 900), point(4'000, 1.0, 1'200), point(8'000, 3.0, 100)};
    CHECK(curve.knee() == 2'000);
    curve.points.pop_back();
    curve.points.push_back(point(500, 1.0, 200));
    CHECK(curve.knee() == 2'000);
    for (LoadPoint& slow : curve.points) slow.seconds *= 2;
    CHECK(curve.knee() == 0);
}

}  // namespace
}  // namespace dcx::market
