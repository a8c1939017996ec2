// Both scrubbers: what a model showed after each step or epoch, and how far off it was.
export default explorer({
  size: ({ x }) => (x.shape[0] === 1 ? [360, (360 * x.shape[1]) / x.shape[2]] : [WIDTH, 2 * rowHeight(x.shape[0], at(x, 0))]),
  look({ moment }, { x, moments, shown, words }) {
    const images = at(shown, moments.indexOf(moment));
    const count = x.shape[0];
    const error = squaredError(images, x) / count;
    const sentence = words.replace("{moment}", moment).replace("{error}", general(error));
    return { numbers: { error }, images: [images], sentence };
  },
  paint(ink, { images: [images] }, state, { x }) {
    const each = (stack) => Array.from({ length: x.shape[0] }, (_, i) => at(stack, i));
    if (x.shape[0] === 1) picture(ink, at(images, 0), 0, 0, 360, (360 * x.shape[1]) / x.shape[2]);
    else rows(ink, [["originals", each(x)], ["copies", each(images)]]);
  },
});
