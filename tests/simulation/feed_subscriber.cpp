#include "simulation/feed_subscriber.h"

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/crc32c.h"

namespace dcx::simulation {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kInstruments = 2;
constexpr std::int64_t kSilenceNs = 5 * kSecond;

// "2.5010" in ten-thousandths.
std::int64_t units(const Json& decimal) {
    std::int64_t result = 0;
    for (const char c : decimal.get_ref<const std::string&>())
        if (c != '.') result = result * 10 + (c - '0');
    return result;
}

InstrumentId instrument_of(const std::string& symbol) { return InstrumentId{symbol == "DEC/USD" ? 1u : 2u}; }

}  // namespace

void FeedSubscriber::fail(const std::string& what) { world_.broken("feed: " + what); }

void FeedSubscriber::act() {
    const std::int64_t now = world_.now();
    next_ns_ = now + kSecond;
    if (state_ == State::away) {
        state_ = State::connecting;
        inbox_.clear();
        books_.clear();
        trades_.clear();
        heard_ns_ = now;
        link_ = network_.connect(*this, kHttpPort);
    } else if (now - heard_ns_ > kSilenceNs) {
        leave();
    }
}

void FeedSubscriber::leave() {
    network_.reset(link_);
    on_end();
}

void FeedSubscriber::on_end() {
    state_ = State::away;
    link_ = 0;
    books_.clear();
    next_ns_ = world_.now() + random_.between(50, 2000) * kMs;
}

void FeedSubscriber::on_open() {
    state_ = State::upgrading;
    constexpr std::string_view request =
        "GET /v1/feed HTTP/1.1\r\nHost: venue\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: c2ltdWxhdGVkIGNsaWVudA==\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Protocol: dcx.json\r\n\r\n";
    network_.send(link_, std::as_bytes(std::span{request}));
}

void FeedSubscriber::on_bytes(std::span<const std::byte> bytes, std::uint64_t order) {
    heard_ns_ = world_.now();
    inbox_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const LinkId link = link_;
    while (link_ == link && (state_ == State::upgrading ? take_head() : take_frame(order))) {
    }
}

bool FeedSubscriber::take_head() {
    const auto end = inbox_.find("\r\n\r\n");
    if (end == std::string::npos) return false;
    const bool switched = inbox_.starts_with("HTTP/1.1 101");
    inbox_.erase(0, end + 4);
    // 503 while the venue starts or stops.
    if (!switched) return leave(), false;
    state_ = State::open;
    return true;
}

bool FeedSubscriber::take_frame(std::uint64_t order) {
    const auto byte = [&](std::size_t at) { return static_cast<std::size_t>(static_cast<unsigned char>(inbox_[at])); };
    if (inbox_.size() < 2) return false;
    std::size_t head = 2;
    std::size_t size = byte(1);
    if (size == 126) head = 4;
    if (size == 127) head = 10;
    if (inbox_.size() < head) return false;
    if (head > 2) size = 0;
    for (std::size_t at = 2; at < head; ++at) size = size * 256 + byte(at);
    if (inbox_.size() < head + size) return false;
    const std::size_t opcode = byte(0) & 15;
    const std::string body = inbox_.substr(head, size);
    inbox_.erase(0, head + size);
    if (opcode == 1) on_message(body, order);
    if (opcode == 8) leave();
    if (opcode == 9) send_frame(10, body);
    return true;
}

void FeedSubscriber::send_frame(std::uint8_t opcode, std::string_view body) {
    std::string frame;
    frame += static_cast<char>(0x80 | opcode);
    if (body.size() < 126) {
        frame += static_cast<char>(0x80 | body.size());
    } else {
        frame += static_cast<char>(0x80 | 126);
        frame += static_cast<char>(body.size() >> 8);
        frame += static_cast<char>(body.size() & 255);
    }
    const char mask[4] = {1, 2, 3, 4};
    frame.append(mask, 4);
    for (std::size_t i = 0; i < body.size(); ++i) frame += static_cast<char>(body[i] ^ mask[i % 4]);
    network_.send(link_, std::as_bytes(std::span{frame}));
}

