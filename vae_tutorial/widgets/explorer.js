// What all widgets share: controls, a canvas, and a line that says what it shows. explorer.py puts
// this text before each widget's own, which ends with `export default explorer({ ... })`:
//   size(data, state)               width and height of the canvas, in its own pixels
//   look(state, data)               what is to be seen: numbers, images, and a `sentence`
//   paint(ink, seen, state, data)   draws that on the canvas
//   drag(state, start, here, data)  optional: what a drag on the canvas sets, {name: value}
// `state` is {name of a control: value}; `data` is what Python sent, once.

const COLORS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]; // as plots.py
const CLASS_COLORS = [...COLORS, "#000000", "#7A5195", "#8C6D1F", "#666666"];
const GRAY = "#646464";
const WIDTH = 680;
const FONT = 20; // pixels of the canvas

// Numbers and arrays

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);
const round = (x, digits) => Number(x.toFixed(digits));
const fixed = (x, digits) => (round(x, digits) + 0).toFixed(digits); // no -0.0
const general = (x) => `${Math.abs(x) < 100 ? Number(x.toPrecision(3)) : Math.round(x)}`; // no exponent
const plural = (n, word) => `${n.toLocaleString("en")} ${word}${n === 1 ? "" : "s"}`;
const percent = (share) => `${Math.round(100 * share)}%`;
const sum = (list) => list.reduce((total, x) => total + x, 0);
const squaredError = (a, b) => a.data.reduce((total, x, i) => total + (x - b.data[i]) ** 2, 0);
const color = (i) => COLORS[i % COLORS.length];
const classColor = (i) => CLASS_COLORS[i % CLASS_COLORS.length];

function fromFloat16(bits) {
  const [sign, exponent, rest] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 31, bits & 1023];
  if (exponent === 0) return sign * rest * 2 ** -24;
  return sign * (1 + rest / 1024) * 2 ** (exponent - 15);
}

// What explorer.py packed: arrays become {shape, data}, of floats; images of bytes come to 0 to 1.
function unpack(value) {
  if (Array.isArray(value)) return value.map(unpack);
  if (value === null || typeof value !== "object") return value;
  if (!("$bytes" in value)) {
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, unpack(part)]));
  }
  const { $bytes: bytes, shape, dtype } = value;
  const { buffer, byteOffset: from, byteLength } = bytes;
  const copy = buffer.slice(from, from + byteLength); // a view may start between two numbers
  if (dtype === "uint8") return { shape, data: Float32Array.from(new Uint8Array(copy), (x) => x / 255) };
  if (dtype === "float16") return { shape, data: Float32Array.from(new Uint16Array(copy), fromFloat16) };
  return { shape, data: new Float32Array(copy) };
}

// The i-th part of an array, such as one image of many.
function at({ shape: [, ...shape], data }, i) {
  const size = shape.reduce((product, x) => product * x, 1);
  return { shape, data: data.subarray(i * size, (i + 1) * size) };
}

const each = (stack) => Array.from({ length: stack.shape[0] }, (_, i) => at(stack, i));

// Networks, as explorer.py describes them: a list of layers

const ACTIVATIONS = {
  linear: (x) => x,
  leaky_relu: (x) => (x > 0 ? x : 0.2 * x), // Keras's slope
  gelu: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
};
const sigmoid = (x) => 1 / (1 + Math.exp(-x));

function dense({ kernel: { shape, data: weights }, bias }, x) {
  const [inputs, outputs] = shape;
  const y = Float64Array.from(bias.data);
  for (let i = 0; i < inputs; i++) {
    const value = x[i];
    const row = i * outputs;
    if (value === 0) continue;
    for (let j = 0; j < outputs; j++) y[j] += value * weights[row + j];
  }
  return y;
}

