"use strict";
// Positions are integer steps in the plane (0 to 65535). A view is a scale (pixels per step) and the position of the centre.
const EXTENT = 65535, LISTED = 40, GRID = 256, REACH = 10, SIZES = 4, SIMILARITY_STEPS = 32767;
const FRAME = 10, REST = 150;  // milliseconds
const CROWDED = 20000;  // with more tracks than this, small dots are drawn as squares
const data = JSON.parse(document.getElementById("data").textContent);
const numbers = (text, Kind) => new Kind(Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0)).buffer);
const places = numbers(data.places, Uint16Array);
for (const colouring of Object.values(data.colourings)) colouring.of = numbers(colouring.labels, Uint16Array);
const cluster = data.colourings.cluster;
const near = numbers(data.near, Uint32Array), similarity = numbers(data.similarity, Int16Array);
const total = data.title.length, nearby = total ? near.length / total : 0;
const find = (id) => document.getElementById(id);
const points = find("points"), marks = find("marks"), stage = find("stage"), tip = find("tip");
const ink = points.getContext("2d"), overlay = marks.getContext("2d");
const style = getComputedStyle(document.documentElement);
const still = matchMedia("(prefers-reduced-motion: reduce)"), dark = matchMedia("(prefers-color-scheme: dark)");
const view = { scale: 1, x: EXTENT / 2, y: EXTENT / 2 };
let width = 1, height = 1, fitted = 1, hovered = -1, selected = -1, only = -1, flight = 0, scheduled = false;
let pictured = null, costly = 0, idle = 0;
let matches = null, shown = LISTED, colours = [];

const many = data.of, one = many.slice(0, -1);  // "tracks" or "artists", and the singular
const nameOf = (track) => {
  const artist = data.artists[data.artist[track]], title = data.title[track];
  return artist && title ? artist + " - " + title : artist || title;
};
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
const times = (count) => count.toLocaleString("en") + "×";
const occurrences = (count) => count.toLocaleString("en") + (count === 1 ? " occurrence" : " occurrences");

const most = Math.log1p(data.count.reduce((a, b) => Math.max(a, b), 1));
const sizes = Uint8Array.from(data.count, (count) => Math.min(SIZES - 1, Math.floor((SIZES * Math.log1p(count)) / most)));

// A grid with the tracks of each cell, to find the track under the pointer.
const cellOf = (track) => (places[2 * track] >> 8) + GRID * (places[2 * track + 1] >> 8);
const starts = new Uint32Array(GRID * GRID + 1), inCells = new Uint32Array(total);
for (let track = 0; track < total; track++) starts[cellOf(track) + 1]++;
for (let cell = 0; cell < GRID * GRID; cell++) starts[cell + 1] += starts[cell];
const filled = starts.slice();
for (let track = 0; track < total; track++) inCells[filled[cellOf(track)]++] = track;

// The current colouring. Tracks are batched by size and group, so that each colour is set once. Tracks without a group are
// drawn first, frequent tracks last. The label of a group is at the median position of its tracks.
let colouring, batches, middles;
const isRest = (c) => colouring.groups[c].saturation === 0;
function colourBy(name) {
  colouring = data.colourings[name];
  const { of, groups } = colouring;
  batches = [];
  for (let size = 0; size < SIZES; size++) for (let c = 0; c < groups.length; c++) batches.push({ size, c, tracks: [] });
  for (let track = 0; track < total; track++) batches[sizes[track] * groups.length + of[track]].tracks.push(track);
  batches.sort((a, b) => isRest(b.c) - isRest(a.c));
  middles = groups.map((_, c) => {
    const own = batches.filter((batch) => batch.c === c).flatMap((batch) => batch.tracks);
    const median = (axis) => own.map((track) => places[2 * track + axis]).sort((a, b) => a - b)[own.length >> 1];
    return [median(0), median(1)];
  });
  only = -1;
  legend();
  recolour();
}

const across = (x) => (x - view.x) * view.scale + width / 2;
const down = (y) => (y - view.y) * view.scale + height / 2;
const radius = (size) => (1.1 + 0.9 * size) * Math.min(3, Math.max(1, Math.sqrt(view.scale / fitted)));

// If drawing all tracks takes longer than a frame, a moving map shows its last picture, moved and scaled. It is redrawn when the
// movement stops.
const picture = document.createElement("canvas");
function paint() {
  clearTimeout(idle);
  const started = performance.now();
  if (costly > FRAME && pictured) {
    const scale = view.scale / pictured.scale;
    ink.clearRect(0, 0, width, height);
    ink.drawImage(picture, across(pictured.x) - (width / 2) * scale, down(pictured.y) - (height / 2) * scale, width * scale, height * scale);
    mark();
    idle = setTimeout(paintAll, REST);
  } else paintAll();
  stage.dataset.milliseconds = (performance.now() - started).toFixed(1);
}

