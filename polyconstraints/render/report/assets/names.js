"use strict";
// Weights by number: their places, names, classes and formulas.

const DATA = JSON.parse(document.getElementById("data").textContent);
const MAP = JSON.parse(document.getElementById("map").textContent);
const MATHML = "http://www.w3.org/1998/Math/MathML";
const SVG = "http://www.w3.org/2000/svg";

function build(namespace, tag, attributes, ...children) {
  const node = namespace ? document.createElementNS(namespace, tag) : document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  node.append(...children.filter((child) => child !== null));
  return node;
}
const html = (tag, attributes, ...children) => build("", tag, attributes, ...children);
const svg = (tag, attributes, ...children) => build(SVG, tag, attributes, ...children);
const math = (tag, attributes, ...children) => build(MATHML, tag, attributes, ...children);

/** A number with its thousands set apart by narrow spaces. */
const digits = (number) => number.toLocaleString("en").replaceAll(",", "\u202f");
const plural = (count, noun) =>
  `${digits(count)} ${count === 1 ? noun : noun.endsWith("y") ? `${noun.slice(0, -1)}ies` : `${noun}s`}`;

/** One layer: how its weights are numbered, and what the page knows about them. */
class Layer {
  constructor(index, offset) {
    const network = DATA.network;
    const units = network.widths.map((width, level) => width * network.channels[level]);
    this.index = index;
    this.offset = offset;
    this.first = network.bias ? 0 : 1;
    this.letters = units[index] + (network.bias ? 1 : 0);
    this.outputs = units[index + 1];
    this.quadratic = network.layer === "quadratic";
    this.ordered = this.quadratic && network.indices === "ordered";
    const all = this.letters * this.letters;
    this.products = !this.quadratic ? this.letters : this.ordered ? (all + this.letters) / 2 : all;
    this.info = DATA.layers[index] || null;
    this.nested = MAP ? MAP.layers[index].classes : null;
    this.entries = new Map((this.info ? this.info.classes : []).map((one) => [one.class, one]));
  }

  /** Array indices [output, i, j] of a weight of this layer, from 0. */
  place(weight) {
    const output = Math.floor(weight / this.products);
    const product = weight % this.products;
    if (!this.quadratic) return [output, product];
    if (!this.ordered) return [output, Math.floor(product / this.letters), product % this.letters];
    let i = Math.floor((Math.sqrt(8 * product + 1) - 1) / 2);
    while ((i * (i + 1)) / 2 > product) i -= 1;
    while (((i + 1) * (i + 2)) / 2 <= product) i += 1;
    return [output, i, product - (i * (i + 1)) / 2];
  }

  /** The weight at array indices, or -1 where there is none. */
  weight([output, i, j]) {
    if (!this.quadratic) return output * this.products + i;
    if (this.ordered) return j > i ? -1 : output * this.products + (i * (i + 1)) / 2 + j;
    return output * this.products + i * this.letters + j;
  }

  /** The numbers in the name of a weight. */
  numbers(weight) {
    const [output, ...letters] = this.place(weight);
    return [output + 1, ...letters.map((letter) => letter + this.first)];
  }

  name(weight) {
    return `W${this.index}_${this.numbers(weight).join("_")}`;
  }

  /** The class of a weight; undefined if the page has no tying map. */
  classOf(weight) {
    return this.nested ? this.place(weight).reduce((part, at) => part[at], this.nested) : undefined;
  }

  entry(weight) {
    return this.entries.get(this.classOf(weight));
  }
}

const LAYERS = [];
for (const count of DATA.weights) {
  const last = LAYERS[LAYERS.length - 1];
  LAYERS.push(new Layer(LAYERS.length, last ? last.offset + DATA.weights[last.index] : 0));
}

/** The layer of a weight that is counted through all layers. */
function layerOf(weight) {
  let found = LAYERS[0];
  for (const layer of LAYERS) if (layer.offset <= weight) found = layer;
  return found;
}

/** A weight as MathML, with its name as a tooltip and its class's colour behind it. */
function weightMath(layer, weight, exponent = 1) {
  const name = layer.name(weight);
  const lower = math("mrow");
  layer.numbers(weight).forEach((number, at) => {
    if (at) lower.append(math("mo", { separator: "true", lspace: "0", rspace: "0" }, ","));
    lower.append(math("mn", {}, String(number)));
  });
  const upper = math("mrow", {}, math("mo", { stretchy: "false" }, "("),
    math("mn", {}, String(layer.index)), math("mo", { stretchy: "false" }, ")"));
  const node = math("msubsup", {}, math("mi", {}, "W"), lower, upper);
  const all = exponent === 1 ? node : math("msup", {}, math("mrow", {}, math("mo", {}, "("), node,
    math("mo", {}, ")")), math("mn", {}, String(exponent)));
  all.setAttribute("class", "w");
  all.setAttribute("title", name);
  all.setAttribute("data-weight", String(layer.offset + weight));
  const entry = layer.entry(weight);
  if (entry) all.style.backgroundColor = `${entry.color}33`;
  return all;
}

/** A sum of weights of one layer as MathML. */
function sumMath(layer, weights) {
  const row = math("mrow");
  weights.forEach((weight, at) => {
    if (at) row.append(math("mo", {}, "+"));
    row.append(weightMath(layer, weight));
  });
  return row;
}

/** A swatch with the colour and hatching of a class, as in the picture. */
function swatch(layer, entry) {
  const pattern = `l${layer.index}-h${entry.hatch}-${entry.color.slice(1)}`;
  const fill = document.getElementById(pattern) ? `url(#${pattern})` : entry.color;
  return svg("svg", { viewBox: "0 0 14 14", "aria-hidden": "true" },
    svg("rect", { width: "14", height: "14", rx: "2", fill }));
}
