// FeedRecorder: a client of the feed (MessagePack) that turns its messages into a recording. Knows no sockets: it is
// told what comes and says what to send. It follows the channels orders and trades of all markets, comes back to where
// it stopped after a lost connection, and where that is not possible the recording says what is missing. One thread.
//
// Messages of one command come in several channels, and not all at once. So commands are written when the feed has told
// in a heartbeat how far all channels are: everything up to there has come, or will never come.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "feed/recording_writer.h"

namespace dcx::feed {

class FeedRecorder {
  public:
    FeedRecorder(std::int64_t created_ns, const RecordingWriter::Options& options) : writer_{created_ns, options} {}

    // A connection is open; the feed will say welcome.
    void opened();
    void closed() { connected_ = false; }
    // What can't be gone on with on this connection: it must be closed, and another one will begin anew, or go on. What
    // can't be recorded at all (another venue) is `fatal()` too.
    [[nodiscard]] std::expected<void, std::string> take(std::span<const std::byte> message);
    // To be called some times a second: asks how far the feed is.
    void ask();
    // Messages to be sent, each as bytes.
    [[nodiscard]] std::vector<std::vector<std::uint8_t>> take_requests() { return std::exchange(requests_, {}); }

    [[nodiscard]] RecordingWriter& writer() { return writer_; }
    [[nodiscard]] bool fatal() const { return fatal_; }
    // What a person should know, since the last call.
    [[nodiscard]] std::vector<std::string> take_news() { return std::exchange(news_, {}); }

    struct Counts {
        std::uint64_t messages = 0;  // of the two channels
        std::uint64_t bytes = 0;     // of those
        std::uint64_t resumed = 0;   // channels gone on with
        std::uint64_t gaps = 0;
    };
    [[nodiscard]] const Counts& counts() const { return counts_; }

  private:
    using Json = nlohmann::json;
    enum class Expects : std::uint8_t { answer, snapshot, part, update };
    struct Stream {
        Expects expects{};
        bool asked = false;  // with `from`
        bool known = false;  // seq and epoch have a meaning
        std::uint64_t epoch = 0;
        std::uint64_t seq = 0;
    };
    struct Followed {
        RecordedListing listing;
        Phase phase{};
        Stream orders;
        Stream trades;
        std::optional<RecordedBook> fresh;  // from a snapshot that is not recorded yet
        std::uint64_t fresh_seq = 0;
        Time fresh_time{};
        std::optional<Price> last_price;  // from a snapshot of trades that is not recorded yet
    };
    struct Check {
        std::uint32_t market{};
        std::uint32_t checksum{};
    };
    struct Pending {
        Time time{};
        std::vector<RecordedEntry> entries;
        std::vector<Check> checks;
    };
    using Result = std::expected<void, std::string>;

    [[nodiscard]] Result take_control(const Json& message);
    [[nodiscard]] Result take_welcome(const Json& message);
    [[nodiscard]] Result take_subscribed(const Json& message);
    [[nodiscard]] Result take_heartbeat(const Json& message);
    [[nodiscard]] Result take_instruments(const Json& list);
    [[nodiscard]] Result take_data(const Json& message);
    [[nodiscard]] Result take_orders(std::uint32_t market, const Json& message, bool snapshot);
    [[nodiscard]] Result take_part(Followed& market, std::uint32_t place, const Json& data);
    [[nodiscard]] Result take_trades(std::uint32_t market, const Json& message, bool snapshot);
    [[nodiscard]] Result follow(Stream& stream, const Json& message, bool snapshot);
    [[nodiscard]] Pending& pending(const Json& message);
    void subscribe(Followed& market);
    void send(const Json& request);
    [[nodiscard]] std::optional<std::uint32_t> find(std::string_view symbol) const;
    [[nodiscard]] bool all_live() const;
    [[nodiscard]] bool any_fresh() const;
    [[nodiscard]] Result write_to(std::uint64_t seq);
    [[nodiscard]] Result write_command(std::uint64_t seq, const Pending& command);
    [[nodiscard]] Result begin_at(std::uint64_t seq);
    [[nodiscard]] Result join_listed();
    void set_phases();
    // The next connection begins anew.
    [[nodiscard]] std::unexpected<std::string> forget(std::string why);

    RecordingWriter writer_;
    bool connected_ = false;
    bool fatal_ = false;
    std::uint64_t epoch_ = 0;
    std::vector<Followed> markets_;
    std::map<std::uint64_t, Pending> pending_;  // by sequence
    TradeId last_trade_{};                      // told by snapshots
    std::uint64_t asked_ = 0;                   // numbers of the questions
    std::uint64_t ask_live_ = 0;                // the first one asked when all channels were there
    std::vector<std::vector<std::uint8_t>> requests_;
    std::vector<std::string> news_;
    Counts counts_;
};

}  // namespace dcx::feed
