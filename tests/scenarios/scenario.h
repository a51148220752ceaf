// Scenario: runs the lines of one scenario file (README.md here has the language) through core and twin. The first line
// that is not understood, or whose events are not those it tells, throws ScenarioError. One thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "reference/pair.h"
#include "scenarios/scenario_words.h"

namespace dcx::scenarios {

// The words that every client command may carry at its end, with what they stand for when they are left out.
struct Overrides {
    std::string by{};
    AccountId account{};
    std::uint64_t cl_ord_id{};
    std::uint64_t sequence{};
    bool has_sequence{};
    OrderSlot hint{};
};

class Scenario {
  public:
    // An indented line belongs to the statement before it.
    void run(const std::string& statement, const std::vector<std::string>& indented);

  private:
    struct Party {  // a session by its name, with its account
        SessionId session{};
        KeyId key{};
        AccountId account{};
        std::uint64_t client_session{};
        std::uint64_t last_cl_ord_id{};
    };
    // scenario.cpp: setting up, and what is compared
    bool set_up(const std::string& verb, Words& words);
    void start(Words* words);
    void list_asset(Words& words);
    void list_market(Words& words);
    void open_account(Words& words);
    void open_session(Words& words);
    void connect(const std::string& name, Party party);
    void compare_book(Words& words, const std::vector<std::string>& indented);
    void compare_balance(Words& words);
    std::vector<Event> send(Command command);
    void learn(const Event& event);
    std::vector<Event> send_from(const std::string& name, Command command, const Overrides& overrides = {});

    // scenario_commands.cpp: what parties send
    std::vector<Event> command(const std::string& verb, Words& words);
    std::vector<Event> place(Words& words);
    std::vector<Event> cancel(Words& words);
    std::vector<Event> amend(Words& words);
    std::vector<Event> mass_cancel(Words& words);
    std::vector<Event> self_trade(Words& words);
    std::vector<Event> money(const std::string& verb, Words& words);
    std::vector<Event> phase(Words& words, Phase phase);
    std::vector<Event> venue(const std::string& verb, Words& words);
    std::vector<Event> bytes(Words& words);
    Overrides overrides(const std::string& name, Words& words);
    void name_order(Words& words, OrderId& order_id, ClOrdId& orig);
    TransferId transfer_id(Words& words);
    const InstrumentListed& take_market(Words& words);

    // scenario_events.cpp: events as text
    void compare_events(const std::vector<Event>& events, const std::string* told) const;
    [[nodiscard]] std::string event_text(const Event& event) const;
    [[nodiscard]] std::string order_event_text(const Event& event) const;
    [[nodiscard]] std::string amount_text(Amount amount, AssetId asset) const;
    [[nodiscard]] std::string session_name(SessionId session) const;
    [[nodiscard]] std::string drawn_book(const InstrumentListed& market) const;
    [[nodiscard]] const InstrumentListed& market(InstrumentId id) const { return markets_.at(id.value - 1); }
    [[nodiscard]] const AssetListed& asset(AssetId id) const { return assets_.at(id.value - 1); }
    [[nodiscard]] const AssetListed& asset_named(const std::string& name) const;
    [[nodiscard]] const InstrumentListed& market_named(const std::string& name) const;
    [[nodiscard]] AccountId account_named(const std::string& name) const;
    Party& party(const std::string& name);

    reference::Pair pair_;
    bool started_ = false;
    bool repeats_ = false;  // more of the same statement follow: the state is compared after the last
    std::uint64_t sequence_ = 0;
    std::int64_t now_ns_ = 1'767'225'600'000'000'000;  // 2026-01-01
    std::map<std::string, Party> parties_;
    std::vector<AssetListed> assets_;
    std::vector<InstrumentListed> markets_;
    std::map<std::string, TransferId> transfer_ids_;
    std::map<std::uint64_t, InstrumentId> market_of_order_;
    std::uint64_t ids_made_ = 0;
    std::uint8_t keys_made_ = 0;
    std::vector<Event> set_up_events_;  // of the first command of a statement that sends several
};

}  // namespace dcx::scenarios
