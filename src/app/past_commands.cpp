// dcx at, dcx fork: any moment of a venue's log, read beside the venue or without it.
#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "app/commands.h"
#include "app/data_folder.h"
#include "app/decimals.h"
#include "app/journal_folder.h"
#include "app/progress.h"
#include "app/venue_link.h"
#include "base/memory.h"
#include "engine/past.h"
#include "gateway/read_model.h"
#include "journal/copy.h"
#include "journal/disk_storage.h"

namespace dcx::app {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

engine::Moment parse_moment(const std::string& text) {
    if (text == "end") return {};
    std::uint64_t sequence = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), sequence);
    if (parsed.ec == std::errc{} && parsed.ptr == text.data() + text.size() && sequence > 0)
        return {.sequence = Sequence{sequence}};
    // The whole second.
    if (const auto time = parse_utc(text)) return {.time = Time{time->value + 999'999'999}};
    throw std::runtime_error("\"" + text + "\" is no sequence, not \"end\" and no time as 2026-11-28T22:30:00Z");
}

template <class T>
T opened(journal::Result<T> result) {
    if (!result) throw std::runtime_error(result.error().message);
    return std::move(*result);
}

// The venue as it was, with its names, as an edge knows it that was told the state at that moment.
class Visit {
  public:
    Visit(const std::string& data, const std::string& archive, const std::string& text) {
        const DataFolder folder(data);
        const engine::Moment moment = parse_moment(text);
        const auto journal = opened(JournalFolder::open(folder.journal(), archive));
        const auto snapshots =
            fs::is_directory(folder.snapshots()) ? opened(open_existing(folder.snapshots())) : nullptr;
        auto past = engine::replay_past(
            journal.live(), memory_,
            {.moment = moment, .archived = &journal.whole(), .snapshots = snapshots.get(), .on_progress = show_replay});
        if (!past) throw std::runtime_error(past.error());
        for (const std::string& why : past->skipped_snapshots) std::fprintf(stderr, "%s\n", why.c_str());
        past_ = std::move(*past);
        if (!past_.core->started()) throw std::runtime_error("the log has no command up to there");
        if (moment.sequence.value != engine::Moment{}.sequence.value && past_.core->sequence() < moment.sequence)
            throw std::runtime_error("the log ends with command " + std::to_string(past_.core->sequence().value));
        tell_model();
    }

    [[nodiscard]] const core::Core& core() const { return *past_.core; }
    [[nodiscard]] const engine::Past& past() const { return past_; }
    [[nodiscard]] const gateway::ReadModel& model() const { return model_; }
    [[nodiscard]] const InstrumentListed& market(const std::string& symbol) const {
        for (const InstrumentListed& listed : model_.instruments())
            if (listed.symbol.view() == symbol) return listed;
        throw std::runtime_error("there was no market " + symbol);
    }
    [[nodiscard]] Json head() const {
        return {
            {"sequence", core().sequence().value}, {"time_ns", core().time().value}, {"time", utc_text(core().time())}};
    }

  private:
    void tell_model() {
        core::RestoreCursor cursor;
        EventBuffer buffer(1024);
        for (bool done = false; !done;) {
            buffer.clear();
            done = past_.core->restore(cursor, buffer.writer(), 1024);
            for (const Event& event : buffer.events()) model_.apply(event);
        }
    }

    HeapMemory memory_;
    engine::Past past_;
    gateway::ReadModel model_;
};

void print_json(const Json& json) { std::printf("%s\n", json.dump().c_str()); }

}  // namespace

int at_book(const AtOptions& options) {
    const Visit visit(options.tool.data, options.archive, options.moment);
    const InstrumentListed& market = visit.market(options.market);
    Json json = visit.head();
    json["market"] = options.market;
    for (const Side side : {Side::sell, Side::buy}) {
        auto levels = visit.core().depth(market.instrument, side, options.levels);
        const char* const name = side == Side::sell ? "asks" : "bids";
        Json list = Json::array();
        for (const auto& level : levels)
            list.push_back({{"price", units_text(level.price.value, price_unit(market))},
                            {"quantity", units_text(level.quantity.value, quantity_unit(market))},
                            {"orders", level.orders}});
        json[name] = std::move(list);
    }
    if (options.tool.json) return print_json(json), kDone;
    std::printf("%s behind command %s, %s\n", options.market.c_str(), json["sequence"].dump().c_str(),
                json["time"].get<std::string>().c_str());
    const auto row = [](const char* side, const Json& level) {
        std::printf("%-4s %20s %20s  %s orders\n", side, level["price"].get<std::string>().c_str(),
                    level["quantity"].get<std::string>().c_str(), level["orders"].dump().c_str());
    };
    for (auto level = json["asks"].rbegin(); level != json["asks"].rend(); ++level) row("ask", *level);
    for (const Json& level : json["bids"]) row("bid", level);
    return kDone;
}

