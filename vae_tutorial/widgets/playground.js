// A VAE of two small networks: the encoder takes a point (2) to the mean and the log variance of
// its cloud on the latent line (2), the decoder takes a code (1) to a point (2).

const SIGMA = 0.1; // stddev of the decoder's Gaussian, in units of the plane

// Random numbers that come again with the same seed: mulberry32, made normal by Box and Muller.
function normalNumbers(seed) {
  const uniform = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let bits = Math.imul(seed ^ (seed >>> 15), seed | 1);
    bits ^= bits + Math.imul(bits ^ (bits >>> 7), bits | 61);
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

const normals = (count, normal) => Float64Array.from({ length: count }, normal);

// [encoder, decoder], each a list of layers that look into one long array: `flat` holds the weights,
// or the gradient, in the order encoder, decoder; layer by layer; kernel (inputs, outputs), bias.
const sizes = (units) => [[2, units, units, 2], [1, units, units, 2]];
function networks(units, flat) {
  let from = 0;
  const take = (count) => flat.subarray(from, (from += count));
  return sizes(units).map((widths) =>
    widths.slice(1).map((outputs, l) => {
      const inputs = widths[l];
      return { inputs, outputs, kernel: take(inputs * outputs), bias: take(outputs) };
    }),
  );
}

// Weights and biases of the hidden layers start large, so that units bend early, and not all at 0:
// from smaller ones a ring is more often learned cut in two, a local minimum.
function firstWeights(units, normal) {
  const count = sum(sizes(units).flatMap((widths) => widths.slice(1).map((outputs, l) => (widths[l] + 1) * outputs)));
  const flat = new Float64Array(count);
  for (const layers of networks(units, flat)) {
    layers.forEach(({ inputs, kernel, bias }, l) => {
      const isLast = l + 1 === layers.length;
      kernel.set(normals(kernel.length, () => ((isLast ? 1 : 2) * normal()) / Math.sqrt(inputs)));
      if (!isLast) bias.set(normals(bias.length, normal));
    });
  }
  return flat;
}

// What goes into each layer, and what the last one gives; all but the last end with tanh.
function forward(layers, x, n) {
  const values = [x]; // (n, inputs)
  for (const { inputs, outputs, kernel, bias } of layers) {
    const [from, to] = [values.at(-1), new Float64Array(n * outputs)]; // (n, inputs), (n, outputs)
    for (let row = 0; row < n; row++) {
      const [start, end] = [row * outputs, (row + 1) * outputs];
      to.set(bias, start);
      for (let i = 0; i < inputs; i++) {
        const value = from[row * inputs + i];
        for (let j = start, k = i * outputs; j < end; j++, k++) to[j] += value * kernel[k];
      }
    }
    if (values.push(to) <= layers.length) for (let i = 0; i < to.length; i++) to[i] = Math.tanh(to[i]);
  }
  return values;
}

// The chain rule, from the last layer to the first. `slope` is the loss's derivative by what the
// network gave (n, outputs); those by its weights are added to `gradient`, which has the shape of
// `layers`; the one by what the network was given is returned (n, inputs).
function backward(layers, gradient, values, slope, n) {
  for (let l = layers.length - 1; l >= 0; l--) {
    const { inputs, outputs, kernel } = layers[l];
    const { kernel: byKernel, bias: byBias } = gradient[l];
    const [from, below] = [values[l], new Float64Array(n * inputs)]; // (n, inputs) both
    for (let row = 0; row < n; row++) {
      for (let j = 0; j < outputs; j++) byBias[j] += slope[row * outputs + j];
      for (let i = 0; i < inputs; i++) {
        const value = from[row * inputs + i];
        let total = 0;
        for (let j = row * outputs, k = i * outputs; k < (i + 1) * outputs; j++, k++) {
          byKernel[k] += value * slope[j];
          total += kernel[k] * slope[j];
        }
        below[row * inputs + i] = l > 0 ? total * (1 - value ** 2) : total; // tanh' is 1 - tanh ** 2
      }
    }
    slope = below;
  }
  return slope;
}

class Vae {
  constructor(units, weights) {
    Object.assign(this, { units, weights, steps: 0 });
    [this.gradient, this.first, this.second] = [0, 0, 0].map(() => new Float64Array(weights.length));
    [this.encoder, this.decoder] = networks(units, weights);
  }

  decode = (z) => forward(this.decoder, z, z.length).at(-1); // (n, 1) -> (n, 2)

  // The loss, in nats a point, and all that leads to it. Points (n, 2), epsilon (n).
  evaluate(points, epsilon, beta) {
    const n = epsilon.length;
    const encoded = forward(this.encoder, points, n);
    const [mean, logVar] = [0, 1].map((i) => epsilon.map((_, row) => encoded.at(-1)[2 * row + i])); // (n) both
    const stddev = logVar.map((x) => Math.exp(x / 2));
    const z = mean.map((m, row) => m + stddev[row] * epsilon[row]); // (n)
    const decoded = forward(this.decoder, z, n);
    const error = decoded.at(-1).map((x, i) => x - points[i]); // (n, 2)
    // -log p(x|z) without its constant, 2 log(SIGMA sqrt(2 pi)) = -2.77 nats, which no weight changes.
    const distortion = sum(error.map((e) => e ** 2)) / (2 * SIGMA ** 2) / (n || 1);
    const rate = sum(mean.map((m, row) => 0.5 * (m ** 2 + Math.expm1(logVar[row]) - logVar[row]))) / (n || 1);
    return { loss: distortion + beta * rate, distortion, rate, encoded, mean, logVar, stddev, decoded, error };
  }

  // Puts the loss's derivatives by the weights into `gradient`.
  differentiate(points, epsilon, beta) {
    const n = epsilon.length;
    const { encoded, mean, logVar, stddev, decoded, error, ...found } = this.evaluate(points, epsilon, beta);
    const [forEncoder, forDecoder] = networks(this.units, this.gradient.fill(0));
    const byPoint = error.map((e) => e / SIGMA ** 2 / n); // (n, 2)
    const byZ = backward(this.decoder, forDecoder, decoded, byPoint, n); // (n, 1)
    const byCode = new Float64Array(2 * n); // (n, 2): by mean and log variance
    for (let row = 0; row < n; row++) {
      byCode[2 * row] = byZ[row] + (beta * mean[row]) / n;
      byCode[2 * row + 1] = 0.5 * (byZ[row] * stddev[row] * epsilon[row] + (beta * Math.expm1(logVar[row])) / n);
    }
    backward(this.encoder, forEncoder, encoded, byCode, n);
    return found;
  }

  // One step of Adam (Kingma and Ba 2015) on all points.
  step(points, epsilon, beta, learningRate) {
    const found = this.differentiate(points, epsilon, beta);
    const { gradient, first, second, weights } = this;
    const t = ++this.steps;
    for (let i = 0; i < weights.length; i++) {
      first[i] += 0.1 * (gradient[i] - first[i]);
      second[i] += 0.001 * (gradient[i] ** 2 - second[i]);
      weights[i] -= (learningRate * first[i]) / (1 - 0.9 ** t) / (Math.sqrt(second[i] / (1 - 0.999 ** t)) + 1e-8);
    }
    return found;
  }
}

// The picture: places for its three parts, beside each other or, on a phone, below each other

const REACH = 1.5; // the plane is seen from -1.5 to 1.5, up to the hand's limit in playground.py
const WIDE = { size: [700, 520], plane: [1, 1, 430], latent: [446, 0, 692, 306], curves: [486, 372, 692, 486] };
const TALL = { size: [430, 1030], plane: [1, 1, 428], latent: [10, 520, 420, 820], curves: [50, 880, 420, 996] };
const [RATE, DISTORTION] = COLORS;
const LINE = Float64Array.from({ length: 241 }, (_, i) => (i - 120) / 40); // z from -3 to 3
const SHADES = [[13, 8, 135], [126, 3, 168], [204, 71, 120], [248, 149, 64]]; // plasma, where it shows on white

// The color of a code: points, clouds and the decoded line are seen to belong together.
function shade(z) {
  const x = (clamp(z, -2, 2) + 2) * 0.75; // 0 to 3
  const i = Math.min(Math.floor(x), 2);
  return `rgb(${SHADES[i].map((from, c) => Math.round(from + (x - i) * (SHADES[i + 1][c] - from)))})`;
}

function paintPlane(ink, [left, top, side], { points, mean, curve, samples, cursor, hint }) {
  const scale = side / (2 * REACH);
  const place = (xy, i) => [left + (xy[2 * i] + REACH) * scale, top + (REACH - xy[2 * i + 1]) * scale];
  const path = Array.from(LINE, (_, i) => place(curve, i));
  ink.save();
  ink.beginPath();
  ink.rect(left, top, side, side);
  ink.clip();
  if (!hint) line(ink, path, { stroke: "#ececec", width: 4 * SIGMA * scale }); // two stddevs to each side
  for (let i = 0; i < mean.length; i++) dot(ink, ...place(points, i), 4.5, shade(mean[i]), null);
  if (hint) text(ink, hint, left + side / 2, top + 0.4 * side);
  else {
    line(ink, path, { stroke: "white", width: 9 });
    for (let i = 0; i < path.length; i += 2) line(ink, path.slice(i, i + 4), { stroke: shade(LINE[i]), width: 6 });
    for (let i = 0; 2 * i < samples.length; i++) dot(ink, ...place(samples, i), 4.5, "white");
  }
  if (cursor) {
    const [x, y] = place(cursor, 0);
    line(ink, [[x - 14, y], [x + 14, y]], { stroke: "black", width: 3 });
    line(ink, [[x, y - 14], [x, y + 14]], { stroke: "black", width: 3 });
  }
  ink.restore();
  Object.assign(ink, { strokeStyle: GRAY, lineWidth: 1 });
  ink.strokeRect(left, top, side, side);
  const row = top + side + 24;
  dot(ink, left + 10, row, 4.5, shade(-0.6), null);
  text(ink, "point", left + 22, row, { align: "left" });
  dot(ink, left + 98, row, 4.5, "white");
  text(ink, "sample from the prior", left + 110, row, { align: "left" });
  line(ink, [[left + 2, row + 32], [left + 82, row + 32]], { stroke: "#ececec", width: 22 });
  for (let i = 0; i < 80; i++) {
    line(ink, [[left + 2 + i, row + 32], [left + 3.5 + i, row + 32]], { stroke: shade(i / 20 - 2), width: 6 });
  }
  text(ink, "latent line, decoded (gray: noise)", left + 94, row + 32, { align: "left" });
}

// Above the line the prior's bell and the clouds' average; below it each cloud, sorted by its mean.
function paintLatent(ink, [left, top, right, bottom], { mean, stddev }) {
  const [base, ends] = [top + 0.45 * (bottom - top), 4];
  const column = (z) => left + ((clamp(z, -ends, ends) + ends) / (2 * ends)) * (right - left);
  const height = (density) => base - Math.min(1.6 * density, 1) * (base - top - 56);
  text(ink, "prior", left, top + 12, { align: "left" });
  text(ink, "all clouds together", left, top + 36, { align: "left", fill: COLORS[2] });
  const zs = Array.from({ length: 161 }, (_, i) => (i - 80) / 20);
  const bell = (z, m, s) => Math.exp(-0.5 * ((z - m) / s) ** 2) / (s * Math.sqrt(2 * Math.PI));
  const average = zs.map(() => 0);
  for (let i = 0; i < mean.length; i++) {
    const s = Math.max(stddev[i], 0.03); // narrower clouds would fall between two columns
    for (let k = 0; k < zs.length; k++) average[k] += bell(zs[k], mean[i], s) / mean.length;
  }
  line(ink, zs.map((z, k) => [column(z), height(average[k])]), { stroke: COLORS[2], width: 3 });
  ink.lineTo(right, base);
  ink.lineTo(left, base);
  ink.fillStyle = `${COLORS[2]}3c`;
  ink.fill();
  line(ink, zs.map((z) => [column(z), height(bell(z, 0, 1))]), { width: 3 });
  line(ink, [[left, base], [right, base]]);
  const order = Array.from(mean.keys()).sort((a, b) => mean[b] - mean[a]);
  const [first, last] = [base + 8, bottom - 30];
  order.forEach((i, rank) => {
    const row = first + ((rank + 0.5) / order.length) * (last - first);
    const stroke = shade(mean[i]);
    ink.globalAlpha = 0.45;
    line(ink, [[column(mean[i] - stddev[i]), row], [column(mean[i] + stddev[i]), row]], { stroke, width: 1 });
    ink.globalAlpha = 1;
    dot(ink, column(mean[i]), row, 2, stroke, null);
  });
  for (let z = -3; z <= 3; z++) text(ink, `${z}`.replace("-", "−"), column(z), bottom - 12, { size: 18 });
  text(ink, "z", right, bottom - 12);
}

// Rate and distortion, in nats, over the steps; both scales matter, so the axis is logarithmic.
function paintCurves(ink, [left, top, right, base], { history, steps, rate, distortion }) {
  const [low, high] = [-1.3, 2.3];
  const row = (nats) => base - ((clamp(Math.log10(nats), low, high) - low) / (high - low)) * (base - top);
  text(ink, `rate ${short(rate)} nats`, left - 36, top - 40, { align: "left", fill: RATE });
  text(ink, `distortion ${short(distortion)} nats`, left - 36, top - 16, { align: "left", fill: DISTORTION });
  for (const nats of [0.1, 1, 10, 100]) {
    text(ink, `${nats}`, left - 6, row(nats), { align: "right", size: 18 });
    line(ink, [[left, row(nats)], [right, row(nats)]], { stroke: "#dddddd", width: 1 });
  }
  line(ink, [[left, top], [left, base], [right, base]]);
  const column = (step) => left + (step / Math.max(steps, 200)) * (right - left);
  line(ink, history.map((at) => [column(at.step), row(at.rate)]), { stroke: RATE, width: 3 });
  line(ink, history.map((at) => [column(at.step), row(at.distortion)]), { stroke: DISTORTION, width: 3 });
  text(ink, "0", left, base + 16, { size: 18 });
  text(ink, `${Math.max(steps, 200).toLocaleString("en")} steps`, right, base + 16, { align: "right", size: 18 });
}
const short = (nats) => nats.toFixed(nats < 9.995 ? 2 : 1);

// The widget

const [STEPS, BUDGET] = [20, 26]; // steps a frame, or as many as fit into so many milliseconds
const MOVES = { ArrowLeft: [-0.1, 0], ArrowRight: [0.1, 0], ArrowUp: [0, 0.1], ArrowDown: [0, -0.1] };

function render({ model, el }) {
  const { sets, seed } = unpack(model.get("data"));
  const controls = model.get("controls");
  const normal = normalNumbers(seed);
  const set = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  let [vae, history, codes, shownNoise, cursor] = [];
  const counted = { frames: 0, steps: 0 }; // since the page was opened
  const isDrawn = () => model.get("points") === "drawn";
  const points = () => Float64Array.from(isDrawn() ? model.get("drawn").flat() : sets[model.get("points")].data);
  const noiseOf = (epsilon) => (model.get("noise") === "on" ? epsilon : epsilon.map(() => 0));

  const start = () => {
    vae = new Vae(model.get("units"), firstWeights(model.get("units"), normal));
    history = [];
  };
  const newSamples = () => (codes = normals(60, normal));
  const train = (count, milliseconds = Infinity) => {
    const [x, end] = [points(), performance.now() + milliseconds];
    for (let i = 0; i < count && x.length && performance.now() < end; i++) {
      vae.step(x, noiseOf(normals(x.length / 2, normal)), model.get("beta"), model.get("learning_rate"));
      counted.steps++;
    }
  };

  // What is to be seen now; the same noise at each look, so that the curves don't tremble.
  const look = () => {
    const x = points();
    while (shownNoise.length < x.length / 2) shownNoise = normals(2 * shownNoise.length, normal);
    const found = vae.evaluate(x, noiseOf(shownNoise.slice(0, x.length / 2)), model.get("beta"));
    const { rate, distortion, loss, mean, stddev } = found;
    const seen = { points: x, steps: vae.steps, rate, distortion, loss, mean, stddev };
    return { ...seen, curve: vae.decode(LINE), samples: vae.decode(codes), sentence: sentence(seen) };
  };
  const sentence = ({ points: x, steps, rate, distortion }) => {
    if (!x.length) return "Draw points on the plane; or: arrows move the cross, space puts a point. Then train.";
    let words = `Step ${steps.toLocaleString("en")}: rate ${short(rate)} nats, distortion ${short(distortion)} nats.`;
    const unseen = model.get("noise") === "off" && model.get("beta") > 0;
    if (unseen) words += " Without noise the decoder sees only means, so clouds as wide as the bell cost nothing.";
    else if (steps >= 100 && rate < 0.05) words += " Collapsed: every cloud is the prior, and the code says nothing.";
    return words;
  };

  const box = element("div", { class: "vae-controls" });
  const shows = controls
    .filter(({ kind }) => kind in CONTROLS)
    .map(({ name, kind, ...control }) => [name, CONTROLS[kind](box, control, (value) => set(name, value))]);
  const button = (words, act) => {
    const made = element("button", { type: "button" }, words);
    made.onclick = act;
    return made;
  };
  const changes = (act) => () => (act(), draw(true));
  const trainButton = button("Train", () => set("running", !model.get("running")));
  const clearButton = button("Clear points", () => set("drawn", []));
  const buttons = [
    trainButton,
    button("Step", changes(() => train(1))),
    button("Start again", changes(start)),
    button("New samples", changes(newSamples)),
    clearButton,
  ];
  const style = "grid-column: 1 / -1; display: flex; flex-wrap: wrap; gap: 6px";
  box.append(element("div", { style, role: "group", "aria-label": "training" }, ...buttons));
  const canvas = element("canvas", { class: "vae-picture", role: "img" });
  const status = element("p", { role: "status", style: "min-height: 3em" }); // what is below stays there
  const frameBox = element("div", {}, canvas, status);
  el.classList.add("vae-explorer");
  el.append(box, frameBox);

  const ink = canvas.getContext("2d");
  let layout = WIDE;
  let said = 0; // when
  const draw = (now = false) => {
    for (const [name, show] of shows) show(model.get(name));
    trainButton.textContent = model.get("running") ? "Pause" : "Train";
    clearButton.hidden = !isDrawn();
    layout = el.clientWidth && el.clientWidth < 520 ? TALL : WIDE;
    const [wide, tall] = layout.size;
    frameBox.style.width = `${wide}px`;
    const fine = Math.min(window.devicePixelRatio || 1, 2); // as sharp as the screen
    const [width, height] = [wide, tall].map((pixels) => Math.round(pixels * fine));
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    ink.setTransform(fine, 0, 0, fine, 0, 0);
    ink.fillStyle = "white";
    ink.fillRect(0, 0, wide, tall);
    const seen = look();
    if (seen.points.length && history.at(-1)?.step !== seen.steps) history.push({ step: seen.steps, rate: seen.rate, distortion: seen.distortion });
    if (history.length > 500) history = history.filter((_, i) => i % 2 === 0); // half as dense, twice as long
    const hint = isDrawn() && !seen.points.length && "draw points here";
    paintPlane(ink, layout.plane, { ...seen, cursor: isDrawn() && cursor, hint });
    paintLatent(ink, layout.latent, seen);
    paintCurves(ink, layout.curves, { ...seen, history });
    canvas.style.cursor = isDrawn() ? "crosshair" : "";
    canvas.setAttribute("role", isDrawn() ? "application" : "img");
    canvas.tabIndex = isDrawn() ? 0 : -1;
    if (!now && performance.now() < said + 500) return; // a screen reader wants to finish
    said = performance.now();
    status.textContent = seen.sentence;
    canvas.setAttribute("aria-label", `Points, their codes, and what the decoder makes of them. ${seen.sentence}`);
  };

  let request = 0;
  const frame = () => {
    request = 0;
    if (!model.get("running")) return;
    if (!canvas.isConnected && counted.frames) return; // it was on the page, and is gone
    if (canvas.isConnected && !document.hidden) {
      train(STEPS, BUDGET);
      counted.frames++;
      draw();
    }
    request = requestAnimationFrame(frame);
  };
  const run = () => {
    draw(true);
    if (!request) request = requestAnimationFrame(frame);
  };

  // A point where the pointer is, and others along its way.
  let [held, latest] = [false, null];
  const put = (point) => {
    if (point.some((x) => Math.abs(x) > REACH) || model.get("drawn").length >= 300) return;
    latest = point;
    model.set("drawn", [...model.get("drawn"), point.map((x) => round(x, 3))]);
  };
  const under = (event) => {
    const [{ left, top, width }, [x, y, side]] = [canvas.getBoundingClientRect(), layout.plane];
    const scale = layout.size[0] / width;
    const [right, down] = [(event.clientX - left) * scale - x, (event.clientY - top) * scale - y];
    return [(right / side) * 2 * REACH - REACH, REACH - (down / side) * 2 * REACH];
  };
  canvas.onpointerdown = (event) => {
    if (event.button || !event.isPrimary || !isDrawn()) return;
    canvas.setPointerCapture(event.pointerId);
    [held, cursor] = [true, null];
    put(under(event));
  };
  // A finger that draws doesn't scroll the page; elsewhere on the picture it does.
  const holdStill = (event) => {
    const inside = under(event.touches[0]).every((x) => Math.abs(x) <= REACH);
    if (isDrawn() && inside && event.touches.length === 1) event.preventDefault();
  };
  canvas.addEventListener("touchstart", holdStill, { passive: false });
  canvas.onpointermove = (event) => {
    const point = under(event);
    if (held && event.isPrimary && latest && Math.hypot(...point.map((x, i) => x - latest[i])) > 0.08) put(point);
  };
  canvas.onpointerup = canvas.onpointercancel = () => {
    if (held) model.save_changes();
    if (held) draw(true);
    held = false;
  };
  canvas.onkeydown = (event) => {
    if (!isDrawn() || !(event.key in MOVES || event.key === " ")) return;
    event.preventDefault();
    const move = MOVES[event.key] ?? [0, 0];
    cursor = (cursor ?? [0, 0]).map((x, i) => clamp(round(x + move[i], 3), -REACH, REACH));
    if (event.key === " ") put(cursor);
    model.save_changes();
    draw(true);
  };

  shownNoise = normals(256, normal);
  newSamples();
  start();
  const heard = {
    points: changes(start), units: changes(start), running: run, drawn: () => draw(),
    beta: () => draw(true), noise: () => draw(true), learning_rate: () => draw(true),
  };
  for (const [name, act] of Object.entries(heard)) model.on(`change:${name}`, act);
  const watch = new ResizeObserver(() => draw(true)); // from a wide page to a narrow one
  watch.observe(el);
  run();
  // For tests
  const floats = (list) => Float64Array.from(list);
  const vaeOf = ({ units, weights }) => new Vae(units, floats(weights));
  el.vae = {
    set, look, counted, train: (count) => (train(count), draw(true)),
    weights: () => Array.from(vae.weights),
    decode: (z) => vae.decode(floats(z)),
    replace: (units, weights) => ((vae = vaeOf({ units, weights })), (history = []), draw(true)),
    gradient(given) {
      const one = vaeOf(given);
      const found = one.differentiate(floats(given.points), floats(given.epsilon), given.beta);
      return { ...found, gradient: Array.from(one.gradient) };
    },
    losses(given) {
      const [one, x] = [vaeOf(given), floats(given.points)];
      return given.epsilons.map((epsilon) => one.step(x, floats(epsilon), given.beta, given.learning_rate).loss);
    },
  };
  return () => {
    cancelAnimationFrame(request);
    watch.disconnect();
    for (const [name, act] of Object.entries(heard)) model.off(`change:${name}`, act);
  };
}

export default { render };
