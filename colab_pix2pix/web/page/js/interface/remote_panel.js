/** Control from outside, as a person sets it up: which knob moves what, and where OSC comes from. */

import { byId } from "../dom.js";
import { _, N_ } from "../language.js";
import { Midi } from "../remote/midi.js";
import { OscSocket } from "../remote/osc_socket.js";
import { RemoteChanges, TARGETS } from "../remote/targets.js";

export class RemotePanel {
  /**
   * @param {(changed: object) => void} onChange Gets settings, as in `url_settings.js`: those that are changed
   *   from outside, and `midi` and `osc`.
   * @param {(action: () => Promise<void>|void) => void} attempt Does something and says what goes wrong.
   */
  constructor(onChange, attempt) {
    this.onChange = onChange;
    this.attempt = attempt;
    const changes = new RemoteChanges(onChange);
    this.midi = new Midi({
      onControl: (target, share) => changes.setShare(target, share),
      onChange: () => this.showMidi(),
    });
    this.osc = new OscSocket({
      onValue: (target, value) => changes.set(target, value),
      onState: (words) => (byId("osc-state").textContent = words),
    });
    byId("midi-connect").onclick = () => attempt(() => this.connectMidi());
    byId("osc-connect").onclick = () => attempt(() => this.toggleOsc());
    byId("osc-address").onkeydown = ({ key }) => key === "Enter" && attempt(() => this.connectOsc());
    byId("midi-map").replaceChildren(...Object.keys(TARGETS).map((target) => this.row(target)));
    this.showMidi();
  }

  /** @param {{midi?: number, osc?: string}} settings What the address wants connected. */
  start({ midi, osc }) {
    if (midi) this.attempt(() => this.connectMidi());
    if (!osc) return;
    byId("osc-address").value = osc;
    this.attempt(() => this.connectOsc());
  }

  async connectMidi() {
    await this.midi.connect();
    this.onChange({ midi: 1 });
  }

  toggleOsc() {
    if (!this.isConnected) return this.connectOsc();
    this.osc.disconnect();
    this.showOsc(false);
    this.onChange({ osc: undefined });
  }

  connectOsc() {
    const address = byId("osc-address").value.trim();
    this.showOsc(false);
    this.osc.connect(address);
    this.showOsc(true);
    this.onChange({ osc: address });
  }

  showOsc(isConnected) {
    this.isConnected = isConnected;
    byId("osc-connect").textContent = _(isConnected ? N_("Disconnect") : N_("Connect"));
  }

  row(target) {
    const row = document.createElement("div");
    const label = _(TARGETS[target].label);
    const learn = Object.assign(document.createElement("button"), { type: "button", id: `learn-${target}` });
    const what = Object.assign(document.createElement("span"), { textContent: ` ${_("a knob for {label}", { label })}` });
    what.className = "unseen";
    learn.append(_("Learn"), what); // only screen readers need to be told what
    learn.onclick = () => this.learn(target);
    const number = Object.assign(document.createElement("span"), { id: `cc-${target}` });
    row.append(Object.assign(document.createElement("span"), { textContent: label }), number, learn);
    return row;
  }

  /** A knob can only be heard where MIDI is connected; a second press ends it. */
  learn(target) {
    this.attempt(async () => {
      if (!this.midi.devices) await this.connectMidi();
      this.midi.learn(this.midi.learning === target ? null : target);
    });
  }

  showMidi() {
    const { devices, learning, map } = this.midi;
    for (const target in TARGETS) {
      byId(`cc-${target}`).textContent = map[target] === null ? _("no knob") : `CC ${map[target]}`;
      byId(`learn-${target}`).setAttribute("aria-pressed", learning === target);
    }
    let state = _("Not connected.");
    if (devices) state = _("Connected; no device is plugged in.");
    if (devices?.length) state = _("Listening to {devices}.", { devices: devices.join(", ") });
    if (learning) state = _("Move the knob for: {label} …", { label: _(TARGETS[learning].label) });
    byId("midi-state").textContent = state;
  }
}
