// Puts the parts of the set-up page together.

import { Figure, known, poseOf } from "../canvas/figure.js";
import { askedAt, keptAs, kitWords, mounted, pageOf } from "../canvas/mount.js";
import { Awake, Collector, VISIT_KEY, setText, wearTheme } from "../live/collector.js";
import { isDark, paletteOf } from "../live/colours.js";
import { SetFields } from "../live/fields.js";
import { Queue } from "./queue.js";
import { Feed } from "../live/feed.js";
import { Protocol } from "./protocol.js";
import { Sensors } from "./sensors.js";

const STATUS_EVERY_MS = 700;
const COUNTING_EVERY_MS = 250;
// So long a choice made here is not overwritten by an answer that was under way.
const PLAN_MS = 2500;
// Whoever tested here last tests next, whomever they test.
const TESTER_KEY = "imuhip-tester";

class Setup {
  /** @type {HTMLInputElement} */
  athlete;

  /** @type {boolean | undefined} */
  flowed;

  /** @type {HTMLSelectElement} */
  goal;

  /** The posture of the table screen. @type {HTMLSelectElement} */
  screen;

  /** @type {HTMLInputElement} */
  tester;

  /** A plan that no answer has come to yet. @type {object | undefined} */
  unsent;

  constructor(root, data) {
    this.root = root;
    this.feed = new Feed(data);
    this.collector = new Collector(askedAt(data));
    this.sensors = new Sensors(root, this.collector);
    this.protocol = new Protocol(root, this.collector, this.feed, () => this.ask());
    this.protocol.agreed = (athlete) => { this.consents[athlete] = "given"; this.showConsent(); };
    this.fields = new SetFields(root.querySelector(".fields"), this.collector);
    this.figure = new Figure(root.querySelector(".stage canvas"), "behind", () => { this.drawn = -1; });
    this.hook = { state: "", frames: 0, pose: null };
    window.imuhip = { ...window.imuhip, setup: this.hook };
    root.dataset.theme = localStorage.getItem("imuhip-theme") ?? "page";
    wearTheme(root.dataset.theme);
    [this.athlete, this.goal, this.screen, this.tester] = ["athlete", "goal", "screen", "tester"].map((name) => root.querySelector(`[name=${name}]`));
    this.kept = keptAs(VISIT_KEY, data);
    setText(root.querySelector(".kit"), kitWords(data));
    root.querySelector("a.start").setAttribute("href", pageOf("live", data));
    this.remember(data);
    for (const button of root.querySelectorAll("[data-view]")) button.onclick = () => this.look(button.dataset.view);
    this.observer = new ResizeObserver(() => { this.fitted = false; });
    this.observer.observe(root.querySelector(".stage"));
    this.tick = this.tick.bind(this);
    this.request = requestAnimationFrame(this.tick);
    this.awake = new Awake();
    // Who chooses and leaves at once has chosen all the same, however slow the answer before is.
    this.leave = () => { if (this.unsent) this.collector.post("plan", this.unsent); };
    window.addEventListener("pagehide", this.leave);
    this.poll();
  }

  /** After a rerun: the theme may have changed. */
  take() { this.fitted = false; }

  close() {
    window.removeEventListener("pagehide", this.leave);
    this.leave();
    cancelAnimationFrame(this.request);
    clearTimeout(this.timer);
    wearTheme("page");
    this.awake.want(false);
    this.observer.disconnect();
    this.protocol.destroy();
    this.fields.close();
    this.feed.close();
  }

  /** Offer the athletes and goals that are known; keep what was chosen over a reload. */
  remember(data) {
    const option = (value, text) => Object.assign(document.createElement("option"), { value, textContent: text });
    this.root.querySelector("#athletes").replaceChildren(...Object.entries(data.athletes ?? {}).map(([id, title]) => option(id, title)));
    this.root.querySelector("#testers").replaceChildren(...(data.testers ?? []).map((name) => option(name, name)));
    this.tester.value = localStorage.getItem(TESTER_KEY) ?? "";
    this.goal.replaceChildren(...Object.entries(data.goals ?? {}).map(([name, words]) => option(name, words)));
    this.consents = { ...data.consents };
    this.queue = new Queue(this.root, data, () => this.athlete.form.onchange(new Event("change")));
    if (data.queue?.length) this.queue.take(data.queue);
    const kept = JSON.parse(localStorage.getItem(this.kept) ?? "{}");
    this.athlete.value = data.athlete || (kept.athlete ?? "");
    this.goal.value = kept.goal in data.goals ? kept.goal : "general";
    this.screen.value = kept.screen ?? "";
    const place = this.root.querySelector(".battery");
    for (const [name, title] of Object.entries(data.movements ?? {})) place.append(chosen(name, title, kept.movements));
    const summary = this.root.querySelector("summary");
    const tell = (pairs) => {
      const screen = this.screen.value && `table screen, ${this.screen.value}`;
      setText(summary, `Today: ${[screen, ...pairs.map(([, title]) => title), this.queue.words()].filter(Boolean).join(" · ") || "choose the movements"}`);
    };
    tell(kept.movements ?? []);
    this.athlete.form.onchange = () => {
      const movements = [...place.querySelectorAll(":checked")].map((box) => [box.value, box.dataset.title]);
      // A squad that is chosen before anybody is: its first one begins.
      if (!this.athlete.value.trim() && !this.athlete.disabled) this.athlete.value = this.queue.ids[0] ?? "";
      this.queue.remove(this.athlete.value.trim());
      localStorage.setItem(TESTER_KEY, this.tester.value.trim());
      localStorage.setItem(this.kept, JSON.stringify({ athlete: this.athlete.value.trim(), goal: this.goal.value, screen: this.screen.value, movements }));
      tell(movements);
      this.showConsent();
      this.plan(movements);
    };
    this.athlete.oninput = () => this.showConsent();
    this.boxes = place;
    this.tell = tell;
    if (data.athlete) this.athlete.form.onchange(new Event("change"));
    this.showConsent();
    this.athlete.form.onsubmit = (event) => event.preventDefault();
  }