// Each pixel stamps its kernel, four by four, onto a map twice as large; stamps overlap.
function transposed({ kernel: { shape, data: weights }, bias, shape: [height, width, channels] }, x) {
  const [side, , outputs, inputs] = shape;
  const edge = (side - 2) / 2;
  const y = new Float64Array(height * width * channels);
  for (let i = 0; i < y.length; i++) y[i] = bias.data[i % channels];
  for (let top = 0; top < height / 2; top++) {
    for (let left = 0; left < width / 2; left++) {
      const from = (top * (width / 2) + left) * inputs;
      for (let row = Math.max(0, edge - 2 * top); row < side; row++) {
        const below = 2 * top + row - edge;
        for (let column = 0; column < side && below < height; column++) {
          const right = 2 * left + column - edge;
          if (right < 0 || right >= width) continue;
          let k = (row * side + column) * outputs * inputs;
          for (let o = 0; o < outputs; o++) {
            let total = 0;
            for (let i = 0; i < inputs; i++) total += x[from + i] * weights[k++];
            y[(below * width + right) * channels + o] += total;
          }
        }
      }
    }
  }
  return y;
}

function run(layers, input) {
  let x = input;
  for (const layer of layers) {
    x = (layer.kind === "dense" ? dense : transposed)(layer, x);
    const activate = ACTIVATIONS[layer.activation];
    for (let i = 0; i < x.length; i++) x[i] = activate(x[i]);
  }
  return x;
}

const decode = ({ layers, shape }, z) => ({ shape, data: Float32Array.from(run(layers, z), sigmoid) });

// An encoder's means and stddevs.
function encode({ layers }, image) {
  const outputs = run(layers, image.data);
  const half = outputs.length / 2;
  const stddev = outputs.slice(half).map((x) => Math.exp(clamp(x, -20, 20) / 2)); // MAX_LOG_VAR
  return { mean: outputs.slice(0, half), stddev };
}

// On the canvas

function text(ink, words, x, y, { fill = GRAY, align = "center", size = FONT, most } = {}) {
  ink.font = `${size}px sans-serif`;
  Object.assign(ink, { fillStyle: fill, textAlign: align, textBaseline: "middle" });
  ink.fillText(words, x, y, most);
}

function line(ink, points, { stroke = GRAY, width = 2, dash = [] } = {}) {
  ink.beginPath();
  for (const [x, y] of points) ink.lineTo(x, y);
  Object.assign(ink, { strokeStyle: stroke, lineWidth: width, lineJoin: "round" });
  ink.setLineDash(dash);
  ink.stroke();
  ink.setLineDash([]);
}

function dot(ink, x, y, radius, fill, stroke = "#000000") {
  ink.beginPath();
  ink.arc(x, y, radius, 0, 2 * Math.PI);
  Object.assign(ink, { fillStyle: fill, strokeStyle: stroke, lineWidth: 2 });
  ink.fill();
  if (stroke) ink.stroke();
}

// An image into a box, its pixels visible, in the middle if it isn't square.
const small = document.createElement("canvas");
const smallInk = small.getContext("2d", { willReadFrequently: true }); // which keeps it off the GPU
function picture(ink, { shape: [height, width, channels], data }, left, top, wide, tall) {
  if (small.width !== width || small.height !== height) Object.assign(small, { width, height });
  const pixels = smallInk.createImageData(width, height);
  for (let i = 0, from = 0; i < pixels.data.length; i += 4, from += channels) {
    for (let c = 0; c < 3; c++) pixels.data[i + c] = 255 * data[from + (channels > 1 ? c : 0)] + 0.5;
    pixels.data[i + 3] = 255;
  }
  smallInk.putImageData(pixels, 0, 0);
  const scale = Math.min(wide / width, tall / height);
  const [across, up] = [width * scale, height * scale];
  ink.imageSmoothingEnabled = false;
  ink.drawImage(small, left + (wide - across) / 2, top + (tall - up) / 2, across, up);
}

// Rows of images over the whole width, each with a label at its left.
const LABEL = 110;
const side = (columns) => (WIDTH - LABEL) / Math.max(columns, 4); // a few images aren't made huge
const rowHeight = (columns, { shape: [height, width] }) => side(columns) * (height / width);
function rows(ink, labelled, top = 0) {
  for (const [label, images] of labelled) {
    const [tall, wide] = [rowHeight(images.length, images[0]), side(images.length)];
    text(ink, label, LABEL - 10, top + tall / 2, { align: "right" });
    images.forEach((image, i) => picture(ink, image, LABEL + i * wide + 1, top + 1, wide - 2, tall - 2));
    top += tall;
  }
  return top;
}

