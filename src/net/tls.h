// TLS for connections, by OpenSSL in user memory: a session turns bytes of the wire into plain ones and back and does
// no I/O, so it works over every backend. TLS 1.3; 1.2 too where it is allowed (browsers and old tools).
//
// A context is made once and may be used by connections of several threads. What is wrong with a certificate or a key
// is an error when it is made, with a text that says what to do; what is wrong with a peer ends its connection. Nobody
// renegotiates, resumes a session or shows a certificate to a server. Memory: about 20 KiB a session while it shakes
// hands, less when it is idle.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <span>
#include <string>

#include "net/error.h"
#include "net/output_buffer.h"

struct ssl_st;
struct ssl_ctx_st;

namespace dcx::net {

struct TlsFiles {
    std::string certificate;  // PEM: the server's own first, then those that lead to its root
    std::string key;          // PEM, without a passphrase
};

// Whom a client believes: who is vouched for by one of these, and has the name he was asked for under; or exactly this
// certificate, whoever vouches for it.
struct TlsTrust {
    std::string authorities;  // a PEM file
    std::string name;         // a host's name or an address
    std::string
        fingerprint;  // SHA-256 of the certificate, 64 hexadecimal digits, colons allowed; instead of the others
};

class TlsContext {
  public:
    [[nodiscard]] static std::expected<std::shared_ptr<const TlsContext>, Error> server(const TlsFiles& files,
                                                                                        bool allow_1_2);
    [[nodiscard]] static std::expected<std::shared_ptr<const TlsContext>, Error> client(const TlsTrust& trust);
    ~TlsContext();
    // SHA-256 of the server's own certificate, as a client pins it; empty for a client.
    [[nodiscard]] std::string fingerprint() const;
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

  private:
    friend class TlsSession;
    TlsContext(ssl_ctx_st* context, bool server) : context_(context), server_(server) {}

    ssl_ctx_st* context_;
    bool server_;
    std::string name_;
    std::string fingerprint_;  // 32 bytes; of a client: what is pinned, or none
};

class TlsSession {
  public:
    // `limit`: bytes for the wire that may wait.
    TlsSession(std::shared_ptr<const TlsContext> context, std::size_t limit, BlockPool& pool);
    ~TlsSession();
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;

    // All calls return false when the session is broken; error() says why, and an alert for the other end may wait.
    // What a client has to say first.
    [[nodiscard]] bool begin();
    // Bytes from the wire; goes on with the handshake.
    [[nodiscard]] bool feed(std::span<const std::byte> bytes);
    // Plain bytes that have come, 0: none.
    [[nodiscard]] bool read(std::span<std::byte> out, std::size_t& size);
    // Not before the handshake is done.
    [[nodiscard]] bool write(std::span<const std::byte> plain);
    // Tells the other end that nothing follows.
    void notify_end();

    [[nodiscard]] bool established() const { return established_; }
    // The other end has said that nothing follows.
    [[nodiscard]] bool ended() const { return ended_; }
    [[nodiscard]] bool told_end() const { return told_end_; }
    [[nodiscard]] const std::string& error() const { return error_; }
    // For the wire.
    [[nodiscard]] OutputBuffer& wire() { return wire_; }
    // Of the protocol, e.g. "TLSv1.3".
    [[nodiscard]] std::string version() const;

  private:
    bool shake_hands();
    bool check_fingerprint();
    bool take_output();
    bool broken(std::string why);

    std::shared_ptr<const TlsContext> context_;
    ssl_st* session_;
    OutputBuffer wire_;
    std::string error_;
    bool established_ = false;
    bool ended_ = false;
    bool told_end_ = false;
};

}  // namespace dcx::net
