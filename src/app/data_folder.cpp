#include "app/data_folder.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "base/ed25519.h"
#include "base/private_file.h"
#include "base/sha256.h"
#include "net/tls.h"

namespace dcx::app {

namespace fs = std::filesystem;

namespace {

// "address:port", "[address]:port".
std::optional<net::Endpoint> endpoint_of(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string::npos) return std::nullopt;
    net::Endpoint endpoint;
    endpoint.address = text.substr(0, colon);
    if (endpoint.address.starts_with('[') && endpoint.address.ends_with(']'))
        endpoint.address = endpoint.address.substr(1, endpoint.address.size() - 2);
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data() + colon + 1, end, endpoint.port);
    if (parsed.ec != std::errc{} || parsed.ptr != end) return std::nullopt;
    return endpoint;
}

// The file is there with the whole line or as it was before.
void put_line(const std::string& path, const std::string& line) {
    const std::string beside = path + ".new";
    errno = 0;
    std::ofstream out(beside);
    out << line << "\n";
    out.close();
    // On a full disk nothing else says that half of it is there: no tool would find the venue.
    if (!out) throw std::runtime_error("cannot write " + beside + ": " + std::generic_category().message(errno));
    std::error_code error;
    fs::rename(beside, path, error);
    if (error) throw std::runtime_error("cannot write " + path + ": " + error.message());
}

}  // namespace

void DataFolder::make() const {
    for (const std::string& folder : {path_, keys()}) {
        std::error_code error;
        const bool made = fs::create_directories(folder, error);
        if (!error && made) fs::permissions(folder, fs::perms::owner_all, error);
        if (error) throw std::runtime_error(folder + ": " + error.message());
    }
}

client::ClientKey DataFolder::operator_key() const {
    const std::string file = key("operator");
    if (!fs::exists(file)) {
        // Not with a journal of another key beside it: nobody could operate that venue.
        if (has_journal())
            throw std::runtime_error(file + " is missing, and the journal beside it knows no other operator");
        client::ClientKey key{.key = KeyId{1u}, .account = {}, .seed = {}};
        random_bytes(key.seed);
        if (const auto written = client::write_key_file(file, key); !written) throw std::runtime_error(written.error());
    }
    auto key = client::read_key_file(file);
    if (!key) throw std::runtime_error(key.error());
    return *key;
}

bool DataFolder::has_journal() const { return fs::exists(journal()) && !fs::is_empty(journal()); }

std::optional<client::ClientKey> DataFolder::second_operator_key() const {
    const std::string file = key("operator-2");
    if (!fs::exists(file)) {
        // Taken away, as it should be.
        if (has_journal()) return std::nullopt;
        client::ClientKey key{.key = KeyId{2u}, .account = {}, .seed = {}};
        random_bytes(key.seed);
        if (const auto written = client::write_key_file(file, key); !written) throw std::runtime_error(written.error());
    }
    auto key = client::read_key_file(file);
    if (!key) throw std::runtime_error(key.error());
    return *key;
}

void DataFolder::write_proposed(const std::string& name, client::ClientKey key) const {
    // Its number is not known yet; a key file has one.
    key.key = KeyId{~std::uint32_t{0}};
    if (const auto written = client::write_key_file(proposed_key(name), key); !written)
        throw std::runtime_error(written.error());
}

void DataFolder::remove_proposed(const std::string& name) const {
    std::error_code ignored;
    fs::remove(proposed_key(name), ignored);
}

std::string DataFolder::complete_key(const Ed25519PublicKey& public_key, KeyId id) const {
    for (const auto& entry : fs::directory_iterator(keys())) {
        if (entry.path().extension() != ".proposed") continue;
        auto key = client::read_key_file(entry.path().string());
        if (!key || ed25519_public_key(key->seed) != public_key) continue;
        key->key = id;
        const std::string name = entry.path().stem().string();
        if (const auto written = client::write_key_file(this->key(name), *key); !written)
            throw std::runtime_error(written.error());
        remove_proposed(name);
        return this->key(name);
    }
    return {};
}

std::expected<net::Endpoint, std::string> DataFolder::order_entry() const {
    std::ifstream in(ready());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    const auto parsed = nlohmann::json::parse(text, nullptr, false);
    if (!in.is_open() || !parsed.is_object() || !parsed.contains("order_entry") || !parsed["order_entry"].is_string())
        return std::unexpected("no venue runs on " + path_ + " (start one: dcx serve --data " + path_ + ")");
    auto endpoint = endpoint_of(parsed["order_entry"].get<std::string>());
    if (!endpoint) return std::unexpected(ready() + " names no address");
    if (const auto pinned = parsed.find("order_entry_tls"); pinned != parsed.end() && pinned->is_string()) {
        // Whoever may read this folder's keys may believe what it says of the venue.
        auto tls = net::TlsContext::client({.authorities = {}, .name = {}, .fingerprint = pinned->get<std::string>()});
        if (!tls) return std::unexpected(ready() + ": " + tls.error().text);
        endpoint->tls = std::move(*tls);
    }
    return *endpoint;
}

std::expected<net::Endpoint, std::string> DataFolder::admin() const {
    std::ifstream in(admin_address());
    std::string text;
    if (!std::getline(in, text)) return std::unexpected("no venue runs on " + path_);
    const auto endpoint = endpoint_of(text);
    if (!endpoint) return std::unexpected(admin_address() + " names no address");
    return *endpoint;
}

void DataFolder::write_admin(const net::Endpoint& endpoint) const { put_line(admin_address(), endpoint.text()); }

std::string DataFolder::make_admin_token() const {
    const std::string file = admin_token_file();
    if (!fs::exists(file)) {
        std::array<std::byte, 32> token{};
        random_bytes(token);
        if (const auto written = write_private_file(file, to_hex(token) + "\n"); !written)
            throw std::runtime_error(written.error());
    }
    return admin_token();
}

std::string DataFolder::admin_token() const {
    const auto text = read_private_file(admin_token_file(), 128);
    if (!text) throw std::runtime_error(text.error());
    std::array<std::byte, 32> token{};
    const std::string digits = text->substr(0, text->find('\n'));
    if (!from_hex(digits, token)) throw std::runtime_error(admin_token_file() + ": must hold 64 hexadecimal digits");
    return digits;
}

void DataFolder::write_ready(const std::string& line) const { put_line(ready(), line); }

void DataFolder::remove_ready() const {
    std::error_code ignored;
    fs::remove(ready(), ignored);
    fs::remove(admin_address(), ignored);
}

}  // namespace dcx::app
