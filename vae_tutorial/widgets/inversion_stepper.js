const NAMES = ["the image", "found by search", "by the encoder"];

export default explorer({
  size: ({ x }) => [WIDTH, (WIDTH / 3) * (x.shape[1] / x.shape[2]) + 34 + 330],
  look({ image, step }, { x, steps, found, encoded }) {
    const original = at(x, image - 1);
    const errors = steps.map((_, i) => squaredError(at(at(found, i), image - 1), original));
    const images = [original, at(at(found, steps.indexOf(step)), image - 1), at(encoded, image - 1)];
    const [error, level] = [errors[steps.indexOf(step)], squaredError(images[2], original)];
    const sentence =
      `Image ${image}; the search after ${plural(step, "step")}, squared error ` +
      `${error.toFixed(1)}; one pass of the encoder, ${level.toFixed(1)}.`;
    return { numbers: { error, level }, images, errors, sentence };
  },
  paint(ink, { numbers: { error, level }, images, errors }, { step }, { steps }) {
    const [wide, tall] = [WIDTH / 3, (WIDTH / 3) * (images[0].shape[0] / images[0].shape[1])];
    images.forEach((image, i) => {
      text(ink, NAMES[i], (i + 0.5) * wide, 16);
      picture(ink, image, i * wide + 2, 34, wide - 4, tall - 4);
    });
    const [top, last] = [34 + tall, steps[steps.length - 1]];
    const most = Math.max(1.1 * Math.max(level, ...errors), 1e-3);
    curve(ink, [80, top + 40, WIDTH - 24, top + 270], {
      x: [-0.1, Math.log10(last) + 0.1], y: [0, most], level,
      points: steps.map((s, i) => [Math.log10(s), errors[i]]), here: [Math.log10(step), error],
      xticks: powers(last), yticks: level > 0.1 * most ? [[0, "0"], [level, level.toFixed(1)]] : [[0, "0"]],
      labels: ["steps", "squared error"],
    });
  },
});
