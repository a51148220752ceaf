// The only translation unit that knows nlohmann-json.
#include "feed/request.h"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

#include "base/sha256.h"

namespace dcx::feed {

namespace {

using Json = nlohmann::json;
using InputFormat = nlohmann::detail::input_format_t;
// No request is nested deeper than 2. The parser of MessagePack calls itself at each level, so that deep input must be
// stopped before it is made into a tree.
constexpr std::size_t kDepthMax = 4;

// Follows the structure without keeping anything.
class DepthGuard {
  public:
    [[nodiscard]] bool too_deep() const { return depth_ > kDepthMax; }

    bool null() { return true; }
    bool boolean(bool) { return true; }
    bool number_integer(Json::number_integer_t) { return true; }
    bool number_unsigned(Json::number_unsigned_t) { return true; }
    bool number_float(Json::number_float_t, const std::string&) { return true; }
    bool string(std::string&) { return true; }
    bool binary(Json::binary_t&) { return true; }
    bool key(std::string&) { return true; }
    bool start_object(std::size_t) { return ++depth_ <= kDepthMax; }
    bool start_array(std::size_t) { return ++depth_ <= kDepthMax; }
    bool end_object() { return --depth_, true; }
    bool end_array() { return --depth_, true; }
    bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception&) { return false; }

  private:
    std::size_t depth_ = 0;
};

RequestError error(ErrorCode code, std::string message) { return {code, std::move(message), {}}; }

std::expected<Json, RequestError> parse_tree(Format format, std::span<const std::byte> message) {
    const auto* begin = reinterpret_cast<const std::uint8_t*>(message.data());
    const auto* end = begin + message.size();
    const bool json = format == Format::json;
    DepthGuard guard;
    if (!Json::sax_parse(begin, end, &guard, json ? InputFormat::json : InputFormat::msgpack)) {
        if (guard.too_deep()) return std::unexpected(error(ErrorCode::too_deep, "nested too deep"));
        return std::unexpected(error(ErrorCode::malformed, json ? "not JSON" : "not MessagePack"));
    }
    Json tree = json ? Json::parse(begin, end, nullptr, false) : Json::from_msgpack(begin, end, true, false);
    if (!tree.is_object()) return std::unexpected(error(ErrorCode::malformed, "a request is a map"));
    return tree;
}

// Reads the fields of one request; the first fault stays.
class FieldReader {
  public:
    explicit FieldReader(const Json& tree) : tree_(tree) {}

    [[nodiscard]] bool failed() const { return error_.has_value(); }
    [[nodiscard]] RequestError take_error() { return std::move(*error_); }
    void fail(ErrorCode code, std::string message) {
        if (!error_) error_ = error(code, std::move(message));
    }

    [[nodiscard]] const Json* find(const char* name) const {
        const auto found = tree_.find(name);
        return found == tree_.end() ? nullptr : &*found;
    }
    RequestId id();
    std::optional<RequestType> type();
    void only(std::span<const std::string_view> known);
    std::optional<std::uint64_t> integer(const Json& map, const char* name);
    // Of `name` (one text) or `names` (a list of texts); nothing when neither is there.
    std::optional<std::vector<std::string>> texts(const char* name, const char* names);
    std::optional<std::uint32_t> interval();
    std::optional<ResumePoint> from();

  private:
    std::optional<std::string> text(const Json& value, const char* name);

