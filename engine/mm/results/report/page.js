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
  const crowds = {};  // of each chart: place of a trace with very many fills -> all of them
  let seen = null;  // the stretch of time that is shown, once it was chosen
  let following = false;

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
      const chart = byId(id);
      if (chart.closest("[hidden]")) continue;  // drawn once it is shown
      const isNew = !chart._fullLayout;
      figure.layout.uirevision = "kept";
      heights[id] = figure.layout.height;
      if (id.startsWith("timeline")) {
        const crowded = (crowds[id] = new Map());
        const range = chart._fullLayout?.xaxis.range ?? seen ?? figure.layout.xaxis.range;
        if (isNew && seen) figure.layout.xaxis.range = [...range];
        figure.data.forEach((trace, place) => {
          if (trace.mode !== "markers" || trace.x.length <= crowd) return;
          const { x, y, text: stories, marker } = trace;
          crowded.set(place, { x, y, text: stories, symbol: marker.symbol });
          const { symbol, ...some } = apart(crowded.get(place), ...range.map(stamp));
          Object.assign(trace, some);
          marker.symbol = symbol;
        });
      }
      Plotly.react(id, figure.data, figure.layout, config);
      if (isNew && id.startsWith("timeline")) tie(chart);
    }
  }

  // All charts over time show the same stretch of it: one that is zoomed takes the others along.
  function tie(chart) {
    chart.on("plotly_relayout", (change) => {
      if (following) return;
      if (!("xaxis.range[0]" in change || "xaxis.range" in change || "xaxis.autorange" in change)) {
        return;
      }
      follow(chart);
    });
  }

  async function follow(chart) {
    seen = [...chart._fullLayout.xaxis.range];
    following = true;
    try {
      for (const other of document.querySelectorAll(".chart[id^=timeline]")) {
        if (!other._fullLayout || other.closest("[hidden]")) continue;
        if (other !== chart) await Plotly.relayout(other, { "xaxis.range": [...seen] });
        await fit(other);
      }
    } finally {
      following = false;
    }
  }

  // Of so many fills that a browser would be slow, one for each cell of a few pixels is drawn; all
  // are there once the axis of time is zoomed far enough.
  function apart({ x, y, text, symbol }, from, to) {
    const inside = [];
    x.forEach((at, place) => { if (at >= from && at <= to) inside.push(place); });
    const start = Date.parse(`${from}Z`);
    const low = inside.reduce((least, place) => Math.min(least, y[place]), Infinity);
    const high = inside.reduce((most, place) => Math.max(most, y[place]), -Infinity);
    const column = COLUMNS / (Date.parse(`${to}Z`) - start || 1);
    const row = ROWS / (high - low || 1);
    const taken = new Set();
    const drawn = inside.length <= crowd ? inside : inside.filter((place) => {
      const across = Math.floor((Date.parse(`${x[place]}Z`) - start) * column);
      const cell = across * 2 * ROWS + Math.floor((y[place] - low) * row);
      return !taken.has(cell) && taken.add(cell);
    });
    const pick = (values) => drawn.map((place) => values[place]);
    return { x: pick(x), y: pick(y), text: pick(text), symbol: pick(symbol) };
  }

  function resize(paper) {
    for (const chart of document.querySelectorAll(".chart")) {
      if (!chart._fullLayout || chart.closest("[hidden]")) continue;
      const height = Math.min(heights[chart.id], paper ? PAPER_PX[1] : Infinity);
      Plotly.relayout(chart, paper
        ? { width: PAPER_PX[0], height, autosize: false }
        : { width: null, height, autosize: true });
    }
  }

  function fit(chart) {
    const crowded = crowds[chart.id];
    const [from, to] = chart._fullLayout.xaxis.range.map(stamp);
    const ranges = {};
    chart.data.forEach((trace, place) => {
      if (trace.visible === "legendonly") return;
      const { x, y } = crowded.get(place) ?? trace;
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
    const places = [...crowded.keys()];
    if (!places.length) return Plotly.relayout(chart, axes);
    const some = places.map((place) => apart(crowded.get(place), from, to));
    const each = (name) => some.map((one) => one[name]);
    const traces = { x: each("x"), y: each("y"), text: each("text") };
    traces["marker.symbol"] = each("symbol");
    return Plotly.update(chart, traces, axes, places);
  }

  const colours = () => draw(dark.matches ? "dark" : "light");
  colours();
  dark.addEventListener("change", colours);
  const [figures, key] = ["main > .cards", ".key"].map((name) => document.querySelector(name));
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
  for (const button of document.querySelectorAll("button[data-market]")) {
    button.addEventListener("click", async () => {
      const part = byId(`market-${button.dataset.market}`);
      part.hidden = !part.hidden;
      button.setAttribute("aria-pressed", String(!part.hidden));
      if (part.hidden) return;
      colours();
      const chart = part.querySelector(".chart[id^=timeline]");
      if (!chart) return;
      const range = seen ?? chart._fullLayout.xaxis.range;
      await Plotly.relayout(chart, { "xaxis.range": [...range] });
      await fit(chart);
    });
  }
  for (const chart of document.querySelectorAll(".chart[id^=timeline]")) {
    if (chart._fullLayout) await fit(chart);
  }
  document.body.dataset.drawn = "yes";
})().catch((error) => {
  const notice = document.createElement("p");
  notice.className = "notice bad";
  notice.textContent = `The charts cannot be drawn here: ${error}. A browser of 2023 or later can.`;
  document.querySelector("header").append(notice);
  throw error;
});
