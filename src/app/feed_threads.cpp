#include "app/feed_threads.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <unordered_map>

#include "app/exit_code.h"

namespace dcx::app {

net::BackendChoice backend_of(const Config& config) {
    const auto named = net::backend_named(config.net.backend).value_or(net::BackendChoice::automatic);
    if (named == net::BackendChoice::io_uring && !net::why_no_io_uring().empty())
        throw StartRefused(ExitCode::config_refused, "net.backend = \"io_uring\", and the kernel gives none (" +
                                                         net::why_no_io_uring() + "): set it to \"auto\"");
    // The environment speaks where the file says nothing.
    return named == net::BackendChoice::automatic ? net::default_backend() : named;
}

std::shared_ptr<const net::TlsContext> certificate_of(const Config& config, bool wanted, bool allow_1_2) {
    if (!wanted) return nullptr;
    auto made = net::TlsContext::server({config.tls.certificate, config.tls.key}, allow_1_2);
    if (!made) throw StartRefused(ExitCode::config_refused, "[tls] " + made.error().text);
    return *made;
}

FeedThreads::FeedThreads(const Config& config, ReactorSleeper* shared)
    : config_(config),
      addresses_(std::make_shared<net::AddressLimits>(
          net::AddressLimits::Options{.connections = static_cast<std::size_t>(config.feed.max_connections_per_address),
                                      .exempt_loopback = !config.feed.count_loopback})),
      tls_(certificate_of(config, config.tls.http, true)) {
    const std::size_t count =
        config.feed.enabled && shared == nullptr ? static_cast<std::size_t>(config.feed.threads) : 1;
    crowd_.in_use.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
        Thread& thread = threads_.emplace_back();
        if (shared == nullptr) thread.own = std::make_unique<ReactorSleeper>(backend_of(config));
        thread.sleeper = shared != nullptr ? shared : thread.own.get();
    }
}

void FeedThreads::serve(const net::Endpoint& endpoint, Clock& clock,
                        const std::function<Serving(std::size_t)>& serving) {
    net::Endpoint at = endpoint;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
        serve_one(i, at, clock, serving(i));
        at.port = port_ = threads_[i].http->port();
    }
}

void FeedThreads::serve_one(std::size_t index, const net::Endpoint& endpoint, Clock& clock, const Serving& serving) {
    Thread& thread = threads_[index];
    net::HttpServer::Options http;
    http.listener.endpoint = endpoint;
    http.listener.reuse_port = threads_.size() > 1;
    // Any one of them may get all connections; the feed counts those of all. Some more for the pages.
    http.listener.max_connections = static_cast<std::size_t>(config_.feed.max_connections) + 64;
    http.listener.addresses = addresses_;
    http.output_limit = static_cast<std::size_t>(config_.feed.output_kib) * 1024 * 8;
    http.tls = tls_;
    thread.http = std::make_unique<net::HttpServer>(thread.sleeper->reactor(), http);
    if (serving.source != nullptr) {
        feed::FeedServer::Options feed;
        feed.max_clients = static_cast<std::size_t>(config_.feed.max_connections);
        feed.crowd = &crowd_;
        feed.place = index;
        feed.accounts = serving.accounts;
        feed.limits.output_bytes = static_cast<std::size_t>(config_.feed.output_kib) * 1024;
        feed.limits.connections_per_address = addresses_->options().connections;
        feed.compress_snapshots = config_.feed.compress_snapshots;
        feed.flush_interval_ns = config_.feed.flush_us * 1000;
        feed.publisher.mirror = serving.mirror;
        feed.holds = serving.holds;
        thread.feed = std::make_unique<feed::FeedServer>(*thread.http, *serving.source, clock, feed);
    }
    serving.pages(*thread.http, thread.feed.get());
    thread.work = std::make_unique<FeedWork>(thread.feed.get(), *thread.http);
    if (const auto started = thread.http->start(); !started)
        throw StartRefused(ExitCode::port_taken, "http: " + started.error().text);
}

void FeedThreads::destroy() {
    for (Thread& thread : threads_) {
        thread.work.reset();
        thread.feed.reset();
        thread.http.reset();
    }
}

bool FeedThreads::ready() const {
    return std::ranges::all_of(threads_, [](const Thread& thread) { return thread.work->ready(); });
}

void FeedThreads::request_stop() {
    for (Thread& thread : threads_) {
        thread.work->request_stop();
        thread.sleeper->doorbell().ring();
    }
}

bool FeedThreads::stopped() const {
    return std::ranges::all_of(threads_, [](const Thread& thread) { return thread.work->stopped(); });
}

