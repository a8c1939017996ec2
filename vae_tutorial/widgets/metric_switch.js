export default explorer({
  size: ({ x }) => [WIDTH, 3 * rowHeight(x.shape[0], at(x, 0))],
  look: ({ model }, { copies, samples, scores }) => ({
    images: [copies[model], samples[model]],
    sentence: `Originals, copies, samples. ${scores[model]}`,
  }),
  paint(ink, { images: [copies, samples] }, state, { x }) {
    rows(ink, [["originals", each(x)], ["copies", each(copies)], ["samples", each(samples)]]);
  },
});
