// A client of the feed that follows all markets for as long as it lives: books, trades and tickers. It checks every
// chain and every checksum, comes back whenever its connection is lost, goes on where it stopped, and insists that what
// it could not be given was announced. The WebSocket and MessagePack are handed in, so it is the same in Node and in a
// browser. What does not fit is kept as `fault` and ends it.

import { Book } from "./book.mjs";

const CHANNELS = ["orderbook", "trades", "ticker"];
const TRADES_KEPT = 100;

export class Follower {
    // options: url (may change), format, depth, rate; tools: WebSocket, encode, decode
    constructor(options, tools) {
        Object.assign(this, { fault: null, epoch: 0, messages: 0, connections: 0, replayed: 0, announced: 0, skipped: 0 });
        this.options = options;
        this.tools = tools;
        this.streams = new Map();
        this.instruments = new Map();
        this.reports = new Map();
        this.connect();
    }

    connect() {
        if (this.fault || this.ended) return;
        this.open = false;
        const socket = new this.tools.WebSocket(this.options.url, ["dcx." + this.options.format]);
        this.socket = socket;
        socket.binaryType = "arraybuffer";
        socket.onmessage = (event) => {
            if (this.socket !== socket || this.fault) return;
            try {
                this.take(this.plain(event.data));
            } catch (error) {
                this.fail(`${error.message} in ${typeof event.data === "string" ? event.data.slice(0, 300) : "binary"}`);
            }
        };
        socket.onerror = () => {};
        socket.onclose = () => {
            if (this.socket !== socket) return;
            this.open = false;
            setTimeout(() => this.connect(), 20 + Math.random() * 180);
        };
    }

    fail(text) {
        this.fault ??= text;
        this.socket.close();
    }

    end() {
        this.ended = true;
        this.socket.close();
    }

    plain(data) {
        if ((typeof data === "string") !== (this.options.format === "json")) throw new Error("a frame of the wrong kind");
        return typeof data === "string" ? JSON.parse(data) : this.tools.decode(new Uint8Array(data));
    }

    send(request) {
        this.socket.send(this.options.format === "json" ? JSON.stringify(request) : this.tools.encode(request));
    }

    take(message) {
        ++this.messages;
        if ("data" in message) return this.takeData(message);
        switch (message.type) {
            case "welcome": return this.takeWelcome(message);
            case "subscribed": return this.takeSubscribed(message);
            case "heartbeat": return this.takeHeartbeat(message);
            case "instruments":
            case "notice": return undefined;
            default: throw new Error("unexpected");
        }
    }

    takeWelcome(message) {
        ++this.connections;
        this.epoch = message.epoch;
        for (const instrument of message.instruments) this.instruments.set(instrument.symbol, instrument);
        for (const channel of CHANNELS) {
            for (const symbol of this.instruments.keys()) this.subscribe(channel, symbol);
        }
        this.open = true;
    }

    subscribe(channel, symbol) {
        const id = `${channel} ${symbol}`;
        let stream = this.streams.get(id);
        if (!stream) {
            stream = { channel, symbol, seq: 0, epoch: 0, book: new Book(this.options.depth), trades: [], known: false };
            this.streams.set(id, stream);
        }
        stream.expects = "answer";
        // Of a ticker nothing is missed that the next one does not say.
        stream.asked = stream.known && channel !== "ticker";
        const request = { type: "subscribe", id, channel, symbol };
        if (channel === "orderbook") Object.assign(request, { depth: this.options.depth, rate: this.options.rate });
        if (stream.asked) request.from = { epoch: stream.epoch, seq: stream.seq };
        this.send(request);
    }

    takeSubscribed(message) {
        const stream = this.streams.get(message.id);
        if (stream.expects !== "answer" || (message.resumed !== undefined) !== stream.asked) throw new Error("unasked");
        if (message.resumed && stream.epoch !== this.epoch) throw new Error("resumed over a start of the venue");
        if (stream.asked) ++this[message.resumed ? "replayed" : "announced"];
        stream.expects = message.resumed ? "update" : "snapshot";
    }