std::optional<std::string> FeedThreads::metrics(std::chrono::milliseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    std::vector<std::string> texts;
    for (Thread& thread : threads_) {
        auto text = thread.work->metrics(thread.sleeper->doorbell(), end);
        if (!text) return std::nullopt;
        texts.push_back(std::move(*text));
    }
    return sum_of_metrics(texts) + thread_metrics(texts) + address_metrics();
}

namespace {

// Calls visit(line) for each line, without its end.
template <class Visit>
void each_line(std::string_view text, Visit&& visit) {
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        visit(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
}

struct Sample {
    std::string_view name;  // with its labels
    bool decimal = false;   // as the sum of a histogram is; then the value is in millionths
    std::uint64_t value{};
};

std::optional<Sample> sample_of(std::string_view line) {
    constexpr std::size_t decimals = 6;
    const std::size_t space = line.rfind(' ');
    if (line.empty() || line.front() == '#' || space == std::string_view::npos) return std::nullopt;
    Sample sample{.name = line.substr(0, space)};
    std::string number{line.substr(space + 1)};
    if (const std::size_t point = number.find('.'); point != std::string::npos) {
        if (number.size() != point + 1 + decimals) return std::nullopt;
        sample.decimal = true;
        number.erase(point, 1);
    }
    const auto parsed = std::from_chars(number.data(), number.data() + number.size(), sample.value);
    if (parsed.ec != std::errc{} || parsed.ptr != number.data() + number.size()) return std::nullopt;
    return sample;
}

std::string text_of(const Sample& sample, std::uint64_t value) {
    std::string text = std::to_string(value);
    if (!sample.decimal) return text;
    if (text.size() < 7) text.insert(0, 7 - text.size(), '0');
    return text.insert(text.size() - 6, 1, '.');
}

std::uint64_t joined(std::string_view name, std::uint64_t a, std::uint64_t b) {
    const std::string_view family = name.substr(0, name.find('{'));
    if (family == "dcx_feed_sequence" || family == "dcx_feed_private_sequence" || family == "dcx_feed_ready")
        return std::min(a, b);
    return family.ends_with("_max") ? std::max(a, b) : a + b;
}

}  // namespace

std::string sum_of_metrics(const std::vector<std::string>& texts) {
    if (texts.size() == 1) return texts.front();
    std::unordered_map<std::string_view, std::uint64_t> sums;
    for (const std::string& text : texts)
        each_line(text, [&](std::string_view line) {
            const auto sample = sample_of(line);
            if (!sample) return;
            const auto [at, fresh] = sums.try_emplace(sample->name, sample->value);
            if (!fresh) at->second = joined(sample->name, at->second, sample->value);
        });
    // In the order of the first; what others alone have would have no family there.
    std::string out;
    if (texts.empty()) return out;
    each_line(texts.front(), [&](std::string_view line) {
        const auto sample = sample_of(line);
        out.append(sample ? sample->name : line);
        if (sample) out.append(" ").append(text_of(*sample, sums.at(sample->name)));
        out.append("\n");
    });
    return out;
}

// Whether one of them does all the work.
std::string FeedThreads::thread_metrics(const std::vector<std::string>& texts) {
    struct Family {
        std::string_view of;
        std::string_view head;
    };
    constexpr std::array families{
        Family{"dcx_feed_connections",
               "# HELP dcx_feed_thread_connections Clients of each feed thread.\n"
               "# TYPE dcx_feed_thread_connections gauge\ndcx_feed_thread_connections"},
        Family{"dcx_feed_messages_total",
               "# HELP dcx_feed_thread_messages_total Messages queued to clients by each feed thread.\n"
               "# TYPE dcx_feed_thread_messages_total counter\ndcx_feed_thread_messages_total"}};
    std::string out;
    for (const auto& [of, head] : families) {
        for (std::size_t i = 0; i < texts.size(); ++i) {
            std::uint64_t sum = 0;
            each_line(texts[i], [&](std::string_view line) {
                const auto sample = sample_of(line);
                if (sample && sample->name.substr(0, sample->name.find('{')) == of) sum += sample->value;
            });
            out.append(i == 0 ? head : head.substr(head.rfind('\n') + 1));
            out.append("{thread=\"")
                .append(std::to_string(i + 1))
                .append("\"} ")
                .append(std::to_string(sum))
                .append("\n");
        }
    }
    return out;
}

std::string FeedThreads::address_metrics() const {
    return "# HELP dcx_feed_address_refusals_total Connections refused because their address has all it may have.\n"
           "# TYPE dcx_feed_address_refusals_total counter\ndcx_feed_address_refusals_total " +
           std::to_string(addresses_->refused()) + "\n";
}

}  // namespace dcx::app
