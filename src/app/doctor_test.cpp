#include "app/doctor.h"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

using namespace dcx::app;

namespace {

namespace fs = std::filesystem;

// A machine made of files.
class Machine {
  public:
    explicit Machine(const std::map<std::string, std::string>& files) {
        std::string pattern = (fs::temp_directory_path() / "dcx-doctor-XXXXXX").string();
        REQUIRE(::mkdtemp(pattern.data()) != nullptr);
        root_ = pattern;
        for (const auto& [path, text] : files) {
            fs::create_directories(fs::path(root_ + path).parent_path());
            std::ofstream(root_ + path) << text;
        }
    }
    ~Machine() { fs::remove_all(root_); }
    [[nodiscard]] const std::string& root() const { return root_; }

  private:
    std::string root_;
};

const std::string kCpu = "/sys/devices/system/cpu/";
const std::string kPages = "/sys/kernel/mm/hugepages/hugepages-";

std::map<std::string, std::string> tuned_server() {
    return {{kCpu + "online", "0-15\n"},
            {kCpu + "smt/active", "0\n"},
            {kCpu + "isolated", "4-7\n"},
            {kCpu + "nohz_full", "4-7\n"},
            {kCpu + "cpu0/cpufreq/scaling_governor", "performance\n"},
            {kCpu + "intel_pstate/no_turbo", "0\n"},
            {kCpu + "cpu0/cpuidle/state0/name", "POLL\n"},
            {kCpu + "cpu0/cpuidle/state0/latency", "0\n"},
            {kCpu + "cpu0/cpuidle/state1/name", "C1\n"},
            {kCpu + "cpu0/cpuidle/state1/latency", "2\n"},
            {kCpu + "cpu0/cpuidle/state2/name", "C6\n"},
            {kCpu + "cpu0/cpuidle/state2/latency", "133\n"},
            {kCpu + "cpu0/cpuidle/state2/disable", "1\n"},
            {kPages + "2048kB/nr_hugepages", "2048\n"},
            {kPages + "2048kB/free_hugepages", "2000\n"},
            {kPages + "1048576kB/nr_hugepages", "4\n"},
            {kPages + "1048576kB/free_hugepages", "4\n"},
            {"/sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never\n"},
            {"/sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n"},
            {"/sys/devices/system/node/online", "0\n"},
            {"/proc/cpuinfo", "flags\t\t: fpu tsc\n"},
            {"/proc/stat", "cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1\n"},
            {"/proc/meminfo", "MemTotal:       131072000 kB\nMemFree: 1 kB\nMemAvailable:   125829120 kB\n"},
            {"/proc/swaps", "Filename Type Size Used Priority\n"},
            {"/proc/sys/vm/swappiness", "60\n"},
            {"/proc/self/limits",
             "Limit                     Soft Limit           Hard Limit           Units     \n"
             "Max open files            1048576              1048576              files     \n"
             "Max locked memory         unlimited            unlimited            bytes     \n"
             "Max realtime priority     50                   50                             \n"},
            {"/proc/sys/kernel/osrelease", "6.1.0-18-amd64\n"},
            {"/proc/sys/kernel/io_uring_disabled", "0\n"},
            {"/proc/sys/kernel/numa_balancing", "0\n"}};
}

std::map<std::string, std::string> poor_machine() {
    return {{kCpu + "online", "0-1\n"},
            {kCpu + "smt/active", "1\n"},
            {kCpu + "isolated", "\n"},
            {kCpu + "nohz_full", "(null)\n"},
            {kCpu + "cpu0/cpufreq/scaling_governor", "powersave\n"},
            {kCpu + "cpufreq/boost", "0\n"},
            {kCpu + "cpu0/cpuidle/state0/name", "POLL\n"},
            {kCpu + "cpu0/cpuidle/state0/latency", "0\n"},
            {kCpu + "cpu0/cpuidle/state1/name", "C6\n"},
            {kCpu + "cpu0/cpuidle/state1/latency", "133\n"},
            {kPages + "2048kB/nr_hugepages", "0\n"},
            {"/sys/kernel/mm/transparent_hugepage/enabled", "[always] madvise never\n"},
            {"/sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n"},
            {"/sys/devices/system/node/online", "0-1\n"},
            {"/proc/cpuinfo", "flags\t\t: fpu hypervisor\n"},
            {"/proc/stat", "cpu  100 0 100 700 0 0 0 100 0 0\n"},
            {"/proc/meminfo", "MemTotal:       2048000 kB\nMemAvailable:   1024000 kB\n"},
            {"/proc/swaps", "Filename Type Size Used Priority\n/swapfile file 1 0 -2\n"},
            {"/proc/sys/vm/swappiness", "60\n"},
            {"/proc/self/limits",
             "Max open files            1024                 4096                 files     \n"
             "Max locked memory         65536                65536                bytes     \n"
             "Max realtime priority     0                    0                              \n"},
            {"/proc/sys/kernel/osrelease", "4.19.0-6-amd64\n"},
            {"/proc/sys/kernel/io_uring_disabled", "2\n"},
            {"/proc/sys/kernel/numa_balancing", "1\n"}};
}

LiveFacts good_facts() {
    LiveFacts facts;
    facts.data = "/srv/venue";
    facts.file_system = "ext4";
    facts.free_bytes = std::uint64_t{200} << 30;
    facts.sync_p50_ns = 190'000;
    facts.sync_worst_ns = 1'500'000;
    facts.shm_free_bytes = std::uint64_t{8} << 30;
    facts.io_uring = true;
    facts.time_synchronized = true;
    return facts;
}

LiveFacts poor_facts() {
    LiveFacts facts;
    facts.data = "/tmp";
    facts.file_system = "tmpfs";
    facts.free_bytes = std::uint64_t{100} << 20;
    facts.sync_p50_ns = 9'000'000;
    facts.sync_worst_ns = 80'000'000;
    facts.io_uring = false;
    facts.time_synchronized = false;
    facts.taken_ports = {"7001", "8080"};
    return facts;
}

const Finding& named(const std::vector<Finding>& findings, const std::string& name) {
    const auto found = std::ranges::find(findings, name, &Finding::name);
    REQUIRE(found != findings.end());
    return *found;
}

}  // namespace

