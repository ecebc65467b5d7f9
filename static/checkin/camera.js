// The camera: looks for a code some ten times a second and hands over what it reads, with since when it can be in view.
// The reader is WebAssembly and self-hosted; browsers' own detectors differ too much from phone to phone.
import { BarcodeDetector, prepareZXingModule } from "barcode-detector/ponyfill";

const PAUSE_MS = 70;
const LOOKS_KEPT = 500;
const CHOICE = "gate-camera";
const LIGHT = "gate-torch";

export class Camera {
  constructor(box, onCode) {
    this.box = box;
    this.onCode = onCode;
    this.video = box.querySelector("[data-video]");
    this.rest = box.querySelector("[data-camera-rest]");
    this.tools = box.querySelector("[data-camera-tools]");
    this.choice = box.querySelector("[data-camera-choice]");
    this.torch = box.querySelector("[data-torch]");
    this.stream = null;
    this.looks = 0;
    this.running = 0; // which run of the loop is the living one

    box.hidden = false;
    box.querySelector("[data-camera-start]").addEventListener("click", () => this.start());
    box.querySelector("[data-camera-stop]").addEventListener("click", () => {
      remember("off");
      this.stop();
    });
    this.choice.addEventListener("change", () => {
      remember(this.choice.value);
      this.start();
    });
    this.torch.addEventListener("click", () => {
      const on = this.torch.getAttribute("aria-pressed") !== "true";
      remember(on ? "on" : "off", LIGHT);
      this.#light(on);
    });
    document.addEventListener("visibilitychange", () => this.#follow());
    this.#startIfAllowed();
  }

  /** Once allowed and not switched off, the camera comes up by itself: a gate reopened must scan at once. */
  async #startIfAllowed() {
    if (!navigator.mediaDevices?.getUserMedia) return this.#say("insecure");
    const before = remembered();
    try {
      const permission = await navigator.permissions.query({ name: "camera" });
      // Allowed in the browser's settings meanwhile: nobody has to find the button again.
      permission.addEventListener("change", () => permission.state === "granted" && !this.stream && remembered() !== "off" && this.start());
      if (before && before !== "off" && permission.state === "granted") await this.start();
    } catch {
      // Not every browser tells; the button is there.
    }
  }

  async start() {
    if (!navigator.mediaDevices?.getUserMedia) return this.#say("insecure");
    this.stop();
    const run = this.running;
    const wanted = remembered();
    const video = { width: { ideal: 1280 }, height: { ideal: 720 } };
    if (wanted && wanted !== "off" && wanted !== "any") video.deviceId = { ideal: wanted };
    else video.facingMode = { ideal: "environment" };
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video, audio: false });
    } catch (error) {
      return this.#say(error.name === "NotAllowedError" ? "denied" : "absent");
    }
    if (run !== this.running) return stream.getTracks().forEach((track) => track.stop());
    this.stream = stream;
    if (!wanted || wanted === "off") remember("any");
    this.video.srcObject = stream;
    await this.video.play().catch(() => {});
    this.box.dataset.state = "on";
    this.rest.hidden = true;
    this.tools.hidden = false;
    const [track] = stream.getVideoTracks();
    track.addEventListener("ended", () => this.stop());
    this.torch.hidden = !track.getCapabilities?.().torch;
    this.torch.setAttribute("aria-pressed", "false");
    if (!this.torch.hidden && remembered(LIGHT) === "on") this.#light(true);
    await this.#offerCameras(track);
    this.#stayAwake();
    this.#read();
  }

  stop() {
    this.running += 1;
    this.stream?.getTracks().forEach((track) => track.stop());
    this.stream = null;
    this.video.srcObject = null;
    this.box.dataset.state = "off";
    this.rest.hidden = false;
    this.tools.hidden = true;
    this.awake?.release().catch(() => {});
    this.awake = null;
  }

  async #read() {
    const run = ++this.running;
    let before = { code: null, began: performance.now() }; // the look before this one
    this.detector ??= newDetector(this.box.dataset.wasm);
    while (run === this.running) {
      if (!document.hidden && this.video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA) {
        let found;
        const began = performance.now();
        try {
          found = await this.detector.detect(this.video);
        } catch (error) {
          if (run !== this.running) return;
          if (error.name === "InvalidStateError") continue;
          console.error(error);
          this.stop();
          return this.#say("broken");
        }
        if (run !== this.running) return;
        this.#note(began);
        const code = found.length ? nearestTheMiddle(found, this.video) : null;
        // It came into view after the look before began, which did not show it.
        if (code !== null) this.onCode(code, code === before.code ? began : before.began);
        before = { code, began };
      }
      await new Promise((go) => setTimeout(go, PAUSE_MS));
    }
  }

  /** How long a look takes, for whoever measures this device: the last few hundred, in the browser's own list. */
  #note(began) {
    if (this.looks++ % LOOKS_KEPT === 0) performance.clearMeasures("look");
    performance.measure("look", { start: began, end: performance.now() });
  }

  async #offerCameras(current) {
    const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
    this.choice.replaceChildren(
      ...cameras.map((camera, index) => new Option(camera.label || `${index + 1}`, camera.deviceId, false, camera.deviceId === current.getSettings().deviceId)),
    );
    this.choice.hidden = cameras.length < 2;
  }

  async #light(on) {
    const [track] = this.stream?.getVideoTracks() ?? [];
    try {
      await track.applyConstraints({ advanced: [{ torch: on }] });
      this.torch.setAttribute("aria-pressed", String(on));
    } catch {
      this.torch.hidden = true;
    }
  }

  async #stayAwake() {
    try {
      this.awake = await navigator.wakeLock?.request("screen");
    } catch {
      // The screen may go dark by itself then; nothing else suffers.
    }
  }

  /** A phone takes the camera away while another app is in front; take it back on return. */
  #follow() {
    if (document.hidden || !this.stream) return;
    if (this.stream.getVideoTracks()[0]?.readyState === "ended") this.start();
    else this.#stayAwake();
  }

  #say(what) {
    const words = { denied: "saysDenied", absent: "saysAbsent", insecure: "saysInsecure", broken: "saysBroken" }[what];
    this.box.querySelector("[data-camera-says]").textContent = this.box.dataset[words];
    this.box.querySelector("[data-camera-start]").hidden = what === "insecure" || what === "broken";
    this.box.dataset.state = "off";
    this.rest.hidden = false;
  }
}

function newDetector(wasm) {
  prepareZXingModule({ overrides: { locateFile: (path, prefix) => (path.endsWith(".wasm") ? wasm : prefix + path) } });
  return new BarcodeDetector({ formats: ["qr_code"] });
}

/** With two codes in the picture the one that is aimed at counts. */
function nearestTheMiddle(codes, video) {
  const distance = ({ boundingBox: box }) => Math.hypot(box.x + box.width / 2 - video.videoWidth / 2, box.y + box.height / 2 - video.videoHeight / 2);
  return codes.reduce((best, code) => (distance(code) < distance(best) ? code : best)).rawValue;
}

function remembered(which = CHOICE) {
  try {
    return localStorage.getItem(which);
  } catch {
    return null;
  }
}

function remember(what, which = CHOICE) {
  try {
    localStorage.setItem(which, what);
  } catch {
    // The camera is then asked for again next time.
  }
}
