// The list of constraints and its filter. Rows are made only when they are shown.

const PAGE_ROWS = DATA.equalities.scope === "network" ? 40 : 120;
const list = document.getElementById("equalities");
const filterText = document.getElementById("filter-text");
const filterKind = document.getElementById("filter-kind");
const more = document.getElementById("more-equalities");
let matches = [];
let shown = 0;

/** What the filter knows of an equality, worked out when it is first asked for. */
const facts = new Array(DATA.equalities.list.length);
const WHOLE = DATA.equalities.scope === "network";

function factsOf(at) {
  if (!facts[at]) facts[at] = WHOLE ? networkFacts(at) : layerFacts(at);
  return facts[at];
}

function layerFacts(at) {
  const [index, move, left, right] = DATA.equalities.list[at];
  const layer = LAYERS[index];
  const words = new Set();
  for (const weight of [...left, ...right]) {
    words.add(layer.name(weight).toLowerCase());
    const number = layer.classOf(weight);
    if (number !== undefined) words.add(`c${number}`);
  }
  if (move >= 0) words.add(DATA.moves[move]);
  const kind = left.length === 1 && right.length === 1 ? "simple" : "linear";
  return { kind, words, text: [...words].join(" ") };
}

function networkFacts(at) {
  const [move, ...ends] = DATA.equalities.list[at];
  const words = new Set(move < 0 ? [] : [DATA.moves[move]]);
  for (const [output, powers] of [ends.slice(0, 2), ends.slice(2)]) {
    words.add(`y${output}`);
    words.add(monomialText(powers));
    for (const [, ...weights] of termsAt(output, powers)?.[1] || []) {
      for (const weight of weights) {
        const layer = layerOf(weight);
        words.add(layer.name(weight - layer.offset).toLowerCase());
      }
    }
  }
  return { kind: "polynomial", words, text: [...words].join(" ") };
}

function monomialText(powers) {
  const factors = [];
  for (let at = 0; at < powers.length; at += 2) {
    factors.push(`x${powers[at]}${powers[at + 1] === 1 ? "" : `^${powers[at + 1]}`}`);
  }
  return factors.join("*") || "1";
}

/** Whole names and classes match exactly, beginnings of names as such, the rest anywhere. */
function matcher(text) {
  const wanted = (text.toLowerCase().match(/\([^)]*\)|[^\s=+]+/g) || []).map((word) =>
    word.startsWith("(") ? word.replace(/[\s,]+/g, " ") : word);
  return ({ words, text: all }) => wanted.every((word) => {
    if (words.has(word)) return true;
    if (/^c\d+$/.test(word) || (/^w\d+(_\d+)+$/.test(word) && complete(word))) return false;
    return all.includes(word);
  });
}

/** Whether a name has as many numbers as the names of weights do. */
const complete = (word) => word.split("_").length === (LAYERS[0].quadratic ? 4 : 3);

function filter() {
  const wanted = matcher(filterText.value);
  const kind = filterKind.value;
  matches = [];
  for (let at = 0; at < DATA.equalities.list.length; at += 1) {
    const one = factsOf(at);
    if ((!kind || one.kind === kind) && wanted(one)) matches.push(at);
  }
  document.getElementById("filter-count").textContent =
    `${digits(matches.length)} of ${digits(DATA.equalities.list.length)} shown`;
  list.replaceChildren();
  shown = 0;
  showRows();
}

function showRows() {
  const rows = document.createDocumentFragment();
  for (const at of matches.slice(shown, shown + PAGE_ROWS)) rows.append(rowOf(at));
  list.append(rows);
  shown = Math.min(matches.length, shown + PAGE_ROWS);
  more.hidden = shown === matches.length;
}

function rowOf(at) {
  const equality = DATA.equalities.list[at];
  const via = (move) => (move < 0 ? null : html("span", { class: "via" }, ` ${DATA.moves[move]}`));
  if (WHOLE) {
    const [move, output, powers, other, others] = equality;
    const line = math("math", {}, ...coefficientMath(output, powers), math("mo", {}, "="),
      ...coefficientMath(other, others));
    const fold = html("details", {}, html("summary", {}, line, via(move)));
    fold.addEventListener("toggle", () => fold.append(
      sideOf(output, powers), html("p", { class: "count" }, "equals"), sideOf(other, others),
    ), { once: true });
    return html("li", {}, fold);
  }
  const [index, move, left, right] = equality;
  const layer = LAYERS[index];
  return html("li", {},
    math("math", {}, sumMath(layer, left), math("mo", {}, "="), sumMath(layer, right)), via(move));
}

/** The coefficient of a monomial in an output, as its name: [x1 x2] y1. */
function coefficientMath(output, powers) {
  return [
    math("mrow", {}, math("mo", { form: "prefix" }, "["), monomialRow(powers),
      math("mo", { form: "postfix" }, "]")),
    math("msub", {}, math("mi", {}, "y"), math("mn", {}, String(output))),
  ];
}

function sideOf(output, powers) {
  const group = termsAt(output, powers);
  return group ? termsOf(group) : html("p", { class: "count" }, "too long for this page");
}

/** Sets the filter to a weight's name and goes there. */
function filterFor(name) {
  filterText.value = name;
  filterKind.value = "";
  filter();
  document.getElementById("constraints").scrollIntoView();
  filterText.focus({ preventScroll: true });
}

function startConstraints() {
  const { distinct, total, rank, complete: all, spanning, list: held } = DATA.equalities;
  let note = `${plural(distinct, "distinct equality")} `
    + `(${digits(total)} with repeats), of which ${digits(rank)} are `
    + "linearly independent. Beside each stands the permutation that gives it.";
  if (WHOLE) {
    note += " In brackets the monomial whose coefficient is meant; open a line to see both sides.";
  }
  if (!all && spanning) {
    note += ` Shown are ${digits(held.length)} that imply all the others; `
      + "polyconstraints derive --list prints every one.";
  } else if (!all) {
    note += ` Shown are ${digits(held.length)} of them; `
      + "polyconstraints derive --list prints every one.";
  }
  document.getElementById("constraints-note").textContent = note;
  if (WHOLE) {
    list.classList.add("wide");
    filterText.placeholder = "y1, x1*x2^2, (1 2)";
  }
  let waiting = 0;
  filterText.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 80);
  });
  filterKind.addEventListener("change", filter);
  document.getElementById("filter").addEventListener("submit", (event) => event.preventDefault());
  more.addEventListener("click", showRows);
  filter();
}
