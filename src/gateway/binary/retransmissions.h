// Retransmissions: the reports that sessions asked for again, on their way: those that the gateway remembers at once, a
// bounded number in a round and only while the connection takes them; others when the archive has made them again, one
// request after the other in the order in which they came. Live reports go on beside them.
//
// The gateway's thread. Bounded by one request a session and one archived answer (at most kMaxRetransmit reports),
// which is dropped when its reader does not take it within kArchivePatienceNs: others wait for the archive.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <vector>

#include "gateway/binary/connection.h"
#include "gateway/metrics.h"
#include "gateway/report_archive.h"
#include "gateway/report_store.h"

namespace dcx::gateway {

class Retransmissions {
  public:
    static constexpr std::int64_t kArchivePatienceNs = 30'000'000'000;
    // The connection of that number; null: it is gone.
    using Find = std::function<Connection*(std::uint64_t)>;

    // `archive` may be null: what is not remembered is unavailable.
    Retransmissions(const ReportStore& reports, ReportArchive* archive, GatewayMetrics& metrics, Find find)
        : reports_(reports), archive_(archive), metrics_(metrics), find_(std::move(find)) {}

    // Reports [from, from + count) of its session have been told.
    void add(const Connection& connection, const RetransmitRequest& request);
    // One round; true when something was done.
    bool poll(Moment now);
    [[nodiscard]] bool empty() const { return requests_.empty(); }

  private:
    enum class From : std::uint8_t { store, waiting, asked, archive };
    struct Request {
        std::uint64_t connection{};
        std::uint64_t first{};
        std::uint32_t count{};
        std::uint32_t sent = 0;
        From from = From::store;
        ReportStore::Cursor cursor;
    };
    // What one round may do for all of them.
    struct Budget {
        std::size_t frames{};
        std::size_t steps{};
    };

    // True when the request is done with.
    bool carry_on(Request& request, Budget& budget, Moment now);
    bool send_stored(Request& request, Connection& connection, Budget& budget, Moment now);
    bool send_archived(Request& request, Connection& connection, Budget& budget, Moment now);
    bool ask_archive(Request& request, Connection& connection, Moment now);
    bool finish(const Request& request, Connection& connection, RejectReason reason, Moment now);
    void send(Request& request, Connection& connection, std::span<const std::byte> report, Moment now);
    void leave_archive(const Request& request);

    const ReportStore& reports_;
    ReportArchive* archive_;
    GatewayMetrics& metrics_;
    Find find_;
    std::vector<Request> requests_;  // in the order in which they came
    std::size_t turn_ = 0;           // which is served first in the next round
    bool archive_busy_ = false;      // with one of them
    std::vector<std::byte> archived_;
    std::size_t archived_sent_ = 0;  // bytes of it
    std::int64_t archived_ns_ = 0;   // when it came
};

}  // namespace dcx::gateway