// A number line above which things are drawn: {column(number), number(column)}.
const MARGIN = 24;
function numberLine(low, high) {
  const scale = (WIDTH - 2 * MARGIN) / (high - low);
  return {
    column: (number) => MARGIN + (number - low) * scale,
    number: (point) => low + (point[0] * WIDTH - MARGIN) / scale,
    paint(ink, base) {
      line(ink, [[MARGIN, base], [WIDTH - MARGIN, base]]);
      for (let number = Math.ceil(low); number <= high; number++) {
        line(ink, [[this.column(number), base], [this.column(number), base + 7]]);
        text(ink, `${number}`, this.column(number), base + 22);
      }
    },
    // A Gaussian that reaches `height` pixels above `base`, cut off at `most`.
    hill(ink, base, mean, stddev, height, most, stroke, fill = true) {
      const points = [];
      for (let i = 0; i <= 200; i++) {
        const step = (high - low) / 200;
        // A narrow hill would fall between two points of the curve: put one at its top.
        const x = Math.abs(low + i * step - mean) < step / 2 ? mean : low + i * step;
        const y = Math.min(height * Math.exp(-0.5 * ((x - mean) / stddev) ** 2), most);
        points.push([this.column(x), base - y]);
      }
      line(ink, points, { stroke, width: 3 });
      if (!fill) return;
      ink.lineTo(points[200][0], base);
      ink.lineTo(points[0][0], base);
      ink.fillStyle = `${stroke}3c`;
      ink.fill();
    },
  };
}

// Axes with a curve, a dot on each of its points, and a larger one where `here` is.
function curve(ink, [left, top, right, base], { x, y, points, here, level, xticks, yticks, labels }) {
  const place = ([a, b]) => [
    left + ((a - x[0]) / (x[1] - x[0])) * (right - left),
    base - ((b - y[0]) / (y[1] - y[0])) * (base - top),
  ];
  line(ink, [[left, top], [left, base], [right, base]]);
  for (const [number, words] of xticks) text(ink, words, place([number, 0])[0], base + 16);
  for (const [number, words] of yticks) text(ink, words, left - 8, place([0, number])[1], { align: "right" });
  text(ink, labels[0], right, base + 40, { align: "right" });
  text(ink, labels[1], left + 8, top - 6, { align: "left" });
  if (level !== undefined) line(ink, [place([x[0], level]), place([x[1], level])], { dash: [9, 7] });
  const places = points.map(place);
  line(ink, places, { stroke: COLORS[0], width: 3 });
  for (const [a, b] of places) dot(ink, a, b, 5, COLORS[0], null);
  dot(ink, ...place(here), 11, COLORS[1]);
}

