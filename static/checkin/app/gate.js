// What the modules of the app share: this device, the checkpoint it stands at, the list it holds, the way to the server.
import { People } from "./people.js";
import { Server } from "./server.js";
import { Sync } from "./sync.js";

export const $ = (selector) => document.querySelector(selector);

export const server = new Server();
export const people = new People();
export const sync = new Sync(server, people);
export const tabs = "BroadcastChannel" in window ? new BroadcastChannel("gate") : null;

/** ``device``: as the server told it last; ``placeId``: the checkpoint it stands at; ``direction``: in or out. */
export const gate = { device: null, placeId: null, direction: "in" };

/** The checkpoint this device stands at, or null. */
export function place() {
  return placeOf(gate.placeId);
}

export function placeOf(id) {
  return gate.device?.checkpoints.find((one) => one.id === id) ?? null;
}
