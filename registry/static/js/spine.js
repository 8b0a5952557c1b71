/**
 * Lesions on a picture: the regions of the drawing are switches for the ordinary fields of the same lesion.
 *
 * The fields hold the truth. A switch changes them and says so by a `change` event; every change of a field, whoever made
 * it, is drawn. A click says what is there: it never says “no”, and takes back only what it or another click has said.
 */

const SACRAL = ["S1", "S2", "S3", "S4", "S5"];
const LATERAL = ["ala", "foraminal"];
const FIRST = "L1";
const OTHER = { right: "left", left: "right" };
const ARROWS = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "left", ArrowRight: "right" };

/** The controls of one lesion's form, wherever on the page they stand. */
class Fields {
  constructor(prefix) {
    this.prefix = prefix;
  }

  named(name) {
    const full = this.prefix ? `${this.prefix}-${name}` : name;
    return [...document.getElementsByName(full)].filter((control) => control.type !== "hidden");
  }

  get(name) {
    const controls = this.named(name);
    const control = controls[0]?.type === "radio" ? controls.find((radio) => radio.checked) : controls[0];
    return control?.value ?? "";
  }

  set(name, value) {
    if (this.get(name) === value) return;
    const controls = this.named(name);
    if (controls[0]?.type !== "radio") {
      if (!controls[0]) return;
      controls[0].value = value;
      tell(controls[0]);
      return;
    }
    const before = controls.find((radio) => radio.checked);
    const chosen = controls.find((radio) => radio.value === value);
    if (chosen) chosen.checked = true;
    else if (before) before.checked = false;
    if (chosen ?? before) tell(chosen ?? before);
  }

  levels() {
    return this.named("levels").filter((box) => box.checked).map((box) => box.value);
  }

  level(level, checked) {
    const box = this.named("levels").find((candidate) => candidate.value === level);
    if (!box || box.checked === checked) return;
    box.checked = checked;
    tell(box);
  }

  zone(zone) {
    return this.get(`zone_${zone}`);
  }

  can(region) {
    const { level, zone } = region.dataset;
    const control = level
      ? this.named("levels").find((box) => box.value === level)
      : this.named(`zone_${zone}`)[0];
    return Boolean(control) && !control.matches(":disabled");
  }
}

function tell(control) {
  control.dispatchEvent(new Event("change", { bubbles: true }));
}

/** One picture and the fields it shows. */
class Picture {
  constructor(root) {
    this.root = root;
    this.svg = root.querySelector("svg");
    this.fields = new Fields(root.dataset.spine);
    this.regions = new Map([...root.querySelectorAll("[data-region]")].map((g) => [g.dataset.region, g]));
    /** What clicks have added of themselves, so that it goes again with the zone that brought it. */
    this.brought = { side: null, sacrum: false };
    this.current = null;
    this.wake();
  }

  wake() {
    this.svg.setAttribute("role", "group");
    for (const region of this.regions.values()) {
      region.setAttribute("role", "checkbox");
      region.setAttribute("aria-label", region.dataset.name);
      region.setAttribute("tabindex", "-1");
    }
    // On the frame, not on the drawing: an SVG that listens for focus becomes a stop of the tab key itself.
    this.root.addEventListener("click", (event) => this.clicked(event));
    this.root.addEventListener("keydown", (event) => this.pressed(event));
    this.root.addEventListener("focusin", (event) => this.entered(event));
    this.root.addEventListener("focusout", () => this.left());
    this.root.addEventListener("pointerover", (event) => {
      this.say(event.target.closest("[data-region]") ?? this.focused());
    });
    this.root.addEventListener("pointerleave", () => this.say(this.focused()));
    this.draw();
    const marked = [...this.regions.values()].find((region) => this.state(region) === "true");
    this.stand(marked ?? this.regions.get(FIRST));
    this.root.dataset.spineLive = "";
  }

  // -- What is said ---------------------------------------------------------------------------------------------

