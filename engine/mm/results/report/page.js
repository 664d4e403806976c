"use strict";
// Unpacks the library and the charts, draws them in the colours of the day, the night or paper,
// and keeps each axis of values at what is seen when the axis of time is zoomed.
(async () => {
  const PAPER_PX = [1040, 1380];  // width and height of a page at the zoom that page.css sets
  const [COLUMNS, ROWS] = [240, 70];  // cells of some 4 px
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const byId = (id) => document.getElementById(id);
  const stamp = (text) => text.replace(" ", "T");
  const heights = {};  // of each chart on the screen
  const crowds = new Map();  // place of a trace with very many fills -> all of them

  async function unpack(id) {
    const bytes = Uint8Array.from(atob(byId(id).textContent.trim()), (c) => c.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).text();
  }

  const library = document.createElement("script");
  library.textContent = await unpack("library");
  document.head.append(library);
  const text = await unpack("charts");
  const { crowd, ...palettes } = JSON.parse(byId("settings").textContent);
  const config = {
    displaylogo: false, responsive: true, showTips: false, displayModeBar: false,
  };

  function draw(palette) {
    const painted = text.replace(/"@([a-z_]+)"/g, (_, name) => `"${palettes[palette][name]}"`);
    for (const [id, figure] of Object.entries(JSON.parse(painted))) {
      figure.layout.uirevision = "kept";
      heights[id] = figure.layout.height;
      if (id === "timeline") {
        const range = byId(id)._fullLayout?.xaxis.range ?? figure.layout.xaxis.range;
        figure.data.forEach((trace, place) => {
          if (trace.mode !== "markers" || trace.x.length <= crowd) return;
          const { x, y, text: stories, marker } = trace;
          crowds.set(place, { x, y, text: stories, symbol: marker.symbol });
          const { symbol, ...some } = apart(crowds.get(place), ...range.map(stamp));
          Object.assign(trace, some);
          marker.symbol = symbol;
        });
      }
      Plotly.react(id, figure.data, figure.layout, config);
    }
  }

  // Of so many fills that a browser would be slow, one for each cell of a few pixels is drawn; all
  // are there once the axis of time is zoomed far enough.
  function apart({ x, y, text, symbol }, from, to) {
    const seen = [];
    x.forEach((at, place) => { if (at >= from && at <= to) seen.push(place); });
    const start = Date.parse(`${from}Z`);
    const low = seen.reduce((least, place) => Math.min(least, y[place]), Infinity);
    const high = seen.reduce((most, place) => Math.max(most, y[place]), -Infinity);
    const column = COLUMNS / (Date.parse(`${to}Z`) - start || 1);
    const row = ROWS / (high - low || 1);
    const taken = new Set();
    const drawn = seen.length <= crowd ? seen : seen.filter((place) => {
      const across = Math.floor((Date.parse(`${x[place]}Z`) - start) * column);
      const cell = across * 2 * ROWS + Math.floor((y[place] - low) * row);
      return !taken.has(cell) && taken.add(cell);
    });
    const pick = (values) => drawn.map((place) => values[place]);
    return { x: pick(x), y: pick(y), text: pick(text), symbol: pick(symbol) };
  }

  function resize(paper) {
    for (const chart of document.querySelectorAll(".chart")) {
      const height = Math.min(heights[chart.id], paper ? PAPER_PX[1] : Infinity);
      Plotly.relayout(chart, paper
        ? { width: PAPER_PX[0], height, autosize: false }
        : { width: null, height, autosize: true });
    }
  }

  function fit(chart) {
    const [from, to] = chart._fullLayout.xaxis.range.map(stamp);
    const ranges = {};
    chart.data.forEach((trace, place) => {
      if (trace.visible === "legendonly") return;
      const { x, y } = crowds.get(place) ?? trace;
      const axis = trace.yaxis.replace("y", "yaxis");
      const range = (ranges[axis] ??= [Infinity, -Infinity]);
      let before = null;
      const take = (value) => {
        range[0] = Math.min(range[0], value);
        range[1] = Math.max(range[1], value);
      };
      for (let i = 0; i < x.length && x[i] <= to; i++) {
        if (x[i] < from) before = y[i];
        else if (y[i] !== null) take(y[i]);
      }
      if (before !== null && trace.mode === "lines") take(before);
    });
    const axes = {};
    for (const [axis, [low, high]] of Object.entries(ranges)) {
      if (low > high) continue;
      const room = (high - low) * 0.06 || Math.abs(high) * 1e-4 || 1;
      axes[`${axis}.range`] = [low - room, high + room];
    }
    const places = [...crowds.keys()];
    if (!places.length) return Plotly.relayout(chart, axes);
    const some = places.map((place) => apart(crowds.get(place), from, to));
    const each = (name) => some.map((one) => one[name]);
    const traces = { x: each("x"), y: each("y"), text: each("text") };
    traces["marker.symbol"] = each("symbol");
    return Plotly.update(chart, traces, axes, places);
  }

  const colours = () => draw(dark.matches ? "dark" : "light");
  colours();
  dark.addEventListener("change", colours);
  const [figures, key] = [".cards", ".key"].map((name) => document.querySelector(name));
  const below = figures?.nextElementSibling;
  addEventListener("beforeprint", () => {
    draw("light");
    resize(true);
    if (figures) key.parentElement.after(figures);  // the charts fill the second sheet, these the first
  });
  addEventListener("afterprint", () => {
    if (figures) below.before(figures);
    colours();
    resize(false);
  });
  const timeline = byId("timeline");
  timeline?.on("plotly_relayout", (change) => {
    if ("xaxis.range[0]" in change || "xaxis.range" in change || "xaxis.autorange" in change) {
      fit(timeline);
    }
  });
  if (timeline) await fit(timeline);
  document.body.dataset.drawn = "yes";
})().catch((error) => {
  const notice = document.createElement("p");
  notice.className = "notice bad";
  notice.textContent = `The charts cannot be drawn here: ${error}. A browser of 2023 or later can.`;
  document.querySelector("header").append(notice);
  throw error;
});
