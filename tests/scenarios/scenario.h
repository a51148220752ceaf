// Scenario: runs the lines of one scenario file (README.md here has the language) through core and twin. The first line
// that is not understood, or whose events are not those it tells, throws ScenarioError. One thread.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/ed25519.h"
#include "reference/pair.h"
#include "scenarios/scenario_words.h"

namespace dcx::scenarios {

// The words that every order command may carry, with what they stand for when they are left out.
struct Overrides {
    AccountId account{};
    std::uint64_t cl_ord_id{};
    OrderSlot hint{};
};

class Scenario {
  public:
    // An indented line belongs to the statement before it.
    void run(const std::string& statement, const std::vector<std::string>& indented);

  private:
    struct Party {  // a session by its name, with its key and account
        SessionId session{};
        KeyId key{};
        AccountId account{};
        Ed25519Seed seed{};
        std::uint64_t client_session{};
        std::uint64_t last_cl_ord_id{};
    };
    // The last words of a statement: about the first command that it sends.
    struct Tail {
        std::string by{};
        std::optional<std::uint64_t> sequence{};
        std::vector<std::pair<std::size_t, std::byte>> bytes{};
    };
    struct MoneyWords {  // what may stand behind a money command
        bool deposit{};
        bool linked{};
        std::int64_t timeout_ns{};
        std::optional<AccountId> scope{};
        TransferId id{};
    };
    struct Captured {  // thrown with a command that is to be proposed, not sent
        Command command{};
    };
    using Numbers = std::initializer_list<std::pair<const char*, std::uint32_t*>>;

    // scenario.cpp: one statement, what is sent, and what is compared
    void take_tail(Words& words);
    std::vector<Event> send(Command command);
    std::vector<Event> send_from(const std::string& name, Command command);
    void learn(const Event& event);
    void compare_book(Words& words, const std::vector<std::string>& indented);
    void compare_balance(Words& words);
    void compare_turnover(Words& words);
    [[nodiscard]] std::vector<Event> facts() const;
    [[nodiscard]] const AssetListed& asset_named(const std::string& name) const;
    [[nodiscard]] const InstrumentListed& market_named(const std::string& name) const;
    [[nodiscard]] AccountId account_named(const std::string& name) const;
    [[nodiscard]] SessionId session_named(const std::string& name) const;
    Party& party(const std::string& name);

    // scenario_setup.cpp: what a venue needs before anybody trades
    void start(Words* words);
    bool set_up(const std::string& verb, Words& words);
    void list_asset(Words& words);
    void list_market(Words& words);
    void open_account(Words& words);
    void add_key(Words& words, bool of_operator);
    void genesis_key(Words& words);
    void open_session(Words& words);
    void connect(const std::string& name, Party party, Words* words);
    std::vector<Event> establish(SessionId session, std::uint64_t connection, Words* words);
    std::vector<Event> send_set_up(const Command& command);
    void mint_first(AccountId account, AssetId asset, Amount amount, const std::string& name);
    Ed25519Seed new_seed();

    // scenario_commands.cpp: what parties send
    std::vector<Event> command(const std::string& verb, Words& words);
    std::vector<Event> place(Words& words);
    std::vector<Event> cancel(Words& words);
    std::vector<Event> amend(Words& words);
    std::vector<Event> mass_cancel(Words& words);
    std::vector<Event> self_trade(Words& words);
    std::vector<Event> dead_man(Words& words);
    std::vector<Event> venue(const std::string& verb, Words& words);
    std::vector<Event> bytes(Words& words);
    Overrides overrides(const std::string& name, Words& words);
    void name_order(Words& words, OrderId& order_id, ClOrdId& orig);
    const InstrumentListed& take_market(Words& words);

    // scenario_money.cpp
    std::vector<Event> money(const std::string& verb, Words& words);
    std::vector<Event> withdraw(Words& words);
    std::vector<Event> resolve(const std::string& verb, Words& words);
    MoneyWords money_words(Words& words);
    TransferId transfer_id(const std::string& name, std::int64_t away_ns);
    const AssetListed& take_asset(Words& words);

