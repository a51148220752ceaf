#include "app/anchor_work.h"

#include <algorithm>
#include <chrono>
#include <exception>
#include <limits>
#include <thread>
#include <utility>

#include "chain/digest_file.h"
#include "chain/evm_anchor.h"
#include "chain/evm_transaction.h"

namespace dcx::app {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kBusyNs = 2 * kSecond;    // between two rounds at a place with something under way
constexpr std::int64_t kQuietNs = 30 * kSecond;  // and at one without: its history may change
constexpr std::int64_t kLastWaitNs = 60 * kSecond;
constexpr std::int64_t kAgainNs = 10 * kSecond;  // after a queue that can't be written
constexpr auto kTurn = std::chrono::milliseconds{200};

}  // namespace

AnchorPlaces make_anchor_places(const Config::Anchor& config, chain::Signer& signer, Clock& clock,
                                const chain::HttpLimits& limits) {
    AnchorPlaces made;
    if (!config.digest_file.empty())
        made.places.push_back(std::make_unique<chain::DigestFile>(config.digest_file, clock));
    if (!config.decoin.url.empty()) {
        made.decoin_node = std::make_unique<chain::DecoinNode>(
            chain::DecoinNodeOptions{.url = config.decoin.url, .genesis = config.decoin.genesis, .limits = limits});
        made.places.push_back(std::make_unique<chain::DecoinAnchor>(*made.decoin_node, signer, clock));
    }
    // The configuration was read with this form.
    if (const auto contract = chain::parse_evm_address(config.evm.contract); !config.evm.url.empty() && contract)
        made.places.push_back(std::make_unique<chain::EvmAnchor>(
            chain::EvmAnchorConfig{.url = config.evm.url,
                                   .contract = *contract,
                                   .chain_id = static_cast<std::uint64_t>(config.evm.chain_id),
                                   .confirmations = static_cast<std::uint64_t>(config.evm.confirmations)},
            &signer, limits));
    return made;
}

// What lives on the thread, made anew after an error of the queue's file.
struct AnchorWork::Working {
    Working(const Options& options, Clock& clock, const std::atomic<bool>& stopping)
        : signer(options.signer),
          made(make_anchor_places(options.config, signer, clock, {.stop = &stopping})),
          store(options.queue, chain::AnchorStore::Access::write),
          published(options.published),
          queue(store, clients(), clock) {
        for (const auto& place : made.places) {
            due[place->place()] = {};
            // What was put in last says when the next is due, over starts too.
            for (const chain::Anchor& anchor : store.of_checkpoint(store.newest_checkpoint(place->place())))
                added_ns = std::max(added_ns, anchor.made_ns);
        }
    }
    std::vector<chain::AnchorPlaceClient*> clients() const {
        std::vector<chain::AnchorPlaceClient*> all;
        for (const auto& place : made.places) all.push_back(place.get());
        return all;
    }

    chain::SignerClient signer;
    AnchorPlaces made;
    chain::AnchorStore store;
    proof::Published published;
    chain::AnchorQueue queue;
    struct Due {
        std::int64_t at_ns = 0;    // monotonic
        std::int64_t wait_ns = 0;  // after an error
        std::string error;         // that was told
    };
    std::map<AnchorPlace, Due> due;
    std::int64_t added_ns = 0;  // wall clock
    std::int64_t look_ns = 0;   // monotonic: when DATA/public is looked at again
    std::uint64_t newest = 0;   // checkpoint that was put in, or found to be
    std::string telling_failed;
};

std::string AnchorWork::start(const net::Endpoint& order_entry, const client::ClientKey& operator_key) {
    auto started =
        platform::Thread::start(options_.thread, [this, order_entry, operator_key](const std::stop_token& stop) {
            CommandLink link({.venue = order_entry, .key = operator_key, .session = kAnchorSession, .clock = &clock_});
            run(stop, link);
        });
    if (!started) return started.error();
    thread_ = std::move(*started);
    return {};
}

