#include "history/projector.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <limits>
#include <map>
#include <utility>
#include <vector>

#include "base/random.h"
#include "model/event_hash.h"

namespace dcx::history {
namespace {

constexpr std::int64_t kMs = 1'000'000;
using Stage = ProjectorHealth::Stage;

// A venue where accounts are opened, each of which is a row, and time passes, which is none.
std::vector<Event> make_log(std::uint64_t commands, ManualClock& clock, std::uint64_t seed = 1,
                            std::byte venue = std::byte{7}) {
    std::vector<Event> events;
    Random random(seed);
    const auto add = [&](const auto& body) {
        Event event{};
        event.header.sequence = Sequence{events.size() + 1};
        event.header.time = Time{clock.wall_ns() + static_cast<std::int64_t>(events.size())};
        event.header.kind = std::remove_cvref_t<decltype(body)>::kind;
        event.header.flags = kLastOfCommand;
        event.set(body);
        events.push_back(event);
    };
    GenesisApplied genesis;
    genesis.venue_id[0] = venue;
    add(genesis);
    add(EpochStarted{.epoch = 1});
    std::uint32_t account = kFirstCustomer.value;
    while (events.size() < commands) {
        if (random.chance(30))
            add(Ticked{.complete = 1});
        else
            add(AccountOpened{.account = AccountId{account++}, .account_kind = AccountKind::customer});
    }
    return events;
}

std::uint64_t hash_of(const std::vector<Event>& events, std::uint64_t count) {
    EventHash hash;
    for (std::uint64_t i = 0; i < count; ++i) hash.add(events[i]);
    return hash.value();
}

// The log behind a cursor, as much of it as has been made visible.
class TestLog final : public LogSource {
  public:
    struct Whole {
        std::vector<Event> events;
        std::uint64_t visible = std::numeric_limits<std::uint64_t>::max();
        // Fail the next peeks with this.
        ErrorCode error = ErrorCode::internal;
        int failures = 0;
        int opened = 0;
        bool busy = false;
    };
    TestLog(Whole& whole, const Cursor& cursor) : whole_(whole), at_(cursor.sequence.value) {
        ++whole.opened;
        if (at_ > whole.events.size()) throw HistoryError(ErrorCode::ahead, "so far the log does not go");
        if (at_ != 0 && hash_of(whole.events, at_) != cursor.event_hash)
            throw HistoryError(ErrorCode::diverged, "another log");
    }
    std::span<const Event> peek(std::size_t max) override {
        if (whole_.failures > 0) {
            --whole_.failures;
            throw HistoryError(whole_.error, "so the test wants it");
        }
        const std::uint64_t end = std::min<std::uint64_t>(whole_.visible, whole_.events.size());
        return std::span{whole_.events}.subspan(at_, std::min<std::uint64_t>(max, end - at_));
    }
    void release(std::size_t count) override { at_ += count; }
    [[nodiscard]] bool busy() const override { return whole_.busy; }
    [[nodiscard]] Progress progress() const override {
        return {.at = Sequence{at_}, .wanted = Sequence{std::min<std::uint64_t>(whole_.visible, whole_.events.size())}};
    }

  private:
    Whole& whole_;
    std::uint64_t at_;
};

// Keeps accounts and keys, and fails as it is told to.
class TestStore final : public Store {
    template <class Do>
    auto call(const char* what, const Do& does) {
        before_and_after(what, false);
        if constexpr (std::is_void_v<decltype(does())>) {
            does();
            before_and_after(what, true);
        } else {
            auto result = does();
            before_and_after(what, true);
            return result;
        }
    }

  public:
    std::uint64_t commits = 0;
    std::uint64_t rows = 0;  // of the last commit
    std::map<AccountId, AccountRow> accounts;
    std::vector<AuditRow> audit;
    std::function<void(const char* call, bool done)> before_and_after = [](const char*, bool) {};

