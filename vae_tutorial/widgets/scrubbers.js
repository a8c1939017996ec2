// Both scrubbers: what a model showed after each step or epoch, and how far off it was.
export default explorer({
  size: ({ x, single }) => (single ? [360, (360 * x.shape[1]) / x.shape[2]] : [WIDTH, 2 * rowHeight(x.shape[0], at(x, 0))]),
  look({ moment }, { x, moments, shown, single }) {
    const images = at(shown, moments.indexOf(moment));
    const error = squaredError(images, x) / x.shape[0];
    const when = single ? `After ${plural(moment, "step")} of training` : `After epoch ${moment}`;
    const sentence = `${when}: squared error ${general(error)}${single ? "" : " per image"}.`;
    return { numbers: { error }, images: [images], sentence };
  },
  paint(ink, { images: [images] }, state, { x, single }) {
    if (single) picture(ink, at(images, 0), 0, 0, 360, (360 * x.shape[1]) / x.shape[2]);
    else rows(ink, [["originals", each(x)], ["copies", each(images)]]);
  },
});
