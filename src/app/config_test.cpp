#include "app/config.h"

#include <doctest/doctest.h>

#include <string>

#include "app/placement.h"
#include "base/skip_test.h"

using dcx::app::Config;
using dcx::app::MemoryLock;
using dcx::app::parse_config;
using dcx::app::ThreadCore;

namespace {

std::string error_of(std::string_view text) {
    const auto config = parse_config(text);
    return config ? "" : config.error().text;
}

}  // namespace

TEST_CASE("config: an empty file is the defaults, with the four markets") {
    const auto config = parse_config("");
    REQUIRE(config);
    CHECK(config->markets.size() == 4);
    CHECK(config->listen.address == "127.0.0.1");
    CHECK(config->venue.durability == "disk");
}

TEST_CASE("config: the file in the project's root shows the defaults, but for sim") {
    const auto file = dcx::app::read_config(dcx::repository_root() + "/dcx.toml");
    REQUIRE_MESSAGE(file, (file ? "" : file.error().text));
    const Config defaults = Config::defaults();
    CHECK(file->venue.sim);
    CHECK(file->capacity.transfer_ids == defaults.capacity.transfer_ids);
    CHECK(file->capacity.orders == defaults.capacity.orders);
    CHECK(file->capacity.price_levels == defaults.capacity.price_levels);
    CHECK(file->rings.events == defaults.rings.events);
    CHECK(file->gateway.output_kib == defaults.gateway.output_kib);
    CHECK(file->gateway.messages_per_second == defaults.gateway.messages_per_second);
    CHECK(file->gateway.burst == defaults.gateway.burst);
    CHECK(file->gateway.recent_reports_mib == defaults.gateway.recent_reports_mib);
    CHECK(file->shm.enabled == defaults.shm.enabled);
    CHECK(file->shm.socket == defaults.shm.socket);
    CHECK(file->shm.group == defaults.shm.group);
    CHECK(file->shm.allow_users == defaults.shm.allow_users);
    CHECK(file->shm.max_clients == defaults.shm.max_clients);
    CHECK(file->shm.request_kib == defaults.shm.request_kib);
    CHECK(file->shm.report_kib == defaults.shm.report_kib);
    CHECK(file->listen.order_entry == defaults.listen.order_entry);
    CHECK(file->admin.address == defaults.admin.address);
    CHECK(file->admin.port == defaults.admin.port);
    CHECK(file->log.format == defaults.log.format);
    CHECK(file->log.level == defaults.log.level);
    CHECK(file->log.file == defaults.log.file);
    CHECK(file->log.max_mib == defaults.log.max_mib);
    CHECK(file->log.keep == defaults.log.keep);
    CHECK(file->anchor.interval_s == defaults.anchor.interval_s);
    CHECK(file->anchor.digest_file == defaults.anchor.digest_file);
    CHECK(file->anchor.decoin.url == defaults.anchor.decoin.url);
    CHECK(file->anchor.evm.url == defaults.anchor.evm.url);
    CHECK(file->anchor.evm.chain_id == defaults.anchor.evm.chain_id);
    CHECK(file->anchor.evm.confirmations == defaults.anchor.evm.confirmations);
    CHECK(file->custody.enabled == defaults.custody.enabled);
    CHECK(file->custody.signer == defaults.custody.signer);
    CHECK(file->custody.confirmations == defaults.custody.confirmations);
    CHECK(file->custody.poll_s == defaults.custody.poll_s);
    CHECK(file->custody.block_cap == defaults.custody.block_cap);
    CHECK(file->custody.sweep_above == defaults.custody.sweep_above);
    CHECK(file->history.store == defaults.history.store);
    CHECK(file->history.url == defaults.history.url);
    CHECK(file->cache.redis == defaults.cache.redis);
    CHECK(file->threads.policy == defaults.threads.policy);
    CHECK(file->threads.engine.choice == ThreadCore::Choice::policy);
    CHECK(file->threads.realtime == defaults.threads.realtime);
    CHECK(file->memory.lock == defaults.memory.lock);
    CHECK(file->journal.checkpoint_every == defaults.journal.checkpoint_every);
    REQUIRE(file->markets.size() == defaults.markets.size());
    for (std::size_t i = 0; i < defaults.markets.size(); ++i) {
        CHECK(file->markets[i].symbol == defaults.markets[i].symbol);
        CHECK(file->markets[i].tick == defaults.markets[i].tick);
        CHECK(file->markets[i].lot == defaults.markets[i].lot);
        CHECK(file->markets[i].min_notional == defaults.markets[i].min_notional);
        CHECK(file->markets[i].taker_fee == defaults.markets[i].taker_fee);
        CHECK(file->markets[i].start_price == defaults.markets[i].start_price);
        CHECK(file->markets[i].max_notional == defaults.markets[i].max_notional);
        CHECK(file->markets[i].collar_bp == defaults.markets[i].collar_bp);
        CHECK(file->markets[i].max_orders == defaults.markets[i].max_orders);
        CHECK(file->markets[i].day_end == defaults.markets[i].day_end);
    }
}

