// dcx signer serve: the one process that keeps the chain's keys while a venue runs. The seed stays in memory that is
// neither swapped nor dumped; nothing of it leaves but addresses and signatures.
#include <grp.h>
#include <sys/mman.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "app/commands.h"
#include "app/passphrase.h"
#include "app/private_memory.h"
#include "app/signer_server.h"
#include "app/signing_desk.h"
#include "app/stop_signals.h"
#include "platform/system_clock.h"
#include "wallet/vault.h"

namespace dcx::app {
namespace {

std::optional<gid_t> group_of(const std::string& name) {
    if (name.empty()) return std::nullopt;
    const group* const found = ::getgrnam(name.c_str());
    if (found == nullptr) throw std::runtime_error("there is no group " + name);
    return found->gr_gid;
}

}  // namespace

int signer_serve(const SignerOptions& options) {
    // First: /dev/stdin can't be opened afterwards.
    const PassphraseSource source(options.passphrase_file);
    keep_memory_private();
    const StopSignals signals;
    const SigningRules rules = options.rules.empty() ? SigningRules{} : read_signing_rules(options.rules);
    const auto group = group_of(options.group);
    platform::SystemClock clock;
    SignedList list(options.signed_list.empty() ? options.vault + ".signed" : options.signed_list);
    auto seed = wallet::open_seed(options.vault, source.read("Passphrase of " + options.vault + ": "));
    if (!seed) throw std::runtime_error(seed.error().message);
    // After the vault's own 64 MiB have been given back. Where the limit is too low it can be swapped, which is said.
    const bool locked = ::mlockall(MCL_CURRENT | MCL_FUTURE) == 0;
    if (!locked) std::fprintf(stderr, "dcx: memory can't be locked (RLIMIT_MEMLOCK): the seed may be swapped\n");
    SigningDesk desk(std::move(*seed), list, clock, rules);
    SignerServer server(desk, clock, options.socket, group);
    std::printf("%s\n",
                nlohmann::ordered_json{{"ready", true}, {"socket", options.socket}, {"locked", locked}}.dump().c_str());
    std::fflush(stdout);
    // Signals are asked for between two rounds: nothing is signed by halves.
    while (!signals.wait_ms(0)) server.poll(200);
    return kDone;
}

}  // namespace dcx::app
