// The browser's half of explorer.py: controls, an image, and a line that says what it shows.
// The kernel keeps `index`: for each control the index of its value, or the strokes of a pad.

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  // Else JupyterLab takes arrows and letters as commands on the cell. It looks at the element that
  // has the focus before it looks at those around it, so each needs the mark.
  made.setAttribute("data-lm-suppress-shortcuts", "true");
  made.append(...children);
  return made;
}

function render({ model, el }) {
  const id = `vae-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const put = (name, index) => {
    model.set("index", { ...model.get("index"), [name]: index });
    model.save_changes();
  };
  const rows = element("div", { class: "vae-controls" });
  const shows = {}; // what sets a control to an index, by the control's name
  for (const [i, control] of model.get("controls").entries()) {
    const make = { number: numberRow, choice: choiceRow, strokes: padRow }[control.kind];
    shows[control.name] = make(rows, control, `${id}-${i}`, (index) => put(control.name, index));
  }
  const image = element("img", { draggable: "false" });
  const sentence = element("p", { role: "status" });
  const shown = element("div", { style: `width: ${model.get("width")}px` }, image, sentence);
  el.classList.add("vae-explorer");
  el.append(rows, shown);

  const showIndex = () => {
    for (const [name, index] of Object.entries(model.get("index"))) shows[name](index);
  };
  const showImage = () => {
    const old = image.src;
    image.src = URL.createObjectURL(new Blob([model.get("png")], { type: "image/png" }));
    if (old) URL.revokeObjectURL(old);
  };
  const showSentence = () => {
    image.alt = sentence.textContent = model.get("sentence");
  };
  image.onload = () => {
    // Small images show their pixels; large ones are drawn finer than the screen shows them.
    const small = image.naturalWidth < image.width;
    image.style.imageRendering = small ? "pixelated" : "auto";
  };
  model.on("change:index", showIndex);
  model.on("change:png", showImage);
  model.on("change:sentence", showSentence);
  showIndex();
  showImage();
  showSentence();
  if (model.get("draggable")) followPointer(model, image);
  return () => {
    model.off("change:index", showIndex);
    model.off("change:png", showImage);
    model.off("change:sentence", showSentence);
    URL.revokeObjectURL(image.src);
  };
}

function addRow(rows, control, id, slider, field) {
  slider.setAttribute("aria-label", `${control.label}, slider`);
  field.setAttribute("id", id);
  rows.append(element("label", { for: id }, control.label), slider, field);
}

function numberRow(rows, { low, high, step, ...control }, id, put) {
  const limits = { min: low, max: high, step };
  const slider = element("input", { type: "range", ...limits });
  const field = element("input", { type: "number", ...limits });
  let current = 0;
  const show = (index) => {
    current = index;
    slider.value = low + index * step;
    field.value = Number((low + index * step).toFixed(3)); // as _values.py rounds
  };
  const take = (text) => {
    const number = Math.min(Math.max(Number(text), low), high);
    const index = Math.round((number - low) / step);
    show(index);
    put(index);
  };
  slider.oninput = () => take(slider.value);
  // Not while a number is being typed: half of a number is one, too.
  field.onchange = () => {
    if (field.value === "") show(current);
    else take(field.value);
  };
  field.onkeydown = (event) => {
    if (event.key === "Enter") field.onchange(); // JupyterLab swallows the change that it makes
  };
  addRow(rows, control, id, slider, field);
  return show;
}

function choiceRow(rows, { texts, ...control }, id, put) {
  const slider = element("input", { type: "range", min: 0, max: texts.length - 1, step: 1 });
  const field = element("select");
  for (const text of texts) field.append(element("option", {}, text));
  const show = (index) => {
    slider.value = field.selectedIndex = index;
    slider.setAttribute("aria-valuetext", texts[index]);
  };
  const take = (index) => {
    show(index);
    put(index);
  };
  slider.oninput = () => take(Number(slider.value));
  field.onchange = () => take(field.selectedIndex);
  addRow(rows, control, id, slider, field);
  return show;
}

const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function padRow(rows, control, id, put) {
  const side = 560; // pixels of the canvas, twice what the screen shows
  const help = "Draw with pointer or finger; or: arrows move, space lowers and lifts the pen.";
  const canvas = element("canvas", { width: side, height: side, tabindex: 0, role: "application" });
  canvas.setAttribute("aria-label", `${control.label}. ${help}`);
  const undo = element("button", { type: "button" }, "Undo stroke");
  const clear = element("button", { type: "button" }, "Clear");
  rows.append(element("div", { class: "vae-pad" }, canvas, element("p", {}, help), undo, clear));

  let strokes = []; // each a list of [x, y] in 0 to 1 from the top left
  let drawn = null; // the stroke that is being drawn
  const pen = { x: 0.5, y: 0.3, used: false };
  const paint = () => {
    const ink = canvas.getContext("2d");
    ink.clearRect(0, 0, side, side);
    Object.assign(ink, { lineWidth: control.width * side, lineCap: "round", lineJoin: "round" });
    ink.strokeStyle = "white";
    for (const stroke of drawn ? [...strokes, drawn] : strokes) {
      ink.beginPath();
      for (const [x, y] of [stroke[0], ...stroke]) ink.lineTo(x * side, y * side);
      ink.stroke();
    }
    if (!pen.used) return;
    ink.fillStyle = drawn ? "#E69F00" : "#56B4E9";
    ink.fillRect(pen.x * side - 8, pen.y * side - 8, 16, 16);
  };
  const finish = () => {
    if (!drawn) return;
    strokes = [...strokes, drawn];
    drawn = null;
    paint();
    put(strokes);
  };
  const replace = (list) => {
    [strokes, drawn] = [list, null];
    paint();
    put(strokes);
  };
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    const share = (value) => Math.min(Math.max(Number(value.toFixed(4)), 0), 1);
    return [share((event.clientX - box.left) / box.width), share((event.clientY - box.top) / box.height)];
  };
  canvas.onpointerdown = (event) => {
    if (event.button) return;
    finish();
    canvas.setPointerCapture(event.pointerId);
    pen.used = false;
    drawn = [at(event)];
    paint();
  };
  canvas.onpointermove = (event) => {
    if (!drawn || !canvas.hasPointerCapture(event.pointerId)) return;
    drawn.push(at(event));
    paint();
  };
  canvas.onpointerup = canvas.onpointercancel = finish;
  canvas.onkeydown = (event) => {
    if (event.key in STEPS) {
      const [x, y] = STEPS[event.key];
      pen.x = Math.min(Math.max(pen.x + x / 28, 0), 1);
      pen.y = Math.min(Math.max(pen.y + y / 28, 0), 1);
      if (drawn) drawn.push([pen.x, pen.y]);
    } else if (event.key === " ") {
      if (drawn) finish();
      else drawn = [[pen.x, pen.y]];
    } else return;
    event.preventDefault();
    pen.used = true;
    paint();
  };
  undo.onclick = () => replace(strokes.slice(0, -1));
  clear.onclick = () => replace([]);
  return (list) => {
    strokes = list;
    paint();
  };
}

function followPointer(model, image) {
  let [start, stroke] = [null, 0]; // where the pointer went down, and when
  const at = (event) => {
    const box = image.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const send = (event) => {
    model.set("pointer", { start, here: at(event), stroke });
    model.save_changes();
  };
  image.classList.add("vae-draggable");
  image.onpointerdown = (event) => {
    if (event.button) return;
    image.setPointerCapture(event.pointerId);
    [start, stroke] = [at(event), performance.now()];
    send(event);
  };
  image.onpointermove = (event) => start && send(event);
  image.onpointerup = image.onpointercancel = () => (start = null);
}

export default { render };