  /** "true", "false" or "mixed" (a lateral zone is reached, on which side is not said). */
  state(region) {
    const { level, zone, side } = region.dataset;
    if (level) return String(this.fields.levels().includes(level));
    if (this.fields.zone(zone) !== "true") return "false";
    if (!side) return "true";
    const said = this.fields.get("side");
    if (said === "bilateral" || said === side) return "true";
    return OTHER[side] === said ? "false" : "mixed";
  }

  zones() {
    return [...LATERAL, "central"].some((zone) => this.fields.zone(zone) === "true");
  }

  lateral() {
    return LATERAL.filter((zone) => this.fields.zone(zone) === "true");
  }

  toggle(region) {
    if (!this.fields.can(region)) return;
    const { level, zone, side } = region.dataset;
    const on = this.state(region) !== "true";
    if (level) this.toggleLevel(level, on);
    else if (on) this.reach(zone, side);
    else this.leave(zone, side);
    this.draw();
    this.say(region);
  }

  toggleLevel(level, on) {
    this.fields.level(level, on);
    if (level === "sacrum") {
      this.brought.sacrum = false;
    } else if (SACRAL.includes(level) && on) {
      // “Sacrum” stands for a sacral level that is not named.
      this.fields.level("sacrum", false);
      this.brought.sacrum = false;
    } else if (SACRAL.includes(level)) {
      this.place();
    }
  }

  /** A zone of the sacrum lies in the sacrum, even where its level is not known. */
  place() {
    const zones = this.zones();
    const placed = this.fields.levels().some((level) => level === "sacrum" || SACRAL.includes(level));
    if (zones && !placed) {
      this.fields.level("sacrum", true);
      this.brought.sacrum = true;
    } else if (!zones && this.brought.sacrum) {
      this.fields.level("sacrum", false);
      this.brought.sacrum = false;
    }
  }

  reach(zone, side) {
    const said = this.fields.get("side");
    this.fields.set(`zone_${zone}`, "true");
    if (!side) {
      if (!said && !this.lateral().length) this.bring("central");
    } else if (!said || said === "central") {
      this.bring(side);
    } else if (said === OTHER[side]) {
      this.bring("bilateral");
    }
    this.place();
  }

  leave(zone, side) {
    const said = this.fields.get("side");
    if (side && said === "bilateral" && this.lateral().length === 1) {
      this.bring(OTHER[side]);
      return;
    }
    this.fields.set(`zone_${zone}`, "");
    if (!this.lateral().length) this.takeBack();
    this.place();
  }

  bring(side) {
    const said = this.fields.get("side");
    const own = this.brought.side !== null && this.brought.side.now === said;
    this.brought.side = { now: side, before: own ? this.brought.side.before : said };
    this.fields.set("side", side);
  }

  /** No lateral zone is left: a side that came with one goes with it. */
  takeBack() {
    const brought = this.brought.side;
    const said = this.fields.get("side");
    if (brought === null || brought.now !== said) return;
    const central = this.fields.zone("central") === "true";
    if (said === "central" && central) return;
    this.brought.side = null;
    this.fields.set("side", brought.before);
    if (central && !this.fields.get("side")) this.bring("central");
  }

  // -- What is drawn --------------------------------------------------------------------------------------------

  draw() {
    const side = this.fields.get("side");
    for (const region of this.regions.values()) {
      const state = this.state(region);
      region.setAttribute("aria-checked", state);
      if (this.fields.can(region)) region.removeAttribute("aria-disabled");
      else region.setAttribute("aria-disabled", "true");
      const halves = [...region.querySelectorAll(".spine-half")];
      const part = halves.some((half) => half.dataset.part === side) ? side : "whole";
      for (const half of halves) half.classList.toggle("spine-shown", half.dataset.part === part);
      const numeral = this.root.querySelector(`[data-numeral="${region.dataset.region}"]`);
      if (numeral) numeral.dataset.state = state !== "false" ? "on" : this.isNo(region) ? "no" : "off";
    }
    const levels = this.fields.levels();
    const named = levels.some((level) => SACRAL.includes(level));
    for (const row of this.root.querySelectorAll("[data-row]")) {
      row.classList.toggle("spine-off", named && !levels.includes(row.dataset.row));
    }
    this.svg.dataset.side = side;
    this.svg.dataset.zones = this.zones() ? "some" : "none";
    this.drawBeyond(levels);
    this.say(this.focused());
  }

