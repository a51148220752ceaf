#include "history/redis_connection.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace dcx::history {
namespace {

// How soon a stop is noticed.
constexpr std::int64_t kSliceMs = 50;

std::int64_t now_ns() {
    timespec time{};
    ::clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1'000'000'000 + time.tv_nsec;
}

std::string_view text_of(const redisReply& reply) {
    const bool text =
        reply.type == REDIS_REPLY_STRING || reply.type == REDIS_REPLY_STATUS || reply.type == REDIS_REPLY_ERROR;
    return text ? std::string_view(reply.str, reply.len) : std::string_view{};
}

std::size_t size_of(const redisReply& reply) { return reply.type == REDIS_REPLY_ARRAY ? reply.elements : 0; }

}  // namespace

// ---- commands and answers

void RedisCommands::long_header(char kind, std::size_t count) {
    std::array<char, 24> text;
    text[0] = kind;
    char* end = std::to_chars(text.data() + 1, text.data() + text.size() - 2, count).ptr;
    *end++ = '\r';
    *end++ = '\n';
    bytes_.append(text.data(), end);
}

RedisCommands& RedisCommands::number(std::int64_t value) {
    std::array<char, 24> text;
    return word({text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr});
}
RedisCommands& RedisCommands::number(std::uint64_t value) {
    std::array<char, 24> text;
    return word({text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr});
}

void RedisReply::Free::operator()(redisReply* reply) const { freeReplyObject(reply); }

bool RedisReply::nil() const { return reply_->type == REDIS_REPLY_NIL; }
bool RedisReply::error() const { return reply_->type == REDIS_REPLY_ERROR; }
std::string_view RedisReply::text() const { return text_of(*reply_); }
std::int64_t RedisReply::integer() const { return reply_->type == REDIS_REPLY_INTEGER ? reply_->integer : 0; }
std::size_t RedisReply::size() const { return size_of(*reply_); }
bool RedisReply::nil_at(std::size_t place) const {
    return place >= size() || reply_->element[place]->type == REDIS_REPLY_NIL;
}
bool RedisReply::error_at(std::size_t place) const {
    return place < size() && reply_->element[place]->type == REDIS_REPLY_ERROR;
}
std::string_view RedisReply::text_at(std::size_t place) const {
    return place < size() ? text_of(*reply_->element[place]) : std::string_view{};
}
std::size_t RedisReply::size_at(std::size_t place) const {
    return place < size() ? size_of(*reply_->element[place]) : 0;
}
std::string_view RedisReply::text_at(std::size_t place, std::size_t within) const {
    return within < size_at(place) ? text_of(*reply_->element[place]->element[within]) : std::string_view{};
}

// ---- the connection

void RedisConnection::FreeReader::operator()(redisReader* reader) const { redisReaderFree(reader); }

RedisConnection::RedisConnection(RedisAddress address, const Limits& limits)
    : address_(std::move(address)), limits_(limits) {}

RedisConnection::~RedisConnection() { close(); }

void RedisConnection::close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
    reader_.reset();
}

void RedisConnection::fail(ErrorCode code, const std::string& text) {
    close();
    throw HistoryError(code, name() + ": " + text);
}

void RedisConnection::connect() {
    close();
    open_socket();
    reader_.reset(redisReaderCreate());
    // What hiredis would keep between answers is one of ours to bound: an answer of ours is small or made of small
    // ones.
    log_in();
}