function paintAll() {
  const started = performance.now();
  ink.clearRect(0, 0, width, height);
  for (const { size, c, tracks } of batches) {
    const r = radius(size), round = r >= (total > CROWDED ? 3 : 2) ? disc(c, r) : null;  // squares are drawn much faster
    ink.globalAlpha = only >= 0 && only !== c ? 0.06 : only < 0 && isRest(c) ? 0.25 : 0.8;
    ink.fillStyle = colours[c];
    for (const track of tracks) {
      const x = across(places[2 * track]), y = down(places[2 * track + 1]);
      if (x < -r || y < -r || x > width + r || y > height + r) continue;
      if (round) ink.drawImage(round, x - r - 1, y - r - 1, 2 * r + 2, 2 * r + 2);
      else ink.fillRect(x - r, y - r, 2 * r, 2 * r);
    }
  }
  ink.globalAlpha = 1;
  picture.width = points.width;
  picture.height = points.height;
  picture.getContext("2d").drawImage(points, 0, 0);
  pictured = { ...view };
  mark();
  costly = performance.now() - started;
}

const discs = new Map();
function disc(c, r) {
  const key = colours[c] + "/" + r.toFixed(1);
  if (!discs.has(key)) {
    if (discs.size > 400) discs.clear();
    const made = document.createElement("canvas"), sharp = devicePixelRatio || 1;
    made.width = made.height = Math.ceil((2 * r + 2) * sharp);
    const pen = made.getContext("2d");
    pen.scale(made.width / (2 * r + 2), made.width / (2 * r + 2));
    pen.fillStyle = colours[c];
    pen.arc(r + 1, r + 1, r, 0, 7);
    pen.fill();
    discs.set(key, made);
  }
  return discs.get(key);
}

function mark() {
  overlay.clearRect(0, 0, width, height);
  const colour = style.getPropertyValue("--ink"), ground = style.getPropertyValue("--ground");
  overlay.lineWidth = 1.5;
  overlay.strokeStyle = colour;
  if (selected >= 0) {
    overlay.globalAlpha = 0.55;
    overlay.beginPath();
    for (let at = 0; at < nearby; at++) {
      const other = near[selected * nearby + at];
      overlay.moveTo(across(places[2 * selected]), down(places[2 * selected + 1]));
      overlay.lineTo(across(places[2 * other]), down(places[2 * other + 1]));
    }
    overlay.stroke();
    overlay.globalAlpha = 1;
  }
  overlay.font = "600 12px system-ui, 'DejaVu Sans', sans-serif";
  overlay.textAlign = "center";
  overlay.lineJoin = "round";
  const taken = [];
  colouring.groups.forEach(({ label }, c) => {
    if (only >= 0 ? only !== c : isRest(c)) return;
    const text = label.split(", ")[0].slice(0, 28), half = overlay.measureText(text).width / 2;
    const middle = across(middles[c][0]), y = down(middles[c][1]), edge = half + 4;
    const x = middle < 0 || middle > width ? middle : Math.min(Math.max(middle, edge), Math.max(edge, width - edge));
    if (taken.some(([a, b, w]) => Math.abs(a - x) < half + w && Math.abs(b - y) < 16)) return;
    taken.push([x, y, half]);
    overlay.strokeStyle = ground;
    overlay.lineWidth = 4;
    overlay.strokeText(text, x, y);
    overlay.fillStyle = colour;
    overlay.fillText(text, x, y);
  });
  overlay.strokeStyle = colour;
  overlay.lineWidth = 2;
  for (const track of new Set([selected, hovered])) {
    if (track < 0) continue;
    overlay.beginPath();
    overlay.arc(across(places[2 * track]), down(places[2 * track + 1]), radius(sizes[track]) + 3, 0, 7);
    overlay.stroke();
  }
}

function repaint() {
  if (scheduled) return;
  scheduled = true;
  requestAnimationFrame(() => { scheduled = false; paint(); });
}

function resize() {
  pictured = null;
  const sharp = devicePixelRatio || 1, relative = view.scale / fitted;
  ({ clientWidth: width, clientHeight: height } = stage);
  for (const canvas of [points, marks]) { canvas.width = width * sharp; canvas.height = height * sharp; }
  for (const pen of [ink, overlay]) pen.setTransform(sharp, 0, 0, sharp, 0, 0);
  fitted = (0.92 * Math.min(width, height)) / EXTENT;
  view.scale = fitted * relative;
  repaint();
}