    const Json& tree_;
    std::optional<RequestError> error_;
};

RequestId FieldReader::id() {
    const Json* value = find("id");
    if (value == nullptr) return {};
    if (value->is_number_unsigned()) return value->get<std::uint64_t>();
    if (value->is_number_integer()) return value->get<std::int64_t>();
    if (value->is_string() && value->get_ref<const std::string&>().size() <= kRequestIdMax)
        return value->get<std::string>();
    fail(ErrorCode::bad_field, "id must be an integer or a text of at most 64 bytes");
    return {};
}

std::optional<RequestType> FieldReader::type() {
    static constexpr std::array<std::pair<std::string_view, RequestType>, 6> names{{
        {"subscribe", RequestType::subscribe},
        {"unsubscribe", RequestType::unsubscribe},
        {"heartbeat", RequestType::heartbeat},
        {"stats", RequestType::stats},
        {"instruments", RequestType::instruments},
        {"login", RequestType::login},
    }};
    const Json* value = find("type");
    const Json* action = find("action");
    if (value != nullptr && action != nullptr) fail(ErrorCode::unknown_field, "type and action are the same field");
    if (value == nullptr) value = action;
    if (value != nullptr && value->is_string())
        for (const auto& [name, type] : names)
            if (value->get_ref<const std::string&>() == name) return type;
    fail(ErrorCode::unknown_type, "type must be subscribe, unsubscribe, heartbeat, stats, instruments or login");
    return std::nullopt;
}

void FieldReader::only(std::span<const std::string_view> known) {
    for (const auto& [name, value] : tree_.items())
        if (std::ranges::find(known, name) == known.end())
            // The name is not echoed: in MessagePack it may be any bytes.
            fail(ErrorCode::unknown_field, "a field that this request does not have");
}

std::optional<std::uint64_t> FieldReader::integer(const Json& map, const char* name) {
    const auto found = map.find(name);
    if (found == map.end()) return std::nullopt;
    if (found->is_number_unsigned()) return found->get<std::uint64_t>();
    fail(ErrorCode::bad_field, std::string{name} + " must be a whole number");
    return std::nullopt;
}

std::optional<std::string> FieldReader::text(const Json& value, const char* name) {
    if (value.is_string() && !value.get_ref<const std::string&>().empty()) return value.get<std::string>();
    fail(ErrorCode::bad_field, std::string{name} + " must be a text");
    return std::nullopt;
}

std::optional<std::vector<std::string>> FieldReader::texts(const char* name, const char* names) {
    const Json* one = find(name);
    const Json* many = find(names);
    if (one == nullptr && many == nullptr) return std::nullopt;
    if (one != nullptr && many != nullptr) {
        fail(ErrorCode::bad_field, std::string{name} + " and " + names + " exclude each other");
        return std::nullopt;
    }
    std::vector<std::string> result;
    if (one != nullptr) {
        if (auto value = text(*one, name)) result.push_back(std::move(*value));
        return result;
    }
    // "*" alone may stand for a list.
    if (many->is_string() && many->get_ref<const std::string&>() == "*") return std::vector<std::string>{"*"};
    if (!many->is_array() || many->empty() || many->size() > kSymbolsMax) {
        fail(ErrorCode::bad_field, std::string{names} + " must be a list of 1 to 4096 texts");
        return std::nullopt;
    }
    for (const Json& item : *many)
        if (auto value = text(item, names)) result.push_back(std::move(*value));
    // Said twice is meant once.
    std::ranges::sort(result);
    const auto repeated = std::ranges::unique(result);
    result.erase(repeated.begin(), repeated.end());
    return result;
}

// In seconds.
std::optional<std::uint32_t> FieldReader::interval() {
    const Json* value = find("interval");
    if (value == nullptr) return std::nullopt;
    const auto name = text(*value, "interval");
    if (!name) return std::nullopt;
    if (const auto place = interval_named(*name)) return kIntervals[*place];
    fail(ErrorCode::bad_interval, "intervals are 1s, 1m, 5m, 15m, 1h, 4h and 1d");
    return std::nullopt;
}

std::optional<ResumePoint> FieldReader::from() {
    const Json* value = find("from");
    if (value == nullptr) return std::nullopt;
    if (!value->is_object() || value->size() != 2) {
        fail(ErrorCode::bad_field, "from must be {epoch, seq}");
        return std::nullopt;
    }
    const auto epoch = integer(*value, "epoch");
    const auto seq = integer(*value, "seq");
    if (!epoch || !seq) {
        fail(ErrorCode::bad_field, "from must be {epoch, seq}");
        return std::nullopt;
    }
    return ResumePoint{.epoch = *epoch, .seq = *seq};
}

void read_channels(FieldReader& fields, Request& request) {
    const auto names = fields.texts("channel", "channels");
    if (!names) {
        // The bulk form of the feed before this one had no channels.
        if (fields.find("symbols") == nullptr) fields.fail(ErrorCode::missing_field, "channel is missing");
        request.channels.assign(kFirstChannels.begin(), kFirstChannels.end());
        return;
    }
    if (names->size() == 1 && names->front() == "*") {
        request.channels.assign(kPublicChannels.begin(), kPublicChannels.end());
        return;
    }
    for (const std::string& name : *names) {
        const auto channel = channel_named(name);
        if (!channel)
            fields.fail(ErrorCode::unknown_channel,
                        "channels are orderbook, trades, ticker, orders, bbo, candles, executions and balances");
        else
            request.channels.push_back(*channel);
    }
}

// Private channels are of an account and have neither symbol nor variants.
void read_private(FieldReader& fields, const Json& tree, Request& request) {
    if (!std::ranges::all_of(request.channels, is_private))
        fields.fail(ErrorCode::not_applicable, "private channels are subscribed by themselves");
    for (const char* name : {"symbol", "symbols", "depth", "rate", "interval"})
        if (fields.find(name) != nullptr)
            fields.fail(ErrorCode::not_applicable, "private channels are of an account, not of a symbol");
    if (const auto account = fields.integer(tree, "account")) {
        if (*account == 0 || *account > std::numeric_limits<std::uint32_t>::max())
            fields.fail(ErrorCode::bad_field, "account must be an account's number");
        request.account = AccountId{static_cast<std::uint32_t>(*account)};
    }
    request.from = fields.from();
    if (request.from && request.channels.size() != 1)
        fields.fail(ErrorCode::not_applicable, "from belongs to one channel of one account");
}

void read_login(FieldReader& fields, const Json& tree, Request& request) {
    using namespace std::string_view_literals;
    static constexpr std::array known{"type"sv, "action"sv, "id"sv, "key_id"sv, "signature"sv};
    fields.only(known);
    const auto key = fields.integer(tree, "key_id");
    const Json* signature = fields.find("signature");
    if (!key || signature == nullptr) fields.fail(ErrorCode::missing_field, "a login has key_id and signature");
    if (key && (*key == 0 || *key > std::numeric_limits<std::uint32_t>::max()))
        fields.fail(ErrorCode::bad_field, "key_id must be a key's number");
    request.login.key = KeyId{static_cast<std::uint32_t>(key.value_or(0))};
    if (signature != nullptr &&
        (!signature->is_string() || !from_hex(signature->get_ref<const std::string&>(), request.login.signature)))
        fields.fail(ErrorCode::bad_field, "signature must be 128 lower-case hexadecimal digits");
}

void read_symbols(FieldReader& fields, Request& request) {
    auto names = fields.texts("symbol", "symbols");
    if (!names) {
        fields.fail(ErrorCode::missing_field, "symbol is missing");
        return;
    }
    const bool all = std::ranges::find(*names, "*") != names->end();
    if (all && names->size() > 1) fields.fail(ErrorCode::bad_field, "* stands alone");
    if (!all) request.symbols = std::move(*names);
}

void read_variant(FieldReader& fields, const Json& tree, Request& request) {
    const auto any = [&](bool (*has)(Channel)) { return std::ranges::any_of(request.channels, has); };
    if (const auto depth = fields.integer(tree, "depth")) {
        if (!is_depth(*depth))
            fields.fail(ErrorCode::bad_depth, "depths are 1, 5, 10, 20, 50, 100, 500, 1000 and 5000");
        if (!any(has_depth)) fields.fail(ErrorCode::not_applicable, "only the order book has a depth");
        request.depth = static_cast<std::uint32_t>(*depth);
    }
    if (const auto rate = fields.integer(tree, "rate")) {
        if (!rate_index(*rate)) fields.fail(ErrorCode::bad_rate, "rates are 0, 20 and 100");
        if (!any(has_rate)) fields.fail(ErrorCode::not_applicable, "only the order book and bbo have a rate");
        request.rate_ms = static_cast<std::uint32_t>(*rate);
    }
    if (const auto interval = fields.interval()) {
        if (!any(has_interval)) fields.fail(ErrorCode::not_applicable, "only candles have an interval");
        request.interval_s = *interval;
    }
    request.from = fields.from();
    if (request.from && (request.channels.size() != 1 || request.symbols.size() != 1))
        fields.fail(ErrorCode::not_applicable, "from belongs to one channel of one symbol");
}

void read_fields(FieldReader& fields, const Json& tree, Request& request) {
    using namespace std::string_view_literals;
    static constexpr std::array plain{"type"sv, "action"sv, "id"sv};
    static constexpr std::array bulk{"type"sv,    "action"sv, "id"sv,   "channel"sv,  "channels"sv, "symbol"sv,
                                     "symbols"sv, "depth"sv,  "rate"sv, "interval"sv, "account"sv,  "from"sv};
    if (request.type == RequestType::login) {
        read_login(fields, tree, request);
        return;
    }
    const bool subscribes = request.type == RequestType::subscribe;
    if (!subscribes && request.type != RequestType::unsubscribe) {
        fields.only(plain);
        return;
    }
    // Only subscribe has `from`, which is the last of the list.
    fields.only(std::span{bulk}.first(bulk.size() - (subscribes ? 0 : 1)));
    read_channels(fields, request);
    if (std::ranges::any_of(request.channels, is_private)) {
        read_private(fields, tree, request);
        return;
    }
    if (fields.find("account") != nullptr)
        fields.fail(ErrorCode::not_applicable, "only private channels have an account");
    read_symbols(fields, request);
    read_variant(fields, tree, request);
}

}  // namespace

std::expected<Request, RequestError> parse_request(Format format, std::span<const std::byte> message) {
    const auto tree = parse_tree(format, message);
    if (!tree) return std::unexpected(tree.error());
    FieldReader fields{*tree};
    Request request{};
    request.id = fields.id();
    if (const auto type = fields.type()) {
        request.type = *type;
        if (!fields.failed()) read_fields(fields, *tree, request);
    }
    if (!fields.failed()) return request;
    RequestError failure = fields.take_error();
    failure.id = std::move(request.id);
    return std::unexpected(std::move(failure));
}

}  // namespace dcx::feed
