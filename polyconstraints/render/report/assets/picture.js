// The picture: the weight pointed at, its class lit up, and why it is tied.

const why = document.getElementById("why-text");
const state = { layer: null, weight: -1, pinned: false };

/** Wires one layer's blocks to the pointer and the keyboard. */
class Picture {
  constructor(layer, section) {
    this.layer = layer;
    this.box = section.querySelector(".blocks");
    this.svg = this.box.querySelector("svg");
    this.list = section.querySelector(".classes");
    this.cell = layer.info.cell;
    this.origins = layer.info.origins;
    this.rows = layer.quadratic ? layer.letters : layer.outputs;
    this.target = this.svg.appendChild(svg("rect", { class: "target", hidden: "" }));
    this.cursor = this.svg.appendChild(svg("rect", { class: "cursor", hidden: "" }));
    this.paths = new Map();
    for (const path of this.svg.querySelectorAll("path.class")) {
      const number = Number(path.dataset.class);
      if (!this.paths.has(number)) this.paths.set(number, []);
      this.paths.get(number).push(path);
    }
    for (const text of this.svg.querySelectorAll("text.number")) {
      this.paths.get(Number(text.textContent))?.push(text);
    }
    this.buttons = new Map();
    this.listClasses(24);
    this.box.addEventListener("pointermove", (event) => this.point(event, false));
    this.box.addEventListener("pointerleave", () => state.pinned || clear());
    this.box.addEventListener("click", (event) => this.point(event, true));
    this.box.addEventListener("keydown", (event) => this.press(event));
    this.box.addEventListener("focus", () => state.layer === layer || select(layer, 0, false));
  }

  listClasses(most) {
    const { classes } = this.layer.info;
    for (const entry of classes.slice(this.buttons.size, most)) {
      const what = entry.formula === null ? entry.pattern || entry.representative : `= ${entry.formula}`;
      const button = html("button", { type: "button", "aria-pressed": "false" },
        swatch(this.layer, entry), `c${entry.class}: ${what} (${plural(entry.size, "weight")})`);
      const weight = this.find(entry);
      button.addEventListener("click", () => {
        const again = state.pinned && state.layer === this.layer
          && this.layer.classOf(state.weight) === entry.class;
        if (again) clear();
        else select(this.layer, weight, true);
      });
      button.addEventListener("pointerenter", () => state.pinned || select(this.layer, weight, false));
      button.addEventListener("pointerleave", () => state.pinned || clear());
      this.buttons.set(entry.class, button);
      this.list.append(button);
    }
    if (classes.length > most) {
      const more = html("button", { type: "button" }, `Show all ${classes.length} classes`);
      more.addEventListener("click", () => { more.remove(); this.listClasses(classes.length); });
      this.list.append(more);
    }
  }

  /** The number of a class's representative, from its name. */
  find(entry) {
    const [output, ...letters] = entry.representative.split("_").slice(1).map(Number);
    return this.layer.weight([output - 1, ...letters.map((letter) => letter - this.layer.first)]);
  }

  point(event, click) {
    if (state.pinned && !click) return;
    const size = this.svg.getBoundingClientRect();
    const scale = this.svg.viewBox.baseVal.width / size.width;
    const x = (event.clientX - size.left) * scale;
    const y = (event.clientY - size.top) * scale;
    for (const [block, [left, top]] of this.origins.entries()) {
      const column = Math.floor((x - left) / this.cell);
      const row = Math.floor((y - top) / this.cell);
      if (column >= 0 && column < this.layer.letters && row >= 0 && row < this.rows) {
        const weight = this.layer.weight(this.layer.quadratic ? [block, row, column] : [row, column]);
        if (weight < 0) break;
        const again = click && state.pinned && state.layer === this.layer && state.weight === weight;
        if (again) clear();
        else select(this.layer, weight, click);
        return;
      }
    }
    if (!state.pinned || click) clear();
  }

  press(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Escape") { clear(); return; }
    const { layer } = this;
    const current = state.layer === layer ? state.weight : 0;
    if (event.key === "Enter" || event.key === " ") {
      select(layer, current, !(state.pinned && state.layer === layer));
      event.preventDefault();
      return;
    }
    const place = layer.place(current);
    const [row, column] = layer.quadratic ? [1, 2] : [0, 1];
    const moves = {
      ArrowUp: [row, -1], ArrowDown: [row, 1], ArrowLeft: [column, -1], ArrowRight: [column, 1],
      PageUp: [0, -1], PageDown: [0, 1],
    };
    if (!(event.key in moves)) return;
    event.preventDefault();
    const [axis, step] = moves[event.key];
    place[axis] += step;
    const limits = [layer.outputs, layer.letters, layer.letters];
    if (place[axis] < 0 || place[axis] >= limits[axis]) return;
    const weight = layer.weight(place);
    if (weight >= 0) select(layer, weight, state.pinned);
  }

