// The expanded outputs, folded: an output or a long coefficient is written when it is opened.

const INLINE_TERMS = 6;
const PAGE_GROUPS = 150;

function monomialRow(powers) {
  const row = math("mrow");
  if (!powers.length) row.append(math("mn", {}, "1"));
  for (let at = 0; at < powers.length; at += 2) {
    const name = [math("mi", {}, "x"), math("mn", {}, String(powers[at]))];
    row.append(powers[at + 1] === 1 ? math("msub", {}, ...name)
      : math("msubsup", {}, ...name, math("mn", {}, String(powers[at + 1]))));
  }
  return row;
}

const monomialMath = (powers) => math("math", {}, monomialRow(powers));

/** The group of a monomial in an output, which counts from 1; undefined where it was cut. */
function termsAt(output, powers) {
  const { groups } = DATA.polynomials.outputs[output - 1];
  return groups.find(([own]) => own.join() === powers.join());
}

/** One term: [coefficient, weight, …] with weights in ascending order, repeated for powers. */
function termMath([coefficient, ...weights], first) {
  const row = math("mrow");
  const size = Math.abs(coefficient);
  if (!first || coefficient < 0) row.append(math("mo", {}, coefficient < 0 ? "−" : "+"));
  if (size !== 1 || !weights.length) row.append(math("mn", {}, String(size)));
  for (let at = 0; at < weights.length;) {
    let end = at;
    while (weights[end] === weights[at]) end += 1;
    const layer = layerOf(weights[at]);
    row.append(weightMath(layer, weights[at] - layer.offset, end - at));
    at = end;
  }
  return math("math", {}, row);
}

function termsOf([, rows, size]) {
  const box = html("div", { class: "terms" });
  rows.forEach((term, at) => box.append(termMath(term, at === 0), " "));
  if (rows.length < size) {
    box.append(html("span", { class: "count" }, `and ${plural(size - rows.length, "term")} more`));
  }
  return box;
}

function groupOf(group) {
  const [powers, , size] = group;
  if (size <= INLINE_TERMS) {
    return html("div", { class: "group" }, html("div", {}, monomialMath(powers)), termsOf(group));
  }
  const fold = html("details", {}, html("summary", {}, monomialMath(powers), " ",
    html("span", { class: "count" }, plural(size, "term"))));
  fold.addEventListener("toggle", () => fold.children.length > 1 || fold.append(termsOf(group)), { once: true });
  return fold;
}

function showGroups(box, output, start) {
  const part = output.groups.slice(start, start + PAGE_GROUPS);
  for (const group of part) box.append(groupOf(group));
  const next = start + part.length;
  const kept = output.groups.reduce((sum, group) => sum + group[1].length, 0);
  if (next < output.groups.length) {
    const button = html("button", { type: "button" },
      `Show ${output.groups.length - next} more monomials`);
    button.addEventListener("click", () => { button.remove(); showGroups(box, output, next); });
    box.append(button);
  } else if (kept < output.terms) {
    box.append(html("p", { class: "count" },
      `${digits(kept)} of ${plural(output.terms, "term")} are on this page; `
      + "polyconstraints expand prints all."));
  }
}

function startPolynomials() {
  const { outputs, monomials } = DATA.polynomials;
  document.getElementById("polynomials-note").textContent =
    `${plural(monomials, "monomial")} in the inputs; the coefficient of each is a polynomial in the `
    + `weights.${MAP ? " A weight has its class's colour behind it: point at it to see its class." : ""}`;
  const box = document.getElementById("outputs");
  outputs.forEach((output, at) => {
    const name = math("math", {}, math("msub", {}, math("mi", {}, "y"), math("mn", {}, String(at + 1))));
    const fold = html("details", {}, html("summary", {}, name, " ",
      html("span", { class: "count" }, plural(output.terms, "term"))));
    fold.addEventListener("toggle", () => showGroups(fold, output, 0), { once: true });
    box.append(fold);
  });
}
