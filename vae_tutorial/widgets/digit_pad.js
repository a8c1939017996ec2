const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

CONTROLS.pad = (box, { label }, put) => {
  const side = 560; // pixels of the canvas, twice what the screen shows
  const help = "Draw with pointer or finger; or: arrows move, space lowers and lifts the pen.";
  const canvas = element("canvas", { width: side, height: side, tabindex: 0, role: "application" });
  canvas.setAttribute("aria-label", `${label}. ${help}`);
  const undo = element("button", { type: "button" }, "Undo stroke");
  const clear = element("button", { type: "button" }, "Clear");
  box.append(element("div", { class: "vae-pad" }, canvas, element("p", {}, help), undo, clear));

  let strokes = []; // each a list of [x, y] in 0 to 1 from the top left
  let drawn = null; // the stroke that is being drawn
  const pen = { x: 0.5, y: 0.3, used: false };
  const paint = () => {
    const ink = canvas.getContext("2d");
    ink.clearRect(0, 0, side, side);
    Object.assign(ink, { lineWidth: 0.09 * side, lineCap: "round", lineJoin: "round" });
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
    // Python takes no more, see strokes.py.
    if (strokes.length < 200 && strokes.flat().length + drawn.length <= 20000) strokes = [...strokes, drawn];
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
    if (event.button || !event.isPrimary) return;
    finish();
    canvas.setPointerCapture(event.pointerId);
    pen.used = false;
    drawn = [at(event)];
    paint();
  };
  canvas.onpointermove = (event) => {
    if (!drawn || !event.isPrimary || !canvas.hasPointerCapture(event.pointerId)) return;
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
};

// The image that strokes give, as `digit` in strokes.py makes it.
const [PIXELS, BOX, PEN, FINE] = [28, 20, 2.4, 4];
function digit(strokes) {
  const points = strokes.flat();
  const ends = [0, 1].map((i) => points.map((point) => point[i])).map((all) => [Math.min(...all), Math.max(...all)]);
  const scale = (BOX - PEN) / Math.max(...ends.map(([low, high]) => high - low), 0.2);
  const middle = ends.map(([low, high]) => (low + high) / 2);
  const first = covered(strokes, scale, middle);
  const mass = [0, 0];
  first.forEach((count, i) => {
    mass[0] += (i % PIXELS) * count;
    mass[1] += Math.floor(i / PIXELS) * count;
  });
  const center = middle.map((x, i) => {
    const room = (PIXELS - PEN - (ends[i][1] - ends[i][0]) * scale) / 2; // so that nothing is cut off
    return x + clamp(mass[i] / sum(first) + 0.5 - PIXELS / 2, -room, room) / scale;
  });
  const bytes = covered(strokes, scale, center).map((count) => Math.floor((count * 255) / FINE ** 2 + 0.5));
  return { shape: [PIXELS, PIXELS, 1], data: Float32Array.from(bytes, (x) => x / 255) };
}

// How many of each pixel's 4 x 4 points the ink covers.
function covered(strokes, scale, center) {
  const side = PIXELS * FINE;
  const ink = new Uint8Array(side * side);
  const range = (a, b) => [
    clamp(Math.floor((Math.min(a, b) - PEN) * FINE), 0, side),
    clamp(Math.ceil((Math.max(a, b) + PEN) * FINE), 0, side),
  ];
  for (const stroke of strokes) {
    const points = stroke.map((point) => point.map((x, i) => (x - center[i]) * scale + PIXELS / 2));
    points.forEach(([x0, y0], i) => {
      const [x1, y1] = points[Math.min(i + 1, points.length - 1)];
      const [across, down] = [x1 - x0, y1 - y0];
      const square = across * across + down * down;
      const [[left, right], [top, bottom]] = [range(x0, x1), range(y0, y1)];
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          const [x, y] = [(column + 0.5) / FINE, (row + 0.5) / FINE];
          const share = clamp(((x - x0) * across + (y - y0) * down) / (square > 0 ? square : 1), 0, 1);
          const [a, b] = [x - x0 - share * across, y - y0 - share * down];
          if (a * a + b * b <= (PEN * PEN) / 4) ink[row * side + column] = 1;
        }
      }
    });
  }
  const counts = new Array(PIXELS * PIXELS).fill(0);
  ink.forEach((one, i) => {
    if (one) counts[Math.floor(i / side / FINE) * PIXELS + Math.floor((i % side) / FINE)]++;
  });
  return counts;
}

