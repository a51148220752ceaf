// dcx vault: secrets by name. What a secret is stands in no argument, no environment and no message: it comes from a
// file or standard input and goes to one.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "app/commands.h"
#include "app/passphrase.h"
#include "app/private_memory.h"
#include "base/ed25519.h"
#include "wallet/vault.h"
#include "wallet/vault_file.h"

namespace dcx::app {
namespace {

[[noreturn]] void fail(const std::string& path, const char* what) {
    const char* description = ::strerrordesc_np(errno);
    throw std::runtime_error(path + ": " + what + ": " + (description != nullptr ? description : "unknown error"));
}

class OpenFile {
  public:
    OpenFile(std::string path, int fd) : path_(std::move(path)), fd_(fd) {
        if (fd < 0) fail(path_, "can't be opened");
    }
    ~OpenFile() { ::close(fd_); }
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    [[nodiscard]] int fd() const { return fd_; }
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
    int fd_;
};

// The first bytes of the buffer, as many as the file has; refuses none and too many.
std::size_t read_secret(const OpenFile& file, wallet::SecretBuffer& into) {
    std::size_t size = 0;
    while (size < into.bytes().size()) {
        const ssize_t read = ::read(file.fd(), into.bytes().data() + size, into.bytes().size() - size);
        if (read < 0 && errno == EINTR) continue;
        if (read < 0) fail(file.path(), "can't be read");
        if (read == 0) break;
        size += static_cast<std::size_t>(read);
    }
    if (size == 0 || size > wallet::kMaxSecret)
        throw std::runtime_error(file.path() + ": a secret has 1 to " + std::to_string(wallet::kMaxSecret) + " bytes");
    return size;
}

void write_secret(const OpenFile& file, std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t written = ::write(file.fd(), bytes.data(), bytes.size());
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) fail(file.path(), "can't be written");
        bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
}

// The vault's passphrase and, for a new one, the next: read once and in this order.
struct Passphrases {
    explicit Passphrases(const VaultOptions& options) : source(options.passphrase_file), vault(options.vault) {
        keep_memory_private();
    }
    [[nodiscard]] wallet::Passphrase read() const { return source.read("Passphrase of " + vault + ": "); }
    [[nodiscard]] wallet::Passphrase read_new() const { return source.read_new("New passphrase of " + vault + ": "); }

    PassphraseSource source;
    std::string vault;
};

wallet::Secrets open(const VaultOptions& options, const wallet::Passphrase& passphrase) {
    auto secrets = wallet::open_vault(options.vault, passphrase);
    if (!secrets) throw std::runtime_error(secrets.error().message);
    return std::move(*secrets);
}

void change(const VaultOptions& options, const wallet::Passphrase& before, const wallet::Passphrase& after,
            const wallet::VaultChange& what) {
    if (const auto changed = wallet::change_vault(options.vault, before, after, what); !changed)
        throw std::runtime_error(changed.error().message);
}

void print_done(const VaultOptions& options, const char* what) {
    if (options.json) {
        nlohmann::ordered_json line{{"vault", options.vault}};
        if (!options.name.empty()) line["name"] = options.name;
        line["done"] = what;
        std::printf("%s\n", line.dump().c_str());
    } else {
        std::printf("%s %s\n", what, options.name.empty() ? options.vault.c_str() : options.name.c_str());
    }
}

void check_name(const VaultOptions& options) {
    if (!wallet::valid_secret_name(options.name))
        throw std::runtime_error("a secret's name is 1 to 64 of a-z, 0-9, '.', '_' and '-'");
}

}  // namespace

int vault_init(const VaultOptions& options) {
    struct stat status{};
    // Asked before the passphrase is; create_vault() looks again.
    if (::lstat(options.vault.c_str(), &status) == 0)
        throw std::runtime_error(options.vault + ": there is a file already, and a vault is never written over");
    const Passphrases passphrases(options);
    const auto passphrase = passphrases.read_new();
    if (const auto made = wallet::create_vault(options.vault, {}, passphrase); !made)
        throw std::runtime_error(made.error().message);
    static_cast<void>(open(options, passphrase));
    print_done(options, "made");
    return kDone;
}

int vault_list(const VaultOptions& options) {
    const Passphrases passphrases(options);
    const auto secrets = open(options, passphrases.read());
    for (const std::string& name : secrets.names()) {
        const std::size_t size = secrets.get(name).size();
        if (options.json)
            std::printf("%s\n", nlohmann::ordered_json{{"name", name}, {"bytes", size}}.dump().c_str());
        else
            std::printf("%-32s %zu bytes\n", name.c_str(), size);
    }
    return kDone;
}