  /** Hand the collector what was chosen, for all who watch. */
  plan(movements) {
    const [athlete, goal, screen] = [this.athlete.value.trim() || "-", this.goal.value, this.screen.value || "-"];
    const tester = this.tester.value.trim() || "-";
    const plan = { athlete, goal, screen, tester, queue: this.queue.ids.join(",") || "-", movements: movements.map(([name]) => name).join(",") || "-" };
    this.unsent = plan;
    this.collector.ask("plan", plan).then(() => { if (this.unsent === plan) this.unsent = undefined; });
    this.planned = performance.now();
  }

  /** Take over what was chosen on another screen. */
  follow(plan) {
    if (!plan || performance.now() - (this.planned ?? -Infinity) < PLAN_MS) return;
    const news = JSON.stringify(plan);
    if (news === this.followed) return;
    this.followed = news;
    const editing = this.root.getRootNode().activeElement;
    if (plan.athlete && editing !== this.athlete) this.athlete.value = plan.athlete;
    if (plan.goal && editing !== this.goal) this.goal.value = plan.goal;
    if (editing !== this.screen) this.screen.value = plan.screen ?? "";
    if (plan.tester && editing !== this.tester) this.tester.value = plan.tester;
    this.queue.take(plan.queue ?? []);
    if (!plan.movements.length && !plan.screen) return;
    for (const box of this.boxes.querySelectorAll("input")) box.checked = plan.movements.some(([name]) => name === box.value);
    this.tell(plan.movements);
    this.showConsent();
  }

  /** Whether whoever trains has agreed, before anything is recorded. */
  showConsent() {
    const athlete = this.athlete.value.trim();
    const consent = athlete ? this.consents[athlete] ?? "none" : "";
    const words = { given: "✓ consent on file", none: "No consent on file yet", withdrawn: "✗ consent withdrawn", "": "" }[consent];
    const place = this.root.querySelector(".consent");
    setText(place, words);
    place.dataset.consent = consent;
  }

  look(view) {
    this.figure.look(view);
    for (const button of this.root.querySelectorAll("[data-view]")) {
      button.setAttribute("aria-pressed", String(button.dataset.view === view));
    }
    this.drawn = -1;
  }

  poll() {
    this.timer = setTimeout(() => this.poll(), this.protocol.busy() ? COUNTING_EVERY_MS : STATUS_EVERY_MS);
    if (!document.hidden) this.ask();
  }

  async ask() {
    const status = await this.collector.status();
    this.feed.collector = status;
    this.sensors.show(status);
    this.protocol.show(status);
    this.awake.want(status?.state === "recording");
    this.follow(status?.course?.plan);
    this.fields.show(status?.course?.fields);
    const recording = status?.state === "recording";
    this.athlete.disabled = this.goal.disabled = this.tester.disabled = recording;
    if (status?.athlete && (recording || !this.athlete.value)) this.athlete.value = status.athlete;
    this.showConsent();
    const goal = this.feed.hello?.gauge.goal;
    if (recording && goal) this.goal.value = goal;
  }

  fit() {
    this.root.classList.toggle("dark", this.root.dataset.theme === "gym" || isDark(this.root));
    const card = getComputedStyle(this.root).getPropertyValue("--card").trim() || "#fff";
    this.figure.fit({ ...paletteOf(this.root), card });
    this.fitted = true;
    this.drawn = -1;
  }

  tick() {
    this.request = requestAnimationFrame(this.tick);
    if (!this.fitted) this.fit();
    const now = performance.now();
    const [state, text] = this.feed.state(now);
    if (state !== this.hook.state) this.root.dataset.state = this.hook.state = state;
    setText(this.root.querySelector(".state span"), text);
    this.protocol.draw();
    const flows = this.feed.flows(now);
    if (this.feed.version === this.drawn && flows === this.flowed) return;
    Object.assign(this, { drawn: this.feed.version, flowed: flows });
    this.hook.pose = poseOf((name) => (flows ? this.feed.rows.newest(name) : NaN));
    this.figure.draw(this.hook.pose);
    this.hook.frames += 1;
    this.showAngles(this.hook.pose);
  }

  showAngles(pose) {
    const sure = known(pose.pelvis) && (known(pose.left) || known(pose.right));
    const hint = sure ? "Move one leg: the same one must move here, the same way." : "It moves once the sensors are calibrated as far as “Bow”.";
    setText(this.root.querySelector(".hint"), hint);
    for (const side of ["left", "right"]) {
      const { flexion, rotation } = pose[side];
      const turned = Math.round(Math.abs(rotation));
      const way = turned ? (rotation < 0 ? "out " : "in ") : "turned ";
      const text = known(pose[side]) ? `bent ${Math.round(flexion) || 0}° · ${way}${turned}°` : "–";
      setText(this.root.querySelector(`.angles [data-of="${side}"] span`), text);
    }
  }
}

/** A box to tick for one movement. */
function chosen(name, title, kept) {
  const [label, box] = ["label", "input"].map((tag) => document.createElement(tag));
  Object.assign(box, { type: "checkbox", value: name, checked: (kept ?? []).some((pair) => pair[0] === name) });
  box.dataset.title = title;
  label.append(box, title);
  return label;
}

export default mounted(".setup", (root, data) => new Setup(root, data));