TEST_CASE("config: errors name the line and the key") {
    CHECK(error_of("[venue]\nspeed = 3\n") == "line 2: venue.speed is unknown");
    // Its name until the books were counted in levels.
    CHECK(error_of("[capacity]\nprice_nodes = 100_000\n") == "line 2: capacity.price_nodes is unknown");
    CHECK(error_of("[capacity]\nprice_levels = 0\n") == "line 2: capacity.price_levels must be from 1 to 67108864");
    CHECK(error_of("colour = 1\n") == "line 1: colour is unknown");
    CHECK(error_of("[venue]\ndurability = \"tape\"\n") == "line 2: venue.durability must be one of: disk, memory");
    CHECK(error_of("[listen]\nhttp = 70000\n") == "line 2: listen.http must be from 0 to 65535");
    CHECK(error_of("[listen]\nhttp = \"80\"\n") == "line 2: listen.http must be a whole number");
    CHECK(error_of("[shm]\nallow_users = \"alice\"\n") == "line 2: shm.allow_users must be a list of texts");
    CHECK(error_of("[shm]\nallow_users = [\"alice\", 7]\n") == "line 2: shm.allow_users must be a list of texts");
    CHECK(error_of("[shm]\nmax_clients = 0\n") == "line 2: shm.max_clients must be from 1 to 10000");
    CHECK(error_of("venue = 3\n") == "line 1: venue must be a table");
    CHECK(error_of("[[market]]\nticks = \"1\"\n") == "line 2: market.ticks is unknown");
    CHECK(error_of("[[market]]\ntick = \"1e-3\"\n") == "line 2: market.tick must be a decimal number in quotes");
    CHECK(error_of("[venue]\npin = [1]\n") == "line 2: venue.pin is unknown");
    CHECK(error_of("[[market]]\nday_end = \"24:00\"\n") == "line 2: market.day_end must be a time of day, \"HH:MM\"");
    CHECK(error_of("[[market]]\ncollar_bp = -1\n") == "line 2: market.collar_bp must be from 0 to 1000000");
    CHECK(error_of("[venue]\nsim = true\ndual_control = true\n") ==
          "line 3: venue.dual_control and sim exclude each other: simulated traders need keys");
    CHECK(error_of("[venue\n").starts_with("line 1: "));
    CHECK(error_of("[venue]\nsim = true\nsim = false\n").starts_with("line 3: "));
}

TEST_CASE("config: a file that names markets replaces the default ones") {
    const auto config = parse_config("[[market]]\nsymbol = \"A/B\"\nbase = \"A\"\nquote = \"B\"\n");
    REQUIRE(config);
    REQUIRE(config->markets.size() == 1);
    CHECK(config->markets[0].symbol == "A/B");
}

TEST_CASE("config: the admin's address is of the loopback, the log's words are known") {
    CHECK(error_of("[admin]\naddress = \"127.3.2.1\"\nport = 0\n").empty());
    CHECK(error_of("[admin]\naddress = \"::1\"\n").empty());
    for (const char* address : {"0.0.0.0", "10.0.0.1", "localhost", "127.0.0", "127.0.0.1.example.org", "::"})
        CHECK(error_of("[admin]\naddress = \"" + std::string{address} + "\"\n") ==
              "line 2: admin.address must be of the loopback, 127.x.x.x or ::1");
    CHECK(error_of("[log]\nformat = \"xml\"\n") == "line 2: log.format must be one of: text, json");
    CHECK(error_of("[log]\nlevel = \"loud\"\n") == "line 2: log.level must be one of: debug, info, warning, error");
    CHECK(error_of("[log]\nkeep = -1\n") == "line 2: log.keep must be from 0 to 1000");
}