int vault_put(const VaultOptions& options) {
    check_name(options);
    if (options.file.empty() == (options.random == 0)) throw std::runtime_error("give --from FILE or --random BYTES");
    const Passphrases passphrases(options);
    wallet::SecretBuffer secret(wallet::kMaxSecret + 1);
    std::size_t size = options.random;
    if (size != 0) {
        random_bytes(secret.bytes().first(size));
    } else if (options.file == "-") {
        size = read_secret(OpenFile("standard input", ::dup(STDIN_FILENO)), secret);
    } else {
        size = read_secret(OpenFile(options.file, ::open(options.file.c_str(), O_RDONLY | O_CLOEXEC)), secret);
    }
    const auto passphrase = passphrases.read();
    change(options, passphrase, passphrase, [&](wallet::Secrets& secrets) -> std::expected<void, std::string> {
        if (secrets.contains(options.name) && !options.replace)
            return std::unexpected("holds " + options.name + " already (--replace puts another in its place)");
        if (!secrets.put(options.name, secret.bytes().first(size)))
            return std::unexpected("holds " + std::to_string(secrets.size()) + " secrets, and no more than that");
        return {};
    });
    print_done(options, "put");
    return kDone;
}

int vault_get(const VaultOptions& options) {
    check_name(options);
    const bool standard = options.file == "-";
    if (standard && ::isatty(STDOUT_FILENO) != 0)
        throw std::runtime_error("a secret is not shown on a terminal: give --to FILE, or a pipe");
    const Passphrases passphrases(options);
    const auto secrets = open(options, passphrases.read());
    const auto secret = secrets.get(options.name);
    if (secret.empty()) throw std::runtime_error(options.vault + ": holds no " + options.name);
    if (standard) {
        write_secret(OpenFile("standard output", ::dup(STDOUT_FILENO)), secret);
        return kDone;
    }
    const OpenFile file(options.file, ::open(options.file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    // A umask may take rights away, but the file must be readable by its owner.
    if (::fchmod(file.fd(), 0600) != 0) fail(file.path(), "can't be protected");
    write_secret(file, secret);
    if (::fsync(file.fd()) != 0) fail(file.path(), "can't be written");
    print_done(options, "copied");
    return kDone;
}

int vault_remove(const VaultOptions& options) {
    check_name(options);
    const Passphrases passphrases(options);
    const auto passphrase = passphrases.read();
    change(options, passphrase, passphrase, [&](wallet::Secrets& secrets) -> std::expected<void, std::string> {
        if (!secrets.remove(options.name)) return std::unexpected("holds no " + options.name);
        return {};
    });
    print_done(options, "removed");
    return kDone;
}

int vault_change_passphrase(const VaultOptions& options) {
    const PassphraseSource next(options.new_passphrase_file);
    const Passphrases passphrases(options);
    const auto before = passphrases.read();
    // Before the new one is asked for twice.
    static_cast<void>(open(options, before));
    const auto after = next.read_new("New passphrase of " + options.vault + ": ");
    change(options, before, after, [](wallet::Secrets&) -> std::expected<void, std::string> { return {}; });
    if (!options.json)
        std::fprintf(stderr, "%s still opens with the passphrase before; so do all copies\n",
                     wallet::previous_vault(options.vault).c_str());
    print_done(options, "changed");
    return kDone;
}

int vault_backup(const VaultOptions& options) {
    const Passphrases passphrases(options);
    if (const auto copied = wallet::copy_vault(options.vault, options.file, passphrases.read()); !copied)
        throw std::runtime_error(copied.error().message);
    print_done(options, "copied");
    return kDone;
}

int vault_check(const VaultOptions& options) {
    const Passphrases passphrases(options);
    const auto secrets = open(options, passphrases.read());
    // The one before may have another passphrase: what can be seen without.
    const std::string before = wallet::previous_vault(options.vault);
    struct stat status{};
    std::string previous = "none";
    if (::lstat(before.c_str(), &status) == 0) {
        const auto bytes = wallet::read_vault_file(before);
        if (!bytes) throw std::runtime_error(before + ": " + std::string{to_string(bytes.error().kind)});
        if (const auto sealed = wallet::parse_vault(*bytes); !sealed)
            throw std::runtime_error(before + ": " + std::string{to_string(sealed.error())});
        previous = "intact";
    }
    if (options.json)
        std::printf(
            "%s\n",
            nlohmann::ordered_json{{"vault", options.vault}, {"secrets", secrets.size()}, {"previous", previous}}
                .dump()
                .c_str());
    else
        std::printf("%s opens, secrets: %zu; the file before it: %s\n", options.vault.c_str(), secrets.size(),
                    previous.c_str());
    return kDone;
}

}  // namespace dcx::app
