// Ear and hand: what the answer was can be heard and felt without looking.
const TONES = {
  // [frequency in Hz, begin in s, length in s]
  arrived: [[660, 0, 0.09], [990, 0.1, 0.16]],
  left: [[990, 0, 0.09], [660, 0.1, 0.16]],
  attention: [[660, 0, 0.09], [990, 0.1, 0.16], [1320, 0.32, 0.1], [1320, 0.46, 0.1]],
  already: [[520, 0, 0.14], [520, 0.2, 0.14]],
  refused: [[190, 0, 0.22], [150, 0.24, 0.34]],
  unsent: [[330, 0, 0.12], [262, 0.14, 0.12], [196, 0.28, 0.2]],
};
const SHAKES = { arrived: [200], left: [80], attention: [200, 80, 60, 60, 60], already: [120, 70, 120], refused: [90, 50, 90, 50, 320], unsent: [60, 60, 60, 60, 60] };

export class Signals {
  constructor(button) {
    this.button = button;
    this.on = true;
    try {
      this.on = localStorage.getItem("gate-sound") !== "off";
    } catch {
      // no storage: sound is on
    }
    button.hidden = false;
    button.setAttribute("aria-pressed", String(this.on));
    button.addEventListener("click", () => {
      this.on = !this.on;
      button.setAttribute("aria-pressed", String(this.on));
      try {
        localStorage.setItem("gate-sound", this.on ? "on" : "off");
      } catch {
        // for this page only
      }
      if (this.on) this.#play("arrived");
    });
    // Browsers let a page sound only after a hand has touched it.
    for (const touch of ["pointerdown", "keydown"]) addEventListener(touch, () => this.#wake(), { once: true });
  }

  tell(result) {
    if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.(SHAKES[result] ?? []);
    if (this.on) this.#play(result);
  }

  #wake() {
    const Audio = window.AudioContext ?? window.webkitAudioContext;
    if (!Audio) return null;
    this.audio ??= new Audio();
    if (this.audio.state === "suspended") this.audio.resume().catch(() => {});
    return this.audio;
  }

  #play(result) {
    const audio = this.#wake();
    if (!audio || audio.state !== "running") return;
    for (const [frequency, begin, length] of TONES[result] ?? []) {
      const at = audio.currentTime + begin;
      const voice = audio.createOscillator();
      const loudness = audio.createGain();
      voice.type = result === "refused" ? "square" : "sine";
      voice.frequency.value = frequency;
      loudness.gain.setValueAtTime(0, at);
      loudness.gain.linearRampToValueAtTime(result === "refused" ? 0.12 : 0.3, at + 0.01);
      loudness.gain.setValueAtTime(result === "refused" ? 0.12 : 0.3, at + length - 0.03);
      loudness.gain.linearRampToValueAtTime(0, at + length);
      voice.connect(loudness).connect(audio.destination);
      voice.start(at);
      voice.stop(at + length);
    }
  }
}
