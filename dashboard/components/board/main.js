// A card for each kit: who trains, the set, the last repetition and what stands out, from two metres.

import { askedAt, kitWords, mounted, pageOf } from "../canvas/mount.js";
import { Awake, Collector, sentence, setText, spoken, wearTheme } from "../live/collector.js";
import { isDark } from "../live/colours.js";
import { Feed } from "../live/feed.js";
import { CALM, CERTAINTY, headline } from "../live/set.js";

const STATUS_MS = 2000;
const MOST_ABREAST = 3;
const NOBODY = "Nobody chosen yet";

/** One kit: follows its stream, and asks its collector who comes next. */
class Card {
  constructor(element, data, shared) {
    this.element = element;
    /** What all cards know: names of athletes, titles of rules. */
    this.shared = shared;
    this.drawn = "";
    this.feed = new Feed(data);
    this.collector = new Collector(askedAt(data));
    setText(this.at(".which"), kitWords(data));
    for (const link of element.querySelectorAll("[data-page]")) link.setAttribute("href", pageOf(link.dataset.page, data));
    this.poll();
  }

  at(name) { return this.element.querySelector(name); }

  close() {
    clearTimeout(this.timer);
    this.feed.close();
  }

  async poll() {
    if (!document.hidden) this.feed.collector = await this.collector.status();
    if (!this.feed.closed) this.timer = setTimeout(() => this.poll(), STATUS_MS);
  }

  /** Whose figures these are, and who is chosen to come after. */
  people() {
    const { feed } = this;
    const shown = (id) => this.shared.athletes[id] ?? id;
    const planned = feed.collector?.course?.plan?.athlete ?? "";
    const here = feed.hello?.athlete ?? "";
    const session = (feed.hello?.session ?? "").replaceAll("_", " ");
    const who = here ? shown(here) : session || (planned ? shown(planned) : NOBODY);
    return { who, next: feed.hello && planned && planned !== here ? `Next: ${shown(planned)}` : "" };
  }

  draw(now) {
    const { feed, element } = this;
    const [state, text] = feed.state(now);
    const { who, next } = this.people();
    const news = [state, text, who, next, feed.hello?.stream, feed.story.key, feed.story.version, feed.doing, feed.lost.size, feed.collector?.state].join("|");
    if (news === this.drawn) return;
    this.drawn = news;
    element.dataset.state = state;
    element.toggleAttribute("data-lost", feed.lost.size > 0);
    setText(this.at(".state span"), text);
    setText(this.at("h2"), who);
    this.drawSet(feed.story, next);
  }

  /** What will stand in an empty card, and what it takes. */
  belongs() {
    const { collector, hello } = this.feed;
    if (hello?.source === "replay" || collector?.state === "recording") return "The last repetition will stand here.";
    return collector ? "Set up and calibrate to begin." : "Start imuhip collect for this kit.";
  }

  drawSet(story, next) {
    const doing = this.feed.doing.replaceAll("_", " ");
    setText(this.at(".movement"), story.key ? `${story.title()} · set ${story.number}` : doing);
    const count = story.count();
    this.at(".reps").hidden = !story.key;
    setText(this.at(".reps b"), count);
    setText(this.at(".reps span"), count === "1" ? "rep" : "reps");
    this.at(".newest").replaceChildren(...story.lines().map(lineOf));
    const [worst] = story.worst(1);
    const calm = story.fine ? (story.sure ? CALM : "Some checks are inconclusive") : "";
    setText(this.at(".headline"), worst ? headline(worst, this.shared.rules) : calm);
    this.at(".headline").dataset.grade = worst ? worst.grade : story.sure ? "fine" : "partly";
    const [unknown] = story.uncertainSides();
    const remedy = unknown ? `${unknown}: ${CERTAINTY.remedy}` : "";
    setText(this.at(".note"), [sentence(remedy), next, story.key ? "" : this.belongs()].filter(Boolean).join(" "));
  }
}

/** A side of the last repetition: its rotation and error, or why it does not count. */
function lineOf({ side, text, counted }) {
  const [size, error] = text.split(" ± ");
  const line = spoken("p", "", side);
  const value = spoken("b", size, "");
  value.classList.toggle("words", !counted);
  line.append(spoken("span", side === "left" ? "Left" : "Right", ""), value, spoken("small", error ? `± ${error}°` : "", ""));
  return line;
}

class Board {
  constructor(root, data) {
    this.root = root;
    root.dataset.theme = localStorage.getItem("imuhip-theme") ?? "page";
    wearTheme(root.dataset.theme);
    const template = root.querySelector("template").content.firstElementChild;
    this.shared = { athletes: data.athletes, rules: data.rules };
    this.cards = data.kits.map((kit) => new Card(template.cloneNode(true), kit, this.shared));
    root.querySelector(".alone").hidden = data.kits.length > 1;
    const count = this.cards.length;
    root.querySelector(".kits").style.setProperty("--columns", String(count === 4 ? 2 : Math.min(count, MOST_ABREAST)));
    root.querySelector(".kits").replaceChildren(...this.cards.map(({ element }) => element));
    this.awake = new Awake();
    this.tick = this.tick.bind(this);
    this.tick();
  }

  /** After a rerun: the theme may have changed, and an athlete's name. */
  take({ athletes }) {
    this.shared.athletes = athletes;
    this.root.classList.toggle("dark", this.root.dataset.theme === "gym" || isDark(this.root));
  }

  close() {
    cancelAnimationFrame(this.request);
    wearTheme("page");
    this.awake.want(false);
    for (const card of this.cards) card.close();
  }

  tick() {
    this.request = requestAnimationFrame(this.tick);
    const now = performance.now();
    for (const card of this.cards) card.draw(now);
    this.awake.want(this.cards.some(({ feed }) => feed.collector?.state === "recording"));
  }
}

export default mounted(".board", (root, data) => new Board(root, data));
