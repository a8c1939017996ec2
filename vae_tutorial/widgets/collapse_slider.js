const height = (x) => 2 * rowHeight(x.shape[0], at(x, 0));

export default explorer({
  size: ({ x }) => [WIDTH, height(x) + 330],
  look({ beta }, { betas, copies, points }) {
    const [rate, distortion] = points[betas.indexOf(beta)];
    const sentence =
      `Beta ${beta}: a rate of ${rate.toFixed(1)} nats, a distortion of ` +
      `${distortion.toFixed(1)} nats. Originals above, copies below.`;
    return { numbers: { rate, distortion }, images: [at(copies, betas.indexOf(beta))], sentence };
  },
  paint(ink, { numbers, images: [copies] }, state, { x, points }) {
    const top = rows(ink, [["originals", each(x)], ["copies", each(copies)]]);
    const [across, up] = [0, 1].map((i) => 1.05 * Math.max(1, ...points.map((point) => point[i])));
    curve(ink, [80, top + 40, WIDTH - 24, top + 270], {
      x: [0, across], y: [0, up], points, here: [numbers.rate, numbers.distortion],
      xticks: ticks(across), yticks: ticks(up),
      labels: ["rate (nats)", "distortion (nats)"],
    });
  },
});
