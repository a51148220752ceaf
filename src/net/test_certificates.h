// For tests only: certificates that openssl, the program, has made.
#pragma once

#include <doctest/doctest.h>
#include <stdlib.h>

#include <cstdlib>
#include <expected>
#include <filesystem>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>

#include "net/tls.h"

namespace dcx::net::test {

// In a folder of their own.
struct Certificates {
    Certificates() {
        std::string name = (std::filesystem::temp_directory_path() / "dcx-tls-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder = name;
        make("server", "/CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -days 2");
        make("other", "/CN=elsewhere -days 2");
    }
    ~Certificates() { std::filesystem::remove_all(folder); }
    void make(const std::string& name, const std::string& subject) const {
        run("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + key(name) + " -out " +
            certificate(name) + " -subj " + subject);
    }
    void run(const std::string& command) const {
        REQUIRE(std::system((command + " > " + folder + "/out 2> " + folder + "/errors").c_str()) == 0);
    }
    [[nodiscard]] std::string read(const std::string& name) const {
        std::ifstream file(folder + "/" + name);
        std::ostringstream text;
        text << file.rdbuf();
        return text.str();
    }
    [[nodiscard]] std::string fingerprint(const std::string& name) const {
        run("openssl x509 -in " + certificate(name) + " -noout -fingerprint -sha256");
        const std::string line = read("out");
        return line.substr(line.find('=') + 1, 95);
    }
    [[nodiscard]] std::string certificate(const std::string& name) const { return folder + "/" + name + ".pem"; }
    [[nodiscard]] std::string key(const std::string& name) const { return folder + "/" + name + ".key"; }
    [[nodiscard]] TlsFiles files() const { return {certificate("server"), key("server")}; }
    std::string folder;
};

inline std::shared_ptr<const TlsContext> made(std::expected<std::shared_ptr<const TlsContext>, Error> result) {
    REQUIRE_MESSAGE(result.has_value(), (result ? std::string{} : result.error().text));
    return *result;
}

}  // namespace dcx::net::test