void FeedSubscriber::on_message(std::string_view text, std::uint64_t order) {
    ++messages_;
    const Json message = Json::parse(text, nullptr, false);
    if (message.is_discarded()) return fail("a message is not JSON");
    const std::string type = message.value("type", "");
    // "*" means the markets that are listed now; of those listed later it is told.
    if (type == "welcome" || (type == "instruments" && books_.size() < kInstruments))
        return send_frame(1, R"({"type":"subscribe","channels":["orderbook","trades"],"symbols":"*","depth":5000})");
    const std::string channel = message.value("channel", "");
    if (type != "snapshot" && type != "update") return;
    if (channel == "orderbook") on_book(message);
    if (channel == "trades") on_trades(message, order);
    if (message.at("seq").get<std::uint64_t>() > witness_.last())
        fail("sequence " + message.at("seq").dump() + " is told before the gateway has seen it");
}

void FeedSubscriber::on_book(const Json& message) {
    Book& book = books_[message.at("symbol")];
    const auto prev = message.at("prev").get<std::uint64_t>();
    if (message.at("type") == "snapshot") {
        book = {};
    } else if (prev != book.seq) {
        return fail("an update of a book follows " + std::to_string(prev) + ", the last one was " +
                    std::to_string(book.seq));
    }
    book.seq = message.at("seq").get<std::uint64_t>();
    const Json& data = message.at("data");
    const auto take = [&](std::map<std::int64_t, Line>& side, const Json& changes) {
        for (const Json& change : changes) {
            const std::int64_t quantity = units(change.at(1));
            if (quantity == 0)
                side.erase(units(change.at(0)));
            else
                side[units(change.at(0))] = {quantity, change.at(2).get<std::uint32_t>()};
        }
    };
    take(book.bids, data.at("bids"));
    take(book.asks, data.at("asks"));
    check_sum(book, data.at("checksum").get<std::uint32_t>());
    if (!book.bids.empty() && !book.asks.empty() && book.bids.rbegin()->first >= book.asks.begin()->first)
        fail("a book is told crossed");
}

void FeedSubscriber::check_sum(const Book& book, std::uint32_t told) {
    std::vector<std::int64_t> numbers;
    int count = 0;
    for (auto line = book.bids.rbegin(); line != book.bids.rend() && count < 10; ++line, ++count) {
        numbers.push_back(line->first);
        numbers.push_back(line->second.quantity);
    }
    count = 0;
    for (auto line = book.asks.begin(); line != book.asks.end() && count < 10; ++line, ++count) {
        numbers.push_back(line->first);
        numbers.push_back(line->second.quantity);
    }
    if (crc32c(std::as_bytes(std::span{numbers})) != told) fail("a book's checksum is not that of the book");
}

void FeedSubscriber::on_trades(const Json& message, std::uint64_t order) {
    std::uint64_t& last = trades_[message.at("symbol")];
    const auto prev = message.at("prev").get<std::uint64_t>();
    const bool update = message.at("type") == "update";
    if (update && prev != last) return fail("trades are missing");
    last = message.at("seq").get<std::uint64_t>();
    if (!update) return;
    if (!message.at("data").at("trades").empty()) prints_.on_print(last, order);
    for (const Json& trade : message.at("data").at("trades"))
        if (trade.at("id").get<std::uint64_t>() > witness_.trades()) fail("a trade is told that never was");
}

void FeedSubscriber::compare() {
    for (const auto& [symbol, book] : books_) {
        std::vector<Witness::Level> bids;
        std::vector<Witness::Level> asks;
        for (auto line = book.bids.rbegin(); line != book.bids.rend(); ++line)
            bids.push_back({line->first, line->second.quantity, line->second.orders});
        asks.reserve(book.asks.size());
        for (const auto& [price, line] : book.asks) asks.push_back({price, line.quantity, line.orders});
        if (bids != witness_.levels(instrument_of(symbol), Side::buy) ||
            asks != witness_.levels(instrument_of(symbol), Side::sell))
            fail("the book of " + symbol + " that was rebuilt from the feed is not the venue's");
    }
}

}  // namespace dcx::simulation