    void open() override {
        call("open", [] {});
    }
    Cursor cursor() override {
        return call("cursor", [&] { return cursor_; });
    }
    StoredState load() override {
        return call("load", [&] {
            StoredState state;
            state.cursor = cursor_;
            state.keys = keys_;
            for (const auto& [id, row] : accounts) state.accounts.push_back(row);
            return state;
        });
    }
    void commit(const RowBatch& batch, const Units&) override {
        call("commit", [&] {
            if (cursor_ == batch.to) return;
            if (cursor_ != batch.from) throw HistoryError(ErrorCode::damaged, "it stands elsewhere");
            ++commits;
            rows = batch.rows();
            for (const AccountRow& row : batch.accounts) accounts[row.account_id] = row;
            for (const KeyRow& row : batch.keys) keys_.push_back(row);
            audit.insert(audit.end(), batch.audit_log.begin(), batch.audit_log.end());
            cursor_ = batch.to;
        });
    }
    void wipe() override {
        accounts.clear();
        keys_.clear();
        audit.clear();
        cursor_ = {};
    }
    std::uint64_t prune(Day) override { return 0; }
    [[nodiscard]] std::string name() const override { return "test"; }
    std::vector<TradeRow> trades(InstrumentId, Time, Time) override { return {}; }
    std::vector<TradeBustRow> trade_busts(InstrumentId, Time, Time) override { return {}; }
    std::vector<CandleRow> candles(InstrumentId, std::uint32_t, Time, Time) override { return {}; }

    [[nodiscard]] const Cursor& stands() const { return cursor_; }

  private:
    Cursor cursor_;
    std::vector<KeyRow> keys_;
};

struct Stand {
    ManualClock clock;
    TestLog::Whole log;
    TestStore store;
    ProjectorOptions options;
    std::unique_ptr<Projector> projector;