    // scenario_operators.cpp
    std::vector<Event> operators(const std::string& verb, Words& words);
    std::vector<Event> phase(Words& words, Phase phase);
    std::vector<Event> address(Words& words);
    std::vector<Event> asset_limits(Words& words);
    std::vector<Event> fees(Words& words);
    std::vector<Event> market_limits(Words& words);
    std::vector<Event> account_limits(Words& words);
    std::vector<Event> position_limits(Words& words);
    std::vector<Event> kill(Words& words);
    std::vector<Event> propose(Words& words);
    std::vector<Event> approve(Words& words);
    std::vector<Event> by_two(const Command& command);
    Command captured(const std::string& statement);
    static void take_numbers(Words& words, Numbers numbers);

    // scenario_custody.cpp
    std::vector<Event> custody(const std::string& verb, Words& words);
    std::vector<Event> follow_chain(const std::string& verb, Words& words);
    std::vector<Event> deposit(Words& words);
    std::vector<Event> withdrawal_limits(Words& words);
    std::vector<Event> payouts(const std::string& verb, Words& words);
    std::vector<Event> anchor(Words& words);
    void learn_chain(const Event& event);
    [[nodiscard]] std::string chain_event_text(const Event& event) const;
    [[nodiscard]] std::string custody_event_text(const Event& event) const;

    // scenario_events.cpp and scenario_event_texts.cpp: events as text
    void compare_events(const std::vector<Event>& events, const std::string* told) const;
    [[nodiscard]] std::string event_text(const Event& event) const;
    [[nodiscard]] std::string order_event_text(const Event& event) const;
    [[nodiscard]] std::string money_event_text(const Event& event) const;
    [[nodiscard]] std::string operator_event_text(const Event& event) const;
    [[nodiscard]] std::string amount_text(Amount amount, AssetId asset) const;
    [[nodiscard]] std::string plain_amount(Amount amount, AssetId asset) const;
    [[nodiscard]] std::string session_name(SessionId session) const;
    [[nodiscard]] std::string key_name(KeyId key) const;
    [[nodiscard]] std::string account_name(AccountId account) const;
    [[nodiscard]] std::string market_name(InstrumentId id) const;
    [[nodiscard]] std::string drawn_book(const InstrumentListed& market) const;
    [[nodiscard]] const InstrumentListed& market(InstrumentId id) const { return markets_.at(id.value - 1); }
    [[nodiscard]] const AssetListed& asset(AssetId id) const { return assets_.at(id.value - 1); }

    reference::Pair pair_;
    bool started_ = false;
    bool repeats_ = false;  // more of the same statement follow: the state is compared after the last
    bool capturing_ = false;
    bool dual_control_ = false;
    std::uint32_t rules_ = kNewestRules;  // of the first epoch
    std::uint64_t sequence_ = 0;
    std::int64_t now_ns_ = 1'767'225'600'000'000'000;  // 2026-01-01
    Tail tail_;
    std::map<std::string, Party> parties_;
    std::map<std::string, AccountId> accounts_;
    std::vector<AssetListed> assets_;
    std::vector<InstrumentListed> markets_;
    std::map<std::string, TransferId> transfer_ids_;
    std::map<std::uint64_t, InstrumentId> market_of_order_;
    std::map<std::uint64_t, ApprovalMessage> proposals_;
    std::map<Ed25519PublicKey, std::string> waiting_keys_;  // proposed, by whose name
    ChainAdvanced tip_{};                                   // of the chain that is followed
    std::map<std::array<std::byte, 32>, std::uint64_t> heights_;
    AssetId chain_asset_{};
    std::uint64_t ids_made_ = 0;
    std::uint8_t keys_made_ = 0;
    std::vector<Event> set_up_events_;  // of the first command of a statement that sends several
    std::optional<std::vector<Event>> remembered_;
    // What XXX and XXX/XXX stand for: none that is listed.
    AssetListed no_asset_{.asset = AssetId{99u}};
    InstrumentListed no_market_{.instrument = InstrumentId{99u},
                                .base = AssetId{99u},
                                .quote = AssetId{99u},
                                .tick_mantissa = 1,
                                .lot_mantissa = 1};
};

// "dec WORD", "decms WORD": an address whose hash begins with the word.
[[nodiscard]] ChainAddress chain_address(Words& words);
[[nodiscard]] Propose proposal_of(const Command& command, std::uint32_t lifetime_s);

}  // namespace dcx::scenarios
