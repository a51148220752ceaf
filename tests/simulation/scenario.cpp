#include "simulation/scenario.h"

#include <algorithm>
#include <cstdlib>

#include "base/check.h"
#include "base/random.h"
#include "simulation/world.h"

namespace dcx::simulation {
namespace {

// A number of a scenario by its name. Those that are parts can be 0.
struct Number {
    std::string_view name;
    bool part;
    std::int64_t (*get)(const Scenario&);
    void (*set)(Scenario&, std::int64_t);
};
#define DCX_NUMBER(name, part)                                                                     \
    Number {                                                                                       \
        #name, part, [](const Scenario& s) { return static_cast<std::int64_t>(s.name); },          \
            [](Scenario& s, std::int64_t value) { s.name = static_cast<decltype(s.name)>(value); } \
    }
constexpr Number kNumbers[] = {
    DCX_NUMBER(subscribers, true),
    DCX_NUMBER(bad_frames, true),
    DCX_NUMBER(twice, true),
    DCX_NUMBER(operator_actions, true),
    DCX_NUMBER(queries, true),
    DCX_NUMBER(fragments, true),
    DCX_NUMBER(short_sends, true),
    DCX_NUMBER(accept_errors, true),
    DCX_NUMBER(reset_every_ns, true),
    DCX_NUMBER(vanish_every_ns, true),
    DCX_NUMBER(partition_every_ns, true),
    DCX_NUMBER(slow_syncs, true),
    DCX_NUMBER(write_errors, true),
    DCX_NUMBER(sync_errors, true),
    DCX_NUMBER(folder_errors, true),
    DCX_NUMBER(read_errors, true),
    DCX_NUMBER(in_pieces, true),
    DCX_NUMBER(rot_trials, true),
    DCX_NUMBER(stale, true),
    DCX_NUMBER(power_losses, true),
    DCX_NUMBER(clean_stops, true),
    DCX_NUMBER(kills_in_io, true),
    DCX_NUMBER(clock_jump_every_ns, true),
    DCX_NUMBER(stalls, true),
    DCX_NUMBER(jitter_ns, true),
    DCX_NUMBER(latency_ns, true),
    DCX_NUMBER(crash_every_ns, true),
    DCX_NUMBER(traders, false),
    DCX_NUMBER(max_commands, false),
    DCX_NUMBER(burst, false),
};
#undef DCX_NUMBER

const Number* find(std::string_view name) {
    for (const Number& number : kNumbers)
        if (number.name == name) return &number;
    return nullptr;
}

void draw_clients(Scenario& s, Random& random) {
    s.traders = static_cast<std::uint32_t>(2 + random.below(5));
    s.subscribers = static_cast<std::uint32_t>(random.below(4));
    s.burst = static_cast<std::uint32_t>(1 + random.below(8));
    s.price_range = static_cast<std::uint32_t>(3 + random.below(30));
    if (random.chance(40)) s.bad_frames = static_cast<std::uint32_t>(random.below(20));
    if (random.chance(60)) s.twice = static_cast<std::uint32_t>(random.below(400));
    if (random.chance(60)) s.operator_actions = static_cast<std::uint32_t>(random.below(600));
    s.queries = static_cast<std::uint32_t>(random.below(200));
}

void draw_network(Scenario& s, Random& random, std::int64_t length) {
    s.latency_ns = random.chance(30) ? 0 : random.between(1, 5'000) * kUs;
    s.jitter_ns = random.chance(40) ? 0 : random.between(1, 20'000) * kUs;
    s.socket_buffer = random.chance(40) ? 2048 : 64 * 1024;
    if (random.chance(50)) s.fragments = static_cast<std::uint32_t>(random.below(600));
    if (random.chance(30)) s.short_sends = static_cast<std::uint32_t>(random.below(500));
    if (random.chance(20)) s.accept_errors = static_cast<std::uint32_t>(random.below(300));
    if (random.chance(40)) s.reset_every_ns = length / random.between(2, 30);
    if (random.chance(30)) s.vanish_every_ns = length / random.between(2, 10);
    if (random.chance(30)) s.partition_every_ns = length / random.between(2, 10);
}

void draw_disk(Scenario& s, Random& random) {
    s.sync_ns = random.between(1, 2'000) * kUs;
    if (random.chance(30)) s.slow_syncs = static_cast<std::uint32_t>(random.below(100));
    if (random.chance(25)) s.write_errors = static_cast<std::uint32_t>(random.below(4000));
    if (random.chance(25)) s.sync_errors = static_cast<std::uint32_t>(random.below(4000));
    if (random.chance(25)) s.folder_errors = static_cast<std::uint32_t>(random.below(100'000));
    if (random.chance(25)) s.read_errors = static_cast<std::uint32_t>(random.below(30'000));
    if (random.chance(30)) s.in_pieces = static_cast<std::uint32_t>(random.below(500'000));
    if (random.chance(50)) s.rot_trials = static_cast<std::uint32_t>(1 + random.below(4));
    s.stale = random.chance(30);
}

void draw_ends(Scenario& s, Random& random, std::int64_t length) {
    if (random.chance(85)) s.crash_every_ns = length / random.between(2, 12);
    s.power_losses = static_cast<std::uint32_t>(random.below(101));
    s.clean_stops = static_cast<std::uint32_t>(random.below(40));
    s.kills_in_io = static_cast<std::uint32_t>(random.below(101));
    s.down_ns = random.between(1, 3'000) * kMs;
    if (random.chance(15)) s.clock_jump_every_ns = length / random.between(1, 4);
    if (random.chance(50)) s.stalls = static_cast<std::uint32_t>(random.below(20));
}

}  // namespace

Scenario draw_scenario(std::uint64_t seed, double hours) {
    // Neighbouring seeds must not draw from the same stream a step apart.
    Random random{Random{seed}.next()};
    Scenario s;
    s.seed = seed;
    // From half a minute to a quarter of an hour, mostly short.
    const double drawn = (30.0 + 300.0 * random.unit() * random.unit() * (random.chance(10) ? 3 : 1)) / 3600.0;
    s.hours = hours > 0 ? hours : drawn;
    const auto length = static_cast<std::int64_t>(s.hours * 3600.0 * static_cast<double>(kSecond));

    constexpr std::uint64_t sizes[] = {8192, 16384, 65536, 262144};
    s.segment_size = sizes[random.below(4)];
    s.checkpoint_every = 1 + random.below(120);
    s.max_fills = static_cast<std::uint32_t>(2 + random.below(16));
    s.max_transfer_ids = random.chance(30) ? 32 : 4096;
    s.event_ring = random.chance(30) ? 64 : 4096;
    s.command_ring = random.chance(30) ? 16 : 256;
    s.single = random.chance(50);
    s.old_rules = random.chance(40);
    s.snapshot_every = static_cast<std::uint32_t>(random.between(30, 600));
    s.keep_snapshots = static_cast<std::uint32_t>(random.between(1, 3));
    s.max_commands = static_cast<std::uint32_t>(200 + random.below(1400));
    // A long run has more to do.
    if (hours > 0.25) s.max_commands *= static_cast<std::uint32_t>(hours * 4);

    draw_clients(s, random);
    draw_network(s, random, length);
    draw_disk(s, random);
    draw_ends(s, random, length);
    // So that the work lasts about as long as the run.
    s.pause_ns = length * s.traders * (s.burst + 1) / 2 / s.max_commands + 1;
    return s;
}

const std::vector<std::string_view>& Scenario::parts() {
    static const std::vector<std::string_view> names = [] {
        std::vector<std::string_view> result;
        for (const Number& number : kNumbers)
            if (number.part) result.push_back(number.name);
        return result;
    }();
    return names;
}

bool Scenario::set(std::string_view name, std::int64_t value) {
    if (name == "seconds") return hours = static_cast<double>(value) / 3600.0, true;
    const Number* number = find(name);
    if (number == nullptr) return false;
    number->set(*this, value);
    return true;
}

bool Scenario::apply(std::string_view options) {
    while (!options.empty()) {
        const std::string_view one = options.substr(0, options.find(','));
        options.remove_prefix(std::min(options.size(), one.size() + 1));
        const auto equals = one.find('=');
        if (equals == one.npos) return false;
        const std::string value{one.substr(equals + 1)};
        if (!set(one.substr(0, equals), std::strtoll(value.c_str(), nullptr, 10))) return false;
    }
    return true;
}

std::int64_t Scenario::get(std::string_view name) const {
    const Number* number = find(name);
    DCX_CHECK(number != nullptr);
    return number->get(*this);
}

std::string Scenario::text() const {
    std::string out = "seed " + std::to_string(seed) + ", " + std::to_string(static_cast<std::int64_t>(hours * 3600)) +
                      " s, segments of " + std::to_string(segment_size) + " bytes, sync " +
                      std::to_string(sync_ns / kUs) + " us\n";
    for (const Number& number : kNumbers)
        if (number.get(*this) != 0)
            out += "  " + std::string{number.name} + " " + std::to_string(number.get(*this)) + "\n";
    return out;
}

std::string Scenario::options() const {
    const Scenario drawn = draw_scenario(seed);
    std::string out = "seconds=" + std::to_string(static_cast<std::int64_t>(hours * 3600));
    for (const Number& number : kNumbers)
        if (number.get(*this) != number.get(drawn))
            out += "," + std::string{number.name} + "=" + std::to_string(number.get(*this));
    return out;
}

}  // namespace dcx::simulation