int at_balances(const AtOptions& options) {
    const Visit visit(options.tool.data, options.archive, options.moment);
    Json list = Json::array();
    const auto accounts = static_cast<std::uint32_t>(visit.model().accounts());
    for (std::uint32_t account = 1; account <= accounts; ++account) {
        if (options.account != 0 && account != options.account) continue;
        for (const AssetListed& asset : visit.model().assets()) {
            const auto balance = visit.core().balance(AccountId{account}, asset.asset);
            if (balance.available.value == 0 && balance.held.value == 0) continue;
            list.push_back({{"account", account},
                            {"asset", asset.symbol.view()},
                            {"available", units_text(balance.available.value, unit_of(asset))},
                            {"held", units_text(balance.held.value, unit_of(asset))}});
        }
    }
    Json json = visit.head();
    json["balances"] = std::move(list);
    if (options.tool.json) return print_json(json), kDone;
    std::printf("behind command %s, %s\n%8s %-8s %28s %28s\n", json["sequence"].dump().c_str(),
                json["time"].get<std::string>().c_str(), "account", "asset", "available", "held");
    for (const Json& line : json["balances"])
        std::printf("%8s %-8s %28s %28s\n", line["account"].dump().c_str(), line["asset"].get<std::string>().c_str(),
                    line["available"].get<std::string>().c_str(), line["held"].get<std::string>().c_str());
    return kDone;
}

int at_order(const AtOptions& options) {
    const Visit visit(options.tool.data, options.archive, options.moment);
    Json json = visit.head();
    json["order_id"] = options.order_id;
    const gateway::KnownOrder* const order = visit.model().orders().find(OrderId{options.order_id});
    json["open"] = order != nullptr;
    if (order != nullptr) {
        const InstrumentListed& market = visit.model().registry().listing(order->instrument);
        json["market"] = market.symbol.view();
        json["account"] = order->account.value;
        json["side"] = order->side == Side::buy ? "buy" : "sell";
        json["price"] = units_text(order->price.value, price_unit(market));
        json["leaves"] = units_text(order->leaves.value, quantity_unit(market));
        json["cum"] = units_text(order->cum.value, quantity_unit(market));
    }
    if (options.tool.json) return print_json(json), kDone;
    for (const auto& [key, value] : json.items())
        std::printf("%-10s %s\n", key.c_str(),
                    value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
    return kDone;
}

int at_state(const AtOptions& options) {
    const Visit visit(options.tool.data, options.archive, options.moment);
    Json json = visit.head();
    json["state_hash"] = to_hex(visit.core().state_hash());
    json["event_hash"] = to_hex(std::as_bytes(std::span{&visit.past().event_hash, 1}));
    json["snapshot"] = visit.past().snapshot.value;
    json["replayed"] = visit.past().commands;
    json["seconds"] = visit.past().seconds;
    if (options.tool.json) return print_json(json), kDone;
    for (const auto& [key, value] : json.items())
        std::printf("%-10s %s\n", key.c_str(),
                    value.is_string() ? value.get<std::string>().c_str() : value.dump().c_str());
    return kDone;
}

int fork_venue(const ForkOptions& options) {
    if (fs::exists(options.target)) throw std::runtime_error(options.target + " is there already");
    const DataFolder from(options.data);
    const DataFolder to(options.target);
    const auto journal = opened(JournalFolder::open(from.journal(), options.archive));
    // A time becomes the last command of that time, "end" the last one there is.
    Sequence last;
    Digest hash;
    {
        const Visit visit(options.data, options.archive, options.moment);
        last = visit.core().sequence();
        hash = visit.core().state_hash();
    }
    to.make();
    auto copy = journal::DiskStorage::open(to.journal());
    if (!copy) throw std::runtime_error(copy.error().message);
    if (const auto copied = journal::copy_journal(journal.whole(), **copy, last); !copied)
        throw std::runtime_error(copied.error().message);
    HeapMemory memory;
    const auto again = engine::replay_past(**copy, memory);
    if (!again) throw std::runtime_error(again.error());
    if (again->core->sequence() != last || again->core->state_hash() != hash)
        throw std::runtime_error("the copy replays to another state: the log was changed meanwhile, or a bug");
    if (options.with_keys) fs::copy(from.keys(), to.keys(), fs::copy_options::recursive);
    std::printf("%s stands behind command %llu, state_hash %s\n", options.target.c_str(),
                static_cast<unsigned long long>(last.value), to_hex(hash).c_str());
    return kDone;
}

}  // namespace dcx::app
