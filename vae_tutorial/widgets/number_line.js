const [LOW, HIGH, BASE, ROW] = [0, 10, 180, 26]; // numbers; rows and heights in pixels
const axis = numberLine(LOW - 1, HIGH + 1);
const height = (names) => BASE + 40 + ROW * (names.length + 1);
const share = (x) => (x > 0 && x < 1e-4 ? "less than 0.0001" : general(x));

// The probability that a standard normal number lies above x, tiny or not.
function tail(x) {
  if (x < 0) return 1 - tail(-x);
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI);
  if (x < 3) {
    let [term, total] = [x, x]; // Marsaglia 2004, "Evaluating the normal distribution"
    for (let i = 3; term > 1e-17 * total; i += 2) total += term *= (x * x) / i;
    return 0.5 - density * total;
  }
  let fraction = x; // Laplace's continued fraction
  for (let i = 60; i > 0; i--) fraction = x + i / fraction;
  return density / fraction;
}

// Which name is taken for which how often, as channel.py's `confusion`; `order` is from left to right.
function confusion(positions, order, noise) {
  const table = positions.map(() => []);
  for (const sent of order) {
    order.forEach((taken, rank) => {
      const edge = (other) => ((positions[taken] + positions[other]) / 2 - positions[sent]) / noise;
      const left = rank ? edge(order[rank - 1]) : -Infinity;
      const right = rank + 1 < order.length ? edge(order[rank + 1]) : Infinity;
      table[sent][taken] = left > 0 ? tail(left) - tail(right) : tail(-right) - tail(-left);
    });
  }
  return table;
}

export default explorer({
  size: ({ names }) => [WIDTH, height(names)],
  look({ noise, positions }, { names }) {
    const order = positions.map((_, i) => i).sort((i, j) => positions[i] - positions[j] || i - j);
    if (new Set(positions).size < positions.length) {
      return { order, sentence: "Two names are at the same position: nobody can tell them apart." };
    }
    const table = confusion(positions, order, noise);
    let [from, to, most] = [0, 0, -1];
    table.forEach((shares, i) =>
      shares.forEach((x, j) => i !== j && x > most && ([from, to, most] = [i, j, x])),
    );
    let error = 0; // each gap is crossed from both sides
    order.slice(1).forEach((i, rank) => (error += tail((positions[i] - positions[order[rank]]) / 2 / noise)));
    error *= 2 / positions.length;
    const sentence =
      `Noise ${round(noise, 3)}: ${share(error)} of the messages are misunderstood` +
      (most < 1e-4 ? "." : `; most often ${names[from]} is taken for ${names[to]} (${share(most)} of the time).`);
    return { numbers: { error, confusion: table.flat() }, order, table, sentence };
  },
  paint(ink, { order, table }, { noise, positions }, { names }) {
    axis.paint(ink, BASE);
    order.slice(1).forEach((i, rank) => {
      const border = axis.column((positions[i] + positions[order[rank]]) / 2);
      line(ink, [[border, BASE], [border, 50]]);
    });
    order.forEach((i, rank) => {
      axis.hill(ink, BASE, positions[i], noise, 100, 130, color(i));
      // Two rows, so that the names of neighbors don't cover each other.
      const column = clamp(axis.column(positions[i]), 80, WIDTH - 80);
      text(ink, names[i], column, 11 + 22 * (rank % 2), { fill: color(i), most: 160 });
    });
    if (!table) return;
    text(ink, "sent, and taken for", MARGIN, BASE + 40 + ROW / 2, { align: "left" });
    order.forEach((sent, row) => {
      const [top, start] = [BASE + 40 + ROW * (row + 1), 150];
      text(ink, names[sent], MARGIN, top + ROW / 2, { fill: color(sent), align: "left", most: 120 });
      let left = start;
      for (const i of order) {
        const right = left + table[sent][i] * (WIDTH - MARGIN - start);
        ink.fillStyle = color(i);
        ink.fillRect(left, top + 3, Math.max(right - left - 1, 0), ROW - 6);
        const words = `${names[i]} ${percent(table[sent][i])}`;
        if (ink.measureText(words).width + 8 < right - left) {
          text(ink, words, (left + right) / 2, top + ROW / 2, { fill: onto(color(i)) });
        }
        left = right;
      }
    });
  },
  drag({ positions }, start, here) {
    if (start[1] * height(positions) > BASE + 40) return {}; // on the table
    const [first, now] = [axis.number(start), axis.number(here)];
    const distances = positions.map((x) => Math.abs(x - first));
    const held = distances.indexOf(Math.min(...distances));
    const moved = round(clamp(positions[held] + now - first, LOW, HIGH), 2);
    return { positions: positions.map((x, i) => (i === held ? moved : x)) };
  },
});

// Black or white, whichever stands out against a color's brightness.
function onto(fill) {
  const [red, green, blue] = [1, 3, 5].map((i) => parseInt(fill.slice(i, i + 2), 16));
  return 0.3 * red + 0.6 * green + 0.1 * blue > 110 ? "black" : "white";
}