function recolour() {
  pictured = null;
  const light = style.getPropertyValue("--light");
  colours = colouring.groups.map(({ hue, saturation }) => `hsl(${hue} ${saturation}% ${light})`);
  document.querySelectorAll(".dot").forEach(paintDot);
  repaint();
}

function zoom(by, x = width / 2, y = height / 2) {
  cancelAnimationFrame(flight);
  const scale = Math.min(400 * fitted, Math.max(fitted / 2, view.scale * by));
  view.x += (x - width / 2) * (1 / view.scale - 1 / scale);
  view.y += (y - height / 2) * (1 / view.scale - 1 / scale);
  view.scale = scale;
  repaint();
}

function fly(to) {
  cancelAnimationFrame(flight);
  if (still.matches) { Object.assign(view, to); repaint(); return; }
  const from = { ...view }, began = performance.now();
  const step = (now) => {
    const share = Math.min(1, Math.max(0, (now - began) / 600)), eased = share * share * (3 - 2 * share);
    view.x = from.x + (to.x - from.x) * eased;
    view.y = from.y + (to.y - from.y) * eased;
    view.scale = from.scale * (to.scale / from.scale) ** eased;
    paint();
    if (share < 1) flight = requestAnimationFrame(step);
  };
  flight = requestAnimationFrame(step);
}

const home = () => ({ x: EXTENT / 2, y: EXTENT / 2, scale: fitted });

function under(x, y) {
  const px = view.x + (x - width / 2) / view.scale, py = view.y + (y - height / 2) / view.scale, reach = REACH / view.scale;
  let best = -1, least = reach * reach;
  const cell = (value) => Math.min(GRID - 1, Math.max(0, Math.floor(value / 256)));
  for (let row = cell(py - reach); row <= cell(py + reach); row++) {
    for (let at = starts[row * GRID + cell(px - reach)]; at < starts[row * GRID + cell(px + reach) + 1]; at++) {
      const track = inCells[at], dx = places[2 * track] - px, dy = places[2 * track + 1] - py;
      if (only >= 0 && colouring.of[track] !== only) continue;
      if (dx * dx + dy * dy < least || (dx * dx + dy * dy === least && track < best)) { best = track; least = dx * dx + dy * dy; }
    }
  }
  return best;
}

// A dot in a list has the colour of its group, or of its track's group.
function paintDot(dot) {
  const { group, track } = dot.dataset;
  dot.style.background = colours[group ?? colouring.of[track]];
}

function entry(track, note, press) {
  const item = document.createElement("li"), button = document.createElement("button");
  const dot = document.createElement("i"), name = document.createElement("bdi"), about = document.createElement("span");
  button.type = "button";
  dot.className = "dot";
  dot.dataset.track = track;
  paintDot(dot);
  name.textContent = nameOf(track);
  about.textContent = note;
  button.append(dot, name, about);
  button.addEventListener("click", press);
  item.append(button);
  return item;
}

function select(track, { flying = true, focusing = true } = {}) {
  selected = track;
  const chosen = find("chosen");
  chosen.hidden = track < 0;
  if (track >= 0) {
    chosen.querySelector("h2 bdi").textContent = nameOf(track);
    chosen.querySelector("p").textContent = occurrences(data.count[track]) + ", cluster: " + cluster.groups[cluster.of[track]].label;
    const list = [];
    for (let at = track * nearby; at < (track + 1) * nearby; at++) {
      const other = near[at];
      list.push(entry(other, (similarity[at] / SIMILARITY_STEPS).toFixed(3), () => select(other)));
    }
    chosen.querySelector("ol").replaceChildren(...list);
    find("status").textContent = nameOf(track) + ": " + nearby + " nearest " + (nearby === 1 ? one : many);
    if (focusing) chosen.querySelector("h2").focus();
    if (flying) fly({ x: places[2 * track], y: places[2 * track + 1], scale: Math.max(view.scale, 6 * fitted) });
  }
  repaint();
}

let foldedNames = null;
function search(text) {
  const words = folded(text).split(/\s+/).filter(Boolean);
  shown = LISTED;
  matches = null;
  if (words.length || only >= 0) {
    foldedNames ??= data.title.map((_, track) => folded(nameOf(track)));
    matches = [];
    for (let track = 0; track < total; track++) {
      if ((only < 0 || colouring.of[track] === only) && words.every((word) => foldedNames[track].includes(word))) matches.push(track);
    }
  }
  list();
  const found = matches ? matches.length : total;
  find("status").textContent = found.toLocaleString("en") + " " + (found === 1 ? one : many);
}

