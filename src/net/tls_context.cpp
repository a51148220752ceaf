#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <string_view>
#include <utility>

#include "net/tls.h"

namespace dcx::net {

namespace {

// Of OpenSSL's queue, which it empties.
std::string reason() {
    const unsigned long code = ERR_peek_error();
    std::array<char, 256> text{};
    ERR_error_string_n(code, text.data(), text.size());
    const char* known = ERR_reason_error_string(code);
    ERR_clear_error();
    if (code == 0) return "no reason given";
    return known != nullptr ? known : text.data();
}

std::unexpected<Error> refuse(SSL_CTX* context, std::string text) {
    SSL_CTX_free(context);
    ERR_clear_error();
    return std::unexpected(Error{std::move(text), EINVAL});
}

// Nobody is there to type one.
int no_passphrase(char*, int, int, void*) { return -1; }

std::string readable(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "re");
    if (file == nullptr) return system_error("cannot be read").text;
    std::fclose(file);
    return {};
}

SSL_CTX* new_context(const SSL_METHOD* method, bool allow_1_2) {
    ERR_clear_error();
    SSL_CTX* context = SSL_CTX_new(method);
    if (context == nullptr) return nullptr;
    SSL_CTX_set_min_proto_version(context, allow_1_2 ? TLS1_2_VERSION : TLS1_3_VERSION);
    SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Idle sessions give their buffers back; what is queued may move between two tries.
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(context, 0);
    SSL_CTX_set_default_passwd_cb(context, no_passphrase);
    return context;
}

bool hexadecimal(const std::string& text, std::string& bytes) {
    std::string digits;
    for (const char c : text)
        if (c != ':') digits += c;
    if (digits.size() != 64 || !std::ranges::all_of(digits, [](unsigned char c) { return std::isxdigit(c) != 0; }))
        return false;
    for (std::size_t i = 0; i < digits.size(); i += 2)
        bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    return true;
}

}  // namespace

std::expected<std::shared_ptr<const TlsContext>, Error> TlsContext::server(const TlsFiles& files, bool allow_1_2) {
    if (const auto why = readable(files.certificate); !why.empty())
        return std::unexpected(Error{
            "certificate " + files.certificate + " " + why + ": give the PEM file of the certificate chain", EINVAL});
    if (const auto why = readable(files.key); !why.empty())
        return std::unexpected(
            Error{"key " + files.key + " " + why + ": give the PEM file of its private key", EINVAL});
    SSL_CTX* context = new_context(TLS_server_method(), allow_1_2);
    if (context == nullptr) return refuse(context, "OpenSSL: " + reason());
    if (SSL_CTX_use_certificate_chain_file(context, files.certificate.c_str()) != 1)
        return refuse(context, "certificate " + files.certificate + " is no PEM certificate (" + reason() + ")");
    const X509* own = SSL_CTX_get0_certificate(context);
    if (X509_cmp_current_time(X509_get0_notAfter(own)) < 0)
        return refuse(context, "certificate " + files.certificate + " has expired: renew it");
    if (X509_cmp_current_time(X509_get0_notBefore(own)) > 0)
        return refuse(context, "certificate " + files.certificate + " is not valid yet: is the clock right?");
    if (SSL_CTX_use_PrivateKey_file(context, files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
        const std::string why = reason();
        if (why == "key values mismatch")
            return refuse(context, "key " + files.key + " is not that of certificate " + files.certificate);
        return refuse(context, "key " + files.key + " is no PEM private key without a passphrase (" + why + ")");
    }
    return std::shared_ptr<const TlsContext>(new TlsContext(context, true));
}

std::expected<std::shared_ptr<const TlsContext>, Error> TlsContext::client(const TlsTrust& trust) {
    SSL_CTX* context = new_context(TLS_client_method(), false);
    if (context == nullptr) return refuse(context, "OpenSSL: " + reason());
    std::string pinned;
    if (!trust.fingerprint.empty()) {
        if (!hexadecimal(trust.fingerprint, pinned))
            return refuse(context, "a fingerprint is the certificate's SHA-256: 64 hexadecimal digits");
        SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
    } else {
        if (SSL_CTX_load_verify_locations(context, trust.authorities.c_str(), nullptr) != 1)
            return refuse(context,
                          "authorities " + trust.authorities + " is no PEM file of certificates (" + reason() + ")");
        if (trust.name.empty()) return refuse(context, "under which name the server is believed must be said");
        SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    }
    auto made = std::shared_ptr<TlsContext>(new TlsContext(context, false));
    made->name_ = trust.name;
    made->fingerprint_ = pinned;
    return made;
}

std::string TlsContext::fingerprint() const {
    const X509* own = SSL_CTX_get0_certificate(context_);
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (own == nullptr || X509_digest(own, EVP_sha256(), digest.data(), &size) != 1) return {};
    std::string text;
    constexpr std::string_view digits = "0123456789abcdef";
    for (unsigned i = 0; i < size; ++i) {
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 15];
    }
    return text;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

}  // namespace dcx::net