TEST_CASE("config: threads and memory") {
    const auto config = parse_config(
        "[threads]\npolicy = \"auto\"\nengine = 2\nfeed = \"none\"\nauditor = \"auto\"\n[memory]\nlock = true\n");
    REQUIRE(config);
    CHECK(config->threads.engine == ThreadCore{.choice = ThreadCore::Choice::fixed, .number = 2});
    CHECK(config->threads.feed.choice == ThreadCore::Choice::none);
    CHECK(config->threads.auditor.choice == ThreadCore::Choice::automatic);
    CHECK(config->threads.gateway.choice == ThreadCore::Choice::policy);
    CHECK(config->memory.lock == MemoryLock::yes);
    CHECK(error_of("[threads]\nengine = -1\n") ==
          "line 2: threads.engine must be \"policy\", \"auto\", \"none\" or a core from 0 to 4095");
    CHECK(error_of("[threads]\nfeed = \"all\"\n").starts_with("line 2: threads.feed must be "));
    CHECK(error_of("[threads]\nrealtime = 100\n") == "line 2: threads.realtime must be from 0 to 99");
    CHECK(error_of("[threads]\nwallet = 1\n") == "line 2: threads.wallet is unknown");
    CHECK(error_of("[venue]\nlayout = \"single\"\n[threads]\nfeed = 1\n") ==
          "line 4: threads.feed can't be placed in layout \"single\": threads.engine runs it");
    CHECK(error_of("[memory]\nlock = 1\n") == "line 2: memory.lock must be true, false or \"auto\"");
}

TEST_CASE("config: wishes of threads, the most important first") {
    const auto names = [](const std::string& text) {
        std::string all;
        for (const auto& wish : dcx::app::placement_wishes(*parse_config(text)).threads)
            all += wish.name + (wish.core == dcx::platform::CoreWish::automatic ? "+ " : " ");
        return all;
    };
    CHECK(names("") == "engine journal gateway feed auditor ");
    CHECK(names("[threads]\npolicy = \"auto\"\nfeed = \"none\"\n[mirror]\nthread = \"own\"\n") ==
          "engine+ journal+ gateway+ feed auditor+ mirror+ ");
    CHECK(names("[venue]\nlayout = \"single\"\n") == "engine journal auditor ");
    CHECK(names("[venue]\ndurability = \"memory\"\n") == "engine gateway feed ");
    const auto spinning = parse_config("[venue]\nidle = \"spin\"\n[threads]\nrealtime = 40\njournal = 3\n");
    const auto wishes = dcx::app::placement_wishes(*spinning);
    CHECK(wishes.spin);
    CHECK(wishes.realtime == 40);
    CHECK(wishes.threads[1].key == "threads.journal");
    CHECK(wishes.threads[1].cpu == 3);
}

TEST_CASE("config: history and cache, and what does not go together") {
    const auto config = parse_config(
        "[history]\nstore = \"postgresql\"\nurl = \"host=/run/postgresql dbname=dcx\"\n"
        "[cache]\nredis = \"unix:///run/redis.sock\"");
    REQUIRE(config);
    CHECK(config->history.store == "postgresql");
    CHECK(config->history.url == "host=/run/postgresql dbname=dcx");
    CHECK(config->cache.redis == "unix:///run/redis.sock");
    CHECK(Config::defaults().history.store == "sqlite");
    CHECK(error_of("[history]\nstore = \"mysql\"").find("must be one of: sqlite, postgresql, none") !=
          std::string::npos);
    CHECK(error_of("[history]\nstore = \"postgresql\"") ==
          "line 2: history.store is \"postgresql\", which needs history.url");
    CHECK(error_of("[history]\nurl = \"postgresql://a@b/c\"") ==
          "line 2: history.url is one of PostgreSQL, but history.store is \"sqlite\"");
    CHECK(error_of("[history]\nstores = 1").find("history.stores is unknown") != std::string::npos);
    CHECK(error_of("[cache]\nredis = \"localhost\"")
              .starts_with("line 2: cache.redis can't be read: history error 11 (bad_url)"));
    CHECK(error_of("[cache]\nredis = \"redis://:secret@host:99999\"").find("secret") == std::string::npos);
}

