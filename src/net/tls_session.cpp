#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <climits>
#include <cstring>
#include <utility>

#include "base/check.h"
#include "net/tls.h"

namespace dcx::net {

namespace {

int length(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

bool is_address(const std::string& name) {
    std::array<unsigned char, 16> binary{};
    return ::inet_pton(AF_INET, name.c_str(), binary.data()) == 1 ||
           ::inet_pton(AF_INET6, name.c_str(), binary.data()) == 1;
}

}  // namespace

TlsSession::TlsSession(std::shared_ptr<const TlsContext> context, std::size_t limit, BlockPool& pool)
    : context_(std::move(context)), session_(SSL_new(context_->context_)), wire_(limit, pool) {
    DCX_CHECK(session_ != nullptr);
    BIO* from_wire = BIO_new(BIO_s_mem());
    BIO* to_wire = BIO_new(BIO_s_mem());
    DCX_CHECK(from_wire != nullptr && to_wire != nullptr);
    // An empty one means "later", not "never again".
    BIO_set_mem_eof_return(from_wire, -1);
    SSL_set_bio(session_, from_wire, to_wire);
    if (context_->server_)
        SSL_set_accept_state(session_);
    else
        SSL_set_connect_state(session_);
    if (context_->server_ || context_->name_.empty()) return;
    if (is_address(context_->name_)) {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session_), context_->name_.c_str());
    } else {
        SSL_set1_host(session_, context_->name_.c_str());
        SSL_set_tlsext_host_name(session_, context_->name_.c_str());
    }
}

TlsSession::~TlsSession() { SSL_free(session_); }

bool TlsSession::begin() { return shake_hands(); }

bool TlsSession::feed(std::span<const std::byte> bytes) {
    if (!error_.empty()) return false;
    if (BIO_write(SSL_get_rbio(session_), bytes.data(), length(bytes.size())) != length(bytes.size()))
        return broken("out of memory");
    return established_ || shake_hands();
}

bool TlsSession::shake_hands() {
    ERR_clear_error();
    const int result = SSL_do_handshake(session_);
    if (result == 1) {
        established_ = true;
        return take_output() && check_fingerprint();
    }
    const int kind = SSL_get_error(session_, result);
    if (kind == SSL_ERROR_WANT_READ) return take_output();
    if (const long verified = SSL_get_verify_result(session_); verified != X509_V_OK)
        return broken(std::string{"the server's certificate is not believed: "} +
                      X509_verify_cert_error_string(verified));
    const char* known = ERR_reason_error_string(ERR_peek_error());
    return broken(known != nullptr ? known : "the handshake failed");
}

bool TlsSession::check_fingerprint() {
    if (context_->fingerprint_.empty()) return true;
    X509* shown = SSL_get1_peer_certificate(session_);
    if (shown == nullptr) return broken("the server shows no certificate");
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    const bool made = X509_digest(shown, EVP_sha256(), digest.data(), &size) == 1;
    X509_free(shown);
    if (made && size == context_->fingerprint_.size() &&
        std::memcmp(digest.data(), context_->fingerprint_.data(), size) == 0)
        return true;
    established_ = false;
    return broken("the server's certificate is another than the one that was pinned");
}

bool TlsSession::read(std::span<std::byte> out, std::size_t& size) {
    size = 0;
    if (!error_.empty()) return false;
    if (!established_ || ended_) return true;
    ERR_clear_error();
    const int result = SSL_read(session_, out.data(), length(out.size()));
    if (result > 0) {
        size = static_cast<std::size_t>(result);
        return true;
    }
    const int kind = SSL_get_error(session_, result);
    if (kind == SSL_ERROR_ZERO_RETURN) ended_ = true;
    // An answer to a change of keys, perhaps.
    if (kind == SSL_ERROR_ZERO_RETURN || kind == SSL_ERROR_WANT_READ) return take_output();
    const char* known = ERR_reason_error_string(ERR_peek_error());
    return broken(known != nullptr ? known : "what came is no TLS");
}

bool TlsSession::write(std::span<const std::byte> plain) {
    if (!error_.empty()) return false;
    while (!plain.empty()) {
        ERR_clear_error();
        const int result = SSL_write(session_, plain.data(), length(plain.size()));
        if (result <= 0) return broken("writing failed");
        plain = plain.subspan(static_cast<std::size_t>(result));
    }
    return take_output();
}

void TlsSession::notify_end() {
    told_end_ = true;
    if (!established_ || !error_.empty()) return;
    ERR_clear_error();
    SSL_shutdown(session_);
    take_output();
}

// From OpenSSL's memory to what is sent.
bool TlsSession::take_output() {
    BIO* made = SSL_get_wbio(session_);
    const std::size_t size = BIO_ctrl_pending(made);
    if (size == 0) return true;
    std::byte* room = wire_.prepare(size);
    // Who asks again and again and does not read.
    if (room == nullptr) return broken("the other end does not read");
    DCX_CHECK(BIO_read(made, room, length(size)) == length(size));
    wire_.commit(size);
    return true;
}

bool TlsSession::broken(std::string why) {
    if (error_.empty()) {
        error_ = "TLS: " + std::move(why);
        // The alert that says so to the other end.
        take_output();
    }
    ERR_clear_error();
    return false;
}

std::string TlsSession::version() const { return SSL_get_version(session_); }

}  // namespace dcx::net