void RedisConnection::open_socket() {
    // Names are looked up by hiredis; the socket is ours from then on, with waits that a stop ends.
    redisContext* context = address_.path.empty() ? redisConnectNonBlock(address_.host.c_str(), address_.port)
                                                  : redisConnectUnixNonBlock(address_.path.c_str());
    if (context == nullptr) fail(ErrorCode::unreachable, "no memory for a connection");
    const std::string problem = context->err != 0 ? context->errstr : "";
    socket_ = context->fd >= 0 && problem.empty() ? ::fcntl(context->fd, F_DUPFD_CLOEXEC, 0) : -1;
    redisFree(context);
    if (!problem.empty()) fail(ErrorCode::unreachable, problem);
    if (socket_ < 0) fail(ErrorCode::unreachable, std::strerror(errno));
    wait(true, now_ns() + limits_.connect_ns);
    int error = 0;
    socklen_t length = sizeof(error);
    if (::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0)
        fail(ErrorCode::unreachable, std::strerror(error));
    const int on = 1;
    if (address_.path.empty()) ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

void RedisConnection::log_in() {
    RedisCommands commands;
    if (!address_.password.empty()) {
        if (address_.user.empty())
            commands.add("AUTH", address_.password);
        else
            commands.add("AUTH", address_.user, address_.password);
    }
    commands.add("PING");
    if (address_.database != 0) commands.add("SELECT", std::to_string(address_.database));
    send(commands);
    for (std::size_t i = 0; i < commands.commands(); ++i) {
        const RedisReply answer = reply();
        if (!answer.error()) continue;
        const HistoryError error = error_of(answer.text());
        close();
        throw error;
    }
}

bool RedisConnection::wait(bool writing, std::int64_t deadline_ns) {
    while (true) {
        if (limits_.stop != nullptr && limits_.stop->load(std::memory_order_relaxed))
            fail(ErrorCode::stopped, "a stop was asked for while it was waited for");
        const std::int64_t left_ms = (deadline_ns - now_ns()) / 1'000'000;
        if (left_ms < 0) fail(ErrorCode::timeout, "it has not answered in time");
        pollfd watched{.fd = socket_, .events = static_cast<short>(writing ? POLLIN | POLLOUT : POLLIN), .revents = 0};
        const int ready = ::poll(&watched, 1, static_cast<int>(std::min(left_ms + 1, kSliceMs)));
        if (ready < 0 && errno != EINTR) fail(ErrorCode::unreachable, std::strerror(errno));
        if (ready > 0) return (watched.revents & POLLOUT) != 0;
    }
}

void RedisConnection::receive() {
    std::array<char, 64 * 1024> bytes;
    const ssize_t got = ::recv(socket_, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got == 0) fail(ErrorCode::unreachable, "it has closed the connection");
    if (got < 0) {
        if (errno == EAGAIN || errno == EINTR) return;
        fail(ErrorCode::unreachable, std::strerror(errno));
    }
    if (redisReaderFeed(reader_.get(), bytes.data(), static_cast<std::size_t>(got)) != REDIS_OK)
        fail(ErrorCode::unreachable, "its answer can't be read");
}

void RedisConnection::send(const RedisCommands& commands) {
    if (!connected()) throw HistoryError(ErrorCode::unreachable, name() + ": not connected");
    std::string_view rest = commands.bytes();
    const std::int64_t deadline = now_ns() + limits_.answer_ns;
    while (!rest.empty()) {
        const ssize_t sent = ::send(socket_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (sent > 0) {
            rest.remove_prefix(static_cast<std::size_t>(sent));
        } else if (sent < 0 && errno != EAGAIN && errno != EINTR) {
            fail(ErrorCode::unreachable, std::strerror(errno));
        } else if (!wait(true, deadline)) {
            // It may not read on before somebody takes its answers.
            receive();
        }
    }
}

RedisReply RedisConnection::reply() {
    if (!connected()) throw HistoryError(ErrorCode::unreachable, name() + ": not connected");
    const std::int64_t deadline = now_ns() + limits_.answer_ns;
    while (true) {
        void* made = nullptr;
        if (redisReaderGetReply(reader_.get(), &made) != REDIS_OK)
            fail(ErrorCode::unreachable, "what it answers is no Redis answer");
        if (made != nullptr) return RedisReply(static_cast<redisReply*>(made));
        wait(false, deadline);
        receive();
    }
}

RedisReply RedisConnection::checked_reply() {
    RedisReply answer = reply();
    if (answer.error()) throw error_of(answer.text());
    return answer;
}

RedisReply RedisConnection::call(const RedisCommands& command) {
    send(command);
    return checked_reply();
}

HistoryError RedisConnection::error_of(std::string_view answer) const {
    const auto is = [&](std::string_view kind) { return answer.starts_with(kind); };
    const auto made = [&](ErrorCode code, const std::string& advice) {
        return HistoryError(code, name() + ": " + std::string(answer) + advice);
    };
    if (is("NOAUTH") || is("WRONGPASS") || is("NOPERM") || is("ERR invalid password") || is("ERR AUTH") ||
        is("ERR Client sent AUTH"))
        return made(ErrorCode::credentials, " (user and password stand in cache.redis)");
    if (is("OOM")) return made(ErrorCode::disk_full, " (raise its maxmemory)");
    if (is("MISCONF")) return made(ErrorCode::disk_full, "");
    if (is("LOADING") || is("READONLY") || is("MASTERDOWN") || is("CLUSTERDOWN") || is("MOVED") || is("NOREPLICAS") ||
        is("ERR max number of clients"))
        return made(ErrorCode::unreachable, "");
    if (is("BUSY") || is("TRYAGAIN")) return made(ErrorCode::conflict, "");
    if (is("WRONGTYPE")) return made(ErrorCode::damaged, " (somebody else has written to a key of ours)");
    if (is("ERR DB index")) return made(ErrorCode::bad_url, " (cache.redis names a database that it does not have)");
    return made(ErrorCode::internal, "");
}

}  // namespace dcx::history