// The second of two faults is looked for in a file that has been given up already.
TEST_CASE("config: proofs, and where their keys are") {
    const auto config =
        parse_config("[proof]\nenabled = false\ninterval_s = 60\nvault = \"v\"\npassphrase_file = \"p\"\n");
    REQUIRE(config);
    CHECK_FALSE(config->proof.enabled);
    CHECK(config->proof.interval_s == 60);
    CHECK(config->proof.vault == "v");
    CHECK(error_of("[proof]\ninterval_s = -1\n") == "line 2: proof.interval_s must be from 0 to 1000000000");
    CHECK(error_of("[proof]\nvault = \"v\"\n") ==
          "line 2: proof.vault needs proof.passphrase_file: a start asks nobody");
    CHECK(error_of("[proof]\ninterval = 1\n") == "line 2: proof.interval is unknown");
}

TEST_CASE("config: two faults in one table") {
    CHECK(error_of("[journal]\nkeep_segments = 1\narchive = 5") == "line 3: journal.archive must be a text");
    CHECK(error_of("[feed]\nthreads = 2\nenabled = 3\n[venue]\nlayout = \"single\"") != "");
    CHECK(error_of("[history]\nstore = \"postgresql\"\nurl = 5") == "line 3: history.url must be a text");
}

TEST_CASE("config: anchors and custody, and what does not go together") {
    const std::string hash(64, 'a');
    const auto config = parse_config(
        "[custody]\nsigner = \"s\"\n[anchor]\ninterval = \"15m\"\n[anchor.decoin]\nurl = "
        "\"http://127.0.0.1:1\"\ngenesis = \"" +
        hash + "\"\n");
    REQUIRE_MESSAGE(config, (config ? "" : config.error().text));
    CHECK(config->anchor.interval_s == 900);
    CHECK(config->anchor.decoin.genesis == hash);
    CHECK(parse_config("[anchor]\ninterval = \"0\"\n")->anchor.interval_s == 0);
    CHECK(error_of("[anchor]\ninterval = 3600\n") == "line 2: anchor.interval must be a text");
    for (const char* bad : {"1", "h", "1w", "-1h", "1.5h", "9999d", "99999999999s"})
        CHECK(error_of("[anchor]\ninterval = \"" + std::string(bad) + "\"\n")
                  .starts_with("line 2: anchor.interval must be"));
    CHECK(error_of("[anchor.decoin]\nurl = \"http://x\"\n") ==
          "line 2: anchor.decoin.url needs custody.signer: who signs the transactions");
    CHECK(error_of("[anchor.decoin]\nurl = \"ftp://x\"\n").starts_with("line 2: anchor.decoin.url must be like"));
    CHECK(error_of("[anchor.decoin]\ngenesis = \"abc\"\n").starts_with("line 2: anchor.decoin.genesis must be"));
    CHECK(error_of("[anchor.decoin]\nother = 1\n") == "line 2: anchor.decoin.other is unknown");
    CHECK(error_of("[anchor]\ndecoin = 1\n") == "line 2: anchor.decoin must be a table");
    CHECK(error_of("[custody]\nsigner = \"s\"\n[anchor.evm]\nurl = \"http://x\"\n") ==
          "line 4: anchor.evm.url needs anchor.evm.contract and anchor.evm.chain_id");
    CHECK(error_of("[anchor.evm]\ncontract = \"" + std::string(40, '1') + "\"\n")
              .starts_with("line 2: anchor.evm.contract must be 0x and 40"));
    CHECK(error_of("[anchor.evm]\ncontract = \"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD\"\n") ==
          "line 2: anchor.evm.contract has a letter in the wrong case (EIP-55): mistyped?");
    CHECK(error_of("[anchor.evm]\ncontract = \"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed\"\n") == "");
    CHECK(error_of("[custody]\nenabled = true\n") == "line 2: custody.enabled needs custody.url and custody.signer");
    CHECK(error_of("[custody]\nconfirmations = 129\n") == "line 2: custody.confirmations must be from 1 to 128");
}
