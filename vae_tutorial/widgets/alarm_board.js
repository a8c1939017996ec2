const [TALL, BAR, END] = [56, 260, 90]; // pixels of a row; where its bar begins; room for the share

export default explorer({
  size: ({ names }) => [WIDTH, TALL * names.length],
  look({ score, false_alarms: allowed }, { names, normal, others }) {
    const sorted = normal[score].data;
    const loudest = sorted.length - 1 - Math.floor(allowed * sorted.length); // that stays quiet
    const limit = sorted[Math.max(loudest, 0)];
    const caught = others[score].map(({ data }) => data.filter((x) => x > limit).length / data.length);
    const kinds = names.map((name, i) => `${percent(caught[i])} of ${name}`).join(", ");
    return { numbers: { limit, caught }, sentence: `At ${percent(allowed)} false alarms, ${score} catches ${kinds}.` };
  },
  paint(ink, { numbers: { caught } }, state, { x, names }) {
    names.forEach((name, i) => {
      const [top, middle, room] = [i * TALL, (i + 0.5) * TALL, WIDTH - BAR - END];
      picture(ink, at(x, i), 2, top + 2, TALL - 4, TALL - 4);
      text(ink, name, TALL + 12, middle, { align: "left", most: BAR - TALL - 24 });
      ink.fillStyle = "#E4E4E4";
      ink.fillRect(BAR, top + 14, room, TALL - 28);
      ink.fillStyle = COLORS[1];
      ink.fillRect(BAR, top + 14, room * caught[i], TALL - 28);
      text(ink, percent(caught[i]), WIDTH - END + 12, middle, { align: "left" });
    });
  },
});
