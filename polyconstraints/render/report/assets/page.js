// Start: wire the parts together, make the files, and say that the page is ready.

function download(link, name, document_) {
  const blob = new Blob([JSON.stringify(document_)], { type: "application/json" });
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.hidden = false;
}

function startFiles() {
  if (MAP) download(document.getElementById("download-map"), "tying-map.json", MAP);
  download(document.getElementById("download-derivation"), "derivation.json", DATA.derivation);
  const copy = document.getElementById("copy");
  copy.addEventListener("click", async () => {
    const code = document.getElementById("command");
    try {
      await navigator.clipboard.writeText(code.textContent);
      copy.textContent = "Copied";
    } catch {
      // Without leave to write to the clipboard the text is marked, for the user to copy.
      getSelection().selectAllChildren(code);
    }
  });
}

for (const section of document.querySelectorAll("section.layer")) {
  PICTURES.push(new Picture(LAYERS[Number(section.dataset.layer)], section));
}
if (!PICTURES.length) {
  document.getElementById("why").hidden = true;
  document.getElementById("keys").hidden = true;
}
document.getElementById("strata-link").hidden = !document.getElementById("strata");
startConstraints();
startPolynomials();
startFiles();
followFormulas(list);
followFormulas(document.getElementById("outputs"));
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") clear();
});
document.documentElement.dataset.ready = "true";