    explicit Stand(std::uint64_t commands, std::uint64_t seed = 1) { log.events = make_log(commands, clock, seed); }
    Projector& begin() {
        projector = std::make_unique<Projector>(
            store, [this](const Cursor& cursor) { return std::make_unique<TestLog>(log, cursor); }, clock, options);
        return *projector;
    }
    // A worker, for so long.
    void run(std::int64_t ms) {
        for (std::int64_t i = 0; i < ms; ++i) {
            for (int polls = 0; polls < 20 && projector->poll(); ++polls) {
            }
            clock.advance(kMs);
        }
    }
    void check_whole() const {
        CHECK(store.stands().sequence.value == log.events.size());
        CHECK(store.stands().event_hash == hash_of(log.events, log.events.size()));
    }
};

}  // namespace

TEST_CASE("projector: what is there is stored, once, and what comes later after a linger at most") {
    Stand stand(100);
    stand.log.visible = 50;
    Projector& projector = stand.begin();
    CHECK(projector.health().stage == Stage::opening);
    CHECK_FALSE(projector.caught_up());
    while (projector.poll()) {
    }
    // Nothing went for long: at once.
    CHECK(stand.store.stands().sequence.value == 50);
    CHECK(stand.store.commits == 1);
    CHECK(projector.health().stage == Stage::running);
    CHECK(projector.health().sequence == 50);
    CHECK(projector.health().waiting_time == 0);
    CHECK(projector.health().time == stand.log.events[49].header.time.value);
    CHECK(projector.caught_up());
    stand.clock.advance(kMs);
    stand.log.visible = 51;
    while (projector.poll()) {
    }
    CHECK(stand.store.commits == 1);
    CHECK_FALSE(projector.caught_up());
    CHECK(projector.health().waiting_time == stand.log.events[50].header.time.value);
    CHECK(projector.health().wanted == 51);
    stand.run(200);
    CHECK(stand.store.stands().sequence.value == 51);
    CHECK(stand.store.commits == 2);
    CHECK(projector.health().commits == 2);
    stand.log.visible = 100;
    stand.run(10);
    projector.flush();
    stand.check_whole();
    CHECK(projector.caught_up());
    CHECK(projector.reason().empty());
}

TEST_CASE("projector: full batches while the log is far behind, a linger when it is not") {
    Stand stand(5000);
    stand.options.max_rows = 1000;
    Projector& projector = stand.begin();
    const auto events_a_ms = [&](std::uint64_t ms, std::uint64_t each) {
        for (std::uint64_t i = 0; i < ms && stand.log.visible < 5000; ++i) {
            stand.log.visible += each;
            projector.poll();
            projector.poll();
            stand.clock.advance(kMs);
        }
    };
    // Live: small batches, of five lingers each.
    stand.log.visible = 0;
    events_a_ms(250, 4);
    CHECK(stand.store.commits >= 2);
    CHECK(stand.store.commits <= 5);
    // The log's time is long ago, and there is always more.
    stand.clock.advance(60'000 * kMs);
    const std::uint64_t before = stand.store.commits;
    stand.log.busy = true;
    stand.log.visible = 5000;
    std::uint64_t full = 0;
    while (stand.store.stands().sequence.value < 4000) {
        const std::uint64_t commits = stand.store.commits;
        projector.poll();
        stand.clock.advance(kMs * 5);
        if (stand.store.commits != commits) full += stand.store.rows >= 1000 ? 1 : 0;
    }
    // Besides what had waited for a minute.
    CHECK(full >= 3);
    CHECK(stand.store.commits - before == full + 1);
    // The rest, which is not enough for a batch, does not wait for ever although more seems to come.
    stand.run(3000);
    stand.check_whole();
}

TEST_CASE("projector: commands without rows move the cursor, not as often") {
    Stand stand(3);
    for (int i = 0; i < 400; ++i) {
        Event event{};
        event.header.sequence = Sequence{stand.log.events.size() + 1};
        event.header.time = stand.log.events.back().header.time;
        event.header.kind = EventKind::ticked;
        event.header.flags = kLastOfCommand;
        stand.log.events.push_back(event);
    }
    stand.log.visible = 3;
    stand.begin();
    stand.run(300);
    CHECK(stand.store.commits == 1);
    for (int i = 0; i < 400; ++i) {
        ++stand.log.visible;
        stand.run(1);
    }
    CHECK(stand.store.commits >= 2);
    CHECK(stand.store.commits <= 4);
    stand.run(300);
    stand.check_whole();
}

TEST_CASE("projector: whatever fails and whenever, the rows are those of one undisturbed pass") {
    constexpr std::array passing{ErrorCode::unreachable, ErrorCode::disk_full, ErrorCode::conflict,
                                 ErrorCode::timeout,     ErrorCode::locked,    ErrorCode::credentials,
                                 ErrorCode::stopped};
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        CAPTURE(seed);
        Random random(seed);
        Stand plain(600, seed);
        plain.begin();
        plain.run(500);
        plain.check_whole();
        Stand stand(600, seed);
        stand.options.max_rows = 1 + random.below(300);
        stand.options.retry_ns = static_cast<std::int64_t>(random.below(50)) * kMs;
        const auto percent = static_cast<unsigned>(random.below(60));
        stand.store.before_and_after = [&](const char*, bool) {
            if (random.chance(percent))
                throw HistoryError(passing[random.below(passing.size())], "so the test wants it");
        };
        stand.log.visible = 0;
        stand.begin();
        for (int round = 0; round < 100; ++round) {
            stand.log.visible += random.below(15);
            stand.run(static_cast<std::int64_t>(random.below(40)));
            if (random.chance(5)) {
                stand.log.error = ErrorCode::unreachable;
                stand.log.failures = 1;
            }
            // A stop, in peace or not.
            if (random.chance(5)) {
                if (random.chance(50)) stand.projector->flush();
                stand.begin();
            }
        }
        stand.log.visible = 600;
        stand.run(2000);
        stand.store.before_and_after = [](const char*, bool) {};
        stand.run(500);
        CHECK(stand.projector->health().stage == Stage::running);
        CHECK(stand.projector->reason().empty());
        stand.check_whole();
        CHECK(stand.store.stands() == plain.store.stands());
        CHECK(stand.store.accounts == plain.store.accounts);
        CHECK(stand.store.audit == plain.store.audit);
    }
}

TEST_CASE("projector: an error that may pass is told, and tried again no sooner than it should be") {
    Stand stand(50);
    bool away = true;
    int calls = 0;
    stand.store.before_and_after = [&](const char*, bool done) {
        calls += done ? 0 : 1;
        if (away) throw HistoryError(ErrorCode::unreachable, "nobody is there");
    };
    Projector& projector = stand.begin();
    stand.run(2500);
    CHECK(calls == 3);
    CHECK(projector.health().stage == Stage::retrying);
    CHECK(projector.health().errors == 3);
    CHECK(projector.reason().find("(unreachable)") != std::string::npos);
    CHECK(projector.reason().find("nobody is there") != std::string::npos);
    CHECK(projector.max_sleep_ms() <= 501);
    CHECK(projector.max_sleep_ms() > 400);
    away = false;
    stand.run(1000);
    CHECK(projector.health().stage == Stage::running);
    CHECK(projector.reason().empty());
    stand.check_whole();
    // While it is away the source is read no further than one batch.
    CHECK(stand.log.opened == 1);
}

TEST_CASE("projector: an error that does not pass stops it, and it says which") {
    for (const ErrorCode code : {ErrorCode::bad_url, ErrorCode::newer_schema, ErrorCode::other_venue,
                                 ErrorCode::damaged, ErrorCode::internal}) {
        for (const char* at : {"open", "load", "commit"}) {
            Stand stand(50);
            stand.store.before_and_after = [&](const char* call, bool) {
                if (std::string_view{call} == at) throw HistoryError(code, "for good");
            };
            Projector& projector = stand.begin();
            stand.run(3000);
            CHECK(projector.health().stage == Stage::stopped);
            CHECK(projector.health().errors == 1);
            CHECK(projector.reason().find(std::string(to_string(code))) != std::string::npos);
            CHECK_FALSE(projector.poll());
            CHECK_FALSE(projector.caught_up());
            CHECK(projector.max_sleep_ms() >= 1000);
            projector.flush();
            CHECK(stand.store.commits == 0);
        }
    }
    // Those of the source, at its beginning and later.
    Stand ahead(50);
    ahead.begin();
    ahead.run(100);
    ahead.log.events.resize(20);
    Projector& projector = ahead.begin();
    ahead.run(100);
    CHECK(projector.health().stage == Stage::stopped);
    CHECK(projector.reason().find("(ahead)") != std::string::npos);
    Stand later(50);
    later.begin();
    later.run(100);
    later.log.error = ErrorCode::log_unreadable;
    later.log.failures = 1;
    later.run(100);
    CHECK(later.projector->health().stage == Stage::stopped);
    // What is no HistoryError is a defect.
    Stand defect(50);
    defect.store.before_and_after = [](const char*, bool) { throw std::runtime_error("what is that?"); };
    defect.begin();
    defect.run(100);
    CHECK(defect.projector->health().stage == Stage::stopped);
    CHECK(defect.projector->reason().find("what is that?") != std::string::npos);
}

TEST_CASE("projector: events that contradict each other are not stored") {
    Stand stand(50);
    for (Event& event : stand.log.events) {
        if (event.header.kind != EventKind::account_opened || event.header.sequence.value < 20) continue;
        auto opened = event.as<AccountOpened>();
        opened.account.value += 5;
        event.set(opened);
        break;
    }
    stand.begin();
    stand.run(100);
    CHECK(stand.projector->health().stage == Stage::stopped);
    CHECK(stand.projector->reason().find("(impossible_event)") != std::string::npos);
    CHECK(stand.store.stands().sequence.value < 30);
}

TEST_CASE("projector: a store that somebody else has moved meanwhile is read anew") {
    Stand stand(200);
    stand.log.visible = 100;
    stand.begin();
    stand.run(300);
    REQUIRE(stand.store.stands().sequence.value == 100);
    // A rebuild from the start, while the connection is lost in the middle of our commit.
    bool lost = false;
    stand.store.before_and_after = [&](const char* call, bool) {
        if (std::string_view{call} != "commit" || std::exchange(lost, true)) return;
        stand.store.wipe();
        throw HistoryError(ErrorCode::unreachable, "the connection is gone");
    };
    stand.log.visible = 150;
    stand.run(3000);
    CHECK(lost);
    CHECK(stand.log.opened == 2);
    CHECK(stand.store.stands().sequence.value == 150);
    stand.log.visible = 200;
    stand.run(300);
    stand.check_whole();
    Stand plain(200);
    plain.begin();
    plain.run(300);
    CHECK(stand.store.accounts == plain.store.accounts);
    CHECK(stand.store.audit == plain.store.audit);
}

}  // namespace dcx::history