// A map of codes of two numbers: {place(z), code(point), paint(ink)}, `side` pixels wide and high.
const EDGE = 12;
const painted = new WeakMap(); // thousands of dots are painted once
function codeMap(data, side) {
  const { codes, labels, names, low, high } = data;
  const scale = low.map((x, i) => (side - 2 * EDGE) / Math.max(high[i] - x, 1e-9));
  const place = (z) => [EDGE + (z[0] - low[0]) * scale[0], side - EDGE - (z[1] - low[1]) * scale[1]];
  const code = ([x, y]) =>
    [x * side - EDGE, side - EDGE - y * side].map((pixels, i) => clamp(round(low[i] + pixels / scale[i], 3), low[i], high[i]));
  const sheet = () => {
    const made = Object.assign(document.createElement("canvas"), { width: 2 * side, height: 2 * side });
    const ink = made.getContext("2d");
    ink.scale(2, 2);
    for (let i = 0; i < codes.shape[0]; i++) {
      ink.fillStyle = `${labels ? classColor(labels[i]) : "#202020"}80`;
      const [x, y] = place(at(codes, i).data);
      ink.fillRect(x - 1.5, y - 1.5, 3, 3);
    }
    Object.assign(ink, { strokeStyle: "white", lineWidth: 6, lineJoin: "round" });
    for (const { name, label, z } of names) {
      const [size, [x, y]] = [name.length < 3 ? 34 : FONT, place(z)];
      Object.assign(ink, { font: `${size}px sans-serif`, textAlign: "center", textBaseline: "middle" });
      const half = ink.measureText(name).width / 2;
      const [column, row] = [clamp(x, half, side - half), clamp(y, size / 2, side - size / 2)]; // on the map
      ink.strokeText(name, column, row);
      text(ink, name, column, row, { fill: classColor(label), size });
    }
    return made;
  };
  const paint = (ink) => {
    if (!painted.has(data)) painted.set(data, sheet());
    ink.drawImage(painted.get(data), 0, 0, side, side);
    line(ink, [[0, 0], [side, 0], [side, side], [0, side], [0, 0]], { stroke: "#999999", width: 1 });
  };
  return { place, code, paint, scale };
}

// Round numbers below `most`, about five of them, with their labels.
function ticks(most) {
  const power = 10 ** Math.floor(Math.log10(most / 4));
  const step = power * [5, 2, 1].find((factor) => factor * power <= most / 4);
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => [i * step, general(i * step)]);
}

// Labels below a logarithmic axis from 1 to `most`.
const powers = (most) =>
  Array.from({ length: Math.floor(Math.log10(most)) + 1 }, (_, i) => [i, (10 ** i).toLocaleString("en")]);

// Controls

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  // Else JupyterLab takes arrows and letters as commands on the cell. It looks at the element that
  // has the focus before it looks at those around it, so each needs the mark.
  made.setAttribute("data-lm-suppress-shortcuts", "true");
  made.append(...children);
  return made;
}