void AnchorWork::stop() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    // Not to wait for a node that hangs.
    stopping_.store(true, std::memory_order_relaxed);
    thread_.join();
}

void AnchorWork::request(Sequence at_least) {
    wanted_.store(std::max<std::uint64_t>(at_least.value, 1), std::memory_order_release);
}

void AnchorWork::run(const std::stop_token& stop, CommandLink& link) {
    std::unique_ptr<Working> working;
    std::int64_t again_ns = 0;
    while (!stop.stop_requested()) {
        std::this_thread::sleep_for(kTurn);
        if (clock_.monotonic_ns() < again_ns) continue;
        try {
            if (working == nullptr) {
                working = std::make_unique<Working>(options_, clock_, stopping_);
                show(*working);
                set_reason({});
            }
            round(*working, link);
        } catch (const std::exception& e) {
            // Of the queue's file: what was done by then is on disk, and it is read again.
            working.reset();
            again_ns = clock_.monotonic_ns() + kAgainNs;
            set_reason(e.what());
        }
    }
}

void AnchorWork::round(Working& working, CommandLink& link) {
    take_checkpoint(working);
    const std::int64_t now = clock_.monotonic_ns();
    bool worked = false;
    for (auto& [place, due] : working.due) {
        if (now < due.at_ns || stopping_.load(std::memory_order_relaxed)) continue;
        step(working, place);
        worked = true;
    }
    if (stopping_.load(std::memory_order_relaxed)) return;
    link.poll();
    if (!worked) return;
    tell(working, link);
    show(working);
}

void AnchorWork::take_checkpoint(Working& working) {
    const std::int64_t now = clock_.monotonic_ns();
    if (now < working.look_ns) return;
    working.look_ns = now + kSecond;
    const std::uint64_t wanted = wanted_.load(std::memory_order_acquire);
    const bool due =
        options_.config.interval_s != 0 && clock_.wall_ns() >= working.added_ns + options_.config.interval_s * kSecond;
    if (wanted == 0 && !due) return;
    const auto newest = working.published.newest();
    if (!newest || *newest == 0) return;
    if (wanted == 0 && *newest <= working.newest) return;
    const auto signed_one = working.published.checkpoint(*newest);
    if (!signed_one) {
        set_reason("checkpoint " + std::to_string(*newest) + ": " + signed_one.error().text());
        return;
    }
    if (wanted > 1 && signed_one->checkpoint.commands.value < wanted && !due) return;
    const bool added = working.queue.add(*newest, signed_one->hash);
    working.newest = *newest;
    if (signed_one->checkpoint.commands.value >= wanted) {
        std::uint64_t done = wanted;
        wanted_.compare_exchange_strong(done, 0);
    }
    set_reason({});
    if (!added) return;
    working.added_ns = clock_.wall_ns();
    for (auto& [place, at] : working.due) at.at_ns = 0;
    if (options_.log != nullptr)
        options_.log->info("anchors", "checkpoint put in",
                           {{"checkpoint", *newest}, {"digest", to_hex(signed_one->hash)}});
}

void AnchorWork::step(Working& working, AnchorPlace place) {
    Working::Due& due = working.due[place];
    const auto round = working.queue.step(place);
    const std::string name{chain::to_string(place)};
    for (const chain::Anchor& anchor : round.changed) log_change(anchor);
    if (round.change != chain::PlaceChange::none) {
        const std::scoped_lock lock(mutex_);
        ++states_[place].changes;
    }
    if (round.change != chain::PlaceChange::none && options_.log != nullptr)
        options_.log->warning("anchors",
                              round.change == chain::PlaceChange::restarted
                                  ? "the place was started again and has forgotten its history"
                                  : "the place has another history than before",
                              {{"place", name}});
    const std::string error = round.error ? round.error->text() : "";
    if (error != due.error && options_.log != nullptr) {
        if (error.empty())
            options_.log->info("anchors", "goes on", {{"place", name}});
        else
            options_.log->warning("anchors", "does not go on for now", {{"place", name}, {"reason", error}});
    }
    due.error = error;
    due.wait_ns = error.empty() ? 0 : std::clamp(due.wait_ns * 2, kBusyNs, kLastWaitNs);
    due.at_ns = clock_.monotonic_ns() + (error.empty() ? (round.busy ? kBusyNs : kQuietNs) : due.wait_ns);
    const std::scoped_lock lock(mutex_);
    states_[place].error = error;
    if (!error.empty()) ++states_[place].errors;
}

