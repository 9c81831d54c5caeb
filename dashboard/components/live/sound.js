// What is heard while nobody looks: the browser's own speech, and short beeps; never a hum.

const BEEP_S = 0.18;
const BEEP_HZ = { begin: 880, end: 587, zone: 1320 };

/** Speaks and beeps while its switch is on; the browser remembers which. */
export class Sound {
  /** @type {AudioContext | undefined} */
  audio;

  constructor(button, key, usual) {
    this.button = button;
    this.on = (localStorage.getItem(key) ?? usual) === "on";
    button.onclick = () => {
      this.on = !this.on;
      localStorage.setItem(key, this.on ? "on" : "off");
      if (!this.on) this.quiet();
      this.show();
    };
    this.show();
  }

  show() {
    this.button.setAttribute("aria-pressed", String(this.on));
  }

  /** Say a sentence in place of what is being said. */
  speak(words) {
    this.said = words;
    if (!this.on || !window.speechSynthesis) return;
    speechSynthesis.cancel();
    const speech = new SpeechSynthesisUtterance(words);
    speech.lang = "en";
    speechSynthesis.speak(speech);
  }

  beep(which) {
    if (!this.on || !window.AudioContext) return;
    this.audio ??= new AudioContext();
    const [tone, volume] = [this.audio.createOscillator(), this.audio.createGain()];
    const now = this.audio.currentTime;
    tone.frequency.value = BEEP_HZ[which];
    volume.gain.setValueAtTime(0.2, now);
    volume.gain.exponentialRampToValueAtTime(0.001, now + BEEP_S);
    tone.connect(volume).connect(this.audio.destination);
    tone.start(now);
    tone.stop(now + BEEP_S);
  }

  quiet() { window.speechSynthesis?.cancel(); }
}