TEST_CASE("doctor: a tuned server, as a table") {
    const Machine machine(tuned_server());
    CHECK(findings_table(examine(machine.root(), good_facts())) ==
          R"(cores                   good     16 processing units (0-15)
smt                     good     off
isolated_cores          good     4-7
nohz_full               good     4-7
steal                   good     no virtual machine; stolen: 0.0 %
governor                good     performance
turbo                   good     on
idle_states             good     down to C1, 2 us to wake
huge_pages_2m           good     2048 reserved, 2000 free
huge_pages_1g           good     4 reserved, 4 free
transparent_huge_pages  good     madvise
memory                  good     125.0 GiB, 120.0 GiB available
swap                    good     off
swappiness              good     60
shm                     good     /dev/shm in memory, 8.0 GiB free
memlock                 good     unlimited
nofile                  good     1048576
rtprio                  good     50
kernel                  good     6.1.0-18-amd64
io_uring                good     available
clock_source            good     tsc
time_sync               good     synchronized
numa                    good     1 node
numa_balancing          good     off
data_folder             good     /srv/venue on ext4
disk_space              good     200.0 GiB free
disk_sync               good     write and fdatasync of 4 KiB: p50 0.19 ms, worst 1.50 ms
ports                   good     7001, 8080 and 8081 are free
)");
}

TEST_CASE("doctor: a poor machine is told all that is wrong, and what is worse than slow") {
    const Machine machine(poor_machine());
    const auto findings = examine(machine.root(), poor_facts());
    for (const Finding& finding : findings) {
        CAPTURE(finding.name);
        const bool bad = finding.name == "data_folder" || finding.name == "disk_space";
        const bool unknown = finding.name == "huge_pages_1g";
        CHECK(finding.verdict == (bad ? Verdict::bad : unknown ? Verdict::unknown : Verdict::weak));
        CHECK((unknown || !finding.change.empty()));
    }
    CHECK(named(findings, "idle_states").found == "down to C6, 133 us to wake");
    CHECK(named(findings, "steal").found == "a virtual machine; taken by its host since boot: 10.0 %");
    CHECK(named(findings, "isolated_cores").found == "none");
    CHECK(named(findings, "nohz_full").found == "none");
    CHECK(named(findings, "numa").found == "2 nodes (0-1)");
    CHECK(named(findings, "transparent_huge_pages").found == "always");
    CHECK(named(findings, "memlock").found == "65536 bytes");
    CHECK(named(findings, "turbo").change == "echo 1 > /sys/devices/system/cpu/cpufreq/boost");
    CHECK(named(findings, "io_uring").change == "sysctl kernel.io_uring_disabled=0");
    CHECK(named(findings, "ports").found == "taken: 7001, 8080");

    const auto json = nlohmann::json::parse(findings_json(findings));
    CHECK(json["bad"] == 2);
    CHECK(json["weak"] == findings.size() - 3);
    CHECK(json["findings"].size() == findings.size());
    CHECK(json["findings"][0]["name"] == "cores");
    CHECK(json["findings"][0]["verdict"] == "weak");
}

TEST_CASE("doctor: a machine that tells nothing is unknown, not good") {
    const Machine machine({});
    const auto findings = examine(machine.root(), {});
    CHECK(findings.size() == examine("/", {}).size());
    for (const Finding& finding : findings) {
        CAPTURE(finding.name);
        // Nothing was found to be in the way of the ports; what can't be had for lack of a file system is told.
        if (finding.name == "ports" || finding.name == "shm" || finding.name == "data_folder") continue;
        CHECK(finding.verdict == Verdict::unknown);
    }
}

TEST_CASE("doctor: a folder that can't be written is bad") {
    const Machine machine(tuned_server());
    LiveFacts facts = good_facts();
    facts.data_error = "Permission denied";
    facts.sync_p50_ns.reset();
    const auto findings = examine(machine.root(), facts);
    CHECK(named(findings, "data_folder").verdict == Verdict::bad);
    CHECK(named(findings, "disk_sync").verdict == Verdict::unknown);
    CHECK(std::ranges::count(findings, Verdict::bad, &Finding::verdict) == 1);
}

TEST_CASE("doctor: a look at this machine, in a folder that is not there yet") {
    const Machine machine({});
    const LiveFacts facts = look_around(machine.root() + "/to/be/made");
    CHECK(facts.data == fs::canonical(machine.root()).string());
    CHECK(facts.data_error.empty());
    CHECK(facts.free_bytes.value_or(0) > 0);
    CHECK(facts.sync_p50_ns.value_or(0) > 0);
    CHECK(facts.sync_worst_ns >= facts.sync_p50_ns);
    // Nothing stays of the trial.
    CHECK(fs::is_empty(machine.root()));
}
