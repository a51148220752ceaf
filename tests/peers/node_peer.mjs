// The followers in Node, with npm's ws and @msgpack/msgpack: node node_peer.mjs MODULES URL COUNT
//
// MODULES is the node_modules folder. Reads commands, one a line: "report ID LIMIT_MS" writes what every follower knows as
// one line of JSON; "url URL" is where they connect from now on; "end" or the end of input ends it.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { followers } from "./follower.mjs";

const [modules, url, count] = process.argv.slice(2);
const require = createRequire(modules + "/");
const { WebSocket } = require("ws");
const { encode, decode } = require("@msgpack/msgpack");
const peers = followers(Number(count), url, { WebSocket, encode, decode }, ["msgpack", "json"]);

for await (const line of createInterface({ input: process.stdin })) {
    const [command, ...words] = line.split(" ");
    if (command === "report") {
        const told = await Promise.all(peers.map((peer) => peer.report(words[0], Number(words[1]))));
        process.stdout.write(JSON.stringify(told) + "\n");
    } else if (command === "url") {
        for (const peer of peers) peer.options.url = words[0];
    } else {
        break;
    }
}
process.exit(0);
