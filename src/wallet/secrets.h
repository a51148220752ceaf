// Secrets by name: what a vault holds. A name is 1 .. 64 of a-z, 0-9, '.', '_', '-'; a secret 1 .. 4096 bytes; at most
// 64 of them. Each lies in memory of its own between guard pages, locked against swapping as far as RLIMIT_MEMLOCK
// allows, left out of core dumps, and wiped before it is given back. Not copyable. One thread at a time.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dcx::wallet {

// Memory as above; `size` zero bytes. Throws std::bad_alloc.
class SecretBuffer {
  public:
    SecretBuffer() = default;
    explicit SecretBuffer(std::size_t size);
    explicit SecretBuffer(std::span<const std::byte> bytes);
    ~SecretBuffer();
    SecretBuffer(const SecretBuffer&) = delete;
    SecretBuffer& operator=(const SecretBuffer&) = delete;
    SecretBuffer(SecretBuffer&& other) noexcept;
    SecretBuffer& operator=(SecretBuffer&& other) noexcept;

    [[nodiscard]] std::span<std::byte> bytes() { return {bytes_, size_}; }
    [[nodiscard]] std::span<const std::byte> bytes() const { return {bytes_, size_}; }

  private:
    std::byte* bytes_ = nullptr;
    std::size_t size_ = 0;
};

inline constexpr std::size_t kMaxSecrets = 64;
inline constexpr std::size_t kMaxSecretName = 64;
inline constexpr std::size_t kMaxSecret = 4096;
// Contents are filled up with zeros to a multiple of it, so that a vault's size tells little of what is in it.
inline constexpr std::size_t kContentStep = 4096;
inline constexpr std::size_t kMaxContent = 68 * kContentStep;

[[nodiscard]] bool valid_secret_name(std::string_view name);

class Secrets {
  public:
    // Replaces one of the same name. False when name, size or number are not allowed; nothing is changed then.
    [[nodiscard]] bool put(std::string_view name, std::span<const std::byte> secret);
    // False when there is none.
    bool remove(std::string_view name);
    // Empty when there is none.
    [[nodiscard]] std::span<const std::byte> get(std::string_view name) const;
    [[nodiscard]] bool contains(std::string_view name) const { return entries_.contains(name); }
    [[nodiscard]] std::size_t size() const { return entries_.size(); }
    // Sorted.
    [[nodiscard]] std::vector<std::string> names() const;

    // The bytes that are encrypted: u32 count, then for each in the order of its name: u8 size of the name, the name,
    // u32 size of the secret, the secret; zeros to a multiple of kContentStep. Integers are little-endian.
    [[nodiscard]] SecretBuffer content() const;
    // Nothing for bytes that content() does not make.
    [[nodiscard]] static std::optional<Secrets> parse(std::span<const std::byte> content);

  private:
    std::map<std::string, SecretBuffer, std::less<>> entries_;
};

}  // namespace dcx::wallet
