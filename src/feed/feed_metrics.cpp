#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "feed/feed_server.h"

namespace dcx::feed {

namespace {

// Lines of the Prometheus text format.
class MetricsText {
  public:
    explicit MetricsText(std::string& out) : out_(out) {}

    void family(std::string_view name, std::string_view type, std::string_view help) {
        name_ = name;
        out_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
        out_.append(name).append(" ").append(type).append("\n");
    }
    void value(std::uint64_t number) { line("", number); }
    void value(std::string_view label, std::string_view of, std::uint64_t number) { value("", label, of, number); }
    void channels(const FeedCounters& counters, std::uint64_t ChannelCounters::* field) {
        for (const Channel channel : kChannels) value("channel", name_of(channel), counters.of(channel).*field);
    }

    void delays(const DelayHistogram& delay) {
        for (std::size_t i = 0; i < DelayHistogram::kBuckets.size(); ++i)
            value("_bucket", "le", DelayHistogram::kBuckets[i].seconds, delay.up_to(i));
        value("_bucket", "le", "+Inf", delay.count());
        out_.append(name_).append("_sum ").append(std::to_string(delay.sum_us() / 1'000'000)).append(".");
        const std::string micros = std::to_string(delay.sum_us() % 1'000'000);
        out_.append(6 - micros.size(), '0').append(micros).append("\n");
        line("_count", delay.count());
    }

  private:
    void value(std::string_view suffix, std::string_view label, std::string_view of, std::uint64_t number) {
        line(std::string{suffix}.append("{").append(label).append("=\"").append(of).append("\"}"), number);
    }
    void line(std::string_view labels, std::uint64_t number) {
        out_.append(name_).append(labels).append(" ").append(std::to_string(number)).append("\n");
    }
    std::string& out_;
    std::string_view name_;
};

}  // namespace

void FeedServer::append_metrics(std::string& out) const {
    const FeedCounters& counters = publisher_.counters();
    std::uint64_t json = 0;
    for (const auto& [id, client] : clients_) json += client->format() == Format::json ? 1u : 0u;

    MetricsText text{out};
    text.family("dcx_feed_connections", "gauge", "Clients connected now.");
    text.value("format", "json", json);
    text.value("format", "msgpack", clients_.size() - json);
    text.family("dcx_feed_connections_opened_total", "counter", "Clients that ever connected.");
    text.value(counters.connections_opened);
    text.family("dcx_feed_connections_refused_total", "counter", "Upgrades refused, by why.");
    for (std::size_t i = 0; i < kRefusalNames.size(); ++i)
        text.value("reason", kRefusalNames[i], counters.connections_refused[i]);
    text.family("dcx_feed_subscriptions", "gauge", "Subscriptions now.");
    text.channels(counters, &ChannelCounters::subscriptions);
    text.family("dcx_feed_messages_total", "counter", "Messages queued to clients.");
    text.channels(counters, &ChannelCounters::delivered);
    text.value("channel", "session", counters.session_messages);
    text.family("dcx_feed_bytes_total", "counter", "Bytes of those messages.");
    text.channels(counters, &ChannelCounters::delivered_bytes);
    text.value("channel", "session", counters.session_bytes);
    text.family("dcx_feed_encoded_total", "counter", "Messages encoded, once for all subscribers of a variant.");
    text.channels(counters, &ChannelCounters::encoded);
    text.family("dcx_feed_encoded_bytes_total", "counter", "Bytes of those messages.");
    text.channels(counters, &ChannelCounters::encoded_bytes);
    text.family("dcx_feed_conflations_total", "counter", "Slow readers that got a snapshot instead of updates.");
    text.channels(counters, &ChannelCounters::conflations);
    text.family("dcx_feed_skipped_total", "counter", "Updates that those were not sent.");
    text.channels(counters, &ChannelCounters::skipped);
    text.family("dcx_feed_drops_total", "counter", "Slow readers disconnected.");
    text.channels(counters, &ChannelCounters::drops);
    text.family("dcx_feed_delay_seconds", "histogram",
                "From a message's event, by its log time, to the connection it was handed to.");
    text.delays(counters.delay);
    text.family("dcx_feed_resumes_total", "counter", "Subscriptions from a sequence, by how they were answered.");
    text.value("answer", "replayed", counters.resumes);
    text.value("answer", "snapshot", counters.resumes_refused);
    text.family("dcx_feed_requests_total", "counter", "Requests of clients.");
    text.value(counters.requests);
    text.family("dcx_feed_errors_total", "counter", "Errors sent to clients.");
    text.value(counters.errors);
    if (accounts_ != nullptr) {
        text.family("dcx_feed_logins_total", "counter", "Logins to private channels, by their outcome.");
        text.value("outcome", "accepted", counters.logins);
        text.value("outcome", "refused", counters.logins_refused);
        text.family("dcx_feed_logged_in", "gauge", "Connections that have logged in.");
        text.value(accounts_->feed.logged_in());
        text.family("dcx_feed_private_sequence", "gauge", "Sequence of the last command that was told to its owners.");
        text.value(accounts_->feed.sequence());
    }
    text.family("dcx_feed_events_total", "counter", "Events read.");
    text.value(counters.events);
    text.family("dcx_feed_sequence", "gauge", "Sequence of the last command that was read whole.");
    text.value(publisher_.sequence());
    text.family("dcx_feed_ready", "gauge", "1 when the restored state has been read.");
    text.value(publisher_.ready() ? 1 : 0);
}

}  // namespace dcx::feed
