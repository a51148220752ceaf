// A frame where it lies in received bytes.
struct Frame {
    std::uint64_t sequence{};
    std::int64_t sending_time{};
    std::uint16_t template_id{};
    std::uint16_t version{};
    Bytes block;  // behind the header

    [[nodiscard]] std::size_t size() const { return kFrameHeaderSize + block.size(); }
};

enum class ReadResult : std::uint8_t {
    complete,
    incomplete,  // more bytes are needed
    malformed,   // these bytes are no frame, and nothing behind them can be read any more
};
// The first frame in `bytes`; `frame` is set when it is complete, and then the next one begins at frame.size().
[[nodiscard]] inline ReadResult read_frame(Bytes bytes, Frame& frame) {
    if (bytes.size() < kFrameHeaderSize) return ReadResult::incomplete;
    const std::byte* at = bytes.data();
    const std::size_t length = load<std::uint32_t>(at);
    const std::size_t block_length = load<std::uint16_t>(at + 24);
    const auto version = load<std::uint16_t>(at + 30);
    if (load<std::uint16_t>(at + 4) != kMagic || load<std::uint16_t>(at + 6) != 0 || version == 0 ||
        load<std::uint16_t>(at + 28) != kSchemaId || length > kMaxFrame || length != kFrameHeaderSize + block_length)
        return ReadResult::malformed;
    if (bytes.size() < length) return ReadResult::incomplete;
    frame = {.sequence = load<std::uint64_t>(at + 8),
             .sending_time = load<std::int64_t>(at + 16),
             .template_id = load<std::uint16_t>(at + 26),
             .version = version,
             .block = bytes.subspan(kFrameHeaderSize, block_length)};
    return ReadResult::complete;
}

// What every view has: the block, and how much of it there is.
template <class View>
class BlockView {
  public:
    [[nodiscard]] static std::optional<View> of(const Frame& frame) {
        if (frame.template_id != View::template_id) return std::nullopt;
        return of_block(frame.block);
    }
    [[nodiscard]] static std::optional<View> of_block(Bytes block) {
        if (block.size() < View::base_length) return std::nullopt;
        View view;
        view.block_ = block;
        return view;
    }
    [[nodiscard]] Bytes block() const { return block_; }

  protected:
    BlockView() = default;
    [[nodiscard]] const std::byte* at_(std::size_t offset) const { return block_.data() + offset; }
    [[nodiscard]] bool has_(std::size_t end) const { return block_.size() >= end; }

  private:
    Bytes block_;
};

// What every encoder has: a frame in a buffer of the caller's.
template <class Encoder>
class FrameEncoder {
  public:
    // `sequence` of a command within its session. Nothing when the buffer is shorter than Encoder::frame_size.
    [[nodiscard]] static std::optional<Encoder> in(Buffer buffer, std::uint64_t sequence = 0,
                                                   std::int64_t sending_time = 0) {
        if (buffer.size() < Encoder::frame_size) return std::nullopt;
        std::byte* frame = buffer.data();
        std::memset(frame, 0, Encoder::frame_size);
        store(frame, static_cast<std::uint32_t>(Encoder::frame_size));
        store(frame + 4, kMagic);
        store(frame + 8, sequence);
        store(frame + 16, sending_time);
        store(frame + 24, static_cast<std::uint16_t>(Encoder::block_length));
        store(frame + 26, Encoder::template_id);
        store(frame + 28, kSchemaId);
        store(frame + 30, kSchemaVersion);
        Encoder encoder;
        encoder.frame_ = frame;
        return encoder;
    }
    // The bytes to send.
    [[nodiscard]] Bytes frame() const { return {frame_, Encoder::frame_size}; }

  protected:
    FrameEncoder() = default;
    [[nodiscard]] std::byte* at_(std::size_t offset) const { return frame_ + kFrameHeaderSize + offset; }

  private:
    std::byte* frame_ = nullptr;
};