    takeData(message) {
        const stream = this.streams.get(`${message.channel} ${message.symbol}`);
        if (message.epoch !== this.epoch) throw new Error(`epoch is ${this.epoch}`);
        if (message.type === "snapshot") {
            // Only when announced: by the answer, or by how much was skipped.
            if (message.skipped > 0 && stream.expects === "update") this.skipped += message.skipped;
            else if (stream.expects !== "snapshot") throw new Error(`a snapshot where ${stream.expects} was due`);
            if (message.prev !== 0) throw new Error("prev of a snapshot");
        } else if (stream.expects !== "update" && !(stream.channel === "ticker" && stream.expects === "snapshot")) {
            throw new Error(`an update where ${stream.expects} was due`);
        } else if (stream.expects === "update" && (message.prev !== stream.seq || message.seq <= stream.seq)) {
            throw new Error(`a gap that nobody announced: after ${stream.seq}`);
        }
        Object.assign(stream, { seq: message.seq, epoch: message.epoch, expects: "update", known: true });
        if (message.channel === "orderbook") stream.book.apply(this.levels(message), message.type === "snapshot");
        if (message.channel === "trades") this.takeTrades(stream, message);
    }

    // Ticks and lots of exact decimals.
    units(text, unit) {
        if (this.options.format !== "json") return text;
        const decimals = unit.includes(".") ? unit.split(".")[1].length : 0;
        const [whole, fraction = ""] = text.split(".");
        if (fraction.length !== decimals) throw new Error(`${text} has not the decimals of ${unit}`);
        const ticks = BigInt(whole + fraction), step = BigInt(unit.replace(".", ""));
        if (ticks % step !== 0n) throw new Error(`${text} is no multiple of ${unit}`);
        return Number(ticks / step);
    }

    levels(message) {
        const { tick_size, lot_size } = this.instruments.get(message.symbol);
        const side = (levels) => levels.map(([price, quantity, orders]) =>
            [this.units(price, tick_size), this.units(quantity, lot_size), orders]);
        return { bids: side(message.data.bids), asks: side(message.data.asks), checksum: message.data.checksum };
    }

    takeTrades(stream, message) {
        const { tick_size, lot_size } = this.instruments.get(message.symbol);
        let last = stream.trades.at(-1)?.[0] ?? 0;
        for (const trade of message.data.trades) {
            // A snapshot repeats what is known.
            if (trade.id <= last && message.type === "snapshot") continue;
            if (trade.id <= last) throw new Error(`trade ${trade.id} after ${last}`);
            last = trade.id;
            stream.trades.push([trade.id, this.units(trade.price, tick_size), this.units(trade.quantity, lot_size), trade.side]);
        }
        stream.trades.splice(0, Math.max(0, stream.trades.length - TRADES_KEPT));
    }

    takeHeartbeat(message) {
        for (const { channel, symbol, seq } of message.channels) {
            const stream = this.streams.get(`${channel} ${symbol}`);
            if (stream.expects === "update" && stream.seq !== seq) throw new Error(`${channel} of ${symbol} is at ${stream.seq}`);
        }
        const settle = this.reports.get(message.id);
        this.reports.delete(message.id);
        settle?.();
    }

    // What it knows, when the venue has said that there is nothing else; at the latest after `limit` ms.
    async report(id, limit) {
        const end = Date.now() + limit;
        while (!this.fault && Date.now() < end) {
            const live = this.open && [...this.streams.values()].every((stream) => stream.expects === "update");
            if (live) {
                const heard = new Promise((resolve) => this.reports.set(id, resolve));
                this.send({ type: "heartbeat", id });
                await Promise.race([heard, new Promise((resolve) => setTimeout(resolve, 1000))]);
                if (!this.reports.delete(id)) break;
            }
            await new Promise((resolve) => setTimeout(resolve, 50));
        }
        const { fault, epoch, messages, connections, replayed, announced, skipped, options } = this;
        const markets = {};
        for (const { channel, symbol, seq, book, trades } of this.streams.values()) {
            markets[symbol] ??= {};
            if (channel === "orderbook") markets[symbol].book = { seq, ...book.state() };
            if (channel === "trades") markets[symbol].trades = trades.slice(-20);
        }
        return { fault, epoch, messages, connections, replayed, announced, skipped, markets,
            format: options.format, depth: options.depth, rate: options.rate };
    }
}

// Different variants, so that a peer of a few followers tries most of them.
export const VARIANTS = [
    { depth: 5000, rate: 0 }, { depth: 20, rate: 0 }, { depth: 5, rate: 20 }, { depth: 100, rate: 100 }, { depth: 1, rate: 0 },
];

export function followers(count, url, tools, formats) {
    return Array.from({ length: count }, (_, index) => new Follower(
        { url, format: formats[index % formats.length], ...VARIANTS[(index >> 1) % VARIANTS.length] }, tools));
}
