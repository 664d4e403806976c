// Shows what the server says. Every text is the server's, written as text; the charts are drawn
// here. Nothing is sent, and nothing is asked of any other server.
"use strict";
const at = (name) => document.getElementById(name);
const PLACES = ["symbol", "state", "time", "market_bid", "market_ask", "bid", "ask", "position",
  "equity", "fills", "decisions", "orders", "rows"];
const MOST_POINTS = 2400, MOST_FILLS = 400, MOST_LINES = 60, SHOWN_FILLS = 12;
const OWN = ["market_bid", "market_ask", "bid", "ask", "position"];  // of the market that is chosen
let points = [], fills = [], lines = [], pointed = null, planned = false;
let chosen = 0, latest = null;

function take(message) {
  if (message.whole) { points = []; fills = []; lines = []; }
  points = points.concat(message.points).slice(-MOST_POINTS);
  fills = fills.concat(message.fills).slice(-MOST_FILLS);
  lines = lines.concat(message.log).slice(-MOST_LINES);
  latest = message.texts;
  write(latest);
  if (message.whole || message.fills.length) {
    const shown = fills.slice(-SHOWN_FILLS).reverse();
    const of = (one) => latest.markets.length > 1 ? ` ${latest.markets[one.market].name}` : "";
    fill(at("trades"), shown.map(
      (one) => [one.time, `${one.side} ${one.size}${of(one)}`, one.price, one.rule]), shown.map((one) => one.side));
  }
  if (message.whole || message.log.length)
    fill(at("log"), lines.slice().reverse().map((one) => [one.t, one.text]), lines.slice().reverse().map((one) => one.level));
  document.body.dataset.number = message.number;
  plan();
}

function write(texts) {
  const markets = texts.markets, own = markets.length > 1 ? markets[chosen] : texts;
  for (const name of PLACES) at(name).textContent = (OWN.includes(name) ? own : texts)[name];
  document.title = `${texts.symbol} ${texts.equity} mm`;
  for (const side of ["bid", "ask"]) at(side).classList.toggle("off", isOff(own, side));
  at("unit").textContent = texts.unit;
  for (const name of ["money", "feed"]) fill(at(name), texts[name]);
  for (const name of ["sides", "markouts"]) fill(at(name), own[name]);
  at("several").hidden = markets.length < 2;
  if (markets.length < 2) return;
  fill(at("markets"), [["", "market", "our bid", "our ask", "position", "fills"], ...markets.map(
    (one) => [one.name, `${one.market_bid} │ ${one.market_ask}`, one.bid, one.ask, one.position, one.own_fills])],
    ["head"]);
  markets.forEach((one, n) => ["bid", "ask"].forEach((side, k) =>
    at("markets").rows[n + 1].cells[2 + k].classList.toggle("off", isOff(one, side))));
  if (at("choice").children.length !== markets.length)
    at("choice").replaceChildren(...markets.map((one, n) => {
      const button = document.createElement("button");
      button.textContent = one.name;
      button.onclick = () => { chosen = n; pointed = null; write(latest); plan(); };
      return button;
    }));
  [...at("choice").children].forEach((button, n) => button.setAttribute("aria-pressed", n === chosen));
}

const isOff = (market, side) => !["quoting", "held_back", "over"].includes(market[side + "_reason"]);

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
  // Columns: time, five of the first market, equity, five of each further one.
  const first = chosen === 0 ? 1 : 2 + 5 * chosen;
  chart(at("price"), [[first, "market", 1], [first + 1, "market", 1], [first + 2, "bid", 1.4], [first + 3, "ask", 1.4]],
    fills.filter((one) => one.market === chosen));
  chart(at("held"), [[first + 4, "ink", 1.4]], []);
  chart(at("worth"), [[6, "worth", 1.4]], []);
  const names = [["bid", first], ["ask", first + 1], ["our bid", first + 2], ["our ask", first + 3],
    ["position", first + 4], ["equity", 6]];
  at("readout").textContent = pointed === null ? "" : clock(pointed[0]) + " UTC: " +
    names.map(([name, column]) => `${name} ${pointed[column] ?? "–"}`).join(", ");
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
