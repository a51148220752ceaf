#include "simulation/simulation.h"

#include <algorithm>
#include <cerrno>
#include <limits>

#include "engine/replayer.h"
#include "engine/snapshots.h"
#include "journal/recovery.h"
#include "simulation/account_check.h"

namespace dcx::simulation {
namespace {

constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

std::string number(std::uint64_t value) { return std::to_string(value); }

}  // namespace

Simulation::Simulation(const Scenario& scenario)
    : scenario_(scenario),
      random_(scenario.seed ^ 0x73696D),
      network_(world_, scenario_),
      witness_(world_),
      journal_(world_),
      prints_(world_) {
    reset_nonces();
    disk_.observe(this);
    snapshots_.observe(this);
    workload_.left = scenario.max_commands;
    const Outside outside{world_, network_, witness_, prints_, scenario_};
    operator_ = std::make_unique<Operator>(
        outside,
        SessionClient::Identity{
            .key = KeyId{1u}, .seed = Operator::seed_of(1), .client_session = 1, .random_seed = random_.next()},
        scenario.traders, workload_);
    for (std::uint32_t i = 0; i < scenario.traders; ++i) {
        SharedAccount& account = accounts_.emplace_back();
        account.account = Operator::account_of(i);
        // Every other account trades through two sessions.
        for (std::uint64_t session = 1; session <= 1 + i % 2; ++session)
            traders_.push_back(std::make_unique<Trader>(outside,
                                                        SessionClient::Identity{.key = KeyId{2 + i},
                                                                                .seed = Operator::seed_of(2 + i),
                                                                                .client_session = session,
                                                                                .random_seed = random_.next()},
                                                        account, workload_));
    }
    for (std::uint32_t i = 0; i < scenario.subscribers; ++i)
        subscribers_.push_back(std::make_unique<FeedSubscriber>(outside, random_.next()));
    crash_ns_ = after(scenario.crash_every_ns);
    reset_ns_ = after(scenario.reset_every_ns);
    vanish_ns_ = after(scenario.vanish_every_ns);
    partition_ns_ = after(scenario.partition_every_ns);
    jump_ns_ = after(scenario.clock_jump_every_ns);
}

Simulation::~Simulation() {
    disk_.observe(nullptr);
    snapshots_.observe(nullptr);
    network_.process_gone(false);
    venue_.reset();
}

std::int64_t Simulation::after(std::int64_t mean_ns) {
    return mean_ns == 0 ? kNever : world_.now() + random_.between(1, 2 * mean_ns);
}

Outcome Simulation::run() {
    const auto length = static_cast<std::int64_t>(scenario_.hours * 3600.0 * static_cast<double>(kSecond));
    run_until(length);
    if (!world_.is_broken()) settle();
    Outcome outcome{.broken = world_.verdict(),
                    .trace = world_.trace.value(),
                    .simulated_ns = world_.now(),
                    .commands = witness_.last(),
                    .trades = witness_.trades(),
                    .starts = starts_,
                    .refused_starts = refused_starts_,
                    .rot_refused = journal_.refused() + snapshot_trials_,
                    .rot_cut = journal_.cut(),
                    .faults = faults_,
                    .compared = prints_.compared(),
                    .bytes = network_.bytes_moved(),
                    .notes = {}};
    if (outcome.broken.empty()) return outcome;
    outcome.notes.assign(world_.notes().begin(), world_.notes().end());
    for (std::string& line : witness_.last_events(12)) outcome.notes.push_back(std::move(line));
    return outcome;
}

void Simulation::run_until(std::int64_t end_ns) {
    while (world_.now() < end_ns && !world_.is_broken()) {
        bool worked = run_faults();
        if (world_.is_broken()) return;
        worked |= round();
        if (process_dead_) {
            kill("in an operation of the disk");
            continue;
        }
        if (worked)
            world_.clock.advance(random_.between(1, 20) * kUs);
        else
            advance_idle(end_ns);
    }
}

bool Simulation::round() {
    bool worked = network_.deliver();
    worked |= run_clients();
    return run_parts() || worked;
}

template <class Each>
void Simulation::each_session(Each&& each) {
    each(static_cast<SessionClient&>(*operator_));
    if (!operator_->set_up()) return;
    for (auto& trader : traders_) each(static_cast<SessionClient&>(*trader));
}

bool Simulation::run_clients() {
    bool worked = false;
    each_session([&](SessionClient& client) {
        if (client.next_ns() > world_.now()) return;
        client.act();
        worked = true;
    });
    for (auto& subscriber : subscribers_) {
        if (subscriber->next_ns() > world_.now()) continue;
        subscriber->act();
        worked = true;
    }
    return worked;
}

// Each part once, in any order, but for those that are stalled or passed over.
bool Simulation::run_parts() {
    if (venue_ == nullptr || opening_) return false;
    std::array<SimulatedVenue::Part, SimulatedVenue::kParts> order{
        SimulatedVenue::gateway_part, SimulatedVenue::engine_part, SimulatedVenue::journal_part,
        SimulatedVenue::feed_part, SimulatedVenue::auditor_part};
    for (std::size_t i = order.size() - 1; i > 0; --i) std::swap(order[i], order[random_.below(i + 1)]);
    bool worked = false;
    for (const auto part : order) {
        if (running_[part]) continue;
        if (stalled_until_[part] > world_.now()) continue;
        if (!quiet_ && random_.below(1000) < scenario_.stalls)
            stalled_until_[part] = world_.now() + random_.between(1, 50) * kMs;
        running_[part] = true;
        worked |= venue_->poll(part);
        running_[part] = false;
        // Now and then, because it looks at everything.
        if (part == SimulatedVenue::feed_part && worked && ++feed_turns_ % 512 == 0 && !process_dead_)
            (void)compare_accounts(venue_->private_feed(), witness_, world_);
        if (process_dead_) return true;
    }
    return worked;
}

// To the next thing that happens.
void Simulation::advance_idle(std::int64_t end_ns) {
    std::int64_t next = std::min(end_ns, next_fault_ns());
    next = std::min(next, network_.next_ns());
    next = std::min(next, network_.take_wake_ns());
    each_session([&](const SessionClient& client) { next = std::min(next, client.next_ns()); });
    for (const auto& subscriber : subscribers_) next = std::min(next, subscriber->next_ns());
    if (venue_ != nullptr && !opening_) {
        for (std::size_t i = 0; i < SimulatedVenue::kParts; ++i) {
            const auto part = static_cast<SimulatedVenue::Part>(i);
            if (running_[i]) continue;
            const std::int64_t sleep = std::min(venue_->max_sleep_ms(part), 60'000);
            next = std::min(next, std::max(stalled_until_[i], world_.now() + sleep * kMs));
        }
    }
    world_.clock.advance(std::max<std::int64_t>(next - world_.now(), kUs));
}

// ---- what goes wrong

std::int64_t Simulation::next_fault_ns() const {
    if (venue_ == nullptr) return start_ns_;
    std::int64_t next = failed_ns_ != 0 ? failed_ns_ + kSecond : kNever;
    if (stop_by_ns_ != 0) next = std::min(next, stop_by_ns_);
    if (quiet_) return next;
    if (stop_by_ns_ == 0) next = std::min(next, crash_ns_);
    return std::min({next, reset_ns_, vanish_ns_, partition_ns_, jump_ns_});
}

bool Simulation::run_faults() {
    const std::int64_t now = world_.now();
    if (venue_ == nullptr) {
        if (now < start_ns_) return false;
        start_venue();
        return true;
    }
    if (venue_->auditor().health().failed.load()) world_.broken(venue_->auditor().reason());
    if (venue_->engine().status().failed()) {
        // Its clients hear it, and after a while an operator starts it again.
        if (failed_ns_ == 0) {
            failed_ns_ = now;
            world_.note("the engine has stopped: " + venue_->engine().status().reason());
            if (!faulted_) world_.broken("the engine failed without a fault: " + venue_->engine().status().reason());
            venue_->refuse_clients();
        } else if (now - failed_ns_ >= kSecond) {
            kill("after its engine failed");
            return true;
        }
    }
    if (stop_by_ns_ != 0) {
        if (venue_->stopped()) {
            end_life();
            return true;
        }
        if (now > stop_by_ns_ && failed_ns_ == 0) world_.broken("the venue does not stop");
    }
    if (quiet_) return false;
    if (now >= reset_ns_) {
        reset_ns_ = after(scenario_.reset_every_ns);
        network_.reset_one();
    }
    if (now >= vanish_ns_) {
        vanish_ns_ = after(scenario_.vanish_every_ns);
        network_.vanish_one();
    }
    if (now >= partition_ns_) {
        partition_ns_ = after(scenario_.partition_every_ns);
        network_.partition(now + random_.between(1, 20'000) * kMs);
    }
    if (now >= jump_ns_) {
        jump_ns_ = after(scenario_.clock_jump_every_ns);
        const std::int64_t by = jumped_ != 0         ? -jumped_
                                : random_.chance(30) ? random_.between(-900, 900) * kMs
                                                     : random_.between(-7200, 7200) * kSecond;
        world_.note("the wall clock jumps by " + std::to_string(by / kMs) + " ms");
        jumped_ += by;
        world_.clock.jump(by);
        faulted_ = true;
    }
    if (now >= crash_ns_ && stop_by_ns_ == 0) {
        crash_ns_ = after(scenario_.crash_every_ns);
        if (random_.chance(scenario_.clean_stops)) {
            world_.note("the venue is stopped");
            venue_->begin_stop(random_.chance(30) ? static_cast<std::uint32_t>(random_.between(1, 20'000)) : 0);
            stop_by_ns_ = now + 120 * kSecond;
        } else if (random_.chance(scenario_.kills_in_io)) {
            kill_in_ = random_.below(40);
        } else {
            kill("between two turns");
            return true;
        }
    }
    return false;
}

void Simulation::kill(const char* how) {
    const bool power = random_.chance(scenario_.power_losses);
    world_.note(std::string{power ? "power is lost " : "the process is killed "} + how);
    // What it does from here on, in its destructors too, has no effect.
    network_.process_gone(power);
    disk_.kill();
    snapshots_.kill();
    venue_.reset();
    snapshots_.revive();
    if (power) crash_disks();
    kill_in_.reset();
    process_dead_ = false;
    stopped_hash_.reset();
    stop_by_ns_ = failed_ns_ = 0;
    start_ns_ = world_.now() + random_.between(1, 2 * scenario_.down_ns);
}

void Simulation::end_life() {
    world_.note("the venue has stopped in order");
    if (venue_->engine().status().failed()) return kill("while it stopped");
    stopped_hash_ = venue_->engine().core().state_hash();
    network_.process_gone(false);
    venue_.reset();
    // A machine that is switched off after a clean stop.
    if (random_.chance(50)) crash_disks();
    kill_in_.reset();
    stop_by_ns_ = failed_ns_ = 0;
    start_ns_ = world_.now() + random_.between(1, 2 * scenario_.down_ns);
}

void Simulation::start_venue() {
    faulted_ = false;
    opening_ = true;
    stalled_until_ = {};
    if (!quiet_ && scenario_.crash_every_ns != 0 && random_.chance(10)) kill_in_ = random_.below(60);
    auto opened = SimulatedVenue::open({world_, network_, disk_, snapshots_, witness_, scenario_});
    opening_ = false;
    if (!opened) {
        ++refused_starts_;
        world_.note("the start is refused: " + opened.error());
        if (!faulted_ && !process_dead_) world_.broken("the start is refused without a fault: " + opened.error());
        disk_.revive();
        snapshots_.revive();
        if (process_dead_ && random_.chance(scenario_.power_losses)) crash_disks();
        process_dead_ = false;
        kill_in_.reset();
        start_ns_ = world_.now() + random_.between(1, 2 * scenario_.down_ns);
        return;
    }
    venue_ = std::move(*opened);
    // The last thing it did of its start.
    if (process_dead_) return kill("at the end of its start");
    ++starts_;
    const auto& report = venue_->engine().start_report();
    world_.note("the venue starts: epoch " + number(report.epoch) + ", " + number(report.replayed.value) +
                " commands, " + number(report.snapshot.value) + " of them by a snapshot" +
                (report.tail ? ", a torn tail was cut" : ""));
    if (report.replayed.value < witness_.last())
        return world_.broken("what was acknowledged is lost: the venue starts with sequence " +
                             number(report.replayed.value) + ", seen was " + number(witness_.last()));
    if (!report.skipped_snapshots.empty() && !faulted_)
        world_.broken("a snapshot that was whole is passed over: " + report.skipped_snapshots.front());
    disk_.observe(nullptr);
    examine();
    disk_.observe(this);
    venue_->serve();
}

// The log as it is on the disk now, against everything that was seen, sent and written.
void Simulation::examine() {
    const bool fresh = venue_->engine().start_report().fresh;
    const FoundLog log = journal_.check(disk_);
    check_requests(log);
    journal::MemoryStorage storage{disk_};
    HeapMemory memory;
    const auto replayer = engine::Replayer::open(storage, memory);
    if (!replayer) return world_.broken("the log cannot be read: " + replayer.error());
    witness_.begin_log();
    for (auto events = (*replayer)->peek(256); !events.empty(); events = (*replayer)->peek(256)) {
        for (const Event& event : events) witness_.take_log(event);
        (*replayer)->release(events.size());
    }
    if ((*replayer)->failed()) return world_.broken("the log cannot be replayed: " + (*replayer)->error());
    const core::Core& replayed = (*replayer)->core();
    if (!fresh || !log.commands.empty()) witness_.end_log();
    if (const std::string wrong = replayed.check_invariants(); !wrong.empty())
        world_.broken("after the replay: " + wrong);
    const Digest hash = replayed.state_hash();
    if (!fresh && hash != venue_->engine().core().state_hash())
        world_.broken("the venue starts with another state than its log gives");
    if (stopped_hash_ && hash != *stopped_hash_)
        world_.broken("the log gives another state than the one that the venue stopped with");
    stopped_hash_.reset();
    witness_.begin_restored(fresh);
    for (std::uint32_t i = 0; i < scenario_.rot_trials; ++i) {
        journal_.try_rot(disk_, random_);
        try_snapshot_rot();
    }
    try_second_process();
}

// A copy of the snapshots is damaged in one of them: it is passed over with its name, and the next older one is used.
void Simulation::try_snapshot_rot() {
    const auto copy = snapshots_.copy();
    std::vector<std::string> names;
    for (const std::string& name : copy->names())
        if (name.ends_with(".snapshot")) names.insert(names.begin(), name);
    if (names.empty()) return;
    const std::string& name = names.front();
    auto bytes = copy->get(name);
    const std::size_t at = random_.below(bytes.size());
    bytes[at] ^= std::byte(1u << random_.below(8));
    copy->put(name, std::move(bytes));
    journal::MemoryStorage storage{*copy};
    HeapMemory memory;
    const auto result = engine::load_snapshot(storage, memory);
    ++snapshot_trials_;
    if (!result || result->skipped.size() != 1 || result->skipped.front().find(name) == std::string::npos)
        return world_.broken("a bit flipped at " + number(at) + " of " + name + ", and it is not passed over");
    if (result->loaded.has_value() != (names.size() > 1))
        world_.broken("a bit flipped in " + name + ", and the snapshot before it is not used");
}

// While one process has the journal, another one is refused.
void Simulation::try_second_process() {
    if (!random_.chance(20)) return;
    journal::MemoryStorage storage{disk_};
    const auto recovered = journal::recover(storage);
    if (recovered)
        world_.broken("a second process is let into the journal");
    else if (recovered.error().kind != journal::RecoveryErrorKind::storage_failed)
        world_.broken("a second process is refused for another reason: " + recovered.error().message);
}

// Every request that is in the log is one that was sent, once, in its order and byte for byte.
void Simulation::check_requests(const FoundLog& log) {
    std::map<std::uint32_t, std::uint64_t> next;
    std::map<std::uint32_t, const SessionClient*> owners;
    each_session([&](const SessionClient& client) {
        if (client.session()) owners[client.session().value] = &client;
    });
    for (const Command& command : log.commands) {
        const std::uint32_t session = command.header.session.value;
        if (command.header.session_sequence == 0) continue;
        const std::uint64_t n = ++next[session];
        if (command.header.session_sequence != n)
            return world_.broken("session " + number(session) + " has request " +
                                 number(command.header.session_sequence) + " in the log where " + number(n) +
                                 " follows");
        const auto owner = owners.find(session);
        if (owner == owners.end()) continue;
        const auto& sent = owner->second->sent();
        const bool same = n <= sent.size() && sent[n - 1].kind == command.header.kind &&
                          std::equal(sent[n - 1].body.begin(), sent[n - 1].body.end(), command.body.begin());
        if (!same)
            return world_.broken("request " + number(n) + " of session " + number(session) +
                                 " is in the log otherwise than it was sent");
    }
}

// ---- the disk

std::optional<journal::Fault> Simulation::before(const journal::Access& access) {
    if (process_dead_)
        return journal::Fault{.operation = access.operation, .code = EIO, .trouble = journal::Trouble::killed};
    world_.trace.add(static_cast<std::uint64_t>(access.operation) << 56 ^ access.offset << 20 ^ access.size);
    if (access.operation == journal::Operation::write) {
        world_.trace.add(access.bytes);
        journal_.on_write(access.bytes);
    }
    if (kill_in_ && (*kill_in_)-- == 0) {
        kill_in_.reset();
        process_dead_ = true;
        return journal::Fault{.operation = access.operation,
                              .code = EIO,
                              .short_bytes = random_.chance(30) ? access.size : random_.below(access.size + 1),
                              .trouble = journal::Trouble::killed};
    }
    if (access.operation == journal::Operation::sync) {
        std::int64_t ns = random_.between(scenario_.sync_ns / 2, scenario_.sync_ns * 3 / 2);
        if (!quiet_ && random_.below(1000) < scenario_.slow_syncs) ns *= 100;
        work_on_disk(ns);
        if (process_dead_)
            return journal::Fault{.operation = access.operation, .code = EIO, .trouble = journal::Trouble::killed};
    }
    return quiet_ ? std::nullopt : draw_fault(access);
}

std::optional<journal::Fault> Simulation::draw_fault(const journal::Access& access) {
    using journal::Operation;
    const auto strikes = [&](std::uint32_t rate) { return rate != 0 && random_.below(1'000'000) < rate; };
    std::uint32_t rate = 0;
    switch (access.operation) {
        case Operation::write: rate = scenario_.write_errors; break;
        case Operation::sync: rate = scenario_.sync_errors; break;
        case Operation::create:
        case Operation::rename:
        case Operation::remove:
        case Operation::sync_folder: rate = scenario_.folder_errors; break;
        case Operation::read:
        case Operation::open:
        case Operation::list: rate = scenario_.read_errors; break;
    }
    if (strikes(rate)) {
        ++faults_;
        faulted_ = true;
        const bool full = access.operation == Operation::write || access.operation == Operation::create;
        return journal::Fault{.operation = access.operation,
                              .code = full && random_.chance(50) ? ENOSPC : EIO,
                              .short_bytes = random_.below(access.size + 1)};
    }
    if (access.operation == Operation::write && strikes(scenario_.in_pieces)) {
        ++faults_;
        return journal::Fault{.operation = access.operation, .trouble = journal::Trouble::in_pieces};
    }
    return std::nullopt;
}

// Everybody else goes on while the journal waits for its disk.
void Simulation::work_on_disk(std::int64_t ns) {
    const std::int64_t end = world_.now() + ns;
    while (world_.now() < end && !process_dead_ && !world_.is_broken()) {
        if (round())
            world_.clock.advance(std::min(random_.between(1, 20) * kUs, end - world_.now()));
        else
            advance_idle(end);
    }
}

// ---- the end

// No more faults and no more work: everybody comes to rest, and everything must agree.
void Simulation::settle() {
    quiet_ = true;
    kill_in_.reset();
    workload_.left = 0;
    world_.note("the end: no more faults");
    if (jumped_ != 0) {
        world_.clock.jump(-jumped_);
        faulted_ = true;
    }
    each_session([](SessionClient& client) { client.rest(); });
    if (stop_by_ns_ != 0) run_until(world_.now() + 130 * kSecond);
    // Whatever was half-open has timed out by then.
    for (int minute = 0; minute < 6 && !world_.is_broken(); ++minute) {
        run_until(world_.now() + 30 * kSecond);
        bool settled = venue_ != nullptr && !venue_->engine().status().failed() && operator_->settled() &&
                       venue_->auditor().sequence() == venue_->engine().durable();
        each_session([&](const SessionClient& client) { settled = settled && client.settled(); });
        for (const auto& subscriber : subscribers_) settled = settled && subscriber->subscribed();
        if (settled) return check_at_rest();
    }
    std::string awake;
    each_session([&](const SessionClient& client) {
        if (!client.settled()) awake += " session " + number(client.session().value);
    });
    for (const auto& subscriber : subscribers_)
        if (!subscriber->subscribed()) awake += " a subscriber";
    world_.broken("not everybody comes to rest:" + (awake.empty() ? " the venue" : awake));
}

void Simulation::check_at_rest() {
    for (const auto& subscriber : subscribers_) subscriber->compare();
    if (venue_->engine().durable() != venue_->engine().applied()) world_.broken("not everything is durable at rest");
    if (witness_.last() != venue_->engine().applied().value) world_.broken("not everything was told at rest");
    if (!compare_accounts(venue_->private_feed(), witness_, world_))
        world_.broken("the private channels did not come to rest");
    if (const std::string wrong = venue_->engine().core().check_invariants(); !wrong.empty())
        world_.broken("at rest: " + wrong);
    venue_->begin_stop();
    stop_by_ns_ = world_.now() + 120 * kSecond;
    run_until(world_.now() + 130 * kSecond);
    if (starts_ > 0 && !world_.is_broken() && venue_ == nullptr) world_.broken("the venue does not start again");
}

void Simulation::crash_disks() {
    disk_.crash(random_.next(), scenario_.stale);
    snapshots_.crash(random_.next());
}

Outcome run(const Scenario& scenario) { return Simulation(scenario).run(); }

}  // namespace dcx::simulation