  /** Puts a frame around a weight's cell. */
  frame(rect, weight) {
    const place = this.layer.place(weight);
    const [block, row, column] = this.layer.quadratic ? place : [0, ...place];
    const [left, top] = this.origins[block];
    rect.setAttribute("x", String(left + column * this.cell));
    rect.setAttribute("y", String(top + row * this.cell));
    rect.setAttribute("width", String(this.cell));
    rect.setAttribute("height", String(this.cell));
    rect.removeAttribute("hidden");
    return { x: left + column * this.cell, y: top + row * this.cell };
  }

  show(weight) {
    const number = this.layer.classOf(weight);
    for (const node of this.svg.querySelectorAll(".on")) node.classList.remove("on");
    for (const node of this.paths.get(number) || []) node.classList.add("on");
    this.svg.classList.add("lit");
    const at = this.frame(this.cursor, weight);
    this.frame(this.target, this.find(this.layer.entries.get(number)));
    for (const [one, button] of this.buttons) button.setAttribute("aria-pressed", String(one === number));
    if (document.activeElement === this.box) this.reveal(at);
  }

  /** Scrolls the box so that a cell chosen with the keyboard is seen. */
  reveal({ x }) {
    const room = this.box.clientWidth;
    if (x < this.box.scrollLeft || x > this.box.scrollLeft + room - 2 * this.cell) {
      this.box.scrollLeft = Math.max(0, x - room / 2);
    }
  }

  hide() {
    this.svg.classList.remove("lit");
    this.cursor.setAttribute("hidden", "");
    this.target.setAttribute("hidden", "");
    for (const button of this.buttons.values()) button.setAttribute("aria-pressed", "false");
  }
}

const PICTURES = [];

function select(layer, weight, pinned) {
  const same = state.layer === layer && state.weight === weight && state.pinned === pinned;
  if (same || !layer.info) return;
  Object.assign(state, { layer, weight, pinned });
  for (const picture of PICTURES) {
    if (picture.layer === layer) picture.show(weight);
    else picture.hide();
  }
  explain(layer, weight, pinned);
}

function clear() {
  Object.assign(state, { layer: null, weight: -1, pinned: false });
  why.parentElement.classList.remove("kept");
  for (const picture of PICTURES) picture.hide();
  why.replaceChildren(html("p", {}, "Point at a weight or tap it, or move to the picture with the Tab key."));
}

/** Says which class a weight is in, and the equalities that lead to its representative. */
function explain(layer, weight, pinned) {
  const entry = layer.entry(weight);
  const parts = [
    html("p", { class: "big" }, math("math", {}, weightMath(layer, weight))),
    html("p", {}, html("span", { class: "name" }, layer.name(weight)), pinned ? " (kept)" : ""),
    html("p", {}, swatch(layer, entry), html("b", {}, `class ${entry.class}`),
      `, ${plural(entry.size, "weight")}${entry.pattern ? `: ${entry.pattern}` : ""}`),
  ];
  if (entry.formula !== null) {
    parts.push(html("p", {}, `Not a parameter: c${entry.class} = ${entry.formula}`));
  }
  parts.push(...reasons(layer, weight, entry));
  const button = html("button", { type: "button", class: "link" }, "Show its constraints");
  button.addEventListener("click", () => filterFor(layer.name(weight)));
  parts.push(html("p", {}, button, " "));
  if (pinned) {
    const end = html("button", { type: "button", class: "link" }, "Let go");
    end.addEventListener("click", clear);
    parts[parts.length - 1].append(end);
  }
  why.parentElement.classList.toggle("kept", pinned);
  why.replaceChildren(...parts);
}

function reasons(layer, weight, entry) {
  if (layer.name(weight) === entry.representative) {
    return [html("p", {}, "It is the first weight of its class, which stands for all of them.")];
  }
  const { parents, moves } = layer.info;
  const steps = [];
  for (let at = weight; parents.length && parents[at] >= 0; at = parents[at]) {
    const line = math("math", {}, weightMath(layer, at), math("mo", {}, "="),
      weightMath(layer, parents[at]));
    steps.push(html("li", {}, line, " ",
      html("span", { class: "via" }, `by σ = ${DATA.moves[moves[at]]}`)));
    if (layer.name(parents[at]) === entry.representative) {
      const count = plural(steps.length, "equality");
      return [html("p", {}, `Tied to the first weight of its class by ${count}:`),
        html("ol", {}, ...steps)];
    }
  }
  return [html("p", {}, `The map ties it to ${entry.representative}; the equations of the symmetry `
    + "don't say so by themselves.")];
}

/** Lights up the class of a weight in a formula when it is pointed at. */
function followFormulas(root) {
  root.addEventListener("pointerover", (event) => {
    const node = event.target.closest?.("[data-weight]");
    if (!node || state.pinned) return;
    const layer = layerOf(Number(node.dataset.weight));
    select(layer, Number(node.dataset.weight) - layer.offset, false);
  });
  root.addEventListener("click", (event) => {
    const node = event.target.closest?.("[data-weight]");
    if (!node) return;
    const layer = layerOf(Number(node.dataset.weight));
    select(layer, Number(node.dataset.weight) - layer.offset, true);
  });
}