void AnchorWork::tell(Working& working, CommandLink& link) {
    for (const chain::Anchor& anchor : working.queue.untold()) {
        const bool confirmed = anchor.stage == chain::AnchorStage::confirmed;
        const RecordAnchor record{.digest = anchor.digest,
                                  .tx_hash = anchor.tx_hash,
                                  .checkpoint = anchor.checkpoint,
                                  .height = confirmed ? static_cast<std::uint32_t>(std::min<std::uint64_t>(
                                                            anchor.height, std::numeric_limits<std::uint32_t>::max()))
                                                      : 0,
                                  .place = anchor.place,
                                  .state = confirmed ? AnchorState::confirmed : AnchorState::lost,
                                  .zero = {}};
        // Told twice when the answer is lost: a reader of the log sees the same anchor again.
        const CommandLink::Answer answer = link.send(record);
        if (answer.result != CommandLink::Answer::Result::done) {
            const std::string why = answer.result == CommandLink::Answer::Result::refused
                                        ? std::string{to_string(answer.reason)}
                                        : "no answer of the venue";
            if (why != working.telling_failed && options_.log != nullptr)
                options_.log->warning("anchors", "the venue's log can't be told", {{"reason", why}});
            working.telling_failed = why;
            return;
        }
        working.telling_failed.clear();
        working.queue.told(anchor);
    }
}

void AnchorWork::log_change(const chain::Anchor& anchor) {
    if (options_.log == nullptr) return;
    const std::string place{chain::to_string(anchor.place)};
    const std::string stage{to_string(anchor.stage)};
    if (anchor.stage == chain::AnchorStage::lost) {
        options_.log->warning("anchors", "lost",
                              {{"checkpoint", anchor.checkpoint}, {"place", place}, {"reason", anchor.error}});
        return;
    }
    options_.log->info("anchors", stage,
                       {{"checkpoint", anchor.checkpoint},
                        {"place", place},
                        {"attempt", std::uint64_t{anchor.attempt}},
                        {"transaction", to_hex(anchor.tx_hash)},
                        {"height", anchor.height}});
}

void AnchorWork::show(Working& working) {
    for (const auto& [place, due] : working.due) {
        const auto counts = working.store.counts(place);
        const auto open = working.store.open(place);
        const std::scoped_lock lock(mutex_);
        AnchorPlaceState& state = states_[place];
        state.place = place;
        state.counts = counts;
        state.oldest_open_ns = open.empty() ? 0 : open.front().made_ns;
    }
}

std::vector<AnchorPlaceState> AnchorWork::states() const {
    const std::scoped_lock lock(mutex_);
    std::vector<AnchorPlaceState> all;
    for (const auto& [place, state] : states_) all.push_back(state);
    return all;
}

std::string AnchorWork::reason() const {
    const std::scoped_lock lock(mutex_);
    return reason_;
}

void AnchorWork::set_reason(const std::string& reason) {
    std::string before;
    {
        const std::scoped_lock lock(mutex_);
        before = std::exchange(reason_, reason);
    }
    if (reason != before && !reason.empty() && options_.log != nullptr)
        options_.log->error("anchors", "nothing goes on", {{"reason", reason}});
}

}  // namespace dcx::app