function list(focus = false) {
  const length = matches ? matches.length : total, items = [];
  for (let at = 0; at < Math.min(shown, length); at++) {
    const track = matches ? matches[at] : at;
    items.push(entry(track, times(data.count[track]), () => select(track)));
  }
  find("listed").textContent = (matches ? "Matching " : "Most frequent ") + many;
  find("tracks").replaceChildren(...items);
  find("more").hidden = shown >= length;
  if (focus) items[Math.max(0, shown - LISTED)]?.firstChild.focus();
}

find("search").addEventListener("submit", (event) => {
  event.preventDefault();
  if (matches?.length) select(matches[0]);
});
find("query").addEventListener("input", (event) => search(event.target.value));
find("more").addEventListener("click", () => { shown += LISTED; list(true); });
find("in").addEventListener("click", () => zoom(1.6));
find("out").addEventListener("click", () => zoom(1 / 1.6));
find("all").addEventListener("click", () => fly(home()));

function legend() {
  find("groups").replaceChildren(...colouring.groups.map(group));
}

function group({ label, tracks }, c) {
  const item = document.createElement("li"), button = document.createElement("button");
  const dot = document.createElement("i"), name = document.createElement("bdi"), size = document.createElement("span");
  button.type = "button";
  button.setAttribute("aria-pressed", "false");
  dot.className = "dot";
  dot.dataset.group = c;
  name.textContent = label;
  size.textContent = tracks.toLocaleString("en");
  button.append(dot, name, size);
  button.addEventListener("click", () => {
    only = only === c ? -1 : c;
    pictured = null;
    find("groups").querySelectorAll("button").forEach((other, at) => other.setAttribute("aria-pressed", String(at === only)));
    search(find("query").value);
    repaint();
  });
  item.append(button);
  return item;
}

find("colour").value = data.colour;
find("colour").addEventListener("change", (event) => { colourBy(event.target.value); search(find("query").value); });

const pointers = new Map();
let moved = 0;
const at = (event) => { const box = points.getBoundingClientRect(); return [event.clientX - box.left, event.clientY - box.top]; };
points.addEventListener("pointerdown", (event) => {
  cancelAnimationFrame(flight);
  points.setPointerCapture(event.pointerId);
  if (!pointers.size) moved = 0;
  pointers.set(event.pointerId, at(event));
});
points.addEventListener("pointermove", (event) => {
  const [x, y] = at(event), before = pointers.get(event.pointerId);
  if (!before) { hover(x, y); return; }
  const others = [...pointers].filter(([id]) => id !== event.pointerId).map(([, place]) => place);
  moved += Math.abs(x - before[0]) + Math.abs(y - before[1]);
  if (others.length) {
    const [[ox, oy]] = others, apart = (p) => Math.hypot(p[0] - ox, p[1] - oy) || 1;
    zoom(apart([x, y]) / apart(before), ox, oy);
  } else {
    view.x -= (x - before[0]) / view.scale;
    view.y -= (y - before[1]) / view.scale;
    repaint();
  }
  pointers.set(event.pointerId, [x, y]);
});
points.addEventListener("pointerup", (event) => {
  pointers.delete(event.pointerId);
  if (moved < 5 && !pointers.size) select(under(...at(event)), { flying: false, focusing: false });
});
points.addEventListener("pointercancel", (event) => pointers.delete(event.pointerId));
points.addEventListener("pointerleave", () => hover(-1e9, -1e9));
points.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-Math.max(-200, Math.min(200, event.deltaY * (event.deltaMode ? 20 : 1))) / 300), ...at(event));
}, { passive: false });
points.addEventListener("keydown", (event) => {
  const step = 60 / view.scale, moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (moves[event.key]) { view.x += moves[event.key][0]; view.y += moves[event.key][1]; repaint(); }
  else if (event.key === "+" || event.key === "=") zoom(1.4);
  else if (event.key === "-") zoom(1 / 1.4);
  else if (event.key === "0") fly(home());
  else if (event.key === "Escape") select(-1);
  else return;
  event.preventDefault();
});

function hover(x, y) {
  const track = under(x, y);
  if (track !== hovered) { hovered = track; mark(); }
  tip.hidden = track < 0;
  points.style.cursor = track < 0 ? "grab" : "pointer";
  if (track < 0) return;
  tip.firstElementChild.textContent = nameOf(track) + " · " + times(data.count[track]);
  const left = Math.min(x + 14, width - tip.offsetWidth - 4), top = y + 18 + tip.offsetHeight > height ? y - 14 - tip.offsetHeight : y + 18;
  tip.style.transform = `translate(${Math.max(4, left)}px, ${Math.max(4, top)}px)`;
}

dark.addEventListener("change", recolour);
new ResizeObserver(resize).observe(stage);
colourBy(data.colour);
search("");
resize();
