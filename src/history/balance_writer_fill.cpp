// What the balance writer writes: all accounts, or those that changed.
#include <algorithm>
#include <array>
#include <charconv>

#include "history/balance_writer.h"

namespace dcx::history {
namespace {

// Accounts named in one entry of the stream, and entries kept: at most some 40 MB.
constexpr std::size_t kAccountsOfEntry = 500;
constexpr std::string_view kEntriesKept = "10000";
// Words as they are on the wire.
constexpr std::string_view kHset = "$4\r\nHSET\r\n";
constexpr std::string_view kSequence = "$8\r\nsequence\r\n";
// More than so many transactions' worth of changes has gathered: not one transaction that Redis takes long for.
constexpr std::size_t kMostAtOnce = 10;

std::string word_of(std::string_view text) {
    RedisCommands words;
    words.word(text);
    return std::string(words.bytes());
}

}  // namespace

void BalanceWriter::fill(BalanceBook& book) {
    learn_assets(book);
    const std::size_t accounts = book.accounts().size();
    if (next_account_ < accounts) {
        begin();
        std::size_t next = next_account_;
        for (std::size_t put = 0; put < options_.max_accounts && next < accounts; ++next) {
            const AccountId id{static_cast<std::uint32_t>(next)};
            if (!book.account(id).known) continue;
            put_account(book, id, true);
            ++put;
        }
        if (commit(book, false)) next_account_ = next;
        return;
    }
    // What changed meanwhile; the last of it with the watermark that says that all is there.
    const std::size_t count = std::min(book.changed().size(), options_.max_accounts);
    const bool last = count == book.changed().size();
    begin();
    for (std::size_t i = 0; i < count; ++i) put_account(book, book.changed()[i], false);
    if (last) put_entry(book, "*");
    if (!commit(book, last)) return;
    book.forget_changed(count);
    if (last) state_ = State::ready;
}

void BalanceWriter::write(BalanceBook& book) {
    const std::size_t count = book.changed().size();
    if (!connection_.connected() || count > kMostAtOnce * options_.max_accounts) {
        state_ = State::away;
        return;
    }
    learn_assets(book);
    begin();
    for (const AccountId id : book.changed()) put_account(book, id, false);
    put_changes(book, count);
    if (commit(book, true)) book.forget_changed(count);
}

void BalanceWriter::learn_assets(const BalanceBook& book) {
    for (std::size_t i = assets_.size(); i < book.assets().size(); ++i) {
        const BalanceBook::Asset& asset = book.assets()[i];
        const std::string symbol(asset.symbol.view());
        assets_.push_back({.available = word_of(symbol + std::string(kAvailableField)),
                           .held = word_of(symbol + std::string(kHeldField)),
                           .scale = asset.scale});
    }
}

void BalanceWriter::put_account(const BalanceBook& book, AccountId id, bool all) {
    const BalanceBook::Account& account = book.account(id);
    std::size_t balances = account.balances.size();
    if (!all)
        balances = static_cast<std::size_t>(std::ranges::count(account.balances, true, &BalanceBook::Balance::changed));
    text_.assign(balances_);
    std::array<char, 16> digits;
    text_.append(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), id.value).ptr);
    const bool count = all || account.grown;
    commands_.command(4 + (count ? 2 : 0) + 4 * balances).raw(kHset).word(text_);
    commands_.raw(kSequence).number(account.sequence.value);
    if (count) commands_.word("assets").number(std::uint64_t{account.balances.size()});
    for (const BalanceBook::Balance& balance : account.balances) {
        if (!all && !balance.changed) continue;
        const AssetWords& asset = assets_[balance.asset.value];
        commands_.raw(asset.available);
        put_amount(balance.available, asset.scale);
        commands_.raw(asset.held);
        put_amount(balance.held, asset.scale);
    }
    putting_ += balances;
    send_ahead();
}

// The text that decimal_text() makes, several times as fast: amounts are nearly all of what is written.
void BalanceWriter::put_amount(Amount amount, unsigned scale) {
    const bool negative = amount.value < 0;
    const std::uint64_t magnitude =
        negative ? -static_cast<std::uint64_t>(amount.value) : static_cast<std::uint64_t>(amount.value);
    std::array<char, 24> digits;
    const std::size_t length = static_cast<std::size_t>(
        std::to_chars(digits.data(), digits.data() + digits.size(), magnitude).ptr - digits.data());
    const std::string_view all(digits.data(), length);
    const std::size_t whole = length > scale ? length - scale : 0;
    text_.clear();
    if (negative) text_.push_back('-');
    if (whole == 0) text_.push_back('0');
    text_.append(all.substr(0, whole));
    if (scale > 0) {
        text_.push_back('.');
        text_.append(scale - (length - whole), '0');
        text_.append(all.substr(whole));
    }
    commands_.word(text_);
}

void BalanceWriter::put_changes(const BalanceBook& book, std::size_t count) {
    std::string accounts;
    for (std::size_t i = 0; i < count; ++i) {
        accounts += std::to_string(book.changed()[i].value);
        if ((i + 1) % kAccountsOfEntry != 0 && i + 1 < count) {
            accounts += ',';
            continue;
        }
        put_entry(book, accounts);
        accounts.clear();
    }
}

void BalanceWriter::put_entry(const BalanceBook& book, std::string_view accounts) {
    commands_.command(12).word("XADD").word(stream_).word("MAXLEN").word("~").word(kEntriesKept).word("*");
    commands_.word("generation").number(generation_).word("sequence").number(book.sequence().value);
    commands_.word("accounts").word(accounts);
}

}  // namespace dcx::history
