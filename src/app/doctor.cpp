#include "app/doctor.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

namespace dcx::app {

namespace {

constexpr std::uint64_t kMib = std::uint64_t{1} << 20;
constexpr std::uint64_t kGib = std::uint64_t{1} << 30;

std::optional<std::uint64_t> number_in(std::string_view text) {
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string bytes_text(std::uint64_t bytes) {
    char text[32];
    if (bytes >= kGib)
        std::snprintf(text, sizeof text, "%.1f GiB", static_cast<double>(bytes) / static_cast<double>(kGib));
    else
        std::snprintf(text, sizeof text, "%.0f MiB", static_cast<double>(bytes) / static_cast<double>(kMib));
    return text;
}

// How many numbers a list of the kernel has, "0-3,8"; 0 for one that is empty or none.
std::size_t count_of(const std::string& list) {
    std::size_t count = 0;
    std::istringstream parts(list);
    for (std::string part; std::getline(parts, part, ',');) {
        const std::size_t dash = part.find('-');
        const auto first = number_in(part.substr(0, dash));
        const auto last = dash == part.npos ? first : number_in(part.substr(dash + 1));
        if (first && last && *last >= *first) count += *last - *first + 1;
    }
    return count;
}

// "always [madvise] never": the one in brackets.
std::string chosen_of(const std::string& choices) {
    const std::size_t open = choices.find('[');
    const std::size_t close = choices.find(']');
    return open == choices.npos || close == choices.npos ? choices : choices.substr(open + 1, close - open - 1);
}

class Examination {
  public:
    Examination(std::string root, const LiveFacts& live) : root_(std::move(root)), live_(live) {}

    std::vector<Finding> run() {
        processors();
        frequency();
        huge_pages();
        memory();
        limits();
        kernel();
        clock();
        numa();
        disk();
        venue();
        return std::move(findings_);
    }

  private:
    static constexpr const char* kCpu = "/sys/devices/system/cpu/";

    void add(const char* name, std::string found, Verdict verdict, std::string change = {}) {
        if (verdict == Verdict::good) change.clear();
        findings_.push_back({name, std::move(found), verdict, std::move(change)});
    }
    void judge(const char* name, std::string found, bool good, std::string change) {
        add(name, std::move(found), good ? Verdict::good : Verdict::weak, std::move(change));
    }

    [[nodiscard]] std::optional<std::string> text(const std::string& path) const {
        std::ifstream in(root_ + path, std::ios::binary);
        if (!in.is_open()) return std::nullopt;
        return std::string{std::istreambuf_iterator<char>(in), {}};
    }
    // Its first line.
    [[nodiscard]] std::optional<std::string> line(const std::string& path) const {
        auto all = text(path);
        if (all) all->resize(std::min(all->find('\n'), all->size()));
        return all;
    }
    [[nodiscard]] std::optional<std::uint64_t> number(const std::string& path) const {
        const auto first = line(path);
        return first ? number_in(*first) : std::nullopt;
    }

    void processors() {
        const auto online = line(std::string(kCpu) + "online");
        units_ = online ? count_of(*online) : 0;
        if (units_ == 0)
            add("cores", "not told", Verdict::unknown);
        else
            judge("cores", std::to_string(units_) + " processing units (" + *online + ")", units_ >= 4,
                  "4 or more: gateway, engine, journal and feed have a core each; with fewer leave venue.idle = "
                  "\"polite\"");
        if (const auto smt = line(std::string(kCpu) + "smt/active"))
            judge("smt", *smt == "1" ? "on" : "off", *smt != "1",
                  "threads.policy = \"auto\" keeps siblings of its cores empty; or echo off > "
                  "/sys/devices/system/cpu/smt/control");
        else
            add("smt", "not told", Verdict::unknown);
        cpu_list("isolated_cores", "isolated", "isolcpus=");
        cpu_list("nohz_full", "nohz_full", "nohz_full=");
        steal();
    }
    void cpu_list(const char* name, const char* file, const char* parameter) {
        const auto list = line(std::string(kCpu) + file);
        if (!list) return add(name, "not told", Verdict::unknown);
        judge(name, count_of(*list) > 0 ? *list : "none", count_of(*list) > 0,
              std::string("kernel parameter ") + parameter + "CORES of the threads that spin (/etc/default/grub)");
    }
    void steal() {
        const auto info = text("/proc/cpuinfo");
        const bool is_virtual = info && info->find(" hypervisor") != info->npos;
        const auto stat = line("/proc/stat");
        if (!info || !stat) return add("steal", "not told", Verdict::unknown);
        std::istringstream fields(*stat);
        std::string word;
        fields >> word;
        std::uint64_t sum = 0;
        std::uint64_t stolen = 0;
        for (int place = 0; place < 8; ++place) {
            std::uint64_t value = 0;
            fields >> value;
            sum += value;
            if (place == 7) stolen = value;
        }
        const double percent = sum == 0 ? 0 : 100.0 * static_cast<double>(stolen) / static_cast<double>(sum);
        char share[32];
        std::snprintf(share, sizeof share, "%.1f %%", percent);
        judge("steal",
              (is_virtual ? "a virtual machine; taken by its host since boot: " : "no virtual machine; stolen: ") +
                  std::string(share),
              percent < 1, "a machine with processors of its own: each taken slice is a pause of the venue");
    }

    void frequency() {
        const auto governor = line(std::string(kCpu) + "cpu0/cpufreq/scaling_governor");
        if (governor)
            judge("governor", *governor, *governor == "performance", "cpupower frequency-set -g performance");
        else
            add("governor", "none here (a virtual machine leaves it to its host)", Verdict::unknown);
        const auto no_turbo = line(std::string(kCpu) + "intel_pstate/no_turbo");
        const auto boost = line(std::string(kCpu) + "cpufreq/boost");
        if (!no_turbo && !boost)
            add("turbo", "not told", Verdict::unknown);
        else
            judge("turbo", (no_turbo ? *no_turbo == "0" : *boost == "1") ? "on" : "off",
                  no_turbo ? *no_turbo == "0" : *boost == "1",
                  no_turbo ? "echo 0 > /sys/devices/system/cpu/intel_pstate/no_turbo"
                           : "echo 1 > /sys/devices/system/cpu/cpufreq/boost");
        idle_states();
    }
    void idle_states() {
        std::string deepest;
        std::uint64_t latency_us = 0;
        for (int state = 0; state < 16; ++state) {
            const std::string folder = std::string(kCpu) + "cpu0/cpuidle/state" + std::to_string(state) + "/";
            const auto latency = number(folder + "latency");
            if (!latency) break;
            if (number(folder + "disable").value_or(0) != 0) continue;
            if (!deepest.empty() && *latency < latency_us) continue;
            deepest = line(folder + "name").value_or("?");
            latency_us = *latency;
        }
        if (deepest.empty()) return add("idle_states", "none here", Verdict::unknown);
        judge("idle_states", "down to " + deepest + ", " + std::to_string(latency_us) + " us to wake", latency_us <= 10,
              "cpupower idle-set -D 10");
    }

    void huge_pages() {
        const std::string folder = "/sys/kernel/mm/hugepages/hugepages-";
        explicit_pages("huge_pages_2m", folder + "2048kB/",
                       "sysctl vm.nr_hugepages=N (2 MiB each), for pools and rings");
        explicit_pages("huge_pages_1g", folder + "1048576kB/",
                       "kernel parameters hugepagesz=1G hugepages=N; only worth it beside 2 MiB pages");
        const auto transparent = line("/sys/kernel/mm/transparent_hugepage/enabled");
        if (!transparent) return add("transparent_huge_pages", "not told", Verdict::unknown);
        judge("transparent_huge_pages", chosen_of(*transparent), chosen_of(*transparent) == "madvise",
              "echo madvise > /sys/kernel/mm/transparent_hugepage/enabled");
    }
    void explicit_pages(const char* name, const std::string& folder, const char* change) {
        const auto pages = number(folder + "nr_hugepages");
        if (!pages) return add(name, "not of this processor or kernel", Verdict::unknown);
        judge(name,
              std::to_string(*pages) + " reserved, " + std::to_string(number(folder + "free_hugepages").value_or(0)) +
                  " free",
              *pages > 0, change);
    }

    // Of /proc/meminfo, in bytes.
    [[nodiscard]] static std::optional<std::uint64_t> meminfo(const std::string& text, const std::string& key) {
        std::istringstream lines(text);
        for (std::string row; std::getline(lines, row);) {
            if (!row.starts_with(key + ":")) continue;
            std::istringstream fields(row.substr(key.size() + 1));
            std::uint64_t kib = 0;
            if (fields >> kib) return kib * 1024;
        }
        return std::nullopt;
    }
    void memory() {
        const auto info = text("/proc/meminfo");
        const auto total = info ? meminfo(*info, "MemTotal") : std::nullopt;
        const auto available = info ? meminfo(*info, "MemAvailable") : std::nullopt;
        if (!total || !available)
            add("memory", "not told", Verdict::unknown);
        else
            judge("memory", bytes_text(*total) + ", " + bytes_text(*available) + " available", *available >= 4 * kGib,
                  "4 GiB for the default capacities and their auditor; less with smaller ones in [capacity]");
        const auto swaps = text("/proc/swaps");
        // The first line is a heading.
        const bool swaps_out = swaps && std::ranges::count(*swaps, '\n') > 1;
        if (!swaps)
            add("swap", "not told", Verdict::unknown);
        else
            judge("swap", swaps_out ? "on" : "off", !swaps_out,
                  "swapoff -a, or let the venue lock its memory (memlock)");
        const auto swappiness = number("/proc/sys/vm/swappiness");
        if (!swappiness)
            add("swappiness", "not told", Verdict::unknown);
        else
            judge("swappiness", std::to_string(*swappiness), *swappiness <= 10 || (swaps && !swaps_out),
                  "sysctl vm.swappiness=1");
        if (live_.shm_free_bytes)
            judge("shm", "/dev/shm in memory, " + bytes_text(*live_.shm_free_bytes) + " free",
                  *live_.shm_free_bytes >= 64 * kMib, "mount -o remount,size=1G /dev/shm, or mirror.folder");
        else
            add("shm", "/dev/shm is not there or not in memory", Verdict::weak,
                "mount -t tmpfs -o size=1G tmpfs /dev/shm, or mirror.folder in another tmpfs");
    }

    // As it stands in /proc/self/limits: a number or "unlimited".
    enum class Kind : bool { soft, hard };
    [[nodiscard]] std::optional<std::string> limit(const std::string& name, Kind kind) const {
        std::istringstream lines(text("/proc/self/limits").value_or(""));
        for (std::string row; std::getline(lines, row);) {
            if (!row.starts_with(name)) continue;
            std::istringstream fields(row.substr(name.size()));
            std::string soft;
            std::string hard;
            if (fields >> soft >> hard) return kind == Kind::soft ? soft : hard;
        }
        return std::nullopt;
    }
    void judge_limit(const char* name, const char* row, std::uint64_t wanted, const char* unit, const char* change,
                     Kind kind = Kind::soft) {
        const auto found = limit(row, kind);
        if (!found) return add(name, "not told", Verdict::unknown);
        const auto value = number_in(*found);
        judge(name, *found + (value ? unit : ""), *found == "unlimited" || value.value_or(0) >= wanted, change);
    }
    void limits() {
        judge_limit("memlock", "Max locked memory", kGib, " bytes",
                    "LimitMEMLOCK=infinity in the service, or ulimit -l unlimited");
        // The venue raises its soft limit itself.
        judge_limit(
            "nofile", "Max open files", 22'000, "",
            "LimitNOFILE=65536 in the service, or ulimit -Hn 65536: a client of order entry or feed is one file",
            Kind::hard);
        judge_limit("rtprio", "Max realtime priority", 1, "", "LimitRTPRIO=50 in the service, or ulimit -r 50");
    }

    void kernel() {
        const auto release = line("/proc/sys/kernel/osrelease");
        if (!release) {
            add("kernel", "not told", Verdict::unknown);
        } else {
            unsigned major = 0;
            unsigned minor = 0;
            std::sscanf(release->c_str(), "%u.%u", &major, &minor);
            judge("kernel", *release, major > 5 || (major == 5 && minor >= 15), "Linux 5.15 or newer");
        }
        const auto disabled = number("/proc/sys/kernel/io_uring_disabled");
        if (!live_.io_uring) return add("io_uring", "not told", Verdict::unknown);
        judge("io_uring", *live_.io_uring ? "available" : "refused", *live_.io_uring,
              disabled.value_or(0) != 0 ? "sysctl kernel.io_uring_disabled=0"
                                        : "a kernel with io_uring, and a sandbox that lets it through");
    }

    void clock() {
        const auto source = line("/sys/devices/system/clocksource/clocksource0/current_clocksource");
        if (!source)
            add("clock_source", "not told", Verdict::unknown);
        else
            judge("clock_source", *source, *source == "tsc" || *source == "kvm-clock",
                  "kernel parameter clocksource=tsc (tsc=reliable where the processor's is): else each look at the "
                  "clock is a system call");
        if (!live_.time_synchronized) return add("time_sync", "not told", Verdict::unknown);
        judge("time_sync", *live_.time_synchronized ? "synchronized" : "nobody steers this clock",
              *live_.time_synchronized,
              "run chrony or systemd-timesyncd: a jump of a second stops the engine (in a virtual machine it may be "
              "the host that does it)");
    }

    void numa() {
        const auto online = line("/sys/devices/system/node/online");
        const std::size_t nodes = online ? count_of(*online) : 0;
        if (nodes == 0)
            add("numa", "not told", Verdict::unknown);
        else
            judge("numa", std::to_string(nodes) + (nodes == 1 ? " node" : " nodes (" + *online + ")"), nodes == 1,
                  "threads.policy = \"auto\" keeps the hot threads and their memory on one node");
        const auto balancing = number("/proc/sys/kernel/numa_balancing");
        if (!balancing)
            add("numa_balancing", "not told", nodes == 1 ? Verdict::good : Verdict::unknown);
        else
            judge("numa_balancing", *balancing == 0 ? "off" : "on", *balancing == 0 || nodes == 1,
                  "sysctl kernel.numa_balancing=0");
    }

    void disk() {
        const bool in_memory = live_.file_system == "tmpfs" || live_.file_system == "ramfs";
        if (!live_.data_error.empty())
            add("data_folder", live_.data + ": " + live_.data_error, Verdict::bad,
                "a folder that this user can write: --data");
        else if (in_memory)
            add("data_folder", live_.data + " on " + live_.file_system, Verdict::bad,
                "a folder on a disk: what is here is gone with the power");
        else
            judge("data_folder", live_.data + " on " + live_.file_system,
                  live_.file_system == "ext4" || live_.file_system == "xfs",
                  "ext4 or xfs on a disk of this machine: what the journal needs of a disk is tested there");
        disk_space();
        if (!live_.sync_p50_ns || !live_.sync_worst_ns) return add("disk_sync", "not tried", Verdict::unknown);
        char found[96];
        std::snprintf(found, sizeof found, "write and fdatasync of 4 KiB: p50 %.2f ms, worst %.2f ms",
                      static_cast<double>(*live_.sync_p50_ns) / 1e6, static_cast<double>(*live_.sync_worst_ns) / 1e6);
        judge("disk_sync", found, *live_.sync_p50_ns < 2'000'000,
              "a disk with power-loss protection: an order is answered when its batch is synced");
    }
    void disk_space() {
        constexpr std::uint64_t least = 512 * kMib;
        constexpr std::uint64_t enough = 20 * kGib;
        const char* const change = "room, or journal.archive on another disk and journal.keep_segments";
        if (!live_.free_bytes) return add("disk_space", "not told", Verdict::unknown);
        if (*live_.free_bytes < least)
            return add("disk_space", bytes_text(*live_.free_bytes) + " free", Verdict::bad, change);
        judge("disk_space", bytes_text(*live_.free_bytes) + " free", *live_.free_bytes >= enough, change);
    }

    void venue() {
        std::string taken;
        for (const std::string& port : live_.taken_ports) taken += (taken.empty() ? "" : ", ") + port;
        judge("ports", taken.empty() ? "7001, 8080 and 8081 are free" : "taken: " + taken, taken.empty(),
              "listen.order_entry, listen.http, admin.port (a venue that runs already takes them, too)");
    }

    std::string root_;
    const LiveFacts& live_;
    std::vector<Finding> findings_;
    std::size_t units_ = 0;
};

}  // namespace

std::string_view to_string(Verdict verdict) {
    switch (verdict) {
        case Verdict::good: return "good";
        case Verdict::weak: return "weak";
        case Verdict::bad: return "bad";
        case Verdict::unknown: return "unknown";
    }
    return "?";
}

std::vector<Finding> examine(const std::string& root, const LiveFacts& live) {
    return Examination(root == "/" ? "" : root, live).run();
}

std::string findings_table(const std::vector<Finding>& findings) {
    std::size_t name_width = 0;
    std::size_t found_width = 0;
    for (const Finding& finding : findings) {
        name_width = std::max(name_width, finding.name.size());
        // A long one pushes its own line alone.
        if (finding.found.size() <= 48) found_width = std::max(found_width, finding.found.size());
    }
    std::string out;
    const auto put = [&](const std::string& text, std::size_t width) {
        out += text + std::string(text.size() < width ? width - text.size() : 0, ' ') + "  ";
    };
    for (const Finding& finding : findings) {
        put(finding.name, name_width);
        put(std::string(to_string(finding.verdict)), 7);
        put(finding.found, finding.change.empty() ? 0 : found_width);
        out += finding.change;
        out.resize(out.find_last_not_of(' ') + 1);
        out += '\n';
    }
    return out;
}

std::string findings_json(const std::vector<Finding>& findings) {
    nlohmann::ordered_json list = nlohmann::ordered_json::array();
    for (const Finding& finding : findings)
        list.push_back({{"name", finding.name},
                        {"found", finding.found},
                        {"verdict", to_string(finding.verdict)},
                        {"change", finding.change}});
    const auto count = [&](Verdict verdict) { return std::ranges::count(findings, verdict, &Finding::verdict); };
    const nlohmann::ordered_json all{{"findings", list}, {"bad", count(Verdict::bad)}, {"weak", count(Verdict::weak)}};
    // A folder's name can be any bytes.
    return all.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace dcx::app
