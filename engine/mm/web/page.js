// Shows what the server says. Every text is the server's, written as text; the charts are drawn
// here. Nothing is sent, and nothing is asked of any other server.
"use strict";
const at = (name) => document.getElementById(name);
const PLACES = ["symbol", "state", "time", "market_bid", "market_ask", "bid", "ask", "position",
  "equity", "fills", "decisions", "orders", "rows"];
const MOST_POINTS = 2400, MOST_FILLS = 400, MOST_LINES = 60, SHOWN_FILLS = 12;
let points = [], fills = [], lines = [], pointed = null, planned = false;

function take(message) {
  if (message.whole) { points = []; fills = []; lines = []; }
  points = points.concat(message.points).slice(-MOST_POINTS);
  fills = fills.concat(message.fills).slice(-MOST_FILLS);
  lines = lines.concat(message.log).slice(-MOST_LINES);
  const texts = message.texts;
  for (const name of PLACES) at(name).textContent = texts[name];
  document.title = `${texts.symbol} ${texts.equity} mm`;
  for (const side of ["bid", "ask"])
    at(side).classList.toggle("off", !["quoting", "held_back", "over"].includes(texts[side + "_reason"]));
  for (const name of ["money", "sides", "feed"]) fill(at(name), texts[name]);
  if (message.whole || message.fills.length)
    fill(at("trades"), fills.slice(-SHOWN_FILLS).reverse().map(
      (one) => [one.time, `${one.side} ${one.size}`, one.price, one.rule]), fills.slice(-SHOWN_FILLS).reverse().map((one) => one.side));
  if (message.whole || message.log.length)
    fill(at("log"), lines.slice().reverse().map((one) => [one.t, one.text]), lines.slice().reverse().map((one) => one.level));
  document.body.dataset.number = message.number;
  plan();
}

function fill(table, rows, kinds = []) {
  table.replaceChildren(...rows.map((cells, n) => {
    const row = document.createElement("tr");
    if (kinds[n]) row.className = kinds[n];
    row.append(...cells.map((text) => {
      const cell = document.createElement("td");
      cell.textContent = text;
      return cell;
    }));
    return row;
  }));
}

function plan() {  // draw once a frame at most, and not while nobody looks
  if (planned) return;
  planned = true;
  requestAnimationFrame(() => { planned = false; draw(); });
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name);

function chart(canvas, lanes, marks) {
  const ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = +canvas.dataset.height;
  canvas.style.height = height + "px";
  canvas.width = width * ratio;
  canvas.height = height * ratio;
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  if (points.length < 2) return;
  const from = points[0][0], to = points[points.length - 1][0];
  let low = Infinity, high = -Infinity;
  for (const [column] of lanes) for (const point of points) {
    const value = point[column];
    if (value !== null) { low = Math.min(low, value); high = Math.max(high, value); }
  }
  if (low > high) return;
  const room = (high - low || Math.abs(high) * 1e-4 || 1) * 0.06;
  low -= room; high += room;
  const left = 4, right = 74, top = 6, bottom = 16;
  const x = (t) => left + (width - left - right) * (t - from) / (to - from);
  const y = (value) => top + (height - top - bottom) * (high - value) / (high - low);
  pen.font = "11px system-ui, sans-serif";
  pen.lineWidth = 1;
  const step = nice((high - low) / Math.max(2, height / 36)), digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  for (let value = Math.ceil(low / step) * step; value <= high; value += step) {
    pen.strokeStyle = colour("line"); pen.fillStyle = colour("soft");
    pen.beginPath(); pen.moveTo(left, y(value)); pen.lineTo(width - right, y(value)); pen.stroke();
    pen.fillText(value.toFixed(Math.min(digits, 10)), width - right + 5, y(value) + 4);
  }
  for (const share of [0, 0.5, 1]) {
    pen.textAlign = ["left", "center", "right"][2 * share];
    pen.fillText(clock(from + (to - from) * share), left + (width - left - right) * share, height - 3);
  }
  for (const [column, name, weight] of lanes) {
    pen.strokeStyle = colour(name); pen.lineWidth = weight;
    pen.beginPath();
    let before = null;
    for (const point of points) {  // steps: what was last known holds
      if (point[column] === null) { before = null; continue; }
      if (before === null) pen.moveTo(x(point[0]), y(point[column]));
      else { pen.lineTo(x(point[0]), y(before)); pen.lineTo(x(point[0]), y(point[column])); }
      before = point[column];
    }
    pen.stroke();
  }
  for (const one of marks) {
    if (one.t < from || one.t > to) continue;
    pen.fillStyle = colour(one.side);
    pen.beginPath(); pen.arc(x(one.t), y(+one.price), 3.2, 0, 7); pen.fill();
  }
  if (pointed !== null) {
    pen.strokeStyle = colour("soft"); pen.lineWidth = 0.5;
    pen.beginPath(); pen.moveTo(x(pointed[0]), top); pen.lineTo(x(pointed[0]), height - bottom); pen.stroke();
  }
  canvas.onpointermove = (event) => {
    const share = (event.offsetX - left) / (width - left - right);
    const t = from + (to - from) * Math.min(1, Math.max(0, share));
    pointed = points.reduce((best, point) => Math.abs(point[0] - t) < Math.abs(best[0] - t) ? point : best);
    plan();
  };
  canvas.onpointerleave = () => { pointed = null; plan(); };
}

function nice(step) {
  const ten = 10 ** Math.floor(Math.log10(step));
  return ten * [1, 2, 5, 10].find((factor) => factor * ten >= step * 0.999);
}

const clock = (ms) => new Date(ms).toISOString().slice(11, 19);

function draw() {
  chart(at("price"), [[1, "market", 1], [2, "market", 1], [3, "bid", 1.4], [4, "ask", 1.4]], fills);
  chart(at("held"), [[5, "ink", 1.4]], []);
  chart(at("worth"), [[6, "worth", 1.4]], []);
  const names = ["bid", "ask", "our bid", "our ask", "position", "equity"];
  at("readout").textContent = pointed === null ? "" : clock(pointed[0]) + " UTC: " +
    names.map((name, n) => `${name} ${pointed[n + 1] ?? "–"}`).join(", ");
  document.body.dataset.drawn = "yes";
}

function listen() {
  const stream = new EventSource("/events");
  stream.onmessage = (event) => { at("link").hidden = true; take(JSON.parse(event.data)); };
  stream.onerror = () => {
    at("link").hidden = false;
    if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 3000);
  };
}

addEventListener("resize", plan);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", plan);
listen();
