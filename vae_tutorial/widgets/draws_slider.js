const [SIDE, REST] = [120, "#DDDDDD"]; // pixels of the image; the gray of draws too thin to see

export default explorer({
  size: () => [WIDTH, 440],
  look({ image, draws }, { counts, weights, evidence }) {
    const all = at(weights, image - 1).data;
    const largest = Math.max(...all.subarray(0, draws));
    const bounds = counts.map((count) => {
      const top = Math.max(...all.subarray(0, count));
      return top + Math.log(sum(Array.from(all.subarray(0, count), (w) => Math.exp(w - top))) / count);
    });
    const shares = Array.from(all.subarray(0, draws), (w) => Math.exp(w - largest));
    const total = sum(shares);
    const size = total ** 2 / sum(shares.map((share) => share ** 2));
    const bound = bounds[counts.indexOf(draws)];
    const truth = evidence.data[image - 1];
    const sentence =
      `With ${plural(draws, "draw")} the bound of image ${image} is ${bound.toFixed(1)} nats; the ` +
      `evidence is ${truth.toFixed(1)}. ` +
      (draws > 1 ? `They count for as much as ${size.toFixed(1)} equal draws.` : "One draw says little.");
    const sorted = shares.map((share) => share / total).sort((a, b) => b - a);
    return { numbers: { bound, size, shares: sorted }, bounds, truth, sentence };
  },
  paint(ink, { numbers: { bound, shares }, bounds, truth }, { image, draws }, { x, counts }) {
    picture(ink, at(x, image - 1), 10, 10, SIDE, SIDE);
    const [left, width] = [SIDE + 40, WIDTH - SIDE - 64];
    text(ink, "each draw's share of the weight", left, 30, { align: "left" });
    let from = left;
    shares.forEach((share, i) => {
      if (width * share < 1) return;
      ink.fillStyle = [COLORS[0], "#8FC1E3"][i % 2];
      ink.fillRect(from, 50, width * share, SIDE - 50);
      from += width * share;
    });
    ink.fillStyle = REST;
    ink.fillRect(from, 50, left + width - from, SIDE - 50);
    line(ink, [[left, 50], [left + width, 50], [left + width, SIDE], [left, SIDE], [left, 50]]);

    const [lowest, highest] = [Math.min(...bounds), Math.max(truth, ...bounds)];
    const room = 0.15 * Math.max(highest - lowest, 1);
    const last = Math.log10(counts[counts.length - 1]);
    const far = [Math.min(...bounds), Math.max(...bounds)].filter((nats) => Math.abs(nats - truth) > room);
    const yticks = [truth, ...far].map((nats) => [nats, nats.toFixed(1)]); // which don't overlap
    curve(ink, [80, 165, WIDTH - 24, 380], {
      x: [-0.1, last + 0.1], y: [lowest - room, highest + room], level: truth,
      points: counts.map((count, i) => [Math.log10(count), bounds[i]]), here: [Math.log10(draws), bound],
      xticks: powers(counts[counts.length - 1]), yticks, labels: ["draws", "bound (nats); dashed: the evidence"],
    });
  },
});
