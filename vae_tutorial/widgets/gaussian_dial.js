const [LOW, HIGH, BASE, TALL] = [-5, 5, 200, 352];
const axis = numberLine(LOW, HIGH);

export default explorer({
  size: () => [WIDTH, TALL],
  look({ mean, stddev }, { epsilon }) {
    // What the mean costs, and what the width: the KL divergence is their sum.
    const parts = [0.5 * mean ** 2, 0.5 * (stddev ** 2 - 1) - Math.log(stddev)];
    const nats = sum(parts);
    const samples = Array.from(epsilon.data, (x) => x * stddev + mean);
    const sentence =
      `Mean ${round(mean, 3)}, stddev ${round(stddev, 3)}: KL divergence from the unit Gaussian ` +
      `${general(nats)} nats, ${general(nats / Math.LN2)} bits.`;
    return { numbers: { nats, of_mean: parts[0], of_stddev: parts[1], samples }, parts, samples, sentence };
  },
  paint(ink, { parts, samples }, { mean, stddev }) {
    axis.paint(ink, BASE);
    // Equal areas, as densities have; a narrow hill is cut off at the top.
    axis.hill(ink, BASE, 0, 1, 60, 180, "#777777", false);
    axis.hill(ink, BASE, mean, stddev, 60 / stddev, 180, COLORS[0]);
    for (const x of samples) {
      const column = axis.column(clamp(x, LOW, HIGH));
      line(ink, [[column, BASE], [column, BASE - 22]], { stroke: COLORS[1] });
    }
    // The price as a bar, 50 pixels a nat: first the mean's part, then that of the stddev.
    const [top, scale] = [BASE + 76, 50];
    text(ink, "the price", MARGIN, top - 18, { align: "left" });
    let left = MARGIN;
    for (const [i, name] of ["for the mean", "for the stddev"].entries()) {
      const right = Math.min(left + parts[i] * scale, WIDTH - MARGIN);
      ink.fillStyle = COLORS[i + 2];
      ink.fillRect(left, top, right - left, 26);
      text(ink, `${fixed(parts[i], 2)} nats ${name}`, MARGIN + 120 + 290 * i, top - 18, {
        fill: COLORS[i + 2], align: "left", size: 18,
      });
      left = right;
    }
    for (const [unit, pixels, row] of [["nats", scale, top + 40], ["bits", scale * Math.LN2, top + 64]]) {
      text(ink, unit, MARGIN, row, { align: "left", size: 17 });
      for (let n = 2; n * pixels < WIDTH - 3 * MARGIN; n += 2) {
        line(ink, [[MARGIN + n * pixels, row - 11], [MARGIN + n * pixels, row - 7]]);
        text(ink, `${n}`, MARGIN + n * pixels, row + 2, { size: 17 });
      }
    }
  },
  // Sideways moves the mean; up or down makes it narrow or wide.
  drag({ mean, stddev }, start, here) {
    if (start[1] * TALL > BASE) return {}; // on the price
    return {
      mean: clamp(round(mean + axis.number(here) - axis.number(start), 2), -4, 4),
      stddev: clamp(round(stddev * Math.exp(3 * (here[1] - start[1])), 2), 0.01, 3),
    };
  },
});