function addRow(box, label, slider, field) {
  field.id = `vae-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  slider.setAttribute("aria-label", `${label}, slider`);
  box.append(element("label", { for: field.id }, label), slider, field);
}

// Each adds its rows, calls `put(value)` when it is moved, and returns what shows a value.
const CONTROLS = {
  slider(box, { label, low, high, step }, put) {
    const limits = { min: low, max: high, step };
    const slider = element("input", { type: "range", ...limits });
    const field = element("input", { type: "number", ...limits });
    let current = low;
    let typing = false; // what is typed stays, and isn't taken before its end: half a number is one, too
    const show = (value) => {
      current = slider.value = value;
      if (!typing) field.value = round(value, 3);
    };
    const take = (value) => {
      if (round(value, 3) === round(current, 3)) return;
      show(clamp(round(value, 6), low, high));
      put(current);
    };
    slider.oninput = () => take(low + Math.round((slider.value - low) / step) * step);
    field.oninput = () => (typing = true);
    field.onchange = () => {
      typing = false;
      if (field.value !== "") take(clamp(Number(field.value), low, high));
      show(current);
    };
    field.onkeydown = (event) => {
      if (event.key === "Enter") field.onchange(); // JupyterLab swallows the change that it makes
    };
    addRow(box, label, slider, field);
    return show;
  },

  sliders(box, { labels, ...limits }, put) {
    let values = [];
    const shows = labels.map((label, i) => {
      const [low, high, step] = ["low", "high", "step"].map((name) => limits[name][i] ?? limits[name]);
      const set = (value) => put(values.map((old, j) => (i === j ? value : old)));
      return CONTROLS.slider(box, { label, low, high, step }, set);
    });
    return (list) => {
      values = list;
      list.forEach((value, i) => shows[i](value));
    };
  },

  choice(box, { label, values }, put) {
    const slider = element("input", { type: "range", min: 0, max: values.length - 1, step: 1 });
    const field = element("select");
    for (const value of values) field.append(element("option", {}, `${value}`));
    const show = (value) => {
      slider.value = field.selectedIndex = values.indexOf(value);
      slider.setAttribute("aria-valuetext", `${value}`);
    };
    const take = (index) => {
      show(values[index]);
      put(values[index]);
    };
    slider.oninput = () => take(Number(slider.value));
    field.onchange = () => take(field.selectedIndex);
    addRow(box, label, slider, field);
    return show;
  },
};

// The widget

// A value that its control can show: a link to another widget may set one that lies beyond its end.
function within({ kind, low, high }, value) {
  if (kind === "slider") return clamp(value, low, high);
  return kind === "sliders" ? value.map((x, i) => clamp(x, low[i] ?? low, high[i] ?? high)) : value;
}

function explorer({ size, look, paint, drag }) {
  function render({ model, el }) {
    const data = unpack(model.get("data"));
    const controls = model.get("controls");
    const state = () => Object.fromEntries(controls.map((part) => [part.name, within(part, model.get(part.name))]));
    const set = (values) => {
      for (const [name, value] of Object.entries(values)) model.set(name, value);
      model.save_changes(); // for Python; what is drawn doesn't wait for it
    };

    const box = element("div", { class: "vae-controls" });
    const shows = controls.map(({ name, kind, ...control }) =>
      CONTROLS[kind](box, control, (value) => set({ [name]: value })),
    );
    const canvas = element("canvas", { class: "vae-picture", role: "img" });
    const sentence = element("p", { role: "status" });
    const width = size(data, state())[0];
    el.classList.add("vae-explorer");
    el.append(box, element("div", { style: `width: ${width}px` }, canvas, sentence));

    const ink = canvas.getContext("2d");
    const draw = () => {
      const now = state();
      controls.forEach(({ name }, i) => shows[i](now[name]));
      const [wide, tall] = size(data, now);
      const fine = Math.min(window.devicePixelRatio || 1, 2); // as sharp as the screen
      Object.assign(canvas, { width: Math.round(wide * fine), height: Math.round(tall * fine) }); // which clears it
      ink.scale(fine, fine);
      ink.fillStyle = "white";
      ink.fillRect(0, 0, wide, tall);
      const seen = look(now, data);
      paint(ink, seen, now, data);
      sentence.textContent = seen.sentence;
      canvas.setAttribute("aria-label", seen.sentence);
      el.dispatchEvent(new CustomEvent("vae-drawn", { detail: seen }));
    };
    let waiting = false; // several controls that change together are drawn once
    const later = () => {
      if (!waiting) queueMicrotask(() => ((waiting = false), draw()));
      waiting = true;
    };
    for (const { name } of controls) model.on(`change:${name}`, later);
    if (drag) followPointer(canvas, state, (...way) => drag(...way, data), set);
    draw();
    el.vae = { set, state, look: (values) => look({ ...state(), ...values }, data) }; // for tests
    return () => {
      for (const { name } of controls) model.off(`change:${name}`, later);
    };
  }
  return { render };
}

// Sets what `drag(state when the pointer went down, where that was, where it is)` says; points are
// fractions of the canvas. Where a drag can't begin, a finger scrolls the page.
function followPointer(canvas, state, drag, set) {
  let start = null;
  let before = null;
  const point = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  };
  const begins = (event) => Object.keys(drag(state(), point(event), point(event))).length > 0;
  const holdStill = (event) => event.touches.length === 1 && begins(event.touches[0]) && event.preventDefault();
  canvas.addEventListener("touchstart", holdStill, { passive: false });
  canvas.dataset.draggable = "true";
  canvas.onpointerdown = (event) => {
    if (event.button || !event.isPrimary || !begins(event)) return;
    canvas.setPointerCapture(event.pointerId);
    [start, before] = [point(event), state()];
    set(drag(before, start, start)); // the map follows a click; others are where they were
  };
  canvas.onpointermove = (event) => {
    canvas.style.cursor = begins(event) ? "grab" : "";
    if (start && event.isPrimary) set(drag(before, start, point(event)));
  };
  canvas.onpointerup = canvas.onpointercancel = (event) => {
    if (event.isPrimary) start = null;
  };
}