const SIDE = 400; // pixels of the map

export default explorer({
  size: () => [2 * SIDE, SIDE],
  look({ strokes }, { flat, deep, known, kls, labels, class_names: names }) {
    if (!strokes.length) return { images: [], sentence: "Draw a digit, and see its cloud, its copy, its neighbors." };
    const image = digit(strokes);
    const { mean, stddev } = encode(flat, image);
    const code = encode(deep, image);
    const copy = decode(deep.decoder, code.mean);
    const distances = each(known).map(({ data }, i) => [data.reduce((total, x, j) => total + (x - code.mean[j]) ** 2, 0), i]);
    const nearest = distances.sort((a, b) => a[0] - b[0] || a[1] - b[1]).slice(0, 8).map(([, i]) => i);
    const counts = new Map();
    for (const i of nearest) counts.set(labels[i], (counts.get(labels[i]) ?? 0) + 1);
    const [most, times] = [...counts].sort((a, b) => b[1] - a[1] || a[0] - b[0])[0];
    const kl = sum(Array.from(code.mean, (m, i) => 0.5 * (m ** 2 + code.stddev[i] ** 2 - 1) - Math.log(code.stddev[i])));
    const below = kls.data.filter((other) => other < kl).length / kls.data.length;
    const error = squaredError(copy, image);
    const pair = (numbers) => `(${fixed(numbers[0], 2)}, ${fixed(numbers[1], 2)})`;
    const sentence =
      `Of the 8 training images nearest to it, ${times} ${times > 1 ? "are" : "is"} of class ${names[most]}. Its copy through ${code.mean.length} ` +
      `numbers: squared error ${general(error)}. Those numbers cost ${kl.toFixed(1)} nats, more than ` +
      `${below === 1 ? "for any training image" : `for ${percent(below)} of the training images`}. Its cloud on the map: mean ${pair(mean)}, stddev ${pair(stddev)}.`;
    const numbers = { mean: [...mean], stddev: [...stddev], error, kl, below };
    return { numbers, images: [image, copy], mean, stddev, nearest, sentence };
  },
  paint(ink, { images: [image, copy], mean, stddev, nearest }, state, data) {
    const map = codeMap(data, SIDE);
    map.paint(ink);
    text(ink, "the map, by two numbers", 8, SIDE - 14, { align: "left", size: 17 });
    if (!image) return;
    const [x, y] = map.place(mean);
    for (const times of [2, 1]) {
      ink.beginPath();
      ink.ellipse(x, y, ...[0, 1].map((i) => times * Math.max(stddev[i] * map.scale[i], 1)), 0, 0, 2 * Math.PI);
      Object.assign(ink, { strokeStyle: "black", lineWidth: 3 });
      ink.stroke();
    }
    dot(ink, x, y, 4, COLORS[4]);
    const [left, side] = [SIDE + 10, 168];
    [["what the network sees", image], ["its copy", copy]].forEach(([name, one], i) => {
      text(ink, name, left + i * 200, 12, { align: "left", size: 17 });
      picture(ink, one, left + i * 200, 26, side, side);
    });
    text(ink, "the training images nearest to it", left, 214, { align: "left", size: 17 });
    nearest.forEach((one, i) => {
      picture(ink, at(data.x, one), left + (i % 4) * 86, 228 + Math.floor(i / 4) * 86, 84, 84);
    });
  },
});