  isNo(region) {
    return Boolean(region.dataset.zone) && this.fields.zone(region.dataset.zone) === "false";
  }

  drawBeyond(levels) {
    const line = this.root.querySelector("[data-spine-beyond]");
    const beyond = levels.filter((level) => !this.regions.has(level));
    line.hidden = !beyond.length;
    line.querySelector("span").textContent = beyond.join(", ");
  }

  /** The line beneath the picture names the region under the pointer or the focus; `aria-checked` says it to others. */
  say(region) {
    const line = this.root.querySelector(".spine-status");
    if (!region) {
      line.textContent = "\u00a0";
      return;
    }
    const words = this.root.dataset;
    const state = this.state(region);
    const word = { true: words.on, mixed: words.mixed, false: this.isNo(region) ? words.no : words.off }[state];
    line.textContent = `${region.dataset.name}: ${word}`;
  }

  // -- Pointer and keys -----------------------------------------------------------------------------------------

  focused() {
    const region = document.activeElement?.closest?.("[data-region]");
    return region && this.root.contains(region) ? region : null;
  }

  /** The picture is one stop of the tab key: it leads to the region that was last visited. */
  stand(region) {
    this.current?.setAttribute("tabindex", "-1");
    this.current = region;
    region.setAttribute("tabindex", "0");
  }

  clicked(event) {
    const region = event.target.closest("[data-region]");
    if (!region) return;
    this.stand(region);
    region.focus({ preventScroll: true });
    this.toggle(region);
  }

  pressed(event) {
    const region = event.target.closest("[data-region]");
    if (!region || event.shiftKey || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === " " || event.key === "Enter") {
      this.toggle(region);
    } else if (event.key in ARROWS) {
      this.regions.get(region.dataset[ARROWS[event.key]])?.focus();
    } else if (event.key === "Home" || event.key === "End") {
      this.regions.get(event.key === "Home" ? FIRST : "coccyx").focus();
    } else {
      return;
    }
    event.preventDefault();
  }

  entered(event) {
    const region = event.target.closest("[data-region]");
    if (!region) return;
    this.stand(region);
    this.say(region);
    this.ring(region.matches(":focus-visible") ? region : null);
  }

  left() {
    this.say(null);
    this.ring(null);
  }

  /** The focus is drawn above all regions, so that no neighbour covers it. */
  ring(region) {
    for (const ring of this.root.querySelectorAll(".spine-ring")) {
      if (region) ring.setAttribute("href", region.querySelector(".spine-half").getAttribute("href"));
      else ring.removeAttribute("href");
    }
  }
}

const pictures = new Map();

function wake(part) {
  for (const root of pictures.keys()) if (!root.isConnected) pictures.delete(root);
  const roots = [...part.querySelectorAll("[data-spine]")];
  if (part.matches?.("[data-spine]")) roots.push(part);
  for (const root of roots) if (!pictures.has(root)) pictures.set(root, new Picture(root));
}

function redraw(name = null) {
  for (const [root, picture] of pictures) {
    const prefix = root.dataset.spine ? `${root.dataset.spine}-` : "";
    if (name === null || name.startsWith(prefix)) picture.draw();
  }
}

document.addEventListener("change", (event) => event.target.name && redraw(event.target.name));
document.addEventListener("reset", () => window.setTimeout(redraw));
document.addEventListener("registry:saved", () => redraw());
window.addEventListener("pageshow", () => redraw());
document.addEventListener("htmx:load", (event) => wake(event.target));
wake(document);
